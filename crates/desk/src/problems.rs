//! Problems: what follows from what when one is written, what can be done with one, and its incidents
//! (problems.md sections 2 and 4).

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Outcome, Place, patch_of};
use crate::requests::{self, by_id, statuses};
use crate::{Desk, DeskError, Refusal, templates};
use model::catalogue::problems::GROUPS;
use model::filter::equals;
use model::{Change, Id, Patch, Record, Value};
use store::{Query, Statement};

/// How many incidents one call may name.
const INCIDENTS_MAX: usize = 100;

pub(crate) async fn prepare(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.is_new() {
        let Some(template) = draft.small("template").cloned() else {
            draft.refuse(Refusal::not_valid("template"));
            return Ok(());
        };
        templates::defaults(desk, ctx, draft, &template, "problem").await?;
    }
    requests::group_of_site(draft);
    requests::priority(draft);
    status(ctx, draft);
    stamps(ctx, draft);
    times(draft);
    if draft.is_new() {
        templates::mandatory(draft);
    }
    Ok(())
}

/// Closing and opening again, and what must be filled before.
fn status(ctx: &Context, draft: &mut Draft) {
    if draft.small("status").is_none() {
        draft.refuse(Refusal::not_valid("status"));
        return;
    }
    let is_done = requests::is_completed(&draft.new, &draft.snapshot);
    let was_done = draft.old.as_ref().is_some_and(|old| requests::is_completed(old, &draft.snapshot));
    if is_done && !was_done {
        let unmet = requests::unmet_rules(draft, &draft.snapshot.settings.problem_closure_mandatory_fields);
        if !unmet.is_empty() {
            // The rest of the input is written; the status stays, as with requests.
            let before = draft.old.as_ref().and_then(|o| o.reference("status")).unwrap_or(statuses::OPEN);
            draft.new.set("status", before);
            draft.unmet = unmet;
            return;
        }
        if draft.new.int("closed_time").is_none() {
            draft.new.set("closed_time", ctx.now);
        }
    } else if !is_done && was_done && !draft.gives("closed_time") {
        draft.new.set("closed_time", Value::Null);
    }
}

/// Who wrote a part of the analysis last, and when: stamped by an input that speaks of the part, also where it repeats
/// what was there (problems.md section 2).
fn stamps(ctx: &Context, draft: &mut Draft) {
    let module = draft.new.module.clone();
    for group in GROUPS {
        let prefix = format!("{group}.");
        let given = draft
            .given
            .iter()
            .any(|slot| module.leaf(*slot).is_some_and(|leaf| leaf.path.starts_with(&prefix)));
        if given {
            draft.new.set(&format!("{group}.{group}_updated_on"), ctx.now);
            draft.new.set(&format!("{group}.{group}_updated_by"), ctx.caller.user);
        }
    }
}

fn times(draft: &mut Draft) {
    for (from, to) in [("reported_time", "closed_time"), ("reported_time", "due_by_time")] {
        let (Some(start), Some(end)) = (draft.new.int(from), draft.new.int(to)) else { continue };
        if start > end && (draft.gives(from) || draft.gives(to)) {
            draft.refuse(Refusal::TimesContradict(if draft.gives(to) { to } else { from }.into()));
        }
    }
}

/// Its incidents let go of a problem that is removed.
pub(crate) fn before_removal(desk: &Desk, problem: &Record) -> Result<Vec<Statement>, DeskError> {
    let snapshot = desk.snapshot();
    let also = [("has_problem", Value::Bool(false))];
    Ok(desk.store.let_go(snapshot.module("request")?, "problem", problem.id(), &also).into_iter().collect())
}

impl Desk {
    /// How many of what hang on a problem, by the names that the summary of a request has for them (problems.md section 1).
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn problem_summary(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
    ) -> Result<Vec<(&'static str, u64)>, DeskError> {
        self.get(ctx, place, id).await?;
        let snapshot = self.snapshot();
        let mut counts = Vec::new();
        for (name, module) in [
            ("note_count", "problem_note"),
            ("worklog_count", "worklog"),
            ("associated_request_count", "request"),
        ] {
            let rows = snapshot.module(module)?;
            // A count of what is hidden would tell that it is there.
            let mine = equals(rows, "problem", vec![id.into()])
                .and(crate::permissions::visible(ctx, rows, &snapshot)?);
            counts.push((name, self.store.count(&Query::new(rows.clone(), mine, 1)).await?));
        }
        let (pending, all) = self.task_counts(("problem", id), None).await?;
        counts.extend([("task_pending_count", pending), ("task_completed_count", all - pending)]);
        let (pending, all) = self.task_counts(("problem", id), Some(ctx.caller.user)).await?;
        counts.extend([("my_task_pending_count", pending), ("my_task_completed_count", all - pending)]);
        let (pending, all) = self.approval_counts(("problem", id)).await?;
        counts.extend([("approval_pending_count", pending), ("approval_completed_count", all - pending)]);
        counts.push(("attachment_count", self.attachments(ctx, place, id).await?.len() as u64));
        counts.sort_unstable();
        Ok(counts)
    }

