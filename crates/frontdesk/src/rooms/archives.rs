//! Archives of the desk: written by hand or as the settings say, restored, checked.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use ::backup::{Audit, BackupError, Options, Restored, Written, shelf};
use desk::Clock;
use store::engine::Db;
use store::jobs;

use super::{FILES, Rooms, SystemClock, engine};
use crate::Failure;
use crate::config::{BackupPlan, Place};
use crate::metrics::{Kind, Page};

pub(crate) use ::backup::{Audit as DeskAudit, Restored as RestoredDesk};

/// The work's name among those that one process does for all.
pub(super) const JOB: &str = "backup";
/// The same of `frontdesk verify`: taken up when it began, done when all was well.
pub(super) const VERIFY: &str = "verify";
/// How often to look whether a backup is due.
const LOOK: Duration = Duration::from_secs(30);
/// How long after one that failed, or was killed, the next is tried; sooner when backups are more frequent.
const RETRY_MS: i64 = 60 * 60 * 1000;

/// How the backups of this process went, for Prometheus.
#[derive(Debug, Default)]
pub(super) struct Counted {
    written: AtomicU64,
    failed: AtomicU64,
    last_ms: AtomicI64,
}

/// Writes an archive, beside a running server or without one. Where no file is named it goes on the shelf.
pub(crate) async fn write_archive(
    place: &Place,
    plan: &BackupPlan,
    output: Option<PathBuf>,
) -> Result<(PathBuf, Written), Failure> {
    engine::must_be_there(place)?;
    let path = output.unwrap_or_else(|| plan.dir.join(shelf::name_at(SystemClock.now_ms())));
    let db = engine::open(place, true).await?;
    let written = write(&db, place, plan, &path).await;
    db.close().await;
    written.map(|written| (path, written)).map_err(failure)
}

async fn write(db: &Db, place: &Place, plan: &BackupPlan, path: &Path) -> Result<Written, BackupError> {
    if let Some(folder) = path.parent() {
        shelf::discard_unfinished(folder)?;
    }
    let options = Options {
        files_dir: place.data_dir.join(FILES),
        bytes_per_second: plan.bytes_per_second,
        now: SystemClock.now_ms(),
    };
    ::backup::write(db, path, &options).await
}

/// Makes a desk of an archive.
pub(crate) async fn restore(place: &Place, archive: &Path) -> Result<Restored, Failure> {
    ::backup::restore(archive, &restored_to(place)).await.map_err(failure)
}

/// Checks a desk, beside a running server or without one.
pub(crate) async fn check_desk(place: &Place) -> Result<Audit, Failure> {
    engine::must_be_there(place)?;
    let db = engine::open(place, true).await?;
    let audit = ::backup::check_desk(&db, &place.data_dir.join(FILES)).await;
    if let Ok(audit) = &audit {
        note_check(&db, audit.faults.is_empty()).await;
    }
    db.close().await;
    audit.map_err(failure)
}

/// Notes when the desk was checked, for the system page. A desk that cannot be written to is checked all the same.
async fn note_check(db: &Db, is_well: bool) {
    let now = SystemClock.now_ms();
    let noted = async {
        let seen = jobs::times(db, VERIFY).await?;
        if jobs::take(db, VERIFY, seen, now).await? && is_well {
            jobs::done(db, VERIFY, now).await?;
        }
        Ok::<_, store::StoreError>(())
    };
    if let Err(error) = noted.await {
        tracing::debug!(%error, "when the desk was checked was not noted");
    }
}

/// Checks an archive by making a desk of it beside it, for a moment.
pub(crate) async fn check_archive(archive: &Path) -> Result<(Restored, Audit), Failure> {
    let folder = archive.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ::backup::check_archive(archive, folder).await.map_err(failure)
}

/// Reads an archive and compares its checksums, no more.
pub(crate) async fn check_sums(archive: &Path) -> Result<::backup::Contents, Failure> {
    ::backup::check_sums(archive).await.map_err(failure)
}

/// Where a restore puts a desk.
pub(super) fn restored_to(place: &Place) -> ::backup::Place {
    ::backup::Place {
        data_dir: place.data_dir.clone(),
        database_file: engine::FILE,
        files_dir: FILES,
        database_url: place.database_url.clone(),
    }
}

