//! A field's value as the text of a cell, both ways. The V3 reader judges what comes in; here it only gets the shape that
//! the reader knows.

use crate::columns::{Part, is_person};
use desk::View;
use jiff::civil;
use jiff::tz::TimeZone;
use model::{Id, Kind, Leaf, Module, Record, Value};
use serde_json::{Value as Json, json};

/// Ids have at least so many digits; what is shorter is a name.
const ID_DIGITS: usize = 15;

/// A cell as an input gives it. `None` where the cell says nothing.
pub(crate) fn given(leaf: &Leaf, part: Part, text: &str, zone: &TimeZone) -> Option<Json> {
    if text.trim().is_empty() {
        return None;
    }
    Some(match (&leaf.field.kind, part.key()) {
        (Kind::RefMany(_), key) => Json::Array(
            split(text).iter().map(|one| key.map_or_else(|| refer(leaf, one), |k| json!({k: one}))).collect(),
        ),
        (_, Some(key)) => json!({key: text.trim()}),
        (Kind::Ref(_), None) => refer(leaf, text),
        (Kind::PickMany { .. }, None) => Json::from(split(text)),
        (Kind::Time, None) => match instant(text, zone) {
            Some(ms) => json!({"value": ms.to_string()}),
            None => Json::String(text.to_owned()),
        },
        (Kind::Bool | Kind::Double, None) => Json::String(text.trim().to_owned()),
        _ => Json::String(text.to_owned()),
    })
}

/// The same for a value of a JSON line.
pub(crate) fn given_json(leaf: &Leaf, part: Part, value: &Json, zone: &TimeZone) -> Option<Json> {
    match value {
        Json::Null => None,
        Json::String(text) => given(leaf, part, text, zone),
        Json::Array(items) if matches!(leaf.field.kind, Kind::RefMany(_)) => Some(
            items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.clone(), |text| refer(leaf, text)))
                .collect(),
        ),
        other => Some(match part.key() {
            Some(key) => json!({key: other}),
            None => other.clone(),
        }),
    }
}

/// A reference by what tells which record is meant.
fn refer(leaf: &Leaf, text: &str) -> Json {
    let text = text.trim();
    if text.len() >= ID_DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
        json!({"id": text})
    } else if is_person(leaf) && text.contains('@') {
        json!({"email_id": text})
    } else {
        json!({"name": text})
    }
}

/// Several values in one cell: with semicolons between them, or a JSON array.
fn split(text: &str) -> Vec<String> {
    if text.trim_start().starts_with('[')
        && let Ok(items) = serde_json::from_str::<Vec<String>>(text)
    {
        return items;
    }
    text.split(';').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The other way.
fn join(items: &[String]) -> String {
    let plain = |item: &String| !item.contains(';') && !item.starts_with('[') && item.trim() == item;
    if items.iter().all(plain) { items.join("; ") } else { Json::from(items).to_string() }
}

/// Milliseconds since 1970, an instant with its offset, or a day or a time of day in the zone.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    if let Ok(ms) = text.parse::<i64>() {
        return Some(ms);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let local: civil::DateTime = text.parse().ok()?;
    Some(zone.to_ambiguous_timestamp(local).compatible().ok()?.as_millisecond())
}

/// What a record holds in a field, as the text of a cell; `None` for nothing.
pub(crate) fn shown(record: &Record, leaf: &Leaf, slot: usize, part: Part, view: &View) -> Option<String> {
    let value = record.at(slot);
    match (&leaf.field.kind, value) {
        (_, Value::Null) => None,
        (Kind::Ref(_), Value::Int(id)) => Some(told(leaf, part, Id::new(*id), view)),
        (Kind::RefMany(_), _) => {
            let items = references(record, leaf, slot, part, view);
            (!items.is_empty()).then(|| join(&items))
        }
        (Kind::PickMany { .. }, Value::Text(text)) => Some(
            serde_json::from_str::<Vec<String>>(text).map_or_else(|_| text.clone(), |items| join(&items)),
        ),
        (Kind::Time, Value::Int(ms)) => Some(written(*ms)),
        (Kind::Date, Value::Int(ms)) => Some(written(*ms).get(..10).unwrap_or_default().to_owned()),
        (Kind::Span, Value::Int(ms)) => Some(json!({"value": ms}).to_string()),
        // Databases without a boolean give 0 and 1.
        (Kind::Bool, value) => value.as_bool().map(|b| b.to_string()),
        (_, value) => Some(value.to_string()),
    }
}

