//! From what was given to what was meant. What cannot be meant is refused, all of it at once: nothing is dropped,
//! guessed or turned into something else.

use crate::catalogue::{Action, Collection, Input, Kind, Shape};
use crate::error::{Error, InputFault, Result};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The values of an action's inputs, by key. What was empty is not there.
#[derive(Debug, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Value>);

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    One(Json),
    List(Vec<String>),
    /// In the order given; a key may come twice.
    Pairs(Vec<(String, Json)>),
}

/// Why a value cannot be.
type Why = String;

impl Values {
    /// Reads an action's inputs.
    pub fn read(action: &'static Action, given: &Map<String, Json>) -> Result<Self> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, message: String| {
            faults.push(InputFault { field: field.to_owned(), message });
        };
        let flat = flattened(action, given, &mut fault);
        let mut values = BTreeMap::new();
        for input in action.inputs() {
            let value = match flat.get(input.key) {
                _ if input.kind == Kind::Connection => continue,
                Some(given) => clean(input, given),
                None => Ok(None),
            };
            match value {
                Ok(Some(value)) => {
                    values.insert(input.key, value);
                }
                Ok(None) if !input.required => {}
                Ok(None) => match input.default {
                    Some(default) => {
                        values.insert(input.key, Value::One(json!(default)));
                    }
                    None => fault(input.key, "is required".into()),
                },
                Err(why) => fault(input.key, why),
            }
        }
        if faults.is_empty() { Ok(Self(values)) } else { Err(Error::Input(faults)) }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }
    pub fn json(&self, key: &str) -> Option<&Json> {
        match self.get(key)? {
            Value::One(json) => Some(json),
            _ => None,
        }
    }
    pub fn text(&self, key: &str) -> Option<&str> {
        self.json(key)?.as_str()
    }
    pub fn truth(&self, key: &str) -> Option<bool> {
        self.json(key)?.as_bool()
    }
    pub fn is_true(&self, key: &str) -> bool {
        self.truth(key) == Some(true)
    }
    pub fn number(&self, key: &str) -> Option<u64> {
        self.json(key)?.as_u64()
    }
    pub fn list(&self, key: &str) -> Option<&[String]> {
        match self.get(key)? {
            Value::List(list) => Some(list),
            _ => None,
        }
    }
    pub fn pairs(&self, key: &str) -> &[(String, Json)] {
        match self.get(key) {
            Some(Value::Pairs(pairs)) => pairs,
            _ => &[],
        }
    }
}

/// The inputs with the members of groups beside the others.
fn flattened<'a>(
    action: &'static Action,
    given: &'a Map<String, Json>,
    fault: &mut impl FnMut(&str, String),
) -> BTreeMap<&'a str, std::borrow::Cow<'a, Json>> {
    use std::borrow::Cow;
    let mut flat: BTreeMap<&str, Cow<'_, Json>> = BTreeMap::new();
    for (key, value) in given {
        if action.input(key).is_some() {
            flat.insert(key, Cow::Borrowed(value));
        } else if !action.inputs().any(|input| input.group.is_some_and(|group| group.key == key)) {
            let closest = closest(action, key);
            let tip = closest.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            fault(key, format!("{} has no such input{tip}", action.key));
        }
    }
    for (key, value) in given.iter().filter(|(key, _)| action.input(key).is_none()) {
        let mut members = action.inputs().filter(|input| input.group.is_some_and(|group| group.key == key));
        if members.next().is_none() {
            continue;
        }
        let object = match opened(value) {
            Some(Json::Object(object)) => object,
            _ if is_empty(value) => continue,
            _ => {
                fault(key, "an object is expected".into());
                continue;
            }
        };
        for (member, value) in object {
            let known = action.inputs().find(|i| i.key == member && i.group.is_some_and(|g| g.key == key));
            match known {
                Some(input)
                    if flat.get(input.key).is_some_and(|other| !is_empty(other) && **other != value) =>
                {
                    fault(input.key, format!("is given twice, by itself and in {key}"));
                }
                Some(input) => {
                    flat.insert(input.key, Cow::Owned(value));
                }
                None => fault(&format!("{key}.{member}"), format!("{} has no such input", action.key)),
            }
        }
    }
    flat
}

