//! Record ids and where new ones come from.

use crate::Value;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// A record's id: 18 or 19 digits, unique over all modules and all nodes. On the wire it is a string of
/// digits (conventions.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(i64);

/// Shipped rows are `SHIPPED_PREFIX + tail`; the tails are the same in every portal (setup.md section 13).
pub const SHIPPED_PREFIX: i64 = 100_001 * 1_000_000_000_000;

/// Ids count milliseconds from here, 2024-01-01T00:00:00Z, so that every id generated since October 2024 is greater
/// than every shipped one and has 18 digits until 2031.
const EPOCH_MS: i64 = 1_704_067_200_000;
const SEQUENCE_BITS: u32 = 12;
const NODE_BITS: u32 = 10;

impl Id {
    /// The id with this number.
    #[must_use]
    pub const fn new(n: i64) -> Self {
        Self(n)
    }
    /// The id of the shipped row with this tail.
    #[must_use]
    pub const fn shipped(tail: i64) -> Self {
        Self(SHIPPED_PREFIX + tail)
    }
    /// Whether the row with this id came with the product: by its prefix, or by one of the small numbers under which
    /// clients know a few rows in every desk.
    #[must_use]
    pub const fn is_shipped(self) -> bool {
        self.0 < 1_000 || (self.0 >= SHIPPED_PREFIX && self.0 < SHIPPED_PREFIX + 1_000_000_000_000)
    }
    /// A bound below every id that was made in the last so many milliseconds before this one was.
    #[must_use]
    pub const fn earlier(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms.saturating_mul(1 << (SEQUENCE_BITS + NODE_BITS))))
    }
    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a string of 1 to 19 digits that fits 63 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        if s.is_empty() || s.len() > 19 || !s.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NotAnId);
        }
        s.parse().map(Self).map_err(|_| NotAnId)
    }
}

impl From<Id> for Value {
    fn from(id: Id) -> Self {
        Self::Int(id.0)
    }
}

/// Makes ids: milliseconds, node and a sequence, always rising on one node even when the clock steps back.
#[derive(Debug)]
pub struct IdSource {
    node: AtomicI64,
    last: AtomicI64,
}

impl IdSource {
    /// A source for `node` (0 to 1023, each running process its own) that never gives an id at or below
    /// `floor`, the greatest id already in the database.
    #[must_use]
    pub const fn new(node: u16, floor: i64) -> Self {
        Self { node: AtomicI64::new(in_range(node)), last: AtomicI64::new(floor >> NODE_BITS) }
    }

    /// From now on ids are made under another number, because this process has been given another.
    pub fn set_node(&self, node: u16) {
        self.node.store(in_range(node), Ordering::Relaxed);
    }

    /// Never gives an id at or below this one from now on: it came from elsewhere.
    pub fn raise(&self, floor: Id) {
        self.last.fetch_max(floor.get() >> NODE_BITS, Ordering::Relaxed);
    }

    /// The next id at the instant `now_ms`.
    pub fn next(&self, now_ms: i64) -> Id {
        // The counter is (ms, sequence); the node goes below it, so ids of one node rise strictly.
        let floor = (now_ms - EPOCH_MS).max(0) << SEQUENCE_BITS;
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some((last + 1).max(floor)))
            .unwrap_or(floor);
        let tick = (previous + 1).max(floor);
        Id((tick << NODE_BITS) | self.node.load(Ordering::Relaxed))
    }
}

const fn in_range(node: u16) -> i64 {
    (node as i64) & ((1 << NODE_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_when_the_clock_does_not() {
        let ids = IdSource::new(3, 0);
        let now = EPOCH_MS + 90_000_000_000;
        let a = ids.next(now);
        let b = ids.next(now);
        let c = ids.next(now - 5_000);
        let d = ids.next(now + 1);
        assert!(a < b && b < c && c < d);
        assert_eq!(a.to_string().len(), 18);
        assert!(!a.is_shipped() && a > Id::shipped(999_999_999_999));
    }

    #[test]
    fn ids_start_above_the_floor() {
        let floor = IdSource::new(0, 0).next(EPOCH_MS + 90_000_000_000).get();
        assert!(IdSource::new(1, floor).next(EPOCH_MS).get() > floor);
        let later = IdSource::new(1, 0);
        later.raise(Id(floor));
        assert!(later.next(EPOCH_MS).get() > floor);
    }

    #[test]
    fn only_digits_are_ids() {
        assert_eq!("42".parse(), Ok(Id(42)));
        for bad in ["", "-1", "+1", "1e3", "9999999999999999999", "12345678901234567890", "٣"] {
            assert_eq!(bad.parse::<Id>(), Err(NotAnId), "{bad}");
        }
    }
}
