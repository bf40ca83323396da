//! The first set-up: a desk in which no administrator can sign in yet is set up by whoever holds a secret that the start
//! of the program prints. It is good until somebody signs in.

use super::act::{Act, Event};
use super::secrets::hash_of;
use super::steps::StepKind;
use super::throttle::refused;
use super::{Identity, OAuthError};
use crate::records::{Place, patch_of};
use crate::users::roles;
use crate::{Desk, DeskError, Refusal, shipped, users};
use model::{Change, RefInput, Value};
use std::net::IpAddr;
use store::sign_in;

/// A week: a desk that nobody has set up by then is started anew.
const SET_UP_MS: i64 = 7 * 86_400_000;

/// What the first set-up asks for.
#[derive(Clone)]
pub struct FirstAdministrator {
    /// Their name.
    pub name: String,
    /// Their address, by which they sign in.
    pub email: String,
    /// Their password.
    pub password: String,
    /// What the desk is called.
    pub desk: String,
    /// The time zone of the desk.
    pub zone: String,
}

impl std::fmt::Debug for FirstAdministrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstAdministrator").field("email", &self.email).finish_non_exhaustive()
    }
}

impl Identity {
    /// A new secret for the first set-up, in place of a former one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_set_up(&self, now: i64) -> Result<String, OAuthError> {
        self.store.db().commit(vec![sign_in::remove_steps(StepKind::SetUp.word())]).await?;
        self.begin_step(StepKind::SetUp, None, String::new(), SET_UP_MS, now).await
    }

    /// Whether a desk waits for its first set-up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_set_up_open(&self, now: i64) -> Result<bool, DeskError> {
        let steps = self.store.steps(StepKind::SetUp.word()).await?;
        Ok(steps.iter().any(|step| now < step.expires))
    }

    /// Sets up a desk: makes the first administrator who they are, and gives the desk its name and zone. Returns who may
    /// be signed in now.
    ///
    /// # Errors
    /// Refused with the field `secret` for a wrong secret, also after too many of them, and with the other fields' names
    /// for what speaks against them.
    pub async fn set_up(
        &self,
        desk: &Desk,
        secret: &str,
        first: &FirstAdministrator,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<model::Id, DeskError> {
        self.open_set_up(secret, address, now).await?;
        let hash = self.hash_password(&first.password)?;
        check(first)?;
        let user = shipped::ADMINISTRATOR;
        let ctx = desk.job_context();
        let snapshot = desk.snapshot();
        let person = Place::top(snapshot.module("user")?.clone());
        let role = RefInput { id: Some(roles::ADMINISTRATOR), ..RefInput::default() };
        let text = |text: &str| Change::Value(Value::Text(text.trim().to_owned()));
        let changes = vec![
            ("name", text(&first.name)),
            // What the row came with is nobody's; whoever wants to be told apart by parts of a name gives them later.
            ("first_name", Change::Value(Value::Null)),
            ("email_id", text(&first.email)),
            ("inactive", Change::Value(Value::Bool(false))),
            ("is_technician", Change::Value(Value::Bool(true))),
            ("role", Change::Ref(role)),
        ];
        let portal = Place::top(snapshot.module("portal")?.clone());
        let settings = vec![("display_name", text(&first.desk)), ("timezone", text(&first.zone))];
        let settings = patch_of(&portal.module, settings);
        // Whatever is wrong comes before anything is written.
        desk.edit(&ctx.rehearsing(), &portal, shipped::PORTAL, &settings).await?;
        desk.edit(&ctx, &person, user, &patch_of(&person.module, changes)).await?;
        desk.edit(&ctx, &portal, shipped::PORTAL, &settings).await?;
        let statements = vec![
            sign_in::use_step(&hash_of(secret.trim())),
            store::credentials::set_password(user, &hash),
            store::credentials::remove_sessions_of(user),
            self.noted(Act::own(user, now), user, Event::SetUp, ""),
        ];
        if !self.commit_if_there(statements).await? {
            return Err(Refusal::because("secret", "It was used already").into());
        }
        self.sessions.forget_where(|session| session.user == user);
        Ok(user)
    }

    async fn open_set_up(&self, secret: &str, address: Option<IpAddr>, now: i64) -> Result<(), DeskError> {
        let found = self.attempt(hash_of("set up"), address, now, async || {
            let step = self.step(StepKind::SetUp, secret.trim(), now).await?;
            step.map(|_| ()).ok_or(OAuthError::AccessDenied)
        });
        found.await.map_err(|error| refused(error, "secret", "This is not the secret that the start printed"))
    }
}

fn check(first: &FirstAdministrator) -> Result<(), DeskError> {
    let mut refusals = Vec::new();
    for (field, value) in [("name", &first.name), ("desk", &first.desk)] {
        if value.trim().is_empty() {
            refusals.push(Refusal::Mandatory(field.into()));
        }
    }
    if !users::is_address(first.email.trim()) {
        refusals.push(Refusal::not_valid("email"));
    }
    if jiff::tz::TimeZone::get(first.zone.trim()).is_err() {
        refusals.push(Refusal::not_valid("zone"));
    }
    if refusals.is_empty() { Ok(()) } else { Err(DeskError::Refused(refusals)) }
}

impl Desk {
    /// Whether some active administrator has a password: else nobody can come in and set the desk up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_administrator_with_password(&self, identity: &Identity) -> Result<bool, DeskError> {
        for administrator in self.administrators().await? {
            if identity.has_password(administrator).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
