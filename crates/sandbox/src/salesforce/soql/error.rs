use std::ops::Range;

/// How far the quoted part of a query reaches to the left of the caret before it grows to a whole
/// word; it reaches one further to the right. Measured on recorded messages.
const REACH: usize = 30;

/// A refusal of a query or a search: the vendor's code and text. The text quotes the query, as
/// the vendor's does, so whoever logs it logs what was searched for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct SoqlError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl SoqlError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new("MALFORMED_QUERY", message)
    }

    /// As recorded; since 2024 the vendor sets the token in quotation marks on some paths.
    pub(crate) fn unexpected(token: &str) -> Self {
        Self::malformed(format!("unexpected token: {token}"))
    }

    /// A refusal of what begins at the byte `at`.
    pub(crate) fn at(code: &'static str, text: &str, at: usize, problem: &str) -> Self {
        Self::located(code, text, column_from_zero(text, at) + 1, problem)
    }

    /// A character that no token can begin or go on with. Here the vendor counts from zero.
    pub(crate) fn character(text: &str, at: usize) -> Self {
        let found = text[at..].chars().next();
        let found = found.map_or_else(|| String::from("<EOF>"), String::from);
        let column = column_from_zero(text, at);
        let problem = format!("line 1:{column} no viable alternative at character '{found}'");
        Self::located("MALFORMED_QUERY", text, column, &problem)
    }

    /// A character other than the one that must follow. Here, too, it counts from zero.
    pub(crate) fn mismatched(code: &'static str, text: &str, at: usize, expected: char) -> Self {
        let found = text[at..].chars().next();
        let found = found.map_or_else(|| String::from("<EOF>"), String::from);
        let column = column_from_zero(text, at);
        let problem =
            format!("line 1:{column} mismatched character '{found}' expecting '{expected}'");
        Self::located(code, text, column, &problem)
    }

    /// The row is 1 even when the text has line breaks.
    fn located(code: &'static str, text: &str, column: usize, problem: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let caret = column.saturating_sub(1);
        let shown = window(&characters, caret);
        let indent = " ".repeat(caret - shown.start);
        let quoted: String = characters[shown].iter().collect();
        let message = format!("\n{quoted}\n{indent}^\nERROR at Row:1:Column:{column}\n{problem}");
        Self::new(code, message)
    }
}

fn column_from_zero(text: &str, at: usize) -> usize {
    text[..at].chars().count()
}

fn window(characters: &[char], caret: usize) -> Range<usize> {
    let ends_word = |c: char| c.is_whitespace() || c == ',';
    let mut start = caret.saturating_sub(REACH);
    while start > 0 && !ends_word(characters[start - 1]) {
        start -= 1;
    }
    let mut end = characters.len().min(caret + REACH + 1);
    while end < characters.len() && !ends_word(characters[end]) {
        end += 1;
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, word: &str) -> String {
        let at = text.rfind(word).unwrap();
        SoqlError::at("INVALID_FIELD", text, at, "No.").message
    }

    #[test]
    fn quotes_a_short_query_whole() {
        assert_eq!(
            shown("SELECT Wrong__c FROM Contact LIMIT 2", "Wrong__c"),
            "\nSELECT Wrong__c FROM Contact LIMIT 2\n       ^\nERROR at Row:1:Column:8\nNo."
        );
    }

    #[test]
    fn quotes_whole_words_around_the_caret_of_a_long_query() {
        let text = "select Id, MobilePhone from Contact where MobilePhone = 3999 and Email = null order by Id";
        let lines = [
            "",
            "MobilePhone from Contact where MobilePhone = 3999 and Email = null",
            "                               ^",
            "ERROR at Row:1:Column:43",
            "No.",
        ];
        assert_eq!(shown(text, "MobilePhone"), lines.join("\n"));
    }

    #[test]
    fn counts_characters_and_not_bytes() {
        let message = shown(
            "SELECT Id FROM Lead WHERE Name = 'Žofie' AND Nope = 1",
            "Nope",
        );
        assert!(message.contains("Column:46\n"), "{message}");
    }
}
