use std::collections::BTreeSet;

use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use super::Salesforce;
use super::call::{Call, Reply, Version, headers};
use super::problem::Problem;
use super::references::{self, Done};
use super::route::Route;

const MAX_SUBREQUESTS: usize = 25;

/// Queries and collections among them.
const MAX_HEAVY: usize = 5;

/// Headers that a subrequest takes from the request itself.
const INHERITED: &[&str] = &["accept", "authorization", "content-type"];

#[derive(Debug)]
struct Composite {
    atomic: bool,
    subrequests: Vec<Subrequest>,
}

#[derive(Debug)]
struct Subrequest {
    method: Method,
    url: String,
    id: String,
    headers: HeaderMap,
    body: Option<Value>,
}

impl Salesforce {
    /// `POST composite`.
    pub(super) fn composite(&mut self, call: &Call) -> Result<Reply, Problem> {
        call.permit(&[])?;
        let composite = Composite::read(call.object_body()?)?;
        let start = self.database.store.savepoint();
        let mut done = Done::new();
        let mut replies = Vec::new();
        for subrequest in &composite.subrequests {
            let before = self.database.store.savepoint();
            let reply = self.subrequest(call, subrequest, &done, composite.atomic);
            let reply = reply.unwrap_or_else(|problem| {
                self.undo(before);
                Reply::refused(&problem)
            });
            let failed = reply.failed;
            if let (false, Some(body)) = (failed, &reply.body) {
                done.insert(subrequest.id.clone(), body.clone());
            }
            replies.push(reply);
            if failed && composite.atomic {
                self.undo(start);
                roll_back(&mut replies, composite.subrequests.len());
                break;
            }
        }
        let responses: Vec<_> = composite
            .subrequests
            .iter()
            .zip(replies)
            .map(|(subrequest, reply)| response(&subrequest.id, reply))
            .collect();
        Ok(Reply::ok(json!({ "compositeResponse": responses })))
    }

    fn subrequest(
        &mut self,
        call: &Call,
        subrequest: &Subrequest,
        done: &Done,
        atomic: bool,
    ) -> Result<Reply, Problem> {
        let url = references::in_url(&subrequest.url, done)?;
        let body = subrequest.body.as_ref();
        let body = body.map(|body| references::in_body(body, done));
        let mut call = Call {
            method: subrequest.method.clone(),
            headers: subrequest.headers.clone(),
            body: body.transpose()?,
            ..target(&url, call)?
        };
        if !call.route.is_composable() {
            return Err(Problem::not_found());
        }
        // The outer flag wins over a collection's own.
        if let (Route::Collections | Route::CollectionsUpsert(..), Some(body), true) =
            (&call.route, &mut call.body, atomic)
        {
            body["allOrNone"] = json!(true);
        }
        self.resource(&call)
    }
}

/// All but the last, which failed, did not happen; those after it neither.
fn roll_back(replies: &mut Vec<Reply>, all: usize) {
    let halted = Reply::refused(&Problem::bad(
        "PROCESSING_HALTED",
        "The transaction was rolled back since another operation in the same transaction failed.",
    ));
    let guilty = replies.len() - 1;
    replies.resize(all, halted.clone());
    for (index, reply) in replies.iter_mut().enumerate() {
        if index != guilty {
            *reply = halted.clone();
        }
    }
}

fn response(id: &str, reply: Reply) -> Value {
    let mut headers = Map::new();
    if let Some(location) = reply.location {
        headers.insert("Location".to_owned(), Value::String(location));
    }
    json!({
        "body": reply.body,
        "httpHeaders": headers,
        "httpStatusCode": reply.status.as_u16(),
        "referenceId": id,
    })
}

/// What a subrequest's URL leads to, with what it takes from the call itself.
fn target(url: &str, call: &Call) -> Result<Call, Problem> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let below = path
        .strip_prefix("/services/data/")
        .ok_or_else(Problem::not_found)?;
    let (version, rest) = below.split_once('/').unwrap_or((below, ""));
    Ok(Call {
        method: Method::GET,
        version: Version::parse(version)?,
        route: Route::parse(rest)?,
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: HeaderMap::new(),
        body: None,
        now: call.now,
    })
}

