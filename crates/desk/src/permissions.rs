//! Who may do what with which module, and which of its records they see.
//!
//! Three roles at first. `tests/permissions.txt` shows the whole table; a change of this file shows up there.

use crate::context::{Access, Context, Verb, View};
use crate::{DeskError, Snapshot};
use model::filter::{equals, test};
use model::{Area, Filter, Module, Op, Test, Value};
use std::sync::Arc;

/// Whether a role may do this with some record of the module; which records is [`visible`]'s matter.
#[must_use]
pub fn role_allows(access: Access, module: &Module, verb: Verb) -> bool {
    match access {
        Access::Administrator => true,
        Access::Technician => match module.area {
            Area::Requests => true,
            // Technicians look after requesters; who is a technician is an administrator's decision.
            Area::Users => {
                verb == Verb::Read
                    || (module.name != "technician" && verb != Verb::Delete && module.name != "role")
            }
            _ => verb == Verb::Read,
        },
        Access::Requester => match (module.name.as_ref(), verb) {
            ("request" | "request_note", Verb::Create) | ("request" | "approval", Verb::Update) => true,
            ("user" | "requester" | "technician" | "role" | "udf_field" | "priority_matrix" | "sla", _) => {
                false
            }
            (
                "request" | "request_note" | "approval_level" | "approval" | "notification" | "attachment",
                Verb::Read,
            ) => true,
            _ => verb == Verb::Read && module.area == Area::Setup,
        },
    }
}

/// Whether the caller's scopes and role let them do this in the module.
///
/// # Errors
/// [`DeskError::ScopeMissing`] or [`DeskError::NotPermitted`].
pub fn permit(ctx: &Context, module: &Module, verb: Verb) -> Result<(), DeskError> {
    let scopes = ctx.scopes;
    let scope_is_there = scopes.allow(module.area, verb)
        || (verb == Verb::Read && module.also_read_by.iter().any(|area| scopes.allow(*area, Verb::Read)))
        // Whether a row below a record is its parent's update or a creation is not settled by the vendor's pages
        // (conventions.md section 2.6): either will do.
        || (verb == Verb::Create && !module.top_level && scopes.allow(module.area, Verb::Update));
    if !scope_is_there {
        return Err(DeskError::ScopeMissing(format!("SDPOnDemand.{}.{}", module.area.word(), verb.word())));
    }
    if !role_allows(ctx.caller.access, module, verb) {
        return Err(DeskError::NotPermitted);
    }
    Ok(())
}

/// The records of a module that the caller may see.
///
/// # Errors
/// When the catalogue lacks a module that the rule needs, which is a mistake of ours.
pub fn visible(ctx: &Context, module: &Arc<Module>, snapshot: &Snapshot) -> Result<Filter, DeskError> {
    if ctx.is_administrator() {
        return Ok(Filter::everything());
    }
    if module.name == "request" {
        return Ok(visible_requests(ctx, module));
    }
    let mut filter = Filter::everything();
    if let Some(slot) = module.slot("request").filter(|_| module.area == Area::Requests) {
        let requests = visible_requests(ctx, snapshot.module("request")?);
        let lifted = lift(requests, module, slot);
        // A task of its own, below no request, is every technician's.
        filter = if ctx.is_technician() {
            Filter::Any(vec![test(module, "request", Op::Empty, Vec::new()), lifted])
        } else {
            lifted
        };
    }
    if ctx.caller.access == Access::Requester {
        let me = || vec![Value::from(ctx.caller.user)];
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

fn visible_requests(ctx: &Context, module: &Arc<Module>) -> Filter {
    let me = || vec![Value::from(ctx.caller.user)];
    let own = |paths: &[&str]| -> Vec<Filter> { paths.iter().map(|p| equals(module, p, me())).collect() };
    if ctx.is_administrator() {
        return Filter::everything();
    }
    if ctx.is_technician() {
        let ids = |list: &Vec<model::Id>| list.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let mut any = own(&["technician", "requester", "created_by"]);
        match (&ctx.caller.sites, &ctx.caller.groups) {
            (None, None) => return Filter::everything(),
            (Some(sites), None) => any.push(equals(module, "site", ids(sites))),
            (None, Some(groups)) => any.push(equals(module, "group", ids(groups))),
            (Some(sites), Some(groups)) => {
                any.push(equals(module, "site", ids(sites)).and(equals(module, "group", ids(groups))));
            }
        }
        return Filter::Any(any);
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
