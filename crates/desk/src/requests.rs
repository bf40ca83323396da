//! Requests: what follows from what when one is written, and what can be done with one
//! (requests.md section 5).

use crate::context::{Access, Context, Verb};
use crate::draft::Draft;
use crate::permissions::{permit, role_allows};
use crate::records::{Outcome, Place, Written, in_trash, patch_of};
use crate::resolve::is_gone;
use crate::{Desk, DeskError, Refusal, Snapshot, templates};
use model::filter::{equals, test};
use model::{Change, Filter, Id, Module, Op, Patch, Record, RefInput, Size, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// The shipped statuses, by the tails of their ids (setup.md section 13). They may be renamed; what they mean stays.
pub mod statuses {
    use model::Id;
    /// A request begins here.
    pub const OPEN: Id = Id::shipped(6657);
    /// The clock stands still.
    pub const ON_HOLD: Id = Id::shipped(6659);
    /// Done and agreed.
    pub const CLOSED: Id = Id::shipped(6661);
    /// Done, to be agreed.
    pub const RESOLVED: Id = Id::shipped(6663);
    /// Given up.
    pub const CANCELLED: Id = Id::shipped(1_000_101);
}

/// What a requester may give; everything else is the technicians' decision.
const REQUESTERS_FIELDS: [&str; 22] = [
    "subject",
    "description",
    "impact_details",
    "requester",
    "on_behalf_of",
    "template",
    "request_type",
    "mode",
    "urgency",
    "impact",
    "category",
    "subcategory",
    "item",
    "site",
    "email_ids_to_notify",
    "service_approvers",
    "resources",
    "request_template_task_ids",
    "delete_pre_template_tasks",
    "add_template_checklists",
    "delete_pre_template_checklists",
    "status_change_comments",
];

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.is_new() {
        templates::fill(desk, ctx, draft).await?;
    }
    rights(ctx, draft)?;
    cancellation(draft);
    belonging(desk, draft).await?;
    group_and_technician(ctx, draft);
    priority(draft);
    status(ctx, draft);
    promise(draft);
    resolution(ctx, draft);
    if draft.changes("problem") || draft.is_new() {
        draft.new.set("has_problem", draft.new.reference("problem").is_some());
    }
    addresses(draft);
    crate::service::prepare(desk, ctx, draft).await?;
    times(ctx, draft);
    judge(&mut draft.new);
    if draft.is_new() {
        templates::mandatory(draft);
    }
    Ok(())
}

/// The word in the history for a requester's wish that a request be given up.
const CANCELLATION: &str = "CANCELLATION_REQUEST";

/// What that wish sets, and what is taken back when it is granted.
const CANCEL_FLAG: [&str; 3] =
    ["cancellation_requested", "cancel_flag_comments.id", "cancel_flag_comments.comment"];

fn cancellation(draft: &mut Draft) {
    let is_over = draft.old.as_ref().is_some_and(|old| is_completed(old, &draft.snapshot));
    if draft.operation == CANCELLATION && is_over {
        draft.refuse(Refusal::because("status", "The request is completed already"));
    }
}

/// Whether a requester may give a field, in what is done to the request.
fn is_requesters(path: &str, operation: &str) -> bool {
    // Requesters may close their own requests, with a word on the resolution, and open them again.
    let own_step = match operation {
        "CLOSE" | "REOPEN" => path == "status" || path.starts_with("closure_info."),
        CANCELLATION => CANCEL_FLAG.contains(&path),
        _ => false,
    };
    own_step || REQUESTERS_FIELDS.contains(&path) || path.starts_with("udf_fields.")
}

/// What an input says, without the people and records that it names in fields that the caller may not give; those are refused.
/// They are not even looked for: whether one is found would tell the caller who and what there is.
pub(crate) fn within_reach<'p>(ctx: &Context, draft: &mut Draft, patch: &'p Patch) -> Cow<'p, Patch> {
    if ctx.caller.access != Access::Requester || draft.new.module.name != "request" {
        return Cow::Borrowed(patch);
    }
    let (beyond, kept): (Vec<_>, Vec<_>) =
        patch.changes.iter().cloned().partition(|(slot, change)| is_beyond(ctx, draft, *slot, change));
    if beyond.is_empty() {
        return Cow::Borrowed(patch);
    }
    let module = draft.new.module.clone();
    for leaf in beyond.iter().filter_map(|(slot, _)| module.leaf(*slot)) {
        draft.refuse(Refusal::CannotGive(leaf.path.clone()));
    }
    Cow::Owned(Patch { changes: kept })
}

