//! Both desks side by side: what the source shows is looked for here, and compared field by field as both show it.

use crate::Migration;
use crate::bundle::{Bundle, Gatherer, Row, id_of};
use crate::compare::{self, Difference};
use crate::copy::{Pages, Progress, Run, Tell};
use crate::error::{MigrateError, Unread};
use crate::plan::{self, Part};
use crate::side::Side;
use desk::{DeskError, Snapshot};
use futures_util::{FutureExt, StreamExt};
use model::{Id, Module};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Pages that are read ahead.
const AHEAD: usize = 2;
/// Copied records whose being there is asked for in one call.
const ASKED: i64 = 100;

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows of the source that were compared, with what hangs on records.
    pub rows: u64,
    /// Files whose bytes were compared by their size.
    pub files: u64,
    /// In how much the two differ.
    pub differences: u64,
}

/// Tells of a difference.
pub type Differs<'a> = &'a mut (dyn FnMut(&Difference) + Send);

struct Both<'a> {
    run: Run<'a>,
    here: Side,
    snapshot: Arc<Snapshot>,
    found: Verified,
    each: Differs<'a>,
}

impl Migration {
    /// Compares the two desks and tells each difference.
    ///
    /// # Errors
    /// When one of the two does not answer, or no copy of this source was begun.
    pub async fn verify(&self, tell: Tell<'_>, each: Differs<'_>) -> Result<Verified, MigrateError> {
        let begun = self.desk.store().migration(&self.source()).await.map_err(DeskError::from)?;
        if begun.is_none() {
            let words = format!("{} was not copied into this desk", self.client.connection().origin());
            return Err(MigrateError::Usage(words));
        }
        let run = Run::begin(self, tell).await?;
        let snapshot = self.desk.snapshot();
        let mut both =
            Both { run, here: self.here(), snapshot: snapshot.clone(), found: Verified::default(), each };
        for whole in plan::order(&snapshot) {
            let there = Arc::new(Gatherer::new(self.there(), snapshot.clone(), false, both.run.light));
            let here = Gatherer::new(self.here(), snapshot.clone(), false, true);
            for part in both.run.parts(&whole).await? {
                Box::pin(both.part(part, &there, &here)).await?;
            }
            for (_, ours) in Box::pin(both.run.vanished(&whole)).await? {
                both.differs(&whole, None, Some(ours.get()), None);
            }
        }
        Ok(both.found)
    }
}

