//! Users of a CRM: named in a config, and looked up by e-mail address.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use casewire_core::{Email, Result, UserId};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tokio::time::Instant;

use crate::Known;

/// How long it is believed that nobody has an address.
const MISS_LASTS: Duration = Duration::from_secs(10 * 60);

/// A user in a connector's config, by e-mail address or id: who owns a record when no agent does (R16).
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(with = "NumberOrText")]
pub enum DefaultUser {
    /// By e-mail address.
    Email(Email),
    /// By id.
    Id(UserId),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a user's e-mail address or id")]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl DefaultUser {
    /// The user in `text`, which is an e-mail address or `is_id`.
    pub fn parse(text: &str, is_id: fn(&str) -> bool) -> Option<Self> {
        let id = is_id(text).then(|| Self::Id(UserId(text.to_owned())));
        id.or_else(|| Email::parse(text).map(Self::Email))
    }

    /// For `deserialize_with`, where ids are numbers.
    ///
    /// # Errors
    ///
    /// When it is neither address nor id.
    pub fn numbered<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Option<Self>, D::Error> {
        let is_number = |text: &str| text.parse::<u64>().is_ok();
        let expected = "expected an agent's e-mail address or id";
        Self::deserialize(deserializer, is_number, expected)
    }

    /// For a function that is named in `deserialize_with`: text, or a number where an id can be one.
    ///
    /// # Errors
    ///
    /// When it is neither address nor id; the message is `expected`.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
        is_id: fn(&str) -> bool,
        expected: &'static str,
    ) -> std::result::Result<Option<Self>, D::Error> {
        let text = match NumberOrText::deserialize(deserializer)? {
            NumberOrText::Number(number) => number.to_string(),
            NumberOrText::Text(text) => text,
        };
        let user = Self::parse(&text, is_id).ok_or_else(|| D::Error::custom(expected))?;
        Ok(Some(user))
    }
}

/// A bounded memory of the users found by e-mail address, and of the addresses that nobody had: for ten minutes those
/// are not asked about again. Debug shows none of them.
pub struct KnownUsers {
    found: Known<Email, UserId>,
    missed: Known<Email, Instant>,
}

impl KnownUsers {
    /// An empty memory of at most `limit` users, and as many addresses without one.
    pub fn new(limit: usize) -> Self {
        Self {
            found: Known::new(limit),
            missed: Known::new(limit),
        }
    }

    /// The user with `email`: the known one, or the one that `asked` finds, which is not begun when there is no need.
    ///
    /// # Errors
    ///
    /// Those of `asked`; then nothing is remembered.
    pub async fn find(
        &self,
        email: &Email,
        asked: impl Future<Output = Result<Option<UserId>>>,
    ) -> Result<Option<UserId>> {
        if let Some(known) = self.found.find(email) {
            return Ok(Some(known));
        }
        let missed_at = self.missed.find(email);
        if missed_at.is_some_and(|at| at.elapsed() < MISS_LASTS) {
            return Ok(None);
        }
        let found = asked.await?;
        match &found {
            Some(user) => self.remember(email.clone(), user.clone()),
            None => self.missed.remember(email.clone(), Instant::now()),
        }
        Ok(found)
    }

    /// Keeps `user` for `email`, in place of an earlier one.
    pub fn remember(&self, email: Email, user: UserId) {
        self.found.remember(email, user);
    }

    /// Drops every user that `is_wrong`.
    pub fn forget(&self, is_wrong: impl Fn(&UserId) -> bool) {
        self.found.forget(is_wrong);
    }
}

impl fmt::Debug for KnownUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KnownUsers").field(&self.found).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casewire_core::{Error, ErrorKind};
    use serde_json::{Value, json};

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_user_is_an_address_or_an_id() {
        let read = |value: Value| DefaultUser::numbered(value);
        let id = || Some(DefaultUser::Id(UserId("7".to_owned())));
        for value in [json!(7), json!("7")] {
            assert_eq!(read(value).unwrap(), id());
        }
        let address = DefaultUser::Email(email("ana@example.com"));
        assert_eq!(read(json!("Ana@example.com")).unwrap(), Some(address));
        for value in [
            json!("Ana"),
            json!(""),
            json!("-7"),
            json!(1.5),
            json!(["7"]),
        ] {
            let error = read(value.clone()).unwrap_err().to_string();
            assert!(error.starts_with("expected a"), "{value}: {error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_is_asked_for_once_and_a_miss_again_after_a_while() {
        let known = KnownUsers::new(10);
        let (ana, ben) = (email("ana@example.com"), email("ben@example.com"));
        let user = UserId("7".to_owned());
        let unasked = || async { panic!("asked for one that is known") };
        let found = known.find(&ana, async { Ok(Some(user.clone())) }).await;
        assert_eq!(found.unwrap().as_ref(), Some(&user));
        assert_eq!(
            known.find(&ana, unasked()).await.unwrap(),
            Some(user.clone())
        );
        known.forget(|known| *known == user);
        assert_eq!(known.find(&ana, async { Ok(None) }).await.unwrap(), None);

        let failed = async { Err(Error::new(ErrorKind::Unavailable, "away")) };
        known.find(&ben, failed).await.unwrap_err();
        assert_eq!(known.find(&ben, async { Ok(None) }).await.unwrap(), None);
        assert_eq!(known.find(&ben, unasked()).await.unwrap(), None);
        tokio::time::advance(MISS_LASTS).await;
        let found = known.find(&ben, async { Ok(Some(user.clone())) }).await;
        assert_eq!(found.unwrap(), Some(user));
    }

    #[test]
    fn debug_shows_nobody() {
        let known = KnownUsers::new(10);
        known.remember(email("ana@example.com"), UserId("424242".to_owned()));
        let shown = format!("{known:?}");
        assert!(
            !shown.contains("ana") && !shown.contains("424242"),
            "{shown}"
        );
    }
}
