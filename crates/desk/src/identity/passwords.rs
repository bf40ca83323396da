//! Passwords: argon2id, on the person's row.

use super::act::{Act, Event};
use super::secrets::{self, hash_of};
use super::throttle::refused;
use super::{Identity, OAuthError};
use crate::{DeskError, Refusal};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use model::Id;
use std::net::IpAddr;
use std::sync::OnceLock;
use store::credentials::PersonRow;
use store::{Statement, credentials};
use tokio::sync::Semaphore;

/// A password has at least so many bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// A password has at most so many bytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Hashes computed at once: each takes a core and 19 MiB for some 20 ms.
const HASHING_MAX: usize = 2;
/// Sign-ins that wait for their turn; more are sent away.
const WAITING_MAX: usize = 64;

/// How much work a hash is. What is stored says it itself, so it can be raised later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// What OWASP's password storage page gives as the least for argon2id.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

impl PasswordCost {
    fn hasher(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).unwrap_or(Params::DEFAULT);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// A change of one's own password.
#[derive(Clone, Copy, Debug)]
pub struct PasswordChange<'a> {
    /// The password that it is now.
    pub current: &'a str,
    /// The new one.
    pub new: &'a str,
    /// Whether the access of the applications to which the person agreed ends with the former password.
    pub ends_applications: bool,
}

#[derive(Debug)]
pub(super) struct Hashing {
    cost: PasswordCost,
    at_work: Semaphore,
    waiting: Semaphore,
    /// Checked where there is no account, so that the time tells nothing.
    dummy: OnceLock<String>,
}

impl Hashing {
    pub fn new(cost: PasswordCost) -> Self {
        Self {
            cost,
            at_work: Semaphore::new(HASHING_MAX),
            waiting: Semaphore::new(WAITING_MAX),
            dummy: OnceLock::new(),
        }
    }

    fn dummy(&self) -> String {
        self.dummy.get_or_init(|| hash(self.cost, "nobody's", &[7; 16]).unwrap_or_default()).clone()
    }

    async fn verify(&self, password: String, stored: String) -> Result<bool, OAuthError> {
        let busy = || OAuthError::Throttled { retry_after_s: 1 };
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let _at_work = self.at_work.acquire().await.map_err(|_| busy())?;
        let hasher = self.cost.hasher();
        let check = move || hasher.verify_password(password.as_bytes(), stored.as_str()).is_ok();
        tokio::task::spawn_blocking(check).await.map_err(|e| OAuthError::GeneralError(e.to_string()))
    }
}

fn hash(cost: PasswordCost, password: &str, salt: &[u8]) -> Result<String, DeskError> {
    cost.hasher()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|e| DeskError::Internal(format!("a password was not hashed: {e}")))
}

