//! What surrounds every request: its trace id, its numbers, its log line, and a net below panics.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::header::Entry;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::routing::future::RouteFuture;
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use tower_service::Service as _;

use super::body::{Held, Room};
use super::watch::Pulse;
use super::{Server, TraceId, body, trace_id};
use crate::metrics::InFlight;

/// A request that takes longer than this is worth a warning.
const SLOW: Duration = Duration::from_secs(1);

static X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The router, as one connection sees it.
pub(super) struct Observe<'a> {
    server: &'a Server,
    room: &'a Room,
    pulse: &'a Pulse,
    peer: SocketAddr,
}

impl<'a> Observe<'a> {
    pub(super) fn new(server: &'a Server, room: &'a Room, pulse: &'a Pulse, peer: SocketAddr) -> Self {
        Observe { server, room, pulse, peer }
    }
}

impl<'a> hyper::service::Service<Request<Incoming>> for Observe<'a> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Observed<'a>;

    fn call(&self, request: Request<Incoming>) -> Observed<'a> {
        self.pulse.begin();
        let pause = self.server.limits.body_timeout;
        let mut about = About {
            started: Instant::now(),
            trace: trace_id::of(request.headers()),
            method: request.method().clone(),
            target: request.uri().path_and_query().cloned(),
            in_flight: self.server.metrics.request(),
            pulse: self.pulse,
            is_encrypted: self.server.tls.is_some(),
            _held: None,
        };
        let (head, incoming) = request.into_parts();
        let (body, held) = body::of(incoming, pause, self.room);
        about._held = held;
        let mut request = Request::from_parts(head, body);
        request.extensions_mut().insert(about.trace);
        let origin = self.server.proxies.origin(self.peer, request.headers());
        request.extensions_mut().insert(ConnectInfo(origin));
        // Building the future runs a little of the router already; its log lines belong to the request too.
        let entered = trace_id::enter(about.trace);
        let answer = self.server.router.clone().call(request);
        drop(entered);
        Observed { answer, about }
    }
}

/// What is remembered of a request while it is handled.
struct About<'a> {
    started: Instant,
    trace: TraceId,
    method: Method,
    target: Option<PathAndQuery>,
    in_flight: InFlight<'a>,
    pulse: &'a Pulse,
    is_encrypted: bool,
    /// What the body takes of the room for bodies.
    _held: Option<Arc<Held>>,
}

pin_project! {
    /// The answer on its way.
    pub(super) struct Observed<'a> {
        #[pin]
        answer: RouteFuture<Infallible>,
        about: About<'a>,
    }
}

impl Future for Observed<'_> {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = trace_id::enter(this.about.trace);
        let answer = this.answer;
        // A panic is our mistake, but it is one request's mistake: it must not take the connection with it. The future
        // is not polled again after it.
        let polled = catch_unwind(AssertUnwindSafe(|| answer.poll(cx)));
        let response = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => response,
            Err(_) => panicked(),
        };
        let response = this.about.finish(response);
        drop(entered);
        Poll::Ready(Ok(response))
    }
}

impl About<'_> {
    /// Counts, logs and marks an answer.
    fn finish(&mut self, mut response: Response<Body>) -> Response<Body> {
        self.pulse.end();
        let took = self.started.elapsed();
        self.in_flight.finish(&self.method, response.status(), took);
        self.log(&response, took);
        let headers = response.headers_mut();
        if let Some(value) = trace_id::header(self.trace) {
            headers.insert(X_TRACE_ID.clone(), value);
        }
        protect(headers, self.is_encrypted);
        response
    }

    /// One line per request: at debug level when all is well, at info when it was refused, so that the trace id that a
    /// client quotes leads somewhere, a warning when it failed on our side or was slow. The path is
    /// written without its query, which may carry secrets; the trace id is added where lines are written.
    fn log(&self, response: &Response<Body>, took: Duration) {
        let status = response.status();
        let method = self.method.as_str();
        let path = self.target.as_ref().map_or("", PathAndQuery::path);
        let latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bytes = response.body().size_hint().exact();
        let status_code = status.as_u16();
        if status.is_server_error() {
            tracing::warn!(target: "frontdesk::access", method, path, status = status_code, latency_us, bytes, "request failed");
        } else if took > SLOW {
            tracing::warn!(target: "frontdesk::access", method, path, status = status_code, latency_us, bytes, "request was slow");
        } else if status.is_client_error() {
            tracing::info!(target: "frontdesk::access", method, path, status = status_code, latency_us, bytes, "request refused");
        } else {
            tracing::debug!(target: "frontdesk::access", method, path, status = status_code, latency_us, bytes, "request");
        }
    }
}

/// What keeps browsers from making more of an answer than it is. Whoever answers may say otherwise: pages have rules of
/// their own, as do files that may be kept.
fn protect(headers: &mut HeaderMap, is_encrypted: bool) {
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
    });
    let mut say = |name: HeaderName, value: &'static str| {
        if let Entry::Vacant(place) = headers.entry(name) {
            place.insert(HeaderValue::from_static(value));
        }
    };
    say(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Nearly every answer is about people.
    say(header::CACHE_CONTROL, "no-store");
    say(header::REFERRER_POLICY, "no-referrer");
    if !is_page {
        say(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox");
    }
    if is_encrypted {
        say(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// The answer in place of one that panicked. The panic itself has been logged by the panic hook.
fn panicked() -> Response<Body> {
    const BODY: &str = r#"{"response_status":{"status_code":4000,"messages":[{"status_code":4001,"type":"failed"}],"status":"failed"}}"#;
    let mut response = Response::new(Body::from(BODY));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
