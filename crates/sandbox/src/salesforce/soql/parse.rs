use super::error::SoqlError;
use super::query::{Clauses, Direction, Item, Name, Nulls, Order, Path, Query, Select};
use super::token::{Spanned, Token, tokens};

/// Levels from a row up to a parent.
const MAX_PARENTS: usize = 5;
const MAX_OFFSET: usize = 2_000;

/// Words that no object, field or relationship can be called.
const RESERVED: [&str; 22] = [
    "and", "asc", "desc", "excludes", "first", "from", "group", "having", "in", "includes", "last",
    "like", "limit", "not", "null", "nulls", "or", "order", "select", "using", "where", "with",
];

/// Reads a query, as far as the language is modelled; what is not modelled is refused as the
/// vendor refuses what is malformed.
pub(crate) fn parse(text: &str) -> Result<Query, SoqlError> {
    if text.trim().is_empty() {
        return Err(SoqlError::malformed("A query string has to be specified"));
    }
    let mut parser = Parser::new(text, 0)?;
    let query = parser.query(Nesting::Root)?;
    parser.end()?;
    Ok(query)
}

/// Where a query stands: subqueries have no subqueries here, though the vendor allows some.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Child,
    Root,
}

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Spanned<'a>>,
    next: usize,
    /// How many parentheses around conditions are open.
    pub(super) depth: usize,
}

impl<'a> Parser<'a> {
    /// Reads from the byte `start` on.
    pub(crate) fn new(text: &'a str, start: usize) -> Result<Self, SoqlError> {
        Ok(Self {
            text,
            tokens: tokens(text, start)?,
            next: 0,
            depth: 0,
        })
    }

    fn query(&mut self, nesting: Nesting) -> Result<Query, SoqlError> {
        self.keyword("SELECT")?;
        let select = self.select(nesting)?;
        self.keyword("FROM")?;
        let object = self.name()?;
        let clauses = self.clauses()?;
        if matches!(select, Select::Count) && !clauses.order.is_empty() {
            return Err(SoqlError::unexpected("ORDER"));
        }
        if nesting == Nesting::Child && clauses.offset > 0 {
            return Err(SoqlError::unexpected("OFFSET"));
        }
        Ok(Query {
            text: self.text.to_owned(),
            object,
            select,
            clauses,
        })
    }

    /// The query of a semi-join: one field, and nothing after its conditions.
    pub(super) fn joined_query(&mut self) -> Result<Query, SoqlError> {
        self.keyword("SELECT")?;
        let select = Select::Items(vec![Item::Path(self.path()?)]);
        self.keyword("FROM")?;
        let object = self.name()?;
        let filter = match self.accept("WHERE") {
            true => Some(self.condition()?),
            false => None,
        };
        Ok(Query {
            text: self.text.to_owned(),
            object,
            select,
            clauses: Clauses {
                filter,
                ..Clauses::default()
            },
        })
    }

