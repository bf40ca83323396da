//! The rows of a company that go in one commit: everything that is small.

use super::forms::blank;
use super::ids::Rising;
use crate::{DeskError, Snapshot};
use model::{Id, Record, Value};

/// Rows being collected.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    snapshot: &'a Snapshot,
    ids: Rising,
    rows: Vec<Record>,
}

impl<'a> Rows<'a> {
    /// None yet.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, ids: Rising::default(), rows: Vec::new() }
    }
    pub const fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }
    pub const fn ids(&mut self) -> &mut Rising {
        &mut self.ids
    }
    /// Adds a row and says its id.
    pub fn add(&mut self, module: &str, cells: &[(&str, Value)]) -> Result<Id, DeskError> {
        self.add_record(module, cells).map(|row| row.id())
    }
    /// Adds a row and gives a copy of it.
    pub fn add_record(&mut self, module: &str, cells: &[(&str, Value)]) -> Result<Record, DeskError> {
        let mut row = blank(self.snapshot, module)?;
        let id = self.ids.take();
        row.set("id", id);
        for (path, value) in cells {
            row.set(path, value.clone());
        }
        self.rows.push(row.clone());
        Ok(row)
    }
    /// The row of a module with this name, inside a parent, that the desk has already or that was added here.
    pub fn find(&self, module: &str, name: &str, within: Option<(&str, Id)>) -> Option<Id> {
        let fits = |row: &Record| within.is_none_or(|(field, id)| row.reference(field) == Some(id));
        let there = self.snapshot.named(module, name).iter().find(|row| fits(row)).map(|row| row.id());
        there.or_else(|| {
            let mine = self.rows.iter().find(|r| r.module.name == module && r.title() == name && fits(r));
            mine.map(Record::id)
        })
    }
    /// The places of the added rows of a module.
    pub fn places_of(&self, module: &str) -> Vec<usize> {
        self.rows.iter().enumerate().filter(|(_, r)| r.module.name == module).map(|(at, _)| at).collect()
    }
    /// Changes an added row.
    pub fn set(&mut self, at: usize, path: &str, value: Option<Id>) {
        if let Some(row) = self.rows.get_mut(at) {
            row.set(path, value);
        }
    }
    /// All rows, in the order in which they were added.
    pub fn into_rows(self) -> Vec<Record> {
        self.rows
    }
}
