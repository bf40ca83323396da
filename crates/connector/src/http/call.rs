//! One call, before it is sent.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::time::Duration;

/// What stays as it is in a segment of a path, in a query and in a form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A query longer than this goes in the body of the GET, which the service reads as well (conventions.md section 1.6).
const QUERY_BYTES_MAX: usize = 4 * 1024;

/// A call of the API.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Body,
    pub(crate) repeat: Repeat,
    pub(crate) deadline: Option<Duration>,
    pub(crate) tries: Option<Tries>,
}

/// How often one call is tried, where it is not as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// Tries after the first.
    pub more: u32,
    /// The pause between; `None` for exponential backoff.
    pub pause: Option<Duration>,
    /// Also after answers 3xx and 4xx.
    pub all_errors: bool,
}

/// What goes along.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// Bytes as they are; the type is the connection's own, form-encoded.
    Raw(Bytes),
    /// `application/json`.
    Json(Json),
    /// `multipart/form-data`: texts, then files.
    Parts(Vec<(String, String)>, Vec<FilePart>),
}

/// A file of a multipart body.
#[derive(Clone, Debug)]
pub struct FilePart {
    /// The part's name, `filename` for the API's uploads.
    pub part: String,
    /// The file's name.
    pub name: String,
    /// Its type; the service guesses by the name without one.
    pub content_type: Option<String>,
    /// Its bytes.
    pub source: FileSource,
}

/// Where the bytes of a file are. A file on disk is read while it is sent, and again for each try.
#[derive(Clone, Debug)]
pub enum FileSource {
    /// In memory.
    Bytes(Bytes),
    /// On disk.
    Path(PathBuf),
}

/// Whether doing it twice is as good as doing it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is: the call may be sent again whatever happened to it.
    Safe,
    /// It is not: the call is sent again only when it surely did not reach the service, or the service refused to
    /// look at it (429, 503 with `Retry-After`, 401 with a fresh token to try).
    Unsafe,
}

impl Call {
    /// A call of a path below the connection's base, such as `/requests`. Reading is safe to repeat, and so is PUT,
    /// which sets fields to values; POST is not, and neither is DELETE: a second one of a trashed request destroys it.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let safe = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT);
        let repeat = if safe { Repeat::Safe } else { Repeat::Unsafe };
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            repeat,
            deadline: None,
            tries: None,
        }
    }
    /// With `input_data` where the API expects it: in the query of GET and DELETE, in the form of the others. What is
    /// too long for a query goes in the body.
    #[must_use]
    pub fn input(mut self, input: &Json) -> Self {
        let text = input.to_string();
        let pair = ("input_data".to_owned(), text);
        let in_query = matches!(self.method, Method::GET | Method::HEAD | Method::DELETE);
        if in_query && encoded(&pair.1).len() <= QUERY_BYTES_MAX {
            self.query.push(pair);
        } else {
            self.body = Body::Form(vec![pair]);
        }
        self
    }
    /// With one more parameter in the query.
    #[must_use]
    pub fn query(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((key.into(), value.into()));
        self
    }
    /// With one more header. The connection's own `Authorization`, `Accept` and `Content-Type` win.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
    /// With this body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
    /// With another judgement about repeating.
    #[must_use]
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }
    /// With a deadline for all tries together.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
    /// With its own number of tries.
    #[must_use]
    pub const fn tries(mut self, tries: Tries) -> Self {
        self.tries = Some(tries);
        self
    }
    /// Method and path, as errors name a call.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
    /// The query, encoded; empty when there is none.
    pub(crate) fn query_text(&self) -> String {
        form_text(&self.query)
    }
}

/// Percent-encoded, for a segment of a path, a query or a form.
#[must_use]
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// `a=b&c=d`.
#[must_use]
pub(crate) fn form_text(pairs: &[(String, String)]) -> String {
    let pairs = pairs.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
