use super::{records, refusal};

#[test]
fn malformed_queries_are_refused() {
    for (text, message) in [
        ("", "A query string has to be specified"),
        ("SELEKT Name FROM Account", "unexpected token: SELEKT"),
        ("SELECT FROM Case", "unexpected token: FROM"),
        ("SELECT Id, FROM Case", "unexpected token: FROM"),
        ("SELECT Id FROM", "unexpected token: <EOF>"),
        ("SELECT Id FROM Case c", "unexpected token: c"),
        ("SELECT Id FROM Case, Case.Contact", "unexpected token: ,"),
        ("SELECT Id FROM Case GROUP BY Id", "unexpected token: GROUP"),
        (
            "SELECT Id FROM Case HAVING Id = '1'",
            "unexpected token: HAVING",
        ),
        ("SELECT Id FROM Case FOR UPDATE", "unexpected token: FOR"),
        ("SELECT Id FROM Case ALL ROWS", "unexpected token: ALL"),
        (
            "SELECT Id FROM Case WITH SECURITY_ENFORCED",
            "unexpected token: WITH",
        ),
        ("SELECT Id FROM Case LIMIT -1", "unexpected token: -1"),
        ("SELECT Id FROM Case LIMIT 1.5", "unexpected token: 1.5"),
        (
            "SELECT Id FROM Case LIMIT 1 WHERE Id = null",
            "unexpected token: WHERE",
        ),
        (
            "SELECT Id FROM Case ORDER BY Id NULLS",
            "unexpected token: <EOF>",
        ),
        (
            "SELECT Id FROM Case;",
            "line 1:19 no viable alternative at character ';'",
        ),
        (
            "SELECT Id from $case",
            "line 1:15 no viable alternative at character '$'",
        ),
        (
            "SELECT * FROM Case",
            "line 1:7 no viable alternative at character '*'",
        ),
        (
            "SELECT FIELDS(ALL) FROM Case LIMIT 200",
            "unexpected token: (",
        ),
        ("SELECT COUNT(Id) FROM Case", "unexpected token: Id"),
        ("SELECT count(), Id FROM Case", "unexpected token: ,"),
        (
            "SELECT count() FROM Case ORDER BY Id",
            "unexpected token: ORDER",
        ),
        (
            "SELECT TYPEOF Owner WHEN User THEN Name END FROM Case",
            "only aggregate expressions use field aliasing",
        ),
        (
            "SELECT Id Name FROM Case",
            "only aggregate expressions use field aliasing",
        ),
        (
            "SELECT Id FROM Case WHERE Id = :id",
            "Bind variables only allowed in Apex code",
        ),
        ("SELECT Id FROM Case WHERE Id IN ()", "unexpected token: )"),
        (
            "SELECT Id FROM Case WHERE Score = 1 AND Score = 2 OR Score = 3",
            "unexpected token: OR",
        ),
        (
            "SELECT Id FROM Case WHERE Score = 1 OR Score = 2 AND Score = 3",
            "unexpected token: AND",
        ),
        (
            "SELECT Id FROM Case WHERE NOT Score = 1 AND Score = 3",
            "unexpected token: AND",
        ),
        (
            "SELECT Id FROM Case WHERE Score = 1 AND NOT Score = 3",
            "unexpected token: NOT",
        ),
        (
            "SELECT Id FROM Case WHERE (Score = 1",
            "unexpected token: <EOF>",
        ),
        (
            "SELECT Id FROM Case WHERE Score = 1)",
            "unexpected token: )",
        ),
        (
            "SELECT Id FROM Case WHERE Score IS NULL",
            "unexpected token: IS",
        ),
        (
            "SELECT Id FROM Case WHERE Score == 1",
            "unexpected token: =",
        ),
        (
            "SELECT Id FROM Case WHERE Subject LIKE null",
            "invalid operator",
        ),
        (
            "SELECT Id FROM Case WHERE Subject INCLUDES ('a')",
            "unexpected token: INCLUDES",
        ),
        (
            "SELECT Id FROM Case WHERE ClosedDate = LAST_N_DAYS",
            "unexpected token: <EOF>",
        ),
        (
            "SELECT Id FROM Case WHERE ClosedDate = YESTERDAY",
            "unexpected token: YESTERDAY",
        ),
        (
            r"SELECT Id FROM Case WHERE Subject = '50\%'",
            r"Illegal character sequence '\%' in string literal.",
        ),
        (
            "SELECT Id FROM Case WHERE Subject = 'a",
            "mismatched character '<EOF>' expecting '''",
        ),
        (
            "SELECT (SELECT (SELECT Id FROM Tasks) FROM Tasks) FROM Case",
            "unexpected token: (",
        ),
        (
            "SELECT (SELECT count() FROM Tasks) FROM Case",
            "unexpected token: (",
        ),
        (
            "SELECT (SELECT Id FROM Tasks OFFSET 1) FROM Case",
            "unexpected token: OFFSET",
        ),
        (
            "SELECT A.B.C.D.E.F.Id FROM Case",
            "SOQL relationship path 'A.B.C.D.E.F.Id' has more than 5 levels",
        ),
        (
            "SELECT Contact..Email FROM Case",
            "unexpected token: Contact..Email",
        ),
        (
            "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM Case LIMIT 1)",
            "unexpected token: LIMIT",
        ),
        (
            "SELECT Id FROM Contact WHERE Id IN (SELECT Id, ContactId FROM Case)",
            "unexpected token: ,",
        ),
        (
            "SELECT Id FROM Contact WHERE Email = null OR Id IN (SELECT ContactId FROM Case)",
            "Semi join sub-selects are not allowed with the 'OR' operator",
        ),
        (
            "SELECT Id FROM Case WHERE Id IN (SELECT WhatId FROM Task)",
            "Entity 'Task' is not supported for semi join inner selects",
        ),
        (
            "SELECT Id FROM Case WHERE ContactId IN (SELECT ContactId FROM Case)",
            "The inner and outer selects should not be on the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Id IN (SELECT ContactId FROM Case))",
            "Nesting of semi join sub-selects is not supported",
        ),
        (
            "SELECT Id FROM Contact WHERE Id IN (SELECT ContactId FROM Case) AND Id IN (SELECT ContactId FROM Case) AND Id IN (SELECT ContactId FROM Case)",
            "Maximum 2 semi join sub-selects are allowed",
        ),
    ] {
        let refusal = refusal(text);
        assert_eq!(refusal.code, "MALFORMED_QUERY", "{text}");
        assert!(
            refusal.message.ends_with(message),
            "{text}: {}",
            refusal.message
        );
    }
}

