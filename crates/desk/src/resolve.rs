//! From what an input says to a record's values: references are found, presets filled in.

use crate::context::Context;
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, html};
use model::filter::equals;
use model::{Access, Change, Id, Kind, Leaf, Module, Patch, Preset, Record, RefInput, Size, Value, fold};
use std::sync::Arc;
use store::Query;

/// What a field holds that an input clears. Neither a yes or no nor a number that begins as something is ever nothing: null
/// stands for what it begins as.
fn when_cleared(leaf: &Leaf) -> Value {
    match (&leaf.field.kind, &leaf.field.preset) {
        (
            Kind::Bool | Kind::Int { .. } | Kind::Digits { .. } | Kind::Double | Kind::Decimal | Kind::Span,
            Preset::Value(value),
        ) => value.clone(),
        _ => Value::Null,
    }
}

impl Desk {
    /// Puts an input's changes into a draft. References to what the caller may not see, to what is deleted and to
    /// what does not exist are refused alike.
    pub(crate) async fn apply(
        &self,
        ctx: &Context,
        draft: &mut Draft,
        patch: &Patch,
    ) -> Result<(), DeskError> {
        let module = draft.new.module.clone();
        // In the order of the leaves, so that a category is known before its subcategory is looked up. The site comes
        // before all, since names of departments and groups are looked up inside it.
        let mut changes: Vec<&(usize, Change)> = patch.changes.iter().collect();
        changes.sort_by_key(|(slot, _)| (Some(*slot) != module.slot("site"), *slot));
        for (slot, change) in changes {
            let Some(leaf) = module.leaf(*slot) else { continue };
            draft.given.push(*slot);
            let value = match change {
                Change::Clear => when_cleared(leaf),
                Change::Value(Value::Text(text))
                    if matches!(leaf.field.kind, Kind::Html { .. }) && html::is_tangled(text) =>
                {
                    draft.refuse(Refusal::because(leaf.path.clone(), "The text is nested too deep"));
                    continue;
                }
                Change::Value(Value::Text(text)) if matches!(leaf.field.kind, Kind::Html { .. }) => {
                    html::stored(text).as_ref().into()
                }
                Change::Value(value) => value.clone(),
                Change::Ref(input) => match self.find_one(ctx, draft, leaf, input).await? {
                    Ok(id) => id.into(),
                    Err(refusal) => {
                        draft.refuse(refusal);
                        continue;
                    }
                },
                Change::Refs(inputs) => {
                    let mut ids = Vec::with_capacity(inputs.len());
                    for input in inputs {
                        match self.find_one(ctx, draft, leaf, input).await? {
                            Ok(id) if !ids.contains(&id) => ids.push(id),
                            Ok(_) => {}
                            Err(refusal) => draft.refuse(refusal),
                        }
                    }
                    model::record::list_of(&ids)
                }
            };
            // What is one of a kind is not one of a kind by being blank.
            let value = match value {
                Value::Text(text) if leaf.field.unique.is_some() && text.trim().is_empty() => Value::Null,
                value => value,
            };
            if value.is_null() && leaf.field.required && draft.old.is_some() {
                draft.refuse(Refusal::Mandatory(leaf.path.clone()));
                continue;
            }
            let changed = draft.old.as_ref().is_some_and(|old| *old.at(*slot) != value);
            if changed && leaf.field.access == Access::AddOnly {
                draft.refuse(Refusal::NotEditable(leaf.path.clone()));
                continue;
            }
            draft.new.put(*slot, value);
        }
        self.settle_children(draft);
        Ok(())
    }

    /// What an added record holds before the input speaks.
    pub(crate) fn preset(&self, ctx: &Context, record: &mut Record, snapshot: &crate::Snapshot) {
        let module = record.module.clone();
        for (slot, leaf) in module.leaves().iter().enumerate() {
            match &leaf.field.preset {
                Preset::None => {}
                Preset::Value(value) => record.put(slot, value.clone()),
                Preset::Shipped(tail) => {
                    let id = Id::shipped(*tail);
                    // One that was retired is taken for nothing new.
                    if snapshot.record(id).is_some_and(|row| !is_gone(row)) {
                        record.put(slot, id);
                    }
                }
                Preset::Caller => record.put(slot, ctx.caller.user),
                Preset::Now => record.put(slot, ctx.now),
            }
        }
        if let Some(fixed) = &module.fixed
            && let Some(value) = fixed.values.first()
        {
            record.set(fixed.field, value.clone());
        }
    }

