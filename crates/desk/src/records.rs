//! What can be done with a record of any module: list, get, add, edit, delete. A noun's own rules are in the file
//! of its name; [`crate::nouns`] says which file that is.

use crate::bookmarks::Walk;
use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::nouns;
use crate::permissions::{permit, visible};
use crate::{Desk, DeskError, Refusal, Snapshot, history, templates};
use model::filter::{equals, test};
use model::{
    Area, Change, Deletion, Filter, Id, Kind, Module, Op, Patch, Path, Record, Size, SortKey, Value,
};
use std::sync::Arc;
use store::{Query, Statement, StoreError};

/// Where a record is: its module, and the record that it is below, if any.
#[derive(Clone, Debug)]
pub struct Place {
    /// The module.
    pub module: Arc<Module>,
    /// The field that refers to the parent, and the parent.
    pub parent: Option<(&'static str, Arc<Record>)>,
    /// The area whose scopes count here: that of the record at the top of the path.
    pub area: Area,
}

impl Place {
    /// The whole collection of a module.
    #[must_use]
    pub fn top(module: Arc<Module>) -> Self {
        Self { area: module.area, module, parent: None }
    }
    /// The rows of a module below a record of this place.
    #[must_use]
    pub fn below(&self, parent: Record, module: Arc<Module>, field: &'static str) -> Self {
        Self { module, parent: Some((field, Arc::new(parent))), area: self.area }
    }
    /// Whether a record of the module is below the place's parent.
    pub(crate) fn has(&self, record: &Record) -> bool {
        self.parent.as_ref().is_none_or(|(field, parent)| refers(record, field, parent.id()))
    }
    fn filter(&self) -> Filter {
        self.parent.as_ref().map_or(Filter::everything(), |(field, parent)| {
            equals(&self.module, field, vec![parent.id().into()])
        })
    }
}

/// What a list is asked for.
#[derive(Clone, Debug)]
pub struct ListAsk {
    /// Which of those that the caller may see.
    pub filter: Filter,
    /// Words of a full-text search.
    pub words: Vec<String>,
    /// In which order; the module's own when empty.
    pub sort: Vec<SortKey>,
    /// How many to pass over.
    pub offset: u64,
    /// How many at most.
    pub limit: u64,
    /// Whether to count all.
    pub count: bool,
    /// The places that the answer shows; all when empty.
    pub slots: Vec<usize>,
    /// Whether records in the trash, or flagged as deleted, are among them. Otherwise they are left out, unless
    /// the filter speaks of the flag.
    pub with_deleted: bool,
    /// Only those behind this id: for going through all of them in the order of their ids, page by page.
    pub after: Option<Id>,
}

impl ListAsk {
    /// The first `limit` records that pass.
    #[must_use]
    pub const fn new(filter: Filter, limit: u64) -> Self {
        Self {
            filter,
            words: Vec::new(),
            sort: Vec::new(),
            offset: 0,
            limit,
            count: false,
            slots: Vec::new(),
            with_deleted: false,
            after: None,
        }
    }
}

impl ListAsk {
    /// Only those in which words are found: in the full text of a module that has one, else in what names a record. An
    /// empty text finds all, one of nothing but punctuation none.
    pub fn find(&mut self, module: &Arc<Module>, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let words = store::search::words(text);
        if words.is_empty() {
            self.filter = Filter::nothing();
        } else if store::search::is_searched(module) {
            self.words = words;
        } else {
            let is_person = module.table == "person";
            let path = if is_person { "name_plain" } else { module.title };
            for word in words {
                let word = if is_person { model::unaccented(&word) } else { word };
                let has = test(module, path, Op::Contains, vec![word.into()]);
                self.filter = std::mem::replace(&mut self.filter, Filter::everything()).and(has);
            }
        }
    }
}

/// A piece of a list.
#[derive(Debug)]
pub struct Page {
    /// The records.
    pub records: Vec<Record>,
    /// Whether more follow.
    pub has_more: bool,
    /// How many there are in all, when asked.
    pub total: Option<u64>,
}

impl Desk {
    /// The record of a place with this id.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] also for a record that the caller may not see, or that is in the trash.
    pub async fn get(&self, ctx: &Context, place: &Place, id: Id) -> Result<Record, DeskError> {
        permit(ctx, place, Verb::Read)?;
        self.locate(ctx, place, id).await
    }

