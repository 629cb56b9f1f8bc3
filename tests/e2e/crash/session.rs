//! A session of a run: who it is with, what happens in it, and what has to come of it.

use std::collections::BTreeSet;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::plan::Rules;

/// The start of the first session.
const MORNING: i64 = 1_769_216_400;

/// A session as it is told, and what has to come of it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) key: String,
    pub(super) kind: Kind,
    pub(super) person: Person,
    pub(super) queue: &'static str,
    pub(super) steps: Vec<Step>,
    /// How often it is handed over.
    pub(super) transfers: usize,
    /// What was told after its end: each has to be in the last that is said of the end.
    pub(super) late: Vec<String>,
    /// Whether some rule makes it due.
    pub(super) is_due: bool,
}

/// What happens in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call that an agent takes.
    Answered,
    /// A call whose caller gives up in the queue.
    Abandoned,
    /// A chat that an agent takes.
    Chat,
    /// A call that never reaches an agent.
    Deflected,
    /// A call whose caller leaves a message.
    Voicemail,
}

/// Who a session is with: the one of a client that is known by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    Anonymous,
    /// The one who calls all clients.
    Everywhere,
    Phone(usize),
    Email(usize),
    Both(usize),
}

/// One event of a session.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) kind: &'static str,
    pub(super) at: String,
    pub(super) data: Value,
}

impl Kind {
    /// Whether a session of which these events were told is due.
    pub(super) fn is_due(self, told: &BTreeSet<&str>, rules: Rules) -> bool {
        let has = |kind| told.contains(kind);
        match self {
            Self::Answered if rules.delay_call => has("connected"),
            Self::Answered | Self::Chat => has("assigned") || has("connected"),
            // With the delay on, only calls connected to an agent make a record.
            Self::Abandoned => {
                rules.abandoned_calls && !rules.delay_call && has("queued") && has("ended")
            }
            Self::Voicemail => has("voicemail"),
            Self::Deflected => false,
        }
    }
}

impl Person {
    /// The phone number and the e-mail address.
    pub(super) fn addresses(self) -> (Option<String>, Option<String>) {
        let phone = |number: usize| Some(format!("+1555010{number:04}"));
        let email = |name: usize| Some(format!("customer{name}@example.com"));
        match self {
            Self::Anonymous => (None, None),
            Self::Everywhere => (phone(199), None),
            Self::Phone(client) => (phone(100 + client), None),
            Self::Email(client) => (None, email(200 + client)),
            Self::Both(client) => (phone(300 + client), email(300 + client)),
        }
    }
}

impl Planned {
    /// The session number `number`, with what is left to chance.
    pub(super) fn draw(
        random: &mut Rng,
        number: usize,
        kind: Kind,
        person: Person,
        queue: &'static str,
    ) -> Self {
        let word = match kind {
            Kind::Chat => "chat",
            _ => "call",
        };
        let mut planned = Self {
            key: format!("{word}/{}", number + 1),
            kind,
            person,
            queue,
            steps: Vec::new(),
            transfers: 0,
            late: Vec::new(),
            is_due: false,
        };
        let mut story = Story {
            planned: &mut planned,
            second: MORNING + 600 * i64::try_from(number).unwrap_or(0),
        };
        story.tell(random);
        planned
    }

    /// The lane it is in; none for a withheld caller, who shares it with nobody.
    pub(super) fn lane(&self) -> Option<(Person, &'static str)> {
        (self.person != Person::Anonymous).then_some((self.person, self.queue))
    }
}

/// A session while it is made up.
struct Story<'a> {
    planned: &'a mut Planned,
    second: i64,
}

impl Story<'_> {
    fn tell(&mut self, random: &mut Rng) {
        self.add("created", json!({}));
        match self.planned.kind {
            Kind::Deflected => return self.add("ended", json!({ "outcome": "deflected" })),
            Kind::Abandoned => {
                self.add("queued", json!({}));
                return self.add("ended", json!({ "outcome": "abandoned" }));
            }
            Kind::Voicemail => self.add("voicemail", json!({})),
            Kind::Answered | Kind::Chat => self.tell_of_agents(random),
        }
        if random.u8(..100) < 85 {
            self.add("ended", json!({ "outcome": "finished" }));
            self.tell_late(random);
        }
    }

    fn tell_of_agents(&mut self, random: &mut Rng) {
        let ana = json!({ "id": "5", "email": "ana@example.com", "name": "Ana", "kind": "human" });
        self.add("queued", json!({}));
        self.add("assigned", json!({ "agent": ana }));
        self.add("connected", json!({ "agent": ana }));
        for _ in 0..random.usize(..3) {
            self.add(
                "transferred",
                json!({ "agent": { "id": "6", "name": "Ben" } }),
            );
            self.planned.transfers += 1;
        }
    }

    fn tell_late(&mut self, random: &mut Rng) {
        if random.u8(..100) < 50 {
            let rating = random.u8(1..=5);
            self.add("updated", json!({ "rating": rating }));
            self.planned.late.push(format!("Rating: {rating}"));
        }
        if random.u8(..100) < 40 {
            let href = format!("https://media.example.com/{}.mp3", self.planned.key);
            let link = json!({ "rel": "recording", "href": href });
            self.add("updated", json!({ "links": [link] }));
            self.planned.late.push(format!("Recording: {href}"));
        }
    }

    /// Adds an event some seconds after the one before; it carries all that is known of the session.
    fn add(&mut self, kind: &'static str, more: Value) {
        self.second += 4;
        let session = &mut self.planned;
        let (phone, email) = session.person.addresses();
        let session_type = match session.kind {
            Kind::Chat => "Messaging Inbound (Web Chat)",
            _ => "Voice Inbound (IVR)",
        };
        let mut data = json!({
            "session_type": session_type,
            "queue": { "id": session.queue, "path": [{ "id": "4", "name": "Support" }, { "id": session.queue, "name": "Team" }] },
            "customer": { "phone": phone, "email": email },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            data[key] = value.clone();
        }
        let at = Timestamp::from_second(self.second).expect("a time");
        session.steps.push(Step {
            kind,
            at: at.to_string(),
            data,
        });
    }
}
