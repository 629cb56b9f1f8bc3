//! Rules of the org that may refuse what Casewire writes, as far as the user may see them.
//!
//! Source: Tooling API Developer Guide, `ValidationRule`; Object Reference, `DuplicateRule`.

use casewire_core::{Finding, Result, Severity};

use super::is_refusal;
use crate::connector::Salesforce;
use crate::entry;
use crate::inventory::Place;
use crate::schema::Schema;
use crate::soql;

impl Salesforce {
    pub(super) async fn check_rules(&self, schema: &Schema) -> Result<Vec<Finding>> {
        let written = schema.access.iter().filter(|access| access.writes);
        let mut objects: Vec<_> = written.map(|access| access.object).collect();
        objects.push(entry::sobject(&self.config));
        let Some(objects) = soql::list(objects) else {
            return Ok(Vec::new());
        };
        let validation = format!(
            "SELECT ValidationName FROM ValidationRule WHERE Active = true AND EntityDefinition.QualifiedApiName IN {objects}"
        );
        let validation = self
            .names(Place::Tooling, &validation, "ValidationName")
            .await?;
        let duplicate = format!(
            "SELECT DeveloperName FROM DuplicateRule WHERE IsActive = true AND SobjectType IN {objects}"
        );
        let duplicate = self.names(Place::Data, &duplicate, "DeveloperName").await?;
        let validation = told(&validation).map(|names| {
            format!("active validation rules may refuse what Casewire writes ({names}); exempt the user of the credentials, or give what they want with `record_values` and `customer_values`")
        });
        let duplicate = told(&duplicate).map(|names| {
            format!("active duplicate rules may refuse new customers ({names}); Casewire then takes the customer that they found if its phone number or e-mail address is the same, and saves a new one where the rule allows that")
        });
        let warnings = validation.into_iter().chain(duplicate);
        Ok(warnings
            .map(|text| Finding::new(Severity::Warning, text))
            .collect())
    }

    /// The names of the rules that the user may see; many may see none.
    async fn names(&self, place: Place, query: &str, field: &str) -> Result<Vec<String>> {
        match self.rows(place, query).await {
            Ok(rows) => {
                let names = rows.iter().filter_map(|row| row.text(field));
                Ok(names.map(str::to_owned).collect())
            }
            Err(error) if is_refusal(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Some of the names, if there are any.
fn told(names: &[String]) -> Option<String> {
    const MOST: usize = 5;
    if names.is_empty() {
        return None;
    }
    let some = names[..names.len().min(MOST)].join(", ");
    Some(match names.len().saturating_sub(MOST) {
        0 => some,
        more => format!("{some} and {more} more"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rules_are_told_in_short() {
        let names = |count: usize| -> Vec<String> {
            (0..count).map(|number| format!("R{number}")).collect()
        };
        assert_eq!(told(&names(0)), None);
        assert_eq!(told(&names(2)).unwrap(), "R0, R1");
        assert_eq!(told(&names(7)).unwrap(), "R0, R1, R2, R3, R4 and 2 more");
    }
}
