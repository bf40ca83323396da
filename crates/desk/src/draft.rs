//! A record on its way to be written: what was, what shall be, what speaks against it, what goes with it.

use crate::{DeskError, Refusal, Snapshot};
use model::{Id, Record, Value};
use std::collections::HashMap;
use std::sync::Arc;
use store::Statement;

/// A record being added or edited. The generic part fills it from the input; the noun's own rules look at it,
/// change it, refuse it, add to what will be committed with it.
#[derive(Debug)]
pub struct Draft {
    /// The catalogue and lookups that the whole use case works with.
    pub snapshot: Arc<Snapshot>,
    /// The record before; `None` when it is added.
    pub old: Option<Record>,
    /// The record after.
    pub new: Record,
    /// Places that the input names.
    pub given: Vec<usize>,
    /// Why it cannot be written.
    pub refusals: Vec<Refusal>,
    /// Statements that are committed with it.
    pub statements: Vec<Statement>,
    /// The word for the history.
    pub operation: &'static str,
    /// Fields that a closing rule still wants; the rest is written all the same (requests.md section 5, Closing).
    pub unmet: Vec<String>,
    /// People's records that resolving met.
    pub people: HashMap<Id, Arc<Record>>,
    /// Whether the record's search document must be made anew although none of its own texts changed.
    pub refresh_search: bool,
    /// Whether it is known that no CI stands for the record, so that none is looked for.
    pub has_no_ci: bool,
}

impl Draft {
    /// A record that is to be added.
    pub(crate) fn adding(snapshot: Arc<Snapshot>, new: Record) -> Self {
        Self {
            snapshot,
            old: None,
            new,
            given: Vec::new(),
            refusals: Vec::new(),
            statements: Vec::new(),
            operation: "CREATE",
            unmet: Vec::new(),
            people: HashMap::new(),
            refresh_search: false,
            has_no_ci: false,
        }
    }
    /// A record that is to become another.
    pub(crate) fn editing(
        snapshot: Arc<Snapshot>,
        old: Record,
        new: Record,
        operation: &'static str,
    ) -> Self {
        Self { old: Some(old), operation, ..Self::adding(snapshot, new) }
    }
    /// Whether the record is being added.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.old.is_none()
    }
    /// Speaks against it.
    pub fn refuse(&mut self, refusal: Refusal) {
        // Whoever gave something that does not exist need not hear that something is missing as well.
        let told = matches!(&refusal, Refusal::Mandatory(field) if self.refusals.iter()
            .any(|r| matches!(r, Refusal::NotValid { field: other, .. } if other == field)));
        if !told && !self.refusals.contains(&refusal) {
            self.refusals.push(refusal);
        }
    }
    /// Whether the input names this path.
    #[must_use]
    pub fn gives(&self, path: &str) -> bool {
        self.new.module.slot(path).is_some_and(|slot| self.given.contains(&slot))
    }
    /// Whether the value at a path differs from before; for a new record, whether there is one.
    #[must_use]
    pub fn changes(&self, path: &str) -> bool {
        match &self.old {
            Some(old) => old.get(path) != self.new.get(path),
            None => !self.new.get(path).is_null(),
        }
    }
    /// What was at a path before.
    #[must_use]
    pub fn before(&self, path: &str) -> &Value {
        static NULL: Value = Value::Null;
        self.old.as_ref().map_or(&NULL, |old| old.get(path))
    }
    /// The small record that a path refers to.
    #[must_use]
    pub fn small(&self, path: &str) -> Option<&Arc<Record>> {
        self.new.reference(path).and_then(|id| self.snapshot.record(id))
    }
    /// An error if anything speaks against it.
    ///
    /// # Errors
    /// All refusals at once.
    pub fn check(&mut self) -> Result<(), DeskError> {
        if self.refusals.is_empty() {
            Ok(())
        } else {
            Err(DeskError::Refused(std::mem::take(&mut self.refusals)))
        }
    }
}
