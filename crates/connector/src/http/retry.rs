//! Whether a call that failed is sent again, and when.

use super::call::{Call, Repeat};
use super::manners::Manners;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It surely did not reach the service.
    NotReached,
    /// It may have reached the service: the connection broke, or the answer did.
    Broken,
    /// The service would not look at it: too many calls, or not now. It may have said when to come back.
    Refused(Option<Duration>),
    /// The service failed over it.
    Failed,
    /// The service did not want it (3xx, 4xx).
    Unwanted,
}

/// How an answer with this status ended its call; `None` when it is the answer.
pub(crate) fn judged(status: u16, headers: &HeaderMap, throttled: bool) -> Option<Ended> {
    let after = retry_after(headers);
    match status {
        429 => Some(Ended::Refused(after)),
        // 409 with a time: a call of the same name is under way.
        409 | 503 if after.is_some() => Some(Ended::Refused(after)),
        _ if throttled => Some(Ended::Refused(after)),
        500..=599 => Some(Ended::Failed),
        300..=499 => Some(Ended::Unwanted),
        _ => None,
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(86_400.0)));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    let wait = date.timestamp().duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// Says for one call, try after try, how long to wait; shared counters are in [`Budget`].
#[derive(Debug)]
pub(crate) struct Retry<'a> {
    call: &'a Call,
    manners: &'a Manners,
    budget: &'a Budget,
    done: u32,
}

impl<'a> Retry<'a> {
    pub const fn new(call: &'a Call, manners: &'a Manners, budget: &'a Budget) -> Self {
        Self { call, manners, budget, done: 0 }
    }

    /// How long to wait before the next try; `None` when there is none.
    pub fn next(&mut self, ended: Ended) -> Option<Duration> {
        let own = self.call.tries;
        let safe = self.call.repeat == Repeat::Safe;
        let may = match ended {
            Ended::NotReached | Ended::Refused(_) => true,
            Ended::Broken | Ended::Failed => safe,
            Ended::Unwanted => own.is_some_and(|tries| tries.all_errors) && safe,
        };
        let limit = own.map_or(self.manners.retries, |tries| tries.more);
        if !may || self.done >= limit {
            return None;
        }
        if !matches!(ended, Ended::Refused(_)) && !self.budget.spend() {
            return None;
        }
        self.done += 1;
        Some(match (ended, own.and_then(|tries| tries.pause)) {
            // Everybody is told the same time: coming back a little later, each at their own, spares the service a wave.
            (Ended::Refused(Some(after)), _) => after + share(self.manners.backoff),
            (_, Some(pause)) => pause,
            _ => {
                let doubled = self.manners.backoff.saturating_mul(1 << (self.done - 1).min(16));
                share(doubled.min(self.manners.backoff_max))
            }
        })
    }
}

/// Anything from nothing to the whole ("full jitter"): callers that failed together do not come back together.
fn share(whole: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    whole.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// Repeats that all calls of a client share, in tenths.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicI64,
    whole: i64,
}

impl Budget {
    pub fn new(repeats: u32) -> Self {
        let whole = i64::from(repeats) * 10;
        Self { left: AtomicI64::new(whole), whole }
    }
    /// Takes one repeat, if one is left.
    fn spend(&self) -> bool {
        let taken = |left: i64| (left >= 10).then(|| left - 10);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).is_ok()
    }
    /// A call succeeded.
    pub fn succeeded(&self) {
        let given = |left: i64| (left < self.whole).then(|| left + 1);
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, given);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, Method};

    fn after(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("-1"), None);
        assert_eq!(after("soon"), None);
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(90);
        let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
        assert!((88..=90).contains(&after(&text).unwrap().as_secs()));
    }

    #[test]
    fn what_must_not_be_done_twice_is_repeated_only_when_it_was_not_done() {
        let (manners, budget) = (Manners::default(), Budget::new(100));
        for (method, broken) in
            [(Method::GET, true), (Method::PUT, true), (Method::POST, false), (Method::DELETE, false)]
        {
            let call = Call::new(method, "/requests");
            let next = |ended| Retry::new(&call, &manners, &budget).next(ended).is_some();
            assert!(next(Ended::NotReached) && next(Ended::Refused(None)));
            assert_eq!((next(Ended::Broken), next(Ended::Failed)), (broken, broken), "{call:?}");
            assert!(!next(Ended::Unwanted));
        }
        let put = HeaderMap::new();
        assert_eq!(judged(503, &put, false), Some(Ended::Failed), "503 without a time is no refusal");
    }

    #[test]
    fn pauses_grow_within_bounds_and_end() {
        let (manners, budget) = (Manners::default(), Budget::new(100));
        let call = Call::new(Method::GET, "/requests");
        let mut retry = Retry::new(&call, &manners, &budget);
        let mut whole = manners.backoff;
        for _ in 0..manners.retries {
            assert!(retry.next(Ended::Failed).unwrap() <= whole);
            whole = (whole * 2).min(manners.backoff_max);
        }
        assert_eq!(retry.next(Ended::Failed), None);
        let mut retry = Retry::new(&call, &manners, &budget);
        assert!(
            retry.next(Ended::Refused(Some(Duration::from_secs(40)))).unwrap() >= Duration::from_secs(40)
        );
    }

    #[test]
    fn a_service_in_trouble_is_not_buried_under_repeats() {
        let (manners, budget) = (Manners::default(), Budget::new(3));
        let call = Call::new(Method::GET, "/requests");
        let repeats = |n: usize, ended| {
            (0..n).filter(|_| Retry::new(&call, &manners, &budget).next(ended).is_some()).count()
        };
        assert_eq!(repeats(10, Ended::Failed), 3);
        assert_eq!(repeats(10, Ended::Refused(None)), 10, "the service said itself when to come back");
        (0..10).for_each(|_| budget.succeeded());
        assert_eq!(repeats(10, Ended::Broken), 1);
    }
}
