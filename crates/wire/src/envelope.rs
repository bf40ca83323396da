//! Writing answers: the few shapes that clients hard-code (conventions 4.1 and 4.3, wire-facts 11).
//!
//! Everything is written into a [`String`] as finished JSON text; entities arrive as JSON text too, so
//! nothing is built twice.

use crate::failure::Message;
use crate::list_info::ListInfoView;

/// The status of a single get, an edit, a delete.
const SUCCESS: &str = "{\"status_code\":2000,\"status\":\"success\"}";

/// Writes `text` as a JSON string, quotes included. Clean runs are copied whole; only what JSON demands is
/// escaped, because one client reads answers with patterns (wire-facts 4).
pub fn json_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    // Every byte we stop at is ASCII, so the cuts are at character boundaries.
    while let Some(clean) = to_escape(rest.as_bytes()) {
        let (run, tail) = rest.split_at(clean);
        out.push_str(run);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                out.push_str("\\u00");
                for digit in [u32::from(control) >> 4, u32::from(control) & 15] {
                    out.push(char::from_digit(digit, 16).unwrap_or('0'));
                }
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Where the first byte is that JSON demands to be escaped. Sixteen at a time: most texts have few or none.
fn to_escape(text: &[u8]) -> Option<usize> {
    const STEP: usize = 16;
    let is_special = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    let (steps, _) = text.as_chunks::<STEP>();
    // Without an early end, so that a step is a few vector instructions.
    let clean =
        steps.iter().take_while(|step| !step.iter().fold(false, |any, b| any | is_special(b))).count();
    let from = clean * STEP;
    text.get(from..)?.iter().position(is_special).map(|at| from + at)
}

/// `{"<key>":<json>,"response_status":{…}}`: one entity, under its singular key.
#[must_use]
pub fn object(key: &str, json: &str) -> String {
    let mut out = String::with_capacity(key.len() + json.len() + 80);
    object_open(&mut out, key);
    out.push_str(json);
    object_close(&mut out);
    out
}

/// Begins what [`object`] makes: the caller writes the entity, then [`object_close`].
pub fn object_open(out: &mut String, key: &str) {
    out.push('{');
    json_string(out, key);
    out.push(':');
}

/// Ends it.
pub fn object_close(out: &mut String) {
    out.push_str(",\"response_status\":");
    out.push_str(SUCCESS);
    out.push('}');
}

/// Begins a list: `{"<key>":[`. The caller writes the rows, separated by commas, then [`list_close`].
pub fn list_open(out: &mut String, key: &str) {
    out.push('{');
    json_string(out, key);
    out.push_str(":[");
}

/// Ends a list: `],"list_info":{…},"response_status":[{…}]}`. The status is an array here and nowhere else.
pub fn list_close(out: &mut String, info: &ListInfoView<'_>) {
    out.push_str("],");
    info.write(out);
    out.push_str(",\"response_status\":[");
    out.push_str(SUCCESS);
    out.push_str("]}");
}

/// A whole list from rows that are JSON text already.
#[must_use]
pub fn list<R: AsRef<str>>(key: &str, rows: &[R], info: &ListInfoView<'_>) -> String {
    let length: usize = rows.iter().map(|r| r.as_ref().len() + 1).sum();
    let mut out = String::with_capacity(length + 240);
    list_open(&mut out, key);
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(row.as_ref());
    }
    list_close(&mut out, info);
    out
}

/// An answer without an entity: a delete, or an operation that says in words what it did. Clients read
/// `messages[0].message` of the linking calls, so those must give one (conventions 4.1).
#[must_use]
pub fn status_only(message: Option<&str>) -> String {
    let mut out = String::with_capacity(160);
    out.push_str("{\"response_status\":");
    match message {
        None => out.push_str(SUCCESS),
        Some(text) => {
            out.push_str(
                "{\"status_code\":2000,\"messages\":[{\"status_code\":2000,\"type\":\"success\",\"message\":",
            );
            json_string(&mut out, text);
            out.push_str("}],\"status\":\"success\"}");
        }
    }
    out.push('}');
    out
}

/// The third state, sent with HTTP 200: understood, not done (conventions 4.3). The entity as it stands
/// may go beside it, as key and JSON text.
#[must_use]
pub fn warning(messages: &[Message], entity: Option<(&str, &str)>) -> String {
    let mut out = String::with_capacity(200);
    out.push('{');
    if let Some((key, json)) = entity {
        json_string(&mut out, key);
        out.push(':');
        out.push_str(json);
        out.push(',');
    }
    out.push_str("\"response_status\":{\"status_code\":3000,\"messages\":[");
    for (i, message) in messages.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        message.write(&mut out);
    }
    out.push_str("],\"status\":\"warning\"}}");
    out
}

#[cfg(test)]
mod tests;
