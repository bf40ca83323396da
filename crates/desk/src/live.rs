//! What happens, as it happens: every change of a record leaves an entry in the history, in its own commit, so the
//! history is the feed. One task a process asks for what is new about once a second, while anybody listens, and hands it to
//! all who do: the cost does not grow with them, and it does not matter which process made the change.
//!
//! An id is made before its commit, and clocks of several machines differ, so an entry may come in behind a newer one.
//! So each look begins somewhat before the newest entry and passes over what was seen already.

use crate::presence::{Looking, Presence};
use crate::{Context, Desk, DeskError};
use model::filter::test;
use model::{Id, Module, Op, Record};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::Query;
use tokio::sync::{broadcast, watch};

/// How often is looked.
const EVERY: Duration = Duration::from_millis(700);
/// How late an entry may come in.
const LATE_MS: i64 = 10_000;
/// More entries than these at one look are no news but an avalanche.
const ENTRIES_MAX: u64 = 2_000;
/// So much may wait for somebody who is slow to listen.
const WAITING_MAX: usize = 64;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// Its entry in the history; greater ids are newer.
    pub entry: Id,
    /// The module, by its key.
    pub module: String,
    /// The record.
    pub record: Id,
    /// The record under which it is told: a note's under its request.
    pub owner: Id,
    /// Whether it came in behind a newer one: a page that was made between may not show it, whatever its mark.
    pub is_late: bool,
}

/// What one look found.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// The changes, oldest first.
    pub happened: Vec<Happened>,
    /// Whether there was more than could be told: anything may have changed.
    pub is_avalanche: bool,
    /// Whether somebody came, went, or began or ceased to write.
    pub has_moved: bool,
}

/// Who listens, and who looks at what.
#[derive(Debug)]
pub(crate) struct Live {
    news: broadcast::Sender<Arc<News>>,
    listeners: AtomicUsize,
    /// Whether the task runs.
    is_looking: tokio::sync::Mutex<bool>,
    end: watch::Sender<bool>,
    pub presence: Presence,
}

impl Live {
    pub fn new() -> Result<Self, DeskError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(Self {
            news: broadcast::channel(WAITING_MAX).0,
            listeners: AtomicUsize::new(0),
            is_looking: tokio::sync::Mutex::new(false),
            end: watch::channel(false).0,
            presence: Presence::new(i64::from_le_bytes(random)),
        })
    }
}

/// Somebody who listens; their leaving is noted when this is dropped.
#[derive(Debug)]
pub struct Listener {
    desk: Arc<Desk>,
    news: broadcast::Receiver<Arc<News>>,
    end: watch::Receiver<bool>,
    at: Option<(Id, Id)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.desk.live.listeners.fetch_sub(1, Ordering::Relaxed);
        if let Some((record, person)) = self.at {
            self.desk.live.presence.leave(record, person);
        }
    }
}

impl Listener {
    /// The next news; `None` when the desk stops. Whoever was too slow to hear all of it hears of an avalanche.
    pub async fn next(&mut self) -> Option<Arc<News>> {
        tokio::select! {
            biased;
            _ = self.end.wait_for(|end| *end) => None,
            news = self.news.recv() => match news {
                Ok(news) => Some(news),
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    Some(Arc::new(News { is_avalanche: true, has_moved: true, ..News::default() }))
                }
                Err(broadcast::error::RecvError::Closed) => None,
            },
        }
    }
}

