//! What can go wrong, each kind asking for a different reaction.

use serde_json::Value as Json;
use std::fmt;

/// Short for the results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something did not work. No text in it holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Inputs were refused before anything was sent: all that is wrong, at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Input(Vec<InputFault>),
    /// The connection lacks something or names something impossible.
    #[error("{0}")]
    Configuration(String),
    /// There is no token to send: somebody must consent first, or again.
    #[error("Connection is not authenticated. {0}")]
    NotAuthenticated(String),
    /// The token endpoint refused.
    #[error("the token endpoint refused: {code}{}", .description.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
    OAuth {
        /// The error's word, such as `invalid_code`.
        code: String,
        /// More words, where there were some.
        description: Option<String>,
    },
    /// The service refused the call.
    #[error(transparent)]
    Service(Box<ServiceError>),
    /// The call did not get through, or its answer did not come back.
    #[error("{call}: {message}{}", if *.uncertain { "; whether it was done is not known" } else { "" })]
    Network {
        /// Method and path.
        call: String,
        /// What happened.
        message: String,
        /// Whether the service may have done what was asked all the same.
        uncertain: bool,
    },
    /// The call's deadline passed.
    #[error("{call}: no answer within {seconds} s{}", if *.uncertain { "; whether it was done is not known" } else { "" })]
    Deadline {
        /// Method and path.
        call: String,
        /// The deadline.
        seconds: u64,
        /// Whether the service may have done what was asked all the same.
        uncertain: bool,
    },
    /// The answer is none that this API gives.
    #[error("{call}: {message}")]
    Answer {
        /// Method and path.
        call: String,
        /// What is strange about it.
        message: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The embedding program's token store failed.
    #[error("the token store: {0}")]
    Store(String),
}

impl Error {
    /// An input that cannot be.
    pub fn input(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Input(vec![InputFault { field: field.into(), message: message.into() }])
    }

    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), source }
    }

    /// What the service said, where it was the service.
    #[must_use]
    pub const fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            _ => None,
        }
    }

    /// Whether there is no such record (any more).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.service().is_some_and(|e| e.http_status == 404)
    }

    /// Whether the service may have done what was asked although this error came back. A caller that must not do a
    /// thing twice looks before it asks again.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Network { uncertain, .. } | Self::Deadline { uncertain, .. } => *uncertain,
            Self::Service(error) => {
                error.http_status >= 500 && error.http_status != 503 && !only_reads(&error.call)
            }
            Self::Answer { call, .. } => !only_reads(call),
            _ => false,
        }
    }
}

/// An input that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InputFault {
    /// The input's key.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A refusal of the service: HTTP status, outer code, and one message per thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceError {
    /// Method and path.
    pub call: String,
    /// The HTTP status; 200 when a body told of a failure all the same.
    pub http_status: u16,
    /// The outer code, 4000 nearly always; 0 when the body had none.
    pub code: i64,
    /// What is wrong, in the service's order.
    pub messages: Vec<ServiceMessage>,
    /// The whole body, where it was JSON.
    pub body: Option<Json>,
}

/// One of the things that are wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceMessage {
    /// The code, such as 4001.
    pub code: i64,
    /// The words, where there are some.
    pub message: Option<String>,
    /// The fields that it is about.
    pub fields: Vec<String>,
}

impl ServiceError {
    /// Reads a body of failure (`response_status` as an object or, for lists, as an array of one).
    #[must_use]
    pub fn read(call: String, http_status: u16, body: Option<Json>) -> Self {
        let status = body.as_ref().and_then(|b| b.get("response_status"));
        let status = status.and_then(|s| if s.is_array() { s.get(0) } else { Some(s) });
        let messages = status.and_then(|s| s.get("messages")).and_then(Json::as_array);
        let messages = messages.into_iter().flatten().map(ServiceMessage::read).collect();
        let code = status.and_then(|s| number(s.get("status_code")?)).unwrap_or(0);
        Self { call, http_status, code, messages, body }
    }

    /// The first message's code, or else the outer one: what says best what is wrong.
    #[must_use]
    pub fn status_code(&self) -> i64 {
        self.messages.iter().map(|m| m.code).find(|code| *code != 0).unwrap_or(self.code)
    }

    /// The first field that is named.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.messages.iter().flat_map(|m| &m.fields).map(String::as_str).next()
    }

    /// Whether any message has this code.
    #[must_use]
    pub fn has_code(&self, code: i64) -> bool {
        self.code == code || self.messages.iter().any(|m| m.code == code)
    }
}

impl ServiceMessage {
    fn read(json: &Json) -> Self {
        let mut fields: Vec<String> = Vec::new();
        fields.extend(json.get("field").and_then(Json::as_str).map(str::to_owned));
        let more = json.get("fields").and_then(Json::as_array);
        fields.extend(more.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned));
        Self {
            code: json.get("status_code").and_then(number).unwrap_or(0),
            message: json.get("message").and_then(Json::as_str).map(str::to_owned),
            fields,
        }
    }
}

/// A call that changes nothing: it does not matter whether it was heard.
fn only_reads(call: &str) -> bool {
    ["GET ", "HEAD ", "OPTIONS "].iter().any(|method| call.starts_with(method))
}

/// A number that may be written as text.
fn number(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: HTTP {}", self.call, self.http_status)?;
        if self.messages.is_empty() && self.code != 0 {
            write!(f, ", code {}", self.code)?;
        }
        for message in &self.messages {
            write!(f, "; {}", message.code)?;
            if !message.fields.is_empty() {
                write!(f, " {}", message.fields.join(", "))?;
            }
            if let Some(words) = &message.message {
                write!(f, ": {words}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn failures_of_single_calls_and_of_lists_are_read() {
        let body = json!({"response_status": {"status_code": 4000, "status": "failed",
            "messages": [{"status_code": 4012, "type": "failed", "fields": ["mode", "level"]},
                         {"status_code": "4001", "field": "os", "message": "EXTRA_KEY_FOUND_IN_JSON"}]}});
        let error = ServiceError::read("POST /requests".into(), 400, Some(body));
        assert_eq!((error.status_code(), error.field()), (4012, Some("mode")));
        assert_eq!(
            error.to_string(),
            "POST /requests: HTTP 400; 4012 mode, level; 4001 os: EXTRA_KEY_FOUND_IN_JSON"
        );
        let body = json!({"response_status": [{"status_code": 4000, "messages": [{"status_code": 4007}]}]});
        assert_eq!(ServiceError::read("GET /x".into(), 404, Some(body)).status_code(), 4007);
        let error = ServiceError::read("GET /x".into(), 502, None);
        assert_eq!((error.code, error.to_string().as_str()), (0, "GET /x: HTTP 502"));
    }
}
