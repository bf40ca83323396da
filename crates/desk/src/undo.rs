//! Taking a change back: an ordinary edit that puts the old values in their places again, with every rule of an edit.
//! What somebody changed again since is not touched.

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::{Outcome, Place, Written, in_trash};
use crate::{Desk, DeskError, history};
use model::filter::equals;
use model::{
    Access, Change, Deletion, Id, Kind, Leaf, Module, Patch, Path, Record, RefInput, SortKey, Storage, Value,
};
use serde_json::Value as Json;
use std::sync::Arc;
use store::Query;

/// What became of taking a change back.
#[derive(Debug)]
pub enum Undone {
    /// The old values are back. Like every edit it may have met a closing rule, see [`Outcome::unmet`].
    Done(Box<Outcome>),
    /// Nothing was written: these fields were changed again since.
    Changed(Vec<String>),
}

/// A change that may be taken back: the record, the word for it, and what it did to which field.
#[derive(Debug)]
pub struct Undoable {
    /// Where the record is.
    pub place: Place,
    /// The record as it is now.
    pub record: Record,
    is_deletion: bool,
    fields: Vec<FieldChange>,
}

#[derive(Debug)]
struct FieldChange {
    slot: usize,
    before: Value,
    after: Value,
}

/// Entries that begin or end a record are no edits.
const NO_EDITS: [&str; 4] = ["CREATE", "REMOVE", "RESTORE", "MERGE"];

impl Desk {
    /// The change that an entry of the history tells of, if it can be taken back at all: an edit of fields that may be
    /// written, or a deletion that left the record where it can be restored from.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for an entry that does not exist, is no such change, or is of a record that the caller may
    /// not see; [`DeskError::NotPermitted`] for requesters.
    pub async fn undoable(&self, ctx: &Context, entry: Id) -> Result<Undoable, DeskError> {
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let snapshot = self.snapshot();
        let entry = self.store.get(snapshot.module("history")?, entry).await?.ok_or(DeskError::NotFound)?;
        let key = entry.text("module").unwrap_or_default();
        let modules = snapshot.catalogue.modules();
        let module = modules.iter().find(|m| m.key() == key || m.name == key).filter(|m| m.top_level);
        let place = Place::top(module.ok_or(DeskError::NotFound)?.clone());
        let id = Id::new(entry.int("record").unwrap_or(0));
        let place = self.exact_place(ctx, place, id).await?;
        permit(ctx, &place, Verb::Update)?;
        let record = self.get_in(ctx, &place, id).await?;
        let is_deletion = entry.text("operation") == Some("DELETE");
        let fields = fields(&record.module, &entry);
        if fields.is_empty() && !is_deletion || !place.module.writable {
            return Err(DeskError::NotFound);
        }
        Ok(Undoable { place, record, is_deletion, fields })
    }

    /// Which of a record's entries can be taken back as the record is now, for whoever offers it. The entries are those
    /// of [`Desk::history_of`].
    ///
    /// # Errors
    /// As for reading the record.
    pub async fn which_undoable(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        entries: &[Record],
    ) -> Result<Vec<Id>, DeskError> {
        if !place.module.writable || permit(ctx, place, Verb::Update).is_err() {
            return Ok(Vec::new());
        }
        let record = self.get_in(ctx, place, id).await?;
        let is_deleted = is_deleted(&record);
        let can = |entry: &&Record| {
            if entry.int("record") != Some(id.get()) {
                return false;
            }
            if entry.text("operation") == Some("DELETE") {
                return is_deleted && permit(ctx, place, Verb::Delete).is_ok();
            }
            let fields = fields(&record.module, entry);
            !is_deleted
                && fields.iter().any(|f| !is_same(&record, f.slot, &f.before))
                && fields
                    .iter()
                    .all(|f| is_same(&record, f.slot, &f.after) || is_same(&record, f.slot, &f.before))
        };
        let mut ids: Vec<Id> = entries.iter().filter(can).map(Record::id).collect();
        if is_deleted {
            // Only the last deletion is the one that holds.
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.truncate(1);
        }
        Ok(ids)
    }

