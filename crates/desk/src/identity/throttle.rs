//! Waiting after failed sign-ins: longer with each failure, per account and per address.
//!
//! An attempt counts as a failure before the password is looked at and is forgiven when it was right, so that many
//! attempts at once get no further than one after the other. The counts are this process's own: behind several
//! processes an attacker has so many times the attempts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use store::credentials::Hash;

/// At most so many accounts and addresses are remembered: a megabyte.
const KNOWN_MAX: usize = 10_000;

/// Without a further failure for so long, all is forgotten.
const FORGET_MS: i64 = 3_600_000;

/// The first wait; each further failure doubles it.
const FIRST_WAIT_MS: i64 = 1_000;

/// Whose failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// An account, by the hash of its folded address: whether it exists makes no difference.
    Account(Hash),
    /// A network address; of IPv6 the half that a provider gives to one customer.
    Address(IpAddr),
}

impl Subject {
    pub fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
            v4 => v4,
        })
    }

    /// Failures that cost nothing. An office has many people behind one address.
    const fn free(&self) -> u32 {
        match self {
            Self::Account(_) => 5,
            Self::Address(_) => 20,
        }
    }

    /// The longest wait. That of an account is short, since anybody can bring it about for anybody.
    const fn longest_ms(&self) -> i64 {
        match self {
            Self::Account(_) => 5 * 60_000,
            Self::Address(_) => 15 * 60_000,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: i64,
}

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    known: Mutex<HashMap<Subject, Failures>>,
}

impl Throttle {
    /// Counts an attempt, or says how many milliseconds are still to wait; then it was not counted.
    pub fn admit(&self, subjects: &[Subject], now: i64) -> Result<(), i64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = subjects.iter().filter_map(|s| Some(wait_of(s, known.get(s)?, now))).max().unwrap_or(0);
        if wait > 0 {
            return Err(wait);
        }
        for subject in subjects {
            let count = known.get(subject).filter(|f| !is_forgotten(f, now)).map_or(0, |f| f.count);
            make_room(&mut known, subject, now);
            known.insert(*subject, Failures { count: count.saturating_add(1), last: now });
        }
        Ok(())
    }

    /// Takes the attempt back: the password was right, or nobody looked at it.
    pub fn take_back(&self, subjects: &[Subject]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            if let Some(failures) = known.get_mut(subject) {
                failures.count = failures.count.saturating_sub(1);
            }
        }
    }

    /// Forgets the failures of one.
    pub fn forgive(&self, subject: &Subject) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.known.lock().unwrap().len()
    }
}

const fn is_forgotten(failures: &Failures, now: i64) -> bool {
    // Set back by more than a day, the clock says nothing.
    now - failures.last > FORGET_MS || now < failures.last - 24 * FORGET_MS
}

fn wait_of(subject: &Subject, failures: &Failures, now: i64) -> i64 {
    if failures.count < subject.free() || is_forgotten(failures, now) {
        return 0;
    }
    let doublings = (failures.count - subject.free()).min(20);
    let wait = (FIRST_WAIT_MS << doublings).min(subject.longest_ms());
    (failures.last + wait - now).max(0)
}

/// When all places are taken, whoever failed least makes room: an attacker who tries a thousand names does not make
/// the one forgotten that they are after.
fn make_room(known: &mut HashMap<Subject, Failures>, subject: &Subject, now: i64) {
    if known.len() < KNOWN_MAX || known.contains_key(subject) {
        return;
    }
    known.retain(|_, failures| failures.count > 0 && !is_forgotten(failures, now));
    if known.len() >= KNOWN_MAX {
        let least = known.iter().min_by_key(|(_, f)| (f.count, f.last)).map(|(s, _)| *s);
        if let Some(least) = least {
            known.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(n: u32) -> Subject {
        Subject::Account(super::super::secrets::hash_of(&n.to_string()))
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let throttle = Throttle::default();
        let who = [account(1)];
        let mut now = 1_000_000;
        for _ in 0..5 {
            assert_eq!(throttle.admit(&who, now), Ok(()));
        }
        for expected in
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]
        {
            assert_eq!(throttle.admit(&who, now), Err(expected));
            assert_eq!(throttle.admit(&who, now + expected - 1), Err(1), "refused attempts do not count");
            now += expected;
            assert_eq!(throttle.admit(&who, now), Ok(()));
        }
        assert_eq!(throttle.admit(&[account(2)], now), Ok(()), "others go on");
        now += FORGET_MS + 1;
        for _ in 0..5 {
            assert_eq!(throttle.admit(&who, now), Ok(()));
        }
    }

    #[test]
    fn success_forgives_the_account_but_not_the_address() {
        let throttle = Throttle::default();
        let address = Subject::of_address("192.0.2.7".parse().unwrap());
        for n in 0..20 {
            assert_eq!(throttle.admit(&[account(n), address], 0), Ok(()));
        }
        assert_eq!(throttle.admit(&[account(99), address], 0), Err(1_000));
        throttle.take_back(&[address]);
        throttle.forgive(&account(1));
        assert_eq!(throttle.admit(&[account(99), address], 0), Ok(()));
        assert!(throttle.admit(&[account(99), address], 0).is_err());
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let of = |text: &str| Subject::of_address(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    }

    #[test]
    fn a_flood_of_names_makes_nobody_forgotten_and_does_not_grow() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.admit(&[account(0)], 0).unwrap();
        }
        for n in 1..12_000 {
            throttle.admit(&[account(n)], 1).unwrap();
        }
        assert!(throttle.len() <= KNOWN_MAX);
        assert_eq!(throttle.admit(&[account(0)], 1), Err(999));
    }
}
