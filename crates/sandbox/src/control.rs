use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::fault::Faults;
use crate::request::Request;

/// What a control route asks for.
#[derive(Debug)]
pub(crate) enum Command {
    AddCustomer(NewCustomer),
    AddRecord(NewRecord),
    ChangeRecord(String, RecordChange),
    DeleteRecord(String),
    Reset,
    SetFaults(Faults),
    State,
}

/// A customer or, with a role, an agent, added as by a person.
#[derive(Debug)]
pub(crate) struct NewCustomer {
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) role: Role,
}

/// Who a person in the CRM is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Agent,
    Customer,
}

/// A record added as by a person.
#[derive(Debug)]
pub(crate) struct NewRecord {
    pub(crate) title: Option<String>,
    /// A phone in E.164, an e-mail, an external id or the id of a customer.
    pub(crate) customer: Option<String>,
    pub(crate) queue: Option<String>,
    pub(crate) change: RecordChange,
    pub(crate) created_at: Option<Timestamp>,
}

/// What a person changes on a record; what is `None` stays.
#[derive(Debug)]
pub(crate) struct RecordChange {
    pub(crate) state: Option<RecordState>,
    /// The CRM's own word, where it says more than `state`.
    pub(crate) status: Option<String>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) tags: Option<Vec<String>>,
}

/// The states every CRM's statuses are mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordState {
    Closed,
    Open,
    Resolved,
}

impl RecordState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// Why a control request is refused; names the field.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    problem: String,
}

impl Refusal {
    pub(crate) fn field(name: &str, problem: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            problem: format!("{name}: {problem}"),
        }
    }

    pub(crate) fn unknown_record() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            problem: "id: no record has this id".to_owned(),
        }
    }

    pub(crate) fn answer(self) -> Answer {
        Answer::json(self.status, &json!({ "error": self.problem }))
    }
}

impl Command {
    pub(crate) fn read(request: &Request) -> Result<Self, Refusal> {
        let route = request.path.trim_start_matches("/_sandbox/");
        match (&request.method, route) {
            (&Method::GET, "state") => Ok(Self::State),
            (&Method::POST, "reset") => Ok(Self::Reset),
            (&Method::PUT, "faults") => read_faults(&request.body).map(Self::SetFaults),
            (&Method::POST, "customers") => {
                let mut fields = Fields::read(&request.body)?;
                let new = NewCustomer::take(&mut fields)?;
                fields.finish().map(|()| Self::AddCustomer(new))
            }
            (&Method::POST, "records") => {
                let mut fields = Fields::read(&request.body)?;
                let new = NewRecord::take(&mut fields)?;
                fields.finish().map(|()| Self::AddRecord(new))
            }
            (&Method::PATCH, route) if route.starts_with("records/") => {
                let id = route.trim_start_matches("records/").to_owned();
                let mut fields = Fields::read(&request.body)?;
                let change = RecordChange::take(&mut fields)?;
                fields.finish().map(|()| Self::ChangeRecord(id, change))
            }
            (&Method::DELETE, route) if route.starts_with("records/") => Ok(Self::DeleteRecord(
                route.trim_start_matches("records/").to_owned(),
            )),
            _ => Err(Refusal {
                status: StatusCode::NOT_FOUND,
                problem:
                    "no such control route; there are GET state, POST records, PATCH and DELETE records/{id}, \
                          POST customers, PUT faults and POST reset"
                        .to_owned(),
            }),
        }
    }
}

fn read_faults(body: &[u8]) -> Result<Faults, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::field("body", "is not UTF-8"))?;
    text.parse::<Faults>().map_err(|error| Refusal {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        problem: error.to_string(),
    })
}

impl NewCustomer {
    fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        Ok(Self {
            name: fields.text("name")?,
            phone: fields.text("phone")?,
            email: fields.text("email")?,
            external_id: fields.text("external_id")?,
            role: match fields.text("role")?.as_deref() {
                None | Some("customer") => Role::Customer,
                Some("agent") => Role::Agent,
                Some(_) => return Err(Refusal::field("role", "expected customer or agent")),
            },
        })
    }
}

impl NewRecord {
    fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        Ok(Self {
            title: fields.text("title")?,
            customer: fields.text("customer")?,
            queue: fields.text("queue")?,
            change: RecordChange::take(fields)?,
            created_at: fields.time("created_at")?,
        })
    }
}

impl RecordChange {
    fn take(fields: &mut Fields) -> Result<Self, Refusal> {
        Ok(Self {
            state: match fields.text("state")?.as_deref() {
                None => None,
                Some("closed") => Some(RecordState::Closed),
                Some("open") => Some(RecordState::Open),
                Some("resolved") => Some(RecordState::Resolved),
                Some(_) => {
                    return Err(Refusal::field("state", "expected open, resolved or closed"));
                }
            },
            status: fields.text("status")?,
            closed_at: fields.time("closed_at")?,
            tags: fields.texts("tags")?,
        })
    }
}

/// A body's fields, taken one by one; what is left at the end is unknown.
struct Fields(Map<String, Value>);

impl Fields {
    fn read(body: &[u8]) -> Result<Self, Refusal> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(Refusal::field("body", "expected a JSON object")),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::field(name, "expected a string")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let problem = || Refusal::field(name, "expected an array of strings");
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => items
                .into_iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(problem))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(problem()),
        }
    }

    fn time(&mut self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| {
            Refusal::field(
                name,
                "expected an RFC 3339 time such as 2026-01-24T01:14:06Z",
            )
        })
    }

    fn finish(self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::field(name, "unknown field")),
        }
    }
}
