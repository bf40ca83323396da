//! The two databases. A closed enum at the very bottom: nothing above asks which one it talks to, except for
//! [`Db::dialect`] where SQL text must differ.
//!
//! SQL comes in as finished text with `$1 … $n`, each used once and in order, so that the same text is valid for
//! SQLite (which numbers `$name` by first use) and for PostgreSQL. Reads are [`Query`], writes are lists of
//! [`Statement`] that are committed together; there is no open transaction that a caller could hold on to.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | commit | one writer thread, group commit, `synchronous=FULL` | one transaction, pipelined |
//! | point read | inline on the calling thread | pool |
//! | scan | reader threads, bounded queue, deadline | pool, `statement_timeout` |
//! | booleans | stored and read as `Int(0)`/`Int(1)` | `Bool` for a `BOOLEAN` column |

mod frozen;
mod migrate;
mod pg_value;
mod postgres;
mod queue;
mod size;
mod sqlite;
mod sqlite_names;
mod sqlite_tidy;
mod sqlite_writer;

pub use frozen::FrozenView;
pub use migrate::{RESTORING, Step};
pub use model::Value;
pub use postgres::PostgresOptions;
pub use sqlite::SqliteOptions;

use postgres::Postgres;
use sqlite::Sqlite;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, in this process.
    Sqlite,
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
}

/// How many rows a statement must touch. Anything else fails the whole commit with [`StoreError::Stale`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// Any number, also none.
    #[default]
    Any,
    /// Exactly so many.
    Exactly(u64),
    /// So many or more.
    AtLeast(u64),
}

impl Expect {
    /// Whether `touched` rows are what was expected.
    #[must_use]
    pub const fn allows(self, touched: u64) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => touched == wanted,
            Self::AtLeast(least) => touched >= least,
        }
    }
}

/// One write: INSERT, UPDATE or DELETE without RETURNING. Never DDL: that is for [`Db::execute_ddl`].
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text. Share it: prepared statements are cached by it, and cloning an `Arc` costs nothing.
    pub sql: Arc<str>,
    /// The values of `$1 … $n`.
    pub binds: Vec<Value>,
    /// How many rows it must touch.
    pub expect: Expect,
    /// Set where it makes a search document anew or takes it away.
    pub document: Option<Document>,
}

/// A record's search document: the full-text index's table, and the record's id.
///
/// Documents are written behind everything else of a transaction, in the order of their ids. SQLite's index, when it is written in any
/// other order, stores what it has gathered at each step back, as a segment of its own to be merged later; of several versions it
/// gets the last. On PostgreSQL commits run side by side, and the last to write a document must have seen what the others did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// The index's table.
    pub table: Arc<str>,
    /// The record's id.
    pub id: i64,
}

impl Statement {
    /// A write.
    #[must_use]
    pub fn new(sql: impl Into<Arc<str>>, binds: Vec<Value>, expect: Expect) -> Self {
        Self { sql: sql.into(), binds, expect, document: None }
    }
}

/// Is told which rows changed.
pub trait RowWatch: Send + Sync {
    /// These rows, by their integer keys, of whatever table, were updated or deleted, or were about to be when the
    /// commit failed. Comes after the change can be seen and before anybody is told that it is done. On the
    /// writer's thread: be quick.
    fn changed(&self, rows: &[i64]);
    /// This row of a table that is followed was added, updated or deleted, or was about to be. Comes at the
    /// same moment.
    fn written(&self, table: &str, row: i64);
}

/// How much work a query is, which decides where SQLite runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// A few rows by a unique index: microseconds. Runs on the calling thread.
    Point,
    /// Everything else. Runs on a reader thread, under the deadline.
    Scan,
    /// A scan that may turn out longer than it is worth: it is given up with [`StoreError::TooLong`], on SQLite after about so
    /// many steps of its virtual machine, some ten a row, on PostgreSQL after a tenth of a second. Where several queries are
    /// read together it is a scan.
    Try(u64),
}

/// One read.
#[derive(Clone, Debug)]
pub struct Query {
    /// The text.
    pub sql: Arc<str>,
    /// The values of `$1 … $n`.
    pub binds: Vec<Value>,
    /// How much work it is.
    pub cost: Cost,
}

/// The cells of one row, in the order of the query's columns.
pub type Row = Vec<Value>;

/// What can go wrong below.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused the row.
    #[error("the unique index {constraint} already has such a row")]
    Conflict {
        /// The name of the index; `<table>_pkey` for a primary key. The same on both engines.
        constraint: String,
    },
    /// A foreign key refused the change.
    #[error("the foreign key {constraint} refuses the change")]
    Referenced {
        /// The name of the constraint; empty on SQLite, which does not tell.
        constraint: String,
    },
    /// A statement did not touch the rows it had to. Nothing was written.
    #[error("statement {statement} of the commit did not find the rows it expected")]
    Stale {
        /// The place of the statement in the list, from 0.
        statement: usize,
    },
    /// The database cannot answer now; later it may. After this answer to a commit its outcome can be unknown
    /// (the connection broke while PostgreSQL was committing); the text says so then.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// No room is left.
    #[error("the database is full: {0}")]
    Full(String),
    /// The query took longer than it may.
    #[error("the query took too long")]
    Timeout,
    /// The query took more steps than [`Cost::Try`] allows.
    #[error("the query took too many steps")]
    TooLong,
    /// Our own mistake: SQL that the database does not accept, or a value of the wrong type.
    #[error("invalid SQL or value: {0}")]
    Invalid(String),
    /// The database's schema does not fit this program.
    #[error("the database's schema does not fit: {0}")]
    Schema(String),
}

