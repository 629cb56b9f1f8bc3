//! What a run does, drawn from its seed: who calls, what is told of it in which order, what goes wrong and when.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::crm::facts;
use super::session::{Kind, Person, Planned, Step};
use crate::process::Crm;

/// The source of all events.
pub(super) const SOURCE: &str = "//contact-center/acme";

/// All that is drawn for one run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) crm: Crm,
    pub(super) rules: Rules,
    /// What the CRM does to requests, as `casewire sandbox --faults` takes it.
    pub(super) faults: String,
    /// How long it goes on doing so after the last event was taken.
    pub(super) faults_last: Duration,
    /// Whether the CRM's time goes on. When it stands still, no two of its updates can be told apart by their time, and its
    /// search never catches up.
    pub(super) clock_ticks: bool,
    pub(super) kills: Vec<Kill>,
    /// When a person resolves all open records in the CRM: after so many requests were taken.
    pub(super) resolves_after: Option<usize>,
    /// What each client sends, one request after another.
    pub(super) clients: Vec<Vec<Request>>,
    pub(super) sessions: Vec<Planned>,
    /// The sessions of each client in the order in which they become due.
    pub(super) due: Vec<Vec<usize>>,
}

/// The rules that a run has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) append: bool,
    pub(super) closed_days: bool,
    pub(super) abandoned_calls: bool,
    pub(super) delay_call: bool,
}

/// When the process is killed: after so many requests were taken, and then so long after.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kill {
    pub(super) after: usize,
    pub(super) wait: Duration,
}

/// One request of a client.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) events: Vec<Value>,
    /// How long the client rests before it.
    pub(super) pause: Duration,
    /// Whether the client sends it once more after it was taken.
    pub(super) twice: bool,
}

impl Plan {
    pub(super) fn draw(seed: u64) -> Self {
        let random = &mut Rng::with_seed(seed);
        let crm = crm(seed);
        let append = random.u8(..100) < 65;
        let rules = Rules {
            append,
            closed_days: append && random.bool(),
            abandoned_calls: random.bool(),
            delay_call: random.u8(..100) < 30,
        };
        let has_person = append && random.u8(..100) < 30;
        let mut sessions = Vec::new();
        let (mut clients, mut due) = (Vec::new(), Vec::new());
        for client in 0..3 {
            let first = sessions.len();
            let regular = (person(random, client), queue(random));
            for _ in 0..random.usize(3..=5) {
                let (person, queue) = match random.u8(..100) {
                    0..60 => regular,
                    _ => (person(random, client), queue(random)),
                };
                let kind = kind(random, person, has_person);
                sessions.push(Planned::draw(random, sessions.len(), kind, person, queue));
            }
            let stream = stream(random, &sessions, first);
            due.push(due_in(&stream, &sessions, rules));
            clients.push(requests(random, &stream, &sessions));
        }
        let of_all: Vec<usize> = due.concat();
        for (number, session) in sessions.iter_mut().enumerate() {
            session.is_due = of_all.contains(&number);
        }
        let total = clients.iter().map(Vec::len).sum();
        let mut kills: Vec<_> = (0..random.usize(1..=4))
            .map(|_| kill(random, total))
            .collect();
        kills.sort_by_key(|kill| kill.after);
        Self {
            seed,
            crm,
            rules,
            faults: faults(random, crm),
            clock_ticks: random.u8(..100) < 75,
            faults_last: Duration::from_millis(random.u64(200..2_500)),
            kills,
            resolves_after: has_person.then(|| random.usize(..total)),
            clients,
            sessions,
            due,
        }
    }
}

impl Rules {
    /// The keys of `[rules]`.
    pub(super) fn to_toml(self) -> String {
        let mut text = format!(
            "append_to_open = {}\nabandoned_calls = {}\ndelay_call_until_connected = {}\n",
            self.append, self.abandoned_calls, self.delay_call
        );
        if self.closed_days {
            text.push_str("append_to_closed_within_days = 7\n");
        }
        text
    }
}

/// The seeds are shared out evenly.
fn crm(seed: u64) -> Crm {
    let number = usize::try_from(seed).unwrap_or(0);
    Crm::ALL[number % Crm::ALL.len()]
}

