mod appending;
mod creating;
mod looking_up;
mod org;
mod recordings;
mod refusals;
mod schemas;
mod setting_up;
