//! What must hold of all rows together, and is asked only by whoever checks a whole desk: references lead to rows, every
//! record has its search document, the file itself is sound.

use crate::engine::{Cost, Dialect, FrozenView, Query, StoreError};
use crate::search::{self, table_of};
use crate::sql::{Alias, Sql};
use crate::table::{key_column, key_of};
use model::{Catalogue, Kind, Leaf, Module, Storage, Value};
use std::collections::HashSet;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong, in words.
    pub what: String,
    /// In how many rows.
    pub rows: u64,
    /// The id of one of them; nothing where the fault is not of a row.
    pub example: Option<i64>,
}

/// What SQLite itself finds wrong with its file: pages, indexes, full text. Reads everything. PostgreSQL keeps that to
/// itself (`pg_amcheck`, data checksums).
///
/// # Errors
/// When the database does not answer.
pub async fn integrity(view: &FrozenView) -> Result<Vec<Fault>, StoreError> {
    if view.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let rows = view.read(Sql::new("PRAGMA integrity_check(20)").query(Cost::Scan)).await?;
    let texts = rows.iter().filter_map(|row| row.first().and_then(Value::as_str));
    let told = texts.flat_map(str::lines).filter(|text| *text != "ok" && !text.starts_with("***"));
    Ok(told.map(|text| Fault { what: format!("the file: {text}"), rows: 1, example: None }).collect())
}

/// References that lead to no row, in columns and in the side table.
///
/// # Errors
/// When the database does not answer.
pub async fn references(view: &FrozenView, catalogue: &Catalogue) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    // Views share the columns of the table that they are of, and may have additional fields of their own.
    let mut seen = HashSet::new();
    for module in catalogue.modules() {
        for leaf in module.leaves() {
            let (Kind::Ref(to) | Kind::RefMany(to)) = &leaf.field.kind else { continue };
            let Some(to) = catalogue.module(to) else { continue };
            let Some(query) = dangling(module, leaf, to) else { continue };
            if !seen.insert((query.sql.clone(), query.binds.first().and_then(Value::as_int))) {
                continue;
            }
            let what = format!("{}.{} refers to no {}", module.name, leaf.path, to.name);
            faults.extend(count(view, query, what).await?);
        }
    }
    Ok(faults)
}

/// Records without a search document, and documents without a record.
///
/// # Errors
/// When the database does not answer.
pub async fn documents(view: &FrozenView, catalogue: &Catalogue) -> Result<Vec<Fault>, StoreError> {
    let key = match view.dialect() {
        Dialect::Sqlite => "rowid",
        Dialect::Postgres => "id",
    };
    let mut faults = Vec::new();
    for module in tables(catalogue).filter(|module| search::is_searched(module)) {
        let (table, documents) = (module.table.as_ref(), table_of(module));
        let missing = without(table, "id", &documents, key);
        faults.extend(count(view, missing, format!("{} is not found by its words", module.name)).await?);
        let stray = without(&documents, key, table, "id");
        faults.extend(count(view, stray, format!("the words of a {} that is not there", module.name)).await?);
    }
    Ok(faults)
}

/// Texts whose folded copy beside them is not theirs. That copy is for search; here it is the witness of a text whose bytes
/// have changed on disk, which the database itself does not notice.
///
/// # Errors
/// When the database does not answer.
pub async fn keys(view: &FrozenView, catalogue: &Catalogue) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    for module in tables(catalogue) {
        let leaves: Vec<&Leaf> = module.leaves().iter().filter(|leaf| leaf.has_key_column()).collect();
        if leaves.is_empty() {
            continue;
        }
        let mut wrong: Vec<(u64, Option<i64>)> = vec![(0, None); leaves.len()];
        let mut behind = i64::MIN;
        loop {
            let rows = view.read(texts_and_keys(module, &leaves, behind)).await?;
            for row in &rows {
                let id = row.first().and_then(Value::as_int);
                let pairs = row.get(1..).unwrap_or_default().chunks_exact(2);
                for ((leaf, pair), (count, example)) in leaves.iter().zip(pairs).zip(&mut wrong) {
                    let [text, key] = pair else { continue };
                    if key_of(&leaf.field, text) != *key {
                        (*count, *example) = (*count + 1, id);
                    }
                }
            }
            match rows.last().and_then(|row| row.first()).and_then(Value::as_int) {
                Some(last) if rows.len() == PAGE => behind = last,
                _ => break,
            }
        }
        let found = leaves.iter().zip(wrong).filter(|(_, (count, _))| *count > 0);
        faults.extend(found.map(|(leaf, (rows, example))| Fault {
            what: format!("{}.{} is not the text that it is found by", module.name, leaf.path),
            rows,
            example,
        }));
    }
    Ok(faults)
}

/// Rows that are compared at once.
const PAGE: usize = 1_000;

fn texts_and_keys(module: &Module, leaves: &[&Leaf], behind: i64) -> Query {
    let mut sql = Sql::new("SELECT \"id\"");
    for leaf in leaves {
        sql.push(", ").name(&leaf.column).push(", ").name(&key_column(leaf));
    }
    sql.push(" FROM ").name(&module.table).push(" WHERE \"id\" > ").bind(behind);
    sql.push(" ORDER BY \"id\" LIMIT ").bind(PAGE as i64);
    sql.query(Cost::Scan)
}

/// Modules that have a table of their own.
fn tables(catalogue: &Catalogue) -> impl Iterator<Item = &Module> {
    catalogue.modules().iter().filter(|module| module.fixed.is_none()).map(AsRef::as_ref)
}

fn dangling(module: &Module, leaf: &Leaf, to: &Module) -> Option<Query> {
    let rows = Alias(0);
    let mut sql = Sql::new("SELECT count(*), ");
    let column = match leaf.field.storage {
        Storage::Column if matches!(leaf.field.kind, Kind::Ref(_)) => {
            sql.push("min(").column(rows, "id").push(") FROM ").name(&module.table).push(" t0 WHERE ");
            leaf.column.as_str()
        }
        Storage::Document { field } => {
            sql.push("min(").column(rows, "record").push(") FROM \"field_value\" t0 WHERE ");
            sql.column(rows, "field").push(" = ").bind(field).push(" AND ");
            "number"
        }
        Storage::Column | Storage::Computed => return None,
    };
    sql.column(rows, column).push(" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ").name(&to.table);
    sql.push(" t1 WHERE ").column(Alias(1), "id").push(" = ").column(rows, column).push(")");
    Some(sql.query(Cost::Scan))
}

/// Rows of one table whose key is not in another one.
fn without(table: &str, key: &str, other: &str, other_key: &str) -> Query {
    let mut sql = Sql::new("SELECT count(*), ");
    sql.push("min(")
        .column(Alias(0), key)
        .push(") FROM ")
        .name(table)
        .push(" t0 WHERE NOT EXISTS (SELECT 1 FROM ");
    sql.name(other)
        .push(" t1 WHERE ")
        .column(Alias(1), other_key)
        .push(" = ")
        .column(Alias(0), key)
        .push(")");
    sql.query(Cost::Scan)
}

async fn count(view: &FrozenView, query: Query, what: String) -> Result<Option<Fault>, StoreError> {
    let rows = view.read(query).await?;
    let cell = |i: usize| rows.first().and_then(|row| row.get(i)).and_then(Value::as_int);
    let rows = cell(0).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    Ok((rows > 0).then(|| Fault { what, rows, example: cell(1) }))
}
