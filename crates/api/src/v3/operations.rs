//! What can be done with a record beside reading and writing it (requests.md section 2). Both spellings of an
//! operation lead here.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::write::Given;
use crate::v3::{conversations, list, related, write};
use desk::{Desk, Outcome, Place};
use http::Method;
use model::{Id, RefInput};
use serde_json::Value as Json;
use wire::failure::Failure;
use wire::reader::Reading;

/// Runs an operation of a record.
pub(crate) async fn run(call: &Call<'_>, place: &Place, id: Id, name: &str) -> Result<Answer, Failure> {
    match (place.module.table.as_ref(), name) {
        ("request", "link_requests") => links(call, id).await,
        ("request", "merge_requests") => merge(call, id).await,
        ("request", "resolutions") => resolution(call, place, id).await,
        ("request", "conversations") => conversations::list(call, place, id).await,
        ("request", "allowed_values_for_fields") => related::allowed_values(call, place, id).await,
        ("request", "move_to_trash") => {
            call.desk().trash_request(&call.ctx, id).await.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(None)))
        }
        ("request", "restore_from_trash") => {
            call.desk().restore_request(&call.ctx, id).await.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(None)))
        }
        ("request", "problem") => problem_of(call, id).await,
        ("request", _) => on_request(call, place, id, name).await,
        ("problem", "associated_incidents" | "associated_requests") => incidents(call, place, id, name).await,
        ("problem", _) => on_problem(call, place, id, name).await,
        ("loaned_asset", _) => on_loan(call, place, id, name).await,
        ("task", _) => {
            let done = match name {
                "close" => call.desk().close_task(&call.ctx, place, id).await,
                _ => call.desk().pick_up_task(&call.ctx, place, id).await,
            };
            answered(call, place, done.map_err(|e| failed(call, e)), "").await
        }
        ("approval", "send_notification") => approval_notification(call, place, id).await,
        ("approval", _) => {
            let (given, patch) = match call.input().get("approval") {
                Some(_) => write::given(call, &place.module)?,
                None => Given::new(call, &place.module, place.module.key().to_owned(), Reading::default()),
            };
            let comments = Desk::approval_comments(place, &patch);
            let done = call.desk().decide(&given.ctx, place, id, name == "approve", comments).await;
            answered(call, place, given.judge(done), "").await
        }
        _ if place.module.table == "ci" => crate::v3::cmdb::run(call, place, id, name).await,
        _ => Err(Failure::not_found()),
    }
}

async fn on_problem(call: &Call<'_>, place: &Place, id: Id, name: &str) -> Result<Answer, Failure> {
    let desk = call.desk();
    if name == "pickup" {
        let done = desk.pick_up_problem(&call.ctx, id).await.map_err(|e| failed(call, e));
        return answered(call, place, done, "Problem picked up").await;
    }
    let (given, patch) = write::optionally_given(call, &place.module)?;
    let ctx = &given.ctx;
    let (done, message) = match name {
        "close" => (desk.close_problem(ctx, id, patch).await, "Problem closed"),
        "assign" => (desk.assign_problem(ctx, id, &patch).await, "Problem assigned"),
        "reopen" => (desk.reopen_problem(ctx, id, patch).await, "Problem reopened"),
        _ => return Err(Failure::not_found()),
    };
    answered(call, place, given.judge(done), message).await
}

async fn on_loan(call: &Call<'_>, place: &Place, id: Id, name: &str) -> Result<Answer, Failure> {
    let (given, patch) = write::optionally_given(call, &place.module)?;
    let done = match name {
        "return" => call.desk().return_loaned_asset(&given.ctx, place, id, patch).await,
        _ => call.desk().extend_loan(&given.ctx, place, id, &patch).await,
    };
    answered(call, place, given.judge(done), "").await
}

/// The problem of an incident: `{"request_problem_association": {"problem": {"id": …}}}` (requests.md section 2).
async fn problem_of(call: &Call<'_>, id: Id) -> Result<Answer, Failure> {
    const KEY: &str = "request_problem_association";
    match call.method {
        Method::GET | Method::HEAD => {
            let found = call.desk().problem_of(&call.ctx, id).await.map_err(|e| failed(call, e))?;
            let json = match found {
                Some(problem) => format!("{{\"problem\":{}}}", related::shown(call, problem).await?),
                None => "null".to_owned(),
            };
            Ok(Answer::Json(wire::envelope::object(KEY, &json)))
        }
        Method::DELETE => {
            call.desk().set_incidents(&call.ctx, None, &[id]).await.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(Some("The problem is no longer associated"))))
        }
        _ => {
            let input = call.input();
            let given = input.get(KEY).map(wire::lenient::opened);
            let given = given.as_deref().unwrap_or(&input);
            let problem = given.get("problem").ok_or_else(|| Failure::mandatory(vec!["problem".into()]))?;
            let problem = wire::lenient::opened(problem);
            let problem = id_of(problem.get("id").unwrap_or(&problem))?;
            let done = call.desk().set_incidents(&call.ctx, Some(problem), &[id]).await;
            done.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(Some("Problem successfully associated"))))
        }
    }
}

