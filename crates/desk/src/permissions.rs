//! Who may do what with which module, and which of its records they see.
//!
//! Three roles at first. `tests/permissions.txt` shows the whole table; a change of this file shows up there.

use crate::context::{Access, Context, Verb, View};
use crate::records::Place;
use crate::{Desk, DeskError, Snapshot};
use model::filter::{equals, test};
use model::{Area, Filter, Id, Module, Node, Op, Path, Record, Size, Test, Value};
use std::sync::Arc;
use store::Query;

/// Whether a role may do this with some record of the module; which records is [`visible`]'s matter.
#[must_use]
pub fn role_allows(access: Access, module: &Module, verb: Verb) -> bool {
    match access {
        Access::Administrator => true,
        Access::Technician => match module.area {
            // The daily work, and the estate that it is about.
            Area::Requests | Area::Problems | Area::Assets | Area::Cmdb => true,
            // Technicians look after requesters; who is a technician is an administrator's decision.
            Area::Users => {
                verb == Verb::Read
                    || (module.name != "technician" && verb != Verb::Delete && module.name != "role")
            }
            _ => verb == Verb::Read,
        },
        Access::Requester => match (module.name.as_ref(), verb) {
            ("request" | "request_note" | "notification", Verb::Create)
            | ("request" | "approval", Verb::Update) => true,
            ("user" | "requester" | "technician" | "role" | "udf_field" | "priority_matrix" | "sla", _) => {
                false
            }
            // What they have themselves.
            _ if module.table == "asset" => verb == Verb::Read,
            ("vendor" | "ci_type" | "ci_attribute" | "product", _) => false,
            (
                "request" | "request_note" | "approval_level" | "approval" | "notification" | "attachment",
                Verb::Read,
            ) => true,
            _ => verb == Verb::Read && module.area == Area::Setup,
        },
    }
}

/// The scope for doing something in an area, as tokens have it.
#[must_use]
pub fn scope_of(area: Area, verb: Verb) -> String {
    format!("SDPOnDemand.{}.{}", area.word(), verb.word())
}

/// What belongs to the whole company and not to the desk's setup alone: either scope will do (setup.md section 2).
const GENERAL: [&str; 3] = ["site", "department", "support_group"];

/// Whether the caller's scopes let them do this at the place.
fn scope_is_there(ctx: &Context, place: &Place, verb: Verb) -> bool {
    let (scopes, module, area) = (ctx.scopes, &place.module, place.area);
    scopes.allow(area, verb)
        || (GENERAL.contains(&module.name.as_ref()) && scopes.allow(Area::General, verb))
        || (verb == Verb::Read && module.also_read_by.iter().any(|area| scopes.allow(*area, Verb::Read)))
        // Whether a row below a record is its parent's update or a creation is not settled by the vendor's pages
        // (conventions.md section 2.6): either will do, whether or not such rows have a list of their own besides.
        || (verb == Verb::Create && place.parent.is_some() && scopes.allow(area, Verb::Update))
}

/// Whether the caller's scopes and role let them do this at the place.
///
/// # Errors
/// [`DeskError::ScopeMissing`] or [`DeskError::NotPermitted`].
pub fn permit(ctx: &Context, place: &Place, verb: Verb) -> Result<(), DeskError> {
    if !scope_is_there(ctx, place, verb) {
        return Err(DeskError::ScopeMissing(scope_of(place.area, verb)));
    }
    if !role_allows(ctx.caller.access, &place.module, verb) {
        return Err(DeskError::NotPermitted);
    }
    Ok(())
}

/// Whether the caller's scopes let them do anything of this kind, reading or writing, at the place or below. Asked before a record
/// of it is looked for or an input is read, so that no answer tells a token for something else what is there.
///
/// # Errors
/// [`DeskError::ScopeMissing`].
pub fn approach(ctx: &Context, place: &Place, reads: bool) -> Result<(), DeskError> {
    let verbs: &[Verb] = if reads { &[Verb::Read] } else { &[Verb::Update, Verb::Create, Verb::Delete] };
    if verbs.iter().any(|verb| scope_is_there(ctx, place, *verb)) {
        return Ok(());
    }
    Err(DeskError::ScopeMissing(scope_of(place.area, if reads { Verb::Read } else { Verb::Update })))
}

