//! The vendor's search language, as far as it is modelled. What follows `RETURNING` is read by
//! the query language's parser.

mod terms;

use serde_json::{Value, json};

use self::terms::Terms;
use super::soql::{
    Clauses, ColumnType, Entity, Item, Parser, Path, Query, Rows, Select, SoqlError,
};

/// At most so many rows are returned.
const MAX_ROWS: usize = 2_000;
/// Beyond this length the vendor drops the operators between terms without a word. The fake
/// refuses instead.
const MAX_TERMS_LENGTH: usize = 4_000;

/// A search that is well-formed.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    terms: Terms,
    group: Group,
    returning: Vec<Query>,
    limit: usize,
}

/// The fields that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    All,
    Email,
    Name,
    Phone,
}

/// Reads a search. `RETURNING` is required, as a search of all objects is not modelled.
pub(crate) fn parse(text: &str) -> Result<Search, SoqlError> {
    let lead = text.trim_start();
    let is_find = lead
        .get(..4)
        .is_some_and(|word| word.eq_ignore_ascii_case("FIND"));
    let braced = is_find.then(|| lead[4..].trim_start().strip_prefix('{'));
    let Some(braced) = braced.flatten() else {
        let problem = "No search term found. The search term must be enclosed in braces.";
        return Err(SoqlError::new("MALFORMED_SEARCH", problem));
    };
    let start = text.len() - braced.len();
    let end = closing_brace(text, start)?;
    if end - start > MAX_TERMS_LENGTH {
        let problem = format!("the search terms are longer than {MAX_TERMS_LENGTH} characters");
        return Err(SoqlError::new("MALFORMED_SEARCH", problem));
    }
    let terms = Terms::parse(text, start, end)?;
    let mut search = Search {
        terms,
        group: Group::All,
        returning: Vec::new(),
        limit: MAX_ROWS,
    };
    let read = Parser::new(text, end + 1).and_then(|parser| search.read_clauses(text, parser));
    read.map(|()| search).map_err(|error| match error.code {
        "MALFORMED_QUERY" => SoqlError::new("MALFORMED_SEARCH", error.message),
        _ => error,
    })
}

/// The first brace that no backslash precedes.
fn closing_brace(text: &str, start: usize) -> Result<usize, SoqlError> {
    let mut escaped = false;
    for (index, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '}' => return Ok(start + index),
            _ => {}
        }
    }
    Err(SoqlError::mismatched(
        "MALFORMED_SEARCH",
        text,
        text.len(),
        '}',
    ))
}

impl Search {
    fn read_clauses(&mut self, text: &str, mut parser: Parser<'_>) -> Result<(), SoqlError> {
        if parser.accept("IN") {
            let groups = [
                ("ALL", Group::All),
                ("EMAIL", Group::Email),
                ("NAME", Group::Name),
                ("PHONE", Group::Phone),
            ];
            let group = groups.into_iter().find(|(name, _)| parser.accept(name));
            self.group = group.ok_or_else(|| parser.unexpected())?.1;
            parser.keyword("FIELDS")?;
        }
        parser.keyword("RETURNING")?;
        self.returning.push(returned(text, &mut parser)?);
        while parser.accept_symbol(",") {
            self.returning.push(returned(text, &mut parser)?);
        }
        if parser.accept("LIMIT") {
            self.limit = parser.count()?.min(MAX_ROWS);
        }
        parser.end()
    }

    /// The answer's body. Only rows that `is_indexed` are found: the index lags behind.
    pub(crate) fn run<R: Rows>(
        &self,
        rows: &R,
        version: &str,
        is_indexed: impl Fn(R::Row) -> bool,
    ) -> Result<Value, SoqlError> {
        let mut lists = Vec::new();
        for query in &self.returning {
            let fields = rows.entity(&query.object.text);
            let fields = fields.map_or_else(Vec::new, |entity| self.group.columns(&entity));
            let found = query.run_among(rows, |row| {
                is_indexed(row) && self.terms.match_any(&values(rows, row, &fields))
            })?;
            lists.push(query.records(rows, &found.rows, version)?);
        }
        let lists = shares(lists, self.limit);
        Ok(json!({ "searchRecords": lists.concat() }))
    }
}

