//! Wrong keys, tokens, codes and secrets of clients, counted by network address: who shows many is not looked at for a while.
//!
//! Nobody guesses 128 random bits. But each try costs a look into the database, and one that goes on for hours is a mistake or worse.
//! An office has one address, and one program in it that repeats an old key must not lock the others out: a credential that was
//! good here lately is looked at all the same, and calls without any are not counted. The counts are this process's own.

use desk::identity::network_of;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// So many wrong ones of one address are looked at within [`MINUTE_MS`] from the first.
const WRONG_MAX: u32 = 100;
const MINUTE_MS: i64 = 60_000;
/// Addresses that are counted. With more at once nobody is, which whoever has so many could bring about in any way.
const ADDRESSES_MAX: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Counted {
    wrong: u32,
    /// From then on it is forgotten, in milliseconds since 1970.
    until: i64,
}

/// The counts.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    counted: Mutex<HashMap<IpAddr, Counted>>,
    /// Whether anybody may have to wait: nearly always nobody has, and then nothing is looked up.
    any: AtomicBool,
}

impl Guesses {
    /// Whether what an address shows is looked at; if not, after how many seconds it is.
    pub fn admit(&self, address: Option<IpAddr>, now: i64) -> Result<(), u64> {
        let Some(address) = address.filter(|_| self.any.load(Ordering::Acquire)) else { return Ok(()) };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = counted.get(&network_of(address)).filter(|found| found.has_to_wait(now)) {
            return Err((found.until - now).unsigned_abs().div_ceil(1_000).max(1));
        }
        counted.retain(|_, found| found.counts(now));
        self.any.store(counted.values().any(|found| found.has_to_wait(now)), Ordering::Release);
        Ok(())
    }

    /// What an address showed was wrong.
    pub fn wrong(&self, address: Option<IpAddr>, now: i64) {
        let Some(address) = address.map(network_of) else { return };
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= ADDRESSES_MAX {
            counted.retain(|_, found| found.counts(now));
            if counted.len() >= ADDRESSES_MAX {
                counted.clear();
            }
        }
        let anew = Counted { wrong: 0, until: now.saturating_add(MINUTE_MS) };
        let found = counted.entry(address).or_insert(anew);
        if !found.counts(now) {
            *found = anew;
        }
        found.wrong = found.wrong.saturating_add(1);
        if found.wrong == WRONG_MAX {
            tracing::warn!(%address, "many wrong credentials: no more are looked at for a minute");
        }
        if found.has_to_wait(now) {
            self.any.store(true, Ordering::Release);
        }
    }
}

impl Counted {
    /// A clock that was set back by more than the time that it counts says nothing.
    const fn counts(self, now: i64) -> bool {
        now < self.until && self.until - now <= MINUTE_MS
    }

    const fn has_to_wait(self, now: i64) -> bool {
        self.wrong >= WRONG_MAX && self.counts(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_shows_many_wrong_ones_waits() {
        let guesses = Guesses::default();
        let [one, same, other] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|a| Some(a.parse().unwrap()));
        for i in 0..i64::from(WRONG_MAX) {
            assert_eq!(guesses.admit(one, 1_000 + i), Ok(()));
            guesses.wrong(one, 1_000 + i);
        }
        assert_eq!(guesses.admit(one, 2_000), Err(59));
        assert_eq!(
            guesses.admit(same, 60_999),
            Err(1),
            "a provider gives a customer many addresses of version six"
        );
        assert_eq!(guesses.admit(other, 2_000), Ok(()));
        assert_eq!(guesses.admit(None, 2_000), Ok(()));
        assert_eq!(guesses.admit(one, 61_000), Ok(()));
        assert!(!guesses.any.load(Ordering::Acquire));
        guesses.wrong(one, 61_000);
        assert_eq!(guesses.admit(one, 61_001), Ok(()), "counted anew");
        for _ in 0..WRONG_MAX {
            guesses.wrong(other, 100_000_000);
        }
        assert!(guesses.admit(other, 100_000_000).is_err());
        assert_eq!(guesses.admit(other, 1_000), Ok(()), "the clock was set back");
    }

    #[test]
    fn so_many_addresses_are_counted_and_no_more() {
        let guesses = Guesses::default();
        for i in 0..u32::try_from(ADDRESSES_MAX * 2).unwrap() {
            guesses.wrong(Some(std::net::Ipv4Addr::from(i).into()), 1_000);
        }
        assert!(guesses.counted.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
