//! The list of requests.

use crate::input::Choice;
use crate::lists::query::Query;
use crate::lists::{self, Asked, List};
use crate::shell::Shell;
use crate::views::{self, Refused, Views};
use crate::visit::{Technician, Visit};
use crate::{answer, input, live, requests};
use askama::Template;
use axum::response::Response;
use desk::DeskError;

#[derive(Template)]
#[template(path = "requests/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    views: Views,
    /// The module's path, under which views are kept.
    module: &'static str,
    /// What several requests can be given at once.
    statuses: Vec<Choice>,
    priorities: Vec<Choice>,
    groups: Vec<Choice>,
    /// None where there are too many for a list, so that a name is typed.
    technicians: Option<Vec<Choice>>,
    is_trash: bool,
    /// The first request of the page with the list beside it.
    split: Option<String>,
}

/// GET of `/requests`.
pub(crate) async fn show(Technician(visit): Technician) -> Response {
    visit.answered(page(&visit, None).await)
}

/// The page, with a form for a view that was not accepted.
///
/// # Errors
/// As for reading the list.
pub(crate) async fn page(visit: &Visit, refused: Option<Refused>) -> Result<Response, DeskError> {
    let mark = live::mark(visit).await?;
    let place = requests::place(visit)?;
    let query = Query::read(&visit.query);
    let views = Views { refused, ..views::of(visit, &place.module, "/requests", "", &query).await? };
    let is_trash = query.get("in") == Some("Trash");
    let narrowed = views::narrowed(visit, &place.module, &query);
    let list = lists::list(visit, Asked { place: &place, base: "/requests", narrowed, query }).await?;
    let technicians = input::technicians(visit).await?;
    let here = list.query.to_string();
    let split = list.rows.first().map(|row| super::page::address(row.id, "", Some(&here)));
    let mut shell = Shell::new(visit, &views.title).hearing("/requests", mark);
    shell.words.clone_from(&list.words);
    let status = views.status();
    let page = ListPage {
        shell,
        list,
        views,
        module: "requests",
        statuses: lookup(visit, "status"),
        priorities: lookup(visit, "priority"),
        groups: lookup(visit, "support_group"),
        technicians: technicians
            .map(|all| all.iter().map(|t| Choice::new(t.id().to_string(), t.title())).collect()),
        is_trash,
        split,
    };
    Ok(answer::page(status, &page))
}

fn lookup(visit: &Visit, module: &str) -> Vec<Choice> {
    let rows = visit.snapshot.rows(module).iter().filter(|row| !desk::is_gone(row));
    rows.map(|row| Choice::new(row.id().to_string(), row.title())).collect()
}

/// GET of `/requests.csv`: the list as a file, whatever page of it.
pub(crate) async fn export(Technician(visit): Technician) -> Response {
    visit.answered(file(&visit).await)
}

async fn file(visit: &Visit) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let query = Query::read(&visit.query);
    let narrowed = views::narrowed(visit, &place.module, &query);
    let asked = Asked { place: &place, base: "/requests", narrowed, query };
    let bytes = lists::export::file(visit, asked).await?;
    Ok(answer::file("requests.csv", "text/csv; charset=utf-8", bytes))
}
