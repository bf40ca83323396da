//! Demo data: a believable company around any number of requests, the same for the same number and seed.
//!
//! Its last request came lately, so times follow the clock, and with them how far requests have got and what was said
//! on the way: people work by day and not on Sundays. Everything else does not: people, categories and requests have
//! the same ids, subjects, requesters and technicians whenever the demo is made (`ids`). The clock is read to the
//! hour, so within an hour even times are the same.
//!
//! What is small (sites, groups, categories, promises, products) goes in one commit. Then people, what they work with
//! (`estate`) and requests with the problems behind them follow in batches, each with everything that hangs on it, made by one task while another writes the batch before, so that
//! memory stays flat. To add a sort of trouble, describe it in `topics`; to add a sort of row, make it in the file of
//! its kind (`talk`, `work`) and load it in `Desk::load_batch`.

mod calendar;
mod company;
mod estate;
mod forms;
mod ids;
mod life;
mod names;
mod people;
mod places;
mod problems;
mod requests;
mod rng;
mod rows;
mod setup;
mod talk;
mod told;
mod topics;
mod words;
mod work;
mod world;

use crate::{Desk, DeskError, Refusal, Snapshot};
use calendar::{Calendar, DAY, HOUR};
use company::{Company, Scale};
use estate::Estate;
use forms::Forms;
use ids::{Ids, Slots};
use model::{Filter, Id, Record};
use requests::Batch;
use rng::{Rng, Stream};
use rows::Rows;
use setup::{Setup, Shipped};
use std::collections::HashSet;
use store::engine::Expect;
use store::{Query, Statement, StoreError};
use tokio::sync::mpsc;
use world::World;

/// How far the filling has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Requests that are written.
    pub done: u64,
    /// Requests that there will be.
    pub total: u64,
    /// What is being written.
    pub stage: Stage,
}

/// What is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Sites, groups, categories and the like.
    Company,
    /// Requesters and technicians.
    People,
    /// Assets, CIs and how they belong together.
    Estate,
    /// Requests and what hangs on them.
    Requests,
    /// Search documents of the last requests.
    Search,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemoSummary {
    /// Requests.
    pub requests: u64,
    /// Requesters.
    pub people: u64,
    /// Technicians.
    pub technicians: u64,
    /// Assets.
    pub assets: u64,
    /// Configuration items.
    pub cis: u64,
    /// Problems.
    pub problems: u64,
    /// Rows of all modules together, without the search documents and the side table.
    pub rows: u64,
}

/// Requests per batch: a few megabytes of each module's rows.
const BATCH: usize = 2_500;
/// People per batch.
const PEOPLE_BATCH: usize = 2_000;
/// How long before the first request the company was there.
const BEFORE: i64 = 30 * DAY;

