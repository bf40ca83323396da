//! `POST …/requesters/` for one and for many, and the change of an address (happyfox.md sections 1.8 and 2.1).

use super::Call;
use super::answer::{self, of_all, with};
use super::read::{self, Wrong};
use axum::response::Response;
use desk::requesters::fields::{RequesterField, fields};
use desk::requesters::{Done, Wanted};
use http::StatusCode;
use serde_json::{Map, Value as Json, json};

/// How many one call may bring.
const ITEMS_MAX: usize = 300;

pub(super) async fn run(call: &Call<'_>, input: &Json) -> Result<Response, Response> {
    let fields = fields(&call.api.desk.snapshot());
    match input {
        Json::Array(items) => many(call, items, &fields).await,
        one => single(call, one, &fields).await,
    }
}

async fn single(call: &Call<'_>, input: &Json, fields: &[RequesterField]) -> Result<Response, Response> {
    let refused = |errors: &Json| with(StatusCode::UNPROCESSABLE_ENTITY, errors);
    let wanted = read::wanted(call, input, fields).map_err(|wrong| refused(&wrong.errors))?;
    let outcome = upsert(call, &[wanted], fields).await?.into_iter().next();
    match outcome {
        Some(Ok(done)) => Ok(with(StatusCode::OK, &answer::person(&done.person, fields))),
        Some(Err(errors)) => Err(refused(&errors)),
        None => Err(answer::failed(&desk::DeskError::NotFound, call.ctx.trace)),
    }
}

async fn many(call: &Call<'_>, items: &[Json], fields: &[RequesterField]) -> Result<Response, Response> {
    let refused = |words: &str| with(StatusCode::UNPROCESSABLE_ENTITY, &of_all(words));
    if items.is_empty() {
        return Err(refused("The list is empty."));
    }
    if items.len() > ITEMS_MAX {
        return Err(refused(&format!("At most {ITEMS_MAX} requesters in one call.")));
    }
    let read: Vec<Result<Wanted, Wrong>> =
        items.iter().map(|item| read::wanted(call, item, fields)).collect();
    let good: Vec<Wanted> = read.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let mut outcomes = upsert(call, &good, fields).await?.into_iter();
    let mut all_well = true;
    let mut rows = Vec::with_capacity(read.len());
    for one in read {
        let outcome = match one {
            Err(wrong) => Err(wrong),
            Ok(wanted) => match outcomes.next() {
                Some(Ok(done)) => Ok(done),
                Some(Err(errors)) => Err(Wrong { errors, name: wanted.name }),
                None => Err(Wrong { errors: of_all("Not done."), name: wanted.name }),
            },
        };
        rows.push(match outcome {
            Ok(done) => success(&done),
            Err(Wrong { errors, name }) => {
                all_well = false;
                let mut row = Map::new();
                row.insert("errors".into(), errors);
                row.insert("success".into(), json!(false));
                if let Some(name) = name {
                    row.insert("name".into(), json!(name));
                }
                Json::Object(row)
            }
        });
    }
    let status = if all_well { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(with(status, &Json::Array(rows)))
}

/// B5: with the address, or for somebody without one with the first phone.
fn success(done: &Done) -> Json {
    let person = &done.person;
    let (id, name) = (person.int("requester_number"), person.title());
    match person.text("email_id") {
        Some(email) => json!({"id": id, "success": true, "name": name, "email": email}),
        None => json!({"id": id, "success": true, "name": name, "primary_phone": answer::primary(person)}),
    }
}

/// What became of each: somebody, or what is wrong with the input.
async fn upsert(
    call: &Call<'_>,
    wanted: &[Wanted],
    fields: &[RequesterField],
) -> Result<Vec<Result<Done, Json>>, Response> {
    let failed = |error| answer::failed(&error, call.ctx.trace);
    let outcomes = call.api.desk.upsert_requesters(&call.ctx, wanted).await.map_err(failed)?;
    let mut told = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        told.push(match outcome {
            Ok(done) => Ok(done),
            Err(trouble) => Err(answer::trouble(trouble, fields).map_err(failed)?),
        });
    }
    Ok(told)
}

/// `POST …/actions/change-email/`.
pub(super) async fn change_email(call: &Call<'_>, input: &Json) -> Result<Response, Response> {
    let refused = |errors: Json| with(StatusCode::UNPROCESSABLE_ENTITY, &errors);
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
    match desk.change_requester_email(&call.ctx, person.id(), &to).await {
        Ok(person) => Ok(with(StatusCode::OK, &answer::person(&person, &fields(&desk.snapshot())))),
        Err(desk::DeskError::Refused(_)) => {
            Err(refused(json!({"to_email": [format!("Requester with email {to} already exists.")]})))
        }
        Err(error) => Err(failed(error)),
    }
}
