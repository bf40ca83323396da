//! What a service request carries beside its fields: whom it asks, the answers on its form, its template's tasks
//! (requests.md section 3).

use crate::approvals::statuses;
use crate::context::{Access, Context};
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{Id, Kind, Record, RefInput, Value};
use serde_json::{Map, Value as Json, json};

/// More people than any request is decided by.
const APPROVERS_MAX: usize = 100;

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let kind_of = |draft: &Draft, path: &str| draft.gives(path).then(|| parsed(&draft.new, path)).flatten();
    if kind_of(draft, "resources").is_some_and(|answers| !answers.is_object()) {
        draft.refuse(Refusal::WrongType("resources".into()));
    }
    if let Some(tasks) = kind_of(draft, "request_template_task_ids") {
        template_tasks(draft, &tasks);
    }
    approvers(desk, ctx, draft).await
}

fn parsed(record: &Record, path: &str) -> Option<Json> {
    record.text(path).and_then(|text| serde_json::from_str(text).ok())
}

/// `[{"id": …}]`: the template's tasks that are wanted.
fn template_tasks(draft: &mut Draft, given: &Json) {
    const FIELD: &str = "request_template_task_ids";
    let Some(rows) = given.as_array() else {
        return draft.refuse(Refusal::WrongType(FIELD.into()));
    };
    if !rows.iter().all(|row| row.get("id").is_some_and(|id| id_of(id).is_some())) {
        draft.refuse(Refusal::not_valid(FIELD));
    }
}

fn id_of(value: &Json) -> Option<Id> {
    match value {
        Json::String(text) => text.trim().parse().ok(),
        number => number.as_i64().filter(|n| *n > 0).map(Id::new),
    }
}

/// Who is asked: kept by id, whatever words the input had for them. A new service request asks them at once.
async fn approvers(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    const FIELD: &str = "service_approvers";
    if !draft.gives(FIELD) && !draft.is_new() {
        return Ok(());
    }
    if draft.gives(FIELD) && ctx.caller.access == Access::Requester && binds(draft) {
        draft.refuse(Refusal::CannotGive(FIELD.into()));
        return Ok(());
    }
    let Some(given) = parsed(&draft.new, FIELD) else { return Ok(()) };
    // Requesters say whom they mean, as in other fields of theirs: names can be guessed.
    let by_name = ctx.caller.access != Access::Requester || !draft.gives(FIELD);
    let found = found(desk, draft, &given, by_name).await?;
    let (people, roles) = match found {
        Ok(found) => found,
        // What an administrator wrote into the template is not held against whoever uses it.
        Err(_) if !draft.gives(FIELD) => {
            draft.new.set(FIELD, Value::Null);
            return Ok(());
        }
        Err(refusals) => {
            refusals.into_iter().for_each(|refusal| draft.refuse(refusal));
            return Ok(());
        }
    };
    let is_of_interest = |id: &Id| *id == ctx.caller.user || draft.new.reference("requester") == Some(*id);
    if draft.gives(FIELD) && ctx.caller.access == Access::Requester && people.iter().any(is_of_interest) {
        draft.refuse(Refusal::because(FIELD, "Nobody approves their own request"));
        return Ok(());
    }
    let users: Vec<Json> = people.iter().map(|id| json!({"id": id.to_string()})).collect();
    draft.new.set(FIELD, json!({"org_roles": roles, "users": users}).to_string());
    if draft.is_new() && draft.new.is("is_service_request") && !people.is_empty() {
        ask(desk, ctx, draft, &people)?;
    }
    Ok(())
}

/// Whether the template says who is asked. Then the requester has no say in it.
fn binds(draft: &Draft) -> bool {
    let Some(template) = draft.small("template") else { return false };
    let values = parsed(template, "request");
    let asked = values.as_ref().and_then(|values| values.get("service_approvers"));
    let has =
        |key: &str| asked.and_then(|a| a.get(key)).and_then(Json::as_array).is_some_and(|l| !l.is_empty());
    has("users") || has("org_roles")
}

/// The people of an input, and its roles as they came.
type Found = Result<(Vec<Id>, Vec<Json>), Vec<Refusal>>;

