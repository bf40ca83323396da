//! What is copied, in which order: worked out from the catalogue.

use desk::Snapshot;
use model::{Catalogue, Child, Deletion, Leaf, Module, Node, Size, Storage};
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;

/// A list of the source that is walked from its beginning to its end.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The name under which its progress is kept.
    pub name: String,
    /// The module whose rows they are, as its own type shows them.
    pub module: Arc<Module>,
    /// Which of the list's rows.
    pub criteria: Vec<Json>,
}

/// The modules that are copied by lists of their own, each after those that it refers to. Where modules refer to each
/// other in a ring, small ones go first; what refers to a record that is still to come is looked at once more.
pub(crate) fn order(snapshot: &Snapshot) -> Vec<Arc<Module>> {
    let catalogue = &snapshot.catalogue;
    let is_list = |module: &&Arc<Module>| module.top_level && module.fixed.is_none();
    let mut order = Vec::new();
    let mut met = HashSet::new();
    for size in [Size::Small, Size::People, Size::Large] {
        for module in catalogue.modules().iter().filter(is_list).filter(|module| module.size == size) {
            visit(catalogue, module, &mut met, &mut order);
        }
    }
    order
}

fn visit<'a>(
    catalogue: &'a Catalogue,
    module: &'a Arc<Module>,
    met: &mut HashSet<String>,
    order: &mut Vec<Arc<Module>>,
) {
    if !met.insert(module.name.to_string()) {
        return;
    }
    let rank = |size: Size| match size {
        Size::Small => 0,
        Size::People => 1,
        Size::Large => 2,
    };
    let stored = |leaf: &&Leaf| leaf.field.shown && leaf.field.storage != Storage::Computed;
    let told =
        module.related.iter().filter(|related| is_told(catalogue, related)).map(|related| related.module);
    let targets = module.leaves().iter().filter(stored).filter_map(Leaf::target).chain(told);
    for target in targets.filter_map(|name| catalogue.module(name)) {
        let target = catalogue.whole_of(target);
        if target.top_level && rank(target.size) <= rank(module.size) {
            visit(catalogue, target, met, order);
        }
    }
    order.push(module.clone());
}

/// Whether a list of related records is the only place that tells which those are: their own reference is not shown.
pub(crate) fn is_told(catalogue: &Catalogue, related: &Child) -> bool {
    let leaf = catalogue.module(related.module).and_then(|module| module.find(related.field));
    leaf.is_some_and(|leaf| !leaf.field.shown && leaf.field.storage == Storage::Column)
}

/// The lists that show all records of a module: one for each type that shows more than the module itself, one for the
/// rest, and each once more for what is deleted, inactive or in the trash. `source_id` says what the source calls
/// a type of ours.
pub(crate) fn parts(
    snapshot: &Snapshot,
    whole: &Arc<Module>,
    source_id: &dyn Fn(&str, i64) -> i64,
) -> Vec<Part> {
    let shown = |module: &Module| module.leaves().iter().filter(|leaf| leaf.field.shown).count();
    let views: Vec<&Arc<Module>> = snapshot
        .catalogue
        .modules()
        .iter()
        .filter(|module| module.table == whole.table && module.fixed.is_some() && module.top_level)
        .filter(|module| shown(module) > shown(whole))
        .collect();
    let mut parts = Vec::new();
    let mut types = Vec::new();
    let mut field = None;
    for view in views {
        let Some(fixed) = &view.fixed else { continue };
        let target = whole.find(fixed.field).and_then(Leaf::target).unwrap_or_default();
        let Some(value) = fixed.values.first().and_then(model::Value::as_int) else { continue };
        let value = source_id(target, value).to_string();
        let criteria =
            vec![json!({"field": format!("{}.id", fixed.field), "condition": "is", "value": value})];
        parts.push(Part { name: view.path().into_owned(), module: view.clone(), criteria });
        types.push(value);
        field = Some(fixed.field);
    }
    let criteria = match field {
        Some(field) => vec![json!({"field": format!("{field}.id"), "condition": "is not", "values": types})],
        None => Vec::new(),
    };
    parts.push(Part { name: whole.path().into_owned(), module: whole.clone(), criteria });
    // What lists leave out unless they are asked for it.
    let flag = match whole.deletion {
        Deletion::Flag(flag) if whole.size != Size::Small || flag != "inactive" => flag,
        Deletion::Trash => "is_trashed",
        Deletion::Flag(_) | Deletion::Remove => return parts,
    };
    let with = |part: &Part, name: String, value: bool| {
        let mut criteria = part.criteria.clone();
        let value = value.to_string();
        criteria.push(json!({"field": flag, "condition": "is", "value": value, "logical_operator": "and"}));
        Part { name, criteria, ..part.clone() }
    };
    let flagged: Vec<Part> =
        parts.iter().map(|part| with(part, format!("{} {flag}", part.name), true)).collect();
    parts.extend(flagged);
    parts
}

/// The fields that rows of a module are asked for: all that it shows. Of references a Frontdesk gives the ids alone where it is
/// asked so, which is most of what there is to send and to read.
pub(crate) fn fields(module: &Module, light: bool) -> Vec<String> {
    let named = |node: &Node| {
        let key = node.key();
        let mirrored = module.field(key).is_some_and(|field| field.mirrors.is_some());
        let refers = module.find(key).is_some_and(|leaf| leaf.target().is_some());
        let name = if light && refers { format!("{key}.id") } else { key.to_owned() };
        (!mirrored).then_some(name)
    };
    module.tree().iter().filter_map(named).collect()
}

/// The field that says when a record was changed last.
pub(crate) fn changed_field(module: &Module) -> Option<&'static str> {
    let is_there =
        |path: &&str| module.find(path).is_some_and(|leaf| leaf.field.shown && leaf.field.searchable);
    ["last_updated_time", "updated_time"].into_iter().find(is_there)
}

/// Rows that have one of these ids in a field.
pub(crate) fn one_of(field: &str, ids: impl IntoIterator<Item = i64>) -> Json {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    json!({"field": field, "condition": "is", "values": ids})
}
