//! Rows of a table that are in one of several ranges of ids.

use crate::engine::{Cost, Query};
use crate::sql::{Alias, Sql};

/// FROM: the ranges, and the table's rows beside them. SQLite keeps to the order.
pub(crate) fn from(sql: &mut Sql, table: &str, ranges: &str) {
    sql.push("json_each(").bind(ranges).push(") r CROSS JOIN ").name(table).push(" t0");
}

/// WHERE: the row is in the range.
pub(crate) fn within(sql: &mut Sql) {
    sql.column(Alias(0), "id").push(" BETWEEN r.value ->> 0 AND r.value ->> 1");
}

/// The ids of these rows, as a part of a statement.
pub(crate) fn select(sql: &mut Sql, table: &str, ranges: &str) {
    sql.push("SELECT ").column(Alias(0), "id").push(" FROM ");
    from(sql, table, ranges);
    sql.push(" WHERE ");
    within(sql);
}

/// The question for the values of a column in these rows, each once.
pub(super) fn values(table: &str, column: &str, ranges: &str) -> Query {
    let mut sql = Sql::new("SELECT DISTINCT ");
    sql.column(Alias(0), column).push(" FROM ");
    from(&mut sql, table, ranges);
    sql.push(" WHERE ");
    within(&mut sql);
    sql.query(Cost::Scan)
}

/// Ranges of ids, both ends included, as [`from`] takes them. Those that overlap become one, so that a row is there once.
pub(super) fn text(mut ranges: Vec<(i64, i64)>) -> String {
    ranges.sort_unstable();
    let mut apart: Vec<(i64, i64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match apart.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => apart.push((first, last)),
        }
    }
    // Lists of whole numbers are written alike in JSON.
    let apart: Vec<String> = apart.iter().map(|(first, last)| format!("[{first},{last}]")).collect();
    format!("[{}]", apart.join(","))
}
