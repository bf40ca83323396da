//! The raw request.

use super::clean::Values;
use crate::http::{Body, Call, Content, FilePart, FileSource, Repeat, Tries};
use crate::{Client, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Sends it; gives the decoded body.
pub(super) async fn send(client: &Client, values: &Values) -> Result<Json> {
    let call = call(client, values)?;
    let head = call.method == Method::HEAD;
    let reply = client.stream(&call).await?;
    let body = match reply.content {
        Content::Whole(bytes) => bytes,
        Content::Stream(_) if head => Bytes::new(),
        // The answer is wanted as a whole, as that of any other call.
        Content::Stream(response) => {
            crate::Download::of(reply.headers, response).bytes(client.manners().answer_bytes_max).await?
        }
    };
    Ok(match values.text("responseType") {
        Some("arraybuffer") => json!(STANDARD.encode(&body)),
        Some("text" | "document") => json!(String::from_utf8_lossy(&body)),
        _ if body.is_empty() => Json::Null,
        // What is no JSON is shown as the text that it is.
        _ => serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
    })
}

fn call(client: &Client, values: &Values) -> Result<Call> {
    let method = values.text("method").unwrap_or_default();
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| Error::input("method", "it is no method"))?;
    let mut call = Call::new(method, path(client, values)).body(body(values)?);
    for (key, value) in texts(values, "queryParams") {
        call = call.query(key, value);
    }
    for (key, value) in texts(values, "headers") {
        let name = HeaderName::try_from(key.as_str());
        let name = name.map_err(|_| Error::input("headers", format!("{key} is no header")))?;
        let value = HeaderValue::try_from(value.as_str());
        call = call
            .header(name, value.map_err(|_| Error::input("headers", format!("{key} has no such value")))?);
    }
    if let Some(ms) = values.number("timeout") {
        call = call.deadline(Duration::from_millis(ms));
    }
    // Given as text when it is the default.
    if let Some(more) = values.number("maxRetries") {
        let pause = Duration::from_millis(values.number("retryDelayMS").unwrap_or(0));
        call = call.repeat(Repeat::Safe).tries(Tries {
            more: u32::try_from(more).unwrap_or(u32::MAX),
            pause: (!values.is_true("useExponentialBackoff")).then_some(pause),
            all_errors: values.is_true("retryAllErrors"),
        });
    }
    Ok(call)
}

/// The path below the base; the base itself may stand before it.
fn path(client: &Client, values: &Values) -> String {
    let url = values.text("url").unwrap_or_default().trim();
    let path = url.strip_prefix(client.connection().base().as_str()).unwrap_or(url);
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn body(values: &Values) -> Result<Body> {
    let (form, files) = (texts(values, "formData"), texts(values, "fileData"));
    let several = !form.is_empty() || !files.is_empty();
    match values.text("data") {
        Some(_) if several => Err(Error::input("data", "Cannot specify both Data and File/Form Data.")),
        Some(data) => Ok(Body::Raw(Bytes::from(data.to_owned()))),
        None if several => {
            let names = texts(values, "fileDataFileNames");
            let file = |(part, content): (String, String)| {
                let name = names.iter().find(|(key, _)| *key == part);
                let name = name.map_or_else(|| part.clone(), |(_, name)| name.clone());
                FilePart { part, name, content_type: None, source: FileSource::Bytes(content.into()) }
            };
            Ok(Body::Parts(form, files.into_iter().map(file).collect()))
        }
        None => Ok(Body::None),
    }
}

/// Pairs of texts; what is no text is its JSON.
fn texts(values: &Values, key: &str) -> Vec<(String, String)> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.pairs(key).iter().map(|(key, value)| (key.clone(), text(value))).collect()
}
