//! The catalogue: every module of the desk, each described once, as data.
//!
//! To add a module: describe it in a file here, add it to [`built_in`], add its table to a new migration (a test
//! in `store` says which columns it must have), and write its rules in `desk`. The V3 reader and writer, search,
//! sort, `_metainfo`, history, permissions and the OpenAPI document follow from the description.

mod assets;
mod cmdb;
mod conversation;
mod people;
mod places;
pub mod problems;
mod requests;
mod setup;
mod views;
mod work;

use crate::filter::Path;
use crate::module::{Deletion, Description, Fixed, Module, Size};
use crate::{Area, Field, Id, Kind, Map, Storage, Value, field};
use std::sync::Arc;

/// All modules of one desk at one time: the built-in ones with the fields that its administrators added.
#[derive(Debug)]
pub struct Catalogue {
    modules: Vec<Arc<Module>>,
    by_name: Map<String, usize>,
    by_path: Map<String, usize>,
    far: Map<String, Vec<Far>>,
}

/// A reference to a record that is not a small lookup, and so is not in memory for certain.
#[derive(Clone, Debug)]
pub struct Far {
    /// The place of the reference.
    pub slot: usize,
    /// The module referred to.
    pub target: String,
    /// How many records that has.
    pub size: Size,
}

/// A field that an administrator added to a module.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension {
    /// The module's name.
    pub module: String,
    /// The field; its `storage` is a document.
    pub field: Field,
}

/// A product type whose assets have a path of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetView {
    /// The key of one record, `asset_switch`.
    pub name: String,
    /// The path and the key of a list, `asset_switches`.
    pub plural: String,
    /// Other paths.
    pub aliases: Vec<&'static str>,
    /// The type's id, and those of the types below it.
    pub product_types: Vec<Value>,
    /// Whether its assets are machines with an inventory.
    pub has_inventory: bool,
}

/// A type of CI.
#[derive(Clone, Debug, PartialEq)]
pub struct CiType {
    /// Its id.
    pub id: Id,
    /// Its API name, `ci_computer`: path, and key of one record.
    pub name: String,
    /// The key of a list; the same in all that was seen (assets-cmdb.md section 5.1).
    pub plural: String,
    /// Its id first, then those of the types below it.
    pub subtree: Vec<Value>,
    /// Its id and those of the types above it.
    pub lineage: Vec<Id>,
}

/// What administrators and their data add to the built-in modules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Additions {
    /// Fields of modules.
    pub fields: Vec<Extension>,
    /// Product types with a path of their own.
    pub assets: Vec<AssetView>,
    /// Types of CI.
    pub ci_types: Vec<CiType>,
    /// Attributes of CIs: the type that they belong to, and the field.
    pub attributes: Vec<(Id, Field)>,
}

/// The modules that have closure codes, each known by its place, from one on.
pub const CLOSING_MODULES: [&str; 4] = setup::CLOSING_MODULES;

/// The root of the product types whose assets are machines, by the tail of its id.
pub const COMPUTER: i64 = assets::COMPUTER;

/// What every module is built from, before what users added.
#[must_use]
pub fn built_in() -> Vec<Description> {
    let mut all = Vec::new();
    all.extend(requests::modules());
    all.extend(problems::modules());
    all.extend(conversation::modules());
    all.extend(work::modules());
    all.extend(assets::modules());
    all.extend(cmdb::modules());
    all.extend(people::modules());
    all.extend(places::modules());
    all.extend(setup::modules());
    all.extend(views::modules());
    all
}

impl Catalogue {
    /// The built-in modules and these additions.
    #[must_use]
    pub fn new(additions: &Additions) -> Self {
        let mut all = built_in();
        views(&mut all, additions);
        // A technician has the fields that were added to users: the same rows, the same fields.
        let wholes: Map<String, crate::Name> =
            all.iter().filter(|m| m.fixed.is_none()).map(|m| (m.table.to_string(), m.name.clone())).collect();
        let whole = |what: &Description| {
            wholes.get(what.table.as_ref()).cloned().unwrap_or_else(|| what.name.clone())
        };
        let modules: Vec<Arc<Module>> = all
            .into_iter()
            .map(|mut what| {
                if what.extensible {
                    let base = whole(&what);
                    let mine = additions.fields.iter().filter(|e| e.module == base).map(|e| e.field.clone());
                    what.fields.push(field::group("udf_fields", mine.collect()));
                }
                Arc::new(Module::new(what))
            })
            .collect();
        let by_name: Map<String, usize> =
            modules.iter().enumerate().map(|(i, m)| (m.name.to_string(), i)).collect();
        let mut by_path = Map::default();
        for (i, module) in modules.iter().enumerate().filter(|(_, m)| m.top_level) {
            by_path.insert(module.path().into_owned(), i);
            for path in &module.paths {
                by_path.insert((*path).to_owned(), i);
            }
        }
        let far = modules.iter().map(|m| (m.name.to_string(), far(m, &modules, &by_name))).collect();
        Self { modules, by_name, by_path, far }
    }