impl Both<'_> {
    async fn part(&mut self, part: Part, there: &Arc<Gatherer>, here: &Gatherer) -> Result<(), MigrateError> {
        let migration = self.run.migration;
        let pages = Pages {
            client: migration.client.clone(),
            patience: migration.patience,
            module: part.module.clone(),
            criteria: part.criteria.clone(),
            after: 0,
            light: self.run.light,
        };
        let total = match pages.total().await {
            Ok(total) => total,
            Err(Unread::NotShown(_)) => return Ok(()),
            Err(failed) => return Err(failed.into_error()),
        };
        let module = part.module.clone();
        let gathered = pages.into_stream().map(|page| {
            let (gatherer, module) = (there.clone(), module.clone());
            async move { gatherer.gather(&module, page?).await }.boxed()
        });
        let mut gathered = std::pin::pin!(gathered.buffered(AHEAD));
        let mut done = 0;
        while let Some(page) = gathered.next().await {
            let page = match page {
                Ok(page) => page,
                Err(Unread::NotShown(_)) => return Ok(()),
                Err(failed) => return Err(failed.into_error()),
            };
            done += page.len() as u64;
            Box::pin(self.page(&part, page, here)).await?;
            (self.run.tell)(Progress { part: part.name.clone(), done, total });
        }
        Ok(())
    }

    /// Compares a page of the source with the same records here.
    async fn page(&mut self, part: &Part, theirs: Vec<Bundle>, here: &Gatherer) -> Result<(), MigrateError> {
        self.learn(&theirs).await?;
        let whole = self.snapshot.catalogue.whole_of(&part.module).clone();
        let ids = &self.run.loader.ids;
        let wanted: Vec<i64> = theirs
            .iter()
            .filter_map(|bundle| ids.get(&whole.name, bundle.rows.first()?.id?))
            .map(Id::get)
            .collect();
        let mut ours = HashMap::new();
        if !wanted.is_empty() {
            let fields = plan::fields(&part.module, true);
            let criteria = plan::one_of("id", wanted);
            let rows = self.here.rows(&part.module.path(), &fields, Some(criteria)).await;
            let rows = rows.map_err(Unread::into_error)?;
            let bundles = here.gather(&part.module, rows).await.map_err(Unread::into_error)?;
            ours.extend(bundles.into_iter().filter_map(|bundle| Some((bundle.rows.first()?.id?, bundle))));
        }
        for bundle in &theirs {
            let Some(source_id) = bundle.rows.first().and_then(|row| row.id) else { continue };
            let id = self.run.loader.ids.get(&whole.name, source_id).map(Id::get);
            match id.and_then(|id| ours.remove(&id)) {
                Some(ours) => self.bundle(bundle, &ours).await?,
                None => self.differs(&whole, Some(source_id), None, None),
            }
        }
        Ok(())
    }

    /// Looks up which records of ours those are that a page names.
    async fn learn(&mut self, theirs: &[Bundle]) -> Result<(), MigrateError> {
        let mut wanted: HashMap<String, HashSet<i64>> = HashMap::new();
        for row in theirs.iter().flat_map(|bundle| &bundle.rows) {
            let name = self.snapshot.catalogue.whole_of(&row.module).name.to_string();
            wanted.entry(name).or_default().extend(row.id);
            for (module, id) in compare::named(&self.snapshot, &row.module, &row.object) {
                wanted.entry(module).or_default().insert(id);
            }
            if let Some(id) = row.object.get("linked_instance").and_then(crate::bundle::number) {
                for module in ["asset", "user", "department", "support_group", "service_category"] {
                    wanted.entry(module.to_owned()).or_default().insert(id);
                }
            }
            if let Some(other) = row.object.get("linked_request").and_then(|other| id_of(other.as_object()?))
            {
                wanted.entry("request".to_owned()).or_default().insert(other);
            }
        }
        for (child, ids) in theirs.iter().flat_map(|bundle| &bundle.told) {
            wanted.entry(child.module.to_owned()).or_default().extend(ids);
        }
        self.run.loader.ids.learn(&wanted).await
    }

    /// Compares a record, and everything that hangs on it.
    async fn bundle(&mut self, theirs: &Bundle, ours: &Bundle) -> Result<(), MigrateError> {
        let mut left: HashMap<(String, String), &Row> =
            ours.rows.iter().filter_map(|row| Some((self.key(row, false)?, row))).collect();
        for row in &theirs.rows {
            let Some(key) = self.key(row, true) else { continue };
            self.found.rows += 1;
            let module = row.module.clone();
            let Some(other) = left.remove(&key) else {
                self.differs(&module, row.id.or(Some(0)), None, None);
                continue;
            };
            let fields =
                compare::fields(&self.snapshot, &self.run.loader.ids, &module, &row.object, &other.object);
            for field in fields {
                self.differs(&module, row.id.or(Some(0)), other.id.or(Some(0)), Some(field));
            }
            if row.bytes.is_some() {
                self.found.files += 1;
                self.file(row, other).await?;
            }
        }
        for row in left.into_values() {
            self.differs(&row.module.clone(), None, row.id.or(Some(0)), None);
        }
        for ((child, there), (_, here)) in theirs.told.iter().zip(&ours.told) {
            let Some(module) = self.snapshot.catalogue.module(child.module).cloned() else { continue };
            let there: HashSet<i64> = there
                .iter()
                .filter_map(|id| self.run.loader.ids.get(&module.name, *id))
                .map(Id::get)
                .collect();
            for id in there.symmetric_difference(&here.iter().copied().collect()) {
                let of = theirs.rows.first().and_then(|row| row.id);
                let words = |is: bool| if is { format!("{of:?}") } else { "null".to_owned() };
                let field = (child.field.to_owned(), words(there.contains(id)), words(!there.contains(id)));
                self.differs(&module, Some(*id), Some(*id), Some(field));
            }
        }
        Ok(())
    }

    /// What a row is told apart by: its module and its id here, or the other end of a link.
    fn key(&self, row: &Row, is_theirs: bool) -> Option<(String, String)> {
        let name = self.snapshot.catalogue.whole_of(&row.module).name.to_string();
        let ids = &self.run.loader.ids;
        let ours = |module: &str, id: i64| match is_theirs {
            true => ids.get(module, id).map_or(id, Id::get),
            false => id,
        };
        let key = match row.id {
            Some(id) => ours(&name, id).to_string(),
            None => ours("request", id_of(row.object.get("linked_request")?.as_object()?)?).to_string(),
        };
        Some((name, key))
    }

    /// The bytes of a file are here, and as many as the source says.
    async fn file(&mut self, theirs: &Row, ours: &Row) -> Result<(), MigrateError> {
        let Some(id) = ours.id else { return Ok(()) };
        let place = self.run.migration.desk.place_of_file(Id::new(id)).await?;
        let here = tokio::fs::metadata(&place).await.ok().map(|file| file.len());
        let size = theirs.object.get("size").map(|size| size.get("value").unwrap_or(size));
        let there = size.and_then(crate::bundle::number).map(i64::unsigned_abs);
        if here != there {
            let told =
                |bytes: Option<u64>| bytes.map_or("no file".to_owned(), |bytes| format!("{bytes} bytes"));
            let field = ("bytes".to_owned(), told(there), told(here));
            self.differs(&ours.module.clone(), theirs.id, ours.id, Some(field));
        }
        Ok(())
    }

    fn differs(
        &mut self,
        module: &Arc<Module>,
        source_id: Option<i64>,
        id: Option<i64>,
        field: Option<(String, String, String)>,
    ) {
        let (field, there, here) = field.unwrap_or_default();
        let module = module.name.to_string();
        self.found.differences += 1;
        (self.each)(&Difference { module, source_id, id, field, there, here });
    }
}

