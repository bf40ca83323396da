//! Another desk copied into this one, on behalf of somebody.

use ::connector::Client;
use ::migrate::{Difference, MigrateError, Migration, Outcome, Progress, Verified};
use desk::Remark;

use super::Rooms;
use crate::Failure;

/// How one look at the source went.
pub(crate) type Copied = Outcome;

/// What is to be done with the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Copy what no run has copied yet.
    Copy,
    /// Take over what changed since.
    Follow,
}

impl Rooms {
    /// Copies the desk that the client speaks to, or takes over its changes.
    pub(crate) async fn migrate(
        &self,
        client: &Client,
        user: Option<&str>,
        look: Look,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Copied, Failure> {
        let migration = self.migration(client, user).await?;
        let done = match look {
            Look::Copy => migration.copy(&progress).await,
            Look::Follow => migration.follow(&progress).await,
        };
        let done = done.map_err(failure)?;
        if let Err(error) = self.desk.measure().await {
            tracing::warn!(%error, "what lists are planned by was not counted");
        }
        Ok(done)
    }

    /// Compares both desks and tells each difference.
    pub(crate) async fn verify(
        &self,
        client: &Client,
        user: Option<&str>,
        progress: impl Fn(Progress) + Send + Sync,
        each: &mut (dyn FnMut(&Difference) + Send),
    ) -> Result<Verified, Failure> {
        self.migration(client, user).await?.verify(&progress, each).await.map_err(failure)
    }

    /// Tells what could not be taken over as it was; says how much that is.
    pub(crate) async fn remarks(
        &self,
        client: &Client,
        user: Option<&str>,
        most: Option<u64>,
        each: &mut (dyn FnMut(&Remark) + Send),
    ) -> Result<u64, Failure> {
        let migration = self.migration(client, user).await?;
        let (mut last, mut count): (Option<Remark>, u64) = (None, 0);
        loop {
            let page = migration.remarks(last.as_ref()).await.map_err(failure)?;
            let Some(end) = page.last().cloned() else { return Ok(count) };
            for remark in &page {
                if most.is_none_or(|most| count < most) {
                    each(remark);
                }
                count += 1;
            }
            last = Some(end);
        }
    }

    async fn migration(&self, client: &Client, user: Option<&str>) -> Result<Migration, Failure> {
        let ctx = self.acting_as(user).await?;
        if !ctx.is_administrator() {
            return Err(Failure::usage("a desk is copied by an administrator; --as names one"));
        }
        Ok(Migration::new(self.desk.clone(), self.identity.clone(), ctx, client.clone()))
    }
}

fn failure(error: MigrateError) -> Failure {
    match error {
        MigrateError::Usage(words) => Failure::usage(words),
        error => Failure::runtime(error.to_string().replace('\n', " ")),
    }
}
