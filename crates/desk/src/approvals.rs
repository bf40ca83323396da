//! Approval levels and approvals of requests and problems (requests.md section 10, problems.md section 9).
//!
//! Levels run in order. The first one's approvers are asked when it has some; the next one's when the one before
//! is approved. A rejection ends the process.

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::nouns::parent;
use crate::permissions::permit;
use crate::records::{Outcome, Place, Written};
use crate::{Desk, DeskError, Refusal};
use model::filter::equals;
use model::{Change, Id, Record, Value};
use std::sync::Arc;
use store::engine::Expect;
use store::{Query, Statement};

/// The shipped approval statuses.
pub mod statuses {
    use model::Id;
    /// Nobody was asked yet.
    pub const TO_BE_SENT: Id = Id::shipped(1_000_201);
    /// Asked, no answer yet.
    pub const PENDING: Id = Id::shipped(1_000_203);
    /// Yes.
    pub const APPROVED: Id = Id::shipped(1_000_205);
    /// No.
    pub const REJECTED: Id = Id::shipped(1_000_207);
}

/// How the approvals of a level decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Anyone,
    Everyone,
    FirstResponse,
    Percentage(u64),
}

const LEVELS_MAX: u64 = 5;
/// Characters of an approval's comments on a request; on a problem the field's own limit holds.
const REQUEST_COMMENTS_MAX: usize = 250;
const APPROVALS_MAX: u64 = 200;

pub(crate) async fn prepare_level(desk: &Desk, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    let above = parent(place)?.clone();
    if !draft.is_new() {
        return Ok(());
    }
    draft.new.set("associated_entity", above.module.key());
    let levels = levels_of(desk, &draft.new.module, Above::of(&draft.new)).await?;
    if draft.new.int("level").is_none() {
        let next = levels.iter().filter_map(|l| l.int("level")).max().unwrap_or(0) + 1;
        if next > i64::try_from(LEVELS_MAX).unwrap_or(5) {
            let words = format!("A {} has at most five levels", above.module.key());
            draft.refuse(Refusal::because("level", words));
        }
        draft.new.set("level", next);
    }
    if rule_of(&draft.new).is_none() {
        draft.refuse(Refusal::not_valid("rule"));
    }
    draft.new.set("status", statuses::TO_BE_SENT);
    Ok(())
}

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let level = parent(place)?.clone();
    if let Some(refusal) = too_much_said(&level, draft.new.text("comments")) {
        draft.refuse(refusal);
    }
    if !draft.is_new() {
        // They are what the approver said, and are shown as such.
        let is_own = draft.new.reference("approver") == Some(ctx.caller.user);
        if draft.changes("comments") && !is_own && !ctx.is_administrator() {
            draft.refuse(Refusal::CannotGive("comments".into()));
        }
        return Ok(());
    }
    if matches!(level.reference("status"), Some(statuses::APPROVED | statuses::REJECTED)) {
        draft.refuse(Refusal::because("approval_level", "The level is decided already"));
    }
    let above = Above::of(&level);
    // Asked at once when no level before this one is still open.
    let earlier_is_open = levels_of(desk, &level.module, above).await?.iter().any(|other| {
        other.int("level") < level.int("level") && other.reference("status") != Some(statuses::APPROVED)
    });
    if earlier_is_open {
        draft.new.set("status", statuses::TO_BE_SENT);
        return Ok(());
    }
    draft.new.set("status", statuses::PENDING);
    draft.new.set("sent_on", ctx.now);
    let stamps = [("status", Value::from(statuses::PENDING))];
    draft.statements.push(desk.store.stamp(&level.module, level.id(), &stamps, Expect::Exactly(1)));
    draft.statements.extend(above_status(desk, above, statuses::PENDING)?);
    Ok(())
}

