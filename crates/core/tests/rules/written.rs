//! R13 to R16 and the title: what is written.

use casewire_core::{
    AgentKind, EventData, EventKind, MemoryCrm, Note, Profile, RecordCustomer, Rules, Session,
    SessionOutcome, Trace, Unwritable, tags, title,
};
use casewire_core::{AnonymousCustomers, CrmConnector as _};
use jiff::tz::TimeZone;

use crate::story::{call, second};

fn profile() -> Profile {
    MemoryCrm::new(second(0)).profile().clone()
}

fn session() -> Session {
    let data = EventData {
        dialed_number: Some("+15550100300".into()),
        language: Some("en".into()),
        ..EventData::default()
    };
    call()
        .with(1, EventKind::Updated, data)
        .queued_in(2, &["4", "13"])
        .by(6, EventKind::Assigned, AgentKind::Human)
        .session()
}

fn titled(template: &str, session: &Session, limit: usize) -> String {
    let rules = Rules {
        title: template.parse().unwrap(),
        timezone: TimeZone::get("Europe/Berlin").unwrap(),
        ..Rules::default()
    };
    let profile = Profile {
        title_limit: limit,
        ..profile()
    };
    title(&rules, session, &profile)
}

#[test]
fn the_title_names_every_variable() {
    let template = "{CALL_TYPE}|{CALL_ID}|{MENU_PATH}|{PHONE_NUMBER}|{LANGUAGE}|{TIMESTAMP}|{{x}}";
    assert_eq!(
        titled(template, &session(), 255),
        "Voice Inbound (IVR)|987|Queue 4/Queue 13|+15550100300|en|2026-01-24 02:13:49 CET|{x}"
    );
}

#[test]
fn the_title_has_a_dash_for_what_is_missing() {
    assert_eq!(
        titled("{MENU_PATH} {LANGUAGE}", &call().session(), 255),
        "- -"
    );
}

#[test]
fn the_title_is_cut_at_a_character_and_says_so() {
    assert_eq!(titled("ÄÖÜ{CALL_ID}", &session(), 5), "ÄÖÜ9…");
    assert_eq!(titled("ÄÖÜ{CALL_ID}", &session(), 6), "ÄÖÜ987");
    assert_eq!(titled("Ä", &session(), 0), "…");
}

#[test]
fn the_title_has_no_control_characters() {
    let data = EventData {
        language: Some("e\nn\t".into()),
        ..EventData::default()
    };
    let session = call().with(1, EventKind::Updated, data).session();
    assert_eq!(titled("[{LANGUAGE}]", &session, 255), "[e n ]");
}

#[test]
fn a_wrong_title_is_refused_with_its_position() {
    let table = [
        ("Call {CALLER}", 6, "unknown name `{CALLER}`"),
        ("Ä {", 3, "never closed"),
        ("a } b", 3, "lone `}`"),
        ("{{}", 3, "lone `}`"),
        ("{}", 1, "unknown name"),
        ("  ", 1, "nothing but blanks"),
    ];
    for (template, position, problem) in table {
        let error = template.parse::<casewire_core::Title>().unwrap_err();
        assert_eq!(error.position, position, "{template}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn r13_tags_follow_their_switches() {
    let tagged = |tag_session_type, tag_platform| {
        let rules = Rules {
            tag_session_type,
            tag_platform,
            ..Rules::default()
        };
        tags(&rules, &session(), &profile())
    };
    assert_eq!(tagged(true, true), ["Voice Inbound (IVR)", "UJET"]);
    assert_eq!(tagged(false, true), ["UJET"]);
    assert_eq!(tagged(false, false), [""; 0]);
}

#[test]
fn r13_tags_of_which_the_crm_keeps_nothing_are_left_out() {
    let rules = Rules {
        tag_session_type: true,
        tag_platform: true,
        ..Rules::default()
    };
    let keeps_nothing: fn(&str) -> String = |_| String::new();
    for (session_type_tag, plain_tag, kept) in [
        (keeps_nothing, profile().plain_tag, "UJET"),
        (
            profile().session_type_tag,
            keeps_nothing,
            "Voice Inbound (IVR)",
        ),
    ] {
        let profile = casewire_core::Profile {
            session_type_tag,
            plain_tag,
            ..profile()
        };
        assert_eq!(tags(&rules, &session(), &profile), [kept]);
    }
}

#[test]
fn r14_a_trace_tells_what_is_on_a_record() {
    let session = session();
    let notes = Note::missing(
        &session,
        &session,
        second(6),
        &TimeZone::UTC,
        &Trace::default(),
    );
    let mut trace = Trace::default();
    assert!(!trace.has_session(session.key()));
    trace.add(session.key(), &notes);
    assert!(trace.has_session(session.key()));
    assert_eq!(
        Note::missing(&session, &session, second(6), &TimeZone::UTC, &trace),
        []
    );
}

#[test]
fn r15_a_session_has_one_note_when_linked_and_one_when_ended() {
    let session = call()
        .queued_in(2, &["4", "13"])
        .by(6, EventKind::Assigned, AgentKind::Human)
        .ended(25, SessionOutcome::Finished)
        .session();
    let notes = Note::missing(
        &session,
        &session,
        second(6),
        &TimeZone::UTC,
        &Trace::default(),
    );
    let texts: Vec<_> = notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Voice Inbound (IVR) 987\nQueue: Queue 4/Queue 13\nAgent: agent 5\nStarted: 2026-01-24 01:13:49 UTC",
            "Ended: 2026-01-24 01:14:14 UTC\nOutcome: finished\nDuration: 25 s",
        ]
    );
}

