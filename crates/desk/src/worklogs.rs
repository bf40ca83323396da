//! Time spent on a request, a problem or a task of theirs (requests.md section 8, problems.md section 8).

use crate::context::Context;
use crate::draft::Draft;
use crate::records::Place;
use crate::{Desk, DeskError, Refusal};
use model::{Record, Value};
use std::sync::Arc;
use store::engine::Expect;

/// No single entry is longer than a year.
const SPENT_MAX: i64 = 366 * 86_400_000;

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let request = request_above(desk, ctx, place).await?;
    if draft.is_new() {
        if let Some(request) = &request {
            draft.new.set("request", request.id());
        }
        if let Some((_, above)) = &place.parent
            && above.module.name == "task"
        {
            draft.new.set("problem", above.get("problem").clone());
        }
    }
    spent(draft);
    charge(desk, draft).await?;
    let Some(request) = request else { return Ok(()) };
    let marks = draft.new.is("mark_first_response") && draft.changes("mark_first_response");
    if marks && request.int("responded_time").is_none() {
        let stamps = crate::requests::first_response(&request, ctx.now);
        draft.statements.push(desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1)));
    }
    if draft.is_new() && draft.new.is("add_time_for_linked_requests") {
        for linked in desk.linked_open(ctx, request.id()).await? {
            let mut copy = draft.new.clone();
            copy.set("id", desk.new_id(ctx));
            copy.set("request", linked);
            copy.set("task", Value::Null);
            draft.statements.extend(desk.store.insert(&copy));
        }
    }
    Ok(())
}

/// The request that the entry counts for: the one above, or the one of the task above.
async fn request_above(desk: &Desk, ctx: &Context, place: &Place) -> Result<Option<Arc<Record>>, DeskError> {
    let Some((_, above)) = &place.parent else { return Ok(None) };
    if above.module.name == "request" {
        return Ok(Some(above.clone()));
    }
    let snapshot = desk.snapshot();
    match above.module.slot("request").and_then(|_| above.reference("request")) {
        Some(id) => Ok(desk.get_visible(ctx, snapshot.module("request")?, id).await?.map(Arc::new)),
        None => Ok(None),
    }
}

fn spent(draft: &mut Draft) {
    let (start, end) = (draft.new.int("start_time"), draft.new.int("end_time"));
    if let (Some(start), Some(end)) = (start, end) {
        if start > end {
            draft.refuse(Refusal::TimesContradict("end_time".into()));
        }
        if !draft.gives("time_spent")
            && (draft.is_new() || draft.changes("start_time") || draft.changes("end_time"))
        {
            draft.new.set("time_spent", (end - start).max(0));
        }
    } else if let (Some(start), None, Some(spent)) = (start, end, draft.new.int("time_spent")) {
        draft.new.set("end_time", start.saturating_add(spent));
    }
    if draft.new.int("time_spent").is_none() {
        draft.new.set("time_spent", 0_i64);
    }
    if draft.new.int("time_spent").is_some_and(|ms| !(0..=SPENT_MAX).contains(&ms)) {
        draft.refuse(Refusal::not_valid("time_spent"));
    }
}

/// The technician's charge follows from their cost per hour; an amount that is given stands. The total is worked out
/// whatever the input says of it.
async fn charge(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let number =
        |record: &Record, path: &str| record.text(path).and_then(|t| t.parse::<f64>().ok()).unwrap_or(0.0);
    if !draft.gives("tech_charge") && (draft.changes("time_spent") || draft.changes("owner")) {
        let owner = match draft.new.reference("owner") {
            Some(id) => desk.person(id).await?,
            None => None,
        };
        let rate = owner.as_deref().map_or(0.0, |person| number(person, "cost_per_hour"));
        #[expect(clippy::cast_precision_loss, reason = "a time span below a year fits a double exactly")]
        let hours = draft.new.int("time_spent").unwrap_or(0) as f64 / 3_600_000.0;
        draft.new.set("tech_charge", amount(rate * hours));
    }
    for path in ["tech_charge", "other_charge"] {
        let amount = draft.new.text(path).map(with_cents);
        draft.new.set(path, amount);
    }
    let total = number(&draft.new, "tech_charge") + number(&draft.new, "other_charge");
    draft.new.set("total_charge", amount(total));
    Ok(())
}

/// Money, with cents.
fn amount(value: f64) -> String {
    format!("{value:.2}")
}

/// An amount as it was given, with cents. Only what has more digits than those is rounded.
fn with_cents(given: &str) -> String {
    let (whole, fraction) = given.split_once('.').unwrap_or((given, ""));
    match fraction.len() {
        0..=2 => format!("{whole}.{fraction:0<2}"),
        _ => given.parse().map_or_else(|_| given.to_owned(), amount),
    }
}

#[cfg(test)]
mod tests {
    use super::with_cents;

    #[test]
    fn amounts_have_cents() {
        for (given, expected) in [
            ("12", "12.00"),
            ("12.5", "12.50"),
            ("-0.5", "-0.50"),
            ("0.126", "0.13"),
            ("90071992547409931.99", "90071992547409931.99"),
        ] {
            assert_eq!(with_cents(given), expected, "{given}");
        }
    }
}
