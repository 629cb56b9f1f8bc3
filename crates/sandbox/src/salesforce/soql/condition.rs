use super::error::SoqlError;
use super::literal::{Pattern, plain};
use super::parse::Parser;
use super::query::{Comparison, Condition, Literal, Membership, Test};
use super::token::Token;

/// Of parentheses; keeps a hostile query from exhausting the stack.
const MAX_DEPTH: usize = 50;

impl Parser<'_> {
    /// Everything up to the end of a WHERE clause.
    pub(super) fn condition(&mut self) -> Result<Condition, SoqlError> {
        self.group()
    }

    /// Conditions joined by AND or by OR. Mixing both needs parentheses, and so does NOT beside
    /// other conditions.
    fn group(&mut self) -> Result<Condition, SoqlError> {
        if self.accept("NOT") {
            let condition = self.single()?;
            if self.is_at("AND") || self.is_at("OR") {
                return Err(self.unexpected());
            }
            return Ok(Condition::Not(Box::new(condition)));
        }
        let first = self.single()?;
        let join = ["AND", "OR"].into_iter().find(|join| self.is_at(join));
        let Some(join) = join else {
            return Ok(first);
        };
        let mut conditions = vec![first];
        while self.accept(join) {
            conditions.push(self.single()?);
        }
        if self.is_at("AND") || self.is_at("OR") {
            return Err(self.unexpected());
        }
        match join {
            "AND" => Ok(Condition::All(conditions)),
            _ => Ok(Condition::Any(conditions)),
        }
    }

    fn single(&mut self) -> Result<Condition, SoqlError> {
        if !self.accept_symbol("(") {
            let path = self.path()?;
            return Ok(Condition::Test(path, self.test()?));
        }
        self.descend()?;
        let condition = self.group()?;
        self.depth -= 1;
        self.symbol(")")?;
        Ok(condition)
    }

    fn descend(&mut self) -> Result<(), SoqlError> {
        if self.depth == MAX_DEPTH {
            let problem = "Query is either selecting too many fields or the filter conditions are too complicated.";
            return Err(SoqlError::new("QUERY_TOO_COMPLICATED", problem));
        }
        self.depth += 1;
        Ok(())
    }

    fn test(&mut self) -> Result<Test, SoqlError> {
        if self.accept("LIKE") {
            let Token::Text(raw) = self.peek() else {
                return Err(SoqlError::malformed("invalid operator"));
            };
            self.advance();
            return Ok(Test::Like(Pattern::parse(raw)?));
        }
        if self.accept("IN") {
            return self.membership(Membership::In);
        }
        if self.accept("NOT") {
            self.keyword("IN")?;
            return self.membership(Membership::NotIn);
        }
        let comparison = match self.peek() {
            Token::Symbol("=") => Comparison::Equal,
            Token::Symbol("!=" | "<>") => Comparison::NotEqual,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("<=") => Comparison::AtMost,
            Token::Symbol(">") => Comparison::More,
            Token::Symbol(">=") => Comparison::AtLeast,
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Test::Compare(comparison, self.literal()?))
    }

    fn membership(&mut self, membership: Membership) -> Result<Test, SoqlError> {
        self.symbol("(")?;
        if self.is_at("SELECT") {
            self.descend()?;
            let query = self.joined_query()?;
            self.depth -= 1;
            self.symbol(")")?;
            return Ok(Test::Join(membership, Box::new(query)));
        }
        let mut literals = vec![self.literal()?];
        while self.accept_symbol(",") {
            literals.push(self.literal()?);
        }
        self.symbol(")")?;
        Ok(Test::In(membership, literals))
    }

    fn literal(&mut self) -> Result<Literal, SoqlError> {
        let literal = match self.peek() {
            Token::Date(date) => Literal::Date(date),
            Token::DateTime(moment) => Literal::DateTime(moment),
            Token::Number(digits) => {
                Literal::Number(digits.parse().map_err(|_| self.unexpected())?)
            }
            Token::Text(raw) => Literal::Text(plain(raw)?),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "false" => Literal::Boolean(false),
                "last_n_days" => return self.last_days(),
                "null" => Literal::Null,
                "today" => Literal::LastDays(0),
                "true" => Literal::Boolean(true),
                _ => return Err(self.unexpected()),
            },
            Token::End | Token::Symbol(_) => return Err(self.unexpected()),
        };
        self.advance();
        Ok(literal)
    }

    fn last_days(&mut self) -> Result<Literal, SoqlError> {
        self.advance();
        self.symbol(":")?;
        let days = self.count()?;
        let days = u32::try_from(days).map_err(|_| self.unexpected())?;
        Ok(Literal::LastDays(days))
    }
}
