//! SQLite: opening, reading, and the threads.

use super::migrate::{self, Step};
use super::queue::{Queue, Refused};
use super::sqlite_names::{Names, damaged};
use super::sqlite_writer::{self as writer, Checkpoint, Job};
use super::{Cost, EngineStats, Query, Row, RowWatch, Statement, StoreError, Value, quoted, quoted_list};
use crate::private;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError as Busy};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};

/// How SQLite is run. The defaults are for a service that should stay small.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// Reader threads, and as many connections for inline point reads. `0`: one per core, at least 2, at most 8.
    pub readers: usize,
    /// How long a read may take, from the moment it is asked for.
    pub read_deadline: Duration,
    /// Scans that may wait before [`StoreError::Unavailable`] is the answer.
    pub read_queue: usize,
    /// Commits that may wait; further callers wait to get into the queue, up to `read_deadline`.
    pub write_queue: usize,
    /// Page cache of all connections together, in MiB. A third belongs to the writer.
    pub cache_mib: u32,
    /// What records that were read lately may take in memory, in MiB. Some four hundred requests each.
    pub records_mib: u32,
    /// How much of the file each connection may map. `0`, the default: memory maps turn a disk error into a crash
    /// (SIGBUS), and count once per connection as resident memory.
    pub mmap_bytes: u64,
    /// Whether another process may have the database open at the same time. Only for short work beside a running
    /// server that touches nothing it keeps in memory: SQLite's own locks keep the file whole, not our caches.
    pub shared: bool,
    /// The size at which the database is full, in pages of 4 KiB. For tests of a full disk.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 0,
            read_deadline: Duration::from_secs(10),
            read_queue: 1024,
            write_queue: 4096,
            cache_mib: 36,
            records_mib: 24,
            mmap_bytes: 0,
            shared: false,
            max_pages: None,
        }
    }
}

/// How long a connection waits for a lock of another connection of ours. In WAL mode that is rare and short.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// What an inline read may take before it is handed to a reader thread: then it was no point read after all.
const INLINE: Duration = Duration::from_millis(100);
/// Virtual machine steps between two looks at the clock.
const STEPS: std::ffi::c_int = 2_000;
/// Queries of one snapshot that are still worth running inline.
const MOST_INLINE: usize = 8;
/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// What the threads share.
pub(super) struct Shared {
    pub writes: Queue<Job>,
    /// Room in `writes`: callers wait for it without blocking a thread.
    pub permits: Semaphore,
    pub checkpoint: Checkpoint,
    pub names: Names,
    pub counters: Counters,
    pub changes: writer::Changes,
    /// Whether another process may have the database open.
    pub is_shared: bool,
    reads: Queue<Scan>,
    closing: Arc<AtomicBool>,
}

#[derive(Default)]
pub(super) struct Counters {
    pub commits: AtomicU64,
    pub failed_commits: AtomicU64,
    pub batches: AtomicU64,
    pub retries: AtomicU64,
    pub wal_pages: AtomicU64,
    pub checkpoints: AtomicU64,
    pub batch_us: AtomicU64,
    pub commit_us: AtomicU64,
    pub log_us: AtomicU64,
    pub tidied: AtomicU64,
    reads: AtomicU64,
    inline_reads: AtomicU64,
    timeouts: AtomicU64,
    refused: AtomicU64,
    reading: AtomicU64,
}

