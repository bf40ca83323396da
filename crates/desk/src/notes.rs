//! Notes on requests and problems (requests.md section 6, problems.md section 5).

use crate::context::Context;
use crate::draft::Draft;
use crate::nouns::parent;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{Record, Value};
use serde_json::Value as Json;
use store::Statement;
use store::engine::Expect;

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let request = parent(place)?.clone();
    // Whose requests a requester may view is not whose requests they may write on.
    if !ctx.is_technician() && !crate::requests::is_own(ctx, &request) {
        return Err(DeskError::NotPermitted);
    }
    if !draft.is_new() {
        draft.statements.extend(refresh(desk, &request, &draft.snapshot));
        return Ok(());
    }
    if !ctx.is_technician() {
        // What a requester writes is theirs to read.
        draft.new.set("show_to_requester", true);
        draft.new.set("mark_first_response", false);
        draft.new.set("add_to_linked_requests", false);
    }
    let mut stamps = vec![("has_notes", Value::Bool(true)), ("last_updated_time", Value::Int(ctx.now))];
    let first_response =
        draft.new.is("mark_first_response") && ctx.is_technician() && request.int("responded_time").is_none();
    if first_response {
        stamps.extend(crate::requests::first_response(&request, ctx.now));
    }
    // Only one is the first (requests.md section 6).
    draft.new.set("mark_first_response", first_response);
    draft.statements.push(desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1)));
    // Behind the note itself, which the statements of a draft follow.
    draft.statements.extend(refresh(desk, &request, &draft.snapshot));
    if draft.new.is("add_to_linked_requests") {
        for linked in desk.linked_open(ctx, request.id()).await? {
            let mut copy = draft.new.clone();
            copy.set("id", desk.new_id(ctx));
            copy.set("request", linked);
            copy.set("mark_first_response", false);
            draft.statements.extend(desk.store.insert(&copy));
            let stamps = [("has_notes", Value::Bool(true)), ("last_updated_time", Value::Int(ctx.now))];
            draft.statements.push(desk.store.stamp(&request.module, linked, &stamps, Expect::Any));
            let again = desk.store.refresh_search(&request.module, linked, &draft.snapshot.catalogue);
            draft.statements.extend(again);
        }
    }
    Ok(())
}

fn refresh(desk: &Desk, request: &Record, snapshot: &Snapshot) -> Option<Statement> {
    desk.store.refresh_search(&request.module, request.id(), &snapshot.catalogue)
}

/// A note on a problem.
pub(crate) async fn prepare_on_problem(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let problem = parent(place)?.clone();
    if draft.gives("notify_to") && !names_people(desk, draft.new.text("notify_to")).await? {
        draft.refuse(Refusal::not_valid("notify_to"));
    }
    if draft.is_new() {
        let stamps = [("notes_present", Value::Bool(true)), ("updated_time", Value::Int(ctx.now))];
        draft.statements.push(desk.store.stamp(&problem.module, problem.id(), &stamps, Expect::Exactly(1)));
    }
    draft.statements.extend(refresh(desk, &problem, &draft.snapshot));
    Ok(())
}

/// Whether whom to tell of a note is said as `{"users": [{"id": …}], "xpaths": [{"xpath": …}]}`, of people who are there.
async fn names_people(desk: &Desk, said: Option<&str>) -> Result<bool, DeskError> {
    let Some(said) = said else { return Ok(true) };
    let Ok(said) = serde_json::from_str::<Json>(said) else { return Ok(false) };
    let Json::Object(said) = said else { return Ok(said.is_null()) };
    for (key, items) in &said {
        let Some(items) = items.as_array().filter(|_| matches!(key.as_str(), "users" | "xpaths")) else {
            return Ok(false);
        };
        for item in items {
            let is_there = match key.as_str() {
                "xpaths" => item.get("xpath").is_some_and(Json::is_string),
                "users" => match item.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok()) {
                    Some(id) => desk.person(id).await?.is_some(),
                    None => false,
                },
                _ => false,
            };
            if !is_there {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

pub(crate) fn after_removal(
    desk: &Desk,
    place: &Place,
    note: &Record,
    snapshot: &Snapshot,
) -> Vec<Statement> {
    let Ok(above) = parent(place) else { return Vec::new() };
    let (flag, field) =
        if above.module.name == "problem" { ("notes_present", "problem") } else { ("has_notes", "request") };
    let mut statements = crate::attachments::forget_owner(desk, note, snapshot);
    statements.extend(desk.store.flag_from_rows(&above.module, above.id(), flag, &note.module, field));
    statements.extend(refresh(desk, above, snapshot));
    statements
}
