//! Zone maps: what each stretch of a table's rows has in its columns, for conditions and orders that no index serves.
//!
//! Most fields of a request have no index, and need none as long as what is asked for is common: the page is full after a few
//! rows. For a value that few rows have, all of them would be read, which takes most of a second at a million; an index
//! for each of some ninety fields would make every create much dearer. So it is kept in memory, for each stretch of
//! [`table::ROWS`] rows, what values each column has there: the least and the greatest, which references, whether there is
//! a text. A list reads the zones that may have what it looks for, and in an order without an index those that may have
//! its beginning, until the page is full and no other zone can come before its end.
//!
//! Zones may claim too much, never too little. Rows that were written since they were looked at are read one by one, and so
//! is what was added behind the last zone; the writer names them before anybody is told that they are written (as it does
//! for [`crate::cache`]), and [`Store::tend_zones`] takes them up. A create pays for it with a note of its id. SQLite only: where
//! other processes write, nobody tells.

mod asked;
mod given;
mod seen;
pub(crate) mod sqlite_ranges;
mod table;
mod vocabulary;

pub(crate) use vocabulary::{Part, Vocabulary};

use crate::engine::{Db, StoreError};
use crate::narrow::target;
use crate::plan::{Plan, TEXT, Unsure, conjuncts, holds_columns};
use crate::query::Query;
use crate::records::Store;
use crate::search::{self, Parts};
use crate::table::key_of;
use asked::Asked;
use model::{Filter, Id, Leaf, Map, Module, Op, Path, Record, Size, Value};
use seen::Class;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use table::{Snapshot, Zone, ZonedTable};

/// Where an index narrows a list down to so many rows, nothing is gained.
const ROWS_FEW: f64 = 4_000.0;
/// Zones are read where at most one in so many may have what is looked for. Where more do, going through all rows in order
/// soon fills the page.
const SHARE: usize = 4;
/// So many zones are asked first whether it is so: some of all, and the first in the order that is asked for.
const SAMPLE: usize = 64;
/// With more rows written than this that zones do not know, they are left alone.
const WRITTEN_MAX: usize = 20_000;
/// So many steps for each row that may be gone through are tried before words are looked up of which it is known that some have
/// them.
const STEPS_A_ROW: f64 = 0.1;
/// In an order, as many zones are read first as rows are wanted, within these limits, then four times as many.
const FIRST_MIN: usize = 8;
const FIRST_MAX: usize = 64;
const GROWTH: usize = 4;

/// The zones of all tables that are large enough.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    tables: RwLock<Map<Arc<str>, Arc<ZonedTable>>>,
    /// One turn at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Zones {
    fn of(&self, module: &Module) -> Option<Arc<ZonedTable>> {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        tables.get(module.table.as_ref()).cloned()
    }

    /// Begins to hear of what is written to a module's table. What was told before it is there can be read by then.
    async fn begin(&self, db: &Db, module: &Module) -> Result<Arc<ZonedTable>, StoreError> {
        db.follow(&module.table).await?;
        let table = Arc::new(ZonedTable::new(module));
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.insert(module.table.as_ref().into(), table.clone());
        Ok(table)
    }

    /// A row of a table that is followed was written.
    pub fn written(&self, table: &str, row: i64) {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.get(table) {
            table.note(row);
        }
    }
}

/// Zones that a list may be read from.
struct Way {
    snapshot: Snapshot,
    /// Those that may have rows that pass.
    zones: Vec<Arc<Zone>>,
    /// More of them are not worth reading.
    most: usize,
    /// So many are read first.
    first: usize,
    /// Whether what is asked for is in few of them.
    is_rare: bool,
    /// The order that is asked for; `None` where zones know nothing of it.
    bound: Option<Bound>,
}

/// The first key of an order that zones know.
struct Bound {
    column: usize,
    class: Class,
    slot: usize,
    descending: bool,
    /// Whether nothing but the id decides between equals.
    is_all: bool,
}

