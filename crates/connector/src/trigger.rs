//! The trigger: records that are new, and records that were changed, since the last look.

mod options;
mod resource;
mod state;
mod webhook;

pub use options::PollOptions;
pub use resource::{Event, Resource, What};
pub use state::PollState;
pub use webhook::Webhook;

use crate::list::time_ms;
use crate::{Client, Error, ListQuery, Result, Walk};
use futures_util::Stream;
use resource::Order;
use serde_json::{Value as Json, json};
use state::Mark;
use std::time::Duration;

/// Events and the state behind them. Who keeps the state only after dealing with the events loses none.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Where to go on.
    pub state: PollState,
}

/// Looks for records that are new or were changed.
///
/// ```no_run
/// use connector::{PollOptions, PollState, Poller, Resource};
/// # async fn example(client: connector::Client, kept: PollState) -> connector::Result<()> {
/// let mut poller = Poller::new(client, PollOptions::new(Resource::Requests), kept)?;
/// while let Some(batch) = poller.next().await? {
///     for event in &batch.events {
///         println!("{} {}", event.id, event.record["subject"]);
///     }
///     // Keep batch.state here: the next Poller goes on behind these events.
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Poller {
    client: Client,
    options: PollOptions,
    state: PollState,
    walk: Option<(What, Walk)>,
    /// What is still to be looked for in this round.
    todo: Vec<What>,
}

impl Poller {
    /// Goes on where a state says; begins with [`PollState::default`].
    ///
    /// # Errors
    /// [`Error::Input`] when the state is that of another resource.
    pub fn new(client: Client, options: PollOptions, mut state: PollState) -> Result<Self> {
        if state.resource.is_some_and(|resource| resource != options.resource) {
            return Err(Error::input("state", "it is about another resource"));
        }
        state.resource = Some(options.resource);
        // What is not asked for is not followed: asked for later, it begins anew.
        state.created = state.created.filter(|_| options.created);
        state.updated = state.updated.filter(|_| options.updated);
        Ok(Self { client, options, state, walk: None, todo: Vec::new() })
    }

    /// Where to go on.
    #[must_use]
    pub const fn state(&self) -> &PollState {
        &self.state
    }

    /// The next events of this round, a page at most; `None` at its end. After that another round may begin.
    ///
    /// # Errors
    /// Those of the calls. Nothing is lost: asking again goes on.
    pub async fn next(&mut self) -> Result<Option<Batch>> {
        if self.todo.is_empty() && self.walk.is_none() {
            self.todo = self.wanted();
            self.begin().await?;
        }
        let result = self.advance().await;
        if result.is_err() {
            // The round begins again; what was told is known.
            self.walk = None;
            self.todo.clear();
        }
        result
    }

    async fn advance(&mut self) -> Result<Option<Batch>> {
        loop {
            let Some((what, mut walk)) = self.walk.take() else {
                let Some(what) = self.todo.pop() else { return Ok(None) };
                self.walk = Some((what, self.walk_of(what)));
                continue;
            };
            let Some(rows) = walk.next_rows().await? else {
                if let Some(mark) = self.state.slot(what) {
                    mark.since = None;
                }
                continue;
            };
            let mut state = self.state.clone();
            let mut events = Vec::new();
            for row in rows {
                if let Some(event) = self.event(&mut state, what, row).await? {
                    events.push(event);
                }
            }
            for what in [What::Created, What::Updated] {
                if let Some(mark) = state.slot(what) {
                    mark.settle(self.options.resource.order(what));
                }
            }
            self.state = state;
            self.walk = Some((what, walk));
            if !events.is_empty() {
                return Ok(Some(Batch { events, state: self.state.clone() }));
            }
        }
    }

    /// A walk through what may be news.
    fn walk_of(&self, what: What) -> Walk {
        let resource = self.options.resource;
        let from = self.state.mark(what).map_or(0, |mark| mark.from);
        let walk = self.client.walk(&resource.path(), ListQuery::new().fields(resource.fields().to_vec()));
        match resource.order(what) {
            Order::Time(field) => walk.by_time(field, from),
            Order::Id => walk.by_id(from.saturating_sub(1)),
        }
    }

    /// One whole round as the documents have it: `{"data": {"created": […], "updated": […]}}`, and whether there was
    /// anything.
    ///
    /// # Errors
    /// Those of the calls; then nothing is told and the state is what it was.
    pub async fn poll(&mut self) -> Result<(Json, bool)> {
        let before = self.state.clone();
        let (mut created, mut updated) = (Vec::new(), Vec::new());
        loop {
            match self.next().await {
                Ok(None) => break,
                Ok(Some(batch)) => {
                    for event in batch.events {
                        match event.event {
                            What::Created => created.push(event.record),
                            What::Updated => updated.push(event.record),
                        }
                    }
                }
                Err(error) => {
                    self.state = before;
                    return Err(error);
                }
            }
        }
        let changes = !created.is_empty() || !updated.is_empty();
        Ok((json!({"data": {"created": created, "updated": updated}}), changes))
    }

