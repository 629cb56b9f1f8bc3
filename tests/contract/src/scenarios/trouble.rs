//! When the CRM refuses, fails or is not understood, and what is told of it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use casewire_core::{
    Append, CustomerIdentity, Email, Error, ErrorKind, NewRecord, RecordCustomer, RecordState,
    StatusChange,
};
use tracing_subscriber::EnvFilter;

use crate::story::{
    MINUTE, append, by_email, joining, kim, new_record, note, only, query, read, thoroughly,
};
use crate::vendor::{Credentials, Often, Trouble, Vendor};

type V = Box<dyn Vendor>;

pub(crate) async fn c4_write_that_may_have_been_done_is_uncertain(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    // What a connector reads before its first write, it has read.
    let record = connector
        .append(&record, &append("call/986"))
        .await
        .unwrap();
    v.given(Trouble::FailingWrites, Often::Always);
    let error = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
    let new = new_record("call/988", RecordCustomer::Known(record.customer.unwrap()));
    let error = connector.create_record(&new).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Uncertain);
}

pub(crate) async fn c4_broken_answer_is_protocol(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given(Trouble::AnswerBroken, Often::Always);
    let error = connector.read_record(&record.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    let error = connector.look_up(&query(&kim())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    let error = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

/// More than any write takes.
const MANY_REQUESTS: usize = 8;

pub(crate) async fn c4_append_that_stops_half_way_is_uncertain_and_completed(v: V) {
    for requests in 0..MANY_REQUESTS {
        let (connector, record) = read(&*v, RecordState::Resolved).await;
        let what = Append {
            tags: vec!["casewire".to_owned()],
            status: StatusChange::DefaultOpen,
            ..append(&format!("call/{requests}"))
        };
        let before = v.records().pop().unwrap();
        let revoked = Trouble::CredentialsRevokedAfter(requests);
        v.given(revoked, Often::Always);
        let answer = connector.append(&record, &what).await;
        v.given_calm();
        let after = v.records().pop().unwrap();
        match answer {
            Ok(_) => assert_eq!(after.notes.len(), 1, "{requests} requests"),
            Err(error) if error.kind() == ErrorKind::Uncertain => {}
            Err(error) => assert_eq!(after, before, "{requests} requests: {error:?}"),
        }
        for connector in [connector, v.connect()] {
            let now = connector.read_record(&record.id).await.unwrap().unwrap();
            let written = connector.append(&now, &what).await.unwrap();
            assert!(what.is_repeat(&written.trace));
            let shown = v.records().pop().unwrap();
            assert_eq!(shown.notes.len(), 1, "{requests} requests");
            assert_eq!(shown.state, RecordState::Open);
            for tag in v.kept_tags(&["vip", "casewire"]) {
                assert!(shown.tags.contains(&tag), "{:?}", shown.tags);
            }
        }
        v.person_deletes(&record.id);
    }
}

pub(crate) async fn c4_creation_that_stops_half_way_is_uncertain_and_completed(v: V) {
    for requests in 0..MANY_REQUESTS {
        let identity = by_email(&format!("kim{requests}@example.com"));
        let subject = format!("call/{requests}");
        let new = new_record(&subject, RecordCustomer::New(identity.clone()));
        let connector = v.connect();
        let before = v.records().len();
        let revoked = Trouble::CredentialsRevokedAfter(requests);
        v.given(revoked, Often::Always);
        let answer = connector.create_record(&new).await;
        v.given_calm();
        let made = v.records().len() - before;
        match answer {
            Ok(_) => assert_eq!(made, 1),
            Err(error) if error.kind() == ErrorKind::Uncertain => {}
            Err(error) => assert_eq!(made, 0, "{requests} requests: {error:?}"),
        }
        for connector in [connector, v.connect()] {
            let found = thoroughly(&*connector, &subject, &identity).await;
            let own = match (found.own, found.customer) {
                (Some(own), _) => own,
                (None, Some(customer)) => {
                    let new = new_record(&subject, RecordCustomer::Known(customer));
                    connector.create_record(&new).await.unwrap()
                }
                (None, None) => connector.create_record(&new).await.unwrap(),
            };
            let what = Append {
                sessions: vec![joining(&subject, &new.notes)],
                tags: new.tags.clone(),
                ..append(&subject)
            };
            connector.append(&own, &what).await.unwrap();
            assert_eq!(v.records().len() - before, 1, "{requests} requests");
            let shown = v.records().pop().unwrap();
            assert_eq!(shown.notes.len(), 1, "{requests} requests");
            for tag in v.kept_tags(&["casewire"]) {
                assert!(shown.tags.contains(&tag), "{:?}", shown.tags);
            }
        }
        v.pass(MINUTE);
    }
}

pub(crate) async fn c11_expired_credentials_are_renewed(v: V) {
    if v.credentials() == Credentials::Fixed {
        return refused_key_is_auth_and_works_again(v).await;
    }
    let (connector, record) = read(&*v, RecordState::Open).await;
    for number in 0..3 {
        v.given(Trouble::CredentialsExpired, Often::Once);
        let now = connector.read_record(&record.id).await.unwrap().unwrap();
        v.given(Trouble::CredentialsExpired, Often::Once);
        connector
            .append(&now, &append(&format!("call/{number}")))
            .await
            .unwrap();
    }
    assert_eq!(only(&*v).notes.len(), 3);
}

/// Nothing can be renewed: the error comes at once, nothing is written, and the next request is as good as any.
async fn refused_key_is_auth_and_works_again(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    let writes = v.writes();
    v.given(Trouble::CredentialsExpired, Often::Once);
    let error = connector.read_record(&record.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    v.given(Trouble::CredentialsExpired, Often::Once);
    let what = append("call/987");
    let error = connector.append(&record, &what).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(v.writes() <= writes + 1, "it was sent again");
    assert_eq!(only(&*v).notes, []);
    connector.append(&record, &what).await.unwrap();
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c11_credentials_that_stay_refused_are_auth(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given(Trouble::CredentialsExpired, Often::Always);
    let error = connector.read_record(&record.id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let error = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    v.given_calm();
    assert_eq!(only(&*v).notes, []);
}

pub(crate) async fn c12_slow_down_is_obeyed(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given(Trouble::Throttled(0), Often::Once);
    let record = connector.read_record(&record.id).await.unwrap().unwrap();
    v.given(Trouble::Throttled(0), Often::Once);
    connector
        .append(&record, &append("call/987"))
        .await
        .unwrap();
    assert_eq!(only(&*v).notes.len(), 1);
}

pub(crate) async fn c12_endless_slow_down_is_rate_limited_with_its_delay(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    v.given(Trouble::Throttled(77), Often::Always);
    let read = connector.read_record(&record.id).await.unwrap_err();
    let written = connector
        .append(&record, &append("call/987"))
        .await
        .unwrap_err();
    for error in [read, written] {
        let ErrorKind::RateLimited { retry_after } = error.kind() else {
            panic!("{error:?}");
        };
        // What is left of it, when it was told to an earlier request.
        let whole = v.slow_down(Duration::from_secs(77));
        let range = whole - Duration::from_secs(17)..=whole;
        assert!(range.contains(&retry_after), "{retry_after:?}");
    }
    v.given_calm();
    assert_eq!(only(&*v).notes, []);
}

pub(crate) async fn c12_read_survives_one_failure(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    for trouble in [Trouble::Failing, Trouble::Unavailable] {
        v.given(trouble, Often::Once);
        let again = connector.read_record(&record.id).await.unwrap();
        assert_eq!(again.as_ref(), Some(&record));
    }
}

pub(crate) async fn c12_endless_failure_is_unavailable(v: V) {
    let (connector, record) = read(&*v, RecordState::Open).await;
    for trouble in [Trouble::Failing, Trouble::Unavailable] {
        v.given(trouble, Often::Always);
        let error = connector.read_record(&record.id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        let error = connector.look_up(&query(&kim())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        v.given_calm();
    }
}

pub(crate) async fn c13_nothing_private_is_told(v: V) {
    let log = Log::default();
    let filter = EnvFilter::new("casewire=trace");
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || writer.clone())
        .finish();
    let logging = tracing::subscriber::set_default(subscriber);

    let connector = v.connect();
    let mut told = Vec::new();
    told.push(format!("{connector:?}"));
    let identity = CustomerIdentity {
        email: Email::parse("kim@example.com"),
        ..kim()
    };
    let new = NewRecord {
        notes: vec![note("wants a refund of 40")],
        ..new_record("call/987", RecordCustomer::New(identity.clone()))
    };
    let record = connector.create_record(&new).await.unwrap();
    let what = casewire_core::Append {
        sessions: vec![joining("call/988", &[note("wants a refund of 50")])],
        ..append("call/988")
    };
    told.push(format!(
        "{record:?} {new:?} {what:?} {:?}",
        query(&identity)
    ));
    for trouble in [
        Trouble::AnswerLost,
        Trouble::AnswerBroken,
        Trouble::CredentialsExpired,
        Trouble::Failing,
        Trouble::Unavailable,
        Trouble::Throttled(77),
    ] {
        v.given(trouble, Often::Always);
        let other = v.connect();
        told.extend(other.create_record(&new).await.err().map(whole));
        told.extend(other.append(&record, &what).await.err().map(whole));
        for identity in [&identity, &by_email("kim@example.com")] {
            let answer = other.look_up(&query(identity)).await;
            told.extend(answer.err().map(whole));
        }
        let email = identity.email.clone().unwrap();
        told.extend(other.find_user(&email).await.err().map(whole));
        told.push(format!("{other:?}"));
        v.given_calm();
    }
    drop(logging);
    assert!(told.len() > 20, "hardly anything went wrong: {told:#?}");
    told.push(log.text());

    let private = ["5550100100", "kim@example.com", "Kim Example", "refund"];
    let secrets = v.secrets();
    for told in &told {
        for private in private
            .into_iter()
            .chain(secrets.iter().map(String::as_str))
        {
            assert!(!told.contains(private), "`{private}` in {told}");
        }
    }
}

/// An error with all underneath it, in both of its forms.
fn whole(error: Error) -> String {
    let mut text = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = next {
        text.push_str(&format!("\n{error}"));
        next = error.source();
    }
    text
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
