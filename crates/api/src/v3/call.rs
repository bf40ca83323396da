//! One call: who, what method, which path, what payload.

use crate::Api;
use crate::oauth::{Presented, credentials_of};
use crate::v3::answer;
use axum::body::Body;
use axum::extract::Request;
use desk::{Context, Snapshot};
use http::{HeaderMap, Method};
use http_body_util::{BodyExt, Limited};
use std::net::IpAddr;
use std::sync::Arc;
use wire::failure::Failure;
use wire::payload::{Payload, Raw, TEXT_BYTES_MAX};
use wire::room::NoRoom;
use wire::writer::{Lookups, Writer};

/// A file and its envelope.
const UPLOAD_BYTES_MAX: usize = 44 * 1024 * 1024;
/// Of a form this much is read to look for a key in it, before anybody knows whose it is.
const STRANGERS_BYTES_MAX: usize = 64 * 1024;

/// A call that has been authenticated and whose payload has been read.
pub(crate) struct Call<'a> {
    pub api: &'a Arc<Api>,
    pub ctx: Context,
    pub method: Method,
    /// The decoded segments behind `…/api/v3/`.
    pub segments: Vec<String>,
    pub payload: Payload,
    pub body: bytes::Bytes,
    /// What the paths of this answer begin with: `/api/v3` or `/app/itdesk/api/v3`.
    pub base: String,
    pub snapshot: Arc<Snapshot>,
    /// The caller's support groups.
    pub groups: Vec<model::Id>,
    /// The `Idempotency-Key`, where the call has one.
    pub once: Option<String>,
    /// Whether the credential was a technician key, as clients of the on-premises edition have.
    pub by_key: bool,
}

impl<'a> Call<'a> {
    /// Reads a call.
    pub async fn read(api: &'a Arc<Api>, request: Request, trace: u128) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or("");
        let (body, form) = form_of(&parts.headers, query, body).await?;
        let presented =
            credentials_of(&parts.headers, query).or_else(|| credentials_of(&parts.headers, &form));
        if presented.is_none() && body.is_cut() {
            drain(body).await;
            return Err(Failure::too_large().saying(KEY_TOO_FAR));
        }
        let address = crate::address_of(&parts.extensions);
        let (ctx, groups, by_key) = match authenticate(api, presented, address, trace).await {
            Ok(found) => found,
            Err(failure) => {
                drain(body).await;
                return Err(failure);
            }
        };
        if let Some(encoding) = encoding_of(&parts.headers) {
            drain(body).await;
            return Err(Failure::unsupported_encoding(encoding));
        }
        let (portal, segments) = split(parts.uri.path()).ok_or_else(Failure::not_found)?;
        let snapshot = api.desk.snapshot();
        if let Some(portal) = &portal {
            known_portal(&snapshot, portal)?;
        }
        let content_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        let is_upload =
            content_type.is_some_and(|t| t.trim_start().to_ascii_lowercase().starts_with("multipart/"));
        let limit = if is_upload { UPLOAD_BYTES_MAX } else { TEXT_BYTES_MAX };
        let body = collect(body, limit).await?;
        let once = crate::once::key_of(&parts.headers)
            .map_err(|words| Failure::not_valid("Idempotency-Key").saying(words))?;
        let payload = wire::payload::read(Raw { query, content_type, body: &body })?;
        let base = portal.map_or_else(|| "/api/v3".to_owned(), |p| format!("/app/{p}/api/v3"));
        let method = parts.method;
        Ok(Self { api, ctx, method, segments, payload, body, base, snapshot, groups, once, by_key })
    }

