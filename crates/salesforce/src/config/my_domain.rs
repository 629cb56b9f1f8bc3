//! The org's own address.

use casewire_core::Result;
use casewire_http::BaseUrl;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Where an org's pages are, beside its API.
const PAGES: &str = ".lightning.force.com";
const API: &str = ".my.salesforce.com";

pub(super) fn base(my_domain: &str) -> Result<BaseUrl> {
    BaseUrl::vendor(&format!("{my_domain}{API}"), "salesforce.com")
}

/// Whether the org is a sandbox or scratch org, whose users sign in at `test.salesforce.com`.
pub(super) fn is_test_org(my_domain: &str) -> bool {
    my_domain.ends_with(".sandbox") || my_domain.ends_with(".scratch")
}

pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<String, D::Error> {
    let text = String::deserialize(deserializer)?.to_ascii_lowercase();
    match fault(&text) {
        Some(fault) => Err(D::Error::custom(fault)),
        None => Ok(text),
    }
}

/// What is wrong with `my_domain`, told without the text, which may be a URL with a password.
fn fault(my_domain: &str) -> Option<&'static str> {
    if my_domain.contains(API) || my_domain.contains(PAGES) {
        return Some(
            "this is a whole address: write only what stands before `.my.salesforce.com` or `.lightning.force.com`, such as \"acme\" or \"acme--box.sandbox\"",
        );
    }
    if my_domain.contains("salesforce") || my_domain.contains("force.com") {
        return Some(
            "this is no org's own address: write its My Domain name, such as \"acme\" for `https://acme.my.salesforce.com`",
        );
    }
    if my_domain.contains(['/', ':', '@']) {
        return Some(
            "this is a URL: write only the My Domain name, such as \"acme\" for `https://acme.my.salesforce.com`",
        );
    }
    base(my_domain).err().map(|_| {
        "this is no My Domain name: letters, digits and hyphens, and for other orgs than production a kind after a dot, such as \"acme--box.sandbox\""
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_kind_of_org_are_taken() {
        for name in [
            "acme",
            "acme--box.sandbox",
            "acme-dev-ed.develop",
            "acme.scratch",
        ] {
            assert_eq!(fault(name), None, "{name}");
        }
        assert!(is_test_org("acme--box.sandbox"));
        assert!(!is_test_org("acme-dev-ed.develop"));
    }

    #[test]
    fn anything_else_says_what_to_write() {
        for (text, reason) in [
            ("acme.my.salesforce.com", "whole address"),
            ("https://acme.my.salesforce.com/", "whole address"),
            ("acme.lightning.force.com", "whole address"),
            ("login.salesforce.com", "no org's own"),
            ("acme.salesforce-setup.com", "no org's own"),
            ("https://acme", "a URL"),
            ("u:word@acme", "a URL"),
            ("acme/x", "a URL"),
            ("", "no My Domain name"),
            ("-acme", "no My Domain name"),
            ("acme..sandbox", "no My Domain name"),
            ("acme box", "no My Domain name"),
            ("acme?", "no My Domain name"),
        ] {
            let fault = fault(text).unwrap();
            assert!(fault.contains(reason), "{text}: {fault}");
        }
    }
}