    /// A subcategory must belong to the category: one that was given and does not is refused, one that was there
    /// before goes with the old category. Where nothing is said of the category, the one that was given brings its own along.
    fn settle_children(&self, draft: &mut Draft) {
        let module = draft.new.module.clone();
        // From below, since what is brought along belongs to something as well.
        for (slot, leaf) in module.leaves().iter().enumerate().rev() {
            let Some(above) = leaf.field.within.as_deref().and_then(|parent| module.slot(parent)) else {
                continue;
            };
            if !draft.given.contains(&slot) || !is_left_open(draft, above) {
                continue;
            }
            let child =
                draft.new.at(slot).as_int().and_then(|id| draft.snapshot.record(Id::new(id))).cloned();
            if let (Some(child), Some(parent)) = (child, &leaf.field.within)
                && fits(draft, leaf, &child)
            {
                draft.new.put(above, child.reference(parent));
                draft.given.push(above);
            }
        }
        for (slot, leaf) in module.leaves().iter().enumerate() {
            let Some(parent) = &leaf.field.within else { continue };
            let Some(child) = draft.new.at(slot).as_int().and_then(|id| draft.snapshot.record(Id::new(id)))
            else {
                continue;
            };
            if child.reference(parent) == draft.new.reference(parent) {
                continue;
            }
            if draft.given.contains(&slot) {
                draft.refuse(Refusal::not_valid(&leaf.path));
            }
            draft.new.put(slot, Value::Null);
        }
    }

    /// The record that a reference means, or what speaks against it.
    pub(crate) async fn find_one(
        &self,
        ctx: &Context,
        draft: &mut Draft,
        leaf: &Leaf,
        input: &RefInput,
    ) -> Result<Result<Id, Refusal>, DeskError> {
        let unknown = || Refusal::not_valid(&leaf.path);
        let snapshot = draft.snapshot.clone();
        let Some(target) = leaf.target().and_then(|name| snapshot.catalogue.module(name)) else {
            return Ok(Err(unknown()));
        };
        match target.size {
            Size::Small => Ok(find_small(draft, leaf, target, input).ok_or_else(unknown)),
            Size::People => {
                let found = match self.find_person(target, input).await? {
                    Found::One(person) => Some(person),
                    Found::Nobody => self.new_requester(ctx, draft, leaf, input).await?,
                    Found::Several(name) => {
                        let words = format!("Several people have the name {name}, use email_id or id");
                        return Ok(Err(Refusal::because(&leaf.path, words)));
                    }
                };
                let before = draft.old.as_ref().and_then(|old| old.reference(&leaf.path));
                let Some(person) = found else { return Ok(Err(unknown())) };
                let id = person.id();
                if person.is("inactive") && before != Some(id) {
                    return Ok(Err(unknown()));
                }
                draft.people.insert(id, person);
                Ok(Ok(id))
            }
            Size::Large => {
                let found = match input.id {
                    Some(id) => self.get_visible(ctx, target, id).await?,
                    None => self.find_named(ctx, target, input).await?,
                };
                let found = found.filter(|r| !crate::records::in_trash(r));
                Ok(found.map(|record| record.id()).ok_or_else(unknown))
            }
        }
    }

