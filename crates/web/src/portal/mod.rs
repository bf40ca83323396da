//! The portal: where people report what is wrong, see how it goes, answer, agree and approve. Made for a phone first.

pub(crate) mod new;
pub(crate) mod request;
pub(crate) mod similar;

use crate::approvals::{self, Waiting};
use crate::home::{self, Brief};
use crate::lists::total;
use crate::shell::Shell;
use crate::visit::{Anybody, AnybodysForm, Visit};
use crate::{answer, requests};
use askama::Template;
use axum::response::Response;
use desk::paging::{self, Spot};
use desk::{DeskError, ListAsk, Place};
use http::StatusCode;
use model::filter::equals;
use model::{Filter, Module, Path, SortKey, Value};
use std::sync::Arc;

const ROWS: u64 = 20;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct PortalPage {
    shell: Shell,
    /// Asked for an agreement: solved, and not yet confirmed.
    solved: Vec<Brief>,
    open: Vec<Brief>,
    more_open: bool,
    closed: Vec<Brief>,
    approvals: Vec<Waiting>,
}

#[derive(Template)]
#[template(path = "portal/list.html")]
struct PortalList {
    shell: Shell,
    rows: Vec<Brief>,
    words: String,
    /// How many there are, and which of them these are.
    total: String,
    next: Option<String>,
    /// `open`, `closed` or empty for all.
    state: &'static str,
}

/// GET of `/portal`.
pub(crate) async fn show(Anybody(visit): Anybody) -> Response {
    visit.answered(home(&visit).await)
}

/// The portal's first page.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn home(visit: &Visit) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let is_solved = |s: &model::Record| s.id() == desk::SOLVED;
    let solved = of_statuses(visit, &place.module, is_solved);
    let open = of_statuses(visit, &place.module, |s| s.is("in_progress") && s.id() != desk::SOLVED);
    let closed = of_statuses(visit, &place.module, |s| !s.is("in_progress") && s.id() != desk::SOLVED);
    let (solved, _) = mine(visit, &place, solved, 10).await?;
    let (open, more_open) = mine(visit, &place, open, ROWS).await?;
    let (closed, _) = mine(visit, &place, closed, 5).await?;
    let shell = Shell::new(visit, visit.lang().text("portal.title"));
    let approvals = approvals::waiting(visit).await?;
    Ok(answer::page(StatusCode::OK, &PortalPage { shell, solved, open, more_open, closed, approvals }))
}

fn of_statuses(visit: &Visit, module: &Arc<Module>, test: impl Fn(&model::Record) -> bool) -> Filter {
    let statuses = visit.snapshot.rows("status").iter().filter(|s| test(s)).map(|s| Value::from(s.id()));
    equals(module, "status", statuses.collect())
}

/// The requests that the visitor asked for, or that were asked for on their behalf.
fn own(visit: &Visit, module: &Arc<Module>) -> Filter {
    let me = || vec![Value::from(visit.ctx.caller.user)];
    Filter::Any(vec![equals(module, "requester", me()), equals(module, "on_behalf_of", me())])
}

fn newest_first(module: &Arc<Module>) -> Option<SortKey> {
    Path::of(module, "created_time").map(|path| SortKey { path, descending: true })
}

async fn mine(
    visit: &Visit,
    place: &Place,
    filter: Filter,
    limit: u64,
) -> Result<(Vec<Brief>, bool), DeskError> {
    let mut ask = ListAsk::new(filter.and(own(visit, &place.module)), limit);
    ask.sort = newest_first(&place.module).into_iter().collect();
    let page = visit.desk().list(&visit.ctx, place, ask).await?;
    Ok((in_portal(home::briefs(visit, &page.records).await?), page.has_more))
}

/// Requests lead to their page in the portal.
fn in_portal(mut briefs: Vec<Brief>) -> Vec<Brief> {
    for brief in &mut briefs {
        brief.href = format!("/portal{}", brief.href);
    }
    briefs
}

/// GET of `/portal/requests`: all that somebody may see, with a search.
pub(crate) async fn list(Anybody(visit): Anybody) -> Response {
    visit.answered(list_page(&visit).await)
}

async fn list_page(visit: &Visit) -> Result<Response, DeskError> {
    let asked = crate::form::Form::of_query(&visit.query);
    let place = requests::place(visit)?;
    let state = ["open", "closed"].into_iter().find(|s| *s == asked.get("state")).unwrap_or("");
    let mut filter = match state {
        "open" => of_statuses(visit, &place.module, |s| s.is("in_progress")),
        "closed" => of_statuses(visit, &place.module, |s| !s.is("in_progress")),
        _ => Filter::everything(),
    };
    if visit.ctx.is_technician() {
        filter = filter.and(own(visit, &place.module));
    }
    let words = asked.get("q").trim().to_owned();
    let key = newest_first(&place.module);
    let mut ask = ListAsk::new(filter, ROWS);
    ask.find(&place.module, &words);
    let all = ask.clone();
    let mut is_first = true;
    if let Some(place_after) = Spot::read(asked.get("after")) {
        ask.filter = ask.filter.and(paging::behind(&place.module, key.as_ref(), &place_after));
        is_first = false;
    }
    ask.sort = key.into_iter().collect();
    let page = visit.desk().list(&visit.ctx, &place, ask).await?;
    let shown = total::Shown { rows: page.records.len(), is_first, is_last: !page.has_more };
    let total = total::said(visit, &place, all, shown).await?;
    let last = page.records.last().filter(|_| page.has_more);
    let next = last.map(|record| {
        let place = Spot { value: record.get("created_time").clone(), id: record.id() };
        let word = percent_encoding::utf8_percent_encode(&words, percent_encoding::NON_ALPHANUMERIC);
        format!("/portal/requests?state={state}&q={word}&after={place}")
    });
    let rows = in_portal(home::briefs(visit, &page.records).await?);
    let shell = Shell::new(visit, visit.lang().text("portal.my_requests"));
    Ok(answer::page(StatusCode::OK, &PortalList { shell, rows, words, total, next, state }))
}

/// POST of `/portal/decide`: the answer of somebody who was asked to approve.
pub(crate) async fn decide(AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(
        async {
            let place = requests::place(&visit)?;
            let request = requests::id_of(form.get("request"))?;
            let request = visit.desk().locate(&visit.ctx, &place, request).await?;
            let levels = place.below(request, visit.snapshot.module("approval_level")?.clone(), "request");
            match requests::act::decide(&visit, &levels, &form).await? {
                Ok(()) => Ok(visit.done("/portal", "decided")),
                Err(_) => Ok(visit.done("/portal", "not_decided")),
            }
        }
        .await,
    )
}