/// Whether a requester names with this somebody or something that they have no business with: in fields of theirs they name
/// people by id or address, since names can be guessed, and of other records those of modules that they may read; in others they
/// may say what is there already.
fn is_beyond(ctx: &Context, draft: &Draft, slot: usize, change: &Change) -> bool {
    let Some(leaf) = draft.new.module.leaf(slot) else { return false };
    let target = leaf.target().and_then(|name| draft.snapshot.catalogue.module(name));
    let Some(target) = target.filter(|target| target.size != Size::Small) else { return false };
    let old = draft.old.as_ref();
    let is_there = |id: Id| {
        let old = old.map(|old| old.at(slot));
        old.is_some_and(|old| old.as_int() == Some(id.get()) || model::record::ids_of(old).contains(&id))
    };
    let may_name = |input: &RefInput| {
        let is_theirs = match target.size {
            Size::People => input.id.is_some() || input.email.is_some(),
            _ => role_allows(ctx.caller.access, target, Verb::Read),
        };
        is_requesters(&leaf.path, draft.operation) && is_theirs
    };
    let is_known = |input: &RefInput| {
        input.id.is_some_and(|id| is_there(id) || id == ctx.caller.user) || may_name(input)
    };
    match change {
        Change::Ref(input) => !is_known(input),
        Change::Refs(inputs) => !inputs.iter().all(is_known),
        Change::Clear | Change::Value(_) => false,
    }
}

fn rights(ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if ctx.caller.access == Access::Requester {
        let module = draft.new.module.clone();
        // How a request ends otherwise, and that it waits, is the technicians' decision.
        let ends_otherwise =
            draft.operation == "CLOSE" && draft.new.reference("status") != Some(statuses::CLOSED);
        if ends_otherwise && draft.changes("status") {
            draft.refuse(Refusal::CannotGive("status".into()));
        }
        for slot in draft.given.clone() {
            let Some(leaf) = module.leaf(slot) else { continue };
            let allowed = is_requesters(&leaf.path, draft.operation);
            let same = draft.old.as_ref().is_some_and(|old| old.at(slot) == draft.new.at(slot));
            if !allowed && !same {
                draft.refuse(Refusal::CannotGive(leaf.path.clone()));
            }
        }
        let keeps = match &draft.old {
            Some(_) => !draft.changes("requester"),
            None => draft.new.reference("requester") == Some(ctx.caller.user),
        };
        if !keeps {
            draft.refuse(Refusal::CannotGive("requester".into()));
        }
        // Whose requests a requester may view is not whose requests they may change.
        if draft.old.as_ref().is_some_and(|old| !is_own(ctx, old)) {
            return Err(DeskError::NotPermitted);
        }
    }
    let locked = draft.old.as_ref().is_some_and(|old| is_locked(ctx, old, &draft.snapshot))
        && is_completed(&draft.new, &draft.snapshot);
    if locked && !only_closes(draft) {
        return Err(DeskError::NotPermitted);
    }
    Ok(())
}

/// Whether all that an input says is how the request was closed, which may be said of a closed one as well.
fn only_closes(draft: &Draft) -> bool {
    let module = &draft.new.module;
    let about_closing = |path: &str| {
        matches!(path, "status" | "status_change_comments" | "update_reason")
            || path.starts_with("closure_info.")
    };
    // A file that is tied to it leaves a statement and no field.
    draft.operation == "CLOSE"
        && draft.statements.is_empty()
        && draft.given.iter().filter_map(|slot| module.leaf(*slot)).all(|leaf| about_closing(&leaf.path))
}

/// Whether a request is closed for good, as far as the caller is concerned.
#[must_use]
pub fn is_locked(ctx: &Context, request: &Record, snapshot: &Snapshot) -> bool {
    snapshot.settings.closed_requests_locked && !ctx.is_administrator() && is_completed(request, snapshot)
}

/// Whether the caller may change a request, or do away with it, as far as it may be closed for good. To take it out of the trash is no
/// such change: it comes back as closed as it was.
///
/// # Errors
/// [`DeskError::NotPermitted`].
pub(crate) fn may_change(ctx: &Context, request: &Record, snapshot: &Snapshot) -> Result<(), DeskError> {
    if is_locked(ctx, request, snapshot) { Err(DeskError::NotPermitted) } else { Ok(()) }
}

/// What hangs on a request that is closed for good is as closed as the request, however far below it is. A reply of those whose
/// request it is goes on: by it they say that it is not over after all.
///
/// # Errors
/// [`DeskError::NotPermitted`].
pub(crate) async fn may_change_below(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    row: &Record,
) -> Result<(), DeskError> {
    if !desk.snapshot().settings.closed_requests_locked || ctx.is_administrator() {
        return Ok(());
    }
    let Some(request) = above(desk, place, row).await? else { return Ok(()) };
    let is_reply = row.module.name == "notification" && is_own(ctx, &request);
    if is_reply { Ok(()) } else { may_change(ctx, &request, &desk.snapshot()) }
}