#[test]
fn names_and_types_that_do_not_fit_are_refused() {
    let column = |field, object| {
        format!(
            "No such column '{field}' on entity '{object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names."
        )
    };
    let criterion = |field, form| {
        format!("value of filter criterion for field '{field}' must be of type {form}")
    };
    for (text, code, message) in [
        (
            "SELECT Wrong__c FROM Case",
            "INVALID_FIELD",
            column("Wrong__c", "Case"),
        ),
        (
            "SELECT Contact.Wrong__c FROM Case",
            "INVALID_FIELD",
            column("Wrong__c", "Contact"),
        ),
        (
            "SELECT Id FROM Case WHERE Wrong__c = 1",
            "INVALID_FIELD",
            column("Wrong__c", "Case"),
        ),
        (
            "SELECT Id FROM Case ORDER BY Wrong__c",
            "INVALID_FIELD",
            column("Wrong__c", "Case"),
        ),
        (
            "SELECT (SELECT Wrong__c FROM Tasks) FROM Case",
            "INVALID_FIELD",
            column("Wrong__c", "Task"),
        ),
        (
            "SELECT Id, iD FROM Case",
            "INVALID_FIELD",
            "duplicate field selected: iD".to_owned(),
        ),
        (
            "SELECT Id FROM Case WHERE Subject = 1",
            "INVALID_FIELD",
            criterion("Subject", "string and should be enclosed in quotes"),
        ),
        (
            "SELECT Id FROM Case WHERE Score = '1'",
            "INVALID_FIELD",
            criterion("Score", "double and should not be enclosed in quotes"),
        ),
        (
            "SELECT Id FROM Case WHERE IsClosed = 'false'",
            "INVALID_FIELD",
            criterion("IsClosed", "boolean and should not be enclosed in quotes"),
        ),
        (
            "SELECT Id FROM Case WHERE ClosedDate > '2026-05-01T00:00:00Z'",
            "INVALID_FIELD",
            criterion(
                "ClosedDate",
                "dateTime and should not be enclosed in quotes",
            ),
        ),
        (
            "SELECT Id FROM Case WHERE ClosedDate > 2026-05-01",
            "INVALID_FIELD",
            criterion(
                "ClosedDate",
                "dateTime and should not be enclosed in quotes",
            ),
        ),
        (
            "SELECT Id FROM Task WHERE ActivityDate = 2026-05-01T00:00:00Z",
            "INVALID_FIELD",
            criterion("ActivityDate", "date and should not be enclosed in quotes"),
        ),
        (
            "SELECT Id FROM Case WHERE Subject IN ('a', 1)",
            "INVALID_FIELD",
            criterion("Subject", "string and should be enclosed in quotes"),
        ),
        (
            "SELECT Id FROM Case WHERE IsClosed > true",
            "INVALID_FIELD",
            "invalid operator".to_owned(),
        ),
        (
            "SELECT Id FROM Case WHERE Score > null",
            "INVALID_FIELD",
            "invalid operator".to_owned(),
        ),
        (
            "SELECT Id FROM Case WHERE Score LIKE '1%'",
            "INVALID_FIELD",
            "invalid operator".to_owned(),
        ),
        (
            "SELECT Id FROM Case WHERE Id LIKE '500%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field".to_owned(),
        ),
        (
            "SELECT Id FROM Case WHERE Id = '500'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: 500".to_owned(),
        ),
        (
            "SELECT Id FROM Contact WHERE Description = 'a'",
            "INVALID_FIELD",
            "field 'Description' can not be filtered in a query call".to_owned(),
        ),
        (
            "SELECT Id FROM Contact ORDER BY Description",
            "INVALID_FIELD",
            "field 'Description' can not be sorted in a query call".to_owned(),
        ),
        (
            "SELECT Id FROM Contact WHERE Name IN (SELECT ContactId FROM Case)",
            "INVALID_FIELD",
            "Semi join sub-selects can only query id fields, cannot use: 'Name'".to_owned(),
        ),
        (
            "SELECT Id FROM Case LIMIT 1 OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000".to_owned(),
        ),
    ] {
        let refusal = refusal(text);
        assert_eq!(refusal.code, code, "{text}");
        assert!(
            refusal.message.ends_with(&message),
            "{text}: {}",
            refusal.message
        );
    }
    let unknown = refusal("SELECT Wrong.Id FROM Case");
    assert_eq!(unknown.code, "INVALID_FIELD");
    assert!(
        unknown
            .message
            .contains("Didn't understand relationship 'Wrong' in field path.")
    );
    let unknown = refusal("SELECT (SELECT Id FROM Wrong) FROM Case");
    assert_eq!(unknown.code, "INVALID_TYPE");
    assert!(
        unknown
            .message
            .contains("'Wrong' in FROM part of query call.")
    );
}

#[test]
fn an_unknown_object_is_shown_with_a_caret() {
    let refusal = refusal("select count() from Wrong");
    assert_eq!(refusal.code, "INVALID_TYPE");
    let start = "\nselect count() from Wrong\n                    ^\nERROR at Row:1:Column:21\nsObject type 'Wrong' is not supported.";
    assert!(refusal.message.starts_with(start), "{}", refusal.message);
}

#[test]
fn parentheses_nest_only_so_deep() {
    let query = |depth| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        format!("SELECT Id FROM Case WHERE {open}Score = 2{close}")
    };
    assert_eq!(records(&query(50)).unwrap().len(), 1);
    assert_eq!(refusal(&query(51)).code, "QUERY_TOO_COMPLICATED");
    let joined = "Id IN (SELECT Id FROM Case WHERE ".repeat(20_000);
    let joined = refusal(&format!("SELECT Id FROM Case WHERE {joined}"));
    assert_eq!(joined.code, "QUERY_TOO_COMPLICATED");
}
