//! What an answer shows beside its records: the records that they refer to, fetched together, and values that are
//! worked out rather than stored.

use crate::context::Context;
use crate::{Desk, DeskError, Snapshot};
use model::filter::equals;
use model::{Filter, Id, Map, Module, Record, Size, Value, excerpt};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Tally, TallyBy};

/// Characters of a description that a list shows.
const EXCERPT: usize = 250;

/// The records that some records refer to.
#[derive(Debug)]
pub struct View {
    snapshot: Arc<Snapshot>,
    met: Map<Id, Arc<Record>>,
    people: u64,
}

impl View {
    /// The record that a reference to a module means.
    #[must_use]
    pub fn record(&self, id: Id) -> Option<&Arc<Record>> {
        self.snapshot.record(id).or_else(|| self.met.get(&id))
    }
    /// The catalogue and lookups that it was made with.
    #[must_use]
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
    /// The people that it was made with, as [`Desk::people_as_of`] tells them.
    #[must_use]
    pub const fn people_as_of(&self) -> u64 {
        self.people
    }
}

/// What some records refer to.
struct AtHand<'s> {
    /// The people who are known.
    met: Map<Id, Arc<Record>>,
    /// Who and what else is to be fetched, by module.
    wanted: Vec<(&'s str, Vec<Id>)>,
}

impl Desk {
    /// Fetches what these places of these records refer to: small lookups are there, people come from the cache
    /// or in one query, other records in one query a module.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn view(&self, records: &[Record], slots: Option<&[usize]>) -> Result<View, DeskError> {
        let (snapshot, people) = (self.glance(), self.people_as_of());
        let AtHand { mut met, wanted } = self.at_hand(&snapshot, records, slots);
        for (name, mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let generation = self.people.generation();
            for record in self.store.get_many(snapshot.module(name)?, &ids).await? {
                if record.module.size == Size::People {
                    self.people.keep(generation, &record);
                }
                met.insert(record.id(), record);
            }
        }
        // Taken after the people: what their texts show of lookups is then never older than they are.
        Ok(View { snapshot: self.snapshot(), met, people })
    }

    /// A number that is another one as soon as anything was acknowledged by which people may have changed.
    #[must_use]
    pub fn people_as_of(&self) -> u64 {
        self.people.generation()
    }

    /// What these places of these records refer to, as far as it is known.
    fn at_hand<'s>(&self, snapshot: &'s Snapshot, records: &[Record], slots: Option<&[usize]>) -> AtHand<'s> {
        let mut met: Map<Id, Arc<Record>> = Map::default();
        let mut wanted: Vec<(&str, Vec<Id>)> = Vec::new();
        let Some(first) = records.first() else { return AtHand { met, wanted } };
        let people = self.people.known();
        for far in snapshot.catalogue.far_references(&first.module.name) {
            let (slot, target, size) = (far.slot, far.target.as_str(), far.size);
            if slots.is_some_and(|s| !s.contains(&slot)) {
                continue;
            }
            for record in records {
                let value = record.at(slot);
                let one = value.as_int().map(Id::new);
                for id in one.into_iter().chain(model::record::ids_of(value)) {
                    if met.contains_key(&id) {
                        continue;
                    }
                    let mut name = target;
                    if size == Size::People {
                        if let Some(person) = people.get(&id) {
                            met.insert(id, person.clone());
                            continue;
                        }
                        name = "user";
                    }
                    match wanted.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, ids)) => ids.push(id),
                        None => wanted.push((name, vec![id])),
                    }
                }
            }
        }
        AtHand { met, wanted }
    }

    /// Fills in the values that are worked out, as far as these places are shown.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn complete(
        &self,
        ctx: &Context,
        records: &mut [Record],
        slots: Option<&[usize]>,
    ) -> Result<(), DeskError> {
        let Some(module) = records.first().map(|r| r.module.clone()) else { return Ok(()) };
        let shown =
            |path: &str| module.slot(path).is_some_and(|slot| slots.is_none_or(|s| s.contains(&slot)));
        let snapshot = self.glance();
        for (slot, of) in module.excerpts().filter(|(slot, _)| slots.is_none_or(|s| s.contains(slot))) {
            for record in records.iter_mut() {
                let text = record.at(of).as_str().map(|text| excerpt(text, EXCERPT));
                record.put(slot, text);
            }
        }
        match module.table.as_ref() {
            "asset" => crate::assets::complete(self, ctx, records, shown).await?,
            "asset_loan" => {
                for record in records.iter_mut() {
                    crate::loans::complete(record, ctx.now);
                }
            }
            "ci" if shown("linked_entity") || shown("linked_instance_data") => {
                crate::cmdb::complete(self, ctx, records, shown("linked_instance_data")).await?;
            }
            "request" => {
                if !ctx.is_technician() {
                    self.tell_of_what_is_read(ctx, records).await?;
                }
                for record in records.iter_mut() {
                    crate::requests::complete(record, ctx.now);
                    if !ctx.is_technician() {
                        record.set("email_bcc", Value::Null);
                    }
                    crate::attachments::complete_resolution(record);
                    if shown("service_approvers") {
                        crate::service::show(self, ctx, record, &snapshot).await?;
                    }
                }
            }
            // Whom else a mail went to is told to its sender and to technicians.
            "notification" if !ctx.is_technician() => {
                for record in records.iter_mut().filter(|r| r.reference("sender") != Some(ctx.caller.user)) {
                    record.set("bcc", Value::Null);
                }
            }
            "task" => {
                for record in records.iter_mut() {
                    crate::tasks::complete(record, &snapshot, ctx.now);
                }
            }
            "request_note" => {
                for record in records.iter_mut() {
                    for (own, same) in [("created_by", "added_by"), ("created_time", "added_time")] {
                        record.set(same, record.get(own).clone());
                    }
                }
            }
            "person" => {
                for record in records.iter_mut() {
                    record.set("is_active", !record.is("inactive"));
                }
            }
            "checklist" if shown("is_completed") => self.tell_of_what_is_done(records).await?,
            "attachment" => {
                for record in records.iter_mut() {
                    crate::attachments::complete(record);
                }
            }
            "request_template" => {
                for record in records.iter_mut() {
                    crate::templates::complete(record, &snapshot);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A checklist is completed when it has items and none of them is open.
    async fn tell_of_what_is_done(&self, checklists: &mut [Record]) -> Result<(), DeskError> {
        let snapshot = self.snapshot();
        let items = snapshot.module("checklist_item")?;
        let ids = checklists.iter().map(|checklist| checklist.id().into()).collect();
        let all = equals(items, "checklist", ids);
        let open = all.clone().and(equals(items, "completed", vec![false.into()]));
        let (all, open) = (self.checklists_of(items, all).await?, self.checklists_of(items, open).await?);
        for checklist in checklists {
            let id = checklist.id();
            checklist.set("is_completed", all.contains(&id) && !open.contains(&id));
        }
        Ok(())
    }

    /// The checklists of items that pass.
    async fn checklists_of(&self, items: &Arc<Module>, filter: Filter) -> Result<HashSet<Id>, DeskError> {
        let by = items.slot("checklist").map(TallyBy::Value).into_iter().collect();
        let groups = self.store.tally(&Tally { module: items.clone(), filter, by, sum: None }).await?;
        Ok(groups.iter().filter_map(|group| group.values.first()?.as_int()).map(Id::new).collect())
    }
}
