//! What waits for somebody's yes or no.

use crate::times::Moment;
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place};
use model::filter::{equals, test};
use model::{Id, Op, Record};

/// So many are shown, the oldest first.
const SHOWN: u64 = 20;

/// An answer that is waited for.
pub(crate) struct Waiting {
    pub id: Id,
    pub level: Id,
    /// The request that it is about.
    pub request: Id,
    pub number: String,
    pub subject: String,
    pub asked: Moment,
}

/// The requests on which the visitor is asked.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn waiting(visit: &Visit) -> Result<Vec<Waiting>, DeskError> {
    let module = visit.snapshot.module("approval")?.clone();
    let mine = equals(&module, "approver", vec![visit.ctx.caller.user.into()])
        .and(test(&module, "action_taken_on", Op::Empty, Vec::new()))
        .and(test(&module, "sent_on", Op::Empty, Vec::new()).negate());
    let page = visit.desk().list(&visit.ctx, &Place::top(module), ListAsk::new(mine, SHOWN)).await?;
    let view = visit.desk().view(&page.records, None).await?;
    let mut waiting = Vec::new();
    for approval in &page.records {
        let level = approval.reference("approval_level").and_then(|id| view.record(id));
        let Some((level, request)) = level.and_then(|l| Some((l.id(), l.reference("request")?))) else {
            continue;
        };
        match visit.desk().get(&visit.ctx, &crate::requests::place(visit)?, request).await {
            // On one that is closed for good no answer is taken.
            Ok(record) if desk::is_locked(&visit.ctx, &record, &visit.snapshot) => {}
            Ok(record) => waiting.push(entry(visit, approval, level, &record)),
            Err(DeskError::NotFound | DeskError::MergedInto(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(waiting)
}

fn entry(visit: &Visit, approval: &Record, level: Id, request: &Record) -> Waiting {
    Waiting {
        id: approval.id(),
        level,
        request: request.id(),
        number: request.get("display_id").to_string(),
        subject: request.title().to_owned(),
        asked: visit.times.moment(approval.int("sent_on").unwrap_or(0)),
    }
}