/// The incidents of a problem, from its own side: rows of `{"request": {…}}`; on input `{"id": …}` alone will do.
async fn incidents(call: &Call<'_>, place: &Place, id: Id, key: &str) -> Result<Answer, Failure> {
    if call.reads() {
        let requests = call.snapshot.catalogue.module("request").ok_or_else(Failure::not_found)?;
        let problem = call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
        let parent = Some(("problem", std::sync::Arc::new(problem)));
        let rows = Place { parent, ..Place::top(requests.clone()) };
        return list::list_as(call, &rows, &[key], |row| format!("{{\"request\":{row}}}")).await;
    }
    let input = call.input();
    let rows = input.get(key).ok_or_else(|| Failure::mandatory(vec![key.to_owned()]))?;
    let rows = wire::lenient::opened(rows);
    let rows = rows.as_array().ok_or_else(|| Failure::type_mismatch(key))?;
    let ids: Result<Vec<Id>, Failure> = rows
        .iter()
        .map(|row| {
            let request = row.get("request").unwrap_or(row);
            id_of(request.get("id").unwrap_or(request))
        })
        .collect();
    let (ids, problem) = (ids?, Some(id));
    let done = match call.method {
        Method::DELETE => call.desk().release_incidents(&call.ctx, id, &ids).await,
        _ => call.desk().set_incidents(&call.ctx, problem, &ids).await,
    };
    done.map_err(|e| failed(call, e))?;
    let message = match call.method {
        Method::DELETE => "The requests are no longer associated",
        _ => "Requests successfully associated",
    };
    Ok(Answer::Json(wire::envelope::status_only(Some(message))))
}

fn failed(call: &Call<'_>, error: desk::DeskError) -> Failure {
    answer::failure(error, call.ctx.trace)
}

async fn answered(
    call: &Call<'_>,
    place: &Place,
    done: Result<Outcome, Failure>,
    message: &str,
) -> Result<Answer, Failure> {
    let answer = write::outcome(call, done?, place.module.key()).await?;
    Ok(match answer {
        Answer::Json(text) if !message.is_empty() => Answer::Json(said(text, message)),
        other => other,
    })
}

/// Puts a sentence into a success: clients of operations print `messages[0].message` (requests.md section 5).
fn said(text: String, message: &str) -> String {
    const BARE: &str = "\"response_status\":{\"status_code\":2000,\"status\":\"success\"}}";
    match text.strip_suffix(BARE) {
        Some(entity) => {
            let status = wire::envelope::status_only(Some(message));
            format!("{entity}{}", status.strip_prefix('{').unwrap_or(&status))
        }
        None => text,
    }
}

async fn on_request(call: &Call<'_>, place: &Place, id: Id, name: &str) -> Result<Answer, Failure> {
    let (desk, ctx) = (call.desk(), &call.ctx);
    if name == "tag" {
        let tags = references(call, "tags")?;
        let done = desk.tag_request(ctx, id, tags).await.map_err(|e| failed(call, e));
        return answered(call, place, done, "").await;
    }
    if name == "pickup" {
        let done = desk.pick_up_request(ctx, id).await.map_err(|e| failed(call, e));
        return answered(call, place, done, "Request picked up").await;
    }
    if name == "cancel" {
        return cancel(call, place, id).await;
    }
    let (given, patch) = write::optionally_given(call, &place.module)?;
    let ctx = given.ctx.as_ref();
    let (done, message) = match name {
        "close" => (desk.close_request(ctx, id, patch).await, "Request closed"),
        "assign" => (desk.assign_request(ctx, id, &patch).await, "Request assigned"),
        "reopen" => (desk.reopen_request(ctx, id, patch).await, "Request reopened"),
        _ => return Err(Failure::not_found()),
    };
    answered(call, place, given.judge(done), message).await
}

