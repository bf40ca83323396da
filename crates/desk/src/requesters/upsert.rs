//! A list of people is written in one commit: everybody whom it may mean is read at once, the list is gone through in
//! memory, input by input, and what it has made of each person is written.

use super::bench::{Bench, Step, Working, first_of};
use super::phones::{Numbering, Phones, digits};
use super::{Action, Done, Manner, Outcomes, Trouble, Wanted, name_from};
use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Place, Written};
use crate::{Desk, DeskError, Refusal, cmdb};
use model::filter::equals;
use model::{Id, Module, Record, Storage, Value, fold, fold_email};
use std::collections::HashSet;
use std::sync::Arc;
use store::{Query, Statement, StoreError};

/// How often a commit is tried that meets others; after that each input goes by itself.
const TRIES: usize = 4;
/// How many people may have one name and one number before it is told that they are many.
const ALIKE_MAX: u64 = 500;

/// What a try to write a list came to.
enum Tried {
    Done(Outcomes),
    /// Somebody was changed meanwhile.
    Stale,
    /// Somebody else has a value that must be one of a kind.
    Taken(DeskError),
    /// An input spoils what one before it has made of the same person, so that the two cannot share a commit.
    Apart,
}

/// What has become of an input while the list is gone through.
#[derive(Clone, Copy)]
struct Taken {
    /// The person's place.
    place: usize,
    /// Which of the inputs about this person it is.
    step: usize,
}

/// What has become of a person.
enum Fate {
    /// Written, or as it was.
    Kept(Arc<Record>),
    Refused(Vec<Refusal>),
}

