//! Files of records, in and out, on behalf of somebody.

use ::transfer::TransferError;
use desk::{Context, DeskError, Scopes};

pub(crate) use ::transfer::{ExportOptions, Format, ImportOptions, Imported};
use ::transfer::{Mapping, Progress};

use super::{Rooms, orders};
use crate::Failure;

impl Rooms {
    /// Takes in a file.
    pub(crate) async fn import(
        &self,
        options: &ImportOptions,
        user: Option<&str>,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> Result<Imported, Failure> {
        let ctx = self.acting_as(user).await?;
        let done = ::transfer::import(&self.desk, &ctx, options, &progress).await.map_err(failure)?;
        if !options.dry_run
            && let Err(error) = self.desk.measure().await
        {
            tracing::warn!(%error, "what lists are planned by was not counted");
        }
        Ok(done)
    }

    /// Writes records; says how many.
    pub(crate) async fn export(
        &self,
        options: &ExportOptions,
        user: Option<&str>,
        out: &mut (dyn std::io::Write + Send),
        progress: impl Fn(u64) + Send + Sync,
    ) -> Result<u64, Failure> {
        let ctx = self.acting_as(user).await?;
        ::transfer::export(&self.desk, &ctx, options, out, &progress).await.map_err(failure)
    }

    /// The context of what is done for a user, the first administrator where none is named.
    pub(super) async fn acting_as(&self, email: Option<&str>) -> Result<Context, Failure> {
        let desk = &self.desk;
        let user = orders::user(desk, email).await.map_err(|error| orders::failure(&error))?;
        let caller = desk.caller(user).await.map_err(|error| match error {
            DeskError::NotPermitted => Failure::usage(format!(
                "{} is inactive; --as names somebody who is not",
                email.unwrap_or("the first administrator")
            )),
            error => orders::failure(&error),
        })?;
        let person = desk.person(user).await.map_err(|error| orders::failure(&error))?;
        Ok(Context::new(caller, Scopes::all(), desk.now(), desk.zone_of(person.as_deref())))
    }
}

/// What speaks against a file, in one line.
fn failure(error: TransferError) -> Failure {
    match error {
        TransferError::Usage(words) => Failure::usage(words),
        TransferError::Failed(words) => Failure::runtime(words),
    }
}

/// The mapping that a file holds; an empty one where none is named.
pub(crate) fn open_mapping(path: Option<&std::path::Path>) -> Result<Mapping, Failure> {
    path.map_or_else(|| Ok(Mapping::default()), |path| Mapping::open(path).map_err(failure))
}
