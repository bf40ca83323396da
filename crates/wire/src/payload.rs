//! Finding `input_data`, plain parameters and files in a request (conventions 1.6, wire-facts 6 and 7).
//!
//! The query comes first, then the body; the body is understood by its content, because Content-Type is
//! absent or wrong too often:
//!
//! 1. it begins with `{` or `[`: JSON, either `{"input_data": …}` or the payload itself;
//! 2. it has the boundary that the header names, or begins with `--`: multipart;
//! 3. anything else that is text: a form. Text has no control characters but white space, so something compressed
//!    or in UTF-16, which would be taken for a form without `input_data`, is told from it.
//!
//! In forms `+` and `%20` are spaces, and a `%` that begins no escape is a percent sign. Some clients send
//! JSON in a form body without encoding it. A value in a **body** counts as such when it begins with a raw
//! bracket and, up to the next `&`, holds a byte that an encoder never leaves: white space inside, a control
//! character, a byte above 127, or a double quote while there is no `%XX` at all. Then it is taken as it
//! stands, up to the end of the JSON, so `+`, `%` and `&` inside it mean themselves. When that gives nothing
//! readable it is decoded after all; and an encoded value that gives nothing readable is tried raw, in the
//! query too (where spaces cannot be raw and tools leave quotes alone, so decoding goes first).

use crate::{Failure, lenient, multipart};
use percent_encoding::percent_decode;
use serde_json::Value;
use std::ops::Range;

/// The parts of an HTTP request that may carry data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw<'a> {
    /// The query string, without the question mark, still encoded.
    pub query: &'a str,
    /// The Content-Type header; only a multipart boundary is read from it.
    pub content_type: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

/// An uploaded file: any multipart part with a file name, or whose content is not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePart {
    /// The name of the part; `input_file`, `file` and others are used (conventions 6).
    pub field: String,
    /// The name of the file as sent, not trusted: it may hold a path.
    pub file_name: Option<String>,
    /// The content type as sent, not trusted.
    pub content_type: Option<String>,
    /// Where the content is in the body.
    pub data: Range<usize>,
}

/// What a request carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload {
    /// `input_data`: an object or an array. `None` when absent, blank or `null`.
    pub input: Option<Value>,
    /// Every other parameter, the query's first, in the order sent.
    pub params: Vec<(String, String)>,
    /// The files, in the order sent.
    pub files: Vec<FilePart>,
}

const INPUT_DATA: &str = "input_data";

/// What is not a file may have so many bytes; no honest call comes near.
pub const TEXT_BYTES_MAX: usize = 12 * 1024 * 1024;

/// Reads a request. When `input_data` is in the query the one in the body is not looked at.
///
/// # Errors
/// `input_data` is not UTF-8, not readable as JSON or Python, or neither object nor array; a multipart body is broken off; or
/// there are more than [`TEXT_BYTES_MAX`] bytes besides files.
pub fn read(raw: Raw<'_>) -> Result<Payload, Failure> {
    let mut payload = Payload::default();
    read_form(raw.query.as_bytes(), Order::DecodedFirst, &mut payload)?;
    let body = raw.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw.body).trim_ascii_start();
    if matches!(body.first(), Some(b'{' | b'[')) {
        bounded(body.len())?;
        if payload.input.is_none() {
            read_json(body, &mut payload)?;
        }
    } else if let Some(parts) = multipart::read(raw.body, raw.content_type) {
        read_parts(raw.body, parts.map_err(|_| Failure::unable_to_parse("multipart"))?, &mut payload)?;
    } else if is_text(body) {
        bounded(body.len())?;
        read_form(body, Order::BySight, &mut payload)?;
    } else {
        return Err(Failure::not_json("the body is neither JSON nor a form nor multipart"));
    }
    Ok(payload)
}

fn bounded(text_bytes: usize) -> Result<(), Failure> {
    if text_bytes > TEXT_BYTES_MAX { Err(Failure::too_large()) } else { Ok(()) }
}