impl Run<'_> {
    /// Copied records of a module that the source shows no more: their ids there, and here.
    pub async fn vanished(&self, whole: &Arc<Module>) -> Result<Vec<(i64, Id)>, MigrateError> {
        let there = self.migration.there();
        let path = whole.path();
        let mut vanished = Vec::new();
        let mut after = 0;
        loop {
            let store = self.migration.desk.store();
            let pairs = store.migrated_after(self.loader.ids.migration, &whole.name, after, ASKED).await;
            let pairs = pairs.map_err(DeskError::from)?;
            let Some((last, _)) = pairs.last() else { return Ok(vanished) };
            after = *last;
            let criteria = plan::one_of("id", pairs.iter().map(|(theirs, _)| *theirs));
            let rows = match there.rows(&path, &["id".to_owned()], Some(criteria)).await {
                Ok(rows) => rows,
                // Then it is not to be known.
                Err(Unread::NotShown(_)) => return Ok(Vec::new()),
                Err(failed) => return Err(failed.into_error()),
            };
            let shown: HashSet<i64> = rows.iter().filter_map(id_of).collect();
            let left: Vec<(i64, Id)> =
                pairs.into_iter().filter(|(theirs, _)| !shown.contains(theirs)).collect();
            let ids: Vec<Id> = left.iter().map(|(_, ours)| *ours).collect();
            let here = self.migration.desk.facts_of(whole, &ids).await?;
            for (theirs, ours) in left {
                // Gone here as well, or in the trash.
                if here.get(&ours).is_none_or(desk::records::in_trash) {
                    continue;
                }
                // A list may leave out what is there all the same.
                match there.record(&format!("{path}/{theirs}")).await {
                    Ok(_) => {}
                    Err(Unread::NotShown(_)) => vanished.push((theirs, ours)),
                    Err(failed) => return Err(failed.into_error()),
                }
            }
        }
    }
}