    /// All modules.
    #[must_use]
    pub fn modules(&self) -> &[Arc<Module>] {
        &self.modules
    }
    /// The module with this name.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&Arc<Module>> {
        self.by_name.get(name).and_then(|i| self.modules.get(*i))
    }
    /// The module whose collection is at this path segment, or at these two: `requests`, `cmdb/ci_computer`.
    #[must_use]
    pub fn at_path(&self, segment: &str) -> Option<&Arc<Module>> {
        self.by_path.get(segment).and_then(|i| self.modules.get(*i))
    }

    /// Follows a dotted path from a module: `requester.department.name`. A time may carry `.value`, a dotted path
    /// may end at a reference. `None` where a key leads nowhere or may not be searched.
    #[must_use]
    pub fn path(&self, from: &Arc<Module>, dotted: &str) -> Option<Path> {
        /// Longer paths make joins that nobody needs and an attacker would enjoy.
        const STEPS_MAX: usize = 4;
        let mut module = from.clone();
        let mut via = Vec::new();
        let mut rest = dotted;
        loop {
            let (slot, used) = longest_leaf(&module, rest)?;
            let leaf = module.leaf(slot)?;
            if !leaf.field.searchable {
                return None;
            }
            let after = rest.get(used..)?.trim_start_matches('.');
            let is_time = matches!(leaf.field.kind, Kind::Time | Kind::Date);
            if after.is_empty() || (is_time && after == "value") {
                return Some(Path { via, module, slot });
            }
            let target = self.module(leaf.target()?)?.clone();
            via.push((module.clone(), slot));
            if via.len() > STEPS_MAX {
                return None;
            }
            module = target;
            rest = after;
        }
    }

    /// The module that a view is a view of; the module itself where it is none.
    #[must_use]
    pub fn whole_of<'a>(&'a self, module: &'a Arc<Module>) -> &'a Arc<Module> {
        if module.fixed.is_none() {
            return module;
        }
        self.modules.iter().find(|m| m.fixed.is_none() && m.table == module.table).unwrap_or(module)
    }

    /// The view of a module's records that a record is in by its own value: of a CI that of its type.
    #[must_use]
    pub fn view_of(&self, module: &Module, record: &crate::Record) -> Option<&Arc<Module>> {
        self.modules.iter().find(|m| {
            m.table == module.table
                && m.fixed.as_ref().is_some_and(|f| f.values.first() == Some(record.get(f.field)))
        })
    }

    /// The shown references of a module to records that are not small lookups.
    #[must_use]
    pub fn far_references(&self, name: &str) -> &[Far] {
        self.far.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every field that refers to records of the module, or of a view of it: whose record, and where.
    #[must_use]
    pub fn referring_to(&self, name: &str) -> Vec<(&Arc<Module>, usize)> {
        let table = self.module(name).map(|module| &module.table);
        let is_here =
            |target: &str| target == name || self.module(target).is_some_and(|m| Some(&m.table) == table);
        self.modules
            .iter()
            .filter(|m| m.fixed.is_none())
            .flat_map(|m| {
                m.leaves()
                    .iter()
                    .enumerate()
                    .filter(|(_, leaf)| {
                        leaf.target().is_some_and(is_here) && leaf.field.storage != Storage::Computed
                    })
                    .map(move |(slot, _)| (m, slot))
            })
            .collect()
    }
}

/// Adds the modules that follow from data: a view for each product type with a path, one for each type of CI.
fn views(all: &mut Vec<Description>, additions: &Additions) {
    let find = |all: &[Description], name: &str| all.iter().find(|m| m.name == name).cloned();
    if let Some(whole) = find(all, "asset") {
        let typed = additions.assets.iter().map(|view| assets::typed(&whole, view));
        all.extend(typed.collect::<Vec<_>>());
    }
    if let Some(whole) = all.iter_mut().find(|m| m.name == "asset") {
        assets::without_inventory(whole);
    }
    if let Some(whole) = find(all, "ci") {
        for ci_type in &additions.ci_types {
            let own = additions.attributes.iter().filter(|(owner, _)| ci_type.lineage.contains(owner));
            let own = own.map(|(_, field)| field.clone()).collect();
            all.push(cmdb::typed(&whole, ci_type, own));
        }
    }
}

fn far(module: &Module, modules: &[Arc<Module>], by_name: &Map<String, usize>) -> Vec<Far> {
    let far = |(slot, leaf): (usize, &crate::Leaf)| {
        let target = leaf.target().filter(|_| leaf.field.shown)?;
        let size = modules.get(*by_name.get(target)?)?.size;
        (size != Size::Small).then(|| Far { slot, target: target.to_owned(), size })
    };
    module.leaves().iter().enumerate().filter_map(far).collect()
}

