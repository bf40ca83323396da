//! Records as another desk shows them: the load mode of the batch room.
//!
//! What is given was so: times, numbers, authors and states are facts, no rule is run again and no history is written,
//! since the history comes along as records of its own. Whoever brings facts has checked that what they refer to is here.
//! What no API shows and the desk works by follows from what is shown ([`Desk::settle_facts`]).

use crate::batch::{NotCommitted, Ready, rivals};
use crate::requesters::phones;
use crate::{Desk, DeskError, cmdb, html, requests};
use model::{Access, Id, Kind, Map, Module, Preset, Record, Size, Storage, Value};
use serde_json::{Map as JsonMap, Value as Json};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use store::engine::Expect;
use store::{Query, Statement};

/// More rows than this do not hang on some records.
const ROWS_MAX: u64 = 1_000_000;
/// A clock that was read a moment ago may be wrong by this much, in milliseconds; time on hold is longer.
const READING: i64 = 60_000;

impl Desk {
    /// A record to put facts into. What nobody tells of is as in a record that was added without it.
    #[must_use]
    pub fn blank(module: &Arc<Module>) -> Record {
        let mut record = Record::new(module.clone());
        for (slot, leaf) in module.leaves().iter().enumerate() {
            if let Preset::Value(value) = &leaf.field.preset {
                record.put(slot, value.clone());
            }
        }
        record
    }

