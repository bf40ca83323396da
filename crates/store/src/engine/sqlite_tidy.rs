//! Merging of full-text indexes while nobody writes.
//!
//! FTS5 stores what each transaction brings as a segment of its own and merges segments as it goes, some hundred pages
//! whenever so many were written. After a bulk load that is minutes of creates that take tens of milliseconds now and
//! then, and a search reads every segment. So the writer merges when it has nothing else to do: by the time somebody
//! writes again there is, mostly, nothing to merge.

use super::quoted;
use super::sqlite_writer::{execute, roll_back};
use rusqlite::Connection;
use std::time::{Duration, Instant};

/// How long nobody may have written before merging begins.
const BEGIN: Duration = Duration::from_millis(100);
/// Pages that one step writes. It may be more, for a word is merged in one go: at a million requests a word that all of
/// them have takes some 30 ms, for which a commit then waits.
const PAGES: u32 = 64;

/// What there is to merge.
pub(super) struct Tidy {
    /// Full-text indexes that may have segments to merge; `None` when that is to be looked up.
    left: Option<Vec<String>>,
    /// How long to wait before the next step.
    pause: Duration,
    /// Never: another process writes as well, and does it.
    is_off: bool,
}

impl Tidy {
    /// After a start: whoever wrote before may have left something behind.
    pub const fn new(is_off: bool) -> Self {
        Self { left: None, pause: BEGIN, is_off }
    }

    /// Something was written.
    pub fn written(&mut self) {
        self.left = None;
        self.pause = BEGIN;
    }

    /// Not before something was written again.
    pub fn put_off(&mut self) {
        self.left = Some(Vec::new());
    }

    /// How long nobody may have written before the next step is taken; `None` when there is nothing to do.
    pub fn begins_after(&self) -> Option<Duration> {
        let is_done = self.is_off || self.left.as_ref().is_some_and(Vec::is_empty);
        (!is_done).then_some(self.pause)
    }

    /// Merges a little; false when there was nothing to merge.
    pub fn step(&mut self, connection: &Connection) -> bool {
        let started = Instant::now();
        let has_merged = match self.merge(connection) {
            Ok(has_merged) => has_merged,
            Err(error) => {
                roll_back(connection);
                tracing::warn!(%error, "full-text indexes cannot be merged; they are searched as they are");
                self.put_off();
                false
            }
        };
        // Readers have the other half of the time.
        self.pause = started.elapsed();
        has_merged
    }

    fn merge(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let left = match &mut self.left {
            Some(left) => left,
            none => none.insert(indexes(connection)?),
        };
        while let Some(index) = left.last() {
            let table = quoted(index);
            let before = connection.total_changes();
            execute(connection, &format!("INSERT INTO {table}({table}, rank) VALUES ('merge', {PAGES})"))?;
            // By the documentation of FTS5: a merge that finds nothing to do changes at most one row.
            if connection.total_changes() - before >= 2 {
                return Ok(true);
            }
            left.pop();
        }
        Ok(false)
    }
}

fn indexes(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut tables = connection.prepare_cached(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE % USING fts5(%'",
    )?;
    tables.query_map([], |row| row.get(0))?.collect()
}
