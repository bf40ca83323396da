//! Work that one of several processes does for all of them. Whoever moves the row has taken it up; the others find it
//! moved. No lock is held meanwhile: who is killed at work leaves the row, and it falls free after a while.

use crate::engine::{Cost, Db, Expect, Query, Statement, StoreError};
use model::Value;

/// When a piece of work was last taken up and last done, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobTimes {
    /// Last taken up; `None` for never.
    pub taken: Option<i64>,
    /// Last brought to its end.
    pub done: Option<i64>,
}

/// When work was last taken up and done.
///
/// # Errors
/// When the database does not answer.
pub async fn times(db: &Db, name: &str) -> Result<JobTimes, StoreError> {
    let sql = "SELECT \"taken\", \"done\" FROM \"job\" WHERE \"name\" = $1";
    let rows = db.read(Query { sql: sql.into(), binds: vec![name.into()], cost: Cost::Point }).await?;
    let cell = |i: usize| rows.first().and_then(|row| row.get(i)).and_then(Value::as_int);
    Ok(JobTimes { taken: cell(0), done: cell(1) })
}

/// Takes work up, unless another process has since `seen` was read. True for exactly one of those that try.
///
/// # Errors
/// When the database does not answer.
pub async fn take(db: &Db, name: &str, seen: JobTimes, now: i64) -> Result<bool, StoreError> {
    let (sql, binds) = match seen.taken {
        Some(taken) => (
            "UPDATE \"job\" SET \"taken\" = $1 WHERE \"name\" = $2 AND \"taken\" = $3",
            // Two that read the same must not both write what is there already.
            vec![Value::Int(if now == taken { now + 1 } else { now }), name.into(), taken.into()],
        ),
        None => ("INSERT INTO \"job\" (\"name\", \"taken\") VALUES ($1, $2)", vec![name.into(), now.into()]),
    };
    match db.commit(vec![Statement::new(sql, binds, Expect::Exactly(1))]).await {
        Ok(_) => Ok(true),
        Err(StoreError::Stale { .. } | StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Says that work has been done.
///
/// # Errors
/// When the database does not answer.
pub async fn done(db: &Db, name: &str, now: i64) -> Result<(), StoreError> {
    let sql = "UPDATE \"job\" SET \"done\" = $1 WHERE \"name\" = $2";
    let binds = vec![now.into(), name.into()];
    db.commit(vec![Statement::new(sql, binds, Expect::Any)]).await.map(|_| ())
}
