//! Who looks at what just now, and who writes. Each process knows its own browsers; several tell one another by a row
//! each (`store::presence`).

use model::Id;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::presence::{self as boards, Board};
use store::{Db, StoreError};

/// Who wrote a letter this long ago still writes.
const WRITING: Duration = Duration::from_secs(15);
/// How often a process that shows somebody gives a sign of life.
const SIGN_OF_LIFE_MS: i64 = 10_000;
/// A process that gave none for so long is gone.
const GONE_MS: i64 = 45_000;

/// Somebody at a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Looking {
    /// The record, by its number.
    record: i64,
    /// The person, by their number.
    person: i64,
    /// Whether they write.
    writes: bool,
}

impl Looking {
    /// Who.
    #[must_use]
    pub const fn person(&self) -> Id {
        Id::new(self.person)
    }
    /// Whether they write something.
    #[must_use]
    pub const fn is_writing(&self) -> bool {
        self.writes
    }
}

#[derive(Debug, Default)]
struct Here {
    pages: usize,
    writes_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    /// By record and person.
    own: HashMap<(i64, i64), Here>,
    others: Vec<(Board, Vec<Looking>)>,
    /// What was last told to the other processes, and when.
    told: Vec<Looking>,
    version: i64,
    told_at: Option<i64>,
}

/// Who looks at what.
#[derive(Debug)]
pub(crate) struct Presence {
    process: i64,
    state: Mutex<State>,
}

impl Presence {
    pub fn new(process: i64) -> Self {
        Self { process, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn enter(&self, record: Id, person: Id) {
        self.state().own.entry((record.get(), person.get())).or_default().pages += 1;
    }

    pub fn leave(&self, record: Id, person: Id) {
        if let Some(here) = self.state().own.get_mut(&(record.get(), person.get())) {
            here.pages = here.pages.saturating_sub(1);
        }
    }

    pub fn write(&self, record: Id, person: Id) {
        let mut state = self.state();
        let here = state.own.entry((record.get(), person.get())).or_default();
        here.writes_until = Some(Instant::now() + WRITING);
    }

    pub fn rest(&self, record: Id, person: Id) {
        if let Some(here) = self.state().own.get_mut(&(record.get(), person.get())) {
            here.writes_until = None;
        }
    }

    /// Who is at a record, each once, in the order of their ids.
    pub fn at(&self, record: Id) -> Vec<Looking> {
        let state = self.state();
        let own = own(&state.own);
        let all = own.iter().chain(state.others.iter().flat_map(|(_, people)| people));
        let mut at: Vec<Looking> = all.filter(|l| l.record == record.get()).copied().collect();
        // Whoever writes comes before the same person who only looks.
        at.sort_unstable_by_key(|l| (l.person, !l.writes));
        at.dedup_by_key(|l| l.person);
        at
    }

    /// Takes out who is gone, tells the other processes and hears what they tell; to be called about once a second.
    /// Says whether anything is otherwise than before.
    pub async fn exchange(&self, db: &Db, now: i64) -> Result<bool, StoreError> {
        let (own, has_changed, board) = self.own_news(now);
        if !db.is_shared() {
            return Ok(has_changed);
        }
        if let Some(board) = board {
            let statement = if own.is_empty() {
                boards::remove(self.process, now - 10 * GONE_MS)
            } else {
                boards::write(board, &serde_json::to_string(&own).unwrap_or_default())
            };
            db.commit(vec![statement]).await?;
        }
        Ok(self.hear(db, now).await? || has_changed)
    }

    /// What this process has to tell, whether it is new, and the row to write if one is due.
    fn own_news(&self, now: i64) -> (Vec<Looking>, bool, Option<Board>) {
        let mut state = self.state();
        let at = Instant::now();
        state.own.retain(|_, here| here.pages > 0 || here.writes_until.is_some_and(|until| until > at));
        let own = own(&state.own);
        let has_changed = own != state.told;
        let is_due = !own.is_empty() && state.told_at.is_none_or(|told| now - told >= SIGN_OF_LIFE_MS);
        if !has_changed && !is_due {
            return (own, false, None);
        }
        if has_changed {
            state.version += 1;
            state.told.clone_from(&own);
        }
        state.told_at = Some(now);
        let board = Board { process: self.process, version: state.version, seen: now };
        (own, has_changed, Some(board))
    }

    async fn hear(&self, db: &Db, now: i64) -> Result<bool, StoreError> {
        let is_other = |board: &Board| board.process != self.process && now - board.seen < GONE_MS;
        let there: Vec<Board> = boards::boards(db).await?.into_iter().filter(is_other).collect();
        let known = std::mem::take(&mut self.state().others);
        let mut has_changed = known.len() != there.len();
        let mut others = Vec::with_capacity(there.len());
        for board in there {
            let same = known.iter().find(|(k, _)| k.process == board.process && k.version == board.version);
            let people = match same {
                Some((_, people)) => people.clone(),
                None => {
                    has_changed = true;
                    let text = boards::text(db, board.process).await?;
                    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
                }
            };
            others.push((board, people));
        }
        self.state().others = others;
        Ok(has_changed)
    }

    /// Tells the other processes that nobody is here any more.
    pub async fn end(&self, db: &Db) {
        let was_told = {
            let mut state = self.state();
            state.told.clear();
            state.others.clear();
            state.told_at.take().is_some()
        };
        if db.is_shared()
            && was_told
            && let Err(error) = db.commit(vec![boards::remove(self.process, i64::MIN)]).await
        {
            tracing::warn!(%error, "other processes were not told that nobody looks from here");
        }
    }
}

fn own(here: &HashMap<(i64, i64), Here>) -> Vec<Looking> {
    let at = Instant::now();
    let looking = |((record, person), here): (&(i64, i64), &Here)| Looking {
        record: *record,
        person: *person,
        writes: here.writes_until.is_some_and(|until| until > at),
    };
    let is_here = |(_, here): &(&(i64, i64), &Here)| {
        here.pages > 0 || here.writes_until.is_some_and(|until| until > at)
    };
    let mut own: Vec<Looking> = here.iter().filter(is_here).map(looking).collect();
    own.sort_unstable_by_key(|l| (l.record, l.person));
    own
}
