//! Files that hang on records (requests.md section 12).
//!
//! The bytes are on disk, under a name of ours, before the row that speaks of them is committed; a file whose
//! commit failed is removed. No name that a client gave ever becomes part of a path.

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::files::Stored;
use crate::permissions::permit;
use crate::records::{Outcome, Place, Written};
use crate::{Desk, DeskError, Refusal, Snapshot, history};
use model::filter::equals;
use model::{Filter, Id, Patch, Record, Value};
use serde_json::Value as Json;
use std::collections::HashMap;
use store::engine::Expect;
use store::{Query, Statement, StoreError};

/// The greatest size of one file, in bytes.
pub const FILE_BYTES_MAX: usize = 40 * 1024 * 1024;
/// How many files a record may have.
pub const FILES_MAX: u64 = 100;
/// How many a task may have (problems.md section 7).
const FILES_OF_TASK_MAX: u64 = 10;

/// What a file is to the record that it hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// One of the record's attachments.
    Listed,
    /// Only stored, to be referred to from a text, or to be made an attachment later.
    Stored,
    /// Part of a request's resolution.
    Resolution,
}

/// A file that a client sends.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// Its name, as the client says.
    pub name: &'a str,
    /// Its media type, as the client says.
    pub content_type: Option<&'a str>,
    /// What it is, in words.
    pub description: Option<&'a str>,
    /// What it is to its record.
    pub purpose: Purpose,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The files that a record shows.
#[derive(Debug, Default)]
pub struct FilesOf {
    /// Its attachments, oldest first.
    pub attachments: Vec<Record>,
    /// Those of a request's resolution.
    pub resolution: Vec<Record>,
}

