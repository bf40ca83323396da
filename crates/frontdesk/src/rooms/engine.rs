//! The database: opened as the settings say, and its numbers for Prometheus.

use store::engine::{Db, EngineStats, PostgresOptions, SqliteOptions};

use crate::Failure;
use crate::config::Place;
use crate::metrics::{Kind, Page};

/// The file that holds a desk on SQLite, in the data directory.
pub(super) const FILE: &str = "frontdesk.db";

/// Opens the database; `beside` a server that may be running on it, or as the only one.
pub(super) async fn open(place: &Place, beside: bool) -> Result<Db, Failure> {
    match &place.database_url {
        Some(url) => Db::open_postgres(url, PostgresOptions::default()).await,
        None => {
            let options = sqlite_options(place.memory_mib, beside);
            Db::open_sqlite(&place.data_dir.join(FILE), options).await
        }
    }
    .map_err(|error| Failure::runtime(error.to_string().replace('\n', " ")))
}

/// So much memory, shared out in the proportion of the defaults: records that are kept whole spare more work, pages serve
/// more of it. What is left is for [`text_bytes`].
fn sqlite_options(memory_mib: u32, beside: bool) -> SqliteOptions {
    let (records_mib, texts_mib) = (memory_mib / 3, memory_mib / TEXTS);
    SqliteOptions {
        shared: beside,
        cache_mib: memory_mib - records_mib - texts_mib,
        records_mib,
        ..SqliteOptions::default()
    }
}

/// One part in so many of the memory is for records as they are written.
const TEXTS: u32 = 6;

/// The memory for records as the API writes them, in bytes.
pub(super) fn text_bytes(place: &Place) -> u64 {
    u64::from(place.memory_mib / TEXTS) * 1024 * 1024
}

/// Refuses to make a database where a command asked for one that is there.
pub(super) fn must_be_there(place: &Place) -> Result<(), Failure> {
    let file = place.data_dir.join(FILE);
    if place.database_url.is_none() && !file.exists() {
        return Err(Failure::usage(format!("there is no desk in {}", place.data_dir.display())));
    }
    Ok(())
}

/// Writes the engine's numbers.
pub(super) fn write_metrics(page: &mut Page, stats: EngineStats) {
    let EngineStats {
        commits,
        failed_commits,
        batches,
        retries,
        reads,
        inline_reads,
        timeouts,
        refused,
        write_queue,
        read_queue,
        connections,
        connections_in_use,
        wal_pages,
        checkpoints,
        batch_time,
        commit_time,
        log_time,
        tidied,
    } = stats;
    for (name, help, value) in [
        ("frontdesk_engine_commits_total", "Commits that succeeded.", commits),
        ("frontdesk_engine_failed_commits_total", "Commits that failed.", failed_commits),
        ("frontdesk_engine_batches_total", "Transactions that held the commits.", batches),
        ("frontdesk_engine_retries_total", "Batches replayed, or commits tried again.", retries),
        ("frontdesk_engine_reads_total", "Reads.", reads),
        ("frontdesk_engine_inline_reads_total", "Reads on the calling thread.", inline_reads),
        ("frontdesk_engine_timeouts_total", "Reads that hit the deadline.", timeouts),
        ("frontdesk_engine_refused_total", "Calls refused because a queue was full.", refused),
        ("frontdesk_engine_checkpoints_total", "Checkpoints.", checkpoints),
        ("frontdesk_engine_tidied_total", "Steps of merging full-text indexes while nobody wrote.", tidied),
    ] {
        page.single(name, Kind::Counter, help, value);
    }
    for (name, help, value) in [
        ("frontdesk_engine_batch_seconds_total", "What the transactions took.", batch_time),
        ("frontdesk_engine_commit_seconds_total", "Of that, writing the log and its sync.", commit_time),
        ("frontdesk_engine_log_seconds_total", "How long the writer saw to the log instead.", log_time),
    ] {
        page.single(name, Kind::Counter, help, value.as_secs_f64());
    }
    for (name, help, value) in [
        ("frontdesk_engine_write_queue", "Writers that wait.", write_queue),
        ("frontdesk_engine_read_queue", "Scans that wait.", read_queue),
        ("frontdesk_engine_connections", "Connections open.", connections),
        ("frontdesk_engine_connections_in_use", "Connections at work.", connections_in_use),
        ("frontdesk_engine_wal_pages", "Pages in the write-ahead log.", wal_pages),
    ] {
        page.single(name, Kind::Gauge, help, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Effective, Settings, Sources};

    #[test]
    fn unless_told_otherwise_the_engine_keeps_what_it_keeps_by_itself() {
        let settings = Settings::read(&Effective::of(&Sources::default())).expect("the defaults are valid");
        let (given, own) = (sqlite_options(settings.place.memory_mib, false), SqliteOptions::default());
        assert_eq!((given.cache_mib, given.records_mib), (own.cache_mib, own.records_mib));
        let place = Place { memory_mib: 1_048_576, ..settings.place };
        let most = sqlite_options(place.memory_mib, false);
        let texts_mib = text_bytes(&place) / 1024 / 1024;
        assert_eq!(u64::from(most.cache_mib + most.records_mib) + texts_mib, 1_048_576);
    }
}
