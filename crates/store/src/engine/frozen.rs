//! A view of the whole database as it was at one moment, for as long as somebody looks: for backups and for checks that
//! go through everything.
//!
//! SQLite: a connection and a thread of its own, in one read transaction. Others go on writing; what they write stays in
//! the write-ahead log until the view is dropped. PostgreSQL: one connection of the pool in one transaction at
//! `REPEATABLE READ`. Neither has a deadline.

use super::postgres::{Lease, Postgres};
use super::sqlite::{Sqlite, closed};
use super::{Db, Dialect, Engine, Query, Row, StoreError};
use std::sync::mpsc;
use tokio::sync::oneshot;

type Asked = (Query, oneshot::Sender<Result<Vec<Row>, StoreError>>);

/// The database at one moment. Dropping it lets go of that moment.
pub struct FrozenView(Held);

enum Held {
    Sqlite(mpsc::Sender<Asked>),
    Postgres(Box<Lease>),
}

impl std::fmt::Debug for FrozenView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("FrozenView").field(&self.dialect()).finish()
    }
}

impl Db {
    /// Fixes the database as it is now. Hold it no longer than needed: on SQLite the write-ahead log grows meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when there is no connection for it.
    pub async fn freeze(&self) -> Result<FrozenView, StoreError> {
        Ok(FrozenView(match &self.engine {
            Engine::Sqlite(e) => Held::Sqlite(freeze_sqlite(e).await?),
            Engine::Postgres(e) => Held::Postgres(Box::new(freeze_postgres(e).await?)),
        }))
    }
}

impl FrozenView {
    /// Which SQL to write.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.0 {
            Held::Sqlite(_) => Dialect::Sqlite,
            Held::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one query on it. All its rows come at once: limit them in the SQL.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the connection is lost, and the view with it; [`StoreError::Invalid`] for SQL
    /// that is wrong.
    pub async fn read(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        match &self.0 {
            Held::Sqlite(asked) => {
                let (answer, answered) = oneshot::channel();
                asked.send((query, answer)).map_err(|_| closed())?;
                answered.await.unwrap_or_else(|_| Err(closed()))
            }
            Held::Postgres(lease) => lease.read(&query).await,
        }
    }
}

/// Fixes the state: a transaction of SQLite begins with its first read.
const FIRST_READ: &str = "SELECT count(*) FROM sqlite_schema";

async fn freeze_sqlite(engine: &Sqlite) -> Result<mpsc::Sender<Asked>, StoreError> {
    let reader = engine.another_reader()?;
    let (asked, to_do) = mpsc::channel::<Asked>();
    let (begun, has_begun) = oneshot::channel();
    let work = move || {
        let first = Query { sql: FIRST_READ.into(), binds: Vec::new(), cost: super::Cost::Scan };
        let fixed = reader.begin().and_then(|()| reader.read(&first)).map(|_| ());
        let is_fixed = fixed.is_ok();
        let _gone = begun.send(fixed);
        while is_fixed && let Ok((query, answer)) = to_do.recv() {
            let _gone = answer.send(reader.read(&query));
        }
    };
    let thread = std::thread::Builder::new().name("store-frozen".into()).spawn(work);
    thread.map_err(|e| StoreError::Unavailable(format!("no thread: {e}")))?;
    has_begun.await.unwrap_or_else(|_| Err(closed()))?;
    Ok(asked)
}

async fn freeze_postgres(engine: &Postgres) -> Result<Lease, StoreError> {
    engine.freeze().await
}