impl Desk {
    /// Fills an initialised desk that has had no requests yet with a company of so many requests.
    ///
    /// Not all or nothing: when it fails half way, the desk is left with the requests of the batches so far, and
    /// new requests count on from behind all of them.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a desk that is not initialised, that has or had requests, or that lacks the ids
    /// for so many; else that the database does not take the rows.
    pub async fn demo(
        &self,
        requests: u64,
        seed: u64,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<DemoSummary, DeskError> {
        let mut tell = |done, stage| progress(Progress { done, total: requests, stage });
        tell(0, Stage::Company);
        let taken = self.may_fill().await?;
        let clock = self.now();
        let now = clock.div_euclid(HOUR) * HOUR;
        let count = i64::try_from(requests).unwrap_or(i64::MAX);
        let too_many = |most: i64| {
            refused(format!("The ids between the shipped ones and those of now suffice for {most} requests"))
        };
        let founded = calendar::start(now) - BEFORE;
        let ids = Ids::new(clock).ok_or_else(|| too_many(0))?;
        if count > ids.room() {
            return Err(too_many(ids.room()));
        }
        let calendar = Calendar::new(count, now, seed);
        let scale = Scale::of(requests);
        let (company, setup, estate, mut written) = {
            let snapshot = self.snapshot();
            let mut rows = Rows::new(&snapshot);
            let company = Company::found(seed, scale, &calendar, &mut rows, taken)?;
            let setup = Setup::make(&mut rows)?;
            let estate = Estate::plan(&mut rows, &company, seed, founded)?;
            let rows = rows.into_rows();
            self.write_setup(&rows, [("request", count), ("problem", problems::count(requests))]).await?;
            (company, setup, estate, rows.len() as u64)
        };
        self.reload().await?;
        let snapshot = self.snapshot();
        tell(0, Stage::People);
        written += self.write_people(&snapshot, &company, seed, founded).await?;
        tell(0, Stage::Estate);
        let counts = self.write_estate(&snapshot, &estate, &company, seed, founded).await?;
        written += counts.rows;
        let summary = DemoSummary {
            requests,
            assets: counts.assets,
            cis: counts.cis,
            problems: problems::count(requests).cast_unsigned(),
            people: company.people.len() as u64,
            technicians: company.technicians.len() as u64,
            rows: 0,
        };
        let shipped = Shipped::read(&snapshot)?;
        let forms = Forms::new(&snapshot)?;
        let end = now - HOUR / 2;
        let world = World { seed, calendar, end, company, setup, shipped, forms, estate };
        tell(0, Stage::Requests);
        written += self.write_requests(&snapshot, world, &mut tell).await?;
        let versions = ["setup", "people", "graph"].map(|name| self.store.raise_cache_version(name));
        self.store.commit(versions.to_vec()).await?;
        self.people.forget_all();
        Ok(DemoSummary { rows: written, ..summary })
    }

    /// Whether the desk may be filled; if so, the e-mail addresses that it knows.
    async fn may_fill(&self) -> Result<HashSet<String>, DeskError> {
        const FEW: u64 = 10_000;
        self.reload().await?;
        if self.is_new() {
            return Err(refused("The desk has not been initialised".into()));
        }
        let snapshot = self.snapshot();
        if self.store.exists(snapshot.module("request")?, Filter::everything()).await? {
            return Err(not_empty());
        }
        let users = Query::new(snapshot.module("user")?.clone(), Filter::everything(), FEW);
        let users = self.store.list(&users).await?;
        Ok(users.iter().filter_map(|user| user.text("email_id")).map(model::fold).collect())
    }

    /// Everything small, and the numbers from which the next request and the next problem count on.
    async fn write_setup(&self, rows: &[Record], numbers: [(&str, i64); 2]) -> Result<(), DeskError> {
        let counter = |(name, last): (&str, i64)| {
            Statement::new(
                r#"INSERT INTO "counter" ("value", "name") VALUES ($1, $2)"#,
                vec![last.into(), name.into()],
                Expect::Exactly(1),
            )
        };
        let mut statements = numbers.map(counter).to_vec();
        statements.extend(rows.iter().flat_map(|row| self.store.insert(row)));
        statements.push(self.store.raise_cache_version("setup"));
        match self.store.commit(statements).await {
            // It had requests, although they are gone.
            Err(StoreError::Conflict { constraint }) if constraint.starts_with("counter") => Err(not_empty()),
            Err(StoreError::Conflict { constraint }) => {
                Err(refused(format!("The desk has a row already that the demo would add ({constraint})")))
            }
            other => Ok(other?),
        }
    }

    async fn write_people(
        &self,
        snapshot: &Snapshot,
        company: &Company,
        seed: u64,
        since: i64,
    ) -> Result<u64, DeskError> {
        let module = snapshot.module("user")?;
        let mut technicians = company.technician_records(snapshot, seed, since)?;
        let all = company.people.len();
        let count = i64::try_from(all + technicians.len()).unwrap_or(i64::MAX);
        let mut numbers = self.numbers.take("requester", count).await?;
        let mut phones = self.numbers.take("requester_phone", count * 2).await?.step_by(2);
        let mut numbered = |people: &mut [Record]| {
            for ((person, number), phone) in people.iter_mut().zip(&mut numbers).zip(&mut phones) {
                crate::requesters::phones::number(person, number, [phone, phone + 1]);
            }
        };
        numbered(&mut technicians);
        self.store.load(module, &technicians).await?;
        for from in (0..all).step_by(PEOPLE_BATCH) {
            let mut people = company.person_records(snapshot, seed, from..(from + PEOPLE_BATCH).min(all))?;
            numbered(&mut people);
            self.store.load(module, &people).await?;
        }
        Ok((all + technicians.len()) as u64)
    }

    async fn write_requests(
        &self,
        snapshot: &Snapshot,
        world: World,
        tell: &mut (dyn FnMut(u64, Stage) + Send),
    ) -> Result<u64, DeskError> {
        // One batch waits while one is made and one is written.
        let (sender, mut batches) = mpsc::channel(1);
        let maker = tokio::task::spawn_blocking(move || make(&world, &sender));
        let mut written = 0;
        let mut done = 0;
        let mut unsearched = None;
        while let Some(batch) = batches.recv().await {
            let batch: Batch = batch;
            let range = batch.range();
            tokio::try_join!(self.fill_search(snapshot, unsearched), self.load_batch(snapshot, &batch))?;
            unsearched = range;
            done += batch.requests.len() as u64;
            written += batch.rows();
            tell(done, Stage::Requests);
        }
        tell(done, Stage::Search);
        self.fill_search(snapshot, unsearched).await?;
        maker.await.map_err(|error| DeskError::Internal(error.to_string()))?;
        Ok(written)
    }

    /// Each module's rows are made ready while those of the one before are written.
    async fn load_batch(&self, snapshot: &Snapshot, batch: &Batch) -> Result<(), DeskError> {
        let load = async |module: &str, records: &[Record]| -> Result<(), DeskError> {
            Ok(self.store.load(snapshot.module(module)?, records).await?)
        };
        tokio::try_join!(
            load("request", &batch.requests),
            load("history", &batch.history),
            load("request_note", &batch.notes),
            load("notification", &batch.notifications),
            load("task", &batch.tasks),
            load("worklog", &batch.worklogs),
            load("approval_level", &batch.levels),
            load("approval", &batch.approvals),
            load("request_link", &batch.links),
            load("problem", &batch.found.problems),
            load("problem_note", &batch.found.notes),
        )?;
        Ok(())
    }

    async fn fill_search(&self, snapshot: &Snapshot, range: Option<(Id, Id)>) -> Result<(), DeskError> {
        let Some((from, to)) = range else { return Ok(()) };
        for module in ["request", "task", "problem"] {
            let module = snapshot.module(module)?;
            self.store.fill_search(module, &snapshot.catalogue, from, to).await?;
        }
        Ok(())
    }
}

/// Makes all batches, until nobody wants them any more.
fn make(world: &World, sender: &mpsc::Sender<Batch>) {
    let mut batch = Batch::default();
    let mut links = Rng::new(world.seed, Stream::Links, 0);
    let mut problems = 0;
    let mut send = |batch: &mut Batch| {
        let mut full = std::mem::take(batch);
        world.link(&mut full, &mut links);
        world.problems(&mut full, &mut problems);
        sender.blocking_send(full).is_ok()
    };
    for (number, created) in (1..).zip(world.calendar.moments()) {
        world.request(number, created, &mut batch);
        if batch.requests.len() == BATCH && !send(&mut batch) {
            return;
        }
    }
    if !batch.requests.is_empty() {
        send(&mut batch);
    }
}

impl Batch {
    /// From the first request to the end of the last one's room.
    fn range(&self) -> Option<(Id, Id)> {
        // The last problem is behind the last request, in its room.
        let last = Slots::link(self.requests.last()?.int("display_id")?);
        Some((self.requests.first()?.id(), last))
    }
    fn rows(&self) -> u64 {
        let Self {
            requests,
            notes,
            notifications,
            tasks,
            worklogs,
            levels,
            approvals,
            links,
            history,
            found,
        } = self;
        let all = [requests, notes, notifications, tasks, worklogs, levels, approvals, links, history];
        let all = all.into_iter().chain([&found.problems, &found.notes]);
        all.map(|rows| rows.len() as u64).sum()
    }
}

fn not_empty() -> DeskError {
    refused("Demo data goes into a new desk; this one has, or had, requests of its own".into())
}

fn refused(why: String) -> DeskError {
    Refusal::because("demo", why).into()
}