impl StoreError {
    /// Whether the same call may succeed later without any change.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Full(_) | Self::Timeout)
    }
}

/// Figures of the engine, for `/metrics`. Counters only grow; gauges say how it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Commits that succeeded.
    pub commits: u64,
    /// Commits that failed.
    pub failed_commits: u64,
    /// Transactions that held those commits: with SQLite fewer than commits, because of group commit.
    pub batches: u64,
    /// SQLite: batches that were replayed because a commit in them failed. PostgreSQL: commits tried again.
    pub retries: u64,
    /// Reads that ran.
    pub reads: u64,
    /// SQLite: reads that ran on the calling thread.
    pub inline_reads: u64,
    /// Reads that hit the deadline.
    pub timeouts: u64,
    /// Calls refused because a queue or the pool was full.
    pub refused: u64,
    /// Commits that wait now (SQLite), or callers that wait for a connection (PostgreSQL).
    pub write_queue: u64,
    /// Scans that wait now (SQLite).
    pub read_queue: u64,
    /// Connections that are open.
    pub connections: u64,
    /// Connections at work.
    pub connections_in_use: u64,
    /// SQLite: pages in the write-ahead log after the last commit.
    pub wal_pages: u64,
    /// SQLite: checkpoints that ran.
    pub checkpoints: u64,
    /// SQLite: what the transactions of `batches` took, all together.
    pub batch_time: Duration,
    /// SQLite: of that, what writing the log and waiting for the disk took.
    pub commit_time: Duration,
    /// SQLite: how long the writer saw to the log instead, all together.
    pub log_time: Duration,
    /// SQLite: steps by which full-text indexes were merged while nobody wrote.
    pub tidied: u64,
}

