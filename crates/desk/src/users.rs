//! People: users, of whom some are technicians (setup.md section 4).

use crate::context::{Access, Caller, Context, View};
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Filter, Id, Record, Value};
use std::sync::Arc;
use store::Query;

/// The shipped roles.
pub mod roles {
    use model::Id;
    /// May do everything.
    pub const ADMINISTRATOR: Id = Id::shipped(1_000_301);
    /// All requests.
    pub const TECHNICIAN: Id = Id::shipped(1_000_303);
    /// Requests of the technician's own sites.
    pub const SITE_TECHNICIAN: Id = Id::shipped(1_000_305);
    /// Requests of the technician's own groups.
    pub const GROUP_TECHNICIAN: Id = Id::shipped(1_000_307);
    /// Own requests.
    pub const REQUESTER: Id = Id::shipped(1_000_309);
}

/// Acts where no person does.
pub const SYSTEM: Id = Id::shipped(6619);

/// Nobody but an administrator decides who may do what.
const ADMINISTRATORS_FIELDS: [&str; 8] = [
    "is_technician",
    "role",
    "groups",
    "associated_sites",
    "cost_per_hour",
    "login_name",
    "requester_allowed_to_view",
    "purchase_approval_limit",
];

pub(crate) async fn prepare(_desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    names(draft);
    if !ctx.is_administrator() {
        for path in ADMINISTRATORS_FIELDS {
            if draft.gives(path) && draft.changes(path) && draft.new.get(path) != draft.before(path) {
                draft.refuse(Refusal::CannotGive(path.into()));
            }
        }
        // Whoever may not make somebody an administrator may not take over one's address either.
        let theirs =
            draft.old.as_ref().is_some_and(|old| old.is("is_technician") && old.id() != ctx.caller.user);
        if theirs && draft.changes("email_id") {
            draft.refuse(Refusal::CannotGive("email_id".into()));
        }
    }
    if draft.new.is("is_technician") {
        if draft.new.get("role").is_null() {
            draft.new.set("role", roles::TECHNICIAN);
        }
    } else if draft.changes("is_technician") || draft.is_new() {
        draft.new.set("role", roles::REQUESTER);
    }
    // Choosing a department settles the site (setup.md section 4.1).
    if draft.changes("department") && !draft.gives("site") {
        let site = draft.small("department").map(|d| d.get("site").clone()).unwrap_or_default();
        if !site.is_null() {
            draft.new.set("site", site);
        }
    }
    if draft.new.reference("reporting_to").is_some_and(|id| id == draft.new.id()) {
        draft.refuse(Refusal::not_valid("reporting_to"));
    }
    if draft.new.text("time_zone").is_some_and(|z| jiff::tz::TimeZone::get(z).is_err()) {
        draft.refuse(Refusal::not_valid("time_zone"));
    }
    Ok(())
}

/// One of display name and first and last name follows from the other.
fn names(draft: &mut Draft) {
    let part = |r: &Record, path: &str| r.text(path).map(|s| s.trim().to_owned()).filter(|s| !s.is_empty());
    let parts_given = draft.gives("first_name") || draft.gives("last_name");
    let name = part(&draft.new, "name");
    let whole: Vec<String> =
        ["first_name", "middle_name", "last_name"].iter().filter_map(|p| part(&draft.new, p)).collect();
    if !whole.is_empty() && (name.is_none() || (parts_given && !draft.gives("name"))) {
        draft.new.set("name", whole.join(" "));
    } else if name.is_none() && draft.is_new() {
        let from_email = draft.new.text("email_id").map(name_of);
        draft.new.set("name", from_email);
    }
    if draft.new.text("first_name").is_none() {
        let name = draft.new.text("name").map(str::to_owned);
        draft.new.set("first_name", name);
    }
}

/// A name for somebody of whom only the address is known: `ann.lee@example.com` is Ann Lee.
#[must_use]
pub fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap_or(email);
    let words: Vec<String> = local
        .split(['.', '_', '-', '+'])
        .filter(|w| !w.is_empty())
        .map(|w| {
            let mut chars = w.chars();
            chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
        })
        .collect();
    if words.is_empty() { email.to_owned() } else { words.join(" ") }
}

pub(crate) async fn may_delete(desk: &Desk, ctx: &Context, record: &Record) -> Result<(), DeskError> {
    if record.id() == ctx.caller.user || record.id() == SYSTEM {
        return Err(DeskError::NotPermitted);
    }
    if record.reference("role") == Some(roles::ADMINISTRATOR) {
        let snapshot = desk.snapshot();
        let module = snapshot.module("user")?;
        let others = equals(module, "role", vec![roles::ADMINISTRATOR.into()])
            .and(equals(module, "inactive", vec![false.into()]))
            .and(equals(module, "id", vec![record.id().into()]).negate());
        if !desk.store.exists(module, others).await? {
            return Err(DeskError::NotPermitted);
        }
    }
    Ok(())
}

impl Desk {
    /// Who a person is when they call.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for somebody who is gone or inactive.
    pub async fn caller(&self, user: Id) -> Result<Caller, DeskError> {
        let person = self.person(user).await?.filter(|p| !p.is("inactive")).ok_or(DeskError::NotPermitted)?;
        let snapshot = self.snapshot();
        let role = person.reference("role").and_then(|id| snapshot.record(id));
        let access = match role.and_then(|r| r.text("access")) {
            Some("administrator") if person.is("is_technician") => Access::Administrator,
            _ if person.is("is_technician") => Access::Technician,
            _ => Access::Requester,
        };
        let limit = |flag: &str, field: &str| role.filter(|r| r.is(flag)).map(|_| person.references(field));
        let view = match person.text("requester_allowed_to_view") {
            Some("department") => person.reference("department").map_or(View::Own, View::Department),
            Some("site") => person.reference("site").map_or(View::Own, View::Site),
            Some("all") => View::All,
            _ => View::Own,
        };
        Ok(Caller {
            user,
            access,
            sites: limit("limited_to_sites", "associated_sites"),
            groups: limit("limited_to_groups", "groups"),
            view,
        })
    }

    /// The person with this e-mail address, in any letter case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn person_by_email(&self, email: &str) -> Result<Option<Arc<Record>>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("user")?;
        let filter: Filter = equals(module, "email_id", vec![Value::Text(model::fold(email.trim()))]);
        let found = self.store.list(&Query::new(module.clone(), filter, 1)).await?;
        Ok(found.into_iter().next().map(Arc::new))
    }

    /// The zone in which a person reads times: their own, or the desk's.
    #[must_use]
    pub fn zone_of(&self, person: Option<&Record>) -> jiff::tz::TimeZone {
        person
            .and_then(|p| p.text("time_zone"))
            .and_then(|z| jiff::tz::TimeZone::get(z).ok())
            .unwrap_or_else(|| self.snapshot().settings.zone.clone())
    }
}
