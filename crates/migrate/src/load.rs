//! Bundles into this desk: each commit holds some of them whole, and how far the copy has got with them.

use crate::Count;
use crate::bundle::Bundle;
use crate::error::MigrateError;
use crate::ids::Ids;
use crate::place::{Fate, Placed, Placer};
use crate::side::Side;
use desk::{Desk, DeskError, MigratedPart, NotCommitted, Ready, Remark, Statement};
use futures_util::{TryStreamExt, stream};
use model::Id;
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
}

/// Whether rows of ours that are in the source no more go: by the name of the list that would show them.
pub(crate) type Shown<'a> = Option<&'a (dyn Fn(&str) -> bool + Send + Sync)>;

impl Loader {
    pub fn new(desk: Arc<Desk>, there: Side, migration: i64) -> Self {
        let ids = Ids::new(desk.clone(), migration);
        Self { desk, there, ids, counts: BTreeMap::new() }
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
        self.write(&placed, &gone, mark, last).await
    }

    /// Commits what was placed.
    async fn write(
        &mut self,
        placed: &[Vec<Placed>],
        gone: &[Ready],
        mark: Option<&mut Mark>,
        last: Option<i64>,
    ) -> Result<Option<NotCommitted>, MigrateError> {
        let ready: Vec<&Ready> =
            placed.iter().flatten().filter_map(|row| row.ready.as_ref()).chain(gone).collect();
        let mut behind = Vec::new();
        let store = self.desk.store();
        for row in placed.iter().flatten() {
            let (module, source_id) = (row.of.0.as_str(), row.of.1);
            if let (Some(id), Some(source_id)) = (row.noted, source_id) {
                behind.push(store.note_migrated(self.ids.migration, module, source_id, id));
            }
        }
        for rows in placed {
            behind.extend(self.remarks(rows));
        }
        let mut next = None;
        let mut advance = None;
        if let Some(mark) = &mark {
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
        if ready.is_empty() && behind.is_empty() && advance.is_none() {
            return Ok(None);
        }
        match self.desk.commit_facts(&ready, advance, behind).await {
            Ok(()) => {}
            Err(NotCommitted::Failed(error)) => return Err(error.into()),
            Err(NotCommitted::Overtaken) => return Err(MigrateError::Overtaken),
            Err(why) => {
                self.ids.forget_all();
                return Ok(Some(why));
            }
        }
        if let (Some(mark), Some(next)) = (mark, next) {
            mark.state = next;
        }
        for row in placed.iter().flatten() {
            self.counts.entry(row.of.0.clone()).or_default().add(row.fate);
        }
        for ready in gone {
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
            let root = Placed {
                ready: None,
                of: (String::new(), None),
                noted: None,
                remarks: Vec::new(),
                fate: root,
                file: None,
            };
            let last = bundle.rows.first().and_then(|row| row.id);
            self.write(&[vec![root]], &[], Some(mark), last).await?;
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
            let words = match self.write(&placed, &[], None, None).await? {
                None => return Ok(fate),
                Some(NotCommitted::Refused(error)) => error.to_string().replace('\n', " "),
                Some(_) if attempt < ATTEMPTS => continue,
                Some(_) => "Other changes were faster again and again".to_owned(),
            };
            let mut rows = placed;
            for row in rows.iter_mut().flatten() {
                let source_id = row.of.1.unwrap_or(0);
                let module = row.of.0.clone();
                row.remarks = vec![Remark { module, source_id, field: String::new(), words: words.clone() }];
                (row.ready, row.noted, row.fate) = (None, None, Fate::Refused);
            }
            self.write(&rows, &[], None, None).await?;
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
