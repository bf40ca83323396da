//! Technician keys and HappyFox keys: secrets that an administrator gives and that last until they are taken back.

use super::act::{Act, Event};
use super::secrets::{self, NoEntropy, hash_of, hash_of_parts};
use super::{Grant, Identity};
use crate::{DeskError, Refusal, Scopes};
use model::Id;
use std::sync::Arc;
use store::credentials::{self, HappyfoxRow, Hash, KeyRow};
use store::{Statement, StoreError};
use subtle::ConstantTimeEq;

/// When a key was last used is known to the hour; writing it down at each call would cost more than the call.
const LAST_USED_EVERY_MS: i64 = 3_600_000;

/// Longest name of a key.
const NAME_MAX: usize = 150;

/// A technician key, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TechnicianKey {
    /// What [`Identity::revoke_technician_key`] takes.
    pub id: Id,
    /// Whose it is.
    pub user: Id,
    /// What it is called.
    pub name: String,
    /// When it was given.
    pub created: i64,
    /// When it was last used, to the hour.
    pub last_used: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

/// A HappyFox key, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HappyfoxKey {
    /// The public part; what [`Identity::revoke_happyfox_key`] takes.
    pub api_key: String,
    /// As whom it acts.
    pub user: Id,
    /// What it is called.
    pub name: String,
    /// When it was given.
    pub created: i64,
    /// When it was last used, to the hour.
    pub last_used: Option<i64>,
    /// When it was disabled, until it is enabled again.
    pub disabled: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

/// What a HappyFox key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HappyfoxGrant {
    /// The key's number.
    pub key: Id,
    /// What it is called.
    pub name: Arc<str>,
    /// As whom it acts.
    pub user: Id,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    id: Id,
    user: Id,
}

#[derive(Clone, Debug)]
pub(super) struct HeldPair {
    grant: HappyfoxGrant,
}

/// A new key, and the statement that stores its hash.
pub(super) struct MadeKey {
    pub key: String,
    pub statement: Statement,
}

/// A new pair, and the statement that stores it.
pub(super) struct MadePair {
    pub api_key: String,
    pub auth_code: String,
    pub statement: Statement,
}

