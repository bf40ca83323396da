//! The conversation on a request: notes, mails and approvers' comments in one list, newest first (requests.md
//! section 11). The rows are of three modules, so that what the list is asked for is looked at here, in memory.

use crate::v3::answer::{self, Answer, with_message};
use crate::v3::call::Call;
use crate::v3::{list as lists, write};
use desk::{Place, Said, Speaker};
use model::Id;
use serde_json::{Map, Value as Json, json};
use wire::criteria::{Condition, Criteria, Test, date_variable};
use wire::failure::Failure;
use wire::list_info::ListInfo;

/// GET of `conversations`.
pub(crate) async fn list(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let mut info = ListInfo::read(call.payload.input.as_ref(), &call.payload.params).whole()?;
    info.sort_by_default("created_time");
    let wanted = wanted(call, &info)?;
    let (with_notes, with_notices) = (flag(call, "notes")?, flag(call, "system_notifications")?);
    let oldest_first = oldest_first(&info)?;
    let words = info.search_text.as_deref().map(desk::words).unwrap_or_default();
    let request = call.desk().get(&call.ctx, place, id).await.map_err(failed)?;
    let mut said = call.desk().conversation(&call.ctx, &request).await.map_err(failed)?;
    said.retain(|item| {
        (with_notes || item.kind != "NOTES")
            && (with_notices || (item.speaker != Speaker::System && item.kind != "System_Notification"))
            && wanted.takes(item)
            && desk::has_words(item.texts(), &words)
    });
    if oldest_first {
        said.reverse();
    }
    let total = said.len();
    let from = usize::try_from(info.start).unwrap_or(usize::MAX).min(total);
    let mut rows = Vec::new();
    for item in said.into_iter().skip(from).take(info.row_count as usize) {
        rows.push(row(call, id, item, info.fields_required.as_deref()).await?);
    }
    let more = total > from + rows.len();
    let count = info.get_total_count.then_some(total as u64);
    let keys = ["conversations"];
    Ok(Answer::Json(lists::envelope(call, &keys, &rows, &info, more, count)))
}

/// A truth beside the `list_info`; true where it is not given.
fn flag(call: &Call<'_>, name: &str) -> Result<bool, Failure> {
    let bare = || call.param(name).map(|text| Json::String(text.to_owned()));
    match call.input().get(name).cloned().or_else(bare) {
        None | Some(Json::Null) => Ok(true),
        Some(given) => wire::scalar::truth(&given).ok_or_else(|| Failure::type_mismatch(name)),
    }
}

/// Whether the oldest comes first. Time is all that three sorts of rows can be sorted by.
fn oldest_first(info: &ListInfo) -> Result<bool, Failure> {
    for key in &info.sort {
        if !is_time(&key.field) {
            return Err(with_message(
                Failure::not_valid("sort_field"),
                format!("Cannot sort by {}", key.field),
            ));
        }
    }
    Ok(info.sort.first().is_some_and(|key| !key.descending))
}

fn is_time(field: &str) -> bool {
    matches!(field, "created_time" | "created_time.value" | "time" | "time.value")
}

async fn row(call: &Call<'_>, request: Id, item: Said, fields: Option<&[String]>) -> Result<String, Failure> {
    let content_url = content_url(call, request, &item);
    let text = write::whole(call, item.record).await?;
    let mut row: Map<String, Json> = serde_json::from_str(&text).map_err(Failure::not_json)?;
    for (key, others) in [
        ("created_time", ["time", "action_taken_on"]),
        ("created_by", ["sender", "approver"]),
        ("description", ["comments", "comments"]),
    ] {
        if !row.contains_key(key) {
            let value = others.iter().find_map(|other| row.get(*other)).cloned().unwrap_or(Json::Null);
            row.insert(key.into(), value);
        }
    }
    if let Some(Json::Object(by)) = row.get_mut("created_by") {
        by.insert("user_type".into(), json!((item.speaker as u8).to_string()));
    }
    row.insert("type".into(), json!(item.kind));
    row.insert("content_url".into(), json!(content_url));
    if let Some(fields) = fields {
        let named = |key: &str| fields.iter().any(|f| f.split('.').next() == Some(key));
        row.retain(|key, _| key == "id" || named(key));
    }
    Ok(Json::Object(row).to_string())
}

fn content_url(call: &Call<'_>, request: Id, item: &Said) -> String {
    let id = item.record.id();
    let below = match item.kind {
        "NOTES" => format!("notes/{id}"),
        "ApprovalComments" => {
            let level = item.record.reference("approval_level").unwrap_or(Id::new(0));
            format!("approval_levels/{level}/approvals/{id}")
        }
        _ => format!("notifications/{id}"),
    };
    format!("{}/requests/{request}/{below}", call.base)
}

/// Which rows are wanted, checked before any is looked at.
enum Wanted {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The row's type is one of these, folded.
    Kind(Vec<String>),
    /// One of these persons said it.
    By(Vec<Id>),
    /// Somebody of one of these sorts said it.
    Speaker(Vec<i64>),
    /// It was said from the first to before the second.
    Time(i64, i64),
}

