use jiff::Timestamp;
use jiff::civil::Date;

use super::error::SoqlError;

/// A piece of a query. Names and texts are slices of it; the text of a literal still has its
/// escapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Date(Date),
    DateTime(Timestamp),
    End,
    Number(&'a str),
    Symbol(&'static str),
    Text(&'a str),
    /// A keyword or a name, with the dots of a path.
    Word(&'a str),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Spanned<'a> {
    pub(crate) token: Token<'a>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The longer ones first.
const SYMBOLS: [&str; 11] = ["!=", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", ":"];

/// The tokens of the text from the byte `start` on, ending with [`Token::End`].
pub(crate) fn tokens(text: &str, start: usize) -> Result<Vec<Spanned<'_>>, SoqlError> {
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        at = text.len() - text[at..].trim_start().len();
        let spanned = token(text, at)?;
        tokens.push(spanned);
        if spanned.token == Token::End {
            return Ok(tokens);
        }
        at = spanned.end;
    }
}

fn token(text: &str, start: usize) -> Result<Spanned<'_>, SoqlError> {
    let rest = &text[start..];
    let spanned = |token, length| Spanned {
        token,
        start,
        end: start + length,
    };
    let Some(first) = rest.chars().next() else {
        return Ok(spanned(Token::End, 0));
    };
    if first == '\'' {
        let length = literal_length(text, start)?;
        return Ok(spanned(Token::Text(&rest[1..length - 1]), length));
    }
    if first.is_ascii_alphabetic() {
        let word = run(rest, |c| c.is_ascii_alphanumeric() || "_.".contains(c));
        return Ok(spanned(Token::Word(word), word.len()));
    }
    let signed = first == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if first.is_ascii_digit() || signed {
        let run = run(rest, |c| c.is_ascii_alphanumeric() || "+-.:".contains(c));
        return Ok(spanned(numeral(text, start, run)?, run.len()));
    }
    let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
    let symbol = symbol.ok_or_else(|| SoqlError::character(text, start))?;
    Ok(spanned(Token::Symbol(symbol), symbol.len()))
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    &text[..end]
}

/// With both quotation marks. What the escapes are is looked at when the literal is read.
fn literal_length(text: &str, start: usize) -> Result<usize, SoqlError> {
    let mut escaped = false;
    for (index, c) in text[start..].char_indices().skip(1) {
        match c {
            '\n' | '\r' => {
                let problem = "line breaks not allowed in string literals";
                return Err(SoqlError::at("MALFORMED_QUERY", text, start, problem));
            }
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\'' => return Ok(index + 1),
            _ => {}
        }
    }
    let end = text.len();
    Err(SoqlError::mismatched("MALFORMED_QUERY", text, end, '\''))
}

fn numeral<'a>(text: &str, start: usize, run: &'a str) -> Result<Token<'a>, SoqlError> {
    let unreadable = || SoqlError::character(text, start);
    if is_number(run) {
        return Ok(Token::Number(run));
    }
    if has_shape(run, "0000-00-00") {
        return Ok(Token::Date(run.parse().map_err(|_| unreadable())?));
    }
    let (moment, zone) = run.split_at_checked(19).ok_or_else(unreadable)?;
    if !has_shape(moment, "0000-00-00T00:00:00") {
        return Err(unreadable());
    }
    let zone = zone.strip_prefix('.').map_or(zone, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    // A plus sign that was not percent-encoded has become a space by now: no zone is left.
    if zone.is_empty() {
        return Err(SoqlError::character(text, start + run.len()));
    }
    let zones = ["Z", "+00:00", "-00:00", "+0000", "-0000"];
    if !zones.into_iter().any(|shape| has_shape(zone, shape)) {
        return Err(unreadable());
    }
    Ok(Token::DateTime(run.parse().map_err(|_| unreadable())?))
}

fn is_number(run: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = run.strip_prefix('-').unwrap_or(run);
    match unsigned.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(unsigned),
    }
}

/// Whether the text is the shape with any digits in place of its zeros.
fn has_shape(text: &str, shape: &str) -> bool {
    let fits = |(found, wanted): (u8, u8)| match wanted {
        b'0' => found.is_ascii_digit(),
        _ => found == wanted,
    };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Token<'_>> {
        let tokens = tokens(text, 0).unwrap();
        tokens.into_iter().map(|spanned| spanned.token).collect()
    }

    fn refusal(text: &str) -> String {
        tokens(text, 0).unwrap_err().message
    }

    #[test]
    fn reads_names_symbols_and_literals() {
        assert_eq!(
            read(r"Contact.Email<>'O\'Neil'AND n>=-2.5"),
            [
                Token::Word("Contact.Email"),
                Token::Symbol("<>"),
                Token::Text(r"O\'Neil"),
                Token::Word("AND"),
                Token::Word("n"),
                Token::Symbol(">="),
                Token::Number("-2.5"),
                Token::End,
            ]
        );
    }

    #[test]
    fn reads_a_moment_in_every_zone_spelling() {
        let moment = Token::DateTime("2026-05-01T07:25:37Z".parse().unwrap());
        for text in [
            "2026-05-01T07:25:37Z",
            "2026-05-01T07:25:37.000Z",
            "2026-05-01T07:25:37+00:00",
            "2026-05-01T08:25:37.000+0100",
        ] {
            assert_eq!(read(text), [moment, Token::End], "{text}");
        }
    }

    #[test]
    fn a_plus_sign_that_became_a_space_is_refused_at_the_space() {
        let message = refusal("CreatedDate > 2026-05-01T07:25:37.000 0000");
        assert!(
            message.ends_with(
                "ERROR at Row:1:Column:37\nline 1:37 no viable alternative at character ' '"
            ),
            "{message}"
        );
    }

    #[test]
    fn refuses_what_is_no_token() {
        for text in [
            "$a",
            "\"a\"",
            "*",
            "12x",
            "1.",
            "1+1",
            "2026-13-01",
            "2026-05-01T25:00:00Z",
            "2026-05-01T07:25Z",
            "2026-05-01T07:25:37z",
            "2026-05-01T07:25:37+1",
            "-",
        ] {
            let message = refusal(text);
            assert!(
                message.contains("no viable alternative"),
                "{text}: {message}"
            );
        }
        assert!(refusal("'a").contains("mismatched character '<EOF>' expecting '''"));
        assert!(refusal(r"'a\'").contains("mismatched character '<EOF>'"));
        assert!(refusal("'a\nb'").contains("line breaks not allowed"));
    }
}
