//! All rows of a list, page by page, while others write to it.

use super::query::{ListQuery, Page, id_number};
use crate::{Client, Error, Result};
use futures_util::Stream;
use serde_json::{Map, Value as Json, json};
use std::collections::{HashSet, VecDeque};

/// All rows of a list, each once, however it changes meanwhile.
///
/// Pages by number shift when a record before them comes or goes: rows are skipped or come twice. A walk asks for the
/// rows *behind the last one* instead, in the order of ids, which no change of a record moves. Where a service does
/// not sort by id it goes by the time of creation, and where that is not known either by number, each page beginning
/// with the last row of the one before, so that a shift is seen and made good. The memory that it takes does not grow
/// with the list; only a walk by number remembers the ids that it gave.
///
/// In an order that was asked for ([`ListQuery::sort`]) a record may move across the walk when the field is changed;
/// such a walk goes by number.
///
/// ```no_run
/// # async fn example(client: connector::Client) -> connector::Result<()> {
/// let mut walk = client.walk("/requests", connector::ListQuery::new());
/// while let Some(request) = walk.next().await? {
///     println!("{} {}", request["id"], request["subject"]);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Walk {
    client: Client,
    path: String,
    query: ListQuery,
    way: Way,
    rows: VecDeque<Json>,
    ended: bool,
    last_page: Option<Page>,
    total: Option<Json>,
    only_way: bool,
}

/// How the walk knows where it is.
#[derive(Clone, Debug)]
enum Way {
    /// Behind this id.
    Id { last: Option<u128> },
    /// Not before this time, in the order of this field; rows of exactly this time that were given already.
    Time { field: &'static str, last: Option<i64>, given: HashSet<u128> },
    /// At this row, counted from 1; all that was given.
    Number { next: u64, given: HashSet<String> },
}

/// What a page made of the walk's way.
enum Step {
    Rows(Vec<Json>, bool),
    /// This way leads nowhere with this service.
    NoWay,
}

impl Walk {
    pub(crate) fn new(client: Client, path: String, query: ListQuery) -> Self {
        let way = match query.sort {
            None => Way::Id { last: None },
            Some(_) => Way::by_number(),
        };
        Self {
            client,
            path,
            query,
            way,
            rows: VecDeque::new(),
            ended: false,
            last_page: None,
            total: None,
            only_way: false,
        }
    }

    /// Goes in the order of a time, from this moment on, and no other way.
    pub(crate) fn by_time(mut self, field: &'static str, from: i64) -> Self {
        self.way = Way::by_time(field, Some(from));
        self.only_way = true;
        self
    }

    /// Goes in the order of ids, behind this one, and no other way.
    pub(crate) fn by_id(mut self, after: i64) -> Self {
        self.way = Way::Id { last: u128::try_from(after).ok() };
        self.only_way = true;
        self
    }

    /// Begins behind this id, which an earlier walk without an order gave last.
    #[must_use]
    pub fn after_id(mut self, id: &str) -> Self {
        if let (Way::Id { last }, Ok(id)) = (&mut self.way, id.parse()) {
            *last = Some(id);
        }
        self
    }