/// One object after `RETURNING`; without fields it shows the id.
fn returned(text: &str, parser: &mut Parser<'_>) -> Result<Query, SoqlError> {
    let object = parser.name()?;
    let mut paths = Vec::new();
    let mut clauses = Clauses::default();
    if parser.accept_symbol("(") {
        paths.push(parser.path()?);
        while parser.accept_symbol(",") {
            paths.push(parser.path()?);
        }
        clauses = parser.clauses()?;
        parser.symbol(")")?;
    } else {
        paths.push(Path {
            parents: Vec::new(),
            field: "Id".to_owned(),
            at: object.at,
        });
    }
    Ok(Query {
        text: text.to_owned(),
        object,
        select: Select::Items(paths.into_iter().map(Item::Path).collect()),
        clauses,
    })
}

/// The limit is shared out evenly; what one object leaves over the others get.
fn shares(lists: Vec<Vec<Value>>, limit: usize) -> Vec<Vec<Value>> {
    let mut taken = vec![0; lists.len()];
    let mut left = limit;
    while left > 0
        && taken
            .iter()
            .zip(&lists)
            .any(|(taken, list)| *taken < list.len())
    {
        for (taken, list) in taken.iter_mut().zip(&lists) {
            if left > 0 && *taken < list.len() {
                *taken += 1;
                left -= 1;
            }
        }
    }
    let pairs = lists.into_iter().zip(taken);
    pairs
        .map(|(list, taken)| list.into_iter().take(taken).collect())
        .collect()
}

fn values<R: Rows>(
    rows: &R,
    row: R::Row,
    fields: &[(ColumnType, String)],
) -> Vec<(ColumnType, String)> {
    let values = fields
        .iter()
        .filter_map(|(kind, field)| Some((*kind, rows.value(row, field).as_str()?.to_owned())));
    values.collect()
}

impl Group {
    fn columns(self, entity: &Entity) -> Vec<(ColumnType, String)> {
        let columns = entity.columns.iter().filter(|column| match self {
            Self::All => is_searched(column.column_type),
            Self::Email => column.column_type == ColumnType::Email,
            Self::Name => is_name(&entity.name, &column.name),
            Self::Phone => column.column_type == ColumnType::Phone,
        });
        columns
            .map(|column| (column.column_type, column.name.clone()))
            .collect()
    }
}

fn is_searched(kind: ColumnType) -> bool {
    match kind {
        ColumnType::CaseSensitiveText
        | ColumnType::Email
        | ColumnType::LongText
        | ColumnType::Phone
        | ColumnType::Text => true,
        ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::DateTime
        | ColumnType::Id
        | ColumnType::Number => false,
    }
}

