//! Filters and sort keys to SQL.

use crate::plan::{self, Lead, Plan, conjuncts};
use crate::search::{self, Sought};
use crate::sql::{Alias, Sql};
use crate::table::{EXTRA, Table, VERSION, column_of};
use crate::tally::{Tally, TallyBy};
use crate::zones::sqlite_ranges;
use crate::{Dialect, engine};
use model::{Filter, Kind, Leaf, Module, Op, Path, SortKey, Storage, Test, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// Steps after which counting to a limit is given up. A thousand rows that an index leads to are a sixth of it at most; where none
/// leads to them it takes some 20 ms.
const COUNTING_MAX: u64 = 120_000;

/// Which records of a module, in which order, how many.
#[derive(Clone, Debug)]
pub struct Query {
    /// The module.
    pub module: Arc<Module>,
    /// Which.
    pub filter: Filter,
    /// Words that the record's text must contain, each as a whole word or the beginning of one.
    pub words: Vec<String>,
    /// In which order; the id decides between equals. With words and no keys, newest first.
    pub sort: Vec<SortKey>,
    /// How many to pass over.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
    /// The places that are needed; all when empty. The id always comes.
    pub slots: Vec<usize>,
}

impl Query {
    /// The first `limit` records that pass, by id.
    #[must_use]
    pub const fn new(module: Arc<Module>, filter: Filter, limit: u64) -> Self {
        Self { module, filter, words: Vec::new(), sort: Vec::new(), offset: 0, limit, slots: Vec::new() }
    }

    /// Whether the records come in the order of their ids, from one end or the other.
    pub(crate) fn is_by_id(&self) -> bool {
        let is_id = |key: &SortKey| key.path.via.is_empty() && Some(key.path.slot) == self.module.id_slot();
        self.sort.first().is_none_or(is_id)
    }

    /// The same query with what a view says of its records written out.
    pub(crate) fn of_view(&self) -> Cow<'_, Self> {
        match &self.module.fixed {
            None => Cow::Borrowed(self),
            Some(fixed) => {
                let is_in = model::filter::equals(&self.module, fixed.field, fixed.values.clone());
                let mut query = self.clone();
                query.filter = query.filter.and(is_in);
                Cow::Owned(query)
            }
        }
    }
}

struct Renderer<'a> {
    sql: Sql,
    aliases: u16,
    plan: Option<&'a Plan>,
    dialect: Dialect,
    /// The row of the side table that is found by its record, so that its value must not lead to an index.
    probed: Option<Alias>,
    /// Whether an index must not give the order.
    sorts: bool,
}

/// The query's text, and the places whose columns it gives.
pub(crate) fn select(
    query: &Query,
    words: &[Sought],
    table: &Table,
    dialect: Dialect,
    plan: Option<&Plan>,
) -> (engine::Query, Vec<usize>) {
    let mut slots = query.slots.clone();
    if slots.is_empty() {
        slots.clone_from(&table.columns);
    } else {
        let id = table.module.id_slot().unwrap_or(0);
        slots.retain(|slot| *slot != id && table.module.leaf(*slot).is_some_and(Leaf::is_column));
        slots.insert(0, id);
        slots.dedup();
    }
    let mut r =
        Renderer { plan, sorts: plan.is_some_and(|plan| plan.sorts), ..Renderer::new("SELECT ", dialect) };
    let mine = Alias(0);
    for slot in &slots {
        if let Some(leaf) = table.module.leaf(*slot) {
            r.sql.column(mine, &leaf.column).push(", ");
        }
    }
    r.sql.column(mine, VERSION);
    // Behind all others in the row, and read as a whole, it is left out where none of its fields is wanted.
    let is_shown = |slot: &usize| table.documents.iter().any(|(document, _)| document == slot);
    if table.has_extra && (query.slots.is_empty() || query.slots.iter().any(is_shown)) {
        r.sql.push(", ").column(mine, EXTRA);
    }
    let mut keys: Vec<(SortKey, Alias)> = query.sort.iter().map(|key| (key.clone(), mine)).collect();
    // SQLite sorts rows with all that is shown of them; so only the ids of those that pass are sorted, and the page is read then.
    let is_late = dialect == Dialect::Sqlite && sorts_ids(query, plan);
    let page = is_late.then(|| {
        r.sql.push(" FROM ").name(&query.module.table).push(" t0");
        let keys = r.joins(keys.clone());
        r.sql.push(" WHERE t0.\"id\" IN (SELECT t0.\"id\"");
        keys
    });
    keys = r.from(query, keys, dialect);
    r.wheres(query, words, dialect, &keys);
    r.order(query, &keys);
    r.sql.push(" LIMIT ").bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
    if query.offset > 0 {
        r.sql.push(" OFFSET ").bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    }
    if let Some(keys) = page {
        r.sql.push(")");
        r.sorts = true;
        r.order(query, &keys);
    }
    (r.sql.query(engine::Cost::Scan), slots)
}

