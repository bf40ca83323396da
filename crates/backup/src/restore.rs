//! From an archive to a desk, in an empty place.
//!
//! Nothing that looks like a desk is there before all of it is. On SQLite everything is made in the folder `restoring` of
//! the data directory and moved at the end, the database last. On PostgreSQL a mark among the steps of the schema keeps
//! every program away until the rows are there. A restore that was killed is thrown away by the next one.

use crate::format::{Head, columns, kind};
use crate::reader::{self, FilesTo, Rows};
use crate::{BackupError, cells};
use model::{Additions, Catalogue, Value};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use store::engine::{Db, Expect, FrozenView, PostgresOptions, RESTORING, SqliteOptions, Step};
use store::migrations::steps;
use store::shapes::{self, CellKind};
use store::{Statement, Store};
use tokio::sync::mpsc;

/// The folder in the data directory in which a desk is made.
const STAGING: &str = "restoring";
/// Rows that are written at once.
const PORTION: usize = 5_000;

/// Where a desk is to be.
#[derive(Clone, Debug)]
pub struct Place {
    /// The data directory.
    pub data_dir: PathBuf,
    /// The name of the SQLite file in it.
    pub database_file: &'static str,
    /// The name of the folder of attached files in it.
    pub files_dir: &'static str,
    /// PostgreSQL instead of SQLite.
    pub database_url: Option<String>,
}

/// What was restored.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the archive was of.
    pub head: Head,
    /// How many rows each table got.
    pub rows: BTreeMap<String, u64>,
    /// Attached files.
    pub files: u64,
    /// Attached files that were missing when the archive was written.
    pub missing_files: Vec<String>,
}

impl Place {
    /// Whether a restore into it was begun and did not come to its end: nobody may make a desk here.
    #[must_use]
    pub fn is_half_restored(&self) -> bool {
        self.staging().exists()
    }

    fn staging(&self) -> PathBuf {
        self.data_dir.join(STAGING)
    }

    fn database(&self) -> PathBuf {
        self.data_dir.join(self.database_file)
    }

    fn files(&self) -> PathBuf {
        self.data_dir.join(self.files_dir)
    }
}

/// Makes a desk of an archive.
///
/// # Errors
/// [`BackupError::Refused`] when the place is not empty, or the archive is damaged or of a newer program;
/// [`BackupError::Failed`] when something cannot be read or written. What is there then is no desk, and is thrown away by
/// the next restore.
pub async fn restore(archive: &Path, place: &Place) -> Result<Restored, BackupError> {
    let head = head(archive).await?;
    make_room(place)?;
    let db = open(place).await?;
    let restored =
        fill(&db, archive, head, FilesTo::DurableFolder(place.staging().join(place.files_dir))).await;
    db.close().await;
    let restored = restored?;
    move_in(place).map_err(|error| BackupError::io("cannot move the desk into", &place.data_dir, &error))?;
    Ok(restored)
}

/// The same into a throw-away folder, which need not outlive a power cut.
pub(crate) async fn restore_for_a_look(archive: &Path, folder: &Path) -> Result<(Db, Restored), BackupError> {
    let head = head(archive).await?;
    let db = Db::open_sqlite(&folder.join("desk.db"), SqliteOptions::default()).await?;
    let restored = fill(&db, archive, head, FilesTo::Folder(folder.join("files"))).await?;
    Ok((db, restored))
}

async fn head(archive: &Path) -> Result<Head, BackupError> {
    let path = archive.to_owned();
    let read = tokio::task::spawn_blocking(move || reader::head(&path)).await;
    read.map_err(|error| BackupError::Failed(error.to_string()))?
}

