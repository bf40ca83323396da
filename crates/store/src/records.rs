//! Reading records, and the statements that write them.

use crate::cache;
use crate::engine::Dialect;
use crate::engine::{self, Cost, Db, Expect, RowWatch, Statement, StoreError};
use crate::narrow::is_nothing;
use crate::plan::{Lead, Plan, Planner};
use crate::query::{self, Query};
use crate::search::{self, Sought};
use crate::sql::{Alias, Sql};
use crate::table::{EXTRA, Table, VERSION, column_of, key_column, key_of};
use crate::tally::{self, Counted, Tally};
use crate::zones::Zones;
use model::{Catalogue, Filter, Id, Module, Record, Storage, Value};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The records of a desk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    tables: Arc<RwLock<model::Map<usize, Arc<Table>>>>,
    /// What is kept in memory of rows; nothing where rows change that this process does not hear of.
    kept: Option<Arc<Kept>>,
    planner: Arc<Planner>,
}

/// What is kept in memory of rows.
#[derive(Debug)]
struct Kept {
    records: cache::Records,
    zones: Zones,
}

impl RowWatch for Kept {
    fn changed(&self, rows: &[i64]) {
        self.records.changed(rows);
    }

    fn written(&self, table: &str, row: i64) {
        self.zones.written(table, row);
    }
}

/// The index by which the database decides that a value in a document is one of a kind.
pub const UNIQUE_VALUES: &str = "ux_unique_value_field_key";

/// Greatest number of ids in one `IN (…)`; longer lists are read in pieces.
const IDS_MAX: usize = 512;
/// So many records that are read by their ids are kept in memory together.
const KEPT_TOGETHER: usize = 256;

impl Store {
    /// The records in a database whose schema is current.
    #[must_use]
    pub fn new(db: Db) -> Self {
        let records = cache::Records::new(db.records_bytes());
        let kept = Arc::new(Kept { records, zones: Zones::default() });
        let kept = db.watch_rows(kept.clone()).then_some(kept);
        Self { db, tables: Arc::default(), kept, planner: Arc::default() }
    }

