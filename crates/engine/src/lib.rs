#![doc = include_str!("../README.md")]

mod advance;
mod clock;
mod dispatch;
mod engine;
mod flow;
mod health;
mod journal;
mod lane;
mod offline;
mod patience;
mod receipt;
mod replay;
mod route;
mod serve;
mod store;
mod store_journal;
mod task;
mod upkeep;
mod view;

pub use clock::Clock;
pub use engine::{Engine, Linked, NotAccepted, Options};
pub use flow::Flow;
pub use health::ConnectorState;
pub use journal::{Journal, NoJournal, Remembered};
pub use lane::Lane;
pub use offline::StoreFile;
pub use patience::Patience;
pub use receipt::{CrmCall, Intent, Receipt, Why};
pub use replay::{Progress, replay};
pub use route::{Route, Routes};
pub use store::{
    Accepted, ConnectorDepth, Delivery, Depth, Erased, Expired, FoundSessions, ParkedSessions,
    Phase, Repaired, SessionFilter, StoreError,
};
pub use task::{DueSession, Settled, Task};
pub use view::{RefusedRecord, SessionView, Step};
