//! Records that were read lately, for engines that tell of every row they change.
//!
//! A record is never older than the last acknowledged commit: the writer names the rows it changed, by SQLite's own
//! account of them and not by ours, and they are forgotten before anybody is told that the commit is done. A read that
//! is under way meanwhile loses its place, so that what it found is not kept.

use model::{Id, Map, Module, Record};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};
use std::sync::Arc;

/// What a request usually takes.
const USUAL_BYTES: u64 = 3 * 1024;

/// The records, by id: ids are unique throughout a desk.
pub(crate) struct Records(Cache<i64, Arc<Record>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<i64, Arc<Record>> for Weight {
    fn weight(&self, _: &i64, record: &Arc<Record>) -> u64 {
        let cells: usize = record.values().map(|v| size_of_val(v) + v.as_str().map_or(0, str::len)).sum();
        (size_of::<Record>() + cells + 64) as u64
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("records", &self.0.len()).finish()
    }
}

impl Records {
    /// A cache of so many bytes.
    pub fn new(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / USUAL_BYTES).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(entries, bytes, Weight))
    }

    /// Forgets rows that changed.
    pub fn changed(&self, rows: &[i64]) {
        for row in rows {
            self.0.remove(row);
        }
    }

    /// Forgets everything: what is read from now on is of another catalogue.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// The record of this very module, from memory or else by `read`. A row that was read through another module,
    /// of another catalogue or on the same table, counts as not there.
    pub async fn get<E>(
        &self,
        module: &Arc<Module>,
        id: Id,
        read: impl Future<Output = Result<Option<Record>, E>>,
    ) -> Result<Option<Record>, E> {
        let id = id.get();
        // A place is held from before the read, so that a change in between is noticed. Whoever finds it taken
        // reads without keeping: waiting would cost more.
        let place = match self.0.get_value_or_guard(&id, Some(std::time::Duration::ZERO)) {
            GuardResult::Value(record) if Arc::ptr_eq(&record.module, module) => {
                return Ok(Some(Record::clone(&record)));
            }
            GuardResult::Value(_) => None,
            GuardResult::Guard(place) => Some(place),
            GuardResult::Timeout => None,
        };
        let record = read.await?;
        if let (Some(place), Some(record)) = (place, &record) {
            let _changed_meanwhile = place.insert(Arc::new(record.clone().shared()));
        }
        Ok(record)
    }

    /// The records of this very module with these ids, in no order: from memory, and the rest by one `read`. Ids of which
    /// `read` brings nothing are left out.
    pub async fn get_many<E, F: Future<Output = Result<Vec<Record>, E>>>(
        &self,
        module: &Arc<Module>,
        ids: &[Id],
        read: impl FnOnce(Vec<Id>) -> F,
    ) -> Result<Vec<Arc<Record>>, E> {
        let (mut records, mut rest, mut places) = (Vec::with_capacity(ids.len()), Vec::new(), Vec::new());
        for id in ids {
            match self.0.get_value_or_guard(&id.get(), Some(std::time::Duration::ZERO)) {
                GuardResult::Value(record) if Arc::ptr_eq(&record.module, module) => records.push(record),
                GuardResult::Guard(place) => {
                    rest.push(*id);
                    places.push((*id, place));
                }
                GuardResult::Value(_) | GuardResult::Timeout => rest.push(*id),
            }
        }
        if rest.is_empty() {
            return Ok(records);
        }
        let mut found: Map<Id, Arc<Record>> =
            read(rest).await?.into_iter().map(|record| (record.id(), Arc::new(record.shared()))).collect();
        for (id, place) in places {
            if let Some(record) = found.get(&id) {
                let _changed_meanwhile = place.insert(record.clone());
            }
        }
        records.extend(found.drain().map(|(_, record)| record));
        Ok(records)
    }
}