/// The records of a module that the caller may see.
///
/// # Errors
/// When the catalogue lacks a module that the rule needs, which is a mistake of ours.
pub fn visible(ctx: &Context, module: &Arc<Module>, snapshot: &Snapshot) -> Result<Filter, DeskError> {
    if ctx.is_administrator() {
        return Ok(Filter::everything());
    }
    match module.table.as_ref() {
        "request" => return Ok(visible_requests(ctx, module)),
        "problem" => return Ok(visible_problems(ctx, module)),
        "saved_view" => {
            let mine = equals(module, "created_by", vec![Value::from(ctx.caller.user)]);
            return Ok(Filter::Any(vec![mine, equals(module, "is_shared", vec![true.into()])]));
        }
        // When somebody came in from where, and what keys they have, is between them and the administrators.
        "history" if ctx.is_technician() => {
            let words = crate::identity::credential_words().map(Value::from).collect();
            let mine = equals(module, "owner", vec![Value::from(ctx.caller.user)]);
            return Ok(Filter::Any(vec![mine, equals(module, "operation", words).negate()]));
        }
        "asset" if !ctx.is_technician() => {
            return Ok(equals(module, "user", vec![Value::from(ctx.caller.user)]));
        }
        _ => {}
    }
    let mut filter = Filter::everything();
    let above = [
        ("request", module.area == Area::Requests, visible_requests as fn(&Context, &Arc<Module>) -> Filter),
        ("problem", true, visible_problems),
    ];
    for (field, counts, visible) in above {
        // A template's `problem` is what a new one begins with, and no reference.
        let refers = |slot: &usize| module.leaf(*slot).and_then(|leaf| leaf.target()) == Some(field);
        let Some(slot) = module.slot(field).filter(|slot| counts && refers(slot)) else { continue };
        let lifted = lift(visible(ctx, snapshot.module(field)?), module, slot);
        // A task of its own, below neither, is every technician's; what is below the one is not below the other.
        filter = filter.and(if ctx.is_technician() {
            Filter::Any(vec![test(module, field, Op::Empty, Vec::new()), lifted])
        } else if field == "request" {
            lifted
        } else {
            test(module, field, Op::Empty, Vec::new())
        });
    }
    let me = || vec![Value::from(ctx.caller.user)];
    if module.name == "approval" && ctx.is_technician() && ctx.caller.is_limited() {
        // Of requests that they see; of others what they are asked themselves.
        return Ok(Filter::Any(vec![
            equals(module, "approver", me()),
            approvals_of_requests(visible_requests(ctx, snapshot.module("request")?), module, snapshot)?,
        ]));
    }
    if ctx.caller.access == Access::Requester {
        filter = match module.name.as_ref() {
            "request_note" => filter.and(equals(module, "show_to_requester", vec![true.into()])),
            "notification" => filter.and(equals(module, "is_public", vec![true.into()])),
            "approval" => filter.and(equals(module, "approver", me())),
            "request_template" => filter.and(equals(module, "show_to_requester", vec![true.into()])),
            _ => filter,
        };
    }
    Ok(filter)
}

/// Whether the caller may search or sort by a path: whether what it leads through is theirs to read. Else a search that finds
/// something, and one that finds nothing, would read it for them letter by letter. Of the record itself they may ask about anything
/// that it tells them; of a record that it refers to about what every reference shows, and about the rest only where they may read
/// all of them.
#[must_use]
pub fn may_ask(ctx: &Context, snapshot: &Snapshot, path: &Path) -> bool {
    let mut is_shown = true;
    let last = (&path.module, path.slot);
    let steps = path.via.iter().map(|(module, slot)| (module, *slot)).chain(std::iter::once(last));
    for (depth, (module, slot)) in steps.enumerate() {
        let Some(leaf) = module.leaf(slot) else { return false };
        let is_telling = |path: &str| module.table == "request" && TELLING.contains(&path);
        if !ctx.is_technician() && (leaf.field.personal || is_telling(&leaf.path)) {
            return false;
        }
        let is_embedded = || {
            module.embedded().iter().any(|node| matches!(node, Node::Leaf { slot: own, .. } if *own == slot))
        };
        let is_told = depth == 0 || (is_shown && is_embedded());
        let may_read = || leaf.field.shown && may_read_all(ctx, snapshot, module);
        if !(is_told || may_read()) {
            return false;
        }
        is_shown = leaf.field.shown;
    }
    // A reference that no answer shows tells as much as what it leads to.
    let beyond = path.leaf().filter(|leaf| !leaf.field.shown).and_then(|leaf| leaf.target());
    beyond.and_then(|target| snapshot.catalogue.module(target)).is_none_or(|m| may_read_all(ctx, snapshot, m))
}

/// Flags of a request that tell of what is beside it. Requesters read some of the notes and of the linked requests, and neither
/// drafts nor problems.
const TELLING: [&str; 4] = ["has_notes", "has_draft", "has_linked_requests", "has_problem"];

