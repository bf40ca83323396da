//! The one thread that writes to SQLite, and the one that empties the write-ahead log.

use super::queue::{Linger, Popped};
use super::sqlite::{Shared, bind};
use super::sqlite_tidy::Tidy;
use super::{Document, RowWatch, Statement, StoreError};
use rusqlite::Connection;
use rusqlite::hooks::Action;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(super) type Answer = oneshot::Sender<Result<Vec<u64>, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// A commit, which may share a transaction with its neighbours.
    Commit(Vec<Statement>, Answer),
    /// Something with the connection for itself, outside of any transaction. It answers by itself.
    Alone(Box<dyn FnOnce(&Connection) + Send>),
}

/// Commits that share a transaction. More would only make the unlucky replay dearer.
const MOST_IN_BATCH: usize = 256;
/// While commits keep arriving this close to each other, the writer waits for those it hopes for.
const GAP: Duration = Duration::from_micros(60);
/// A passive checkpoint runs for each so many pages (16 MB) …
const CHECKPOINT_AT: u64 = 4_000;
/// … and from so many (64 MB) on the writer sees to it that the log begins anew.
pub(super) const WAL_CAP: u64 = 16_384;
/// How long the writer waits for readers then: those that began before the log was copied, the others do not count …
const MOMENT: Duration = Duration::from_millis(5);
/// … and how long when the log is twice the size.
const READERS: Duration = Duration::from_millis(200);

/// What takes so long is told in the log of the server.
const SLOW: Duration = Duration::from_millis(100);

