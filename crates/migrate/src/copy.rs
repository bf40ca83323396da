//! The first pass: everything, list by list, each in the order of the source's ids. A run that was stopped goes on behind
//! its last commit.

use crate::bundle::{Bundle, Gatherer, id_of};
use crate::error::{MigrateError, Unread};
use crate::load::{Loader, Mark};
use crate::place::Fate;
use crate::plan::{self, Part};
use crate::side::{self, Object, Side};
use crate::{Migration, Patience};
use connector::Client;
use desk::{DeskError, MigratedPart, Remark, Snapshot};
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use model::Module;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pages whose rows are gathered while those before them are written.
const AHEAD: usize = 3;
/// Records of one commit, if so many are there.
const COMMIT: usize = 500;
/// Changes are asked for from this long before the last look, in milliseconds: clocks differ, commits take a while.
pub(crate) const OVERLAP: i64 = 5 * 60_000;
/// Remarks of a page.
const REMARKS: i64 = 500;

/// How far a run has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The list that is being copied.
    pub part: String,
    /// Its records that are done with.
    pub done: u64,
    /// Its records in all, where the source says so.
    pub total: Option<u64>,
}

/// What became of rows of a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Added.
    pub created: u64,
    /// Changed.
    pub updated: u64,
    /// As they were.
    pub unchanged: u64,
    /// Not taken.
    pub refused: u64,
    /// Removed, because the source has them no more.
    pub removed: u64,
}

impl Count {
    pub(crate) const fn add(&mut self, fate: Fate) {
        match fate {
            Fate::Created => self.created += 1,
            Fate::Updated => self.updated += 1,
            Fate::Unchanged => self.unchanged += 1,
            Fate::Refused => self.refused += 1,
        }
    }
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What became of rows in this run, by module.
    pub counts: BTreeMap<String, Count>,
    /// Records of lists that earlier runs had copied.
    pub copied_before: u64,
    /// Lists that the source does not show, and its words.
    pub not_shown: BTreeMap<String, String>,
    /// How many things could not be taken over as they were, of this and earlier runs.
    pub remarks: u64,
}

/// Tells how far a run has got.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// One run over the lists.
pub(crate) struct Run<'a> {
    pub migration: &'a Migration,
    pub loader: Loader,
    pub marks: HashMap<String, MigratedPart>,
    pub outcome: Outcome,
    pub tell: Tell<'a>,
    /// Whether the source gives nothing but ids of references where it is asked so.
    pub light: bool,
}

impl Migration {
    /// Copies everything, or goes on where an earlier run stopped. What was copied whole is not looked at again.
    ///
    /// # Errors
    /// See [`MigrateError`]; the same call goes on then.
    pub async fn copy(&self, tell: Tell<'_>) -> Result<Outcome, MigrateError> {
        let mut run = Run::begin(self, tell).await?;
        for whole in plan::order(&self.desk.snapshot()) {
            let gatherer = Arc::new(Gatherer::new(self.there(), self.desk.snapshot(), false, run.light));
            for part in run.parts(&whole).await? {
                // In boxes here and below: a copy is a deep future, and threads have short stacks.
                Box::pin(run.part(part, &gatherer)).await?;
            }
            run.outcome.not_shown.extend(gatherer.not_shown());
        }
        Box::pin(run.look_again()).await?;
        run.end().await
    }

    /// What could not be taken over as it was, behind a remark or from the first one on.
    ///
    /// # Errors
    /// When this desk does not answer.
    pub async fn remarks(&self, after: Option<&Remark>) -> Result<Vec<Remark>, MigrateError> {
        let Some(number) = self.desk.store().migration(&self.source()).await.map_err(DeskError::from)? else {
            return Ok(Vec::new());
        };
        let after =
            after.map_or(("", 0, ""), |last| (last.module.as_str(), last.source_id, last.field.as_str()));
        Ok(self.desk.store().remarks_after(number, after, REMARKS).await.map_err(DeskError::from)?)
    }
}