/// The request that a row hangs on.
async fn above(desk: &Desk, place: &Place, row: &Record) -> Result<Option<Arc<Record>>, DeskError> {
    let parent = place.parent.as_ref().map(|(_, parent)| parent.clone());
    // A row that is added may not say yet what it is below.
    let mut next = one_above(desk, parent.as_ref(), row).await?.or_else(|| parent.clone());
    while let Some(found) = next {
        if found.module.table == "request" {
            return Ok(Some(found));
        }
        next = one_above(desk, parent.as_ref(), &found).await?;
    }
    Ok(None)
}

/// What a row is directly below, which may be at hand.
async fn one_above(
    desk: &Desk,
    parent: Option<&Arc<Record>>,
    row: &Record,
) -> Result<Option<Arc<Record>>, DeskError> {
    let Some((field, id)) = row.module.above(row) else { return Ok(None) };
    if let Some(parent) = parent.filter(|parent| parent.id() == id) {
        return Ok(Some(parent.clone()));
    }
    let snapshot = desk.snapshot();
    let target = row.module.find(field).and_then(|leaf| leaf.target());
    match target.and_then(|name| snapshot.catalogue.module(name)) {
        Some(module) => Ok(desk.store.get(module, id).await?.map(Arc::new)),
        None => Ok(None),
    }
}

/// Whether the caller raised a request, or it was raised for them.
pub(crate) fn is_own(ctx: &Context, request: &Record) -> bool {
    ["requester", "on_behalf_of", "created_by"]
        .iter()
        .any(|path| request.reference(path) == Some(ctx.caller.user))
}

/// Department and site follow the requester.
async fn belonging(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    if !draft.changes("requester") {
        return Ok(());
    }
    let Some(id) = draft.new.reference("requester") else {
        draft.refuse(Refusal::not_valid("requester"));
        return Ok(());
    };
    let person = match draft.people.get(&id) {
        Some(person) => Some(person.clone()),
        None => desk.person(id).await?,
    };
    let Some(person) = person else { return Ok(()) };
    draft.new.set("department", person.get("department").clone());
    if draft.is_new() && !draft.gives("site") && draft.new.get("site").is_null() {
        let of_department = draft.small("department").map(|d| d.get("site").clone()).unwrap_or_default();
        let site = person.get("site").clone();
        draft.new.set("site", if site.is_null() { of_department } else { site });
    }
    draft.people.insert(id, person);
    Ok(())
}

fn group_and_technician(ctx: &Context, draft: &mut Draft) {
    if draft.is_new() && !draft.gives("technician") && draft.new.get("technician").is_null() {
        // A category may name who looks after it (setup.md section 7).
        let looks_after = draft.small("category").map(|c| c.get("technician").clone()).unwrap_or_default();
        draft.new.set("technician", looks_after);
    }
    group_of_site(draft);
    if draft.changes("technician") {
        let assigned = draft.new.reference("technician").map(|_| ctx.now);
        draft.new.set("assigned_time", assigned);
    }
}

/// A group works for its site; a record without a site takes the group's.
pub(crate) fn group_of_site(draft: &mut Draft) {
    let Some(site) = draft.small("group").and_then(|g| g.reference("site")) else { return };
    match draft.new.reference("site") {
        None => draft.new.set("site", site),
        Some(own) if own != site && (draft.gives("group") || draft.gives("site")) => {
            let words = format!("The group does not work for the site of the {}", draft.new.module.key());
            draft.refuse(Refusal::because("group", words));
        }
        Some(_) => {}
    }
}

/// The matrix gives the priority; one that is given stands only where the desk allows it.
pub(crate) fn priority(draft: &mut Draft) {
    let touched = draft.changes("impact") || draft.changes("urgency") || draft.gives("priority");
    let (Some(impact), Some(urgency)) = (draft.new.reference("impact"), draft.new.reference("urgency"))
    else {
        return;
    };
    let entry = draft
        .snapshot
        .rows("priority_matrix")
        .iter()
        .find(|row| row.reference("impact") == Some(impact) && row.reference("urgency") == Some(urgency))
        .and_then(|row| row.reference("priority"))
        .filter(|id| draft.snapshot.record(*id).is_some_and(|row| !is_gone(row)));
    let Some(priority) = entry.filter(|_| touched) else { return };
    let given = draft.gives("priority") && draft.changes("priority");
    if !given {
        draft.new.set("priority", priority);
    } else if !draft.snapshot.settings.priority_override && draft.new.reference("priority") != Some(priority)
    {
        draft.refuse(Refusal::CannotGive("priority".into()));
    }
}

