//! Which index a list begins with, on SQLite.
//!
//! Left alone, SQLite takes the first equality that has an index, however common its value is. Its own statistics
//! would cost the writer seconds of `ANALYZE` and know averages only. So we count, on a reader's connection, how
//! often each value of each indexed column occurs, reckon what each way in would cost, and hide the other ways from
//! SQLite with a `+` before the column. Fields in the side table are counted as well: a list may begin with the rows
//! that one of them gives, or walk in its order. What was counted is kept in the database, so that the first list after
//! a start is planned as well. PostgreSQL knows its data and is left alone.

mod fields;

use crate::engine::{self, Cost, Db, Dialect, Expect, StoreError};
use crate::query::Query;
use crate::sql::{Alias, Sql};
use crate::table::column_of;
use model::{Filter, Id, Kind, Leaf, Map, Module, Op, SortKey, Test, Value};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Values that are counted one by one; the others share what is left.
const VALUES_MAX: i64 = 200;
/// The newest rows, which are counted apart: what was asked lately is open, unlike nearly everything else.
const NEWEST: i64 = 4_000;
/// With fewer rows than this any way in is quick.
pub(crate) const ROWS_MIN: f64 = 2_000.0;
/// Reading and sorting a row costs about this much of walking past one in order.
const SORTED: f64 = 1.5;
/// Reading an id from the side table costs about this much of going through a row.
const ID: f64 = 0.1;
/// Going through all of a text's index costs about this much of going through the rows.
pub(crate) const TEXT: f64 = 0.1;

/// What was counted in a table: its rows, the answers to the question about each column, those among the newest, and
/// its fields in the side table.
type Counted = (i64, Answers, Answers, Vec<fields::Counted>);
type Answers = Vec<(String, Vec<Vec<Option<i64>>>)>;

/// So many steps for each row of the table are tried before another way is taken, which takes about as long: for any part of
/// a text all of the index is read, for a beginning a stretch of it.
const STEPS_A_ROW: f64 = 0.5;
const STEPS_A_ROW_OF_BEGINNINGS: f64 = 0.1;

/// What is known of every table, by its name.
#[derive(Debug, Default)]
pub(crate) struct Planner(RwLock<HashMap<String, Arc<Statistics>>>);

impl Planner {
    /// The way in for a query; `None` where the engine finds it by itself.
    pub fn plan(&self, query: &Query) -> Option<Plan> {
        let statistics = self.of(&query.module)?;
        if statistics.is_of_ids(query) {
            return Some(Plan::of_rows(Lead::Ids, String::new()));
        }
        statistics.reckon(query)?.1
    }

    /// The way to all that pass, for counting them; `None` where the engine finds it by itself. By which of the table's own
    /// indexes to count it knows better: by one that holds all that is asked for.
    pub fn plan_of_count(&self, query: &Query) -> Option<Plan> {
        let statistics = self.of(&query.module)?;
        if statistics.is_of_ids(query) {
            return Some(Plan::of_rows(Lead::Ids, String::new()));
        }
        let all = Query { sort: Vec::new(), offset: 0, limit: u64::MAX, ..query.clone() };
        let (cost, plan) = statistics.reckon(&all)?;
        plan.and_then(|plan| match plan.lead {
            Some(_) => Some(plan),
            // Of all that pass none is met early, so that a text's index is gone through at once.
            None => plan.instead().filter(|_| cost >= statistics.rows * TEXT).map(|(_, instead)| instead),
        })
    }

    /// Whether it is known how often the values occur in the side table that a test asks for.
    pub fn is_counted(&self, module: &Module, test: &Test) -> bool {
        self.of(module).is_some_and(|statistics| statistics.fields.passing(test).is_some())
    }

    /// What a list costs, in rows that are gone through, by the best way in that is known.
    pub fn cost(&self, query: &Query) -> Option<f64> {
        Some(self.of(&query.module)?.reckon(query)?.0)
    }

    /// Which of the conditions that must all be true the side table gives the fewest rows for, and how many; `None` where it
    /// gives none, and where another way costs less than to go through their ids.
    pub fn given(&self, query: &Query) -> Option<(usize, f64)> {
        let statistics = self.of(&query.module)?;
        let given = |(place, part)| Some((place, statistics.fields.given(part)?));
        let conjuncts = statistics.narrowing(query)?;
        let (place, rows) =
            conjuncts.into_iter().enumerate().filter_map(given).min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let (cost, _) = statistics.reckon(query)?;
        (rows * ID < cost).then_some((place, rows))
    }

    /// The share of a module's rows that pass all of some conditions, as far as is known.
    pub fn share(&self, module: &Module, conditions: &[&Filter]) -> f64 {
        let share = |statistics: Arc<Statistics>| {
            conditions.iter().map(|part| statistics.share(part, Among::All)).product()
        };
        self.of(module).map_or(1.0, share)
    }