async fn found(desk: &Desk, draft: &Draft, given: &Json, by_name: bool) -> Result<Found, DeskError> {
    let wrong = || vec![Refusal::WrongType("service_approvers".into())];
    let Some(object) = given.as_object() else { return Ok(Err(wrong())) };
    let strangers = object.keys().filter(|k| !matches!(k.as_str(), "org_roles" | "users"));
    let mut refusals: Vec<Refusal> = strangers.map(|key| Refusal::ExtraKey(key.clone())).collect();
    let list = |key: &str| match object.get(key) {
        None | Some(Json::Null) => Some(Vec::new()),
        Some(Json::Array(rows)) if rows.iter().all(Json::is_object) => Some(rows.clone()),
        Some(_) => None,
    };
    let (Some(users), Some(roles)) = (list("users"), list("org_roles")) else { return Ok(Err(wrong())) };
    if users.len() > APPROVERS_MAX {
        refusals.push(Refusal::because("service_approvers", format!("At most {APPROVERS_MAX} approvers")));
    }
    let module = draft.snapshot.module("user")?;
    let mut people = Vec::new();
    for user in users.iter().take(APPROVERS_MAX).filter_map(Json::as_object) {
        if let Some(stranger) = stranger(user) {
            refusals.push(Refusal::ExtraKey(stranger));
            continue;
        }
        let is_told = |input: &RefInput| by_name || input.id.is_some() || input.email.is_some();
        let person = match reference(user).filter(is_told) {
            Some(input) => desk.find_person(module, &input).await?.one(),
            None => None,
        };
        let person = person.filter(|person| !person.is("inactive"));
        match person {
            Some(person) if !people.contains(&person.id()) => people.push(person.id()),
            Some(_) => {}
            None => refusals.push(Refusal::not_valid("service_approvers")),
        }
    }
    Ok(if refusals.is_empty() { Ok((people, roles)) } else { Err(refusals) })
}

/// A key that says of nobody who they are, where no other one does; `email` is always refused, as in any reference.
fn stranger(user: &Map<String, Json>) -> Option<String> {
    let is_known = |key: &String| matches!(key.as_str(), "id" | "name" | "email_id");
    if user.contains_key("email") {
        return Some("email".into());
    }
    if user.keys().any(is_known) { None } else { user.keys().next().cloned() }
}

fn reference(user: &Map<String, Json>) -> Option<RefInput> {
    let text = |key: &str| user.get(key).and_then(Json::as_str).map(str::to_owned);
    let id = match user.get("id") {
        None | Some(Json::Null) => None,
        Some(id) => Some(id_of(id)?),
    };
    Some(RefInput { id, name: text("name"), email: text("email_id"), site: None })
}

/// The first level of a new service request, with everybody asked.
fn ask(desk: &Desk, ctx: &Context, draft: &mut Draft, people: &[Id]) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    let mut level = Record::new(snapshot.module("approval_level")?.clone());
    desk.preset(ctx, &mut level, &snapshot);
    level.set("id", desk.new_id(ctx));
    level.set("level", 1_i64);
    level.set("request", draft.new.id());
    level.set("associated_entity", draft.new.module.key());
    level.set("status", statuses::PENDING);
    draft.statements.extend(desk.store.insert(&level));
    for person in people {
        let mut approval = Record::new(snapshot.module("approval")?.clone());
        desk.preset(ctx, &mut approval, &snapshot);
        approval.set("id", desk.new_id(ctx));
        approval.set("approver", *person);
        approval.set("approval_level", level.id());
        approval.set("status", statuses::PENDING);
        approval.set("sent_on", ctx.now);
        draft.statements.extend(desk.store.insert(&approval));
    }
    draft.new.set("approval_status", statuses::PENDING);
    Ok(())
}

/// Shows the approvers as references to people.
pub(crate) async fn show(
    desk: &Desk,
    ctx: &Context,
    request: &mut Record,
    snapshot: &Snapshot,
) -> Result<(), DeskError> {
    let Some(mut approvers) = parsed(request, "service_approvers") else { return Ok(()) };
    let Some(users) = approvers.get_mut("users").and_then(Json::as_array_mut) else { return Ok(()) };
    for user in users {
        let id = user.get("id").and_then(id_of);
        let person = match id {
            Some(id) => desk.person(id).await?,
            None => None,
        };
        if let Some(person) = person {
            *user = shown(ctx, &person, snapshot);
        }
    }
    request.set("service_approvers", approvers.to_string());
    Ok(())
}

/// What a reference to a person shows: to requesters of others nothing that is personal.
fn shown(ctx: &Context, person: &Record, snapshot: &Snapshot) -> Json {
    let is_stranger = !ctx.is_technician() && person.id() != ctx.caller.user;
    let mut object = Map::new();
    for key in person.module.embed {
        let Some(slot) = person.module.slot(key) else { continue };
        let Some(leaf) = person.module.leaf(slot) else { continue };
        let value = match (&leaf.field.kind, person.at(slot)) {
            (_, Value::Null) => Json::Null,
            _ if is_stranger && leaf.field.personal => Json::Null,
            (Kind::Bool, value) => json!(value.as_bool()),
            (Kind::Ref(_), Value::Int(id)) => {
                let name = snapshot.record(Id::new(*id)).map(|row| row.title().to_owned());
                json!({"id": id.to_string(), "name": name})
            }
            (_, value) => json!(value.to_string()),
        };
        object.insert((*key).to_owned(), value);
    }
    Json::Object(object)
}
