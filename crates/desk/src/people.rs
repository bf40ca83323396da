//! People as they are met: a bounded cache of user records, since almost every answer names two or three.

use model::{Id, Map, Record};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// About ten megabytes of records; a desk's technicians and today's requesters.
const PEOPLE_MAX: usize = 10_000;

/// The cache. A record that is changed is forgotten; a reader that was under way then may not put it back.
#[derive(Debug, Default)]
pub(crate) struct People {
    known: RwLock<Map<Id, Arc<Record>>>,
    generation: AtomicU64,
}

impl People {
    pub fn get(&self, id: Id) -> Option<Arc<Record>> {
        self.known().get(&id).cloned()
    }

    /// All that are known, for finding several at once. Nobody is met meanwhile.
    pub fn known(&self) -> RwLockReadGuard<'_, Map<Id, Arc<Record>>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken before reading from the database, handed to [`Self::keep`] with what was read.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn keep(&self, generation: u64, record: &Arc<Record>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation.load(Ordering::Acquire) != generation {
            return;
        }
        if known.len() >= PEOPLE_MAX {
            known.clear();
        }
        known.insert(record.id(), record.clone());
    }

    pub fn forget(&self, id: Id) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::AcqRel);
        known.remove(&id);
    }

    pub fn forget_all(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::AcqRel);
        known.clear();
    }
}
