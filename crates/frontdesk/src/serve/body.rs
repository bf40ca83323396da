//! A request's body that may not pause for too long, nor come in drops, nor take what memory there is.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use api::NoRoom;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::sync::{Semaphore, TryAcquireError};
use tokio::time::{Instant, Sleep, sleep, timeout};

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

/// So much of every body is held without being counted, in bytes: most calls have less, and connections are counted.
const UNCOUNTED: u64 = 64 * 1024;
/// More than this no face reads of a body, in bytes.
const LARGEST: u64 = 45 * 1024 * 1024;
/// A body that does not tell its length takes so much of the room at first, in bytes, and then what the largest would.
const FIRST: u64 = 1024 * 1024;
/// Room is counted in pieces of so many bytes.
const PIECE: u64 = 1024;
/// How long a body waits for room at most, which the client sees as a pause, before its call is refused; no longer than it may
/// pause itself.
const ROOM_WAIT: Duration = Duration::from_secs(30);

/// The memory that all large bodies take together, as long as their calls are looked at. Each is held as a whole.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub fn of(mib: u32) -> Self {
        Self(Arc::new(Semaphore::new(mib as usize * 1024)))
    }
}

/// What one call's body takes of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    room: Room,
    pieces: AtomicU32,
}

impl Held {
    fn add(&self, pieces: u32) {
        self.pieces.fetch_add(pieces, Ordering::Relaxed);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.0.add_permits(self.pieces.load(Ordering::Relaxed) as usize);
    }
}

/// The body as axum wants it, and what it takes of the room, to be kept until the call is answered. An absent one costs nothing.
pub(super) fn of(incoming: Incoming, pause: Duration, room: &Room) -> (Body, Option<Arc<Held>>) {
    if incoming.is_end_stream() {
        return (Body::empty(), None);
    }
    let held = Arc::new(Held { room: room.clone(), pieces: AtomicU32::new(0) });
    let body = Timed {
        length: incoming.size_hint().exact(),
        incoming,
        pause,
        alarm: None,
        started: None,
        bytes: 0,
        held: held.clone(),
        waiting: None,
    };
    (Body::new(body), Some(held))
}

/// Waits until there is room, or until it has waited long enough.
type Search = Pin<Box<dyn Future<Output = Result<(), NoRoom>> + Send>>;

/// What was read already, and waits until there is room for it.
struct Waiting {
    data: Option<Frame<Bytes>>,
    room: Search,
}

/// A body and the alarm that runs while it pauses. Bodies that come with their heads never set it.
struct Timed {
    incoming: Incoming,
    /// In bytes, where the head tells it.
    length: Option<u64>,
    pause: Duration,
    alarm: Option<Pin<Box<Sleep>>>,
    /// When it was waited for first.
    started: Option<Instant>,
    /// What has come since.
    bytes: u64,
    held: Arc<Held>,
    waiting: Option<Waiting>,
}

impl Timed {
    /// How long may be waited for more: a pause, and no longer than until the whole is too slow.
    fn patience(&self, waited: Duration) -> Duration {
        let earned = self.pause * PAUSES + Duration::from_secs(self.bytes / LEAST_RATE);
        self.pause.min(earned.saturating_sub(waited))
    }

    /// How much of the room it takes. At once for all of it where its length is told: bodies that each had taken a part, and
    /// waited for the next, would wait for one another.
    const fn wants(&self) -> u64 {
        match self.length {
            _ if self.bytes <= UNCOUNTED => 0,
            Some(length) if length < LARGEST => length,
            None if self.bytes <= FIRST => FIRST,
            _ => LARGEST,
        }
    }

    /// Takes room for what has come. Gives what is to be waited for where there is none.
    fn take_room(&self) -> Option<Search> {
        let pieces = u32::try_from(self.wants().div_ceil(PIECE)).unwrap_or(u32::MAX);
        let more = pieces.saturating_sub(self.held.pieces.load(Ordering::Relaxed));
        if more == 0 {
            return None;
        }
        match self.held.room.0.try_acquire_many(more) {
            Ok(permit) => {
                permit.forget();
                self.held.add(more);
                None
            }
            Err(TryAcquireError::NoPermits | TryAcquireError::Closed) => {
                let (held, wait) = (self.held.clone(), ROOM_WAIT.min(self.pause));
                Some(Box::pin(async move {
                    match timeout(wait, held.room.0.acquire_many(more)).await {
                        Ok(Ok(permit)) => {
                            permit.forget();
                            held.add(more);
                            Ok(())
                        }
                        _ => Err(NoRoom),
                    }
                }))
            }
        }
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            let Poll::Ready(found) = waiting.room.as_mut().poll(cx) else { return Poll::Pending };
            let data = waiting.data.take();
            self.waiting = None;
            return Poll::Ready(found.map_or_else(|none| Some(Err(none.into())), |()| data.map(Ok)));
        }
        match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.alarm = None;
                if let Some(Ok(frame)) = &frame {
                    self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                }
                match (self.take_room(), frame) {
                    (Some(room), Some(Ok(frame))) => {
                        self.waiting = Some(Waiting { data: Some(frame), room });
                        self.poll_frame(cx)
                    }
                    (_, frame) => Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
                }
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
        self.waiting.is_none() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
