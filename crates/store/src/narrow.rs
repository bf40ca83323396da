//! Queries written so that an index answers as much of them as can be.
//!
//! Of some conditions nobody has counted how many rows pass: names of what is referred to, stretches and parts of texts, words on
//! PostgreSQL. A database that is left alone takes them for common and walks through the rows in the order that is asked for.
//! So what passes is looked up first, a few hundred at most; where that is all, the list is one of these.
//!
//! Lookup and list are two reads, and what is acknowledged before the first is seen by both. What changes between them may be
//! missed by the list, or shown where it passed a moment before.

use crate::engine::{Dialect, StoreError};
use crate::plan::{ROWS_MIN, begins_index, conjuncts};
use crate::query::{self, Query};
use crate::records::Store;
use crate::search;
use crate::table::column_of;
use model::{Filter, Id, Kind, Module, Op, Path, Record, SortKey, Storage, Test, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Hits of words that are taken one by one instead of being looked for in the order of the list.
const HITS_FEW: usize = 500;
/// Words that so many of so many records have, of the newest and of the oldest, are taken for common.
const COMMON: i64 = 5;
const SAMPLE: i64 = 512;
/// So many records that a reference may lead to, or that have such a text, are told apart.
const FEW: u64 = 256;
/// So many lookups a list is worth. Each is a statement, and the ids that they bring are bound in one.
const LOOKUPS_MAX: usize = 8;

impl Store {
    /// The same query, narrowed to what was looked up. [`Self::list`] and [`Self::count`] ask for it; public for tests.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn narrowed<'q>(&self, query: &'q Query) -> Result<Cow<'q, Query>, StoreError> {
        let query = query.of_view();
        match self.db().dialect() {
            Dialect::Postgres => self.with_few_hits(query).await,
            Dialect::Sqlite => {
                let query = self.with_few_referred(query).await?;
                self.with_few_found(query).await
            }
        }
    }

    /// On PostgreSQL: a query for words that few records have, as one for these records. It takes every beginning of a word
    /// for one that many records have, and walks through all of them, newest first, to find the page. That is right for words
    /// that many do have, of which a lookup would read all: those are told by a sample.
    async fn with_few_hits<'q>(&self, query: Cow<'q, Query>) -> Result<Cow<'q, Query>, StoreError> {
        if query.words.is_empty() || self.has_common_words(&query).await? {
            return Ok(query);
        }
        let hits = self.db().read(search::hits(&query.module, &query.words, HITS_FEW + 1)).await?;
        if hits.len() > HITS_FEW {
            return Ok(query);
        }
        let Some(path) = Path::of(&query.module, "id") else { return Ok(query) };
        let ids = hits.into_iter().filter_map(|row| row.into_iter().next()).collect();
        let mut query = among(query, ids);
        query.words.clear();
        if query.sort.is_empty() {
            query.sort.push(SortKey { path, descending: true });
        }
        Ok(Cow::Owned(query))
    }

    /// Whether many records have the words, those of long ago as well: what came up today is no common word yet.
    async fn has_common_words(&self, query: &Query) -> Result<bool, StoreError> {
        for is_newest in [true, false] {
            let sample = search::sample(&query.module, &query.words, is_newest, SAMPLE, COMMON);
            let rows = self.db().read(sample).await?;
            if rows.first().and_then(|row| row.first()).and_then(Value::as_int) != Some(COMMON) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// On SQLite: a query whose conditions on what is referred to (`assets.name is X`) are conditions on the references
    /// (`assets is one of these`), as far as that is few. Of how many rows refer to each the planner knows.
    async fn with_few_referred<'q>(&self, query: Cow<'q, Query>) -> Result<Cow<'q, Query>, StoreError> {
        if !has_referring(&query.filter, true) || !self.is_worth_it(&query) {
            return Ok(query);
        }
        let mut query = query.into_owned();
        let mut tests = Vec::new();
        referring(&mut query.filter, true, &mut tests);
        for filter in tests.into_iter().take(LOOKUPS_MAX) {
            let Filter::Test(test) = &*filter else { continue };
            let Some((module, slot)) = test.path.via.first().cloned() else { continue };
            let path = Path { via: Vec::new(), module, slot };
            let of_reference = |op, operands| Test { path: path.clone(), op, operands };
            let is_in_document = path.leaf().is_some_and(|leaf| !leaf.is_column());
            if is_in_document && !self.planner().is_counted(&path.module, &of_reference(Op::In, Vec::new())) {
                // As it is, the side table is gone through once at least, and not asked about each row.
                continue;
            }
            let passing = self.with_few_found(Cow::Owned(passing(test))).await?;
            let records = self.found(&passing).await?;
            if records.len() as u64 > FEW {
                continue;
            }
            let operands: Vec<Value> = records.iter().map(|record| record.id().into()).collect();
            let of_reference = |op, operands| Filter::Test(of_reference(op, operands));
            *filter = match test.op {
                // What a reference shows is empty as well where there is none.
                Op::Empty if operands.is_empty() => of_reference(Op::Empty, operands),
                Op::Empty => {
                    Filter::Any(vec![of_reference(Op::Empty, Vec::new()), of_reference(Op::In, operands)])
                }
                _ => of_reference(Op::In, operands),
            };
        }
        Ok(Cow::Owned(query))
    }

    /// On SQLite: a query for texts that few rows have, as one for these rows.
    async fn with_few_found<'q>(&self, query: Cow<'q, Query>) -> Result<Cow<'q, Query>, StoreError> {
        let query = self.with_few_words(query).await?;
        self.with_few_texts(query).await
    }

    /// On SQLite: a query for parts of texts (`description contains X`) whose words few records have, as one for these.
    async fn with_few_words<'q>(&self, query: Cow<'q, Query>) -> Result<Cow<'q, Query>, StoreError> {
        Ok(match self.ids_by_words(&query, HITS_FEW).await? {
            Some(ids) => Cow::Owned(among(query, ids)),
            None => query,
        })
    }

    /// On SQLite: a query for a stretch of an indexed text that few rows have, as one for these rows.
    async fn with_few_texts<'q>(&self, query: Cow<'q, Query>) -> Result<Cow<'q, Query>, StoreError> {
        let is_sorted_by = |test: &Test| {
            // Going through the rows in that order begins and ends with the stretch.
            query.sort.first().is_some_and(|key| key.path.via.is_empty() && key.path.slot == test.path.slot)
        };
        let is_stretch =
            |part: &&Filter| matches!(part, Filter::Test(test) if is_stretch(test) && !is_sorted_by(test));
        let parts: Vec<&Filter> = conjuncts(&query.filter).into_iter().filter(is_stretch).collect();
        if parts.is_empty() || !self.is_worth_it(&query) {
            return Ok(query);
        }
        let mut few = None;
        for part in parts.into_iter().take(LOOKUPS_MAX) {
            let rows = self.db().read(query::ids(&query.module, part, FEW + 1, self.db().dialect())).await?;
            if rows.len() as u64 <= FEW {
                few = Some(rows.into_iter().filter_map(|row| row.into_iter().next()).collect());
                break;
            }
        }
        Ok(match few {
            Some(ids) => Cow::Owned(among(query, ids)),
            None => query,
        })
    }

    /// Whether all rows may have to be gone through, as far as is known: no index leads to few. What begins behind an id is left
    /// alone: pages do, and ask for references that lead nowhere as for none (see [`is_referring`]).
    fn is_worth_it(&self, query: &Query) -> bool {
        let is_of_id = |part: &&Filter| matches!(part, Filter::Test(test) if test.path.via.is_empty() && test.path.leaf().is_some_and(|leaf| leaf.path == "id"));
        !conjuncts(&query.filter).iter().any(is_of_id)
            && self.planner().unsure(query).is_some_and(|unsure| unsure.worst >= ROWS_MIN)
    }

    /// The records that a query asks for that was narrowed itself.
    async fn found(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        if is_nothing(&query.filter) {
            return Ok(Vec::new());
        }
        match self.list_by_zones(query).await? {
            Some(records) => Ok(records),
            None => self.list_planned(query).await,
        }
    }

    /// The ids of the records that pass a test of what a reference leads to; `None` where they are many.
    pub(crate) async fn referred_by(&self, test: &Test) -> Result<Option<Vec<Id>>, StoreError> {
        let records = self.list_planned(&passing(test)).await?;
        let are_few = records.len() as u64 <= FEW;
        Ok(are_few.then(|| records.iter().map(Record::id).collect()))
    }
}

