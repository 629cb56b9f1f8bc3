//! The golden requests beside Zendesk's OpenAPI document.

use super::account::GOLDEN;
use super::openapi::Document;
use crate::recorded::folder;

/// What the document leaves out although Zendesk takes it: the operation's name begins so, the complaint, and where it
/// is documented instead.
const GAPS: &[(&str, &str, &str)] = &[
    (
        "oauth_token",
        "a body is not declared",
        "the description of the same operation lists the parameters in a table",
    ),
    (
        "search_open_by_email",
        "query parameter per_page is not declared",
        "the introduction of the Search API: up to 100 results per page, set by `per_page`",
    ),
    (
        "ticket_field_create",
        "a body is not declared",
        "the examples of `Create Ticket Field`; the keys are those of the schema TicketFieldObject",
    ),
];

#[test]
fn zendesks_document_allows_every_request() {
    let Some(folder) = folder("zendesk") else {
        return;
    };
    let document = Document::read(&folder.join("oas.yaml"));
    let mut unexpected = Vec::new();
    let mut met = vec![false; GAPS.len()];
    for (operation, request) in GOLDEN.requests() {
        for complaint in document.complaints(&request) {
            let gap = GAPS
                .iter()
                .position(|(start, gap, _)| operation.starts_with(start) && complaint == *gap);
            match gap {
                Some(gap) => met[gap] = true,
                None => unexpected.push(format!("{operation}: {complaint}")),
            }
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let closed: Vec<_> = GAPS.iter().zip(met).filter(|(_, met)| !met).collect();
    assert!(
        closed.is_empty(),
        "the document has no such gap any more: {closed:#?}"
    );
}
