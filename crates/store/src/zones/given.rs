//! Lists and counts of what the side table gives the rows for, such as the requests of a CI. Which of these rows come first in an
//! order that the side table does not have, zones tell, and often that all of them pass what else is asked: so the table's
//! rows are read as far as they are shown, and not each of them to be sorted or counted.
//!
//! The side table is read before the rows. What is acknowledged before the first read is seen; what changes between the two may be
//! missed, or shown where it passed a moment before (as in [`crate::narrow`]).

use super::asked::{self, Asked};
use super::table::{Zone, zone_of};
use super::{Bound, GROWTH, WRITTEN_MAX, sqlite_ranges};
use crate::engine::StoreError;
use crate::plan::{Plan, conjuncts};
use crate::query::{self, Query};
use crate::records::Store;
use model::{Filter, Map, Record, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Of so few rows nothing is gained.
const FEW: f64 = 256.0;
/// A list is read so where at least so many times as many rows are given as have to be read for it, as far as is known.
const SHARE: f64 = 5.0;
/// More rows than this are not asked for at once.
const MOST: u64 = 100_000;
/// At least so many rows are read first.
const FIRST: usize = 32;

/// A zone, and those of the rows that it knows.
type Known = (Arc<Zone>, Vec<i64>);

/// The rows that the side table gives.
struct Given {
    /// How many they are.
    rows: usize,
    /// By the zone that knows them.
    known: Vec<Known>,
    /// Those that no zone knows.
    unknown: Vec<i64>,
    /// What else is asked for.
    rest: Asked,
}

impl Given {
    /// The rows that may pass what else is asked, by their zones.
    fn passing(&self) -> impl Iterator<Item = &Known> {
        self.known.iter().filter(|(zone, _)| self.rest.may(zone))
    }

    /// The way to some of these rows and all that no zone knows.
    fn plan(&self, known: &[&Known]) -> Plan {
        let known = known.iter().flat_map(|(_, ids)| ids);
        Plan::of_ranges(sqlite_ranges::text(known.chain(&self.unknown).map(|id| (*id, *id)).collect()))
    }
}

impl Store {
    /// A list of the first of many rows that the side table gives; `None` where that is of no use. [`Self::list`] asks for it;
    /// public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn list_by_given(&self, query: &Query) -> Result<Option<Vec<Record>>, StoreError> {
        let wanted = query.offset.saturating_add(query.limit);
        let Some((place, rows)) = self.planner().given(query) else { return Ok(None) };
        let Some(table) = self.zones().and_then(|zones| zones.of(&query.module)) else { return Ok(None) };
        // In the order of ids the side table gives them as they are.
        let bound = Bound::of(query, &table).filter(|bound| bound.class.has_places() && !query.is_by_id());
        let Some(bound) = bound else { return Ok(None) };
        // What stands behind the page before is found by the order.
        let is_of_order = |part: &Filter| is_of(part, &[Some(bound.slot), query.module.id_slot()]);
        let others = conjuncts(&query.filter).into_iter().enumerate();
        let others = others.filter(|(at, part)| *at != place && !is_of_order(part));
        let others: Vec<&Filter> = others.map(|(_, part)| part).collect();
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let to_read = wanted as f64 / self.planner().share(&query.module, &others);
        if rows < FEW.max(to_read * SHARE) {
            return Ok(None);
        }
        let Some(given) = self.given(query, place).await? else { return Ok(None) };
        let mut known: Vec<&Known> = given.passing().collect();
        known.sort_by_cached_key(|(zone, _)| bound.earliest(zone));
        let query = &bound.shown_by(query);
        let all = number(&known);
        // Some of them may not pass what else is asked.
        let mut count = usize::try_from(wanted).unwrap_or(usize::MAX).max(FIRST);
        count = count.saturating_add(count / 4);
        while count.min(all) <= given.rows / GROWTH {
            let mut first = 0;
            let mut taken = 0;
            while let Some((_, ids)) = known.get(first).filter(|_| taken < count) {
                taken += ids.len();
                first += 1;
            }
            let (first, rest) = known.split_at(first);
            let records = self.list_with(query, &given.plan(first)).await?;
            let Some((next, _)) = rest.first() else { return Ok(Some(records)) };
            let is_full = records.len() as u64 == query.limit;
            if is_full && records.last().is_some_and(|last| bound.is_before(last, next)) {
                return Ok(Some(records));
            }
            count = count.saturating_mul(GROWTH);
        }
        // Nearly all of them have to be read, which is less work in one statement.
        Ok(None)
    }

    /// How many of the rows pass that the side table gives, without reading those of which zones tell that they do; `None` where
    /// that is of no use. [`Self::count`] asks for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn count_by_given(&self, query: &Query) -> Result<Option<u64>, StoreError> {
        let all = Query { sort: Vec::new(), offset: 0, limit: u64::MAX, ..query.clone() };
        let found = self.planner().given(&all).filter(|(_, rows)| *rows >= FEW);
        let Some((place, _)) = found else { return Ok(None) };
        let Some(given) = self.given(query, place).await? else { return Ok(None) };
        let (all, some): (Vec<_>, Vec<_>) = given.passing().partition(|(zone, _)| given.rest.all(zone));
        let counted = number(&all);
        if number(&some) > counted {
            return Ok(None);
        }
        let read = self.count_with(query, Some(&given.plan(&some))).await?;
        Ok(Some(read + counted as u64))
    }

    /// The rows that the side table gives for one of the conditions that must all be true.
    async fn given(&self, query: &Query, place: usize) -> Result<Option<Given>, StoreError> {
        let Some(table) = self.zones().and_then(|zones| zones.of(&query.module)) else { return Ok(None) };
        let mut rest = conjuncts(&query.filter);
        if place >= rest.len() {
            return Ok(None);
        }
        let part = rest.remove(place);
        let found = self.db().read(query::given(part, MOST + 1, self.db().dialect())).await?;
        if found.len() as u64 > MOST {
            return Ok(None);
        }
        let rest = Asked::All(self.asked(rest.into_iter(), &table).await?);
        let Some(snapshot) = table.snapshot(WRITTEN_MAX) else { return Ok(None) };
        let changed: HashSet<i64> = snapshot.changed.iter().copied().collect();
        let mut ids: Vec<i64> = found.iter().filter_map(|row| row.first().and_then(Value::as_int)).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = ids.len();
        let (mut known, mut unknown) = (Map::<usize, Vec<i64>>::default(), Vec::new());
        for id in ids {
            let at = zone_of(&snapshot.zones, id);
            if at == snapshot.zones.len() || changed.contains(&id) {
                unknown.push(id);
            } else {
                known.entry(at).or_default().push(id);
            }
        }
        let zone = |(at, ids): (usize, _)| Some((snapshot.zones.get(at)?.clone(), ids));
        let known = known.into_iter().filter_map(zone).collect();
        Ok(Some(Given { rows, known, unknown, rest }))
    }
}

/// How many rows these are.
fn number(known: &[&Known]) -> usize {
    known.iter().map(|(_, ids)| ids.len()).sum()
}

/// Whether a condition asks of nothing but these columns.
fn is_of(filter: &Filter, slots: &[Option<usize>]) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(|part| is_of(part, slots)),
        Filter::Not(inner) => is_of(inner, slots),
        Filter::Test(_) => slots.iter().any(|slot| asked::is_of(filter, *slot)),
    }
}