/// A request is given up, or a requester asks for that; why may stand under the key that answers show it by.
async fn cancel(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let mut comment = None;
    let mut reading = wire::reader::Reading::default();
    if call.input().as_object().is_some_and(|input| !input.is_empty()) {
        let (mut entity, strangers) = wire::reader::entity(&place.module, &call.input())?;
        comment = entity.remove("cancel_flag_comments").map_or(Ok(None), |given| cancel_comment(&given))?;
        reading = wire::reader::read(&place.module, &entity);
        reading.failures.splice(0..0, strangers);
    }
    let (given, patch) = Given::new(call, &place.module, place.module.key().to_owned(), reading);
    let done = call.desk().cancel_request(&given.ctx, id, patch, comment).await;
    let message = if call.ctx.is_technician() { "Request cancelled" } else { "Cancellation requested" };
    answered(call, place, given.judge(done), message).await
}

/// `{"comment": …}`, or the bare text.
fn cancel_comment(given: &Json) -> Result<Option<String>, Failure> {
    const COMMENT_MAX: usize = 1000;
    const FIELD: &str = "cancel_flag_comments";
    let given = wire::lenient::opened(given);
    let text = match given.as_ref() {
        Json::Null => return Ok(None),
        Json::Object(object) => {
            if let Some(extra) = object.keys().find(|k| !matches!(k.as_str(), "id" | "comment")) {
                return Err(Failure::extra_key(extra.clone()));
            }
            match object.get("comment") {
                None | Some(Json::Null) => return Ok(None),
                Some(text) => wire::scalar::text(text),
            }
        }
        text => wire::scalar::text(text),
    };
    let text = text.ok_or_else(|| Failure::type_mismatch(FIELD))?;
    if text.chars().count() > COMMENT_MAX { Err(Failure::not_valid(FIELD)) } else { Ok(Some(text)) }
}

/// An array of references in the input: `[{"id": …}]`, `[{"name": …}]`.
fn references(call: &Call<'_>, key: &str) -> Result<Vec<RefInput>, Failure> {
    let input = call.input();
    let rows = input.get(key).ok_or_else(|| Failure::mandatory(vec![key.to_owned()]))?;
    let rows = wire::lenient::opened(rows);
    let rows = rows.as_array().ok_or_else(|| Failure::type_mismatch(key))?;
    rows.iter()
        .map(|row| {
            let object = row.as_object().ok_or_else(|| Failure::extra_value_in_array(key))?;
            if let Some(extra) = object.keys().find(|k| !matches!(k.as_str(), "id" | "name")) {
                return Err(Failure::extra_key(extra.clone()));
            }
            Ok(RefInput {
                id: object.get("id").map(id_of).transpose()?,
                name: object.get("name").and_then(Json::as_str).map(str::to_owned),
                ..RefInput::default()
            })
        })
        .collect()
}

pub(crate) fn id_of(value: &Json) -> Result<Id, Failure> {
    wire::scalar::text(value)
        .and_then(|t| t.trim().parse().ok())
        .ok_or_else(|| Failure::unable_to_parse("id"))
}

async fn merge(call: &Call<'_>, id: Id) -> Result<Answer, Failure> {
    let rows = references(call, "merge_requests")?;
    let ids: Option<Vec<Id>> = rows.into_iter().map(|r| r.id).collect();
    let ids = ids.ok_or_else(|| Failure::mandatory(vec!["id".into()]))?;
    call.desk().merge_requests(&call.ctx, id, &ids).await.map_err(|e| failed(call, e))?;
    Ok(Answer::Json(wire::envelope::status_only(Some("Requests merged"))))
}

/// The rows of a `link_requests` input: the other request and what is said of the link.
fn link_rows(call: &Call<'_>) -> Result<Vec<(Id, Option<String>)>, Failure> {
    let input = call.input();
    let Some(rows) = input.get("link_requests") else { return Ok(Vec::new()) };
    let rows = wire::lenient::opened(rows);
    let rows = rows.as_array().ok_or_else(|| Failure::type_mismatch("link_requests"))?;
    rows.iter()
        .map(|row| {
            let object = row.as_object().ok_or_else(|| Failure::extra_value_in_array("link_requests"))?;
            if let Some(extra) =
                object.keys().find(|k| !matches!(k.as_str(), "linked_request" | "comments" | "id"))
            {
                return Err(Failure::extra_key(extra.clone()));
            }
            let other = object
                .get("linked_request")
                .ok_or_else(|| Failure::mandatory(vec!["linked_request".into()]))?;
            let other = wire::lenient::opened(other);
            let other = id_of(other.get("id").unwrap_or(&other))?;
            let comments = object.get("comments").and_then(wire::scalar::text);
            if comments.as_ref().is_some_and(|c| c.chars().count() > 1000) {
                return Err(Failure::not_valid("comments"));
            }
            Ok((other, comments))
        })
        .collect()
}

