//! Splits an input into its elements: the objects of newline-delimited JSON, of an array, or one object.

use std::io::BufRead;

use crate::error::{InputError, NOT_TEXT, Place, SAVE_AS_UTF8};

/// How the elements of an input are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One JSON array.
    Array,
    /// One object a line, or objects that span lines.
    Lines,
}

/// Where the reading stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first object of [`Shape::Lines`].
    BeforeLines,
    /// Each object has a line of its own.
    OnePerLine,
    /// Objects span lines.
    Spanning,
    /// Before the one object that a request body is, unless it is an array.
    Sole,
    /// Before the first element of an array.
    ArrayStart,
    /// After an element of an array.
    ArrayRest,
    /// All is read, or the rest can not be.
    Done,
}

/// The elements of an input, one after another, each in the same buffer.
#[derive(Debug)]
pub(crate) struct Elements<R> {
    input: R,
    state: State,
    shape: Shape,
    element: Vec<u8>,
    /// Where the next byte of the input is.
    here: Place,
    failed: Option<InputError>,
}

impl<R: BufRead> Elements<R> {
    /// Reads as far as the first byte that says something.
    pub(crate) fn new(input: R) -> Self {
        let mut this = Self {
            input,
            state: State::BeforeLines,
            shape: Shape::Lines,
            element: Vec::new(),
            here: Place::START,
            failed: None,
        };
        if let Err(error) = this.begin() {
            this.state = State::Done;
            this.failed = Some(error);
        }
        this
    }

