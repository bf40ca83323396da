//! What the system page is told of this process.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use ::backup::shelf;
use store::jobs;
use web::{Archive, HostFacts, Job};

use super::Rooms;
use super::archives::{JOB, VERIFY};
use crate::config::BackupPlan;
use crate::metrics::{Metrics, resident_bytes};

/// So many backups are told of.
const ARCHIVES: usize = 20;

/// This process, for the system page.
pub(crate) struct Host {
    rooms: Rooms,
    metrics: Arc<Metrics>,
    plan: BackupPlan,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}

impl Host {
    pub(crate) fn new(rooms: &Rooms, metrics: &Arc<Metrics>, plan: &BackupPlan) -> Self {
        Self { rooms: rooms.clone(), metrics: Arc::clone(metrics), plan: plan.clone() }
    }

    async fn tell(&self) -> HostFacts {
        let millis = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let mut all: Vec<Job> = self
            .rooms
            .ran
            .all()
            .into_iter()
            .map(|(name, run)| Job {
                name: name.to_owned(),
                every_ms: millis(run.every),
                last: run.last,
                failed: run.failed,
            })
            .collect();
        let seen = jobs::times(&self.rooms.db, JOB).await.unwrap_or_default();
        if let Some(every) = self.plan.every {
            let failed = seen.taken > seen.done;
            all.push(Job { name: JOB.to_owned(), every_ms: millis(every), last: seen.done, failed });
        }
        let verified = jobs::times(&self.rooms.db, VERIFY).await.unwrap_or_default();
        let dir = self.plan.dir.clone();
        let backups = tokio::task::spawn_blocking(move || archives(&dir)).await.unwrap_or_default();
        HostFacts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: self.metrics.started_ms(),
            memory_bytes: resident_bytes(),
            jobs: all,
            backup_dir: self.plan.dir.display().to_string(),
            backups_kept: self.plan.keep,
            backups,
            verified: verified.taken.map(|at| (at, verified.done.is_some_and(|done| done >= at))),
        }
    }
}

impl web::Host for Host {
    fn facts(&self) -> Pin<Box<dyn Future<Output = HostFacts> + Send + '_>> {
        Box::pin(self.tell())
    }
}

/// The newest archives on the shelf.
fn archives(folder: &Path) -> Vec<Archive> {
    let archive = |path: &std::path::PathBuf| {
        let data = std::fs::metadata(path).ok()?;
        let written = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Archive {
            name: path.file_name()?.to_string_lossy().into_owned(),
            written: i64::try_from(written.as_millis()).ok()?,
            bytes: data.len(),
        })
    };
    shelf::archives(folder).unwrap_or_default().iter().rev().take(ARCHIVES).filter_map(archive).collect()
}
