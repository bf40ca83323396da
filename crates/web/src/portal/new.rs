//! Reporting something: one short form.

use crate::form::{self, Form, Problems};
use crate::input::{self, Control, Filled};
use crate::portal::similar;
use crate::shell::Shell;
use crate::statics::{self, Asset};
use crate::visit::{Anybody, AnybodysForm, Visit};
use crate::{answer, once, requests};
use askama::Template;
use axum::response::Response;
use desk::{Context, DeskError, Purpose};
use http::StatusCode;
use model::{Patch, Record};

#[derive(Template)]
#[template(path = "portal/new.html")]
struct ReportPage {
    shell: Shell,
    general: Vec<String>,
    main: Vec<Control>,
    more: Vec<Control>,
    is_more_open: bool,
    /// What was solved before and is like it: a part of the page.
    similar: String,
    script: &'static str,
}

/// What is asked, and what may be said besides.
const MAIN: [&str; 2] = ["subject", "description"];
const MORE: [&str; 6] = ["category", "subcategory", "urgency", "impact", "site", "template"];

/// GET of `/portal/new`.
pub(crate) async fn show(Anybody(visit): Anybody) -> Response {
    let asked = Form::of_query(&visit.query).only(&["subject"]);
    visit.answered(page(&visit, Some(&asked), Problems::default()).await)
}

async fn page(visit: &Visit, entered: Option<&Form>, problems: Problems) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let empty = Record::new(place.module.clone());
    let view = visit.desk().view(std::slice::from_ref(&empty), None).await?;
    let filled = Filled { record: &empty, view: &view, entered, problems: &problems };
    let mut controls = [Vec::new(), Vec::new()];
    for (list, paths) in controls.iter_mut().zip([MAIN.as_slice(), MORE.as_slice()]) {
        for leaf in paths.iter().filter_map(|path| place.module.find(path)) {
            list.push(input::control(visit, leaf, filled).await?);
        }
    }
    let [main, mut more] = controls;
    more.retain(|control| !control.choices.is_empty());
    let is_more_open = more.iter().any(|c| c.problem.is_some());
    let texts = entered.map(|form| format!("{} {}", form.get("subject"), form.get("description")));
    let found = similar::of(visit, &texts.unwrap_or_default()).await?;
    let similar = similar::part(visit.lang(), &found).map_err(|e| DeskError::Internal(e.to_string()))?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = Shell::new(visit, visit.lang().text("portal.report"));
    let script = statics::path(Asset::Similar);
    let general = problems.general;
    Ok(answer::page(status, &ReportPage { shell, general, main, more, is_more_open, similar, script }))
}

/// POST of `/portal/new`.
pub(crate) async fn add(AnybodysForm(mut visit, form): AnybodysForm) -> Response {
    let done = once::carried_out(&mut visit, form, |id| format!("/portal/requests/{id}"), save).await;
    visit.answered(done)
}

async fn save(visit: &Visit, form: Form) -> Result<Response, DeskError> {
    if form.get("do") == "similar" {
        return page(visit, Some(&form), Problems::default()).await;
    }
    let place = requests::place(visit)?;
    let asked = form.filled().only(&[&MAIN[..], &MORE[..]].concat());
    let reading = form::reading(&asked, &place.module, &visit.times);
    let files = form.uploads(Purpose::Listed);
    let add =
        async |ctx: &Context, patch: &Patch| visit.desk().add_with_files(ctx, &place, patch, &files).await;
    match form::carry_out(visit, &place.module, reading, add).await? {
        Ok(done) => Ok(visit.done(&format!("/portal/requests/{}", done.record.id()), "reported")),
        Err(mut problems) => {
            problems.lift(visit, &place.module, |path| MAIN.contains(&path) || MORE.contains(&path));
            page(visit, Some(&form), problems).await
        }
    }
}