impl Identity {
    /// A new password for somebody: four groups of five letters and digits.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new_password(&self) -> Result<String, DeskError> {
        Ok(secrets::password(self.secrets.as_ref())?)
    }

    /// What is stored of a password. Takes some 20 ms of one core.
    ///
    /// # Errors
    /// For a password that is too short or too long.
    pub fn hash_password(&self, password: &str) -> Result<String, DeskError> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
            return Err(Refusal::because("password", "A password has 8 to 1024 characters").into());
        }
        let mut salt = [0; 16];
        self.secrets.fill(&mut salt)?;
        hash(self.hashing.cost, password, &salt)
    }

    /// Gives a person a new password and ends their sessions. Tokens and keys stay.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] when there is no such person, else as [`Self::hash_password`].
    pub async fn set_password(&self, user: Id, password: &str) -> Result<(), DeskError> {
        self.set_password_with(user, password, Vec::new()).await
    }

    async fn set_password_with(
        &self,
        user: Id,
        password: &str,
        with: Vec<Statement>,
    ) -> Result<(), DeskError> {
        let hash = self.hash_password(password)?;
        // With the sessions end the ways in that were begun with the former password.
        let mut statements = vec![
            credentials::set_password(user, &hash),
            credentials::remove_sessions_of(user),
            store::sign_in::remove_steps_of(user),
        ];
        statements.extend(with);
        match self.store.db().commit(statements).await {
            Ok(_) => {}
            Err(store::StoreError::Stale { .. }) => return Err(DeskError::NotFound),
            Err(error) => return Err(error.into()),
        }
        self.sessions.forget_where(|session| session.user == user);
        self.access_tokens.forget_where(|held| held.found.user == user);
        Ok(())
    }

    /// Changes a person's own password, which they must know. Their sessions end, and where they want it so the access of the
    /// applications to which they agreed.
    ///
    /// # Errors
    /// Refused with the field `current_password` when it is another one, with `password` when the new one is too short
    /// or too long; [`OAuthError::Throttled`] is told as a refusal too.
    pub async fn change_password(
        &self,
        user: Id,
        change: &PasswordChange<'_>,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<(), DeskError> {
        let person = self.store.person(user).await?.ok_or(DeskError::NotFound)?;
        match self.verify_password(&person.email, change.current, address, now).await {
            Ok(found) if found == user => {
                let act = Act::own(user, now);
                let mut with = vec![self.noted(act, user, Event::PasswordChanged, "")];
                if change.ends_applications {
                    with.extend(self.end_agreed(user, act).await?);
                }
                self.set_password_with(user, change.new, with).await
            }
            Ok(_) => Err(refused(OAuthError::AccessDenied, "current_password", "That is not your password")),
            Err(error) => Err(refused(error, "current_password", "That is not your password")),
        }
    }

    /// Gives somebody a new password and returns it: an administrator's right. With the former password ends all to which it has
    /// led, sessions and what was agreed to on the consent page; what an administrator gave, tokens of self clients and keys, stays.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for anybody else, [`DeskError::NotFound`] when there is no such person.
    pub async fn reset_password(&self, act: impl Into<Act>, user: Id) -> Result<String, DeskError> {
        let act = act.into().permit()?;
        let password = self.new_password()?;
        let mut with = vec![self.noted(act, user, Event::PasswordReset, "")];
        with.extend(self.end_agreed(user, act).await?);
        self.set_password_with(user, &password, with).await?;
        Ok(password)
    }

    /// The person with this address and password. Whether there is such an address, whether its owner has a
    /// password and whether they may sign in makes no difference to the answer or to its time.
    ///
    /// # Errors
    /// [`OAuthError::AccessDenied`] when it is nobody; [`OAuthError::Throttled`] after too many failures for the
    /// account or from the network address, and while too many others sign in.
    pub async fn verify_password(
        &self,
        email: &str,
        password: &str,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<Id, OAuthError> {
        let account = hash_of(&model::fold_email(email));
        self.attempt(account, address, now, async || {
            let (whose, found) = self.find_by_password(email, password).await;
            if matches!(found, Err(OAuthError::AccessDenied)) {
                tracing::info!(address = address.map(tracing::field::display), "sign-in failed");
                if let Some(person) = whose {
                    self.note_failure(person, address, now);
                }
            }
            found
        })
        .await
    }

    /// Notes in the history that somebody tried an account. Nobody waits for it, so that the time of an answer does not tell
    /// whether there is the account; the throttle keeps these entries few.
    fn note_failure(&self, person: Id, address: Option<IpAddr>, now: i64) {
        let from = address.map_or_else(String::new, |address| address.to_string());
        let note = self.noted(Act::from(now), person, Event::SignInFailed, &from);
        let store = self.store.clone();
        tokio::spawn(async move {
            if let Err(error) = store.db().commit(vec![note]).await {
                tracing::warn!(%error, "a failed sign-in is not in the history");
            }
        });
    }

    /// Whose address it is, and who signs in.
    async fn find_by_password(&self, email: &str, password: &str) -> (Option<Id>, Result<Id, OAuthError>) {
        let person = match self.store.person_by_email(email).await {
            Ok(person) => person,
            Err(error) => return (None, Err(error.into())),
        };
        let whose = person.as_ref().map(|person| person.id);
        (whose, self.checked(person, password).await)
    }

    async fn checked(&self, person: Option<PersonRow>, password: &str) -> Result<Id, OAuthError> {
        let stored = person.as_ref().and_then(|p| p.password_hash.clone()).filter(|hash| !hash.is_empty());
        let (stored, exists) = match stored {
            Some(stored) => (stored, true),
            None => (self.hashing.dummy(), false),
        };
        // Cut short, it is not the password any more; nobody's has more.
        let fits = password.len() <= PASSWORD_BYTES_MAX;
        let password = if fits { password.to_owned() } else { String::new() };
        let is_right = self.hashing.verify(password, stored).await?;
        match person {
            Some(person) if is_right && exists && fits && !person.inactive => Ok(person.id),
            _ => Err(OAuthError::AccessDenied),
        }
    }
}
