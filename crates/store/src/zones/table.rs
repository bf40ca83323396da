//! The zones of one table: made, kept up with what is written, read.

use super::seen::{Class, Seen};
use super::vocabulary::Vocabulary;
use crate::engine::{Cost, Db, Row, StoreError};
use crate::plan::begins_index;
use crate::search;
use crate::sql::{Alias, Sql};
use crate::table::column_of;
use model::{Leaf, Map, Module, Value};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Rows of a zone. Where each zone has one row that passes, so many are read for each that is found.
pub(super) const ROWS: usize = 128;
/// Rows that are read in one go to make zones of.
const READ: usize = 8 * ROWS;
/// New rows that one turn takes up, and while many are written, so that creates are not slowed down by more than a hundredth.
const NEW_MAX: usize = 64 * READ;
const NEW_MAX_BUSY: usize = READ;
/// With more rows written behind the zones than this since the turn before many are.
const BUSY: usize = 1_000;
/// Rows that changed which one turn takes up, so many at a time.
const CHANGED_MAX: usize = 4_096;
const TOGETHER: usize = 256;
/// Rows whose texts are read in one go: each may have megabytes.
const TEXTS: usize = ROWS;
/// So long one turn reads texts, once they are asked for.
const TEXTS_TIME: Duration = Duration::from_millis(500);
/// To look one row up costs as much as going past so many.
const LOOKED_UP: usize = 4;
/// Zones that one turn makes anew.
const ANEW_MAX: usize = 16;

/// The columns that zones know of, the id first.
#[derive(Debug)]
pub(super) struct Columns {
    all: Vec<(String, Class)>,
    places: Map<String, usize>,
}

impl Columns {
    fn new(module: &Module) -> Self {
        let leaves = module.leaves().iter().filter(|leaf| leaf.is_column() && leaf.path != "id");
        let mut all = vec![("id".to_owned(), Class::Number)];
        all.extend(leaves.map(|leaf| {
            let column = column_of(leaf);
            let class = Class::of(&leaf.field.kind, begins_index(module, &column));
            (column, class)
        }));
        let places = all.iter().enumerate().map(|(at, (column, _))| (column.clone(), at)).collect();
        Self { all, places }
    }

    /// The place of a field's column, and how its values are looked at.
    pub fn of(&self, leaf: &Leaf) -> Option<(usize, Class)> {
        if !leaf.is_column() {
            return None;
        }
        let at = *self.places.get(&column_of(leaf))?;
        Some((at, self.all.get(at)?.1))
    }

    /// Begins the question for rows.
    fn question(&self, table: &str) -> Sql {
        let mut sql = Sql::new("SELECT ");
        for (at, (column, class)) in self.all.iter().enumerate() {
            if at > 0 {
                sql.push(", ");
            }
            sql.column(Alias(0), column);
            if *class == Class::Text {
                sql.push(" <> ''");
            }
        }
        sql.push(" FROM ").name(table).push(" t0 WHERE t0.\"id\"");
        sql
    }
}

/// Rows that follow one another, and what was seen of them.
#[derive(Debug)]
pub(super) struct Zone {
    /// The ids that belong to it: from the one to the other.
    pub first: i64,
    pub last: i64,
    /// How many rows it had when it was made.
    pub rows: usize,
    /// Rows that were written since. What they had before is still counted as seen.
    changed: usize,
    /// By column. Neighbours share what is alike.
    seen: Box<[Arc<Seen>]>,
}

impl Zone {
    /// `like` is the neighbour before.
    fn new(columns: &Columns, (first, last): (i64, i64), rows: &[Row], like: Option<&Self>) -> Self {
        let seen = |(at, (_, class)): (usize, &(String, Class))| {
            let mut seen = Seen::default();
            for cell in rows.iter().filter_map(|row| row.get(at)) {
                seen.note(*class, cell);
            }
            match like.and_then(|like| like.seen.get(at)).filter(|like| ***like == seen) {
                Some(like) => like.clone(),
                None => Arc::new(seen),
            }
        };
        Self {
            first,
            last,
            rows: rows.len(),
            changed: 0,
            seen: columns.all.iter().enumerate().map(seen).collect(),
        }
    }