impl Identity {
    /// Whose technician key it is; `None` for one that is unknown or revoked. Letter case does not matter.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify_technician_key(&self, key: &str, now: i64) -> Result<Option<Grant>, DeskError> {
        let hash = key_hash(key);
        let grant = |user| Grant { user, scopes: Scopes::all(), expires: i64::MAX };
        if let Some(held) = self.technician_keys.get(&hash, now) {
            return Ok(Some(grant(held.user)));
        }
        let generation = self.technician_keys.generation();
        let row = self.store.technician_key(&hash).await?;
        let Some(row) = row.filter(|row| row.revoked.is_none()) else { return Ok(None) };
        self.note_use(row.last_used, now, || credentials::technician_key_used(row.id, now)).await;
        let held = Held { id: row.id, user: row.person };
        self.technician_keys.keep(generation, &hash, held, now, now.saturating_add(self.recheck_ms));
        Ok(Some(grant(row.person)))
    }

    /// Whether a technician key was good when it was last looked at here, and is not taken back here.
    #[must_use]
    pub fn knew_technician_key(&self, key: &str) -> bool {
        self.technician_keys.has(&key_hash(key))
    }

    /// The same of a HappyFox key with its code.
    #[must_use]
    pub fn knew_happyfox(&self, api_key: &str, auth_code: &str) -> bool {
        self.happyfox_keys.has(&hash_of_parts(&[api_key, auth_code]))
    }

    /// As whom a HappyFox key acts; `None` when the key is unknown or disabled or the code is wrong, which take
    /// equally long.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify_happyfox(
        &self,
        api_key: &str,
        auth_code: &str,
        now: i64,
    ) -> Result<Option<HappyfoxGrant>, DeskError> {
        let hash = hash_of_parts(&[api_key, auth_code]);
        if let Some(held) = self.happyfox_keys.get(&hash, now) {
            return Ok(Some(held.grant));
        }
        let generation = self.happyfox_keys.generation();
        let row = self.store.happyfox_key(api_key).await?;
        let shown = hash_of(auth_code);
        let stored = row.as_ref().map_or([0; 32], |row| row.code_hash);
        let is_right = bool::from(shown.ct_eq(&stored));
        let Some(row) = row.filter(|row| is_right && row.disabled.is_none() && row.revoked.is_none()) else {
            return Ok(None);
        };
        self.note_use(row.last_used, now, || credentials::happyfox_key_used(row.id, now)).await;
        let grant = HappyfoxGrant { key: row.id, name: row.name.into(), user: row.person };
        self.happyfox_keys.keep(
            generation,
            &hash,
            HeldPair { grant: grant.clone() },
            now,
            now.saturating_add(self.recheck_ms),
        );
        Ok(Some(grant))
    }

    /// Notes that a key was used, if that was not noted lately. A call does not fail because of it.
    async fn note_use(&self, last: Option<i64>, now: i64, statement: impl FnOnce() -> Statement) {
        if last.is_some_and(|last| now < last.saturating_add(LAST_USED_EVERY_MS)) {
            return;
        }
        if let Err(error) = self.store.db().commit(vec![statement()]).await {
            tracing::warn!(%error, "the use of a key was not noted");
        }
    }

    /// A new technician key, shown this once.
    ///
    /// # Errors
    /// When there is no such user, or for a name that cannot be.
    pub async fn issue_technician_key(
        &self,
        user: Id,
        name: &str,
        act: impl Into<Act>,
    ) -> Result<(Id, String), DeskError> {
        let act = act.into().permit()?;
        self.check_new_key(user, name).await?;
        let id = self.new_id(act.now);
        let made = self.make_technician_key(id, user, name, act.now)?;
        let note = self.noted(act, user, Event::KeyIssued, name);
        self.store.db().commit(vec![made.statement, note]).await?;
        Ok((id, made.key))
    }

    /// The thousand newest technician keys, revoked or not, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn technician_keys(&self) -> Result<Vec<TechnicianKey>, DeskError> {
        let rows = self.store.technician_keys().await?.into_iter();
        Ok(rows
            .map(|row| TechnicianKey {
                id: row.id,
                user: row.person,
                name: row.name,
                created: row.created,
                last_used: row.last_used,
                revoked: row.revoked,
            })
            .collect())
    }

    /// Takes back a technician key. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_technician_key(&self, id: Id, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into().permit()?;
        let Some(row) = self.store.technician_keys().await?.into_iter().find(|row| row.id == id) else {
            return Ok(false);
        };
        let note = self.noted(act, row.person, Event::KeyRevoked, &row.name);
        let done = self.commit_if_there(vec![credentials::revoke_technician_key(id, act.now), note]).await?;
        self.technician_keys.forget_where(|held| held.id == id);
        Ok(done)
    }

    /// A new HappyFox key and its code, shown this once.
    ///
    /// # Errors
    /// When there is no such user, or for a name that cannot be.
    pub async fn issue_happyfox_key(
        &self,
        user: Id,
        name: &str,
        act: impl Into<Act>,
    ) -> Result<(String, String), DeskError> {
        let act = act.into().permit()?;
        self.check_new_key(user, name).await?;
        let made = self.make_happyfox_key(user, name, act.now)?;
        let note = self.noted(act, user, Event::HappyfoxIssued, name);
        self.store.db().commit(vec![made.statement, note]).await?;
        Ok((made.api_key, made.auth_code))
    }

    /// The thousand newest HappyFox keys, disabled or not, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn happyfox_keys(&self) -> Result<Vec<HappyfoxKey>, DeskError> {
        let rows = self.store.happyfox_keys().await?.into_iter();
        Ok(rows
            .map(|row| HappyfoxKey {
                api_key: row.api_key,
                user: row.person,
                name: row.name,
                created: row.created,
                last_used: row.last_used,
                disabled: row.disabled,
                revoked: row.revoked,
            })
            .collect())
    }

    /// Disables a HappyFox key until it is enabled again. `false` when there is none that works.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn disable_happyfox_key(&self, api_key: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into();
        let statement = credentials::disable_happyfox_key(api_key, act.now);
        self.change_happyfox_key(api_key, act, statement, Event::HappyfoxDisabled).await
    }

    /// Enables a disabled HappyFox key. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enable_happyfox_key(&self, api_key: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let statement = credentials::enable_happyfox_key(api_key);
        self.change_happyfox_key(api_key, act.into(), statement, Event::HappyfoxEnabled).await
    }

    /// Revokes a HappyFox key for good. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_happyfox_key(&self, api_key: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into();
        let statement = credentials::revoke_happyfox_key(api_key, act.now);
        self.change_happyfox_key(api_key, act, statement, Event::HappyfoxRevoked).await
    }

    async fn change_happyfox_key(
        &self,
        api_key: &str,
        act: Act,
        statement: Statement,
        event: Event,
    ) -> Result<bool, DeskError> {
        let act = act.permit()?;
        let Some(row) = self.store.happyfox_key(api_key).await? else { return Ok(false) };
        let note = self.noted(act, row.person, event, &row.name);
        let done = self.commit_if_there(vec![statement, note]).await?;
        self.happyfox_keys.forget_where(|held| held.grant.key == row.id);
        Ok(done)
    }

    /// Whether it was committed: not where what it is about was not there.
    pub(super) async fn commit_if_there(&self, statements: Vec<Statement>) -> Result<bool, DeskError> {
        match self.store.db().commit(statements).await {
            Ok(_) => Ok(true),
            Err(StoreError::Stale { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn check_new_key(&self, user: Id, name: &str) -> Result<(), DeskError> {
        let mut refusals = Vec::new();
        if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            refusals.push(Refusal::not_valid("name"));
        }
        if !self.is_active(user).await? {
            refusals.push(Refusal::because("user", "there is no such active user"));
        }
        if refusals.is_empty() { Ok(()) } else { Err(DeskError::Refused(refusals)) }
    }

    pub(super) fn make_technician_key(
        &self,
        id: Id,
        user: Id,
        name: &str,
        now: i64,
    ) -> Result<MadeKey, NoEntropy> {
        let key = secrets::technician_key(self.secrets.as_ref())?;
        let statement = credentials::add_technician_key(&KeyRow {
            id,
            hash: key_hash(&key),
            person: user,
            name: name.trim().to_owned(),
            created: now,
            last_used: None,
            revoked: None,
        });
        Ok(MadeKey { key, statement })
    }

    pub(super) fn make_happyfox_key(&self, user: Id, name: &str, now: i64) -> Result<MadePair, NoEntropy> {
        let api_key = secrets::happyfox(self.secrets.as_ref())?;
        let auth_code = secrets::happyfox(self.secrets.as_ref())?;
        let statement = credentials::add_happyfox_key(&HappyfoxRow {
            id: self.new_id(now),
            api_key: api_key.clone(),
            code_hash: hash_of(&auth_code),
            person: user,
            name: name.trim().to_owned(),
            created: now,
            last_used: None,
            disabled: None,
            revoked: None,
        });
        Ok(MadePair { api_key, auth_code, statement })
    }
}

/// Keys are shown in capitals; people copy them in either.
fn key_hash(key: &str) -> Hash {
    hash_of(&key.trim().to_ascii_uppercase())
}
