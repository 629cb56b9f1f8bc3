mod account;
mod adding;
mod creating;
mod looking_up;
mod recordings;
mod refusals;
mod setting_up;