/// Whether the caller may read every record of a module.
fn may_read_all(ctx: &Context, snapshot: &Snapshot, module: &Arc<Module>) -> bool {
    let scope_is_there = module.size == Size::Small
        || ctx.scopes.allow(module.area, Verb::Read)
        || module.also_read_by.iter().any(|area| ctx.scopes.allow(*area, Verb::Read));
    let sees_all = || {
        visible(ctx, module, snapshot)
            .is_ok_and(|seen| matches!(&seen, Filter::All(parts) if parts.is_empty()))
    };
    scope_is_there && role_allows(ctx.caller.access, module, Verb::Read) && sees_all()
}

/// So many notes are read at once to see on which requests there are some.
const NOTES_READ: usize = 500;

impl Desk {
    /// Makes the flags of requests tell a requester of what they may read and of nothing else.
    pub(crate) async fn tell_of_what_is_read(
        &self,
        ctx: &Context,
        requests: &mut [Record],
    ) -> Result<(), DeskError> {
        let noted = requests.iter().filter(|request| request.is("has_notes")).map(Record::id).collect();
        let noted = self.with_notes(ctx, noted).await?;
        for request in requests {
            for flag in TELLING {
                if !request.is(flag) {
                    continue;
                }
                let is_told = match flag {
                    "has_notes" => noted.contains(&request.id()),
                    "has_linked_requests" => !self.linked_seen(ctx, request.id()).await?.is_empty(),
                    _ => false,
                };
                request.set(flag, is_told);
            }
        }
        Ok(())
    }

    /// Those of some requests that have notes which the caller may read.
    async fn with_notes(&self, ctx: &Context, mut requests: Vec<Id>) -> Result<Vec<Id>, DeskError> {
        let snapshot = self.snapshot();
        let notes = snapshot.module("request_note")?;
        let seen = visible(ctx, notes, &snapshot)?;
        let mut found: Vec<Id> = Vec::new();
        while !requests.is_empty() {
            let ids = requests.iter().map(|id| Value::from(*id)).collect();
            let filter = equals(notes, "request", ids).and(seen.clone());
            let mut query = Query::new(notes.clone(), filter, NOTES_READ as u64);
            query.slots = notes.slot("request").into_iter().collect();
            let rows = self.store.list(&query).await?;
            found.extend(rows.iter().filter_map(|row| row.reference("request")));
            // All that were read may be of one request.
            if rows.len() < NOTES_READ {
                break;
            }
            requests.retain(|id| !found.contains(id));
        }
        Ok(found)
    }
}

/// A filter on requests, as one on the approvals of their levels.
fn approvals_of_requests(
    requests: Filter,
    approvals: &Arc<Module>,
    snapshot: &Snapshot,
) -> Result<Filter, DeskError> {
    let levels = snapshot.module("approval_level")?;
    let (Some(request), Some(level)) = (levels.slot("request"), approvals.slot("approval_level")) else {
        return Ok(Filter::nothing());
    };
    Ok(lift(lift(requests, levels, request), approvals, level))
}

fn visible_requests(ctx: &Context, module: &Arc<Module>) -> Filter {
    let me = || vec![Value::from(ctx.caller.user)];
    let own = |paths: &[&str]| -> Vec<Filter> { paths.iter().map(|p| equals(module, p, me())).collect() };
    if ctx.is_administrator() {
        return Filter::everything();
    }
    if ctx.is_technician() {
        return limited(ctx, module, &["technician", "requester", "created_by"]);
    }
    let mut any = own(&["requester", "on_behalf_of", "created_by"]);
    match ctx.caller.view {
        View::Own => {}
        View::Department(id) => any.push(equals(module, "department", vec![id.into()])),
        View::Site(id) => any.push(equals(module, "site", vec![id.into()])),
        View::All => return Filter::everything(),
    }
    Filter::Any(any)
}

/// Technicians see problems as they see requests; requesters see none.
fn visible_problems(ctx: &Context, module: &Arc<Module>) -> Filter {
    if !ctx.is_technician() {
        return Filter::nothing();
    }
    limited(ctx, module, &["technician", "reported_by"])
}

