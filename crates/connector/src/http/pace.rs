//! When a call may begin: an even flow, and a pause for everybody when the service asks for one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Shared by all calls of a client. The flow is the generic cell rate algorithm; it is a dozen lines because the pause
/// belongs into the same place, and limiters in libraries know no pauses.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Option<Duration>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// When the next call is due, were all of them evenly spread.
    due: Instant,
    /// Nobody begins before.
    paused_until: Instant,
}

impl Pace {
    /// So many per second, or as many as come.
    pub fn new(calls_per_second: Option<f64>) -> Self {
        let now = Instant::now();
        let rate = calls_per_second.filter(|rate| rate.is_finite() && *rate > 0.0);
        let interval = rate.map(|rate| Duration::from_secs_f64((1.0 / rate).min(3600.0)));
        Self { interval, state: Mutex::new(State { due: now, paused_until: now }) }
    }

    /// Waits for a turn.
    pub async fn turn(&self) {
        if self.interval.is_some() {
            sleep_until(self.reserve()).await;
        }
        // A pause may begin while one waits, so it is looked at last, and again after it.
        loop {
            let until = self.lock().paused_until;
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }

    /// Nobody begins for this long.
    pub fn pause(&self, length: Duration) {
        let mut state = self.lock();
        state.paused_until = state.paused_until.max(Instant::now() + length);
    }

    fn reserve(&self) -> Instant {
        let Some(interval) = self.interval else { return Instant::now() };
        let now = Instant::now();
        let mut state = self.lock();
        // A burst of one second's worth may go at once.
        let burst = Duration::from_secs(1).max(interval) - interval;
        let begin = state.due.checked_sub(burst).map_or(now, |earliest| earliest.max(now));
        state.due = state.due.max(now) + interval;
        begin
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_holds_no_more_than_its_burst_and_its_rate() {
        let pace = Pace::new(Some(10.0));
        let begin = Instant::now();
        for _ in 0..30 {
            pace.turn().await;
        }
        let took = begin.elapsed();
        assert!(took >= Duration::from_millis(1900) && took <= Duration::from_millis(2100), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_for_all_and_the_longer_one_counts() {
        let pace = Pace::new(None);
        let begin = Instant::now();
        pace.pause(Duration::from_secs(5));
        pace.pause(Duration::from_secs(1));
        pace.turn().await;
        assert!(begin.elapsed() >= Duration::from_secs(5));
    }
}
