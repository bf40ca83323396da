//! Records as rows of cells, for tables and CSV.

use serde_json::Value as Json;

/// The value at a dotted path.
pub(super) fn at<'a>(record: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(record, |value, part| match value {
        Json::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => value.get(part),
    })
}

/// A value as a cell: what people look for in it. A record is its name, a time is ISO 8601, a list has `;` between.
pub(super) fn cell(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(list)) => list.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(";"),
        Some(Json::Object(object)) => {
            let text = |key: &str| object.get(key).and_then(Json::as_str);
            if let (Some(shown), Some(value)) = (text("display_value"), text("value")) {
                return time(value).unwrap_or_else(|| shown.to_owned());
            }
            let named = ["name", "email_id", "subject", "title", "display_value", "id"];
            let name = named.iter().find_map(|key| text(key));
            name.map_or_else(|| Json::Object(object.clone()).to_string(), str::to_owned)
        }
        Some(other) => other.to_string(),
    }
}

/// Milliseconds as a time. Small numbers are none: sizes and durations have the same form.
fn time(value: &str) -> Option<String> {
    let ms: i64 = value.parse().ok().filter(|ms: &i64| ms.abs() > 100_000_000_000)?;
    jiff::Timestamp::from_millisecond(ms).ok().map(|at| at.to_string())
}

/// The fields of records: the members of all of them, in the order in which they turn up, `id` first.
pub(super) fn fields(records: &[Json]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for record in records.iter().filter_map(Json::as_object) {
        for key in record.keys() {
            if !fields.iter().any(|known| known == key) {
                fields.push(key.clone());
            }
        }
    }
    fields.sort_by_key(|field| field != "id");
    fields
}

/// A record as cells.
pub(super) fn row(record: &Json, fields: &[String]) -> Vec<String> {
    fields.iter().map(|field| cell(at(record, field))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_hold_what_people_look_for() {
        let record = json!({"id": "1", "requester": {"id": "7", "name": "Ann", "email_id": "ann@example.com"},
            "created_time": {"display_value": "x", "value": "1488451440000"}, "size": {"display_value": "5 B", "value": "5"},
            "tags": [{"name": "a"}, "b"], "none": null, "flag": true, "deep": {"x": 1}});
        let fields = fields(std::slice::from_ref(&record));
        assert_eq!(fields[0], "id");
        let cell = |path: &str| super::cell(at(&record, path));
        assert_eq!(cell("requester"), "Ann");
        assert_eq!(cell("requester.email_id"), "ann@example.com");
        assert_eq!(cell("created_time"), "2017-03-02T10:44:00Z");
        assert_eq!((cell("size"), cell("tags"), cell("none")), ("5 B".into(), "a;b".into(), String::new()));
        assert_eq!(
            (cell("flag"), cell("deep"), cell("tags.0.name")),
            ("true".into(), "{\"x\":1}".into(), "a".into())
        );
    }
}