    /// What nobody knows of a list; `None` for small tables, and for lists that are found otherwise.
    pub fn unsure(&self, query: &Query) -> Option<Unsure> {
        self.of(&query.module)?.unsure(query)
    }

    /// Whether a module has so many rows that ways in make a difference, as far as they were counted.
    pub fn is_large(&self, module: &Module) -> bool {
        self.of(module).is_some_and(|statistics| statistics.rows >= ROWS_MIN)
    }

    /// What is known of a reference, for a list in the order of what it shows; `None` where an ordinary list is no worse, and
    /// where nobody knows how many rows pass.
    pub fn referred(&self, query: &Query, reference: &Leaf) -> Option<Referred> {
        let statistics = self.of(&query.module)?;
        let spread = statistics.columns.get(&reference.column);
        if spread.is_some_and(|spread| !matches!(spread, Spread::Values { .. })) {
            return None;
        }
        let (cost, _) = statistics.reckon(query).filter(|_| !asks_for_parts(&query.filter))?;
        let passing = statistics.share(&query.filter, Among::All) * statistics.rows;
        let referred = Referred { statistics, column: reference.column.clone(), cost, passing };
        (passing >= ROWS_MIN).then_some(referred)
    }

    fn of(&self, module: &Module) -> Option<Arc<Statistics>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(module.table.as_ref()).cloned()
    }

    fn learn(&self, table: &str, counted: Counted) {
        let statistics = Arc::new(Statistics::new(counted));
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), statistics);
    }

    /// Counts in a module, the first of those whose records are in one table, unless its rows are about as many as when they were last counted; then this costs one
    /// count of an index. Returns whether it counted.
    pub async fn measure(&self, db: &Db, modules: &[Arc<Module>]) -> Result<bool, StoreError> {
        let Some(module) = modules.first() else { return Ok(false) };
        if db.dialect() == Dialect::Postgres {
            return Ok(false);
        }
        let (rows, columns) = questions(module);
        let rows =
            db.read(rows).await?.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0);
        let is_known = |known: &Statistics| {
            known.still_holds(rows) && columns.iter().all(|(column, _)| known.columns.contains_key(column))
        };
        if columns.is_empty() || self.of(module).is_some_and(|known| is_known(&known)) {
            return Ok(false);
        }
        let fields = fields::count(db, modules).await?;
        let counted: Counted = (rows, ask(db, columns).await?, ask(db, newest(module)).await?, fields);
        let text = serde_json::to_string(&counted).map_err(|e| StoreError::Invalid(e.to_string()))?;
        let mut old = Sql::new("DELETE FROM \"statistics\" WHERE \"name\" = ");
        old.bind(module.table.as_ref());
        let mut new = Sql::new("INSERT INTO \"statistics\" (\"name\", \"counted\") VALUES (");
        new.bind(module.table.as_ref()).push(", ").bind(text).push(")");
        db.commit(vec![old.statement(Expect::Any), new.statement(Expect::Exactly(1))]).await?;
        self.learn(&module.table, counted);
        Ok(true)
    }

    /// Takes up what was counted before the last stop.
    pub async fn recall(&self, db: &Db) -> Result<(), StoreError> {
        let sql = Sql::new("SELECT \"name\", \"counted\" FROM \"statistics\"");
        for row in db.read(sql.query(Cost::Point)).await? {
            if let [Value::Text(table), Value::Text(text)] = row.as_slice()
                && let Ok(counted) = serde_json::from_str(text)
            {
                self.learn(table, counted);
            }
        }
        Ok(())
    }
}

async fn ask(db: &Db, questions: Vec<(String, engine::Query)>) -> Result<Answers, StoreError> {
    let mut answers = Vec::with_capacity(questions.len());
    for (column, question) in questions {
        let answer = db.read(question).await?;
        answers.push((column, answer.iter().map(|row| row.iter().map(Value::as_int).collect()).collect()));
    }
    Ok(answers)
}

/// What is known of a table's rows.
#[derive(Clone, Debug)]
struct Statistics {
    /// How many there were.
    rows: f64,
    columns: Map<String, Spread>,
    /// The same of the [`NEWEST`] rows, for the columns where it may differ.
    newest: Map<String, Spread>,
    fields: fields::Fields,
}

/// How a column's values are spread, as shares of all rows.
#[derive(Clone, Debug)]
enum Spread {
    /// References: the commonest, each of the others on average, and none.
    Values { common: Map<i64, f64>, other: f64, none: f64 },
    /// Times and numbers: from the least to the greatest, and the share of rows that have one.
    Range { least: f64, greatest: f64, some: f64 },
    /// Texts, nearly all different.
    Different,
}

/// Which rows a share is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Among {
    All,
    Newest,
}