    /// The entry that the caller's own call left in the history of a record; none where the call changed nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn own_change(&self, ctx: &Context, record: Id) -> Result<Option<Id>, DeskError> {
        const NEWEST: u64 = 5;
        let module = self.snapshot().module("history")?.clone();
        let filter = equals(&module, "owner", vec![record.get().into()]);
        let mut query = Query::new(module.clone(), filter, NEWEST);
        query.sort =
            Path::of(&module, "id").map(|path| SortKey { path, descending: true }).into_iter().collect();
        query.slots = ["record", "by", "time"].iter().filter_map(|path| module.slot(path)).collect();
        let entries = self.store.list(&query).await?;
        let is_own = |entry: &&Record| {
            entry.int("record") == Some(record.get())
                && entry.reference("by") == Some(ctx.caller.user)
                && entry.int("time") == Some(ctx.now)
        };
        Ok(entries.iter().find(is_own).map(Record::id))
    }

    /// Takes a change back. Another edit meanwhile is taken into account: what it changed is not overwritten.
    ///
    /// # Errors
    /// As for [`Desk::undoable`], and everything that speaks against the edit.
    pub async fn undo(&self, ctx: &Context, undoable: &Undoable) -> Result<Undone, DeskError> {
        let id = undoable.record.id();
        let mut turn = self.turns.of(id);
        loop {
            let tried = if undoable.is_deletion {
                self.try_undelete(ctx, &undoable.place, id).await
            } else {
                self.try_undo(ctx, undoable, id).await
            };
            if let Some(done) = turn.after(tried).await? {
                return Ok(done);
            }
        }
    }

    async fn try_undo(&self, ctx: &Context, undoable: &Undoable, id: Id) -> Result<Undone, Written> {
        let place = &undoable.place;
        let old = self.get_in(ctx, place, id).await?;
        let (mut patch, mut changed) = (Patch::default(), Vec::new());
        for field in &undoable.fields {
            let Some(leaf) = old.module.leaf(field.slot) else { continue };
            if is_same(&old, field.slot, &field.before) {
                continue;
            }
            if is_same(&old, field.slot, &field.after) {
                patch.set(field.slot, change_to(leaf, &field.before));
            } else {
                changed.push(leaf.path.clone());
            }
        }
        if !changed.is_empty() {
            return Ok(Undone::Changed(changed));
        }
        let draft = self.draft_edit(ctx, place, old, &patch, "UNDO").await?;
        Ok(Undone::Done(Box::new(self.write(ctx, place, draft).await?)))
    }

    async fn try_undelete(&self, ctx: &Context, place: &Place, id: Id) -> Result<Undone, Written> {
        permit(ctx, place, Verb::Delete)?;
        let old = self.get_in(ctx, place, id).await?;
        if !is_deleted(&old) {
            return Err(DeskError::NotInTrash.into());
        }
        if let Some(into) = old.module.slot("merged_into").and_then(|slot| old.at(slot).as_int()) {
            return Err(DeskError::MergedInto(Id::new(into)).into());
        }
        let mut new = old.clone();
        match old.module.deletion {
            Deletion::Flag(flag) => new.set(flag, false),
            _ => {
                new.set("is_trashed", false);
                new.set("deleted_time", Value::Null);
                new.set("deleted_by", Value::Null);
            }
        }
        let draft = crate::draft::Draft::editing(self.snapshot(), old, new, "RESTORE");
        Ok(Undone::Done(Box::new(self.write(ctx, place, draft).await?)))
    }
}

/// Whether a record is deleted and still there.
fn is_deleted(record: &Record) -> bool {
    in_trash(record) || matches!(record.module.deletion, Deletion::Flag(flag) if record.is(flag))
}

/// What an entry did to fields that an edit may write. What the rules work out follows from those.
fn fields(module: &Arc<Module>, entry: &Record) -> Vec<FieldChange> {
    let operation = entry.text("operation").unwrap_or_default();
    let diff: Vec<Json> = entry.text("diff").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
    if NO_EDITS.contains(&operation) || operation == "DELETE" {
        return Vec::new();
    }
    let field = |diff: &Json| {
        let slot = module.slot(diff.get("field")?.as_str()?)?;
        let leaf = module.leaf(slot)?;
        let is_open = leaf.field.access == Access::Write && leaf.field.storage != Storage::Computed;
        let value = |key: &str| history::stored(leaf, diff.get(key).unwrap_or(&Json::Null));
        is_open.then_some(FieldChange {
            slot,
            before: value("previous_value")?,
            after: value("current_value")?,
        })
    };
    diff.iter().filter_map(field).collect()
}

/// Whether a record holds a value at a place. Documents are compared by what they say.
fn is_same(record: &Record, slot: usize, value: &Value) -> bool {
    let now = record.at(slot);
    if now == value {
        return true;
    }
    match (now, value) {
        (Value::Text(now), Value::Text(value)) => {
            let read = |text: &str| serde_json::from_str::<Json>(text).ok().filter(|json| !json.is_number());
            read(now).is_some_and(|now| read(value).as_ref() == Some(&now))
        }
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => {
            text.is_empty() || text.as_str() == "[]"
        }
        _ => false,
    }
}

/// An input that puts a value in its place.
fn change_to(leaf: &Leaf, value: &Value) -> Change {
    let by_id = |id: Id| RefInput { id: Some(id), ..RefInput::default() };
    match (&leaf.field.kind, value) {
        (Kind::RefMany(_), value) => {
            Change::Refs(model::record::ids_of(value).into_iter().map(by_id).collect())
        }
        (_, Value::Null) => Change::Clear,
        (Kind::Ref(_), Value::Int(id)) => Change::Ref(by_id(Id::new(*id))),
        (_, value) => Change::Value(value.clone()),
    }
}