    /// The record that a path goes through to the rows below it. The right to the rows is the use case's to check;
    /// that the caller sees the record is checked here.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn locate(&self, ctx: &Context, place: &Place, id: Id) -> Result<Record, DeskError> {
        let record = self.get_to_read(ctx, place, id).await?;
        if in_trash(&record) { self.where_it_went(&record) } else { Ok(record) }
    }

    /// The values that a field of another module may take: whoever may read that module may read them, role
    /// permitting.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub async fn list_for(
        &self,
        ctx: &Context,
        asking: &Arc<Module>,
        place: &Place,
        ask: ListAsk,
    ) -> Result<Page, DeskError> {
        permit(ctx, &Place::top(asking.clone()), Verb::Read)?;
        if !crate::permissions::role_allows(ctx.caller.access, &place.module, Verb::Read) {
            return Err(DeskError::NotPermitted);
        }
        self.list_in(ctx, place, ask).await
    }

    /// What happened to a record and to what is below it.
    ///
    /// # Errors
    /// As for [`Self::get`]; [`DeskError::NotPermitted`] for requesters.
    pub async fn history_of(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        ask: ListAsk,
    ) -> Result<(Place, Page), DeskError> {
        permit(ctx, place, Verb::Read)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let record = self.get_in(ctx, place, id).await?;
        let snapshot = self.snapshot();
        let place = place.below(record, snapshot.module("history")?.clone(), "owner");
        let page = self.list_in(ctx, &place, ask).await?;
        Ok((place, page))
    }

    /// The record, whether or not it is in the trash; without a look at the scopes, for operations that have
    /// their own.
    pub(crate) async fn get_in(&self, ctx: &Context, place: &Place, id: Id) -> Result<Record, DeskError> {
        let Some(record) = self.get_visible(ctx, &place.module, id).await? else {
            // For an approver it is there, to be read.
            let is_read = self.get_as_approver(ctx, &place.module, id).await?.is_some();
            return Err(if is_read { DeskError::NotPermitted } else { DeskError::NotFound });
        };
        if place.has(&record) { Ok(record) } else { Err(DeskError::NotFound) }
    }

    /// A merged request says where its content is now; any other trashed record is just not there.
    fn where_it_went(&self, record: &Record) -> Result<Record, DeskError> {
        let merged = record.module.slot("merged_into").and_then(|slot| record.at(slot).as_int());
        Err(merged.map_or(DeskError::NotFound, |id| DeskError::MergedInto(Id::new(id))))
    }

    /// The record with this id, if the caller may see it.
    pub(crate) async fn get_visible(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        id: Id,
    ) -> Result<Option<Record>, DeskError> {
        let snapshot = self.glance();
        if module.size == Size::Small {
            let hidden =
                |r: &Record| module.name == "request_template" && crate::templates::is_hidden(ctx, r);
            let found = snapshot.record_of(&module.name, id).filter(|r| !hidden(r));
            return Ok(found.map(|r| Record::clone(r)));
        }
        let filter = visible(ctx, module, &snapshot)?;
        let found = if matches!(&filter, Filter::All(parts) if parts.is_empty()) {
            self.store.get(module, id).await?
        } else {
            let filter = equals(module, "id", vec![id.into()]).and(filter);
            self.store.list(&Query::new(module.clone(), filter, 1)).await?.into_iter().next()
        };
        match found {
            Some(record) => self.exact(&snapshot, record).await,
            None => Ok(None),
        }
    }

    /// The record as the module of its own type reads it. A CI may be reached through a type above its own, which does
    /// not know all of its attributes: written through that one, it would lose them.
    async fn exact(&self, snapshot: &Snapshot, record: Record) -> Result<Option<Record>, DeskError> {
        if record.module.table != "ci" {
            return Ok(Some(record));
        }
        match snapshot.catalogue.view_of(&record.module, &record) {
            Some(exact) if !Arc::ptr_eq(exact, &record.module) => {
                Ok(self.store.get(exact, record.id()).await?)
            }
            _ => Ok(Some(record)),
        }
    }

    /// The collection of a record's own type; the place itself where there is only one.
    ///
    /// # Errors
    /// As for [`Self::get`].
    pub async fn exact_place(&self, ctx: &Context, place: Place, id: Id) -> Result<Place, DeskError> {
        if place.module.table != "ci" {
            return Ok(place);
        }
        let record = self.get_in(ctx, &place, id).await?;
        Ok(Place { module: record.module, ..place })
    }

    /// A piece of the list of a place's records.
    ///
    /// # Errors
    /// When the caller may not read the module, or the database does not answer in time.
    pub async fn list(&self, ctx: &Context, place: &Place, ask: ListAsk) -> Result<Page, DeskError> {
        permit(ctx, place, Verb::Read)?;
        self.list_in(ctx, place, ask).await
    }

    /// The same without a look at the scopes, for lists that come with another right.
    pub(crate) async fn list_in(
        &self,
        ctx: &Context,
        place: &Place,
        ask: ListAsk,
    ) -> Result<Page, DeskError> {
        let module = &place.module;
        let filter = self.passing(ctx, place, ask.filter, ask.with_deleted, ask.after).await?;
        let mut query = Query::new(module.clone(), filter, ask.limit.saturating_add(1));
        query.offset = ask.offset;
        query.words = ask.words;
        query.slots = ask.slots;
        query.sort = ask.sort;
        if query.sort.is_empty() && query.words.is_empty() {
            let (field, descending) = module.sort;
            query.sort =
                Path::of(module, field).map(|path| SortKey { path, descending }).into_iter().collect();
        }
        if crate::search::is_confirmed(ctx, module, &query.words) {
            return self.confirmed(query, ask.limit, ask.count).await;
        }
        let counted = ask.count.then(|| query.clone());
        let walk = Walk::of(&self.store, &query);
        if let Some(walk) = &walk {
            let slot = walk.slot();
            if !query.slots.is_empty() && !query.slots.contains(&slot) {
                query.slots.push(slot);
            }
            self.bookmarks.open(walk, &mut query, ctx.now);
        }
        let mut records = self.store.list(&query).await?;
        let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
        let has_more = records.len() > limit;
        records.truncate(limit);
        if let (Some(walk), Some(last), true) = (&walk, records.last(), has_more) {
            self.bookmarks.put(walk, ask.offset + ask.limit, last, ctx.now);
        }
        let total = match counted {
            None => None,
            // All of them are at hand. Behind a page that somebody saw before, more may have come up in front of it.
            Some(_) if ask.offset == 0 && !has_more => Some(records.len() as u64),
            Some(query) => Some(self.store.count(&query).await?),
        };
        Ok(Page { records, has_more, total })
    }

    /// How many records a list has in all its pages, as many as its limit at most, of those that the caller may see. `None`
    /// where that is more work to know than it is worth.
    ///
    /// # Errors
    /// As for [`Self::list`].
    pub async fn count_to_limit(
        &self,
        ctx: &Context,
        place: &Place,
        ask: ListAsk,
    ) -> Result<Option<u64>, DeskError> {
        permit(ctx, place, Verb::Read)?;
        if crate::search::is_confirmed(ctx, &place.module, &ask.words) {
            // Every hit would have to be read.
            return Ok(None);
        }
        let filter = self.passing(ctx, place, ask.filter, ask.with_deleted, ask.after).await?;
        let mut query = Query::new(place.module.clone(), filter, ask.limit);
        query.words = ask.words;
        Ok(self.store.count_to_limit(&query).await?)
    }

    /// Which records of a place pass a filter, of those that the caller may see; behind an id, where one is given.
    pub(crate) async fn passing(
        &self,
        ctx: &Context,
        place: &Place,
        filter: Filter,
        with_deleted: bool,
        after: Option<Id>,
    ) -> Result<Filter, DeskError> {
        let snapshot = self.snapshot();
        let module = &place.module;
        // The most telling part first: the input's own, then the place, then what the caller may see at all.
        let mut filter = self.narrowed(filter).and(place.filter());
        // An inactive lookup is still in the list that administrators keep; a deleted or trashed record is not.
        let hides = |flag: &&str| module.size != Size::Small || *flag != "inactive";
        if let Some(flag) = module.deleted_flag().filter(hides)
            && !with_deleted
            && !speaks_of(&filter, module, flag)
        {
            filter = filter.and(equals(module, flag, vec![false.into()]));
        }
        if let Some(after) = after {
            filter = filter.and(test(module, "id", Op::Greater, vec![after.into()]));
        }
        Ok(filter.and(self.listed(ctx, place, &snapshot).await?))
    }

    /// Tests of small lookups, answered from memory: `status.name is Open` becomes `status is one of these ids`,
    /// which an index on the record's own column answers.
    fn narrowed(&self, filter: Filter) -> Filter {
        match filter {
            Filter::All(parts) => Filter::All(parts.into_iter().map(|p| self.narrowed(p)).collect()),
            Filter::Any(parts) => Filter::Any(parts.into_iter().map(|p| self.narrowed(p)).collect()),
            Filter::Not(inner) => self.narrowed(*inner).negate(),
            Filter::Test(test) => {
                let Some((module, slot)) = test.path.via.last().cloned() else { return Filter::Test(test) };
                if test.path.module.size != Size::Small || test.op == Op::Empty {
                    return Filter::Test(test);
                }
                let snapshot = self.snapshot();
                let ids: Vec<Value> = snapshot
                    .rows(&test.path.module.name)
                    .iter()
                    .filter(|row| crate::compare::passes(row.at(test.path.slot), &test))
                    .map(|row| row.id().into())
                    .collect();
                let mut via = test.path.via.clone();
                via.pop();
                let path = Path { via, module, slot };
                Filter::Test(model::Test { path, op: Op::In, operands: ids })
            }
        }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// Everything that speaks against the input at once; nothing is written then.
    pub async fn add(&self, ctx: &Context, place: &Place, patch: &Patch) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Create)?;
        self.add_in(ctx, place, patch).await
    }

    /// An add may change other records with it, and is done again when one of them was changed meanwhile.
    pub(crate) async fn add_in(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
    ) -> Result<Outcome, DeskError> {
        let mut turn = self.turns.of(place.parent.as_ref().map_or(Id::new(0), |(_, parent)| parent.id()));
        loop {
            let draft = self.draft_new(ctx, place, patch).await?;
            let tried = self.add_draft(ctx, place, draft).await;
            if let Some(outcome) = turn.after(tried).await? {
                return Ok(outcome);
            }
        }
    }

    /// A record that may be added, with its id; nothing is written yet.
    pub(crate) async fn draft_new(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
    ) -> Result<Draft, DeskError> {
        self.draft_new_as(ctx, place, patch, self.new_id(ctx)).await
    }

    /// The same under an id that was given out before.
    pub(crate) async fn draft_new_as(
        &self,
        ctx: &Context,
        place: &Place,
        patch: &Patch,
        id: Id,
    ) -> Result<Draft, DeskError> {
        if !place.module.writable {
            return Err(DeskError::NotPermitted);
        }
        self.may_add_below(ctx, place).await?;
        let snapshot = self.snapshot();
        let mut new = Record::new(place.module.clone());
        self.preset(ctx, &mut new, &snapshot);
        // Before the rules run: what they add beside the record refers to it.
        new.set("id", id);
        if let Some((field, parent)) = &place.parent {
            new.set(field, parent.id());
        }
        let mut draft = Draft::adding(snapshot, new);
        let patch = crate::requests::within_reach(ctx, &mut draft, patch);
        templates::lead(self, ctx, &mut draft, &patch).await?;
        self.apply(ctx, &mut draft, &patch).await?;
        self.look_over(ctx, place, &mut draft).await?;
        Ok(draft)
    }

    /// Writes a new record.
    pub(crate) async fn add_draft(
        &self,
        ctx: &Context,
        place: &Place,
        mut draft: Draft,
    ) -> Result<Outcome, Written> {
        if ctx.rehearsal {
            return Ok(Outcome { record: draft.new, unmet: draft.unmet });
        }
        let mut statements = self.added(ctx, place, &mut draft).await?;
        // Whoever took the call over must not be taken for somebody who edits the same record.
        let first = usize::from(ctx.once.is_some());
        if let Some(ticket) = &ctx.once {
            statements.insert(0, self.store.call_made(&ticket.name, ticket.owner, draft.new.id()));
        }
        match self.store.commit(statements).await {
            Ok(()) => {}
            Err(StoreError::Stale { statement }) if statement < first => {
                return Err(Written::Failed(DeskError::Unavailable(
                    "another call took this one over".into(),
                )));
            }
            Err(StoreError::Stale { .. }) => return Err(Written::Stale),
            Err(error) => return Err(Written::Failed(self.conflict(&draft.new, error).await)),
        }
        self.wrote(&draft.new).await?;
        Ok(Outcome { record: draft.new, unmet: draft.unmet })
    }

    /// What is written for a new record: the record, what goes with it, its history.
    pub(crate) async fn added(
        &self,
        ctx: &Context,
        place: &Place,
        draft: &mut Draft,
    ) -> Result<Vec<Statement>, DeskError> {
        nouns::number(self, draft).await?;
        let mut statements = self.store.insert(&draft.new);
        statements.append(&mut draft.statements);
        statements.extend(self.told(ctx, place, draft).await?);
        Ok(statements)
    }

    /// Edits a record. Another edit of the same record meanwhile is no error: this one is done again on top of it,
    /// so that fields which only the other one gave stay as it gave them.
    ///
    /// # Errors
    /// Everything that speaks against the input at once; nothing is written then.
    pub async fn edit(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        patch: &Patch,
    ) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        self.edit_as(ctx, place, id, patch, "UPDATE").await
    }

    /// An edit under another word in the history.
    pub(crate) async fn edit_as(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        patch: &Patch,
        operation: &'static str,
    ) -> Result<Outcome, DeskError> {
        if !place.module.writable {
            return Err(DeskError::NotPermitted);
        }
        let mut turn = self.turns.of(id);
        loop {
            let tried = self.try_edit(ctx, place, id, patch, operation).await;
            if let Some(outcome) = turn.after(tried).await? {
                return Ok(outcome);
            }
        }
    }

    async fn try_edit(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        patch: &Patch,
        operation: &'static str,
    ) -> Result<Outcome, Written> {
        let old = self.get_in(ctx, place, id).await?;
        if ctx.seen.is_some_and(|(seen, version)| seen == id && version != old.version) {
            return Err(DeskError::Overtaken.into());
        }
        let draft = self.draft_edit(ctx, place, old, patch, operation).await?;
        self.write(ctx, place, draft).await
    }

    /// An edit that may be made; nothing is written yet.
    pub(crate) async fn draft_edit(
        &self,
        ctx: &Context,
        place: &Place,
        old: Record,
        patch: &Patch,
        operation: &'static str,
    ) -> Result<Draft, DeskError> {
        if in_trash(&old) && operation != "RESTORE" {
            self.where_it_went(&old)?;
        }
        let mut draft = Draft::editing(self.snapshot(), old.clone(), old, operation);
        let patch = crate::requests::within_reach(ctx, &mut draft, patch);
        self.apply(ctx, &mut draft, &patch).await?;
        self.look_over(ctx, place, &mut draft).await?;
        Ok(draft)
    }

    /// The noun's own rules, and what no record may lack. What they refuse comes to what was refused before.
    pub(crate) async fn look_over(
        &self,
        ctx: &Context,
        place: &Place,
        draft: &mut Draft,
    ) -> Result<(), DeskError> {
        for row in draft.old.iter().chain(std::iter::once(&draft.new)) {
            crate::requests::may_change_below(self, ctx, place, row).await?;
        }
        match nouns::prepare(self, ctx, place, draft).await {
            Err(DeskError::Refused(more)) => more.into_iter().for_each(|refusal| draft.refuse(refusal)),
            other => other?,
        }
        // By an edit as little as by a delete. What is inactive is taken for nothing new either.
        for flag in ["deleted", "inactive"] {
            let goes = !draft.is_new()
                && draft.new.module.size == Size::Small
                && draft.new.module.slot(flag).is_some()
                && draft.changes(flag)
                && draft.new.is(flag);
            let stays = || {
                nouns::is_needed(&draft.new) || !nouns::relied_upon(&draft.snapshot, &draft.new).is_empty()
            };
            if goes && stays() {
                draft.refuse(Refusal::NotEditable(flag.into()));
            }
        }
        mandatory(draft);
        draft.check()
    }

    /// Commits a draft of an edit.
    pub(crate) async fn write(
        &self,
        ctx: &Context,
        place: &Place,
        mut draft: Draft,
    ) -> Result<Outcome, Written> {
        let Some(statements) = self.edited(ctx, place, &mut draft).await? else {
            return Ok(Outcome { record: draft.new, unmet: draft.unmet });
        };
        match self.store.commit(statements).await {
            Ok(()) => {}
            Err(StoreError::Stale { .. }) => return Err(Written::Stale),
            Err(error) => return Err(Written::Failed(self.conflict(&draft.new, error).await)),
        }
        self.wrote(&draft.new).await.map_err(Written::Failed)?;
        draft.new.version += 1;
        Ok(Outcome { record: draft.new, unmet: draft.unmet })
    }

    /// What is written for an edit; nothing for one that changes nothing, or is only rehearsed.
    pub(crate) async fn edited(
        &self,
        ctx: &Context,
        place: &Place,
        draft: &mut Draft,
    ) -> Result<Option<Vec<Statement>>, DeskError> {
        let Some(old) = draft.old.take() else {
            return Err(DeskError::Internal("not an edit".into()));
        };
        if ctx.rehearsal || (draft.new.equals(&old) && draft.statements.is_empty()) {
            draft.old = Some(old);
            return Ok(None);
        }
        for stamp in ["last_updated_time", "updated_time"] {
            if draft.new.module.slot(stamp).is_some() {
                draft.new.set(stamp, ctx.now);
            }
        }
        if draft.new.module.slot("last_updated_by").is_some() {
            draft.new.set("last_updated_by", ctx.caller.user);
        }
        let catalogue = &draft.snapshot.catalogue;
        let mut statements = self.store.update(&old, &draft.new, catalogue);
        statements.append(&mut draft.statements);
        statements.extend(nouns::guard(self, &old, &draft.new, &draft.snapshot)?);
        if draft.refresh_search {
            statements.extend(self.store.refresh_search(&draft.new.module, old.id(), catalogue));
        }
        draft.old = Some(old);
        statements.extend(self.told(ctx, place, draft).await?);
        Ok(Some(statements))
    }

    /// Deletes a record in the way of its module: to the trash and from there for ever, by a flag, or at once.
    ///
    /// # Errors
    /// [`DeskError::InUse`] when other records need it.
    pub async fn delete(&self, ctx: &Context, place: &Place, id: Id) -> Result<(), DeskError> {
        permit(ctx, place, Verb::Delete)?;
        if !place.module.writable {
            return Err(DeskError::NotPermitted);
        }
        let mut turn = self.turns.of(id);
        loop {
            let tried = self.try_delete(ctx, place, id).await;
            if let Some(()) = turn.after(tried).await? {
                return Ok(());
            }
        }
    }

    async fn try_delete(&self, ctx: &Context, place: &Place, id: Id) -> Result<(), Written> {
        let record = self.get_in(ctx, place, id).await?;
        crate::requests::may_change_below(self, ctx, place, &record).await?;
        nouns::may_delete(self, ctx, &record).await?;
        match place.module.deletion {
            Deletion::Trash if !in_trash(&record) => self.to_trash(ctx, place, &record).await,
            Deletion::Flag(flag) => self.flag_deleted(ctx, place, &record, flag).await,
            Deletion::Trash | Deletion::Remove => self.destroy(ctx, place, &record).await,
        }
    }

    pub(crate) async fn to_trash(
        &self,
        ctx: &Context,
        place: &Place,
        record: &Record,
    ) -> Result<(), Written> {
        let mut new = record.clone();
        new.set("is_trashed", true);
        new.set("deleted_time", ctx.now);
        new.set("deleted_by", ctx.caller.user);
        self.replace(ctx, place, record, new, "DELETE").await
    }

    async fn flag_deleted(
        &self,
        ctx: &Context,
        place: &Place,
        record: &Record,
        flag: &str,
    ) -> Result<(), Written> {
        if record.is(flag) {
            return Err(Written::Failed(DeskError::NotFound));
        }
        // A shipped row is never destroyed: its id means the same in every desk, and may be asked for again.
        if record.module.size == Size::Small && !record.id().is_shipped() {
            let users = self.used_by(record).await.map_err(Written::Failed)?;
            if users.is_empty() {
                return self.destroy(ctx, place, record).await;
            }
        }
        let mut new = record.clone();
        new.set(flag, true);
        self.replace(ctx, place, record, new, "DELETE").await
    }

    /// Writes a changed record without looking at rules again.
    pub(crate) async fn replace(
        &self,
        ctx: &Context,
        place: &Place,
        old: &Record,
        new: Record,
        operation: &'static str,
    ) -> Result<(), Written> {
        let draft = Draft::editing(self.snapshot(), old.clone(), new, operation);
        self.write(ctx, place, draft).await.map(|_| ())
    }

    async fn destroy(&self, ctx: &Context, place: &Place, record: &Record) -> Result<(), Written> {
        let snapshot = self.snapshot();
        let users = self.used_by(record).await.map_err(Written::Failed)?;
        if !users.is_empty() {
            return Err(Written::Failed(DeskError::InUse(users)));
        }
        let mut statements = self.store.remove(record);
        statements.extend(nouns::before_removal(self, ctx, record).await.map_err(Written::Failed)?);
        statements.extend(self.store.remove_below(&record.module, record.id(), &snapshot.catalogue));
        statements.extend(nouns::after_removal(self, ctx, place, record, &snapshot).await?);
        statements.extend(history::removal(self, ctx, record, &snapshot).map_err(Written::Failed)?);
        statements.extend(self.touch_above(ctx, place, record));
        match self.store.commit(statements).await {
            Ok(()) => {}
            Err(StoreError::Stale { statement: 0 }) => return Err(Written::Failed(DeskError::NotFound)),
            Err(StoreError::Stale { .. }) => return Err(Written::Stale),
            Err(error) => return Err(Written::Failed(error.into())),
        }
        self.wrote(record).await.map_err(Written::Failed)
    }

    /// The plurals of the modules that refer to a record, except rows below it, which go with it, and records that let
    /// go of it by themselves.
    pub(crate) async fn used_by(&self, record: &Record) -> Result<Vec<String>, DeskError> {
        let snapshot = self.snapshot();
        let mut users = Vec::new();
        let whole = snapshot.catalogue.whole_of(&record.module);
        for (module, slot) in snapshot.catalogue.referring_to(&whole.name) {
            let Some(leaf) = module.leaf(slot) else { continue };
            // Also through a view: the attributes of a CI type are rows of the additional fields.
            let is_here =
                |name: &str| snapshot.catalogue.module(name).is_some_and(|m| m.table == module.table);
            let is_below = whole.children.iter().any(|c| is_here(c.module) && c.field == leaf.path);
            // What was merged into a request goes with it.
            if leaf.path == "merged_into" {
                continue;
            }
            // Links and approvals hang on requests without being children by path; they go with them too.
            let is_told_there = module
                .history_of
                .iter()
                .any(|f| module.find(f).and_then(|l| l.target()) == Some(&whole.name));
            let lets_go = nouns::lets_go(&record.module, module, &leaf.path);
            if is_below || is_told_there || lets_go || module.name == "history" {
                continue;
            }
            if self.store.exists(module, test(module, &leaf.path, Op::In, vec![record.id().into()])).await? {
                users.push(module.plural.to_string());
            }
        }
        users.dedup();
        Ok(users)
    }

    /// The history of a draft, and the version of the cache that it makes stale.
    async fn told(&self, ctx: &Context, place: &Place, draft: &Draft) -> Result<Vec<Statement>, DeskError> {
        let mut statements: Vec<Statement> =
            history::change(self, ctx, place, draft).await?.into_iter().collect();
        statements.extend(self.stale_caches(&draft.new.module));
        statements.extend(self.touch_above(ctx, place, &draft.new));
        if draft.new.module.name == "request" && draft.old.is_some() && draft.changes("problem") {
            // A problem's incidents are shown with it alone.
            let problems = [draft.before("problem").as_int(), draft.new.int("problem")];
            let module = draft.snapshot.module("problem")?;
            let touched = problems.into_iter().flatten().map(Id::new);
            statements.extend(touched.filter_map(|id| self.touch(module, id, ctx.now)));
        }
        Ok(statements)
    }

    /// What hangs on a record is part of it: who follows changes by their time must meet the record again. Of rows below
    /// rows it is the record at the top.
    fn touch_above(&self, ctx: &Context, place: &Place, record: &Record) -> Option<Statement> {
        let snapshot = self.snapshot();
        let mut row = record;
        loop {
            let (field, id) = row.module.above(row)?;
            let above = snapshot.catalogue.module(row.module.find(field)?.target()?)?;
            if let Some(stamp) = self.touch(above, id, ctx.now) {
                return Some(stamp);
            }
            row = place
                .parent
                .as_ref()
                .map(|(_, parent)| parent.as_ref())
                .filter(|parent| parent.id() == id)?;
        }
    }

    /// Notes that a record is another since now, where its module tells such a time.
    pub(crate) fn touch(&self, module: &Module, id: Id, now: i64) -> Option<Statement> {
        let field =
            ["last_updated_time", "updated_time"].into_iter().find(|field| module.slot(field).is_some())?;
        Some(self.store.stamp(module, id, &[(field, now.into())], store::engine::Expect::Any))
    }

    /// The same for a record that is written beside the one that the caller writes.
    pub(crate) async fn told_beside(
        &self,
        ctx: &Context,
        draft: &Draft,
    ) -> Result<Vec<Statement>, DeskError> {
        self.told(ctx, &Place::top(draft.new.module.clone()), draft).await
    }
}

