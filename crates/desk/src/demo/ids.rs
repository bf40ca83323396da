//! Ids for records of the past: greater for later instants, above every shipped one, below those of now.
//!
//! Ids as [`model::IdSource`] makes them count milliseconds from 2024 on, and those of its first months are below
//! the shipped ones. So the demo's years are laid evenly over the ids between the shipped ones and those of now:
//! each millisecond has `scale` ids. A request and what hangs on it share one of these `scale` places, and each of
//! them has a millisecond of its own; what belongs to no request has the place zero. So no id is given twice.

use model::{Id, IdSource};

/// How instants become ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    start: i64,
    base: i64,
    scale: i64,
}

impl Ids {
    /// Ids for instants from `start` to `now`; `None` when the clock is so early that there is no room.
    pub fn new(start: i64, now: i64) -> Option<Self> {
        let natural = |ms: i64| IdSource::new(0, 0).next(ms).get();
        let base = natural(start).max(Id::shipped(999_999_999_999).get() + 1);
        let scale = (natural(now) - base) / (now - start + 1).max(1);
        (scale > 100_000).then_some(Self { start, base, scale })
    }
    /// How many requests have a place.
    pub const fn room(&self) -> i64 {
        self.scale - 1
    }
    const fn at(&self, ms: i64, place: i64) -> Id {
        Id::new(self.base + (ms - self.start) * self.scale + place)
    }
}

/// Ids for what belongs to no request, strictly rising.
#[derive(Debug)]
pub(super) struct Rising {
    ids: Ids,
    last: i64,
}

impl Rising {
    pub const fn new(ids: Ids) -> Self {
        Self { ids, last: ids.start - 1 }
    }
    /// An id at this instant, or as soon after as it can be.
    pub fn take(&mut self, ms: i64) -> Id {
        self.last = ms.max(self.last + 1);
        self.ids.at(self.last, 0)
    }
}

/// Ids for one request and what hangs on it.
#[derive(Debug)]
pub(super) struct Slots {
    ids: Ids,
    place: i64,
    used: Vec<i64>,
}

impl Slots {
    /// `number` is the request's own, from one up.
    pub const fn new(ids: Ids, number: i64) -> Self {
        Self { ids, place: number, used: Vec::new() }
    }
    /// An id at this instant, or as soon after as it can be.
    pub fn take(&mut self, ms: i64) -> Id {
        let mut ms = ms.max(self.ids.start);
        while self.used.contains(&ms) {
            ms += 1;
        }
        self.used.push(ms);
        self.ids.at(ms, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    /// 2026-11-24.
    const NOW: i64 = 1_795_478_400_000;

    #[test]
    fn ids_rise_with_time_between_the_shipped_ones_and_now() {
        let start = NOW - 1_200 * DAY;
        let ids = Ids::new(start, NOW).unwrap();
        assert!(ids.room() > 1_000_000, "{}", ids.room());
        let mut one = Slots::new(ids, 1);
        let mut last = Slots::new(ids, ids.room());
        let (a, b, c) = (one.take(start), last.take(start), one.take(start + 1));
        assert!(a < b && b < c);
        assert!(a > Id::shipped(999_999_999_999) && !a.is_shipped());
        assert!(last.take(NOW) < IdSource::new(0, 0).next(NOW + 1));
        let again = one.take(start);
        assert!(again > c, "the millisecond is taken, and so is the next");
    }

    #[test]
    fn an_early_clock_has_no_room() {
        assert!(Ids::new(0, 1_500_000_000_000).is_none());
    }
}