/// Whether bytes can be a form. They need not be UTF-8: older clients put Latin-1 into fields that nobody reads.
fn is_text(body: &[u8]) -> bool {
    !body.iter().any(|&b| b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n' | 0x0c))
}

/// A form that a page of ours sent: its pairs in the order sent, and its files. `None` for what no browser sends, and for more than
/// `pairs_max` pairs. Here `input_data` means nothing, and JSON is none.
#[must_use]
pub fn web_form(content_type: Option<&str>, body: &[u8], pairs_max: usize) -> Option<Payload> {
    let mut payload = Payload::default();
    let Some(parts) = multipart::read(body, content_type) else {
        payload.params = few_pairs(&String::from_utf8_lossy(body), pairs_max)?;
        return Some(payload);
    };
    for part in parts.ok()? {
        let bytes = body.get(part.data.clone()).unwrap_or_default();
        take_part(part, bytes, &mut payload);
    }
    (payload.params.len() <= pairs_max).then_some(payload)
}

/// The name-value pairs of a query or form body, decoded. What is not UTF-8 is replaced, as are NUL
/// characters, which PostgreSQL cannot store. A name without `=` has an empty value.
#[must_use]
pub fn form_pairs(form: &str) -> Vec<(String, String)> {
    each_pair(form).collect()
}

/// The same pairs; `None` for more than `pairs_max`, which are counted before any is made: somebody unknown may have sent them.
#[must_use]
pub fn few_pairs(form: &str, pairs_max: usize) -> Option<Vec<(String, String)>> {
    let between = form.bytes().filter(|b| *b == b'&').count();
    (between < pairs_max).then(|| form_pairs(form))
}

/// The same pairs one after the other, for whoever looks for one of them among more than anybody should have sent.
pub fn each_pair(form: &str) -> impl Iterator<Item = (String, String)> + '_ {
    let mut rest = form.as_bytes();
    std::iter::from_fn(move || {
        next_pair(&mut rest).map(|(name, value)| (lossy(&decode(name)), lossy(&decode(value))))
    })
}

/// Whether a value that looks like raw JSON is believed to be raw.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    DecodedFirst,
    BySight,
}

fn read_form(form: &[u8], order: Order, payload: &mut Payload) -> Result<(), Failure> {
    let mut rest = form;
    while let Some(at) = rest.iter().position(|&b| b != b'&') {
        rest = rest.get(at..).unwrap_or_default();
        let whole = rest;
        let Some((name, value)) = next_pair(&mut rest) else { break };
        let name = lossy(&decode(name));
        if name != INPUT_DATA {
            payload.params.push((name, lossy(&decode(value))));
            continue;
        }
        // The first one counts. Others are not even looked at: each might be read to the end of the body.
        if payload.input.is_some() {
            continue;
        }
        let from_value = whole.iter().position(|&b| b == b'=').and_then(|at| whole.get(at + 1..));
        let (input, left) = read_form_value(value, from_value.unwrap_or_default(), rest, order)?;
        rest = left;
        payload.input = input;
    }
    Ok(())
}

/// The value of `input_data` and what is left of the form after it. `value` ends at the next `&`,
/// `from_value` runs to the end, `after` begins behind that `&`.
fn read_form_value<'a>(
    value: &[u8],
    from_value: &'a [u8],
    after: &'a [u8],
    order: Order,
) -> Result<(Option<Value>, &'a [u8]), Failure> {
    if order == Order::BySight
        && looks_raw(value)
        && let Some((input, left)) = read_raw(from_value)
    {
        return Ok((input, left));
    }
    match read_text(&decode(value)) {
        Ok(input) => Ok((input, after)),
        Err(failure) => read_raw(from_value).ok_or(failure),
    }
}

/// The rule of the module's front page.
fn looks_raw(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    matches!(value.first(), Some(b'{' | b'['))
        && (value.iter().any(|&b| b <= b' ' || b >= 0x7f) || value.contains(&b'"') && !has_escape(value))
}

