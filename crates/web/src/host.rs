//! What the process that serves the pages knows of itself: for the system page. The wiring implements it.

use std::future::Future;
use std::pin::Pin;

/// Something that is done again and again without anybody calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its name; the pages have words for those that the program has.
    pub name: String,
    /// How often, in milliseconds.
    pub every_ms: i64,
    /// When it was last done, in milliseconds since 1970-01-01 UTC.
    pub last: Option<i64>,
    /// Whether that failed.
    pub failed: bool,
}

/// A backup on the shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The name of its file.
    pub name: String,
    /// When it was written, in milliseconds since 1970-01-01 UTC.
    pub written: i64,
    /// Its size.
    pub bytes: u64,
}

/// What the process knows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The version that runs.
    pub version: String,
    /// Since when, in milliseconds since 1970-01-01 UTC.
    pub started: i64,
    /// Memory in use, where the system tells.
    pub memory_bytes: Option<u64>,
    /// What it does without being called.
    pub jobs: Vec<Job>,
    /// Where backups are written.
    pub backup_dir: String,
    /// How many scheduled backups are kept.
    pub backups_kept: usize,
    /// The backups that are there, the newest first.
    pub backups: Vec<Archive>,
    /// When an archive or the desk was last checked by `frontdesk verify`, and whether all was well.
    pub verified: Option<(i64, bool)>,
}

/// Tells what a process knows of itself.
pub trait Host: Send + Sync + std::fmt::Debug {
    /// The facts as they are now. Reads the disk: not for every call.
    fn facts(&self) -> Pin<Box<dyn Future<Output = HostFacts> + Send + '_>>;
}
