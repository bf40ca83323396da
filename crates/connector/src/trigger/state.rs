//! Where a poll goes on.

use super::resource::{Order, Resource, What};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far behind the newest record a poll looks once more. A record is given its time before it can be seen, and
/// services have several clocks; one that shows up this late is still found.
const LOOK_BACK_MS: i64 = 30_000;
/// The same where events follow one another by id: so many records.
const LOOK_BACK_IDS: usize = 100;
/// How many ids a state remembers at most, unless more records than that have one and the same time.
const REMEMBERED_MAX: usize = 5_000;

/// Where a poll goes on. It holds times and the ids of the last half minute, however many records there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollState {
    /// What is polled: a state of one resource means nothing for another.
    #[serde(default)]
    pub resource: Option<Resource>,
    /// About new records; nothing when they are not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<Mark>,
    /// About changed records; nothing when they are not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<Mark>,
}

impl PollState {
    pub(super) const fn mark(&self, what: What) -> Option<&Mark> {
        match what {
            What::Created => self.created.as_ref(),
            What::Updated => self.updated.as_ref(),
        }
    }
    pub(super) const fn slot(&mut self, what: What) -> &mut Option<Mark> {
        match what {
            What::Created => &mut self.created,
            What::Updated => &mut self.updated,
        }
    }
}

/// How far one kind of event has been told. Places are times or ids.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// The last place that was told.
    pub newest: i64,
    /// Nothing before is looked at again.
    pub from: i64,
    /// What was told from then on: ids, each with its place.
    pub told: BTreeMap<String, i64>,
    /// In the first round: only records that came about since this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}

impl Mark {
    /// Whether this is news. Then it is told.
    pub fn tell(&mut self, id: &str, place: i64) -> bool {
        if place < self.from || self.told.get(id) == Some(&place) {
            return false;
        }
        self.told.insert(id.to_owned(), place);
        self.newest = self.newest.max(place);
        true
    }

    /// Forgets what is too old to come again.
    pub fn settle(&mut self, order: Order) {
        let most = match order {
            Order::Time(_) => {
                self.from = self.from.max(self.newest.saturating_sub(LOOK_BACK_MS));
                REMEMBERED_MAX
            }
            Order::Id => LOOK_BACK_IDS,
        };
        let from = self.from;
        self.told.retain(|_, place| *place >= from);
        if self.told.len() > most {
            let mut places: Vec<i64> = self.told.values().copied().collect();
            places.sort_unstable_by(|a, b| b.cmp(a));
            self.from = places.get(most - 1).copied().unwrap_or(from);
            let from = self.from;
            self.told.retain(|_, place| *place >= from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Order = Order::Time("created_time");

    #[test]
    fn a_mark_stays_small_and_remembers_what_may_come_again() {
        let mut mark = Mark::default();
        for n in 0..100_000 {
            assert!(mark.tell(&n.to_string(), n * 10));
            if n % 100 == 99 {
                mark.settle(TIME);
            }
        }
        assert!(mark.told.len() <= 3001, "{}", mark.told.len());
        assert!(!mark.tell("99999", 999_990), "told already");
        assert!(mark.tell("late", 975_000), "late, and still found");
        assert!(mark.tell("99999", 999_991), "changed again");
        assert!(!mark.tell("old", 10));
        for n in 0..20_000 {
            mark.tell(&format!("x{n}"), 1_000_000 + n / 10);
        }
        mark.settle(TIME);
        assert!(mark.told.len() <= REMEMBERED_MAX + 10);
    }

    #[test]
    fn what_shares_one_moment_is_remembered_all() {
        let mut mark = Mark::default();
        for n in 0..20_000 {
            mark.tell(&n.to_string(), 1);
        }
        mark.settle(TIME);
        assert!((0..20_000).all(|n| !mark.tell(&n.to_string(), 1)));
    }

    #[test]
    fn ids_are_remembered_by_number() {
        let mut mark = Mark::default();
        for n in 1..=1000 {
            mark.tell(&n.to_string(), n);
            mark.settle(Order::Id);
        }
        assert_eq!((mark.told.len(), mark.from), (100, 901));
    }
}