impl Desk {
    /// Listens to what happens, as somebody who looks at a record if one is named. `None` when the desk is stopping.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn listen(
        self: &Arc<Self>,
        ctx: &Context,
        record: Option<Id>,
    ) -> Result<Option<Listener>, DeskError> {
        if *self.live.end.borrow() {
            return Ok(None);
        }
        let at = record.map(|record| (record, ctx.caller.user));
        // Before anything can fail: dropping the listener takes both back.
        self.live.listeners.fetch_add(1, Ordering::Relaxed);
        if let Some((record, person)) = at {
            self.live.presence.enter(record, person);
        }
        let listener = Listener {
            desk: self.clone(),
            news: self.live.news.subscribe(),
            end: self.live.end.subscribe(),
            at,
        };
        self.look_out().await?;
        Ok(Some(listener))
    }

    /// The newest entry of the history: whoever shows a page notes it first and listens from there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn newest_change(&self) -> Result<Id, DeskError> {
        Ok(Id::new(self.store.greatest_id(self.snapshot().module("history")?).await?))
    }

    /// The newest change of a record and what is below it, or of any record of a module, if there is one behind an entry.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_since(
        &self,
        module: &Module,
        record: Option<Id>,
        entry: Id,
    ) -> Result<Option<Happened>, DeskError> {
        let news = self.happened_since(entry).await?;
        let is_meant = |h: &&Happened| match record {
            Some(record) => h.owner == record || h.record == record,
            None => h.module == module.key() || self.is_of_table(h, module),
        };
        let found = news.happened.iter().rev().find(is_meant).cloned();
        if found.is_some() || !news.is_avalanche {
            return Ok(found);
        }
        let entry = self.newest_change().await?;
        let any = record.unwrap_or(Id::new(0));
        Ok(Some(Happened { entry, module: module.key().to_owned(), record: any, owner: any, is_late: false }))
    }

    /// Whether what happened is about a record of a module's table, whichever of the table's modules it was reached by.
    #[must_use]
    pub fn is_of_table(&self, happened: &Happened, module: &Module) -> bool {
        let snapshot = self.snapshot();
        let modules = snapshot.catalogue.modules();
        modules.iter().any(|m| m.table == module.table && m.key() == happened.module)
    }

    /// Notes that somebody writes on a record, or has ceased to.
    pub fn note_writing(&self, ctx: &Context, record: Id, writes: bool) {
        let (presence, person) = (&self.live.presence, ctx.caller.user);
        if writes { presence.write(record, person) } else { presence.rest(record, person) }
    }

    /// Who else looks at a record, as far as this process knows.
    #[must_use]
    pub fn others_at(&self, ctx: &Context, record: Id) -> Vec<Looking> {
        let mut at = self.live.presence.at(record);
        at.retain(|looking| looking.person() != ctx.caller.user);
        at
    }

    /// How many listen in this process.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.live.listeners.load(Ordering::Relaxed)
    }

    /// Ends what listens, before the server stops: those answers would never end by themselves.
    pub fn stop_live(&self) {
        self.live.end.send_replace(true);
    }

    /// Begins to look, unless somebody else has.
    async fn look_out(self: &Arc<Self>) -> Result<(), DeskError> {
        let mut is_looking = self.live.is_looking.lock().await;
        if !*is_looking {
            let lookout = Lookout::begin(self).await?;
            tokio::spawn(lookout.run(Arc::downgrade(self)));
            *is_looking = true;
        }
        Ok(())
    }

    async fn happened_since(&self, entry: Id) -> Result<News, DeskError> {
        let module = self.snapshot().module("history")?.clone();
        let behind = test(&module, "id", Op::Greater, vec![entry.into()]);
        let mut query = Query::new(module.clone(), behind, ENTRIES_MAX);
        query.slots = ["owner", "module", "record"].iter().filter_map(|path| module.slot(path)).collect();
        let rows = self.store.list(&query).await?;
        let is_avalanche = rows.len() as u64 >= ENTRIES_MAX;
        Ok(News { happened: rows.iter().map(happened).collect(), is_avalanche, has_moved: false })
    }
}

fn happened(row: &Record) -> Happened {
    let id = |path: &str| Id::new(row.int(path).unwrap_or(0));
    Happened {
        entry: row.id(),
        module: row.text("module").unwrap_or_default().to_owned(),
        record: id("record"),
        owner: id("owner"),
        is_late: false,
    }
}

/// What has been seen.
struct Lookout {
    newest: Id,
    /// The entries that were seen among those that a look begins with.
    seen: BTreeSet<Id>,
}

impl Lookout {
    async fn begin(desk: &Desk) -> Result<Self, DeskError> {
        let newest = desk.newest_change().await?;
        let mut this = Self { newest, seen: BTreeSet::new() };
        let old = desk.happened_since(newest.earlier(LATE_MS)).await?;
        this.seen.extend(old.happened.iter().map(|h| h.entry));
        if let Some(last) = this.seen.last() {
            this.newest = this.newest.max(*last);
        }
        Ok(this)
    }

    async fn run(mut self, desk: Weak<Desk>) {
        loop {
            tokio::time::sleep(EVERY).await;
            let Some(desk) = desk.upgrade() else { return };
            if *desk.live.end.borrow() {
                return;
            }
            // Under the lock, so that nobody who comes just now finds a task that is about to end.
            let mut is_looking = desk.live.is_looking.lock().await;
            if desk.live.listeners.load(Ordering::Relaxed) == 0 {
                *is_looking = false;
                drop(is_looking);
                desk.live.presence.end(desk.store.db()).await;
                return;
            }
            drop(is_looking);
            match self.look(&desk).await {
                Ok(news) if news.happened.is_empty() && !news.is_avalanche && !news.has_moved => {}
                Ok(news) => {
                    // Nobody may be there to hear it.
                    let _heard = desk.live.news.send(Arc::new(news));
                }
                Err(error) => tracing::warn!(%error, "cannot look for what happened"),
            }
        }
    }

    async fn look(&mut self, desk: &Desk) -> Result<News, DeskError> {
        let has_moved = desk.live.presence.exchange(desk.store.db(), desk.now()).await?;
        let mut news = desk.happened_since(self.newest.earlier(LATE_MS)).await?;
        news.has_moved = has_moved;
        if news.is_avalanche {
            *self = Self::begin(desk).await?;
            return Ok(news);
        }
        news.happened.retain(|h| self.seen.insert(h.entry));
        news.happened.iter_mut().for_each(|h| h.is_late = h.entry < self.newest);
        if let Some(last) = self.seen.last() {
            self.newest = self.newest.max(*last);
        }
        let kept = self.seen.split_off(&self.newest.earlier(LATE_MS));
        self.seen = kept;
        Ok(news)
    }
}