/// The same as JSON.
pub(crate) fn shown_json(record: &Record, leaf: &Leaf, slot: usize, part: Part, view: &View) -> Json {
    match (&leaf.field.kind, record.at(slot)) {
        (_, Value::Null) => Json::Null,
        (Kind::Bool, value) => value.as_bool().map_or(Json::Null, Json::Bool),
        (Kind::Int { .. }, Value::Int(n)) => json!(n),
        (Kind::Double, Value::Double(n)) => json!(n),
        (Kind::RefMany(_), _) => Json::from(references(record, leaf, slot, part, view)),
        (Kind::PickMany { .. } | Kind::Json, Value::Text(text)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        _ => shown(record, leaf, slot, part, view).map_or(Json::Null, Json::String),
    }
}

fn references(record: &Record, leaf: &Leaf, slot: usize, part: Part, view: &View) -> Vec<String> {
    let ids = model::record::ids_of(record.at(slot));
    ids.into_iter().map(|id| told(leaf, part, id, view)).collect()
}

/// What tells which record is meant, and an import finds it again by: the address of a person, a name that is one of a
/// kind, else the id.
fn told(leaf: &Leaf, part: Part, id: Id, view: &View) -> String {
    let Some(record) = view.record(id) else { return id.to_string() };
    let found = match part {
        Part::Id => None,
        Part::Name => Some(record.title()),
        Part::Email => record.module.slot("email_id").and_then(|slot| record.at(slot).as_str()),
        Part::Whole if is_person(leaf) => record.text("email_id"),
        Part::Whole if names_one(&record.module) => Some(record.title()),
        Part::Whole => None,
    };
    // A name that looks like an id would be taken for one.
    let is_id = |text: &str| text.len() >= ID_DIGITS && text.bytes().all(|b| b.is_ascii_digit());
    match found {
        Some(text) if part != Part::Whole || !(text.trim().is_empty() || is_id(text)) => text.to_owned(),
        None if part == Part::Email => String::new(),
        _ => id.to_string(),
    }
}

/// Whether the title of a record tells which one it is. Small lookups are found by name, the nearest first.
fn names_one(module: &Module) -> bool {
    module.size == model::Size::Small
        || module.find(module.title).and_then(|leaf| leaf.field.unique.as_ref()).is_some_and(Vec::is_empty)
}

/// `2026-01-31T14:00:00Z`.
fn written(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |timestamp| timestamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, ms) in [
            ("1769864400000", Some(1_769_864_400_000)),
            ("2026-01-31T13:00:00Z", Some(1_769_864_400_000)),
            ("2026-01-31 14:00", Some(1_769_864_400_000)),
            ("2026-01-31T14:00:00", Some(1_769_864_400_000)),
            ("2026-01-31", Some(1_769_814_000_000)),
            ("31.01.2026", None),
        ] {
            assert_eq!(instant(text, &berlin), ms, "{text}");
        }
        assert_eq!(written(1_769_864_400_000), "2026-01-31T13:00:00Z");
        assert_eq!(instant(&written(1_769_864_400_123), &berlin), Some(1_769_864_400_123));
    }

    #[test]
    fn several_values_share_a_cell() {
        let check = |items: &[&str], cell: &str| {
            let items: Vec<String> = items.iter().map(|i| (*i).to_owned()).collect();
            assert_eq!(join(&items), cell);
            assert_eq!(split(cell), items);
        };
        check(&["a", "b c"], "a; b c");
        check(&["a;b", "c"], "[\"a;b\",\"c\"]");
        assert_eq!(split("a;;b;"), ["a", "b"]);
    }
}
