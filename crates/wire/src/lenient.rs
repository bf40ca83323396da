//! The JSON dialect that clients really send (conventions 1.7, wire-facts 7): JSON first, and when that
//! fails, a tolerant reader that also knows Python literals.
//!
//! Beyond JSON it accepts single-quoted strings with Python's escapes, the prefixes `u` and `b`,
//! `True`/`False`/`None`/`null` in any case, trailing commas, tuples as arrays, numbers as keys, the `L`
//! of an old Python's long, raw line breaks inside strings, and a byte order mark. It does not accept bare
//! words, comments, sets or NaN. Work and memory are linear in the text, and so is the stack in the depth,
//! which is limited. So is how much is read: seven bytes of text can be an object, which takes some hundred times as
//! many in memory.

use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// Arrays and objects may be nested this deep.
pub const DEPTH_MAX: usize = 64;
/// A text may hold so many values, an object counting as [`OBJECT_WEIGHT`] of them. The largest honest input, three hundred people
/// with all their fields, has some ten thousand.
pub const VALUES_MAX: usize = 400_000;
/// As how many values an object counts.
pub const OBJECT_WEIGHT: usize = 20;

const TOO_MANY: &str = "more values than anybody needs";

/// Why a text cannot be read, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {offset}")]
pub struct ParseError {
    /// The byte where reading stopped.
    pub offset: usize,
    /// What was wrong there.
    pub reason: &'static str,
}

/// Reads JSON or a Python literal. A key given twice keeps its last value, lone surrogates become U+FFFD,
/// whole numbers keep all digits up to 64 bits and become a double beyond that.
///
/// # Errors
/// Neither JSON nor a Python literal, nested too deep, or text with a NUL character in it, which PostgreSQL
/// cannot store.
pub fn parse(text: &str) -> Result<Value, ParseError> {
    // The other reader counts while it reads, and stops.
    let read = (!has_too_many(text)).then(|| serde_json::from_str(text.trim_start_matches('\u{feff}')));
    match read {
        Some(Ok(value)) if is_storable(&value, DEPTH_MAX) => Ok(value),
        // The tolerant reader has the same limits, and it knows where they were passed.
        _ => {
            let (value, end) = parse_prefix(text)?;
            let rest = text.get(end..).unwrap_or_default();
            if rest.trim().is_empty() {
                return Ok(value);
            }
            let offset = end + (rest.len() - rest.trim_start().len());
            Err(ParseError { offset, reason: "more text after the end of the value" })
        }
    }
}

/// Reads the value at the beginning of `text` with the tolerant reader and tells where it ends, for texts
/// in which something else follows.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_prefix(text: &str) -> Result<(Value, usize), ParseError> {
    let at = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut reader = Reader { text, at, left: VALUES_MAX };
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

/// The value itself, or, for a string that holds an array or object in either notation, what it holds:
/// clients send the inner objects as strings (conventions 1.7 point 3). Only for places where text makes no
/// sense; a subject may well begin with a bracket.
#[must_use]
pub fn opened(value: &Value) -> Cow<'_, Value> {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '[', '('])
        && let Ok(inner) = parse(text)
    {
        return Cow::Owned(inner);
    }
    Cow::Borrowed(value)
}

/// Whether a text has more values than may be read, before anything is made of them.
fn has_too_many(text: &str) -> bool {
    // Shorter ones cannot.
    if text.len() < VALUES_MAX / OBJECT_WEIGHT {
        return false;
    }
    let (mut count, mut quote, mut is_escaped) = (0_usize, None, false);
    text.bytes().any(|b| {
        match (quote, b) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(open), b) if b == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'{') => count += OBJECT_WEIGHT,
            (None, b'[' | b'(' | b',' | b':') => count += 1,
            (None, _) => {}
        }
        count > VALUES_MAX
    })
}

