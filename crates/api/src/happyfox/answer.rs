//! Answers of the requester API: people, errors (happyfox.md sections 1.7 to 1.9).

use axum::response::{IntoResponse, Response};
use desk::requesters::fields::RequesterField;
use desk::requesters::phones::{Phone, Phones};
use desk::requesters::{Trouble, phones::PHONES_MAX};
use desk::{DeskError, Refusal};
use http::{HeaderName, HeaderValue, StatusCode, header};
use model::Record;
use serde_json::{Map, Value as Json, json};

/// An answer: a status, JSON, and headers beside the usual ones.
pub(super) struct Told {
    pub status: StatusCode,
    pub body: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Told {
    /// The same answer with a header.
    pub fn and(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    /// Whether the call failed for a reason that is not the client's, and may be sent again.
    pub fn is_ours(&self) -> bool {
        self.status.is_server_error()
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut response = (self.status, self.body).into_response();
        response.headers_mut().insert(kind.0, kind.1);
        response.headers_mut().extend(self.headers);
        response
    }
}

/// An answer of JSON.
pub(super) fn with(status: StatusCode, body: &Json) -> Told {
    Told { status, body: body.to_string(), headers: Vec::new() }
}

/// An error that is about the call and not about somebody in it.
pub(super) fn detail(status: StatusCode, words: &str) -> Told {
    with(status, &json!({"detail": words}))
}

/// An input that is not followed.
pub(super) fn refused(errors: &Json) -> Told {
    with(StatusCode::UNPROCESSABLE_ENTITY, errors)
}

/// An input of which one field is wrong.
pub(super) fn wrong(field: &str, words: &str) -> Told {
    refused(&json!({field: [words]}))
}

/// For what may be sent again in a moment.
pub(super) fn busy() -> Told {
    detail(StatusCode::SERVICE_UNAVAILABLE, "The desk is busy; try again.").and(header::RETRY_AFTER, 1)
}

/// An error of the desk that is no input's fault.
pub(super) fn failed(error: &DeskError, trace: u128) -> Told {
    match error {
        DeskError::NotPermitted | DeskError::ScopeMissing(_) => {
            detail(StatusCode::FORBIDDEN, "You do not have permission to perform this action.")
        }
        DeskError::NotFound => detail(StatusCode::NOT_FOUND, "Not found."),
        DeskError::Unavailable(_) | DeskError::Overtaken => busy(),
        DeskError::InUse(by) => wrong("id", &format!("It is in use by {}.", by.join(", "))),
        other => {
            tracing::error!(error = %other, trace = format!("{trace:032x}"), "a call of the requester API failed");
            detail(StatusCode::INTERNAL_SERVER_ERROR, &format!("Internal error, trace {trace:032x}"))
        }
    }
}

/// `{"non_field_errors": […]}`.
pub(super) fn of_all(words: &str) -> Json {
    json!({"non_field_errors": [words]})
}

/// What is wrong with an input that could be read; `None` when it is not the input.
pub(super) fn trouble(trouble: &Trouble, fields: &[RequesterField]) -> Option<Json> {
    Some(match trouble {
        Trouble::Several(count) => {
            of_all(&format!("{count} requesters have this name and primary phone number; pass the email."))
        }
        Trouble::NoSuchPhone(id) => json!({"phones": [format!("The requester has no phone with id {id}.")]}),
        Trouble::TooManyPhones => {
            json!({"phones": [format!("A requester may have {PHONES_MAX} phones at most.")]})
        }
        Trouble::Technician => of_all("A technician is changed at the desk."),
        Trouble::Refused(refusals) => {
            let mut errors = Map::new();
            let mut custom = Map::new();
            for refusal in refusals {
                let about = |field: &&RequesterField| refusal.field() == Some(field.path.as_str());
                if let Some(field) = fields.iter().find(about) {
                    custom.insert(field.id.to_string(), json!([words(refusal)]));
                    continue;
                }
                let field = match refusal.field() {
                    Some("email_id") => "email",
                    Some("name" | "first_name") => "name",
                    _ => "non_field_errors",
                };
                note(&mut errors, field, words(refusal));
            }
            if !custom.is_empty() {
                errors.insert("custom_fields".into(), Json::Object(custom));
            }
            Json::Object(errors)
        }
        Trouble::AnotherFailed => of_all("Not written, since another item of the list failed."),
        Trouble::Failed(_) => return None,
    })
}

/// What is wrong with the description of a field.
pub(super) fn of_field(error: &DeskError, trace: u128) -> Told {
    let DeskError::Refused(refusals) = error else { return failed(error, trace) };
    let mut errors = Map::new();
    for refusal in refusals {
        note(&mut errors, refusal.field().unwrap_or("non_field_errors"), words(refusal));
    }
    refused(&Json::Object(errors))
}

fn note(errors: &mut Map<String, Json>, field: &str, words: String) {
    if let Json::Array(list) = errors.entry(field).or_insert_with(|| json!([])) {
        list.push(words.into());
    }
}

fn words(refusal: &Refusal) -> String {
    let plain = match refusal {
        Refusal::NotValid { message: Some(message), .. } => return message.clone(),
        Refusal::Mandatory(_) => "This field is required.",
        Refusal::NotUnique(_) => "Another requester has this value.",
        Refusal::CannotGive(_) | Refusal::ReadOnly(_) | Refusal::NotEditable(_) => {
            "The key may not change this requester."
        }
        _ => "Not valid.",
    };
    plain.to_owned()
}

fn phone(phone: &Phone) -> Json {
    // A rehearsed phone has no id.
    json!({"id": (phone.id > 0).then_some(phone.id), "type": phone.kind, "number": phone.number})
}

/// The first phone of somebody.
pub(super) fn primary(person: &Record) -> Json {
    Phones::of(person).primary().map_or(Json::Null, phone)
}

/// Somebody, whole.
pub(super) fn person(person: &Record, fields: &[RequesterField]) -> Json {
    let phones = Phones::of(person);
    let values: Vec<Json> = fields
        .iter()
        .map(|field| json!({"id": field.id, "name": field.name, "type": field.kind.letter(), "value": field.shown(person)}))
        .collect();
    let created = person.int("created_time");
    json!({
        "id": person.int("requester_number"),
        "name": person.title(),
        "email": person.text("email_id"),
        "phones": phones.list.iter().map(phone).collect::<Vec<_>>(),
        "primary_phone": phones.primary().map(phone),
        "custom_fields": values,
        "created_at": created.and_then(instant),
        "updated_at": person.int("last_updated_time").or(created).and_then(instant),
    })
}

/// A field as integrators need to know it.
pub(super) fn field(field: &RequesterField) -> Json {
    let options: Vec<Json> = field.options.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    json!({"id": field.id, "name": field.name, "type": field.kind.word(), "mandatory": field.mandatory, "options": options})
}

/// UTC, whole seconds, `Z`.
fn instant(ms: i64) -> Option<String> {
    let instant = jiff::Timestamp::from_second(ms.div_euclid(1000)).ok()?;
    Some(instant.to_string())
}