/// How often the records that a reference leads to are referred to, by the rows of a list.
pub(crate) struct Referred {
    statistics: Arc<Statistics>,
    column: String,
    cost: f64,
    /// How many rows pass the list's filter.
    passing: f64,
}

impl Referred {
    /// What the list costs by itself, in rows that are gone through.
    pub const fn cost(&self) -> f64 {
        self.cost
    }

    /// Whether it was counted how often they are. Only of references that begin an index it was.
    pub fn is_counted(&self) -> bool {
        self.spread().is_some()
    }

    /// Whether all that are referred to were counted one by one.
    pub fn are_few(&self) -> bool {
        // Shares are summed up; what is left of them may be next to nothing.
        matches!(self.spread(), Some(Spread::Values { other, .. }) if *other * self.statistics.rows < 0.5)
    }

    /// How many of the rows that pass refer to a record; all of them may where it was not counted.
    pub fn passing(&self, id: Id) -> f64 {
        match self.spread() {
            Some(Spread::Values { common, other, .. }) => {
                common.get(&id.get()).unwrap_or(other) * self.passing
            }
            _ => f64::INFINITY,
        }
    }

    fn spread(&self) -> Option<&Spread> {
        self.statistics.columns.get(&self.column)
    }
}

/// What is not known of a list.
pub(crate) struct Unsure {
    /// How many rows are gone through at worst, if an index leads that is known.
    pub worst: f64,
    /// Of the conditions that must all be true the places of those of which nobody counted how many rows pass.
    pub guesses: Vec<usize>,
    /// Whether it is sorted first by a field of the rows that no index has in order.
    pub sorts: bool,
}

/// The way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Columns of the table that begin an index and are not to be used.
    hidden: Vec<String>,
    /// Whether all rows are gone through in the order that is asked for, without an index on a condition.
    pub walks: bool,
    /// Whether rows do not come in the order that is asked for. SQLite is kept from going through all rows in that order
    /// instead, which it prefers to a range of another index.
    pub sorts: bool,
    /// The columns whose indexes are used.
    kept: Vec<String>,
    /// What leads where it is not the table's rows, as one of its indexes gives them.
    pub lead: Option<Lead>,
    /// What to do where the way in turns out long.
    instead: Option<Instead>,
    /// The ranges of ids that rows are in, for [`Lead::Ranges`], or may be in beside what matches, for [`Lead::Words`].
    ranges: String,
    /// What the full-text index is asked for, for [`Lead::Words`].
    matching: String,
}

/// Another way for a list that asks for a part of a text. Nobody has counted in how many texts it occurs: if it is common, the
/// page is full soon in whichever order the rows come, and if it is rare, nearly all of them are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instead {
    /// Which of the conditions that must all be true asks for it.
    place: usize,
    /// After so many steps it is taken.
    steps: u64,
}

/// What gives the rows of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lead {
    /// The side table gives those that pass this one of the conditions that must all be true; they are sorted then.
    Given(usize),
    /// The side table is walked in the order of the field that is sorted by, and gives those that pass this condition of it.
    Ordered(usize),
    /// The side table is walked so although no condition says that the field has a value. The list is right when it is full: rows
    /// without a value come last.
    Full,
    /// The index of a text is gone through from end to end for those that pass this condition, which costs a tenth of
    /// going through the rows. They are looked up, or looked for among the rows that an index gives for another condition.
    Text(usize),
    /// The rows are those of some ranges of ids.
    Ranges,
    /// The rows are those whose documents match, and those of some ranges of ids, of which nobody knows whether theirs do.
    Words,
    /// The rows are those of some ids. SQLite takes each index for one that gives ten rows for a value, and these for more.
    Ids,
}

impl Plan {
    /// The rows of these ranges are gone through, and no index is used.
    pub const fn of_ranges(ranges: String) -> Self {
        Self::of_rows(Lead::Ranges, ranges)
    }

    /// The rows whose documents match and those of these ranges are gone through, and no other index is used.
    pub fn of_words(matching: String, ranges: String) -> Self {
        Self { matching, ..Self::of_rows(Lead::Words, ranges) }
    }

    /// The rows are given by their ids, and no index is used.
    const fn of_rows(lead: Lead, ranges: String) -> Self {
        Self {
            hidden: Vec::new(),
            walks: false,
            sorts: true,
            kept: Vec::new(),
            lead: Some(lead),
            instead: None,
            ranges,
            matching: String::new(),
        }
    }

    /// The ranges of ids that give the rows, where they do.
    pub fn ranges(&self) -> Option<&str> {
        matches!(self.lead, Some(Lead::Ranges)).then_some(self.ranges.as_str())
    }

    /// What the full-text index is asked for and the ranges of ids beside it, where these give the rows.
    pub fn words(&self) -> Option<(&str, &str)> {
        matches!(self.lead, Some(Lead::Words)).then_some((self.matching.as_str(), self.ranges.as_str()))
    }

