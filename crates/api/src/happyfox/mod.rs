//! The requester API of HappyFox Service Desk (happyfox.md): a folder of its own, since it shares neither paths nor
//! formats nor credentials with the V3 API, only the desk.

mod answer;
mod fields;
mod list;
mod once;
mod options;
mod read;
mod throttle;
mod upsert;

pub use throttle::CallLimits;
pub(crate) use throttle::Throttle;

use crate::Api;
use answer::{Told, detail};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;
use bytes::Bytes;
use desk::once::Ticket;
use desk::{Context, Place, Verb};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::Id;
use std::sync::Arc;
use wire::room::NoRoom;

/// The greatest body, in bytes: three hundred people with all that they may have, many times over.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Everything under `/api/v2/public`. Paths end in a slash, and mean the same without it (T1).
pub(crate) fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/api/v2/public", any(entry))
        .route("/api/v2/public/{*path}", any(entry))
        .with_state(api)
}

/// A call of somebody who is known.
struct Call<'a> {
    api: &'a Api,
    ctx: Context,
    /// The key that was shown.
    key: Id,
    query: String,
}

async fn entry(State(api): State<Arc<Api>>, request: Request) -> Response {
    let trace = crate::trace_of(&request);
    let (parts, mut body) = request.into_parts();
    let told = answer(&api, &parts, &mut body, trace).await;
    // Many clients send their first call without a credential, and the same again once they have seen that they need one.
    crate::body::drain(body, 0).await;
    told.unwrap_or_else(|refusal| refusal).into_response()
}

/// Answers a call, whose body is taken once it is wanted.
async fn answer(api: &Api, parts: &Parts, body: &mut Body, trace: u128) -> Result<Told, Told> {
    // Before the body is read, and the same whichever half is wrong (T3).
    let (ctx, key) = authenticate(api, parts, trace).await?;
    let is_read = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    api.throttle.admit(key, !is_read).map_err(throttled)?;
    let call = Call { api, ctx, key, query: parts.uri.query().unwrap_or_default().to_owned() };
    let path = parts.uri.path().trim_start_matches("/api/v2/public").trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let (allowed, method) = (allowed(&segments), parts.method.clone());
    let Some(allowed) = allowed else { return Err(detail(StatusCode::NOT_FOUND, "Not found.")) };
    if method == Method::OPTIONS {
        let told = Told { status: StatusCode::NO_CONTENT, body: String::new(), headers: Vec::new() };
        return Ok(told.and(header::ALLOW, HeaderValue::from_static(allowed)));
    }
    if !allowed.split(", ").any(|known| known == method.as_str()) {
        let told = detail(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.");
        return Err(told.and(header::ALLOW, HeaderValue::from_static(allowed)));
    }
    // Before the body is read or a stored answer is looked for.
    permit(&call, &segments, &method)?;
    if is_read {
        return match segments.as_slice() {
            ["requesters"] => list::all(&call).await,
            ["requesters", id] => list::one(&call, id).await,
            ["requester_fields", id] => fields::one(&call, id),
            _ => Ok(fields::all(&call)),
        };
    }
    let bytes = match method {
        Method::DELETE => Bytes::new(),
        _ => bytes_of(&parts.headers, body).await?,
    };
    let Some(key) = once::key_of(&parts.headers)? else {
        return write(&call, &method, &segments, &bytes, None).await;
    };
    let asked = format!("{method} {path}?{}", call.query);
    let ticket = once::claim(&call, &key, &asked, &bytes).await?;
    let told =
        write(&call, &method, &segments, &bytes, Some(&ticket)).await.unwrap_or_else(|refusal| refusal);
    if told.is_ours() {
        api.desk.release_call(&ticket).await;
    } else {
        api.desk.keep_answer(&ticket, told.status.as_u16(), &once::stored(&told)).await;
    }
    Ok(told)
}

/// Whether the key's user may do this with people or with their additional fields.
fn permit(call: &Call<'_>, segments: &[&str], method: &Method) -> Result<(), Told> {
    let verb = match *method {
        Method::GET | Method::HEAD => Verb::Read,
        Method::POST => Verb::Create,
        Method::DELETE => Verb::Delete,
        _ => Verb::Update,
    };
    let failed = |error| answer::failed(&error, call.ctx.trace);
    let is_of_people = segments.first() == Some(&"requesters");
    let snapshot = call.api.desk.snapshot();
    let module = snapshot.module(if is_of_people { "user" } else { "udf_field" }).map_err(failed)?;
    desk::permissions::permit(&call.ctx, &Place::top(module.clone()), verb).map_err(failed)
}

fn throttled(seconds: u64) -> Told {
    let words = format!("Request was throttled. Expected available in {seconds} seconds.");
    detail(StatusCode::TOO_MANY_REQUESTS, &words).and(header::RETRY_AFTER, seconds)
}

/// The methods that a path knows; `None` for a path that leads nowhere.
fn allowed(segments: &[&str]) -> Option<&'static str> {
    Some(match segments {
        ["requesters"] | ["requester_fields"] => "GET, HEAD, OPTIONS, POST",
        ["requesters", "actions", "change-email"] => "OPTIONS, POST",
        ["requesters", _] => "GET, HEAD, OPTIONS",
        ["requester_fields", _] => "DELETE, GET, HEAD, OPTIONS, PUT",
        _ => return None,
    })
}