/// Whether all rows that pass are sorted. Words are met in an order of their own.
fn sorts_ids(query: &Query, plan: Option<&Plan>) -> bool {
    !query.is_by_id() && (!query.words.is_empty() || plan::sorts(query, plan))
}

/// How many records pass.
pub(crate) fn count(query: &Query, words: &[Sought], dialect: Dialect, plan: Option<&Plan>) -> engine::Query {
    let mut r = Renderer { plan, ..Renderer::new("SELECT count(*)", dialect) };
    r.from(query, Vec::new(), dialect);
    r.wheres(query, words, dialect, &[]);
    r.sql.query(engine::Cost::Scan)
}

/// How many records pass, as many as the query's limit at most: no more are looked for.
pub(crate) fn count_to_limit(
    query: &Query,
    words: &[Sought],
    dialect: Dialect,
    plan: Option<&Plan>,
) -> engine::Query {
    let mut r = Renderer { plan, ..Renderer::new("SELECT count(*) FROM (SELECT 1", dialect) };
    r.from(query, Vec::new(), dialect);
    r.wheres(query, words, dialect, &[]);
    r.sql.push(" LIMIT ").bind(i64::try_from(query.limit).unwrap_or(i64::MAX)).push(") AS passing");
    r.sql.query(engine::Cost::Try(COUNTING_MAX))
}

/// The ids of rows that pass a condition on the table's own columns, in no order, at most so many.
pub(crate) fn ids(module: &Module, part: &Filter, most: u64, dialect: Dialect) -> engine::Query {
    let mut r = Renderer::new("SELECT ", dialect);
    r.sql.column(Alias(0), "id").push(" FROM ").name(&module.table).push(" t0 WHERE ");
    r.filter(part, Alias(0));
    r.sql.push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    r.sql.query(engine::Cost::Scan)
}

/// The ids of the records that the side table gives for a condition, in no order, at most so many; of some values of one record it may
/// be there several times.
pub(crate) fn given(part: &Filter, most: u64, dialect: Dialect) -> engine::Query {
    let mut r = Renderer::new("", dialect);
    r.given(part, true);
    r.sql.push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    r.sql.query(engine::Cost::Scan)
}

/// The groups of a tally: what their records have in common, how many there are, and a sum.
pub(crate) fn tally(tally: &Tally, dialect: Dialect, plan: Option<&Plan>) -> engine::Query {
    let query = tally.query();
    let query = query.of_view();
    let mut r = Renderer { plan, ..Renderer::new("SELECT ", dialect) };
    let is_narrowed = !conjuncts(&query.filter).is_empty();
    for by in &tally.by {
        r.group(&tally.module, by, is_narrowed);
        r.sql.push(", ");
    }
    r.sql.push("count(*)");
    if let Some(leaf) = tally.sum.and_then(|slot| tally.module.leaf(slot)) {
        r.sql.push(", coalesce(sum(");
        r.sql.column(Alias(0), &column_of(leaf)).push("), 0)");
    }
    r.from(&query, Vec::new(), dialect);
    r.wheres(&query, &[], dialect, &[]);
    for place in 0..tally.by.len() {
        // By place: a bound number in the expression would be another one each time it is written.
        r.sql.push(if place == 0 { " GROUP BY " } else { ", " }).push_made(&(place + 1).to_string());
    }
    r.sql.query(engine::Cost::Scan)
}

