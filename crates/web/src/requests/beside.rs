//! The list beside a request: the page of a list that the request was opened from, in one narrow column. The address of
//! the request's page says which under `list`, as the list's own address has it.

use super::page;
use crate::form::Form;
use crate::lists::query::Query;
use crate::lists::{self, Asked};
use crate::show::Cell;
use crate::visit::Visit;
use crate::{requests, views};
use desk::DeskError;
use model::Id;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The list.
pub(crate) struct Beside {
    pub title: String,
    pub rows: Vec<Row>,
    /// The address of the list alone.
    pub list: String,
    /// The address of the request alone.
    pub alone: String,
    /// The pages of the list around this one, beside the same request.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A request of the list.
pub(crate) struct Row {
    pub href: String,
    pub number: String,
    pub subject: String,
    pub status: Cell,
    pub requester: Cell,
    pub due: Cell,
    pub is_here: bool,
}

/// The columns that a row is made of.
const COLUMNS: [&str; 4] = ["display_id", "status", "requester", "due_by_time"];

/// The list that the visited page of a request has beside it.
pub(crate) fn asked(visit: &Visit) -> Option<String> {
    let query = Form::of_query(&visit.query);
    query.has("list").then(|| Query::read(query.get("list")).to_string())
}

/// The part of an address that says which list is beside a request.
pub(crate) fn parameter(list: &str) -> String {
    format!("list={}", utf8_percent_encode(list, NON_ALPHANUMERIC))
}

/// The list beside a request, if the page was asked for with one.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of(visit: &Visit, id: Id, list: Option<&str>) -> Result<Option<Beside>, DeskError> {
    let Some(asked) = list else { return Ok(None) };
    let place = requests::place(visit)?;
    let query = Query::read(asked);
    let title = views::of(visit, &place.module, "/requests", "", &query).await?.title;
    let narrowed = views::narrowed(visit, &place.module, &query);
    let slim = Query::read(&format!("{}&cols={}", query.columnless(), COLUMNS.join(",")));
    let found = lists::list(visit, Asked { place: &place, base: "/requests", narrowed, query: slim }).await?;
    let at = COLUMNS.map(|path| found.columns.iter().position(|column| column.path == path));
    let row = |row: &lists::Row| {
        let cell = |at: Option<usize>| at.and_then(|at| row.cells.get(at)).cloned().unwrap_or_default();
        let [number, status, requester, due] = at;
        Row {
            href: page::address(row.id, "", Some(asked)),
            number: cell(number).text,
            subject: row.title.clone(),
            status: cell(status),
            requester: cell(requester),
            due: cell(due),
            is_here: row.id == id,
        }
    };
    // The pages around are those of the list with its own columns.
    let around = |address: &Option<String>| {
        let slim = Query::read(address.as_deref()?.split_once('?').map_or("", |(_, query)| query));
        let part = ["after", "before"].into_iter().find_map(|name| Some((name, slim.get(name)?.to_owned())));
        let (name, at) = part?;
        Some(page::address(id, "", Some(&query.with(name, Some(&at)).to_string())))
    };
    Ok(Some(Beside {
        title,
        rows: found.rows.iter().map(row).collect(),
        list: format!("/requests{}", query.address()),
        alone: page::address(id, Form::of_query(&visit.query).get("tab"), None),
        previous: around(&found.previous),
        next: around(&found.next),
    }))
}
