//! `list_info`: what a client asks of a list, and what the answer says of itself (conventions 3.1 and 3.2,
//! wire-facts 8).

use crate::criteria::{ALL_OPERANDS_MAX, OPERAND_CHARS_MAX, OPERANDS_MAX, TESTS_MAX};
use crate::envelope::json_string;
use crate::{Criteria, Failure, criteria, lenient, scalar};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Rows that a list gives when it is not asked for a number.
pub const ROWS_DEFAULT: u32 = 10;
/// Rows that a list gives at most; whoever asks for more gets this many (conventions 3.1).
pub const ROWS_MAX: u32 = 100;

/// A key to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortBy {
    /// The dotted field.
    pub field: String,
    /// Greatest first.
    pub descending: bool,
}

/// A named view, or a field and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterBy {
    /// The view's name; with a value, the field.
    pub name: Option<String>,
    /// The value that the field must have.
    pub value: Option<String>,
    /// The view's id.
    pub id: Option<String>,
}

/// What is asked of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListInfo {
    /// How many rows, 1 to 100.
    pub row_count: u32,
    /// Whether `row_count` was asked for.
    pub has_row_count: bool,
    /// How many to pass over.
    pub start: u64,
    /// The page that was asked for, when pages were counted.
    pub page: Option<u64>,
    /// In which order.
    pub sort: Vec<SortBy>,
    /// Whether greatest first, where a direction was asked for without a field.
    pub descending: Option<bool>,
    /// Whether all are to be counted.
    pub get_total_count: bool,
    /// Which fields the rows show.
    pub fields_required: Option<Vec<String>>,
    /// Field and value of the simple search.
    pub search_fields: Option<Vec<(String, Value)>>,
    /// A view.
    pub filter_by: Option<FilterBy>,
    /// Criteria.
    pub criteria: Option<Criteria>,
    /// Words of a full-text search (Frontdesk's own).
    pub search_text: Option<String>,
    /// What `for` names: the template that allowed values are wanted for.
    pub for_: Option<String>,
}

impl Default for ListInfo {
    fn default() -> Self {
        Self {
            row_count: ROWS_DEFAULT,
            has_row_count: false,
            start: 0,
            page: None,
            sort: Vec::new(),
            descending: None,
            get_total_count: false,
            fields_required: None,
            search_fields: None,
            filter_by: None,
            criteria: None,
            search_text: None,
            for_: None,
        }
    }
}

/// The keys, which less careful clients also send as plain parameters (wire-facts 6).
const KEYS: [&str; 13] = [
    "row_count",
    "start_index",
    "page",
    "sort_field",
    "sort_order",
    "sort_fields",
    "get_total_count",
    "fields_required",
    "search_fields",
    "filter_by",
    "search_criteria",
    "search_text",
    "for",
];

/// Keys of an answer's `list_info`, which clients hand back when they ask for the next page.
const ECHOED: [&str; 3] = ["has_more_rows", "total_count", "sort"];

impl ListInfo {
    /// Reads it from the input, or from plain parameters where the input has none. Unknown keys and values of the
    /// wrong type are told all at once, each by its key.
    #[must_use]
    pub fn read(input: Option<&Value>, params: &[(String, String)]) -> Asked {
        let bare = params.iter().find(|(name, _)| name == "list_info");
        let parsed = match (input.and_then(|i| i.get("list_info")), bare) {
            (Some(value), _) => Ok(lenient::opened(value).into_owned()),
            (None, Some((_, text))) => lenient::parse(text).map_err(Failure::not_json),
            (None, None) => Ok(Value::Null),
        };
        let mut map = match parsed {
            Ok(Value::Null) => Map::new(),
            Ok(Value::Object(map)) => map,
            Ok(_) => return Asked::nothing(Failure::type_mismatch("list_info")),
            Err(failure) => return Asked::nothing(failure),
        };
        for (name, value) in params {
            let key = name.strip_prefix("list_info.").unwrap_or(name);
            if KEYS.contains(&key) && !map.contains_key(key) {
                map.insert(key.to_owned(), Value::String(value.clone()));
            }
        }
        // Some put the fields beside the list_info instead of into it (conventions 3.1).
        if let (Some(fields), false) =
            (input.and_then(|i| i.get("fields_required")), map.contains_key("fields_required"))
        {
            map.insert("fields_required".into(), fields.clone());
        }
        Self::from_map(&map)
    }

