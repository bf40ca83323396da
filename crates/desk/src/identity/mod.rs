//! Who somebody is: OAuth clients, codes and tokens, technician keys, HappyFox keys, passwords and sign-in sessions.
//!
//! What a credential allows is not here but in [`crate::context`]: this room only says whose it is and with which
//! scopes. Time and entropy come in as arguments. Only hashes are stored ([`store::credentials`]).
//!
//! Checking a credential ([`Identity::verify_access_token`], [`Identity::verify_technician_key`],
//! [`Identity::verify_happyfox`], [`Identity::session`]) is part of every call, so what was found is kept in memory.
//! What is taken back by this process is forgotten at once; where several processes share a database, what is kept
//! is looked up anew after a second.
//!
//! One more kind of credential: a table and statements in [`store::credentials`], a file here, and a cache for it
//! if it comes with every call.

mod act;
mod applications;
mod cache;
mod clients;
mod codes;
mod initial;
mod keys;
mod passwords;
mod restore;
mod second_factor;
pub(crate) mod secrets;
mod sessions;
mod set_up;
mod sign_on;
mod steps;
mod throttle;
mod tokens;

pub use act::Act;
pub(crate) use act::words as credential_words;
pub use applications::Application;
pub use clients::{Client, ClientChange, ClientKind, NewClient, is_redirect_uri};
pub use codes::{Approval, Challenge, ChallengeMethod, Exchange, OpenCode};
pub use initial::{InitialHappyfox, InitialSecrets};
pub use keys::{HappyfoxGrant, HappyfoxKey, TechnicianKey};
pub use passwords::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, PasswordChange, PasswordCost};
pub use second_factor::{Entered, Entrance, Factor, NewFactor, code_at};
pub use secrets::{NoEntropy, Secrets, SystemSecrets};
pub use sessions::{OpenSession, Session};
pub use set_up::FirstAdministrator;
pub use sign_on::{Match, SignOnRules, SignedOn, Stranger, UnderWay};
pub use throttle::network_of;
pub use tokens::{RefreshToken, Tokens};

use crate::{DeskError, Scopes};
use cache::Cache;
use model::{Id, IdSource};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use store::credentials::Credentials;
use store::{Db, StoreError};

/// Another process may take a credential back, on a shared database or from the command line beside a running
/// server; then it is worth nothing here after this time.
const RECHECK_MS: i64 = 1_000;

/// How often expired rows are looked for, and how many of a kind go at once.
const PURGE_EVERY_MS: i64 = 60_000;
const PURGE_MOST: i64 = 500;

/// What an access token or a technician key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who calls.
    pub user: Id,
    /// What the credential allows at most.
    pub scopes: Scopes,
    /// Until when, in milliseconds since 1970-01-01 UTC; `i64::MAX` for a key.
    pub expires: i64,
}

/// Why a credential was not given or not accepted. [`OAuthError::word`] is what the token endpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OAuthError {
    /// No such client, a wrong secret, or a client that was revoked or may not do this.
    InvalidClient,
    /// A code or refresh token that is unknown, used, expired, revoked, or another client's.
    InvalidCode,
    /// A scope that does not exist or that the client may not have.
    InvalidScope,
    /// A redirect URI that is not registered, or not the one of the code.
    InvalidRedirectUri,
    /// The person said no, or may not sign in.
    AccessDenied,
    /// A kind of grant that there is not.
    UnsupportedGrant,
    /// Too many failures; more after so many seconds.
    Throttled {
        /// Seconds to wait, at least one.
        retry_after_s: i64,
    },
    /// The database does not answer now.
    Unavailable(String),
    /// Something that must not happen did; the text is for us.
    GeneralError(String),
}

impl OAuthError {
    /// The word in `{"error": …}` (conventions.md section 2.2).
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidCode => "invalid_code",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedGrant => "unsupported_grant_type",
            Self::Throttled { .. } => "Access Denied",
            Self::Unavailable(_) | Self::GeneralError(_) => "general_error",
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        match DeskError::from(error) {
            DeskError::Unavailable(why) => Self::Unavailable(why),
            other => Self::GeneralError(other.to_string()),
        }
    }
}

impl From<NoEntropy> for OAuthError {
    fn from(error: NoEntropy) -> Self {
        Self::GeneralError(error.to_string())
    }
}

