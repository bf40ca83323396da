//! A folder of archives: how they are called, how one gets its name only when it is whole, how many are kept.

use crate::BackupError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use store::private;

const BEGINNING: &str = "frontdesk-";
const ENDING: &str = ".tar.gz";
/// What the name of an archive ends with while it is being written.
const UNFINISHED: &str = ".partial";

/// What an archive of this moment is called: `frontdesk-20260131T140509Z.tar.gz`. Later ones sort behind.
#[must_use]
pub fn name_at(now_ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{BEGINNING}{}{ENDING}", time.strftime("%Y%m%dT%H%M%SZ"))
}

/// The archives in a folder, oldest first. Files with other names are none.
///
/// # Errors
/// When the folder cannot be read. One that is not there has none.
pub fn archives(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    Ok(files(folder)?.into_iter().filter(|path| is_named(path, ENDING)).collect())
}

/// Removes the oldest archives until so many are left. Returns those that it removed.
///
/// # Errors
/// When the folder cannot be read, or an archive not be removed.
pub fn keep(folder: &Path, newest: usize) -> Result<Vec<PathBuf>, BackupError> {
    let mut archives = archives(folder)?;
    archives.truncate(archives.len().saturating_sub(newest));
    for path in &archives {
        std::fs::remove_file(path).map_err(|error| BackupError::io("cannot remove", path, &error))?;
    }
    Ok(archives)
}

/// Removes what backups that were killed left behind in a folder. One that is still being written is left alone: whoever
/// writes it holds its lock.
///
/// # Errors
/// When the folder cannot be read.
pub fn discard_unfinished(folder: &Path) -> Result<usize, BackupError> {
    let mut discarded = 0;
    for path in files(folder)?.iter().filter(|path| is_named(path, UNFINISHED)) {
        let Ok(file) = OpenOptions::new().write(true).open(path) else { continue };
        if file.try_lock().is_ok() && std::fs::remove_file(path).is_ok() {
            discarded += 1;
        }
    }
    Ok(discarded)
}

fn is_named(path: &Path, ending: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(BEGINNING) && name.ends_with(ending)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BackupError::io("cannot read", folder, &error)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// An archive that is being written beside the place where it will be. Dropped before it is whole, it is removed.
#[derive(Debug)]
pub(crate) struct Unfinished {
    path: PathBuf,
    place: PathBuf,
    is_whole: bool,
}

impl Unfinished {
    /// Begins one, in a folder that is made if it is not there. The file is for its owner's eyes only.
    pub(crate) fn begin(place: &Path) -> Result<(Self, File), BackupError> {
        if place.exists() {
            return Err(BackupError::Refused(format!("{} is there already", place.display())));
        }
        let folder = folder_of(place);
        private::folder(folder).map_err(|error| BackupError::io("cannot make", folder, &error))?;
        let mut path = place.as_os_str().to_owned();
        path.push(UNFINISHED);
        let path = PathBuf::from(path);
        let failed = |error: std::io::Error| BackupError::io("cannot write", &path, &error);
        let file = private::file().truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BackupError::Refused(format!(
                    "{} is being written by another process",
                    path.display()
                )));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).map_err(failed)?;
        Ok((Self { path, place: place.to_owned(), is_whole: false }, file))
    }

    /// Gives it its name, and sees to it that the name is on disk.
    pub(crate) fn finish(mut self) -> Result<(), BackupError> {
        let folder = folder_of(&self.place);
        let failed = |error: std::io::Error| BackupError::io("cannot write", &self.place, &error);
        std::fs::rename(&self.path, &self.place).map_err(failed)?;
        self.is_whole = true;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_whole
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished archive stays behind");
        }
    }
}

fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_time_and_the_oldest_go() {
        let dir = tempfile::tempdir().expect("a folder");
        assert_eq!(name_at(1_772_614_800_000), "frontdesk-20260304T090000Z.tar.gz");
        for hour in 0..5 {
            let name = name_at(1_772_614_800_000 + hour * 3_600_000);
            std::fs::write(dir.path().join(name), "x").expect("written");
        }
        std::fs::write(dir.path().join("frontdesk.toml"), "x").expect("written");
        assert_eq!(keep(dir.path(), 2).expect("kept").len(), 3);
        let left = archives(dir.path()).expect("read");
        let name = |path: &PathBuf| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        assert_eq!(
            left.iter().map(name).collect::<Vec<_>>(),
            ["frontdesk-20260304T120000Z.tar.gz", "frontdesk-20260304T130000Z.tar.gz"]
        );
        assert!(keep(&dir.path().join("nowhere"), 1).expect("nothing to do").is_empty());
        assert!(dir.path().join("frontdesk.toml").exists());
    }

    #[test]
    fn only_what_nobody_writes_any_more_is_discarded() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = dir.path().join(name_at(0));
        let (unfinished, file) = Unfinished::begin(&place).expect("begun");
        assert!(Unfinished::begin(&place).is_err(), "two write one archive");
        assert_eq!(discard_unfinished(dir.path()).expect("read"), 0);
        // As after a kill: the file is there, its lock is not.
        std::mem::forget(unfinished);
        drop(file);
        assert_eq!(discard_unfinished(dir.path()).expect("read"), 1);
        let (unfinished, _file) = Unfinished::begin(&place).expect("begun");
        unfinished.finish().expect("finished");
        assert_eq!(archives(dir.path()).expect("read").len(), 1);
        assert!(Unfinished::begin(&place).is_err(), "an archive would be overwritten");
    }
}
