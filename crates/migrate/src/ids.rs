//! Which record of ours one of the source is.

use crate::error::MigrateError;
use desk::{Desk, DeskError};
use model::Id;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// So many pairs are kept; then it begins anew.
const KNOWN_MAX: usize = 400_000;

/// The ids of records that were copied, by the module and the source's id.
#[derive(Debug)]
pub(crate) struct Ids {
    desk: Arc<Desk>,
    /// The number of the copy.
    pub migration: i64,
    known: HashMap<String, HashMap<i64, Id>>,
    count: usize,
}

impl Ids {
    pub fn new(desk: Arc<Desk>, migration: i64) -> Self {
        Self { desk, migration, known: HashMap::new(), count: 0 }
    }

    /// Looks up what is not known yet.
    pub async fn learn(&mut self, wanted: &HashMap<String, HashSet<i64>>) -> Result<(), MigrateError> {
        if self.count > KNOWN_MAX {
            self.known.clear();
            self.count = 0;
        }
        for (module, ids) in wanted {
            let known = self.known.entry(module.clone()).or_default();
            let unknown: Vec<i64> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
            if unknown.is_empty() {
                continue;
            }
            let found = self.desk.store().migrated(self.migration, module, &unknown).await;
            let found = found.map_err(DeskError::from)?;
            self.count += found.len();
            known.extend(found);
        }
        Ok(())
    }

    /// Our id of a record of the source, if it is known to be here.
    pub fn get(&self, module: &str, id: i64) -> Option<Id> {
        self.known.get(module)?.get(&id).copied()
    }

    /// A record came.
    pub fn put(&mut self, module: &str, id: i64, ours: Id) {
        self.count += 1;
        self.known.entry(module.to_owned()).or_default().insert(id, ours);
    }

    /// Whether a record of the source, of whatever module, is known to be this one of ours.
    pub fn is_any(&self, id: i64, ours: i64) -> bool {
        id == ours || self.known.values().any(|known| known.get(&id).is_some_and(|known| known.get() == ours))
    }

    /// Forgets everything that was not committed: what is known is read again.
    pub fn forget_all(&mut self) {
        self.known.clear();
        self.count = 0;
    }
}