#[test]
fn r15_late_data_adds_one_note() {
    let ended = call()
        .at(6, EventKind::Assigned)
        .ended(25, SessionOutcome::Finished);
    let missing = |session: &Session, trace: &Trace| {
        Note::missing(session, session, second(6), &TimeZone::UTC, trace)
    };
    let mut trace = Trace::default();
    trace.add(ended.session().key(), &missing(&ended.session(), &trace));

    let rating = EventData {
        rating: Some(4),
        ..EventData::default()
    };
    let rated = ended.with(99, EventKind::Updated, rating).session();
    let late = missing(&rated, &trace);
    let [note] = &late[..] else {
        panic!("{late:?}")
    };
    assert!(note.text.contains("Rating: 4"), "{}", note.text);
    trace.add(rated.key(), &late);
    assert_eq!(missing(&rated, &trace), []);
}

#[test]
fn r15_only_transfers_after_the_link_are_noted() {
    let session = call()
        .by(3, EventKind::Transferred, AgentKind::Human)
        .at(6, EventKind::Assigned)
        .by(9, EventKind::Transferred, AgentKind::Human)
        .session();
    let notes = Note::missing(
        &session,
        &session,
        second(6),
        &TimeZone::UTC,
        &Trace::default(),
    );
    let transfers = notes
        .iter()
        .filter(|note| note.text.starts_with("Transferred to agent 5"));
    assert_eq!(transfers.count(), 1);
}

#[test]
fn r16_the_newest_human_agent_is_the_owner() {
    let named = |id: &str| EventData {
        agent: Some(casewire_core::Agent {
            id: Some(id.into()),
            ..casewire_core::Agent::default()
        }),
        ..EventData::default()
    };
    let session = call()
        .with(6, EventKind::Assigned, named("5"))
        .with(9, EventKind::Transferred, named("8"))
        .session();
    assert_eq!(session.agent().unwrap().id.as_deref(), Some("8"));
}

#[test]
fn withheld_callers_become_what_the_setting_says() {
    let customer = |anonymous, skip_customer_creation| {
        let rules = Rules {
            anonymous,
            skip_customer_creation,
            ..Rules::default()
        };
        RecordCustomer::of(&rules, &call().session(), None, &profile())
    };
    assert_eq!(
        customer(AnonymousCustomers::Separate, false),
        Ok(RecordCustomer::Anonymous)
    );
    assert_eq!(
        customer(AnonymousCustomers::Shared, false),
        Ok(RecordCustomer::SharedAnonymous)
    );
    assert_eq!(
        customer(AnonymousCustomers::None, false),
        Ok(RecordCustomer::None)
    );
    assert_eq!(
        customer(AnonymousCustomers::Separate, true),
        Ok(RecordCustomer::None)
    );
}

#[test]
fn a_crm_that_wants_a_customer_gets_no_record_without_one() {
    let rules = Rules {
        skip_customer_creation: true,
        ..Rules::default()
    };
    let strict = Profile {
        record_without_customer: false,
        ..profile()
    };
    let customer = RecordCustomer::of(&rules, &call().session(), None, &strict);
    assert_eq!(customer, Err(Unwritable::NoCustomer));
}

#[test]
fn r15_a_value_can_not_look_like_a_line_of_ours() {
    let data = EventData {
        session_type: Some("Voice\n[casewire call/9@aaaaaa linked]".into()),
        disposition: Some("done\r\n[casewire call/9@aaaaaa ended]".into()),
        ..EventData::default()
    };
    let session = call()
        .with(6, EventKind::Assigned, data)
        .ended(9, SessionOutcome::Finished)
        .session();
    let nothing = Trace::default();
    for note in Note::missing(&session, &session, second(6), &TimeZone::UTC, &nothing) {
        assert!(
            !note.text.lines().any(|line| line.starts_with("[casewire")),
            "{}",
            note.text
        );
    }
}

#[test]
fn r15_the_link_is_told_as_it_was() {
    let agent = |id: &str| EventData {
        agent: Some(casewire_core::Agent {
            id: Some(id.into()),
            ..casewire_core::Agent::default()
        }),
        ..EventData::default()
    };
    let assigned = call().with(6, EventKind::Assigned, agent("5"));
    let moved = assigned.clone().with(9, EventKind::Transferred, agent("8"));
    let (then, latest) = (assigned.session(), moved.session());
    let notes = Note::missing(&then, &latest, second(6), &TimeZone::UTC, &Trace::default());
    assert!(
        notes[0].text.contains("Agent: agent 5"),
        "{}",
        notes[0].text
    );
    assert!(
        notes[1].text.starts_with("Transferred to agent 8"),
        "{}",
        notes[1].text
    );
}

#[test]
fn r15_an_agent_told_of_after_the_link_is_in_its_note() {
    let assigned = call().at(6, EventKind::Assigned);
    let connected = assigned
        .clone()
        .by(9, EventKind::Connected, AgentKind::Human);
    let (then, latest) = (assigned.session(), connected.session());
    let notes = Note::missing(&then, &latest, second(6), &TimeZone::UTC, &Trace::default());
    assert!(
        notes[0].text.contains("Agent: agent 5"),
        "{}",
        notes[0].text
    );
}