/// A read for a reader thread.
struct Scan {
    queries: Vec<Query>,
    deadline: Instant,
    /// Set when nobody waits for the answer any more.
    cancelled: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<Vec<Vec<Row>>, StoreError>>,
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection for inline reads.
struct Inline {
    connection: Connection,
    /// When the read that runs must end, in microseconds since `base`.
    deadline: Arc<AtomicU64>,
    base: Instant,
}

/// The engine.
pub(super) struct Sqlite {
    shared: Arc<Shared>,
    inline: Vec<Mutex<Option<Inline>>>,
    /// Where the search for a free inline connection begins.
    turn: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
    deadline: Duration,
    path: PathBuf,
    options: SqliteOptions,
    /// Held while the database is open.
    lock: Mutex<Option<File>>,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Sqlite {
    pub fn open(path: &Path, options: &SqliteOptions) -> Result<Self, StoreError> {
        let cannot = |e: std::io::Error| StoreError::Unavailable(format!("{}: {e}", path.display()));
        let path = &prepare_file(path).map_err(cannot)?;
        let lock = if options.shared { None } else { Some(lock_file(path)?) };
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = if options.readers == 0 { cores.clamp(2, 8) } else { options.readers };

        let names = Names::default();
        let opened = open_writer(path, options);
        let writer = opened
            .and_then(|writer| names.refresh(&writer).map(|()| writer))
            .map_err(|e| StoreError::Unavailable(format!("{}: {}", path.display(), names.explain(e))))?;
        let shared = Arc::new(Shared {
            // Bounded by the permits.
            writes: Queue::new(usize::MAX),
            permits: Semaphore::new(options.write_queue.clamp(1, Semaphore::MAX_PERMITS)),
            checkpoint: Checkpoint::default(),
            names,
            counters: Counters::default(),
            changes: writer::Changes::default(),
            is_shared: options.shared,
            reads: Queue::new(options.read_queue.max(1)),
            closing: Arc::new(AtomicBool::new(false)),
        });
        // From here on, dropping `engine` ends what was started.
        let mut engine = Self {
            shared: shared.clone(),
            inline: Vec::new(),
            turn: AtomicUsize::new(0),
            threads: Mutex::new(Vec::new()),
            deadline: options.read_deadline,
            path: path.clone(),
            options: options.clone(),
            lock: Mutex::new(lock),
        };
        let explain = |e| StoreError::Unavailable(shared.names.explain(e).to_string());
        let s = shared.clone();
        engine.spawn("store-writer", move || writer::run(&s, writer))?;
        let (s, connection) = (shared.clone(), open_checkpointer(path).map_err(explain)?);
        engine.spawn("store-checkpoint", move || writer::checkpoints(&s, &connection))?;
        let cache = reader_cache(options, readers);
        for _ in 0..readers {
            let (s, connection) = (shared.clone(), open_reader(path, options, cache).map_err(explain)?);
            engine.spawn("store-reader", move || run_scans(&s, connection))?;
            let inline = open_inline(path, options, cache).map_err(explain)?;
            engine.inline.push(Mutex::new(Some(inline)));
        }
        Ok(engine)
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        let thread = thread.map_err(|e| StoreError::Unavailable(format!("no thread: {e}")))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    pub fn is_shared(&self) -> bool {
        self.shared.is_shared
    }

    pub fn records_bytes(&self) -> u64 {
        u64::from(self.options.records_mib) * 1024 * 1024
    }

    pub fn watch_rows(&self, watch: Arc<dyn RowWatch>) -> bool {
        !self.shared.is_shared && self.shared.changes.watch(watch)
    }

    /// By the writer, between two transactions: of one that is open some rows would be told and others not.
    pub async fn follow(&self, table: &str) -> Result<(), StoreError> {
        let (table, changes) = (table.to_owned(), self.shared.changes.clone());
        self.alone(move |_| {
            changes.follow(table);
            Ok(())
        })
        .await
    }

    /// A reading connection beside those of the engine's own threads. It is interrupted when the database closes.
    pub fn another_reader(&self) -> Result<Reader, StoreError> {
        let shared = self.shared.clone();
        let cache = reader_cache(&self.options, self.inline.len());
        let closing = shared.closing.clone();
        let opened = open_reader(&self.path, &self.options, cache).and_then(|mut connection| {
            connection.progress_handler(STEPS, Some(move || closing.load(Ordering::Relaxed)))?;
            Ok(connection)
        });
        match opened {
            Ok(connection) => Ok(Reader { connection, shared }),
            Err(error) => Err(StoreError::Unavailable(shared.names.explain(error).to_string())),
        }
    }

    pub async fn read(&self, query: Query) -> Result<Vec<Row>, StoreError> {
        if query.cost == Cost::Point
            && let Some(rows) = self.read_inline(std::slice::from_ref(&query), only)?
        {
            return Ok(rows);
        }
        only(self.scan(vec![query]).await?)
    }

    pub async fn read_many(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        if queries.len() <= MOST_INLINE
            && queries.iter().all(|query| query.cost == Cost::Point)
            && let Some(answers) = self.read_inline(&queries, Ok)?
        {
            return Ok(answers);
        }
        self.scan(queries).await
    }

    /// Reads on this very thread, although it drives async tasks: a point read takes a few microseconds, less than
    /// handing it to another thread and being woken again. `None` when no connection is free, or when the
    /// query is no point read and would hold up the other tasks.
    fn read_inline<T>(
        &self,
        queries: &[Query],
        then: impl FnOnce(Vec<Vec<Row>>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let start = self.turn.load(Ordering::Relaxed);
        for step in 0..self.inline.len() {
            let place = (start + step) % self.inline.len();
            let Some(slot) = self.inline.get(place) else { break };
            let mut guard = match slot.try_lock() {
                Ok(guard) => guard,
                Err(Busy::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(Busy::WouldBlock) => continue,
            };
            let Some(inline) = guard.as_mut() else { return Err(closed()) };
            if step > 0 {
                // Two threads that begin at the same place meet there every time.
                self.turn.store(place, Ordering::Relaxed);
            }
            let until = (inline.base.elapsed() + INLINE).as_micros();
            inline.deadline.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
            let result = snapshot(&inline.connection, queries);
            drop(guard);
            return match result {
                Ok(answers) => {
                    self.shared.counters.inline_reads.fetch_add(1, Ordering::Relaxed);
                    then(answers).map(Some)
                }
                Err(error) => match self.explain(error) {
                    StoreError::Timeout | StoreError::Unavailable(_) => Ok(None),
                    error => Err(error),
                },
            };
        }
        Ok(None)
    }

    async fn scan(&self, queries: Vec<Query>) -> Result<Vec<Vec<Row>>, StoreError> {
        let cancelled = Arc::new(AtomicBool::new(false));
        let _cancel = CancelOnDrop(cancelled.clone());
        let (answer, answered) = oneshot::channel();
        let scan = Scan { queries, deadline: Instant::now() + self.deadline, cancelled, answer };
        if let Err(refused) = self.shared.reads.push(scan) {
            self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
            return Err(match refused {
                Refused::Full => StoreError::Unavailable("too many reads wait".into()),
                Refused::Closed => closed(),
            });
        }
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    fn explain(&self, error: ReadError) -> StoreError {
        explain_read(&self.shared, error)
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let permit = match self.shared.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => match tokio::time::timeout(self.deadline, self.shared.permits.acquire()).await {
                Ok(permit) => permit.map_err(|_| closed())?,
                Err(_) => {
                    self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
                    return Err(StoreError::Unavailable("too many commits wait".into()));
                }
            },
        };
        // The writer gives it back when it takes the job.
        permit.forget();
        self.shared.writes.push(job).map_err(|_| closed())
    }

    pub async fn commit(&self, statements: Vec<Statement>) -> Result<Vec<u64>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Commit(statements, answer)).await?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    /// Runs something on the writer's connection. When it fails, its transaction is rolled back.
    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let shared = self.shared.clone();
        let job = move |connection: &Connection| {
            let result = work(connection).map_err(|trouble| trouble.explain(&shared.names));
            if result.is_err() {
                writer::roll_back(connection);
            }
            shared.changes.tell();
            let _gone = answer.send(result);
        };
        self.send(Job::Alone(Box::new(job))).await?;
        answered.await.unwrap_or_else(|_| Err(lost()))
    }

    pub async fn load(&self, table: &str, columns: &[&str], rows: Vec<Row>) -> Result<u64, StoreError> {
        // Several rows per statement save calls; more than some hundred values per statement save nothing more.
        let portion = (256 / columns.len()).clamp(1, 32);
        let head = format!("INSERT INTO {} ({}) VALUES ", quoted(table), quoted_list(columns));
        let tuple = format!("({})", vec!["?"; columns.len()].join(", "));
        let one = format!("{head}{tuple}");
        let many = format!("{head}{}", vec![tuple.as_str(); portion].join(", "));
        self.alone(move |connection| {
            writer::execute(connection, "BEGIN IMMEDIATE")?;
            let mut full = connection.prepare(&many)?;
            let mut single = connection.prepare(&one)?;
            let portions = rows.chunks_exact(portion);
            let rest = portions.remainder();
            for rows in portions {
                for (at, value) in rows.iter().flatten().enumerate() {
                    full.raw_bind_parameter(at + 1, Bound(value))?;
                }
                full.raw_execute()?;
            }
            for row in rest {
                for (at, value) in row.iter().enumerate() {
                    single.raw_bind_parameter(at + 1, Bound(value))?;
                }
                single.raw_execute()?;
            }
            writer::execute(connection, "COMMIT")?;
            Ok(rows.len() as u64)
        })
        .await
    }

    pub async fn execute_ddl(&self, sql: &str) -> Result<(), StoreError> {
        let (sql, shared) = (sql.to_owned(), self.shared.clone());
        self.alone(move |connection| {
            connection.execute_batch(&sql)?;
            Ok(shared.names.refresh(connection)?)
        })
        .await
    }

    pub async fn migrate(&self, steps: &[Step], now_ms: i64) -> Result<usize, StoreError> {
        let (steps, shared) = (steps.to_vec(), self.shared.clone());
        self.alone(move |connection| {
            writer::execute(connection, "BEGIN IMMEDIATE")?;
            connection.execute_batch(migrate::TABLE)?;
            let applied = {
                let mut statement = connection.prepare(migrate::APPLIED)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<Result<Vec<(i64, String)>, _>>()?
            };
            let pending = migrate::pending(&steps, &applied, super::Dialect::Sqlite)?;
            if !applied.is_empty() && !pending.is_empty() {
                tracing::info!(
                    steps = pending.len(),
                    "bringing the database up to date; a large one may take minutes"
                );
            }
            for step in &pending {
                connection.execute_batch(&step.sqlite).map_err(|e| step.failed(&shared.names.explain(e)))?;
                let mut record = connection.prepare_cached(migrate::RECORD)?;
                for (at, value) in step.record(super::Dialect::Sqlite, now_ms).iter().enumerate() {
                    record.raw_bind_parameter(at + 1, Bound(value))?;
                }
                record.raw_execute()?;
            }
            writer::execute(connection, "COMMIT")?;
            shared.names.refresh(connection)?;
            Ok(pending.len())
        })
        .await
    }

    pub async fn ping(&self) -> Result<(), StoreError> {
        if self.shared.closing.load(Ordering::Relaxed) || self.shared.permits.is_closed() {
            return Err(closed());
        }
        let query =
            Query { sql: "SELECT count(*) FROM sqlite_schema".into(), binds: Vec::new(), cost: Cost::Point };
        self.read(query).await.map(|_| ())
    }

    /// Ends everything. Blocks until the queued commits are on disk.
    pub fn shutdown(&self) {
        let shared = &self.shared;
        shared.closing.store(true, Ordering::Relaxed);
        shared.permits.close();
        shared.reads.close();
        // Before the writer ends, so that it can empty the log.
        for slot in &self.inline {
            slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // In reverse order: readers, checkpoints, and last the writer.
        while let Some(thread) = threads.pop() {
            if threads.is_empty() {
                shared.writes.close();
            } else {
                shared.checkpoint.end();
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the database had panicked");
            }
        }
        drop(threads);
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub fn stats(&self) -> EngineStats {
        let c = &self.shared.counters;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let readers = self.inline.len() as u64;
        let inline_busy = self.inline.iter().filter(|slot| matches!(slot.try_lock(), Err(Busy::WouldBlock)));
        let inline_reads = get(&c.inline_reads);
        EngineStats {
            commits: get(&c.commits),
            failed_commits: get(&c.failed_commits),
            batches: get(&c.batches),
            retries: get(&c.retries),
            reads: get(&c.reads) + inline_reads,
            inline_reads,
            timeouts: get(&c.timeouts),
            refused: get(&c.refused),
            write_queue: self.shared.writes.len() as u64,
            read_queue: self.shared.reads.len() as u64,
            connections: if self.shared.closing.load(Ordering::Relaxed) { 0 } else { 2 + 2 * readers },
            connections_in_use: get(&c.reading) + inline_busy.count() as u64,
            wal_pages: get(&c.wal_pages),
            checkpoints: get(&c.checkpoints),
            batch_time: Duration::from_micros(get(&c.batch_us)),
            commit_time: Duration::from_micros(get(&c.commit_us)),
            log_time: Duration::from_micros(get(&c.log_us)),
            tidied: get(&c.tidied),
        }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// A connection for whoever reads for long.
pub(super) struct Reader {
    connection: Connection,
    shared: Arc<Shared>,
}

impl Reader {
    /// Begins the one transaction in which it reads.
    pub fn begin(&self) -> Result<(), StoreError> {
        writer::execute(&self.connection, "BEGIN").map(|_| ()).map_err(|e| self.shared.names.explain(e))
    }

    /// One query.
    pub fn read(&self, query: &Query) -> Result<Vec<Row>, StoreError> {
        run_query(&self.connection, query).map_err(|error| match explain_read(&self.shared, error) {
            StoreError::Timeout => closed(),
            error => error,
        })
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("the database is closed".into())
}

fn lost() -> StoreError {
    StoreError::Unavailable("the writer ended; the outcome is unknown".into())
}

fn only(answers: Vec<Vec<Row>>) -> Result<Vec<Row>, StoreError> {
    answers.into_iter().next().ok_or_else(|| StoreError::Invalid("no query".into()))
}

/// What stops work on the writer's connection.
enum Trouble {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Trouble {
    fn explain(self, names: &Names) -> StoreError {
        match self {
            Self::Sqlite(error) => names.explain(error),
            Self::Store(error) => error,
        }
    }
}

/// Creates folder and file, readable by nobody else, and gives the file's real path. SQLite gives its other files the
/// same mode.
fn prepare_file(path: &Path) -> std::io::Result<PathBuf> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private::folder(folder)?;
    }
    private::file().read(true).truncate(false).open(path)?;
    // Two names of one file must meet at one lock.
    std::fs::canonicalize(path)
}

/// Beside the database, not on it: SQLite's own locks live there, and closing any handle of a file drops them.
fn lock_file(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let cannot = |e: std::io::Error| StoreError::Unavailable(format!("{}: {e}", Path::new(&name).display()));
    let file = private::file().read(true).truncate(false).open(&name).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unavailable(format!(
            "{} is already open, perhaps in another process",
            path.display()
        ))),
        Err(TryLockError::Error(e)) => Err(cannot(e)),
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without this SQLite plans anew each time that a value is bound which a plan might depend on, as a LIMIT or a flag: nearly
    // every statement then is parsed at every run, those of FTS5 inside included. What values mean for a plan we know ourselves.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Foreign keys stay off: the rules above check references, and each check would be one more lookup per insert.
    connection.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL;",
    )?;
    Ok(connection)
}

fn open_writer(path: &Path, options: &SqliteOptions) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A log that begins anew is cut only when it has outgrown what it usually comes to: cutting it and letting it grow
    // again costs the disk more than room.
    connection.pragma_update(None, "journal_size_limit", 2 * writer::WAL_CAP.cast_signed() * 4096)?;
    connection.pragma_update(None, "cache_size", -(i64::from(options.cache_mib) * 1024 / 3))?;
    connection.pragma_update(None, "mmap_size", options.mmap_bytes.cast_signed())?;
    if let Some(pages) = options.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    Ok(connection)
}

fn open_checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "cache_size", -256)?;
    Ok(connection)
}

/// KiB of page cache for each reading connection.
fn reader_cache(options: &SqliteOptions, readers: usize) -> i64 {
    let connections = i64::try_from(readers * 2).unwrap_or(2).max(1);
    (i64::from(options.cache_mib) * 1024 * 2 / 3 / connections).max(512)
}

fn open_reader(path: &Path, options: &SqliteOptions, cache: i64) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -cache)?;
    connection.pragma_update(None, "mmap_size", options.mmap_bytes.cast_signed())?;
    Ok(connection)
}

