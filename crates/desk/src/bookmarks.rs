//! Where the pages of long lists ended. Clients walk through lists by `start_index`, and a database passes over all rows
//! before it: the ten-thousandth page would cost ten thousand times the first. The next page therefore begins behind the
//! last row of the one before, wherever that is remembered; it is what the walk wants as well, since rows that were added
//! or removed meanwhile neither repeat nor hide others.
//!
//! Only for a while: whoever asks for the same `start_index` again later wants the list as it is then. Where nothing is
//! remembered, because another process gave the page before or nobody asked for it, rows are passed over.

use crate::paging::{self, Spot};
use model::{Record, SortKey, Storage};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::{Query, Store};

/// Before so many rows, passing over them costs less than remembering.
const FAR: u64 = 200;
/// How long after a page the next one begins where it ended, in milliseconds.
const KEPT_MS: i64 = 120_000;
/// So many ends of pages are remembered.
const MOST: usize = 4_096;

/// The ends of pages that this process gave lately.
#[derive(Debug, Default)]
pub(crate) struct Bookmarks(Mutex<HashMap<[u8; 32], Bookmark>>);

#[derive(Debug)]
struct Bookmark {
    spot: Spot,
    until: i64,
}

/// A list that is walked through.
pub(crate) struct Walk {
    /// Everything about the question but which page is meant.
    question: Sha256,
    key: SortKey,
}

impl Walk {
    /// The walk that a query is part of; none near the beginning, and for orders in which a row does not tell its place
    /// by itself.
    pub fn of(store: &Store, query: &Query) -> Option<Self> {
        let [key] = query.sort.as_slice() else { return None };
        let leaf = key.path.leaf()?;
        let is_own = key.path.via.is_empty() && matches!(leaf.field.storage, Storage::Column);
        let is_far = query.offset + query.limit > FAR;
        if !is_own || !is_far || !query.words.is_empty() || !paging::is_sortable(&leaf.field.kind) {
            return None;
        }
        let mut first = query.clone();
        (first.offset, first.limit, first.slots) = (0, 1, query.module.id_slot().into_iter().collect());
        let statement = store.explain(&first);
        let mut question = Sha256::new_with_prefix(statement.sql.as_bytes());
        question.update(format!("{:?}", statement.binds));
        Some(Self { question, key: key.clone() })
    }

    /// The place that a row is sorted by, which has to be read with it.
    pub const fn slot(&self) -> usize {
        self.key.path.slot
    }

    fn name(&self, offset: u64) -> [u8; 32] {
        self.question.clone().chain_update(offset.to_be_bytes()).finalize().into()
    }
}

impl Bookmarks {
    fn marks(&self) -> MutexGuard<'_, HashMap<[u8; 32], Bookmark>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a query begin behind the page before, if that is remembered.
    pub fn open(&self, walk: &Walk, query: &mut Query, now: i64) {
        let spot = match self.marks().get(&walk.name(query.offset)) {
            Some(mark) if now < mark.until => mark.spot.clone(),
            _ => return,
        };
        let behind = paging::behind(&query.module, Some(&walk.key), &spot);
        query.filter = std::mem::replace(&mut query.filter, model::Filter::everything()).and(behind);
        query.offset = 0;
    }

    /// Remembers that the rows before an offset end with this one.
    pub fn put(&self, walk: &Walk, offset: u64, last: &Record, now: i64) {
        let value = paging::compared(&walk.key.path, last.at(walk.key.path.slot));
        let mark = Bookmark { spot: Spot { value, id: last.id() }, until: now + KEPT_MS };
        let mut marks = self.marks();
        if marks.len() >= MOST {
            marks.retain(|_, mark| now < mark.until);
            if marks.len() >= MOST {
                marks.clear();
            }
        }
        marks.insert(walk.name(offset), mark);
    }
}
