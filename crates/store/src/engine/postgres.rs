//! PostgreSQL, and what speaks its protocol.

use super::pg_value::{Bound, Cell};
use super::{Cost, EngineStats, Expect, Query, Row, Statement, StoreError, Value, quoted, quoted_list};
use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error as PgError, NoTls};

/// How PostgreSQL is used.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Connections at most.
    pub pool: usize,
    /// How long a new connection may take until it is ready for queries.
    pub connect_timeout: Duration,
    /// How long a caller may wait for a connection when all are at work.
    pub wait_timeout: Duration,
    /// How long a statement may take, for the server. A call as a whole is given up five seconds later.
    pub statement_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            pool: 16,
            connect_timeout: Duration::from_secs(3),
            wait_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
        }
    }
}

/// Rows are guarded by what each statement expects, so the cheapest level is enough.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Steps cannot be counted here.
const BEGIN_TRY: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL statement_timeout = 100";
/// The state is fixed by the first statement behind BEGIN, which reads.
const BEGIN_FROZEN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0; \
    SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1";
/// DDL and bulk loads take as long as they take.
const BEGIN_LONG: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = 0";
/// Prepared statements that a connection keeps. The texts of filters with lists are many.
const STATEMENTS: usize = 512;
/// Serialisation failures in a row before giving up.
const ATTEMPTS: u32 = 8;
/// Where a call is given up by us, after the server should have.
const GRACE: Duration = Duration::from_secs(5);
const UNKNOWN: &str = "the connection broke while committing; the outcome is unknown";

#[derive(Default)]
struct Counters {
    commits: AtomicU64,
    failed_commits: AtomicU64,
    retries: AtomicU64,
    reads: AtomicU64,
    timeouts: AtomicU64,
    refused: AtomicU64,
}

/// The engine.
pub(super) struct Postgres {
    pool: Pool,
    options: PostgresOptions,
    counters: Counters,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the pool: its configuration has the password.
        f.debug_struct("Postgres").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Report it.
    Plain,
    /// The transaction lost against another one and did nothing: do it again.
    Lost,
    /// The connection is of no use any more.
    Broken,
    /// The connection's prepared statements are of no use any more.
    Plans,
}

/// A failed call.
struct Failed {
    error: StoreError,
    class: Class,
    /// PostgreSQL itself reported it (and did not merely vanish).
    reported: bool,
}

impl Failed {
    /// From a commit that was on its way: only what the server reported can be repeated.
    fn while_committing(self) -> Self {
        if self.class == Class::Broken {
            return Self { error: StoreError::Unavailable(UNKNOWN.into()), class: Class::Plain, ..self };
        }
        self
    }
}

impl From<PgError> for Failed {
    fn from(error: PgError) -> Self {
        let Some(db) = error.as_db_error() else {
            let io =
                std::iter::successors(error.source(), |e| (*e).source()).any(|e| e.is::<std::io::Error>());
            let text = match error.source() {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            return if io || error.is_closed() {
                Self { error: StoreError::Unavailable(text), class: Class::Broken, reported: false }
            } else {
                Self { error: StoreError::Invalid(text), class: Class::Plain, reported: false }
            };
        };
        let constraint = || db.constraint().unwrap_or_default().to_owned();
        let message = || format!("{} ({})", db.message(), db.code().code());
        let (error, class) = match db.code().code() {
            "23505" => (StoreError::Conflict { constraint: constraint() }, Class::Plain),
            "23503" => (StoreError::Referenced { constraint: constraint() }, Class::Plain),
            "57014" => (StoreError::Timeout, Class::Plain),
            "53100" => (StoreError::Full(message()), Class::Plain),
            "40001" | "40P01" => (StoreError::Unavailable(message()), Class::Lost),
            "26000" => (StoreError::Invalid(message()), Class::Plans),
            "0A000" if db.message().contains("cached plan") => (StoreError::Invalid(message()), Class::Plans),
            // The server shuts down, starts, or has become a standby: another connection may find another one.
            "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "25P03" => {
                (StoreError::Unavailable(message()), Class::Broken)
            }
            code if code.starts_with("08") => (StoreError::Unavailable(message()), Class::Broken),
            // Too little of something, wrong password, no such database, an I/O error of the server.
            code if ["53", "28", "3D", "58"].iter().any(|class| code.starts_with(class)) => {
                (StoreError::Unavailable(message()), Class::Plain)
            }
            _ => (StoreError::Invalid(message()), Class::Plain),
        };
        Self { error, class, reported: true }
    }
}

