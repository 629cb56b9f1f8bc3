use super::error::SoqlError;

/// A character of a literal after its escapes were read.
#[derive(Clone, Copy)]
enum Piece {
    Character(char),
    /// A wildcard that a backslash took its meaning from: legal after LIKE only.
    Escaped(char),
}

/// The text a literal stands for, outside of LIKE.
pub(super) fn plain(raw: &str) -> Result<String, SoqlError> {
    let pieces = pieces(raw)?;
    let characters = pieces.into_iter().map(|piece| match piece {
        Piece::Character(c) => Ok(c),
        Piece::Escaped(c) => Err(illegal(raw, &format!("\\{c}"))),
    });
    characters.collect()
}

/// What LIKE compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    Character(char),
    One,
}

impl Pattern {
    pub(super) fn parse(raw: &str) -> Result<Self, SoqlError> {
        let parts = pieces(raw)?.into_iter().map(|piece| match piece {
            Piece::Character('%') => Part::Any,
            Piece::Character('_') => Part::One,
            Piece::Character(c) | Piece::Escaped(c) => Part::Character(c),
        });
        Ok(Self(parts.collect()))
    }

    /// The same pattern for text in lower case.
    pub(super) fn folded(&self) -> Self {
        let fold = |part: &Part| match part {
            Part::Character(c) => c.to_lowercase().map(Part::Character).collect(),
            Part::Any | Part::One => vec![*part],
        };
        Self(self.0.iter().flat_map(fold).collect())
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut part, mut at) = (0, 0);
        // Where to go on when the last Any has to take one more character.
        let mut retry = None;
        while at < text.len() {
            match self.0.get(part) {
                Some(Part::Any) => {
                    retry = Some((part + 1, at));
                    part += 1;
                    continue;
                }
                Some(Part::One) => {}
                Some(Part::Character(c)) if *c == text[at] => {}
                _ => {
                    let Some((after_any, taken)) = retry else {
                        return false;
                    };
                    retry = Some((after_any, taken + 1));
                    (part, at) = (after_any, taken + 1);
                    continue;
                }
            }
            part += 1;
            at += 1;
        }
        self.0[part..].iter().all(|part| *part == Part::Any)
    }
}

/// A backslash before anything that is not listed by the vendor is an error.
fn pieces(raw: &str) -> Result<Vec<Piece>, SoqlError> {
    let mut pieces = Vec::new();
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            pieces.push(Piece::Character(c));
            continue;
        }
        let escape = rest.chars().next();
        let escape = escape.ok_or_else(|| illegal(raw, "\\"))?;
        rest = &rest[escape.len_utf8()..];
        let read = match escape {
            'n' | 'N' => '\n',
            'r' | 'R' => '\r',
            't' | 'T' => '\t',
            'b' | 'B' => '\u{8}',
            'f' | 'F' => '\u{c}',
            '"' | '\'' | '\\' => escape,
            'u' => {
                let (read, left) = unicode(rest).ok_or_else(|| illegal(raw, "\\u"))?;
                rest = left;
                read
            }
            '%' | '_' => {
                pieces.push(Piece::Escaped(escape));
                continue;
            }
            _ => return Err(illegal(raw, &format!("\\{escape}"))),
        };
        pieces.push(Piece::Character(read));
    }
    Ok(pieces)
}

/// Four hexadecimal digits; a character beyond them is written as a pair of surrogates.
fn unicode(rest: &str) -> Option<(char, &str)> {
    let (high, left) = code_unit(rest)?;
    if let Some(Ok(c)) = char::decode_utf16([high]).next() {
        return Some((c, left));
    }
    let (low, left) = code_unit(left.strip_prefix("\\u")?)?;
    let c = char::decode_utf16([high, low]).next()?.ok()?;
    Some((c, left))
}

fn code_unit(rest: &str) -> Option<(u16, &str)> {
    let (digits, left) = rest.split_at_checked(4)?;
    let are_digits = digits.bytes().all(|b| b.is_ascii_hexdigit());
    let unit = are_digits.then(|| u16::from_str_radix(digits, 16).ok())??;
    Some((unit, left))
}

/// That it is refused is documented; the words are not recorded.
fn illegal(raw: &str, sequence: &str) -> SoqlError {
    SoqlError::malformed(format!(
        "Invalid string literal '{raw}'. Illegal character sequence '{sequence}' in string literal."
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(text)
    }

    #[test]
    fn reads_every_legal_escape() {
        assert_eq!(
            plain(r#"\n\R\t\b\F\"\'\\\u00e9\uD83D\uDE00"#).unwrap(),
            "\n\r\t\u{8}\u{c}\"'\\é😀"
        );
    }

    #[test]
    fn refuses_any_other_backslash() {
        for raw in [
            r"\d", r"\ ", r"\%", r"\_", r"\u12", r"\u12g4", r"\uD83D", r"\uD83Dx", r"\x41",
        ] {
            assert_eq!(plain(raw).unwrap_err().code, "MALFORMED_QUERY", "{raw}");
        }
        assert!(Pattern::parse(r"\d").is_err());
    }

    #[test]
    fn a_pattern_has_wildcards_unless_they_are_escaped() {
        assert!(like("call/987@3f#%", "call/987@3f#ended:1") && !like("call#%", "call"));
        assert!(like("%a%b_", "xxaxbbc") && !like("%a%b_", "xxaxb"));
        assert!(like(r"50\%", "50%") && !like(r"50\%", "500"));
        assert!(like(r"a\_b", "a_b") && !like(r"a\_b", "axb") && like("a_b", "axb"));
        assert!(like("%", "") && !like("_", "") && like("", ""));
    }

    /// The escaping a careful caller uses: the backslash first.
    fn escaped(text: &str) -> String {
        let text = text.replace('\\', "\\\\").replace('\'', "\\'");
        let text = text.replace('\n', "\\n").replace('\r', "\\r");
        text.replace('\t', "\\t")
    }

    proptest! {
        #[test]
        fn reads_back_whatever_was_escaped(text in any::<String>()) {
            prop_assert_eq!(plain(&escaped(&text)).unwrap(), text);
        }

        #[test]
        fn an_escaped_pattern_matches_its_text_only(text in "[a%_\\\\']{0,6}", other in "[a%_\\\\']{0,6}") {
            let raw = escaped(&text).replace('%', "\\%").replace('_', "\\_");
            prop_assert_eq!(like(&raw, &other), text == other);
        }
    }
}
