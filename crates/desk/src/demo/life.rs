//! What becomes of a request: who takes it, when it is answered, held up, resolved, closed, or left lying.

use super::calendar::{DAY, HOUR, MINUTE, working};
use super::rng::Rng;
use super::setup::Promise;

/// Where a request has got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    InProgress,
    OnHold,
    Resolved,
    Closed,
    Cancelled,
}

impl Phase {
    /// Whether work goes on.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::InProgress | Self::OnHold)
    }
}

/// The instants of a request's life, in the order of the fields.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub phase: Phase,
    pub created: i64,
    pub assigned: Option<i64>,
    pub responded: Option<i64>,
    /// While it was on hold once, for so long.
    pub held: Option<(i64, i64)>,
    /// Since when it is on hold.
    pub held_since: Option<i64>,
    /// Closed too early, and opened again.
    pub reopened: Option<(i64, i64)>,
    pub resolved: Option<i64>,
    pub completed: Option<i64>,
    /// When somebody set a later date, and the date before.
    pub postponed: Option<(i64, i64)>,
    pub due: Option<i64>,
    pub response_due: Option<i64>,
    /// Until when things happen: the end of its life, or of the demo.
    pub end: i64,
}

/// How probable it is, in a thousand, that a request of this age was never finished.
const fn left_lying(age: i64) -> i64 {
    match age / DAY {
        0..=1 => 500,
        2..=13 => 850,
        14..=44 => 550,
        45..=119 => 280,
        120..=364 => 80,
        _ => 15,
    }
}

impl Life {
    /// Lives it, up to `end`.
    pub fn new(rng: &mut Rng, created: i64, promise: Option<&Promise>, end: i64) -> Self {
        let promised = promise.map_or((8 * HOUR, 72 * HOUR), |p| (p.response, p.resolution));
        let mut life = Self {
            phase: Phase::Open,
            created,
            assigned: None,
            responded: None,
            held: None,
            held_since: None,
            reopened: None,
            postponed: None,
            resolved: None,
            completed: None,
            due: promise.map(|p| created + p.resolution),
            response_due: promise.map(|p| created + p.response),
            end,
        };
        let done = finish(rng, created, promised.1);
        if done <= end && !rng.permille(left_lying(end - created)) {
            life.finish(rng, done, end);
        } else {
            life.linger(rng);
        }
        life.answer(rng, promised.0);
        life.hold(rng);
        life.postpone(rng);
        life
    }

    fn finish(&mut self, rng: &mut Rng, done: i64, now: i64) {
        self.end = done;
        if rng.percent(3) {
            self.phase = Phase::Cancelled;
            self.completed = Some(done);
            return;
        }
        self.resolved = Some(done);
        // Most are closed at once; some wait for the requester's word.
        let closed = if rng.percent(86) { done } else { working(done + rng.between(DAY, 4 * DAY), rng) };
        let waits = now - done < 6 * DAY && rng.percent(55);
        if closed > now || waits || rng.percent(2) {
            self.phase = Phase::Resolved;
        } else {
            self.phase = Phase::Closed;
            self.completed = Some(closed);
            self.end = closed;
        }
    }

    fn linger(&mut self, rng: &mut Rng) {
        self.phase = match rng.below(100) {
            0..44 => Phase::Open,
            44..80 => Phase::InProgress,
            _ => Phase::OnHold,
        };
    }

    /// Assignment and first answer.
    fn answer(&mut self, rng: &mut Rng, response: i64) {
        let last = self.resolved.or(self.completed).unwrap_or(self.end);
        let after = match rng.below(100) {
            0..88 => MINUTE + rng.small(response),
            _ => response + rng.below(3 * response),
        };
        let answered = (self.created + after).min(last);
        let age = self.end - self.created;
        let unassigned = match self.phase {
            Phase::Open if age < 3 * DAY => rng.percent(50),
            Phase::Open => rng.percent(10),
            Phase::Cancelled => rng.percent(40),
            _ => false,
        };
        if unassigned {
            return;
        }
        let routed = rng.percent(60);
        self.assigned = Some(if routed { self.created } else { rng.between(self.created, answered) });
        let silent = match self.phase {
            Phase::Open => rng.percent(65),
            Phase::InProgress | Phase::OnHold => rng.percent(8),
            _ => rng.percent(6),
        };
        if !silent {
            self.responded = Some(answered);
        }
    }

    /// Times at which the clock stood.
    fn hold(&mut self, rng: &mut Rng) {
        let from = self.responded.or(self.assigned).unwrap_or(self.created);
        if self.phase == Phase::OnHold {
            self.held_since = Some(rng.between(from, self.end));
            return;
        }
        let Some(resolved) = self.resolved else { return };
        let room = resolved - from;
        if room > 8 * HOUR && rng.percent(16) {
            let begin = from + rng.below(room / 3);
            let until = begin + HOUR + rng.below((resolved - begin - HOUR).max(1));
            self.held = Some((begin, until));
            for due in [&mut self.due, &mut self.response_due] {
                *due = due.map(|due| due + until - begin);
            }
        } else if room > 4 * HOUR && rng.percent(3) {
            let closed = from + rng.below(room / 2);
            self.reopened = Some((closed, closed + rng.between(MINUTE, room / 3)));
        }
    }

    /// What takes longer gets a new date, in half of the cases.
    fn postpone(&mut self, rng: &mut Rng) {
        let Some(due) = self.due.filter(|due| *due < self.end) else { return };
        if !self.phase.is_open() || self.assigned.is_none() || rng.percent(45) {
            return;
        }
        let from = self.responded.or(self.assigned).unwrap_or(self.created);
        self.postponed = Some((rng.between(from, self.held_since.unwrap_or(self.end)), due));
        self.due = Some((self.end + rng.between(-4, 30) * DAY).max(due + DAY));
    }
}

/// When it will be done: mostly within what is promised.
fn finish(rng: &mut Rng, created: i64, promised: i64) -> i64 {
    let share = match rng.below(100) {
        0..87 => 15 + rng.small(960),
        87..97 => 1_000 + rng.small(2_000),
        _ => 2_000 + rng.below(8_000),
    };
    let done = created + (promised / 1_000 * share).max(4 * MINUTE);
    let by_day = working(done, rng);
    let due = created + promised;
    // Somebody stays a little longer where the promise would be broken by the morning.
    if done <= due && by_day > due { done } else { by_day }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::rng::Stream;

    #[test]
    fn times_are_in_order() {
        let end = 1_795_478_400_000;
        let promise = Promise {
            id: model::Id::new(1),
            priority: None,
            for_wishes: false,
            response: HOUR,
            resolution: 8 * HOUR,
        };
        let mut open = 0;
        let mut late = 0;
        for nth in 0..20_000_u64 {
            let mut rng = Rng::new(1, Stream::Requests, nth);
            let created = end - rng.between(2 * HOUR, 1_095 * DAY);
            let life = Life::new(&mut rng, created, Some(&promise), end);
            let told = [Some(created), life.assigned, life.responded, life.resolved, life.completed];
            let times: Vec<i64> = told.into_iter().flatten().collect();
            assert!(times.is_sorted() && times.iter().all(|t| *t <= end), "{life:?}");
            for (a, b) in life.held.iter().chain(&life.reopened) {
                assert!(created <= *a && a < b && *b <= life.resolved.unwrap(), "{life:?}");
            }
            open += u64::from(life.phase.is_open());
            late += u64::from(life.resolved.is_some_and(|done| life.due.is_some_and(|due| done > due)));
        }
        assert!((1_000..2_400).contains(&open), "{open}");
        assert!((1_500..4_500).contains(&late), "{late}");
    }
}