    /// Round after round with a pause between, for ever. It ends with the first error.
    pub fn into_stream(self, pause: Duration) -> impl Stream<Item = Result<Batch>> + Send {
        futures_util::stream::try_unfold(self, move |mut poller| async move {
            loop {
                match poller.next().await? {
                    Some(batch) => return Ok(Some((batch, poller))),
                    None => tokio::time::sleep(pause).await,
                }
            }
        })
    }

    /// What is looked for, the last first.
    fn wanted(&self) -> Vec<What> {
        let wanted = [(What::Updated, self.options.updated), (What::Created, self.options.created)];
        wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(what, _)| what).collect()
    }

    /// Where nothing is known yet: from the time that was asked for, or from now on, as the service's newest record
    /// has it.
    async fn begin(&mut self) -> Result<()> {
        for what in self.wanted() {
            if self.state.mark(what).is_some() {
                continue;
            }
            let mark = match (self.options.since_ms, self.options.resource.order(what)) {
                (Some(since), Order::Time(_)) => Mark { newest: since, from: since, ..Mark::default() },
                (Some(since), Order::Id) => Mark { since: Some(since), ..Mark::default() },
                (None, order) => self.newest(order).await?,
            };
            *self.state.slot(what) = Some(mark);
        }
        Ok(())
    }

    /// The mark behind all that is there.
    async fn newest(&self, order: Order) -> Result<Mark> {
        let path = self.options.resource.path();
        let query = ListQuery::new().fields([order.field()]);
        // What has no such time is no news, wherever a service sorts it.
        let any = json!({"field": order.field(), "condition": "greater or equal", "value": "0"});
        let latest = query.clone().criteria(any).sort(order.field(), true);
        let last = self.client.page(&path, &latest, 1).await?;
        let mut mark = Mark::default();
        for row in &last.rows {
            if let (Some(id), Some(place)) = (id_of(row), order.place(row)) {
                mark.tell(&id, place);
            }
        }
        let newest = mark.newest;
        if let Order::Id = order {
            mark.from = mark.told.values().copied().min().unwrap_or(0);
        }
        mark.settle(order);
        if let (Order::Time(field), true) = (order, last.has_more) {
            // More than a page may lie within the look back.
            let mut walk = self.client.walk(&path, query).by_time(field, mark.from);
            while let Some(row) = walk.next().await? {
                if let (Some(id), Some(place)) = (id_of(&row), order.place(&row)) {
                    // What came while this was read is news for the next round.
                    if place <= newest {
                        mark.tell(&id, place);
                    }
                }
            }
            mark.settle(order);
        }
        Ok(mark)
    }

    async fn event(&self, state: &mut PollState, what: What, row: Json) -> Result<Option<Event>> {
        let resource = self.options.resource;
        let (Some(id), Some(place)) = (id_of(&row), resource.order(what).place(&row)) else {
            return Ok(None);
        };
        let Some(mark) = state.slot(what) else { return Ok(None) };
        if !mark.tell(&id, place) {
            return Ok(None);
        }
        if let Some(since) = mark.since
            && time_ms(&row, resource.birth()).is_some_and(|birth| birth < since)
        {
            return Ok(None);
        }
        // Its present state is told with a new record; only later changes are news of their own.
        let changed = resource.order(What::Updated).place(&row);
        if let (What::Created, Some(mark), Some(changed)) = (what, &mut state.updated, changed) {
            mark.tell(&id, changed);
        }
        let event = format!("{}/{id}/{}/{place}", resource.word(), what.word());
        let record = if self.options.whole { self.whole(&id, row).await? } else { row };
        Ok(Some(Event { id: event, event: what, resource, record }))
    }

    /// The record as a whole. Of one that was removed since it was listed, what the list showed is all there is to tell.
    async fn whole(&self, id: &str, row: Json) -> Result<Json> {
        let resource = self.options.resource;
        match self.client.get(&format!("{}/{}", resource.path(), crate::segment("id", id)?)).await {
            Ok(mut body) => Ok(body.get_mut(resource.entity()).map(Json::take).unwrap_or(row)),
            Err(error) if error.is_not_found() => Ok(row),
            Err(error) => Err(error),
        }
    }
}

fn id_of(row: &Json) -> Option<String> {
    match row.get("id")? {
        Json::String(id) => Some(id.clone()),
        Json::Number(id) => Some(id.to_string()),
        _ => None,
    }
}
