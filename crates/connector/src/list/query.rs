//! What a list is asked for, and a page of it.

use crate::{Error, Result};
use serde_json::{Map, Value as Json, json};

/// The most rows that a page has (conventions.md section 3.1).
pub(crate) const ROWS_MAX: u32 = 100;

/// Which rows of a list, and which of their fields. The members are those of the API's `list_info`.
///
/// ```
/// use connector::ListQuery;
/// use serde_json::json;
/// let open = ListQuery::new()
///     .criteria(json!({"field": "status.name", "condition": "is", "value": "Open"}))
///     .fields(["subject", "requester"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListQuery {
    pub(crate) criteria: Option<Json>,
    pub(crate) search_fields: Option<Json>,
    pub(crate) filter_by: Option<Json>,
    pub(crate) sort: Option<(String, bool)>,
    pub(crate) fields: Vec<String>,
    pub(crate) rows: Option<u32>,
    pub(crate) total: bool,
}

impl ListQuery {
    /// All rows, as the service shows them in lists.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
    /// Rows that pass these `search_criteria`: an object, or an array whose elements are joined by their
    /// `logical_operator`.
    #[must_use]
    pub fn criteria(mut self, criteria: Json) -> Self {
        self.criteria = Some(criteria);
        self
    }
    /// Rows with these words in these fields, as `search_fields` has it.
    #[must_use]
    pub fn search_fields(mut self, fields: Json) -> Self {
        self.search_fields = Some(fields);
        self
    }
    /// A named view, as `filter_by` has it.
    #[must_use]
    pub fn filter_by(mut self, view: Json) -> Self {
        self.filter_by = Some(view);
        self
    }
    /// In the order of this field. See [`Walk`](crate::Walk) for what an order costs.
    #[must_use]
    pub fn sort(mut self, field: impl Into<String>, descending: bool) -> Self {
        self.sort = Some((field.into(), descending));
        self
    }
    /// Only these fields, and the id.
    #[must_use]
    pub fn fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }
    /// So many rows per page, 100 at most.
    #[must_use]
    pub const fn rows(mut self, rows: u32) -> Self {
        self.rows = Some(rows);
        self
    }
    /// Also how many rows there are in all.
    #[must_use]
    pub const fn with_total(mut self) -> Self {
        self.total = true;
        self
    }

    /// Rows per page.
    pub(crate) fn page_rows(&self) -> u32 {
        self.rows.unwrap_or(ROWS_MAX).clamp(1, ROWS_MAX)
    }

    /// The `list_info` of one page, without what says which page it is.
    pub(crate) fn list_info(&self) -> Map<String, Json> {
        let mut info = Map::new();
        info.insert("row_count".into(), json!(self.page_rows()));
        let parts = [
            ("search_criteria", &self.criteria),
            ("search_fields", &self.search_fields),
            ("filter_by", &self.filter_by),
        ];
        for (key, value) in parts {
            if let Some(value) = value {
                info.insert(key.into(), value.clone());
            }
        }
        if let Some((field, descending)) = &self.sort {
            info.insert("sort_field".into(), json!(field));
            info.insert("sort_order".into(), json!(if *descending { "desc" } else { "asc" }));
        }
        if !self.fields.is_empty() {
            info.insert("fields_required".into(), json!(self.fields));
        }
        if self.total {
            info.insert("get_total_count".into(), json!(true));
        }
        info
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The member of the answer that holds the rows, such as `requests`.
    pub key: String,
    /// The rows.
    pub rows: Vec<Json>,
    /// Whether more rows follow.
    pub has_more: bool,
    /// The answer's `list_info`.
    pub list_info: Map<String, Json>,
    /// The rest of the answer: `response_status` above all.
    pub envelope: Map<String, Json>,
}

impl Page {
    /// The answer as it was.
    #[must_use]
    pub fn into_body(self) -> Json {
        let mut body = self.envelope;
        body.insert(self.key, Json::Array(self.rows));
        body.insert("list_info".into(), Json::Object(self.list_info));
        Json::Object(body)
    }
}

/// Reads a page. `asked` is how many rows were asked for, which tells whether more follow where the answer does not.
pub(crate) fn page_of(call: &str, path: &str, body: Json, asked: u32) -> Result<Page> {
    let strange = |message: &str| Error::Answer { call: call.to_owned(), message: message.to_owned() };
    let Json::Object(mut envelope) = body else { return Err(strange("the answer is no object")) };
    let key = rows_key(&envelope, path).ok_or_else(|| strange("the answer holds no rows"))?;
    let rows = match envelope.remove(&key) {
        Some(Json::Array(rows)) => rows,
        _ => return Err(strange("the rows are no array")),
    };
    if rows.iter().any(|row| !row.is_object()) {
        return Err(strange("a row is no object"));
    }
    let list_info = match envelope.remove("list_info") {
        Some(Json::Object(info)) => info,
        _ => Map::new(),
    };
    let has_more = match list_info.get("has_more_rows") {
        Some(Json::Bool(more)) => *more,
        Some(Json::String(text)) => text == "true",
        // An answer without it ends with the first page that is not full.
        _ => rows.len() as u64 >= u64::from(asked),
    };
    Ok(Page { key, rows, has_more, list_info, envelope })
}

/// The member that holds the rows: named as the path's last segment, or else the only array (the answers of typed
/// assets, of CIs and of notes are named otherwise).
fn rows_key(envelope: &Map<String, Json>, path: &str) -> Option<String> {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if envelope.get(last).is_some_and(Json::is_array) {
        return Some(last.to_owned());
    }
    let rest = |key: &str| key != "response_status" && key != "list_info";
    envelope.iter().find(|(key, value)| rest(key) && value.is_array()).map(|(key, _)| key.clone())
}

/// The number that an id is.
pub(crate) fn id_number(row: &Json) -> Option<u128> {
    match row.get("id")? {
        Json::String(text) => text.parse().ok(),
        Json::Number(number) => number.as_u64().map(u128::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_under_any_name() {
        let page = |path: &str, body| page_of("GET", path, body, 2);
        let notes =
            json!({"response_status": [{"status_code": 2000}], "request_notes": [{"id": "1"}, {"id": "2"}]});
        let found = page("/requests/1/notes", notes.clone()).unwrap();
        assert_eq!((found.key.as_str(), found.rows.len(), found.has_more), ("request_notes", 2, true));
        let mut again = notes;
        again["list_info"] = json!({});
        assert_eq!(found.into_body(), again);
        let last = json!({"requests": [{"id": "1"}], "list_info": {"has_more_rows": false}});
        assert!(!page("/requests/", last).unwrap().has_more);
    }

    #[test]
    fn what_is_no_list_is_an_error_and_not_an_end() {
        for body in [json!([]), json!({}), json!({"requests": {}}), json!({"requests": ["x"]}), json!("text")]
        {
            assert!(page_of("GET /requests", "/requests", body.clone(), 2).is_err(), "{body}");
        }
    }
}
