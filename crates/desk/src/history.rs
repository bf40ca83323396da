//! The history: who changed what, when, from what, to what. Written in the commit of the change itself.

use crate::context::Context;
use crate::draft::Draft;
use crate::records::Place;
use crate::{Desk, DeskError, Snapshot};
use model::{Id, Kind, Leaf, Record, Value};
use serde_json::{Value as Json, json};
use store::Statement;

/// The entry for a draft: nothing when no tracked field differs.
pub(crate) async fn change(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &Draft,
) -> Result<Option<Statement>, DeskError> {
    let mut diff = Vec::new();
    if let Some(old) = &draft.old {
        for (slot, leaf) in draft.new.module.leaves().iter().enumerate() {
            let (before, after) = (old.at(slot), draft.new.at(slot));
            if before == after || !leaf.field.tracked {
                continue;
            }
            diff.push(json!({
                "field": leaf.path,
                "previous_value": shown(desk, draft, leaf, before).await?,
                "current_value": shown(desk, draft, leaf, after).await?,
            }));
        }
        if diff.is_empty() && draft.operation == "UPDATE" {
            return Ok(None);
        }
    }
    let owner = owner(place, &draft.new);
    let diff = if diff.is_empty() { "[]".to_owned() } else { Json::Array(diff).to_string() };
    entry(desk, ctx, &draft.snapshot, &draft.new, owner, draft.operation, diff)
}

/// The entry for a record that is removed for ever: its last state, so that nothing is lost without a trace.
pub(crate) fn removal(
    desk: &Desk,
    ctx: &Context,
    record: &Record,
    snapshot: &Snapshot,
) -> Result<Option<Statement>, DeskError> {
    let mut diff = Vec::new();
    for (slot, leaf) in record.module.leaves().iter().enumerate() {
        let value = record.at(slot);
        if leaf.field.tracked && !value.is_null() {
            let shown = plain(leaf, value);
            diff.push(json!({"field": leaf.path, "previous_value": shown, "current_value": null}));
        }
    }
    let owner = record.module.above(record).map(|(_, id)| id);
    let diff = Json::Array(diff).to_string();
    entry(desk, ctx, snapshot, record, owner.unwrap_or(record.id()), "REMOVE", diff)
}

/// An entry about a record that says something in words.
pub(crate) fn remark(
    desk: &Desk,
    ctx: &Context,
    record: &Record,
    operation: &'static str,
    words: &str,
) -> Result<Option<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let statement = entry(desk, ctx, &snapshot, record, record.id(), operation, "[]".into())?;
    Ok(statement.map(|mut statement| {
        if let (Ok(module), false) = (snapshot.module("history"), words.is_empty()) {
            let columns =
                module.leaves().iter().filter(|l| l.is_column()).position(|l| l.path == "description");
            if let Some(place) = columns.and_then(|at| statement.binds.get_mut(at)) {
                *place = Value::Text(words.chars().take(500).collect());
            }
        }
        statement
    }))
}

/// The record under whose history the change is told: a note's under its request's.
fn owner(place: &Place, record: &Record) -> Id {
    let above = record.module.above(record).map(|(_, id)| id);
    above.or_else(|| place.parent.as_ref().map(|(_, parent)| parent.id())).unwrap_or(record.id())
}

fn entry(
    desk: &Desk,
    ctx: &Context,
    snapshot: &Snapshot,
    record: &Record,
    owner: Id,
    operation: &'static str,
    diff: String,
) -> Result<Option<Statement>, DeskError> {
    let mut entry = Record::new(snapshot.module("history")?.clone());
    entry.set("id", desk.new_id(ctx));
    entry.set("owner", owner.get());
    entry.set("module", record.module.key());
    entry.set("record", record.id().get());
    entry.set("by", ctx.caller.user);
    entry.set("time", ctx.now);
    entry.set("operation", operation);
    entry.set("diff", diff);
    entry.set("description", ctx.via.as_deref());
    Ok(desk.store.insert(&entry).into_iter().next())
}

/// A value as people will read it later, when a status may be called something else: names beside ids.
async fn shown(desk: &Desk, draft: &Draft, leaf: &Leaf, value: &Value) -> Result<Json, DeskError> {
    let ids = match (&leaf.field.kind, value) {
        (Kind::Ref(_), Value::Int(id)) => vec![Id::new(*id)],
        (Kind::RefMany(_), _) => model::record::ids_of(value),
        _ => return Ok(plain(leaf, value)),
    };
    let mut shown = Vec::new();
    for id in ids {
        let name = match draft.snapshot.record(id).or_else(|| draft.people.get(&id)) {
            Some(record) => Some(record.title().to_owned()),
            None if leaf.target().is_some_and(|t| matches!(t, "user" | "technician" | "requester")) => {
                desk.person(id).await?.map(|r| r.title().to_owned())
            }
            None => None,
        };
        shown.push(json!({"id": id.to_string(), "name": name}));
    }
    Ok(match leaf.field.kind {
        Kind::RefMany(_) => Json::Array(shown),
        _ => shown.pop().unwrap_or(Json::Null),
    })
}

fn plain(leaf: &Leaf, value: &Value) -> Json {
    match (&leaf.field.kind, value) {
        (_, Value::Null) => Json::Null,
        (_, Value::Bool(b)) => Json::Bool(*b),
        (Kind::Time | Kind::Date, Value::Int(n)) => json!({"value": n.to_string()}),
        (Kind::Int { .. }, Value::Int(n)) => json!(n),
        (Kind::Ref(_), Value::Int(n)) => json!({"id": n.to_string()}),
        (_, Value::Int(n)) => json!(n.to_string()),
        (_, Value::Double(d)) => json!(d),
        (Kind::Json | Kind::PickMany { .. } | Kind::RefMany(_), Value::Text(s)) => {
            serde_json::from_str(s).unwrap_or(Json::Null)
        }
        (_, Value::Text(s)) => Json::String(s.clone()),
    }
}

/// A value as it was stored, from what the history says of it: the way back from [`shown`]. `None` where the text is no
/// value of the field, as after its kind was changed.
pub(crate) fn stored(leaf: &Leaf, told: &Json) -> Option<Value> {
    let whole = |json: &Json| json.as_i64().or_else(|| json.as_str()?.parse().ok()).map(Value::Int);
    let id = |json: &Json| json.get("id")?.as_str()?.parse::<Id>().ok();
    match (&leaf.field.kind, told) {
        (Kind::RefMany(_), Json::Array(items)) => {
            let ids: Option<Vec<Id>> = items.iter().map(id).collect();
            Some(model::record::list_of(&ids?))
        }
        (_, Json::Null) => Some(Value::Null),
        (Kind::Json | Kind::PickMany { .. }, told) => Some(Value::Text(told.to_string())),
        (Kind::Ref(_), told) => Some(id(told)?.into()),
        (Kind::Time | Kind::Date, told) => whole(told.get("value")?),
        (Kind::Bool, told) => told.as_bool().map(Value::Bool),
        (Kind::Double, told) => told.as_f64().map(Value::Double),
        (Kind::Id | Kind::Int { .. } | Kind::Digits { .. } | Kind::Number { .. } | Kind::Span, told) => {
            whole(told)
        }
        (Kind::Group(_) | Kind::RefMany(_), _) => None,
        (_, told) => told.as_str().map(Value::from),
    }
}
