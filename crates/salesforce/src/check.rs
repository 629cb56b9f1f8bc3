//! Asking the org whether it is as needed.

mod access;
mod people;
mod rules;
mod statuses;
mod values;

use casewire_core::{Error, ErrorKind, Finding, Result, Severity};
use casewire_http::Request;
use serde::Deserialize;

use crate::config::{ApiVersion, AttachTo, CustomerObject};
use crate::connector::Salesforce;
use crate::limits::Usage;
use crate::schema::schema;

impl Salesforce {
    pub(crate) async fn findings(&self) -> Result<Vec<Finding>> {
        let versions: Vec<Version> = match self.api.read(Request::get("/services/data")).await {
            Ok(versions) => versions,
            Err(error) => return denied(error),
        };
        let version = version(self.config.api_version, &versions);
        if version.severity == Severity::Missing {
            return Ok(vec![version]);
        }
        let usage = match self.usage().await {
            Ok(usage) => usage,
            Err(error) => return denied(error),
        };
        let mut findings = vec![self.check_user().await?, version];
        findings.extend(usage.map(budget));
        let schema = schema(&self.config);
        let inventory = self.inventory(&schema).await?;
        // Without the right to ask, a hidden field looks as if it were not there, and the finding says so.
        let inventory = match self.hidden(&schema, &inventory).await {
            Ok(hidden) => inventory.with(hidden),
            Err(error) if is_refusal(&error) => inventory,
            Err(error) => return Err(error),
        };
        findings.extend(access::objects(&schema, &inventory));
        findings.extend(access::fields(&schema, &inventory));
        findings.extend(values::required(&self.config, &inventory));
        findings.extend(values::given(&self.config, &inventory));
        findings.extend(self.check_statuses().await?);
        findings.extend(self.check_default_user().await?);
        findings.extend(self.check_rules(&schema).await?);
        findings.extend(self.check_accounts());
        Ok(findings)
    }

    async fn check_user(&self) -> Result<Finding> {
        match self.user_id().await {
            Ok(user) => Ok(Finding::new(
                Severity::Fine,
                format!("the credentials work; they run as the user {user}"),
            )),
            // Daily work does without.
            Err(error) if is_refusal(&error) => Ok(Finding::new(
                Severity::Warning,
                format!("the credentials work; {}", error.message()),
            )),
            Err(error) => Err(error),
        }
    }

    fn check_accounts(&self) -> Option<Finding> {
        let is_on_account = self.config.session_data.attach_to == AttachTo::Account;
        let may_have_none = self.config.customer_object() == CustomerObject::Contact;
        (is_on_account && may_have_none).then(|| {
            Finding::new(
                Severity::Warning,
                "`session_data.attach_to` is \"account\", and a contact that Casewire makes has none: until a person gives it one, its sessions are on the contact alone",
            )
        })
    }
}

/// A version of the API that the org has.
#[derive(Deserialize)]
struct Version {
    version: String,
}

/// Without access there is nothing more to look at.
fn denied(error: Error) -> Result<Vec<Finding>> {
    match error.kind() {
        ErrorKind::Auth | ErrorKind::Config => {
            Ok(vec![Finding::new(Severity::Denied, error.message())])
        }
        _ => Err(error.context("asking who the credentials belong to")),
    }
}

/// Whether the CRM said no, and did not just fail.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Auth | ErrorKind::Config | ErrorKind::Rejected | ErrorKind::NotFound
    )
}

fn version(wanted: ApiVersion, of_org: &[Version]) -> Finding {
    let of_org = of_org
        .iter()
        .filter_map(|version| ApiVersion::parse(&version.version));
    let of_org: Vec<_> = of_org.collect();
    let (Some(oldest), Some(newest)) = (of_org.iter().min(), of_org.iter().max()) else {
        return Finding::new(
            Severity::Denied,
            "the org lists no versions of its API; check `my_domain`",
        );
    };
    if !of_org.contains(&wanted) {
        return Finding::new(
            Severity::Missing,
            format!(
                "`api_version` = \"{wanted}\" is none of the org's, which are {oldest} to {newest}; set it to one of them"
            ),
        );
    }
    if wanted > ApiVersion::NEWEST {
        let known = ApiVersion::NEWEST;
        return Finding::new(
            Severity::Warning,
            format!(
                "`api_version` = \"{wanted}\" is newer than {known}, the newest that this build was made for"
            ),
        );
    }
    Finding::new(
        Severity::Fine,
        format!("the org has version {wanted} of the API"),
    )
}

/// The daily limit is for all programs of the org. A session takes two calls or three.
fn budget(Usage { used, max }: Usage) -> Finding {
    let is_low = used.saturating_mul(5) >= max.saturating_mul(4);
    let message = format!("of the org's {max} API calls in 24 hours, {used} are used");
    match is_low {
        true => Finding::new(
            Severity::Warning,
            format!(
                "{message}; at the limit records wait for calls to become free (a session takes two or three)"
            ),
        ),
        false => Finding::new(Severity::Fine, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_the_org_lacks_is_named() {
        let of_org = |versions: &[&str]| -> Vec<Version> {
            let versions = versions.iter().map(|&version| Version {
                version: version.to_owned(),
            });
            versions.collect()
        };
        let severity = |wanted: &str, versions: &[&str]| {
            let wanted = ApiVersion::parse(wanted).unwrap();
            version(wanted, &of_org(versions)).severity
        };
        for (wanted, versions, expected) in [
            ("66.0", &["31.0", "66.0"][..], Severity::Fine),
            ("66.0", &["31.0", "65.0"], Severity::Missing),
            ("67.0", &["66.0", "67.0"], Severity::Warning),
            ("66.0", &[], Severity::Denied),
        ] {
            assert_eq!(
                severity(wanted, versions),
                expected,
                "{wanted} {versions:?}"
            );
        }
        let missing = version(ApiVersion::NEWEST, &of_org(&["31.0", "60.0"]));
        assert!(
            missing.message.contains("31.0 to 60.0"),
            "{}",
            missing.message
        );
    }

    #[test]
    fn a_daily_limit_that_runs_out_is_warned_of() {
        for (used, expected) in [
            (0, Severity::Fine),
            (11_999, Severity::Fine),
            (12_000, Severity::Warning),
            (15_001, Severity::Warning),
        ] {
            assert_eq!(
                budget(Usage { used, max: 15_000 }).severity,
                expected,
                "{used}"
            );
        }
    }
}
