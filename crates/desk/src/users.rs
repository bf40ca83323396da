//! People: users, of whom some are technicians (setup.md section 4).

use crate::context::{Access, Caller, Context, View};
use crate::draft::Draft;
use crate::records::ListAsk;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Path, Record, SortKey, Value};
use std::sync::Arc;
use store::{Query, Statement, StoreError};

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

/// By what a technician is known and let in: theirs to say, or an administrator's.
const IDENTITY_FIELDS: [&str; 7] =
    ["name", "first_name", "middle_name", "last_name", "email_id", "employee_id", "secondary_emailids"];

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    names(draft);
    plain_names(&mut draft.new);
    crate::requesters::phones::follow(desk, draft).await?;
    rights(ctx, draft);
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
    keep_an_administrator(desk, draft).await
}

/// Whoever may not make somebody an administrator may not take over, rename or lock out one either.
fn rights(ctx: &Context, draft: &mut Draft) {
    if ctx.is_administrator() {
        return;
    }
    for path in ADMINISTRATORS_FIELDS {
        if draft.gives(path) && draft.changes(path) && draft.new.get(path) != draft.before(path) {
            draft.refuse(Refusal::CannotGive(path.into()));
        }
    }
    let Some(old) = draft.old.clone() else { return };
    let is_self = old.id() == ctx.caller.user;
    let others_technician = old.is("is_technician") && !is_self;
    let is_closed = administers(&old, &draft.snapshot)
        || old.id() == SYSTEM
        || (others_technician && ctx.caller.is_limited());
    if is_closed {
        let module = old.module.clone();
        for leaf in draft.given.clone().into_iter().filter_map(|slot| module.leaf(slot)) {
            draft.refuse(Refusal::CannotGive(leaf.path.clone()));
        }
        return;
    }
    let mut kept: Vec<&str> = Vec::new();
    if old.is("is_technician") {
        kept.push("inactive");
    }
    if others_technician {
        kept.extend(IDENTITY_FIELDS);
    }
    for path in kept {
        if draft.changes(path) {
            draft.refuse(Refusal::CannotGive(path.into()));
        }
    }
}

/// The roles of administrators.
fn administrators_roles(snapshot: &Snapshot) -> Vec<Id> {
    let roles = snapshot.rows("role").iter();
    roles.filter(|r| r.text("access") == Some("administrator")).map(|r| r.id()).collect()
}

/// Whether a person's role makes them an administrator.
fn administers(person: &Record, snapshot: &Snapshot) -> bool {
    let role = person.reference("role");
    person.is("is_technician") && role.is_some_and(|role| administrators_roles(snapshot).contains(&role))
}

/// Everybody who can call as an administrator by one of these roles.
fn with_roles(module: &Arc<Module>, roles: Vec<Id>) -> Filter {
    equals(module, "role", roles.into_iter().map(Value::from).collect())
        .and(equals(module, "is_technician", vec![true.into()]))
        .and(equals(module, "inactive", vec![false.into()]))
}

/// The administrators beside a person.
fn other_administrators(person: &Record, snapshot: &Snapshot) -> Result<(Arc<Module>, Filter), DeskError> {
    let module = snapshot.module("user")?.clone();
    let others = with_roles(&module, administrators_roles(snapshot))
        .and(equals(&module, "id", vec![person.id().into()]).negate());
    Ok((module, others))
}

/// Whether an edit takes an administrator away.
fn steps_down(old: &Record, new: &Record, snapshot: &Snapshot) -> bool {
    let active = |r: &Record| administers(r, snapshot) && !r.is("inactive");
    active(old) && !active(new)
}

/// A desk without an administrator could never get one again: the last active one stays.
async fn keep_an_administrator(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let Some(old) = &draft.old else { return Ok(()) };
    if !steps_down(old, &draft.new, &draft.snapshot) {
        return Ok(());
    }
    let (module, others) = other_administrators(old, &draft.snapshot)?;
    if desk.store.exists(&module, others).await? {
        return Ok(());
    }
    for path in ["inactive", "is_technician", "role"] {
        if draft.changes(path) {
            draft.refuse(Refusal::because(path, LAST_ADMINISTRATOR));
        }
    }
    Ok(())
}

const LAST_ADMINISTRATOR: &str = "The last active administrator stays one; make somebody else one first";

/// What must be true when a change of a person is committed: that another administrator is left, also when that
/// one steps down at the same moment.
pub(crate) fn guard(
    desk: &Desk,
    old: &Record,
    new: &Record,
    snapshot: &Snapshot,
) -> Result<Option<Statement>, DeskError> {
    if !steps_down(old, new, snapshot) {
        return Ok(None);
    }
    let (module, others) = other_administrators(old, snapshot)?;
    Ok(Some(desk.store.require(&module, &others)))
}