    /// Sorts by this field, where a direction was asked for without one.
    pub fn sort_by_default(&mut self, field: &str) {
        if let (Some(descending), true) = (self.descending, self.sort.is_empty()) {
            self.sort.push(SortBy { field: field.to_owned(), descending });
        }
    }

    fn from_map(map: &Map<String, Value>) -> Asked {
        let mut info = Self::default();
        let mut failures = Vec::new();
        let mut start_index = 1;
        let mut field = None;
        for (key, value) in map {
            if value.is_null() {
                continue;
            }
            let done = match key.as_str() {
                "row_count" => scalar::whole(value).map(|n| {
                    if n < 1 {
                        failures.push(Failure::not_valid("row_count").saying("row_count must be at least 1"));
                    }
                    info.row_count = u32::try_from(n.clamp(1, i64::from(ROWS_MAX))).unwrap_or(ROWS_DEFAULT);
                    info.has_row_count = true;
                }),
                "start_index" => {
                    scalar::whole(value).filter(|n| *n >= 0).map(|n| start_index = n.unsigned_abs())
                }
                "page" => scalar::whole(value)
                    .filter(|n| *n >= 0)
                    .map(|n| info.page = Some(n.unsigned_abs().max(1))),
                "sort_field" => scalar::text(value).map(|text| field = Some(text)),
                "sort_order" => order(value).map(|d| info.descending = Some(d)),
                "sort_fields" => sort_fields(value).map(|sort| info.sort = sort),
                "get_total_count" => scalar::truth(value).map(|truth| info.get_total_count = truth),
                "fields_required" => texts(value).map(|fields| info.fields_required = Some(fields)),
                "search_fields" => search_fields(value).map(|fields| {
                    if let Err(too_much) = is_moderate(&fields) {
                        failures.push(Failure::not_valid("search_fields").saying(too_much));
                    } else {
                        info.search_fields = Some(fields);
                    }
                }),
                "filter_by" => filter_by(value).map(|view| info.filter_by = Some(view)),
                "search_criteria" => {
                    let read = criteria::read(value);
                    info.criteria = read.criteria;
                    failures.extend(read.failures);
                    Some(())
                }
                "search_text" => scalar::text(value).map(|text| info.search_text = Some(text)),
                "for" => scalar::text(value).map(|text| info.for_ = Some(text)),
                key if ECHOED.contains(&key) => Some(()),
                key => {
                    failures.push(Failure::extra_key(key));
                    Some(())
                }
            };
            if done.is_none() {
                failures.push(Failure::type_mismatch(key.clone()));
            }
        }
        if let Some(field) = field.filter(|f| !f.is_empty()) {
            info.sort.insert(0, SortBy { field, descending: info.descending.unwrap_or(false) });
        }
        // The first row is 0 to some and 1 to others; a page above the first says more than an index (3.1).
        info.start = match info.page {
            Some(page) if page > 1 || start_index <= 1 => {
                (page - 1).saturating_mul(u64::from(info.row_count))
            }
            _ => start_index.saturating_sub(1),
        };
        Asked { info, failures }
    }
}

/// A `list_info` as far as it could be read, and what is wrong with the rest: whoever knows the fields has more to
/// say of it, and it is all told together.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub info: ListInfo,
    /// What is wrong with it.
    pub failures: Vec<Failure>,
}

impl Asked {
    fn nothing(failure: Failure) -> Self {
        Self { info: ListInfo::default(), failures: vec![failure] }
    }

    /// What is asked, when all could be read.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn whole(self) -> Result<ListInfo, Failure> {
        Failure::merge(self.failures)?;
        Ok(self.info)
    }
}

fn order(value: &Value) -> Option<bool> {
    match value.as_str()?.trim().to_ascii_lowercase().as_str() {
        "asc" | "ascending" | "a" => Some(false),
        "desc" | "descending" | "d" => Some(true),
        _ => None,
    }
}

