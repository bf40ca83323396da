//! Records, and what an input wants changed in one.

use crate::{Id, Module, Value};
use std::sync::{Arc, OnceLock};

/// The text of a record as references show it, made once for a record that many answers refer to. A clone, which is
/// about to be changed, begins without.
#[derive(Debug, Default)]
pub struct Embedded(OnceLock<String>);

impl Clone for Embedded {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Embedded {
    /// The text; made by `make` the first time.
    pub fn text(&self, make: impl FnOnce() -> String) -> &str {
        self.0.get_or_init(make)
    }
}

/// One record of a module: a value at each leaf's place.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its module.
    pub module: Arc<Module>,
    /// The values, in the order of [`Module::leaves`].
    pub values: Vec<Value>,
    /// How often the row has been written; an edit states which one it saw.
    pub version: i64,
    /// What references to it show.
    pub embedded: Embedded,
}

static NULL: Value = Value::Null;

impl Record {
    /// An empty record.
    #[must_use]
    pub fn new(module: Arc<Module>) -> Self {
        let values = vec![Value::Null; module.leaves().len()];
        Self { module, values, version: 1, embedded: Embedded::default() }
    }
    /// The value at a place.
    #[must_use]
    pub fn at(&self, slot: usize) -> &Value {
        self.values.get(slot).unwrap_or(&NULL)
    }
    /// The value at a path; null where the module has no such field.
    #[must_use]
    pub fn get(&self, path: &str) -> &Value {
        debug_assert!(self.module.slot(path).is_some(), "{} has no {path}", self.module.name);
        self.module.slot(path).map_or(&NULL, |slot| self.at(slot))
    }
    /// Puts a value at a place.
    pub fn put(&mut self, slot: usize, value: impl Into<Value>) {
        if let Some(place) = self.values.get_mut(slot) {
            *place = value.into();
        }
    }
    /// Puts a value at a path; nothing happens where the module has no such field.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        debug_assert!(self.module.slot(path).is_some(), "{} has no {path}", self.module.name);
        if let Some(slot) = self.module.slot(path) {
            self.put(slot, value);
        }
    }
    /// Its id; zero before it has one.
    #[must_use]
    pub fn id(&self) -> Id {
        Id::new(self.get("id").as_int().unwrap_or(0))
    }
    /// The reference at a path.
    #[must_use]
    pub fn reference(&self, path: &str) -> Option<Id> {
        self.get(path).as_int().map(Id::new)
    }
    /// The references at a path.
    #[must_use]
    pub fn references(&self, path: &str) -> Vec<Id> {
        ids_of(self.get(path))
    }
    /// The whole number or instant at a path.
    #[must_use]
    pub fn int(&self, path: &str) -> Option<i64> {
        self.get(path).as_int()
    }
    /// The truth at a path; false where there is none.
    #[must_use]
    pub fn is(&self, path: &str) -> bool {
        self.get(path).as_bool().unwrap_or(false)
    }
    /// The text at a path.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.get(path).as_str()
    }
    /// What names the record to people.
    #[must_use]
    pub fn title(&self) -> &str {
        self.module.slot(self.module.title).and_then(|slot| self.at(slot).as_str()).unwrap_or("")
    }
}

/// The ids in a stored list, `["1","2"]`.
#[must_use]
pub fn ids_of(value: &Value) -> Vec<Id> {
    value
        .as_str()
        .map(|text| text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect())
        .unwrap_or_default()
}

/// A list of ids as it is stored.
#[must_use]
pub fn list_of(ids: &[Id]) -> Value {
    if ids.is_empty() {
        return Value::Null;
    }
    let inner: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    Value::Text(format!("[{}]", inner.join(",")))
}

/// A reference as a client gives it: by id, by name, by e-mail address. The id wins (conventions.md section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefInput {
    /// By id.
    pub id: Option<Id>,
    /// By name.
    pub name: Option<String>,
    /// By e-mail address.
    pub email: Option<String>,
    /// In which site, where several have one of this name.
    pub site: Option<Box<Self>>,
}

/// What an input says of one field. A field that it does not name is absent from the [`Patch`].
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Null: make it empty.
    Clear,
    /// This value.
    Value(Value),
    /// This record.
    Ref(RefInput),
    /// These records, in place of those that were there.
    Refs(Vec<RefInput>),
}

/// What an input wants changed: places and changes, in the order of the input, each place once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// Place and change.
    pub changes: Vec<(usize, Change)>,
}

impl Patch {
    /// What it says of a place.
    #[must_use]
    pub fn get(&self, slot: usize) -> Option<&Change> {
        self.changes.iter().find(|(s, _)| *s == slot).map(|(_, c)| c)
    }
    /// Says it of a place, in place of what was said before.
    pub fn set(&mut self, slot: usize, change: Change) {
        if let Some(found) = self.changes.iter_mut().find(|(s, _)| *s == slot) {
            found.1 = change;
        } else {
            self.changes.push((slot, change));
        }
    }
    /// Takes out what it says of a path.
    pub fn take(&mut self, module: &Module, path: &str) -> Option<Change> {
        let slot = module.slot(path)?;
        let at = self.changes.iter().position(|(s, _)| *s == slot)?;
        Some(self.changes.remove(at).1)
    }
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
