//! Adding to records.

use casewire_core::{
    Append, ErrorKind, LookUp, RecordCustomer, RecordState, StatusChange, TraceSearch,
};

use crate::story::{
    HOUR, MINUTE, agent, append, ended, joining, kim, note, only, query, read, session, thoroughly,
};
use crate::vendor::{Often, Trouble, Vendor};

type V = Box<dyn Vendor>;

pub(crate) async fn c4_unavailable_crm_takes_no_note(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given(Trouble::Unavailable, Often::Always);
    let error = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    v.given_calm();
    assert_eq!(only(&*v).notes, []);
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c5_appended_note_with_lost_answer_is_found_by_its_trace(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given_index_lag(HOUR);
    v.given(Trouble::AnswerLost, Often::Always);
    let answer = connector.append(&record, &append("call/987")).await;
    if let Err(error) = answer {
        assert_eq!(error.kind(), ErrorKind::Uncertain);
    }
    v.given_calm();
    let now = v.connect().read_record(&record.id).await.unwrap().unwrap();
    assert!(now.trace.has_session(&session("call/987")));
    assert!(now.trace.has_note(&session("call/987"), &note("").id));
    // By a look-up too, once that shows the customer's records.
    v.pass(2 * HOUR);
    let found = thoroughly(&*v.connect(), "call/987", &kim()).await;
    assert_eq!(found.own.unwrap().id, record.id);
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c5_appended_session_is_found_whatever_is_wanted(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    v.person_resolves(&record.id);
    // Append was switched off since, or the session has no queue any more.
    let mut query = LookUp {
        session: session("call/987"),
        records: None,
        trace: TraceSearch::Thorough,
        ..query(&kim())
    };
    let found = v.connect().look_up(&query).await.unwrap();
    assert_eq!(found.own.unwrap().id, record.id);
    query.session = session("call/988");
    let found = v.connect().look_up(&query).await.unwrap();
    assert_eq!(found.own, None);
    assert_eq!(found.customer, record.customer);
    assert_eq!(found.records, []);
}

pub(crate) async fn c6_same_append_writes_once(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    assert_written_once(&*v, connector.append(&record, &append("call/987")).await);
    v.pass(MINUTE);
    assert_written_once(&*v, connector.append(&record, &append("call/987")).await);
}

pub(crate) async fn c6_same_append_after_a_restart_writes_once(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.pass(MINUTE);
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    v.pass(MINUTE);
    assert_written_once(&*v, v.connect().append(&record, &append("call/987")).await);
}

pub(crate) async fn c6_several_sessions_join_in_one_write(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.pass(MINUTE);
    let what = Append {
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("chat/5", &[note("Chat 5")]),
            joining("call/988", &[]),
        ],
        ..append("call/987")
    };
    let writes = v.writes();
    let written = connector.append(&record, &what).await.unwrap();
    let spent = v.writes() - writes;
    assert!((1..=v.writes_of(3)).contains(&spent), "{spent} writes");
    let notes = [
        ("call/987", "linked", "Call 987"),
        ("call/987", "ended", "Ended: early"),
        ("chat/5", "linked", "Chat 5"),
    ];
    assert_joined(&*v, &what, &notes).await;

    v.pass(MINUTE);
    let version = async || {
        let now = v.connect().read_record(&record.id).await.unwrap();
        now.unwrap().version
    };
    let before = version().await;
    for (connector, to) in [
        (&connector, &written),
        (&connector, &record),
        (&v.connect(), &record),
    ] {
        connector.append(to, &what).await.unwrap();
        assert_eq!(version().await, before);
        assert_joined(&*v, &what, &notes).await;
    }
}

pub(crate) async fn c6_append_known_in_part_adds_the_rest(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    let known = Append {
        sessions: vec![
            joining("call/987", &[note("Call 987")]),
            joining("chat/5", &[note("Chat 5"), ended("Ended: late")]),
        ],
        ..append("call/987")
    };
    let record = connector.append(&record, &known).await.unwrap();
    v.pass(MINUTE);
    let what = Append {
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("call/988", &[note("Call 988")]),
            joining("chat/5", &[note("Chat 5"), ended("Ended: late")]),
        ],
        ..append("call/987")
    };
    connector.append(&record, &what).await.unwrap();
    let notes = [
        ("call/987", "linked", "Call 987"),
        ("chat/5", "linked", "Chat 5"),
        ("chat/5", "ended", "Ended: late"),
        ("call/987", "ended", "Ended: early"),
        ("call/988", "linked", "Call 988"),
    ];
    assert_joined(&*v, &what, &notes).await;
}

pub(crate) async fn c5_several_sessions_with_lost_answer_are_found_by_their_traces(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    let what = Append {
        sessions: vec![
            joining("call/987", &[note("Call 987"), ended("Ended: early")]),
            joining("chat/5", &[note("Chat 5")]),
        ],
        ..append("call/987")
    };
    v.given(Trouble::AnswerLost, Often::Once);
    if let Err(error) = connector.append(&record, &what).await {
        assert_eq!(error.kind(), ErrorKind::Uncertain);
    }
    v.given_calm();
    let now = v.connect().read_record(&record.id).await.unwrap().unwrap();
    assert!(what.is_repeat(&now.trace));
    connector.append(&now, &what).await.unwrap();
    assert_eq!(only(&*v).notes.len(), 3);
}

