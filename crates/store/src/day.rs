//! What is kept of somebody's working day: the timer that they started, and when they looked at their first page.

use crate::engine::{Cost, Db, Expect, Query, Statement, StoreError};
use model::{Id, Value};

/// A timer: at most one a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// Whose.
    pub person: Id,
    /// The module of the record that it runs for, by its name.
    pub module: String,
    /// The record.
    pub record: Id,
    /// What the record was called when the timer was started.
    pub title: String,
    /// Since when, in milliseconds since 1970-01-01 UTC.
    pub started: i64,
    /// When it was stopped; `None` while it runs.
    pub stopped: Option<i64>,
}

/// The timer of a person.
///
/// # Errors
/// When the database does not answer.
pub async fn timer(db: &Db, person: Id) -> Result<Option<TimerRow>, StoreError> {
    const SQL: &str = "SELECT \"module\", \"record\", \"title\", \"started\", \"stopped\" FROM \"timer\" WHERE \"person\" = $1";
    let rows = db.read(Query { sql: SQL.into(), binds: vec![person.into()], cost: Cost::Point }).await?;
    Ok(rows.into_iter().next().and_then(|row| match row.as_slice() {
        [Value::Text(module), Value::Int(record), Value::Text(title), Value::Int(started), stopped] => {
            Some(TimerRow {
                person,
                module: module.clone(),
                record: Id::new(*record),
                title: title.clone(),
                started: *started,
                stopped: stopped.as_int(),
            })
        }
        _ => None,
    }))
}

/// A new timer; a conflict where the person has one.
#[must_use]
pub fn start_timer(row: &TimerRow) -> Statement {
    Statement::new(
        "INSERT INTO \"timer\" (\"person\", \"module\", \"record\", \"title\", \"started\") VALUES ($1, $2, $3, $4, $5)",
        vec![
            row.person.into(),
            row.module.as_str().into(),
            row.record.into(),
            row.title.as_str().into(),
            row.started.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Stops a timer that runs; nothing happens where none does.
#[must_use]
pub fn stop_timer(person: Id, now: i64) -> Statement {
    Statement::new(
        "UPDATE \"timer\" SET \"stopped\" = $1 WHERE \"person\" = $2 AND \"stopped\" IS NULL",
        vec![now.into(), person.into()],
        Expect::Any,
    )
}

/// Lets a stopped timer run on as if it had been started at a time; nothing happens where none is stopped.
#[must_use]
pub fn resume_timer(person: Id, started: i64) -> Statement {
    Statement::new(
        "UPDATE \"timer\" SET \"started\" = $1, \"stopped\" = NULL WHERE \"person\" = $2 AND \"stopped\" IS NOT NULL",
        vec![started.into(), person.into()],
        Expect::Any,
    )
}

/// Takes a person's timer away, whichever it is.
#[must_use]
pub fn remove_timer(person: Id) -> Statement {
    Statement::new("DELETE FROM \"timer\" WHERE \"person\" = $1", vec![person.into()], Expect::Any)
}

/// When a person looked last, and when before that, in milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// When the database does not answer.
pub async fn looked(db: &Db, person: Id) -> Result<Option<(i64, i64)>, StoreError> {
    const SQL: &str = "SELECT \"seen\", \"earlier\" FROM \"looked\" WHERE \"person\" = $1";
    let rows = db.read(Query { sql: SQL.into(), binds: vec![person.into()], cost: Cost::Point }).await?;
    Ok(rows.first().and_then(|row| Some((row.first()?.as_int()?, row.get(1)?.as_int()?))))
}

/// Notes when a person looked.
#[must_use]
pub fn note_look(person: Id, seen: i64, earlier: i64) -> Statement {
    Statement::new(
        "INSERT INTO \"looked\" (\"person\", \"seen\", \"earlier\") VALUES ($1, $2, $3) \
         ON CONFLICT (\"person\") DO UPDATE SET \"seen\" = excluded.\"seen\", \"earlier\" = excluded.\"earlier\"",
        vec![person.into(), seen.into(), earlier.into()],
        Expect::Any,
    )
}