    /// The desk.
    pub fn desk(&self) -> &desk::Desk {
        &self.api.desk
    }
    /// Whether it reads and does nothing else.
    pub fn reads(&self) -> bool {
        self.method == Method::GET || self.method == Method::HEAD
    }
    /// The refusal of a method that the path does not know.
    pub fn wrong_method(&self) -> Failure {
        Failure::invalid_method(self.method.as_str())
    }
    /// Whether a CI is named by its id alone, without its type: `cmdb/{id}`.
    pub fn is_any_ci(&self) -> bool {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        matches!(segments.as_slice(), ["cmdb", id] | ["cmdb", "ci", id] if id.parse::<model::Id>().is_ok())
    }
    /// Whether a CI is added at `/cmdb`, where the input names its type.
    pub fn is_new_ci(&self) -> bool {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        self.method == Method::POST && matches!(segments.as_slice(), ["cmdb"] | ["cmdb", "ci"])
    }
    /// The type of CI that the path names, which may be one above the CI's own.
    pub fn ci_type(&self) -> Option<&str> {
        let mut segments = self.segments.iter().map(String::as_str);
        let named = segments.next() == Some("cmdb");
        segments.next().filter(|second| named && *second != "ci" && second.parse::<model::Id>().is_err())
    }
    /// Writes records as the caller may read them.
    pub fn writer<'w>(&'w self, lookups: &'w dyn Lookups) -> Writer<'w> {
        let writer = Writer::new(lookups, &self.ctx.zone);
        if self.ctx.is_technician() { writer } else { writer.alone(self.ctx.caller.user) }
    }
    /// A parameter beside `input_data`.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.payload.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
    /// The input, as an object; an empty one when there is none.
    pub fn input(&self) -> std::borrow::Cow<'_, serde_json::Value> {
        match &self.payload.input {
            Some(value) => std::borrow::Cow::Borrowed(value),
            None => std::borrow::Cow::Owned(serde_json::Value::Object(serde_json::Map::new())),
        }
    }
}

/// How the body is encoded, if it is: compressed bodies are not read, since a small one can hold a very large text.
fn encoding_of(headers: &HeaderMap) -> Option<&str> {
    let encodings = headers.get_all(http::header::CONTENT_ENCODING).iter();
    let words = encodings.flat_map(|v| v.to_str().unwrap_or("unreadable").split(','));
    words.map(str::trim).find(|word| !word.is_empty() && !word.eq_ignore_ascii_case("identity"))
}

/// What is told of a form so long that it would have to be kept in memory for somebody who is not known.
const KEY_TOO_FAR: &str =
    "A key in the body must be within its first 64 KB; send it in a header, or as the first parameter";

/// A body, and what has been read of it.
struct Begun {
    read: Vec<u8>,
    /// What has not; none where all has.
    rest: Option<Body>,
}

impl Begun {
    /// Whether something of it has been read, and not all.
    const fn is_cut(&self) -> bool {
        !self.read.is_empty() && self.rest.is_some()
    }
}

