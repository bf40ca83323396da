//! Ids for records of the past: above every shipped one, below those of now, and the same for the same seed.
//!
//! Ids as [`model::IdSource`] makes them count milliseconds from 2024 on, and those of its first months are below
//! the shipped ones. So the demo's rows have ids of their own making, between the shipped ones and those of now. They
//! follow from a row's place and not from the clock: what belongs to no request is numbered in the order in which it
//! is made, and behind that each request has a room of its own, request after request, so that a request's id is
//! greater the later it came. What hangs on a request is in its room, in the order of time: its place is the time
//! since the request came, in eighths of a second. That time depends on when people worked, and so on the clock; a
//! request's own id, and those of people, categories and the like, do not.

use model::{Id, IdSource};

/// Below every id of the demo.
const BASE: i64 = Id::shipped(999_999_999_999).get() + 1;
/// Ids in the room of one request, and in the room before the first one's: eighths of a second for four years.
const ROOM: i64 = 1 << 30;
/// A place in a room, in milliseconds.
const PLACE_MS: i64 = 125;
/// The last places of a room are for links, which are made when the request is done.
const LINK: i64 = ROOM - 1;
/// So many places before them are for the problem behind the request.
const BESIDE: i64 = 900;

/// How many requests have a room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    rooms: i64,
}

impl Ids {
    /// Ids below those of `now`; `None` when the clock is so early that there is no room.
    pub fn new(now: i64) -> Option<Self> {
        let natural = IdSource::new(0, 0).next(now).get();
        let rooms = (natural - BASE) / ROOM - 1;
        (rooms > 100_000).then_some(Self { rooms })
    }
    /// How many requests have a room.
    pub const fn room(&self) -> i64 {
        self.rooms
    }
}

/// Ids for what belongs to no request, one after the other.
#[derive(Debug, Default)]
pub(super) struct Rising {
    last: i64,
}

impl Rising {
    /// The next one.
    pub const fn take(&mut self) -> Id {
        self.last += 1;
        Id::new(BASE + self.last)
    }
}

/// Ids for one request and what hangs on it.
#[derive(Debug)]
pub(super) struct Slots {
    number: i64,
    created: i64,
    used: Vec<i64>,
}

impl Slots {
    /// `number` is the request's own, from one up; `created` is when it came.
    pub const fn new(number: i64, created: i64) -> Self {
        Self { number, created, used: Vec::new() }
    }
    /// An id for this instant, or for as soon after as it can be. The first one is the request's.
    pub fn take(&mut self, ms: i64) -> Id {
        let mut place = ((ms - self.created) / PLACE_MS).clamp(0, LINK - 1_000);
        while self.used.contains(&place) {
            place += 1;
        }
        self.used.push(place);
        Id::new(BASE + self.number * ROOM + place)
    }
    /// One of the ids in a request's room for what is made when the request is done: a problem and its rows.
    pub const fn beside(number: i64, nth: i64) -> Id {
        Id::new(BASE + number * ROOM + LINK - BESIDE + nth)
    }
    /// The id of the link to an earlier request.
    pub const fn link(number: i64) -> Id {
        Id::new(BASE + number * ROOM + LINK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    /// 2026-11-24.
    const NOW: i64 = 1_795_478_400_000;

    #[test]
    fn ids_rise_between_the_shipped_ones_and_now() {
        let start = NOW - 1_200 * DAY;
        let ids = Ids::new(NOW).unwrap();
        assert!(ids.room() > 100_000_000, "{}", ids.room());
        let people = Rising::default().take();
        let mut one = Slots::new(1, start);
        let mut last = Slots::new(ids.room(), NOW - DAY);
        let (a, b, c) = (one.take(start), one.take(start + 1_000), last.take(NOW - DAY));
        assert!(people < a && a < b && b < c);
        assert!(people > Id::shipped(999_999_999_999) && !people.is_shipped());
        assert!(last.take(NOW) < Slots::link(ids.room()));
        assert!(Slots::link(ids.room()) < IdSource::new(0, 0).next(NOW));
        let again = one.take(start);
        assert!(a < again && again < b, "the place is taken");
    }

    #[test]
    fn the_clock_makes_no_difference() {
        let id = |created: i64| Slots::new(7, created).take(created);
        assert_eq!(id(NOW), id(NOW - 99 * DAY + 1));
    }

    #[test]
    fn an_early_clock_has_no_room() {
        assert!(Ids::new(1_500_000_000_000).is_none());
    }
}