impl<'a> Run<'a> {
    /// Finds the copy of this source, or begins one.
    pub async fn begin(migration: &'a Migration, tell: Tell<'a>) -> Result<Self, MigrateError> {
        let (store, source) = (migration.desk.store(), migration.source());
        let number = match store.migration(&source).await.map_err(DeskError::from)? {
            Some(number) => number,
            None => {
                let id = migration.desk.fresh_id();
                let begin = store.begin_migration(id, &source, migration.desk.now());
                store.commit(vec![begin]).await.map_err(DeskError::from)?;
                id.get()
            }
        };
        let marks = store.migrated_parts(number).await.map_err(DeskError::from)?;
        let loader = Loader::new(migration.desk.clone(), migration.there(), number);
        let copied = marks.values().map(|mark| mark.created + mark.updated + mark.unchanged).sum::<i64>();
        let outcome = Outcome { copied_before: copied.unsigned_abs(), ..Outcome::default() };
        let light = migration.there().is_frontdesk().await.map_err(Unread::into_error)?;
        Ok(Self { migration, loader, marks, outcome, tell, light })
    }

    /// The lists of a module, as the types that are here by now have it.
    pub async fn parts(&self, whole: &Arc<Module>) -> Result<Vec<Part>, MigrateError> {
        let snapshot = self.migration.desk.snapshot();
        let whole = snapshot.module(&whole.name)?.clone();
        let mut types = HashMap::new();
        for name in ["ci_type", "product_type"] {
            types.insert(name, self.loader.source_ids(name).await?);
        }
        let source_id =
            |module: &str, id: i64| types.get(module).and_then(|ids| ids.get(&id)).copied().unwrap_or(id);
        Ok(plan::parts(&snapshot, &whole, &source_id))
    }

    /// Copies the rest of a list.
    pub async fn part(&mut self, part: Part, gatherer: &Arc<Gatherer>) -> Result<(), MigrateError> {
        let state = self.marks.get(&part.name).cloned().unwrap_or_default();
        if state.done {
            return Ok(());
        }
        let mut mark = Mark { name: part.name.clone(), state };
        if mark.state.seen_until == 0 {
            mark.state.seen_until = self.migration.desk.now() - OVERLAP;
        }
        let pages = Pages {
            client: self.migration.client.clone(),
            patience: self.migration.patience,
            module: part.module.clone(),
            criteria: part.criteria.clone(),
            after: mark.state.last_id,
            light: self.light,
        };
        self.count_from(&part).await?;
        match Box::pin(self.walk(pages, gatherer, Some(&mut mark), false)).await {
            Ok(()) => {}
            Err(Unread::NotShown(words)) => {
                // Flags and types are ours; that another service does not list by them is nothing to be told.
                if part.criteria.is_empty() {
                    self.outcome.not_shown.insert(part.name.clone(), words);
                }
            }
            Err(failed) => return Err(failed.into_error()),
        }
        let store = self.migration.desk.store();
        let done = MigratedPart { done: true, ..mark.state.clone() };
        let advance = store.advance_migration(self.loader.ids.migration, &mark.name, mark.state.step, &done);
        store.commit(vec![advance]).await.map_err(|_| MigrateError::Overtaken)?;
        self.marks.insert(mark.name, MigratedPart { step: done.step + 1, ..done });
        Ok(())
    }

    /// Numbers that are given anew, because records here have them, are none that is still to come.
    async fn count_from(&self, part: &Part) -> Result<(), MigrateError> {
        let leaf = desk::running_number(&part.module).and_then(|slot| part.module.leaf(slot));
        let Some(leaf) = leaf else { return Ok(()) };
        let path = format!("/{}", part.module.path());
        let last = side::query(std::slice::from_ref(&leaf.path), None).rows(1).sort(leaf.path.as_str(), true);
        let page = match side::page(&self.migration.client, self.migration.patience, &path, &last).await {
            Ok(page) => page,
            Err(Unread::NotShown(_)) => return Ok(()),
            Err(failed) => return Err(failed.into_error()),
        };
        let number = page.rows.first().and_then(|row| row.get(&leaf.path));
        if let Some(number) =
            number.and_then(|number| crate::bundle::number(number.get("value").unwrap_or(number)))
        {
            self.migration.desk.count_from(&part.module, number).await?;
        }
        Ok(())
    }