impl Wanted {
    fn takes(&self, item: &Said) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.takes(item)),
            Self::Any(parts) => parts.iter().any(|part| part.takes(item)),
            Self::Not(inner) => !inner.takes(item),
            Self::Kind(kinds) => kinds.contains(&model::fold(item.kind)),
            Self::By(people) => item.by.is_some_and(|by| people.contains(&by)),
            Self::Speaker(sorts) => sorts.contains(&i64::from(item.speaker as u8)),
            Self::Time(from, to) => (*from..*to).contains(&item.time),
        }
    }
}

/// Everything in a `list_info` that says which rows are meant.
fn wanted(call: &Call<'_>, info: &ListInfo) -> Result<Wanted, Failure> {
    let mut all = Vec::new();
    if let Some(criteria) = &info.criteria {
        all.push(tree(call, criteria)?);
    }
    for (field, value) in info.search_fields.iter().flatten() {
        let operands = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.push(test(call, &Test { field: field.clone(), condition: Condition::Is, operands })?);
    }
    let view = info.filter_by.as_ref().and_then(|view| view.name.as_deref());
    if view.is_some_and(|name| !name.to_ascii_lowercase().starts_with("all")) {
        return Err(Failure::not_valid("filter_by"));
    }
    Ok(Wanted::All(all))
}

fn tree(call: &Call<'_>, criteria: &Criteria) -> Result<Wanted, Failure> {
    let parts = |parts: &[Criteria]| parts.iter().map(|part| tree(call, part)).collect::<Result<Vec<_>, _>>();
    Ok(match criteria {
        Criteria::All(all) => Wanted::All(parts(all)?),
        Criteria::Any(any) => Wanted::Any(parts(any)?),
        Criteria::Test(one) => test(call, one)?,
    })
}

fn test(call: &Call<'_>, test: &Test) -> Result<Wanted, Failure> {
    if is_time(&test.field) {
        return instant(call, test);
    }
    let wrong = || Failure::not_valid("search_criteria");
    let texts: Option<Vec<String>> =
        test.operands.iter().map(|operand| wire::scalar::text(member(operand))).collect();
    let texts = texts.ok_or_else(wrong)?;
    let numbers = || texts.iter().map(|text| text.trim().parse().ok()).collect::<Option<Vec<i64>>>();
    let found = match test.field.as_str() {
        "type" => Wanted::Kind(texts.iter().map(|text| model::fold(text)).collect()),
        "created_by" | "created_by.id" | "sender" | "sender.id" => {
            Wanted::By(numbers().ok_or_else(wrong)?.into_iter().map(Id::new).collect())
        }
        "created_by.user_type" => Wanted::Speaker(numbers().ok_or_else(wrong)?),
        other => return Err(with_message(wrong(), format!("Cannot search by {other}"))),
    };
    match test.condition {
        Condition::Is => Ok(found),
        Condition::IsNot => Ok(Wanted::Not(Box::new(found))),
        _ => Err(with_message(wrong(), format!("{} is searched by is and is not", test.field))),
    }
}

/// The telling member of an operand that came as an object.
fn member(operand: &Json) -> &Json {
    ["id", "value", "name"].iter().find_map(|key| operand.get(*key)).unwrap_or(operand)
}

/// A comparison of the time; a variable such as `$(TODAY)` means a stretch of it.
fn instant(call: &Call<'_>, test: &Test) -> Result<Wanted, Failure> {
    let wrong = || Failure::not_valid("search_criteria");
    let stretch = |operand: &Json| match operand.as_str().and_then(date_variable) {
        Some(variable) => Some(variable.range(call.ctx.now, &call.ctx.zone)),
        None => wire::scalar::whole(member(operand)).map(|ms| (ms, ms.saturating_add(1))),
    };
    let stretches: Option<Vec<(i64, i64)>> = test.operands.iter().map(stretch).collect();
    let stretches = stretches.ok_or_else(wrong)?;
    let (Some(first), Some(last)) = (stretches.first(), stretches.last()) else { return Err(wrong()) };
    Ok(match test.condition {
        Condition::Is => any_of(&stretches),
        Condition::IsNot => Wanted::Not(Box::new(any_of(&stretches))),
        Condition::LesserThan => Wanted::Time(i64::MIN, first.0),
        Condition::LesserOrEqual => Wanted::Time(i64::MIN, first.1),
        Condition::GreaterThan => Wanted::Time(first.1, i64::MAX),
        Condition::GreaterOrEqual => Wanted::Time(first.0, i64::MAX),
        Condition::Between => Wanted::Time(first.0, last.1),
        Condition::NotBetween => Wanted::Not(Box::new(Wanted::Time(first.0, last.1))),
        _ => return Err(wrong()),
    })
}

fn any_of(stretches: &[(i64, i64)]) -> Wanted {
    Wanted::Any(stretches.iter().map(|(from, to)| Wanted::Time(*from, *to)).collect())
}