    /// Puts into a record what the API does not show and what follows from what it shows: `row` is the record as it was
    /// shown, `old` as it is here already, if it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle_facts(
        &self,
        record: &mut Record,
        old: Option<&Record>,
        row: &JsonMap<String, Json>,
    ) -> Result<(), DeskError> {
        // What strangers sent there is cleaned as if they had sent it here.
        let module = record.module.clone();
        for (slot, leaf) in module.leaves().iter().enumerate() {
            if matches!(leaf.field.kind, Kind::Html { .. })
                && let Some(std::borrow::Cow::Owned(clean)) = record.at(slot).as_str().map(html::stored)
            {
                record.put(slot, clean);
            }
        }
        let has =
            |value: Option<&Json>| value.and_then(Json::as_array).is_some_and(|files| !files.is_empty());
        if record.module.slot("has_attachments").is_some() && row.contains_key("attachments") {
            record.set("has_attachments", has(row.get("attachments")));
        }
        match record.module.table.as_ref() {
            "request" => {
                if let Some(resolution) = row.get("resolution") {
                    record.set("has_resolution_attachments", has(resolution.get("resolution_attachments")));
                }
                self.settle_clock(record, row);
                requests::judge(record);
            }
            "person" => {
                crate::users::plain_names(record);
                self.settle_person(record, old).await?;
            }
            "udf_field" => {
                record.set("is_ci_attribute", !record.get("ci_type").is_null());
                let of_people = record.text("module.name") == Some("user");
                if of_people && record.get("requester_field_id").is_null() {
                    let number = self.numbers.next("requester_field").await?;
                    record.set("requester_field_id", number);
                    record.set("requester_field_order", number);
                }
            }
            "ci" => {
                let name =
                    row.get("linked_entity").and_then(|entity| entity.get("name")).and_then(Json::as_str);
                if let Some(name) = name {
                    record.set("linked_module", cmdb::linkable(&self.snapshot(), name));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// How long a request stood on hold, and since when it does: of the time that it shows as elapsed.
    fn settle_clock(&self, request: &mut Record, row: &JsonMap<String, Json>) {
        let whole = |value: &Json| value.as_i64().or_else(|| value.as_str()?.parse().ok());
        let elapsed = row.get("time_elapsed").and_then(whole);
        let (Some(created), Some(elapsed)) = (request.int("created_time"), elapsed) else { return };
        let snapshot = self.snapshot();
        let status = request.reference("status").and_then(|id| snapshot.record(id));
        let ended = ["resolved_time", "completed_time"].iter().filter_map(|path| request.int(path)).min();
        let (since, stood) = match (status.is_some_and(|status| status.is("stop_timer")), ended) {
            (_, Some(ended)) => (None, ended - created - elapsed),
            (false, None) => {
                let stood = self.now() - created - elapsed;
                (None, if stood < READING { 0 } else { stood })
            }
            // Of a request that stands now only the sum is known. How it is divided shows in being late alone.
            (true, None) => {
                let since = created + elapsed;
                let is_late = row.get("is_overdue").and_then(Json::as_bool) == Some(true);
                let late_by = request.int("due_by_time").map_or(0, |due| due + 1 - since);
                let stood = if is_late { late_by.max(0) } else { 0 };
                (Some(since + stood), stood)
            }
        };
        request.set("stopped_since", since);
        request.set("stopped_ms", Some(stood.max(0)).filter(|stood| *stood > 0));
    }

    /// A number, and the telephone numbers as phones.
    async fn settle_person(&self, person: &mut Record, old: Option<&Record>) -> Result<(), DeskError> {
        let same = |path: &str| old.is_some_and(|old| old.get(path) == person.get(path));
        if same("phone") && same("mobile") && !person.get("requester_number").is_null() {
            return Ok(());
        }
        let number = match person.int("requester_number") {
            Some(number) => number,
            None => self.numbers.next("requester").await?,
        };
        let shown = ["phone", "mobile"].map(|path| (path, person.get(path).clone()));
        let mut ids = [0; 2];
        for (id, (_, value)) in ids.iter_mut().zip(&shown) {
            if !value.is_null() {
                *id = self.numbers.next("requester_phone").await?;
            }
        }
        phones::number(person, number, ids);
        for (path, value) in shown {
            person.set(path, value);
        }
        Ok(())
    }

    /// Makes a record ready to be written as it is; `None` when it is here as it is.
    #[must_use]
    pub fn ready_as_fact(&self, old: Option<&Record>, record: Record) -> Option<Ready> {
        let snapshot = self.snapshot();
        let mut statements = match old {
            Some(old) if old.equals(&record) => return None,
            Some(old) => self.store.update(old, &record, &snapshot.catalogue),
            None => self.store.insert(&record),
        };
        // The two know each other; only the one shows it.
        if record.module.table == "ci"
            && record.text("linked_module") == Some("asset")
            && let (Some(asset), Some(assets)) =
                (record.int("linked_instance"), snapshot.catalogue.module("asset"))
        {
            let own = [("ci", record.id().into())];
            statements.push(self.store.stamp(assets, Id::new(asset), &own, Expect::Any));
        }
        Some(Ready { record, unmet: Vec::new(), statements })
    }

    /// Makes ready that a record is gone, without rules: for rows that hang on others. Their own rows go with them.
    #[must_use]
    pub fn ready_to_forget(&self, record: Record) -> Ready {
        let snapshot = self.snapshot();
        let mut statements = self.store.remove(&record);
        statements.extend(self.store.remove_below(&record.module, record.id(), &snapshot.catalogue));
        Ready { record, unmet: Vec::new(), statements }
    }

    /// The record that a new one is by a value that must be one of a kind, if there is such a one: the status of the same
    /// name, the person with the same address. Running numbers do not count; they are given anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn twin(&self, record: &Record) -> Result<Option<Id>, DeskError> {
        let snapshot = self.snapshot();
        let whole = snapshot.catalogue.whole_of(&record.module).clone();
        if whole.name == "portal" {
            return Ok(snapshot.rows("portal").first().map(|portal| portal.id()));
        }
        // Its id is another desk's: the twin may well have the same one here.
        let mut stranger = record.clone();
        stranger.set("id", Id::new(0));
        for (slot, leaf) in record.module.leaves().iter().enumerate() {
            if is_running(&leaf.field) {
                continue;
            }
            let Some(others) = rivals(&stranger, slot, &whole) else { continue };
            let mut query = Query::new(whole.clone(), others, 1);
            query.slots = whole.id_slot().into_iter().collect();
            if let Some(found) = self.store.list(&query).await?.first() {
                return Ok(Some(found.id()));
            }
        }
        Ok(None)
    }

    /// Which of these running numbers records have already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn numbers_taken(
        &self,
        module: &Arc<Module>,
        numbers: &[i64],
    ) -> Result<HashSet<i64>, DeskError> {
        let Some((slot, leaf)) = running(module) else { return Ok(HashSet::new()) };
        let values = numbers.iter().map(|n| Value::Int(*n)).collect();
        let mut query = Query::new(
            module.clone(),
            model::filter::equals(module, &leaf.path, values),
            numbers.len() as u64,
        );
        query.slots = vec![slot];
        Ok(self.store.list(&query).await?.iter().filter_map(|row| row.at(slot).as_int()).collect())
    }

    /// The running numbers of a module go on from behind this one.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn count_from(&self, module: &Module, number: i64) -> Result<(), DeskError> {
        self.numbers.skip(&module.table, number).await;
        Ok(self.store.commit(vec![self.numbers.at_least(&module.table, number)]).await?)
    }

    /// The next running number of a module.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next_running(&self, module: &Module) -> Result<i64, DeskError> {
        self.numbers.next(&module.table).await
    }

    /// The records with these ids, as the module reads them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn facts_of(&self, module: &Arc<Module>, ids: &[Id]) -> Result<HashMap<Id, Record>, DeskError> {
        let found = self.store.get_many(module, ids).await?;
        Ok(found.into_iter().map(|record| (record.id(), Arc::unwrap_or_clone(record))).collect())
    }

    /// The rows of a module that refer to one of these records in a field.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_below(
        &self,
        module: &Arc<Module>,
        field: &str,
        ids: &[Id],
    ) -> Result<Vec<Record>, DeskError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(500) {
            let ids = ids.iter().map(|id| Value::from(*id)).collect();
            let query = Query::new(module.clone(), model::filter::equals(module, field, ids), ROWS_MAX);
            rows.extend(self.store.list(&query).await?);
        }
        Ok(rows)
    }

    /// Commits facts: `advance` first, then the records, then `behind`. Numbers go on from behind the greatest that came,
    /// search documents of records above follow.
    ///
    /// # Errors
    /// See [`NotCommitted`].
    pub async fn commit_facts(
        &self,
        rows: &[&Ready],
        advance: Option<Statement>,
        mut behind: Vec<Statement>,
    ) -> Result<(), NotCommitted> {
        let snapshot = self.snapshot();
        let mut greatest: Map<String, i64> = Map::default();
        let mut above: HashSet<(String, Id)> = HashSet::new();
        let (mut is_graph, mut caches) = (false, Vec::new());
        for record in rows.iter().map(|row| &row.record) {
            for (series, number) in numbers_of(record) {
                let last = greatest.entry(series).or_insert(number);
                *last = number.max(*last);
            }
            if record.module.leaves().iter().any(|leaf| leaf.field.full_text)
                && !crate::is_searched(&record.module)
                && let Some((field, id)) = record.module.above(record)
                && let Some(target) = record.module.find(field).and_then(|leaf| leaf.target())
            {
                above.insert((target.to_owned(), id));
            }
            is_graph |= matches!(record.module.table.as_ref(), "ci" | "ci_relationship");
            match record.module.size {
                Size::Small => caches.push("setup"),
                Size::People => caches.push("people"),
                Size::Large => {}
            }
        }
        behind.extend(greatest.iter().map(|(series, number)| self.numbers.at_least(series, *number)));
        for (name, id) in above {
            let Some(module) = snapshot.catalogue.module(&name) else { continue };
            behind.extend(self.store.refresh_search(module, id, &snapshot.catalogue));
        }
        if is_graph {
            behind.push(cmdb::impact::changed(self));
        }
        caches.sort_unstable();
        caches.dedup();
        behind.extend(caches.into_iter().map(|name| self.store.raise_cache_version(name)));
        // Before the commit: who makes an id or a number meanwhile must not make one of these.
        if let Some(greatest) = rows.iter().map(|row| row.record.id()).max() {
            self.ids.raise(greatest);
        }
        for (series, number) in &greatest {
            self.numbers.skip(series, *number).await;
        }
        self.commit_beside(rows, advance, behind).await
    }

    /// Where the bytes of the file with this id belong; the folder is there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub async fn place_of_file(&self, id: Id) -> Result<PathBuf, DeskError> {
        self.files
            .place(id)
            .await
            .map_err(|e| DeskError::Unavailable(format!("the file was not stored: {e}")))
    }

    /// Removes the bytes of a file whose row is gone, or never came.
    pub async fn drop_file(&self, id: Id) {
        self.files.remove(&id.to_string()).await;
    }
}