/// Who calls, calls one client only, so that the order of the sessions is known; but for one who calls all of them.
fn person(random: &mut Rng, client: usize) -> Person {
    match random.u8(..100) {
        0..10 => Person::Anonymous,
        10..25 => Person::Everywhere,
        25..60 => Person::Phone(client),
        60..80 => Person::Email(client),
        _ => Person::Both(client),
    }
}

fn queue(random: &mut Rng) -> &'static str {
    match random.u8(..3) {
        0 => "14",
        _ => "13",
    }
}

fn kind(random: &mut Rng, person: Person, has_person: bool) -> Kind {
    match (random.u8(..100), person) {
        (_, Person::Email(_)) => Kind::Chat,
        (0..55, _) => Kind::Answered,
        (55..75, _) => Kind::Abandoned,
        (75..88, _) => Kind::Deflected,
        // Which record is joined depends on the place of a voicemail's among the others.
        (_, Person::Everywhere) => Kind::Answered,
        _ if has_person => Kind::Answered,
        _ => Kind::Voicemail,
    }
}

/// The steps of the sessions from `first` on, mixed: a session's own mostly in order.
fn stream(random: &mut Rng, sessions: &[Planned], first: usize) -> Vec<(usize, usize)> {
    let mut left: Vec<_> = (first..sessions.len())
        .map(|session| {
            let mut order: Vec<_> = (0..sessions[session].steps.len()).collect();
            if random.u8(..100) < 30 {
                let at = random.usize(1..order.len());
                order.swap(at - 1, at);
            }
            order.reverse();
            (session, order)
        })
        .collect();
    let mut stream = Vec::new();
    while !left.is_empty() {
        // Only a few sessions run at the same time.
        let place = random.usize(..left.len().min(3));
        let (session, order) = &mut left[place];
        match order.pop() {
            Some(step) => stream.push((*session, step)),
            None => drop(left.remove(place)),
        }
    }
    stream
}

/// The sessions of a stream in the order in which they become due.
fn due_in(stream: &[(usize, usize)], sessions: &[Planned], rules: Rules) -> Vec<usize> {
    let mut told: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); sessions.len()];
    let mut due = Vec::new();
    for &(number, step) in stream {
        let session = &sessions[number];
        told[number].insert(session.steps[step].kind);
        if !due.contains(&number) && session.kind.is_due(&told[number], rules) {
            due.push(number);
        }
    }
    due
}

fn requests(random: &mut Rng, stream: &[(usize, usize)], sessions: &[Planned]) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let size = match random.bool() {
            true => 1,
            false => random.usize(2..=4),
        };
        let (now, later) = rest.split_at(size.min(rest.len()));
        rest = later;
        let events = now
            .iter()
            .map(|&(number, step)| event(&sessions[number], step));
        requests.push(Request {
            events: events.collect(),
            pause: Duration::from_millis(random.u64(..40)),
            twice: random.u8(..100) < 15,
        });
    }
    requests
}

fn event(session: &Planned, step: usize) -> Value {
    let Step { kind, at, data } = &session.steps[step];
    json!({
        "specversion": "1.0",
        "id": format!("{}-{step}", session.key),
        "source": SOURCE,
        "type": format!("session.{kind}"),
        "subject": session.key,
        "time": at,
        "data": data,
    })
}

fn kill(random: &mut Rng, total: usize) -> Kill {
    let wait = match random.u8(..100) {
        0..50 => random.u64(..30),
        50..75 => random.u64(..400),
        // While notes are written.
        _ => random.u64(400..3_000),
    };
    Kill {
        after: random.usize(..=total),
        wait: Duration::from_millis(wait),
    }
}

fn faults(random: &mut Rng, crm: Crm) -> String {
    let facts = facts(crm);
    let mut faults = vec![format!("retry-after={}s", random.u8(..=facts.longest_wait))];
    for (name, most) in [
        ("throttle", 15),
        ("unavailable", 15),
        ("reset", 15),
        ("lost-answer", 30),
        ("expire-token", 4),
        ("lock", facts.locks),
    ] {
        if most > 0 && random.u8(..100) < 60 {
            faults.push(format!("{name}=0.{:02}", random.u8(1..=most)));
        }
    }
    if random.bool() {
        faults.push(format!("slow={}ms", random.u8(1..40)));
    }
    if random.u8(..100) < 75 {
        let lag = random.choice(["300ms", "2s", "30s"].iter());
        faults.push(format!("index-lag={}", lag.unwrap_or(&"30s")));
    }
    faults.join(",")
}
