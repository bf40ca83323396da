//! Records of ours, made of rows of the source: under their own ids where those are free, with references to what is here.

use crate::bundle::{Bundle, Row, id_of, number};
use crate::error::MigrateError;
use crate::ids::Ids;
use desk::{Desk, Ready, Remark, Snapshot};
use model::{Change, Id, Leaf, Module, Record, RefInput, Size, Value};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use wire::facts::Facts;

/// A row on its way into this desk.
#[derive(Debug)]
pub(crate) struct Placed {
    /// What is written; nothing for a row that is here as it is, or cannot be.
    pub ready: Option<Ready>,
    /// Module and id in the source; links have no id.
    pub of: (String, Option<i64>),
    /// Our id, where it is to be noted.
    pub noted: Option<Id>,
    /// What could not be taken over as it was.
    pub remarks: Vec<Remark>,
    /// What becomes of it.
    pub fate: Fate,
    /// For a new file: the path of its bytes, and our id.
    pub file: Option<(String, Id)>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Created,
    Updated,
    Unchanged,
    Refused,
}

/// Places rows of one batch.
pub(crate) struct Placer<'a> {
    pub(crate) desk: &'a Arc<Desk>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) ids: &'a mut Ids,
    /// Records that are here under an id that a row has, or is known to have become.
    here: HashMap<String, HashMap<Id, Record>>,
    /// Running numbers of new rows that other records have.
    taken: HashMap<String, HashSet<i64>>,
}

/// A row and what it tells.
type Told<'a> = (&'a Row, &'a Facts);

impl<'a> Placer<'a> {
    pub fn new(desk: &'a Arc<Desk>, ids: &'a mut Ids) -> Self {
        let snapshot = desk.snapshot();
        Self { desk, snapshot, ids, here: HashMap::new(), taken: HashMap::new() }
    }

    /// Places the rows of all bundles, in their order.
    pub async fn place(&mut self, bundles: &[Bundle]) -> Result<Vec<Vec<Placed>>, MigrateError> {
        let told: Vec<Vec<Told<'_>>> =
            bundles.iter().map(|bundle| bundle.rows.iter().map(|row| (row, &row.facts)).collect()).collect();
        self.ids.learn(&self.wanted(&told, bundles)).await?;
        self.look_around(&told).await?;
        let mut all = Vec::with_capacity(bundles.len());
        for (bundle, rows) in bundles.iter().zip(told) {
            let mut placed = Vec::with_capacity(rows.len());
            for (row, facts) in rows {
                placed.push(Box::pin(self.row(row, facts)).await?);
            }
            placed.extend(self.told(bundle).await?);
            all.push(placed);
        }
        Ok(all)
    }

    pub(crate) fn whole(&self, module: &Arc<Module>) -> Arc<Module> {
        self.snapshot.catalogue.whole_of(module).clone()
    }

    /// The whole module that a reference leads to.
    fn target(&self, leaf: &Leaf) -> Option<Arc<Module>> {
        Some(self.whole(self.snapshot.catalogue.module(leaf.target()?)?))
    }

