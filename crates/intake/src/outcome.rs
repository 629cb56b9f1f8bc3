//! How a session ended, from the vendor's status and reason words ("Reason Codes & Statuses").

use casewire_core::SessionOutcome;
use serde_json::Value;

use crate::lenient::first_text;

/// What the vendor says about the end of a session. Every word may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ending<'v> {
    pub(crate) status: Option<&'v str>,
    pub(crate) fail_reason: Option<&'v str>,
    pub(crate) disconnected_by: Option<&'v str>,
    pub(crate) voicemail_reason: Option<&'v str>,
}

impl<'v> Ending<'v> {
    /// Reads `status` of `session` and the reasons of `details`, which may be the same object.
    pub(crate) fn read(session: &'v Value, details: &'v Value) -> Self {
        Self {
            status: status(session).or_else(|| status(details)),
            fail_reason: first_text(details, &["fail_reason", "failReason"])
                .filter(|reason| *reason != "nothing"),
            disconnected_by: first_text(details, &["disconnected_by"]),
            voicemail_reason: first_text(details, &["voicemail_reason"])
                .filter(|reason| *reason != "not_voicemail"),
        }
    }

    /// The outcome of a session that ended so.
    ///
    /// A reason on the end user's side before the connection is abandonment, whatever the status; then the
    /// status decides; a fail reason counts where the status tells nothing.
    pub(crate) fn outcome(&self) -> SessionOutcome {
        if let Some("eu_abandoned" | "eu_in_menu_abandoned" | "eu_canceled") = self.fail_reason {
            return SessionOutcome::Abandoned;
        }
        let by_end_user = self.disconnected_by == Some("disconnected_by_end_user");
        match self.status {
            Some("abandoned") => SessionOutcome::Abandoned,
            Some("deflected") => SessionOutcome::Deflected,
            Some("canceled" | "cancelled") if by_end_user => SessionOutcome::Abandoned,
            Some("canceled" | "cancelled" | "failed") => SessionOutcome::Failed,
            Some("finished" | "completed") => SessionOutcome::Finished,
            _ if self.fail_reason.is_some() => SessionOutcome::Failed,
            _ => SessionOutcome::Finished,
        }
    }

    /// Whether a voicemail was left.
    pub(crate) fn is_voicemail(&self) -> bool {
        self.voicemail_reason.is_some()
            || matches!(
                self.status,
                Some("voicemail" | "voicemail_received" | "voicemail_read")
            )
    }
}

/// The status in words; the metadata documentation also numbers them.
fn status(session: &Value) -> Option<&str> {
    match session["status"].as_u64() {
        Some(8) => Some("finished"),
        Some(9) => Some("failed"),
        Some(11) => Some("deflected"),
        Some(_) => None,
        None => first_text(session, &["status"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outcomes_follow_reasons_then_status() {
        use SessionOutcome::{Abandoned, Deflected, Failed, Finished};
        for (details, outcome) in [
            (
                json!({"status": "finished", "fail_reason": "nothing"}),
                Finished,
            ),
            (
                json!({"status": "finished", "fail_reason": "no_response"}),
                Finished,
            ),
            (
                json!({"status": "failed", "fail_reason": "eu_abandoned"}),
                Abandoned,
            ),
            (
                json!({"status": "failed", "fail_reason": "eu_in_menu_abandoned"}),
                Abandoned,
            ),
            (
                json!({"status": "failed", "failReason": "eu_canceled"}),
                Abandoned,
            ),
            (
                json!({"status": "failed", "fail_reason": "eu_no_answer"}),
                Failed,
            ),
            (json!({"status": "abandoned"}), Abandoned),
            (json!({"status": "deflected"}), Deflected),
            (json!({"status": 11}), Deflected),
            (json!({"status": 9}), Failed),
            (json!({"status": "canceled"}), Failed),
            (
                json!({"status": "canceled", "disconnected_by": "disconnected_by_end_user"}),
                Abandoned,
            ),
            (
                json!({"status": "canceled", "disconnected_by": "disconnected_by_agent"}),
                Failed,
            ),
            (json!({"status": null, "fail_reason": "expired"}), Failed),
            (json!({}), Finished),
        ] {
            assert_eq!(
                Ending::read(&details, &details).outcome(),
                outcome,
                "{details}"
            );
        }
    }

    #[test]
    fn voicemail_shows_in_status_or_reason() {
        for (details, left) in [
            (json!({"status": "voicemail_received"}), true),
            (
                json!({"status": "finished", "voicemail_reason": "after_hours"}),
                true,
            ),
            (
                json!({"status": "finished", "voicemail_reason": "not_voicemail"}),
                false,
            ),
            (
                json!({"status": "finished", "voicemail_reason": null}),
                false,
            ),
        ] {
            assert_eq!(
                Ending::read(&details, &details).is_voicemail(),
                left,
                "{details}"
            );
        }
    }
}
