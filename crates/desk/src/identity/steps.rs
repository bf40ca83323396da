//! Steps of a sign-in that is under way: what a browser holds between one page and the next before anybody is signed in.
//! The secret is in a cookie, its hash in the database, so that it may begin on one process and end on another. Each is
//! used once.

use super::secrets::{self, hash_of};
use super::{Identity, OAuthError};
use model::Id;
use store::StoreError;
use store::sign_in::{self, StepRow};

/// What a step is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StepKind {
    /// Between the password and the code of the second factor.
    Code,
    /// Between the password and the set-up of a second factor without which nobody comes in.
    Enrol,
    /// Setting up a second factor by whoever is signed in.
    Factor,
    /// On the way to the provider of single sign-on and back.
    SignOn,
    /// The first set-up of a desk.
    SetUp,
}

impl StepKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Enrol => "enrol",
            Self::Factor => "factor",
            Self::SignOn => "sign_on",
            Self::SetUp => "set_up",
        }
    }
}

/// A step that is there.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub hash: store::credentials::Hash,
    pub person: Option<Id>,
    pub data: String,
}

impl Identity {
    /// Begins a step, which ends after `lifetime_ms`. Returns the secret that leads back to it.
    pub(super) async fn begin_step(
        &self,
        kind: StepKind,
        person: Option<Id>,
        data: String,
        lifetime_ms: i64,
        now: i64,
    ) -> Result<String, OAuthError> {
        let secret = secrets::opaque(self.secrets.as_ref())?;
        let row = StepRow {
            hash: hash_of(&secret),
            kind: kind.word().to_owned(),
            person,
            data,
            expires: now.saturating_add(lifetime_ms),
        };
        self.store.db().commit(vec![sign_in::add_step(&row)]).await?;
        self.purge_in_passing(now).await;
        Ok(secret)
    }

    /// The step of a kind to which a secret leads.
    pub(super) async fn step(
        &self,
        kind: StepKind,
        secret: &str,
        now: i64,
    ) -> Result<Option<Step>, StoreError> {
        let row = self.store.step(&hash_of(secret)).await?;
        let row = row.filter(|row| row.kind == kind.word() && now < row.expires);
        Ok(row.map(|row| Step { hash: row.hash, person: row.person, data: row.data }))
    }
}
