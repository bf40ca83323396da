//! The requester API of HappyFox Service Desk (happyfox.md): a folder of its own, since it shares neither paths nor
//! formats nor credentials with the V3 API, only the desk.

mod answer;
mod list;
mod read;
mod upsert;

use crate::Api;
use answer::detail;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use base64::Engine;
use desk::Context;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value as Json;
use std::sync::Arc;

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
    query: String,
}

async fn entry(State(api): State<Arc<Api>>, request: Request) -> Response {
    answer(&api, request).await.unwrap_or_else(|refusal| refusal)
}

async fn answer(api: &Api, request: Request) -> Result<Response, Response> {
    let (parts, body) = request.into_parts();
    let trace = parts.extensions.get::<crate::TraceId>().map_or(0, |t| t.0);
    // Before the body is read, and the same whichever half is wrong (T3).
    let ctx = authenticate(api, &parts.headers, trace).await?;
    let call = Call { api, ctx, query: parts.uri.query().unwrap_or_default().to_owned() };
    let path = parts.uri.path().trim_start_matches("/api/v2/public").trim_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["requesters"] => match parts.method {
            Method::POST => {
                let input = json(&parts.headers, body).await?;
                upsert::run(&call, &input).await
            }
            Method::GET | Method::HEAD => list::all(&call).await,
            _ => Err(wrong_method("GET, HEAD, OPTIONS, POST")),
        },
        ["requesters", "actions", "change-email"] => match parts.method {
            Method::POST => {
                let input = json(&parts.headers, body).await?;
                upsert::change_email(&call, &input).await
            }
            _ => Err(wrong_method("OPTIONS, POST")),
        },
        ["requesters", id] => match parts.method {
            Method::GET | Method::HEAD => list::one(&call, id).await,
            _ => Err(wrong_method("GET, HEAD, OPTIONS")),
        },
        ["requester_fields"] => match parts.method {
            Method::GET | Method::HEAD => Ok(list::all_fields(&call)),
            _ => Err(wrong_method("GET, HEAD, OPTIONS")),
        },
        _ => Err(detail(StatusCode::NOT_FOUND, "Not found.")),
    }
}

async fn authenticate(api: &Api, headers: &HeaderMap, trace: u128) -> Result<Context, Response> {
    let refused = || {
        let mut response =
            detail(StatusCode::UNAUTHORIZED, "Authentication credentials were not provided or are wrong.");
        let scheme = HeaderValue::from_static("Basic realm=\"api\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        response
    };
    let now = api.desk.now();
    let (key, code) = basic(headers).ok_or_else(refused)?;
    let grant = api.identity.verify_happyfox(&key, &code, now).await;
    let grant = grant.map_err(|error| answer::failed(&error, trace))?.ok_or_else(refused)?;
    let caller = api.desk.caller(grant.user).await.map_err(|_| refused())?;
    let zone = api.desk.zone_of(None);
    Ok(Context { caller, scopes: desk::Scopes::all(), now, trace, zone, rehearsal: false })
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

/// The body as strict JSON (T4 to T6, T9).
async fn json(headers: &HeaderMap, body: Body) -> Result<Json, Response> {
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
            let words = format!("Unsupported media type \"{kind}\" in request.");
            return Err(detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &words));
        }
    }
    let bytes = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let words = format!("The body may have {} MB at most.", BODY_BYTES_MAX / 1024 / 1024);
            return Err(detail(StatusCode::PAYLOAD_TOO_LARGE, &words));
        }
        Err(_) => return Err(detail(StatusCode::BAD_REQUEST, "The body could not be read.")),
    };
    serde_json::from_slice(&bytes)
        .map_err(|error| detail(StatusCode::BAD_REQUEST, &format!("JSON parse error - {error}")))
}

fn wrong_method(allowed: &'static str) -> Response {
    let mut response = detail(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}
