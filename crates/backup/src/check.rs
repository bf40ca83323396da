//! Whether all is well with a desk or with an archive.

use crate::format::Contents;
use crate::reader::{self, FilesTo};
use crate::restore::{Restored, restore_for_a_look};
use crate::{BackupError, dump};
use desk::Snapshot;
use model::{Additions, Catalogue, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::audit::{self, Fault};
use store::engine::{Db, FrozenView};
use store::{Store, StoreError};
use tokio::sync::mpsc;

/// What a check found.
#[derive(Debug, Default)]
pub struct Audit {
    /// How many rows each table has; all of them were read.
    pub rows: BTreeMap<String, u64>,
    /// Attached files that are there and as large as their rows say.
    pub files: u64,
    /// What is not as it must be.
    pub faults: Vec<Fault>,
}

/// Checks a desk, while it serves or not: the database's file, every row, every reference, every search document, every
/// attached file.
///
/// # Errors
/// When the database cannot be asked at all. What is wrong with it is told in the answer.
pub async fn check_desk(db: &Db, files_dir: &Path) -> Result<Audit, BackupError> {
    let view = db.freeze().await?;
    let mut audit = Audit::default();
    audit.take(audit::integrity(&view).await);
    let attached = read_all(&view, &mut audit).await?;
    let catalogue = match Snapshot::load(&Store::new(db.clone())).await {
        Ok(snapshot) => snapshot.catalogue,
        Err(error) => {
            audit.fault(format!("the catalogue cannot be read: {error}"));
            Arc::new(Catalogue::new(&Additions::default()))
        }
    };
    audit.take(audit::references(&view, &catalogue).await);
    audit.take(audit::documents(&view, &catalogue).await);
    audit.take(audit::keys(&view, &catalogue).await);
    drop(view);
    for (blob, bytes) in attached {
        audit.file(files_dir, &blob, bytes);
    }
    Ok(audit)
}

/// Checks an archive: reads all of it, compares every checksum and count, makes a desk of it in a folder that is thrown
/// away, and checks that one. `scratch` has room for it.
///
/// # Errors
/// [`BackupError::Refused`] when the archive is damaged or no archive; [`BackupError::Failed`] when there is no room.
pub async fn check_archive(archive: &Path, scratch: &Path) -> Result<(Restored, Audit), BackupError> {
    let folder = tempfile::Builder::new().prefix(".frontdesk-verify-").tempdir_in(scratch);
    let folder = folder.map_err(|error| BackupError::io("cannot write", scratch, &error))?;
    let (db, restored) = restore_for_a_look(archive, folder.path()).await?;
    let audit = check_desk(&db, &folder.path().join("files")).await;
    db.close().await;
    Ok((restored, audit?))
}

/// Reads all of an archive and compares every checksum and count, and makes nothing of it.
///
/// # Errors
/// [`BackupError::Refused`] when the archive is damaged or no archive.
pub async fn check_sums(archive: &Path) -> Result<Contents, BackupError> {
    let (rows, mut received) = mpsc::channel(1);
    let path = archive.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        reader::head(&path)?;
        reader::run(&path, &FilesTo::Nowhere, &rows)
    });
    while received.recv().await.is_some() {}
    reading.await.map_err(|error| BackupError::Failed(error.to_string()))?
}

/// Reads every row; the attached files that they speak of, with their sizes.
async fn read_all(view: &FrozenView, audit: &mut Audit) -> Result<Vec<(String, i64)>, BackupError> {
    let mut attached = Vec::new();
    let mut faults = Vec::new();
    audit.rows = dump::count_rows(view, &mut faults, |shape, row| {
        let cell = |name: &str| row.get(shape.columns.iter().position(|(column, _)| column == name)?);
        if shape.name == "attachment"
            && let (Some(Value::Text(blob)), Some(Value::Int(bytes))) = (cell("blob"), cell("bytes"))
        {
            attached.push((blob.clone(), *bytes));
        }
    })
    .await?;
    faults.into_iter().for_each(|what| audit.fault(what));
    Ok(attached)
}

impl Audit {
    fn fault(&mut self, what: String) {
        self.faults.push(Fault { what, rows: 1, example: None });
    }

    /// A question that cannot be answered is a fault as well: there may be a hole in the file.
    fn take(&mut self, found: Result<Vec<Fault>, StoreError>) {
        match found {
            Ok(faults) => self.faults.extend(faults),
            Err(error) => self.fault(error.to_string()),
        }
    }

    fn file(&mut self, files_dir: &Path, blob: &str, bytes: i64) {
        let Some(path) = desk::files::path_of(blob) else {
            return self.fault(format!("{blob} is no name of an attached file"));
        };
        let places = [files_dir.join(path), desk::files::removed(files_dir, blob)];
        match places.iter().find_map(|place| std::fs::metadata(place).ok()) {
            None => self.fault(format!("the attached file {blob} is missing")),
            Some(found) if i64::try_from(found.len()).ok() != Some(bytes) => {
                self.fault(format!("the attached file {blob} has {} bytes instead of {bytes}", found.len()));
            }
            Some(_) => self.files += 1,
        }
    }
}