/// What the column `module` says of a file of the resolution. It is never among its request's attachments.
const RESOLUTION: &str = "resolution";

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
        if permit(ctx, place, Verb::Update).is_err() {
            permit(ctx, place, Verb::Create)?;
        }
        let record = self.get_in(ctx, place, owner).await?;
        if crate::records::in_trash(&record) || module.slot("has_attachments").is_none() {
            return Err(DeskError::NotFound);
        }
        if file.purpose == Purpose::Resolution && !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        may_write_on(ctx, place, &record)?;
        self.is_open_to(ctx, place, &record).await?;
        self.room_for(&record, 1).await?;
        let row = self.file_row(ctx, &record, &file)?;
        let mut statements = self.store.insert(&row);
        if let Some(flag) = flag_of(file.purpose) {
            let stamps = [(flag, Value::Bool(true))];
            statements.push(self.store.stamp(module, owner, &stamps, Expect::Exactly(1)));
            statements.extend(self.touch(module, owner, ctx.now));
        }
        let words = format!("{} attached", row.title());
        statements.extend(history::remark(self, ctx, &record, "ATTACH", &words)?);
        self.files.keep(blob_of(&row), file.bytes).await?;
        if let Err(error) = self.store.commit(statements).await {
            // Unless the row may be there after all: then the sweep decides.
            if !matches!(error, StoreError::Unavailable(_)) {
                self.files.remove(blob_of(&row)).await;
            }
            return Err(error.into());
        }
        let mut row = row;
        complete(&mut row);
        Ok(row)
    }

    /// Adds a record with files: all or nothing.
    ///
    /// # Errors
    /// As for an addition without files, and as for each of the files.
    pub async fn add_with_files(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
        files: &[Upload<'_>],
    ) -> Result<Outcome, DeskError> {
        if files.is_empty() || ctx.rehearsal {
            return self.add(ctx, place, patch).await;
        }
        permit(ctx, place, Verb::Create)?;
        let mut turn = self.turns.of(Id::new(0));
        loop {
            let tried = self.try_add_with_files(ctx, place, patch, files).await;
            if let Some(outcome) = turn.after(tried).await? {
                return Ok(outcome);
            }
        }
    }

    async fn try_add_with_files(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
        files: &[Upload<'_>],
    ) -> Result<Outcome, Written> {
        let mut draft = self.draft_new(ctx, place, patch).await?;
        if files.len() as u64 > files_max(&draft.new) {
            return Err(too_many(&draft.new).into());
        }
        let mut rows = Vec::with_capacity(files.len());
        for file in files {
            let row = self.file_row(ctx, &draft.new, file)?;
            draft.statements.extend(self.store.insert(&row));
            rows.push(row);
        }
        draft.new.set("has_attachments", true);
        let mut kept = Ok(());
        for (row, file) in rows.iter().zip(files) {
            kept = self.files.keep(blob_of(row), file.bytes).await;
            if kept.is_err() {
                break;
            }
        }
        let done = match kept {
            Ok(()) => self.add_draft(ctx, place, draft).await,
            Err(error) => Err(Written::Failed(error)),
        };
        // When the database did not say how the commit ended, the rows may be there, and the sweep decides.
        if done.is_err() && !matches!(done, Err(Written::Failed(DeskError::Unavailable(_)))) {
            for row in &rows {
                self.files.remove(blob_of(row)).await;
            }
        }
        done
    }

    /// Whether a closed request, or one above a record, keeps the caller from changing its files.
    async fn is_open_to(&self, ctx: &Context, place: &Place, record: &Record) -> Result<(), DeskError> {
        if record.module.table == "request" {
            crate::requests::may_change(ctx, record, &self.snapshot())?;
        }
        crate::requests::may_change_below(self, ctx, place, record).await
    }

    /// Whether a record may have so many files more.
    async fn room_for(&self, record: &Record, more: u64) -> Result<(), DeskError> {
        let there = self.attachments_of(&[record.id()]).await?.len() as u64;
        if there + more > files_max(record) { Err(too_many(record)) } else { Ok(()) }
    }

    /// The row of a file that comes with a call.
    fn file_row(&self, ctx: &Context, owner: &Record, file: &Upload<'_>) -> Result<Record, DeskError> {
        if file.bytes.len() > FILE_BYTES_MAX {
            return Err(Refusal::because("input_file", "A file may have 40 MB at most").into());
        }
        let name = clean_name(file.name);
        if name.is_empty() {
            return Err(Refusal::Mandatory("input_file".into()).into());
        }
        let id = self.new_id(ctx);
        let mut row = Record::new(self.snapshot().module("attachment")?.clone());
        row.set("id", id);
        row.set("name", name);
        row.set("description", file.description.map(|d| d.chars().take(250).collect::<String>()));
        row.set("bytes", i64::try_from(file.bytes.len()).unwrap_or(i64::MAX));
        row.set("content_type", clean_type(file.content_type));
        let of_resolution = file.purpose == Purpose::Resolution;
        row.set("module", if of_resolution { RESOLUTION } else { owner.module.name.as_ref() });
        row.set("owner", owner.id().get());
        row.set("blob", id.to_string());
        row.set("listed", file.purpose == Purpose::Listed);
        row.set("attached_by", ctx.caller.user);
        row.set("attached_on", ctx.now);
        Ok(row)
    }

    /// The attachments of a record, oldest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record.
    pub async fn attachments(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
    ) -> Result<Vec<Record>, DeskError> {
        self.files_for(ctx, place, owner, Purpose::Listed).await
    }

    /// The files of a record that serve a purpose, oldest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record.
    pub async fn files_for(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
        purpose: Purpose,
    ) -> Result<Vec<Record>, DeskError> {
        self.get(ctx, place, owner).await?;
        let mut rows = self.attachments_of(&[owner]).await?;
        rows.retain(|r| purpose_of(r) == purpose);
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
    ) -> Result<(Record, Stored), DeskError> {
        self.get(ctx, place, owner).await?;
        let rows = self.attachments_of(&[owner]).await?;
        let row = rows.into_iter().find(|r| r.id() == id).ok_or(DeskError::NotFound)?;
        let blob = row.text("blob").unwrap_or_default();
        let gone = |error: std::io::Error| DeskError::Internal(format!("file {blob}: {error}"));
        let stored = self.files.open(blob).await.map_err(gone)?;
        Ok((row, stored))
    }

    /// Removes a file from a record.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the record or the file.
    pub async fn detach(&self, ctx: &Context, place: &Place, owner: Id, id: Id) -> Result<(), DeskError> {
        permit(ctx, place, Verb::Update)?;
        let mut turn = self.turns.of(owner);
        loop {
            let tried = self.try_to_detach(ctx, place, owner, id).await;
            if let Some(row) = turn.after(tried).await? {
                self.files.put_away(blob_of(&row)).await;
                return Ok(());
            }
        }
    }

    /// Removes a file's row, and gives it.
    async fn try_to_detach(
        &self,
        ctx: &Context,
        place: &Place,
        owner: Id,
        id: Id,
    ) -> Result<Record, Written> {
        let record = self.get_in(ctx, place, owner).await?;
        self.is_open_to(ctx, place, &record).await?;
        let rows = self.attachments_of(&[owner]).await?;
        let row = rows.iter().find(|r| r.id() == id).ok_or(DeskError::NotFound)?;
        if !ctx.is_technician() && row.reference("attached_by") != Some(ctx.caller.user) {
            return Err(DeskError::NotPermitted.into());
        }
        let mut statements = self.store.remove(row);
        let purpose = purpose_of(row);
        if purpose == Purpose::Resolution && !ctx.is_technician() {
            return Err(DeskError::NotPermitted.into());
        }
        if let Some(flag) = flag_of(purpose) {
            // Whoever adds a file at the same moment changes the record, and then it is looked again.
            let mut new = record.clone();
            new.set(flag, rows.iter().any(|r| r.id() != id && purpose_of(r) == purpose));
            statements.extend(self.store.update(&record, &new, &self.snapshot().catalogue));
            statements.extend(self.touch(&place.module, owner, ctx.now));
        }
        let words = format!("{} removed", row.title());
        statements.extend(history::remark(self, ctx, &record, "DETACH", &words)?);
        match self.store.commit(statements).await {
            Ok(()) => Ok(row.clone()),
            Err(StoreError::Stale { .. }) => Err(Written::Stale),
            Err(error) => Err(Written::Failed(error.into())),
        }
    }

    async fn attachments_of(&self, owners: &[Id]) -> Result<Vec<Record>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("attachment")?;
        let owners = owners.iter().map(|id| Value::Int(id.get())).collect();
        let filter: Filter = equals(module, "owner", owners);
        Ok(self.store.list(&Query::new(module.clone(), filter, 10_000)).await?)
    }

    /// The files of records that have some, by the records' ids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn files_of(&self, records: &[Record]) -> Result<HashMap<Id, FilesOf>, DeskError> {
        let is = |r: &Record, flag: &str| r.module.slot(flag).is_some() && r.is(flag);
        let has = |r: &Record| is(r, "has_attachments") || is(r, "has_resolution_attachments");
        let owners: Vec<Id> = records.iter().filter(|r| has(r)).map(Record::id).collect();
        let mut files: HashMap<Id, FilesOf> = HashMap::new();
        if !owners.is_empty() {
            for mut row in self.attachments_of(&owners).await? {
                complete(&mut row);
                let of = files.entry(Id::new(row.int("owner").unwrap_or(0))).or_default();
                match purpose_of(&row) {
                    Purpose::Listed => of.attachments.push(row),
                    Purpose::Resolution => of.resolution.push(row),
                    Purpose::Stored => {}
                }
            }
        }
        Ok(files)
    }

    async fn file(&self, id: Id) -> Result<Option<Record>, DeskError> {
        Ok(self.store.get(self.snapshot().module("attachment")?, id).await?)
    }
}

