//! The values that an indexed column has, where they are few.

use crate::engine::{Cost, Query};
use crate::sql::Sql;

/// The question for the values of a column that begins an index, at most so many: from each straight to the next one.
pub(super) fn values(table: &str, column: &str, most: usize) -> Query {
    let mut sql = Sql::new("WITH RECURSIVE v(id) AS (SELECT (SELECT ");
    sql.name(column).push(" FROM ").name(table).push(" WHERE ").name(column);
    sql.push(" IS NOT NULL ORDER BY ").name(column).push(" LIMIT 1) UNION ALL SELECT (SELECT ");
    sql.name(column).push(" FROM ").name(table).push(" WHERE ").name(column);
    sql.push(" > v.id ORDER BY ").name(column).push(" LIMIT 1) FROM v WHERE v.id IS NOT NULL) ");
    sql.push("SELECT id FROM v WHERE id IS NOT NULL LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.query(Cost::Scan)
}
