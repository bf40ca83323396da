//! Empty records with their presets, and the ids of what every desk is shipped with.

use crate::{DeskError, Snapshot};
use model::{Id, Preset, Record};
use std::sync::Arc;

/// A record as an input that is silent would leave it, without id and time.
pub(super) fn blank(snapshot: &Snapshot, module: &str) -> Result<Record, DeskError> {
    let module = snapshot.module(module)?.clone();
    let mut record = Record::new(module.clone());
    for (slot, leaf) in module.leaves().iter().enumerate() {
        match &leaf.field.preset {
            Preset::Value(value) => record.put(slot, value.clone()),
            Preset::Shipped(tail) => record.put(slot, Id::shipped(*tail)),
            Preset::None | Preset::Caller | Preset::Now => {}
        }
    }
    Ok(record)
}

/// Blank records of everything that a demo request has.
#[derive(Debug)]
pub(super) struct Forms {
    pub request: Record,
    pub note: Record,
    pub notification: Record,
    pub task: Record,
    pub worklog: Record,
    pub approval_level: Record,
    pub approval: Record,
    pub link: Record,
    pub history: Record,
    pub problem: Record,
    pub problem_note: Record,
}

impl Forms {
    pub fn new(snapshot: &Snapshot) -> Result<Self, DeskError> {
        let blank = |module| blank(snapshot, module);
        Ok(Self {
            request: blank("request")?,
            note: blank("request_note")?,
            notification: blank("notification")?,
            task: blank("task")?,
            worklog: blank("worklog")?,
            approval_level: blank("approval_level")?,
            approval: blank("approval")?,
            link: blank("request_link")?,
            history: blank("history")?,
            problem: blank("problem")?,
            problem_note: blank("problem_note")?,
        })
    }
}

/// The id of the shipped row with this name.
pub(super) fn named(snapshot: &Snapshot, module: &str, name: &str) -> Result<Id, DeskError> {
    let found = snapshot.named(module, name).iter().map(|row| row.id()).min();
    found.ok_or_else(|| DeskError::Internal(format!("the desk has no {module} {name}")))
}

/// Ids and names of a small module's rows that are in use, in the module's order.
pub(super) fn rows(snapshot: &Snapshot, module: &str) -> Vec<(Id, Arc<Record>)> {
    let in_use = |row: &&Arc<Record>| {
        let is = |flag: &str| row.module.slot(flag).is_some() && row.is(flag);
        !is("deleted") && !is("inactive")
    };
    snapshot.rows(module).iter().filter(in_use).map(|row| (row.id(), row.clone())).collect()
}
