//! What watches over the process asks: is it alive, is it ready, how is it doing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::{Metrics, Page};
use crate::rooms::Rooms;

/// How long the database may take to say that it is there.
const READY_TIMEOUT: Duration = Duration::from_secs(5);

/// What the probes look at.
#[derive(Clone)]
struct Watched {
    rooms: Rooms,
    metrics: Arc<Metrics>,
}

/// The three routes.
pub(crate) fn router(rooms: Rooms, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(numbers))
        .with_state(Watched { rooms, metrics })
}

/// The process answers, whatever the database does: restarting it would not help.
async fn health() -> Response {
    json(StatusCode::OK, &serde_json::json!({"status": "ok"}))
}

/// The database answers and its schema is ours. The reason for a refusal goes to the log; the answer says no more
/// than that, for it is open to everyone.
async fn ready(State(watched): State<Watched>) -> Response {
    let reason = match tokio::time::timeout(READY_TIMEOUT, watched.rooms.ready()).await {
        Ok(Ok(())) => return json(StatusCode::OK, &serde_json::json!({"status": "ok"})),
        Ok(Err(reason)) => reason,
        Err(_) => "the database does not answer".to_owned(),
    };
    tracing::warn!(%reason, "not ready");
    json(StatusCode::SERVICE_UNAVAILABLE, &serde_json::json!({"status": "unavailable"}))
}

async fn numbers(State(watched): State<Watched>) -> Response {
    let mut page = Page::default();
    watched.metrics.write(&mut page);
    watched.rooms.write_metrics(&mut page);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, page.into_text()).into_response()
}

fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