/// A database. Cloning is cheap; all clones are the same database.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Arc<Sqlite>),
    /// What waits for it is boxed: its futures have 4 KB, and so would everything that waits for a database, up to the future
    /// of a whole call, which is copied for each one.
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens the file, creating it (mode 0600) and its folder (mode 0700) when they do not exist, and starts the
    /// threads: one writer, one for checkpoints, and the readers. When the last clone is dropped without
    /// [`Db::close`], the drop itself closes, and blocks for that moment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the file cannot be opened, is not a database, or is already open, here or
    /// in another process (a lock on `<file>.lock` tells).
    pub async fn open_sqlite(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let opened = tokio::task::spawn_blocking(move || Sqlite::open(&path, &options)).await;
        let sqlite = opened.map_err(|e| StoreError::Unavailable(e.to_string()))??;
        Ok(Self { engine: Engine::Sqlite(Arc::new(sqlite)) })
    }

    /// Connects to `postgres://user:password@host:port/database?…`. Besides what `tokio-postgres` reads there,
    /// `sslmode=require`, `verify-ca` and `verify-full` all mean TLS with a verified certificate,
    /// `sslrootcert=<file>` says whose certificates to trust instead of the machine's, and anything else means no TLS.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] for a URL that cannot be read, [`StoreError::Unavailable`] when no connection
    /// comes about within [`PostgresOptions::connect_timeout`].
    pub async fn open_postgres(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self { engine: Engine::Postgres(Arc::new(Postgres::open(url, options).await?)) })
    }

    /// Which SQL to write.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Whether other processes may write as well: PostgreSQL, a shared SQLite file.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.is_shared(),
            Engine::Postgres(_) => true,
        }
    }

    /// What whoever keeps copies of rows may take for them, in bytes. None where others may write.
    #[must_use]
    pub(crate) fn records_bytes(&self) -> u64 {
        match &self.engine {
            Engine::Sqlite(e) => e.records_bytes(),
            Engine::Postgres(_) => 0,
        }
    }

    /// From now on `watch` is told of every row that changes. False, and nothing is told, where others may write
    /// without our hearing of it (PostgreSQL, a shared SQLite file), or when somebody watches already.
    #[must_use]
    pub fn watch_rows(&self, watch: Arc<dyn RowWatch>) -> bool {
        match &self.engine {
            Engine::Sqlite(e) => e.watch_rows(watch),
            Engine::Postgres(_) => false,
        }
    }

    /// From the moment that this returns whoever watches rows is told of every row that is written to this table, and
    /// every write that is not told can be read. Nothing happens on PostgreSQL.
    ///
    /// # Errors
    ///
    /// As [`Db::commit`].
    pub(crate) async fn follow(&self, table: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(e) => e.follow(table).await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Runs one query. All its rows come at once: limit them in the SQL.
    ///
    /// # Errors
    ///
    /// [`StoreError::Timeout`] past the deadline, [`StoreError::Unavailable`] when the readers' queue is full or
    /// the database is away, [`StoreError::Invalid`] for SQL that is wrong.
    pub async fn read(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        match &self.engine {
            Engine::Sqlite(e) => e.read(query).await,
            Engine::Postgres(e) => Box::pin(e.read(&query)).await,
        }
    }

    /// Runs queries that all see the same state of the database. One answer per query, in order.
    ///
    /// # Errors
    ///
    /// As [`Db::read`]; the first failure fails all.
    pub async fn read_many(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        match &self.engine {
            Engine::Sqlite(e) => e.read_many(queries).await,
            Engine::Postgres(e) => Box::pin(e.read_many(&queries)).await,
        }
    }

    /// Writes all statements or none, and returns how many rows each touched. When it says `Ok`, the data is on
    /// disk. When the returned future is dropped, the commit may happen or not, but never by half.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`], [`StoreError::Conflict`] and [`StoreError::Referenced`] say that nothing was
    /// written. [`StoreError::Full`] and [`StoreError::Unavailable`] likewise, unless the text says that the
    /// outcome is unknown. [`StoreError::Invalid`] is our own mistake.
    pub async fn commit(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreError> {
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        match &self.engine {
            Engine::Sqlite(e) => e.commit(statements).await,
            Engine::Postgres(e) => Box::pin(e.commit(&statements)).await,
        }
    }

    /// Inserts many rows in one transaction, as fast as the engine can: prepared multi-row inserts, or binary
    /// COPY. On SQLite commits wait meanwhile, so hand over portions (some ten thousand rows). Names are quoted
    /// but must be constants of ours. Returns how many rows were inserted.
    ///
    /// # Errors
    ///
    /// As [`Db::commit`]; [`StoreError::Invalid`] when a row has not as many cells as there are columns.
    pub async fn load(&self, table: &str, columns: &[&str], rows: Vec<Row>) -> Result<u64, StoreError> {
        if let Some(row) = rows.iter().find(|row| row.len() != columns.len()) {
            return Err(StoreError::Invalid(format!(
                "a row of {table} has {} cells for {} columns",
                row.len(),
                columns.len()
            )));
        }
        if rows.is_empty() || columns.is_empty() {
            return Ok(0);
        }
        match &self.engine {
            Engine::Sqlite(e) => e.load(table, columns, rows).await,
            Engine::Postgres(e) => Box::pin(e.load(table, columns, &rows)).await,
        }
    }

    /// Runs DDL, or maintenance such as `ANALYZE`, outside of the numbered steps. Without a deadline.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] when the database does not accept it, else as [`Db::commit`].
    pub async fn execute_ddl(&self, sql: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(e) => e.execute_ddl(sql).await,
            Engine::Postgres(e) => Box::pin(e.execute_ddl(sql)).await,
        }
    }

    /// Applies the steps that are not applied yet, in the order of their numbers, and returns how many. Several
    /// processes may do so at once on one PostgreSQL. On SQLite all pending steps are one transaction; on
    /// PostgreSQL each step is one, together with its row in `schema_step`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Schema`] when an applied step has changed since, when the database has steps this program
    /// does not know (a newer program was here), or when a step fails; [`StoreError::Invalid`] when the numbers
    /// do not ascend; else as [`Db::commit`].
    pub async fn migrate(&self, steps: &[Step], now_ms: i64) -> Result<usize, StoreError> {
        migrate::check_order(steps)?;
        match &self.engine {
            Engine::Sqlite(e) => e.migrate(steps, now_ms).await,
            Engine::Postgres(e) => migrate::on_postgres(e, steps, now_ms).await,
        }
    }

    /// Whether the database answers. For `/readyz`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(e) => e.ping().await,
            Engine::Postgres(e) => e.ping().await,
        }
    }

    /// Finishes the commits that are queued, empties the write-ahead log into the database, ends the threads and
    /// closes the connections. For all clones: later calls get [`StoreError::Unavailable`]. Scans that run are
    /// interrupted on SQLite. Closing twice does no harm.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(e) => {
                let engine = e.clone();
                // Joining threads blocks. If the runtime is already going away, dropping the engine does it.
                if tokio::task::spawn_blocking(move || engine.shutdown()).await.is_err() {
                    tracing::error!("closing the database was interrupted");
                }
            }
            Engine::Postgres(e) => e.close().await,
        }
    }

    /// How it is going.
    #[must_use]
    pub fn stats(&self) -> EngineStats {
        match &self.engine {
            Engine::Sqlite(e) => e.stats(),
            Engine::Postgres(e) => e.stats(),
        }
    }
}

/// A name as an SQL identifier. Names are constants of ours; a quote in one is dropped all the same.
fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    out.push('"');
    out.extend(name.chars().filter(|c| *c != '"' && *c != '\0'));
    out.push('"');
    out
}

fn quoted_list(names: &[&str]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}
