//! Single sign-on: who of a provider is who here. That the provider says so was checked by whoever spoke to it; what
//! follows from it is decided here.

use super::act::{Act, Event};
use super::steps::StepKind;
use super::{Identity, OAuthError};
use crate::records::{Place, patch_of};
use crate::{Desk, DeskError, users};
use model::{Change, Id, Value};
use serde_json::json;
use store::sign_in::{self, SubjectRow};

/// How long somebody may take at the provider.
const AWAY_MS: i64 = 600_000;

/// By what somebody of the provider is found here the first time. Afterwards it is the provider's own name for them, which
/// stays when an address changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// By their address, where the provider has verified it.
    Email,
    /// By nothing: only who was tied to the provider's name before, or is created.
    Subject,
}

/// Whom single sign-on lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignOnRules {
    /// By what people are found.
    pub by: Match,
    /// Whether whoever is not found becomes a requester.
    pub create: bool,
}

/// What the provider says of somebody; checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOn {
    /// The provider.
    pub issuer: String,
    /// The provider's name for them.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    pub email_verified: bool,
    /// Their name for people.
    pub name: Option<String>,
}

/// Why somebody of the provider does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Nobody here is them, and nobody is created.
    Unknown,
    /// The provider has not verified their address.
    Unverified,
    /// Their account here is not in use.
    Disabled,
    /// The database does not answer, or something went wrong on our side.
    Failed(String),
}

/// On the way to the provider and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// What the ID token must say.
    pub nonce: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// Where to go afterwards.
    pub back: String,
}

impl From<DeskError> for Stranger {
    fn from(error: DeskError) -> Self {
        Self::Failed(error.to_string())
    }
}
impl From<store::StoreError> for Stranger {
    fn from(error: store::StoreError) -> Self {
        DeskError::from(error).into()
    }
}

impl Identity {
    /// Begins the way to the provider. Returns what it needs, and the secret of the step: the `state`, which is also for the
    /// browser's cookie, so that nobody is signed in by a link that somebody else began.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_sign_on(&self, back: &str, now: i64) -> Result<(UnderWay, String), OAuthError> {
        let under_way =
            UnderWay { nonce: self.new_cookie()?, verifier: self.new_cookie()?, back: back.to_owned() };
        let data = json!({"nonce": under_way.nonce, "verifier": under_way.verifier, "back": back});
        let state = self.begin_step(StepKind::SignOn, None, data.to_string(), AWAY_MS, now).await?;
        Ok((under_way, state))
    }

    /// Takes the way that a `state` leads back to; each is taken once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_sign_on(&self, state: &str, now: i64) -> Result<Option<UnderWay>, DeskError> {
        let Some(step) = self.step(StepKind::SignOn, state, now).await? else { return Ok(None) };
        if !self.commit_if_there(vec![sign_in::use_step(&step.hash)]).await? {
            return Ok(None);
        }
        let data: serde_json::Value = serde_json::from_str(&step.data).unwrap_or_default();
        let text = |key: &str| data.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        Ok(match (text("nonce"), text("verifier"), text("back")) {
            (Some(nonce), Some(verifier), Some(back)) => Some(UnderWay { nonce, verifier, back }),
            _ => None,
        })
    }

    /// Who somebody of the provider is here.
    ///
    /// # Errors
    /// Why they do not come in.
    pub async fn signed_on(
        &self,
        desk: &Desk,
        who: &SignedOn,
        rules: SignOnRules,
        now: i64,
    ) -> Result<Id, Stranger> {
        let known = self.store.sign_on_subject(&who.issuer, &who.subject).await?;
        if let Some(known) = known
            && let Some(person) = self.store.person(known.person).await?
        {
            return if person.inactive { Err(Stranger::Disabled) } else { Ok(person.id) };
        }
        let email = who.email.as_deref().filter(|email| users::is_address(email));
        let found = match (rules.by, email) {
            (Match::Email, Some(email)) => self.store.person_by_email(email).await?,
            _ => None,
        };
        let user = match found {
            // Whether there is such a person is told to nobody whose address may be somebody else's.
            _ if rules.by == Match::Email && !who.email_verified => return Err(Stranger::Unverified),
            Some(person) if person.inactive => return Err(Stranger::Disabled),
            Some(person) => person.id,
            None if rules.create => create(desk, who, email).await?,
            None => return Err(Stranger::Unknown),
        };
        let row = SubjectRow {
            issuer: who.issuer.clone(),
            subject: who.subject.clone(),
            person: user,
            created: now,
        };
        let note = self.noted(Act::own(user, now), user, Event::SignOnLinked, &who.issuer);
        self.store.db().commit(vec![sign_in::add_subject(&row), note]).await?;
        // Of two ways back at once the first one says who it is.
        let row = self.store.sign_on_subject(&who.issuer, &who.subject).await?;
        Ok(row.map_or(user, |row| row.person))
    }
}

/// A new requester. An address that somebody here has already, or that is not verified, is not taken over.
async fn create(desk: &Desk, who: &SignedOn, email: Option<&str>) -> Result<Id, Stranger> {
    let email = email.filter(|_| who.email_verified);
    if let Some(email) = email
        && desk.person_by_email(email).await?.is_some()
    {
        return Err(Stranger::Unknown);
    }
    let place = Place::top(desk.snapshot().module("user")?.clone());
    let name = who.name.clone().or_else(|| email.map(users::name_of));
    let name = name.unwrap_or_else(|| who.subject.chars().take(100).collect());
    let mut changes = vec![("name", Change::Value(Value::Text(name)))];
    changes.extend(email.map(|email| ("email_id", Change::Value(Value::Text(email.to_owned())))));
    let made = desk.add(&desk.job_context(), &place, &patch_of(&place.module, changes)).await?;
    Ok(made.record.id())
}