    pub(crate) fn problems(&self) -> Result<Place, DeskError> {
        Ok(Place::top(self.snapshot().module("problem")?.clone()))
    }

    /// Closes a problem: to the status that the input gives, or else to Closed.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn close_problem(&self, ctx: &Context, id: Id, mut patch: Patch) -> Result<Outcome, DeskError> {
        let place = self.problems()?;
        permit(ctx, &place, Verb::Update)?;
        if let Some(slot) = place.module.slot("status")
            && patch.get(slot).is_none()
        {
            patch.set(slot, by_id(statuses::CLOSED));
        }
        self.edit_as(ctx, &place, id, &patch, "CLOSE").await
    }

    /// Opens a closed problem again.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn reopen_problem(
        &self,
        ctx: &Context,
        id: Id,
        mut patch: Patch,
    ) -> Result<Outcome, DeskError> {
        let place = self.problems()?;
        permit(ctx, &place, Verb::Update)?;
        if let Some(slot) = place.module.slot("status") {
            patch.set(slot, by_id(statuses::OPEN));
        }
        self.edit_as(ctx, &place, id, &patch, "REOPEN").await
    }

    /// Makes the caller the technician.
    ///
    /// # Errors
    /// As for an edit; [`DeskError::NotPermitted`] for someone who is no technician.
    pub async fn pick_up_problem(&self, ctx: &Context, id: Id) -> Result<Outcome, DeskError> {
        let place = self.problems()?;
        permit(ctx, &place, Verb::Update)?;
        let patch = patch_of(&place.module, vec![("technician", by_id(ctx.caller.user))]);
        self.edit_as(ctx, &place, id, &patch, "PICKUP").await
    }

    /// Sets the group or the technician or both.
    ///
    /// # Errors
    /// As for an edit; refused when the input gives neither, or anything else.
    pub async fn assign_problem(&self, ctx: &Context, id: Id, patch: &Patch) -> Result<Outcome, DeskError> {
        let place = self.problems()?;
        permit(ctx, &place, Verb::Update)?;
        requests::only_assigns(&place.module, patch, &["group", "technician", "site"])?;
        self.edit_as(ctx, &place, id, patch, "ASSIGN").await
    }

    /// The problem that a request is an incident of, as far as the caller sees it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the request.
    pub async fn problem_of(&self, ctx: &Context, request: Id) -> Result<Option<Record>, DeskError> {
        let incident = self.get(ctx, &self.requests()?, request).await?;
        let problems = self.problems()?;
        permit(ctx, &problems, Verb::Read)?;
        match incident.reference("problem") {
            Some(id) => self.get_visible(ctx, &problems.module, id).await,
            None => Ok(None),
        }
    }

    /// Makes requests incidents of a problem, or of none. A request has one problem at most; a new one takes the place
    /// of the one before.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for a problem or a request that the caller does not see, before anything is written.
    pub async fn set_incidents(
        &self,
        ctx: &Context,
        problem: Option<Id>,
        incidents: &[Id],
    ) -> Result<(), DeskError> {
        let requests = self.requests()?;
        permit(ctx, &requests, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        if incidents.is_empty() {
            return Err(Refusal::Mandatory("request".into()).into());
        }
        if incidents.len() > INCIDENTS_MAX {
            return Err(Refusal::because("request", format!("At most {INCIDENTS_MAX} in one call")).into());
        }
        if let Some(id) = problem {
            let problems = self.problems()?;
            permit(ctx, &problems, Verb::Read)?;
            if self.get_visible(ctx, &problems.module, id).await?.is_none() {
                return Err(Refusal::not_valid("problem").into());
            }
        }
        for id in incidents {
            self.get(ctx, &requests, *id).await.map_err(|error| match error {
                DeskError::NotFound => Refusal::not_valid("request").into(),
                other => other,
            })?;
        }
        let value = problem.map_or(Change::Clear, |id| Change::Value(id.into()));
        for id in incidents {
            let patch = patch_of(&requests.module, vec![("problem", value.clone())]);
            self.edit_as(ctx, &requests, *id, &patch, "PROBLEM").await?;
        }
        Ok(())
    }

    /// Takes requests away from a problem.
    ///
    /// # Errors
    /// Refused when one of them is no incident of the problem.
    pub async fn release_incidents(
        &self,
        ctx: &Context,
        problem: Id,
        incidents: &[Id],
    ) -> Result<(), DeskError> {
        let requests = self.requests()?;
        for id in incidents {
            let request = self.get(ctx, &requests, *id).await?;
            if request.reference("problem") != Some(problem) {
                return Err(Refusal::because("request", "Not an incident of this problem").into());
            }
        }
        self.set_incidents(ctx, None, incidents).await
    }
}