    /// The ids of the source that the rows have and refer to.
    fn wanted(&self, told: &[Vec<Told<'_>>], bundles: &[Bundle]) -> HashMap<String, HashSet<i64>> {
        let mut wanted: HashMap<String, HashSet<i64>> = HashMap::new();
        let mut want = |module: &Module, id: i64| {
            wanted.entry(module.name.to_string()).or_default().insert(id);
        };
        for (row, facts) in told.iter().flatten() {
            if let Some(id) = row.id {
                want(&self.whole(&row.module), id);
            }
            if let Some(above) = &row.above {
                want(&self.whole(&above.module), above.id);
            }
            if let Some((module, id)) = self.linked(row) {
                want(&module, id);
            }
            if let Some((module, id)) = self.other_end(row) {
                want(&module, id);
            }
            for (slot, change) in &facts.patch.changes {
                let inputs: &[RefInput] = match change {
                    Change::Ref(input) => std::slice::from_ref(input),
                    Change::Refs(inputs) => inputs,
                    Change::Clear | Change::Value(_) => continue,
                };
                let Some(target) = row.module.leaf(*slot).and_then(|leaf| self.target(leaf)) else {
                    continue;
                };
                inputs.iter().filter_map(|input| input.id).for_each(|id| want(&target, id.get()));
            }
        }
        for (child, ids) in bundles.iter().flat_map(|bundle| &bundle.told) {
            if let Some(module) = self.snapshot.catalogue.module(child.module) {
                ids.iter().for_each(|id| want(module, *id));
            }
        }
        wanted
    }

    /// What is here already under the rows' ids and numbers.
    async fn look_around(&mut self, told: &[Vec<Told<'_>>]) -> Result<(), MigrateError> {
        let mut ids: HashMap<String, (Arc<Module>, HashSet<Id>)> = HashMap::new();
        let mut numbers: HashMap<String, (Arc<Module>, HashSet<i64>)> = HashMap::new();
        for (row, facts) in told.iter().flatten() {
            let Some(id) = row.id else { continue };
            let whole = self.whole(&row.module);
            let ours = self.ids.get(&whole.name, id);
            let (_, wanted) =
                ids.entry(row.module.name.to_string()).or_insert((row.module.clone(), HashSet::new()));
            wanted.insert(ours.unwrap_or(Id::new(id)));
            if let (None, Some(slot)) = (ours, desk::running_number(&row.module))
                && let Some(Change::Value(Value::Int(number))) = facts.patch.get(slot)
            {
                numbers.entry(whole.name.to_string()).or_insert((whole, HashSet::new())).1.insert(*number);
            }
        }
        for (name, (module, ids)) in ids {
            let ids: Vec<Id> = ids.into_iter().collect();
            self.here.insert(name, self.desk.facts_of(&module, &ids).await?);
        }
        for (name, (module, numbers)) in numbers {
            let numbers: Vec<i64> = numbers.into_iter().collect();
            self.taken.insert(name, self.desk.numbers_taken(&module, &numbers).await?);
        }
        Ok(())
    }

    async fn row(&mut self, row: &Row, facts: &Facts) -> Result<Placed, MigrateError> {
        let whole = self.whole(&row.module);
        let mut placed = Placed {
            ready: None,
            of: (whole.name.to_string(), row.id),
            noted: None,
            remarks: Vec::new(),
            fate: Fate::Refused,
            file: None,
        };
        let about = row.id.or(row.above.as_ref().map(|above| above.id)).unwrap_or(0);
        let remark = |field: &str, words: String| Remark {
            module: whole.name.to_string(),
            source_id: about,
            field: field.to_owned(),
            words,
        };
        placed.remarks.extend(facts.strange.iter().map(|(path, words)| remark(path, words.clone())));
        let above = match &row.above {
            None => None,
            Some(above) => match self.ids.get(&self.whole(&above.module).name, above.id) {
                Some(id) => Some((above.field, id)),
                None => {
                    placed.remarks.push(remark("", format!("It hangs on {}, which is not here", above.id)));
                    return Ok(placed);
                }
            },
        };
        if row.module.name == "request_link" {
            return self.link(row, above, placed).await;
        }
        let Some(source_id) = row.id else { return Ok(placed) };
        let mut fresh = Desk::blank(&row.module);
        self.fill(&mut fresh, facts, &mut |path, words| placed.remarks.push(remark(path, words))).await?;
        let (id, old) = self.identity(row, source_id, above, &fresh).await?;
        let mut record = match &old {
            // What is not told of stays.
            Some(old) => over(old, &fresh, facts),
            None => fresh,
        };
        record.set("id", id);
        if let Some((field, id)) = above {
            record.set(field, id);
        }
        match row.module.name.as_ref() {
            "attachment" => file_facts(&mut record, row),
            "history" => self.history_facts(&mut record, row),
            _ => {}
        }
        if let Some((module, linked)) = self.linked(row) {
            record.set("linked_instance", self.ids.get(&module.name, linked).map(Id::get));
        }
        if let Some(slot) = desk::running_number(&row.module)
            && let Some(number) = record.at(slot).as_int()
        {
            let taken = || self.taken.get(whole.name.as_ref()).is_some_and(|taken| taken.contains(&number));
            // Once given, a number stays.
            let now = match &old {
                Some(old) => old.at(slot).as_int().unwrap_or(number),
                None if taken() => self.desk.next_running(&whole).await?,
                None => number,
            };
            if now != number {
                record.put(slot, now);
                let path = row.module.leaf(slot).map_or("", |leaf| leaf.path.as_str());
                placed.remarks.push(remark(path, format!("{number} is taken here; it is {now} now")));
            }
        }
        self.desk.settle_facts(&mut record, old.as_ref(), &row.object).await?;
        if self.ids.get(&whole.name, source_id).is_none_or(|known| known != id) {
            self.ids.put(&whole.name, source_id, id);
            // Of rows that hang on others only what is not what one would expect.
            placed.noted =
                (row.above.is_none() || row.module.top_level || id.get() != source_id).then_some(id);
        }
        if old.is_none()
            && let Some(path) = &row.bytes
        {
            placed.file = Some((path.clone(), id));
        }
        placed.ready = self.desk.ready_as_fact(old.as_ref(), record.clone());
        placed.fate = match (&placed.ready, &old) {
            (None, _) => Fate::Unchanged,
            (Some(_), Some(_)) => Fate::Updated,
            (Some(_), None) => Fate::Created,
        };
        if let Some(here) = self.here.get_mut(row.module.name.as_ref()) {
            here.insert(id, record);
        }
        Ok(placed)
    }

    /// Puts what is told into a record.
    async fn fill(
        &mut self,
        record: &mut Record,
        facts: &Facts,
        remark: &mut (dyn FnMut(&str, String) + Send),
    ) -> Result<(), MigrateError> {
        let module = record.module.clone();
        for (slot, change) in &facts.patch.changes {
            let Some(leaf) = module.leaf(*slot) else { continue };
            let value = match change {
                Change::Clear => Value::Null,
                Change::Value(value) => value.clone(),
                Change::Ref(input) => match self.resolve(leaf, input).await? {
                    Some(id) => id.into(),
                    None => {
                        remark(&leaf.path, format!("It refers to {}, which is not here", said(input)));
                        Value::Null
                    }
                },
                Change::Refs(inputs) => {
                    let mut ids = Vec::with_capacity(inputs.len());
                    for input in inputs {
                        match self.resolve(leaf, input).await? {
                            Some(id) => ids.push(id),
                            None => {
                                remark(&leaf.path, format!("It refers to {}, which is not here", said(input)))
                            }
                        }
                    }
                    model::record::list_of(&ids)
                }
            };
            record.put(*slot, value);
        }
        Ok(())
    }

    /// The record of ours that a reference means.
    async fn resolve(&mut self, leaf: &Leaf, input: &RefInput) -> Result<Option<Id>, MigrateError> {
        let Some(target) = self.target(leaf) else { return Ok(None) };
        if let Some(id) = input.id.and_then(|id| self.ids.get(&target.name, id.get())) {
            return Ok(Some(id));
        }
        // What the source does not list may be known by another name.
        Ok(match target.size {
            Size::Small => {
                let name = input.name.as_deref().unwrap_or_default();
                match self.snapshot.named(&target.name, name) {
                    [one] => Some(one.id()),
                    _ => None,
                }
            }
            Size::People => match input.email.as_deref().filter(|email| !email.is_empty()) {
                Some(email) => self.desk.person_by_email(email).await?.map(|person| person.id()),
                None => None,
            },
            Size::Large => None,
        })
    }

    /// Under which id a row is here, or will be, and the record that is here.
    async fn identity(
        &mut self,
        row: &Row,
        source_id: i64,
        above: Option<(&'static str, Id)>,
        record: &Record,
    ) -> Result<(Id, Option<Record>), MigrateError> {
        let whole = self.whole(&row.module);
        let here = |id: Id| self.here.get(row.module.name.as_ref()).and_then(|here| here.get(&id)).cloned();
        if let Some(id) = self.ids.get(&whole.name, source_id) {
            return Ok((id, here(id)));
        }
        let same = Id::new(source_id);
        let found = here(same);
        if let Some((field, above)) = above.filter(|_| !row.module.top_level) {
            return Ok(match found {
                Some(old) if old.int(field) == Some(above.get()) => (same, Some(old)),
                Some(_) => (self.desk.fresh_id(), None),
                None => (same, None),
            });
        }
        if let Some(old) = found.clone().filter(|_| same.is_shipped()) {
            return Ok((same, Some(old)));
        }
        if let Some(twin) = self.desk.twin(record).await? {
            let old = self.desk.facts_of(&row.module, &[twin]).await?.remove(&twin);
            return Ok((twin, old));
        }
        Ok((if found.is_some() { self.desk.fresh_id() } else { same }, None))
    }

    /// A link, which is seen from both ends and made once.
    async fn link(
        &mut self,
        row: &Row,
        above: Option<(&'static str, Id)>,
        mut placed: Placed,
    ) -> Result<Placed, MigrateError> {
        placed.fate = Fate::Unchanged;
        let other = self.other_end(row).and_then(|(module, id)| self.ids.get(&module.name, id));
        // From the other end it is seen again, and then both are here.
        let (Some((_, one)), Some(other)) = (above, other) else { return Ok(placed) };
        let mut link = Desk::blank(&row.module);
        link.set("comments", row.object.get("comments").and_then(Json::as_str).map(str::to_owned));
        for (from, to) in [(other, one), (one, other)] {
            link.set("request", from);
            link.set("linked_request", to);
            if let Some(id) = self.desk.twin(&link).await? {
                let old = self.desk.facts_of(&row.module, &[id]).await?.remove(&id);
                let mut new = link.clone();
                if let Some(old) = &old {
                    new = old.clone();
                    new.set("comments", link.get("comments").clone());
                }
                placed.ready = self.desk.ready_as_fact(old.as_ref(), new);
                placed.fate = if placed.ready.is_some() { Fate::Updated } else { Fate::Unchanged };
                return Ok(placed);
            }
        }
        let pair = (one.min(other), one.max(other));
        let links = self.here.entry("request_link".to_owned()).or_default();
        if links.values().any(|link| ends(link) == Some(pair)) {
            return Ok(placed);
        }
        let id = self.desk.fresh_id();
        link.set("id", id);
        links.insert(id, link.clone());
        placed.ready = self.desk.ready_as_fact(None, link);
        placed.fate = Fate::Created;
        Ok(placed)
    }

    /// Records that are told to refer to a bundle's: the reference is put into each.
    async fn told(&mut self, bundle: &Bundle) -> Result<Vec<Placed>, MigrateError> {
        let mut all = Vec::new();
        let Some(first) = bundle.rows.first() else { return Ok(all) };
        let above = first.id.and_then(|id| self.ids.get(&self.whole(&first.module).name, id));
        for (child, source_ids) in &bundle.told {
            let (Some(module), Some(above)) = (self.snapshot.catalogue.module(child.module).cloned(), above)
            else {
                continue;
            };
            let ids: Vec<Id> = source_ids.iter().filter_map(|id| self.ids.get(&module.name, *id)).collect();
            let mut records = self.desk.facts_of(&module, &ids).await?;
            for old in self.desk.rows_below(&module, child.field, &[above]).await? {
                if !ids.contains(&old.id()) {
                    records.insert(old.id(), old);
                }
            }
            for old in records.into_values() {
                let mut new = old.clone();
                new.set(child.field, ids.contains(&old.id()).then_some(above));
                let ready = self.desk.ready_as_fact(Some(&old), new);
                all.push(Placed {
                    fate: if ready.is_some() { Fate::Updated } else { Fate::Unchanged },
                    ready,
                    of: (module.name.to_string(), None),
                    noted: None,
                    remarks: Vec::new(),
                    file: None,
                });
            }
        }
        Ok(all)
    }

    /// The record that a CI stands for: its module, and its id in the source.
    fn linked(&self, row: &Row) -> Option<(Arc<Module>, i64)> {
        if row.module.table != "ci" {
            return None;
        }
        let name = row.object.get("linked_entity")?.get("name")?.as_str()?;
        let id = number(row.object.get("linked_instance")?)?;
        let catalogue = &self.snapshot.catalogue;
        let module = catalogue.module(name).or_else(|| catalogue.at_path(name))?;
        Some((self.whole(module), id))
    }

    /// The request at the other end of a link.
    pub(crate) fn other_end(&self, row: &Row) -> Option<(Arc<Module>, i64)> {
        let other = row.object.get("linked_request")?.as_object()?;
        Some((self.snapshot.catalogue.module("request")?.clone(), id_of(other)?))
    }

    /// Whose change a history's entry tells.
    fn history_facts(&self, record: &mut Record, row: &Row) {
        let Some(changed) = record.int("record") else { return };
        let by_key = || {
            let key = row.object.get("module").and_then(Json::as_str)?;
            self.snapshot
                .catalogue
                .modules()
                .iter()
                .find(|module| module.key() == key && module.fixed.is_none())
        };
        let above = row.above.as_ref().filter(|above| above.id == changed);
        let module = above.map(|above| self.whole(&above.module)).or_else(|| by_key().cloned());
        if let Some(id) = module.and_then(|module| self.ids.get(&module.name, changed)) {
            record.set("record", id.get());
        }
    }
}

/// An old record with everything that facts tell of it.
fn over(old: &Record, fresh: &Record, facts: &Facts) -> Record {
    let mut record = old.clone();
    for (slot, _) in &facts.patch.changes {
        record.put(*slot, fresh.at(*slot).clone());
    }
    record
}

/// What the row of a file holds and does not show.
fn file_facts(record: &mut Record, row: &Row) {
    let size = row.object.get("size");
    let bytes = size.and_then(|size| number(size.get("value").unwrap_or(size))).unwrap_or(0);
    record.set("bytes", bytes);
    record.set("blob", record.id().to_string());
    record.set("listed", true);
    let of_resolution = row.bytes.as_ref().is_some_and(|path| path.contains("/resolutions/"));
    if of_resolution {
        record.set("module", "resolution");
        record.set("listed", false);
    } else if let Some(above) = row.above.as_ref().filter(|_| record.get("module").is_null()) {
        record.set("module", above.module.name.as_ref());
    }
}

fn ends(link: &Record) -> Option<(Id, Id)> {
    let (a, b) = (link.reference("request")?, link.reference("linked_request")?);
    Some((a.min(b), a.max(b)))
}

fn said(input: &RefInput) -> String {
    let name = input.email.clone().or_else(|| input.name.clone());
    match (input.id, name) {
        (Some(id), Some(name)) => format!("{name} ({id})"),
        (Some(id), None) => id.to_string(),
        (None, name) => name.unwrap_or_default(),
    }
}