async fn links(call: &Call<'_>, id: Id) -> Result<Answer, Failure> {
    match call.method {
        Method::POST => {
            let rows = link_rows(call)?;
            call.desk().link_requests(&call.ctx, id, &rows).await.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(Some("Request successfully linked"))))
        }
        Method::DELETE => {
            let rows: Vec<Id> = link_rows(call)?.into_iter().map(|(id, _)| id).collect();
            // Whoever names none did not mean all.
            call.desk().unlink_requests(&call.ctx, id, &rows).await.map_err(|e| failed(call, e))?;
            Ok(Answer::Json(wire::envelope::status_only(Some(
                "The request[s] link are removed successfully.",
            ))))
        }
        _ => {
            let info =
                wire::list_info::ListInfo::read(call.payload.input.as_ref(), &call.payload.params).whole()?;
            let linked = call.desk().linked_requests(&call.ctx, id).await.map_err(|e| failed(call, e))?;
            let from = usize::try_from(info.start).unwrap_or(usize::MAX).min(linked.len());
            let limit = info.row_count as usize;
            let mut rows = Vec::new();
            for link in linked.iter().skip(from).take(limit) {
                rows.push(related::link_row(call, link).await?);
            }
            let more = linked.len() > from + limit;
            let total = info.get_total_count.then_some(linked.len() as u64);
            let text = list::envelope(call, &["link_requests"], &rows, &info, more, total);
            Ok(Answer::Json(text))
        }
    }
}

/// The resolution: one object under `resolution` (requests.md section 9).
async fn resolution(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let record = if call.reads() {
        call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?
    } else {
        let input = call.input();
        let given = input.get("resolution").ok_or_else(|| Failure::mandatory(vec!["resolution".into()]))?;
        let wrapped = serde_json::json!({"resolution": wire::lenient::opened(given)});
        let object = wrapped.as_object().ok_or_else(|| Failure::type_mismatch("resolution"))?;
        let reading = wire::reader::read(&place.module, object);
        let (given, patch) = Given::new(call, &place.module, "resolution".to_owned(), reading);
        given.judge(call.desk().resolve_request(&given.ctx, id, &patch).await)?.record
    };
    let text = write::whole(call, record).await?;
    let whole: Json = serde_json::from_str(&text).map_err(Failure::not_json)?;
    let mut resolution = match whole.get("resolution") {
        Some(Json::Object(object)) => object.clone(),
        // None yet: clients of the on-premises edition, who come with a key, understand 404 and nothing else
        // (wire-facts.md section 11); the cloud was seen to answer the object with nothing in it.
        _ if call.by_key => return Err(Failure::not_found()),
        _ => ["content", "submitted_on", "submitted_by"]
            .iter()
            .map(|k| ((*k).to_owned(), Json::Null))
            .collect(),
    };
    let files = resolution.entry("resolution_attachments").or_insert(Json::Null);
    if files.is_null() {
        *files = Json::Array(Vec::new());
    }
    Ok(Answer::Json(wire::envelope::object("resolution", &Json::Object(resolution).to_string())))
}

/// What an approver is sent, and sending it.
async fn approval_notification(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    if call.reads() {
        let record = call.desk().get(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
        let view =
            call.desk().view(std::slice::from_ref(&record), None).await.map_err(|e| failed(call, e))?;
        let approver = record.reference("approver").and_then(|id| view.record(id));
        let name = approver.map_or("", |a| a.title()).to_owned();
        let to: Vec<String> =
            approver.and_then(|a| a.text("email_id")).map(str::to_owned).into_iter().collect();
        let about = related::above_level(call, place).await?;
        let (what, number) = (about.module.key(), about.get("display_id"));
        let json = serde_json::json!({
            "to": to,
            "subject": format!("Approval wanted for {what} {number}: {}", about.title()),
            "description": format!("<div>Dear {name},</div><div>your decision on the {what} is wanted.</div>"),
        });
        return Ok(Answer::Json(wire::envelope::object("notification", &json.to_string())));
    }
    call.desk().send_approval(&call.ctx, place, id).await.map_err(|e| failed(call, e))?;
    Ok(Answer::Json(wire::envelope::status_only(Some("Approval notification sent"))))
}