pub(crate) fn is_completed(record: &Record, snapshot: &Snapshot) -> bool {
    record.reference("status").and_then(|id| snapshot.record(id)).is_some_and(|s| !s.is("in_progress"))
}

/// What follows from entering and leaving a status.
fn status(ctx: &Context, draft: &mut Draft) {
    let Some(new) = draft.small("status").cloned() else {
        draft.refuse(Refusal::not_valid("status"));
        return;
    };
    let old = draft
        .old
        .as_ref()
        .and_then(|o| o.reference("status"))
        .and_then(|id| draft.snapshot.record(id))
        .cloned();
    let changed = old.as_ref().is_none_or(|o| o.id() != new.id());
    let was_open = old.as_ref().is_none_or(|o| o.is("in_progress"));
    if changed && was_open && !new.is("in_progress") {
        let unmet = unmet_rules(draft, &draft.snapshot.settings.closure_mandatory_fields);
        if !unmet.is_empty() && new.id() != statuses::CANCELLED {
            // The rest of the input is written; the status stays (requests.md section 5, Closing).
            let before = old.as_ref().map_or(statuses::OPEN, |o| o.id());
            draft.new.set("status", before);
            draft.unmet = unmet;
            return;
        }
    }
    let schedules = schedules(draft);
    if changed {
        enter(ctx, draft, old.as_deref(), &new);
    }
    scheduler(ctx, draft, &new, schedules);
}

/// Fields that must be filled before a record is completed and are not.
pub(crate) fn unmet_rules(draft: &Draft, wanted: &[String]) -> Vec<String> {
    let module = &draft.new.module;
    let empty = |name: &String| {
        let path = if name == "resolution" { "resolution.content" } else { name.as_str() };
        let slot = module.slot(path).or_else(|| module.slot(&format!("udf_fields.{path}")));
        slot.is_some_and(|slot| {
            let value = draft.new.at(slot);
            value.is_null() || value.as_str().is_some_and(|s| model::plain_text(s).trim().is_empty())
        })
    };
    wanted.iter().filter(|f| empty(f)).cloned().collect()
}

fn enter(ctx: &Context, draft: &mut Draft, old: Option<&Record>, new: &Record) {
    // The clock.
    if new.is("stop_timer") && draft.new.int("stopped_since").is_none() {
        draft.new.set("stopped_since", ctx.now);
    } else if !new.is("stop_timer")
        && let Some(since) = draft.new.int("stopped_since")
    {
        let stood = (ctx.now - since).max(0);
        draft.new.set("stopped_since", Value::Null);
        draft.new.set("stopped_ms", draft.new.int("stopped_ms").unwrap_or(0) + stood);
        for path in ["due_by_time", "first_response_due_by_time"] {
            // A promise waits as long as the clock stood; a date that somebody set does not.
            if let Some(due) =
                draft.new.int(path).filter(|_| draft.new.reference("sla").is_some() && !draft.gives(path))
            {
                draft.new.set(path, due + stood);
            }
        }
    }
    if old.is_some_and(|o| o.is("stop_timer")) && !new.is("stop_timer") {
        for path in ["scheduled_time", "comments", "change_to_status", "held_by"] {
            draft.new.set(&format!("onhold_scheduler.{path}"), Value::Null);
        }
    }
    // Completion.
    if new.is("in_progress") {
        if old.is_some_and(|o| !o.is("in_progress")) {
            draft.new.set("is_reopened", true);
            draft.new.set("completed_time", Value::Null);
            draft.new.set("resolved_time", Value::Null);
        }
        return;
    }
    if new.id() == statuses::CANCELLED {
        for path in CANCEL_FLAG {
            draft.new.set(path, if path == "cancellation_requested" { false.into() } else { Value::Null });
        }
    }
    if draft.new.int("resolved_time").is_none() && new.id() != statuses::CANCELLED {
        draft.new.set("resolved_time", ctx.now);
    }
    if new.id() != statuses::RESOLVED && draft.new.int("completed_time").is_none() {
        draft.new.set("completed_time", ctx.now);
    }
}

/// The part of the schedule of a hold that an input can give.
const SCHEDULE: [&str; 4] = [
    "onhold_scheduler.scheduled_time",
    "onhold_scheduler.comments",
    "onhold_scheduler.change_to_status",
    HELD_BY,
];

/// Who holds it: whom the input names, or else whoever gives the schedule.
const HELD_BY: &str = "onhold_scheduler.held_by";