    /// The database itself, for statements that are not about records.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    pub(crate) fn planner(&self) -> &Planner {
        &self.planner
    }

    pub(crate) fn zones(&self) -> Option<&Zones> {
        self.kept.as_ref().map(|kept| &kept.zones)
    }

    fn cache(&self) -> Option<&cache::Records> {
        self.kept.as_ref().map(|kept| &kept.records)
    }

    /// Forgets the records that are kept in memory: somebody else wrote.
    pub fn forget_records(&self) {
        if let Some(cache) = self.cache() {
            cache.clear();
        }
    }

    /// A module's table. Made once for each frozen module; a changed catalogue has other modules.
    fn table(&self, module: &Arc<Module>) -> Arc<Table> {
        let key = Arc::as_ptr(module).addr();
        if let Some(table) = self.tables.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return table.clone();
        }
        // The table keeps the module alive, so the address is not used again.
        let table = Arc::new(Table::new(module));
        self.tables.write().unwrap_or_else(PoisonError::into_inner).insert(key, table.clone());
        table
    }

    /// Forgets tables of modules that no catalogue has any more.
    pub fn forget_tables_except(&self, catalogue: &Catalogue) {
        let current: Vec<usize> = catalogue.modules().iter().map(|m| Arc::as_ptr(m).addr()).collect();
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.retain(|key, _| current.contains(key));
        if let Some(cache) = self.cache() {
            cache.clear();
        }
    }

    /// The record with this id, whoever asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get(&self, module: &Arc<Module>, id: Id) -> Result<Option<Record>, StoreError> {
        let read = async {
            let table = self.table(module);
            let query = engine::Query { sql: table.get.clone(), binds: vec![id.into()], cost: Cost::Point };
            let row = self.db.read(query).await?.into_iter().next();
            Ok(row.map(|row| table.record(&table.columns, row)))
        };
        let record = match self.cache() {
            Some(cache) => cache.get(module, id, read).await?,
            None => read.await?,
        };
        Ok(record.filter(|r| module.holds(r)))
    }

    /// The records with these ids, in no order; ids without a record are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get_many(&self, module: &Arc<Module>, ids: &[Id]) -> Result<Vec<Arc<Record>>, StoreError> {
        match self.cache() {
            // More than an answer refers to is a walk, which would only push out what people look at.
            Some(cache) if ids.len() <= KEPT_TOGETHER => {
                cache.get_many(module, ids, async |rest| self.read_many(module, &rest).await).await
            }
            _ => Ok(self.read_many(module, ids).await?.into_iter().map(Arc::new).collect()),
        }
    }

    async fn read_many(&self, module: &Arc<Module>, ids: &[Id]) -> Result<Vec<Record>, StoreError> {
        let table = self.table(module);
        let mut records = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS_MAX) {
            let mut sql = Sql::new("SELECT ");
            sql.push_made(&table.select_list)
                .push(" FROM ")
                .name(&module.table)
                .push(" t0 WHERE t0.\"id\" IN (");
            // Few lengths make few statements, each prepared once; to ask for the last one again costs nothing.
            let places = ids.len().next_power_of_two();
            let Some(last) = ids.last() else { continue };
            let padded = ids.iter().chain(std::iter::repeat(last)).take(places);
            sql.bind_list(padded.map(|id| Value::from(*id))).push(")");
            let cost = if ids.len() <= 8 { Cost::Point } else { Cost::Scan };
            let rows = self.db.read(sql.query(cost)).await?;
            records.extend(rows.into_iter().map(|row| table.record(&table.columns, row)));
        }
        Ok(records)
    }

    /// The records that a query asks for, in its order.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn list(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        // Boxed, so that what waits for a list need not have room for all the ways there are.
        Box::pin(async {
            let query = &*self.narrowed(query).await?;
            if is_nothing(&query.filter) {
                return Ok(Vec::new());
            }
            if let Some(records) = self.list_by_zones(query).await? {
                return Ok(records);
            }
            if let Some(records) = self.list_by_given(query).await? {
                return Ok(records);
            }
            match self.list_by_parts(query).await? {
                Some(records) => Ok(records),
                None => self.list_planned(query).await,
            }
        })
        .await
    }

    /// The records that a query without words asks for, by this way.
    pub(crate) async fn list_with(&self, query: &Query, plan: &Plan) -> Result<Vec<Record>, StoreError> {
        let table = self.table(&query.module);
        let (select, slots) = query::select(query, &[], &table, self.db.dialect(), Some(plan));
        let rows = self.db.read(select).await?;
        Ok(rows.into_iter().map(|row| table.record(&slots, row)).collect())
    }

    /// The records that a query asks for in one statement, or in two where the first turns out the wrong way.
    pub(crate) async fn list_planned(&self, query: &Query) -> Result<Vec<Record>, StoreError> {
        let table = self.table(&query.module);
        let plan = self.planner.plan(query);
        let words = self.sought(query).await?;
        let select = |plan: Option<&Plan>| query::select(query, &words, &table, self.db.dialect(), plan);
        let (first, slots) = select(plan.as_ref());
        let instead = plan.as_ref().and_then(Plan::instead);
        let steps = instead.as_ref().map(|(steps, _)| *steps).or_else(|| self.steps_before_words(query));
        let mut rows = match steps {
            None => self.db.read(first).await?,
            Some(steps) => match self.db.read(engine::Query { cost: Cost::Try(steps), ..first }).await {
                Err(StoreError::TooLong) => {
                    if let Some(records) = self.list_by_words(query).await? {
                        return Ok(records);
                    }
                    let instead = instead.as_ref().map(|(_, plan)| plan);
                    self.db.read(select(instead.or(plan.as_ref())).0).await?
                }
                rows => rows?,
            },
        };
        let is_full = rows.len() as u64 == query.limit;
        if !is_full && plan.as_ref().is_some_and(|plan| plan.lead == Some(Lead::Full)) {
            rows = self.db.read(select(None).0).await?;
        }
        Ok(rows.into_iter().map(|row| table.record(&slots, row)).collect())
    }

    /// How many records pass a query's filter, whatever its offset and limit.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        Box::pin(async {
            // For words all that have them are found in any case, so that to look for a few of these first is for nothing.
            let is_narrowed = query.words.is_empty();
            let query = if is_narrowed { self.narrowed(query).await? } else { query.of_view() };
            if is_nothing(&query.filter) {
                return Ok(0);
            }
            if let Some(count) = self.count_by_zones(&query).await? {
                return Ok(count);
            }
            if let Some(count) = self.count_by_index(&query).await? {
                return Ok(count);
            }
            if let Some(count) = self.count_by_given(&query).await? {
                return Ok(count);
            }
            if let Some(count) = self.count_by_words(&query).await? {
                return Ok(count);
            }
            let plan = self.planner.plan_of_count(&query);
            self.count_with(&query, plan.as_ref()).await
        })
        .await
    }

    /// How many pass, by this way.
    pub(crate) async fn count_with(&self, query: &Query, plan: Option<&Plan>) -> Result<u64, StoreError> {
        let words = self.sought(query).await?;
        let rows = self.db.read(query::count(query, &words, self.db.dialect(), plan)).await?;
        Ok(number(&rows))
    }

    /// How many records pass a query's filter, as many as its limit at most. `None` where to count so far is more work than it
    /// is worth, because few pass and no index says which.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_to_limit(&self, query: &Query) -> Result<Option<u64>, StoreError> {
        Box::pin(async {
            let is_narrowed = query.words.is_empty();
            let query = if is_narrowed { self.narrowed(query).await? } else { query.of_view() };
            if is_nothing(&query.filter) {
                return Ok(Some(0));
            }
            let plan = self.planner.plan_of_count(&query);
            let words = self.sought(&query).await?;
            let counting = query::count_to_limit(&query, &words, self.db.dialect(), plan.as_ref());
            match self.db.read(counting).await {
                Ok(rows) => Ok(Some(number(&rows))),
                Err(StoreError::TooLong) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// How many records of each group pass, and a sum over each.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn tally(&self, tally: &Tally) -> Result<Vec<Counted>, StoreError> {
        let query = tally.query();
        // Where most rows pass, SQLite knows of an index that holds all that is asked for, if there is one.
        let plan = self.planner.plan(&query.of_view()).filter(|plan| !plan.walks);
        tally::run(&self.db, tally, plan.as_ref()).await
    }

    /// Whether any record passes.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn exists(&self, module: &Arc<Module>, filter: Filter) -> Result<bool, StoreError> {
        let mut query = Query::new(module.clone(), filter, 1);
        query.slots = module.id_slot().into_iter().collect();
        Ok(!self.list(&query).await?.is_empty())
    }

    /// The statement's text, for tests and for explaining.
    #[must_use]
    pub fn explain(&self, query: &Query) -> engine::Query {
        let query = &*query.of_view();
        let plan = self.planner.plan(query);
        let words = Sought::plain(&query.words);
        query::select(query, &words, &self.table(&query.module), self.db.dialect(), plan.as_ref()).0
    }

    /// The text of the statement that comes when that one takes too many steps; `None` where nothing else is tried.
    #[must_use]
    pub fn explain_instead(&self, query: &Query) -> Option<engine::Query> {
        let query = &*query.of_view();
        let (_, plan) = self.planner.plan(query)?.instead()?;
        let words = Sought::plain(&query.words);
        Some(query::select(query, &words, &self.table(&query.module), self.db.dialect(), Some(&plan)).0)
    }

    /// The words of a query as its index has them.
    async fn sought(&self, query: &Query) -> Result<Vec<Sought>, StoreError> {
        let mut words = Sought::plain(&query.words);
        if self.db.dialect() == Dialect::Sqlite {
            let asked: Vec<_> =
                words.iter_mut().filter_map(|w| Some((w.spellings(&query.module)?, w))).collect();
            let (questions, words): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            for (word, rows) in words.into_iter().zip(self.db.read_many(questions).await?) {
                word.spelt(&rows);
            }
        }
        Ok(words)
    }

    /// Counts what lists of a module are planned by, unless its rows are about as many as when they were last
    /// counted; then this costs one count of an index. A million requests take some seconds of one reader. `views` are
    /// modules of records in the same table, which may have fields of their own. Returns whether it counted. Does
    /// nothing on PostgreSQL.
    ///
    /// # Errors
    /// When the database does not answer, or not in time.
    pub async fn measure(&self, module: &Arc<Module>, views: &[Arc<Module>]) -> Result<bool, StoreError> {
        let modules: Vec<Arc<Module>> = std::iter::once(module).chain(views).cloned().collect();
        self.planner.measure(&self.db, &modules).await
    }

    /// Takes up what lists were planned by before the last stop.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn recall_measures(&self) -> Result<(), StoreError> {
        self.planner.recall(&self.db).await
    }

    /// Adds a record, with its rows in the side table and its search document.
    #[must_use]
    pub fn insert(&self, record: &Record) -> Vec<Statement> {
        let table = self.table(&record.module);
        let mut statements =
            vec![Statement::new(table.insert.clone(), table.row(record), Expect::Exactly(1))];
        for (slot, _) in &table.documents {
            side_rows(record, *slot, &mut statements);
            statements.extend(unique_row(record, *slot));
        }
        if search::is_searched(&record.module) {
            statements.push(search::insert(record, self.db.dialect()));
        }
        statements
    }

    /// Writes what differs between two states of a record. Hits no row, and so fails as stale, when the row is
    /// not the version that `old` was read from any more.
    #[must_use]
    pub fn update(&self, old: &Record, new: &Record, catalogue: &Catalogue) -> Vec<Statement> {
        let table = self.table(&new.module);
        let mut sql = Sql::new("UPDATE ");
        sql.name(&new.module.table).push(" SET ").name(VERSION).push(" = ").bind(old.version + 1);
        let mut text_changed = false;
        for slot in &table.columns {
            let (Some(leaf), value) = (new.module.leaf(*slot), new.at(*slot)) else { continue };
            if value == old.at(*slot) {
                continue;
            }
            text_changed |= leaf.field.full_text;
            sql.push(", ").name(&leaf.column).push(" = ").bind(value.clone());
            if leaf.has_key_column() {
                sql.push(", ").name(&key_column(leaf)).push(" = ").bind(key_of(&leaf.field, value));
            }
        }
        let changed: Vec<(usize, i64)> =
            table.documents.iter().copied().filter(|(slot, _)| old.at(*slot) != new.at(*slot)).collect();
        if !changed.is_empty() {
            sql.push(", ").name(EXTRA).push(" = ").bind(table.document(new));
        }
        sql.push(" WHERE ").name("id").push(" = ").bind(new.id());
        sql.push(" AND ").name(VERSION).push(" = ").bind(old.version);
        let mut statements = vec![sql.statement(Expect::Exactly(1))];
        for (slot, field) in changed {
            let mut sql = Sql::new("DELETE FROM \"field_value\" WHERE \"record\" = ");
            sql.bind(new.id()).push(" AND \"field\" = ").bind(field);
            statements.push(sql.statement(Expect::Any));
            side_rows(new, slot, &mut statements);
            if let (Some((field, _)), Some(id)) = (unique_key(old, slot), Some(old.id())) {
                let mut sql = Sql::new("DELETE FROM \"unique_value\" WHERE \"record\" = ");
                sql.bind(id).push(" AND \"field\" = ").bind(field);
                statements.push(sql.statement(Expect::Any));
            }
            statements.extend(unique_row(new, slot));
        }
        if text_changed {
            statements.extend(self.refresh_search(&new.module, new.id(), catalogue));
        }
        statements
    }

    /// Makes a record's search document anew; nothing for modules without one.
    #[must_use]
    pub fn refresh_search(&self, module: &Module, id: Id, catalogue: &Catalogue) -> Option<Statement> {
        search::is_searched(module).then(|| search::refresh(module, id, catalogue, self.db.dialect()))
    }

    /// Sets columns of a row that is not at hand, without a version check: flags that follow from rows below
    /// (`has_notes`), stamps. `expect` says how many rows must be there to be set.
    #[must_use]
    pub fn stamp(&self, module: &Module, id: Id, values: &[(&str, Value)], expect: Expect) -> Statement {
        let mut sql = Sql::new("UPDATE ");
        sql.name(&module.table).push(" SET ").name(VERSION).push(" = ").name(VERSION).push(" + 1");
        for (path, value) in values {
            debug_assert!(module.slot(path).is_some(), "{} has no {path}", module.name);
            let Some(leaf) = module.find(path).filter(|l| l.is_column()) else { continue };
            sql.push(", ").name(&leaf.column).push(" = ").bind(value.clone());
        }
        sql.push(" WHERE ").name("id").push(" = ").bind(id);
        sql.statement(expect)
    }

    /// Sets a flag of a row to whether rows below it exist, as the commit finds them. The row is locked before: on PostgreSQL a
    /// statement that waits for whoever adds one at the same moment would go on with what it saw before.
    #[must_use]
    pub fn flag_from_rows(
        &self,
        parent: &Module,
        id: Id,
        flag: &str,
        rows: &Module,
        field: &str,
    ) -> [Statement; 2] {
        let mut sql = Sql::new("UPDATE ");
        sql.name(&parent.table).push(" SET ").name(VERSION).push(" = ").name(VERSION).push(" + 1");
        if let (Some(flag), Some(by)) = (parent.find(flag), rows.find(field)) {
            sql.push(", ")
                .name(&flag.column)
                .push(" = EXISTS (SELECT 1 FROM ")
                .name(&rows.table)
                .push(" t1 WHERE ");
            sql.column(Alias(1), &by.column).push(" = ").bind(id).push(")");
        }
        sql.push(" WHERE ").name("id").push(" = ").bind(id);
        [self.stamp(parent, id, &[], Expect::Any), sql.statement(Expect::Any)]
    }

    /// Raises the version of a cache, so that every process reads anew what it holds.
    #[must_use]
    pub fn raise_cache_version(&self, name: &'static str) -> Statement {
        let mut sql = Sql::new("UPDATE \"cache_version\" SET \"value\" = \"value\" + 1 WHERE \"name\" = ");
        sql.bind(name);
        sql.statement(Expect::Any)
    }

    /// The same, only where the version is still this one.
    #[must_use]
    pub fn raise_cache_version_from(&self, name: &'static str, seen: i64, expect: Expect) -> Statement {
        let mut sql = Sql::new("UPDATE \"cache_version\" SET \"value\" = \"value\" + 1 WHERE \"name\" = ");
        sql.bind(name).push(" AND \"value\" = ").bind(seen);
        sql.statement(expect)
    }

    /// The versions of all caches.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cache_versions(&self) -> Result<HashMap<String, i64>, StoreError> {
        let sql = Sql::new("SELECT \"name\", \"value\" FROM \"cache_version\"");
        let rows = self.db.read(sql.query(Cost::Point)).await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| match row.as_slice() {
                [Value::Text(name), Value::Int(value)] => Some((name.clone(), *value)),
                _ => None,
            })
            .collect())
    }

    /// Numbers and references of rows in the order of their ids, from behind one id on: for what is built from very
    /// many rows. What is empty counts as zero.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn numbers<const N: usize>(
        &self,
        module: &Module,
        paths: &[&str; N],
        after: Id,
        limit: u64,
    ) -> Result<Vec<[i64; N]>, StoreError> {
        let mut sql = Sql::new("SELECT ");
        for (i, path) in paths.iter().enumerate() {
            let Some(leaf) = module.find(path).filter(|leaf| leaf.is_column()) else { continue };
            sql.push(if i > 0 { ", " } else { "" }).name(&leaf.column);
        }
        sql.push(" FROM ").name(&module.table).push(" WHERE \"id\" > ").bind(after);
        sql.push(" ORDER BY \"id\" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.db.read(sql.query(Cost::Scan)).await?;
        let number = |row: &[Value], i: usize| row.get(i).and_then(Value::as_int).unwrap_or(0);
        Ok(rows.iter().map(|row| std::array::from_fn(|i| number(row, i))).collect())
    }

    /// Adds a record unless one with the same value in a unique field is there.
    #[must_use]
    pub fn insert_if_new(&self, record: &Record, unique: &str) -> Vec<Statement> {
        let table = self.table(&record.module);
        let Some(leaf) = record.module.find(unique) else { return Vec::new() };
        let column = column_of(leaf);
        let sql = format!("{} ON CONFLICT (\"{column}\") DO NOTHING", table.insert);
        vec![Statement::new(sql, table.row(record), Expect::Any)]
    }

    /// The greatest id in a module; zero when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn greatest_id(&self, module: &Module) -> Result<i64, StoreError> {
        let mut sql = Sql::new("SELECT max(\"id\") FROM ");
        sql.name(&module.table);
        let rows = self.db.read(sql.query(Cost::Point)).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0))
    }

    /// Removes a record for ever, with its side rows and its search document. The history stays.
    #[must_use]
    pub fn remove(&self, record: &Record) -> Vec<Statement> {
        let module = &record.module;
        let table = self.table(module);
        let mut sql = Sql::new("DELETE FROM ");
        sql.name(&module.table).push(" WHERE ").name("id").push(" = ").bind(record.id());
        let mut statements = vec![sql.statement(Expect::Exactly(1))];
        if table.has_extra {
            let mut sql = Sql::new("DELETE FROM \"field_value\" WHERE \"record\" = ");
            sql.bind(record.id());
            statements.push(sql.statement(Expect::Any));
            if table.documents.iter().any(|(slot, _)| unique_key(record, *slot).is_some()) {
                let mut sql = Sql::new("DELETE FROM \"unique_value\" WHERE \"record\" = ");
                sql.bind(record.id());
                statements.push(sql.statement(Expect::Any));
            }
        }
        if search::is_searched(module) {
            statements.push(search::remove(module, record.id(), self.db.dialect()));
        }
        statements
    }

    /// Removes every row of a module whose field refers to a record.
    #[must_use]
    pub fn remove_rows(&self, rows: &Module, field: &str, parent: Id) -> Option<Statement> {
        let leaf = rows.find(field)?;
        let mut sql = Sql::new("DELETE FROM ");
        sql.name(&rows.table).push(" WHERE ").name(&leaf.column).push(" = ").bind(parent);
        Some(sql.statement(Expect::Any))
    }

    /// Removes everything below a record, to any depth: notes, tasks, their worklogs, their comments.
    #[must_use]
    pub fn remove_below(&self, module: &Module, id: Id, catalogue: &Catalogue) -> Vec<Statement> {
        let mut statements = Vec::new();
        for child in &module.children {
            let Some(rows) = catalogue.module(child.module) else { continue };
            let Some(leaf) = rows.find(child.field) else { continue };
            // The grandchildren first, while the children that they are found by are still there.
            for below in &rows.children {
                let Some(lower) = catalogue.module(below.module) else { continue };
                let Some(by) = lower.find(below.field) else { continue };
                let mut sql = Sql::new("DELETE FROM ");
                sql.name(&lower.table).push(" WHERE ").name(&by.column).push(" IN (SELECT \"id\" FROM ");
                sql.name(&rows.table).push(" WHERE ").name(&leaf.column).push(" = ").bind(id).push(")");
                statements.push(sql.statement(Expect::Any));
            }
            statements.extend(self.remove_rows(rows, child.field, id));
        }
        statements
    }

    /// Lets every row of a module go of a record that its column refers to, and sets these columns beside it.
    #[must_use]
    pub fn let_go(&self, rows: &Module, field: &str, of: Id, also: &[(&str, Value)]) -> Option<Statement> {
        let nobody = std::iter::once((field, Value::Null));
        let values: Vec<(&str, Value)> = nobody.chain(also.iter().cloned()).collect();
        self.stamp_rows(rows, field, of, &values)
    }

    /// Sets columns of every row of a module whose field refers to a record.
    #[must_use]
    pub fn stamp_rows(
        &self,
        rows: &Module,
        field: &str,
        of: Id,
        values: &[(&str, Value)],
    ) -> Option<Statement> {
        let by = rows.find(field).filter(|leaf| leaf.is_column())?;
        let mut sql = Sql::new("UPDATE ");
        sql.name(&rows.table).push(" SET ").name(VERSION).push(" = ").name(VERSION).push(" + 1");
        for (path, value) in values {
            let Some(leaf) = rows.find(path).filter(|l| l.is_column()) else { continue };
            sql.push(", ").name(&leaf.column).push(" = ").bind(value.clone());
        }
        sql.push(" WHERE ").name(&by.column).push(" = ").bind(of);
        Some(sql.statement(Expect::Any))
    }

    /// The place of a record's value that another record has already, of those in its document that are one of a kind.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn taken_value(&self, record: &Record) -> Result<Option<usize>, StoreError> {
        for (slot, _) in &self.table(&record.module).documents {
            let Some((field, key)) = unique_key(record, *slot) else { continue };
            let mut sql = Sql::new("SELECT \"record\" FROM \"unique_value\" WHERE \"field\" = ");
            sql.bind(field).push(" AND \"key\" = ").bind(key).push(" AND \"record\" <> ").bind(record.id());
            if !self.db.read(sql.query(Cost::Point)).await?.is_empty() {
                return Ok(Some(*slot));
            }
        }
        Ok(None)
    }

    /// Moves every row of a module from one parent to another.
    #[must_use]
    pub fn move_rows(&self, rows: &Module, field: &str, from: Id, to: Id) -> Option<Statement> {
        self.stamp_rows(rows, field, from, &[(field, to.into())])
    }

    /// Commits statements: all or nothing, on disk when it returns.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with the index's name, [`StoreError::Stale`] when a statement did not hit the rows
    /// it should, or that the database did not take it.
    pub async fn commit(&self, statements: Vec<Statement>) -> Result<(), StoreError> {
        self.db.commit(statements).await.map(|_| ())
    }

    /// Loads many new records of one module at once, without history. For filling a new desk only: search
    /// documents are made afterwards, by [`Self::fill_search`].
    ///
    /// # Errors
    /// When the database does not take them; then none is there.
    pub async fn load(&self, module: &Arc<Module>, records: &[Record]) -> Result<(), StoreError> {
        let table = self.table(module);
        let names = table.column_names();
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        let rows = records.iter().map(|record| table.row(record)).collect();
        self.db.load(&module.table, &columns, rows).await?;
        let (mut side, mut unique) = (Vec::new(), Vec::new());
        for record in records {
            for (slot, _) in &table.documents {
                side.extend(side_cells_of(record, *slot));
                unique.extend(unique_cells(record, *slot));
            }
        }
        if !unique.is_empty() {
            self.db.load("unique_value", &UNIQUE_COLUMNS, unique).await?;
        }
        if !side.is_empty() {
            self.db
                .load("field_value", &["field", "record", "position", "number", "real", "word"], side)
                .await?;
        }
        Ok(())
    }

    /// Makes the search documents of the records of a module from one id to another.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn fill_search(
        &self,
        module: &Module,
        catalogue: &Catalogue,
        from: Id,
        to: Id,
    ) -> Result<(), StoreError> {
        if !search::is_searched(module) {
            return Ok(());
        }
        self.commit(vec![search::fill(module, catalogue, self.db.dialect(), from, to)]).await
    }

    /// Makes the search documents of all records, in portions, in a database that has none.
    ///
    /// # Errors
    /// When the database does not take them.
    pub async fn fill_all_search(&self, catalogue: &Catalogue) -> Result<(), StoreError> {
        const PORTION: i64 = 2_000;
        let of_a_table = |module: &&Arc<Module>| module.fixed.is_none() && search::is_searched(module);
        for module in catalogue.modules().iter().filter(of_a_table) {
            let mut from = 0;
            loop {
                let mut sql = Sql::new("SELECT max(\"id\") FROM (SELECT \"id\" FROM ");
                sql.name(&module.table).push(" WHERE \"id\" > ").bind(from).push(" ORDER BY \"id\" LIMIT ");
                sql.bind(PORTION).push(") AS portion");
                let rows = self.db.read(sql.query(Cost::Scan)).await?;
                let Some(to) = rows.first().and_then(|row| row.first()).and_then(Value::as_int) else {
                    break;
                };
                self.fill_search(module, catalogue, Id::new(from + 1), Id::new(to)).await?;
                from = to;
            }
        }
        Ok(())
    }
}