fn open_inline(path: &Path, options: &SqliteOptions, cache: i64) -> rusqlite::Result<Inline> {
    let mut connection = open_reader(path, options, cache)?;
    // It runs on a thread that others need: rather give up and let a reader thread wait.
    connection.busy_timeout(Duration::from_millis(5))?;
    let (deadline, base) = (Arc::new(AtomicU64::new(u64::MAX)), Instant::now());
    let seen = deadline.clone();
    connection.progress_handler(
        STEPS,
        Some(move || base.elapsed().as_micros() > u128::from(seen.load(Ordering::Relaxed))),
    )?;
    Ok(Inline { connection, deadline, base })
}

/// A reader thread. Ends when the queue is closed and empty.
fn run_scans(shared: &Shared, mut connection: Connection) {
    while let Some(scan) = shared.reads.pop() {
        let Scan { queries, deadline, cancelled, answer } = scan;
        if cancelled.load(Ordering::Relaxed) {
            continue;
        }
        shared.counters.reading.fetch_add(1, Ordering::Relaxed);
        let result = run_scan(shared, &mut connection, &queries, deadline, cancelled);
        shared.counters.reading.fetch_sub(1, Ordering::Relaxed);
        shared.counters.reads.fetch_add(1, Ordering::Relaxed);
        if result == Err(StoreError::Timeout) {
            shared.counters.timeouts.fetch_add(1, Ordering::Relaxed);
        }
        let _gone = answer.send(result);
    }
}

