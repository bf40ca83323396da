//! Records, and what an input wants changed in one.

use crate::{Id, Module, Value};
use std::sync::{Arc, OnceLock, Weak};

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
    values: Values,
    /// How often the row has been written; an edit states which one it saw.
    pub version: i64,
    /// What references to it show.
    pub embedded: Embedded,
}

/// The values, in the order of [`Module::leaves`].
#[derive(Clone, Debug)]
enum Values {
    Own(Vec<Value>),
    /// Those of a record that others look at as well, and what was put in their places since, each place once.
    Shared(Arc<Vec<Value>>, Vec<(usize, Value)>),
}

/// What tells a shared record from every other one. It keeps no values, and nothing else comes to lie in their place.
#[derive(Clone, Debug)]
pub struct Origin(Weak<Vec<Value>>);

/// So many values put over shared ones are looked through; with more the record gets values of its own. What an answer
/// works out is less, what an edit writes may be more.
const OVER_MAX: usize = 24;

static NULL: Value = Value::Null;

impl Record {
    /// An empty record.
    #[must_use]
    pub fn new(module: Arc<Module>) -> Self {
        let values = Values::Own(vec![Value::Null; module.leaves().len()]);
        Self { module, values, version: 1, embedded: Embedded::default() }
    }
    /// The same record, whose clones share its values until they are changed.
    #[must_use]
    pub fn shared(self) -> Self {
        let values = match self.values {
            Values::Own(values) => Values::Shared(Arc::new(values), Vec::new()),
            shared @ Values::Shared(..) => shared,
        };
        Self { values, ..self }
    }
    /// Whether its values are shared.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.values, Values::Shared(..))
    }
    /// By what clones of one shared record are known, whatever was put over its values since; `None` for one that has
    /// values of its own.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        match &self.values {
            Values::Own(_) => None,
            Values::Shared(row, _) => Some(Origin(Arc::downgrade(row))),
        }
    }
    /// Whether it is a clone of the shared record that is known by this.
    #[must_use]
    pub fn comes_from(&self, origin: &Origin) -> bool {
        match &self.values {
            Values::Own(_) => false,
            Values::Shared(row, _) => std::ptr::eq(Arc::as_ptr(row), origin.0.as_ptr()),
        }
    }
    /// The places at which something was put over shared values.
    pub fn put_over(&self) -> impl Iterator<Item = usize> + '_ {
        let over = match &self.values {
            Values::Own(_) => &[][..],
            Values::Shared(_, over) => over.as_slice(),
        };
        over.iter().map(|(slot, _)| *slot)
    }
    /// All values, in the order of [`Module::leaves`].
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        (0..self.module.leaves().len()).map(|slot| self.at(slot))
    }
    /// Whether another record has the same values.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
    /// The value at a place.
    #[must_use]
    pub fn at(&self, slot: usize) -> &Value {
        let row = match &self.values {
            Values::Own(values) => values,
            Values::Shared(row, over) => {
                if let Some((_, value)) = over.iter().find(|(place, _)| *place == slot) {
                    return value;
                }
                row.as_ref()
            }
        };
        row.get(slot).unwrap_or(&NULL)
    }
    /// Puts a value at a place; nothing happens where the module has no such place.
    pub fn put(&mut self, slot: usize, value: impl Into<Value>) {
        if let Values::Shared(row, over) = &mut self.values {
            if slot >= row.len() {
                return;
            }
            if let Some((_, place)) = over.iter_mut().find(|(place, _)| *place == slot) {
                *place = value.into();
                return;
            }
            if over.len() < OVER_MAX {
                over.push((slot, value.into()));
                return;
            }
            let mut values = row.as_ref().clone();
            for (slot, value) in over.drain(..) {
                if let Some(place) = values.get_mut(slot) {
                    *place = value;
                }
            }
            self.values = Values::Own(values);
        }
        if let Values::Own(values) = &mut self.values
            && let Some(place) = values.get_mut(slot)
        {
            *place = value.into();
        }
    }
    /// The value at a path; null where the module has no such field.
    #[must_use]
    pub fn get(&self, path: &str) -> &Value {
        debug_assert!(self.module.slot(path).is_some(), "{} has no {path}", self.module.name);
        self.module.slot(path).map_or(&NULL, |slot| self.at(slot))
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
        Id::new(self.module.id_slot().and_then(|slot| self.at(slot).as_int()).unwrap_or(0))
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
        self.module.title_slot().and_then(|slot| self.at(slot).as_str()).unwrap_or("")
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