/// The one record shows all sessions of `what`, and has exactly these notes: session, kind and text.
async fn assert_joined(v: &dyn Vendor, what: &Append, notes: &[(&str, &str, &str)]) {
    let shown = only(v);
    let found: Vec<_> = shown
        .notes
        .iter()
        .map(|note| (&*note.session, &*note.kind, &*note.text))
        .collect();
    assert_eq!(found, notes);
    let now = v.connect().read_record(&shown.id).await.unwrap().unwrap();
    assert_eq!(what.missing(&now.trace), []);
    for joining in &what.sessions {
        let session = joining.session.to_string();
        assert!(shown.sessions.contains(&session), "{shown:?}");
    }
}

/// The second answer may be the record or a conflict with the first write.
fn assert_written_once(v: &dyn Vendor, second: casewire_core::Result<casewire_core::Record>) {
    match second {
        Ok(record) => assert!(record.trace.has_session(&session("call/987"))),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict),
    }
    assert_eq!(only(v).notes.len(), 1);
}

pub(crate) async fn c7_notes_keep_their_exact_text(v: V) {
    let texts = [
        "Ana Müller – 日本語, עברית, 🙂 e\u{301}".to_owned(),
        "two  spaces\ttab \"quotes\" 'and' \\back\\slash".to_owned(),
        "first line\n\nafter an empty line\n  indented".to_owned(),
        "1 < 2 & 3 > 2 &amp; &lt;b&gt;".to_owned(),
        "Queue: <New customers> / <b>Billing</b>".to_owned(),
        "@{record.id} @{read.Id} ${record.id} {!Case.Id} :id".to_owned(),
        "{{ticket.title}} {{#if}} **bold** _it_ [link](https://example.com)".to_owned(),
        "long ñ ".repeat(2_500) + "end",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let (connector, record) = read(&*v, RecordState::Open).await;
        let what = Append {
            sessions: vec![joining(&format!("call/{number}"), &[note(&text)])],
            ..append("call/987")
        };
        connector.append(&record, &what).await.unwrap();
        let shown = v.records().pop().unwrap();
        assert_eq!(shown.notes.len(), 1, "{text}");
        assert_eq!(shown.notes[0].text, v.kept_text(&text));
        v.pass(MINUTE);
    }
}

pub(crate) async fn c7_no_note_is_public(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    let customer = RecordCustomer::Known(record.customer.unwrap());
    let new = crate::story::new_record("call/988", customer);
    connector.create_record(&new).await.unwrap();
    let public: Vec<_> = v.records().iter().map(|shown| shown.public_notes).collect();
    assert_eq!(public, [0, 0]);
}

pub(crate) async fn c8_resolved_record_opens_again(v: V) {
    let (connector, record) = read(&*v, RecordState::Resolved).await;
    let what = Append {
        status: StatusChange::DefaultOpen,
        ..append("call/987")
    };
    let opened = connector.append(&record, &what).await.unwrap();
    assert_eq!(opened.state, RecordState::Open);
    assert_eq!(opened.closed_at, None);
    let shown = only(&*v);
    assert_eq!(shown.state, RecordState::Open);
    assert_eq!(shown.notes.len(), 1);
}

pub(crate) async fn c8_late_note_opens_nothing(v: V) {
    let (connector, record) = read(&*v, RecordState::Resolved).await;
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    let shown = only(&*v);
    assert_eq!(shown.state, RecordState::Resolved);
    assert_eq!(shown.notes.len(), 1);
}

pub(crate) async fn c8_closed_record_is_a_conflict(v: V) {
    let (connector, record) = read(&*v, RecordState::Closed).await;
    for status in [StatusChange::Keep, StatusChange::DefaultOpen] {
        let what = Append {
            status,
            ..append("call/987")
        };
        let error = connector.append(&record, &what).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    let shown = only(&*v);
    assert_eq!(shown.state, RecordState::Closed);
    assert_eq!(shown.notes, []);
}

pub(crate) async fn c8_deleted_record_is_not_found(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.person_deletes(&record.id);
    let error = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(connector.read_record(&record.id).await.unwrap(), None);
    let found = thoroughly(&*v.connect(), "call/987", &kim()).await;
    assert_eq!(found.records, []);
}

pub(crate) async fn c9_changed_record_is_a_conflict(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.person_resolves(&record.id);
    let what = Append {
        tags: vec!["casewire".to_owned()],
        status: StatusChange::DefaultOpen,
        ..append("call/987")
    };
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let shown = only(&*v);
    assert_eq!(shown.state, RecordState::Resolved);
    assert_eq!(shown.tags, v.kept_tags(&["vip"]));
    assert_eq!(shown.notes, []);
    let now = connector.read_record(&record.id).await.unwrap().unwrap();
    connector.append(&now, &what).await.unwrap();
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c10_tags_are_added_and_peoples_tags_stay(v: V) {
    let (connector, mut record) = read(&*v, RecordState::Open).await;
    for (subject, tags) in [
        ("call/987", &["casewire", "voice_inbound"][..]),
        ("call/988", &[]),
        ("call/989", &["vip"]),
    ] {
        let what = Append {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..append(subject)
        };
        record = connector.append(&record, &what).await.unwrap();
        let mut tags = only(&*v).tags;
        tags.sort();
        assert_eq!(tags, v.kept_tags(&["casewire", "vip", "voice_inbound"]));
    }
}

pub(crate) async fn c10_owner_is_set_and_otherwise_stays(v: V) {
    let owner = v.given_user(&agent());
    let (connector, record) = read(&*v, RecordState::Open).await;
    let what = Append {
        owner: Some(owner.clone()),
        ..append("call/987")
    };
    let record = connector.append(&record, &what).await.unwrap();
    connector
        .append(&record, &append("call/988"))
        .await
        .unwrap();
    assert_eq!(only(&*v).owner, Some(owner));
}