    /// The one record of a large module with this name, where an index finds it; none where several have it.
    pub(crate) async fn find_named(
        &self,
        ctx: &Context,
        module: &Arc<Module>,
        input: &RefInput,
    ) -> Result<Option<Record>, DeskError> {
        let indexed = module.find(module.title).is_some_and(|leaf| leaf.field.unique.is_some());
        let Some(name) = input.name.as_deref().map(str::trim).filter(|n| indexed && !n.is_empty()) else {
            return Ok(None);
        };
        let snapshot = self.snapshot();
        let filter = equals(module, module.title, vec![fold(name).into()])
            .and(crate::permissions::visible(ctx, module, &snapshot)?);
        let mut found = self.store.list(&Query::new(module.clone(), filter, 2)).await?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// The person of a module with this id, e-mail address or name. A name may in fact be an e-mail address
    /// (wire-facts.md section 9).
    pub(crate) async fn find_person(
        &self,
        module: &Arc<Module>,
        input: &RefInput,
    ) -> Result<Found, DeskError> {
        let fits = |r: &Arc<Record>| module.holds(r);
        if let Some(id) = input.id {
            return Ok(self.person(id).await?.filter(fits).map_or(Found::Nobody, Found::One));
        }
        let named = input.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
        let by_email = input.email.as_deref().or_else(|| named.filter(|n| n.contains('@')));
        let attempts = [("email_id", by_email), ("name", named)];
        for (path, text) in attempts {
            let Some(text) = text else { continue };
            let active_first = equals(module, path, vec![fold(text.trim()).into()]);
            let query = Query::new(module.clone(), active_first, 20);
            let mut found = self.store.list(&query).await?;
            // Somebody who has left is meant only when nobody of that name is there.
            found.sort_by_key(|r| (r.is("inactive"), r.id()));
            let same = |a: &Record, b: &Record| a.is("inactive") == b.is("inactive");
            if let [first, second, ..] = found.as_slice()
                && same(first, second)
            {
                return Ok(Found::Several(text.trim().to_owned()));
            }
            if let Some(record) = found.into_iter().next() {
                return Ok(Some(Arc::new(record)).filter(fits).map_or(Found::Nobody, Found::One));
            }
            if input.email.is_some() {
                // Whoever gives an address means that address; a namesake is somebody else.
                return Ok(Found::Nobody);
            }
        }
        Ok(Found::Nobody)
    }

    /// A requester who is not known yet, where the desk takes them on by their e-mail address.
    async fn new_requester(
        &self,
        ctx: &Context,
        draft: &mut Draft,
        leaf: &Leaf,
        input: &RefInput,
    ) -> Result<Option<Arc<Record>>, DeskError> {
        if !draft.snapshot.settings.auto_create_requesters || leaf.path != "requester" || input.id.is_some() {
            return Ok(None);
        }
        let name = input.name.as_deref().map(str::trim).filter(|n| !n.is_empty());
        let Some(email) = input.email.as_deref().or(name).filter(|e| e.contains('@')) else {
            return Ok(None);
        };
        let module = draft.snapshot.module("user")?.clone();
        let mut person = Record::new(module);
        self.preset(ctx, &mut person, &draft.snapshot);
        person.set("id", self.new_id(ctx));
        person.set("email_id", email.trim());
        person.set(
            "name",
            name.filter(|n| !n.contains('@')).map_or_else(|| crate::users::name_of(email), str::to_owned),
        );
        draft.statements.extend(self.store.insert(&person));
        Ok(Some(Arc::new(person)))
    }

    /// The record of a person, from the cache or the database.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn person(&self, id: Id) -> Result<Option<Arc<Record>>, DeskError> {
        if let Some(known) = self.people.get(id) {
            return Ok(Some(known));
        }
        let snapshot = self.snapshot();
        let generation = self.people.generation();
        let Some(record) = self.store.get(snapshot.module("user")?, id).await? else { return Ok(None) };
        let record = Arc::new(record);
        self.people.keep(generation, &record);
        Ok(Some(record))
    }
}

/// Whom a reference means.
pub(crate) enum Found {
    Nobody,
    One(Arc<Record>),
    /// More than one person has this name, and to take any of them would be a guess.
    Several(String),
}

impl Found {
    /// The person, where it is clear who is meant.
    pub fn one(self) -> Option<Arc<Record>> {
        match self {
            Self::One(person) => Some(person),
            Self::Nobody | Self::Several(_) => None,
        }
    }
}