/// Makes the files that an input names under `attachments` the record's own: those that the caller uploaded and
/// nobody has listed since. The input is a word to the desk; the record's attachments are shown from the files.
pub(crate) async fn tie(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let Some(slot) = draft.new.module.slot("attachments") else { return Ok(()) };
    let given = draft.new.at(slot).as_str().map(str::to_owned);
    draft.new.put(slot, Value::Null);
    draft.given.retain(|s| *s != slot);
    let Some(given) = given else { return Ok(()) };
    let Some(ids) = ids_in(&given) else {
        draft.refuse(Refusal::not_valid("attachments"));
        return Ok(());
    };
    let mut more = Vec::new();
    for id in ids {
        match desk.file(id).await? {
            Some(row) if row.is("listed") && row.int("owner") == Some(draft.new.id().get()) => {}
            Some(row) if may_tie(ctx, &row) => more.push(row),
            _ => draft.refuse(Refusal::because("attachments", format!("There is no file {id} to attach"))),
        }
    }
    if more.is_empty() {
        return Ok(());
    }
    if draft.is_new() && more.len() as u64 > files_max(&draft.new) {
        draft.refuse(Refusal::because("attachments", format!("At most {} files", files_max(&draft.new))));
    } else if !draft.is_new() {
        desk.room_for(&draft.new, more.len() as u64).await?;
    }
    for row in more {
        let mut tied = row.clone();
        tied.set("owner", draft.new.id().get());
        tied.set("module", draft.new.module.name.as_ref());
        tied.set("listed", true);
        let statements = desk.store.update(&row, &tied, &draft.snapshot.catalogue);
        draft.statements.extend(statements);
        let words = format!("{} attached", row.title());
        draft.statements.extend(history::remark(desk, ctx, &draft.new, "ATTACH", &words)?);
    }
    draft.new.set("has_attachments", true);
    Ok(())
}

