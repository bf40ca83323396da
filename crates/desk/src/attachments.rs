//! Files that hang on records (requests.md section 12).
//!
//! The bytes are on disk, under a name of ours, before the row that speaks of them is committed; a file whose
//! commit failed is removed. No name that a client gave ever becomes part of a path.

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal, Snapshot, history};
use model::filter::equals;
use model::{Filter, Id, Record, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use store::engine::Expect;
use store::{Query, Statement};
use tokio::io::AsyncWriteExt;

/// The greatest size of one file, in bytes.
pub const FILE_BYTES_MAX: usize = 40 * 1024 * 1024;
/// How many files a record may have.
pub const FILES_MAX: u64 = 100;
/// How many a task may have (problems.md section 7).
const FILES_OF_TASK_MAX: u64 = 10;

/// A file that a client sends.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// Its name, as the client says.
    pub name: &'a str,
    /// Its media type, as the client says.
    pub content_type: Option<&'a str>,
    /// What it is, in words.
    pub description: Option<&'a str>,
    /// Whether it is listed among the record's attachments, or only stored to be referred to from its text.
    pub listed: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The folder of files.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    dir: PathBuf,
}

impl Files {
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Two levels of folders, so that none grows to millions.
    fn path(&self, blob: &str) -> Option<PathBuf> {
        let safe = blob.len() >= 4 && blob.bytes().all(|b| b.is_ascii_digit());
        let (a, b) =
            (blob.get(blob.len().checked_sub(2)?..)?, blob.get(blob.len().checked_sub(4)?..blob.len() - 2)?);
        safe.then(|| self.dir.join(a).join(b).join(blob))
    }

    async fn write(&self, blob: &str, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path(blob).ok_or(std::io::ErrorKind::InvalidInput)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(folder).await?;
        let mut file = tokio::fs::File::create(&path).await?;
        file.write_all(bytes).await?;
        // Acknowledged means on disk, for files as for rows: the file and its entry in the folder.
        file.sync_all().await?;
        tokio::fs::File::open(folder).await?.sync_all().await
    }

    async fn read(&self, blob: &str) -> std::io::Result<Vec<u8>> {
        tokio::fs::read(self.path(blob).ok_or(std::io::ErrorKind::InvalidInput)?).await
    }

    async fn remove(&self, blob: &str) {
        if let Some(path) = self.path(blob)
            && let Err(error) = tokio::fs::remove_file(&path).await
        {
            tracing::warn!(%error, attachment.blob = blob, "a file without a row stays behind");
        }
    }
}

impl Desk {
    /// Stores a file below a record that the caller may edit.
    ///
    /// # Errors
    /// Refused when the file is too large, the record has too many, or its name is empty.
    pub async fn attach(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
        file: Upload<'_>,
    ) -> Result<Record, DeskError> {
        let module = &place.module;
        if permit(ctx, module, Verb::Update).is_err() {
            permit(ctx, module, Verb::Create)?;
        }
        let record = self.get_in(ctx, place, owner).await?;
        if crate::records::in_trash(&record) {
            return Err(DeskError::NotFound);
        }
        if module.slot("has_attachments").is_none() {
            return Err(DeskError::NotFound);
        }
        if file.bytes.len() > FILE_BYTES_MAX {
            return Err(Refusal::because("input_file", "A file may have 40 MB at most").into());
        }
        let max = if module.name == "task" { FILES_OF_TASK_MAX } else { FILES_MAX };
        if self.attachments_of(&[owner]).await?.len() as u64 >= max {
            return Err(Refusal::because("input_file", format!("At most {max} files")).into());
        }
        let name = clean_name(file.name);
        if name.is_empty() {
            return Err(Refusal::Mandatory("input_file".into()).into());
        }
        let snapshot = self.snapshot();
        let id = self.new_id(ctx);
        let mut row = Record::new(snapshot.module("attachment")?.clone());
        row.set("id", id);
        row.set("name", name);
        row.set("description", file.description.map(|d| d.chars().take(250).collect::<String>()));
        row.set("bytes", i64::try_from(file.bytes.len()).unwrap_or(i64::MAX));
        row.set("content_type", clean_type(file.content_type));
        row.set("module", module.name.as_ref());
        row.set("owner", owner.get());
        row.set("blob", id.to_string());
        row.set("listed", file.listed);
        row.set("attached_by", ctx.caller.user);
        row.set("attached_on", ctx.now);
        let failed =
            |error: std::io::Error| DeskError::Unavailable(format!("the file was not stored: {error}"));
        self.files.write(&id.to_string(), file.bytes).await.map_err(failed)?;
        let mut statements = self.store.insert(&row);
        if file.listed {
            let stamps = [("has_attachments", Value::Bool(true))];
            statements.push(self.store.stamp(module, owner, &stamps, Expect::Exactly(1)));
        }
        let words = format!("{} attached", row.title());
        statements.extend(history::remark(self, ctx, &record, "ATTACH", &words)?);
        if let Err(error) = self.store.commit(statements).await {
            self.files.remove(&id.to_string()).await;
            return Err(error.into());
        }
        let mut shown = [row];
        shown.iter_mut().for_each(complete);
        let [row] = shown;
        Ok(row)
    }