/// The input whose key is nearly this one.
fn closest(action: &'static Action, key: &str) -> Option<&'static str> {
    let near = |input: &&Input| distance(&input.key.to_ascii_lowercase(), &key.to_ascii_lowercase()) <= 2;
    action.inputs().find(near).map(|input| input.key)
}

/// How many letters must be changed to make one word of another (Levenshtein).
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row, vec![i + 1]);
        diagonal.push(usize::MAX);
        for (pair, y) in diagonal.windows(2).zip(&b) {
            let [above_left, above] = pair else { continue };
            let left = row.last().copied().unwrap_or(0);
            let kept = above_left.saturating_add(usize::from(x != *y));
            row.push(kept.min(left + 1).min(above.saturating_add(1)));
        }
    }
    row.last().copied().unwrap_or(0)
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// A value, or the one that a text holds: JSON, or what clients in Python write for it.
fn opened(value: &Json) -> Option<Json> {
    match value {
        Json::String(text) => wire::lenient::parse(text).ok(),
        other => Some(other.clone()),
    }
}

/// An input's value; `None` for an empty one.
fn clean(input: &Input, given: &Json) -> Result<Option<Value>, Why> {
    match input.collection {
        Collection::List => return list(given),
        Collection::Pairs => return pairs(given),
        Collection::One => {}
    }
    // A Boolean false is a value like any other.
    if is_empty(given) {
        return Ok(None);
    }
    let value = match (input.kind, input.shape) {
        (Kind::Boolean, _) | (_, Shape::Truth) => truth(given)?,
        (_, Shape::Count) => whole(given, 1)?,
        (_, Shape::Whole) => whole(given, 0)?,
        (_, Shape::Amount) => amount(given)?,
        (_, Shape::Reference) => reference(given)?,
        (_, Shape::Time) => json!({"value": time_ms(given)?.to_string()}),
        (_, Shape::Object) => opened(given)
            .filter(Json::is_object)
            .ok_or("an object is expected, as JSON or as a text that holds one")?,
        (_, Shape::Json) => opened(given).ok_or("it is no JSON")?,
        (_, Shape::Plain | Shape::Bytes) => text(given)?,
    };
    chosen(input, &value)?;
    Ok(Some(Value::One(value)))
}

fn text(given: &Json) -> Result<Json, Why> {
    match given {
        Json::String(text) => Ok(json!(text)),
        Json::Number(number) => Ok(json!(number.to_string())),
        Json::Bool(truth) => Ok(json!(truth.to_string())),
        _ => Err("a text is expected".into()),
    }
}

fn truth(given: &Json) -> Result<Json, Why> {
    let text = given.as_str().map(|text| text.trim().to_ascii_lowercase());
    match (given, text.as_deref()) {
        (Json::Bool(_), _) => Ok(given.clone()),
        (_, Some("true" | "yes")) => Ok(json!(true)),
        (_, Some("false" | "no")) => Ok(json!(false)),
        _ => Err("true or false is expected".into()),
    }
}

fn whole(given: &Json, least: u64) -> Result<Json, Why> {
    let number = given.as_u64().or_else(|| given.as_str()?.trim().parse().ok());
    let number = number.filter(|n| *n >= least);
    number.map(|n| json!(n)).ok_or_else(|| format!("a whole number from {least} is expected"))
}