/// The leaf whose path is the longest prefix of the dotted path, and that prefix's length.
fn longest_leaf(module: &Module, dotted: &str) -> Option<(usize, usize)> {
    let mut end = dotted.len();
    loop {
        let prefix = dotted.get(..end)?;
        if let Some(slot) = module.slot(prefix) {
            return Some((slot, end));
        }
        end = prefix.rfind('.')?;
    }
}

/// A description to begin with: a large, top-level module with a trash-less deletion.
fn describe(name: &'static str, plural: &'static str, area: Area, fields: Vec<Field>) -> Description {
    Description {
        name: name.into(),
        plural: plural.into(),
        wire_key: None,
        list_key: None,
        list_aliases: &[],
        paths: Vec::new(),
        input_keys: Vec::new(),
        table: name.into(),
        area,
        also_read_by: &[],
        title: "name",
        fields,
        embed: &["id", "name"],
        sort: ("id", false),
        size: Size::Large,
        deletion: Deletion::Remove,
        children: Vec::new(),
        related: Vec::new(),
        operations: Vec::new(),
        top_level: true,
        writable: true,
        fixed: None,
        below: None,
        extensible: false,
        history_of: &[],
        indexes: Vec::new(),
    }
}

/// Rows below a parent record.
fn child(name: &'static str, plural: &'static str, area: Area, fields: Vec<Field>) -> Description {
    Description { top_level: false, sort: ("id", false), ..describe(name, plural, area, fields) }
}

/// A list of values that administrators keep: small, cached, flagged when deleted.
fn lookup(name: &'static str, plural: &'static str, mut own: Vec<Field>) -> Description {
    let mut fields = vec![
        field::id(),
        field::text("name", 100).required().in_list().unique(&[]),
        field::text("description", 250).in_list(),
    ];
    let taken: Vec<String> = own.iter().map(|f| f.key.to_string()).collect();
    fields.retain(|f| !taken.contains(&f.key.to_string()));
    fields.append(&mut own);
    fields.push(field::flag("deleted").in_list());
    Description {
        also_read_by: &[Area::General, Area::Requests, Area::Problems, Area::Assets, Area::Cmdb, Area::Users],
        sort: ("name", false),
        size: Size::Small,
        deletion: Deletion::Flag("deleted"),
        ..describe(name, plural, Area::Setup, fields)
    }
}

/// A record operation.
const fn op(
    name: &'static str,
    methods: &'static [&'static str],
    input: Option<&'static str>,
    summary: &'static str,
) -> crate::Operation {
    crate::Operation { name, methods, on_record: true, input, summary }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_somewhere() {
        let catalogue = Catalogue::new(&Additions::default());
        for module in catalogue.modules() {
            for leaf in module.leaves() {
                if let Some(target) = leaf.target() {
                    assert!(catalogue.module(target).is_some(), "{}.{} → {target}", module.name, leaf.path);
                }
            }
            for key in module.embed {
                assert!(module.tree().iter().any(|n| n.key() == *key), "{} embeds {key}", module.name);
            }
            for child in module.children.iter().chain(&module.related) {
                let rows = catalogue.module(child.module).expect(child.module);
                assert!(
                    rows.slot(child.field).is_some(),
                    "{}/{} by {}",
                    module.name,
                    child.path,
                    child.field
                );
            }
            for path in module.indexes.iter().flatten().chain([&module.sort.0, &module.title]) {
                assert!(module.slot(path).is_some(), "{} has no {path}", module.name);
            }
            if let Some(flag) = module.deleted_flag() {
                assert!(module.slot(flag).is_some(), "{} has no {flag}", module.name);
            }
        }
    }

    #[test]
    fn names_and_paths_are_taken_once() {
        let mut seen = std::collections::HashSet::new();
        for module in Catalogue::new(&Additions::default()).modules() {
            assert!(seen.insert(module.name.to_string()), "{}", module.name);
        }
        let mut paths = std::collections::HashSet::new();
        for what in built_in().iter().filter(|m| m.top_level) {
            for path in what.paths.iter().copied().chain([what.plural.as_ref()]) {
                assert!(paths.insert(path.to_owned()), "{path}");
            }
        }
    }

    #[test]
    fn dotted_paths_are_followed() {
        let catalogue = Catalogue::new(&Additions::default());
        let request = catalogue.module("request").unwrap();
        for (dotted, depth) in [
            ("subject", 0),
            ("status", 0),
            ("status.name", 1),
            ("created_time.value", 0),
            ("requester.department.name", 2),
            ("closure_info.closure_code.name", 1),
        ] {
            assert_eq!(catalogue.path(request, dotted).map(|p| p.via.len()), Some(depth), "{dotted}");
        }
        for nowhere in ["", "x", "status.x", "subject.name", ".", "status.", "resources", "closure_info"] {
            let found = catalogue.path(request, nowhere);
            assert!(found.is_none() || nowhere == "status.", "{nowhere}");
        }
    }
}
