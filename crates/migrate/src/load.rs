//! Bundles into this desk: each commit holds some of them whole, and how far the copy has got with them.

use crate::Count;
use crate::bundle::Bundle;
use crate::error::MigrateError;
use crate::ids::Ids;
use crate::place::{Fate, Placed, Placer};
use crate::side::Side;
use desk::{Desk, DeskError, MigratedPart, NotCommitted, Ready, Remark, Statement};
use futures_util::{TryStreamExt, stream};
use model::{Id, Size};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often a commit is made ready anew because of what others write meanwhile.
const ATTEMPTS: usize = 8;
/// How often a file is fetched whose connection breaks on the way.
const FILE_TRIES: usize = 10;
/// Files that are fetched at once.
const FILES: usize = 4;

/// A part and how far it has got.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The part's name.
    pub name: String,
    /// How far it has got.
    pub state: MigratedPart,
}

/// Writes bundles.
pub(crate) struct Loader {
    desk: Arc<Desk>,
    there: Side,
    /// Which record of ours is which of theirs.
    pub ids: Ids,
    /// What became of rows, by module.
    pub counts: BTreeMap<String, Count>,
    /// The commit that is being made while the rows behind it are placed.
    under_way: Option<UnderWay>,
}

/// What a commit writes, and how far the part has got with it.
struct Write {
    placed: Vec<Vec<Placed>>,
    /// Rows of ours that are in the source no more.
    gone: Vec<Ready>,
    advance: Option<Statement>,
    behind: Vec<Statement>,
    next: Option<MigratedPart>,
}

impl Write {
    fn ready(&self) -> Vec<&Ready> {
        self.placed.iter().flatten().filter_map(|row| row.ready.as_ref()).chain(&self.gone).collect()
    }
}

/// A commit under way.
struct UnderWay {
    /// What it was made of, should it have to be made ready anew.
    bundles: Vec<Bundle>,
    /// Whether it makes links, which are seen from both ends.
    has_links: bool,
    commit: Working<(Write, Result<(), NotCommitted>)>,
}

/// A task that ends with whoever waits for it.
pub(crate) struct Working<T>(pub tokio::task::JoinHandle<T>);

impl<T> Drop for Working<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether rows of ours that are in the source no more go: by the name of the list that would show them.
pub(crate) type Shown<'a> = Option<&'a (dyn Fn(&str) -> bool + Send + Sync)>;

impl Loader {
    pub fn new(desk: Arc<Desk>, there: Side, migration: i64) -> Self {
        let ids = Ids::new(desk.clone(), migration);
        Self { desk, there, ids, counts: BTreeMap::new(), under_way: None }
    }

    /// The same as [`Self::load`], but the commit is made while the caller goes on; the next call waits for it when its own
    /// rows are placed, [`Self::settle`] at the end. What is placed meanwhile does not see what is being written. That can
    /// only make its own commit fail, by a taken value or a version, after which it is placed once more; but for links, which
    /// are waited for.
    pub async fn load_ahead(&mut self, bundles: Vec<Bundle>, mark: &mut Mark) -> Result<(), MigrateError> {
        let is_large =
            |bundle: &Bundle| bundle.rows.first().is_some_and(|row| row.module.size == Size::Large);
        let has_links = self.under_way.as_ref().is_some_and(|commit| commit.has_links);
        if has_links || self.ids.is_full() || !bundles.iter().all(is_large) {
            self.settle(mark).await?;
        }
        if !bundles.iter().all(is_large) {
            return self.load(bundles, Some(mark), None).await;
        }
        let mut placed = Box::pin(Placer::new(&self.desk, &mut self.ids).place(&bundles)).await?;
        if !self.settle(mark).await? {
            return self.load(bundles, Some(mark), None).await;
        }
        self.fetch(&mut placed).await?;
        let last = bundles.last().and_then(|bundle| bundle.rows.first()?.id);
        let Some(write) = self.prepared(placed, Vec::new(), Some(mark), last) else { return Ok(()) };
        let has_links = write.ready().iter().any(|ready| ready.record.module.name == "request_link");
        let desk = self.desk.clone();
        let commit = tokio::spawn(async move {
            let mut write = write;
            let (advance, behind) = (write.advance.take(), std::mem::take(&mut write.behind));
            let done = desk.commit_facts(&write.ready(), advance, behind).await;
            (write, done)
        });
        self.under_way = Some(UnderWay { bundles, has_links, commit: Working(commit) });
        Ok(())
    }