/// A connection that must not return to the pool by accident: a caller that stops waiting leaves a transaction open.
/// Dropped before [`Lease::finish`], the connection closes, and the server rolls back.
pub(super) struct Lease(Option<Object>);

impl Lease {
    fn client(&self) -> Result<&Object, Failed> {
        self.0.as_ref().ok_or_else(|| Failed {
            error: StoreError::Invalid("the connection was given back".into()),
            class: Class::Plain,
            reported: false,
        })
    }

    /// One query, for as long as it takes.
    pub async fn read(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        let rows = async {
            let client = self.client()?;
            let statement = client.prepare_cached(&query.sql).await?;
            let rows = fetch(client, &statement, &query.binds).await?;
            Ok::<_, Failed>(rows.iter().map(cells).collect::<Result<_, _>>()?)
        };
        rows.await.map_err(|failed| failed.error)
    }

    /// Back to the pool.
    fn finish(mut self) {
        drop(self.0.take());
    }

    /// Back to the pool after a rollback, when the connection still works.
    async fn roll_back(self, failed: Failed) -> Failed {
        if failed.class != Class::Broken
            && let Ok(client) = self.client()
            && client.batch_execute("ROLLBACK").await.is_ok()
        {
            if failed.class == Class::Plans {
                client.statement_cache.clear();
            }
            self.finish();
        }
        failed
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

/// A step of a migration that did not work out.
pub(super) struct Stopped {
    pub error: StoreError,
    /// Another process seems to be at the same step.
    pub overtaken: bool,
}

impl Postgres {
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let (mut config, roots) = read_url(url)?;
        config.connect_timeout(options.connect_timeout);
        // A server that vanished without a word must not be waited for.
        config.keepalives_idle(Duration::from_secs(10));
        config.keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3);
        config.tcp_user_timeout(options.statement_timeout + GRACE);
        if config.get_application_name().is_none() {
            config.application_name("frontdesk");
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = if config.get_ssl_mode() == SslMode::Require {
            let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls_config(roots)?);
            Manager::from_config(config, tls, recycling)
        } else {
            Manager::from_config(config, NoTls, recycling)
        };
        let session: Arc<str> =
            format!("SET statement_timeout = {}", options.statement_timeout.as_millis()).into();
        let pool = Pool::builder(manager)
            .max_size(options.pool.max(1))
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(options.connect_timeout))
            .wait_timeout(Some(options.wait_timeout))
            .post_create(Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
                let session = session.clone();
                Box::pin(async move { client.batch_execute(&session).await.map_err(HookError::Backend) })
            }))
            .build()
            .map_err(|e| StoreError::Invalid(e.to_string()))?;
        let engine = Self { pool, options, counters: Counters::default() };
        engine.ping().await?;
        Ok(engine)
    }

    async fn client(&self) -> Result<Object, Failed> {
        let failed = match self.pool.get().await {
            Ok(object) => {
                if object.statement_cache.size() > STATEMENTS {
                    object.statement_cache.clear();
                }
                return Ok(object);
            }
            Err(PoolError::Backend(e) | PoolError::PostCreateHook(HookError::Backend(e))) => Failed::from(e),
            Err(e) => Failed {
                error: StoreError::Unavailable(match e {
                    PoolError::Closed => "the database is closed".into(),
                    e => e.to_string(),
                }),
                class: Class::Plain,
                reported: false,
            },
        };
        self.counters.refused.fetch_add(1, Ordering::Relaxed);
        // Whatever keeps a connection from coming about, it is not the caller's SQL.
        let error = match failed.error {
            StoreError::Unavailable(text) | StoreError::Invalid(text) => StoreError::Unavailable(text),
            other => StoreError::Unavailable(other.to_string()),
        };
        Err(Failed { error, class: Class::Plain, reported: failed.reported })
    }

    /// Gives up when the server does not answer at all.
    async fn limited<T>(&self, call: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        let limit = self.options.statement_timeout + GRACE;
        tokio::time::timeout(limit, call).await.unwrap_or_else(|_| {
            Err(Failed {
                error: StoreError::Unavailable("no answer from the database; the outcome is unknown".into()),
                class: Class::Plain,
                reported: false,
            })
        })
    }

    pub async fn read(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        self.counters.reads.fetch_add(1, Ordering::Relaxed);
        if matches!(query.cost, Cost::Try(_)) {
            return self.read_briefly(query).await;
        }
        let mut tries = Tries::default();
        loop {
            match self.limited(self.try_read(query)).await {
                Ok(rows) => return Ok(rows),
                Err(failed) => tries.again(failed, &self.counters).await?,
            }
        }
    }

    /// A read that is given up where it takes long.
    async fn read_briefly(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        let mut tries = Tries::default();
        loop {
            match self.limited(self.try_read_many(std::slice::from_ref(query), BEGIN_TRY)).await {
                Ok(answers) => return Ok(answers.into_iter().flatten().collect()),
                Err(failed) if failed.error == StoreError::Timeout => return Err(StoreError::TooLong),
                Err(failed) => tries.again(failed, &self.counters).await?,
            }
        }
    }

    async fn try_read(&self, query: &Query) -> Result<Vec<Row>, Failed> {
        // Dropped halfway, the connection is busy for a moment longer, but in no odd state: no lease.
        let client = self.client().await?;
        let result = match client.prepare_cached(&query.sql).await {
            Ok(statement) => fetch(&client, &statement, &query.binds).await,
            Err(e) => Err(e),
        };
        match result {
            Ok(rows) => Ok(rows.iter().map(cells).collect::<Result<_, _>>()?),
            Err(e) => {
                let failed = Failed::from(e);
                match failed.class {
                    Class::Plans => client.statement_cache.clear(),
                    Class::Broken => drop(Object::take(client)),
                    _ => {}
                }
                Err(failed)
            }
        }
    }

    pub async fn read_many(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>, StoreError> {
        self.counters.reads.fetch_add(queries.len() as u64, Ordering::Relaxed);
        let mut tries = Tries::default();
        loop {
            match self.limited(self.try_read_many(queries, BEGIN_READ)).await {
                Ok(answers) => return Ok(answers),
                Err(failed) => tries.again(failed, &self.counters).await?,
            }
        }
    }

    async fn try_read_many(&self, queries: &[Query], begin: &'static str) -> Result<Vec<Vec<Row>>, Failed> {
        let lease = Lease(Some(self.client().await?));
        let fetched = async {
            let client = lease.client()?;
            let prepared = prepare(client, queries.iter().map(|q| &*q.sql)).await?;
            let mut calls: Vec<Call<'_, Vec<tokio_postgres::Row>>> = vec![simple(client, begin)];
            for (query, statement) in queries.iter().zip(&prepared) {
                calls.push(Box::pin(fetch(client, statement, &query.binds)));
            }
            calls.push(simple(client, "COMMIT"));
            Ok::<_, Failed>(in_order(calls).await.into_iter().collect::<Result<Vec<_>, _>>()?)
        };
        match fetched.await {
            Ok(results) => {
                lease.finish();
                let queries = results.iter().skip(1).take(queries.len());
                let rows = |rows: &Vec<tokio_postgres::Row>| rows.iter().map(cells).collect();
                Ok(queries.map(rows).collect::<Result<_, _>>()?)
            }
            Err(failed) => Err(lease.roll_back(failed).await),
        }
    }

    /// A connection in a transaction that sees one state of the database, for as long as it is held.
    pub async fn freeze(&self) -> Result<Lease, StoreError> {
        let begun = async {
            let lease = Lease(Some(self.client().await?));
            lease.client()?.batch_execute(BEGIN_FROZEN).await?;
            Ok::<_, Failed>(lease)
        };
        begun.await.map_err(|failed| failed.error)
    }

    pub async fn commit(&self, statements: &[Statement]) -> Result<Vec<u64>, StoreError> {
        let (steps, mut tries) = (steps(statements), Tries::default());
        loop {
            let failed = match self.limited(self.try_commit(&steps)).await {
                Ok(rows) => {
                    let mut touched = vec![0; statements.len()];
                    for (step, rows) in steps.iter().zip(rows) {
                        if let Some(place) = step.place.and_then(|place| touched.get_mut(place)) {
                            *place = rows;
                        }
                    }
                    self.counters.commits.fetch_add(1, Ordering::Relaxed);
                    return Ok(touched);
                }
                Err(failed) => failed,
            };
            if let Err(error) = tries.again(failed, &self.counters).await {
                self.counters.failed_commits.fetch_add(1, Ordering::Relaxed);
                return Err(error);
            }
        }
    }

    async fn try_commit(&self, steps: &[Step<'_>]) -> Result<Vec<u64>, Failed> {
        let lease = Lease(Some(self.client().await?));
        let outcome = {
            let client = lease.client()?;
            match prepare(client, steps.iter().map(|step| &*step.statement.sql)).await {
                Ok(prepared) => self.run(client, steps, &prepared).await,
                Err(e) => Outcome::RollBack(e.into()),
            }
        };
        match outcome {
            Outcome::Committed(touched) => {
                lease.finish();
                Ok(touched)
            }
            Outcome::RollBack(failed) => Err(lease.roll_back(failed).await),
            Outcome::Ended(failed) => {
                // The connection is closed, for it may be in any state. This happens seldom.
                drop(lease);
                Err(failed)
            }
        }
    }

    /// All statements travel at once. When their success already proves what each expects, COMMIT travels with them, else
    /// it follows when the counts are known.
    async fn run(
        &self,
        client: &Object,
        steps: &[Step<'_>],
        prepared: &[tokio_postgres::Statement],
    ) -> Outcome {
        let certain = steps.iter().all(|step| proves_itself(&step.statement));
        if let ([step], [prepared], true) = (steps, prepared, certain) {
            // A statement on its own is a transaction.
            return match execute(client, prepared, &step.statement.binds).await {
                Ok(touched) => Outcome::Committed(vec![touched]),
                Err(e) => match Failed::from(e).while_committing() {
                    failed if failed.reported => Outcome::RollBack(failed),
                    failed => Outcome::Ended(failed),
                },
            };
        }
        let mut calls: Vec<Call<'_, u64>> = vec![simple(client, BEGIN)];
        for (step, prepared) in steps.iter().zip(prepared) {
            calls.push(Box::pin(execute(client, prepared, &step.statement.binds)));
        }
        if certain {
            calls.push(simple(client, "COMMIT"));
        }
        let all = calls.len();
        let results = in_order(calls).await;
        let commit_sent = certain && results.len() == all;
        let mut touched = Vec::with_capacity(steps.len());
        for (place, result) in results.into_iter().enumerate() {
            let failed = match result {
                Ok(rows) => {
                    // The first answer is that to BEGIN, the last may be that to COMMIT.
                    match place.checked_sub(1).and_then(|at| steps.get(at)) {
                        Some(step) if step.statement.expect.allows(rows) => {
                            touched.push(rows);
                            continue;
                        }
                        Some(step) => Failed {
                            error: StoreError::Stale { statement: step.place.unwrap_or(place - 1) },
                            class: Class::Plain,
                            reported: true,
                        },
                        None => continue,
                    }
                }
                Err(e) => Failed::from(e),
            };
            let was_commit = place > steps.len();
            return match failed {
                // The server said that a statement failed: a COMMIT behind it did nothing.
                failed if failed.reported && !was_commit => Outcome::RollBack(failed),
                failed if commit_sent => Outcome::Ended(failed.while_committing()),
                failed => Outcome::RollBack(failed),
            };
        }
        if commit_sent {
            return Outcome::Committed(touched);
        }
        match client.batch_execute("COMMIT").await {
            Ok(()) => Outcome::Committed(touched),
            Err(e) => Outcome::Ended(Failed::from(e).while_committing()),
        }
    }

    pub async fn load(&self, table: &str, columns: &[&str], rows: &[Row]) -> Result<u64, StoreError> {
        let result = self.try_load(table, columns, rows).await;
        result.map_err(|failed| failed.error)
    }

    async fn try_load(&self, table: &str, columns: &[&str], rows: &[Row]) -> Result<u64, Failed> {
        let (table, columns) = (quoted(table), quoted_list(columns));
        let lease = Lease(Some(self.client().await?));
        let copied = async {
            let client = lease.client()?;
            let shape = client.prepare(&format!("SELECT {columns} FROM {table}")).await?;
            let types: Vec<_> = shape.columns().iter().map(|column| column.type_().clone()).collect();
            client.batch_execute(BEGIN_LONG).await?;
            let sink =
                client.copy_in(&format!("COPY {table} ({columns}) FROM STDIN (FORMAT binary)")).await?;
            let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
            for row in rows {
                writer.as_mut().write_raw(row.iter().map(Bound)).await?;
            }
            Ok::<u64, Failed>(writer.as_mut().finish().await?)
        };
        match copied.await {
            Ok(count) => {
                lease
                    .client()?
                    .batch_execute("COMMIT")
                    .await
                    .map_err(|e| Failed::from(e).while_committing())?;
                lease.finish();
                Ok(count)
            }
            Err(failed) => Err(lease.roll_back(failed).await),
        }
    }

    pub async fn execute_ddl(&self, sql: &str) -> Result<(), StoreError> {
        let lease = Lease(Some(self.client().await.map_err(|failed| failed.error)?));
        let run = async {
            // Not in a transaction: CREATE INDEX CONCURRENTLY, VACUUM.
            let client = lease.client()?;
            client.batch_execute("SET statement_timeout = 0").await?;
            client.batch_execute(sql).await?;
            let back = format!("SET statement_timeout = {}", self.options.statement_timeout.as_millis());
            Ok::<(), Failed>(client.batch_execute(&back).await?)
        };
        run.await.map_err(|failed| failed.error)?;
        lease.finish();
        Ok(())
    }

    /// The steps in the database. `None` when it has no table of steps.
    pub async fn applied_steps(&self, sql: &str) -> Result<Option<Vec<(i64, String)>>, Stopped> {
        let settled =
            |failed: Failed| Stopped { overtaken: failed.class != Class::Plain, error: failed.error };
        let client = self.client().await.map_err(settled)?;
        match client.query(sql, &[]).await {
            Ok(rows) => {
                let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
                let rows: Result<_, PgError> = rows.iter().map(read).collect();
                Ok(Some(rows.map_err(|e| settled(e.into()))?))
            }
            Err(e) if e.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(None),
            Err(e) => Err(settled(e.into())),
        }
    }

    /// A row first, then the DDL, in one transaction.
    pub async fn transaction_of_ddl(
        &self,
        record: Option<(&str, &[Value])>,
        ddl: &str,
    ) -> Result<(), Stopped> {
        let client = self.client().await.map_err(|f| Stopped { error: f.error, overtaken: false })?;
        let lease = Lease(Some(client));
        let run = async {
            let client = lease.client().map_err(|f| (f, false))?;
            let fail = |e: PgError| {
                let overtaken = seems_overtaken(&e);
                (Failed::from(e), overtaken)
            };
            client.batch_execute(BEGIN_LONG).await.map_err(fail)?;
            if let Some((sql, values)) = record {
                let statement = client.prepare(sql).await.map_err(fail)?;
                execute(client, &statement, values).await.map_err(fail)?;
            }
            client.batch_execute(ddl).await.map_err(fail)?;
            client.batch_execute("COMMIT").await.map_err(fail)
        };
        match run.await {
            Ok(()) => {
                lease.finish();
                Ok(())
            }
            Err((failed, overtaken)) => {
                Err(Stopped { error: lease.roll_back(failed).await.error, overtaken })
            }
        }
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        let limit = self.options.connect_timeout + self.options.wait_timeout;
        let ask = async { Ok(self.client().await?.batch_execute("SELECT 1").await?) };
        match tokio::time::timeout(limit, ask).await {
            Ok(answer) => answer.map_err(|failed: Failed| failed.error),
            Err(_) => Err(StoreError::Unavailable("no answer from the database".into())),
        }
    }

    /// Lets what runs end, within the time any call may take.
    pub async fn close(&self) {
        self.pool.close();
        let end = tokio::time::Instant::now() + self.options.statement_timeout + GRACE;
        while self.pool.status().size > 0 && tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn stats(&self) -> EngineStats {
        let c = &self.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let pool = self.pool.status();
        EngineStats {
            commits: get(&c.commits),
            failed_commits: get(&c.failed_commits),
            batches: get(&c.commits),
            retries: get(&c.retries),
            reads: get(&c.reads),
            timeouts: get(&c.timeouts),
            refused: get(&c.refused),
            write_queue: pool.waiting as u64,
            connections: pool.size as u64,
            connections_in_use: pool.size.saturating_sub(pool.available) as u64,
            ..EngineStats::default()
        }
    }
}

/// Repeats of one call.
#[derive(Default)]
struct Tries {
    lost: u32,
    broken: u32,
    plans: u32,
}

impl Tries {
    /// Returns when the call may be made again.
    async fn again(&mut self, failed: Failed, counters: &Counters) -> Result<(), StoreError> {
        match failed.class {
            Class::Lost if self.lost < ATTEMPTS => {
                self.lost += 1;
                // Two that met once shall not meet again.
                let jitter = RandomState::new().hash_one(self.lost) % (4 << self.lost);
                tokio::time::sleep(Duration::from_millis(1 + jitter)).await;
            }
            Class::Broken if self.broken < 1 => self.broken += 1,
            Class::Plans if self.plans < 2 => self.plans += 1,
            _ => {
                if failed.error == StoreError::Timeout {
                    counters.timeouts.fetch_add(1, Ordering::Relaxed);
                }
                return Err(failed.error);
            }
        }
        counters.retries.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// How a transaction ended.
enum Outcome {
    Committed(Vec<u64>),
    /// It did not; ROLLBACK makes the connection fit for others.
    RollBack(Failed),
    /// In whatever way: the connection must go.
    Ended(Failed),
}

/// A statement of a commit, in its turn.
struct Step<'s> {
    /// Its place among what the caller gave; none for a lock.
    place: Option<usize>,
    statement: Cow<'s, Statement>,
}

/// The statements of a commit in the order in which they are run: search documents come last, in the order of their ids. A document is
/// made from what the statement sees that makes it. So its row is locked before, by a statement of its own: whoever writes the same
/// record's document at the same time has committed when the next statement looks.
fn steps(statements: &[Statement]) -> Vec<Step<'_>> {
    let mut documents: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut steps = Vec::with_capacity(statements.len() + 1);
    for (place, statement) in statements.iter().enumerate() {
        match &statement.document {
            Some(document) => documents.entry(document).or_default().push((place, statement)),
            None => steps.push(Step { place: Some(place), statement: Cow::Borrowed(statement) }),
        }
    }
    for (document, versions) in documents {
        let sql = format!("SELECT 1 FROM {} WHERE \"id\" = $1 FOR UPDATE", quoted(&document.table));
        let lock = Statement::new(sql, vec![Value::Int(document.id)], Expect::Any);
        steps.push(Step { place: None, statement: Cow::Owned(lock) });
        let version = |(place, statement)| Step { place: Some(place), statement: Cow::Borrowed(statement) };
        steps.extend(versions.into_iter().map(version));
    }
    steps
}

/// Whether success alone means that the expected rows were touched: a plain `INSERT … VALUES` inserts all its rows or
/// fails. Looked for in the text, and rather missed than seen where it is not.
fn proves_itself(statement: &Statement) -> bool {
    if statement.expect == Expect::Any {
        return true;
    }
    let text = statement.sql.as_bytes();
    let has = |word: &[u8]| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    text.get(..12).is_some_and(|start| start.eq_ignore_ascii_case(b"INSERT INTO "))
        && has(b"VALUES")
        && !has(b"SELECT")
        && !has(b"CONFLICT")
}

/// The names under which a unique violation or an existing object means that another process does the same.
fn seems_overtaken(error: &PgError) -> bool {
    let Some(db) = error.as_db_error() else { return false };
    match db.code().code() {
        "40001" | "40P01" | "42P07" | "42710" => true,
        "23505" => db.constraint().is_some_and(|name| name == "schema_step_pkey" || name.starts_with("pg_")),
        _ => false,
    }
}

type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, PgError>> + Send + 'a>>;

/// Sends all calls before waiting for the first answer. tokio-postgres sends at a future's first poll, and the server
/// answers in order. A call that fails before it is sent (a value of the wrong type) keeps those behind it from being sent,
/// so there can be fewer results than calls.
async fn in_order<T>(mut calls: Vec<Call<'_, T>>) -> Vec<Result<T, PgError>> {
    let mut early = Vec::with_capacity(calls.len());
    std::future::poll_fn(|context| {
        for call in &mut calls {
            match call.as_mut().poll(context) {
                std::task::Poll::Ready(result) => {
                    let failed = result.is_err();
                    early.push(Some(result));
                    if failed {
                        break;
                    }
                }
                std::task::Poll::Pending => early.push(None),
            }
        }
        std::task::Poll::Ready(())
    })
    .await;
    let mut results = Vec::with_capacity(early.len());
    for (call, early) in calls.into_iter().zip(early) {
        results.push(match early {
            Some(result) => result,
            None => call.await,
        });
    }
    results
}

fn simple<'a, T: Default + 'a>(client: &'a Object, sql: &'static str) -> Call<'a, T> {
    Box::pin(async move { client.batch_execute(sql).await.map(|()| T::default()) })
}

async fn prepare<'a>(
    client: &Object,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Vec<tokio_postgres::Statement>, PgError> {
    let mut prepared = Vec::with_capacity(texts.size_hint().0);
    for text in texts {
        // One after the other: after the first few calls they are all there.
        prepared.push(client.prepare_cached(text).await?);
    }
    Ok(prepared)
}

async fn execute(
    client: &Object,
    statement: &tokio_postgres::Statement,
    values: &[Value],
) -> Result<u64, PgError> {
    client.execute_raw(statement, values.iter().map(Bound)).await
}

async fn fetch(
    client: &Object,
    statement: &tokio_postgres::Statement,
    values: &[Value],
) -> Result<Vec<tokio_postgres::Row>, PgError> {
    let values: Vec<Bound<'_>> = values.iter().map(Bound).collect();
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
    client.query(statement, &values).await
}

fn cells(row: &tokio_postgres::Row) -> Result<Row, PgError> {
    (0..row.len()).map(|at| row.try_get::<_, Cell>(at).map(|cell| cell.0)).collect()
}

/// The configuration, and the file of trusted certificates. tokio-postgres does not know `sslrootcert` and the two modes
/// that verify; ours always verifies.
fn read_url(url: &str) -> Result<(Config, Option<String>), StoreError> {
    let mut roots = None;
    let text = match url.split_once('?') {
        None => url.to_owned(),
        Some((before, parameters)) => {
            let mut kept = Vec::new();
            for parameter in parameters.split('&') {
                match parameter.split_once('=') {
                    Some(("sslrootcert", file)) => roots = Some(file.replace("%2F", "/").replace("%2f", "/")),
                    Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
                    _ => kept.push(parameter),
                }
            }
            format!("{before}?{}", kept.join("&"))
        }
    };
    // The message of the error does not repeat the URL, which has the password.
    let config = text.parse().map_err(|e: PgError| match e.source() {
        Some(source) => StoreError::Invalid(format!("the database's URL: {e}: {source}")),
        None => StoreError::Invalid(format!("the database's URL: {e}")),
    })?;
    Ok((config, roots))
}

fn tls_config(roots: Option<String>) -> Result<rustls::ClientConfig, StoreError> {
    let unusable = |what: String| StoreError::Unavailable(format!("TLS: {what}"));
    let found = match &roots {
        Some(file) => rustls_native_certs::load_certs_from_paths(Some(file.as_ref()), None),
        None => rustls_native_certs::load_native_certs(),
    };
    let mut store = rustls::RootCertStore::empty();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        let why = found.errors.first().map_or_else(|| "none found".to_owned(), ToString::to_string);
        return Err(unusable(format!("no trusted certificates: {why}")));
    }
    // Named, so that another crate's choice of provider does not matter.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(e.to_string()))?;
    Ok(config.with_root_certificates(store).with_no_client_auth())
}
