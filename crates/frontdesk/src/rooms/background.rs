//! What happens while a desk is served without anybody calling, and when it last did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use desk::DeskError;

use super::Rooms;
use crate::config::{BackupPlan, Place};

/// How often to look whether another process on the same database changed what this one keeps in memory.
const REFRESH: Duration = Duration::from_millis(250);

/// How often to look whether what lists are planned by still holds.
const MEASURE: Duration = Duration::from_secs(120);

/// How often to take up what was written, for lists of what no index tells.
const ZONES: Duration = Duration::from_secs(1);

/// How often to look for requests on hold whose time has come.
const JOBS: Duration = Duration::from_secs(10);

/// How often to look for files without a row.
const SWEEP: Duration = Duration::from_secs(6 * 60 * 60);

/// How a job went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) every: Duration,
    /// When it was last done, in milliseconds since 1970-01-01 UTC.
    pub(super) last: Option<i64>,
    pub(super) failed: bool,
}

/// When each job of this process was last done.
#[derive(Debug, Default)]
pub(super) struct Ran(Mutex<BTreeMap<&'static str, Run>>);

impl Ran {
    /// All jobs, by their names.
    pub(super) fn all(&self) -> Vec<(&'static str, Run)> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter().map(|(name, run)| (*name, *run)).collect()
    }

    fn note(&self, name: &'static str, run: Run) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, run);
    }
}

/// When a job is done the first time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    AtOnce,
    AfterAWhile,
}

impl Rooms {
    /// Starts what runs beside the requests while the desk is served. It ends with the runtime.
    pub(crate) fn start_background(&self, place: &Place, plan: &BackupPlan) {
        self.start_backups(place, plan);
        self.repeat("files", SWEEP, First::AfterAWhile, async |rooms| {
            let swept = rooms.desk.sweep_files().await?;
            tracing::debug!(swept.strays, swept.gone, "files without a row were put away");
            Ok(())
        });
        self.repeat("held_requests", JOBS, First::AfterAWhile, async |rooms| {
            let resumed = rooms.desk.resume_held_requests().await.map(drop);
            let forgotten = rooms.desk.forget_calls().await.map(drop);
            resumed.and(forgotten)
        });
        self.repeat("measure", MEASURE, First::AtOnce, async |rooms| rooms.desk.measure().await.map(drop));
        self.repeat("zones", ZONES, First::AtOnce, async |rooms| rooms.desk.tend_zones().await);
        self.repeat("caches", REFRESH, First::AfterAWhile, async |rooms| {
            rooms.desk.refresh_caches().await.map(drop)
        });
    }

    fn repeat<F>(
        &self,
        name: &'static str,
        every: Duration,
        first: First,
        job: impl Fn(Rooms) -> F + Send + 'static,
    ) where
        F: Future<Output = Result<(), DeskError>> + Send,
    {
        let rooms = self.clone();
        let ran = Arc::clone(&self.ran);
        ran.note(name, Run { every, last: None, failed: false });
        tokio::spawn(async move {
            let mut waits = first == First::AfterAWhile;
            loop {
                if waits {
                    tokio::time::sleep(every).await;
                }
                waits = true;
                let done = job(rooms.clone()).await;
                if let Err(error) = &done {
                    tracing::warn!(%error, job = name, "what happens by itself did not");
                }
                ran.note(name, Run { every, last: Some(rooms.desk.now()), failed: done.is_err() });
            }
        });
    }
}
