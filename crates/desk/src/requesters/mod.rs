//! Requesters as directories and onboarding scripts push them: created or updated, one or hundreds at once
//! (happyfox.md section 1). They are the desk's users.

pub mod fields;
pub mod phones;

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Place, Written, patch_of};
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Id, Module, Record, Value, fold};
use phones::{Phones, digits};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Query, StoreError};
use unicode_normalization::UnicodeNormalization;

/// Who is to be there, as an input says that has been looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// By what a person is known.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The telephone numbers; by the first one and the name somebody is known who has no address.
    pub phones: Vec<WantedPhone>,
    /// Values of additional fields, by their place in the record.
    pub fields: Vec<(usize, Value)>,
}

/// A telephone number of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedPhone {
    /// The phone that is meant; by its number where this is missing.
    pub id: Option<i64>,
    /// `main`, `mobile`, `work`, `home` or `other`.
    pub kind: &'static str,
    /// The number.
    pub number: String,
    /// Whether it is the person's first.
    pub is_primary: bool,
}

/// What became of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new one.
    Created,
    /// Changed.
    Updated,
    /// Was already as the input says.
    Unchanged,
}

/// A person who is there as an input says.
#[derive(Clone, Debug)]
pub struct Done {
    /// The person.
    pub person: Arc<Record>,
    /// What became of them.
    pub action: Action,
}

/// Why an input was not followed; nothing of it is written.
#[derive(Debug)]
pub enum Trouble {
    /// So many people have the name and the number.
    Several(usize),
    /// The person has no phone with this id.
    NoSuchPhone(i64),
    /// More numbers than a person may have.
    TooManyPhones,
    /// The rules of users are against it.
    Refused(Vec<Refusal>),
    /// Nothing to do with the input.
    Failed(DeskError),
}

impl From<DeskError> for Trouble {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Refused(refusals) => Self::Refused(refusals),
            other => Self::Failed(other),
        }
    }
}

/// How often a commit is tried that meets others; after that each input goes by itself.
const TRIES: usize = 4;
/// How many people may have one name and one number before it is told that they are many.
const ALIKE_MAX: u64 = 500;

/// What a name is compared by: composed letters, no space around (happyfox.md I5).
fn same_name(a: &str, b: &str) -> bool {
    a.trim().nfc().eq(b.trim().nfc())
}

/// A name for somebody of whom only the address is known (happyfox.md section 1.4).
#[must_use]
pub fn name_from(email: &str) -> String {
    let local = email.split('@').next().unwrap_or(email);
    let plain = local.split('+').next().unwrap_or(local);
    let words: Vec<&str> = plain.split(['.', '_', '-']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { local.to_owned() } else { words.join(" ") }
}

/// What a try to write a list came to.
enum Tried {
    Done(Vec<Result<Done, Trouble>>),
    /// Somebody was changed meanwhile.
    Stale,
    /// Somebody else has a value that must be one of a kind.
    Taken(DeskError),
}

/// A person while a list is gone through.
struct Working {
    old: Option<Record>,
    new: Record,
    given: Vec<usize>,
    items: Vec<usize>,
}

/// The people whom a list may mean, and what it has made of them so far.
#[derive(Default)]
struct Bench {
    people: Vec<Working>,
    by_email: HashMap<String, usize>,
    by_phone: HashMap<String, Vec<usize>>,
}

impl Bench {
    fn take(&mut self, person: Record) {
        if self.people.iter().any(|known| known.new.id() == person.id()) {
            return;
        }
        let working =
            Working { old: Some(person.clone()), new: person, given: Vec::new(), items: Vec::new() };
        self.note(working);
    }

    fn note(&mut self, working: Working) -> usize {
        let place = self.people.len();
        if let Some(email) = working.new.text("email_id") {
            self.by_email.insert(fold(email), place);
        }
        if let Some(digits) = working.new.text("primary_phone") {
            self.by_phone.entry(digits.to_owned()).or_default().push(place);
        }
        self.people.push(working);
        place
    }

    /// Whom an input means: nobody yet, or the place of one.
    fn find(&self, wanted: &Wanted) -> Result<Option<usize>, Trouble> {
        if let Some(email) = &wanted.email {
            return Ok(self.by_email.get(&fold(email)).copied());
        }
        let (Some(name), Some(primary)) = (&wanted.name, first_of(&wanted.phones)) else { return Ok(None) };
        let wanted = digits(&primary.number);
        // By what they are now: the list may have changed either.
        let mut places: Vec<usize> = self.by_phone.get(&wanted).cloned().unwrap_or_default();
        places.dedup();
        places.retain(|place| {
            self.people.get(*place).is_some_and(|one| {
                one.new.text("primary_phone") == Some(&wanted) && same_name(one.new.title(), name)
            })
        });
        match places.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => Err(Trouble::Several(several.len())),
        }
    }
}

