//! Answers, and the one place where a use case's error becomes a V3 failure (conventions.md section 4).

use crate::v3::texts::Stretch;
use axum::body::Body;
use axum::response::Response;
use desk::files::Stored;
use desk::{DeskError, Refusal};
use http::{HeaderValue, StatusCode, header};
use wire::failure::{Failure, Message};

/// What goes back.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A JSON text, with status 200.
    Json(String),
    /// The same, with a stretch of a kept text in it.
    Around(String, Stretch),
    /// A JSON text with another status.
    Status(u16, String),
    /// The answer that a call was given before.
    Replayed(u16, String),
    /// A file: its name, its media type, its bytes.
    File(String, String, Stored),
}

/// The HTTP answer.
pub(crate) fn respond(answer: Result<Answer, Failure>) -> Response {
    match answer {
        Ok(Answer::Json(text)) => json(StatusCode::OK, text.into()),
        Ok(Answer::Around(text, stretch)) => json(StatusCode::OK, Body::new(stretch.within(text))),
        Ok(Answer::Status(status, text)) => {
            json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), text.into())
        }
        Ok(Answer::Replayed(status, text)) => {
            let mut response = json(StatusCode::from_u16(status).unwrap_or(StatusCode::OK), text.into());
            response.headers_mut().insert(crate::once::REPLAYED, HeaderValue::from_static("true"));
            response
        }
        Ok(Answer::File(name, media_type, stored)) => file(&name, &media_type, stored),
        Err(failure) => {
            let status = StatusCode::from_u16(failure.http).unwrap_or(StatusCode::BAD_REQUEST);
            let mut response = json(status, failure.to_json().into());
            let later =
                [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS, StatusCode::CONFLICT];
            if later.contains(&status) {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
            }
            response
        }
    }
}

fn json(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    // Exactly this: clients compare the part before the semicolon, others look for `json` (conventions.md 1.4).
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

fn file(name: &str, media_type: &str, stored: Stored) -> Response {
    let bytes = stored.bytes;
    let mut response = Response::new(Body::from_stream(stored.stream()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    let media_type = HeaderValue::from_str(media_type);
    headers.insert(
        header::CONTENT_TYPE,
        media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if let Ok(value) = wire::file_name::to_be_kept(name).parse() {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Also for what says that it is a page.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    response
}

/// A use case's error as a V3 failure.
pub(crate) fn failure(error: DeskError, trace: u128) -> Failure {
    match error {
        DeskError::Refused(refusals) => {
            let failures = refusals.into_iter().map(refusal).collect();
            match Failure::merge(failures) {
                Err(failure) => failure,
                Ok(()) => Failure::internal(format!("{trace:032x}")),
            }
        }
        DeskError::NotFound => Failure::not_found(),
        DeskError::NotPermitted => Failure::not_permitted(),
        DeskError::ScopeMissing(scope) => Failure::insufficient_scope(&scope),
        DeskError::NotInTrash => Failure::not_in_trash(),
        DeskError::Shipped => Failure::not_permitted().saying("Comes with the desk and cannot be deleted"),
        DeskError::InUse(by) => Failure::referenced("id", by.join(", ")),
        DeskError::MergedInto(id) => {
            with_message(Failure::not_found(), format!("Merged into the request with id {id}"))
        }
        DeskError::Overtaken => Failure::unavailable(),
        DeskError::Unavailable(why) => {
            tracing::warn!(why, "the database is not available");
            Failure::unavailable()
        }
        DeskError::Internal(why) => {
            tracing::error!(why, "internal error");
            Failure::internal(format!("{trace:032x}"))
        }
    }
}

fn refusal(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::NotValid { field, message } => {
            let failure = Failure::not_valid(field);
            match message {
                Some(message) => with_message(failure, message),
                None => failure,
            }
        }
        Refusal::Mandatory(field) => Failure::mandatory(vec![field]),
        Refusal::NotUnique(field) => Failure::not_unique(field),
        Refusal::ReadOnly(field) => Failure::read_only(field),
        Refusal::NotEditable(field) => Failure::not_editable(field),
        Refusal::CannotGive(field) => Failure::cannot_give_value(field),
        Refusal::WrongType(field) => Failure::type_mismatch(field),
        Refusal::ExtraKey(key) => Failure::extra_key(key),
        Refusal::TimesContradict(field) => Failure::times_contradict(field),
        Refusal::ClosureRule(fields) => Failure::closure_rule(fields),
    }
}

/// The same failure with words of our own.
pub(crate) fn with_message(failure: Failure, message: String) -> Failure {
    failure.saying(message)
}

/// The warning of a closing rule: the rest of the input was written (requests.md section 5, Closing).
pub(crate) fn unmet(fields: &[String]) -> Vec<Message> {
    vec![Message::warning(fields.to_vec())]
}
