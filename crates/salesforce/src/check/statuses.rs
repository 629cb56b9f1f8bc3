//! Whether the statuses in the config are the org's.

use casewire_core::{ErrorKind, Finding, Result, Severity};

use crate::connector::Salesforce;
use crate::inventory::Place;
use crate::org;
use crate::row::Row;

impl Salesforce {
    pub(super) async fn check_statuses(&self) -> Result<Vec<Finding>> {
        let mut findings = match self.statuses().await {
            Ok(statuses) => vec![Finding::new(
                Severity::Fine,
                format!("a re-opened record becomes \"{}\"", statuses.default_open),
            )],
            Err(error) if error.kind() == ErrorKind::Config => {
                vec![Finding::new(Severity::Missing, error.message())]
            }
            Err(error) => return Err(error),
        };
        let closed = &self.config.statuses.closed;
        if closed.is_empty() {
            return Ok(findings);
        }
        let query = org::of_records(self.config.record_object);
        let statuses = self.rows(Place::Data, query).await?;
        findings.extend(
            closed
                .iter()
                .filter_map(|status| not_closed(status, &statuses)),
        );
        Ok(findings)
    }
}

fn not_closed(status: &str, of_org: &[Row]) -> Option<Finding> {
    let mut rows = of_org.iter();
    let what = match rows.find(|row| row.text("ApiName") == Some(status)) {
        Some(row) if row.is("IsClosed") => return None,
        Some(_) => "is an open status in the org",
        None => "is none of the org's statuses",
    };
    Some(Finding::new(
        Severity::Missing,
        format!("`statuses.closed`: \"{status}\" {what}; name closed statuses there, or remove it"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_closed_status_of_the_org_is_one() {
        let statuses =
            r#"[{"ApiName":"New","IsClosed":false},{"ApiName":"Merged","IsClosed":true}]"#;
        let statuses: Vec<Row> = serde_json::from_str(statuses).unwrap();
        assert_eq!(not_closed("Merged", &statuses), None);
        for (status, what) in [("New", "an open status"), ("Gone", "none of the org's")] {
            let found = not_closed(status, &statuses).unwrap();
            assert!(found.message.contains(what), "{}", found.message);
        }
    }
}