impl Desk {
    /// Creates or updates people, in the order of the list and in one commit. Each input stands by itself: what is wrong
    /// with one keeps no other from being written, unless all or nothing is asked for.
    ///
    /// # Errors
    /// What concerns all of them: rights, or a database that does not answer.
    pub async fn upsert_requesters(
        &self,
        ctx: &Context,
        wanted: &[Wanted],
        manner: &Manner<'_>,
    ) -> Result<Outcomes, DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        permit(ctx, &place, Verb::Create)?;
        permit(ctx, &place, Verb::Update)?;
        for _ in 0..TRIES {
            match self.try_upsert(ctx, &place, wanted, manner).await? {
                Tried::Done(done) => return Ok(done),
                Tried::Apart => break,
                Tried::Stale | Tried::Taken(_) => {}
            }
        }
        if manner.all_or_nothing {
            return Err(DeskError::Unavailable("others write the same requesters".into()));
        }
        // Whoever stands in the way stands in the way of one of them.
        let alone = Manner { dry_run: manner.dry_run, ..Manner::default() };
        let mut outcomes = Vec::with_capacity(wanted.len());
        for one in wanted.chunks(1) {
            outcomes.extend(self.upsert_alone(ctx, &place, one, &alone).await?);
        }
        if let Some(with) = manner.with {
            self.store.commit(with(&outcomes)).await?;
        }
        Ok(outcomes)
    }

    /// One input until it is written, or somebody else has a value that must be one of a kind.
    async fn upsert_alone(
        &self,
        ctx: &Context,
        place: &Place,
        one: &[Wanted],
        manner: &Manner<'_>,
    ) -> Result<Outcomes, DeskError> {
        let mut turn = self.turns.of(Id::new(0));
        let mut conflicts = 0;
        loop {
            let tried = match self.try_upsert(ctx, place, one, manner).await {
                Ok(Tried::Done(done)) => Ok(done),
                Ok(Tried::Taken(refused)) if conflicts >= TRIES => {
                    let DeskError::Refused(refusals) = refused else { return Err(refused) };
                    Ok(vec![Err(Trouble::Refused(refusals))])
                }
                Ok(Tried::Taken(_)) => {
                    // Somebody who was made meanwhile is found at the next try.
                    conflicts += 1;
                    Err(Written::Stale)
                }
                Ok(Tried::Stale | Tried::Apart) => Err(Written::Stale),
                Err(error) => Err(Written::Failed(error)),
            };
            if let Some(done) = turn.after(tried).await? {
                return Ok(done);
            }
        }
    }

    /// One try.
    async fn try_upsert(
        &self,
        ctx: &Context,
        place: &Place,
        wanted: &[Wanted],
        manner: &Manner<'_>,
    ) -> Result<Tried, DeskError> {
        let mut bench = self.bench_for(&place.module, wanted).await?;
        if !manner.dry_run {
            let phones: usize = wanted.iter().map(|one| one.phones.len()).sum();
            self.numbers.expect("requester_phone", phones).await?;
            self.numbers.expect("requester", wanted.len()).await?;
        }
        let mut taken: Vec<Result<Taken, Trouble>> = Vec::with_capacity(wanted.len());
        for one in wanted {
            taken.push(self.take_in(ctx, place, &mut bench, one, manner.dry_run).await);
        }
        let mut drafts = Vec::with_capacity(bench.people.len());
        let mut fates = Vec::with_capacity(bench.people.len());
        let mut steps = Vec::with_capacity(bench.people.len());
        for working in bench.people {
            fates.push(None);
            let Some(draft) = self.draft_of(&working) else {
                if let (false, Some(old)) = (working.steps.is_empty(), working.old) {
                    set(&mut fates, Fate::Kept(Arc::new(old)));
                }
                steps.push(working.steps);
                continue;
            };
            drafts.push((fates.len() - 1, draft));
            steps.push(working.steps);
        }
        self.note_who_has_no_ci(&mut drafts).await?;
        for (at, draft) in &mut drafts {
            match self.look_over(ctx, place, draft).await {
                Ok(()) => {}
                Err(DeskError::Refused(refusals)) => put(&mut fates, *at, Fate::Refused(refusals)),
                Err(other) => return Err(other),
            }
        }
        drafts.retain(|(at, _)| matches!(fates.get(*at), Some(None)));
        if manner.dry_run {
            for (_, draft) in drafts.iter_mut().filter(|(_, draft)| !draft.is_new()) {
                draft.new.set("last_updated_time", ctx.now);
            }
            self.refuse_what_is_taken(&drafts, &mut fates).await?;
        }
        let several = |at: usize| steps.get(at).is_some_and(|steps: &Vec<Step>| steps.len() > 1);
        let refused = |fate: &Option<Fate>| matches!(fate, Some(Fate::Refused(_)));
        let stands_alone = !manner.all_or_nothing && !manner.dry_run;
        if stands_alone && fates.iter().enumerate().any(|(at, fate)| refused(fate) && several(at)) {
            return Ok(Tried::Apart);
        }
        let stops = manner.all_or_nothing && (taken.iter().any(Result::is_err) || fates.iter().any(refused));
        let writes = !manner.dry_run && !stops;
        let mut statements: Vec<Statement> = Vec::new();
        if writes {
            for (_, draft) in &mut drafts {
                if draft.is_new() {
                    statements.extend(self.added(ctx, place, draft).await?);
                } else {
                    statements.extend(self.edited(ctx, place, draft).await?.unwrap_or_default());
                }
            }
        }
        let mut written = Vec::with_capacity(drafts.len());
        for (at, draft) in drafts {
            if let Some(fate @ None) = fates.get_mut(at) {
                let person = Arc::new(draft.new);
                *fate = Some(Fate::Kept(person.clone()));
                written.push((at, person));
            }
        }
        let told = outcomes(&taken, &fates, &steps, stops);
        if writes {
            statements.extend(manner.with.map(|with| with(&told)).unwrap_or_default());
        }
        if !statements.is_empty() {
            match self.store.commit(statements).await {
                Ok(()) => {}
                Err(StoreError::Stale { .. }) => return Ok(Tried::Stale),
                Err(error @ StoreError::Conflict { .. }) if manner.all_or_nothing => {
                    for (at, person) in &written {
                        let refusals = self.taken(person).await?;
                        if !refusals.is_empty() {
                            put(&mut fates, *at, Fate::Refused(refusals));
                        }
                    }
                    return match fates.iter().any(refused) {
                        true => Ok(Tried::Done(outcomes(&taken, &fates, &steps, true))),
                        // Whoever has the value was made meanwhile, and is found at the next try.
                        false => Ok(Tried::Taken(error.into())),
                    };
                }
                Err(error @ StoreError::Conflict { .. }) => {
                    // Whose value it is can be told of one alone.
                    let Some((_, one)) = written.first() else { return Err(error.into()) };
                    return Ok(Tried::Taken(self.conflict(one, error).await));
                }
                Err(error) => return Err(error.into()),
            }
            for (_, person) in &written {
                self.wrote(person).await?;
            }
        }
        Ok(Tried::Done(told))
    }

    /// CIs follow the names of people, and hardly anybody has one: they are looked for once for all.
    async fn note_who_has_no_ci(&self, drafts: &mut [(usize, Draft)]) -> Result<(), DeskError> {
        let renamed = drafts.iter_mut().filter(|(_, draft)| !draft.is_new() && draft.changes("name"));
        let mut renamed: Vec<&mut Draft> = renamed.map(|(_, draft)| draft).collect();
        if renamed.len() < 2 {
            return Ok(());
        }
        let ids = renamed.iter().map(|draft| draft.new.id().into()).collect();
        let known = cmdb::sync::with_cis(self, &self.snapshot(), "user", ids).await?;
        for draft in &mut renamed {
            draft.has_no_ci = !known.contains(&draft.new.id());
        }
        Ok(())
    }

    /// For a rehearsal: values that must be one of a kind and that somebody else has, in the desk or before in the list.
    async fn refuse_what_is_taken(
        &self,
        drafts: &[(usize, Draft)],
        fates: &mut [Option<Fate>],
    ) -> Result<(), DeskError> {
        let mut seen: HashSet<(usize, String)> = HashSet::new();
        for (at, draft) in drafts {
            let mut refusals = self.taken(&draft.new).await?;
            for (slot, leaf) in draft.new.module.leaves().iter().enumerate() {
                let is_one_of_a_kind =
                    leaf.field.unique.is_some() && matches!(leaf.field.storage, Storage::Document { .. });
                let value = draft.new.at(slot);
                if is_one_of_a_kind && !value.is_null() && !seen.insert((slot, fold(&value.to_string()))) {
                    refusals.push(Refusal::NotUnique(leaf.path.clone()));
                }
            }
            if !refusals.is_empty() {
                put(fates, *at, Fate::Refused(refusals));
            }
        }
        Ok(())
    }

    /// What is to be written of a person; `None` when it is nothing.
    fn draft_of(&self, working: &Working) -> Option<Draft> {
        let snapshot = self.snapshot();
        let mut draft = match &working.old {
            None => Draft::adding(snapshot, working.new.clone()),
            Some(old) if old.equals(&working.new) => return None,
            Some(old) => Draft::editing(snapshot, old.clone(), working.new.clone(), "UPDATE"),
        };
        draft.given.clone_from(&working.given);
        Some(draft)
    }

    /// Everybody whom the inputs may mean.
    async fn bench_for(&self, module: &Arc<Module>, wanted: &[Wanted]) -> Result<Bench, DeskError> {
        let emails: Vec<Value> =
            wanted.iter().filter_map(|w| w.email.as_deref()).map(|email| fold_email(email).into()).collect();
        let phones: Vec<Value> = wanted
            .iter()
            .filter(|w| w.email.is_none())
            .filter_map(|w| first_of(&w.phones))
            .map(|phone| digits(&phone.number).into())
            .collect();
        let mut bench = Bench::default();
        for (path, keys, each) in [("email_id", emails, 1), ("primary_phone", phones, ALIKE_MAX)] {
            if keys.is_empty() {
                continue;
            }
            let most = each * keys.len() as u64;
            let query = Query::new(module.clone(), equals(module, path, keys), most);
            for person in self.store.list(&query).await? {
                bench.take(person);
            }
        }
        Ok(bench)
    }

    /// Makes of the person whom an input means what the input says.
    async fn take_in(
        &self,
        ctx: &Context,
        place: &Place,
        bench: &mut Bench,
        wanted: &Wanted,
        dry_run: bool,
    ) -> Result<Taken, Trouble> {
        let found = bench.find(wanted)?;
        let (mut person, is_new) = match found.and_then(|(place, _)| bench.people.get(place)) {
            Some(known) => (known.new.clone(), false),
            None => (self.new_requester_record(ctx, place, wanted)?, true),
        };
        let mut given: Vec<&str> = Vec::new();
        if let Some(name) = wanted.name.as_deref().filter(|name| is_new || *name != person.title()) {
            person.set("name", name);
            given.push("name");
            if !is_new {
                let (first, last) = name.rsplit_once(' ').map_or((name, None), |(a, b)| (a, Some(b)));
                person.set("first_name", first);
                person.set("last_name", last);
            }
        }
        if !wanted.phones.is_empty() {
            let mut phones = Phones::of(&person);
            let numbering = if dry_run { Numbering::Rehearsed } else { Numbering::Of(self) };
            phones.merge(numbering, &wanted.phones).await?;
            if phones != Phones::of(&person) {
                phones.put(&mut person);
                given.push("phones");
            }
        }
        let mut slots: Vec<usize> = given.iter().filter_map(|path| place.module.slot(path)).collect();
        for (slot, value) in &wanted.fields {
            person.put(*slot, value.clone());
            slots.push(*slot);
        }
        // A key of the requester API is in the hands of whoever keeps the people, and technicians are more than that.
        let known = found.and_then(|(at, _)| bench.people.get(at));
        if known.is_some_and(|known| known.new.is("is_technician") && !known.new.equals(&person)) {
            return Err(Trouble::Technician);
        }
        if person.get("requester_number").is_null() && !is_new && !dry_run {
            let number = self.numbers.next("requester").await?;
            person.set("requester_number", number);
        }
        crate::users::plain_names(&mut person);
        let step = Step { changes: is_new, matched_by: found.map(|(_, by)| by), left: None };
        let Some((at, known)) = found.and_then(|(at, _)| Some((at, bench.people.get_mut(at)?))) else {
            let new = Working { old: None, new: person, given: slots, steps: vec![step] };
            return Ok(Taken { place: bench.note(new), step: 0 });
        };
        known.step(person, slots, step);
        let step = known.steps.len() - 1;
        bench.note_phone(at);
        Ok(Taken { place: at, step })
    }

    fn new_requester_record(&self, ctx: &Context, place: &Place, wanted: &Wanted) -> Result<Record, Trouble> {
        let snapshot = self.snapshot();
        let mut person = Record::new(place.module.clone());
        self.preset(ctx, &mut person, &snapshot);
        person.set("id", self.new_id(ctx));
        person.set("email_id", wanted.email.clone());
        if wanted.name.is_none() {
            person.set("name", wanted.email.as_deref().map(name_from));
        }
        Ok(person)
    }
}

