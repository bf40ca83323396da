//! HTTP faces on one desk for programs: the V3 API, OAuth 2.0, and the document that describes them.
//!
//! A handler is a paragraph: decode, call one use case, encode. Rules live in `desk`, the wire format in `wire`.

mod body;
mod guesses;
mod happyfox;
mod oauth;
mod once;
mod openapi;
mod v3;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::routing::{any, get};
use desk::identity::{Grant, Identity};
use desk::{Desk, DeskError, TraceId};
use http::Extensions;
use oauth::Presented;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tower_service::Service;

pub use happyfox::CallLimits;
pub use v3::{Reader, criteria_filter};
pub use wire::room::NoRoom;

/// What the faces need from the wiring.
#[derive(Clone, Debug, Default)]
pub struct ApiOptions {
    /// Where clients reach the desk, without a slash at the end: `https://desk.example.com`.
    pub public_url: Option<String>,
    /// How often a key of the requester API may be used.
    pub requester_calls: CallLimits,
    /// The memory for texts of records that are read often, in bytes.
    pub text_bytes: u64,
}

/// The faces' state.
#[derive(Debug)]
pub(crate) struct Api {
    pub desk: Arc<Desk>,
    pub identity: Arc<Identity>,
    pub options: ApiOptions,
    pub throttle: happyfox::Throttle,
    pub guesses: Arc<guesses::Guesses>,
    pub texts: v3::Texts,
}

/// Everything under `/api` and `/app`, the token endpoint, the pages that are served beside them, and the answer to
/// every other path.
pub fn router(desk: Arc<Desk>, identity: Arc<Identity>, options: ApiOptions, pages: Router) -> Router {
    let faces = faces(desk, identity, options).merge(pages);
    let known = faces.clone().fallback(v3::nowhere);
    faces.fallback(move |request: Request| elsewhere(known, request))
}

/// A path that leads nowhere as it stands. Some clients join their base URL, which ends in a slash, with a path that
/// begins with one: what begins with several is looked for again as if it began with one.
async fn elsewhere(mut known: Router, mut request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let single = path.strip_prefix("//").map(|rest| format!("/{}", rest.trim_start_matches('/')));
    match single.and_then(|path| path.parse().ok()) {
        Some(uri) => *request.uri_mut() = uri,
        None if is_for_a_person(&request) => {
            *request.uri_mut() = http::Uri::from_static(NOT_FOUND_PAGE);
            *request.method_mut() = http::Method::GET;
        }
        None => return v3::nowhere().await,
    }
    match known.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Where the pages that are served beside the calls have one that says that there is nothing.
const NOT_FOUND_PAGE: &str = "/not_found";

/// Whether a browser shows the answer to somebody, which it says by what it accepts; programs call below `/api` and `/app`.
fn is_for_a_person(request: &Request) -> bool {
    let accepts = request.headers().get(http::header::ACCEPT).and_then(|v| v.to_str().ok());
    let path = request.uri().path();
    let is_a_call = ["/api", "/app"]
        .iter()
        .filter_map(|face| path.strip_prefix(face))
        .any(|rest| rest.is_empty() || rest.starts_with('/'));
    !is_a_call && accepts.is_some_and(|accepts| accepts.contains("text/html"))
}

fn faces(desk: Arc<Desk>, identity: Arc<Identity>, options: ApiOptions) -> Router {
    let guesses = Arc::<guesses::Guesses>::default();
    let oauth = oauth::OAuth {
        desk: desk.clone(),
        identity: identity.clone(),
        guesses: guesses.clone(),
        public_url: options.public_url.clone().unwrap_or_default(),
    };
    let throttle = happyfox::Throttle::new(&desk, options.requester_calls);
    let texts = v3::Texts::new(options.text_bytes);
    let api = Arc::new(Api { desk, identity, options, throttle, guesses, texts });
    let happyfox = happyfox::router(api.clone());
    Router::new()
        .route("/api/openapi.json", get(openapi::serve))
        .route("/api/v3", any(v3::entry))
        .route("/api/v3/", any(v3::entry))
        .route("/api/v3/{*path}", any(v3::entry))
        .route("/app/{portal}/api/v3", any(v3::entry))
        .route("/app/{portal}/api/v3/", any(v3::entry))
        .route("/app/{portal}/api/v3/{*path}", any(v3::entry))
        .with_state(api)
        .merge(oauth::router(oauth))
        .merge(happyfox)
}

pub(crate) fn trace_of(request: &Request) -> u128 {
    request.extensions().get::<TraceId>().map_or(0, |t| t.0)
}

/// The network address of a caller.
pub(crate) fn address_of(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// Whom a call's credential stands for; `None` for one that is unknown, expired or revoked.
pub(crate) async fn identify(
    api: &Api,
    presented: &Presented<'_>,
    now: i64,
) -> Result<Option<Grant>, DeskError> {
    match presented {
        Presented::Token(token) => api.identity.verify_access_token(token, now).await,
        Presented::Key(key) => api.identity.verify_technician_key(key, now).await,
    }
}

/// Whether a call's credential was good lately; it may have been taken back since.
pub(crate) fn was_good(api: &Api, presented: &Presented<'_>) -> bool {
    match presented {
        Presented::Token(token) => api.identity.knew_access_token(token),
        Presented::Key(key) => api.identity.knew_technician_key(key),
    }
}