    /// Whether a test of this column must not lead SQLite to an index.
    pub fn hides(&self, column: &str) -> bool {
        match self.lead {
            // All: a view does not know each index of its table.
            Some(Lead::Ranges | Lead::Words) => true,
            Some(Lead::Ids) => column != "id",
            _ => self.hidden.iter().any(|hidden| hidden == column),
        }
    }

    /// After how many steps to give this way up, and the way to take then.
    pub fn instead(&self) -> Option<(u64, Self)> {
        let Instead { place, steps } = self.instead?;
        Some((steps, Self { lead: Some(Lead::Text(place)), instead: None, ..self.clone() }))
    }

    /// Whether the rows are found by the index that begins with this column, and by no other.
    pub fn is_by(&self, column: &str) -> bool {
        matches!(self.kept.as_slice(), [kept] if kept == column)
    }
}

/// The columns of the module's indexes, the id at the end left out.
fn indexes(module: &Module) -> impl Iterator<Item = Vec<String>> + '_ {
    let composite = module.indexes.iter().map(|paths| paths.iter().filter_map(|p| module.find(p)).collect());
    let single = module.leaves().iter().filter(|l| l.field.indexed || l.field.unique.is_some());
    let single = single.map(|leaf| vec![leaf]);
    composite.chain(single).map(|leaves: Vec<&Leaf>| leaves.into_iter().map(column_of).collect())
}

/// Whether an index begins with this column.
pub(crate) fn begins_index(module: &Module, column: &str) -> bool {
    indexes(module).any(|index| index.first().is_some_and(|first| first == column))
}

/// Whether one index holds all columns that these filters look at, so that they are counted without the rows.
pub(crate) fn holds_columns(module: &Module, parts: &[&Filter]) -> bool {
    let mut columns = Vec::new();
    let are_columns = parts.iter().all(|part| looked_at(part, &mut columns));
    are_columns && indexes(module).any(|index| columns.iter().all(|column| index.contains(column)))
}

/// Adds the columns that a filter looks at; whether all that it looks at are columns.
fn looked_at(filter: &Filter, columns: &mut Vec<String>) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(|part| looked_at(part, columns)),
        Filter::Not(inner) => looked_at(inner, columns),
        Filter::Test(test) => entry(test).map(|column| columns.push(column)).is_some(),
    }
}

/// Whether rows can be gone through in the order of a column.
fn is_order(indexes: &[Vec<String>], column: &str) -> bool {
    column == "id" || indexes.iter().any(|index| matches!(index.as_slice(), [only] if only == column))
}

/// Whether all rows that pass are sorted, as far as is known: no index has them in that order.
pub(crate) fn sorts(query: &Query, plan: Option<&Plan>) -> bool {
    match plan.map(|plan| (plan.lead, plan.sorts)) {
        Some((Some(Lead::Given(_) | Lead::Ranges | Lead::Words | Lead::Ids), _)) => true,
        Some((Some(Lead::Ordered(_) | Lead::Full), _)) => false,
        Some((Some(Lead::Text(_)) | None, true)) => true,
        Some((Some(Lead::Text(_)), false)) | None => {
            // What a reference shows, and what is in the side table, no index of the rows has in order.
            let own =
                |key: &&SortKey| key.path.via.is_empty() && key.path.leaf().is_some_and(Leaf::is_column);
            let first = query.sort.first().filter(own).and_then(|key| key.path.leaf()).map(column_of);
            first.is_none_or(|first| !indexes(&query.module).any(|index| index.contains(&first)))
        }
        Some((None, false)) => false,
    }
}

/// How often each value occurs, how many values there are, and how many rows.
const EACH_VALUE: &str = "SELECT v, n, count(*) OVER (), sum(n) OVER () FROM (SELECT ";

/// The queries that count among the newest rows. Ids grow.
fn newest(module: &Module) -> Vec<(String, engine::Query)> {
    let leaves = module.leaves().iter().filter(|l| l.is_column() && matches!(l.field.kind, Kind::Ref(_)));
    let columns = leaves.map(column_of).filter(|column| begins_index(module, column));
    columns
        .map(|column| {
            let mut sql = Sql::new(EACH_VALUE);
            sql.push("v, count(*) n FROM (SELECT ").name(&column).push(" v FROM ").name(&module.table);
            sql.push(" ORDER BY \"id\" DESC LIMIT ")
                .bind(NEWEST)
                .push(") GROUP BY 1) ORDER BY n DESC LIMIT ");
            sql.bind(VALUES_MAX);
            (column, sql.query(Cost::Scan))
        })
        .collect()
}