impl Composite {
    /// Reads the envelope: a mistake in it refuses the whole request.
    fn read(body: &Map<String, Value>) -> Result<Self, Problem> {
        check_keys(
            body,
            &["allOrNone", "collateSubrequests", "compositeRequest"],
        )?;
        let flag = |name: &str| match body.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Problem::json(format!("{name} must be a boolean"))),
        };
        flag("collateSubrequests")?;
        let sent = body.get("compositeRequest").and_then(Value::as_array);
        let sent = sent.filter(|sent| !sent.is_empty());
        let sent = sent.ok_or_else(|| invalid("compositeRequest must hold subrequests"))?;
        if sent.len() > MAX_SUBREQUESTS {
            return Err(Problem::bad(
                "LIMIT_EXCEEDED",
                format!("A composite request takes at most {MAX_SUBREQUESTS} subrequests"),
            ));
        }
        let subrequests: Vec<_> = sent
            .iter()
            .map(Subrequest::read)
            .collect::<Result<_, _>>()?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = subrequests.iter().find(|sub| !ids.insert(&sub.id)) {
            return Err(invalid(&format!(
                "The referenceId '{}' is not unique",
                twice.id
            )));
        }
        let heavy = subrequests.iter().filter(|sub| sub.is_heavy()).count();
        if heavy > MAX_HEAVY {
            return Err(Problem::bad(
                "LIMIT_EXCEEDED",
                format!("A composite request takes at most {MAX_HEAVY} queries and collections"),
            ));
        }
        Ok(Self {
            atomic: flag("allOrNone")?,
            subrequests,
        })
    }
}

impl Subrequest {
    fn read(sent: &Value) -> Result<Self, Problem> {
        let fields = sent.as_object();
        let fields = fields.ok_or_else(|| Problem::json("A subrequest must be an object"))?;
        check_keys(
            fields,
            &["body", "httpHeaders", "method", "referenceId", "url"],
        )?;
        let text = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str);
            text.ok_or_else(|| invalid(&format!("A subrequest lacks its {name}")))
        };
        let method = match text("method")? {
            "GET" => Method::GET,
            "POST" => Method::POST,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            "PUT" => Method::PUT,
            other => return Err(invalid(&format!("The method {other} is not supported"))),
        };
        let id = text("referenceId")?;
        if !is_reference_id(id) {
            return Err(invalid(&format!(
                "Provided referenceId ('{id}') must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."
            )));
        }
        let sent_headers = match fields.get("httpHeaders") {
            None => Map::new(),
            Some(Value::Object(sent)) => sent.clone(),
            Some(_) => return Err(Problem::json("httpHeaders must be an object")),
        };
        let forbidden = sent_headers
            .keys()
            .find(|name| INHERITED.contains(&name.to_lowercase().as_str()));
        if let Some(name) = forbidden {
            return Err(invalid(&format!(
                "The header {name} cannot be set for a subrequest"
            )));
        }
        Ok(Self {
            method,
            url: text("url")?.to_owned(),
            id: id.to_owned(),
            headers: headers(&sent_headers),
            body: fields.get("body").filter(|body| !body.is_null()).cloned(),
        })
    }

    fn is_heavy(&self) -> bool {
        let path = self.url.split('?').next().unwrap_or_default();
        let below = path.strip_prefix("/services/data/").unwrap_or_default();
        let rest = below.split_once('/').map_or("", |(_, rest)| rest);
        Route::parse(rest).is_ok_and(|route| route.is_heavy())
    }
}

/// Whether a composite's body asks for anything but reading.
pub(super) fn writes(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let subrequests = body["compositeRequest"].as_array();
    let mut methods = subrequests
        .into_iter()
        .flatten()
        .map(|subrequest| &subrequest["method"]);
    methods.any(|method| method != "GET")
}

fn is_reference_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn check_keys(fields: &Map<String, Value>, known: &[&str]) -> Result<(), Problem> {
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Problem::json(format!(
            "Unrecognized field \"{key}\" in the composite request"
        ))),
    }
}

fn invalid(message: &str) -> Problem {
    Problem::bad("INVALID_INPUT", message)
}
