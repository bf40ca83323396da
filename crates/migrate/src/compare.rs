//! Two records as both desks show them, compared field by field.

use crate::bundle::number;
use crate::ids::Ids;
use crate::side::Object;
use desk::Snapshot;
use model::{Id, Kind, Leaf, Module};
use serde_json::Value as Json;
use std::fmt;
use std::sync::Arc;

/// Something in which the two desks differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The module.
    pub module: String,
    /// The record's id in the source; `None` for one that is not there.
    pub source_id: Option<i64>,
    /// Its id here; `None` for one that is not here.
    pub id: Option<i64>,
    /// The field; empty where a record is on one side only.
    pub field: String,
    /// What the source shows.
    pub there: String,
    /// What this desk shows.
    pub here: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, source_id, id, field, there, here } = self;
        match (source_id, id) {
            (Some(source_id), None) => write!(f, "{module} {source_id}: not here"),
            (None, Some(id)) => write!(f, "{module} {id}: here, and not in the source"),
            (Some(source_id), Some(id)) if source_id != id => {
                write!(f, "{module} {source_id} (here {id}): {field}: {there} in the source, {here} here")
            }
            _ => {
                let id = source_id.unwrap_or_default();
                write!(f, "{module} {id}: {field}: {there} in the source, {here} here")
            }
        }
    }
}

/// A clock that runs shows another time at the second look, in milliseconds.
const RUNNING: i64 = 15 * 60_000;
/// Shown by rows of their own, or as an address of the desk that shows it.
const ELSEWHERE: [&str; 3] = ["attachments", "resolution.resolution_attachments", "content_url"];
/// How much of a value a difference tells, in characters.
const TOLD: usize = 120;

/// The ids of the source that a record of a module names, each with the module that it is of.
pub(crate) fn named(snapshot: &Snapshot, module: &Module, object: &Object) -> Vec<(String, i64)> {
    let mut named = Vec::new();
    for leaf in module.leaves() {
        let Some(target) = target(snapshot, leaf) else { continue };
        let value = at(object, &leaf.path);
        let all = value
            .and_then(Json::as_array)
            .map_or_else(|| value.into_iter().collect(), |all| all.iter().collect());
        let all: Vec<&Json> = all;
        named.extend(
            all.into_iter().filter_map(|one| Some((target.name.to_string(), number(one.get("id")?)?))),
        );
    }
    named
}

fn target(snapshot: &Snapshot, leaf: &Leaf) -> Option<Arc<Module>> {
    Some(snapshot.catalogue.whole_of(snapshot.catalogue.module(leaf.target()?)?).clone())
}

/// The fields in which two records differ: path, theirs, ours.
pub(crate) fn fields(
    snapshot: &Snapshot,
    ids: &Ids,
    module: &Module,
    there: &Object,
    here: &Object,
) -> Vec<(String, String, String)> {
    let mut differences = Vec::new();
    for leaf in module.leaves().iter().filter(|leaf| leaf.field.shown) {
        if ELSEWHERE.contains(&leaf.path.as_str()) {
            continue;
        }
        // What a source does not speak of cannot differ.
        let first = leaf.path.split('.').next().unwrap_or_default();
        if !there.contains_key(first) {
            continue;
        }
        let (theirs, ours) = (at(there, &leaf.path), at(here, &leaf.path));
        if !same(snapshot, ids, leaf, theirs.unwrap_or(&Json::Null), ours.unwrap_or(&Json::Null)) {
            differences.push((leaf.path.clone(), shown(theirs), shown(ours)));
        }
    }
    differences
}

fn same(snapshot: &Snapshot, ids: &Ids, leaf: &Leaf, theirs: &Json, ours: &Json) -> bool {
    let inner = |value: &Json| number(value.get("value").unwrap_or(value));
    match &leaf.field.kind {
        Kind::Ref(_) => is_same_record(snapshot, ids, leaf, theirs, ours),
        Kind::RefMany(_) => {
            let (theirs, ours) = (list(theirs), list(ours));
            theirs.len() == ours.len()
                && theirs
                    .iter()
                    .zip(ours)
                    .all(|(theirs, ours)| is_same_record(snapshot, ids, leaf, theirs, &ours))
        }
        Kind::Time | Kind::Date | Kind::Span => inner(theirs) == inner(ours),
        _ if leaf.path == "time_elapsed" => match (inner(theirs), inner(ours)) {
            (Some(theirs), Some(ours)) => (theirs - ours).abs() <= RUNNING,
            (theirs, ours) => theirs == ours,
        },
        Kind::Id | Kind::Digits { .. } => match (inner(theirs), inner(ours)) {
            (Some(theirs), Some(ours)) => ids.is_any(theirs, ours),
            (theirs, ours) => theirs == ours,
        },
        Kind::Decimal | Kind::Double => match (amount(theirs), amount(ours)) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => theirs == ours,
        },
        _ => same_document(ids, theirs, ours),
    }
}

fn amount(value: &Json) -> Option<f64> {
    let value = value.get("value").unwrap_or(value);
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn list(value: &Json) -> Vec<Json> {
    value.as_array().cloned().unwrap_or_default()
}

fn is_same_record(snapshot: &Snapshot, ids: &Ids, leaf: &Leaf, theirs: &Json, ours: &Json) -> bool {
    let (Some(there), here) = (theirs.get("id").and_then(number), ours.get("id").and_then(number)) else {
        return theirs.is_null() == ours.is_null();
    };
    let known = target(snapshot, leaf).and_then(|target| ids.get(&target.name, there)).map(Id::get);
    match known {
        Some(known) => here == Some(known),
        // What the source does not list is known by its name, rows below a record by their ids.
        None => here == Some(there) || (here.is_some() && theirs.get("name") == ours.get("name")),
    }
}

/// Documents are compared member by member; ids in them may be those of records that have another one here, and what is
/// written for people follows from the rest and from who looks.
fn same_document(ids: &Ids, theirs: &Json, ours: &Json) -> bool {
    match (theirs, ours) {
        (Json::Object(a), Json::Object(b)) => a
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "display_value" | "content_url"))
            .all(|(key, value)| same_document(ids, value, b.get(key).unwrap_or(&Json::Null))),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_document(ids, a, b))
        }
        (Json::String(a), Json::String(b)) if a != b => match (a.parse(), b.parse()) {
            (Ok(a), Ok(b)) => ids.is_any(a, b),
            _ => false,
        },
        (a, b) => a == b,
    }
}

/// The value at a dotted path.
fn at<'a>(object: &'a Object, path: &str) -> Option<&'a Json> {
    let mut keys = path.split('.');
    let mut value = object.get(keys.next()?)?;
    for key in keys {
        value = value.get(key)?;
    }
    Some(value)
}

fn shown(value: Option<&Json>) -> String {
    let text = value.unwrap_or(&Json::Null).to_string();
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