/// The queries that count: first the rows, then one for each column that begins an index.
fn questions(module: &Arc<Module>) -> (engine::Query, Vec<(String, engine::Query)>) {
    let mut rows = Sql::new("SELECT count(*) FROM ");
    rows.name(&module.table);
    let mut columns: Vec<(String, engine::Query)> = Vec::new();
    for leaf in module.leaves().iter().filter(|l| l.is_column()) {
        let column = column_of(leaf);
        if !begins_index(module, &column) {
            continue;
        }
        let mut sql;
        match leaf.field.kind {
            Kind::Ref(_) => {
                sql = Sql::new(EACH_VALUE);
                sql.name(&column).push(" v, count(*) n FROM ").name(&module.table);
                sql.push(" GROUP BY 1) ORDER BY n DESC LIMIT ").bind(VALUES_MAX);
            }
            Kind::Time | Kind::Date | Kind::Int { .. } | Kind::Digits { .. } | Kind::Number { .. } => {
                sql = Sql::new("SELECT min(");
                sql.column(Alias(0), &column).push("), (SELECT max(").column(Alias(1), &column);
                sql.push(") FROM ")
                    .name(&module.table)
                    .push(" t1), (SELECT count(")
                    .column(Alias(2), &column);
                sql.push(") FROM ").name(&module.table).push(" t2) FROM ").name(&module.table).push(" t0");
            }
            _ => sql = Sql::new("SELECT NULL"),
        }
        columns.push((column, sql.query(Cost::Scan)));
    }
    (rows.query(Cost::Scan), columns)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub(crate) fn float(value: Option<i64>) -> f64 {
    value.map_or(0.0, |n| n as f64)
}

impl Statistics {
    fn new((rows, all, newest, fields): Counted) -> Self {
        let spreads = |answers: Answers| {
            let spread = |(column, answer): (String, Vec<_>)| Some((column, Spread::new(&answer, rows)?));
            answers.into_iter().filter_map(spread).collect::<Map<_, _>>()
        };
        let (columns, newest) = (spreads(all), spreads(newest));
        Self { rows: float(Some(rows)).max(1.0), columns, newest, fields: fields::Fields::new(fields) }
    }

    /// Whether a table with so many rows is still much like the one that was counted.
    fn still_holds(&self, rows: i64) -> bool {
        (0.8..1.25).contains(&(float(Some(rows)).max(1.0) / self.rows))
    }

    fn share(&self, filter: &Filter, among: Among) -> f64 {
        match filter {
            Filter::All(parts) => parts.iter().map(|part| self.share(part, among)).product(),
            Filter::Any(parts) => parts.iter().map(|part| self.share(part, among)).sum::<f64>().min(1.0),
            Filter::Not(inner) => 1.0 - self.share(inner, among),
            Filter::Test(test) => self.share_of(test, among).clamp(0.0, 1.0),
        }
    }

    /// How many rows of those that pass `way` are walked past, newest first or not, until so many pass everything.
    fn walked(&self, wanted: f64, way: Option<&Filter>, everything: &Filter, newest_first: bool) -> f64 {
        let share = |filter: Option<&Filter>, among| filter.map_or(1.0, |f| self.share(f, among));
        let of = |among| (share(way, among), self.share(everything, among));
        let (way_of_all, all) = of(Among::All);
        let (way_of_newest, newest) = if newest_first { of(Among::Newest) } else { (0.0, 0.0) };
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        let window = if newest_first { (NEWEST as f64).min(self.rows) } else { 0.0 };
        if newest * window >= wanted {
            return wanted * way_of_newest / newest;
        }
        let one = 1.0 / self.rows;
        let behind = (wanted - newest * window) * way_of_all.max(one) / all.max(one);
        (way_of_newest * window + behind).min(self.rows * way_of_all.max(one))
    }

    fn share_of(&self, test: &Test, among: Among) -> f64 {
        if let Some(passing) = self.fields.passing(test) {
            // A field that the records of a view have is not looked for in others.
            let fixed = test.path.module.fixed.as_ref();
            let view = fixed.map(|f| model::filter::equals(&test.path.module, f.field, f.values.clone()));
            let rows = self.rows * view.map_or(1.0, |view| self.share(&view, Among::All));
            let share = (passing / rows.max(1.0)).min(1.0);
            return if test.op == Op::Empty { 1.0 - share } else { share };
        }
        let apart = |column: &String| self.newest.get(column).filter(|_| among == Among::Newest);
        let spread = entry(test).and_then(|column| apart(&column).or_else(|| self.columns.get(&column)));
        let one = 1.0 / self.rows;
        #[expect(clippy::cast_precision_loss, reason = "at most some hundred operands")]
        let several = test.operands.len() as f64;
        if !test.path.via.is_empty() {
            // How many of the others pass is not known, only how many rows refer to each of them.
            let each = match spread {
                Some(Spread::Values { other, .. }) => other.max(one),
                _ => 0.01,
            };
            return match test.op {
                Op::In => each * several,
                Op::StartsWith => prefixed(test).max(each),
                _ => 0.3,
            };
        }
        match (test.op, spread) {
            (Op::In, Some(Spread::Values { common, other, .. })) => test
                .operands
                .iter()
                .map(|id| id.as_int().and_then(|id| common.get(&id)).unwrap_or(other))
                .sum(),
            (Op::Empty, Some(Spread::Values { none, .. })) => *none,
            (Op::In, Some(Spread::Range { .. } | Spread::Different)) => several * 2.0 * one,
            (Op::Empty, Some(Spread::Range { some, .. })) => 1.0 - some,
            (_, Some(Spread::Range { least, greatest, some })) => {
                let at = |i: usize| {
                    let width = (greatest - least).max(1.0);
                    ((float(test.operands.get(i).and_then(Value::as_int)) - least) / width).clamp(0.0, 1.0)
                };
                let among_them = match test.op {
                    Op::Less | Op::LessOrEqual => at(0),
                    Op::Greater | Op::GreaterOrEqual => 1.0 - at(0),
                    Op::Between => at(1) - at(0),
                    _ => 0.3,
                };
                (among_them * some).max(one)
            }
            (Op::StartsWith, _) => prefixed(test).max(one),
            (Op::In, _) => match test.operands.as_slice() {
                // Flags are mostly down.
                [Value::Bool(true)] => 0.1,
                [Value::Bool(false)] => 0.9,
                _ => (several * 0.1).min(0.5),
            },
            _ => 0.3,
        }
    }

    /// What must all be true of a list's rows; `None` where there is no reckoning.
    fn narrowing<'q>(&self, query: &'q Query) -> Option<Vec<&'q Filter>> {
        let conjuncts = self.searched(query)?;
        let by_id = |f: &&Filter| matches!(f, Filter::Test(t) if entry(t).is_some_and(|c| c == "id"));
        (!conjuncts.iter().any(by_id)).then_some(conjuncts)
    }

    /// What must all be true of a list's rows; `None` where few rows are looked at in any case.
    fn searched<'q>(&self, query: &'q Query) -> Option<Vec<&'q Filter>> {
        let is_found = self.rows < ROWS_MIN || !query.words.is_empty() || self.is_of_ids(query);
        (!is_found).then(|| conjuncts(&query.filter))
    }

    /// Whether a list is one of some ids.
    fn is_of_ids(&self, query: &Query) -> bool {
        let of_ids = |part: &&Filter| match part {
            Filter::Test(test) => test.op == Op::In && entry(test).is_some_and(|column| column == "id"),
            _ => false,
        };
        self.rows >= ROWS_MIN && query.words.is_empty() && conjuncts(&query.filter).iter().any(of_ids)
    }

    fn unsure(&self, query: &Query) -> Option<Unsure> {
        let conjuncts = self.searched(query)?;
        let guesses = conjuncts.iter().enumerate().filter(|(_, part)| !self.is_counted(part));
        let guesses = guesses.map(|(place, _)| place).collect();
        let indexes: Vec<Vec<String>> = indexes(&query.module).collect();
        let begins = |column: String| indexes.iter().any(|index| index.first() == Some(&column));
        let is_guessed = |column: &String| matches!(self.columns.get(column), Some(Spread::Different));
        let indexed = |part: &Filter| match part {
            Filter::Test(test) if test.path.via.is_empty() && !test.op.is_part() => {
                // Of a stretch of texts nobody knows how many it has.
                let column = entry(test).filter(|column| test.op == Op::In || !is_guessed(column));
                (test.op != Op::Empty || is_null(test)) && column.is_some_and(begins)
            }
            _ => false,
        };
        let rows = |part: &&Filter| match self.fields.given(part) {
            Some(given) => given,
            None if indexed(part) => self.rows * self.share(part, Among::All),
            None => self.rows,
        };
        let worst = conjuncts.iter().map(rows).fold(self.rows, f64::min);
        let sorted = query.sort.first().filter(|key| key.path.via.is_empty()).and_then(|key| key.path.leaf());
        let sorts = sorted.is_some_and(|leaf| leaf.is_column() && !is_order(&indexes, &column_of(leaf)));
        Some(Unsure { worst, guesses, sorts })
    }

    /// Whether it was counted how many rows pass, or can be reckoned from what was.
    fn is_counted(&self, filter: &Filter) -> bool {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => parts.iter().all(|part| self.is_counted(part)),
            Filter::Not(inner) => self.is_counted(inner),
            Filter::Test(test) => {
                let is_known = |column: String| column == "id" || self.columns.contains_key(&column);
                self.fields.passing(test).is_some() || entry(test).is_none_or(is_known)
            }
        }
    }

    /// What a list costs and the way in; no way where the engine finds it by itself, and nothing where there is no reckoning.
    fn reckon(&self, query: &Query) -> Option<(f64, Option<Plan>)> {
        let conjuncts = self.narrowing(query)?;
        let indexes: Vec<Vec<String>> = indexes(&query.module).collect();
        let begins = |column: &str| indexes.iter().any(|index| index.first().is_some_and(|c| c == column));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let wanted = query.offset.saturating_add(query.limit) as f64;
        let newest_first = query.sort.first().is_some_and(|key| key.descending);

        // In the order asked for, past the rows that do not pass.
        let order = order(query);
        let can_walk = order.as_ref().is_some_and(|column| is_order(&indexes, column));
        let walked = |way| self.walked(wanted, way, &query.filter, newest_first);
        let mut best = if can_walk { walked(None) } else { self.rows * SORTED };
        let (mut way, mut is_in_order): (Option<Vec<String>>, bool) = (None, true);
        let mut lead: Option<Lead> = None;
        let sorted_by = sorted_field(query);
        if sorted_by.is_some() && newest_first && walked(None) < best {
            (best, lead) = (walked(None), Some(Lead::Full));
        }
        for (place, part) in conjuncts.iter().copied().enumerate() {
            if let Some(given) = self.fields.given(part) {
                let of_order = matches!(part, Filter::Test(test) if sorted_by.is_some() && side_field(test) == sorted_by);
                if of_order && walked(Some(part)) <= best {
                    (best, lead, way) = (walked(Some(part)), Some(Lead::Ordered(place)), None);
                }
                if given * SORTED < best {
                    (best, lead, way) = (given * SORTED, Some(Lead::Given(place)), None);
                }
                continue;
            }
            if let Some(columns) = any_of(part, &begins) {
                // One index for each of several tests: their rows are put together and sorted.
                let cost = self.rows * self.share(part, Among::All).max(1.0 / self.rows) * SORTED;
                if cost < best {
                    (best, way, lead, is_in_order) = (cost, Some(columns), None, false);
                }
                continue;
            }
            let Filter::Test(test) = part else { continue };
            let Some(column) = entry(test).filter(|column| begins(column)) else { continue };
            let is_one_value = test.op == Op::In && test.operands.len() == 1 || is_null(test);
            let has_no_index = test.op == Op::Empty && !is_null(test);
            if has_no_index || matches!(test.op, Op::EndsWith | Op::Contains) {
                continue;
            }
            let share = self.share(part, Among::All).max(1.0 / self.rows);
            let follows = |index: &Vec<String>| {
                // The id stands at the end of each.
                let next = index.get(1).map_or("id", String::as_str);
                index.first() == Some(&column) && order.as_deref() == Some(next)
            };
            let in_order =
                test.path.via.is_empty() && is_one_value && order.is_some() && indexes.iter().any(follows);
            // A range of the order itself bounds the walk, too.
            let walks_it = in_order || (order.as_ref() == Some(&column) && can_walk);
            let cost = if walks_it { walked(Some(part)) } else { self.rows * share * SORTED };
            // Of two that walk as far the index is better that has the condition as well.
            if cost < best || (in_order && cost <= best) {
                (best, way, lead, is_in_order) = (cost, Some(vec![column]), None, walks_it);
            }
        }
        let walks = way.is_none() && lead.is_none();
        let sorts = lead.is_none() && way.is_some() && !is_in_order && order.is_some();
        let kept = match way {
            _ if lead.is_some() => Vec::new(),
            Some(columns) => columns,
            None if can_walk => order.into_iter().collect(),
            // All that pass are sorted. Where they have a part of a text, its index is gone through and not the rows.
            None => {
                let of_text = |part: &&Filter| text(part).is_some_and(|column| begins(&column));
                let Some(place) = conjuncts.iter().position(of_text) else { return Some((best, None)) };
                lead = Some(Lead::Text(place));
                Vec::new()
            }
        };
        let mut hidden: Vec<String> =
            indexes.into_iter().filter_map(|index| index.into_iter().next()).collect();
        hidden.retain(|column| !kept.contains(column));
        let of_text = |part: &Filter| text(part).is_some_and(|column| hidden.contains(&column));
        let mut places = conjuncts.iter().enumerate().filter(|(_, part)| lead.is_none() && of_text(part));
        let instead = places.next().map(|(place, part)| {
            let a_row = if asks_for_beginnings(part) { STEPS_A_ROW_OF_BEGINNINGS } else { STEPS_A_ROW };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
            let steps = (self.rows * a_row) as u64;
            Instead { place, steps }
        });
        let (ranges, matching) = (String::new(), String::new());
        Some((best, Some(Plan { hidden, walks, sorts, kept, lead, instead, ranges, matching })))
    }
}