/// The same query for some records only. What it asked for is asked all the same: they may have changed meanwhile.
fn among(query: Cow<'_, Query>, mut ids: Vec<Value>) -> Query {
    let mut query = query.into_owned();
    let of_ids = match ids.last().cloned() {
        None => Filter::nothing(),
        Some(last) => {
            // Always as many as a power of two: each number of them is another statement.
            ids.resize(ids.len().next_power_of_two(), last);
            model::filter::test(&query.module, "id", Op::In, ids)
        }
    };
    query.filter = of_ids.and(std::mem::replace(&mut query.filter, Filter::everything()));
    query
}

/// Whether nothing can pass: a lookup came back with nothing.
pub(crate) fn is_nothing(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().any(is_nothing),
        Filter::Any(parts) => parts.iter().all(is_nothing),
        Filter::Not(_) => false,
        Filter::Test(test) => test.op == Op::In && test.operands.is_empty(),
    }
}

/// The module that the first reference of a test leads to.
pub(crate) fn target(test: &Test) -> &Arc<Module> {
    test.path.via.get(1).map_or(&test.path.module, |(module, _)| module)
}

/// The records that pass a test of what a reference leads to, and one more than are told apart.
fn passing(test: &Test) -> Query {
    let module = target(test).clone();
    let via = test.path.via.get(1..).unwrap_or_default().to_vec();
    let path = Path { via, ..test.path.clone() };
    let slots = module.id_slot().into_iter().collect();
    let filter = Filter::Test(Test { path, ..test.clone() });
    Query { slots, ..Query::new(module, filter, FEW + 1) }
}

