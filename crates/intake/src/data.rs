//! The `data` of an event in our own format.

use std::sync::Arc;

use casewire_core::{
    Agent, AgentKind, CustomerIdentity, EventData, ExternalId, Link, PersonName, Queue,
    SessionOutcome,
};
use serde::{Deserialize, Deserializer, de};

use crate::absent::{self, known};
use crate::error::{Fault, shown};
use crate::object::Object;
use crate::scalar::{Moment, Text};
use crate::shared::Shared;

/// What changed, or all that is known. Anything may be absent or null; nothing else may be there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Data<'a> {
    #[serde(borrow)]
    session_type: Option<Text<'a>>,
    started_at: Option<Moment>,
    queue: Option<Object<QueueData<'a>>>,
    language: Option<Text<'a>>,
    dialed_number: Option<Text<'a>>,
    customer: Option<Object<CustomerData<'a>>>,
    agent: Option<Object<AgentData<'a>>>,
    consumer_messages: Option<u32>,
    outcome: Option<OutcomeWord>,
    links: Option<Vec<Object<LinkData<'a>>>>,
    rating: Option<i64>,
    disposition: Option<Text<'a>>,
    duration_seconds: Option<u64>,
    wait_seconds: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueData<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    path: Option<Vec<Object<StepData<'a>>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepData<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerData<'a> {
    #[serde(borrow)]
    phone: Option<Text<'a>>,
    email: Option<Text<'a>>,
    external_id: Option<Text<'a>>,
    name: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentData<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    email: Option<Text<'a>>,
    name: Option<Text<'a>>,
    kind: Option<AgentWord>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkData<'a> {
    #[serde(borrow)]
    rel: Text<'a>,
    href: Text<'a>,
}

#[derive(Clone, Copy, Debug)]
struct AgentWord(AgentKind);

impl<'de> Deserialize<'de> for AgentWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(word) = Text::deserialize(deserializer)?;
        match &*word {
            "human" => Ok(Self(AgentKind::Human)),
            "virtual" => Ok(Self(AgentKind::Virtual)),
            _ => Err(de::Error::unknown_variant("", &["human", "virtual"])),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct OutcomeWord(SessionOutcome);

impl<'de> Deserialize<'de> for OutcomeWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(word) = Text::deserialize(deserializer)?;
        match &*word {
            "finished" => Ok(Self(SessionOutcome::Finished)),
            "abandoned" => Ok(Self(SessionOutcome::Abandoned)),
            "failed" => Ok(Self(SessionOutcome::Failed)),
            "deflected" => Ok(Self(SessionOutcome::Deflected)),
            _ => Err(de::Error::unknown_variant(
                "",
                &["finished", "abandoned", "failed", "deflected"],
            )),
        }
    }
}

impl Data<'_> {
    pub(crate) fn into_event_data(
        self,
        shared: &mut Shared,
        warning: &mut Option<String>,
    ) -> Result<EventData, Fault> {
        let queue = match &self.queue {
            Some(Object(queue)) => queue.read(shared)?,
            None => None,
        };
        Ok(EventData {
            session_type: Text::boxed(self.session_type.as_ref()),
            started_at: self.started_at.map(|Moment(time)| time),
            queue,
            language: Text::boxed(self.language.as_ref()),
            dialed_number: self
                .dialed_number
                .as_ref()
                .and_then(|text| absent::number(&text.0))
                .map(Box::from),
            customer: self
                .customer
                .map(|Object(customer)| customer.read(warning))
                .unwrap_or_default(),
            agent: self.agent.and_then(|Object(agent)| agent.read(warning)),
            consumer_messages: self.consumer_messages,
            outcome: self.outcome.map(|OutcomeWord(outcome)| outcome),
            links: self
                .links
                .unwrap_or_default()
                .iter()
                .enumerate()
                .filter_map(|(place, Object(link))| link.read(place, warning))
                .collect(),
            rating: self.rating,
            disposition: Text::boxed(self.disposition.as_ref()),
            duration_seconds: self.duration_seconds,
            wait_seconds: self.wait_seconds,
        })
    }
}

impl QueueData<'_> {
    fn read(&self, shared: &mut Shared) -> Result<Option<Arc<Queue>>, Fault> {
        let id = Text::known(self.id.as_ref());
        let steps = self.path.as_deref().unwrap_or_default();
        let mut path = Vec::with_capacity(steps.len().max(1));
        for (place, Object(step)) in steps.iter().enumerate() {
            let Some(id) = known(&step.id.0) else {
                return Err(Fault::new(
                    format!("queue.path[{place}].id"),
                    "it is blank",
                    "give every step of the path its id",
                ));
            };
            path.push((id, Text::known(step.name.as_ref()).unwrap_or(id)));
        }
        match (id, path.last()) {
            (Some(id), None) => path.push((id, id)),
            (Some(id), Some((leaf, _))) if id != *leaf => {
                return Err(Fault::new(
                    "queue.id",
                    format!(
                        "it is `{}`, but the path leads to `{}`",
                        shown(id),
                        shown(leaf)
                    ),
                    "give the id of the path's last step",
                ));
            }
            _ => {}
        }
        Ok(shared.queue(&path))
    }
}

impl CustomerData<'_> {
    fn read(self, warning: &mut Option<String>) -> CustomerIdentity {
        CustomerIdentity {
            phone: self.phone.and_then(|phone| {
                absent::phone(&phone.0).or_warn(|| {
                    *warning = Some(
                        "`data.customer.phone` is not a phone number with country code: taken as not known"
                            .to_owned(),
                    );
                })
            }),
            email: self.email.and_then(|email| {
                absent::email(&email.0).or_warn(|| {
                    *warning = Some(
                        "`data.customer.email` is not an e-mail address: taken as not known".to_owned(),
                    );
                })
            }),
            external_id: Text::known(self.external_id.as_ref()).and_then(ExternalId::parse),
            name: Text::known(self.name.as_ref()).and_then(PersonName::parse),
        }
    }
}

impl AgentData<'_> {
    fn read(self, warning: &mut Option<String>) -> Option<Agent> {
        let agent = Agent {
            id: Text::boxed(self.id.as_ref()),
            email: self.email.and_then(|email| {
                absent::email(&email.0).or_warn(|| {
                    *warning = Some(
                        "`data.agent.email` is not an e-mail address: taken as not known"
                            .to_owned(),
                    );
                })
            }),
            name: Text::known(self.name.as_ref()).and_then(PersonName::parse),
            kind: self.kind.map_or(AgentKind::Human, |AgentWord(kind)| kind),
        };
        (agent != Agent::default()).then_some(agent)
    }
}

impl LinkData<'_> {
    fn read(&self, place: usize, warning: &mut Option<String>) -> Option<Link> {
        let rel = known(&self.rel.0)?.into();
        let href = absent::web_address(&self.href.0).or_warn(|| {
            *warning = Some(format!(
                "`data.links[{place}].href` is no http or https address: taken as not known"
            ));
        })?;
        Some(Link { rel, href })
    }
}
