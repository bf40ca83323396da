//! Which file holds the rules of which noun. A module without rules of its own is not named here.

use crate::context::Context;
use crate::draft::Draft;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal, Snapshot};
use crate::{approvals, attachments, links, notes, requests, tasks, templates, udf, users, worklogs};
use model::Record;
use store::Statement;

/// Looks at a draft before it is written: fills, corrects, refuses, adds to what is committed with it.
pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    by_noun(desk, ctx, place, draft).await?;
    udf::check(draft);
    Ok(())
}

async fn by_noun(desk: &Desk, ctx: &Context, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    match draft.new.module.name.as_ref() {
        "request" => {
            attachments::tie(desk, ctx, draft).await?;
            templates::choose(ctx, draft);
            requests::prepare(desk, ctx, draft).await?;
            templates::keep_mandatory(draft);
            Ok(())
        }
        "request_note" => notes::prepare(desk, ctx, place, draft).await,
        "notification" => crate::conversations::prepare(desk, ctx, place, draft).await,
        "draft" => crate::conversations::prepare_draft(desk, place, draft),
        "task" => tasks::prepare(desk, ctx, place, draft).await,
        "worklog" => worklogs::prepare(desk, ctx, place, draft).await,
        "approval_level" => approvals::prepare_level(desk, place, draft).await,
        "approval" => approvals::prepare(desk, ctx, place, draft).await,
        "checklist_item" => {
            in_order(draft);
            Ok(())
        }
        "user" | "technician" | "requester" => users::prepare(desk, ctx, draft).await,
        "role" => users::prepare_role(desk, draft).await,
        "udf_field" => udf::prepare(draft),
        "request_template" => templates::prepare(desk, ctx, draft).await,
        "status" => {
            status(draft);
            Ok(())
        }
        "portal" | "site" => {
            zone(draft);
            if draft.new.module.name == "portal" {
                templates::closing_rules(draft);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Gives an added record that nothing speaks against its number, where it has one: not before, so that refused
/// inputs leave no gaps.
pub(crate) async fn number(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.new.module.name == "request" {
        let number = desk.numbers.next("request").await?;
        draft.new.set("display_id", number);
    }
    udf::number(desk, draft).await
}

/// Whether a record may be deleted at all.
pub(crate) async fn may_delete(desk: &Desk, ctx: &Context, record: &Record) -> Result<(), DeskError> {
    match record.module.name.as_ref() {
        "user" | "technician" | "requester" => users::may_delete(desk, ctx, record).await?,
        // It says where its content went; it goes with the request that took it in.
        "request" if !record.get("merged_into").is_null() => {
            return Err(record.reference("merged_into").map_or(DeskError::NotFound, DeskError::MergedInto));
        }
        _ => {}
    }
    if is_needed(record) { Err(DeskError::Shipped) } else { Ok(()) }
}

/// Whether the desk does not work without a record. Other shipped rows are values to choose from, which an
/// administrator may retire.
pub(crate) fn is_needed(record: &Record) -> bool {
    match record.module.name.as_ref() {
        "portal" => true,
        "status" | "role" | "approval_status" | "request_template" | "user" | "technician" | "requester" => {
            record.id().is_shipped()
        }
        "site" => record.id() == crate::shipped::BASE_SITE,
        _ => false,
    }
}

/// What must be true at the moment when a change is committed; the edit is tried again where it is not.
pub(crate) fn guard(
    desk: &Desk,
    old: &Record,
    new: &Record,
    snapshot: &Snapshot,
) -> Result<Option<Statement>, DeskError> {
    match old.module.name.as_ref() {
        "user" | "technician" | "requester" => users::guard(desk, old, new, snapshot),
        _ => Ok(None),
    }
}

/// What follows from a record being removed: flags of the record above it.
pub(crate) async fn after_removal(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    record: &Record,
    snapshot: &Snapshot,
) -> Result<Vec<Statement>, DeskError> {
    Ok(match record.module.name.as_ref() {
        "request_note" => notes::after_removal(desk, place, record, snapshot),
        "draft" => crate::conversations::after_removal(desk, record, snapshot),
        "request" => {
            let mut statements = attachments::forget_owner(desk, record, snapshot);
            statements.extend(links::forget_merged(desk, record, snapshot).await?);
            statements
        }
        "approval_level" => {
            approvals::after_removal(desk, ctx, record.reference("request"), record.id()).await?
        }
        "approval" => {
            let request = parent(place)?.reference("request");
            approvals::after_removal(desk, ctx, request, record.id()).await?
        }
        _ => Vec::new(),
    })
}

/// The clock stops for open requests only (setup.md section 8).
fn status(draft: &mut Draft) {
    if draft.new.is("stop_timer") && !draft.new.is("in_progress") {
        draft.refuse(Refusal::because("stop_timer", "The timer stops only in a status that is in progress"));
    }
    if draft.is_new() && draft.new.text("internal_name").is_none() {
        let name = draft.new.text("name").map(str::to_owned);
        draft.new.set("internal_name", name);
    }
}

fn zone(draft: &mut Draft) {
    let zone = draft.new.text("timezone").filter(|z| !z.is_empty());
    if zone.is_some_and(|z| jiff::tz::TimeZone::get(z).is_err()) {
        draft.refuse(Refusal::because("timezone", "Not the name of a time zone, such as Europe/Berlin"));
    }
}

fn in_order(draft: &mut Draft) {
    if draft.new.int("order").is_none() {
        draft.new.set("order", 0_i64);
    }
}

/// The row above, which the place of a child collection names.
pub(crate) fn parent(place: &Place) -> Result<&Record, DeskError> {
    place.parent.as_ref().map(|(_, record)| record.as_ref()).ok_or(DeskError::NotFound)
}
