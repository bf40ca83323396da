//! Inputs as they are typed or stand in files: names with values, to the object that an action takes.

use crate::Failure;
use ::connector::catalogue::{self, Action, Collection, Input, Kind, Shape};
use base64::Engine;
use serde_json::{Map, Value as Json, json};
use std::io::Read;
use std::path::Path;

/// The action with this key, in any letter case.
pub(super) fn action(key: &str) -> Result<&'static Action, Failure> {
    catalogue::actions().find(|action| action.key.eq_ignore_ascii_case(key)).ok_or_else(|| {
        let lower = key.to_ascii_lowercase();
        let like = |word: &str| {
            word.to_ascii_lowercase().contains(&lower) || lower.contains(&word.to_ascii_lowercase())
        };
        let near: Vec<&str> =
            catalogue::actions().map(|action| action.key).filter(|k| like(k)).take(4).collect();
        let tip = match near.as_slice() {
            [] => "frontdesk connector actions lists them".to_owned(),
            near => format!("there are {}", near.join(", ")),
        };
        Failure::usage(format!("there is no action {key}; {tip}"))
    })
}

/// The inputs of a call: an object from a file, and single ones on top of it.
pub(super) fn inputs(
    action: &Action,
    json: Option<&Path>,
    typed: &[String],
) -> Result<Map<String, Json>, Failure> {
    let mut inputs = match json {
        None => Map::new(),
        Some(path) => {
            let name = path.display();
            let bytes = bytes_of(path)?;
            match serde_json::from_slice(&bytes) {
                Ok(Json::Object(map)) => map,
                Ok(_) => return Err(Failure::usage(format!("{name} holds no object"))),
                Err(error) => return Err(Failure::usage(format!("{name} is no JSON: {error}"))),
            }
        }
    };
    let mut single = Map::new();
    for typed in typed {
        let (name, value) = typed
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--input {typed}: NAME=VALUE is expected")))?;
        let place = place(action, name.trim())
            .ok_or_else(|| Failure::usage(format!("{} has no input {name}; see describe", action.key)))?;
        put(&mut single, &place, value_of(place.input, value)?)
            .map_err(|why| Failure::usage(format!("--input {name}: {why}")))?;
    }
    inputs.extend(single);
    Ok(inputs)
}

/// Where a name leads: to an input, and into it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) input: &'static Input,
    inner: Vec<String>,
}

/// The input that a name means: its key or its label in any letter case, or a path into one that is an object.
pub(super) fn place(action: &Action, name: &str) -> Option<Place> {
    let named = |name: &str| {
        let fits = |word: &str| word.eq_ignore_ascii_case(name);
        action
            .inputs()
            .find(|input| fits(input.key))
            .or_else(|| action.inputs().find(|input| fits(input.label)))
    };
    if let Some(input) = named(name) {
        return Some(Place { input, inner: Vec::new() });
    }
    let (outer, inner) = name.split_once('.')?;
    // `estimatedEffort.estimatedEffortHours`: the member of a group by its whole name.
    let of_group =
        action.inputs().any(|input| input.group.is_some_and(|g| g.key.eq_ignore_ascii_case(outer)));
    if of_group && let Some(input) = named(inner) {
        return Some(Place { input, inner: Vec::new() });
    }
    let input = named(outer)?;
    let opens = input.kind == Kind::Code || input.collection == Collection::Pairs;
    let inner: Vec<String> = inner.split('.').map(str::to_owned).collect();
    (opens && inner.iter().all(|part| !part.is_empty())).then_some(Place { input, inner })
}

