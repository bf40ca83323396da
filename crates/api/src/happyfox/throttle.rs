//! So many calls a minute of each key (happyfox.md T10).

use desk::Desk;
use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use model::Id;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// How many calls of one key a minute are let in; as many may come at once. Without a limit, all are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallLimits {
    /// Of those that read.
    pub reads: Option<NonZeroU32>,
    /// Of those that write.
    pub writes: Option<NonZeroU32>,
}

/// The desk's clock, as the limiter reads it.
#[derive(Clone, Debug)]
struct DeskClock(Arc<Desk>);

impl Clock for DeskClock {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_millis(self.0.now().max(0).cast_unsigned()))
    }
}

type Limiter = RateLimiter<Id, HashMapStateStore<Id>, DeskClock, NoOpMiddleware<Nanos>>;

/// The counts. They are this process's own: behind several processes a key has so many times the calls.
#[derive(Debug)]
pub(crate) struct Throttle {
    clock: DeskClock,
    reads: Option<Limiter>,
    writes: Option<Limiter>,
}

impl Throttle {
    pub fn new(desk: &Arc<Desk>, limits: CallLimits) -> Self {
        let clock = DeskClock(desk.clone());
        let limiter = |most: Option<NonZeroU32>| {
            let quota = Quota::per_minute(most?);
            Some(RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()))
        };
        Self { reads: limiter(limits.reads), writes: limiter(limits.writes), clock }
    }

    /// Lets a call of a key in, or says after how many seconds it may come again.
    pub fn admit(&self, key: Id, writes: bool) -> Result<(), u64> {
        let Some(limiter) = (if writes { &self.writes } else { &self.reads }) else { return Ok(()) };
        limiter.check_key(&key).map_err(|until| {
            let wait = until.earliest_possible().duration_since(self.clock.now());
            Duration::from(wait).as_millis().div_ceil(1000).max(1).try_into().unwrap_or(60)
        })
    }
}
