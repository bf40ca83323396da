//! Types of CI: their API names, their place in the tree, and the catalogue's view of them
//! (assets-cmdb.md section 5.1).

use crate::draft::Draft;
use crate::products::snake;
use crate::{Refusal, Snapshot};
use model::{CiType, Id, Record};
use std::sync::Arc;

/// How deep the tree may be.
const DEPTH_MAX: usize = 5;
/// How many types a desk may have.
const TYPES_MAX: usize = 200;

/// The root of the tree.
pub(crate) const ROOT: Id = Id::shipped(1_000_801);

pub(crate) fn prepare(draft: &mut Draft) {
    if !draft.is_new() {
        return;
    }
    let types = draft.snapshot.rows("ci_type").len();
    if types >= TYPES_MAX {
        draft.refuse(Refusal::because("name", format!("A desk has at most {TYPES_MAX} types")));
    }
    if draft.new.get("parent").is_null() {
        draft.new.set("parent", ROOT);
    }
    let depth = draft.small("parent").map_or(0, |parent| lineage(&draft.snapshot, parent).len());
    if depth >= DEPTH_MAX {
        draft.refuse(Refusal::because("parent", format!("Types are at most {DEPTH_MAX} deep")));
    }
    names(draft);
}

/// The API name follows from what people call the type: `Load Balancer` is `ci_load_balancer`.
fn names(draft: &mut Draft) {
    let given = draft.new.text("name").map(|n| n.trim().to_owned()).filter(|n| !n.is_empty());
    let shown = draft.new.text("display_name").map(str::to_owned);
    let is_api_name = given.as_deref().is_some_and(|name| name.starts_with("ci_"));
    let display = match (&given, shown) {
        (_, Some(shown)) => Some(shown),
        // A name that is no API name is what people call it.
        (Some(name), None) if !is_api_name => Some(name.clone()),
        (Some(name), None) => Some(spoken(name)),
        (None, None) => None,
    };
    draft.new.set("display_name", display.clone());
    let Some(display) = display else { return };
    let name = match given {
        Some(name) if is_api_name => name,
        Some(name) => format!("ci_{}", snake(&name)),
        None => format!("ci_{}", snake(&display)),
    };
    if name.len() <= 3 || snake(&name) != name {
        draft.refuse(Refusal::because("name", "Begins with ci_; lower-case letters, digits and _"));
        return;
    }
    let catalogue = &draft.snapshot.catalogue;
    if catalogue.module(&name).is_some() || catalogue.at_path(&name).is_some() {
        draft.refuse(Refusal::NotUnique("name".into()));
    }
    draft.new.set("api_plural_name", name.as_str());
    draft.new.set("name", name);
    if draft.new.text("display_name_plural").is_none() {
        draft.new.set("display_name_plural", crate::products::plural(&display));
    }
}

/// `ci_load_balancer` → `Load balancer`.
fn spoken(name: &str) -> String {
    let mut words = name.trim_start_matches("ci_").replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// A type and those above it, nearest first.
pub(crate) fn lineage(snapshot: &Snapshot, of: &Arc<Record>) -> Vec<Arc<Record>> {
    line(of, &|id| snapshot.record_of("ci_type", id).cloned())
}

fn line(of: &Arc<Record>, find: &dyn Fn(Id) -> Option<Arc<Record>>) -> Vec<Arc<Record>> {
    let mut line = vec![of.clone()];
    while let Some(parent) = line.last().and_then(|t| t.reference("parent")).and_then(find) {
        if line.iter().any(|t| t.id() == parent.id()) {
            break;
        }
        line.push(parent);
    }
    line
}

/// The types as the catalogue needs them.
pub(crate) fn described(rows: &[Arc<Record>]) -> Vec<CiType> {
    let find = |id: Id| rows.iter().find(|r| r.id() == id).cloned();
    let lines: Vec<Vec<Id>> =
        rows.iter().map(|row| line(row, &find).iter().map(|t| t.id()).collect()).collect();
    rows.iter()
        .zip(&lines)
        .filter_map(|(row, lineage)| {
            let below = lines
                .iter()
                .filter(|other| other.first() != Some(&row.id()) && other.contains(&row.id()))
                .filter_map(|other| other.first().copied());
            let name = row.text("name")?.to_owned();
            Some(CiType {
                id: row.id(),
                plural: row.text("api_plural_name").unwrap_or(&name).to_owned(),
                name,
                subtree: std::iter::once(row.id()).chain(below).map(Into::into).collect(),
                lineage: lineage.clone(),
            })
        })
        .collect()
}
