//! Requesters as directories and onboarding scripts push them: created or updated, one or hundreds at once
//! (happyfox.md section 1). They are the desk's users.

mod bench;
pub mod fields;
pub mod manage;
pub mod phones;
mod upsert;

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::{Place, patch_of};
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Id, Record, Value, fold_email};
use std::sync::Arc;
use store::{Query, Statement};
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
    /// `main`, `mobile`, `work`, `home` or `other`; where it is left out, what the phone is already, and `other` for a new one.
    pub kind: Option<&'static str>,
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

/// By what a person was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// The address.
    Email,
    /// The name and the first telephone number.
    NamePhone,
}

/// A person who is there as an input says.
#[derive(Clone, Debug)]
pub struct Done {
    /// The person, as that input left them.
    pub person: Arc<Record>,
    /// What became of them.
    pub action: Action,
    /// By what they were found; `None` for a new one.
    pub matched_by: Option<MatchedBy>,
}

/// What became of the inputs of a list, in its order.
pub type Outcomes = Vec<Result<Done, Trouble>>;

/// Makes of what became of a list the statements that are committed with it.
pub type With<'a> = dyn Fn(&Outcomes) -> Vec<Statement> + Send + Sync + 'a;

/// How a list is to be written.
#[derive(Default)]
pub struct Manner<'a> {
    /// Nothing is written; what is told is what would become of it. New people have no numbers then.
    pub dry_run: bool,
    /// Nothing is written when one of the inputs cannot be.
    pub all_or_nothing: bool,
    /// What is committed with the list, made from what became of it: the answer to a call that is made once.
    pub with: Option<&'a With<'a>>,
}

/// Why an input was not followed; nothing of it is written.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// So many people have the name and the number.
    Several(usize),
    /// The person has no phone with this id.
    NoSuchPhone(i64),
    /// More numbers than a person may have.
    TooManyPhones,
    /// The person is a technician, whom an administrator changes at the desk.
    Technician,
    /// The rules of users are against it.
    Refused(Vec<Refusal>),
    /// Nothing is wrong with it, but with another one of a list that is written whole or not at all.
    AnotherFailed,
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

impl Desk {
    /// Somebody by their address.
    ///
    /// # Errors
    /// Rights, or a database that does not answer.
    pub async fn requester_by_email(&self, ctx: &Context, email: &str) -> Result<Option<Record>, DeskError> {
        self.requester_by(ctx, "email_id", fold_email(email).into()).await
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