/// The record that levels belong to: the level's field that refers to it, which is called as its module is, and its id.
#[derive(Clone, Copy, Debug)]
struct Above(Option<(&'static str, Id)>);

impl Above {
    fn of(level: &Record) -> Self {
        Self(level.module.above(level))
    }
}

fn above_status(desk: &Desk, above: Above, status: Id) -> Result<Option<Statement>, DeskError> {
    let Above(Some((module, id))) = above else { return Ok(None) };
    let snapshot = desk.snapshot();
    let stamps = [("approval_status", Value::from(status))];
    Ok(Some(desk.store.stamp(snapshot.module(module)?, id, &stamps, Expect::Exactly(1))))
}

async fn levels_of(desk: &Desk, module: &Arc<model::Module>, above: Above) -> Result<Vec<Record>, DeskError> {
    let Above(Some((field, id))) = above else { return Ok(Vec::new()) };
    let query = Query::new(module.clone(), equals(module, field, vec![id.into()]), LEVELS_MAX * 2);
    let mut levels = desk.store.list(&query).await?;
    levels.sort_by_key(|l| l.int("level"));
    Ok(levels)
}

/// The rule of a level; everyone must approve where none is given.
fn rule_of(level: &Record) -> Option<Rule> {
    let Some(text) = level.text("rule") else { return Some(Rule::Everyone) };
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    let name =
        json.as_str().or_else(|| json.get("name")?.as_str()).unwrap_or("everyone").to_ascii_lowercase();
    let name: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    Some(match name.as_str() {
        n if n.contains("anyone") => Rule::Anyone,
        n if n.contains("every") || n.contains("all") => Rule::Everyone,
        n if n.contains("first") => Rule::FirstResponse,
        n if n.contains("percent") || n.contains("majority") => {
            let given = json.get("percentage").or_else(|| json.get("value"));
            let number = given.and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok())).unwrap_or(50);
            Rule::Percentage(number.clamp(1, 100))
        }
        _ => return None,
    })
}

/// What the answers so far decide.
fn verdict(rule: Rule, approved: u64, rejected: u64, all: u64) -> Option<bool> {
    let open = all.saturating_sub(approved + rejected);
    match rule {
        Rule::Anyone if approved > 0 => Some(true),
        Rule::Anyone => (open == 0 && all > 0).then_some(false),
        Rule::Everyone if rejected > 0 => Some(false),
        Rule::Everyone => (open == 0 && all > 0).then_some(true),
        Rule::FirstResponse => match (approved, rejected) {
            (0, 0) => None,
            (a, _) => Some(a > 0),
        },
        Rule::Percentage(wanted) => {
            if all == 0 {
                None
            } else if approved * 100 >= wanted * all {
                Some(true)
            } else {
                ((approved + open) * 100 < wanted * all).then_some(false)
            }
        }
    }
}

/// What is left of a record's approvals when a level or one approval is taken away, and what follows from it.
pub(crate) async fn after_removal(
    desk: &Desk,
    ctx: &Context,
    level: &Record,
    gone: Id,
) -> Result<Vec<Statement>, DeskError> {
    let above = Above::of(level);
    let mut levels = desk.levels_with_approvals(&level.module, above).await?;
    levels.retain(|(level, _)| level.id() != gone);
    for (_, approvals) in &mut levels {
        approvals.retain(|approval| approval.id() != gone);
    }
    settle(desk, ctx, above, &levels).await
}

/// Makes levels and the record above them say what their approvals do: decides levels, asks on the next one.
async fn settle(
    desk: &Desk,
    ctx: &Context,
    above: Above,
    levels: &[(Record, Vec<Record>)],
) -> Result<Vec<Statement>, DeskError> {
    let Above(Some((module, id))) = above else { return Ok(Vec::new()) };
    let snapshot = desk.snapshot();
    let mut statements = Vec::new();
    let mut outcomes = Vec::new();
    let mut earlier_is_open = false;
    for (level, approvals) in levels {
        let before = level.reference("status");
        let outcome = outcome_of(level, approvals, earlier_is_open);
        // Also where it stays so: whoever answers at the same moment does not know of this answer, and is to ask again.
        let mut new = level.clone();
        new.set("status", outcome);
        statements.extend(desk.store.update(level, &new, &snapshot.catalogue));
        if outcome == statuses::PENDING && before != Some(outcome) {
            let ask = [("status", Value::from(statuses::PENDING)), ("sent_on", Value::Int(ctx.now))];
            let waiting = approvals.iter().filter(|a| a.reference("status") == Some(statuses::TO_BE_SENT));
            statements.extend(waiting.map(|a| desk.store.stamp(&a.module, a.id(), &ask, Expect::Any)));
        }
        earlier_is_open |= outcome != statuses::APPROVED;
        outcomes.push(outcome);
    }
    let module = snapshot.module(module)?;
    let nobody_is_asked = levels.iter().all(|(_, approvals)| approvals.is_empty());
    let after = if nobody_is_asked { None } else { Some(overall(&outcomes)) };
    let before = desk.store.get(module, id).await?.and_then(|r| r.reference("approval_status"));
    if before != after {
        let stamps = [("approval_status", after.map_or(Value::Null, Value::from))];
        statements.push(desk.store.stamp(module, id, &stamps, Expect::Any));
    }
    Ok(statements)
}

