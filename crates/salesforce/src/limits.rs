//! What Salesforce's headers say about its limits.

use std::time::Duration;

use casewire_http::{Bucket, Reading};
use http::HeaderMap;

/// The daily limit counts the last 24 hours and so frees some requests all the time: look again soon.
const LOOK_AGAIN: Duration = Duration::from_secs(15 * 60);

/// Requests of the last 24 hours, of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) used: u64,
    pub(crate) max: u64,
}

impl Usage {
    /// Reads `api-usage=10018/100000` out of `Sforce-Limit-Info`, which may hold more, after semicolons.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let info = headers.get("sforce-limit-info")?.to_str().ok()?;
        info.split(';').find_map(|part| {
            let (used, max) = part.trim().strip_prefix("api-usage=")?.split_once('/')?;
            Some(Self {
                used: used.trim().parse().ok()?,
                max: max.trim().parse().ok()?,
            })
        })
    }
}

/// The daily limit, as that of the account.
pub(crate) fn readings(headers: &HeaderMap) -> Vec<Reading> {
    let usage = Usage::of(headers).map(|usage| Reading {
        bucket: Bucket::Account,
        remaining: usage.max.saturating_sub(usage.used),
        resets_in: LOOK_AGAIN,
    });
    usage.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn remaining(info: &'static str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("sforce-limit-info", HeaderValue::from_static(info));
        readings(&headers).first().map(|reading| reading.remaining)
    }

    #[test]
    fn the_daily_limit_is_the_accounts() {
        for (info, left) in [
            ("api-usage=10018/100000", Some(89_982)),
            ("api-usage=15001/15000", Some(0)),
            (
                "per-app-api-usage=17/250(appName=x); api-usage=25/5000",
                Some(4975),
            ),
            ("api-usage=25/5000; api-bursts=1/750", Some(4975)),
            ("api-usage=soon", None),
            ("per-app-api-usage=17/250", None),
        ] {
            assert_eq!(remaining(info), left, "{info}");
        }
        assert_eq!(readings(&HeaderMap::new()), []);
    }
}