fn sort_fields(value: &Value) -> Option<Vec<SortBy>> {
    let value = lenient::opened(value);
    let one = |v: &Value| {
        let descending = v.get("order").or_else(|| v.get("sort_order")).map_or(Some(false), order)?;
        let field = v.get("field").or_else(|| v.get("sort_field"))?.as_str()?.to_owned();
        Some(SortBy { field, descending })
    };
    match value.as_ref() {
        Value::Array(all) if all.len() <= 5 => all.iter().map(one).collect(),
        Value::Object(_) => Some(vec![one(&value)?]),
        _ => None,
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let value = lenient::opened(value);
    match value.as_ref() {
        Value::Array(all) => all.iter().map(|v| v.as_str().map(str::to_owned)).collect(),
        Value::String(list) => {
            Some(list.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect())
        }
        _ => None,
    }
}

/// An object, a string that holds one, or `subject:upd`.
fn search_fields(value: &Value) -> Option<Vec<(String, Value)>> {
    let value = lenient::opened(value);
    match value.as_ref() {
        Value::Object(map) => Some(map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
        Value::String(text) => {
            let (field, wanted) = text.split_once(':')?;
            Some(vec![(field.trim().to_owned(), Value::String(wanted.trim().to_owned()))])
        }
        _ => None,
    }
}

/// Whether no more is looked for than criteria may ask for, or what is too much.
fn is_moderate(fields: &[(String, Value)]) -> Result<(), String> {
    let operands = |(_, value): &(String, Value)| value.as_array().map_or(1, Vec::len);
    if fields.len() > TESTS_MAX {
        return Err(format!("At most {TESTS_MAX} fields in search_fields"));
    }
    if fields.iter().any(|field| operands(field) > OPERANDS_MAX) {
        return Err(format!("At most {OPERANDS_MAX} values for one field"));
    }
    if fields.iter().map(operands).sum::<usize>() > ALL_OPERANDS_MAX {
        return Err(format!("At most {ALL_OPERANDS_MAX} values in search_fields"));
    }
    if fields.iter().any(|(_, value)| criteria::is_too_long(value)) {
        return Err(format!("At most {OPERAND_CHARS_MAX} characters in one value"));
    }
    Ok(())
}

fn filter_by(value: &Value) -> Option<FilterBy> {
    let value = lenient::opened(value);
    match value.as_ref() {
        Value::Object(map) => {
            let text = |key: &str| map.get(key).and_then(scalar::text);
            Some(FilterBy { name: text("name"), value: text("value"), id: text("id") })
        }
        Value::String(name) => Some(FilterBy { name: Some(name.clone()), ..FilterBy::default() }),
        _ => None,
    }
}

/// What an answer says of itself.
#[derive(Debug)]
pub struct ListInfoView<'a> {
    asked: &'a ListInfo,
    raw: Option<&'a Value>,
    rows: usize,
    has_more: bool,
    total: Option<u64>,
}

impl<'a> ListInfoView<'a> {
    /// For an answer of `rows` rows to what was asked with this input.
    #[must_use]
    pub fn answer(
        asked: &'a ListInfo,
        input: Option<&'a Value>,
        rows: usize,
        has_more: bool,
        total: Option<u64>,
    ) -> Self {
        Self { asked, raw: input.and_then(|i| i.get("list_info")), rows, has_more, total }
    }

    /// Writes `"list_info":{…}`. `row_count` is the number of rows in the answer, by which clients page on;
    /// what was asked is echoed as it was sent (conventions 3.2).
    pub fn write(&self, out: &mut String) {
        let _ = write!(
            out,
            "\"list_info\":{{\"has_more_rows\":{},\"start_index\":{},\"row_count\":{}",
            self.has_more,
            self.asked.start.saturating_add(1),
            self.rows
        );
        if let Some(page) = self.asked.page {
            let _ = write!(out, ",\"page\":{page}");
        }
        if let Some(sort) = self.asked.sort.first() {
            out.push_str(",\"sort_field\":");
            json_string(out, &sort.field);
            let _ = write!(out, ",\"sort_order\":\"{}\"", if sort.descending { "desc" } else { "asc" });
        }
        if let Some(total) = self.total {
            let _ = write!(out, ",\"total_count\":{total}");
        }
        for key in ["search_criteria", "search_fields", "fields_required", "filter_by"] {
            if let Some(value) = self.raw.and_then(|raw| raw.get(key)) {
                out.push(',');
                json_string(out, key);
                let _ = write!(out, ":{value}");
            }
        }
        out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(info: Value) -> Result<ListInfo, Failure> {
        ListInfo::read(Some(&json!({"list_info": info})), &[]).whole()
    }

    #[test]
    fn the_first_row_is_found_in_every_spelling() {
        let check = |info: Value, rows: u32, start: u64| {
            let read = read(info.clone()).unwrap();
            assert_eq!((read.row_count, read.start), (rows, start), "{info}");
        };
        check(json!({}), 10, 0);
        check(json!({"start_index": 0}), 10, 0);
        check(json!({"start_index": 1}), 10, 0);
        check(json!({"start_index": "2"}), 10, 1);
        check(json!({"row_count": "1000"}), 100, 0);
        check(json!({"row_count": 50, "page": 3}), 50, 100);
        check(json!({"row_count": 50, "page": 3, "start_index": 1}), 50, 100);
        check(json!({"row_count": 50, "page": 1, "start_index": 21}), 50, 20);
        check(json!({"page": 9_223_372_036_854_775_807_i64, "row_count": 100}), 100, u64::MAX);
    }

    #[test]
    fn as_much_may_be_looked_for_as_by_criteria() {
        let check = |fields: Value, words: Option<&str>| {
            let read = read(json!({"search_fields": fields}));
            let told =
                read.err().map(|f| f.messages.iter().filter_map(|m| m.message.clone()).collect::<String>());
            assert_eq!(told.as_deref(), words);
        };
        let many = |count: usize, values: usize| {
            let fields = (0..count).map(|i| (format!("f{i}"), json!(vec!["x"; values])));
            Value::Object(fields.collect())
        };
        check(many(200, 1), None);
        check(many(1, 1000), None);
        check(many(201, 1), Some("At most 200 fields in search_fields"));
        check(many(1, 1001), Some("At most 1000 values for one field"));
        check(many(11, 1000), Some("At most 10000 values in search_fields"));
        check(json!({"f": "x".repeat(10_000)}), None);
        check(json!({"f": ["x", "x".repeat(10_001)]}), Some("At most 10000 characters in one value"));
    }

    #[test]
    fn every_wrong_key_is_named() {
        for none in [0, -1, i64::MIN] {
            let failure = read(json!({"row_count": none})).unwrap_err();
            assert_eq!(failure, Failure::not_valid("row_count").saying("row_count must be at least 1"));
        }
        let failure = read(json!({"row_count": "x", "page": [], "rows": 3, "sort_order": "up"})).unwrap_err();
        let fields: Vec<_> = failure.messages.iter().filter_map(|m| m.field.as_deref()).collect();
        for field in ["row_count", "page", "rows", "sort_order"] {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
    }

    #[test]
    fn searches_and_views_come_in_many_forms() {
        let fields = |info: Value| read(info).unwrap().search_fields.unwrap();
        let subject = vec![("subject".to_owned(), json!("upd"))];
        assert_eq!(fields(json!({"search_fields": {"subject": "upd"}})), subject);
        assert_eq!(fields(json!({"search_fields": "{'subject': 'upd'}"})), subject);
        assert_eq!(fields(json!({"search_fields": "subject:upd"})), subject);
        let view = |info: Value| read(info).unwrap().filter_by.unwrap();
        assert_eq!(view(json!({"filter_by": {"name": "My_Open"}})).name.as_deref(), Some("My_Open"));
        assert_eq!(view(json!({"filter_by": "{\"name\": \"My_Open\"}"})).name.as_deref(), Some("My_Open"));
        let params = [("row_count".to_owned(), "3".to_owned()), ("limit".to_owned(), "5".to_owned())];
        assert_eq!(ListInfo::read(None, &params).info.row_count, 3);
        let bare = [("list_info".to_owned(), "{\"row_count\": 7}".to_owned())];
        assert_eq!(ListInfo::read(None, &bare).info.row_count, 7);
        let beside = json!({"list_info": {}, "fields_required": ["id"]});
        assert_eq!(ListInfo::read(Some(&beside), &[]).info.fields_required.unwrap(), ["id"]);
    }
}