/// Whether the input says something about a hold; to be asked before a left hold is wiped.
fn schedules(draft: &Draft) -> bool {
    SCHEDULE.iter().any(|path| draft.gives(path) && !draft.new.get(path).is_null())
}

fn scheduler(ctx: &Context, draft: &mut Draft, status: &Record, schedules: bool) {
    if !status.is("stop_timer") {
        if schedules {
            draft.refuse(Refusal::because("onhold_scheduler", "Only a request on hold has a schedule"));
        }
        return;
    }
    if !SCHEDULE.iter().any(|path| draft.gives(path)) {
        return;
    }
    match draft.new.int("onhold_scheduler.scheduled_time") {
        Some(time) if time <= ctx.now && draft.changes("onhold_scheduler.scheduled_time") => {
            draft.refuse(Refusal::TimesContradict("onhold_scheduler.scheduled_time".into()));
        }
        Some(_) => {
            if draft.new.get("onhold_scheduler.change_to_status").is_null() {
                draft.new.set("onhold_scheduler.change_to_status", statuses::OPEN);
            }
        }
        // Why it waits can be said without until when; where it goes then cannot.
        None if draft.new.get("onhold_scheduler.change_to_status").is_null() => {}
        None => draft.refuse(Refusal::Mandatory("onhold_scheduler.scheduled_time".into())),
    }
    let named = draft.gives(HELD_BY) && !draft.new.get(HELD_BY).is_null();
    if !named {
        let is_empty = SCHEDULE.iter().all(|path| *path == HELD_BY || draft.new.get(path).is_null());
        draft.new.set(HELD_BY, (!is_empty).then_some(ctx.caller.user));
    }
}

/// Whether a request meets all that a promise of time asks for.
fn meets(sla: &Record, request: &Record) -> bool {
    sla.is("is_service_sla") == request.is("is_service_request")
        && ["priority", "site", "category"]
            .iter()
            .all(|path| sla.get(path).is_null() || sla.get(path) == request.get(path))
}

/// Whether somebody chose the promise that a request has had: one whose criteria it did not meet is nobody else's doing.
fn was_chosen(draft: &Draft) -> bool {
    let Some(old) = draft.old.as_ref().filter(|_| !draft.changes("sla")) else { return false };
    draft.small("sla").is_some_and(|sla| !is_gone(sla) && !meets(sla, old))
}

/// The promise of time: the one that a technician or the template chose, or else the first one whose criteria the request
/// meets. A date that the input gives stands.
fn promise(draft: &mut Draft) {
    let touched = draft.is_new() || ["priority", "site", "category"].iter().any(|f| draft.changes(f));
    let chosen = draft.changes("sla");
    if !(touched || chosen) || is_completed(&draft.new, &draft.snapshot) {
        return;
    }
    let found: Option<Arc<Record>> = if chosen {
        draft.small("sla").cloned()
    } else if was_chosen(draft) {
        return;
    } else {
        draft.snapshot.rows("sla").iter().find(|sla| !is_gone(sla) && meets(sla, &draft.new)).cloned()
    };
    if !chosen && draft.new.reference("sla") == found.as_ref().map(|s| s.id()) {
        return;
    }
    let begin = draft.new.int("created_time").unwrap_or(0) + draft.new.int("stopped_ms").unwrap_or(0);
    let span = |sla: &Record, kind: &str| {
        let part = |unit: &str| sla.int(&format!("{kind}_due_by_{unit}")).unwrap_or(0);
        let minutes = (part("days") * 24 + part("hours")) * 60 + part("minutes");
        (minutes > 0).then(|| begin + minutes * 60_000)
    };
    draft.new.set("sla", found.as_ref().map(|s| s.id()));
    for (path, kind) in [("due_by_time", "resolution"), ("first_response_due_by_time", "response")] {
        if !draft.gives(path) {
            draft.new.set(path, found.as_ref().and_then(|s| span(s, kind)));
        }
    }
}

fn resolution(ctx: &Context, draft: &mut Draft) {
    if !draft.changes("resolution.content") {
        return;
    }
    let has_text = draft.new.text("resolution.content").is_some_and(|t| !t.is_empty());
    draft.new.set("resolution.submitted_by", has_text.then_some(ctx.caller.user));
    draft.new.set("resolution.submitted_on", has_text.then_some(ctx.now));
    if has_text && draft.new.get("resolution.add_to_linked_requests").is_null() {
        draft.new.set("resolution.add_to_linked_requests", false);
    }
}