    /// The elements of a request body: of an array, or one object and nothing after it.
    pub(crate) fn of_body(body: R) -> Self {
        let mut this = Self::new(body);
        if this.state == State::BeforeLines {
            this.state = State::Sole;
        }
        this
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// The next element and where it starts.
    pub(crate) fn next(&mut self) -> Result<Option<(&[u8], Place)>, InputError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let found = match self.state {
            State::Done => Ok(None),
            State::ArrayStart | State::ArrayRest => self.next_in_array(),
            State::BeforeLines | State::OnePerLine | State::Spanning => self.next_in_lines(),
            State::Sole => self.sole(),
        };
        match found {
            Ok(Some(place)) => {
                self.here.index += 1;
                Ok(Some((&self.element, place)))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                self.state = State::Done;
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> Result<(), InputError> {
        // A byte order mark is not JSON, but some editors write one.
        if self.peek()? == Some(0xEF) {
            for byte in [0xEF, 0xBB, 0xBF] {
                if self.peek()? != Some(byte) {
                    return Err(self.here.error(NOT_TEXT, SAVE_AS_UTF8));
                }
                self.input.consume(1);
            }
        }
        if self.skip_blank()? == Some(b'[') {
            self.advance();
            self.shape = Shape::Array;
            self.state = State::ArrayStart;
        }
        Ok(())
    }

    fn next_in_lines(&mut self) -> Result<Option<Place>, InputError> {
        match self.skip_blank()? {
            None => return Ok(None),
            Some(b'{') => {}
            Some(other) => return Err(self.no_object(other)),
        }
        let place = self.here;
        let mut scan = Scan::default();
        self.element.clear();
        loop {
            let start = self.element.len();
            let read = self.input.read_until(b'\n', &mut self.element);
            let length = read.map_err(|error| self.here.failed(&error))?;
            if length == 0 {
                // The parser tells where it ends too early.
                self.state = State::Done;
                return Ok(Some(place));
            }
            self.moved_over(start);
            if self.state == State::OnePerLine {
                return Ok(Some(place));
            }
            let complete = scan.end_of_object(&self.element[start..]).is_some();
            match (complete, self.state) {
                (true, State::BeforeLines) => self.state = State::OnePerLine,
                (true, _) => {}
                (false, _) => {
                    self.state = State::Spanning;
                    continue;
                }
            }
            return Ok(Some(place));
        }
    }

    fn sole(&mut self) -> Result<Option<Place>, InputError> {
        match self.skip_blank()? {
            Some(b'{') => {}
            Some(other) => return Err(self.no_object(other)),
            None => {
                return Err(self.here.error(
                    "the body is empty",
                    "send one event, or an array of events, which may be empty",
                ));
            }
        }
        self.state = State::Done;
        // Its end is not looked for: the parser stops at the first thing that is wrong, or at what follows.
        self.element.clear();
        let read = self.input.read_to_end(&mut self.element);
        read.map_err(|error| self.here.failed(&error))?;
        Ok(Some(self.here))
    }

    fn next_in_array(&mut self) -> Result<Option<Place>, InputError> {
        let next = self.skip_blank()?;
        let next = match (self.state, next) {
            (_, Some(b']')) => {
                self.advance();
                return self.end_of_array();
            }
            (State::ArrayRest, Some(b',')) => {
                self.advance();
                self.skip_blank()?
            }
            (State::ArrayRest, Some(_)) => {
                return Err(self.here.error(
                    "expected `,` or `]` after an element",
                    "write it as JSON (RFC 8259)",
                ));
            }
            (_, next) => next,
        };
        match next {
            Some(b'{') => {}
            Some(other) => return Err(self.no_object(other)),
            None => {
                return Err(self.here.error(
                    "the array does not end",
                    "the text ends too early: send the whole of it",
                ));
            }
        }
        self.state = State::ArrayRest;
        let place = self.here;
        let mut scan = Scan::default();
        self.element.clear();
        loop {
            let chunk = self
                .input
                .fill_buf()
                .map_err(|error| self.here.failed(&error))?;
            if chunk.is_empty() {
                // The parser tells where it ends too early.
                self.state = State::Done;
                break;
            }
            let end = scan.end_of_object(chunk);
            let length = end.unwrap_or(chunk.len());
            self.element.extend_from_slice(&chunk[..length]);
            self.input.consume(length);
            if end.is_some() {
                break;
            }
        }
        self.moved_over(0);
        Ok(Some(place))
    }

    fn end_of_array(&mut self) -> Result<Option<Place>, InputError> {
        self.state = State::Done;
        match self.skip_blank()? {
            None => Ok(None),
            Some(_) => Err(self.here.error(
                "something follows the array",
                "put everything into one array",
            )),
        }
    }

    /// What is wrong with an element that begins with `byte`.
    fn no_object(&self, byte: u8) -> InputError {
        match byte {
            b'"' | b',' | b'-' | b'0'..=b'9' | b'[' | b']' | b'f' | b'n' | b't' | b'}' => self
                .here
                .error("expected an object", "send one JSON object for each event"),
            0x1F => self.here.error(
                format!("{NOT_TEXT}: it seems to be packed with gzip"),
                match self.state {
                    State::Sole => "send it unpacked",
                    _ => "unpack it on the way, as in `zcat FILE | casewire replay -`",
                },
            ),
            // How a text in UTF-16 begins.
            0 | 0xFE | 0xFF => self.here.error(NOT_TEXT, SAVE_AS_UTF8),
            _ => self.here.error(
                NOT_TEXT,
                match self.state {
                    State::Sole => "write one event as a JSON object, several as an array of them",
                    _ => "write each event as a JSON object, one a line or all in one array",
                },
            ),
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, InputError> {
        let chunk = self.input.fill_buf();
        let chunk = chunk.map_err(|error| self.here.failed(&error))?;
        Ok(chunk.first().copied())
    }

    /// Skips white space; the byte after it, which stays.
    fn skip_blank(&mut self) -> Result<Option<u8>, InputError> {
        while let Some(byte) = self.peek()? {
            match byte {
                b' ' | b'\t' | b'\r' => self.advance(),
                b'\n' => {
                    self.input.consume(1);
                    self.here.line += 1;
                    self.here.column = 1;
                }
                _ => return Ok(Some(byte)),
            }
        }
        Ok(None)
    }

    fn advance(&mut self) {
        self.input.consume(1);
        self.here.column += 1;
    }

    /// Moves `here` over what was read into the element from `start` on.
    fn moved_over(&mut self, start: usize) {
        let read = &self.element[start..];
        self.here = self.here.inside(read, read.len());
    }
}

/// Finds the end of an object that arrives in pieces.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    /// The piece before ended between a backslash and what it escapes.
    escaped: bool,
}

impl Scan {
    /// Where the object ends in this piece, if it does.
    fn end_of_object(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < piece.len() {
            if self.in_string {
                at = self.end_of_string(piece, at);
                continue;
            }
            match piece[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn end_of_string(&mut self, piece: &[u8], mut at: usize) -> usize {
        if std::mem::take(&mut self.escaped) {
            at += 1;
        }
        while at < piece.len() {
            match piece[at] {
                b'"' => {
                    self.in_string = false;
                    return at + 1;
                }
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        self.escaped = at > piece.len();
        at
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn split(input: &str, buffer: usize) -> Vec<(String, usize, usize)> {
        let mut elements = Elements::new(BufReader::with_capacity(buffer, input.as_bytes()));
        let mut found = Vec::new();
        while let Some((element, place)) = elements.next().unwrap() {
            let text = std::str::from_utf8(element).unwrap().trim_end();
            found.push((text.to_owned(), place.line, place.column));
        }
        found
    }

    #[test]
    fn splits_alike_whatever_the_size_of_the_pieces() {
        let tricky = r#"{"a":"}\"]\\","b":[{"c":"{"}]}"#;
        for buffer in 1..40 {
            let array = format!("\u{feff} [\n  {tricky} ,\n{tricky}]\n");
            assert_eq!(
                split(&array, buffer),
                [(tricky.to_owned(), 2, 3), (tricky.to_owned(), 3, 1)],
                "array, {buffer}"
            );
            let lines = format!("\r\n{tricky}\r\n\n  {tricky}");
            assert_eq!(
                split(&lines, buffer),
                [(tricky.to_owned(), 2, 1), (tricky.to_owned(), 4, 3)],
                "lines, {buffer}"
            );
            let spanning = "{\n \"a\": {\n\"}\": 1}\n}\n{\n}";
            assert_eq!(
                split(spanning, buffer),
                [
                    ("{\n \"a\": {\n\"}\": 1}\n}".to_owned(), 1, 1),
                    ("{\n}".to_owned(), 5, 1)
                ],
                "spanning, {buffer}"
            );
        }
    }

    #[test]
    fn nothing_is_no_element() {
        for input in ["", " \n\r\n", "[]", " [ ] \n", "\u{feff}"] {
            assert_eq!(split(input, 8), [], "{input:?}");
        }
    }
}
