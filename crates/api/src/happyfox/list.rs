//! Reading requesters and their fields: ours, in the manner of the sibling product (happyfox.md sections 2.3 and 3).

use super::Call;
use super::answer::{self, Told, detail, with, wrong};
use desk::requesters::fields::{self, RequesterField};
use desk::requesters::phones::digits;
use desk::{ListAsk, Place};
use http::StatusCode;
use model::filter::{equals, test};
use model::{Filter, Op, SortKey};
use serde_json::{Value as Json, json};

const SIZE_DEFAULT: u64 = 50;
const SIZE_MAX: u64 = 300;
/// More than a person has fields.
const PAIRS_MAX: usize = 200;

/// `GET …/requesters/{id}/`.
pub(super) async fn one(call: &Call<'_>, id: &str) -> Result<Told, Told> {
    let missing = || detail(StatusCode::NOT_FOUND, "Not found.");
    let id: i64 = id.parse().map_err(|_| missing())?;
    let found = call.api.desk.requester_by_number(&call.ctx, id).await;
    let person = found.map_err(|e| answer::failed(&e, call.ctx.trace))?.ok_or_else(missing)?;
    Ok(with(StatusCode::OK, &answer::person(&person, &fields::fields(&call.api.desk.snapshot()))))
}

/// `GET …/requesters/`: `page`, `size`, and whom: `email`, `name`, `phone`, `updated_since`, `custom_field_{id}`.
pub(super) async fn all(call: &Call<'_>) -> Result<Told, Told> {
    let desk = &call.api.desk;
    let snapshot = desk.snapshot();
    let failed = |error| answer::failed(&error, call.ctx.trace);
    let module = snapshot.module("user").map_err(failed)?.clone();
    let known = fields::fields(&snapshot);
    let (mut page, mut size) = (1_u64, SIZE_DEFAULT);
    // Whoever has no number yet was never seen here.
    let mut filter = test(&module, "requester_number", Op::Empty, Vec::new()).negate();
    let pairs = wire::payload::few_pairs(&call.query, PAIRS_MAX).ok_or_else(|| {
        detail(StatusCode::BAD_REQUEST, &format!("The query may have {PAIRS_MAX} parameters at most."))
    })?;
    for (key, value) in pairs {
        let value = value.trim();
        let number = || value.parse::<u64>().ok().filter(|n| *n > 0);
        let part = match key.as_str() {
            "page" => {
                page = number().ok_or_else(|| wrong("page", "A positive integer is required."))?;
                continue;
            }
            "size" => {
                let words = format!("An integer from 1 to {SIZE_MAX} is required.");
                size = number().filter(|n| *n <= SIZE_MAX).ok_or_else(|| wrong("size", &words))?;
                continue;
            }
            "email" => equals(&module, "email_id", vec![model::fold(value).into()]),
            "name" => test(&module, "name", Op::Contains, vec![model::fold(value).into()]),
            "phone" => equals(&module, "primary_phone", vec![digits(value).into()]),
            "updated_since" => {
                let since: jiff::Timestamp = value
                    .parse()
                    .map_err(|_| wrong("updated_since", "Not a valid time, such as 2024-01-10T13:05:05Z."))?;
                let since = vec![since.as_millisecond().into()];
                let created = test(&module, "created_time", Op::GreaterOrEqual, since.clone());
                Filter::Any(vec![created, test(&module, "last_updated_time", Op::GreaterOrEqual, since)])
            }
            other => match other.strip_prefix("custom_field_").map(|id| field_named(&known, id)) {
                Some(Some(field)) => {
                    let wanted = field.sought(value).map_err(|words| wrong(other, &words))?;
                    equals(&module, &field.path, vec![wanted])
                }
                Some(None) => return Err(wrong(other, "There is no such field.")),
                None => return Err(wrong(other, "There is no such parameter.")),
            },
        };
        filter = filter.and(part);
    }
    let mut ask = ListAsk::new(filter, size);
    ask.offset = page.saturating_sub(1).saturating_mul(size);
    ask.count = true;
    ask.with_deleted = true;
    ask.sort = model::Path::of(&module, "requester_number")
        .map(|path| SortKey { path, descending: false })
        .into_iter()
        .collect();
    let offset = ask.offset;
    let found = desk.list(&call.ctx, &Place::top(module), ask).await.map_err(failed)?;
    let rows: Vec<Json> = found.records.iter().map(|person| answer::person(person, &known)).collect();
    let count = found.total.unwrap_or_default();
    let info = json!({
        "count": count,
        "page_count": count.div_ceil(size),
        "start_index": if rows.is_empty() { 0 } else { offset + 1 },
        "end_index": offset + rows.len() as u64,
        "last_index": count,
    });
    Ok(with(StatusCode::OK, &json!({"page_info": info, "data": rows})))
}

fn field_named<'f>(known: &'f [RequesterField], id: &str) -> Option<&'f RequesterField> {
    let id = id.parse::<i64>().ok()?;
    known.iter().find(|field| field.id == id)
}
