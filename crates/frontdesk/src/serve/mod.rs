//! The HTTP server around a router.
//!
//! It is hyper's HTTP/1 connection driven by us, because `axum::serve` can limit neither connections nor slow clients,
//! knows no TLS and waits for ever when it stops. What it adds to a request costs no allocation but the trace id's
//! header and extension.
//!
//! - HTTP/1.0 and 1.1, keep-alive, pipelining. An offer to upgrade (`h2c`, `websocket`) is ignored: the answer
//!   comes in HTTP/1.1 on the same connection. A GET may have a body. A client that closes its sending side still
//!   gets its answer.
//! - A client that takes too long over a request's head, stays silent between requests, pauses in a body or does
//!   not read its answer is cut off (`watch`, `body`). No timer is touched per request: one per connection looks
//!   now and then.
//! - At most [`Limits::max_connections`]; the rest wait in the system's queue, unaccepted. At most [`Limits::max_connections_per_address`] from
//!   one address that is no trusted proxy's; more are closed at once (`crowd`).
//! - Each request has a trace id (`trace_id`), each answer an `x-trace-id`, each log line of a request its `trace_id`
//!   (`observe`).
//! - When told to stop it accepts nothing more, closes idle connections, lets running requests finish within
//!   [`Limits::stop_timeout`], and returns.

mod body;
mod connection;
mod crowd;
mod listen;
mod observe;
mod proxies;
mod signals;
mod tls;
mod trace_id;
mod watch;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch as channel};

use crate::metrics::Metrics;
use crowd::Crowd;
pub use listen::{ListenError, bind};
pub use proxies::Proxies;
pub use signals::Signals;
pub use tls::Tls;
pub use trace_id::{TraceId, current_trace};

/// What connections may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at one time.
    pub max_connections: u32,
    /// Connections at one time from one address.
    pub max_connections_per_address: u32,
    /// How long a client may take over the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may stay silent between requests, or an answer unread.
    pub idle_timeout: Duration,
    /// How long the body of a request may pause.
    pub body_timeout: Duration,
    /// MiB of large bodies that are held in memory at one time, all of them together. The rest wait, and are refused in the end.
    pub bodies_mib: u32,
    /// How long running requests get to finish when the server stops.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: 10_000,
            max_connections_per_address: 5_000,
            header_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(60),
            bodies_mib: 256,
            stop_timeout: Duration::from_secs(30),
        }
    }
}

/// What is served, and how.
#[derive(Clone)]
pub struct Server {
    /// Who answers.
    pub router: Router,
    /// Who counts.
    pub metrics: Arc<Metrics>,
    /// What connections may take.
    pub limits: Limits,
    /// Certificate and key, for HTTPS.
    pub tls: Option<Arc<Tls>>,
    /// Who is believed about where a call comes from.
    pub proxies: Proxies,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every request that had begun was answered.
    Finished,
    /// This many connections were still busy when the time to stop ran out.
    Unfinished(u32),
}

/// Serves until `stop` resolves, then finishes what is running.
pub async fn run(listener: TcpListener, server: Server, stop: impl Future<Output = ()>) -> Ended {
    let slots = Arc::new(Semaphore::new(semaphore_size(server.limits.max_connections)));
    let (stopping, stopping_seen) = channel::channel(false);
    let room = body::Room::of(server.limits.bodies_mib);
    let shared = Arc::new(Shared { http: http(), server, room, stopping: stopping_seen });

    tokio::select! {
        biased;
        () = stop => {}
        () = accept_all(&listener, &slots, &shared) => {}
    }
    drop(listener);
    stopping.send_replace(true);

    // Every connection holds a slot until it is done: having them all means that all are done.
    let limits = shared.server.limits;
    let all = slots.acquire_many(limits.max_connections);
    match tokio::time::timeout(limits.stop_timeout, all).await {
        Ok(_) => Ended::Finished,
        Err(_) => {
            let free = u32::try_from(slots.available_permits()).unwrap_or(limits.max_connections);
            Ended::Unfinished(limits.max_connections.saturating_sub(free))
        }
    }
}

/// What all connections share.
struct Shared {
    http: http1::Builder,
    server: Server,
    room: body::Room,
    stopping: channel::Receiver<bool>,
}

fn semaphore_size(connections: u32) -> usize {
    usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS)
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    // Room for the longest URL hyper takes (64 kB: `input_data` travels there) beside the other headers.
    http.max_buf_size(192 * 1024);
    // Simple clients shut their sending side down and wait for the answer.
    http.half_close(true);
    http
}

async fn accept_all(listener: &TcpListener, slots: &Arc<Semaphore>, shared: &Arc<Shared>) {
    let crowd = Crowd::new(shared.server.limits.max_connections_per_address);
    loop {
        // First the slot, then the connection: without a slot it stays in the system's queue.
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { return };
        let (stream, peer) = listen::accept(listener).await;
        // A proxy comes for many.
        let present = match shared.server.proxies.has(peer.ip()) {
            true => None,
            false => match crowd.enter(peer.ip()) {
                Some(present) => Some(present),
                None => {
                    tracing::debug!(%peer, "too many connections from one address");
                    continue;
                }
            },
        };
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            serve_one(stream, peer, &shared, slot).await;
            drop(present);
        });
    }
}

async fn serve_one(
    stream: TcpStream,
    peer: std::net::SocketAddr,
    shared: &Shared,
    slot: OwnedSemaphorePermit,
) {
    let counted = shared.server.metrics.connection();
    // Answers are small and must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    match &shared.server.tls {
        None => connection::drive(stream, peer, shared).await,
        Some(tls) => {
            match tokio::time::timeout(shared.server.limits.header_timeout, tls.accept(stream)).await {
                Ok(Ok(stream)) => connection::drive(stream, peer, shared).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
            }
        }
    }
    drop(counted);
    drop(slot);
}