impl Spread {
    /// What the answer to the question says of a table with so many rows; `None` where it was another question, of a version before.
    fn new(rows: &[Vec<Option<i64>>], all: i64) -> Option<Self> {
        Some(match rows.first().map(Vec::as_slice) {
            Some([_, _, different, all]) => {
                let (mut left, all) = (1.0, float(*all).max(1.0));
                let different = float(*different);
                let (mut common, mut none) = (Map::default(), 0.0);
                for row in rows {
                    let share = float(row.get(1).copied().flatten()) / all;
                    left -= share;
                    match row.first().copied().flatten() {
                        Some(value) => {
                            common.insert(value, share);
                        }
                        None => none = share,
                    }
                }
                #[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
                let others = (different - rows.len() as f64).max(1.0);
                Self::Values { common, other: left.max(0.0) / others, none }
            }
            Some([least, greatest, some]) => {
                let some = (float(*some) / float(Some(all)).max(1.0)).min(1.0);
                Self::Range { least: float(*least), greatest: float(*greatest), some }
            }
            Some([_, _]) => return None,
            _ => Self::Different,
        })
    }
}

/// How many texts begin as asked, going by the length of the beginning.
fn prefixed(test: &Test) -> f64 {
    let share = |operand: &Value| {
        let letters = operand.as_str().map_or(0, |text| text.chars().take(20).count());
        0.3 * 0.3_f64.powi(i32::try_from(letters).unwrap_or(20))
    };
    test.operands.iter().map(share).sum()
}