fn run_scan(
    shared: &Shared,
    connection: &mut Connection,
    queries: &[Query],
    deadline: Instant,
    cancelled: Arc<AtomicBool>,
) -> Result<Vec<Vec<Row>>, StoreError> {
    if Instant::now() >= deadline {
        return Err(StoreError::Timeout);
    }
    let closing = shared.closing.clone();
    let is_spent = Arc::new(AtomicBool::new(false));
    let mut steps = match queries {
        [Query { cost: Cost::Try(steps), .. }] => *steps,
        _ => u64::MAX,
    };
    let stop = {
        let (closing, is_spent) = (closing.clone(), is_spent.clone());
        move || {
            steps = steps.saturating_sub(STEPS.unsigned_abs().into());
            is_spent.store(steps == 0, Ordering::Relaxed);
            steps == 0
                || cancelled.load(Ordering::Relaxed)
                || closing.load(Ordering::Relaxed)
                || Instant::now() >= deadline
        }
    };
    let watched = connection.progress_handler(STEPS, Some(stop));
    let result = watched.map_err(ReadError::Sqlite).and_then(|()| snapshot(connection, queries));
    result.map_err(|error| match explain_read(shared, error) {
        StoreError::Timeout if closing.load(Ordering::Relaxed) => closed(),
        StoreError::Timeout if is_spent.load(Ordering::Relaxed) => StoreError::TooLong,
        error => error,
    })
}