/// Carries out a call that writes. What is made once is told so in the commit itself where there is a ticket.
async fn write(
    call: &Call<'_>,
    method: &Method,
    segments: &[&str],
    bytes: &[u8],
    ticket: Option<&Ticket>,
) -> Result<Told, Told> {
    if let (&Method::DELETE, ["requester_fields", id]) = (method, segments) {
        return fields::remove(call, id).await;
    }
    let input = serde_json::from_slice(bytes)
        .map_err(|error| detail(StatusCode::BAD_REQUEST, &format!("JSON parse error - {error}")))?;
    match segments {
        ["requesters"] => upsert::run(call, &input, ticket).await,
        ["requesters", ..] => upsert::change_email(call, &input).await,
        ["requester_fields", id] => fields::change(call, id, &input).await,
        _ => fields::add(call, &input).await,
    }
}

async fn authenticate(api: &Api, parts: &Parts, trace: u128) -> Result<(Context, Id), Told> {
    let refused = || {
        detail(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided or are wrong.")
            .and(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"api\""))
    };
    let now = api.desk.now();
    let (key, code) = basic(&parts.headers).ok_or_else(refused)?;
    let address = crate::address_of(&parts.extensions);
    if let Err(seconds) = api.guesses.admit(address, now)
        && !api.identity.knew_happyfox(&key, &code)
    {
        return Err(throttled(seconds));
    }
    let grant = api.identity.verify_happyfox(&key, &code, now).await;
    let grant = grant.map_err(|error| answer::failed(&error, trace))?.ok_or_else(|| {
        api.guesses.wrong(address, now);
        refused()
    })?;
    let caller = api.desk.caller(grant.user).await.map_err(|_| refused())?;
    let via = if grant.name.is_empty() { key } else { grant.name.to_string() };
    let via = Some(format!("HappyFox key {via}").into());
    let ctx = Context::new(caller, desk::Scopes::all(), now, api.desk.zone_of(None));
    Ok((Context { trace, via, ..ctx }, grant.key))
}

/// The two halves of a Basic credential.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = base64::engine::general_purpose::STANDARD.decode(token.trim()).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    plain.split_once(':').map(|(key, code)| (key.to_owned(), code.to_owned()))
}

/// The body, which is to be strict JSON (T4 to T6, T9).
async fn bytes_of(headers: &HeaderMap, body: &mut Body) -> Result<Bytes, Told> {
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
            let words = format!("Unsupported media type \"{kind}\" in request.");
            return Err(detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &words));
        }
    }
    match Limited::new(std::mem::take(body), BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let words = format!("The body may have {} MB at most.", BODY_BYTES_MAX / 1024 / 1024);
            Err(detail(StatusCode::PAYLOAD_TOO_LARGE, &words))
        }
        Err(error) if NoRoom::is_behind(error.as_ref()) => Err(answer::busy()),
        Err(_) => Err(detail(StatusCode::BAD_REQUEST, "The body could not be read.")),
    }
}