/// What must all be true.
pub(crate) fn conjuncts(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other],
    }
}

/// The columns of several equalities, beginnings or empty columns of which any is enough, where each of them begins an index.
fn any_of(part: &Filter, begins: &impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let Filter::Any(parts) = part else { return None };
    let column = |part: &Filter| match part {
        Filter::Test(test) if is_null(test) => entry(test).filter(|column| begins(column)),
        Filter::Test(test) if matches!(test.op, Op::In | Op::StartsWith) && test.path.via.is_empty() => {
            entry(test).filter(|column| begins(column))
        }
        _ => None,
    };
    if parts.len() < 2 { None } else { parts.iter().map(column).collect() }
}

/// Whether a column of the row itself is looked at for being empty, which its index knows. A text is empty in two ways, and
/// whether a reference leads to something empty is known elsewhere.
fn is_null(test: &Test) -> bool {
    test.op == Op::Empty
        && test.path.via.is_empty()
        && test.path.leaf().is_some_and(|leaf| {
            leaf.is_column() && (!leaf.has_key_column() || leaf.field.kind == Kind::Decimal)
        })
}

/// The one column of the row itself whose texts these tests look for parts in.
fn text(part: &Filter) -> Option<String> {
    match part {
        Filter::Test(test) if test.path.via.is_empty() => {
            entry(test).filter(|_| matches!(test.op, Op::StartsWith | Op::EndsWith | Op::Contains))
        }
        Filter::All(parts) | Filter::Any(parts) => {
            let mut columns = parts.iter().map(text);
            let first = columns.next()??;
            columns.all(|column| column.as_ref() == Some(&first)).then_some(first)
        }
        _ => None,
    }
}

