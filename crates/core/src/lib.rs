#![doc = include_str!("../README.md")]

mod choose;
mod connector;
mod customer;
mod digest;
mod due;
mod error;
mod event;
mod memory;
mod note;
mod record;
mod rules;
mod session;
mod settings;
mod title;
mod write;

pub use choose::{Action, Candidates, Choice, Refused, RefusedWhy, choose};
pub use connector::{
    Apply, Change, CrmConnector, Finding, Found, LookUp, Profile, Severity, TraceSearch,
    WantedRecords,
};
pub use customer::{
    CustomerId, CustomerIdentity, CustomerKey, Email, ExternalId, PersonName, Phone, UserId,
};
pub use due::{Due, due};
pub use error::{Error, ErrorKind, Result};
pub use event::{
    Agent, AgentKind, EventData, EventId, EventKind, Link, Queue, QueueId, QueueStep, SessionEvent,
    SessionKey, SessionKind, SessionOutcome,
};
pub use memory::{MemoryCrm, MemoryRecord};
pub use note::{Note, NoteId, SessionFacts};
pub use record::{
    Append, NewRecord, Record, RecordCustomer, RecordId, RecordState, SessionNotes, StatusChange,
    Trace,
};
pub use rules::{Reason, RuleId};
pub use session::{AbandonPhase, Session, Transfer};
pub use settings::{AbandonedChats, AnonymousCustomers, Rules, Settings, Silenced, Unsupported};
pub use title::{Title, TitleError};
pub use write::{Outcome, Unwritable, tags, title, wanted};
