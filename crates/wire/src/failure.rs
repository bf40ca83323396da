//! Refusals: the codes and the envelope of an error (conventions 4.2 to 4.5, wire-facts 12).

use crate::envelope::json_string;
use std::fmt::{self, Write as _};

/// No answer carries more messages than this, however bad the input was.
pub const MESSAGES_MAX: usize = 100;

/// The `type` of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// The call was refused.
    Failed,
    /// The call was understood and not done, HTTP 200 (conventions 4.3).
    Warning,
    /// The call was done; operations say so in words.
    Success,
}

impl MessageKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::Success => "success",
        }
    }
}

/// One element of `response_status.messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The code for machines, conventions 4.4.
    pub status_code: u32,
    /// How grave it is.
    pub kind: MessageKind,
    /// The text for people; several codes have none.
    pub message: Option<String>,
    /// The one field it is about.
    pub field: Option<String>,
    /// The fields it is about, for codes that name several; not written when empty.
    pub fields: Vec<String>,
}

impl Message {
    /// A failed message with nothing but its code.
    #[must_use]
    pub const fn failed(status_code: u32) -> Self {
        Self { status_code, kind: MessageKind::Failed, message: None, field: None, fields: Vec::new() }
    }

    /// The warning of a rule that stopped a change without an error: conventions 4.3, code 4003.
    #[must_use]
    pub const fn warning(fields: Vec<String>) -> Self {
        Self { status_code: 4003, kind: MessageKind::Warning, message: None, field: None, fields }
    }

    fn text(mut self, text: impl Into<String>) -> Self {
        self.message = Some(text.into());
        self
    }

    fn about(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Writes the message as a JSON object.
    pub fn write(&self, out: &mut String) {
        let _ = write!(out, "{{\"status_code\":{}", self.status_code);
        if let Some(field) = &self.field {
            out.push_str(",\"field\":");
            json_string(out, field);
        }
        if !self.fields.is_empty() {
            out.push_str(",\"fields\":[");
            for (i, field) in self.fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                json_string(out, field);
            }
            out.push(']');
        }
        out.push_str(",\"type\":\"");
        out.push_str(self.kind.as_str());
        out.push('"');
        if let Some(message) = &self.message {
            out.push_str(",\"message\":");
            json_string(out, message);
        }
        out.push('}');
    }
}

/// A refused call: the HTTP status and what to say. The object form of `response_status` is used for every
/// failure, lists included, because that is what clients read (wire-facts 12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub http: u16,
    /// What went wrong, at least one.
    pub messages: Vec<Message>,
}

impl Failure {
    fn one(http: u16, message: Message) -> Self {
        Self { http, messages: vec![message] }
    }