    /// The next row.
    ///
    /// # Errors
    /// Those of the calls. The walk stands where it stood, so asking again goes on.
    pub async fn next(&mut self) -> Result<Option<Json>> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Ok(Some(row));
            }
            match self.next_rows().await? {
                Some(rows) => self.rows = rows.into(),
                None => return Ok(None),
            }
        }
    }

    /// The next page's rows.
    ///
    /// # Errors
    /// As [`Walk::next`].
    pub async fn next_rows(&mut self) -> Result<Option<Vec<Json>>> {
        while !self.ended {
            let mut page = match self.client.page_with(&self.path, self.list_info()).await {
                Ok(page) => page,
                Err(error) => match self.other_way(&error) {
                    Some(way) => {
                        self.way = way;
                        continue;
                    }
                    None => return Err(error),
                },
            };
            match self.step(&mut page) {
                Step::Rows(rows, more) => {
                    self.ended = !more;
                    self.total = self.total.take().or_else(|| page.list_info.remove("total_count"));
                    self.last_page = Some(Page { rows: Vec::new(), ..page });
                    if !rows.is_empty() {
                        return Ok(Some(rows));
                    }
                }
                // Once rows were given another way would give them again.
                Step::NoWay => {
                    match self.way.next_best().filter(|_| self.last_page.is_none() && !self.only_way) {
                        Some(way) => self.way = way,
                        None => {
                            let message = "the list does not go on where it was asked to".to_owned();
                            return Err(Error::Answer { call: format!("GET {}", self.path), message });
                        }
                    }
                }
            }
        }
        Ok(None)
    }

    /// All rows in the envelope of the last page, as the list actions answer.
    ///
    /// # Errors
    /// As [`Walk::next`].
    pub async fn into_body(mut self) -> Result<Json> {
        let mut all = Vec::new();
        while let Some(rows) = self.next_rows().await? {
            all.extend(rows);
        }
        let Some(mut page) = self.last_page else { return Ok(json!({})) };
        page.list_info.insert("row_count".into(), json!(all.len()));
        page.list_info.insert("has_more_rows".into(), json!(false));
        for ours in ["sort_field", "sort_order", "search_criteria", "start_index", "page"] {
            page.list_info.remove(ours);
        }
        page.list_info.extend(self.query.list_info().into_iter().filter(|(key, _)| key != "row_count"));
        page.list_info.remove("get_total_count");
        page.list_info.extend(self.total.map(|total| ("total_count".to_owned(), total)));
        page.rows = all;
        Ok(page.into_body())
    }

    /// The walk as a stream. It ends with the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Json>> + Send {
        futures_util::stream::try_unfold(self, |mut walk| async move {
            Ok(walk.next().await?.map(|row| (row, walk)))
        })
    }

    /// What the next page is asked for.
    fn list_info(&self) -> Map<String, Json> {
        let mut info = self.query.list_info();
        let order = |info: &mut Map<String, Json>, field: &str| {
            info.insert("sort_field".into(), json!(field));
            info.insert("sort_order".into(), json!("asc"));
            if let Some(Json::Array(fields)) = info.get_mut("fields_required")
                && !fields.iter().any(|known| known == field)
            {
                fields.push(json!(field));
            }
        };
        let own = match &self.way {
            Way::Id { last } => {
                order(&mut info, "id");
                // Asked from the first page on, so that a service that cannot says so before rows were given.
                let last = last.unwrap_or(0).to_string();
                Some(json!({"field": "id", "condition": "greater than", "value": last}))
            }
            Way::Time { field, last, given } => {
                order(&mut info, field);
                let page = self.query.page_rows() as usize;
                if given.len() >= page {
                    // More than a page of one moment: within it there is nothing but counting.
                    info.insert("start_index".into(), json!(given.len() - page / 2));
                }
                let last = last.unwrap_or(0).to_string();
                Some(json!({"field": field, "condition": "greater or equal", "value": last}))
            }
            Way::Number { next, .. } => {
                info.insert("start_index".into(), json!(next));
                // A page of one row would be the row before it for ever.
                info.insert("row_count".into(), json!(self.query.page_rows().max(2)));
                None
            }
        };
        if let Some(own) = own {
            let criteria = both(own, self.query.criteria.as_ref());
            info.insert("search_criteria".into(), criteria);
        }
        // The total is counted once.
        if self.last_page.is_some() {
            info.remove("get_total_count");
        }
        info
    }

    /// The way to try when the service refuses this one's first page. The last way adds nothing to what the caller asked
    /// for, so if that is what is wrong, its refusal is the one that is told.
    fn other_way(&self, error: &Error) -> Option<Way> {
        let bad_input = error.service().is_some_and(|error| error.http_status == 400);
        if self.last_page.is_some() || self.only_way || !bad_input {
            return None;
        }
        self.way.next_best()
    }

    /// Moves on behind a page.
    fn step(&mut self, page: &mut Page) -> Step {
        match &mut self.way {
            Way::Id { last } => {
                let mut next = *last;
                for row in &page.rows {
                    match id_number(row) {
                        Some(id) if next.is_none_or(|before| id > before) => next = Some(id),
                        _ => return Step::NoWay,
                    }
                }
                if page.rows.is_empty() && page.has_more {
                    return Step::NoWay;
                }
                *last = next;
                Step::Rows(std::mem::take(&mut page.rows), page.has_more)
            }
            Way::Time { field, last, given } => step_by_time(field, last, given, page),
            Way::Number { next, given } => step_by_number(next, given, page),
        }
    }
}