/// The name, and what the vendor lists beside it for some objects.
fn is_name(object: &str, field: &str) -> bool {
    let beside: &[&str] = match object {
        "Account" => &["Site", "Website"],
        "Case" => &["Subject", "SuppliedCompany", "SuppliedName"],
        "Lead" => &["Company"],
        "Event" | "Task" => &["Subject"],
        _ => &[],
    };
    field == "Name" || beside.contains(&field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::soql::sample::{Sample, id};
    use super::*;

    fn found(text: &str) -> Result<Vec<String>, SoqlError> {
        let sample = Sample::new();
        let answer = parse(text)?.run(&&sample, "66.0", |_| true)?;
        let records = answer["searchRecords"].as_array().unwrap().iter();
        Ok(records
            .map(|record| record["Id"].as_str().unwrap().to_owned())
            .collect())
    }

    #[test]
    fn finds_phones_of_contacts_and_leads() {
        let text = "FIND {15550100100 OR 5550100100} IN PHONE FIELDS RETURNING Contact(Id, Phone ORDER BY CreatedDate DESC LIMIT 20), Lead(Id WHERE IsConverted = false)";
        let expected = [id("Contact", 3), id("Contact", 1), id("Lead", 1)];
        assert_eq!(found(text).unwrap(), expected);
    }

    #[test]
    fn answers_in_the_shape_of_a_search() {
        let sample = Sample::new();
        let search =
            parse("find {ana} in name fields returning Contact(Id, Account.Name)").unwrap();
        let answer = search.run(&&sample, "66.0", |_| true).unwrap();
        let record = &answer["searchRecords"][0];
        assert_eq!(record["attributes"]["type"], "Contact");
        assert_eq!(record["Account"]["Name"], "Example & Sons");
        assert_eq!(
            search.run(&&sample, "66.0", |_| false).unwrap(),
            json!({ "searchRecords": [] })
        );
    }

    #[test]
    fn looks_at_the_fields_of_the_group() {
        for (text, expected) in [
            ("FIND {ana} IN EMAIL FIELDS RETURNING Contact", 1),
            ("FIND {ana} IN PHONE FIELDS RETURNING Contact", 0),
            ("FIND {long} IN NAME FIELDS RETURNING Contact", 0),
            ("FIND {long} IN ALL FIELDS RETURNING Contact", 1),
            ("FIND {\"ana example\"} RETURNING Contact(Id), Lead", 1),
            ("FIND {first} IN NAME FIELDS RETURNING Case(Id)", 1),
            (
                "FIND {first} IN NAME FIELDS RETURNING Case(Id WHERE Queue = '7')",
                0,
            ),
        ] {
            assert_eq!(found(text).unwrap().len(), expected, "{text}");
        }
    }

    #[test]
    fn the_limit_is_shared_out_among_objects() {
        let text = "FIND {example OR lead OR 100 OR neil} RETURNING Contact(Id), Lead(Id) LIMIT";
        let limited = |limit: usize| found(&format!("{text} {limit}")).unwrap();
        assert_eq!(limited(2), [id("Contact", 1), id("Lead", 1)]);
        assert_eq!(
            limited(4),
            [
                id("Contact", 1),
                id("Contact", 2),
                id("Lead", 1),
                id("Lead", 2)
            ]
        );
        assert_eq!(limited(9).len(), 5);
        assert!(limited(0).is_empty());
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for text in [
            "",
            "FIND",
            "FIND ab RETURNING Contact",
            "FIND {ab",
            "FIND {ab}",
            r"FIND {ab\} RETURNING Contact",
            "FIND {ab} IN PHONE RETURNING Contact",
            "FIND {ab} IN SOME FIELDS RETURNING Contact",
            "FIND {ab} RETURNING",
            "FIND {ab} RETURNING Contact()",
            "FIND {ab} RETURNING Contact(Id",
            "FIND {ab} RETURNING Contact(WHERE Id = null)",
            "FIND {ab} RETURNING Contact(Id LIMIT 1 WHERE Id = null)",
            "FIND {ab} RETURNING Contact LIMIT",
            "FIND {ab} RETURNING Contact WITH SNIPPET",
            "FIND {+15550100100} RETURNING Contact",
            "FIND {} RETURNING Contact",
        ] {
            assert_eq!(found(text).unwrap_err().code, "MALFORMED_SEARCH", "{text}");
        }
        let long = "ab ".repeat(1_400);
        assert_eq!(
            found(&format!("FIND {{{long}}} RETURNING Contact"))
                .unwrap_err()
                .code,
            "MALFORMED_SEARCH"
        );
        assert_eq!(
            found("FIND {ab} RETURNING Contact(Wrong)")
                .unwrap_err()
                .code,
            "INVALID_FIELD"
        );
        assert_eq!(
            found("FIND {ab} RETURNING Wrong").unwrap_err().code,
            "INVALID_TYPE"
        );
    }

    #[test]
    fn a_reserved_character_is_shown_with_a_caret() {
        let message = parse("FIND {ab|cd} RETURNING Contact").unwrap_err().message;
        assert_eq!(
            message,
            "\nFIND {ab|cd} RETURNING Contact\n       ^\nERROR at Row:1:Column:8\nline 1:8 mismatched character '|' expecting '}'"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_searched_is_answered_or_refused(terms in "(ab |OR |AND |NOT |\\( |\\) |\"|\\\\|\\*|\\}|[^a-z]){0,10}") {
            let text = format!("FIND {{{terms}}} RETURNING Contact(Id WHERE Name != 'é')");
            if let Err(refusal) = found(&text) {
                let codes = ["INVALID_SEARCH", "MALFORMED_SEARCH"];
                prop_assert!(codes.contains(&refusal.code), "{}", refusal);
            }
        }
    }
}
