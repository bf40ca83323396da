//! Lists that are short and at hand as a whole: files of a record, views, layouts, linkable modules. They are sorted and
//! cut here as any other list is by the database (conventions.md sections 3.1 and 3.2), so that a client that pages until
//! a page is empty comes to an end.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::list;
use serde_json::Value as Json;
use std::cmp::Ordering;
use wire::failure::Failure;
use wire::list_info::{ListInfo, SortBy};

/// The part of the rows that is asked for, under `key`.
pub(crate) fn page(call: &Call<'_>, key: &str, rows: Vec<Json>) -> Result<Answer, Failure> {
    let info = ListInfo::read(call.payload.input.as_ref(), &call.payload.params).whole()?;
    answer(call, key, rows, &info)
}

/// The same, but all rows where nobody asks for a part of them.
pub(crate) fn all(call: &Call<'_>, key: &str, rows: Vec<Json>) -> Result<Answer, Failure> {
    let mut info = ListInfo::read(call.payload.input.as_ref(), &call.payload.params).whole()?;
    if !info.has_row_count && info.start == 0 && info.page.is_none() {
        info.row_count = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(info.row_count);
    }
    answer(call, key, rows, &info)
}

fn answer(call: &Call<'_>, key: &str, mut rows: Vec<Json>, info: &ListInfo) -> Result<Answer, Failure> {
    for by in info.sort.iter().rev() {
        sort(&mut rows, by)?;
    }
    let total = info.get_total_count.then_some(rows.len() as u64);
    let start = usize::try_from(info.start).unwrap_or(usize::MAX);
    let end = start.saturating_add(info.row_count as usize);
    let has_more = rows.len() > end;
    let shown: Vec<String> = rows.iter().take(end).skip(start).map(ToString::to_string).collect();
    Ok(Answer::Json(list::envelope(call, &[key], &shown, info, has_more, total)))
}

/// Sorts by a dotted field, which some row must have.
fn sort(rows: &mut [Json], by: &SortBy) -> Result<(), Failure> {
    if !rows.is_empty() && rows.iter().all(|row| at(row, &by.field).is_none()) {
        let words = format!("Cannot sort by {}", by.field);
        return Err(answer::with_message(Failure::not_valid("sort_field"), words));
    }
    rows.sort_by(|a, b| {
        let order = compare(at(a, &by.field), at(b, &by.field));
        if by.descending { order.reverse() } else { order }
    });
    Ok(())
}

/// The value at a dotted path; of a time and its like the value that it stands for, of a reference the name.
fn at<'a>(row: &'a Json, field: &str) -> Option<&'a Json> {
    let found = field.split('.').try_fold(row, |value, key| value.get(key))?;
    Some(found.get("value").or_else(|| found.get("name")).unwrap_or(found))
}

/// What is missing comes first, then numbers, then texts: one order for all of them, whatever is side by side.
fn compare(a: Option<&Json>, b: Option<&Json>) -> Ordering {
    let place = |value: Option<&Json>| {
        let number = value.and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
        let text = value.and_then(wire::scalar::text).map(|text| model::fold(&text));
        match (number, text) {
            (Some(number), _) => (1, number, String::new()),
            (None, Some(text)) => (2, 0, text),
            (None, None) => (0, 0, String::new()),
        }
    };
    place(a).cmp(&place(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_values_are_in_one_order() {
        let mut rows: Vec<Json> =
            ["1a", "10", "b", "9", "A"].iter().map(|name| json!({"name": name})).collect();
        rows.push(json!({"name": null}));
        rows.push(json!({"other": 1}));
        sort(&mut rows, &SortBy { field: "name".into(), descending: false }).ok();
        let names: Vec<&Json> =
            rows.iter().filter_map(|row| row.get("name")).filter(|n| !n.is_null()).collect();
        assert_eq!(names, ["9", "10", "1a", "A", "b"]);
    }
}
