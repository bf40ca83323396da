//! One connection, from its first byte to its last.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Instant;

use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use super::Shared;
use super::observe::Observe;
use super::watch::{Patience, Pulse, Verdict, Watched};

/// Serves one connection until the client leaves, is cut off, or the server stops.
pub(super) async fn drive<S>(stream: S, peer: SocketAddr, shared: &Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let pulse = Pulse::new();
    let mut patience = Patience::new(&shared.server.limits, Instant::now());
    let mut look = pin!(sleep(patience.interval()));
    let mut stopping = shared.stopping.clone();
    let mut told_to_stop = false;

    let io = TokioIo::new(Watched::new(stream, &pulse));
    let service = Observe::new(&shared.server, &shared.room, &pulse, peer);
    let mut connection = pin!(shared.http.serve_connection(io, service));
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "connection broke");
                }
                return;
            }
            () = look.as_mut() => match patience.judge(&pulse, Instant::now()) {
                Verdict::Fine(next) => look.as_mut().reset(tokio::time::Instant::now() + next),
                verdict => {
                    shared.server.metrics.connection_cut();
                    tracing::debug!(%peer, ?verdict, "connection cut off");
                    return;
                }
            },
            _ = stopping.wait_for(|stop| *stop), if !told_to_stop => {
                // hyper would wait for a first request; nobody has promised one.
                if pulse.is_untouched() {
                    return;
                }
                told_to_stop = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
