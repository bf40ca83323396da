//! What a file's columns mean, settled and checked before the first row is read.

use crate::columns::{self, Part, Place};
use crate::reasons::Reason;
use crate::{Mapping, TransferError, cell};
use desk::Snapshot;
use jiff::tz::TimeZone;
use model::{Kind, Leaf, Module, Value, fold};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What the rows of a file are.
#[derive(Debug)]
pub(crate) struct Plan {
    pub module: Arc<Module>,
    /// By which field rows find their record.
    pub key: Option<usize>,
    /// What each column is, in the order of the file.
    pub columns: Vec<Column>,
    /// Columns that are passed over, because the desk gives the fields.
    pub passed_over: Vec<String>,
    /// Fields that refer to records of the same table, and so perhaps to rows of the same file.
    pub own: Vec<String>,
    mapping: Mapping,
    defaults: Vec<(Place, String)>,
    clear_empty: bool,
    zone: TimeZone,
    /// Names of relationship types from the child's end, and what they are called from the parent's.
    inverse: HashMap<String, String>,
}

/// What a column is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column {
    /// The field that it gives.
    pub place: Option<Place>,
    /// Whether it is what rows find their record by.
    pub is_key: bool,
}

/// A row as an input, with what finds its record.
#[derive(Debug)]
pub(crate) struct Job {
    /// The row of the file; the first one is 1.
    pub number: i64,
    /// The line that it begins on.
    pub line: u64,
    pub object: Map<String, Json>,
    pub key: Option<Value>,
    /// What is wrong with it as a row.
    pub wrong: Vec<Reason>,
}

impl Plan {
    pub fn new(
        snapshot: &Snapshot,
        module: Arc<Module>,
        mapping: Mapping,
        clear_empty: bool,
        zone: TimeZone,
    ) -> Result<Self, TransferError> {
        let usage = TransferError::Usage;
        let key = match &mapping.key {
            None => None,
            Some(name) => Some(
                key(&module, name)
                    .ok_or_else(|| usage(format!("{} cannot be matched by {name}", module.plural)))?,
            ),
        };
        for (_, target) in mapping.columns.iter().filter(|(_, target)| !target.is_empty()) {
            target_of(&module, target, key)?;
        }
        let mut defaults = Vec::new();
        for (target, text) in &mapping.defaults {
            let column = target_of(&module, target, None)?;
            defaults.extend(column.place.map(|place| (place, text.clone())));
        }
        let mut inverse = HashMap::new();
        if module.name == "ci_relationship" {
            for row in snapshot.rows("ci_relationship_type") {
                let Some(name) = row.text("inverse_name") else { continue };
                if snapshot.named("ci_relationship_type", name).is_empty() {
                    inverse.insert(fold(name), row.title().to_owned());
                }
            }
        }
        let own = module.leaves().iter().filter(|leaf| columns::is_own(snapshot, &module, leaf));
        let own = own.map(|leaf| leaf.path.clone()).collect();
        Ok(Self {
            key,
            columns: Vec::new(),
            passed_over: Vec::new(),
            own,
            mapping,
            defaults,
            clear_empty,
            zone,
            inverse,
            module,
        })
    }

    /// Takes the names of a file's columns.
    pub fn head(&mut self, names: &[String]) -> Result<(), TransferError> {
        let usage = TransferError::Usage;
        for (name, _) in &self.mapping.columns {
            if !names.iter().any(|n| n == name) {
                return Err(usage(format!(
                    "the mapping names a column {name}, which the file does not have"
                )));
            }
        }
        let mut seen = HashSet::new();
        for name in names {
            let mapped = self.mapping.columns.iter().find(|(column, _)| column == name);
            let column = match mapped {
                Some((_, target)) if target.is_empty() => Column::default(),
                Some((_, target)) => target_of(&self.module, target, self.key)?,
                None => self.column(name).ok_or_else(|| {
                    usage(format!(
                        "unknown column {name}: {} have no such field; a mapping can name one or pass it over",
                        self.module.plural
                    ))
                })?,
            };
            if let Some(place) = column.place
                && !seen.insert(place)
            {
                return Err(usage(format!("two columns give the same field: {name}")));
            }
            if column.place.is_none() && !column.is_key && mapped.is_none() {
                self.passed_over.push(name.clone());
            }
            self.columns.push(column);
        }
        let by = self.key.and_then(|slot| self.module.leaf(slot));
        if let Some(leaf) = by.filter(|_| !self.columns.iter().any(|c| c.is_key)) {
            return Err(usage(format!("no column is {}, by which rows are to be matched", leaf.path)));
        }
        Ok(())
    }