    /// A key the entity does not have. Clients drop the named key and send again (conventions 4.5).
    #[must_use]
    pub fn extra_key(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4001).text("EXTRA_KEY_FOUND_IN_JSON").about(field))
    }

    /// A plain value in an array of objects (conventions 4.5).
    #[must_use]
    pub fn extra_value_in_array(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4001).text("EXTRA_VALUE_FOUND_IN_JSONARRAY").about(field))
    }

    /// The id or value names nothing, or nothing usable (conventions 4.4).
    #[must_use]
    pub fn not_valid(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::one(
            400,
            Message::failed(4001).text(format!("Value given for {field} is not valid")).about(field),
        )
    }

    /// The value cannot be read as what the field holds (conventions 4.5).
    #[must_use]
    pub fn unable_to_parse(field: impl Into<String>) -> Self {
        let field = field.into();
        let text = format!("Unable to parse the given data for {field}");
        Self::one(400, Message::failed(4001).text(text).about(field))
    }

    /// `input_data` is not a text that the tolerant reader understands; the reason says where it stops.
    #[must_use]
    pub fn not_json(reason: impl fmt::Display) -> Self {
        let text = format!("Unable to parse the given data for input_data: {reason}");
        Self::one(400, Message::failed(4001).text(text).about("input_data"))
    }

    /// The caller may not do this (conventions 4.4).
    #[must_use]
    pub fn not_permitted() -> Self {
        Self::one(403, Message::failed(4002).text("User does not have this permission"))
    }

    /// The caller may do this, but not set this field (conventions 4.5).
    #[must_use]
    pub fn cannot_give_value(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::one(403, Message::failed(4002).text(format!("Cannot give value for {field}")).about(field))
    }

    /// No token, or one that is not or no longer good (conventions 2.7).
    #[must_use]
    pub fn unauthorised() -> Self {
        Self::one(401, Message::failed(4002).text("UNAUTHORISED"))
    }

    /// The token is good but was not granted this scope. The text holds the word "scope": one client
    /// otherwise refreshes its token and tries for ever (conventions 2.7, wire-facts 12).
    #[must_use]
    pub fn insufficient_scope(scope: &str) -> Self {
        let text = format!("UNAUTHORISED: the token lacks the scope {scope}");
        Self::one(401, Message::failed(4002).text(text))
    }

    /// The closure rule wants these fields filled first (conventions 4.4).
    #[must_use]
    pub fn closure_rule(fields: Vec<String>) -> Self {
        let names = fields.join(", ");
        let text = format!("Closure rule violation. The following fields should be filled {names}");
        Self::one(400, Message { fields, ..Message::failed(4003).text(text) })
    }

    /// Our fault. Says nothing but the id under which the log has the reason.
    #[must_use]
    pub fn internal(trace_id: impl fmt::Display) -> Self {
        Self::one(500, Message::failed(4004).text(format!("Internal error, trace {trace_id}")))
    }

    /// The record cannot go, because `what` still points at it (conventions 4.4).
    #[must_use]
    pub fn referenced(field: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::one(400, Message::failed(4005).text(format!("Referenced by {what}")).about(field))
    }

    /// No such path, or no such record that the caller may see (conventions 4.4).
    #[must_use]
    pub fn not_found() -> Self {
        Self::one(404, Message::failed(4007).text("Invalid URL"))
    }

    /// Another record has this value already (conventions 4.4).
    #[must_use]
    pub fn not_unique(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4008).about(field))
    }

    /// The field exists but is changed by other calls only (conventions 4.4).
    #[must_use]
    pub fn not_editable(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4009).text("Given field is not editable").about(field))
    }

    /// These fields must be given; no text, as clients read `fields` (conventions 4.2).
    #[must_use]
    pub fn mandatory(fields: Vec<String>) -> Self {
        Self::one(400, Message { fields, ..Message::failed(4012) })
    }

    /// The field is ours to set (conventions 4.4).
    #[must_use]
    pub fn read_only(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4014).about(field))
    }

    /// Too many calls. The caller of this adds `Retry-After` with whole seconds (wire-facts 12).
    #[must_use]
    pub fn rate_limited() -> Self {
        Self::one(429, Message::failed(4015).text("Too many requests, try again later"))
    }

    /// A start after its end and the like (conventions 4.4).
    #[must_use]
    pub fn times_contradict(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4016).about(field))
    }

    /// Only what is in the trash can be destroyed (conventions 4.4, section 7).
    #[must_use]
    pub fn not_in_trash() -> Self {
        Self::one(400, Message::failed(4017).text("Not in trash"))
    }

    /// A value of the wrong JSON type (conventions 4.4).
    #[must_use]
    pub fn type_mismatch(field: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4021).about(field))
    }

    /// The path is known, the method is not one of its methods (conventions 1.3, 4.4).
    #[must_use]
    pub fn invalid_method(method: impl Into<String>) -> Self {
        Self::one(400, Message::failed(4021).text("Invalid HTTP method").about(method))
    }

    /// The body is larger than allowed. The table has no code for it; 4001 is the one for bad input.
    #[must_use]
    pub fn too_large() -> Self {
        Self::one(413, Message::failed(4001).text("The request is too large"))
    }

    /// The body is encoded in a way that is not read here. The table has no code for it; 4001 is the one for bad input.
    #[must_use]
    pub fn unsupported_encoding(encoding: impl fmt::Display) -> Self {
        Self::one(415, Message::failed(4001).text(format!("Content-Encoding {encoding} is not supported")))
    }

    /// A call with this key is being made. The table has no code for it; 4001 is the one for bad input.
    #[must_use]
    pub fn still_running() -> Self {
        let text = "A call with this Idempotency-Key is still being made";
        Self::one(409, Message::failed(4001).text(text).about("Idempotency-Key"))
    }

    /// The key was used for another call. The table has no code for it; 4001 is the one for bad input.
    #[must_use]
    pub fn key_of_another_call() -> Self {
        let text = "This Idempotency-Key was used for another call";
        Self::one(422, Message::failed(4001).text(text).about("Idempotency-Key"))
    }

    /// We cannot answer now (database away, shutting down). The table has no code for it; 4004 is ours.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::one(503, Message::failed(4004).text("The service is unavailable, try again later"))
    }

    /// The same with words of its own.
    #[must_use]
    pub fn saying(mut self, words: impl Into<String>) -> Self {
        if let Some(first) = self.messages.first_mut() {
            first.message = Some(words.into());
        }
        self
    }

    /// All refusals of one input as one, so that the caller learns everything at once; `Ok` when there are
    /// none. Mandatory fields share one 4012 message, repeated messages are said once, at most
    /// [`MESSAGES_MAX`] are kept, and the HTTP status is that of the gravest.
    ///
    /// # Errors
    /// The combined failure, when `failures` is not empty.
    pub fn merge(failures: Vec<Self>) -> Result<(), Self> {
        let Some(http) = failures.iter().map(|f| f.http).reduce(graver) else {
            return Ok(());
        };
        let mut messages: Vec<Message> = Vec::new();
        for message in failures.into_iter().flat_map(|f| f.messages) {
            let mandatory =
                messages.iter_mut().find(|m| m.status_code == 4012 && message.status_code == 4012);
            if let Some(first) = mandatory {
                for field in message.fields {
                    if !first.fields.contains(&field) {
                        first.fields.push(field);
                    }
                }
            } else if messages.len() < MESSAGES_MAX && !messages.contains(&message) {
                messages.push(message);
            }
        }
        Err(Self { http, messages })
    }

    /// The body of the answer (conventions 4.2).
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(160);
        out.push_str("{\"response_status\":{\"status_code\":4000,\"messages\":[");
        for (i, message) in self.messages.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            message.write(&mut out);
        }
        out.push_str("],\"status\":\"failed\"}}");
        out
    }
}

/// Our own faults first, then who the caller is, then what he may do; among the others the first one stays.
const fn graver(a: u16, b: u16) -> u16 {
    const fn weight(http: u16) -> u16 {
        match http {
            500.. => http,
            401 => 3,
            403 => 2,
            429 => 1,
            _ => 0,
        }
    }
    if weight(b) > weight(a) { b } else { a }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.http)?;
        for m in &self.messages {
            write!(f, "; {}", m.status_code)?;
            for field in m.field.iter().chain(&m.fields) {
                write!(f, " {field}")?;
            }
            if let Some(text) = &m.message {
                write!(f, " ({text})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