/// A statement that changes nothing of the records that pass, and must find at least one.
pub(crate) fn touch(module: &Arc<Module>, filter: &Filter, dialect: Dialect) -> engine::Statement {
    let mut r = Renderer::new("UPDATE ", dialect);
    r.sql.name(&module.table).push(" AS ").alias(Alias(0));
    r.sql.push(" SET ").name(VERSION).push(" = ").column(Alias(0), VERSION).push(" WHERE ");
    r.filter(filter, Alias(0));
    r.sql.statement(engine::Expect::AtLeast(1))
}

impl Renderer<'_> {
    fn new(begin: &'static str, dialect: Dialect) -> Self {
        Self { sql: Sql::new(begin), aliases: 0, plan: None, dialect, probed: None, sorts: false }
    }

    fn fresh(&mut self) -> Alias {
        self.aliases += 1;
        Alias(self.aliases)
    }

    /// What records are grouped by. On SQLite not by way of an index where only some records pass: it would go through
    /// all in the index's order rather than sort the few.
    fn group(&mut self, module: &Module, by: &TallyBy, is_narrowed: bool) {
        match by {
            TallyBy::Value(slot) => {
                if let Some(leaf) = module.leaf(*slot) {
                    // The index that finds them may have them in order as well.
                    let in_order = self.plan.is_some_and(|plan| plan.is_by(&leaf.column));
                    if self.dialect == Dialect::Sqlite && is_narrowed && !in_order {
                        self.sql.push("+");
                    }
                    self.sql.column(Alias(0), &leaf.column);
                }
            }
            TallyBy::Stretch(slot, ends) => {
                if let Some(leaf) = module.leaf(*slot) {
                    self.stretch(&leaf.column, ends, 0);
                }
            }
        }
    }

    /// The number of the stretch that a column's value falls into, found by halves.
    fn stretch(&mut self, column: &str, ends: &[i64], first: usize) {
        let (below, from) = ends.split_at(ends.len() / 2);
        match from.split_first() {
            None => {
                self.sql.push_made(&first.to_string());
            }
            Some((middle, above)) => {
                self.sql.push("CASE WHEN ").column(Alias(0), column).push(" < ").bind(*middle);
                self.sql.push(" THEN ");
                self.stretch(column, below, first);
                self.sql.push(" ELSE ");
                self.stretch(column, above, first + below.len() + 1);
                self.sql.push(" END");
            }
        }
    }

    /// A column as a test sees it: of the row itself, without its index where another one is to be used.
    fn tested(&mut self, at: Alias, column: &str) -> &mut Sql {
        let hidden = at == Alias(0) && self.plan.is_some_and(|plan| plan.hides(column));
        if hidden || self.probed == Some(at) {
            self.sql.push("+");
        }
        self.sql.column(at, column)
    }

    /// What leads where that is the side table.
    fn lead(&self) -> Option<Lead> {
        self.plan.and_then(|plan| plan.lead)
    }

    /// Whether the side table is walked in the order that is asked for.
    fn walks_side(&self) -> bool {
        matches!(self.lead(), Some(Lead::Ordered(_) | Lead::Full))
    }

    /// FROM, with a LEFT JOIN for each reference that a sort key goes through.
    fn from(
        &mut self,
        query: &Query,
        keys: Vec<(SortKey, Alias)>,
        dialect: Dialect,
    ) -> Vec<(SortKey, Alias)> {
        self.sql.push(" FROM ");
        if self.walks_side() {
            let value = self.fresh();
            self.sql.push(r#""field_value" "#).alias(value).push(" CROSS JOIN ").name(&query.module.table);
            self.sql.push(" t0 ON t0.\"id\" = ").column(value, "record");
            return keys.into_iter().map(|(key, _)| (key, value)).collect();
        }
        if let Some(ranges) = self.plan.and_then(Plan::ranges) {
            sqlite_ranges::from(&mut self.sql, &query.module.table, ranges);
        } else if query.words.is_empty() || dialect == Dialect::Postgres {
            self.sql.name(&query.module.table).push(" t0");
        } else {
            // The full-text index drives: it gives the newest matches first without looking at the others.
            search::from_sqlite(&mut self.sql, &query.module);
        }
        self.joins(keys)
    }

    /// A LEFT JOIN for each reference that a sort key goes through.
    fn joins(&mut self, keys: Vec<(SortKey, Alias)>) -> Vec<(SortKey, Alias)> {
        keys.into_iter()
            .map(|(key, _)| {
                let mut at = Alias(0);
                for (i, (module, slot)) in key.path.via.iter().enumerate() {
                    let next = key.path.via.get(i + 1).map_or(&key.path.module, |(m, _)| m);
                    let Some(leaf) = module.leaf(*slot) else { continue };
                    let (from, column) = match leaf.field.storage {
                        Storage::Document { field } => (self.join_value(at, field), "number"),
                        _ => (at, leaf.column.as_str()),
                    };
                    let joined = self.fresh();
                    self.sql.push(" LEFT JOIN ").name(&next.table).push(" ").alias(joined).push(" ON ");
                    self.sql.column(joined, "id").push(" = ").column(from, column);
                    at = joined;
                }
                if let Some(Storage::Document { field }) = key.path.leaf().map(|l| l.field.storage) {
                    at = self.join_value(at, field);
                }
                (key, at)
            })
            .collect()
    }

    /// Joins the row of the side table with a record's value of a field that has one value.
    fn join_value(&mut self, at: Alias, field: i64) -> Alias {
        let value = self.fresh();
        self.sql.push(r#" LEFT JOIN "field_value" "#).alias(value).push(" ON ");
        self.sql.column(value, "record").push(" = ").column(at, "id");
        self.sql.push(" AND ").column(value, "field").push(" = ").bind(field);
        self.sql.push(" AND ").column(value, "position").push(" = 0");
        value
    }

    fn wheres(&mut self, query: &Query, words: &[Sought], dialect: Dialect, keys: &[(SortKey, Alias)]) {
        self.sql.push(" WHERE ");
        match self.lead() {
            Some(Lead::Ranges) => {
                sqlite_ranges::within(&mut self.sql);
                self.sql.push(" AND ");
            }
            Some(Lead::Words) => self.by_words(&query.module),
            None | Some(Lead::Ids) => {}
            Some(lead) => return self.led(lead, query, keys),
        }
        if !words.is_empty() {
            search::matches(&mut self.sql, &query.module, words, dialect);
            self.sql.push(" AND ");
        }
        self.filter(&query.filter, Alias(0));
    }

    /// The conditions, where the side table leads.
    fn led(&mut self, lead: Lead, query: &Query, keys: &[(SortKey, Alias)]) {
        if self.walks_side()
            && let Some((key, value)) = keys.first()
            && let Some(Storage::Document { field }) = key.path.leaf().map(|leaf| leaf.field.storage)
        {
            self.sql.column(*value, "field").push(" = ").bind(field);
            self.sql.push(" AND ").column(*value, "position").push(" = 0 AND ");
            if let Some(leaf) = key.path.leaf() {
                // Said so that SQLite may take the index, which has no other rows.
                self.sql.column(*value, side_column(&leaf.field.kind)).push(" IS NOT NULL AND ");
            }
        }
        for (place, part) in conjuncts(&query.filter).into_iter().enumerate() {
            if place > 0 {
                self.sql.push(" AND ");
            }
            match (lead, part, keys.first()) {
                (Lead::Ordered(at), Filter::Test(test), Some((_, value))) if at == place => {
                    self.side(test, *value);
                }
                (Lead::Given(at), _, _) if at == place => {
                    self.sql.push("t0.\"id\" IN (");
                    self.given(part, true);
                    self.sql.push(")");
                }
                (Lead::Text(at), _, _) if at == place => self.by_text(part, &query.module),
                _ => self.filter(part, Alias(0)),
            }
        }
        if conjuncts(&query.filter).is_empty() {
            self.sql.push("1 = 1");
        }
    }

    /// The records whose documents match, and those of some ranges.
    fn by_words(&mut self, module: &Module) {
        let Some((matching, ranges)) = self.plan.and_then(Plan::words) else { return };
        self.sql.push("t0.\"id\" IN (");
        search::select_matching(&mut self.sql, module, matching);
        self.sql.push(" UNION ALL ");
        sqlite_ranges::select(&mut self.sql, &module.table, ranges);
        self.sql.push(") AND ");
    }

    /// The records that pass a condition on one indexed text, which is all that is read of the others. Where an index gives
    /// the rows of another condition, SQLite is kept from looking up each of these instead.
    fn by_text(&mut self, part: &Filter, module: &Module) {
        let other = self.fresh();
        let is_driven = self.plan.is_some_and(|plan| !plan.walks);
        self.sql.push(if is_driven { "+t0.\"id\" IN (SELECT " } else { "t0.\"id\" IN (SELECT " });
        self.sql.column(other, "id").push(" FROM ").name(&module.table).push(" ").alias(other);
        self.sql.push(" WHERE ");
        self.filter(part, other);
        self.sql.push(")");
    }

    /// The ids of the records that pass a test of a field in the side table, or any of several.
    fn given(&mut self, filter: &Filter, is_first: bool) {
        match filter {
            Filter::Test(test) => {
                let Some(Storage::Document { field }) = test.path.leaf().map(|leaf| leaf.field.storage)
                else {
                    return;
                };
                let value = self.fresh();
                self.sql.push(if is_first { "SELECT " } else { " UNION ALL SELECT " });
                self.sql.column(value, "record").push(r#" FROM "field_value" "#).alias(value);
                self.sql.push(" WHERE ").column(value, "field").push(" = ").bind(field).push(" AND ");
                self.side(test, value);
            }
            Filter::Any(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    self.given(part, is_first && i == 0);
                }
            }
            Filter::All(_) | Filter::Not(_) => {}
        }
    }

    /// A test of a value in the side table.
    fn side(&mut self, test: &Test, value: Alias) {
        let Some(leaf) = test.path.leaf() else { return };
        let column = side_column(&leaf.field.kind);
        let operands = test.operands.iter().map(as_number).collect();
        self.compare(&Test { operands, ..test.clone() }, value, column, column == "word");
    }

    fn order(&mut self, query: &Query, keys: &[(SortKey, Alias)]) {
        self.sql.push(" ORDER BY ");
        for (key, at) in keys {
            let Some(leaf) = key.path.leaf() else { continue };
            if self.sorts && *at == Alias(0) {
                self.sql.push("+");
            }
            match leaf.field.storage {
                Storage::Document { .. } => self.sql.column(*at, side_column(&leaf.field.kind)),
                _ => self.sql.column(*at, &column_of(leaf)),
            };
            if leaf.path == "id" && key.path.via.is_empty() {
                // Always there, and in an index that does not say where it would stand if it were not.
                self.sql.push(if key.descending { " DESC" } else { " ASC" });
                return;
            }
            // Spelt out so that both engines agree: no value is the least value.
            self.sql.push(if key.descending { " DESC NULLS LAST, " } else { " ASC NULLS FIRST, " });
        }
        let newest_first = keys.first().map_or(!query.words.is_empty(), |(key, _)| key.descending);
        match keys.first() {
            // The same, where the index of the side table has it.
            Some((_, value)) if self.walks_side() => self.sql.column(*value, "record"),
            // The same again, in the order in which the full-text index gives it: it stops when the page is full, where
            // the id would have all matches sorted.
            None if !query.words.is_empty() && self.dialect == Dialect::Sqlite => {
                self.sql.push(search::ROWID)
            }
            first => {
                if self.sorts && first.is_none() {
                    self.sql.push("+");
                }
                self.sql.column(Alias(0), "id")
            }
        };
        self.sql.push(if newest_first { " DESC" } else { " ASC" });
    }

    fn filter(&mut self, filter: &Filter, at: Alias) {
        match filter {
            Filter::All(parts) if parts.is_empty() => {
                self.sql.push("1 = 1");
            }
            Filter::Any(parts) if parts.is_empty() => {
                self.sql.push("1 = 0");
            }
            Filter::All(parts) => self.joined(parts, " AND ", at),
            Filter::Any(parts) => self.joined(parts, " OR ", at),
            Filter::Not(inner) => {
                // A comparison with nothing is unknown; a filter counts that as not passed.
                self.sql.push("NOT coalesce(");
                self.filter(inner, at);
                self.sql.push(", FALSE)");
            }
            Filter::Test(test) => self.test(test, &test.path.via, at),
        }
    }

    fn joined(&mut self, parts: &[Filter], word: &'static str, at: Alias) {
        self.sql.push("(");
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.sql.push(word);
            }
            self.filter(part, at);
        }
        self.sql.push(")");
    }

    /// A test, seen from `at`, with these references still to go through.
    fn test(&mut self, test: &Test, via: &[(Arc<Module>, usize)], at: Alias) {
        let Some(((module, slot), rest)) = via.split_first() else {
            return self.own(test, at);
        };
        let Some(leaf) = module.leaf(*slot) else {
            self.sql.push("1 = 0");
            return;
        };
        let target = rest.first().map_or(&test.path.module, |(m, _)| m).table.clone();
        // `contact.name is empty` is true of a record without a contact as well.
        let negated = test.op == Op::Empty;
        if negated {
            self.sql.push("NOT coalesce(");
        }
        let other = self.fresh();
        match leaf.field.storage {
            Storage::Document { field } => {
                let value = self.fresh();
                self.sql.column(at, "id").push(" IN (SELECT ").column(value, "record");
                self.sql.push(r#" FROM "field_value" "#).alias(value).push(" WHERE ");
                self.sql.column(value, "field").push(" = ").bind(field).push(" AND ").column(value, "number");
            }
            _ => {
                self.tested(at, &leaf.column);
            }
        }
        self.sql.push(" IN (SELECT ").column(other, "id").push(" FROM ").name(&target).push(" ").alias(other);
        self.sql.push(" WHERE ");
        if negated {
            self.sql.push("NOT coalesce(");
            self.test(test, rest, other);
            self.sql.push(", FALSE)");
        } else {
            self.test(test, rest, other);
        }
        self.sql.push(")");
        if matches!(leaf.field.storage, Storage::Document { .. }) {
            self.sql.push(")");
        }
        if negated {
            self.sql.push(", FALSE)");
        }
    }

    /// A test of a field of the row at `at`.
    fn own(&mut self, test: &Test, at: Alias) {
        let Path { module, slot, .. } = &test.path;
        let Some(leaf) = module.leaf(*slot) else {
            self.sql.push("1 = 0");
            return;
        };
        match leaf.field.storage {
            Storage::Column => {
                let is_text = leaf.has_key_column() && leaf.field.kind != Kind::Decimal;
                self.compare(test, at, &column_of(leaf), is_text);
            }
            Storage::Document { field } => {
                let column = side_column(&leaf.field.kind);
                let value = self.fresh();
                if test.op == Op::Empty {
                    self.sql.push("NOT ");
                }
                // Found by its record, where all values of the record lie side by side: whatever else is asked of them is
                // found on the same page. An index by value has them all over the place, of a range even many to look through.
                self.probed = Some(value).filter(|_| self.dialect == Dialect::Sqlite);
                self.sql.push(r#"EXISTS (SELECT 1 FROM "field_value" "#).alias(value).push(" WHERE ");
                self.sql.column(value, "field").push(" = ").bind(field);
                self.sql.push(" AND ").column(value, "record").push(" = ").column(at, "id");
                if test.op == Op::Empty {
                    // Several values are as many rows, so that none means empty; one text may be there and say nothing.
                    if column == "word" && !matches!(leaf.field.kind, Kind::PickMany { .. }) {
                        self.sql.push(" AND ").column(value, column).push(" <> ''");
                    }
                } else {
                    self.sql.push(" AND ");
                    self.side(test, value);
                }
                self.probed = None;
                self.sql.push(")");
            }
            Storage::Computed => {
                self.sql.push("1 = 0");
            }
        }
    }

    fn compare(&mut self, test: &Test, at: Alias, column: &str, is_text: bool) {
        let operands = &test.operands;
        let first = || operands.first().cloned().unwrap_or_default();
        match test.op {
            Op::In => match operands.as_slice() {
                [] => {
                    self.sql.push("1 = 0");
                }
                [one] => {
                    self.tested(at, column).push(" = ").bind(one.clone());
                }
                many => {
                    self.tested(at, column).push(" IN (").bind_list(many.iter().cloned()).push(")");
                }
            },
            Op::Less => {
                self.tested(at, column).push(" < ").bind(first());
            }
            Op::LessOrEqual => {
                self.tested(at, column).push(" <= ").bind(first());
            }
            Op::Greater => {
                self.tested(at, column).push(" > ").bind(first());
            }
            Op::GreaterOrEqual => {
                self.tested(at, column).push(" >= ").bind(first());
            }
            Op::Between => {
                self.tested(at, column).push(" BETWEEN ").bind(first());
                self.sql.push(" AND ").bind(operands.get(1).cloned().unwrap_or_default());
            }
            Op::Empty => {
                self.sql.push("(");
                self.tested(at, column).push(" IS NULL");
                if is_text {
                    self.sql.push(" OR ");
                    self.tested(at, column).push(" = ''");
                }
                self.sql.push(")");
            }
            Op::StartsWith | Op::EndsWith | Op::Contains => {
                let is_number = test.path.leaf().is_some_and(|leaf| leaf.field.kind.is_digits());
                self.like(test, at, column, is_number);
            }
        }
    }

    fn like(&mut self, test: &Test, at: Alias, column: &str, is_number: bool) {
        // A long row of ORs is a deep tree to SQLite, which refuses one of a thousand.
        const TOGETHER: usize = 100;
        if test.operands.is_empty() {
            self.sql.push("1 = 0");
            return;
        }
        self.sql.push("((");
        for (i, operand) in test.operands.iter().enumerate() {
            if i > 0 {
                self.sql.push(if i.is_multiple_of(TOGETHER) { ") OR (" } else { " OR " });
            }
            let text = operand.to_string();
            let after = if test.op == Op::StartsWith && !is_number { successor(&text) } else { None };
            if let Some(after) = after {
                // A range, which an index answers; LIKE would scan.
                self.sql.push("(");
                self.tested(at, column).push(" >= ").bind(text).push(" AND ");
                self.tested(at, column).push(" < ").bind(after).push(")");
            } else {
                let escaped = escape_like(&text);
                let pattern = match test.op {
                    Op::StartsWith => format!("{escaped}%"),
                    Op::EndsWith => format!("%{escaped}"),
                    _ => format!("%{escaped}%"),
                };
                if is_number {
                    self.sql.push("CAST(").column(at, column).push(" AS TEXT)");
                } else {
                    self.tested(at, column);
                }
                self.sql.push(" LIKE ").bind(pattern).push(r" ESCAPE '\'");
            }
        }
        self.sql.push("))");
    }
}

/// The least text that is greater than every text that begins with this one, in order of code points.
fn successor(text: &str) -> Option<String> {
    let mut chars: Vec<char> = text.chars().collect();
    while let Some(last) = chars.pop() {
        let next = if last == '\u{D7FF}' { Some('\u{E000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

fn escape_like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The column of the side table that holds values of this kind.
pub(crate) const fn side_column(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text { .. }
        | Kind::Html { .. }
        | Kind::Email
        | Kind::Color
        | Kind::Pick { .. }
        | Kind::PickMany { .. }
        | Kind::Json => "word",
        Kind::Double | Kind::Decimal => "real",
        Kind::Id
        | Kind::Bool
        | Kind::Int { .. }
        | Kind::Digits { .. }
        | Kind::Number { .. }
        | Kind::Time
        | Kind::Date
        | Kind::Ref(_)
        | Kind::RefMany(_)
        | Kind::Span
        | Kind::Group(_) => "number",
    }
}

/// A value as the side table holds it, in its columns `number`, `real`, `word`.
pub(crate) fn side_cells(leaf: &Leaf, value: &Value) -> Vec<[Value; 3]> {
    const NONE: Value = Value::Null;
    match &leaf.field.kind {
        Kind::RefMany(_) => {
            model::record::ids_of(value).into_iter().map(|id| [Value::Int(id.get()), NONE, NONE]).collect()
        }
        Kind::PickMany { .. } => value
            .as_str()
            .and_then(|text| serde_json::from_str::<Vec<String>>(text).ok())
            .unwrap_or_default()
            .into_iter()
            .map(|word| [NONE, NONE, Value::Text(model::fold(&word))])
            .collect(),
        _ if value.is_null() => Vec::new(),
        kind => vec![match side_column(kind) {
            "word" => [NONE, NONE, crate::table::key_of(&leaf.field, value)],
            "real" if *kind == Kind::Decimal => [NONE, crate::table::key_of(&leaf.field, value), NONE],
            "real" => [NONE, value.as_double().map_or(NONE, Value::Double), NONE],
            _ => [as_number(value), NONE, NONE],
        }],
    }
}

/// The side table has no column for truth: it is 0 or 1 there.
pub(crate) fn as_number(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::Int(i64::from(*b)),
        other => other.clone(),
    }
}