impl Store {
    /// Looks at the tables of these modules for what lists need to know that no index tells, as far as they are large; after the
    /// first time at what was written since. To be called every second or so, after [`Self::measure`]. Does nothing on
    /// PostgreSQL.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn tend_zones(&self, modules: &[Arc<Module>]) -> Result<(), StoreError> {
        let Some(zones) = self.zones() else { return Ok(()) };
        let _turn = zones.turn.lock().await;
        for module in modules.iter().filter(|m| m.top_level && m.fixed.is_none() && m.size != Size::Small) {
            let table = match zones.of(module) {
                Some(table) => table,
                None if self.planner().is_large(module) => zones.begin(self.db(), module).await?,
                None => continue,
            };
            table.tend(self.db()).await?;
        }
        Ok(())
    }

    /// A list of what few rows have, or in an order without an index; `None` where zones are of no use. [`Self::list`]
    /// asks for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn list_by_zones(&self, query: &Query) -> Result<Option<Vec<Record>>, StoreError> {
        let Some(mut way) = self.way(query).await? else { return Ok(None) };
        let Some(bound) = way.bound.take() else {
            if !way.is_rare || way.zones.len() > way.most {
                return Ok(None);
            }
            return self.list_with(query, &plan(&way.snapshot, &way.zones)).await.map(Some);
        };
        way.zones.sort_by_cached_key(|zone| bound.earliest(zone));
        if bound.is_lost(&way) {
            return Ok(None);
        }
        let query = &bound.shown_by(query);
        let mut count = way.first.min(way.most).max(1);
        loop {
            // The last step is not worth another one.
            if count * 2 >= way.zones.len() {
                count = way.zones.len();
            }
            if count > way.most {
                return Ok(None);
            }
            let (first, rest) = way.zones.split_at(count);
            let records = self.list_with(query, &plan(&way.snapshot, first)).await?;
            let Some(next) = rest.first() else { return Ok(Some(records)) };
            let is_full = records.len() as u64 == query.limit;
            if is_full && records.last().is_some_and(|last| bound.is_before(last, next)) {
                return Ok(Some(records));
            }
            count = count.saturating_mul(GROWTH);
        }
    }

    /// How many pass: counted where all rows of a zone do, or where it is known how many; the rest is read. `None` where zones
    /// are of no use.
    pub(crate) async fn count_by_zones(&self, query: &Query) -> Result<Option<u64>, StoreError> {
        let Some((table, unsure)) = self.zoned(query) else { return Ok(None) };
        let asked = Asked::All(self.asked(conjuncts(&query.filter).into_iter(), &table).await?);
        let Some(snapshot) = table.snapshot(WRITTEN_MAX) else { return Ok(None) };
        let written: HashSet<usize> =
            snapshot.changed.iter().map(|id| table::zone_of(&snapshot.zones, *id)).collect();
        let (mut counted, mut zones) = (0, Vec::new());
        for (at, zone) in snapshot.zones.iter().enumerate() {
            let known = asked.count(zone).filter(|_| zone.is_exact() && !written.contains(&at));
            match known {
                Some(known) => counted += known,
                None if asked.may(zone) => zones.push(zone.clone()),
                None => {}
            }
        }
        let most = snapshot.most(unsure.worst / 2.0);
        if most == 0 || zones.len() > most {
            return Ok(None);
        }
        let read = self.count_with(query, Some(&plan(&snapshot, &zones))).await?;
        Ok(Some(read + counted as u64))
    }

    /// How many pass, where an index holds all that is asked for but conditions that nearly all rows pass (not to be in the trash):
    /// those that it counts by itself, without those of them that do not pass these. `None` where that is of no use. These are two
    /// reads: what is written between them may be counted as it was. [`Self::count`] asks for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn count_by_index(&self, query: &Query) -> Result<Option<u64>, StoreError> {
        let Some((table, unsure)) = self.zoned(query) else { return Ok(None) };
        let conjuncts = conjuncts(&query.filter);
        let is_held = |parts: &[&Filter]| holds_columns(&query.module, parts);
        let (indexed, rest): (Vec<&Filter>, Vec<&Filter>) =
            conjuncts.iter().partition(|part| is_held(&[part]));
        if indexed.is_empty() || rest.is_empty() || !is_held(&indexed) {
            return Ok(None);
        }
        let asked = Asked::All(rest.iter().map(|part| Asked::alone(part, &table.columns)).collect());
        let Some(snapshot) = table.snapshot(WRITTEN_MAX) else { return Ok(None) };
        let zones: Vec<_> = snapshot.zones.iter().filter(|zone| !asked.all(zone)).cloned().collect();
        let most = snapshot.most(unsure.worst / 2.0);
        if most == 0 || zones.len() > most {
            return Ok(None);
        }
        let of = |parts: Vec<&Filter>| Filter::All(parts.into_iter().cloned().collect());
        let all = Query { filter: of(indexed), ..query.clone() };
        let counted = self.count_with(&all, None).await?;
        if counted == 0 {
            return Ok(Some(0));
        }
        if counted < snapshot.cost(zones.len()) {
            // Each of them may as well be looked at.
            return Ok(None);
        }
        let others = Query { filter: all.filter.and(of(rest).negate()), ..all };
        let others = self.count_with(&others, Some(&plan(&snapshot, &zones))).await?;
        Ok(Some(counted.saturating_sub(others)))
    }

    /// The ids of the records that pass, and perhaps of others, where it is asked for parts of texts whose words few have; `None`
    /// where that is not so, or not known.
    pub(crate) async fn ids_by_words(
        &self,
        query: &Query,
        most: usize,
    ) -> Result<Option<Vec<Value>>, StoreError> {
        let Some((parts, snapshot, _)) = self.parts(query) else { return Ok(None) };
        let mut ids = match parts {
            Parts::None => Vec::new(),
            Parts::Matching(expression) => {
                let hits = self.db().read(search::matching(&query.module, &expression, most + 1)).await?;
                hits.into_iter().filter_map(|row| row.into_iter().next()).collect()
            }
        };
        if ids.len() > most {
            return Ok(None);
        }
        let slots = query.module.id_slot().into_iter().collect();
        let limit = (most - ids.len()) as u64 + 1;
        let unknown = Query { slots, ..Query::new(query.module.clone(), query.filter.clone(), limit) };
        let unknown = self.list_with(&unknown, &plan(&snapshot, &[])).await?;
        ids.extend(unknown.iter().map(|record| Value::from(record.id())));
        Ok((ids.len() <= most).then_some(ids))
    }

    /// After how many steps of a list that may be found by words they are looked up; `None` where they tell nothing.
    pub(crate) fn steps_before_words(&self, query: &Query) -> Option<u64> {
        search::asks_for_parts(&query.filter, &query.module)?;
        let (table, unsure) = self.zoned(query)?;
        table.words()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
        Some((unsure.worst * STEPS_A_ROW) as u64)
    }

    /// A list of what has parts of texts, all of which are looked at that have the words for it; `None` where many have them, or
    /// where nobody knows. What changes between the look at what is known and the read may be missed, as in
    /// [`Self::narrowed`]. [`Self::list`] asks for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn list_by_words(&self, query: &Query) -> Result<Option<Vec<Record>>, StoreError> {
        match self.plan_by_words(query).await? {
            Some(plan) => self.list_with(query, &plan).await.map(Some),
            None => Ok(None),
        }
    }

    /// How many have parts of texts, likewise. [`Self::count`] asks for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn count_by_words(&self, query: &Query) -> Result<Option<u64>, StoreError> {
        match self.plan_by_words(query).await? {
            Some(plan) => self.count_with(query, Some(&plan)).await.map(Some),
            None => Ok(None),
        }
    }

    /// The way in by words that texts must have in which a part is looked for.
    async fn plan_by_words(&self, query: &Query) -> Result<Option<Plan>, StoreError> {
        let Some((parts, snapshot, worst)) = self.parts(query) else { return Ok(None) };
        let Parts::Matching(expression) = parts else { return Ok(Some(plan(&snapshot, &[]))) };
        let most = i64::try_from(snapshot.cost(snapshot.most(worst))).unwrap_or(i64::MAX);
        let hits = self.db().read(search::count_matching(&query.module, &expression, most)).await?;
        let are_few = hits.first().and_then(|row| row.first()).and_then(Value::as_int) < Some(most);
        Ok(are_few.then(|| Plan::of_words(expression, sqlite_ranges::text(snapshot.unknown().collect()))))
    }

    /// What documents must have where it is asked for parts of texts, the rows of which that is not known, and what another way
    /// costs, in rows that are gone through; `None` where that tells nothing, and where an index leads to few rows.
    fn parts(&self, query: &Query) -> Option<(Parts, Snapshot, f64)> {
        let is_indexed = search::asks_for_parts(&query.filter, &query.module)?;
        let (table, unsure) = self.zoned(query)?;
        // What was written comes first: the words of a row that leaves there are known by then.
        let snapshot = table.snapshot(WRITTEN_MAX).filter(|snapshot| snapshot.most(unsure.worst) > 0)?;
        let worst = if is_indexed { unsure.worst * TEXT } else { unsure.worst };
        let words = table.words()?;
        let parts = Parts::of(&query.filter, &query.module, words)?;
        Some((parts, snapshot.with(&words.long()), worst))
    }

    /// The records that a reference without an index leads to, and perhaps some that it once led to; `None` where they are
    /// too many to be known.
    pub(crate) async fn values_by_zones(
        &self,
        module: &Module,
        reference: &Leaf,
    ) -> Result<Option<Vec<Id>>, StoreError> {
        let Some(table) = self.zones().and_then(|zones| zones.of(module)) else { return Ok(None) };
        let Some((column, _)) = table.columns.of(reference) else { return Ok(None) };
        let Some(snapshot) = table.snapshot(WRITTEN_MAX) else { return Ok(None) };
        let mut ids = BTreeSet::new();
        for seen in snapshot.zones.iter().filter_map(|zone| zone.seen(column)) {
            let Some(each) = seen.each() else { return Ok(None) };
            ids.extend(each);
        }
        let ranges = sqlite_ranges::text(snapshot.unknown().collect());
        let rows = self.db().read(sqlite_ranges::values(&module.table, &reference.column, &ranges)).await?;
        ids.extend(rows.iter().filter_map(|row| row.first()?.as_int()));
        Ok(Some(ids.into_iter().map(Id::new).collect()))
    }

    /// The zones of a list's table, and what is not known of the list, unless an index leads to few rows.
    fn zoned(&self, query: &Query) -> Option<(Arc<ZonedTable>, Unsure)> {
        let table = self.zones()?.of(&query.module)?;
        let unsure = self.planner().unsure(query)?;
        (unsure.worst >= ROWS_FEW).then_some((table, unsure))
    }

    /// Asks the zones, where nothing else says how many rows are gone through, and where all that pass may stand far behind the
    /// beginning of the order (what was due long ago, newest first), which shares of rows do not tell.
    async fn way(&self, query: &Query) -> Result<Option<Way>, StoreError> {
        let Some((table, Unsure { worst, guesses, sorts })) = self.zoned(query) else { return Ok(None) };
        let bound = Bound::of(query, &table);
        let order = bound.as_ref().map(|bound| bound.slot);
        if guesses.is_empty() && !sorts && !asked::has_stretches(&query.filter, &table.columns, order) {
            return Ok(None);
        }
        let (mut guessed, mut counted) = (Vec::new(), Vec::new());
        for (place, part) in conjuncts(&query.filter).into_iter().enumerate() {
            if guesses.contains(&place) { guessed.push(part) } else { counted.push(part) }
        }
        let guessed = Asked::All(self.asked(guessed.into_iter(), &table).await?);
        let zones = table.zones();
        let sample: Vec<&Arc<Zone>> =
            zones.iter().step_by((zones.len() / SAMPLE).max(1)).chain(zones.last()).collect();
        let is_seldom = !guesses.is_empty() && is_rare(&sample, |zone| guessed.may(zone));
        let is_late = !sorts
            && !is_seldom
            && bound.as_ref().is_some_and(|bound| {
                let alone = |part: &&Filter| Asked::alone(part, &table.columns);
                let of_order = counted.iter().filter(|part| asked::is_of(part, order));
                let of_order = Asked::All(of_order.map(alone).collect());
                let counted = Asked::All(counted.iter().map(alone).collect());
                let may = |zone: &Arc<Zone>| guessed.may(zone) && counted.may(zone);
                !sample.iter().all(|zone| may(zone)) && is_rare(&bound.foremost(&zones, &of_order), may)
            });
        if !sorts && !is_seldom && !is_late {
            return Ok(None);
        }
        let counted = Asked::All(self.asked(counted.into_iter(), &table).await?);
        let Some(snapshot) = table.snapshot(WRITTEN_MAX) else { return Ok(None) };
        let may = |zone: &&Arc<Zone>| guessed.may(zone) && counted.may(zone);
        let zones: Vec<_> = snapshot.zones.iter().filter(may).cloned().collect();
        let most = snapshot.most(worst).min(snapshot.zones.len() / SHARE);
        let is_rare = zones.len() * SHARE <= snapshot.zones.len();
        let wanted = usize::try_from(query.offset.saturating_add(query.limit)).unwrap_or(usize::MAX);
        let first = if is_late { FIRST_MIN } else { wanted.clamp(FIRST_MIN, FIRST_MAX) };
        let is_use = most > 0 && (is_rare || sorts || is_late);
        Ok(is_use.then_some(Way { snapshot, zones, most, first, is_rare, bound }))
    }

    /// Conditions as zones are asked them. What a reference leads to is looked up unless that is in a large module: there are
    /// few statuses, and few people of one name.
    async fn asked(
        &self,
        parts: impl Iterator<Item = &Filter>,
        table: &ZonedTable,
    ) -> Result<Vec<Asked>, StoreError> {
        let parts: Vec<&Filter> = parts.collect();
        let mut tests = Vec::new();
        parts.iter().for_each(|part| asked::referring(part, &mut tests));
        let mut referred = Vec::with_capacity(tests.len());
        for test in tests {
            let is_left = target(test).size == Size::Large || test.op == Op::Empty;
            referred.push(if is_left { None } else { self.referred_by(test).await? });
        }
        let mut referred = referred.into_iter();
        Ok(parts.into_iter().map(|part| Asked::new(part, &table.columns, &mut referred)).collect())
    }
}

