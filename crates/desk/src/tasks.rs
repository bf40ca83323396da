//! Tasks of a request, of a problem, or of their own (requests.md section 7, problems.md section 7).

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::permissions::permit;
use crate::records::{Outcome, Place, patch_of};
use crate::requests::statuses;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::filter::equals;
use model::{Change, Filter, Id, Record, RefInput, Value};
use store::Query;

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    if draft.is_new() {
        from_template(desk, draft).await?;
        belonging(desk, place, draft).await?;
    }
    effort(draft);
    for (from, to) in
        [("scheduled_start_time", "scheduled_end_time"), ("actual_start_time", "actual_end_time")]
    {
        let (Some(start), Some(end)) = (draft.new.int(from), draft.new.int(to)) else { continue };
        if start > end && (draft.gives(from) || draft.gives(to)) {
            draft.refuse(Refusal::TimesContradict(if draft.gives(to) { to } else { from }.into()));
        }
    }
    if draft.gives("email_before")
        && draft.new.int("scheduled_start_time").is_none()
        && !draft.new.get("email_before").is_null()
    {
        draft.refuse(Refusal::because("email_before", "A reminder needs a scheduled start time"));
    }
    let done = draft.small("status").is_some_and(|s| !s.is("in_progress"));
    if done && draft.new.int("completed_time").is_none() {
        draft.new.set("completed_time", ctx.now);
    } else if !done {
        draft.new.set("completed_time", Value::Null);
    }
    Ok(())
}

/// What the task's template says where the input is silent. Lookups that are gone and people who left are left out.
async fn from_template(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let Some(template) = draft.small("template").cloned() else { return Ok(()) };
    let title = template.text("title").filter(|t| !t.trim().is_empty()).unwrap_or(template.title());
    if !draft.gives("title") {
        draft.new.set("title", title);
    }
    for path in ["priority", "group"] {
        let held = template.reference(path).and_then(|id| draft.snapshot.record(id));
        if let Some(id) = held.filter(|row| !crate::is_gone(row)).map(|row| row.id())
            && !draft.gives(path)
        {
            draft.new.set(path, id);
        }
    }
    if let Some(owner) = template.reference("owner")
        && !draft.gives("owner")
        && desk.person(owner).await?.is_some_and(|person| !person.is("inactive"))
    {
        draft.new.set("owner", owner);
    }
    if !draft.gives("description") {
        draft.new.set("description", template.get("description").clone());
    }
    // The parts of an effort belong together: an input that gives one means all of it.
    let parts = ["days", "hours", "minutes"].map(|unit| format!("estimated_effort_{unit}"));
    if !parts.iter().any(|path| draft.gives(path)) {
        for path in &parts {
            draft.new.set(path, template.get(path).clone());
        }
    }
    Ok(())
}

/// What a task is below, and its number among its like.
async fn belonging(desk: &Desk, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    let Some((field, above)) = &place.parent else {
        draft.new.set("associated_entity", "general");
        draft.new.set("module", "General");
        return Ok(());
    };
    let entity = above.module.key().to_owned();
    let mut module = entity.clone();
    if let Some(first) = module.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    draft.new.set("associated_entity", entity);
    draft.new.set("module", module);
    if !draft.gives("site") && above.module.slot("site").is_some() {
        draft.new.set("site", above.get("site").clone());
    }
    let tasks = &draft.new.module;
    let mine = Query::new(tasks.clone(), equals(tasks, field, vec![above.id().into()]), 1);
    let count = desk.store.count(&mine).await?;
    draft.new.set("index", i64::try_from(count).unwrap_or(i64::MAX - 1) + 1);
    Ok(())
}

/// The effort in milliseconds, of its parts; none when no part is given (requests.md section 7).
fn effort(draft: &mut Draft) {
    let part = |unit: &str, ms: i64| {
        draft.new.int(&format!("estimated_effort_{unit}")).map(|n| n.saturating_mul(ms))
    };
    let parts = [part("days", 86_400_000), part("hours", 3_600_000), part("minutes", 60_000)];
    let known = parts.iter().any(Option::is_some);
    let total = parts.into_iter().flatten().fold(0_i64, i64::saturating_add);
    draft.new.set("estimated_effort", known.then_some(total));
}

/// Fills in what is worked out from the rest and from the time.
pub(crate) fn complete(task: &mut Record, snapshot: &Snapshot, now: i64) {
    let open =
        task.reference("status").and_then(|id| snapshot.record(id)).is_some_and(|s| s.is("in_progress"));
    let late = task.int("scheduled_end_time").is_some_and(|end| end < now);
    task.set("overdue", open && late);
}

impl Desk {
    /// Closes a task.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn close_task(&self, ctx: &Context, place: &Place, id: Id) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        let closed = RefInput { id: Some(statuses::CLOSED), ..RefInput::default() };
        let patch = patch_of(&place.module, vec![("status", Change::Ref(closed))]);
        self.edit_as(ctx, place, id, &patch, "CLOSE").await
    }

    /// Makes the caller the owner of a task.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn pick_up_task(&self, ctx: &Context, place: &Place, id: Id) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        let me = RefInput { id: Some(ctx.caller.user), ..RefInput::default() };
        let patch = patch_of(&place.module, vec![("owner", Change::Ref(me))]);
        self.edit_as(ctx, place, id, &patch, "PICKUP").await
    }

    /// The number of tasks of a request that are still open, and of all of them.
    /// With an owner, only of theirs.
    pub(crate) async fn task_counts(
        &self,
        above: (&'static str, Id),
        owner: Option<Id>,
    ) -> Result<(u64, u64), DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("task")?;
        let mut mine = equals(module, above.0, vec![above.1.into()]);
        if let Some(owner) = owner {
            mine = mine.and(equals(module, "owner", vec![owner.into()]));
        }
        let done: Vec<Value> =
            snapshot.rows("status").iter().filter(|s| !s.is("in_progress")).map(|s| s.id().into()).collect();
        let all = self.store.count(&Query::new(module.clone(), mine.clone(), 1)).await?;
        let finished: Filter = mine.and(equals(module, "status", done));
        let finished = self.store.count(&Query::new(module.clone(), finished, 1)).await?;
        Ok((all - finished.min(all), all))
    }
}
