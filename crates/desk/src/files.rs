//! The folder of attached files.
//!
//! A file's name is the id of its row, so no name that a client gave ever becomes part of a path. Its bytes are on disk
//! before the row is committed, and leave after the row has: a row without a file is a fault, a file without a row is
//! litter, which [`Desk::sweep_files`] finds. What is removed is kept for a day in the folder `removed`: a backup whose
//! rows still speak of it finds it there, and so does an administrator.

use crate::{Desk, DeskError};
use model::Id;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use store::private;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

/// The folder of removed files in the folder of files.
const REMOVED: &str = "removed";
/// How long a removed file is kept, and how old a file without a row must be: a backup takes less, and so does a commit.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a file lies below the folder of files: two levels of folders, so that none grows to millions. Nothing for what
/// is no name of ours.
#[must_use]
pub fn path_of(blob: &str) -> Option<PathBuf> {
    let is_ours = blob.len() >= 4 && blob.len() <= 20 && blob.bytes().all(|b| b.is_ascii_digit());
    let (a, b) =
        (blob.get(blob.len().checked_sub(2)?..)?, blob.get(blob.len().checked_sub(4)?..blob.len() - 2)?);
    is_ours.then(|| Path::new(a).join(b).join(blob))
}

/// Where a removed file lies. The name must be one of ours.
#[must_use]
pub fn removed(folder: &Path, blob: &str) -> PathBuf {
    let name: String = blob.chars().filter(char::is_ascii_digit).collect();
    folder.join(REMOVED).join(name)
}

/// So much of a file is in memory at one time while it is sent, in bytes.
const CHUNK: usize = 64 * 1024;

/// A file's bytes, read while they are sent. They can be read on when the file is removed meanwhile.
#[derive(Debug)]
pub struct Stored {
    file: tokio::fs::File,
    /// How many.
    pub bytes: u64,
}

impl Stored {
    /// The bytes from the first to the last.
    #[must_use]
    pub fn stream(self) -> ReaderStream<tokio::fs::File> {
        ReaderStream::with_capacity(self.file, CHUNK)
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    dir: PathBuf,
}

impl Files {
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, blob: &str) -> io::Result<PathBuf> {
        Ok(self.dir.join(path_of(blob).ok_or(io::ErrorKind::InvalidInput)?))
    }

    /// Writes the bytes that a row will speak of.
    pub async fn keep(&self, blob: &str, bytes: &[u8]) -> Result<(), DeskError> {
        let failed = |error| DeskError::Unavailable(format!("the file was not stored: {error}"));
        self.write(blob, bytes).await.map_err(failed)
    }

    async fn write(&self, blob: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(blob)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        make_folder(folder).await?;
        let mut open = tokio::fs::OpenOptions::from(private::file());
        let mut file = open.truncate(true).open(&path).await?;
        file.write_all(bytes).await?;
        // Acknowledged means on disk, for files as for rows: the file and its entry in the folder.
        file.sync_all().await?;
        tokio::fs::File::open(folder).await?.sync_all().await
    }

    /// Where the bytes of a row belong, in a folder that is there.
    pub async fn place(&self, id: Id) -> io::Result<PathBuf> {
        let path = self.path(&id.to_string())?;
        if let Some(folder) = path.parent() {
            make_folder(folder).await?;
        }
        Ok(path)
    }

    pub async fn open(&self, blob: &str) -> io::Result<Stored> {
        let file = tokio::fs::File::open(self.path(blob)?).await?;
        let bytes = file.metadata().await?.len();
        Ok(Stored { file, bytes })
    }

    /// Removes a file whose row was never there.
    pub async fn remove(&self, blob: &str) {
        let removed = match self.path(blob) {
            Ok(path) => tokio::fs::remove_file(path).await,
            Err(error) => Err(error),
        };
        if let Err(error) = removed
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, attachment.blob = blob, "a file without a row stays behind until the folder is swept");
        }
    }

    /// Puts a file whose row is gone where it is kept for a day.
    pub async fn put_away(&self, blob: &str) {
        let Ok(path) = self.path(blob) else { return };
        let to = removed(&self.dir, blob);
        let moved = tokio::task::spawn_blocking(move || move_away(&path, &to)).await;
        if let Ok(Err(error)) = moved
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, attachment.blob = blob, "a removed file stays behind until the folder is swept");
        }
    }
}

async fn make_folder(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || private::folder(&folder)).await?
}

fn move_away(path: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        private::folder(folder)?;
    }
    std::fs::rename(path, to)?;
    // From now on it counts how long it is kept.
    std::fs::File::options().write(true).open(to)?.set_modified(SystemTime::now())
}

fn is_old(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|found| found.modified());
    modified.is_ok_and(|then| then.elapsed().is_ok_and(|age| age > KEPT))
}

/// The entries of a folder; none when it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path()).collect()
}

/// What was swept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Files without a row that were put away.
    pub strays: u64,
    /// Removed files whose day was over.
    pub gone: u64,
}

impl Desk {
    /// Puts away files without a row that are older than a day (their record was removed, or the desk was killed before
    /// the row was there), and lets go of those that were removed more than a day ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep_files(&self) -> Result<Swept, DeskError> {
        let mut swept = Swept::default();
        for path in entries(&self.files.dir.join(REMOVED)) {
            if is_old(&path) && std::fs::remove_file(&path).is_ok() {
                swept.gone += 1;
            }
        }
        let is_two_digits = |path: &PathBuf| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.len() == 2 && name.parse::<u8>().is_ok())
        };
        for folder in entries(&self.files.dir).into_iter().filter(is_two_digits) {
            for folder in entries(&folder) {
                let old: Vec<PathBuf> = entries(&folder).into_iter().filter(|path| is_old(path)).collect();
                swept.strays += self.put_strays_away(&old).await?;
            }
        }
        Ok(swept)
    }

    async fn put_strays_away(&self, paths: &[PathBuf]) -> Result<u64, DeskError> {
        let name = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let blobs: Vec<String> =
            paths.iter().filter_map(name).filter(|blob| path_of(blob).is_some()).collect();
        let ids: Vec<Id> = blobs.iter().filter_map(|blob| blob.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let rows = self.store.get_many(self.snapshot().module("attachment")?, &ids).await?;
        let mut strays = 0;
        for blob in
            blobs.iter().filter(|blob| !rows.iter().any(|row| row.text("blob") == Some(blob.as_str())))
        {
            self.files.put_away(blob).await;
            strays += 1;
        }
        Ok(strays)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Also in a folder that others may read.
    #[tokio::test]
    async fn files_are_for_their_owner_only() {
        let home = tempfile::tempdir().unwrap();
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let files = Files::new(home.path().join("files"));
        files.keep("100000000000001234", b"a payslip").await.unwrap();
        files.put_away("100000000000001234").await;
        files.keep("100000000000001234", b"a payslip").await.unwrap();
        let placed = files.place(Id::new(100_000_000_000_005_678)).await.unwrap();
        let kept = files.path("100000000000001234").unwrap();
        let away = removed(&home.path().join("files"), "100000000000001234");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&kept), mode(&away)], [0o600; 2]);
        for path in [&kept, &away, &placed] {
            let folders = path.ancestors().skip(1).take_while(|folder| *folder != home.path());
            assert!(folders.map(mode).all(|mode| mode == 0o700), "{}", path.display());
        }
    }
}