/// Whether so few of these zones may have what is looked for that they are read by themselves.
fn is_rare(zones: &[&Arc<Zone>], may: impl Fn(&Arc<Zone>) -> bool) -> bool {
    zones.iter().filter(|zone| may(zone)).count() * SHARE <= zones.len()
}

/// The rows of these zones, and what no zone knows.
fn plan(snapshot: &Snapshot, zones: &[Arc<Zone>]) -> Plan {
    let zones = zones.iter().map(|zone| (zone.first, zone.last));
    Plan::of_ranges(sqlite_ranges::text(zones.chain(snapshot.unknown()).collect()))
}

impl Bound {
    fn of(query: &Query, table: &ZonedTable) -> Option<Self> {
        let (path, descending) = match query.sort.first() {
            Some(key) => (key.path.clone(), key.descending),
            None => (Path::of(&query.module, "id")?, false),
        };
        let leaf = path.leaf().filter(|_| path.via.is_empty())?;
        let (column, class) = table.columns.of(leaf)?;
        Some(Self { column, class, slot: path.slot, descending, is_all: query.sort.len() <= 1 })
    }

    /// The zones that a list goes through first, of those that may pass what is asked of the order itself: its index is gone
    /// through from there.
    fn foremost<'z>(&self, zones: &'z [Arc<Zone>], of_order: &Asked) -> Vec<&'z Arc<Zone>> {
        let mut first: Vec<_> = zones.iter().filter(|zone| of_order.may(zone)).collect();
        if first.len() > SAMPLE {
            first.select_nth_unstable_by_key(SAMPLE, |zone| self.earliest(zone));
            first.truncate(SAMPLE);
        }
        first
    }

    /// Where a zone stands among those that are read: by the earliest place that one of its rows can have in the order.
    fn earliest(&self, zone: &Zone) -> (i64, i64) {
        let place = zone.seen(self.column).map_or(i64::MIN, |seen| seen.first(self.descending));
        // `!` turns the order round.
        if self.descending { (!place, !zone.last) } else { (place, zone.first) }
    }

    /// Whether no number of zones that is worth reading can be enough: nothing tells texts from one another.
    fn is_lost(&self, way: &Way) -> bool {
        let place = |zone: &Arc<Zone>| {
            let (place, _) = self.earliest(zone);
            if self.descending { !place } else { place }
        };
        let ends = way.zones.first().map(place).zip(way.zones.get(way.most).map(place));
        ends.is_some_and(|(first, last)| first == last && !self.class.is_place_of_one(first))
    }

    /// Whether a record comes before all rows of a zone, and of those behind it.
    fn is_before(&self, record: &Record, zone: &Zone) -> bool {
        let value = record.at(self.slot);
        let leaf = record.module.leaf(self.slot).filter(|leaf| leaf.has_key_column());
        let key = leaf.map(|leaf| key_of(&leaf.field, value));
        let (place, is_exact) = self.class.sorted(key.as_ref().unwrap_or(value));
        let id = record.id().get();
        let (place, id) = if self.descending { (!place, !id) } else { (place, id) };
        let (earliest, first) = self.earliest(zone);
        place < earliest || (place == earliest && is_exact && self.is_all && id < first)
    }

    /// The same list with what it is sorted by among what it brings.
    fn shown_by(&self, query: &Query) -> Query {
        let mut query = query.clone();
        if !query.slots.is_empty() && !query.slots.contains(&self.slot) {
            query.slots.push(self.slot);
        }
        query
    }
}
