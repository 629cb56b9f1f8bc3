use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::Refusal;
use super::ticket::Status;
use super::users::{PHONE_TAIL_DIGITS, UserRole, phone_tail};

/// A parsed search. All properties must hold; one that is named more than once holds when any
/// of its terms does; a negated term must not hold.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) kind: Kind,
    pub(super) terms: Vec<Term>,
    pub(super) order_by: Option<&'static str>,
    pub(super) descending: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ticket,
    User,
}

#[derive(Debug)]
pub(super) struct Term {
    pub(super) property: String,
    pub(super) negated: bool,
    pub(super) test: Test,
}

#[derive(Debug)]
pub(super) enum Test {
    Assignee(Person),
    Created(Comparison, Moment),
    CustomField(u64, Pattern),
    Email(Pattern),
    ExternalId(String),
    Name(Pattern),
    Phone(Pattern),
    Priority(String),
    Requester(Person),
    Role(UserRole),
    Solved(Comparison, Moment),
    Status(Comparison, Status),
    Subject(Pattern),
    /// All of them.
    Tags(Vec<String>),
    TicketType(String),
    Updated(Comparison, Moment),
    /// Anywhere in the text.
    Words(Pattern),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Person {
    Email(String),
    Id(u64),
    Named(Pattern),
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
}

impl Comparison {
    pub(super) fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::AtMost => left <= right,
            Self::Equal => left == right,
            Self::Less => left < right,
            Self::More => left > right,
        }
    }
}

/// A day or an instant, as a span of time that begins and ends before the next one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    starts: Timestamp,
    ends: Timestamp,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(day) = text.parse::<Date>()
            && !text.contains('T')
        {
            let start = |day: Date| day.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
            return Some(Self {
                starts: start(day).ok()?,
                ends: start(day.tomorrow().ok()?).ok()?,
            });
        }
        let starts: Timestamp = text.parse().ok()?;
        let ends = starts.checked_add(jiff::Span::new().seconds(1)).ok()?;
        Some(Self { starts, ends })
    }

    pub(super) fn holds(self, comparison: Comparison, at: Timestamp) -> bool {
        match comparison {
            Comparison::AtLeast => at >= self.starts,
            Comparison::AtMost => at < self.ends,
            Comparison::Equal => at >= self.starts && at < self.ends,
            Comparison::Less => at < self.starts,
            Comparison::More => at >= self.ends,
        }
    }
}

/// Text that a word of the value must begin with, in any case. So `13` finds `130` too, as it
/// does with the vendor: whoever searches has to compare for himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    anywhere: bool,
}

impl Pattern {
    fn parse(text: &str) -> Self {
        Self {
            text: text.trim_matches('*').to_lowercase(),
            anywhere: text.starts_with('*'),
        }
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        if self.anywhere {
            return value.contains(&self.text);
        }
        let mut after_separator = true;
        for (index, c) in value.char_indices() {
            if after_separator && value[index..].starts_with(&self.text) {
                return true;
            }
            after_separator = !c.is_alphanumeric();
        }
        false
    }

    /// For phones: compares digits only, at the end when the pattern begins with `*`.
    pub(super) fn matches_digits(&self, value: &str) -> bool {
        let mut digits = value.bytes().rev().filter(u8::is_ascii_digit);
        let ends_alike = self
            .text
            .bytes()
            .rev()
            .all(|wanted| digits.next() == Some(wanted));
        ends_alike && (self.anywhere || digits.next().is_none())
    }

    /// The end of every phone that [`Self::matches_digits`], when the pattern is long enough to tell.
    pub(super) fn phone_tail(&self) -> Option<String> {
        let tail = phone_tail(&self.text);
        (tail.len() == PHONE_TAIL_DIGITS).then_some(tail)
    }

    pub(super) fn equals(&self, value: &str) -> bool {
        value.to_lowercase() == self.text
    }
}