    /// What a column of this name is, where no mapping says so.
    fn column(&self, name: &str) -> Option<Column> {
        let place = columns::find(&self.module, name)?;
        let leaf = self.module.leaf(place.slot)?;
        let is_key = self.key == Some(place.slot) && place.part == Part::Whole;
        Some(Column { place: columns::is_given(leaf).then_some(place), is_key })
    }

    /// A row of cells.
    pub fn row(&self, number: i64, line: u64, cells: &[&str]) -> Job {
        let mut job = Job { number, line, object: Map::new(), key: None, wrong: Vec::new() };
        for (column, text) in self.columns.iter().zip(cells) {
            if column.is_key {
                self.find_by(&mut job, text);
            }
            let Some((place, leaf)) = self.leaf(*column) else { continue };
            match cell::given(leaf, place.part, text, &self.zone) {
                Some(value) => put(&mut job.object, leaf, value),
                None if self.clear_empty => put(&mut job.object, leaf, Json::Null),
                None => {}
            }
        }
        self.finish(job)
    }

    /// A row that is an object; members of groups may stand inside objects or behind a dotted name.
    pub fn object(&self, number: i64, line: u64, given: &Map<String, Json>) -> Job {
        let mut job = Job { number, line, object: Map::new(), key: None, wrong: Vec::new() };
        self.members(&mut job, "", given);
        self.finish(job)
    }

    fn members(&self, job: &mut Job, prefix: &str, given: &Map<String, Json>) {
        for (name, value) in given {
            let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let mapped = self.mapping.columns.iter().find(|(column, _)| *column == name);
            let column = match mapped {
                Some((_, target)) if target.is_empty() => continue,
                Some((_, target)) => target_of(&self.module, target, self.key).ok(),
                None => self.column(&name),
            };
            let Some(column) = column else {
                let is_group = self.module.leaves().iter().any(|leaf| {
                    leaf.path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
                });
                match value {
                    Json::Object(members) if is_group => self.members(job, &name, members),
                    Json::Null if is_group => {}
                    _ => job.wrong.push(Reason::new(name, "There is no such field")),
                }
                continue;
            };
            if column.is_key {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                self.find_by(job, &text);
            }
            let Some((place, leaf)) = self.leaf(column) else { continue };
            match cell::given_json(leaf, place.part, value, &self.zone) {
                Some(value) => put(&mut job.object, leaf, value),
                None if self.clear_empty => put(&mut job.object, leaf, Json::Null),
                None => {}
            }
        }
    }

    fn leaf(&self, column: Column) -> Option<(Place, &Leaf)> {
        let place = column.place?;
        Some((place, self.module.leaf(place.slot)?))
    }

    fn find_by(&self, job: &mut Job, text: &str) {
        let Some(leaf) = self.key.and_then(|slot| self.module.leaf(slot)) else { return };
        let value = match &leaf.field.kind {
            _ if text.trim().is_empty() => None,
            Kind::Id | Kind::Int { .. } | Kind::Digits { .. } => text.trim().parse().ok().map(Value::Int),
            Kind::Number { prefix } => {
                let digits = text.trim().strip_prefix(prefix).unwrap_or(text.trim());
                digits.parse().ok().map(Value::Int)
            }
            Kind::Email => Some(Value::Text(fold(text.trim()))),
            _ => Some(Value::Text(fold(text))),
        };
        if value.is_none() && !text.trim().is_empty() {
            job.wrong.push(Reason::new(&leaf.path, "Not a value by which a record is found"));
        }
        job.key = value;
    }