fn set(fates: &mut [Option<Fate>], fate: Fate) {
    if let Some(last) = fates.last_mut() {
        *last = Some(fate);
    }
}

fn put(fates: &mut [Option<Fate>], at: usize, fate: Fate) {
    if let Some(place) = fates.get_mut(at) {
        *place = Some(fate);
    }
}

/// What became of each input, from what became of the person whom it means.
fn outcomes(
    taken: &[Result<Taken, Trouble>],
    fates: &[Option<Fate>],
    steps: &[Vec<Step>],
    stops: bool,
) -> Outcomes {
    let of = |taken: &Taken| -> Result<Done, Trouble> {
        let step = steps.get(taken.place).and_then(|steps| steps.get(taken.step));
        let fate = fates.get(taken.place).and_then(Option::as_ref);
        let (Some(step), Some(fate)) = (step, fate) else { return Err(Trouble::Failed(DeskError::NotFound)) };
        let last = match fate {
            Fate::Refused(refusals) => return Err(Trouble::Refused(refusals.clone())),
            Fate::Kept(_) if stops => return Err(Trouble::AnotherFailed),
            Fate::Kept(person) => person,
        };
        let action = match (step.changes, step.matched_by) {
            (_, None) => Action::Created,
            (true, Some(_)) => Action::Updated,
            (false, Some(_)) => Action::Unchanged,
        };
        let person = match &step.left {
            None => last.clone(),
            // The number was given when all was made of the person.
            Some(left) => {
                let mut left = Record::clone(left);
                left.set("requester_number", last.get("requester_number").clone());
                Arc::new(left)
            }
        };
        Ok(Done { person, action, matched_by: step.matched_by })
    };
    taken.iter().map(|taken| taken.as_ref().map_err(Trouble::clone).and_then(of)).collect()
}