fn may_tie(ctx: &Context, row: &Record) -> bool {
    purpose_of(row) == Purpose::Stored && row.reference("attached_by") == Some(ctx.caller.user)
}

/// The ids of `[{"id": …}, {"file_id": …}]`, each once; `None` when it is anything else.
fn ids_in(text: &str) -> Option<Vec<Id>> {
    let Ok(Json::Array(items)) = serde_json::from_str(text) else { return None };
    let mut ids = Vec::with_capacity(items.len());
    for item in &items {
        let id = item.get("id").or_else(|| item.get("file_id"))?;
        let id: Id = id.as_str().map_or_else(|| id.to_string(), str::to_owned).parse().ok()?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Some(ids)
}

fn purpose_of(row: &Record) -> Purpose {
    match row.text("module") {
        Some(RESOLUTION) => Purpose::Resolution,
        _ if row.is("listed") => Purpose::Listed,
        _ => Purpose::Stored,
    }
}

/// The flag of a record that says whether it has files for a purpose, so that those without are not asked for.
const fn flag_of(purpose: Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::Listed => Some("has_attachments"),
        Purpose::Resolution => Some("has_resolution_attachments"),
        Purpose::Stored => None,
    }
}

fn blob_of(row: &Record) -> &str {
    row.text("blob").unwrap_or_default()
}

fn files_max(record: &Record) -> u64 {
    if record.module.name == "task" { FILES_OF_TASK_MAX } else { FILES_MAX }
}

fn too_many(record: &Record) -> DeskError {
    Refusal::because("input_file", format!("At most {} files", files_max(record))).into()
}

/// Whether the caller may change what files a record has, whose place they may write to: requesters those of what is their
/// own, a request that they raised and a note or a mail that they wrote.
fn may_write_on(ctx: &Context, place: &Place, record: &Record) -> Result<(), DeskError> {
    if ctx.is_technician() {
        return Ok(());
    }
    let request = match &place.parent {
        Some((_, parent)) => parent.as_ref(),
        None => record,
    };
    let is_authors = |path: &str| {
        record.module.slot(path).is_none_or(|slot| record.at(slot).as_int() == Some(ctx.caller.user.get()))
    };
    let is_own = request.module.name != "request" || crate::requests::is_own(ctx, request);
    let wrote_it = place.parent.is_none() || (is_authors("created_by") && is_authors("sender"));
    if is_own && wrote_it { Ok(()) } else { Err(DeskError::NotPermitted) }
}

/// What a request's resolution shows of files before anybody has looked for them: none.
pub(crate) fn complete_resolution(request: &mut Record) {
    if !request.get("resolution.content").is_null() {
        request.set("resolution.resolution_attachments", "[]");
    }
}

/// Rows of a removed record's files; the bytes stay until the folder is swept ([`Desk::sweep_files`]).
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
