//! Waiting after failed sign-ins: longer with each failure, per account and per address.
//!
//! An attempt counts as a failure before the secret is looked at and is forgiven when it was right, so that many
//! attempts at once get no further than one after the other. The counts are in the database: all processes count together,
//! and a restart forgets nothing. What nobody adds to is gone after an hour.

use super::secrets::hex;
use super::{Identity, OAuthError};
use crate::DeskError;
use std::net::IpAddr;
use store::StoreError;
use store::credentials::Hash;
use store::sign_in::{self, FailuresRow};

/// Without a further failure for so long, all is forgotten.
const FORGET_MS: i64 = 3_600_000;

/// The first wait; each further failure doubles it.
const FIRST_WAIT_MS: i64 = 1_000;

/// How often others may be faster. So many at once on the same account or address are no people.
const TRIES: usize = 20;

/// What is counted for an address: itself, and of IPv6 the half that a provider gives to one customer.
#[must_use]
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// Whose failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// An account, by a hash: whether it exists makes no difference.
    Account(Hash),
    /// A network address, as [`network_of`] has it.
    Address(IpAddr),
}

impl Subject {
    fn of_address(address: IpAddr) -> Self {
        Self::Address(network_of(address))
    }

    /// By which it is known in the database.
    fn key(&self) -> String {
        match self {
            Self::Account(hash) => format!("account {}", hex(hash)),
            Self::Address(address) => format!("address {address}"),
        }
    }

    /// Failures that cost nothing. An office has many people behind one address.
    const fn free(&self) -> i64 {
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

    /// How long whoever has failed so often waits.
    fn wait(&self, failures: &FailuresRow, now: i64) -> i64 {
        if failures.count < self.free() || is_forgotten(failures, now) {
            return 0;
        }
        let doublings = (failures.count - self.free()).min(20);
        let wait = (FIRST_WAIT_MS << doublings).min(self.longest_ms());
        (failures.last + wait - now).max(0)
    }
}

const fn is_forgotten(failures: &FailuresRow, now: i64) -> bool {
    // Set back by more than a day, the clock says nothing.
    now > failures.expires || now < failures.last - 24 * FORGET_MS
}

impl Identity {
    /// One look at a secret, counted as a failure of the account and of the address before it is looked at, and taken back
    /// where it was none.
    ///
    /// # Errors
    /// [`OAuthError::Throttled`] after too many failures: then nobody looked. [`OAuthError::AccessDenied`] is a failure;
    /// anything else that `look` ends with says nothing about the secret.
    pub(super) async fn attempt<T>(
        &self,
        account: Hash,
        address: Option<IpAddr>,
        now: i64,
        look: impl AsyncFnOnce() -> Result<T, OAuthError>,
    ) -> Result<T, OAuthError> {
        // All in the same order, so that no two wait for one another.
        let mut subjects: Vec<Subject> = address.map(Subject::of_address).into_iter().collect();
        subjects.push(Subject::Account(account));
        self.admit(&subjects, now).await.inspect_err(|error| {
            if matches!(error, OAuthError::Throttled { .. }) {
                tracing::warn!(address = address.map(tracing::field::display), "sign-in throttled");
            }
        })?;
        let done = look().await;
        let after = subjects.iter().map(|subject| match (&done, subject) {
            (Ok(_), Subject::Account(_)) => sign_in::forget_failures(&subject.key()),
            _ => sign_in::take_failure_back(&subject.key()),
        });
        if !matches!(done, Err(OAuthError::AccessDenied))
            && let Err(error) = self.store.db().commit(after.collect()).await
        {
            tracing::warn!(%error, "an attempt to sign in still counts as a failure");
        }
        done
    }

    /// Counts an attempt, or says how long is still to wait; then it was not counted.
    async fn admit(&self, subjects: &[Subject], now: i64) -> Result<(), OAuthError> {
        let throttled = |wait_ms: i64| OAuthError::Throttled {
            retry_after_s: wait_ms.unsigned_abs().div_ceil(1_000).max(1).cast_signed(),
        };
        let mut in_turn = None;
        for _ in 0..TRIES {
            let (mut wait, mut counted) = (0, Vec::with_capacity(subjects.len()));
            for subject in subjects {
                let key = subject.key();
                let known = self.store.failures(&key).await?;
                wait = wait.max(known.as_ref().map_or(0, |known| subject.wait(known, now)));
                let so_far = known.as_ref().filter(|known| !is_forgotten(known, now));
                let count = so_far.map_or(0, |known| known.count).saturating_add(1);
                let expires = now.saturating_add(FORGET_MS);
                let row = FailuresRow { subject: key, count, last: now, expires };
                counted.push(sign_in::count_failures(&row, known.as_ref()));
            }
            if wait > 0 {
                return Err(throttled(wait));
            }
            match self.store.db().commit(counted).await {
                Ok(_) => return Ok(()),
                // Of those in one process each gets its turn.
                Err(StoreError::Stale { .. }) if in_turn.is_none() => {
                    in_turn = Some(self.admitting.lock().await);
                }
                Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(throttled(0))
    }
}

/// An attempt that came to nothing, where a form asks for the secret in this field; `wrong` says that it is not the one.
pub(super) fn refused(error: OAuthError, field: &'static str, wrong: &str) -> DeskError {
    match error {
        OAuthError::AccessDenied => crate::Refusal::because(field, wrong).into(),
        OAuthError::Throttled { retry_after_s } => {
            let words = format!("Too many attempts; please wait {retry_after_s} s");
            crate::Refusal::because(field, words).into()
        }
        OAuthError::Unavailable(why) => DeskError::Unavailable(why),
        error => DeskError::Internal(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(count: i64, last: i64) -> FailuresRow {
        FailuresRow { subject: String::new(), count, last, expires: last + FORGET_MS }
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let account = Subject::Account(super::super::secrets::hash_of("somebody"));
        assert_eq!(account.wait(&failed(4, 1_000), 1_000), 0);
        let waits = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
        for (count, seconds) in (5..).zip(waits) {
            assert_eq!(account.wait(&failed(count, 1_000), 1_000), seconds * 1_000);
            assert_eq!(account.wait(&failed(count, 1_000), 1_000 * seconds), 1_000);
            assert_eq!(account.wait(&failed(count, 1_000), 1_000 * (seconds + 1)), 0);
        }
        assert_eq!(account.wait(&failed(i64::MAX, 1_000), 1_000), 300_000);
        assert_eq!(account.wait(&failed(99, 0), FORGET_MS + 1), 0);
        assert_eq!(account.wait(&failed(99, 25 * FORGET_MS), 0), 0, "a clock that was set back");
        let address = Subject::of_address([192, 0, 2, 7].into());
        assert_eq!(address.wait(&failed(19, 0), 0), 0);
        assert_eq!(address.wait(&failed(20, 0), 0), 1_000);
        assert_eq!(address.wait(&failed(99, 0), 0), 900_000);
    }

    #[test]
    fn an_ipv6_customer_is_one_address() {
        let of = |text: &str| Subject::of_address(text.parse().unwrap()).key();
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
    }
}