fn has_escape(value: &[u8]) -> bool {
    value
        .windows(3)
        .any(|w| matches!(w, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}

/// JSON that was not encoded, at the beginning of a form that may go on behind it.
fn read_raw(form: &[u8]) -> Option<(Option<Value>, &[u8])> {
    let text = std::str::from_utf8(form).ok()?;
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let (_, end) = lenient::parse_prefix(text).ok()?;
    let (json, left) = text.split_at_checked(end)?;
    let left = left.trim_start();
    if !left.is_empty() && !left.starts_with('&') {
        return None;
    }
    Some((read_text(json.as_bytes()).ok()?, left.as_bytes()))
}

/// A body that is JSON: a wrapper with `input_data` in it, whose other members are plain parameters, or the
/// payload itself.
fn read_json(body: &[u8], payload: &mut Payload) -> Result<(), Failure> {
    let mut value = parse(body)?;
    if let Value::Object(members) = &mut value
        && let Some(inner) = members.remove(INPUT_DATA)
    {
        payload.input = match inner {
            Value::String(text) => read_text(text.as_bytes())?,
            inner => checked(inner)?,
        };
        for (name, member) in std::mem::take(members) {
            let text = if let Value::String(text) = member { text } else { member.to_string() };
            payload.params.push((name, text));
        }
        return Ok(());
    }
    payload.input = checked(value)?;
    Ok(())
}

fn read_parts(body: &[u8], parts: Vec<multipart::Part>, payload: &mut Payload) -> Result<(), Failure> {
    let texts = parts.iter().filter_map(|part| {
        let bytes = body.get(part.data.clone())?;
        (part.name == INPUT_DATA || !is_file(part, bytes)).then_some(bytes.len())
    });
    bounded(texts.sum())?;
    for part in parts {
        let bytes = body.get(part.data.clone()).unwrap_or_default();
        if part.name == INPUT_DATA {
            if payload.input.is_none() {
                payload.input = read_text(bytes)?;
            }
        } else {
            take_part(part, bytes, payload);
        }
    }
    Ok(())
}

fn take_part(part: multipart::Part, bytes: &[u8], payload: &mut Payload) {
    if part.file_name.as_deref() == Some("") && bytes.is_empty() {
        // A browser's file field in which nothing was chosen.
    } else if is_file(&part, bytes) {
        payload.files.push(FilePart {
            field: lossy(part.name.as_bytes()),
            file_name: part.file_name.map(|name| lossy(name.as_bytes())),
            content_type: part.content_type.map(|kind| lossy(kind.as_bytes())),
            data: part.data,
        });
    } else {
        payload.params.push((lossy(part.name.as_bytes()), lossy(bytes)));
    }
}

fn is_file(part: &multipart::Part, bytes: &[u8]) -> bool {
    let is_text = part.content_type.as_deref().is_none_or(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/plain") || kind.eq_ignore_ascii_case("application/json")
    });
    part.file_name.is_some() || !is_text || std::str::from_utf8(bytes).is_err()
}

/// The text of an `input_data`, decoded already.
fn read_text(bytes: &[u8]) -> Result<Option<Value>, Failure> {
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    checked(parse(bytes)?)
}

fn parse(bytes: &[u8]) -> Result<Value, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Failure::not_json(format_args!("not UTF-8 at byte {}", e.valid_up_to())))?;
    lenient::parse(text).map_err(Failure::not_json)
}

/// An object or array, also one that was put into a string on the way.
fn checked(value: Value) -> Result<Option<Value>, Failure> {
    match lenient::opened(&value).into_owned() {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        value @ (Value::Object(_) | Value::Array(_)) => Ok(Some(value)),
        _ => Err(Failure::not_json("neither an object nor an array")),
    }
}

/// The next pair of a form, still encoded; empty pairs are skipped.
fn next_pair<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    loop {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|&b| b == b'&').unwrap_or(rest.len());
        let pair = rest.get(..end).unwrap_or_default();
        *rest = rest.get(end + 1..).unwrap_or_default();
        if !pair.is_empty() {
            let name_end = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let value = pair.get(name_end + 1..).unwrap_or_default();
            return Some((pair.get(..name_end).unwrap_or_default(), value));
        }
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = encoded.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_decode(&spaced).collect()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests;
