use super::super::soql::{ColumnType, SoqlError};

/// What is looked for. AND binds more tightly than OR, and words side by side must all be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    All(Vec<Self>),
    Any(Vec<Self>),
    /// The first and not the second.
    Except(Box<Self>, Box<Self>),
    Phrase(Phrase),
}

/// Words that must follow each other. Punctuation is no part of any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    words: Vec<String>,
    /// Whether the last word may go on.
    is_prefix: bool,
}

/// These separate or change words unless a backslash precedes them.
const RESERVED: &str = "?&|!{}[]()^~*:\\\"'+-";
const MAX_DEPTH: usize = 50;

impl Terms {
    /// Reads the text between the braces, which begins at the byte `start` of the search.
    pub(super) fn parse(search: &str, start: usize, end: usize) -> Result<Self, SoqlError> {
        let mut reader = Reader {
            search,
            at: start,
            end,
        };
        let terms = reader.any(0)?;
        reader.skip_spaces();
        match reader.at == end {
            true => Ok(terms),
            false => Err(reader.unexpected()),
        }
    }

    /// Whether a row is found that has these values in the fields that are searched.
    pub(super) fn match_any(&self, values: &[(ColumnType, String)]) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|terms| terms.match_any(values)),
            Self::Any(terms) => terms.iter().any(|terms| terms.match_any(values)),
            Self::Except(terms, without) => terms.match_any(values) && !without.match_any(values),
            Self::Phrase(phrase) => values.iter().any(|(kind, value)| match kind {
                ColumnType::Phone => phrase.matches_phone(value),
                _ => phrase.matches_text(value),
            }),
        }
    }
}

impl Phrase {
    /// Known: the index splits values at punctuation. How it treats the digits of a phone is not
    /// documented. Assumed: they are one word together, and each punctuated part is a word; so a
    /// national number does not find the same phone stored with its country code.
    fn matches_phone(&self, phone: &str) -> bool {
        let digits = self.words.concat();
        let is_match = |word: &str| match self.is_prefix {
            true => word.starts_with(&digits),
            false => word == digits,
        };
        let parts = words(phone);
        is_match(&parts.concat()) || parts.iter().any(|part| is_match(part))
    }

    fn matches_text(&self, text: &str) -> bool {
        let words = words(text);
        words.windows(self.words.len()).any(|found| {
            let mut pairs = found.iter().zip(&self.words).rev();
            let last_fits = pairs.next().is_some_and(|(found, wanted)| {
                found == wanted || self.is_prefix && found.starts_with(wanted)
            });
            last_fits && pairs.all(|(found, wanted)| found == wanted)
        })
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

struct Reader<'a> {
    search: &'a str,
    at: usize,
    end: usize,
}

impl Reader<'_> {
    fn any(&mut self, depth: usize) -> Result<Terms, SoqlError> {
        let mut terms = vec![self.all(depth)?];
        while self.accept_word("OR") {
            terms.push(self.all(depth)?);
        }
        Ok(single_or(terms, Terms::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Terms, SoqlError> {
        let mut terms = vec![self.term(depth)?];
        loop {
            if self.accept_word("AND") {
                if self.accept_word("NOT") {
                    let without = Box::new(self.term(depth)?);
                    let before = Box::new(single_or(terms, Terms::All));
                    terms = vec![Terms::Except(before, without)];
                    continue;
                }
                terms.push(self.term(depth)?);
                continue;
            }
            self.skip_spaces();
            if self.at == self.end || self.rest().starts_with(')') || self.is_at_word("OR") {
                return Ok(single_or(terms, Terms::All));
            }
            terms.push(self.term(depth)?);
        }
    }

    fn term(&mut self, depth: usize) -> Result<Terms, SoqlError> {
        self.skip_spaces();
        if self.accept('(') {
            if depth == MAX_DEPTH {
                return Err(self.unexpected());
            }
            let terms = self.any(depth + 1)?;
            self.skip_spaces();
            return match self.accept(')') {
                true => Ok(terms),
                false => Err(self.unexpected()),
            };
        }
        let terms = self.phrase()?;
        let next = self.rest().chars().next();
        match next.is_none_or(|c| c.is_whitespace() || c == ')') {
            true => Ok(terms),
            false => Err(self.unexpected()),
        }
    }

    fn phrase(&mut self) -> Result<Terms, SoqlError> {
        let operators = ["AND", "OR", "NOT"];
        if operators.into_iter().any(|word| self.is_at_word(word)) {
            return Err(self.unexpected());
        }
        let is_quoted = self.accept('"');
        let text = self.characters(is_quoted)?;
        let is_prefix = !is_quoted && self.accept('*');
        if is_quoted && !self.accept('"') {
            return Err(self.unexpected());
        }
        let words = words(&text);
        let length: usize = words.iter().map(|word| word.chars().count()).sum();
        match length {
            0 => Err(self.unexpected()),
            1 => {
                let message = format!("search term must be longer than one character: {text}");
                Err(SoqlError::new("INVALID_SEARCH", message))
            }
            _ => Ok(Terms::Phrase(Phrase { words, is_prefix })),
        }
    }

    /// Up to a space or a reserved character; spaces belong to a quoted phrase.
    fn characters(&mut self, is_quoted: bool) -> Result<String, SoqlError> {
        let mut text = String::new();
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => {
                    self.at += 1;
                    let escaped = self.rest().chars().next();
                    let escaped = escaped.filter(|c| RESERVED.contains(*c));
                    text.push(escaped.ok_or_else(|| self.unexpected())?);
                    self.at += 1;
                    continue;
                }
                _ if c.is_whitespace() && !is_quoted => break,
                '(' | ')' | '*' | '"' => break,
                _ if RESERVED.contains(c) => return Err(self.unexpected()),
                _ => text.push(c),
            }
            self.at += c.len_utf8();
        }
        Ok(text)
    }

    fn rest(&self) -> &str {
        &self.search[self.at..self.end]
    }

    fn skip_spaces(&mut self) {
        self.at = self.end - self.rest().trim_start().len();
    }

    fn accept(&mut self, c: char) -> bool {
        let is_next = self.rest().starts_with(c);
        self.at += usize::from(is_next);
        is_next
    }

    fn is_at_word(&self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(word))
            && rest[word.len()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || "()\"".contains(c))
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let before = self.at;
        self.skip_spaces();
        let is_next = self.is_at_word(word);
        self.at = match is_next {
            true => self.at + word.len(),
            false => before,
        };
        is_next
    }