enum ReadError {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn explain_read(shared: &Shared, error: ReadError) -> StoreError {
    match error {
        ReadError::Sqlite(error) => shared.names.explain(error),
        ReadError::Store(error) => error,
    }
}

/// Runs queries; several in one read transaction, so that they see the same state.
fn snapshot(connection: &Connection, queries: &[Query]) -> Result<Vec<Vec<Row>>, ReadError> {
    if let [query] = queries {
        return Ok(vec![run_query(connection, query)?]);
    }
    writer::execute(connection, "BEGIN")?;
    let answers = queries.iter().map(|query| run_query(connection, query)).collect();
    // Nothing was written: this only lets go of the snapshot.
    writer::roll_back(connection);
    answers
}

fn run_query(connection: &Connection, query: &Query) -> Result<Vec<Row>, ReadError> {
    let mut statement = connection.prepare_cached(&query.sql)?;
    if !statement.readonly() {
        return Err(ReadError::Store(StoreError::Invalid(format!("not a read: {}", query.sql))));
    }
    bind(&mut statement, &query.binds, ReadError::Sqlite)?;
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let columns = row.as_ref().column_count();
        let mut cells = Vec::with_capacity(columns);
        for column in 0..columns {
            cells.push(match row.get_ref(column)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(n) => Value::Int(n),
                ValueRef::Real(d) => Value::Double(d),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Value::Text(text.to_owned()),
                    // None of ours was ever written.
                    Err(_) => return Err(ReadError::Store(damaged("text is not UTF-8"))),
                },
                ValueRef::Blob(_) => {
                    return Err(ReadError::Store(damaged("a column holds a blob")));
                }
            });
        }
        found.push(cells);
    }
    Ok(found)
}