/// A small record by id or name. What is deleted stays where it was and is taken for nothing new.
fn find_small(draft: &Draft, leaf: &Leaf, target: &Arc<Module>, input: &RefInput) -> Option<Id> {
    let before = draft.old.as_ref().and_then(|old| old.reference(&leaf.path));
    // Closure codes are of one module each (setup.md section 10).
    let of = target.slot("module.name");
    let is_ours =
        |r: &Record| of.is_none_or(|slot| r.at(slot).as_str() == Some(draft.new.module.table.as_ref()));
    let usable = |r: &&Arc<Record>| before == Some(r.id()) || (!is_gone(r) && is_ours(r));
    if let Some(id) = input.id {
        return draft.snapshot.record_of(&target.name, id).filter(usable).map(|r| r.id());
    }
    let name = input.name.as_deref()?;
    let found = draft.snapshot.named(&target.name, name).iter().filter(usable);
    match &leaf.field.within {
        // Names of children are looked up inside their parent (setup.md section 7). Where that is left open, a name that one
        // parent alone knows says it.
        Some(parent) => {
            let fitting: Vec<&Arc<Record>> = found.filter(|r| fits(draft, leaf, r)).collect();
            let inside = draft.new.reference(parent);
            let own = fitting.iter().find(|r| r.reference(parent) == inside);
            match (own, fitting.as_slice()) {
                (Some(own), _) => Some(own.id()),
                (None, [one]) => Some(one.id()),
                (None, _) => None,
            }
        }
        None => {
            let all: Vec<&Arc<Record>> = found.collect();
            // Groups and departments of several sites may share a name.
            let in_site = |site: Option<Id>| {
                all.iter().find(|r| r.module.slot("site").is_some() && r.reference("site") == site)
            };
            if let Some(site) = input.site.as_deref().filter(|_| target.slot("site").is_some()) {
                return in_site(Some(find_site(draft, site)?)).map(|r| r.id());
            }
            // The record's own site comes first, then what belongs to none.
            let own = draft.new.module.slot("site").and_then(|slot| draft.new.at(slot).as_int()).map(Id::new);
            in_site(own).or_else(|| in_site(None)).or_else(|| all.first()).map(|r| r.id())
        }
    }
}

/// Whether nothing is said of a field inside which others are looked up: the input is silent, and a record that is there
/// has nothing in it. What a new one has is its template's, which chooses for whoever does not.
fn is_left_open(draft: &Draft, slot: usize) -> bool {
    !draft.given.contains(&slot) && draft.old.as_ref().is_none_or(|old| old.at(slot).is_null())
}

/// Whether a record may stand in a field: whether what it belongs to is what the record says, or may be brought along.
fn fits(draft: &Draft, leaf: &Leaf, row: &Arc<Record>) -> bool {
    let module = &draft.new.module;
    let above = leaf.field.within.as_deref().and_then(|parent| Some((parent, module.slot(parent)?)));
    let Some((parent, slot)) = above else { return true };
    let own = row.reference(parent);
    if !is_left_open(draft, slot) {
        return own == draft.new.reference(parent);
    }
    let own = own.and_then(|id| draft.snapshot.record(id)).filter(|above| !is_gone(above));
    own.zip(module.leaf(slot)).is_some_and(|(own, leaf)| fits(draft, leaf, own))
}

/// The site that a reference names beside a name of its own.
fn find_site(draft: &Draft, input: &RefInput) -> Option<Id> {
    match (input.id, &input.name) {
        (Some(id), _) => draft.snapshot.record_of("site", id).map(|r| r.id()),
        (None, Some(name)) => draft.snapshot.named("site", name).iter().find(|r| !is_gone(r)).map(|r| r.id()),
        (None, None) => None,
    }
}

/// Whether a small record is flagged as deleted or inactive.
#[must_use]
pub fn is_gone(record: &Record) -> bool {
    ["deleted", "inactive"]
        .iter()
        .any(|flag| record.module.slot(flag).is_some_and(|s| record.at(s).as_bool() == Some(true)))
}