/// The text of a form, where the key of a call must be in it if it is anywhere (conventions.md section 1.5); otherwise nothing. Of
/// a long form it is the parameters that are whole in its beginning: nobody is known yet, and all that is read is held in memory.
async fn form_of(headers: &HeaderMap, query: &str, body: Body) -> Result<(Begun, String), Failure> {
    let content_type =
        headers.get(http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let is_form =
        content_type.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    if !is_form || credentials_of(headers, query).is_some() {
        return Ok((Begun { read: Vec::new(), rest: Some(body) }, String::new()));
    }
    let (mut body, mut read) = (body, Vec::new());
    while read.len() <= STRANGERS_BYTES_MAX {
        match body.frame().await {
            Some(Ok(frame)) => read.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            Some(Err(_)) => return Err(Failure::unauthorised()),
            None => {
                let text = String::from_utf8_lossy(&read).into_owned();
                return Ok((Begun { read, rest: None }, text));
            }
        }
    }
    let beginning = read.get(..STRANGERS_BYTES_MAX).unwrap_or_default();
    let whole = beginning.iter().rposition(|byte| *byte == b'&').unwrap_or(0);
    let text = String::from_utf8_lossy(beginning.get(..whole).unwrap_or_default()).into_owned();
    Ok((Begun { read, rest: Some(body) }, text))
}

/// Who calls, their support groups, and whether they came with a key.
async fn authenticate(
    api: &Api,
    presented: Option<Presented<'_>>,
    address: Option<IpAddr>,
    trace: u128,
) -> Result<(Context, Vec<model::Id>, bool), Failure> {
    let presented = presented.ok_or_else(Failure::unauthorised)?;
    let now = api.desk.now();
    if api.guesses.admit(address, now).is_err() && !crate::was_good(api, &presented) {
        return Err(Failure::rate_limited());
    }
    let grant = crate::identify(api, &presented, now).await.map_err(|error| answer::failure(error, trace))?;
    let grant = grant.ok_or_else(|| {
        api.guesses.wrong(address, now);
        Failure::unauthorised()
    })?;
    let person = api.desk.person(grant.user).await.map_err(|error| answer::failure(error, trace))?;
    let person = person.ok_or_else(Failure::unauthorised)?;
    let caller = api.desk.caller_of(&person).map_err(|_| Failure::unauthorised())?;
    let zone = api.desk.zone_of(Some(&person));
    Ok((
        Context { trace, ..Context::new(caller, grant.scopes, now, zone) },
        person.references("groups"),
        matches!(presented, Presented::Key(_)),
    ))
}

/// Portal and segments of a path: `/api/v3/…` is the default portal's, `/app/{portal}/api/v3/…` names one
/// (conventions.md section 1.1). A slash at the end means nothing.
fn split(path: &str) -> Option<(Option<String>, Vec<String>)> {
    let decode = |s: &str| percent_encoding::percent_decode_str(s).decode_utf8().ok().map(|s| s.into_owned());
    let (portal, rest) = match path.strip_prefix("/app/") {
        Some(rest) => {
            let (portal, rest) = rest.split_once('/')?;
            (Some(decode(portal)?), rest.strip_prefix("api/v3")?)
        }
        None => (None, path.strip_prefix("/api/v3")?),
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let segments: Option<Vec<String>> = rest.split('/').filter(|s| !s.is_empty()).map(decode).collect();
    Some((portal, segments?))
}

fn known_portal(snapshot: &Snapshot, name: &str) -> Result<(), Failure> {
    let known = snapshot
        .rows("portal")
        .iter()
        .any(|p| p.text("name").is_some_and(|n| n.eq_ignore_ascii_case(name)) || p.id().to_string() == name);
    if known { Ok(()) } else { Err(Failure::unauthorised()) }
}

async fn collect(body: Begun, limit: usize) -> Result<bytes::Bytes, Failure> {
    let Begun { mut read, rest } = body;
    let Some(rest) = rest else { return Ok(read.into()) };
    let left = limit.checked_sub(read.len()).ok_or_else(Failure::too_large)?;
    match Limited::new(rest, left).collect().await {
        Ok(collected) if read.is_empty() => Ok(collected.to_bytes()),
        Ok(collected) => {
            read.extend_from_slice(&collected.to_bytes());
            Ok(read.into())
        }
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Failure::too_large()),
        Err(error) if NoRoom::is_behind(error.as_ref()) => Err(Failure::unavailable()),
        // A body that stops in the middle: most likely nobody is there to read the answer.
        Err(_) => Err(Failure::not_json("the body ended before its length")),
    }
}

/// Reads on without keeping what comes.
async fn drain(body: Begun) {
    let Some(rest) = body.rest else { return };
    let passed = body.read.len();
    drop(body.read);
    crate::body::drain(rest, passed).await;
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn paths_are_split() {
        let check = |path: &str, portal: Option<&str>, segments: &[&str]| {
            let expected =
                (portal.map(str::to_owned), segments.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
            assert_eq!(split(path), Some(expected), "{path}");
        };
        check("/api/v3/requests", None, &["requests"]);
        check("/api/v3/requests/", None, &["requests"]);
        check("/app/itdesk/api/v3/requests/12/notes", Some("itdesk"), &["requests", "12", "notes"]);
        check("/app/698819937/api/v3/requests", Some("698819937"), &["requests"]);
        check("/api/v3/requests/udf_fields/udf%5Fref1", None, &["requests", "udf_fields", "udf_ref1"]);
        check("/api/v3", None, &[]);
        for nowhere in ["/api/v30/requests", "/app/itdesk", "/app/itdesk/api/v2/x", "/api/v3/%ff"] {
            assert_eq!(split(nowhere), None, "{nowhere}");
        }
    }
}