/// A role that made people administrators makes them something else only if others are left.
pub(crate) async fn prepare_role(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let is_administrators = |r: &Record| r.text("access") == Some("administrator");
    let Some(old) = draft.old.as_ref().filter(|old| is_administrators(old)) else { return Ok(()) };
    if is_administrators(&draft.new) {
        return Ok(());
    }
    let module = draft.snapshot.module("user")?.clone();
    let mut roles = administrators_roles(&draft.snapshot);
    roles.retain(|role| *role != old.id());
    let others = with_roles(&module, roles);
    if desk.store.exists(&module, others.clone()).await? {
        draft.statements.push(desk.store.require(&module, &others));
    } else {
        draft.refuse(Refusal::because("access", LAST_ADMINISTRATOR));
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

/// Notes the names by which somebody is looked up, whoever writes their accents and whoever does not.
pub(crate) fn plain_names(person: &mut Record) {
    for (name, plain) in [("name", "name_plain"), ("last_name", "last_name_plain")] {
        let text = person.text(name).map(model::unaccented);
        person.set(plain, text);
    }
}

/// What finds the people whose name, last name or address begins so; accents and letter case do not matter. Three lists, each in the
/// order of an index that it is a stretch of: together they would be gathered and sorted, which takes long where many are called so.
#[must_use]
pub fn people_called(module: &Arc<Module>, text: &str, limit: u64) -> [ListAsk; 3] {
    let (plain, address) = (model::unaccented(text.trim()), model::fold(text.trim()));
    [("name_plain", &plain), ("last_name_plain", &plain), ("email_id", &address)].map(|(path, text)| {
        let begins = test(module, path, Op::StartsWith, vec![text.clone().into()]);
        let mut ask = ListAsk::new(begins, limit);
        ask.sort =
            Path::of(module, path).map(|path| SortKey { path, descending: false }).into_iter().collect();
        ask
    })
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

/// Whether a text looks like an address that could receive mail: one @ with something on both sides.
#[must_use]
pub(crate) fn is_address(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"');
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !domain.starts_with('.')
    }) && !text.chars().any(odd)
}

pub(crate) async fn may_delete(desk: &Desk, ctx: &Context, record: &Record) -> Result<(), DeskError> {
    if record.id() == ctx.caller.user || record.id() == SYSTEM {
        return Err(DeskError::NotPermitted);
    }
    let snapshot = desk.snapshot();
    if administers(record, &snapshot) && !record.is("inactive") {
        let (module, others) = other_administrators(record, &snapshot)?;
        if !desk.store.exists(&module, others).await? {
            return Err(DeskError::NotPermitted);
        }
    }
    Ok(())
}

impl Desk {
    /// Notes the names by which people are looked up, of those whom an earlier version of the product wrote. Another process may
    /// be doing the same.
    pub(crate) async fn note_plain_names(&self) -> Result<(), DeskError> {
        const BATCH: u64 = 500;
        let snapshot = self.snapshot();
        let module = snapshot.module("user")?;
        let nameless = test(module, "name", Op::Empty, Vec::new());
        let open = test(module, "name_plain", Op::Empty, Vec::new()).and(nameless.negate());
        loop {
            let people = self.store.list(&Query::new(module.clone(), open.clone(), BATCH)).await?;
            if people.is_empty() {
                return Ok(());
            }
            let written = people.iter().flat_map(|old| {
                let mut new = old.clone();
                plain_names(&mut new);
                self.store.update(old, &new, &snapshot.catalogue)
            });
            match self.store.commit(written.collect()).await {
                Ok(()) | Err(StoreError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Who a person is when they call.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for somebody who is gone or inactive.
    pub async fn caller(&self, user: Id) -> Result<Caller, DeskError> {
        let person = self.person(user).await?.ok_or(DeskError::NotPermitted)?;
        self.caller_of(&person)
    }

    /// The same of a person who has been found.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for somebody who is inactive.
    pub fn caller_of(&self, person: &Record) -> Result<Caller, DeskError> {
        if person.is("inactive") {
            return Err(DeskError::NotPermitted);
        }
        let snapshot = self.glance();
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
            user: person.id(),
            access,
            sites: limit("limited_to_sites", "associated_sites"),
            groups: limit("limited_to_groups", "groups"),
            view,
        })
    }

    /// The active administrators.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn administrators(&self) -> Result<Vec<Id>, DeskError> {
        /// More than any desk has.
        const MOST: u64 = 1_000;
        let snapshot = self.snapshot();
        let module = snapshot.module("user")?.clone();
        let filter = with_roles(&module, administrators_roles(&snapshot));
        Ok(self.store.list(&Query::new(module, filter, MOST)).await?.iter().map(Record::id).collect())
    }

    /// Checks that a key may be given to somebody: keys are for those who work at the desk.
    ///
    /// # Errors
    /// Refused with the field `user`.
    pub async fn may_hold_technician_key(&self, user: Id) -> Result<(), DeskError> {
        let why = match self.caller(user).await {
            Ok(caller) if caller.access >= Access::Technician => return Ok(()),
            Ok(_) => "is no technician",
            Err(DeskError::NotPermitted) => "is inactive",
            Err(error) => return Err(error),
        };
        let person = self.person(user).await?;
        let who = person.as_ref().and_then(|p| p.text("email_id").or_else(|| p.text("name")));
        Err(Refusal::because("user", format!("{} {why}", who.unwrap_or("this person"))).into())
    }

    /// Whether somebody must have a second factor: technicians, where the desk's settings say so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn needs_second_factor(&self, user: Id) -> Result<bool, DeskError> {
        if !self.snapshot().settings.technicians_need_second_factor {
            return Ok(false);
        }
        let person = self.person(user).await?;
        Ok(person.is_some_and(|person| person.is("is_technician")))
    }

    /// The person with this e-mail address, in any letter case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn person_by_email(&self, email: &str) -> Result<Option<Arc<Record>>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("user")?;
        let filter: Filter = equals(module, "email_id", vec![Value::Text(model::fold_email(email))]);
        let found = self.store.list(&Query::new(module.clone(), filter, 1)).await?;
        Ok(found.into_iter().next().map(Arc::new))
    }

    /// The zone in which a person reads times: their own, or the desk's.
    #[must_use]
    pub fn zone_of(&self, person: Option<&Record>) -> jiff::tz::TimeZone {
        person
            .and_then(|p| p.text("time_zone"))
            .and_then(|z| jiff::tz::TimeZone::get(z).ok())
            .unwrap_or_else(|| self.glance().settings.zone.clone())
    }
}