    /// Waits for the commit that is under way. Where it could not be made, its rows are written once more, and what was placed
    /// after them has to be placed again: `false`.
    pub async fn settle(&mut self, mark: &mut Mark) -> Result<bool, MigrateError> {
        let Some(mut under_way) = self.under_way.take() else { return Ok(true) };
        let (write, done) =
            (&mut under_way.commit.0).await.map_err(|error| DeskError::Internal(error.to_string()))?;
        let bundles = std::mem::take(&mut under_way.bundles);
        match self.after(write, done, Some(mark)).await? {
            None => {
                tokio::spawn(async move { drop(bundles) });
                Ok(true)
            }
            Some(_) => {
                self.load(bundles, Some(mark), None).await?;
                Ok(false)
            }
        }
    }

    /// Writes bundles in their order, and moves the mark behind them.
    pub async fn load(
        &mut self,
        bundles: Vec<Bundle>,
        mut mark: Option<&mut Mark>,
        shown: Shown<'_>,
    ) -> Result<(), MigrateError> {
        // What is left to do, the next part last.
        let mut parts = vec![bundles];
        let mut attempts = 0;
        while let Some(mut bundles) = parts.pop() {
            if bundles.is_empty() {
                continue;
            }
            match self.commit(&bundles, mark.as_deref_mut(), shown).await? {
                None => {
                    attempts = 0;
                    // Rows are many small pieces: who comes by next takes them apart, not who has to write.
                    tokio::spawn(async move { drop(bundles) });
                }
                Some(NotCommitted::Stale) if attempts < ATTEMPTS => {
                    attempts += 1;
                    parts.push(bundles);
                }
                Some(_) if bundles.len() > 1 => {
                    let rest = bundles.split_off(bundles.len() / 2);
                    parts.extend([rest, bundles]);
                }
                Some(_) => {
                    for bundle in &bundles {
                        Box::pin(self.row_by_row(bundle, mark.as_deref_mut())).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes bundles in one commit, or says why they could not be.
    async fn commit(
        &mut self,
        bundles: &[Bundle],
        mark: Option<&mut Mark>,
        shown: Shown<'_>,
    ) -> Result<Option<NotCommitted>, MigrateError> {
        let mut placer = Placer::new(&self.desk, &mut self.ids);
        let placed = Box::pin(placer.place(bundles)).await?;
        let mut gone = Vec::new();
        if let Some(shown) = shown {
            for (bundle, placed) in bundles.iter().zip(&placed) {
                gone.extend(placer.gone(bundle, placed, &|list| shown(list)).await?);
            }
        }
        let mut placed: Vec<Vec<Placed>> = placed;
        self.fetch(&mut placed).await?;
        let last = bundles.last().and_then(|bundle| bundle.rows.first()?.id);
        self.write(placed, gone, mark, last).await
    }

    /// Commits what was placed.
    async fn write(
        &mut self,
        placed: Vec<Vec<Placed>>,
        gone: Vec<Ready>,
        mark: Option<&mut Mark>,
        last: Option<i64>,
    ) -> Result<Option<NotCommitted>, MigrateError> {
        let Some(mut write) = self.prepared(placed, gone, mark.as_deref(), last) else { return Ok(None) };
        let (advance, behind) = (write.advance.take(), std::mem::take(&mut write.behind));
        let done = self.desk.commit_facts(&write.ready(), advance, behind).await;
        self.after(write, done, mark).await
    }

    /// What a commit of what was placed writes; `None` where there is nothing to be written.
    fn prepared(
        &self,
        placed: Vec<Vec<Placed>>,
        gone: Vec<Ready>,
        mark: Option<&Mark>,
        last: Option<i64>,
    ) -> Option<Write> {
        let mut behind = Vec::new();
        let store = self.desk.store();
        for row in placed.iter().flatten() {
            let (module, source_id) = (row.of.0.as_str(), row.of.1);
            if let (Some(id), Some(source_id)) = (row.noted, source_id) {
                behind.push(store.note_migrated(self.ids.migration, module, source_id, id));
            }
        }
        for rows in &placed {
            behind.extend(self.remarks(rows));
        }
        let mut next = None;
        let mut advance = None;
        if let Some(mark) = mark {
            let mut state = mark.state.clone();
            state.last_id = last.unwrap_or(state.last_id);
            for root in placed.iter().filter_map(|rows| rows.first()) {
                match root.fate {
                    Fate::Created => state.created += 1,
                    Fate::Updated => state.updated += 1,
                    Fate::Unchanged => state.unchanged += 1,
                    Fate::Refused => state.refused += 1,
                }
            }
            advance = Some(store.advance_migration(self.ids.migration, &mark.name, mark.state.step, &state));
            state.step += 1;
            next = Some(state);
        }
        let write = Write { placed, gone, advance, behind, next };
        let is_empty = write.advance.is_none() && write.behind.is_empty() && write.ready().is_empty();
        (!is_empty).then_some(write)
    }

    /// What follows a commit.
    async fn after(
        &mut self,
        write: Write,
        done: Result<(), NotCommitted>,
        mark: Option<&mut Mark>,
    ) -> Result<Option<NotCommitted>, MigrateError> {
        match done {
            Ok(()) => {}
            Err(NotCommitted::Failed(error)) => return Err(error.into()),
            Err(NotCommitted::Overtaken) => return Err(MigrateError::Overtaken),
            Err(why) => {
                self.ids.forget_all();
                return Ok(Some(why));
            }
        }
        if let (Some(mark), Some(next)) = (mark, write.next) {
            mark.state = next;
        }
        for row in write.placed.iter().flatten() {
            self.counts.entry(row.of.0.clone()).or_default().add(row.fate);
        }
        for ready in &write.gone {
            self.counts.entry(ready.record.module.name.to_string()).or_default().removed += 1;
            if ready.record.module.name == "attachment" {
                self.desk.drop_file(ready.record.id()).await;
            }
        }
        Ok(None)
    }

    /// What is said of a record and of all that hangs on it, in place of what was said before. It is kept with the record,
    /// so that looking at that once more mends all of it.
    fn remarks(&self, rows: &[Placed]) -> Vec<Statement> {
        let Some(root) = rows.first() else { return Vec::new() };
        let (module, source_id) = (root.of.0.as_str(), root.of.1.unwrap_or(0));
        let mut remarks = root.remarks.clone();
        // Of what hangs on a record that is not here there is no more to be said.
        let below = rows.iter().skip(1).filter(|_| root.fate != Fate::Refused);
        remarks.extend(below.flat_map(|row| &row.remarks).map(|remark| Remark {
            module: module.to_owned(),
            source_id,
            field: format!("{} {} {}", remark.module, remark.source_id, remark.field).trim_end().to_owned(),
            words: remark.words.clone(),
        }));
        if remarks.is_empty() && (root.fate == Fate::Created || module.is_empty()) {
            return Vec::new();
        }
        self.desk.store().replace_remarks(self.ids.migration, module, source_id, &remarks)
    }

    /// Writes the rows of a bundle that is refused as a whole one by one: what can be taken is, the rest is told of.
    async fn row_by_row(&mut self, bundle: &Bundle, mark: Option<&mut Mark>) -> Result<(), MigrateError> {
        let mut root = Fate::Refused;
        for (at, row) in bundle.rows.iter().enumerate() {
            let alone = Bundle {
                rows: vec![row.clone()],
                told: if at == 0 { bundle.told.clone() } else { Vec::new() },
            };
            let fate = self.alone(&alone).await?;
            if at == 0 {
                root = fate;
                if fate == Fate::Refused {
                    break;
                }
            }
        }
        if let Some(mark) = mark {
            let root = Placed { fate: root, ..Placed::refused() };
            let last = bundle.rows.first().and_then(|row| row.id);
            self.write(vec![vec![root]], Vec::new(), Some(mark), last).await?;
            self.counts.remove("");
        }
        Ok(())
    }

    async fn alone(&mut self, bundle: &Bundle) -> Result<Fate, MigrateError> {
        for attempt in 1..=ATTEMPTS {
            let mut placed =
                Placer::new(&self.desk, &mut self.ids).place(std::slice::from_ref(bundle)).await?;
            self.fetch(&mut placed).await?;
            let fate = placed.iter().flatten().next().map_or(Fate::Refused, |row| row.fate);
            let rows: Vec<(String, Option<i64>)> =
                placed.iter().flatten().map(|row| row.of.clone()).collect();
            let words = match self.write(placed, Vec::new(), None, None).await? {
                None => return Ok(fate),
                Some(NotCommitted::Refused(error)) => error.to_string().replace('\n', " "),
                Some(_) if attempt < ATTEMPTS => continue,
                Some(_) => "Other changes were faster again and again".to_owned(),
            };
            let refused = rows.into_iter().map(|of| {
                let (module, source_id) = (of.0.clone(), of.1.unwrap_or(0));
                let remark = Remark { module, source_id, field: String::new(), words: words.clone() };
                Placed { of, remarks: vec![remark], ..Placed::refused() }
            });
            self.write(vec![refused.collect()], Vec::new(), None, None).await?;
            break;
        }
        Ok(Fate::Refused)
    }

    /// Fetches the bytes of new files to where they belong. A file that is there no more is told of and left out.
    async fn fetch(&self, placed: &mut [Vec<Placed>]) -> Result<(), MigrateError> {
        let files = placed.iter_mut().flatten().filter(|row| row.file.is_some() && row.ready.is_some());
        stream::iter(files.map(Ok::<_, MigrateError>))
            .try_for_each_concurrent(FILES, async |row| {
                let Some((path, id)) = &row.file else { return Ok(()) };
                if let Some(words) = self.file(path, *id).await? {
                    let (module, source_id) = (row.of.0.clone(), row.of.1.unwrap_or(0));
                    row.remarks.push(Remark { module, source_id, field: String::new(), words });
                    (row.ready, row.noted, row.fate) = (None, None, Fate::Refused);
                }
                Ok(())
            })
            .await
    }

    /// Fetches a file; words where the source does not give it.
    async fn file(&self, path: &str, id: Id) -> Result<Option<String>, MigrateError> {
        let Side::There { client, patience } = &self.there else { return Ok(None) };
        let place = self.desk.place_of_file(id).await?;
        let (record, file) =
            path.trim_end_matches("/download").rsplit_once("/attachments/").unwrap_or((path, ""));
        for attempt in 1..=FILE_TRIES {
            let download = crate::side::patiently(*patience, || {
                let (client, record, file) = (client.clone(), format!("/{record}"), file.to_owned());
                async move { client.download(&record, &file).await }
            })
            .await;
            let download = match download {
                Ok(download) => download,
                Err(crate::error::Unread::NotShown(words)) => return Ok(Some(words)),
                Err(failed) => return Err(failed.into_error()),
            };
            match download.save(&place).await {
                Ok(_) => return Ok(None),
                Err(error @ connector::Error::File { .. }) => {
                    return Err(MigrateError::File(error.to_string()));
                }
                Err(error) if attempt == FILE_TRIES => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "a file broke off on the way; fetching it again");
                    tokio::time::sleep(patience.pause).await;
                }
            }
        }
        Ok(None)
    }
}

impl Loader {
    /// The name of every record that was copied, of a small module, by ours: what the source calls it.
    pub async fn source_ids(
        &self,
        module: &str,
    ) -> Result<std::collections::HashMap<i64, i64>, MigrateError> {
        const MOST: i64 = 100_000;
        let pairs = self.desk.store().migrated_after(self.ids.migration, module, 0, MOST).await;
        let pairs = pairs.map_err(DeskError::from)?;
        Ok(pairs.into_iter().map(|(theirs, ours)| (ours.get(), theirs)).collect())
    }
}
