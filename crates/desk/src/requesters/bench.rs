//! The people whom a list of inputs may mean, and what the list has made of them so far.

use super::{MatchedBy, Trouble, Wanted, WantedPhone, same_name};
use crate::requesters::phones::digits;
use model::{Id, Record, fold_email};
use std::collections::HashMap;
use std::sync::Arc;

/// What an input did to the person whom it means.
pub(super) struct Step {
    /// Whether it changed anything.
    pub changes: bool,
    /// By what the person was found; `None` when the input made them.
    pub matched_by: Option<MatchedBy>,
    /// The person as it left them, where another input came after it.
    pub left: Option<Arc<Record>>,
}

/// A person while a list is gone through.
pub(super) struct Working {
    pub old: Option<Record>,
    pub new: Record,
    pub given: Vec<usize>,
    pub steps: Vec<Step>,
}

impl Working {
    /// An input has made something else of the person.
    pub fn step(&mut self, person: Record, given: Vec<usize>, mut step: Step) {
        let before = std::mem::replace(&mut self.new, person);
        step.changes = step.changes || !self.new.equals(&before);
        if let Some(last) = self.steps.last_mut() {
            last.left = Some(Arc::new(before));
        }
        self.given.extend(given);
        self.steps.push(step);
    }
}

/// Everybody whom the inputs may mean.
#[derive(Default)]
pub(super) struct Bench {
    pub people: Vec<Working>,
    by_id: HashMap<Id, usize>,
    by_email: HashMap<String, usize>,
    by_phone: HashMap<String, Vec<usize>>,
}

impl Bench {
    /// Somebody who is known.
    pub fn take(&mut self, person: Record) {
        if !self.by_id.contains_key(&person.id()) {
            let old = Some(person.clone());
            self.note(Working { old, new: person, given: Vec::new(), steps: Vec::new() });
        }
    }

    /// Somebody; their place.
    pub fn note(&mut self, working: Working) -> usize {
        let place = self.people.len();
        self.by_id.insert(working.new.id(), place);
        if let Some(email) = working.new.text("email_id") {
            self.by_email.insert(fold_email(email), place);
        }
        self.people.push(working);
        self.note_phone(place);
        place
    }

    /// The first number of the person at a place is one by which they are found.
    pub fn note_phone(&mut self, place: usize) {
        let Some(digits) = self.people.get(place).and_then(|one| one.new.text("primary_phone")) else {
            return;
        };
        let places = self.by_phone.entry(digits.to_owned()).or_default();
        if !places.contains(&place) {
            places.push(place);
        }
    }

    /// Whom an input means: nobody yet, or the place of one.
    pub fn find(&self, wanted: &Wanted) -> Result<Option<(usize, MatchedBy)>, Trouble> {
        if let Some(email) = &wanted.email {
            return Ok(self.by_email.get(&fold_email(email)).map(|place| (*place, MatchedBy::Email)));
        }
        let (Some(name), Some(primary)) = (&wanted.name, first_of(&wanted.phones)) else { return Ok(None) };
        let wanted = digits(&primary.number);
        // By what they are now: the list may have changed either.
        let is_meant = |place: &&usize| {
            self.people.get(**place).is_some_and(|one| {
                one.new.text("primary_phone") == Some(&wanted) && same_name(one.new.title(), name)
            })
        };
        let meant: Vec<usize> =
            self.by_phone.get(&wanted).into_iter().flatten().filter(is_meant).copied().collect();
        match meant.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some((*one, MatchedBy::NamePhone))),
            several => Err(Trouble::Several(several.len())),
        }
    }
}

/// The phone that an input marks as the first one, or else the first in its list.
pub(super) fn first_of(phones: &[WantedPhone]) -> Option<&WantedPhone> {
    phones.iter().find(|phone| phone.is_primary).or(phones.first())
}