    /// Reads pages, gathers what hangs on their records and writes both, each while the next is under way.
    pub async fn walk(
        &mut self,
        pages: Pages,
        gatherer: &Arc<Gatherer>,
        mut mark: Option<&mut Mark>,
        reconcile: bool,
    ) -> Result<(), Unread> {
        let total = pages.total().await?;
        let name = pages.module.path().into_owned();
        let name = mark.as_ref().map_or(name, |mark| mark.name.clone());
        let (sender, mut bundles) = mpsc::channel::<Result<Vec<Bundle>, Unread>>(COMMIT / 100);
        let (source, module) = (gatherer.clone(), pages.module.clone());
        let reader = tokio::spawn(async move {
            let gathered = pages.into_stream().map(|page| {
                let (gatherer, module) = (source.clone(), module.clone());
                async move { gatherer.gather(&module, page?).await }.boxed()
            });
            let mut gathered = std::pin::pin!(gathered.buffered(AHEAD));
            while let Some(page) = gathered.next().await {
                let failed = page.is_err();
                if sender.send(page).await.is_err() || failed {
                    return;
                }
            }
        });
        let reader = AbortOnDrop(reader);
        let mut done = mark.as_ref().map_or(0, |mark| {
            let state = &mark.state;
            (state.created + state.updated + state.unchanged + state.refused).unsigned_abs()
        });
        (self.tell)(Progress { part: name.clone(), done, total });
        while let Some(page) = bundles.recv().await {
            let mut page = page?;
            // What is there already goes into the same commit: syncing the disk is what a commit mostly is.
            let mut failed = None;
            while failed.is_none() && page.len() < COMMIT {
                match bundles.try_recv() {
                    Ok(Ok(more)) => page.extend(more),
                    Ok(Err(error)) => failed = Some(error),
                    Err(_) => break,
                }
            }
            done += page.len() as u64;
            let known = |list: &str| !gatherer.not_shown().contains_key(list);
            let shown: crate::load::Shown<'_> = if reconcile { Some(&known) } else { None };
            Box::pin(self.loader.load(page, mark.as_deref_mut(), shown)).await?;
            (self.tell)(Progress { part: name.clone(), done, total });
            if let Some(error) = failed {
                return Err(error);
            }
        }
        drop(reader);
        Ok(())
    }

    /// Looks again at records that referred to what was not here yet.
    pub async fn look_again(&mut self) -> Result<(), MigrateError> {
        let gatherer = Arc::new(Gatherer::new(
            self.migration.there(),
            self.migration.desk.snapshot(),
            false,
            self.light,
        ));
        let snapshot = self.migration.desk.snapshot();
        let mut last: Option<Remark> = None;
        loop {
            let remarks = self.migration.remarks(last.as_ref()).await?;
            let Some(end) = remarks.last().cloned() else { return Ok(()) };
            let mut seen = None;
            let mut wanted: Vec<(String, i64)> = Vec::new();
            for remark in remarks.iter().filter(|remark| remark.source_id != 0) {
                let key = (remark.module.clone(), remark.source_id);
                if seen.replace(key.clone()) != Some(key.clone()) {
                    wanted.push(key);
                }
            }
            (self.tell)(Progress { part: "references".into(), done: 0, total: Some(wanted.len() as u64) });
            for (module, source_id) in wanted {
                self.again(&snapshot, &gatherer, &module, source_id).await?;
            }
            last = Some(end);
        }
    }

    async fn again(
        &mut self,
        snapshot: &Snapshot,
        gatherer: &Gatherer,
        module: &str,
        source_id: i64,
    ) -> Result<(), MigrateError> {
        let Some(whole) = snapshot.catalogue.module(module).filter(|module| module.top_level) else {
            return Ok(());
        };
        let there = self.migration.there();
        let object = match there.record(&format!("{}/{source_id}", whole.path())).await {
            Ok(object) => object,
            Err(Unread::NotShown(_)) => return Ok(()),
            Err(failed) => return Err(failed.into_error()),
        };
        // As its own type shows it, so that nothing of it is lost.
        let wanted = HashMap::from([(module.to_owned(), [source_id].into())]);
        self.loader.ids.learn(&wanted).await?;
        let ours = self.loader.ids.get(module, source_id);
        let old = match ours {
            Some(id) => self.migration.desk.facts_of(whole, &[id]).await?.remove(&id),
            None => None,
        };
        let exact = old.as_ref().and_then(|old| snapshot.catalogue.view_of(whole, old)).unwrap_or(whole);
        let bundles = gatherer.gather(exact, vec![object]).await.map_err(Unread::into_error)?;
        Box::pin(self.loader.load(bundles, None, None)).await
    }