/// Refuses a place where something is, except for what an earlier restore left.
fn make_room(place: &Place) -> Result<(), BackupError> {
    let (staging, files) = (place.staging(), place.files());
    let not_empty = |path: &Path| {
        Err(BackupError::Refused(format!("{} is there already; restore into an empty place", path.display())))
    };
    let failed = |path: &Path, error| BackupError::io("cannot write", path, &error);
    if place.database_url.is_none() && place.database().exists() {
        return not_empty(&place.database());
    }
    let has_files = std::fs::read_dir(&files).is_ok_and(|mut entries| entries.next().is_some());
    if has_files && !staging.exists() {
        return not_empty(&files);
    }
    for left in [&files, &staging] {
        if left.exists() {
            std::fs::remove_dir_all(left).map_err(|error| failed(left, error))?;
        }
    }
    store::private::folder(&staging.join(place.files_dir)).map_err(|error| failed(&staging, error))
}

async fn open(place: &Place) -> Result<Db, BackupError> {
    let Some(url) = &place.database_url else {
        let path = place.staging().join(place.database_file);
        return Ok(Db::open_sqlite(&path, SqliteOptions::default()).await?);
    };
    let db = Db::open_postgres(url, PostgresOptions::default()).await?;
    match empty(&db).await {
        Ok(()) => Ok(db),
        Err(error) => {
            db.close().await;
            let _left_for_the_next = std::fs::remove_dir_all(place.staging());
            Err(error)
        }
    }
}

/// Empties a PostgreSQL database that holds the tables of a desk and no desk; refuses any other that is not empty.
async fn empty(db: &Db) -> Result<(), BackupError> {
    let view = db.freeze().await?;
    let tables = shapes::tables(&view).await?;
    if tables.is_empty() {
        return Ok(());
    }
    let known = steps();
    let is_ours = |table: &String| {
        table == "schema_step" || known.iter().any(|step| step.postgres.contains(&format!("\"{table}\"")))
    };
    if let Some(other) = tables.iter().find(|table| !is_ours(table)) {
        return Err(BackupError::Refused(format!(
            "the database has a table {other}; restore into an empty one"
        )));
    }
    let is_marked = has_rows(&view, &tables, "schema_step", Some(RESTORING)).await?;
    if !is_marked && has_rows(&view, &tables, "portal", None).await? {
        return Err(BackupError::Refused("the database holds a desk; restore into an empty one".into()));
    }
    drop(view);
    let all: Vec<String> = tables.iter().map(|table| format!("\"{table}\"")).collect();
    Ok(db.execute_ddl(&format!("DROP TABLE {}", all.join(", "))).await?)
}

async fn has_rows(
    view: &FrozenView,
    tables: &[String],
    table: &'static str,
    number: Option<i64>,
) -> Result<bool, BackupError> {
    if !tables.iter().any(|there| there == table) {
        return Ok(false);
    }
    let (sql, binds) = match number {
        Some(number) => ("SELECT 1 FROM \"schema_step\" WHERE \"number\" = $1", vec![Value::Int(number)]),
        None => ("SELECT 1 FROM \"portal\" LIMIT 1", Vec::new()),
    };
    let query = store::engine::Query { sql: sql.into(), binds, cost: store::engine::Cost::Scan };
    Ok(!view.read(query).await?.is_empty())
}

/// The mark of a database that is being filled, as a step that only a restore knows.
fn mark() -> Step {
    let number = u32::try_from(RESTORING).unwrap_or(u32::MAX);
    Step { number, name: "restoring", sqlite: "SELECT 1".into(), postgres: "SELECT 1".into() }
}