impl Way {
    fn by_time(field: &'static str, from: Option<i64>) -> Self {
        Self::Time { field, last: from, given: HashSet::new() }
    }
    fn by_number() -> Self {
        Self::Number { next: 1, given: HashSet::new() }
    }
    fn next_best(&self) -> Option<Self> {
        match self {
            Self::Id { .. } => Some(Self::by_time("created_time", None)),
            Self::Time { .. } => Some(Self::by_number()),
            Self::Number { .. } => None,
        }
    }
}

fn step_by_time(field: &str, last: &mut Option<i64>, given: &mut HashSet<u128>, page: &Page) -> Step {
    let (mut time, mut of_time, mut rows) = (*last, given.clone(), Vec::new());
    for row in &page.rows {
        match (id_number(row), time_ms(row, field)) {
            (Some(id), Some(at)) if time.is_none_or(|before| at >= before) => {
                if time != Some(at) {
                    time = Some(at);
                    of_time.clear();
                }
                if of_time.insert(id) {
                    rows.push(row.clone());
                }
            }
            _ => return Step::NoWay,
        }
    }
    if rows.is_empty() && page.has_more {
        return Step::NoWay;
    }
    (*last, *given) = (time, of_time);
    Step::Rows(rows, page.has_more)
}

/// A page by number begins with the last row of the one before. When that is not there any more, rows before it went
/// away and others moved up: the walk steps back by a page and looks again.
fn step_by_number(next: &mut u64, given: &mut HashSet<String>, page: &Page) -> Step {
    let key = |row: &Json| row.get("id").map_or_else(|| row.to_string(), |id| id.to_string());
    let overlaps = *next == 1 || page.rows.first().is_some_and(|row| given.contains(&key(row)));
    let rows: Vec<Json> = page.rows.iter().filter(|row| given.insert(key(row))).cloned().collect();
    let count = page.rows.len() as u64;
    if !overlaps && *next > 1 {
        *next = next.saturating_sub(count.max(10)).max(1);
        return Step::Rows(rows, true);
    }
    if rows.is_empty() && page.has_more && *next > 2 * given.len() as u64 + 1000 {
        // The same rows whatever number is asked for.
        return Step::NoWay;
    }
    *next += count.saturating_sub(1);
    Step::Rows(rows, page.has_more)
}

/// The milliseconds of a time of a row.
pub(crate) fn time_ms(row: &Json, field: &str) -> Option<i64> {
    let value = row.get(field)?.get("value")?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Rows that pass both. The caller's elements become one group, so that an `or` among them stays among them.
pub(crate) fn both(own: Json, given: Option<&Json>) -> Json {
    let mut own = own;
    let children = match given {
        None | Some(Json::Null) => return own,
        Some(Json::Array(list)) if list.is_empty() => return own,
        Some(Json::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    };
    let mut children = children;
    if let Some(Json::Object(first)) = children.first_mut() {
        first.insert("logical_operator".into(), json!("and"));
    }
    let flat = children.iter().skip(1).all(|c| {
        c.get("logical_operator").and_then(Json::as_str).is_none_or(|o| o.eq_ignore_ascii_case("and"))
    });
    if flat {
        let mut list = vec![own];
        list.extend(children);
        return Json::Array(list);
    }
    if let Some(own) = own.as_object_mut() {
        own.insert("children".into(), Json::Array(children));
    }
    own
}