    pub fn seen(&self, column: usize) -> Option<&Seen> {
        self.seen.get(column).map(AsRef::as_ref)
    }

    /// Whether nothing was written since it was made.
    pub const fn is_exact(&self) -> bool {
        self.changed == 0
    }

    /// The zone with one of its rows as it is now, if it is there.
    fn with(&self, columns: &Columns, row: Option<&Row>) -> Self {
        let mut seen = self.seen.clone();
        for ((seen, cell), (_, class)) in seen.iter_mut().zip(row.into_iter().flatten()).zip(&columns.all) {
            let mut wider = Seen::clone(seen);
            wider.note(*class, cell);
            if wider != **seen {
                *seen = Arc::new(wider);
            }
        }
        Self { first: self.first, last: self.last, rows: self.rows, changed: self.changed + 1, seen }
    }
}

/// What zones do not know yet.
#[derive(Debug)]
struct Written {
    /// Rows of the zones that were written, by the number of the change; while zones are made also those behind them.
    rows: Map<i64, u64>,
    number: u64,
    /// Rows with greater ids are only counted: they are read as a whole. The greatest id while zones are made.
    end: i64,
    /// How often rows behind the zones were written, about.
    behind: usize,
    /// The same at the end of the turn before.
    behind_before: usize,
}

/// What became of the rows behind the last zone.
struct Taken {
    /// So many became zones.
    made: usize,
    /// So many are left; `None` where nobody came to the end.
    left: Option<usize>,
}

/// A table's zones.
#[derive(Debug)]
pub(super) struct ZonedTable {
    name: Arc<str>,
    pub columns: Columns,
    /// The columns of texts whose words are kept, of tables that have a full-text index.
    texts: Vec<String>,
    /// The words of all rows of the zones that are not noted as written, once somebody has asked and they were read.
    vocabulary: Vocabulary,
    /// Whether somebody asked for words.
    is_asked: AtomicBool,
    /// Up to this id texts were read since; all of them once that is the last of the zones.
    read_to: AtomicI64,
    /// Whether all of them were.
    is_read: AtomicBool,
    /// In the order of ids, without gaps between them.
    zones: RwLock<Arc<Vec<Arc<Zone>>>>,
    written: Mutex<Written>,
    /// Whether they once came to the end of the table.
    is_made: AtomicBool,
}

/// A table's zones at a moment, and the rows that they may not know.
pub(super) struct Snapshot {
    pub zones: Arc<Vec<Arc<Zone>>>,
    /// Rows of the zones that were written since.
    pub changed: Vec<i64>,
    /// Rows behind them.
    pub new: usize,
}

impl Snapshot {
    /// So many zones cost as much as going past so many rows, beside what zones do not know.
    pub fn most(&self, rows: f64) -> usize {
        let unknown = self.unknown_cost();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
        let rows = rows.max(0.0) as usize;
        rows.saturating_sub(unknown) / ROWS
    }

    /// So many rows that are looked up cost as much as reading so many zones and what zones do not know.
    pub fn cost(&self, zones: usize) -> u64 {
        ((zones * ROWS + self.unknown_cost()) / LOOKED_UP) as u64
    }

    const fn unknown_cost(&self) -> usize {
        self.new + self.changed.len() * LOOKED_UP
    }

    /// With more rows that are to be read one by one.
    pub fn with(mut self, rows: &[i64]) -> Self {
        let end = end_of(&self.zones);
        self.changed.extend(rows.iter().filter(|row| **row <= end));
        self
    }

    /// The ranges of rows that zones do not know.
    pub fn unknown(&self) -> impl Iterator<Item = (i64, i64)> {
        let new = (end_of(&self.zones).saturating_add(1), i64::MAX);
        self.changed.iter().map(|row| (*row, *row)).chain([new])
    }
}