impl Query {
    /// Reads the vendor's search language, as far as it is modelled; `implied` is the type that
    /// the endpoint itself fixes. What cannot be read is refused, never ignored.
    pub(super) fn parse(text: &str, implied: Option<Kind>) -> Result<Self, Refusal> {
        let tokens = tokens(text)?;
        let mut kind = implied;
        let mut query = Self {
            kind: Kind::Ticket,
            terms: Vec::new(),
            order_by: None,
            descending: None,
        };
        let mut rest = Vec::new();
        for token in tokens {
            match (token.property.as_str(), token.value.as_str()) {
                ("type", "ticket") => kind = Some(Kind::Ticket),
                ("type", "user") => kind = Some(Kind::User),
                ("order_by", field) => query.order_by = Some(order_field(field)?),
                ("sort", "asc") => query.descending = Some(false),
                ("sort", "desc") => query.descending = Some(true),
                _ => rest.push(token),
            }
        }
        let problem = "Invalid search: type:ticket or type:user is required by the sandbox";
        query.kind = kind.ok_or_else(|| Refusal::invalid_search(problem))?;
        for token in rest {
            query.terms.push(token.term(query.kind)?);
        }
        Ok(query)
    }
}

impl Query {
    /// The tests of a property's terms that are not negated.
    pub(super) fn positive(&self, property: &str) -> Vec<&Test> {
        let terms = self.terms.iter();
        let wanted = terms.filter(|term| !term.negated && term.property == property);
        wanted.map(|term| &term.test).collect()
    }
}

/// The ticket order that a `sort_by` parameter or an `order_by` term asks for.
pub(super) fn order_field(name: &str) -> Result<&'static str, Refusal> {
    match name {
        "created" | "created_at" => Ok("created_at"),
        "updated" | "updated_at" => Ok("updated_at"),
        "priority" => Ok("priority"),
        "status" => Ok("status"),
        "ticket_type" => Ok("ticket_type"),
        _ => Err(Refusal::invalid_search(
            "Invalid search: cannot be sorted by that field",
        )),
    }
}

/// One part of a query; a bare word has no property.
struct Token {
    negated: bool,
    property: String,
    comparison: Comparison,
    value: String,
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let negated = rest.starts_with('-');
        rest = rest.strip_prefix('-').unwrap_or(rest);
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (property, operator) = match read_operator(&rest[length..]) {
            Some(found) if length > 0 => (&rest[..length], found),
            _ => ("", (0, Comparison::Equal)),
        };
        let (value, left) = read_value(&rest[property.len() + operator.0..])?;
        tokens.push(Token {
            negated,
            property: property.to_ascii_lowercase(),
            comparison: operator.1,
            value,
        });
        rest = left.trim_start();
    }
    Ok(tokens)
}

fn read_operator(text: &str) -> Option<(usize, Comparison)> {
    let operators = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        (":", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::More),
    ];
    let (sign, comparison) = operators
        .into_iter()
        .find(|(sign, _)| text.starts_with(sign))?;
    Some((sign.len(), comparison))
}

fn read_value(text: &str) -> Result<(String, &str), Refusal> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quoted.find('"');
        let end = end.ok_or_else(|| {
            Refusal::invalid_search("Invalid search: a quotation mark is not closed")
        })?;
        return Ok((quoted[..end].to_owned(), &quoted[end + 1..]));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    if value.is_empty()
        || value.contains(['"', '<', '>', ':']) && value.parse::<Timestamp>().is_err()
    {
        return Err(Refusal::invalid_search(
            "Invalid search: a term has no readable value",
        ));
    }
    Ok((value.to_owned(), rest))
}

impl Token {
    fn term(self, kind: Kind) -> Result<Term, Refusal> {
        let problem = format!(
            "Invalid search: the term {:?} is not understood",
            self.property
        );
        let test = match kind {
            Kind::Ticket => self.ticket_test(),
            Kind::User => self.user_test(),
        };
        let test = test.or_else(|| self.shared_test());
        Ok(Term {
            test: test.ok_or_else(|| Refusal::invalid_search(&problem))?,
            property: self.property,
            negated: self.negated,
        })
    }

    fn is_equality(&self) -> bool {
        self.comparison == Comparison::Equal
    }

    fn pattern(&self) -> Pattern {
        Pattern::parse(&self.value)
    }