    fn select(&mut self, nesting: Nesting) -> Result<Select, SoqlError> {
        let is_count = matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case("count"))
            && self.tokens[self.next + 1].token == Token::Symbol("(");
        if is_count && nesting == Nesting::Root {
            self.next += 2;
            self.symbol(")")?;
            return Ok(Select::Count);
        }
        let mut items = vec![self.item(nesting)?];
        while self.accept_symbol(",") {
            items.push(self.item(nesting)?);
        }
        Ok(Select::Items(items))
    }

    fn item(&mut self, nesting: Nesting) -> Result<Item, SoqlError> {
        if nesting == Nesting::Root && self.accept_symbol("(") {
            let query = self.query(Nesting::Child)?;
            self.symbol(")")?;
            return Ok(Item::Children(query));
        }
        let path = self.path()?;
        match self.peek() {
            Token::Word(word) if !is_reserved(word) => Err(SoqlError::malformed(
                "only aggregate expressions use field aliasing",
            )),
            _ => Ok(Item::Path(path)),
        }
    }

    /// What may follow an object, each at most once and in this order.
    pub(crate) fn clauses(&mut self) -> Result<Clauses, SoqlError> {
        let mut clauses = Clauses::default();
        if self.accept("WHERE") {
            clauses.filter = Some(self.condition()?);
        }
        if self.accept("ORDER") {
            self.keyword("BY")?;
            clauses.order.push(self.order()?);
            while self.accept_symbol(",") {
                clauses.order.push(self.order()?);
            }
        }
        if self.accept("LIMIT") {
            clauses.limit = Some(self.count()?);
        }
        if self.accept("OFFSET") {
            clauses.offset = self.count()?;
        }
        if clauses.offset > MAX_OFFSET {
            let problem = format!("Maximum SOQL offset allowed is {MAX_OFFSET}");
            return Err(SoqlError::new("NUMBER_OUTSIDE_VALID_RANGE", problem));
        }
        Ok(clauses)
    }

    fn order(&mut self) -> Result<Order, SoqlError> {
        let path = self.path()?;
        let direction = if self.accept("DESC") {
            Direction::Descending
        } else {
            self.accept("ASC");
            Direction::Ascending
        };
        let nulls = if !self.accept("NULLS") || self.accept("FIRST") {
            Nulls::First
        } else {
            self.keyword("LAST")?;
            Nulls::Last
        };
        Ok(Order {
            path,
            direction,
            nulls,
        })
    }

    pub(crate) fn count(&mut self) -> Result<usize, SoqlError> {
        let Token::Number(digits) = self.peek() else {
            return Err(self.unexpected());
        };
        let count = digits.parse().map_err(|_| self.unexpected())?;
        self.next += 1;
        Ok(count)
    }

    pub(crate) fn name(&mut self) -> Result<Name, SoqlError> {
        let at = self.tokens[self.next].start;
        match self.peek() {
            Token::Word(word) if may_name_object(word) && !word.contains('.') => {
                self.next += 1;
                Ok(Name {
                    text: word.to_owned(),
                    at,
                })
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(crate) fn path(&mut self) -> Result<Path, SoqlError> {
        let at = self.tokens[self.next].start;
        let Token::Word(word) = self.peek() else {
            return Err(self.unexpected());
        };
        let mut names: Vec<String> = word.split('.').map(str::to_owned).collect();
        let is_name = |name: &String| {
            name.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_reserved(name)
        };
        let field = names.pop().filter(is_name);
        let Some(field) = field.filter(|_| names.iter().all(is_name)) else {
            return Err(self.unexpected());
        };
        if names.len() > MAX_PARENTS {
            let problem =
                format!("SOQL relationship path '{word}' has more than {MAX_PARENTS} levels");
            return Err(SoqlError::malformed(problem));
        }
        self.next += 1;
        Ok(Path {
            parents: names,
            field,
            at,
        })
    }

    pub(super) fn peek(&self) -> Token<'a> {
        self.tokens[self.next].token
    }

    pub(super) fn advance(&mut self) {
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
    }

    pub(super) fn is_at(&self, keyword: &str) -> bool {
        matches!(self.peek(), Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    pub(crate) fn accept(&mut self, keyword: &str) -> bool {
        let is_next = self.is_at(keyword);
        self.next += usize::from(is_next);
        is_next
    }

    pub(crate) fn keyword(&mut self, keyword: &str) -> Result<(), SoqlError> {
        match self.accept(keyword) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    pub(crate) fn accept_symbol(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Token::Symbol(found) if found == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    pub(crate) fn symbol(&mut self, symbol: &str) -> Result<(), SoqlError> {
        match self.accept_symbol(symbol) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    pub(crate) fn end(&self) -> Result<(), SoqlError> {
        match self.peek() {
            Token::End => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    /// The refusal of the next token.
    pub(crate) fn unexpected(&self) -> SoqlError {
        let Spanned { token, start, end } = self.tokens[self.next];
        match token {
            Token::End => SoqlError::unexpected("<EOF>"),
            Token::Symbol(":") => SoqlError::malformed("Bind variables only allowed in Apex code"),
            _ => SoqlError::unexpected(&self.text[start..end]),
        }
    }
}

/// One standard object has the name of a clause.
fn may_name_object(word: &str) -> bool {
    !is_reserved(word) || word.eq_ignore_ascii_case("Group")
}

fn is_reserved(word: &str) -> bool {
    let mut reserved = RESERVED.into_iter();
    reserved.any(|reserved| word.eq_ignore_ascii_case(reserved))
}
