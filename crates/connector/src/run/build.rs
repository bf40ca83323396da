//! From values to the path, the query and the body of a call.

use super::clean::{Value, Values};
use crate::catalogue::{Action, Target};
use crate::{Error, Result, segment};
use serde_json::{Map, Value as Json, json};

/// The path, with the values in their segments.
pub(super) fn path(action: &Action, values: &Values) -> Result<String> {
    let mut path = action.path.to_owned();
    for input in action.inputs().filter(|input| input.to == Target::Path) {
        let text = values.text(input.key).unwrap_or_default();
        path = path.replace(&format!("{{{}}}", input.key), &segment(input.key, text)?);
    }
    Ok(path)
}

/// The parameters of the query.
pub(super) fn query(action: &Action, values: &Values) -> Vec<(&'static str, String)> {
    let parameter = |input: &crate::catalogue::Input| match input.to {
        Target::Query(name) => values.list(input.key).map(|list| (name, list.join(","))),
        _ => None,
    };
    action.inputs().filter_map(parameter).collect()
}

/// The body: `{"asset": {…}}`; `{}` for an action that sends none.
pub(super) fn body(action: &Action, values: &Values) -> Result<Json> {
    let mut entity = Map::new();
    let mut later = Vec::new();
    for input in action.inputs() {
        let value = match values.get(input.key) {
            Some(value) => value.clone(),
            // The one input whose default is always sent (connector.md section 3.0).
            None if input.key == "deletePreTemplateTasks" => Value::One(json!(false)),
            None => continue,
        };
        match input.to {
            Target::Body(member) => put(&mut entity, member, plain(value)),
            Target::Merge => later.push((None, value)),
            Target::MergeInto(member) => later.push((Some(member), value)),
            Target::Own | Target::Path | Target::Query(_) => {}
        }
    }
    // Free fields come last: on a clash they win.
    for (member, value) in later {
        let Json::Object(fields) = plain(value) else { continue };
        match member {
            None => entity.extend(fields),
            Some(member) => put(&mut entity, member, Json::Object(fields)),
        }
    }
    if action.entity.is_empty() && action.input("ciTypeApiName").is_none() {
        return Ok(json!({}));
    }
    let root = match action.entity {
        "" => values.text("ciTypeApiName").ok_or_else(|| Error::input("ciTypeApiName", "is required"))?,
        entity => entity,
    };
    Ok(json!({root: entity}))
}

fn plain(value: Value) -> Json {
    match value {
        Value::One(json) => json,
        Value::List(list) => json!(list),
        Value::Pairs(pairs) => Json::Object(pairs.into_iter().collect()),
    }
}

/// Sets a member by its dotted path.
fn put(entity: &mut Map<String, Json>, member: &str, value: Json) {
    match member.split_once('.') {
        None => {
            entity.insert(member.to_owned(), value);
        }
        Some((outer, inner)) => {
            if let Json::Object(object) = entity.entry(outer).or_insert_with(|| json!({})) {
                put(object, inner, value);
            }
        }
    }
}