    /// What the run did.
    pub async fn end(self) -> Result<Outcome, MigrateError> {
        let Self { migration, loader, mut outcome, .. } = self;
        outcome.counts = loader.counts;
        let mut last: Option<Remark> = None;
        loop {
            let remarks = migration.remarks(last.as_ref()).await?;
            outcome.remarks += remarks.len() as u64;
            match remarks.last() {
                Some(end) => last = Some(end.clone()),
                None => break,
            }
        }
        migration.desk.reload().await?;
        Ok(outcome)
    }
}

/// A task that ends with whoever waits for it.
struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The pages of a list of the source.
pub(crate) struct Pages {
    pub client: Client,
    pub patience: Patience,
    pub module: Arc<Module>,
    pub criteria: Vec<Json>,
    /// Only what is behind this id.
    pub after: i64,
    /// Whether of references nothing but ids is asked for.
    pub light: bool,
}

impl Pages {
    fn criteria(&self) -> Option<Json> {
        (!self.criteria.is_empty()).then(|| Json::Array(self.criteria.clone()))
    }

    /// How many rows there are, where the source says so.
    pub async fn total(&self) -> Result<Option<u64>, Unread> {
        let path = format!("/{}", self.module.path());
        let query = side::query(&["id".to_owned()], self.criteria()).rows(1).with_total();
        let page = side::page(&self.client, self.patience, &path, &query).await?;
        Ok(page.list_info.get("total_count").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())))
    }

    /// The pages, one after the other. Where the service does not give all fields in a list its records are read one by
    /// one.
    pub fn into_stream(self) -> impl stream::Stream<Item = Result<Vec<Object>, Unread>> + Send {
        let path = format!("/{}", self.module.path());
        let fields = plan::fields(&self.module, self.light);
        let whole = side::query(&fields, self.criteria());
        let begin = |query| {
            let walk = self.client.walk(&path, query);
            if self.after > 0 { walk.after_id(&self.after.to_string()) } else { walk }
        };
        let plain = begin(side::query(&[], self.criteria()));
        let state = State { walk: begin(whole), plain: Some(plain), one_by_one: false, path, pages: self };
        stream::try_unfold(state, |mut state| {
            async move { Ok(state.next().await?.map(|page| (page, state))) }.boxed()
        })
    }
}

struct State {
    walk: connector::Walk,
    /// The same walk without a word of fields, until the first page was given.
    plain: Option<connector::Walk>,
    one_by_one: bool,
    path: String,
    pages: Pages,
}

impl State {
    async fn next(&mut self) -> Result<Option<Vec<Object>>, Unread> {
        let patience = self.pages.patience;
        let page = match side::next_rows(patience, &mut self.walk).await {
            Err(Unread::NotShown(words)) => match self.plain.take() {
                Some(plain) => {
                    self.walk = plain;
                    self.one_by_one = true;
                    side::next_rows(patience, &mut self.walk).await.map_err(|error| match error {
                        Unread::NotShown(_) => Unread::NotShown(words),
                        failed => failed,
                    })?
                }
                None => return Err(Unread::NotShown(words)),
            },
            other => other?,
        };
        self.plain = None;
        let Some(page) = page else { return Ok(None) };
        let objects =
            page.into_iter().filter_map(|row| if let Json::Object(row) = row { Some(row) } else { None });
        if !self.one_by_one {
            return Ok(Some(objects.collect()));
        }
        let there = Side::There { client: self.pages.client.clone(), patience };
        let records = objects.filter_map(|row| id_of(&row).map(|id| (id, row))).map(|(id, row)| {
            let (there, path) = (there.clone(), format!("{}/{id}", self.path));
            async move {
                match there.record(&path).await {
                    Ok(record) => Ok(record),
                    // What is not to be had one by one is as the list has it.
                    Err(Unread::NotShown(_)) => Ok(row),
                    Err(failed) => Err(failed),
                }
            }
            .boxed()
        });
        Ok(Some(stream::iter(records).buffered(8).try_collect().await?))
    }
}
