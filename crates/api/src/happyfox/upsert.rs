//! `POST …/requesters/` for one and for many, and the change of an address (happyfox.md sections 1.8 and 2.1).

use super::Call;
use super::answer::{self, Told, of_all, refused, with};
use super::once;
use super::options::Options;
use super::read::{self, Wrong};
use desk::once::Ticket;
use desk::requesters::fields::{RequesterField, fields};
use desk::requesters::{Action, Done, Manner, MatchedBy, Outcomes, Trouble, Wanted, With};
use http::{HeaderName, StatusCode};
use serde_json::{Map, Value as Json, json};

/// How many one call may bring.
const ITEMS_MAX: usize = 300;

pub(super) async fn run(call: &Call<'_>, input: &Json, ticket: Option<&Ticket>) -> Result<Told, Told> {
    let options = Options::of(&call.query)?;
    let fields = fields(&call.api.desk.snapshot());
    let items = match input {
        Json::Array(items) if items.is_empty() => return Err(refused(&of_all("The list is empty."))),
        Json::Array(items) if items.len() > ITEMS_MAX => {
            return Err(refused(&of_all(&format!("At most {ITEMS_MAX} requesters in one call."))));
        }
        Json::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let inputs = Inputs {
        read: items.iter().map(|item| read::wanted(call, item, &fields)).collect(),
        is_list: input.is_array(),
        fields,
        options,
    };
    let good: Vec<Wanted> = inputs.read.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let stops = options.abort && good.len() < inputs.read.len();
    if good.is_empty() || stops {
        let none: Outcomes = good.iter().map(|_| Err(Trouble::AnotherFailed)).collect();
        return Ok(inputs.answer(&none));
    }
    let answered = |outcomes: &Outcomes| {
        let told = inputs.answer(outcomes);
        let statement =
            |ticket| call.api.desk.call_answered(ticket, told.status.as_u16(), &once::stored(&told));
        ticket.map(statement).into_iter().collect()
    };
    let with = ticket.map(|_| &answered as &With<'_>);
    let manner = Manner { dry_run: options.dry_run, all_or_nothing: options.abort, with };
    let failed = |error| answer::failed(&error, call.ctx.trace);
    let mut outcomes = call.api.desk.upsert_requesters(&call.ctx, &good, &manner).await.map_err(failed)?;
    let is_ours = |outcome: &Result<Done, Trouble>| matches!(outcome, Err(Trouble::Failed(_)));
    if let Some(at) = outcomes.iter().position(is_ours)
        && let Err(Trouble::Failed(error)) = outcomes.swap_remove(at)
    {
        return Err(failed(error));
    }
    Ok(inputs.answer(&outcomes))
}

/// What a call brought.
struct Inputs {
    /// Each item, or what is wrong with it.
    read: Vec<Result<Wanted, Wrong>>,
    is_list: bool,
    fields: Vec<RequesterField>,
    options: Options,
}

/// How many of a list had which end.
#[derive(Default)]
struct Counts {
    created: u32,
    updated: u32,
    unchanged: u32,
    failed: u32,
}

impl Inputs {
    /// The answer, from what became of the items that could be read.
    fn answer(&self, outcomes: &Outcomes) -> Told {
        let mut outcomes = outcomes.iter();
        let ends = self.read.iter().map(|one| match one {
            Err(wrong) => Err((wrong.errors.clone(), wrong.name.clone(), wrong.email.clone())),
            Ok(wanted) => {
                let errors = match outcomes.next() {
                    Some(Ok(done)) => return Ok(done),
                    Some(Err(trouble)) => answer::trouble(trouble, &self.fields),
                    None => None,
                };
                let errors = errors.unwrap_or_else(|| of_all("Not done."));
                Err((errors, wanted.name.clone(), wanted.email.clone()))
            }
        });
        let ends: Vec<Result<&Done, Failed>> = ends.collect();
        if self.is_list { self.of_many(&ends) } else { self.of_one(&ends) }
    }

    fn of_one(&self, ends: &[Result<&Done, Failed>]) -> Told {
        match ends.first() {
            Some(Ok(done)) => {
                let mut person = answer::person(&done.person, &self.fields);
                if let (true, Some(object)) = (self.options.report, person.as_object_mut()) {
                    report(object, done);
                }
                with(StatusCode::OK, &person)
            }
            Some(Err((errors, _, _))) => refused(errors),
            None => refused(&of_all("The list is empty.")),
        }
    }

    fn of_many(&self, ends: &[Result<&Done, Failed>]) -> Told {
        let mut counts = Counts::default();
        let mut rows = Vec::with_capacity(ends.len());
        for (index, end) in ends.iter().enumerate() {
            let mut row = match end {
                Ok(done) => {
                    *match done.action {
                        Action::Created => &mut counts.created,
                        Action::Updated => &mut counts.updated,
                        Action::Unchanged => &mut counts.unchanged,
                    } += 1;
                    success(done)
                }
                Err((errors, name, email)) => {
                    counts.failed += 1;
                    failure(errors, name.as_ref(), email.as_ref().filter(|_| self.options.report))
                }
            };
            if self.options.report {
                row.insert("index".into(), json!(index));
                if let Ok(done) = end {
                    report(&mut row, done);
                }
            }
            rows.push(Json::Object(row));
        }
        let status = if counts.failed == 0 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let Counts { created, updated, unchanged, failed } = counts;
        with(status, &Json::Array(rows))
            .and(HeaderName::from_static("x-requesters-created"), created)
            .and(HeaderName::from_static("x-requesters-updated"), updated)
            .and(HeaderName::from_static("x-requesters-unchanged"), unchanged)
            .and(HeaderName::from_static("x-requesters-failed"), failed)
    }
}

/// What is wrong with an item, its name and its address.
type Failed = (Json, Option<String>, Option<String>);

/// B5: with the address, or for somebody without one with the first phone.
fn success(done: &Done) -> Map<String, Json> {
    let person = &done.person;
    let mut row = Map::new();
    row.insert("id".into(), json!(person.int("requester_number")));
    row.insert("success".into(), json!(true));
    row.insert("name".into(), json!(person.title()));
    match person.text("email_id") {
        Some(email) => row.insert("email".into(), json!(email)),
        None => row.insert("primary_phone".into(), answer::primary(person)),
    };
    row
}

/// B6.
fn failure(errors: &Json, name: Option<&String>, email: Option<&String>) -> Map<String, Json> {
    let mut row = Map::new();
    row.insert("errors".into(), errors.clone());
    row.insert("success".into(), json!(false));
    row.extend(name.map(|name| ("name".to_owned(), json!(name))));
    row.extend(email.map(|email| ("email".to_owned(), json!(email))));
    row
}

/// What `report=true` adds.
fn report(row: &mut Map<String, Json>, done: &Done) {
    let action = match done.action {
        Action::Created => "created",
        Action::Updated => "updated",
        Action::Unchanged => "unchanged",
    };
    let matched_by = done.matched_by.map(|by| match by {
        MatchedBy::Email => "email",
        MatchedBy::NamePhone => "name_phone",
    });
    row.insert("action".into(), json!(action));
    row.insert("matched_by".into(), json!(matched_by));
    // Somebody who has left is written and stays away; whoever meant to take them on again must hear of it.
    if done.person.is("inactive") {
        row.insert("inactive".into(), json!(true));
    }
}

/// `POST …/actions/change-email/`.
pub(super) async fn change_email(call: &Call<'_>, input: &Json) -> Result<Told, Told> {
    let refused = |errors: Json| refused(&errors);
    let Json::Object(input) = input else {
        return Err(refused(of_all("Invalid data. Expected a dictionary.")));
    };
    let mut errors = Map::new();
    let mut text = |key: &str| match input.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Some(_) => {
            errors.insert(key.into(), json!(["Not a valid string."]));
            None
        }
    };
    let (from, to) = (text("from_email"), text("to_email"));
    let id = match input.get("requester_id") {
        None | Some(Json::Null) => None,
        Some(id) => match id.as_i64() {
            Some(id) => Some(id),
            None => {
                errors.insert("requester_id".into(), json!(["A valid integer is required."]));
                None
            }
        },
    };
    let to = match to {
        Some(to) => read::email(&to, "to_email", &mut errors),
        None if errors.contains_key("to_email") => None,
        None => {
            errors.insert("to_email".into(), json!(["This field is required."]));
            None
        }
    };
    if from.is_none() && id.is_none() && errors.is_empty() {
        return Err(refused(of_all("Either from_email or requester_id is required.")));
    }
    let (Some(to), true) = (to, errors.is_empty()) else { return Err(refused(Json::Object(errors))) };
    let failed = |error| answer::failed(&error, call.ctx.trace);
    let desk = &call.api.desk;
    let by_email = match &from {
        Some(from) => {
            let found = desk.requester_by_email(&call.ctx, from).await.map_err(failed)?;
            let words = format!("Requester with email {from} does not exist.");
            Some(found.ok_or_else(|| refused(json!({"from_email": [words]})))?)
        }
        None => None,
    };
    let by_id = match id {
        Some(id) => {
            let found = desk.requester_by_number(&call.ctx, id).await.map_err(failed)?;
            let words = format!("Requester with id {id} does not exist.");
            Some(found.ok_or_else(|| refused(json!({"requester_id": [words]})))?)
        }
        None => None,
    };
    let person = match (by_email, by_id) {
        (Some(a), Some(b)) if a.id() != b.id() => {
            return Err(refused(of_all("from_email and requester_id are of different requesters.")));
        }
        (Some(person), _) | (None, Some(person)) => person,
        (None, None) => return Err(refused(of_all("Either from_email or requester_id is required."))),
    };
    // By their addresses technicians sign in, and a key of this face is in the hands of whoever keeps the people.
    if person.is("is_technician") {
        let key = if from.is_some() { "from_email" } else { "requester_id" };
        return Err(refused(json!({key: ["The address of a technician is changed at the desk."]})));
    }
    match desk.change_requester_email(&call.ctx, person.id(), &to).await {
        Ok(person) => Ok(with(StatusCode::OK, &answer::person(&person, &fields(&desk.snapshot())))),
        Err(desk::DeskError::Refused(_)) => {
            Err(refused(json!({"to_email": [format!("Requester with email {to} already exists.")]})))
        }
        Err(error) => Err(failed(error)),
    }
}