    fn shared_test(&self) -> Option<Test> {
        let moment = || Moment::parse(&self.value);
        match self.property.as_str() {
            "created" | "created_at" => Some(Test::Created(self.comparison, moment()?)),
            "updated" | "updated_at" => Some(Test::Updated(self.comparison, moment()?)),
            "tags" if self.is_equality() => {
                let tags = self.value.split_whitespace().map(str::to_lowercase);
                Some(Test::Tags(tags.collect()))
            }
            "" => Some(Test::Words(self.pattern())),
            _ => None,
        }
    }

    fn ticket_test(&self) -> Option<Test> {
        match self.property.as_str() {
            "status" => Some(Test::Status(self.comparison, Status::parse(&self.value)?)),
            "solved" => Some(Test::Solved(self.comparison, Moment::parse(&self.value)?)),
            _ if !self.is_equality() => None,
            "requester" => Some(Test::Requester(self.person())),
            "assignee" => Some(Test::Assignee(self.person())),
            "subject" => Some(Test::Subject(self.pattern())),
            "priority" => Some(Test::Priority(self.value.to_lowercase())),
            "ticket_type" => Some(Test::TicketType(self.value.to_lowercase())),
            property => {
                let id = property.strip_prefix("custom_field_")?.parse().ok()?;
                Some(Test::CustomField(id, self.pattern()))
            }
        }
    }

    fn user_test(&self) -> Option<Test> {
        if !self.is_equality() {
            return None;
        }
        match self.property.as_str() {
            "email" => Some(Test::Email(self.pattern())),
            "name" => Some(Test::Name(self.pattern())),
            // The vendor finds digits only: a plus sign or a space in the query finds nothing.
            "phone" => Some(Test::Phone(self.pattern())),
            "role" => Some(Test::Role(UserRole::parse(&self.value)?)),
            "external_id" => Some(Test::ExternalId(self.value.to_lowercase())),
            _ => None,
        }
    }

    fn person(&self) -> Person {
        match self.value.parse() {
            Ok(id) => Person::Id(id),
            Err(_) if self.value == "none" => Person::Nobody,
            Err(_) if self.value.contains('@') => Person::Email(self.value.to_lowercase()),
            Err(_) => Person::Named(self.pattern()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, None).unwrap()
    }

    #[test]
    fn reads_operators_quotes_and_negation() {
        let query = parse(
            r#"type:ticket requester:"ana@example.com" status<solved -tags:merged custom_field_7:"13" order_by:created sort:desc"#,
        );
        let properties: Vec<_> = query
            .terms
            .iter()
            .map(|term| term.property.as_str())
            .collect();
        assert_eq!(
            properties,
            ["requester", "status", "tags", "custom_field_7"]
        );
        assert!(
            matches!(&query.terms[0].test, Test::Requester(Person::Email(email)) if email == "ana@example.com")
        );
        assert!(matches!(
            query.terms[1].test,
            Test::Status(Comparison::Less, Status::Solved)
        ));
        assert!(query.terms[2].negated);
        assert_eq!(
            (query.order_by, query.descending),
            (Some("created_at"), Some(true))
        );
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for text in [
            "requester:1",
            "type:ticket status:opened",
            "type:ticket external_id:1",
            "type:ticket created>yesterday",
            "type:ticket requester:\"open",
            "type:ticket requester:",
            "type:ticket tags>a",
            "type:user status:open",
            "type:ticket custom_field_x:1",
            "type:ticket a:b:c",
        ] {
            assert!(Query::parse(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_match_the_beginnings_of_words() {
        let matches = |pattern: &str, value: &str| Pattern::parse(pattern).matches(value);
        assert!(matches("top", "Pizza Toppings") && !matches("top", "Desktop"));
        assert!(matches("13", "130") && !matches("13", "213"));
        assert!(matches("*top", "Desktop"));
        assert!(Pattern::parse("*5550100100").matches_digits("+1 (555) 010-0100"));
        assert!(!Pattern::parse("5550100100").matches_digits("+15550100100"));
    }

    #[test]
    fn a_day_is_a_span() {
        let day = Moment::parse("2026-01-24").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(day.holds(Comparison::AtMost, at("2026-01-24T23:59:59Z")));
        assert!(!day.holds(Comparison::More, at("2026-01-24T23:59:59Z")));
        assert!(day.holds(Comparison::More, at("2026-01-25T00:00:00Z")));
        assert!(day.holds(Comparison::AtLeast, at("2026-01-24T00:00:00Z")));
    }
}
