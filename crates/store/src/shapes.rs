//! The tables of a database as the database itself tells of them, for whoever copies or checks all of it, whatever the
//! version of its schema: no catalogue is asked.

use crate::engine::{Cost, Dialect, FrozenView, Query, Row, StoreError};
use crate::sql::Sql;
use model::Value;
use std::collections::BTreeMap;

/// What a column holds, on whichever engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// True or false, which SQLite stores as a number.
    Bool,
    /// A whole number.
    Whole,
    /// A number with a fraction.
    Fraction,
    /// Text.
    Text,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the table.
    pub columns: Vec<(String, CellKind)>,
    /// The columns that tell its rows apart, by which they are read in order.
    pub key: Vec<String>,
}

/// Tables without a primary key, and the unique index that stands for it.
const OTHER_KEYS: [(&str, [&str; 2]); 1] = [("unique_value", ["field", "key"])];

/// Search documents: made from other rows, and of another form on each engine.
const SEARCH: &str = "search_";

/// What says something of the database or of running processes, and nothing of the desk.
const NOT_OF_THE_DESK: [&str; 2] = ["schema_step", "node"];

/// The tables that hold a desk, by name. Search documents are not among them.
///
/// # Errors
/// When the database does not answer, or has a column that no desk has.
pub async fn shapes(view: &FrozenView) -> Result<Vec<Shape>, StoreError> {
    let mut found: BTreeMap<String, (Shape, Vec<(i64, String)>)> = BTreeMap::new();
    for row in view.read(read(columns_of(view.dialect()))).await? {
        let [Value::Text(table), Value::Text(column), Value::Text(kind), key] = row.as_slice() else {
            return Err(StoreError::Schema("the database does not tell of its columns".into()));
        };
        if table.starts_with(SEARCH) || NOT_OF_THE_DESK.contains(&table.as_str()) {
            continue;
        }
        let kind = kind_of(kind).ok_or_else(|| {
            StoreError::Schema(format!("column {column} of {table} has the unknown type {kind}"))
        })?;
        let empty = || Shape { name: table.clone(), columns: Vec::new(), key: Vec::new() };
        let (shape, keys) = found.entry(table.clone()).or_insert_with(|| (empty(), Vec::new()));
        shape.columns.push((column.clone(), kind));
        if let Some(place) = key.as_int().filter(|place| *place > 0) {
            keys.push((place, column.clone()));
        }
    }
    let shapes = found.into_values().map(|(mut shape, mut keys)| {
        keys.sort();
        shape.key = keys.into_iter().map(|(_, column)| column).collect();
        if let Some((_, key)) = OTHER_KEYS.iter().find(|(name, _)| *name == shape.name) {
            shape.key = key.iter().map(|column| (*column).to_owned()).collect();
        }
        match shape.key.is_empty() {
            true => Err(StoreError::Schema(format!("table {} has no key", shape.name))),
            false => Ok(shape),
        }
    });
    shapes.collect()
}

/// The names of all tables that are there, those of search documents included.
///
/// # Errors
/// When the database does not answer.
pub async fn tables(view: &FrozenView) -> Result<Vec<String>, StoreError> {
    let sql = match view.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    let rows = view.read(read(sql)).await?;
    Ok(rows.into_iter().filter_map(|row| row.first().and_then(Value::as_str).map(str::to_owned)).collect())
}

/// Table, column, type and place in the primary key from 1, in the order of tables and their columns.
const fn columns_of(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "SELECT m.name, c.name, c.type, c.pk FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE 'search\\_%' ESCAPE '\\' \
             ORDER BY m.name, c.cid"
        }
        Dialect::Postgres => {
            "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT), \
               (SELECT CAST(k.ordinal_position AS BIGINT) FROM information_schema.table_constraints t \
                JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name \
                  AND k.table_schema = t.table_schema AND k.table_name = t.table_name \
                WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema \
                  AND t.table_name = c.table_name AND k.column_name = c.column_name) \
             FROM information_schema.columns c JOIN information_schema.tables b \
               ON b.table_schema = c.table_schema AND b.table_name = c.table_name AND b.table_type = 'BASE TABLE' \
             WHERE c.table_schema = current_schema() AND c.table_name NOT LIKE 'search\\_%' \
             ORDER BY c.table_name, c.ordinal_position"
        }
    }
}

fn kind_of(declared: &str) -> Option<CellKind> {
    match declared.to_ascii_lowercase().as_str() {
        "boolean" => Some(CellKind::Bool),
        "integer" | "bigint" => Some(CellKind::Whole),
        "double precision" => Some(CellKind::Fraction),
        "text" => Some(CellKind::Text),
        _ => None,
    }
}

fn read(sql: &'static str) -> Query {
    Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan }
}

impl Shape {
    /// The query for the next rows in the order of the key, all columns of them, behind the key of the row before.
    #[must_use]
    pub fn page(&self, behind: Option<&[Value]>, rows: i64) -> Query {
        let mut sql = Sql::new("SELECT ");
        list(&mut sql, self.columns.iter().map(|(name, _)| name.as_str()));
        sql.push(" FROM ").name(&self.name);
        if let Some(behind) = behind {
            sql.push(" WHERE (");
            list(&mut sql, self.key.iter().map(String::as_str));
            sql.push(") > (").bind_list(behind.iter().cloned()).push(")");
        }
        sql.push(" ORDER BY ");
        list(&mut sql, self.key.iter().map(String::as_str));
        sql.push(" LIMIT ").bind(rows);
        sql.query(Cost::Scan)
    }

    /// The cells of the key in a row of [`Self::page`].
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Vec<Value> {
        let place = |key: &String| self.columns.iter().position(|(name, _)| name == key);
        self.key.iter().filter_map(|key| row.get(place(key)?).cloned()).collect()
    }
}

fn list<'a>(sql: &mut Sql, names: impl Iterator<Item = &'a str>) {
    for (i, name) in names.enumerate() {
        sql.push(if i > 0 { ", " } else { "" }).name(name);
    }
}