/// Kept as it was written: money and hours are decimal.
fn amount(given: &Json) -> Result<Json, Why> {
    let text = match given {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(part) { Ok(json!(text)) } else { Err("a number from 0 is expected".into()) }
}

/// An object, or a bare word for one: digits are an id, something with @ is a person's address, else it is a name.
fn reference(given: &Json) -> Result<Json, Why> {
    match given {
        Json::Object(_) => Ok(given.clone()),
        Json::Number(id) if id.is_u64() => Ok(json!({"id": id.to_string()})),
        Json::String(text) => {
            let text = text.trim();
            if text.starts_with('{') {
                let object = opened(given).filter(Json::is_object);
                return object.ok_or_else(|| format!("{text} is no JSON"));
            }
            let all_digits = text.bytes().all(|b| b.is_ascii_digit());
            let key = if all_digits {
                "id"
            } else if text.contains('@') {
                "email_id"
            } else {
                "name"
            };
            Ok(json!({key: text}))
        }
        _ => Err("an object such as {\"name\": …}, a name or an id is expected".into()),
    }
}

/// The milliseconds of a time: an object with `value`, bare milliseconds, or a time with its zone.
pub(crate) fn time_ms(given: &Json) -> Result<i64, Why> {
    let wrong =
        || "a time is expected: {\"value\": milliseconds}, milliseconds, or 2026-01-31T14:00:00Z".to_owned();
    match given {
        Json::Number(ms) => ms.as_i64().ok_or_else(wrong),
        Json::Object(object) => time_ms(object.get("value").ok_or_else(wrong)?),
        Json::String(text) => {
            let text = text.trim();
            if text.starts_with('{') {
                return time_ms(&opened(given).filter(Json::is_object).ok_or_else(wrong)?);
            }
            let at = || text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            text.parse().ok().or_else(at).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// A list; a text may hold a JSON array, or values with commas between.
fn list(given: &Json) -> Result<Option<Value>, Why> {
    let values = match given {
        Json::String(text) if text.trim_start().starts_with('[') => match opened(given) {
            Some(Json::Array(list)) => list,
            _ => return Err(format!("{text} is no JSON")),
        },
        Json::String(text) => text.split(',').map(|part| json!(part.trim())).collect(),
        Json::Array(list) => list.clone(),
        Json::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let mut list = Vec::new();
    for value in values.iter().filter(|value| !is_empty(value)) {
        match text(value)? {
            Json::String(text) => list.push(text),
            _ => return Err("a list of texts is expected".into()),
        }
    }
    Ok((!list.is_empty()).then_some(Value::List(list)))
}

/// Pairs: an object, a list of `{"key": …, "value": …}`, or a text: either of them as JSON, or `a=b,c=d`.
fn pairs(given: &Json) -> Result<Option<Value>, Why> {
    const EXPECTED: &str = "pairs are expected: an object, a list of {\"key\": …, \"value\": …}, or a=b,c=d";
    let given = match given {
        Json::String(text) if text.trim_start().starts_with(['{', '[']) => {
            &opened(given).ok_or_else(|| format!("{text} is no JSON"))?
        }
        other => other,
    };
    let mut pairs = Vec::new();
    match given {
        Json::Null => {}
        Json::Object(map) => pairs.extend(map.iter().map(|(key, value)| (key.clone(), value.clone()))),
        Json::Array(list) => {
            for pair in list {
                let key = pair.get("key").and_then(Json::as_str).ok_or(EXPECTED)?;
                pairs.push((key.to_owned(), pair.get("value").cloned().unwrap_or(Json::Null)));
            }
        }
        Json::String(text) => {
            for part in split_pairs(text) {
                let (key, value) = split_pair(&part).ok_or(EXPECTED)?;
                pairs.push((key.trim().to_owned(), json!(value.trim())));
            }
        }
        _ => return Err(EXPECTED.into()),
    }
    pairs.retain(|(key, _)| !key.trim().is_empty());
    for (_, value) in &mut pairs {
        *value = looked_into(std::mem::take(value));
    }
    Ok((!pairs.is_empty()).then_some(Value::Pairs(pairs)))
}

/// `a=b`, or `a: b` as headers are written.
fn split_pair(part: &str) -> Option<(&str, &str)> {
    let at = |mark: &str| part.find(mark).unwrap_or(usize::MAX);
    part.split_once(if at(": ") < at("=") { ": " } else { "=" })
}

/// `a=b,c=d` at its commas; a comma that no new pair follows belongs to the value before it.
fn split_pairs(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(',').filter(|part| !part.trim().is_empty()) {
        match parts.last_mut() {
            Some(last) if split_pair(part).is_none() => {
                last.push(',');
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

/// A value that looks like JSON is what it looks like; numbers stay text, since 0012 is no 12.
fn looked_into(value: Json) -> Json {
    let Json::String(text) = &value else { return value };
    let looks = text.trim_start().starts_with(['{', '[']) || matches!(text.trim(), "true" | "false" | "null");
    if looks { serde_json::from_str(text).unwrap_or(value) } else { value }
}

/// One of the choices, where there are only some. Labels of choices are understood as well.
fn chosen(input: &Input, value: &Json) -> Result<(), Why> {
    if input.choices.is_empty() || value.is_boolean() {
        return Ok(());
    }
    let text = value.as_str().unwrap_or_default();
    if input.choices.iter().any(|(choice, _)| *choice == text) {
        return Ok(());
    }
    let choices: Vec<&str> =
        input.choices.iter().map(|(choice, _)| *choice).filter(|c| !c.is_empty()).collect();
    Err(format!("one of {} is expected", choices.join(", ")))
}
