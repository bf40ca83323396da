//! Taking turns: what happens when another edit of the same record was faster.
//!
//! The first try of an edit asks nobody. One that lost goes on in the queue of its record, so that the losers of one
//! process write one after the other instead of overtaking each other for ever. Other processes on the same database
//! are not in the queue; against them there are many tries, with a short pause between.

use crate::DeskError;
use crate::records::Written;
use model::Id;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

/// Queues; records whose ids fall on the same one wait for each other, which costs a little time and nothing else.
const QUEUES: usize = 64;
/// How often an edit is tried. Ten processes that all write the same record as fast as they can lose no edit.
const TRIES: u32 = 200;
/// The pauses vary up to this, so that two processes do not run in step.
const PAUSE_MS_MAX: u64 = 4;

/// The queues of a process.
#[derive(Debug)]
pub(crate) struct Turns([Mutex<()>; QUEUES]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

impl Turns {
    /// For an edit of a record, before its first try.
    pub fn of(&self, id: Id) -> Turn<'_> {
        // The low bits are the number of the process, the same in all ids; multiplying spreads the others over it.
        let hash = id.get().cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        Turn { queue: usize::try_from(hash).ok().and_then(|at| self.0.get(at)), held: None, lost: 0 }
    }
}

/// One edit's place in the queue. The next one's turn comes when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    queue: Option<&'a Mutex<()>>,
    held: Option<MutexGuard<'a, ()>>,
    lost: u32,
}

impl Turn<'_> {
    /// What a try came to: `None` when another edit was faster and it is to be tried again.
    ///
    /// # Errors
    /// When it failed for good, or lost too often.
    pub async fn after<T>(&mut self, tried: Result<T, Written>) -> Result<Option<T>, DeskError> {
        match tried {
            Ok(done) => return Ok(Some(done)),
            Err(Written::Failed(error)) => return Err(error),
            Err(Written::Stale) => self.lost += 1,
        }
        if self.lost >= TRIES {
            return Err(DeskError::Unavailable("too many edits of one record".into()));
        }
        match self.queue {
            Some(queue) if self.held.is_none() => self.held = Some(queue.lock().await),
            _ => tokio::time::sleep(Duration::from_millis(u64::from(self.lost) % PAUSE_MS_MAX)).await,
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fall_on_all_queues() {
        let turns = Turns::default();
        let mut met = std::collections::HashSet::new();
        for n in 0..2_000_i64 {
            // As they are made: one process, one after the other.
            let turn = turns.of(Id::new(290_000_000_000_000_000 + n * 1024));
            met.insert(turn.queue.map(std::ptr::from_ref).unwrap());
        }
        assert!(met.len() > QUEUES / 2, "{}", met.len());
    }

    #[tokio::test]
    async fn losers_go_one_after_the_other_and_not_for_ever() {
        let turns = Turns::default();
        let mut first = turns.of(Id::new(1));
        assert!(first.after(Err::<(), _>(Written::Stale)).await.unwrap().is_none());
        let mut second = turns.of(Id::new(1));
        let waits = second.after(Err::<(), _>(Written::Stale));
        assert!(tokio::time::timeout(Duration::from_millis(20), waits).await.is_err());
        drop(first);
        let mut third = turns.of(Id::new(1));
        for _ in 1..TRIES {
            assert!(third.after(Err::<(), _>(Written::Stale)).await.unwrap().is_none());
        }
        assert!(matches!(third.after(Err::<(), _>(Written::Stale)).await, Err(DeskError::Unavailable(_))));
    }
}