/// Runs until the queue is closed and empty, then leaves an empty log behind.
pub(super) fn run(shared: &Shared, mut connection: Connection) {
    // Should this thread panic, nobody may wait for it.
    let _abandon = Abandon(shared);
    let pages = Arc::new(AtomicU64::new(0));
    let seen = pages.clone();
    let hook = move |_: &mut rusqlite::hooks::Wal, n: std::ffi::c_int| {
        seen.store(u64::try_from(n).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    };
    if let Err(e) = connection.wal_hook(Some(hook)) {
        tracing::error!(error = %e, "the write-ahead log is not watched");
    }
    let changes = shared.changes.clone();
    let hook = move |action, _: &str, table: &str, row| changes.note(action, table, row);
    if let Err(e) = connection.update_hook(Some(hook)) {
        tracing::error!(error = %e, "rows that change are not watched");
        shared.changes.close();
    }
    let mut jobs = Vec::with_capacity(MOST_IN_BATCH);
    let mut commits = Vec::with_capacity(MOST_IN_BATCH);
    let mut hoped = 1;
    let mut usual = Duration::from_micros(200);
    let mut log = Log::new();
    let mut tidy = Tidy::new(shared.is_shared);
    loop {
        let linger = Linger { most: MOST_IN_BATCH, hoped, gap: GAP, patience: usual / 2 };
        match shared.writes.pop_many(&mut jobs, tidy.begins_after(), &linger) {
            Popped::Items => {}
            // A reader held the log, such as a backup: unless it is gone, the log shall not grow for the sake of tidiness.
            Popped::Idle if pages.load(Ordering::Relaxed) >= 2 * WAL_CAP => {
                if matches!(restart_log(shared, &connection, MOMENT), Ok(true)) {
                    pages.store(0, Ordering::Relaxed);
                    log = Log::new();
                } else {
                    tidy.put_off();
                }
                continue;
            }
            Popped::Idle => {
                if tidy.step(&connection) {
                    shared.counters.tidied.fetch_add(1, Ordering::Relaxed);
                }
                // Nobody keeps rows of an index.
                shared.changes.tell();
                tend(shared, &connection, &mut log, &pages);
                continue;
            }
            Popped::Closed => break,
        }
        shared.permits.add_permits(jobs.len());
        let taken = jobs.len();
        let started = Instant::now();
        for job in jobs.drain(..) {
            match job {
                Job::Commit(statements, answer) => commits.push((statements, answer)),
                Job::Alone(work) => {
                    run_batch(shared, &connection, &mut commits);
                    work(&connection);
                }
            }
        }
        run_batch(shared, &connection, &mut commits);
        // Whoever was answered now will soon be back, as will whoever waits already. Committing those who are
        // a few microseconds earlier alone would cost all others one more wait for the disk.
        hoped = taken + shared.writes.len();
        usual = (usual * 7 + started.elapsed().min(Duration::from_millis(20))) / 8;
        tidy.written();
        tend(shared, &connection, &mut log, &pages);
    }
    shared.checkpoint.end();
    if shared.is_shared {
        // Emptying the log waits for readers while it holds the writers of all processes. Whoever closes last does it.
        return;
    }
    let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    if let Err(e) = emptied {
        tracing::warn!(error = %e, "the write-ahead log was not emptied; the next start does it");
    }
}

/// Sees to the log after something was written.
fn tend(shared: &Shared, connection: &Connection, log: &mut Log, pages: &AtomicU64) {
    let wal = pages.load(Ordering::Relaxed);
    shared.counters.wal_pages.store(wal, Ordering::Relaxed);
    let started = Instant::now();
    if log.tend(shared, connection, wal) {
        pages.store(0, Ordering::Relaxed);
    }
    let took = started.elapsed();
    count(&shared.counters.log_us, took);
    if took >= SLOW {
        tracing::info!(ms = took.as_millis(), pages = wal, "writers waited for the log to begin anew");
    }
}

/// When the log is to be copied and begun anew.
struct Log {
    next_passive: u64,
    next_restart: u64,
    /// The checkpoint that the next restart follows upon was asked for.
    is_copied: bool,
}

impl Log {
    const fn new() -> Self {
        Self { next_passive: CHECKPOINT_AT, next_restart: WAL_CAP, is_copied: false }
    }

    /// After a commit that left so many pages in the log. True when the next one begins it anew.
    fn tend(&mut self, shared: &Shared, connection: &Connection, pages: u64) -> bool {
        if pages < CHECKPOINT_AT {
            *self = Self::new();
        } else if pages >= self.next_passive {
            // While commits keep coming the log does not begin anew, however often it is copied: once for each
            // stretch is enough.
            shared.checkpoint.ask();
            self.next_passive = pages + CHECKPOINT_AT;
        }
        if pages < self.next_restart {
            return false;
        }
        // Nobody may write meanwhile. So the other thread copies what there is, and the writer only what came in that time;
        // and it waits for readers as little as it can: some take long, and at another moment there is none of them. Only a
        // log of twice the size is worth waiting for, and four times the size a slow disk must slow the writer down.
        // Readers are never waited for longer than a moment: they end at their deadline, and a backup, which holds the
        // log for minutes, must not hold the writer as well.
        let is_late = pages >= 2 * WAL_CAP;
        if !is_late && !shared.checkpoint.is_idle() {
            return false;
        }
        if !is_late && !self.is_copied {
            shared.checkpoint.ask();
            self.is_copied = true;
            return false;
        }
        self.is_copied = false;
        let patience = match pages / WAL_CAP {
            0 | 1 => MOMENT,
            2 | 3 => READERS,
            _ => super::sqlite::BUSY,
        };
        let restarted = restart_log(shared, connection, patience);
        let begins_anew = matches!(restarted, Ok(true));
        self.next_restart = match restarted {
            Ok(true) => WAL_CAP,
            Ok(false) if !is_late => pages + WAL_CAP / 16,
            // Whoever held the log for so long, such as a backup, may hold it for minutes more.
            Ok(false) => pages + pages / 4,
            Err(e) => {
                tracing::warn!(error = %e, "the write-ahead log cannot begin anew");
                pages + WAL_CAP / 4
            }
        };
        shared.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
        begins_anew
    }
}

/// Copies the whole log and lets the next commit begin it anew; false when readers hold it.
fn restart_log(shared: &Shared, connection: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    // SQLite waits for readers, but not for another checkpoint.
    shared.checkpoint.quiet(patience);
    connection.busy_timeout(patience.min(READERS))?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(super::sqlite::BUSY)?;
    busy.map(|busy| busy == 0)
}

struct Abandon<'a>(&'a Shared);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.writes.abandon();
        self.0.permits.close();
        self.0.checkpoint.end();
    }
}

