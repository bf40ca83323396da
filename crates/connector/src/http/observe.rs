//! The debug mode: each call as it went, without its secrets.

use super::call::{Body, Call, encoded};
use http::HeaderMap;
use serde_json::Value as Json;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A body longer than this is told by its length.
const SHOWN_BYTES_MAX: usize = 10 * 1024;

/// Somebody who looks at each try of each call: the debug mode of an embedding program.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Exchange<'_>) + Send + Sync>);

impl Observer {
    /// Calls this for each try when it has ended.
    pub fn new(look: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }
    pub(super) fn look(&self, exchange: &Exchange<'_>) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// One try of one call. `Display` writes it over several lines; secrets are three stars everywhere.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The method.
    pub method: &'a str,
    /// The address with its query.
    pub url: String,
    /// The request's headers.
    pub headers: Vec<(String, String)>,
    /// The request's body, or what it is.
    pub sent: String,
    /// The answer's status; 0 without an answer.
    pub status: u16,
    /// The answer's body, or what it is, or why there is no answer.
    pub received: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// From sending to the answer's end, or to its head where it is streamed.
    pub took: Duration,
}

impl fmt::Display for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "> {} {}", self.method, self.url)?;
        if self.attempt > 1 {
            write!(f, " (try {})", self.attempt)?;
        }
        for (name, value) in &self.headers {
            write!(f, "\n> {name}: {value}")?;
        }
        if !self.sent.is_empty() {
            write!(f, "\n> {}", self.sent)?;
        }
        write!(f, "\n< {} in {} ms\n< {}", self.status, self.took.as_millis(), self.received)
    }
}

/// Headers whose values are secrets.
fn is_secret_header(name: &str) -> bool {
    ["authorization", "authtoken", "technician_key", "cookie", "set-cookie", "proxy-authorization"]
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Parameters and members whose values are secrets, wherever they are.
fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    matches!(key.as_str(), "code" | "code_verifier" | "authtoken" | "technician_key")
        || ["secret", "password", "access_token", "refresh_token", "api_key"]
            .iter()
            .any(|part| key.contains(part))
}

/// The headers, for showing.
pub(super) fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let text = if is_secret_header(name.as_str()) { "***" } else { value.to_str().unwrap_or("(binary)") };
        (name.to_string(), text.to_owned())
    };
    headers.iter().map(shown).collect()
}

/// The address, for showing.
pub(super) fn url(base: &str, call: &Call) -> String {
    let query = pairs(&call.query, true);
    if query.is_empty() { format!("{base}{}", call.path) } else { format!("{base}{}?{query}", call.path) }
}

fn pairs(pairs: &[(String, String)], in_url: bool) -> String {
    let shown = pairs.iter().map(|(key, value)| {
        let value = if is_secret_key(key) { "***".into() } else { json_text(value) };
        format!("{key}={}", if in_url { encoded(&value) } else { value })
    });
    shown.collect::<Vec<_>>().join("&")
}

/// The request's body, for showing.
pub(super) fn body(body: &Body) -> String {
    match body {
        Body::None => String::new(),
        Body::Form(form) => cut(pairs(form, false)),
        Body::Raw(bytes) => bytes_text(bytes),
        Body::Json(json) => cut(json_text(&json.to_string())),
        Body::Parts(texts, files) => {
            let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
            let texts = if texts.is_empty() { String::new() } else { format!(" {}", pairs(texts, false)) };
            format!("(multipart:{texts} files {})", names.join(", "))
        }
    }
}

/// Bytes that may be JSON or text, for showing.
pub(super) fn bytes_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => cut(json_text(text)),
        Err(_) => format!("({} bytes)", bytes.len()),
    }
}

/// A text; its secrets masked when it is JSON.
fn json_text(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return text.to_owned();
    }
    match serde_json::from_str::<Json>(text) {
        Ok(mut json) => {
            mask(&mut json);
            json.to_string()
        }
        Err(_) => text.to_owned(),
    }
}

fn mask(json: &mut Json) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                if is_secret_key(key) && value.is_string() {
                    *value = Json::from("***");
                } else {
                    mask(value);
                }
            }
        }
        Json::Array(list) => list.iter_mut().for_each(mask),
        _ => {}
    }
}

fn cut(text: String) -> String {
    if text.len() > SHOWN_BYTES_MAX { format!("({} bytes)", text.len()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Method};

    #[test]
    fn no_secret_is_shown() {
        let form = [("client_secret", "hush"), ("code", "hush"), ("refresh_token", "hush"), ("a", "b")];
        let form = form.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
        let call = Call::new(Method::POST, "/token").query("authtoken", "hush").body(Body::Form(form));
        let mut map = HeaderMap::new();
        for name in ["authorization", "authtoken", "technician_key"] {
            map.insert(name, HeaderValue::from_static("hush"));
        }
        let answer = br#"{"access_token":"hush","deep":[{"refresh_token":"hush"}],"expires_in":3600}"#;
        let exchange = Exchange {
            method: "POST",
            url: url("https://desk.example.com", &call),
            headers: headers(&map),
            sent: body(&call.body),
            status: 200,
            received: bytes_text(answer),
            attempt: 1,
            took: Duration::ZERO,
        };
        let shown = exchange.to_string();
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("a=b") && shown.contains(r#""expires_in":3600"#), "{shown}");
    }
}
