//! From a desk to an archive, while the desk serves.

use crate::format::{FILES, FORMAT, HEAD, Head, TABLES, columns};
use crate::shelf::Unfinished;
use crate::writer::{self, Part};
use crate::{BackupError, cells};
use model::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::engine::{Cost, Db, FrozenView, Query};
use store::shapes::{Shape, shapes};
use store::{Dialect, StoreError};
use tokio::sync::mpsc;

/// Rows that are read at once.
const PAGE: i64 = 1_000;
/// About how large an entry with rows is.
const PART_BYTES: usize = 4 * 1024 * 1024;
/// Entries that may wait to be written.
const WAITING: usize = 3;

/// How an archive is written.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of attached files.
    pub files_dir: PathBuf,
    /// How many bytes to go through in a second at most, before they are compressed.
    pub bytes_per_second: Option<u64>,
    /// What time it is, in milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Rows of all tables.
    pub rows: u64,
    /// Attached files.
    pub files: u64,
    /// Attached files that rows speak of and that are not there.
    pub missing_files: Vec<String>,
    /// The size of the archive.
    pub bytes: u64,
}

/// Writes an archive of the desk in a database.
///
/// # Errors
/// [`BackupError::Refused`] when the place is taken or the database holds no desk, [`BackupError::Failed`] when something
/// cannot be read or written; no archive is there then.
pub async fn write(db: &Db, place: &Path, options: &Options) -> Result<Written, BackupError> {
    let (unfinished, file) = Unfinished::begin(place)?;
    let (parts, received) = mpsc::channel(WAITING);
    let (path, per_second) = (place.to_owned(), options.bytes_per_second);
    let writing = tokio::task::spawn_blocking(move || writer::run(file, &path, received, per_second));
    let read = read(db, options, &parts).await;
    drop(parts);
    let written = writing.await.map_err(|error| BackupError::Failed(error.to_string()))?;
    // When the writer has failed, the reader knows only that nobody listens any more.
    let contents = written?;
    read?;
    unfinished.finish()?;
    let bytes =
        std::fs::metadata(place).map_err(|error| BackupError::io("cannot read", place, &error))?.len();
    let is_file = |name: &&String| name.starts_with(FILES);
    Ok(Written {
        rows: contents.rows.values().sum(),
        files: contents.entries.keys().filter(is_file).count() as u64,
        missing_files: contents.missing_files,
        bytes,
    })
}

async fn read(db: &Db, options: &Options, parts: &mpsc::Sender<Part>) -> Result<(), BackupError> {
    let view = db.freeze().await?;
    let steps = applied(&view).await?;
    let shapes = shapes(&view).await?;
    let head = Head {
        format: FORMAT,
        program: format!("Frontdesk {}", env!("CARGO_PKG_VERSION")),
        engine: match view.dialect() {
            Dialect::Sqlite => "sqlite".into(),
            Dialect::Postgres => "postgres".into(),
        },
        created: options.now,
        steps,
        tables: shapes.iter().map(|shape| (shape.name.clone(), columns(shape))).collect(),
    };
    let bytes = serde_json::to_vec_pretty(&head).map_err(|error| BackupError::Failed(error.to_string()))?;
    send(parts, Part::Bytes { name: HEAD.into(), bytes }).await?;
    let mut blobs = Vec::new();
    for shape in &shapes {
        let blob =
            shape.columns.iter().position(|(column, _)| shape.name == "attachment" && column == "blob");
        table(&view, shape, parts, |row| {
            blobs.extend(blob.and_then(|i| row.get(i)).and_then(Value::as_str).map(str::to_owned))
        })
        .await?;
    }
    // The rows are read: nobody need keep that moment for us. A file that is removed from now on is kept for a day.
    drop(view);
    for blob in blobs {
        let Some(path) = desk::files::path_of(&blob) else { continue };
        let name = format!("{FILES}{}", path.display());
        let places = vec![options.files_dir.join(&path), desk::files::removed(&options.files_dir, &blob)];
        send(parts, Part::File { name, places }).await?;
    }
    Ok(())
}

/// The steps of the schema that the database has.
async fn applied(view: &FrozenView) -> Result<Vec<u32>, BackupError> {
    let sql = "SELECT \"number\" FROM \"schema_step\" ORDER BY \"number\"";
    let read = view.read(Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan }).await;
    let rows = match read {
        Ok(rows) => rows,
        // It has no such table.
        Err(StoreError::Invalid(_)) => {
            return Err(BackupError::Refused("there is no desk in the database".into()));
        }
        Err(error) => return Err(error.into()),
    };
    let numbers: Vec<i64> = rows.iter().filter_map(|row| row.first().and_then(Value::as_int)).collect();
    if numbers.contains(&store::engine::RESTORING) {
        return Err(BackupError::Refused("a restore into this database has not come to its end".into()));
    }
    Ok(numbers.into_iter().filter_map(|number| u32::try_from(number).ok()).collect())
}

/// Sends the rows of a table, in entries of a few MB.
async fn table(
    view: &FrozenView,
    shape: &Shape,
    parts: &mpsc::Sender<Part>,
    mut see: impl FnMut(&[Value]),
) -> Result<(), BackupError> {
    let kinds: Vec<_> = shape.columns.iter().map(|(_, kind)| *kind).collect();
    let mut behind: Option<Vec<Value>> = None;
    let (mut bytes, mut rows, mut number) = (Vec::new(), 0_u64, 0_u32);
    loop {
        let page = view.read(shape.page(behind.as_deref(), PAGE)).await?;
        for row in &page {
            cells::write(row, &kinds, &mut bytes).map_err(|what| {
                BackupError::Failed(format!("a row of {} cannot be written: {what}", shape.name))
            })?;
            rows += 1;
            see(row);
        }
        let is_last = (page.len() as i64) < PAGE;
        if bytes.len() >= PART_BYTES || is_last {
            number += 1;
            let name = format!("{TABLES}{}/{number:08}.ndjson", shape.name);
            let bytes = std::mem::take(&mut bytes);
            send(
                parts,
                Part::Rows { table: shape.name.clone(), name, bytes, rows: std::mem::take(&mut rows) },
            )
            .await?;
        }
        match page.last() {
            Some(row) if !is_last => behind = Some(shape.key_of(row)),
            _ => return Ok(()),
        }
    }
}

async fn send(parts: &mpsc::Sender<Part>, part: Part) -> Result<(), BackupError> {
    parts.send(part).await.map_err(|_| BackupError::Failed("the archive is not written any more".into()))
}

/// How many rows each table of a view has, reading every cell of every row. A table that cannot be read to its end is a
/// fault, and the others are read all the same.
pub(crate) async fn count_rows(
    view: &FrozenView,
    faults: &mut Vec<String>,
    mut see: impl FnMut(&Shape, &[Value]),
) -> Result<BTreeMap<String, u64>, BackupError> {
    let mut counted = BTreeMap::new();
    for shape in shapes(view).await? {
        let (mut behind, mut rows): (Option<Vec<Value>>, u64) = (None, 0);
        loop {
            let page = match view.read(shape.page(behind.as_deref(), PAGE)).await {
                Ok(page) => page,
                Err(error) => {
                    faults.push(format!("{} cannot be read behind row {rows}: {error}", shape.name));
                    break;
                }
            };
            page.iter().for_each(|row| see(&shape, row));
            rows += page.len() as u64;
            match page.last() {
                Some(row) if page.len() as i64 == PAGE => behind = Some(shape.key_of(row)),
                _ => break,
            }
        }
        counted.insert(shape.name, rows);
    }
    Ok(counted)
}