fn is_storable(value: &Value, depth_left: usize) -> bool {
    match value {
        Value::String(s) => !s.contains('\0'),
        Value::Array(items) => depth_left > 0 && items.iter().all(|v| is_storable(v, depth_left - 1)),
        Value::Object(map) => {
            depth_left > 0 && map.iter().all(|(k, v)| !k.contains('\0') && is_storable(v, depth_left - 1))
        }
        _ => true,
    }
}

const NUL: &str = "a NUL character cannot be stored";
const BAD_NUMBER: &str = "not a number";

struct Reader<'a> {
    text: &'a str,
    /// Always at a character boundary when a new token begins.
    at: usize,
    /// How many more values may come.
    left: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    const fn fail<T>(&self, reason: &'static str) -> Result<T, ParseError> {
        Err(ParseError { offset: self.at, reason })
    }

    /// The bytes from here on for which `wanted` holds, consumed.
    fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().position(|b| !wanted(b)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.run(|b| b.is_ascii_whitespace());
    }

    fn value(&mut self, depth: usize) -> Result<Value, ParseError> {
        self.skip_space();
        let weight = if self.peek() == Some(b'{') { OBJECT_WEIGHT } else { 1 };
        self.left = match self.left.checked_sub(weight) {
            Some(left) => left,
            None => return self.fail(TOO_MANY),
        };
        match self.peek() {
            None => self.fail("the text ends where a value should be"),
            Some(b'{' | b'[' | b'(') if depth >= DEPTH_MAX => self.fail("nested too deep"),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(b']', depth),
            Some(b'(') => self.array(b')', depth),
            Some(_) => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Result<Value, ParseError> {
        match self.peek() {
            Some(b'\'' | b'"') => self.string(false).map(Value::String),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b) if b.is_ascii_alphabetic() => self.word(),
            Some(0) => self.fail(NUL),
            Some(_) => self.fail("unexpected character"),
            None => self.fail("the text ends too early"),
        }
    }

    fn array(&mut self, close: u8, depth: usize) -> Result<Value, ParseError> {
        let mut items = Vec::new();
        self.at += 1;
        loop {
            self.skip_space();
            if self.peek() == Some(close) {
                self.at += 1;
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
            self.separator(close)?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, ParseError> {
        let mut map = Map::new();
        self.at += 1;
        loop {
            self.skip_space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Object(map));
            }
            let key = match self.scalar()? {
                Value::String(key) => key,
                Value::Number(number) => number.to_string(),
                _ => return self.fail("a key must be a string"),
            };
            self.skip_space();
            if self.peek() != Some(b':') {
                return self.fail("expected a colon");
            }
            self.at += 1;
            map.insert(key, self.value(depth + 1)?);
            self.separator(b'}')?;
        }
    }

    /// Takes the comma after an item; the closing bracket is left for the loop.
    fn separator(&mut self, close: u8) -> Result<(), ParseError> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(())
            }
            Some(b) if b == close => Ok(()),
            Some(_) => self.fail("expected a comma or the closing bracket"),
            None => self.fail("the text ends inside an array or object"),
        }
    }

    fn word(&mut self) -> Result<Value, ParseError> {
        let start = self.at;
        let word = self.run(|b| b.is_ascii_alphanumeric() || b == b'_').to_owned();
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        if (is("u") || is("b")) && matches!(self.peek(), Some(b'\'' | b'"')) {
            return self.string(is("b")).map(Value::String);
        }
        if is("true") {
            Ok(Value::Bool(true))
        } else if is("false") {
            Ok(Value::Bool(false))
        } else if is("null") || is("none") {
            Ok(Value::Null)
        } else {
            Err(ParseError { offset: start, reason: "unknown word" })
        }
    }

    fn number(&mut self) -> Result<Number, ParseError> {
        let offset = self.at;
        let text = self.run(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).to_owned();
        let bad = Err(ParseError { offset, reason: BAD_NUMBER });
        let digits = text.strip_prefix(['-', '+']).unwrap_or(&text);
        if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
            return bad;
        }
        let number = if let Ok(n) = text.parse::<i64>() {
            Number::from(n)
        } else if let Ok(n) = text.parse::<u64>() {
            Number::from(n)
        } else {
            match text.parse::<f64>().ok().and_then(Number::from_f64) {
                Some(n) => n,
                None => return bad,
            }
        };
        if matches!(self.peek(), Some(b'L' | b'l')) {
            self.at += 1;
        }
        Ok(number)
    }

    /// A string in either quotes. In a `b` string the escapes of single bytes are UTF-8 bytes, elsewhere
    /// they are characters.
    fn string(&mut self, is_bytes: bool) -> Result<String, ParseError> {
        let quote = self.peek().unwrap_or(b'"');
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let clean = self.run(|b| b != quote && b != b'\\' && b != 0);
            out.extend_from_slice(clean.as_bytes());
            match self.peek() {
                Some(b) if b == quote => break,
                Some(b'\\') => self.escape(&mut out, is_bytes)?,
                Some(_) => return self.fail(NUL),
                None => return self.fail("the text ends inside a string"),
            }
        }
        self.at += 1;
        Ok(String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn escape(&mut self, out: &mut Vec<u8>, is_bytes: bool) -> Result<(), ParseError> {
        let start = self.at;
        self.at += 1;
        let Some(letter) = self.peek() else {
            return self.fail("the text ends inside a string");
        };
        let simple = match letter {
            b'\\' | b'\'' | b'"' | b'/' => letter,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 0x08,
            b'f' => 0x0c,
            b'a' => 0x07,
            b'v' => 0x0b,
            b'\n' => {
                self.at += 1; // a line continued
                return Ok(());
            }
            b'x' | b'u' | b'U' | b'0'..=b'7' => return self.numeric_escape(start, letter, out, is_bytes),
            _ => {
                out.push(b'\\'); // unknown to Python as well, which then keeps both characters
                return Ok(());
            }
        };
        out.push(simple);
        self.at += 1;
        Ok(())
    }

    fn numeric_escape(
        &mut self,
        start: usize,
        letter: u8,
        out: &mut Vec<u8>,
        is_bytes: bool,
    ) -> Result<(), ParseError> {
        let bad = ParseError { offset: start, reason: "bad escape in a string" };
        let mut code = match letter {
            b'x' => self.hex(1, 2).ok_or(bad)?,
            b'u' => self.hex(1, 4).ok_or(bad)?,
            b'U' => self.hex(1, 8).ok_or(bad)?,
            _ => {
                let length = (1..=3).take_while(|n| self.octal(*n).is_some()).count();
                let code = self.octal(length).ok_or(bad)?;
                self.at += length;
                code
            }
        };
        if code == 0 {
            return Err(ParseError { offset: start, reason: NUL });
        }
        if is_bytes && letter != b'u' && letter != b'U' {
            out.push(u8::try_from(code & 0xff).unwrap_or(b'?'));
            return Ok(());
        }
        if (0xd800..0xdc00).contains(&code) {
            let low_at = self.at;
            let is_escape = self.text.as_bytes().get(low_at..low_at + 2) == Some(b"\\u");
            match if is_escape { self.hex(2, 4) } else { None } {
                Some(low) if (0xdc00..0xe000).contains(&low) => {
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                }
                _ => self.at = low_at,
            }
        }
        let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    /// `count` hexadecimal digits after skipping `skip` bytes, consumed.
    fn hex(&mut self, skip: usize, count: usize) -> Option<u32> {
        let from = self.at + skip;
        let digits = self.text.get(from..from + count)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at = from + count;
        u32::from_str_radix(digits, 16).ok()
    }

    /// The first `count` bytes from here as octal digits.
    fn octal(&self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + count)?;
        if digits.bytes().all(|b| (b'0'..=b'7').contains(&b)) {
            u32::from_str_radix(digits, 8).ok()
        } else {
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
