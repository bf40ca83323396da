//! HTTP faces on one desk: the V3 API, OAuth 2.0, and the document that describes them.
//!
//! A handler is a paragraph: decode, call one use case, encode. Rules live in `desk`, the wire format in `wire`.

mod oauth;
mod openapi;
mod v3;

use axum::Router;
use axum::extract::Request;
use axum::routing::{any, get};
use desk::identity::{Grant, Identity};
use desk::{Desk, DeskError};
use oauth::Presented;
use std::sync::Arc;

/// The number under which one call is found in the logs; the wiring puts it into the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(pub u128);

impl std::fmt::Display for TraceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What the faces need from the wiring.
#[derive(Clone, Debug, Default)]
pub struct ApiOptions {
    /// Where clients reach the desk, without a slash at the end: `https://desk.example.com`.
    pub public_url: Option<String>,
}

/// The faces' state.
#[derive(Debug)]
pub(crate) struct Api {
    pub desk: Arc<Desk>,
    pub identity: Arc<Identity>,
    pub options: ApiOptions,
}

/// Everything under `/api`, `/app` and `/oauth`.
pub fn router(desk: Arc<Desk>, identity: Arc<Identity>, options: ApiOptions) -> Router {
    let oauth = oauth::router(desk.clone(), identity.clone(), options.public_url.clone());
    let api = Arc::new(Api { desk, identity, options });
    Router::new()
        .route("/api/openapi.json", get(openapi::serve))
        .route("/api/v3", any(v3::entry))
        .route("/api/v3/", any(v3::entry))
        .route("/api/v3/{*path}", any(v3::entry))
        .route("/app/{portal}/api/v3", any(v3::entry))
        .route("/app/{portal}/api/v3/", any(v3::entry))
        .route("/app/{portal}/api/v3/{*path}", any(v3::entry))
        .with_state(api)
        .merge(oauth)
}

pub(crate) fn trace_of(request: &Request) -> u128 {
    request.extensions().get::<TraceId>().map_or(0, |t| t.0)
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
