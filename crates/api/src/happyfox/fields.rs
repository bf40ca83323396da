//! `…/requester_fields/`: the additional fields of requesters with their numbers and options, ours, since nobody could fill
//! `custom_fields` without them (happyfox.md section 2.3).

use super::Call;
use super::answer::{self, Told, detail, refused, with};
use desk::requesters::fields::{RequesterField, fields};
use desk::requesters::manage::FieldInput;
use http::StatusCode;
use serde_json::{Map, Value as Json, json};

/// `GET …/requester_fields/`: all, in the order in which they are shown.
pub(super) fn all(call: &Call<'_>) -> Told {
    let all: Json = fields(&call.api.desk.snapshot()).iter().map(answer::field).collect();
    with(StatusCode::OK, &all)
}

/// `GET …/requester_fields/{id}/`.
pub(super) fn one(call: &Call<'_>, id: &str) -> Result<Told, Told> {
    let field = known(call, id)?;
    Ok(with(StatusCode::OK, &answer::field(&field)))
}

/// `POST …/requester_fields/`.
pub(super) async fn add(call: &Call<'_>, input: &Json) -> Result<Told, Told> {
    let input = read(input)?;
    let made = call.api.desk.add_requester_field(&call.ctx, &input).await;
    let made = made.map_err(|error| answer::of_field(&error, call.ctx.trace))?;
    Ok(with(StatusCode::CREATED, &answer::field(&made)))
}

/// `PUT …/requester_fields/{id}/`: what is not sent stays as it is.
pub(super) async fn change(call: &Call<'_>, id: &str, input: &Json) -> Result<Told, Told> {
    let id = known(call, id)?.id;
    let input = read(input)?;
    let changed = call.api.desk.change_requester_field(&call.ctx, id, &input).await;
    let changed = changed.map_err(|error| answer::of_field(&error, call.ctx.trace))?;
    Ok(with(StatusCode::OK, &answer::field(&changed)))
}

/// `DELETE …/requester_fields/{id}/`.
pub(super) async fn remove(call: &Call<'_>, id: &str) -> Result<Told, Told> {
    let id = known(call, id)?.id;
    let removed = call.api.desk.remove_requester_field(&call.ctx, id).await;
    removed.map_err(|error| answer::of_field(&error, call.ctx.trace))?;
    Ok(Told { status: StatusCode::NO_CONTENT, body: String::new(), headers: Vec::new() })
}

fn known(call: &Call<'_>, id: &str) -> Result<RequesterField, Told> {
    let id = id.parse::<i64>().ok();
    let found = fields(&call.api.desk.snapshot()).into_iter().find(|field| Some(field.id) == id);
    found.ok_or_else(|| detail(StatusCode::NOT_FOUND, "Not found."))
}

/// A field as JSON describes it; everything that is wrong with it at once.
fn read(input: &Json) -> Result<FieldInput, Told> {
    FieldInput::of_json(input).map_err(|errors| {
        let mut told = Map::new();
        for (field, words) in errors {
            told.insert(field, json!([words]));
        }
        refused(&Json::Object(told))
    })
}
