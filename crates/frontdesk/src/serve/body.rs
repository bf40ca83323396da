//! A request's body that may not pause for too long, nor come in drops.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// A body must come at this rate on the whole, in bytes a second: that of a modem. What trickles in holds a connection for as long
/// as its sender likes, and costs them nothing.
const LEAST_RATE: u64 = 4 * 1024;

/// So many pauses are given in advance.
const PAUSES: u32 = 4;

/// The client paused in a body for longer than it may, or sent it too slowly.
#[derive(Debug)]
pub struct BodyTimeout;

impl fmt::Display for BodyTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client stopped sending the body")
    }
}

impl Error for BodyTimeout {}

/// The body as axum wants it; an absent one costs nothing.
pub(super) fn of(incoming: Incoming, pause: Duration) -> Body {
    if incoming.is_end_stream() {
        return Body::empty();
    }
    Body::new(Timed { incoming, pause, alarm: None, started: None, bytes: 0 })
}

/// A body and the alarm that runs while it pauses. Bodies that come with their heads never set it.
struct Timed {
    incoming: Incoming,
    pause: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// When it was waited for first.
    started: Option<Instant>,
    /// What has come since.
    bytes: u64,
}

impl Timed {
    /// How long may be waited for more: a pause, and no longer than until the whole is too slow.
    fn patience(&self, waited: Duration) -> Duration {
        let earned = self.pause * PAUSES + Duration::from_secs(self.bytes / LEAST_RATE);
        self.pause.min(earned.saturating_sub(waited))
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.alarm = None;
                if let Some(Ok(frame)) = &frame {
                    self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let waited = self.started.get_or_insert_with(Instant::now).elapsed();
                let patience = self.patience(waited);
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(patience)));
                match alarm.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(BodyTimeout.into()))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
