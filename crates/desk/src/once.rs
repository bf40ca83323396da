//! Calls that are made once, however often they are sent: a client that heard no answer sends the same `Idempotency-Key`
//! again and is told what the first call came to (happyfox.md section 4).
//!
//! A call is claimed before it begins, so that a second one meanwhile is turned away, and is marked as done in the commit
//! of what it writes. A process that is killed leaves a claim behind that somebody else may take over after a while; if it
//! was not killed after all, its commit finds the claim gone and writes nothing.

use crate::identity::secrets::{hash_of_parts, hex};
use crate::{Desk, DeskError};
use model::Id;
use sha2::{Digest, Sha256};
use store::{Statement, StoreError};

/// How long a call is remembered.
const REMEMBERED_MS: i64 = 24 * 3_600_000;
/// A claim so old belongs to a process that is gone.
const CLAIM_MS: i64 = 60_000;
/// How many calls are forgotten in one commit.
const FORGOTTEN_AT_ONCE: i64 = 5_000;

/// The claim on a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) name: String,
    pub(crate) owner: i64,
}

/// What is known of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// Nothing yet: it is to be made now.
    Mine(Ticket),
    /// It was answered with this status and text.
    Answered(u16, String),
    /// It made this record; its answer did not get as far as being kept.
    Made(Id, Ticket),
    /// It is being made.
    Running,
    /// The key was used for another call.
    Other,
}

impl Desk {
    /// Claims a call: `scope` is what else keys are told apart by, such as the caller and the path.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_call(&self, scope: &[&str], key: &str, body: &[u8]) -> Result<Claimed, DeskError> {
        let mut parts = scope.to_vec();
        parts.push(key);
        let name = hex(&hash_of_parts(&parts));
        let body = hex(&Sha256::digest(body));
        let (owner, now) = (self.fresh_id().get(), self.now());
        let ticket = Ticket { name: name.clone(), owner };
        match self.store.commit(vec![self.store.claim_call(&name, &body, owner, now)]).await {
            Ok(()) => return Ok(Claimed::Mine(ticket)),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(row) = self.store.call(&name).await? else { return Ok(Claimed::Running) };
        if row.body != body {
            return Ok(Claimed::Other);
        }
        if let Some((status, answer)) = row.answer {
            return Ok(Claimed::Answered(u16::try_from(status).unwrap_or(200), answer));
        }
        if let Some(record) = row.record {
            return Ok(Claimed::Made(record, Ticket { name, owner: row.owner }));
        }
        // A clock that was set back makes a claim of the future, which nobody would ever take over.
        if (row.claimed..row.claimed.saturating_add(CLAIM_MS)).contains(&now) {
            return Ok(Claimed::Running);
        }
        match self.store.commit(vec![self.store.take_over_call(&name, row.owner, owner, now)]).await {
            Ok(()) => Ok(Claimed::Mine(ticket)),
            Err(StoreError::Stale { .. }) => Ok(Claimed::Running),
            Err(error) => Err(error.into()),
        }
    }

    /// That a call was answered with this, for the commit of what it writes.
    #[must_use]
    pub fn call_answered(&self, ticket: &Ticket, status: u16, answer: &str) -> Statement {
        self.store.call_answered(&ticket.name, ticket.owner, status, answer)
    }

    /// Keeps a call's answer after what it wrote, or when it wrote nothing. What was written stays, so a failure means
    /// only that the next such call is answered anew.
    pub async fn keep_answer(&self, ticket: &Ticket, status: u16, answer: &str) {
        match self.store.commit(vec![self.call_answered(ticket, status, answer)]).await {
            Ok(()) | Err(StoreError::Stale { .. }) => {}
            Err(error) => tracing::warn!(%error, "the answer to a call was not kept"),
        }
    }

    /// A call failed for no reason of its own: it may be sent again at once.
    pub async fn release_call(&self, ticket: &Ticket) {
        let release = self.store.release_call(&ticket.name, ticket.owner);
        if let Err(error) = self.store.commit(vec![release]).await {
            tracing::warn!(%error, "the claim on a call was not given back; it ends by itself");
        }
    }

    /// Forgets calls that nobody will send again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_calls(&self) -> Result<(), DeskError> {
        let forget = self.store.forget_calls(self.now().saturating_sub(REMEMBERED_MS), FORGOTTEN_AT_ONCE);
        Ok(self.store.commit(vec![forget]).await?)
    }
}
