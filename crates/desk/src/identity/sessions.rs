//! Browsers that are signed in.

use super::act::{Act, Event};
use super::secrets::{self, hash_of, hash_of_parts, hex, unhex};
use super::steps::StepKind;
use super::{Identity, OAuthError};
use crate::DeskError;
use model::Id;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use store::credentials::{self, SessionRow};
use store::sign_in;
use subtle::ConstantTimeEq;

/// A browser that is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: Id,
    /// Until when.
    pub expires: i64,
}

/// A browser in which somebody is signed in, as they see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// What it is ended by. The hash of the cookie's secret, from which nobody gets to the secret.
    pub handle: String,
    /// Whether it is the browser that asks.
    pub is_own: bool,
    /// Since when.
    pub begun: i64,
    /// When it was used last, to a few minutes.
    pub last_seen: i64,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// The network address that it signed in from.
    pub address: Option<String>,
}

/// What a browser calls itself is kept up to here.
const AGENT_CHARS_MAX: usize = 250;
/// How exactly it is known when a session was used last.
const SEEN_EVERY_MS: i64 = 300_000;

impl Identity {
    /// Begins a session of a browser, from a network address, and returns the secret for its cookie. Always a new one: what the browser sent before is
    /// not taken over, or whoever planted it would be signed in too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_session(
        &self,
        user: Id,
        agent: Option<&str>,
        address: Option<IpAddr>,
        now: i64,
    ) -> Result<String, OAuthError> {
        let secret = secrets::opaque(self.secrets.as_ref())?;
        let row = SessionRow {
            hash: hash_of(&secret),
            person: user,
            created: now,
            expires: now + self.options.session_lifetime_ms,
            agent: agent.map(|agent| agent.chars().take(AGENT_CHARS_MAX).collect()),
            address: address.map(|address| address.to_string()),
            last_seen: Some(now),
        };
        // Whoever can sign in needs no first set-up any more.
        let from = row.address.as_deref().unwrap_or_default();
        let note = self.noted(Act::own(user, now), user, Event::SignedIn, from);
        let statements =
            vec![credentials::add_session(&row), sign_in::remove_steps(StepKind::SetUp.word()), note];
        self.store.db().commit(statements).await?;
        self.purge_in_passing(now).await;
        Ok(secret)
    }

    /// The session of a cookie; `None` when there is none, or not any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, secret: &str, now: i64) -> Result<Option<Session>, DeskError> {
        let hash = hash_of(secret);
        if let Some(session) = self.sessions.get(&hash, now) {
            return Ok(Some(session));
        }
        let generation = self.sessions.generation();
        let row = self.store.session(&hash).await?;
        let Some(row) = row.filter(|row| now < row.expires) else { return Ok(None) };
        let session = Session { user: row.person, expires: row.expires };
        if row.last_seen.is_none_or(|seen| now - seen >= SEEN_EVERY_MS) {
            self.store.db().commit(vec![credentials::session_seen(&hash, now)]).await?;
        }
        let until = row.expires.min(now.saturating_add(self.recheck_ms));
        self.sessions.keep(generation, &hash, session, now, until);
        Ok(Some(session))
    }

    /// The browsers in which a person is signed in, the newest first. `secret` is the cookie of the one that asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions_of(&self, user: Id, secret: &str, now: i64) -> Result<Vec<OpenSession>, DeskError> {
        let own = hash_of(secret);
        let shown = |row: SessionRow| OpenSession {
            handle: hex(&row.hash),
            is_own: row.hash == own,
            begun: row.created,
            last_seen: row.last_seen.unwrap_or(row.created),
            agent: row.agent,
            address: row.address,
        };
        Ok(self.store.sessions_of(user, now).await?.into_iter().map(shown).collect())
    }

    /// Ends one of a person's own sessions, by its handle; nothing happens when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_session_of(&self, user: Id, handle: &str) -> Result<(), DeskError> {
        let Some(hash) = unhex(handle) else { return Ok(()) };
        self.store.db().commit(vec![credentials::remove_session_of(user, &hash)]).await?;
        self.sessions.forget(&hash);
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_session(&self, secret: &str) -> Result<(), DeskError> {
        let hash = hash_of(secret);
        self.store.db().commit(vec![credentials::remove_session(&hash)]).await?;
        self.sessions.forget(&hash);
        Ok(())
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_sessions_of(&self, user: Id) -> Result<(), DeskError> {
        self.store
            .db()
            .commit(vec![credentials::remove_sessions_of(user), store::sign_in::remove_steps_of(user)])
            .await?;
        self.sessions.forget_where(|session| session.user == user);
        Ok(())
    }

    /// What a form must bring to be ours: made of the cookie's secret and of what the form is for, so that a page
    /// elsewhere cannot know it and nothing needs to be stored. Another one each time that it is asked for: pages are
    /// compressed, and how well tells something of what stays the same in them.
    #[must_use]
    pub fn form_token(&self, cookie: &str, purpose: &str) -> String {
        form_token(cookie, purpose, &self.forms.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Whether a form brought what it must.
    #[must_use]
    pub fn is_form_token(&self, shown: &str, cookie: &str, purpose: &str) -> bool {
        let number = shown.split_once('-').map_or("", |(number, _)| number);
        form_token(cookie, purpose, number).as_bytes().ct_eq(shown.as_bytes()).into()
    }

    /// A secret for a cookie of a browser that is not signed in yet.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new_cookie(&self) -> Result<String, OAuthError> {
        Ok(secrets::opaque(self.secrets.as_ref())?)
    }
}

/// The token of a form that is shown, by its number among all that were.
fn form_token(cookie: &str, purpose: &str, number: &str) -> String {
    format!("{number}-{}", hex(&hash_of_parts(&["form", purpose, cookie, number])))
}
