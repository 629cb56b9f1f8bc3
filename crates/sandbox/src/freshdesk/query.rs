use serde_json::Value;

/// A condition of the vendor's query language.
#[derive(Debug, PartialEq)]
pub(super) enum Query {
    All(Vec<Self>),
    Any(Vec<Self>),
    Compare {
        field: String,
        relation: Relation,
        value: Value,
    },
}

/// `:`, `:>` and `:<`; the latter two include the value itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    AtLeast,
    AtMost,
    Is,
}

/// The longest query taken, in characters.
const MAX_QUERY: usize = 512;

impl Query {
    /// Reads the parameter `query`, which stands in double quotes. Says what is wrong with it.
    pub(super) fn parse(sent: &str) -> Result<Self, String> {
        let inner = sent
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or("The query should be enclosed in double quotes")?;
        if inner.chars().count() > MAX_QUERY {
            return Err("The query can have a maximum of 512 characters".to_owned());
        }
        let mut parser = Parser { rest: inner };
        let query = parser.any()?;
        match parser.rest.trim().is_empty() {
            true => Ok(query),
            false => Err(format!("Unexpected text at '{}'", parser.rest.trim())),
        }
    }

    /// The fields that it asks about.
    pub(super) fn fields(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Compare { field, .. } => vec![field],
        }
    }

    /// Whether it holds, given the value of each field; a list has all its values.
    pub(super) fn holds(&self, value_of: &dyn Fn(&str) -> Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(value_of)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(value_of)),
            Self::Compare {
                field,
                relation,
                value,
            } => match value_of(field) {
                Value::Array(own) => own.iter().any(|own| relation.holds(own, value)),
                own => relation.holds(&own, value),
            },
        }
    }
}

impl Relation {
    fn holds(self, own: &Value, asked: &Value) -> bool {
        match self {
            Self::Is => match (own.as_str(), asked.as_str()) {
                // A day stands for all its times.
                (Some(own), Some(asked)) => {
                    own.eq_ignore_ascii_case(asked)
                        || own
                            .strip_prefix(asked)
                            .is_some_and(|rest| rest.starts_with('T'))
                }
                _ => own == asked,
            },
            Self::AtLeast => order(own, asked).is_some_and(std::cmp::Ordering::is_ge),
            Self::AtMost => order(own, asked).is_some_and(std::cmp::Ordering::is_le),
        }
    }
}

/// Numbers by size, times by the day.
fn order(own: &Value, asked: &Value) -> Option<std::cmp::Ordering> {
    if let (Some(own), Some(asked)) = (own.as_f64(), asked.as_f64()) {
        return own.partial_cmp(&asked);
    }
    let (own, asked) = (own.as_str()?, asked.as_str()?);
    Some(own.get(..asked.len())?.cmp(asked))
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Query, String> {
        let mut parts = vec![self.all()?];
        while self.word("OR") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Query::Any))
    }

    fn all(&mut self) -> Result<Query, String> {
        let mut parts = vec![self.part()?];
        while self.word("AND") {
            parts.push(self.part()?);
        }
        Ok(single(parts, Query::All))
    }

    fn part(&mut self) -> Result<Query, String> {
        if self.symbol("(") {
            let inner = self.any()?;
            return match self.symbol(")") {
                true => Ok(inner),
                false => Err("A parenthesis is not closed".to_owned()),
            };
        }
        let field = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        if field.is_empty() || !self.symbol(":") {
            return Err("Expected field:value".to_owned());
        }
        let relation = match (self.symbol(">"), self.symbol("<")) {
            (true, _) => Relation::AtLeast,
            (false, true) => Relation::AtMost,
            (false, false) => Relation::Is,
        };
        let value = self.value()?;
        Ok(Query::Compare {
            field,
            relation,
            value,
        })
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.symbol("'") {
            let (text, rest) = self.rest.split_once('\'').ok_or("A text is not closed")?;
            let text = Value::from(text);
            self.rest = rest;
            return Ok(text);
        }
        let word = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        match word.as_str() {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            word => match word.parse::<i64>() {
                Ok(number) => Ok(number.into()),
                Err(_) => Err("A text should be enclosed in single quotes".to_owned()),
            },
        }
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let trimmed = self.rest.trim_start();
        let end = trimmed.find(|c| !is_part(c)).unwrap_or(trimmed.len());
        let (taken, rest) = trimmed.split_at(end);
        self.rest = rest;
        taken.to_owned()
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        match self.rest.trim_start().strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(rest) if rest.starts_with([' ', '(']) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

fn single(mut parts: Vec<Query>, many: fn(Vec<Query>) -> Query) -> Query {
    match parts.len() {
        1 => parts.remove(0),
        _ => many(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(query: &str) -> bool {
        let item = json!({ "status": 2, "tag": ["vip", "a b"], "created_at": "2026-01-24T01:14:06Z", "group_id": null, "locked": true });
        let query = Query::parse(&format!("\"{query}\"")).unwrap();
        query.holds(&|field| item[field].clone())
    }

    #[test]
    fn conditions_hold_as_documented() {
        for (query, expected) in [
            ("status:2", true),
            ("status:3 OR status:2", true),
            ("status:2 AND (tag:'VIP' OR tag:'x')", true),
            ("status:3 AND tag:'vip' OR tag:'a b'", true),
            ("status:3 AND (tag:'vip' OR tag:'a b')", false),
            ("created_at:>'2026-01-24'", true),
            ("created_at:<'2026-01-23'", false),
            ("created_at:'2026-01-24'", true),
            ("status:>2 AND status:<2", true),
            ("group_id:null", true),
            ("locked:true", true),
        ] {
            assert_eq!(holds(query), expected, "{query}");
        }
    }

    #[test]
    fn malformed_queries_are_refused() {
        for (query, problem) in [
            ("status:2", "double quotes"),
            ("\"status 2\"", "Expected field:value"),
            ("\"(status:2\"", "not closed"),
            ("\"tag:vip\"", "single quotes"),
            ("\"tag:'vip\"", "not closed"),
            ("\"status:2 and status:3\"", "Unexpected text"),
        ] {
            let error = Query::parse(query).unwrap_err();
            assert!(error.contains(problem), "{query}: {error}");
        }
    }
}