fn addresses(draft: &mut Draft) {
    if !draft.gives("email_ids_to_notify") {
        return;
    }
    let given = draft.new.text("email_ids_to_notify").and_then(|t| serde_json::from_str(t).ok());
    let given: Vec<String> = given.unwrap_or_default();
    if let Some(bad) = given.iter().find(|address| !crate::users::is_address(address)) {
        let message = format!("{bad} is no e-mail address");
        draft.refuse(Refusal::because("email_ids_to_notify", message));
    }
}

fn times(ctx: &Context, draft: &mut Draft) {
    let contradicts = |a: &str, b: &str| match (draft.new.int(a), draft.new.int(b)) {
        (Some(a), Some(b)) => a > b,
        _ => false,
    };
    let mut found = Vec::new();
    for (from, to) in [
        ("scheduled_start_time", "scheduled_end_time"),
        ("created_time", "due_by_time"),
        ("created_time", "first_response_due_by_time"),
    ] {
        if (draft.gives(from) || draft.gives(to)) && contradicts(from, to) {
            found.push(if draft.gives(to) { to } else { from });
        }
    }
    if draft.is_new() && draft.new.int("created_time").is_none_or(|t| t > ctx.now) {
        found.push("created_time");
    }
    for path in found {
        draft.refuse(Refusal::TimesContradict(path.into()));
    }
}

/// When the clock of the promise stopped, if it stands: at the solution or the end, whichever came first (that
/// somebody closes it days later is no delay), or when the request was put on hold.
fn clock_stopped(record: &Record) -> Option<i64> {
    ["resolved_time", "completed_time", "stopped_since"].iter().filter_map(|path| record.int(path)).min()
}

/// When the wait for a first answer was over: with the answer, or when the whole clock stopped.
fn response_stopped(record: &Record) -> Option<i64> {
    record.int("responded_time").into_iter().chain(clock_stopped(record)).min()
}

/// Notes whether the clocks that stand were stopped too late. This, and `overdue` and `response_overdue` below, are
/// the one meaning of being late; what a record shows and what a search finds both follow from them.
pub(crate) fn judge(record: &mut Record) {
    let late = |due: &str, met: Option<i64>| record.int(due).zip(met).is_some_and(|(due, met)| met > due);
    let ended_late = late("due_by_time", clock_stopped(record));
    let response_late = late("first_response_due_by_time", response_stopped(record));
    record.set("ended_late", ended_late);
    record.set("response_late", response_late);
}