/// Puts a value where a name leads.
pub(super) fn put(inputs: &mut Map<String, Json>, place: &Place, value: Json) -> Result<(), String> {
    let key = place.input.key.to_owned();
    if !place.inner.is_empty() {
        let mut at = inputs.entry(key).or_insert_with(|| json!({}));
        for part in &place.inner {
            let object = at.as_object_mut().ok_or("something else was given for it before")?;
            at = object.entry(part.clone()).or_insert_with(|| json!({}));
        }
        *at = opened(value);
        return Ok(());
    }
    if place.input.collection == Collection::One {
        return match inputs.insert(key, value) {
            None => Ok(()),
            Some(_) => Err("is given twice".into()),
        };
    }
    // Several times is several values.
    match inputs.get_mut(&key) {
        None => drop(inputs.insert(key, value)),
        Some(Json::String(before)) if place.input.collection == Collection::Pairs => {
            before.push(',');
            before.push_str(value.as_str().unwrap_or_default());
        }
        Some(Json::Array(list)) => list.push(value),
        Some(before) => *before = json!([before.take(), value]),
    }
    Ok(())
}

/// Inside objects a value that looks like JSON is what it looks like.
fn opened(value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    let looks = text.starts_with(['{', '[']) || matches!(text.as_str(), "true" | "false" | "null");
    if looks { serde_json::from_str(text).unwrap_or(value) } else { value }
}

/// A value as typed; `@FILE` is what a file holds, `@-` what standard input holds, `@@x` is `@x`.
fn value_of(input: &Input, text: &str) -> Result<Json, Failure> {
    let Some(path) = text.strip_prefix('@') else { return Ok(json!(text)) };
    if let Some(rest) = path.strip_prefix('@') {
        return Ok(json!(format!("@{rest}")));
    }
    let bytes = bytes_of(Path::new(path))?;
    if input.shape == Shape::Bytes {
        return Ok(json!(base64::engine::general_purpose::STANDARD.encode(bytes)));
    }
    let text = String::from_utf8(bytes);
    Ok(json!(text.map_err(|_| Failure::usage(format!("--input {}: {path} is no text", input.key)))?))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    std::fs::read(path).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(key: &str, typed: &[&str]) -> Json {
        let typed: Vec<String> = typed.iter().map(|t| (*t).to_owned()).collect();
        Json::Object(inputs(action(key).unwrap(), None, &typed).unwrap())
    }

    #[test]
    fn names_lead_to_inputs_and_into_objects() {
        assert_eq!(
            typed(
                "createrequest",
                &[
                    "Request Subject=a=b",
                    "additionalFields.priority.name=High",
                    "additionalfields.is_fcr=true",
                    "emailIdsToNotify=a@example.com",
                    "emailIdsToNotify=b@example.com"
                ]
            ),
            json!({"requestSubject": "a=b", "additionalFields": {"priority": {"name": "High"}, "is_fcr": true},
                "emailIdsToNotify": ["a@example.com", "b@example.com"]})
        );
        assert_eq!(
            typed(
                "createAsset",
                &["additionalFields.barCode=B1", "keyValuePairParams=a=1", "keyValuePairParams=b=2"]
            ),
            json!({"barCode": "B1", "keyValuePairParams": "a=1,b=2"})
        );
        assert_eq!(
            typed("createAsset", &["keyValuePairParams.serial_number=S1"]),
            json!({"keyValuePairParams": {"serial_number": "S1"}})
        );
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let refused = |key: &str, typed: &[&str]| {
            let typed: Vec<String> = typed.iter().map(|t| (*t).to_owned()).collect();
            inputs(action(key).unwrap(), None, &typed).unwrap_err().to_string()
        };
        assert_eq!(refused("getRequest", &["x"]), "--input x: NAME=VALUE is expected");
        assert_eq!(refused("getRequest", &["x=1"]), "getRequest has no input x; see describe");
        assert_eq!(
            refused("getRequest", &["toGetRequestId=1", "toGetRequestId=2"]),
            "--input toGetRequestId: is given twice"
        );
        assert_eq!(
            action("createRequests").unwrap_err().to_string(),
            "there is no action createRequests; there are createRequest"
        );
        assert!(action("frobnicate").unwrap_err().to_string().contains("lists them"));
    }
}