/// Whether a field holds a number that the desk counts on by itself.
fn is_running(field: &model::Field) -> bool {
    field.access == Access::ReadOnly && matches!(field.kind, Kind::Number { .. } | Kind::Digits { .. })
}

/// The running number by which people know a module's records.
fn running(module: &Module) -> Option<(usize, &model::Leaf)> {
    let shown =
        |leaf: &model::Leaf| leaf.field.shown && leaf.field.unique.is_some() && is_running(&leaf.field);
    module.leaves().iter().enumerate().find(|(_, leaf)| shown(leaf))
}

/// The place of the running number by which people know a module's records.
#[must_use]
pub fn running_number(module: &Module) -> Option<usize> {
    running(module).map(|(slot, _)| slot)
}

/// The series that a record's numbers belong to.
fn numbers_of(record: &Record) -> Vec<(String, i64)> {
    let module = &record.module;
    let mut numbers = Vec::new();
    if let Some((slot, _)) = running(module)
        && let Some(number) = record.at(slot).as_int()
    {
        numbers.push((module.table.to_string(), number));
    }
    for (slot, leaf) in module.leaves().iter().enumerate() {
        if let Storage::Document { field } = leaf.field.storage
            && leaf.field.access == Access::ReadOnly
            && leaf.field.id.is_some()
            && let Some(number) = record.at(slot).as_int()
        {
            numbers.push((format!("udf_field {field}"), number));
        }
    }
    numbers
}