/// The place of the zone that an id belongs to; behind all of them that of none.
pub(super) fn zone_of(zones: &[Arc<Zone>], id: i64) -> usize {
    zones.partition_point(|zone| zone.last < id)
}

fn by_id(row: Row) -> Option<(i64, Row)> {
    Some((row.first()?.as_int()?, row))
}

fn end_of(zones: &[Arc<Zone>]) -> i64 {
    zones.last().map_or(i64::MIN, |zone| zone.last)
}

impl ZonedTable {
    pub fn new(module: &Module) -> Self {
        Self {
            name: module.table.as_ref().into(),
            columns: Columns::new(module),
            texts: if search::is_searched(module) { search::own_columns(module) } else { Vec::new() },
            vocabulary: Vocabulary::default(),
            is_asked: AtomicBool::new(false),
            read_to: AtomicI64::new(i64::MIN),
            is_read: AtomicBool::new(false),
            zones: RwLock::default(),
            written: Mutex::new(Written {
                rows: Map::default(),
                number: 0,
                end: i64::MAX,
                behind: 0,
                behind_before: 0,
            }),
            is_made: AtomicBool::new(false),
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A row was written: added, changed or removed.
    pub fn note(&self, row: i64) {
        let mut written = self.written();
        if row > written.end {
            written.behind = written.behind.saturating_add(1);
            return;
        }
        written.number += 1;
        let number = written.number;
        written.rows.insert(row, number);
    }

    /// The zones as they are, without what was written since.
    pub fn zones(&self) -> Arc<Vec<Arc<Zone>>> {
        self.zones.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The zones as they are; `None` while they are being made, and when more rows than `most` are not in them.
    pub fn snapshot(&self, most: usize) -> Option<Snapshot> {
        if !self.is_made.load(Ordering::Acquire) {
            return None;
        }
        // What was written comes first: a row that leaves here is in the zones by then.
        let (mut changed, behind): (Vec<i64>, usize) = {
            let written = self.written();
            if written.rows.len() > most {
                return None;
            }
            (written.rows.keys().copied().collect(), written.behind)
        };
        let zones = self.zones();
        let (all, end) = (changed.len(), end_of(&zones));
        changed.retain(|row| *row <= end);
        Some(Snapshot { new: behind + all - changed.len(), zones, changed })
    }

    async fn read(&self, db: &Db, sql: Sql) -> Result<Vec<Row>, StoreError> {
        db.read(sql.query(Cost::Scan)).await
    }

    /// Takes up the words of some rows, of which `which` tells behind the id: before they are in zones, and are no longer noted as written.
    async fn learn(&self, db: &Db, which: impl FnOnce(&mut Sql)) -> Result<(), StoreError> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("SELECT t0.\"id\"");
        for column in &self.texts {
            sql.push(", ").column(Alias(0), column);
        }
        sql.push(" FROM ").name(&self.name).push(" t0 WHERE t0.\"id\"");
        which(&mut sql);
        let rows = self.read(db, sql).await?;
        let texts = rows.iter().filter_map(|row| row.split_first()).flat_map(|(id, texts)| {
            let id = id.as_int().unwrap_or_default();
            texts.iter().filter_map(move |text| Some((id, text.as_str()?)))
        });
        self.vocabulary.learn(texts);
        Ok(())
    }

    /// Takes up what was written since the last turn, or makes all zones in the first one. A million requests take some seconds of
    /// one reader then, and it pauses as long as it reads.
    pub async fn tend(&self, db: &Db) -> Result<(), StoreError> {
        // What is taken up before somebody asks is read afterwards, with all the others.
        let with_words = self.is_asked.load(Ordering::Acquire);
        let end = end_of(&self.zones());
        let (mut known, behind, is_busy): (Vec<(i64, u64)>, usize, bool) = {
            let mut written = self.written();
            // From here on rows behind the zones are noted as well: zones may be made of them before they are.
            written.end = i64::MAX;
            let known = written.rows.iter().map(|(row, number)| (*row, *number));
            let known = known.filter(|(row, _)| *row <= end).take(CHANGED_MAX).collect();
            let behind = written.rows.keys().filter(|row| **row > end).count() + written.behind;
            (known, behind, behind.saturating_sub(written.behind_before) > BUSY)
        };
        known.sort_unstable();
        self.take_changed(db, &known, with_words).await?;
        self.make_worn(db).await?;
        let is_made = self.is_made.load(Ordering::Acquire);
        let most = if is_busy { NEW_MAX_BUSY } else { NEW_MAX };
        let taken =
            if behind >= ROWS || !is_made { Some(self.take_new(db, most, with_words).await?) } else { None };
        self.settle(known, taken);
        if with_words && !self.is_read.load(Ordering::Acquire) {
            self.read_texts(db).await?;
        }
        Ok(())
    }

    /// What was taken up is no longer noted as written, unless it was written again meanwhile.
    fn settle(&self, known: Vec<(i64, u64)>, taken: Option<Taken>) {
        let now = end_of(&self.zones());
        let mut written = self.written();
        for (row, number) in known {
            // What was written after it was taken stays.
            if written.rows.get(&row) == Some(&number) {
                written.rows.remove(&row);
            }
        }
        let all = written.rows.len();
        written.rows.retain(|row, _| *row <= now);
        let new = all - written.rows.len();
        written.behind = match taken {
            // Rows are counted as often as they are written, until somebody looks.
            Some(Taken { left: Some(left), .. }) => left + new,
            Some(Taken { made, left: None }) => (written.behind + new).saturating_sub(made),
            None => written.behind + new,
        };
        written.behind_before = written.behind;
        written.end = now;
    }

    /// The words of all rows that are not noted as written; `None` until they are known, which begins with the first who asks.
    pub fn words(&self) -> Option<&Vocabulary> {
        self.is_asked.store(true, Ordering::Release);
        self.is_read.load(Ordering::Acquire).then_some(&self.vocabulary)
    }

    /// Takes up the words of more of the rows that zones have had before anybody asked.
    async fn read_texts(&self, db: &Db) -> Result<(), StoreError> {
        let (zones, started) = (self.zones(), Instant::now());
        let read = self.read_to.load(Ordering::Acquire);
        for zone in zones.iter().skip(zone_of(&zones, read.saturating_add(1))) {
            if started.elapsed() > TEXTS_TIME {
                return Ok(());
            }
            self.learn(db, |sql| {
                sql.push(" BETWEEN ").bind(zone.first).push(" AND ").bind(zone.last);
            })
            .await?;
            self.read_to.store(zone.last, Ordering::Release);
        }
        self.is_read.store(self.is_made.load(Ordering::Acquire), Ordering::Release);
        Ok(())
    }

    /// Rows that changed make their zones wider.
    async fn take_changed(&self, db: &Db, known: &[(i64, u64)], with_words: bool) -> Result<(), StoreError> {
        for known in known.chunks(TOGETHER) {
            let mut sql = self.columns.question(&self.name);
            // Few lengths make few statements.
            let Some((last, _)) = known.last() else { continue };
            let padded = known.iter().map(|(row, _)| row).chain(std::iter::repeat(last));
            let padded: Vec<Value> =
                padded.take(known.len().next_power_of_two()).map(|row| Value::Int(*row)).collect();
            sql.push(" IN (").bind_list(padded.iter().cloned()).push(")");
            if with_words {
                for some in padded.chunks(TEXTS) {
                    self.learn(db, |sql| {
                        sql.push(" IN (").bind_list(some.iter().cloned()).push(")");
                    })
                    .await?;
                }
            }
            let rows: Map<i64, Row> = self.read(db, sql).await?.into_iter().filter_map(by_id).collect();
            self.change(|zones| {
                for (id, _) in known {
                    let at = zone_of(zones, *id);
                    if let Some(zone) = zones.get_mut(at) {
                        *zone = Arc::new(zone.with(&self.columns, rows.get(id)));
                    }
                }
            });
        }
        Ok(())
    }

    /// Makes zones anew in which something was written, first those where most rows were: they count as seen what is no more.
    /// One that has got too many rows becomes several.
    async fn make_worn(&self, db: &Db) -> Result<(), StoreError> {
        let zones = self.zones();
        let mut worn: Vec<_> = zones.iter().filter(|zone| !zone.is_exact()).collect();
        worn.sort_by_key(|zone| std::cmp::Reverse(zone.changed));
        for zone in worn.into_iter().take(ANEW_MAX) {
            let mut sql = self.columns.question(&self.name);
            sql.push(" BETWEEN ").bind(zone.first).push(" AND ").bind(zone.last);
            sql.push(" ORDER BY t0.\"id\"");
            let rows = self.read(db, sql).await?;
            let mut anew: Vec<Arc<Zone>> = Vec::new();
            let (mut first, mut left) = (zone.first, rows.as_slice());
            loop {
                let (rows, rest) = left.split_at(if left.len() < 2 * ROWS { left.len() } else { ROWS });
                let id = rows.last().and_then(|row| row.first()).and_then(Value::as_int);
                let last = id.filter(|_| !rest.is_empty()).unwrap_or(zone.last);
                let like = anew.last().map(AsRef::as_ref);
                anew.push(Arc::new(Zone::new(&self.columns, (first, last), rows, like)));
                if rest.is_empty() {
                    break;
                }
                (first, left) = (last.saturating_add(1), rest);
            }
            self.change(|zones| {
                let at = zone_of(zones, zone.last);
                if at < zones.len() {
                    zones.splice(at..=at, anew);
                }
            });
        }
        Ok(())
    }

    /// Rows behind the last zone become zones, as far as they fill them; once zones were made about so many at most.
    async fn take_new(&self, db: &Db, most: usize, with_words: bool) -> Result<Taken, StoreError> {
        let mut taken = 0;
        loop {
            let is_made = self.is_made.load(Ordering::Acquire);
            if is_made && taken >= most {
                return Ok(Taken { made: taken, left: None });
            }
            let started = Instant::now();
            let before = self.zones();
            let mut sql = self.columns.question(&self.name);
            sql.push(" > ").bind(end_of(&before)).push(" ORDER BY t0.\"id\" LIMIT ");
            sql.bind(i64::try_from(READ).unwrap_or(i64::MAX));
            let rows = self.read(db, sql).await?;
            let mut new: Vec<Arc<Zone>> = Vec::with_capacity(READ / ROWS);
            for rows in rows.chunks_exact(ROWS) {
                let like = new.last().or(before.last());
                let first = like.map_or(i64::MIN, |like| like.last.saturating_add(1));
                let Some(last) = rows.last().and_then(|row| row.first()).and_then(Value::as_int) else {
                    break;
                };
                if with_words {
                    self.learn(db, |sql| {
                        sql.push(" BETWEEN ").bind(first).push(" AND ").bind(last);
                    })
                    .await?;
                }
                let zone = Zone::new(&self.columns, (first, last), rows, like.map(AsRef::as_ref));
                new.push(Arc::new(zone));
            }
            let (made, is_end) = (new.len(), rows.len() < READ);
            if made > 0 {
                self.change(|zones| zones.append(&mut new));
            }
            taken += made * ROWS;
            if is_end {
                self.is_made.store(true, Ordering::Release);
                return Ok(Taken { made: taken, left: Some(rows.len() - made * ROWS) });
            }
            // Others have the other half of the time.
            tokio::time::sleep(started.elapsed()).await;
        }
    }

    /// Puts changed zones in the place of those that are there. Whoever reads goes on with what was there.
    fn change(&self, change: impl FnOnce(&mut Vec<Arc<Zone>>)) {
        let mut zones = Vec::clone(&self.zones());
        change(&mut zones);
        *self.zones.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(zones);
    }
}