/// Where a level stands. One that was decided stays so while anybody's answer is left.
fn outcome_of(level: &Record, approvals: &[Record], earlier_is_open: bool) -> Id {
    if approvals.is_empty() {
        return statuses::TO_BE_SENT;
    }
    if let Some(decided @ (statuses::APPROVED | statuses::REJECTED)) = level.reference("status") {
        return decided;
    }
    let number =
        |wanted: Id| approvals.iter().filter(|a| a.reference("status") == Some(wanted)).count() as u64;
    let (approved, rejected) = (number(statuses::APPROVED), number(statuses::REJECTED));
    match verdict(rule_of(level).unwrap_or(Rule::Everyone), approved, rejected, approvals.len() as u64) {
        Some(true) => statuses::APPROVED,
        Some(false) => statuses::REJECTED,
        None if earlier_is_open => statuses::TO_BE_SENT,
        None => statuses::PENDING,
    }
}

/// Where the record above stands, by its levels.
fn overall(levels: &[Id]) -> Id {
    let any = |wanted: Id| levels.contains(&wanted);
    if any(statuses::REJECTED) {
        statuses::REJECTED
    } else if levels.iter().all(|l| *l == statuses::APPROVED) {
        statuses::APPROVED
    } else if any(statuses::PENDING) || any(statuses::APPROVED) {
        statuses::PENDING
    } else {
        statuses::TO_BE_SENT
    }
}

/// What speaks against the comments of an approval on a level.
fn too_much_said(level: &Record, comments: Option<&str>) -> Option<Refusal> {
    let on_request = level.reference("request").is_some();
    let long = comments.is_some_and(|text| text.chars().count() > REQUEST_COMMENTS_MAX);
    let words = || format!("comments may have {REQUEST_COMMENTS_MAX} characters");
    (on_request && long).then(|| Refusal::because("comments", words()))
}

impl Desk {
    /// Approves or rejects: the approver's own decision, or an administrator's in their place.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] for anybody else; refused when nobody was asked yet or it is decided already.
    pub async fn decide(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        approve: bool,
        comments: Option<String>,
    ) -> Result<Outcome, DeskError> {
        permit(ctx, place, Verb::Update)?;
        // Decisions of one level take turns: each has to know of those before it.
        let mut turn = self.turns.of(parent(place)?.id());
        loop {
            let tried = self.try_to_decide(ctx, place, id, approve, comments.as_deref()).await;
            if let Some(outcome) = turn.after(tried).await? {
                return Ok(outcome);
            }
        }
    }

    async fn try_to_decide(
        &self,
        ctx: &Context,
        place: &Place,
        id: Id,
        approve: bool,
        comments: Option<&str>,
    ) -> Result<Outcome, Written> {
        let approval = self.get_in(ctx, place, id).await?;
        if approval.reference("approver") != Some(ctx.caller.user) && !ctx.is_administrator() {
            return Err(DeskError::NotPermitted.into());
        }
        crate::requests::may_change_below(self, ctx, place, &approval).await?;
        if approval.reference("status") != Some(statuses::PENDING) {
            return Err(DeskError::from(Refusal::because("status", "Not waiting for an answer")).into());
        }
        let level = parent(place)?.clone();
        if let Some(refusal) = too_much_said(&level, comments) {
            return Err(DeskError::from(refusal).into());
        }
        let status = if approve { statuses::APPROVED } else { statuses::REJECTED };
        let mut new = approval.clone();
        new.set("status", status);
        new.set("action_taken_on", ctx.now);
        if comments.is_some() {
            new.set("comments", comments);
        }
        let statements = self.after_decision(ctx, &level, &approval, approve).await?;
        let operation = if approve { "APPROVE" } else { "REJECT" };
        let mut draft = crate::draft::Draft::editing(self.snapshot(), approval, new, operation);
        draft.statements = statements;
        self.write(ctx, place, draft).await
    }