/// The rows that the open transaction has changed, for those who keep copies of rows, and those that it has written to
/// tables that somebody follows.
#[derive(Clone, Default)]
pub(super) struct Changes(Arc<ChangesInner>);

#[derive(Default)]
struct ChangesInner {
    watch: OnceLock<Option<Arc<dyn RowWatch>>>,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    rows: Vec<i64>,
    followed: Vec<String>,
    /// The place of the table, and the row.
    written: Vec<(usize, i64)>,
}

impl Changes {
    /// False when somebody watches already, or nobody can.
    pub fn watch(&self, watch: Arc<dyn RowWatch>) -> bool {
        self.0.watch.set(Some(watch)).is_ok()
    }

    /// From now on nobody can watch.
    fn close(&self) {
        if self.0.watch.set(None).is_err() {
            tracing::error!("rows are watched in vain");
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn follow(&self, table: String) {
        let mut noted = self.noted();
        if !noted.followed.contains(&table) {
            noted.followed.push(table);
        }
    }

    fn note(&self, action: Action, table: &str, row: i64) {
        if self.0.watch.get().is_none() {
            return;
        }
        let mut noted = self.noted();
        // Nobody keeps a new row yet.
        if action != Action::SQLITE_INSERT {
            noted.rows.push(row);
        }
        if let Some(place) = noted.followed.iter().position(|followed| followed == table) {
            noted.written.push((place, row));
        }
    }

    /// Tells, and begins anew.
    pub fn tell(&self) {
        let mut noted = self.noted();
        let Noted { rows, followed, written } = &mut *noted;
        if let Some(Some(watch)) = self.0.watch.get() {
            if !rows.is_empty() {
                watch.changed(rows);
            }
            for (place, row) in &*written {
                if let Some(table) = followed.get(*place) {
                    watch.written(table, *row);
                }
            }
        }
        rows.clear();
        written.clear();
    }
}

/// How one commit failed.
struct Failure {
    error: StoreError,
    /// The commit had changed nothing yet, so the transaction it is in can go on.
    harmless: bool,
}

fn run_batch(shared: &Shared, connection: &Connection, commits: &mut Vec<(Vec<Statement>, Answer)>) {
    if commits.is_empty() {
        return;
    }
    let started = Instant::now();
    let synced = shared.counters.commit_us.load(Ordering::Relaxed);
    let mut results = Vec::with_capacity(commits.len());
    let mut done = run_together(shared, connection, commits, &mut results);
    if matches!(done, Done::Replay) {
        shared.counters.retries.fetch_add(1, Ordering::Relaxed);
        results.clear();
        done = run_apart(shared, connection, commits, &mut results);
    }
    let counters = &shared.counters;
    let took = started.elapsed();
    count(&counters.batch_us, took);
    if took >= SLOW {
        let synced = counters.commit_us.load(Ordering::Relaxed) - synced;
        tracing::info!(
            ms = took.as_millis(),
            commit_ms = Duration::from_micros(synced).as_millis(),
            commits = commits.len(),
            "a slow transaction"
        );
    }
    if matches!(done, Done::Failed(_)) {
        roll_back(connection);
    }
    // Before anybody is told.
    shared.changes.tell();
    match done {
        Done::Committed => {
            let good = results.iter().filter(|r| r.is_ok()).count() as u64;
            counters.commits.fetch_add(good, Ordering::Relaxed);
            counters.failed_commits.fetch_add(results.len() as u64 - good, Ordering::Relaxed);
            counters.batches.fetch_add(1, Ordering::Relaxed);
            for ((_, answer), result) in commits.drain(..).zip(results) {
                // Whoever asked may be gone.
                let _gone = answer.send(result);
            }
        }
        Done::Failed(error) => {
            if error.is_transient() {
                tracing::error!(%error, commits = commits.len(), "a transaction failed as a whole");
            }
            counters.failed_commits.fetch_add(commits.len() as u64, Ordering::Relaxed);
            for (_, answer) in commits.drain(..) {
                let _gone = answer.send(Err(error.clone()));
            }
        }
        // `run_apart` never asks for it.
        Done::Replay => commits.clear(),
    }
}

/// Adds a time to a counter of microseconds.
fn count(counter: &AtomicU64, time: Duration) {
    counter.fetch_add(u64::try_from(time.as_micros()).unwrap_or(0), Ordering::Relaxed);
}

enum Done {
    /// On disk; the results say which commits are in.
    Committed,
    /// Nothing is.
    Failed(StoreError),
    /// Nothing is, because one commit failed halfway: to be done again with savepoints.
    Replay,
}

type Results = Vec<Result<Vec<u64>, StoreError>>;

/// All commits in one transaction, without savepoints: they cost as much as a small insert.
fn run_together(
    shared: &Shared,
    connection: &Connection,
    commits: &[(Vec<Statement>, Answer)],
    results: &mut Results,
) -> Done {
    if let Err(e) = execute(connection, "BEGIN IMMEDIATE") {
        return Done::Failed(shared.names.explain(e));
    }
    let mut documents = BTreeMap::new();
    for (statements, _) in commits {
        match run_statements(shared, connection, statements, Some(&mut documents)) {
            Ok(touched) => results.push(Ok(touched)),
            Err(failure) if failure.harmless && !connection.is_autocommit() => {
                results.push(Err(failure.error))
            }
            // Trouble with the disk is not the fault of one commit.
            Err(failure) if commits.len() == 1 || failure.error.is_transient() => {
                return Done::Failed(failure.error);
            }
            Err(_) => {
                roll_back(connection);
                return Done::Replay;
            }
        }
    }
    for statement in documents.values() {
        match run_statement(shared, connection, statement) {
            Ok(_) => {}
            Err(error) if commits.len() == 1 || error.is_transient() => return Done::Failed(error),
            Err(_) => {
                roll_back(connection);
                return Done::Replay;
            }
        }
    }
    finish(shared, connection)
}

/// All commits in one transaction, each in a savepoint of its own.
fn run_apart(
    shared: &Shared,
    connection: &Connection,
    commits: &[(Vec<Statement>, Answer)],
    results: &mut Results,
) -> Done {
    let explain = |e| Done::Failed(shared.names.explain(e));
    if let Err(e) = execute(connection, "BEGIN IMMEDIATE") {
        return explain(e);
    }
    for (statements, _) in commits {
        if let Err(e) = execute(connection, "SAVEPOINT one") {
            return explain(e);
        }
        match run_statements(shared, connection, statements, None) {
            Ok(touched) => results.push(Ok(touched)),
            Err(failure) if connection.is_autocommit() || failure.error.is_transient() => {
                return Done::Failed(failure.error);
            }
            Err(failure) => {
                if let Err(e) = execute(connection, "ROLLBACK TO one") {
                    return explain(e);
                }
                results.push(Err(failure.error));
            }
        }
        if let Err(e) = execute(connection, "RELEASE one") {
            return explain(e);
        }
    }
    finish(shared, connection)
}

fn finish(shared: &Shared, connection: &Connection) -> Done {
    let started = Instant::now();
    let committed = execute(connection, "COMMIT");
    count(&shared.counters.commit_us, started.elapsed());
    match committed {
        Ok(_) => Done::Committed,
        Err(e) => Done::Failed(shared.names.explain(e)),
    }
}

/// The statements of one commit. Those that write search documents are put aside where there is a place for them.
fn run_statements<'s>(
    shared: &Shared,
    connection: &Connection,
    statements: &'s [Statement],
    mut documents: Option<&mut BTreeMap<&'s Document, &'s Statement>>,
) -> Result<Vec<u64>, Failure> {
    let mut touched = Vec::with_capacity(statements.len());
    let mut clean = true;
    for (place, statement) in statements.iter().enumerate() {
        if let (Some(documents), Some(document)) = (documents.as_deref_mut(), &statement.document) {
            documents.insert(document, statement);
            touched.push(1);
            clean = false;
            continue;
        }
        match run_statement(shared, connection, statement) {
            Ok(rows) if statement.expect.allows(rows) => {
                clean &= rows == 0;
                touched.push(rows);
            }
            Ok(rows) => {
                return Err(Failure {
                    error: StoreError::Stale { statement: place },
                    harmless: clean && rows == 0,
                });
            }
            Err(error) => {
                // SQLite undoes a statement that a constraint stopped; other errors may undo more.
                let stopped = matches!(error, StoreError::Conflict { .. } | StoreError::Referenced { .. });
                return Err(Failure { error, harmless: clean && stopped });
            }
        }
    }
    Ok(touched)
}

fn run_statement(shared: &Shared, connection: &Connection, statement: &Statement) -> Result<u64, StoreError> {
    let explain = |e| shared.names.explain(e);
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(explain)?;
    if prepared.readonly() {
        // Its "rows touched" would be those of the statement before.
        return Err(StoreError::Invalid(format!("not a write: {}", statement.sql)));
    }
    bind(&mut prepared, &statement.binds, explain)?;
    prepared.raw_execute().map(|rows| rows as u64).map_err(explain)
}

/// A statement of the writer's own.
pub(super) fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.raw_execute()
}