fn failure(error: BackupError) -> Failure {
    match error {
        BackupError::Refused(words) => Failure::usage(words.replace('\n', " ")),
        BackupError::Failed(words) => Failure::runtime(words.replace('\n', " ")),
    }
}

impl Rooms {
    /// Writes archives as the plan says for as long as the desk is served. Of several processes on one database one writes.
    pub(super) fn start_backups(&self, place: &Place, plan: &BackupPlan) {
        let Some(every) = plan.every else { return };
        let (rooms, place, plan) = (self.clone(), place.clone(), plan.clone());
        tokio::spawn(async move {
            loop {
                if let Err(error) = rooms.back_up_if_due(&place, &plan, every).await {
                    rooms.backups.failed.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "the backup failed");
                }
                tokio::time::sleep(LOOK.min(every / 4)).await;
            }
        });
    }

    async fn back_up_if_due(
        &self,
        place: &Place,
        plan: &BackupPlan,
        every: Duration,
    ) -> Result<(), BackupError> {
        let (now, every) = (self.desk.now(), i64::try_from(every.as_millis()).unwrap_or(i64::MAX));
        let seen = jobs::times(&self.db, JOB).await?;
        if !is_due(seen, now, every) || !jobs::take(&self.db, JOB, seen, now).await? {
            return Ok(());
        }
        let path = plan.dir.join(shelf::name_at(now));
        let written = write(&self.db, place, plan, &path).await?;
        jobs::done(&self.db, JOB, now).await?;
        self.backups.written.fetch_add(1, Ordering::Relaxed);
        self.backups.last_ms.store(now, Ordering::Relaxed);
        let Written { rows, files, bytes, missing_files } = written;
        tracing::info!(path = %path.display(), rows, files, bytes, "backup written");
        if !missing_files.is_empty() {
            tracing::error!(files = ?missing_files, "attached files are missing from the desk, and from its backup");
        }
        for old in shelf::keep(&plan.dir, plan.keep)? {
            tracing::info!(path = %old.display(), "old backup removed");
        }
        Ok(())
    }

    /// The numbers of the backups of this process.
    pub(super) fn write_backup_metrics(&self, page: &mut Page) {
        let Counted { written, failed, last_ms } = &*self.backups;
        let (written, failed) = (written.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
        page.single(
            "frontdesk_backups_written_total",
            Kind::Counter,
            "Scheduled backups written here.",
            written,
        );
        page.single(
            "frontdesk_backups_failed_total",
            Kind::Counter,
            "Scheduled backups that failed here.",
            failed,
        );
        page.single(
            "frontdesk_backup_last_timestamp_seconds",
            Kind::Gauge,
            "When this process last wrote a backup; 0 for never.",
            last_ms.load(Ordering::Relaxed) / 1000,
        );
    }
}

/// Whether it is time for a backup. A clock that went back makes what lies in its future count as long ago.
fn is_due(seen: jobs::JobTimes, now: i64, every: i64) -> bool {
    let is_past = |then: Option<i64>, wait: i64| then.is_none_or(|then| then > now || now - then >= wait);
    is_past(seen.done, every) && is_past(seen.taken, every.min(RETRY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::jobs::JobTimes;

    #[test]
    fn a_backup_is_due_once_and_tried_again_after_an_hour() {
        const HOUR: i64 = RETRY_MS;
        let times = |taken, done| JobTimes { taken, done };
        let now = 100 * HOUR;
        assert!(is_due(times(None, None), now, 24 * HOUR));
        assert!(!is_due(times(Some(now - 1), None), now, 24 * HOUR), "another one is at it");
        assert!(is_due(times(Some(now - HOUR), None), now, 24 * HOUR), "the other one is dead");
        assert!(!is_due(times(Some(now - 23 * HOUR), Some(now - 23 * HOUR)), now, 24 * HOUR));
        assert!(is_due(times(Some(now - 24 * HOUR), Some(now - 24 * HOUR)), now, 24 * HOUR));
        assert!(is_due(times(Some(now + HOUR), Some(now + HOUR)), now, 24 * HOUR), "the clock went back");
        assert!(is_due(times(Some(now - 60_000), Some(now - 60_000)), now, 60_000), "every minute");
    }
}