/// What a technician sees who may be limited to sites or groups: what is there, and what is their own.
fn limited(ctx: &Context, module: &Arc<Module>, own: &[&str]) -> Filter {
    let me = || vec![Value::from(ctx.caller.user)];
    let mut any: Vec<Filter> = own.iter().map(|path| equals(module, path, me())).collect();
    let ids = |list: &Vec<model::Id>| list.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
    match (&ctx.caller.sites, &ctx.caller.groups) {
        _ if ctx.is_administrator() => return Filter::everything(),
        (None, None) => return Filter::everything(),
        (Some(sites), None) => any.push(equals(module, "site", ids(sites))),
        (None, Some(groups)) => any.push(equals(module, "group", ids(groups))),
        (Some(sites), Some(groups)) => {
            any.push(equals(module, "site", ids(sites)).and(equals(module, "group", ids(groups))));
        }
    }
    Filter::Any(any)
}

/// A filter on records that `module` refers to, as a filter on `module`'s own.
#[must_use]
pub fn lift(filter: Filter, module: &Arc<Module>, slot: usize) -> Filter {
    match filter {
        Filter::All(parts) => Filter::All(parts.into_iter().map(|p| lift(p, module, slot)).collect()),
        Filter::Any(parts) => Filter::Any(parts.into_iter().map(|p| lift(p, module, slot)).collect()),
        Filter::Not(inner) => lift(*inner, module, slot).negate(),
        Filter::Test(Test { mut path, op, operands }) => {
            path.via.insert(0, (module.clone(), slot));
            Filter::Test(Test { path, op, operands })
        }
    }
}

/// How many levels of one request an approver can be asked on, and more.
const LEVELS_MAX: u64 = 50;

/// Approvers who do not see the request otherwise: they read it, and the levels on which they are asked, and change
/// nothing but their own answer.
impl Desk {
    /// The record to be read: one that the caller sees, or one that they are asked to approve.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub(crate) async fn get_to_read(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
    ) -> Result<Record, DeskError> {
        let seen = self.get_visible(ctx, &place.module, id).await?;
        let record = match seen {
            Some(record) => record,
            None => self.get_as_approver(ctx, &place.module, id).await?.ok_or(DeskError::NotFound)?,
        };
        if place.has(&record) { Ok(record) } else { Err(DeskError::NotFound) }
    }

    /// A request, or a level of one, on which the caller is asked.
    pub(crate) async fn get_as_approver(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        id: Id,
    ) -> Result<Option<Record>, DeskError> {
        let from = match module.name.as_ref() {
            "request" => "approval_level.request",
            "approval_level" => "approval_level",
            _ => return Ok(None),
        };
        if !ctx.caller.is_limited() {
            return Ok(None);
        }
        let snapshot = self.snapshot();
        let approvals = snapshot.module("approval")?;
        let asked = self.asked(ctx, from, id)?;
        if !self.store.exists(approvals, asked).await? {
            return Ok(None);
        }
        Ok(self.store.get(module, id).await?)
    }

    /// The approvals that ask the caller, with this id at a path.
    fn asked(&self, ctx: &Context, path: &str, id: Id) -> Result<Filter, DeskError> {
        let snapshot = self.snapshot();
        let approvals = snapshot.module("approval")?;
        let path = snapshot
            .catalogue
            .path(approvals, path)
            .ok_or_else(|| DeskError::Internal(format!("approvals have no {path}")))?;
        let about = Filter::Test(Test { path, op: Op::In, operands: vec![id.into()] });
        Ok(about.and(equals(approvals, "approver", vec![ctx.caller.user.into()])))
    }

    /// Which rows of a place the caller may list.
    pub(crate) async fn listed(
        &self,
        ctx: &Context,
        place: &Place,
        snapshot: &Snapshot,
    ) -> Result<Filter, DeskError> {
        let seen = visible(ctx, &place.module, snapshot)?;
        let request = match &place.parent {
            Some((_, parent)) if place.module.name == "approval_level" && ctx.caller.is_limited() => {
                parent.id()
            }
            _ => return Ok(seen),
        };
        let asked = self.asked(ctx, "approval_level.request", request)?;
        let mine = Query::new(snapshot.module("approval")?.clone(), asked, LEVELS_MAX);
        let levels = self.store.list(&mine).await?;
        let levels = levels.iter().filter_map(|a| a.reference("approval_level")).map(Value::from).collect();
        Ok(Filter::Any(vec![seen, equals(&place.module, "id", levels)]))
    }

    /// Whether the caller may add below a record: seeing it as an approver is not enough.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`].
    pub(crate) async fn may_add_below(&self, ctx: &Context, place: &Place) -> Result<(), DeskError> {
        let Some((_, parent)) = &place.parent else { return Ok(()) };
        if parent.module.size != Size::Large || !ctx.caller.is_limited() {
            return Ok(());
        }
        let seen = self.get_visible(ctx, &parent.module, parent.id()).await?;
        if seen.is_some() { Ok(()) } else { Err(DeskError::NotPermitted) }
    }
}