/// What a first answer at this instant sets in a request.
pub(crate) fn first_response(request: &Record, now: i64) -> [(&'static str, Value); 2] {
    let mut answered = request.clone();
    answered.set("responded_time", now);
    judge(&mut answered);
    [("responded_time", now.into()), ("response_late", answered.get("response_late").clone())]
}

/// The requests that are late: the promised time is past and the clock runs, or it was stopped after that time.
#[must_use]
pub fn overdue(module: &Arc<Module>, now: i64) -> Filter {
    late(module, "due_by_time", "ended_late", &["resolved_time", "completed_time", "stopped_since"], now)
}

/// The requests whose first answer is late in the same sense.
#[must_use]
pub fn response_overdue(module: &Arc<Module>, now: i64) -> Filter {
    let stops = ["responded_time", "resolved_time", "completed_time", "stopped_since"];
    late(module, "first_response_due_by_time", "response_late", &stops, now)
}

fn late(module: &Arc<Module>, due: &str, flag: &str, stops: &[&str], now: i64) -> Filter {
    let past = test(module, due, Op::Less, vec![now.into()]);
    let running =
        stops.iter().fold(past, |filter, path| filter.and(test(module, path, Op::Empty, Vec::new())));
    Filter::Any(vec![running, equals(module, flag, vec![true.into()])])
}

/// Fills in what is worked out from the rest and from the time.
pub(crate) fn complete(record: &mut Record, now: i64) {
    let late = |due: &str, met: Option<i64>| record.int(due).is_some_and(|due| met.unwrap_or(now) > due);
    let stopped = clock_stopped(record);
    let overdue = late("due_by_time", stopped);
    let response_overdue = late("first_response_due_by_time", response_stopped(record));
    record.set("is_overdue", overdue);
    record.set("is_first_response_overdue", response_overdue);
    if let Some(created) = record.int("created_time") {
        let until = stopped.unwrap_or(now);
        let elapsed = until - created - record.int("stopped_ms").unwrap_or(0);
        record.set("time_elapsed", elapsed.max(0));
    }
}

/// The operations.
impl Desk {
    pub(crate) fn requests(&self) -> Result<Place, DeskError> {
        Ok(Place::top(self.snapshot().module("request")?.clone()))
    }

    /// Closes a request: to the status that the input gives, or else to Closed.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn close_request(&self, ctx: &Context, id: Id, mut patch: Patch) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if let Some(slot) = place.module.slot("status")
            && patch.get(slot).is_none()
        {
            patch.set(slot, by_id(statuses::CLOSED));
        }
        self.edit_as(ctx, &place, id, &patch, "CLOSE").await
    }

    /// Makes the caller the technician.
    ///
    /// # Errors
    /// As for an edit; [`DeskError::NotPermitted`] for someone who is no technician.
    pub async fn pick_up_request(&self, ctx: &Context, id: Id) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let patch = patch_of(&place.module, vec![("technician", by_id(ctx.caller.user))]);
        self.edit_as(ctx, &place, id, &patch, "PICKUP").await
    }

    /// Sets the group or the technician or both.
    ///
    /// # Errors
    /// As for an edit; refused when the input gives neither, or anything else.
    pub async fn assign_request(&self, ctx: &Context, id: Id, patch: &Patch) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        only_assigns(&place.module, patch, &["group", "technician", "site", "update_reason"])?;
        self.edit_as(ctx, &place, id, patch, "ASSIGN").await
    }

    /// Opens a completed request again.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn reopen_request(
        &self,
        ctx: &Context,
        id: Id,
        mut patch: Patch,
    ) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if let Some(slot) = place.module.slot("status") {
            patch.set(slot, by_id(statuses::OPEN));
        }
        self.edit_as(ctx, &place, id, &patch, "REOPEN").await
    }

    /// Gives a request up. A requester who wants that raises a flag, with a word on why; a technician decides.
    ///
    /// # Errors
    /// As for an edit; refused to a requester for a request that is completed, or with other fields in the input.
    pub async fn cancel_request(
        &self,
        ctx: &Context,
        id: Id,
        mut patch: Patch,
        comment: Option<String>,
    ) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        let said = |text: String| Change::Value(Value::Text(text));
        if ctx.is_technician() {
            for (path, change) in
                [("status", Some(by_id(statuses::CANCELLED))), ("status_change_comments", comment.map(said))]
            {
                if let (Some(slot), Some(change)) = (place.module.slot(path), change) {
                    patch.set(slot, change);
                }
            }
            return self.edit_as(ctx, &place, id, &patch, "CANCEL").await;
        }
        let reason = ["update_reason", "status_change_comments"].map(|path| patch.take(&place.module, path));
        let comment = comment.map(said).or(reason.into_iter().flatten().next());
        if let Some((slot, _)) = patch.changes.first() {
            let field = place.module.leaf(*slot).map_or(String::new(), |l| l.path.clone());
            return Err(Refusal::CannotGive(field).into());
        }
        let mut changes = vec![
            ("cancellation_requested", Change::Value(Value::Bool(true))),
            ("cancel_flag_comments.id", Change::Value(Value::Int(self.new_id(ctx).get()))),
        ];
        changes.extend(comment.map(|comment| ("cancel_flag_comments.comment", comment)));
        self.edit_as(ctx, &place, id, &patch_of(&place.module, changes), CANCELLATION).await
    }

    /// Moves a request to the trash; one that is there already stays there.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn trash_request(&self, ctx: &Context, id: Id) -> Result<(), DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Delete)?;
        let mut turn = self.turns.of(id);
        loop {
            let record = self.get_in(ctx, &place, id).await?;
            if in_trash(&record) && record.get("merged_into").is_null() {
                return Ok(());
            }
            crate::nouns::may_delete(self, ctx, &record).await?;
            let tried = self.to_trash(ctx, &place, &record).await;
            if let Some(()) = turn.after(tried).await? {
                return Ok(());
            }
        }
    }

    /// Takes a request back from the trash.
    ///
    /// # Errors
    /// [`DeskError::NotInTrash`] for one that is not there; a merged one does not come back.
    pub async fn restore_request(&self, ctx: &Context, id: Id) -> Result<(), DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let mut turn = self.turns.of(id);
        loop {
            let tried = self.try_restore(ctx, &place, id).await;
            if let Some(()) = turn.after(tried).await? {
                return Ok(());
            }
        }
    }

    async fn try_restore(&self, ctx: &Context, place: &Place, id: Id) -> Result<(), Written> {
        let record = self.get_in(ctx, place, id).await?;
        if let Some(into) = record.reference("merged_into") {
            return Err(DeskError::MergedInto(into).into());
        }
        if !in_trash(&record) {
            return Err(DeskError::NotInTrash.into());
        }
        let mut new = record.clone();
        new.set("is_trashed", false);
        new.set("deleted_time", Value::Null);
        new.set("deleted_by", Value::Null);
        self.replace(ctx, place, &record, new, "RESTORE").await
    }

    /// How many of what hang on a request, by the vendor's names (requests.md section 11).
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn request_summary(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
    ) -> Result<Vec<(&'static str, u64)>, DeskError> {
        const ALWAYS_ZERO: [&str; 14] = [
            "caused_by_releases",
            "checklist_not_completed_count",
            "fixed_in_releases",
            "invoked_contract_count",
            "jira_issue_count",
            "link_request_pending_count",
            "my_task_completed_count",
            "my_task_pending_count",
            "purchase_order_count",
            "request_initiated_change_count",
            "requester_reply_count",
            "trashed_caused_by_releases",
            "unreplied_count",
            "worklog_timer_count",
        ];
        let record = self.get(ctx, place, id).await?;
        let snapshot = self.snapshot();
        let mut counts: Vec<(&'static str, u64)> = ALWAYS_ZERO.iter().map(|name| (*name, 0)).collect();
        let mut set = |name: &'static str, count: u64| {
            counts.retain(|(n, _)| *n != name);
            counts.push((name, count));
        };
        for (name, module) in [
            ("note_count", "request_note"),
            ("worklog_count", "worklog"),
            ("reminder_count", "reminder"),
            ("draft_count", "draft"),
            ("checklist_total_count", "checklist"),
        ] {
            let rows = snapshot.module(module)?;
            // A count of what is hidden would tell that it is there.
            if !crate::permissions::role_allows(ctx.caller.access, rows, Verb::Read) {
                set(name, 0);
                continue;
            }
            let mine = equals(rows, "request", vec![id.into()])
                .and(crate::permissions::visible(ctx, rows, &snapshot)?);
            set(name, self.store.count(&store::Query::new(rows.clone(), mine, 1)).await?);
        }
        let sees_tasks =
            crate::permissions::role_allows(ctx.caller.access, snapshot.module("task")?, Verb::Read);
        let (pending, all) = if sees_tasks { self.task_counts(("request", id), None).await? } else { (0, 0) };
        set("task_pending_count", pending);
        set("task_completed_count", all - pending);
        let (pending, all) = self.task_counts(("request", id), Some(ctx.caller.user)).await?;
        set("my_task_pending_count", pending);
        set("my_task_completed_count", all - pending);
        let (pending, all) = self.approval_counts(("request", id)).await?;
        set("approval_pending_count", pending);
        set("approval_completed_count", all - pending);
        set("link_request_count", self.linked_seen(ctx, id).await?.len() as u64);
        set("attachment_count", self.attachments(ctx, place, id).await?.len() as u64);
        set("unreplied_count", u64::try_from(record.int("unreplied_count").unwrap_or(0)).unwrap_or(0));
        let (by_technicians, by_requesters) = self.reply_counts(ctx, id).await?;
        set("technician_reply_count", by_technicians);
        set("requester_reply_count", by_requesters);
        let said = self.conversation_count(ctx, id).await?;
        set("conversation_count", said);
        counts.sort_unstable();
        Ok(counts)
    }

    /// Writes the resolution, and copies it to linked requests when the input says so.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn resolve_request(&self, ctx: &Context, id: Id, patch: &Patch) -> Result<Outcome, DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        let outcome = self.edit_as(ctx, &place, id, patch, "RESOLUTION").await?;
        if outcome.record.is("resolution.add_to_linked_requests") {
            let content = Change::Value(outcome.record.get("resolution.content").clone());
            let copy = patch_of(&place.module, vec![("resolution.content", content)]);
            for linked in self.linked_open(ctx, id).await? {
                // One that was deleted or closed meanwhile does not keep the others from theirs.
                if let Err(error) = self.edit_as(ctx, &place, linked, &copy, "RESOLUTION").await {
                    tracing::info!(%error, request.id = %linked, "the resolution was not copied to a linked request");
                }
            }
        }
        Ok(outcome)
    }
}

/// Whether an input for an assignment speaks of nothing else, and of something.
pub(crate) fn only_assigns(module: &Module, patch: &Patch, allowed: &[&str]) -> Result<(), DeskError> {
    for (slot, _) in &patch.changes {
        let field = module.leaf(*slot).map_or("", |leaf| leaf.path.as_str());
        if !allowed.contains(&field) {
            return Err(Refusal::CannotGive(field.to_owned()).into());
        }
    }
    if patch.is_empty() {
        return Err(Refusal::Mandatory("technician".into()).into());
    }
    Ok(())
}

pub(crate) fn by_id(id: Id) -> Change {
    Change::Ref(RefInput { id: Some(id), ..RefInput::default() })
}
