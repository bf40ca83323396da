//! Archives of a whole desk: written while it serves, checked, and restored on either engine.
//!
//! An archive is a gzipped tar file, so that any machine can look into it:
//!
//! | entry | what |
//! |---|---|
//! | `desk.json` | first: format, program, engine, time, steps of the schema, tables with their columns |
//! | `tables/<table>/<n>.ndjson` | rows in the order of their keys, a JSON array a line |
//! | `files/…` | attached files, as they lie in the data directory |
//! | `contents.json` | last: size and SHA-256 of every entry, rows of every table, files that were missing |
//!
//! The rows are read from one view of the database, so they fit together, and the files are those that these rows speak of.
//! An archive without its last entry is not whole and is refused. It is written under another name, synced, and then gets
//! its own, so that what bears the name of an archive is one.
//!
//! What is not in it: search documents (made anew from the rows), the leases of running processes. What is: everything
//! else, hashes of passwords, tokens and keys included.
//!
//! - [`write()`] makes one, [`restore`] makes a desk of one, [`check_archive`] and [`check_desk`] say whether all is well.
//! - [`shelf`] is a folder of archives: names, and how many are kept.

mod cells;
mod check;
mod dump;
mod format;
mod reader;
mod restore;
pub mod shelf;
mod writer;

pub use check::{Audit, check_archive, check_desk, check_sums};
pub use dump::{Options, Written, write};
pub use format::{Contents, Head};
pub use restore::{Place, Restored, restore};

/// Why there is no archive, or no desk.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// What was asked cannot be: a place that is not empty, a file that is no archive, an archive that is damaged.
    #[error("{0}")]
    Refused(String),
    /// It could not be done: no room, no database, a file that cannot be read.
    #[error("{0}")]
    Failed(String),
}

impl BackupError {
    fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Failed(format!("{what} {}: {error}", path.display()))
    }
}

impl From<store::StoreError> for BackupError {
    fn from(error: store::StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<desk::DeskError> for BackupError {
    fn from(error: desk::DeskError) -> Self {
        Self::Failed(error.to_string())
    }
}
