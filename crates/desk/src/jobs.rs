//! What happens without anybody calling: requests on hold go on at the time that was set, and what lists are planned
//! by is counted anew.
//!
//! Every process may run every job: each step of one that writes is an edit that states which version it saw, so of
//! two processes one does it and the other finds it done.

use crate::context::{Access, Caller, Context, Scopes, View};
use crate::records::patch_of;
use crate::{Desk, DeskError, users};
use model::filter::{equals, test};
use model::{Change, Filter, Op, RefInput, Size};
use store::Query;

/// How many requests one run takes up.
const BATCH: u64 = 200;

impl Desk {
    /// The context of a job.
    #[must_use]
    pub fn job_context(&self) -> Context {
        let caller = Caller {
            user: users::SYSTEM,
            access: Access::Administrator,
            sites: None,
            groups: None,
            view: View::All,
        };
        Context::new(caller, Scopes::all(), self.now(), self.snapshot().settings.zone.clone())
    }

    /// Counts what lists are planned by, in every module that may be large and has grown or shrunk since; PostgreSQL counts by
    /// itself when it is told to. Returns how many modules were counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn measure(&self) -> Result<usize, DeskError> {
        let snapshot = self.snapshot();
        let mut counted = self.store.db().analyze().await?;
        for module in
            snapshot.catalogue.modules().iter().filter(|m| m.size != Size::Small && m.fixed.is_none())
        {
            let views = snapshot.catalogue.modules().iter();
            let views: Vec<_> =
                views.filter(|m| m.table == module.table && m.fixed.is_some()).cloned().collect();
            counted += usize::from(self.store.measure(module, &views).await?);
        }
        Ok(counted)
    }

    /// Takes up what was written since the last time, for lists of what no index tells. After a start it looks at the large tables
    /// as a whole, which takes some seconds for a million requests. To be called every second or so; does nothing on PostgreSQL.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tend_zones(&self) -> Result<(), DeskError> {
        Ok(self.store.tend_zones(self.snapshot().catalogue.modules()).await?)
    }

    /// Moves requests on hold whose time has come to the status that was set. Returns how many it moved.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn resume_held_requests(&self) -> Result<usize, DeskError> {
        let ctx = self.job_context();
        let place = self.requests()?;
        let due: Filter =
            test(&place.module, "onhold_scheduler.scheduled_time", Op::LessOrEqual, vec![ctx.now.into()])
                .and(equals(&place.module, "is_trashed", vec![false.into()]));
        let mut moved = 0;
        for request in self.store.list(&Query::new(place.module.clone(), due, BATCH)).await? {
            let Some(status) = request.reference("onhold_scheduler.change_to_status") else { continue };
            let to = Change::Ref(RefInput { id: Some(status), ..RefInput::default() });
            let patch = patch_of(&place.module, vec![("status", to)]);
            match self.edit_as(&ctx, &place, request.id(), &patch, "RESUME").await {
                Ok(_) => moved += 1,
                Err(error) => {
                    tracing::warn!(%error, request.id = %request.id(), "a request on hold was not resumed")
                }
            }
        }
        Ok(moved)
    }
}
