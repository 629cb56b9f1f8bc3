//! What Salesforce means by giving no access token.

use casewire_core::ErrorKind;
use casewire_http::TokenRefusal;

/// What to do next, and what to mend. One code stands for many reasons, so the description decides; Salesforce has no
/// list of those.
pub(crate) fn meaning(refusal: &TokenRefusal<'_>) -> Option<(ErrorKind, &'static str)> {
    let description = refusal.description.unwrap_or_default().to_ascii_lowercase();
    let says = |words: &str| description.contains(words);
    let meaning = match refusal.code {
        // Another process refreshes with the same token at this moment.
        "invalid_grant" if says("already being processed") => (
            ErrorKind::Unavailable,
            "another request with this refresh token is at work; give each process credentials of its own",
        ),
        "invalid_grant" if says("not supported on this domain") => (
            ErrorKind::Config,
            "set `my_domain` to the org's My Domain name as Setup shows it; this flow works at no other address",
        ),
        "invalid_grant" if says("no client credentials user") => (
            ErrorKind::Config,
            "choose a Run As user for the client credentials flow in the app's policies, in Setup",
        ),
        "invalid_grant" | "invalid_app_access"
            if says("hasn't approved this consumer") || says("not admin approved") =>
        {
            (
                ErrorKind::Auth,
                "pre-authorize the user in `username` in the app's policies, in Setup: admin approved users, by a permission set of the user",
            )
        }
        "invalid_grant" if says("expired access/refresh token") => (
            ErrorKind::Auth,
            "the refresh token is expired, revoked or used up; sign in again and put the new one where `auth` says it is kept",
        ),
        "invalid_grant" if says("audience") => (
            ErrorKind::Config,
            "set `login_host` in `auth` to where the user in `username` signs in",
        ),
        "invalid_grant" if says("assertion") => (
            ErrorKind::Auth,
            "check that `private_key` belongs to the app's certificate, that `username` is a user of the org, and this machine's clock",
        ),
        "invalid_grant" if says("authentication failure") => (
            ErrorKind::Auth,
            "the user may be inactive or locked, or sign-in from this address not allowed; look at the user's login history in Setup",
        ),
        "invalid_client" | "invalid_client_id" => (
            ErrorKind::Auth,
            "check `client_id` and the secret or key in `auth`; a new app takes some minutes until it is known everywhere",
        ),
        "inactive_user" => (
            ErrorKind::Auth,
            "the user that the app acts as is inactive; activate it, or choose another",
        ),
        "inactive_org" => (ErrorKind::Auth, "the org is locked or expired"),
        "unsupported_grant_type" => (
            ErrorKind::Config,
            "enable the flow of `auth` in the app's OAuth settings, in Setup, or choose another `type`",
        ),
        "rate_limit_exceeded" | "server_error" => {
            (ErrorKind::Unavailable, "Salesforce is busy; it passes")
        }
        _ => return None,
    };
    Some(meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_their_words() {
        for (code, description, kind, advice) in [
            (
                "invalid_grant",
                Some("token request is already being processed"),
                ErrorKind::Unavailable,
                "another request",
            ),
            (
                "invalid_grant",
                Some("request not supported on this domain"),
                ErrorKind::Config,
                "`my_domain`",
            ),
            (
                "invalid_grant",
                Some("no client credentials user enabled"),
                ErrorKind::Config,
                "Run As user",
            ),
            (
                "invalid_grant",
                Some("user hasn't approved this consumer"),
                ErrorKind::Auth,
                "pre-authorize",
            ),
            (
                "invalid_grant",
                Some("expired access/refresh token"),
                ErrorKind::Auth,
                "sign in again",
            ),
            (
                "invalid_grant",
                Some("Authentication failure"),
                ErrorKind::Auth,
                "login history",
            ),
            (
                "invalid_grant",
                Some("audience is invalid"),
                ErrorKind::Config,
                "`login_host`",
            ),
            (
                "invalid_grant",
                Some("invalid assertion"),
                ErrorKind::Auth,
                "`private_key`",
            ),
            (
                "invalid_client",
                Some("invalid client credentials"),
                ErrorKind::Auth,
                "`client_id`",
            ),
            ("invalid_client_id", None, ErrorKind::Auth, "`client_id`"),
            (
                "unsupported_grant_type",
                Some("grant type not supported"),
                ErrorKind::Config,
                "enable the flow",
            ),
        ] {
            let (told, text) = meaning(&TokenRefusal { code, description }).unwrap();
            assert_eq!(told, kind, "{code} {description:?}");
            assert!(text.contains(advice), "{code} {description:?}: {text}");
        }
    }

    #[test]
    fn what_is_not_known_is_left_to_the_code() {
        for (code, description) in [
            ("invalid_grant", None),
            ("invalid_grant", Some("something new")),
            ("invalid_scope", Some("already being processed")),
        ] {
            assert_eq!(meaning(&TokenRefusal { code, description }), None, "{code}");
        }
    }
}