/// A record that was written.
#[derive(Debug)]
pub struct Outcome {
    /// The record as it is now.
    pub record: Record,
    /// Fields that a closing rule still wants; empty when everything asked for was done.
    pub unmet: Vec<String>,
}

/// Why a draft was not written.
#[derive(Debug)]
pub(crate) enum Written {
    /// Another edit was faster.
    Stale,
    /// For good.
    Failed(DeskError),
}

impl From<DeskError> for Written {
    fn from(error: DeskError) -> Self {
        Self::Failed(error)
    }
}

/// Whether a record refers to another in a field of one reference or of many.
fn refers(record: &Record, field: &str, id: Id) -> bool {
    match record.module.find(field).map(|leaf| &leaf.field.kind) {
        Some(Kind::RefMany(_)) => record.references(field).contains(&id),
        _ => record.reference(field) == Some(id),
    }
}

/// Whether a record is in the trash.
#[must_use]
pub fn in_trash(record: &Record) -> bool {
    record.module.deletion == Deletion::Trash && record.is("is_trashed")
}

fn mandatory(draft: &mut Draft) {
    let module = draft.new.module.clone();
    for (slot, leaf) in module.leaves().iter().enumerate() {
        let value = draft.new.at(slot);
        let empty = value.is_null() || value.as_str().is_some_and(|s| s.trim().is_empty());
        // What was not asked for when the record was added does not hold up edits of it.
        let asked = draft.is_new() || draft.given.contains(&slot);
        if leaf.field.required && empty && asked {
            draft.refuse(Refusal::Mandatory(leaf.path.clone()));
        }
    }
}

fn speaks_of(filter: &Filter, module: &Module, path: &str) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(|p| speaks_of(p, module, path)),
        Filter::Not(inner) => speaks_of(inner, module, path),
        Filter::Test(test) => {
            (test.path.via.is_empty() && Some(test.path.slot) == module.slot(path))
                || (test.path.via.is_empty() && Some(test.path.slot) == module.id_slot())
        }
    }
}

/// An input of one value, for operations that set a field.
pub(crate) fn patch_of(module: &Module, changes: Vec<(&str, Change)>) -> Patch {
    let mut patch = Patch::default();
    for (path, change) in changes {
        debug_assert!(module.slot(path).is_some(), "{} has no {path}", module.name);
        if let Some(slot) = module.slot(path) {
            patch.set(slot, change);
        }
    }
    patch
}