fn side_cells_of(record: &Record, slot: usize) -> Vec<Vec<Value>> {
    let Some(leaf) = record.module.leaf(slot) else { return Vec::new() };
    let Storage::Document { field } = leaf.field.storage else { return Vec::new() };
    (0_i64..)
        .zip(query::side_cells(leaf, record.at(slot)))
        .map(|(position, cells)| {
            let mut row = vec![Value::Int(field), record.id().into(), Value::Int(position)];
            row.extend(cells);
            row
        })
        .collect()
}

/// The only number of an answer.
fn number(rows: &[engine::Row]) -> u64 {
    let number = rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0);
    u64::try_from(number).unwrap_or(0)
}

const UNIQUE_COLUMNS: [&str; 3] = ["field", "key", "record"];

/// A value in a record's document that must be one of a kind: its field's number, and what is compared.
fn unique_key(record: &Record, slot: usize) -> Option<(i64, Value)> {
    let leaf = record.module.leaf(slot).filter(|leaf| leaf.field.unique.is_some())?;
    let Storage::Document { field } = leaf.field.storage else { return None };
    let [number, real, word] = query::side_cells(leaf, record.at(slot)).into_iter().next()?;
    let cell = [word, number, real].into_iter().find(|cell| !cell.is_null())?;
    let text = cell.to_string();
    (!text.is_empty()).then_some((field, Value::Text(text)))
}

fn unique_cells(record: &Record, slot: usize) -> Option<Vec<Value>> {
    unique_key(record, slot).map(|(field, key)| vec![Value::Int(field), key, record.id().into()])
}

fn unique_row(record: &Record, slot: usize) -> Option<Statement> {
    let mut sql = Sql::new("INSERT INTO \"unique_value\" (\"field\", \"key\", \"record\") VALUES (");
    sql.bind_list(unique_cells(record, slot)?).push(")");
    Some(sql.statement(Expect::Exactly(1)))
}

fn side_rows(record: &Record, slot: usize, statements: &mut Vec<Statement>) {
    for cells in side_cells_of(record, slot) {
        let mut sql = Sql::new(
            "INSERT INTO \"field_value\" (\"field\", \"record\", \"position\", \"number\", \"real\", \"word\") VALUES (",
        );
        sql.bind_list(cells).push(")");
        statements.push(sql.statement(Expect::Exactly(1)));
    }
}