/// Whether anything depends on a part of a text, of which nobody knows how many rows have it.
fn asks_for_parts(filter: &Filter) -> bool {
    match filter {
        Filter::Test(test) => test.op.is_part(),
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(asks_for_parts),
        Filter::Not(inner) => asks_for_parts(inner),
    }
}

fn asks_for_beginnings(part: &Filter) -> bool {
    match part {
        Filter::Test(test) => test.op == Op::StartsWith,
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(asks_for_beginnings),
        Filter::Not(_) => false,
    }
}

/// The column of the table itself that a test looks at first.
fn entry(test: &Test) -> Option<String> {
    let leaf = match test.path.via.first() {
        Some((module, slot)) => module.leaf(*slot),
        None => test.path.leaf(),
    };
    leaf.filter(|l| l.is_column()).map(column_of)
}

/// The field in the side table that a test looks at; of those that have one value at most.
fn side_field(test: &Test) -> Option<i64> {
    let leaf = test.path.leaf().filter(|_| test.path.via.is_empty())?;
    match leaf.field.storage {
        model::Storage::Document { field }
            if !matches!(leaf.field.kind, Kind::RefMany(_) | Kind::PickMany { .. }) =>
        {
            Some(field)
        }
        _ => None,
    }
}

/// The one field in the side table that decides the order.
fn sorted_field(query: &Query) -> Option<i64> {
    match query.sort.as_slice() {
        [key] => side_field(&Test { path: key.path.clone(), op: Op::Empty, operands: Vec::new() }),
        _ => None,
    }
}

/// The one column that decides the order.
fn order(query: &Query) -> Option<String> {
    match query.sort.as_slice() {
        [] => Some("id".to_owned()),
        [key] if key.path.via.is_empty() => key.path.leaf().filter(|leaf| leaf.is_column()).map(column_of),
        _ => None,
    }
}