/// Binds by position. `$1 … $n` in order of first use have the numbers 1 … n.
pub(super) fn bind<E>(
    statement: &mut rusqlite::Statement<'_>,
    values: &[Value],
    explain: impl Fn(rusqlite::Error) -> E,
) -> Result<(), E> {
    let places = statement.parameter_count();
    if places != values.len() {
        return Err(explain(rusqlite::Error::InvalidParameterCount(values.len(), places)));
    }
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Bound(value)).map_err(&explain)?;
    }
    Ok(())
}

/// A value as rusqlite takes it, without a copy.
struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Bool(b) => ValueRef::Integer(i64::from(*b)),
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Double(d) => ValueRef::Real(*d),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::connect;
    use rusqlite::StatementStatus::RePrepare;

    #[test]
    fn a_statement_is_planned_once_whatever_it_is_given() {
        let dir = tempfile::tempdir().unwrap();
        let connection = connect(&dir.path().join("some.db")).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, is_open INTEGER, name TEXT) STRICT;
                 CREATE INDEX by_name ON t (is_open, name);
                 INSERT INTO t VALUES (1, 0, 'a'), (2, 1, 'b'), (3, 7, 'c');",
            )
            .unwrap();
        for (is_open, name, limit, expected) in [(1, "z", 5, 1), (0, "a", 1, 1), (7, "b", 9, 0)] {
            let sql = "SELECT id FROM t WHERE is_open = ?1 AND name <= ?2 ORDER BY id LIMIT ?3";
            let mut statement = connection.prepare_cached(sql).unwrap();
            let rows = statement.query_map((is_open, name, limit), |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!(rows.count(), expected);
            assert_eq!(statement.get_status(RePrepare), 0);
        }
    }
}
