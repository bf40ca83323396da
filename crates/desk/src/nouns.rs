//! Which file holds the rules of which noun. A module without rules of its own is not named here.

use crate::context::Context;
use crate::draft::Draft;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal, Snapshot};
use crate::{
    approvals, assets, attachments, cmdb, links, loans, notes, problems, products, requesters, requests,
    tasks, templates, udf, users, worklogs,
};
use model::{Id, Module, Record};
use std::sync::Arc;
use store::Statement;

/// Looks at a draft before it is written: fills, corrects, refuses, adds to what is committed with it.
pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    attachments::tie(desk, ctx, draft).await?;
    // By table: a view of a module has the module's rules.
    match draft.new.module.table.as_ref() {
        "request" => {
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
        "person" => {
            users::prepare(desk, ctx, draft).await?;
            in_step(desk, ctx, draft, "user").await
        }
        "department" => in_step(desk, ctx, draft, "department").await,
        "support_group" => in_step(desk, ctx, draft, "support_group").await,
        "service_category" => in_step(desk, ctx, draft, "service_category").await,
        "problem" => {
            problems::prepare(desk, ctx, draft).await?;
            templates::keep_mandatory(draft);
            Ok(())
        }
        "problem_note" => notes::prepare_on_problem(desk, ctx, place, draft).await,
        "asset" => assets::prepare(desk, ctx, draft).await,
        "asset_cost" => assets::prepare_cost(desk, place, draft).await,
        "asset_transition" => Ok(()),
        "asset_loan" => loans::prepare(desk, ctx, draft).await,
        "loaned_asset" => loans::prepare_asset(desk, ctx, place, draft).await,
        "product" => products::prepare(desk, ctx, draft).await,
        "product_type" => products::prepare_type(desk, draft).await,
        "asset_state" => {
            products::prepare_state(draft);
            Ok(())
        }
        "ci" => cmdb::prepare(desk, ctx, draft).await,
        "ci_type" => {
            cmdb::types::prepare(draft);
            Ok(())
        }
        "ci_relationship_type" => {
            cmdb::relationships::prepare_type(draft);
            Ok(())
        }
        "ci_relationship" => cmdb::relationships::prepare(desk, ctx, draft).await,
        "role" => users::prepare_role(desk, draft).await,
        "udf_field" => udf::prepare(draft),
        "request_template" => templates::prepare(desk, ctx, draft, "request").await,
        "problem_template" => templates::prepare(desk, ctx, draft, "problem").await,
        "saved_view" => crate::saved_views::prepare(ctx, draft),
        "status" => {
            status(draft);
            Ok(())
        }
        "closure_code" => {
            closing_module(draft);
            Ok(())
        }
        "project_status" => {
            project_status(draft);
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

/// The CI that stands for a record follows it.
async fn in_step(desk: &Desk, ctx: &Context, draft: &mut Draft, module: &str) -> Result<(), DeskError> {
    let statements = cmdb::sync::of_other(desk, ctx, draft, module).await?;
    draft.statements.extend(statements);
    Ok(())
}

/// Gives an added record that nothing speaks against its number, where it has one: not before, so that refused
/// inputs leave no gaps.
pub(crate) async fn number(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let table = draft.new.module.table.clone();
    if table == "udf_field" && draft.new.text("module.name") == Some("user") {
        requesters::manage::number(desk, draft).await?;
    }
    let numbered = match table.as_ref() {
        "request" => Some(("display_id", "request")),
        "problem" => Some(("display_id", "problem")),
        "asset_loan" => Some(("loan_id", "asset_loan")),
        "person" => Some(("requester_number", "requester")),
        _ => None,
    };
    if let Some((field, series)) = numbered {
        let number = desk.numbers.next(series).await?;
        draft.new.set(field, number);
    }
    udf::number(desk, draft).await
}

/// Whether a record may be deleted at all.
pub(crate) async fn may_delete(desk: &Desk, ctx: &Context, record: &Record) -> Result<(), DeskError> {
    match record.module.table.as_ref() {
        "person" => users::may_delete(desk, ctx, record).await?,
        "udf_field" => udf::may_delete(desk, record).await?,
        "saved_view" => crate::saved_views::may_change(ctx, record)?,
        "asset" if record.is("is_loaned") => {
            return Err(Refusal::because("id", "The asset is on loan; take it back first").into());
        }
        // Its rules would stop without a word.
        "asset_lifecycle" => {
            let users = desk.used_by(record).await?;
            if !users.is_empty() {
                return Err(DeskError::InUse(users));
            }
        }
        // It says where its content went; it goes with the request that took it in.
        "request" if !record.get("merged_into").is_null() => {
            return Err(record.reference("merged_into").map_or(DeskError::NotFound, DeskError::MergedInto));
        }
        "request" => requests::may_change(ctx, record, &desk.snapshot())?,
        _ => {}
    }
    if is_needed(record) {
        return Err(DeskError::Shipped);
    }
    let users = relied_upon(&desk.snapshot(), record);
    if users.is_empty() { Ok(()) } else { Err(DeskError::InUse(users)) }
}

/// The plurals of the modules by whose rows the desk works and that speak of a record: without it they would stop without a
/// word. That other records hold it is no such thing: it stays readable in them.
pub(crate) fn relied_upon(snapshot: &Snapshot, record: &Record) -> Vec<String> {
    let is_named = match record.module.table.as_ref() {
        // Requests of that impact and urgency would have no priority.
        "priority" => {
            let gives = |row: &Arc<Record>| row.reference("priority") == Some(record.id());
            snapshot.rows("priority_matrix").iter().any(gives).then_some("priority_matrix")
        }
        // What an additional field refers to: the field would be gone, and all that records hold in it.
        "ci_type" | "product_type" => udf::refers_to(snapshot, record).then_some("udf_field"),
        _ => None,
    };
    let module = is_named.and_then(|name| snapshot.catalogue.module(name));
    module.map(|module| module.plural.to_string()).into_iter().collect()
}

/// Whether the desk does not work without a record. Other shipped rows are values to choose from, which an
/// administrator may retire.
pub(crate) fn is_needed(record: &Record) -> bool {
    match record.module.table.as_ref() {
        "portal" | "status" | "role" | "approval_status" | "request_template" | "problem_template"
        | "asset_state" | "asset_type" | "asset_category" | "person" => record.id().is_shipped(),
        // Shipped product types are there for good (assets-cmdb.md section 4). Types of CI are not (section 5.1), but for the
        // root, below which those are that name none.
        "product_type" => record.is("mandatory"),
        "ci_type" => record.id() == cmdb::types::ROOT,
        "site" => record.id() == crate::shipped::BASE_SITE,
        _ => BEGINNINGS.contains(&record.id()),
    }
}

/// What a new request begins with where nobody says otherwise, by the tails of the ids: request type, mode, level, urgency
/// (setup.md sections 13 and 15). Without them it would begin with nothing there.
const BEGINNINGS: [Id; 4] = [Id::shipped(8391), Id::shipped(6665), Id::shipped(6671), Id::shipped(7921)];

/// What must be true at the moment when a change is committed; the edit is tried again where it is not.
pub(crate) fn guard(
    desk: &Desk,
    old: &Record,
    new: &Record,
    snapshot: &Snapshot,
) -> Result<Option<Statement>, DeskError> {
    match old.module.table.as_ref() {
        "person" => users::guard(desk, old, new, snapshot),
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
    Ok(match record.module.table.as_ref() {
        "request_note" | "problem_note" => notes::after_removal(desk, place, record, snapshot),
        "draft" => crate::conversations::after_removal(desk, record, snapshot),
        "request" => {
            let mut statements = attachments::forget_owner(desk, record, snapshot);
            statements.extend(links::forget_merged(desk, record, snapshot).await?);
            statements
        }
        "problem" | "asset" | "ci" => attachments::forget_owner(desk, record, snapshot),
        "approval_level" => approvals::after_removal(desk, ctx, record, record.id()).await?,
        "approval" => approvals::after_removal(desk, ctx, parent(place)?, record.id()).await?,
        _ => Vec::new(),
    })
}

/// The references that do not keep a record from being removed: whose records let go of it. Table, table and field.
const LETTING_GO: [(&str, &str, &str); 7] = [
    ("problem", "request", "problem"),
    ("asset", "request", "assets"),
    ("asset", "problem", "assets"),
    ("asset", "asset", "used_by_asset"),
    ("ci", "request", "configuration_items"),
    ("ci", "problem", "configuration_items"),
    ("ci", "asset", "ci"),
];

/// Whether records of `module` let go of a removed record of `removed` in this field.
pub(crate) fn lets_go(removed: &Module, module: &Module, field: &str) -> bool {
    LETTING_GO.iter().any(|(a, b, f)| removed.table == *a && module.table == *b && field == *f)
}

/// What is written together with the removal of a record: others let go of it.
pub(crate) async fn before_removal(
    desk: &Desk,
    ctx: &Context,
    record: &Record,
) -> Result<Vec<Statement>, DeskError> {
    match record.module.table.as_ref() {
        "problem" => problems::before_removal(desk, record),
        "asset" => assets::before_removal(desk, ctx, record).await,
        "asset_cost" => assets::before_cost_removal(desk, record).await,
        "ci" => cmdb::before_removal(desk, record).await,
        "ci_relationship" => Ok(vec![cmdb::impact::changed(desk)]),
        _ => Ok(Vec::new()),
    }
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

/// A new status of projects stands behind the others, and is known by the name that it began with (setup.md section 10).
fn project_status(draft: &mut Draft) {
    if !draft.is_new() {
        return;
    }
    let last = draft.snapshot.rows("project_status").iter().filter_map(|row| row.int("index")).max();
    draft.new.set("index", last.unwrap_or(0).saturating_add(1));
    let name = draft.new.text("name").map(str::to_owned);
    draft.new.set("internal_name", name);
}

/// The module whose records a closure code closes: given by its number or by its name, kept as both (setup.md section 10).
fn closing_module(draft: &mut Draft) {
    let modules = model::catalogue::CLOSING_MODULES;
    let (by_id, by_name) = (draft.gives("module.id"), draft.gives("module.name"));
    let number = draft.new.int("module.id").filter(|_| by_id || !by_name);
    let place = match number {
        // If both are given the id decides (conventions.md section 5).
        Some(id) => usize::try_from(id - 1).ok().filter(|place| *place < modules.len()),
        None => modules.iter().position(|name| draft.new.text("module.name") == Some(name)),
    };
    match (place.and_then(|place| Some((place, modules.get(place)?))), number) {
        (Some((place, name)), _) => {
            draft.new.set("module.id", i64::try_from(place + 1).unwrap_or(1));
            draft.new.set("module.name", *name);
        }
        (None, Some(_)) => draft.refuse(Refusal::not_valid("module")),
        (None, None) => draft.refuse(Refusal::Mandatory("module".into())),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_new_record_begins_with_is_needed() {
        let catalogue = model::Catalogue::new(&model::Additions::default());
        for leaf in catalogue.modules().iter().flat_map(|module| module.leaves()) {
            let (model::Preset::Shipped(tail), Some(target)) = (&leaf.field.preset, leaf.target()) else {
                continue;
            };
            let mut row = Record::new(catalogue.module(target).unwrap().clone());
            row.set("id", Id::shipped(*tail));
            assert!(is_needed(&row), "{}", leaf.path);
        }
    }
}
