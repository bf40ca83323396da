//! Copies a desk: everything that a V3 service shows, into this one; follows its changes; compares the two.
//!
//! - `plan` says what is copied, in which order, derived from the catalogue: no module is named by hand.
//! - `side` reads lists from either desk, `bundle` what hangs on a page of records.
//! - `ids` knows which record of ours one of theirs is, `place` makes our records of what was read, `gone` finds what is
//!   there no more.
//! - `load` commits them with how far the copy has got; `copy`, `follow` and `verify` are the three runs.
//!
//! What is copied are facts: no rule of the desk is run again (`desk::Desk::commit_facts`). A run that was killed goes on
//! behind the last commit. Memory holds some pages of a hundred records with what hangs on them, whatever the number.

mod bundle;
mod compare;
mod copy;
mod error;
mod follow;
mod gone;
mod ids;
mod load;
mod place;
mod plan;
mod side;
mod verify;

pub use compare::Difference;
pub use copy::{Count, Outcome, Progress};
pub use desk::Remark;
pub use error::MigrateError;
pub use verify::Verified;

use connector::Client;
use desk::identity::Identity;
use desk::{Context, Desk};
use std::sync::Arc;
use std::time::Duration;

/// A desk that is copied into another.
#[derive(Clone, Debug)]
pub struct Migration {
    desk: Arc<Desk>,
    identity: Arc<Identity>,
    ctx: Context,
    client: Client,
    patience: Patience,
}

/// How long a source that does not answer is waited for, beyond what the client does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a call is made again.
    pub times: u32,
    /// The first pause; it doubles each time.
    pub pause: Duration,
    /// The longest pause.
    pub pause_max: Duration,
}

impl Default for Patience {
    /// A quarter of an hour.
    fn default() -> Self {
        Self { times: 20, pause: Duration::from_secs(1), pause_max: Duration::from_secs(60) }
    }
}

impl Migration {
    /// From the desk that `client` speaks to into `desk`, on behalf of an administrator of that one.
    #[must_use]
    pub fn new(desk: Arc<Desk>, identity: Arc<Identity>, ctx: Context, client: Client) -> Self {
        Self { desk, identity, ctx, client, patience: Patience::default() }
    }

    /// With another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// What the source is called where its copy is kept in mind.
    fn source(&self) -> String {
        self.client.connection().base()
    }

    fn there(&self) -> side::Side {
        side::Side::There { client: self.client.clone(), patience: self.patience }
    }

    fn here(&self) -> side::Side {
        let reader = api::Reader::new(self.desk.clone(), self.identity.clone());
        side::Side::Here { reader, ctx: Box::new(self.now()) }
    }

    /// On whose behalf, at this moment.
    fn now(&self) -> Context {
        Context { now: self.desk.now(), ..self.ctx.clone() }
    }
}
