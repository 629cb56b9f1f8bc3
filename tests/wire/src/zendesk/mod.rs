mod account;
mod answers;
mod oas;
mod openapi;
mod own_ticket;
mod recordings;
mod requests;
mod setting_up;
