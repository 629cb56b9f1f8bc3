//! Parts that the vendor's log entries and objects have in common.

use std::sync::Arc;

use casewire_core::{Agent, CustomerIdentity, Email, ExternalId, Link, PersonName, Queue};
use serde_json::Value;

use crate::absent::{self, Contact};
use crate::lenient::{count, first_text, id, list, text};
use crate::queue;
use crate::shared::Shared;

/// The queue of a queue entry or a handle: its leaf's id, and the names of its path.
pub(crate) fn leaf_queue(part: &Value, shared: &mut Shared) -> Option<Arc<Queue>> {
    let leaf = id(part, "menu_path_id")?;
    queue::from_names(shared, &leaf, text(part, "menu_path").unwrap_or_default())
}

/// The queue of a `menu_path` object.
pub(crate) fn path_queue(path: &Value, shared: &mut Shared) -> Option<Arc<Queue>> {
    queue::from_ids(shared, text(path, "materialized_path")?, text(path, "name"))
}

/// A human agent, from a participant of type `agent`.
pub(crate) fn human(participant: &Value) -> Option<Agent> {
    let user = id(participant, "user_id")?;
    id(participant, "virtual_agent_id")
        .is_none()
        .then(|| Agent {
            id: Some(user),
            ..person(participant).unwrap_or_default()
        })
}

/// A person's id, name and e-mail address.
pub(crate) fn person(object: &Value) -> Option<Agent> {
    let email = match text(object, "email").map(absent::email) {
        Some(Contact::Known(email)) => Some(email),
        _ => None,
    };
    let agent = Agent {
        id: id(object, "id"),
        email,
        name: name(object),
        ..Agent::default()
    };
    (agent != Agent::default()).then_some(agent)
}

fn name(object: &Value) -> Option<PersonName> {
    if let Some(name) = text(object, "name") {
        return PersonName::parse(name);
    }
    let parts = [text(object, "first_name"), text(object, "last_name")];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    PersonName::parse(&parts.join(" "))
}

/// The customer, from an end user. The product's own number of an end user is no id that a CRM would know.
pub(crate) fn customer(
    end_user: &Value,
    told_as: &str,
    warning: &mut Option<String>,
) -> CustomerIdentity {
    let phone = first_text(end_user, &["phone_number", "phone"])
        .map_or(Contact::Absent, absent::phone)
        .or_warn(|| {
            *warning = Some(format!(
                "the phone number of `{told_as}` has no country code: taken as not known"
            ));
        });
    let email = text(end_user, "email")
        .map_or(Contact::Absent, absent::email)
        .or_warn(|| {
            *warning = Some(format!(
                "the e-mail address of `{told_as}` can not be read: taken as not known"
            ));
        });
    CustomerIdentity {
        phone,
        email,
        external_id: text(end_user, "identifier").and_then(ExternalId::parse),
        name: name(end_user),
    }
}

/// Whether a handle was of a person who talked or wrote, not only of the work after that.
pub(crate) fn is_human_handle(handle: &Value) -> bool {
    id(handle, "agent_id").is_some() && duration(handle).is_some_and(|seconds| seconds > 0)
}

/// How long a session or a part of it lasted, in seconds.
pub(crate) fn duration(object: &Value) -> Option<u64> {
    count(object, "call_duration").or_else(|| count(object, "chat_duration"))
}

/// Messages the consumer sent.
pub(crate) fn message_count(object: &Value) -> Option<u32> {
    let count = count(object, "message_count")?;
    Some(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The link to a recording.
pub(crate) fn recording(object: &Value, warning: &mut Option<String>) -> Option<Link> {
    link(
        object,
        "recording",
        &["recording_url", "url", "media_url"],
        warning,
    )
}

/// The link in the first of these members that says something.
fn link(object: &Value, rel: &str, names: &[&str], warning: &mut Option<String>) -> Option<Link> {
    let href = absent::web_address(first_text(object, names)?).or_warn(|| {
        *warning = Some(format!(
            "the address of the {rel} is not http or https: taken as not known"
        ));
    })?;
    Some(Link {
        rel: rel.into(),
        href,
    })
}

/// The disposition: a text, an object with a name or code, or a list of either.
pub(crate) fn disposition(object: &Value) -> Option<Box<str>> {
    let told = ["disposition", "disposition_code", "disposition_codes"]
        .iter()
        .map(|name| &object[name])
        .find(|value| !value.is_null())?;
    let one = std::slice::from_ref(told);
    let words: Vec<&str> = told
        .as_array()
        .map_or(one, Vec::as_slice)
        .iter()
        .filter_map(|value| match value {
            Value::String(text) => absent::known(text),
            value => first_text(value, &["name", "code"]),
        })
        .collect();
    (!words.is_empty()).then(|| words.join(", ").into())
}

/// The agent an object shows: an object, or a name or e-mail address; `None` for a virtual one.
pub(crate) fn shown_agent(shown: &Value) -> Option<Agent> {
    if is_virtual(shown) {
        return None;
    }
    match shown {
        Value::String(told) => {
            let told = absent::known(told)?;
            let email = Email::parse(told);
            let name = match email {
                Some(_) => None,
                None => PersonName::parse(told),
            };
            Some(Agent {
                email,
                name,
                ..Agent::default()
            })
        }
        shown => person(shown),
    }
}

/// Of the two shapes of `agent_info` only the virtual agent's has an alias.
pub(crate) fn is_virtual(agent_info: &Value) -> bool {
    agent_info.get("va_alias").is_some() || text(agent_info, "type") == Some("virtual_agent")
}

/// The customer: of the end user the object shows, else of the one who takes part, else by number alone.
pub(crate) fn shown_customer(state: &Value, warning: &mut Option<String>) -> CustomerIdentity {
    let mut shown = customer(&state["end_user"], "end_user", warning);
    let takes_part = list(state, "participants")
        .iter()
        .find(|participant| text(participant, "type") == Some("end_user"));
    if let Some(participant) = takes_part {
        let other = customer(participant, "participants", warning);
        shown.phone = shown.phone.or(other.phone);
        shown.email = shown.email.or(other.email);
        shown.name = shown.name.or(other.name);
    }
    if shown.phone.is_none() {
        let number = first_text(state, &["customer_phone_number", "end_user_number"]);
        shown.phone = number.and_then(|number| {
            absent::phone(number).or_warn(|| {
                *warning = Some(
                    "the customer's phone number has no country code: taken as not known"
                        .to_owned(),
                );
            })
        });
    }
    shown
}

/// The queue an object shows: as a path of ids, as a leaf with a path of names, or as the menu selected.
pub(crate) fn shown_queue(state: &Value, shared: &mut Shared) -> Option<Arc<Queue>> {
    if let Some(queue) = path_queue(&state["menu_path"], shared) {
        return Some(queue);
    }
    if let Some(ids) = text(state, "queue_path_ids") {
        return queue::from_ids(shared, ids, text(state, "queue_path_names"));
    }
    if let Some(queue) = leaf_queue(state, shared) {
        return Some(queue);
    }
    let menu = &state["selected_menu"];
    let leaf = id(menu, "id")?;
    shared.queue(&[(&leaf, text(menu, "name").unwrap_or(&leaf))])
}

/// The links an object shows.
pub(crate) fn links(state: &Value, warning: &mut Option<String>) -> Vec<Link> {
    let names = ["recording_url", "media_url"];
    let mut links: Vec<Link> = list(state, "recordings")
        .iter()
        .chain([state])
        .filter_map(|part| link(part, "recording", &names, warning))
        .collect();
    links.extend(link(state, "transcript", &["transcript_url"], warning));
    links
}
