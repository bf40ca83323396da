//! A timer that a technician lets run while they work on something, and what they have not seen yet. Both are kept with
//! the desk and not in the browser, so that every page and every process knows them.

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::{Place, in_trash};
use crate::{Desk, DeskError};
use model::filter::{equals, test};
use model::{Id, Module, Op};
use std::collections::HashSet;
use store::day::{self, TimerRow};
use store::{Db, Query, StoreError};

/// Longer than this no timer counts: it was forgotten.
pub const TIMER_MS_MAX: i64 = 24 * 3_600_000;

/// After so long away a visit is a new one.
const VISIT_MS: i64 = 30 * 60_000;

/// Titles are kept up to here.
const TITLE_CHARS_MAX: usize = 120;

/// A timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The module of the record that it runs for, by its name.
    pub module: String,
    /// The record.
    pub record: Id,
    /// What the record is called.
    pub title: String,
    /// Whether it runs. A stopped one waits for its time to be written down.
    pub is_running: bool,
    /// How long it has run, in milliseconds.
    pub spent: i64,
}

impl Timer {
    fn of(row: TimerRow, now: i64) -> Self {
        let spent = row.stopped.unwrap_or(now).saturating_sub(row.started).clamp(0, TIMER_MS_MAX);
        Self {
            module: row.module,
            record: row.record,
            title: row.title,
            is_running: row.stopped.is_none(),
            spent,
        }
    }

    /// Whether it runs or ran for a record.
    #[must_use]
    pub fn is_for(&self, module: &Module, record: Id) -> bool {
        self.record == record && self.module == module.name
    }
}

/// What a timer may run for: what time can be written down on.
#[must_use]
pub fn is_timed(module: &Module) -> bool {
    matches!(module.name.as_ref(), "request" | "task")
}

impl Desk {
    fn db(&self) -> &Db {
        self.store.db()
    }

    /// The caller's timer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn timer(&self, ctx: &Context) -> Result<Option<Timer>, DeskError> {
        let row = day::timer(self.db(), ctx.caller.user).await?;
        Ok(row.map(|row| Timer::of(row, ctx.now)))
    }

    /// Starts the caller's timer for a record. There is one a person: where it runs or waits for another record, that
    /// one comes back and nothing is done.
    ///
    /// # Errors
    /// As for reading the record; [`DeskError::NotPermitted`] where no time can be written down.
    pub async fn start_timer(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
    ) -> Result<Result<(), Timer>, DeskError> {
        if !ctx.is_technician() || !is_timed(&place.module) {
            return Err(DeskError::NotPermitted);
        }
        permit(ctx, place, Verb::Update)?;
        let record = self.get(ctx, place, id).await?;
        if in_trash(&record) {
            return Err(DeskError::NotFound);
        }
        let number = record.module.slot("display_id").map(|slot| format!("#{} ", record.at(slot)));
        let title: String = number.unwrap_or_default() + record.title();
        let row = TimerRow {
            person: ctx.caller.user,
            module: record.module.name.to_string(),
            record: id,
            title: title.chars().take(TITLE_CHARS_MAX).collect(),
            started: ctx.now,
            stopped: None,
        };
        match self.db().commit(vec![day::start_timer(&row)]).await {
            Ok(_) => return Ok(Ok(())),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        // One that is there for the same record runs on.
        match self.timer(ctx).await? {
            Some(timer) if timer.is_for(&record.module, id) => {
                self.resume_timer(ctx).await?;
                Ok(Ok(()))
            }
            Some(timer) => Ok(Err(timer)),
            None => Err(DeskError::Unavailable("the timer was stopped just now".into())),
        }
    }

    /// Stops the caller's timer and returns it; `None` where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn stop_timer(&self, ctx: &Context) -> Result<Option<Timer>, DeskError> {
        self.db().commit(vec![day::stop_timer(ctx.caller.user, ctx.now)]).await?;
        self.timer(ctx).await
    }

    /// Lets the caller's stopped timer run on, as if it had not been stopped for the time between.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume_timer(&self, ctx: &Context) -> Result<(), DeskError> {
        if let Some(timer) = self.timer(ctx).await?.filter(|timer| !timer.is_running) {
            let started = ctx.now.saturating_sub(timer.spent);
            self.db().commit(vec![day::resume_timer(ctx.caller.user, started)]).await?;
        }
        Ok(())
    }

    /// Takes the caller's timer away: its time was written down, or is not wanted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn drop_timer(&self, ctx: &Context) -> Result<(), DeskError> {
        self.db().commit(vec![day::remove_timer(ctx.caller.user)]).await?;
        Ok(())
    }

    /// Notes that the caller looks at their first page, and returns since when there may be news for them: the end of the
    /// visit before this one. `None` on their first visit.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn look(&self, ctx: &Context) -> Result<Option<i64>, DeskError> {
        const NOTED_EVERY_MS: i64 = 60_000;
        let user = ctx.caller.user;
        let Some((seen, earlier)) = day::looked(self.db(), user).await? else {
            self.db().commit(vec![day::note_look(user, ctx.now, ctx.now)]).await?;
            return Ok(None);
        };
        let away = ctx.now.saturating_sub(seen);
        let since = if away > VISIT_MS { seen } else { earlier };
        if away > NOTED_EVERY_MS {
            self.db().commit(vec![day::note_look(user, ctx.now, since)]).await?;
        }
        Ok(Some(since))
    }

    /// Those of some records that somebody else changed since a time, or said something on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn changed_by_others(
        &self,
        ctx: &Context,
        records: &[Id],
        since: i64,
    ) -> Result<HashSet<Id>, DeskError> {
        const ENTRIES_MAX: u64 = 500;
        if records.is_empty() {
            return Ok(HashSet::new());
        }
        let module = self.snapshot().module("history")?.clone();
        let owners = records.iter().map(|id| (*id).into()).collect();
        let filter = equals(&module, "owner", owners)
            .and(test(&module, "time", Op::Greater, vec![since.into()]))
            .and(equals(&module, "by", vec![ctx.caller.user.into()]).negate());
        let mut query = Query::new(module.clone(), filter, ENTRIES_MAX);
        query.slots = module.slot("owner").into_iter().collect();
        let entries = self.store.list(&query).await?;
        Ok(entries.iter().filter_map(|entry| entry.int("owner").map(Id::new)).collect())
    }
}