/// Whether a test looks at what is referred to and is answered better by the references. For equal values an index of the
/// table's own is; of several references one may be empty and another not. Being empty is looked up only where it is `asked` of all
/// rows: pages ask for it beside other things, and then for references that lead nowhere as well.
fn is_referring(test: &Test, asked: bool) -> bool {
    let first = test.path.via.first().and_then(|(module, slot)| module.leaf(*slot));
    first.is_some_and(|leaf| match (leaf.field.storage, test.op) {
        (Storage::Document { .. }, Op::Empty) | (Storage::Column, Op::In) | (Storage::Computed, _) => false,
        (Storage::Column, Op::Empty) => asked,
        _ => true,
    })
}

fn has_referring(filter: &Filter, asked: bool) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().any(|part| has_referring(part, asked)),
        Filter::Any(parts) => parts.iter().any(|part| has_referring(part, false)),
        Filter::Not(inner) => has_referring(inner, false),
        Filter::Test(test) => is_referring(test, asked),
    }
}

fn referring<'f>(filter: &'f mut Filter, asked: bool, found: &mut Vec<&'f mut Filter>) {
    if matches!(filter, Filter::Test(test) if is_referring(test, asked)) {
        found.push(filter);
        return;
    }
    match filter {
        Filter::All(parts) => parts.iter_mut().for_each(|part| referring(part, asked, found)),
        Filter::Any(parts) => parts.iter_mut().for_each(|part| referring(part, false, found)),
        Filter::Not(inner) => referring(inner, false, found),
        Filter::Test(_) => {}
    }
}

/// Whether a test is passed by the rows of a stretch of a text's index.
fn is_stretch(test: &Test) -> bool {
    let is_text = |leaf: &&model::Leaf| leaf.has_key_column() && leaf.field.kind != Kind::Decimal;
    let leaf = test.path.leaf().filter(|_| test.path.via.is_empty()).filter(is_text);
    !matches!(test.op, Op::In | Op::Contains | Op::EndsWith)
        && leaf.is_some_and(|leaf| begins_index(&test.path.module, &column_of(leaf)))
}