/// Makes sure that no transaction is open.
pub(super) fn roll_back(connection: &Connection) {
    // After some errors SQLite has rolled back by itself.
    if !connection.is_autocommit()
        && let Err(e) = execute(connection, "ROLLBACK")
    {
        tracing::error!(error = %e, "a transaction could not be rolled back");
    }
}

/// Asks the checkpoint thread to work.
#[derive(Default)]
pub(super) struct Checkpoint {
    state: Mutex<CheckpointState>,
    changed: Condvar,
}

#[derive(Default)]
struct CheckpointState {
    asked: bool,
    running: bool,
    ended: bool,
}

impl Checkpoint {
    fn ask(&self) {
        self.state().asked = true;
        self.changed.notify_all();
    }

    pub fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    /// Waits until a checkpoint is asked for; it then counts as running. False at the end.
    fn wait(&self) -> bool {
        let mut state = self.state();
        while !state.asked && !state.ended {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        (state.asked, state.running) = (false, true);
        !state.ended
    }

    fn done(&self) {
        self.state().running = false;
        self.changed.notify_all();
    }

    fn is_idle(&self) -> bool {
        let state = self.state();
        !state.asked && !state.running
    }

    /// Waits, so long at most, until no checkpoint runs or is about to.
    fn quiet(&self, patience: Duration) {
        let _quiet = self
            .changed
            .wait_timeout_while(self.state(), patience, |state| state.asked || state.running)
            .unwrap_or_else(PoisonError::into_inner);
    }

    fn state(&self) -> MutexGuard<'_, CheckpointState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Copies the log into the database while others read and write. A passive checkpoint waits for nobody.
pub(super) fn checkpoints(shared: &Shared, connection: &Connection) {
    while shared.checkpoint.wait() {
        match connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0)) {
            Ok(_) => {
                shared.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
            }
            Err(e) => tracing::warn!(error = %e, "a checkpoint failed"),
        }
        shared.checkpoint.done();
    }
}