    fn finish(&self, mut job: Job) -> Job {
        for (place, text) in &self.defaults {
            let Some(leaf) = self.module.leaf(place.slot) else { continue };
            if at(&job.object, &leaf.path).is_none_or(Json::is_null)
                && let Some(value) = cell::given(leaf, place.part, text, &self.zone)
            {
                put(&mut job.object, leaf, value);
            }
        }
        if let Some(leaf) = self.key.and_then(|slot| self.module.leaf(slot))
            && job.key.is_none()
            && job.wrong.is_empty()
        {
            job.wrong.push(Reason::new(&leaf.path, "Empty, and rows are matched by it"));
        }
        self.turn_round(&mut job.object);
        job
    }

    /// A relationship that is told from the child's end (`Used by`) is told from the parent's.
    fn turn_round(&self, object: &mut Map<String, Json>) {
        let Some(name) = object.get("relationship_type").and_then(|kind| kind.get("name")?.as_str()) else {
            return;
        };
        let Some(kind) = self.inverse.get(&fold(name)) else { return };
        object.insert("relationship_type".into(), serde_json::json!({"name": kind}));
        let (parent, child) = (object.remove("parent_ci"), object.remove("child_ci"));
        object.extend(child.map(|ci| ("parent_ci".to_owned(), ci)));
        object.extend(parent.map(|ci| ("child_ci".to_owned(), ci)));
    }

    /// Everything of the plan that makes the same file another import.
    pub fn fingerprint(&self) -> String {
        let mapping = &self.mapping;
        format!(
            "{}\0{:?}\0{:?}\0{:?}\0{}",
            self.module.name, mapping.columns, mapping.defaults, mapping.key, self.clear_empty
        )
    }
}

/// What a mapping's field is.
fn target_of(module: &Module, target: &str, key: Option<usize>) -> Result<Column, TransferError> {
    let usage = TransferError::Usage;
    let place = columns::find(module, target).ok_or_else(|| {
        usage(format!("the mapping names a field {target}, which {} do not have", module.plural))
    })?;
    let is_key = key == Some(place.slot) && place.part == Part::Whole;
    let given = module.leaf(place.slot).is_some_and(columns::is_given);
    if !given && !is_key {
        return Err(usage(format!("the mapping names the field {target}, which the desk gives")));
    }
    Ok(Column { place: given.then_some(place), is_key })
}

/// The field that rows find their record by.
fn key(module: &Module, name: &str) -> Option<usize> {
    let place = columns::find(module, name).filter(|place| place.part == Part::Whole)?;
    let leaf = module.leaf(place.slot)?;
    let fits = matches!(
        leaf.field.kind,
        Kind::Id
            | Kind::Text { .. }
            | Kind::Email
            | Kind::Int { .. }
            | Kind::Digits { .. }
            | Kind::Number { .. }
            | Kind::Pick { .. }
    );
    (fits && leaf.field.searchable && leaf.field.storage != model::Storage::Computed).then_some(place.slot)
}

/// Puts a value at a leaf's path; parts of a reference come together.
fn put(object: &mut Map<String, Json>, leaf: &Leaf, value: Json) {
    let (groups, last) = leaf.path.rsplit_once('.').unwrap_or(("", &leaf.path));
    let mut inner = object;
    for key in groups.split('.').filter(|key| !key.is_empty()) {
        let group = inner.entry(key).or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(members) = group else { return };
        inner = members;
    }
    match (inner.get_mut(last), value) {
        (Some(Json::Object(there)), Json::Object(more)) => there.extend(more),
        (Some(there), value) if there.is_null() => *there = value,
        (Some(_), Json::Null) => {}
        (_, value) => {
            inner.insert(last.to_owned(), value);
        }
    }
}

/// The value at a dotted path.
pub(crate) fn at<'a>(object: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    let mut keys = path.split('.');
    let mut value = object.get(keys.next()?)?;
    for key in keys {
        value = value.get(key)?;
    }
    Some(value)
}