    /// As recorded for reserved characters; assumed for the rest.
    fn unexpected(&self) -> SoqlError {
        if self.at == self.end {
            return SoqlError::new("MALFORMED_SEARCH", "unexpected token: }");
        }
        SoqlError::mismatched("MALFORMED_SEARCH", self.search, self.at, '}')
    }
}

fn single_or(mut terms: Vec<Terms>, join: impl Fn(Vec<Terms>) -> Terms) -> Terms {
    match terms.len() {
        1 => terms.remove(0),
        _ => join(terms),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Terms, SoqlError> {
        Terms::parse(text, 0, text.len())
    }

    fn finds(text: &str, kind: ColumnType, value: &str) -> bool {
        parse(text).unwrap().match_any(&[(kind, value.to_owned())])
    }

    #[test]
    fn a_phone_is_found_by_its_digits_or_by_a_part() {
        let phone = |text, value| finds(text, ColumnType::Phone, value);
        assert!(phone("15550100100", "+1 (555) 010-0100"));
        assert!(phone("15550100100", "+15550100100"));
        assert!(phone("5550100100 OR 15550100100", "(555) 010-0100"));
        assert!(phone(r"\+1\-555\-010\-0100", "+1 (555) 010-0100"));
        assert!(phone("0100", "+1 (555) 010-0100") && !phone("0100", "+15550100100"));
        assert!(phone("1555*", "+15550100100") && !phone("1555", "+15550100100"));
        assert!(!phone("5550100100", "+1 (555) 010-0100"));
    }

    #[test]
    fn words_are_whole_and_phrases_in_order() {
        let text = |text, value| finds(text, ColumnType::Text, value);
        assert!(text("ana", "Ana-Maria Example") && !text("an", "Ana Example"));
        assert!(text("ana example", "Example, Ana") && !text("\"ana example\"", "Example, Ana"));
        assert!(text("\"ANA example\"", "Dr. Ana Example"));
        assert!(text("exam*", "Ana Example"));
        assert!(text("ana@example.com", "ana@example.com"));
        assert!(text("ana AND (other OR example)", "Ana Example"));
        assert!(text("other OR ana AND example", "Ana Example"));
        assert!(
            text("ana AND NOT other", "Ana Example") && !text("ana AND NOT example", "Ana Example")
        );
    }

    #[test]
    fn reserved_characters_must_be_escaped() {
        for text in [
            "+1555",
            "(555) 010-0100",
            "a-b",
            "a|b",
            "O'Neil",
            "a:b",
            "ab?",
            "*ab",
            "ab{",
            "[ab",
            "ab&cd",
            "(ab",
            "ab)",
            "\"ab",
            "ab OR",
            "AND ab",
            "",
            "()",
            "NOT ab",
            r"a\b",
            "!!",
        ] {
            let refusal = parse(text).unwrap_err();
            assert_eq!(refusal.code, "MALFORMED_SEARCH", "{text}");
        }
        assert!(
            parse("john|jane")
                .unwrap_err()
                .message
                .contains("mismatched character '|' expecting '}'")
        );
        assert_eq!(parse("a").unwrap_err().code, "INVALID_SEARCH");
    }

    proptest! {
        #[test]
        fn an_escaped_text_is_found_as_itself(text in "[a-c +&|!(){}\\[\\]^~*?:\\\\\"'-]{0,8}[a-z]{2}") {
            let mut escaped = String::new();
            for c in text.chars() {
                if RESERVED.contains(c) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            let phrase = format!("\"{escaped}\"");
            prop_assert!(finds(&phrase, ColumnType::Text, &text));
        }
    }
}