    /// The files of a record, oldest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record.
    pub async fn attachments(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
    ) -> Result<Vec<Record>, DeskError> {
        self.get(ctx, place, owner).await?;
        let mut rows = self.attachments_of(&[owner]).await?;
        rows.retain(|r| r.is("listed"));
        rows.iter_mut().for_each(complete);
        Ok(rows)
    }

    /// A file of a record, with its bytes.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record or the file.
    pub async fn attachment(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
        id: Id,
    ) -> Result<(Record, Vec<u8>), DeskError> {
        self.get(ctx, place, owner).await?;
        let rows = self.attachments_of(&[owner]).await?;
        let row = rows.into_iter().find(|r| r.id() == id).ok_or(DeskError::NotFound)?;
        let blob = row.text("blob").unwrap_or_default();
        let gone = |error: std::io::Error| DeskError::Internal(format!("file {blob}: {error}"));
        let bytes = self.files.read(blob).await.map_err(gone)?;
        Ok((row, bytes))
    }

    /// Removes a file from a record.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record or the file.
    pub async fn detach(&self, ctx: &Context, place: &Place, owner: Id, id: Id) -> Result<(), DeskError> {
        permit(ctx, &place.module, Verb::Update)?;
        let record = self.get_in(ctx, place, owner).await?;
        let rows = self.attachments_of(&[owner]).await?;
        let row = rows.iter().find(|r| r.id() == id).ok_or(DeskError::NotFound)?;
        if !ctx.is_technician() && row.reference("attached_by") != Some(ctx.caller.user) {
            return Err(DeskError::NotPermitted);
        }
        let mut statements = self.store.remove(row);
        let left = rows.iter().any(|r| r.id() != id && r.is("listed"));
        let stamps = [("has_attachments", Value::Bool(left))];
        statements.push(self.store.stamp(&place.module, owner, &stamps, Expect::Exactly(1)));
        let words = format!("{} removed", row.title());
        statements.extend(history::remark(self, ctx, &record, "DETACH", &words)?);
        self.store.commit(statements).await?;
        self.files.remove(row.text("blob").unwrap_or_default()).await;
        Ok(())
    }

    async fn attachments_of(&self, owners: &[Id]) -> Result<Vec<Record>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("attachment")?;
        let owners = owners.iter().map(|id| Value::Int(id.get())).collect();
        let filter: Filter = equals(module, "owner", owners);
        Ok(self.store.list(&Query::new(module.clone(), filter, 10_000)).await?)
    }

    /// The listed files of records that have some, by the records' ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn files_of(&self, records: &[Record]) -> Result<HashMap<Id, Vec<Record>>, DeskError> {
        let has = |r: &Record| r.module.slot("has_attachments").is_some() && r.is("has_attachments");
        let owners: Vec<Id> = records.iter().filter(|r| has(r)).map(Record::id).collect();
        let mut files: HashMap<Id, Vec<Record>> = HashMap::new();
        if !owners.is_empty() {
            for mut row in self.attachments_of(&owners).await?.into_iter().filter(|r| r.is("listed")) {
                complete(&mut row);
                files.entry(Id::new(row.int("owner").unwrap_or(0))).or_default().push(row);
            }
        }
        Ok(files)
    }
}

/// Rows of a removed record's files; the bytes stay until the folder is swept.
pub(crate) fn forget_owner(desk: &Desk, owner: &Record, snapshot: &Snapshot) -> Vec<Statement> {
    let rows = snapshot.module("attachment").ok();
    rows.and_then(|rows| desk.store.remove_rows(rows, "owner", owner.id())).into_iter().collect()
}

/// Fills in what follows from the row.
pub(crate) fn complete(row: &mut Record) {
    let bytes = row.int("bytes").unwrap_or(0);
    let id = row.id();
    row.set("file_id", id.to_string());
    row.set("file_name", row.text("name").map(str::to_owned));
    let size = serde_json::json!({"display_value": human_size(bytes), "value": bytes.to_string()});
    row.set("size", size.to_string());
}

fn human_size(bytes: i64) -> String {
    const KB: i64 = 1024;
    match bytes {
        b if b < KB => format!("{b} B"),
        b if b < KB * KB => format!("{}.{:02} KB", b / KB, b % KB * 100 / KB),
        b => format!("{}.{:02} MB", b / KB / KB, b / KB % KB * 100 / KB),
    }
}

/// The last part of a name, without what could end a header or leave a folder; it is shown, never used as a path.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.chars().filter(|c| !c.is_control() && *c != '"').take(250).collect::<String>().trim().to_owned()
}

fn clean_type(given: Option<&str>) -> String {
    let plain =
        |t: &&str| t.len() <= 127 && t.contains('/') && t.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    given.filter(plain).unwrap_or("application/octet-stream").to_owned()
}
