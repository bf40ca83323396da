//! Mails on a request, drafts of them, and the whole conversation in order of time (requests.md section 11).

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::nouns::parent;
use crate::permissions::permit;
use crate::records::{ListAsk, Place};
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{Filter, Id, Record, Value};
use std::sync::Arc;
use store::Statement;
use store::engine::Expect;

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let request = parent(place)?.clone();
    if !draft.is_new() {
        return Err(DeskError::NotPermitted);
    }
    let addresses = ["to", "cc", "bcc"].map(|path| (path, list(&draft.new, path)));
    for (path, addresses) in &addresses {
        if addresses.iter().any(|a| !a.contains('@')) {
            draft.refuse(Refusal::not_valid(*path));
        }
    }
    let kind = draft.new.text("type").unwrap_or("REQREPLY").to_ascii_uppercase();
    if !matches!(kind.as_str(), "REQREPLY" | "REQFORWARD" | "REQNOTIFY") {
        draft.refuse(Refusal::not_valid("type"));
    }
    // What is handed on to somebody else is not meant for the requester, unless the input says so.
    if kind == "REQFORWARD" && !draft.gives("is_public") {
        draft.new.set("is_public", false);
    }
    let mut stamps = vec![("last_updated_time", Value::Int(ctx.now)), ("unreplied_count", Value::Int(0))];
    if kind == "REQREPLY" && ctx.is_technician() && request.int("responded_time").is_none() {
        stamps.push(("responded_time", Value::Int(ctx.now)));
    }
    draft.new.set("type", kind);
    draft.statements.push(desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1)));
    Ok(())
}

pub(crate) fn prepare_draft(desk: &Desk, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    let request = parent(place)?;
    if draft.is_new() {
        let stamps = [("has_draft", Value::Bool(true))];
        let stamp = desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1));
        draft.statements.push(stamp);
    }
    Ok(())
}

pub(crate) fn after_removal(desk: &Desk, draft: &Record, snapshot: &Snapshot) -> Vec<Statement> {
    match (snapshot.module("request"), draft.reference("request")) {
        (Ok(module), Some(id)) => {
            vec![desk.store.flag_from_rows(module, id, "has_draft", &draft.module, "request")]
        }
        _ => Vec::new(),
    }
}

fn list(record: &Record, path: &str) -> Vec<String> {
    record.text(path).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// One thing said on a request.
#[derive(Debug)]
pub struct Said {
    /// What sort of thing: `NOTES`, `Technician_E-Mail`, `Requester_E-Mail`, `ApprovalComments`.
    pub kind: &'static str,
    /// The record: a note, a notification or an approval.
    pub record: Record,
    /// When.
    pub time: i64,
    /// By whom.
    pub by: Option<Id>,
}

/// Conversations beyond this length are cut at the old end.
const SAID_MAX: u64 = 1000;

impl Desk {
    /// Everything said on a request that the caller may read, newest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the request.
    pub async fn conversation(&self, ctx: &Context, request: &Arc<Record>) -> Result<Vec<Said>, DeskError> {
        let snapshot = self.snapshot();
        let mut said = Vec::new();
        for (module, time, by) in
            [("request_note", "created_time", "created_by"), ("notification", "time", "sender")]
        {
            let place = Place {
                module: snapshot.module(module)?.clone(),
                parent: Some(("request", request.clone())),
            };
            permit(ctx, &place.module, Verb::Read)?;
            let mut ask = ListAsk::new(Filter::everything(), SAID_MAX);
            ask.sort = model::Path::of(&place.module, "id")
                .map(|path| model::SortKey { path, descending: true })
                .into_iter()
                .collect();
            for record in self.list_in(ctx, &place, ask).await?.records {
                let by = record.reference(by);
                let from_requester = by.is_some() && by == request.reference("requester");
                let kind = match (module, from_requester) {
                    ("request_note", _) => "NOTES",
                    (_, true) => "Requester_E-Mail",
                    _ => "Technician_E-Mail",
                };
                said.push(Said { kind, time: record.int(time).unwrap_or(0), by, record });
            }
        }
        said.sort_by_key(|s| (std::cmp::Reverse(s.time), std::cmp::Reverse(s.record.id())));
        Ok(said)
    }
}
