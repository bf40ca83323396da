//! Slow clients: what a connection is doing, noted where bytes pass, judged by a timer now and then.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Limits;

/// What a connection is doing. Only its own task touches it, so every access is relaxed; the atomics are there
/// because the task may move between threads.
#[derive(Debug)]
pub(super) struct Pulse {
    opened: Instant,
    /// Grows whenever bytes pass in either direction.
    moves: AtomicU64,
    /// A request is in the hands of the router.
    handling: AtomicBool,
    /// When the first byte of a request's head came, in nanoseconds since `opened`; zero when no head has begun.
    head_since: AtomicU64,
    /// A request has come in whole.
    used: AtomicBool,
}

/// What the timer makes of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Look again after this time.
    Fine(Duration),
    /// The client took too long over a head.
    SlowHead,
    /// Nothing passed for too long.
    Silent,
}

impl Pulse {
    pub(super) fn new() -> Pulse {
        Pulse {
            opened: Instant::now(),
            moves: AtomicU64::new(0),
            handling: AtomicBool::new(false),
            head_since: AtomicU64::new(0),
            used: AtomicBool::new(false),
        }
    }

    /// A request begins to be handled.
    pub(super) fn begin(&self) {
        self.handling.store(true, Ordering::Relaxed);
        self.used.store(true, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
    }

    /// The router has answered; the answer's body may still be on its way.
    pub(super) fn end(&self) {
        self.handling.store(false, Ordering::Relaxed);
    }

    /// No byte of a request has come yet.
    pub(super) fn is_untouched(&self) -> bool {
        !self.used.load(Ordering::Relaxed) && self.head_since.load(Ordering::Relaxed) == 0
    }

    fn bytes_came(&self) {
        self.moved();
        let between_requests = !self.handling.load(Ordering::Relaxed);
        if between_requests && self.head_since.load(Ordering::Relaxed) == 0 {
            let nanos = u64::try_from(self.opened.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.head_since.store(nanos.max(1), Ordering::Relaxed);
        }
    }

    fn bytes_went(&self) {
        self.moved();
        // While an answer goes out, what came in meanwhile waits for us and not for the client.
        self.head_since.store(0, Ordering::Relaxed);
    }

    fn moved(&self) {
        self.moves.store(self.moves.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// The timer's memory between two looks.
#[derive(Debug)]
pub(super) struct Patience {
    header_timeout: Duration,
    idle_timeout: Duration,
    /// Moves at the last look, and when they were last seen to change.
    moves: u64,
    moved: Instant,
}

impl Patience {
    pub(super) fn new(limits: &Limits, now: Instant) -> Patience {
        let Limits { header_timeout, idle_timeout, .. } = *limits;
        Patience { header_timeout, idle_timeout, moves: 0, moved: now }
    }

    /// When to look first. A head that begins between two looks is found by the next, and given the rest of its time
    /// then; looking that often keeps the error below the timeout itself.
    pub(super) fn interval(&self) -> Duration {
        self.header_timeout.min(self.idle_timeout)
    }

    /// Judges a connection.
    pub(super) fn judge(&mut self, pulse: &Pulse, now: Instant) -> Verdict {
        let moves = pulse.moves.load(Ordering::Relaxed);
        if moves != self.moves || pulse.handling.load(Ordering::Relaxed) {
            self.moves = moves;
            self.moved = now;
        }
        let head = match pulse.head_since.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(now.saturating_duration_since(pulse.opened + Duration::from_nanos(nanos))),
        };
        if let Some(taken) = head {
            match self.header_timeout.checked_sub(taken) {
                Some(rest) if !rest.is_zero() => return Verdict::Fine(rest),
                _ => return Verdict::SlowHead,
            }
        }
        match self.idle_timeout.checked_sub(now.saturating_duration_since(self.moved)) {
            Some(rest) if !rest.is_zero() => Verdict::Fine(rest.min(self.interval())),
            _ => Verdict::Silent,
        }
    }
}

/// A stream that notes in the connection's pulse when bytes pass.
pub(super) struct Watched<'a, S> {
    stream: S,
    pulse: &'a Pulse,
}

impl<'a, S> Watched<'a, S> {
    pub(super) fn new(stream: S, pulse: &'a Pulse) -> Self {
        Watched { stream, pulse }
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        if matches!(written, Poll::Ready(Ok(bytes)) if *bytes > 0) {
            self.pulse.bytes_went();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pulse.bytes_came();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<'_, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_connections: 1,
        max_connections_per_address: 1,
        header_timeout: Duration::from_secs(30),
        idle_timeout: Duration::from_secs(75),
        body_timeout: Duration::from_secs(60),
        bodies_mib: 64,
        stop_timeout: Duration::from_secs(30),
    };

    fn start() -> (Pulse, Patience, impl Fn(u64) -> Instant) {
        let pulse = Pulse::new();
        let opened = pulse.opened;
        let patience = Patience::new(&LIMITS, opened);
        (pulse, patience, move |seconds| opened + Duration::from_secs(seconds))
    }

    #[test]
    fn a_silent_connection_is_cut_after_the_idle_timeout() {
        let (pulse, mut patience, at) = start();
        assert_eq!(patience.judge(&pulse, at(30)), Verdict::Fine(Duration::from_secs(30)));
        assert_eq!(patience.judge(&pulse, at(60)), Verdict::Fine(Duration::from_secs(15)));
        assert_eq!(patience.judge(&pulse, at(75)), Verdict::Silent);
    }

    #[test]
    fn a_trickling_head_is_cut_after_the_header_timeout() {
        let (pulse, mut patience, at) = start();
        pulse.bytes_came();
        pulse.head_since.store(Duration::from_secs(10).as_nanos() as u64, Ordering::Relaxed);
        pulse.bytes_came();
        assert_eq!(patience.judge(&pulse, at(30)), Verdict::Fine(Duration::from_secs(10)));
        pulse.bytes_came();
        assert_eq!(patience.judge(&pulse, at(40)), Verdict::SlowHead);
    }

    #[test]
    fn a_long_request_and_a_long_answer_are_left_alone() {
        let (pulse, mut patience, at) = start();
        pulse.bytes_came();
        pulse.begin();
        assert!(matches!(patience.judge(&pulse, at(1000)), Verdict::Fine(_)));
        pulse.end();
        pulse.bytes_came();
        pulse.bytes_went();
        assert!(matches!(patience.judge(&pulse, at(2000)), Verdict::Fine(_)));
        assert_eq!(patience.judge(&pulse, at(2075)), Verdict::Silent);
    }
}
