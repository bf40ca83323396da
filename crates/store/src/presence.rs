//! Who looks at what, as each of several processes tells the others: one row a process, written when something in it
//! changes and now and then as a sign of life. The text in it is the desk's.

use crate::engine::{Cost, Db, Expect, Query, Statement, StoreError};
use model::Value;

/// What a process tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Board {
    /// A random number that tells the process from others.
    pub process: i64,
    /// Raised with every change of the text.
    pub version: i64,
    /// When the process last wrote, in milliseconds since 1970-01-01 UTC.
    pub seen: i64,
}

/// The boards of all processes, without their texts.
///
/// # Errors
/// When the database does not answer.
pub async fn boards(db: &Db) -> Result<Vec<Board>, StoreError> {
    const SQL: &str = "SELECT \"process\", \"version\", \"seen\" FROM \"presence\"";
    let rows = db.read(Query { sql: SQL.into(), binds: Vec::new(), cost: Cost::Scan }).await?;
    let board = |row: Vec<Value>| match row[..] {
        [Value::Int(process), Value::Int(version), Value::Int(seen)] => {
            Some(Board { process, version, seen })
        }
        _ => None,
    };
    Ok(rows.into_iter().filter_map(board).collect())
}

/// What a process tells.
///
/// # Errors
/// When the database does not answer.
pub async fn text(db: &Db, process: i64) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT \"people\" FROM \"presence\" WHERE \"process\" = $1";
    let rows = db.read(Query { sql: SQL.into(), binds: vec![process.into()], cost: Cost::Point }).await?;
    Ok(rows.first().and_then(|row| row.first()?.as_str().map(str::to_owned)))
}

/// Writes what a process tells.
#[must_use]
pub fn write(board: Board, people: &str) -> Statement {
    let binds = vec![board.process.into(), board.version.into(), board.seen.into(), people.into()];
    Statement::new(
        "INSERT INTO \"presence\" (\"process\", \"version\", \"seen\", \"people\") VALUES ($1, $2, $3, $4) \
              ON CONFLICT (\"process\") DO UPDATE SET \"version\" = excluded.\"version\", \
              \"seen\" = excluded.\"seen\", \"people\" = excluded.\"people\"",
        binds,
        Expect::Any,
    )
}

/// Takes a process's board away, and those that nobody has written to since a time.
#[must_use]
pub fn remove(process: i64, before: i64) -> Statement {
    Statement::new(
        "DELETE FROM \"presence\" WHERE \"process\" = $1 OR \"seen\" < $2",
        vec![process.into(), before.into()],
        Expect::Any,
    )
}