fn first_of(phones: &[WantedPhone]) -> Option<&WantedPhone> {
    phones.iter().find(|phone| phone.is_primary).or(phones.first())
}

impl Desk {
    /// Creates or updates people, in the order of the list and in one commit. Each input stands by itself: what is wrong
    /// with one keeps no other from being written.
    ///
    /// # Errors
    /// What concerns all of them: rights, or a database that does not answer.
    pub async fn upsert_requesters(
        &self,
        ctx: &Context,
        wanted: &[Wanted],
    ) -> Result<Vec<Result<Done, Trouble>>, DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        permit(ctx, &place, Verb::Create)?;
        permit(ctx, &place, Verb::Update)?;
        for _ in 0..TRIES {
            if let Tried::Done(done) = self.try_upsert(ctx, &place, wanted).await? {
                return Ok(done);
            }
        }
        // Whoever stands in the way stands in the way of one of them.
        let mut outcomes = Vec::with_capacity(wanted.len());
        for one in wanted.chunks(1) {
            outcomes.extend(self.upsert_alone(ctx, &place, one).await?);
        }
        Ok(outcomes)
    }

    /// One input until it is written, or somebody else has a value that must be one of a kind.
    async fn upsert_alone(
        &self,
        ctx: &Context,
        place: &Place,
        one: &[Wanted],
    ) -> Result<Vec<Result<Done, Trouble>>, DeskError> {
        let mut turn = self.turns.of(Id::new(0));
        let mut conflicts = 0;
        loop {
            let tried = match self.try_upsert(ctx, place, one).await {
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
                Ok(Tried::Stale) => Err(Written::Stale),
                Err(error) => Err(Written::Failed(error)),
            };
            if let Some(done) = turn.after(tried).await? {
                return Ok(done);
            }
        }
    }

    /// Somebody by their address.
    ///
    /// # Errors
    /// Rights, or a database that does not answer.
    pub async fn requester_by_email(&self, ctx: &Context, email: &str) -> Result<Option<Record>, DeskError> {
        self.requester_by(ctx, "email_id", fold(email).into()).await
    }

    /// Somebody by the number that the requester API knows them by.
    ///
    /// # Errors
    /// Rights, or a database that does not answer.
    pub async fn requester_by_number(&self, ctx: &Context, number: i64) -> Result<Option<Record>, DeskError> {
        self.requester_by(ctx, "requester_number", number.into()).await
    }

    async fn requester_by(
        &self,
        ctx: &Context,
        path: &str,
        value: Value,
    ) -> Result<Option<Record>, DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        permit(ctx, &place, Verb::Read)?;
        let query = Query::new(place.module.clone(), equals(&place.module, path, vec![value]), 1);
        Ok(self.store.list(&query).await?.into_iter().next())
    }

    /// Gives somebody another address, or their first one.
    ///
    /// # Errors
    /// As for an edit; refused when somebody else has the address.
    pub async fn change_requester_email(
        &self,
        ctx: &Context,
        id: Id,
        email: &str,
    ) -> Result<Record, DeskError> {
        let place = Place::top(self.snapshot().module("user")?.clone());
        let address = Change::Value(Value::from(email));
        let patch = patch_of(&place.module, vec![("email_id", address)]);
        let done = self.edit(ctx, &place, id, &patch).await?;
        Ok(done.record)
    }

    /// One try.
    async fn try_upsert(&self, ctx: &Context, place: &Place, wanted: &[Wanted]) -> Result<Tried, DeskError> {
        let mut bench = self.bench_for(&place.module, wanted).await?;
        let mut outcomes: Vec<Result<usize, Trouble>> = Vec::with_capacity(wanted.len());
        for (item, one) in wanted.iter().enumerate() {
            outcomes.push(self.take_in(ctx, place, &mut bench, item, one).await);
        }
        let mut statements = Vec::new();
        let mut done: Vec<Option<Done>> = Vec::with_capacity(bench.people.len());
        let mut refused: HashMap<usize, Vec<Refusal>> = HashMap::new();
        for working in bench.people {
            if working.items.is_empty() {
                done.push(None);
                continue;
            }
            let snapshot = self.snapshot();
            let (action, mut draft) = match working.old {
                None => (Action::Created, Draft::adding(snapshot, working.new)),
                Some(old) if old.values == working.new.values => {
                    done.push(Some(Done { person: Arc::new(old), action: Action::Unchanged }));
                    continue;
                }
                Some(old) => (Action::Updated, Draft::editing(snapshot, old, working.new, "UPDATE")),
            };
            draft.given = working.given;
            match self.look_over(ctx, place, &mut draft).await {
                Ok(()) => {}
                Err(DeskError::Refused(refusals)) => {
                    refused.extend(working.items.iter().map(|item| (*item, refusals.clone())));
                    done.push(None);
                    continue;
                }
                Err(other) => return Err(other),
            }
            if action == Action::Created {
                statements.extend(self.added(ctx, place, &mut draft).await?);
            } else {
                statements.extend(self.edited(ctx, place, &mut draft).await?.unwrap_or_default());
            }
            done.push(Some(Done { person: Arc::new(draft.new), action }));
        }
        if !statements.is_empty() {
            match self.store.commit(statements).await {
                Ok(()) => {}
                Err(StoreError::Stale { .. }) => return Ok(Tried::Stale),
                Err(error @ StoreError::Conflict { .. }) => {
                    // Whose value it is can be told of one alone.
                    let Some(one) = done.iter().flatten().find(|one| one.action != Action::Unchanged) else {
                        return Err(error.into());
                    };
                    return Ok(Tried::Taken(self.conflict(&one.person, error).await));
                }
                Err(error) => return Err(error.into()),
            }
            for one in done.iter().flatten().filter(|one| one.action != Action::Unchanged) {
                self.wrote(&one.person).await?;
            }
        }
        let of = |(item, outcome): (usize, Result<usize, Trouble>)| match outcome {
            Err(trouble) => Err(trouble),
            Ok(place) => match (refused.remove(&item), done.get(place).cloned().flatten()) {
                (Some(refusals), _) => Err(Trouble::Refused(refusals)),
                (None, Some(done)) => Ok(done),
                (None, None) => Err(Trouble::Failed(DeskError::NotFound)),
            },
        };
        Ok(Tried::Done(outcomes.into_iter().enumerate().map(of).collect()))
    }

    /// Everybody whom the inputs may mean.
    async fn bench_for(&self, module: &Arc<Module>, wanted: &[Wanted]) -> Result<Bench, DeskError> {
        let emails: Vec<Value> =
            wanted.iter().filter_map(|w| w.email.as_deref()).map(|email| fold(email).into()).collect();
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

    /// Makes of the person whom an input means what the input says; the person's place.
    async fn take_in(
        &self,
        ctx: &Context,
        place: &Place,
        bench: &mut Bench,
        item: usize,
        wanted: &Wanted,
    ) -> Result<usize, Trouble> {
        let found = bench.find(wanted)?;
        let (mut person, is_new) = match found.and_then(|place| bench.people.get(place)) {
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
            phones.merge(self, &wanted.phones).await?;
            if phones != Phones::of(&person) {
                phones.put(&mut person);
                given.push("phones");
            }
        }
        if person.get("requester_number").is_null() && !is_new {
            let number = self.numbers.next("requester").await?;
            person.set("requester_number", number);
        }
        let mut slots: Vec<usize> = given.iter().filter_map(|path| place.module.slot(path)).collect();
        for (slot, value) in &wanted.fields {
            person.put(*slot, value.clone());
            slots.push(*slot);
        }
        let Some((at, known)) = found.and_then(|at| Some((at, bench.people.get_mut(at)?))) else {
            return Ok(bench.note(Working { old: None, new: person, given: slots, items: vec![item] }));
        };
        if let Some(primary) = person.text("primary_phone") {
            let places = bench.by_phone.entry(primary.to_owned()).or_default();
            if !places.contains(&at) {
                places.push(at);
            }
        }
        known.new = person;
        known.given.extend(slots);
        known.items.push(item);
        Ok(at)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_addresses() {
        for (email, name) in [
            ("lisa.taylors@example.com", "lisa taylors"),
            ("john_smith-jones@example.com", "john smith jones"),
            ("ann+news@example.com", "ann"),
            ("._-@example.com", "._-"),
            ("+x@example.com", "+x"),
            ("Ünal.Ö@example.com", "Ünal Ö"),
        ] {
            assert_eq!(name_from(email), name, "{email}");
        }
    }

    #[test]
    fn composed_and_decomposed_names_are_one() {
        assert!(same_name(" Jos\u{e9} ", "Jose\u{301}"));
        assert!(!same_name("Ann", "ann"));
    }
}