    /// What a decision means for the level, for the request, and for the next level.
    async fn after_decision(
        &self,
        ctx: &Context,
        level: &Record,
        decided: &Record,
        approve: bool,
    ) -> Result<Vec<Statement>, DeskError> {
        let above = Above::of(level);
        let mut levels = self.levels_with_approvals(&level.module, above).await?;
        for approval in levels.iter_mut().flat_map(|(_, approvals)| approvals) {
            if approval.id() == decided.id() {
                approval.set("status", if approve { statuses::APPROVED } else { statuses::REJECTED });
            }
        }
        settle(self, ctx, above, &levels).await
    }

    /// The levels above their approvals in their order, each with its approvals.
    async fn levels_with_approvals(
        &self,
        module: &Arc<model::Module>,
        above: Above,
    ) -> Result<Vec<(Record, Vec<Record>)>, DeskError> {
        let mut levels = Vec::new();
        for level in levels_of(self, module, above).await? {
            let approvals = self.approvals_of(level.id()).await?;
            levels.push((level, approvals));
        }
        Ok(levels)
    }

    async fn approvals_of(&self, level: Id) -> Result<Vec<Record>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("approval")?;
        let query =
            Query::new(module.clone(), equals(module, "approval_level", vec![level.into()]), APPROVALS_MAX);
        Ok(self.store.list(&query).await?)
    }

    /// The number of approvals of a request that are not decided, and of all of them.
    pub(crate) async fn approval_counts(&self, above: (&'static str, Id)) -> Result<(u64, u64), DeskError> {
        let (mut pending, mut all) = (0, 0);
        let snapshot = self.snapshot();
        let above = Above(Some(above));
        for (_, approvals) in self.levels_with_approvals(snapshot.module("approval_level")?, above).await? {
            for approval in approvals {
                all += 1;
                let status = approval.reference("status");
                pending += u64::from(!matches!(status, Some(statuses::APPROVED | statuses::REJECTED)));
            }
        }
        Ok((pending, all))
    }

    /// Asks an approver now.
    ///
    /// # Errors
    /// As for an edit; refused when it is decided already.
    pub async fn send_approval(&self, ctx: &Context, place: &Place, id: Id) -> Result<(), DeskError> {
        permit(ctx, place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let mut turn = self.turns.of(id);
        loop {
            let approval = self.get_in(ctx, place, id).await?;
            crate::requests::may_change_below(self, ctx, place, &approval).await?;
            match approval.reference("status") {
                Some(statuses::TO_BE_SENT) => {}
                Some(statuses::PENDING) => return Ok(()),
                _ => return Err(Refusal::because("status", "Decided already").into()),
            }
            let mut new = approval.clone();
            new.set("status", statuses::PENDING);
            new.set("sent_on", ctx.now);
            let tried = self.replace(ctx, place, &approval, new, "SEND").await;
            if let Some(()) = turn.after(tried).await? {
                return Ok(());
            }
        }
    }

    /// The comments that an approval's input gives.
    #[must_use]
    pub fn approval_comments(place: &Place, patch: &model::Patch) -> Option<String> {
        let slot = place.module.slot("comments")?;
        match patch.get(slot) {
            Some(Change::Value(Value::Text(text))) => Some(text.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_decide() {
        let check = |rule, approved, rejected, all, expected: Option<bool>| {
            assert_eq!(
                verdict(rule, approved, rejected, all),
                expected,
                "{rule:?} {approved}+{rejected} of {all}"
            );
        };
        check(Rule::Anyone, 0, 0, 2, None);
        check(Rule::Anyone, 1, 0, 2, Some(true));
        check(Rule::Anyone, 0, 1, 2, None);
        check(Rule::Anyone, 0, 2, 2, Some(false));
        check(Rule::Everyone, 1, 0, 2, None);
        check(Rule::Everyone, 2, 0, 2, Some(true));
        check(Rule::Everyone, 1, 1, 3, Some(false));
        check(Rule::FirstResponse, 0, 1, 3, Some(false));
        check(Rule::FirstResponse, 1, 0, 3, Some(true));
        check(Rule::Percentage(50), 1, 0, 2, Some(true));
        check(Rule::Percentage(51), 1, 0, 2, None);
        check(Rule::Percentage(51), 1, 1, 2, Some(false));
    }
}