impl From<NoEntropy> for DeskError {
    fn from(error: NoEntropy) -> Self {
        Self::Internal(error.to_string())
    }
}

impl std::fmt::Display for OAuthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
            Self::GeneralError(why) => write!(f, "internal error: {why}"),
            other => f.write_str(other.word()),
        }
    }
}

impl std::error::Error for OAuthError {}

/// What the wiring decides.
#[derive(Clone, Debug)]
pub struct IdentityOptions {
    /// Where ids of clients, tokens and keys come from.
    pub ids: Arc<IdSource>,
    /// How long an access token is good for; clients expect an hour.
    pub access_token_lifetime_ms: i64,
    /// How long a browser stays signed in.
    pub session_lifetime_ms: i64,
    /// How much work a password's hash is.
    pub password_cost: PasswordCost,
    /// How many credentials of one kind are kept in memory.
    pub cache_max: usize,
}

impl IdentityOptions {
    /// The usual values.
    #[must_use]
    pub fn new(ids: Arc<IdSource>) -> Self {
        Self {
            ids,
            access_token_lifetime_ms: 3_600_000,
            session_lifetime_ms: 12 * 3_600_000,
            password_cost: PasswordCost::default(),
            cache_max: 16_384,
        }
    }
}

/// The credentials of a desk and what can be done with them.
#[derive(Debug)]
pub struct Identity {
    store: Credentials,
    secrets: Arc<dyn Secrets>,
    options: IdentityOptions,
    recheck_ms: i64,
    access_tokens: Cache<tokens::Held>,
    technician_keys: Cache<keys::Held>,
    happyfox_keys: Cache<keys::HeldPair>,
    /// By what clients were given tokens lately.
    exchanges: Cache<()>,
    sessions: Cache<Session>,
    /// Held by an attempt to sign in that others were faster to count.
    admitting: tokio::sync::Mutex<()>,
    hashing: passwords::Hashing,
    next_purge: AtomicI64,
    /// How many forms were shown.
    forms: AtomicU64,
}

impl Identity {
    /// The credentials in a database whose schema is current.
    #[must_use]
    pub fn new(db: Db, secrets: Arc<dyn Secrets>, options: IdentityOptions) -> Self {
        let max = options.cache_max;
        Self {
            store: Credentials::new(db),
            secrets,
            recheck_ms: RECHECK_MS,
            access_tokens: Cache::new(max),
            technician_keys: Cache::new(max),
            happyfox_keys: Cache::new(max),
            exchanges: Cache::new(max),
            sessions: Cache::new(max),
            admitting: tokio::sync::Mutex::default(),
            hashing: passwords::Hashing::new(options.password_cost),
            next_purge: AtomicI64::new(0),
            forms: AtomicU64::new(0),
            options,
        }
    }

    /// The address of a person, for lists of credentials.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn email_of(&self, user: Id) -> Result<Option<String>, DeskError> {
        Ok(self.store.person(user).await?.map(|person| person.email))
    }

    /// The name and address of a person who may sign in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signed_in_person(&self, user: Id) -> Result<Option<(String, String)>, DeskError> {
        let person = self.store.person(user).await?.filter(|person| !person.inactive);
        Ok(person.map(|person| (person.name, person.email)))
    }

    /// Whether a person has a password.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_password(&self, user: Id) -> Result<bool, DeskError> {
        let hash = self.store.person(user).await?.and_then(|person| person.password_hash);
        Ok(hash.is_some_and(|hash| !hash.is_empty()))
    }

    fn new_id(&self, now: i64) -> Id {
        self.options.ids.next(now)
    }

    async fn is_active(&self, user: Id) -> Result<bool, StoreError> {
        Ok(self.store.person(user).await?.is_some_and(|person| !person.inactive))
    }

    /// Removes some of what expired, once in a while. To be called after something was given; a failure only means
    /// that the rows stay for now.
    async fn purge_in_passing(&self, now: i64) {
        let due = self.next_purge.load(Ordering::Relaxed);
        let next = now.saturating_add(PURGE_EVERY_MS);
        // A clock that was set back must not put it off for ever.
        let is_due = now >= due || due > next;
        if !is_due
            || self.next_purge.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        match self.store.purge(now, PURGE_MOST).await {
            Ok(removed) if removed >= PURGE_MOST.unsigned_abs() => {
                self.next_purge.store(now, Ordering::Relaxed)
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "expired credentials were not removed"),
        }
    }
}