async fn fill(db: &Db, archive: &Path, head: Head, files: FilesTo) -> Result<Restored, BackupError> {
    let mut then: Vec<Step> = steps().into_iter().filter(|step| head.steps.contains(&step.number)).collect();
    then.push(mark());
    db.migrate(&then, head.created).await?;
    let tables = Tables::prepare(db, &head).await?;
    let (rows, mut received) = mpsc::channel(2);
    let path = archive.to_owned();
    let reading = tokio::task::spawn_blocking(move || reader::run(&path, &files, &rows));
    let mut loaded = Ok(());
    while let Some(part) = received.recv().await {
        loaded = tables.load(db, &part).await;
        if loaded.is_err() {
            break;
        }
    }
    drop(received);
    let contents = reading.await.map_err(|error| BackupError::Failed(error.to_string()))?;
    loaded?;
    let contents = contents?;
    // What has been added to the schema since.
    let mut now = steps();
    now.push(mark());
    db.migrate(&now, head.created).await?;
    Store::new(db.clone()).fill_all_search(&Catalogue::new(&Additions::default())).await?;
    let sql = "DELETE FROM \"schema_step\" WHERE \"number\" = $1";
    let unmark = Statement::new(sql, vec![RESTORING.into()], Expect::Exactly(1));
    db.commit(vec![unmark]).await?;
    let files = contents.entries.keys().filter(|name| name.starts_with(crate::format::FILES)).count() as u64;
    Ok(Restored { head, rows: contents.rows, files, missing_files: contents.missing_files })
}

/// The tables that rows go into.
struct Tables(BTreeMap<String, Vec<(String, CellKind)>>);

impl Tables {
    /// Compares the tables of the database with those of the archive, and empties them of what the schema brought.
    async fn prepare(db: &Db, head: &Head) -> Result<Self, BackupError> {
        let view = db.freeze().await?;
        let there: BTreeMap<_, _> = shapes::shapes(&view)
            .await?
            .into_iter()
            .map(|shape| (shape.name.clone(), columns(&shape)))
            .collect();
        drop(view);
        let sorted = |columns: &[crate::format::Column]| {
            let mut columns = columns.to_vec();
            columns.sort_by(|a, b| a.name.cmp(&b.name));
            columns
        };
        let mut tables = BTreeMap::new();
        for (table, columns) in &head.tables {
            if there.get(table).map(|there| sorted(there)) != Some(sorted(columns)) {
                return Err(BackupError::Refused(format!(
                    "the archive's table {table} is not that of its schema"
                )));
            }
            let column = |c: &crate::format::Column| Ok::<_, BackupError>((c.name.clone(), kind(c)?));
            tables.insert(table.clone(), columns.iter().map(column).collect::<Result<Vec<_>, _>>()?);
        }
        for table in there.keys() {
            let sql = format!("DELETE FROM \"{table}\"");
            db.commit(vec![Statement::new(sql, Vec::new(), Expect::Any)]).await?;
        }
        Ok(Self(tables))
    }

    async fn load(&self, db: &Db, part: &Rows) -> Result<(), BackupError> {
        let Rows { table, lines } = part;
        let unknown = || BackupError::Refused(format!("the archive has rows of the unknown table {table}"));
        let columns = self.0.get(table).ok_or_else(unknown)?;
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let kinds: Vec<CellKind> = columns.iter().map(|(_, kind)| *kind).collect();
        let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        for lines in lines.chunks(PORTION) {
            let rows = lines.iter().map(|line| cells::read(line, &kinds)).collect::<Result<Vec<_>, _>>();
            let rows = rows.map_err(|what| {
                BackupError::Refused(format!("a row of {table} in the archive cannot be read: {what}"))
            })?;
            db.load(table, &names, rows).await.map_err(|error| {
                BackupError::Failed(format!("rows of {table} cannot be written: {error}"))
            })?;
        }
        Ok(())
    }
}

/// Gives the desk its place: files first, the database last, for a database makes a desk.
fn move_in(place: &Place) -> std::io::Result<()> {
    let staging = place.staging();
    let sync = |folder: &Path| File::open(folder)?.sync_all();
    if place.files().exists() {
        std::fs::remove_dir(place.files())?;
    }
    std::fs::rename(staging.join(place.files_dir), place.files())?;
    sync(&place.data_dir)?;
    if place.database_url.is_none() {
        std::fs::rename(staging.join(place.database_file), place.database())?;
        sync(&place.data_dir)?;
    }
    std::fs::remove_dir_all(&staging)?;
    sync(&place.data_dir)
}
