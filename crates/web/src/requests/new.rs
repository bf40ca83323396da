//! A new request, as a technician takes it down for somebody.

use crate::form::{self, Form, Problems};
use crate::input::{self, Control, Filled};
use crate::shell::Shell;
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, once, requests};
use askama::Template;
use axum::response::Response;
use desk::{Context, DeskError, Purpose};
use http::StatusCode;
use model::Patch;

#[derive(Template)]
#[template(path = "requests/new.html")]
struct NewPage {
    shell: Shell,
    general: Vec<String>,
    /// What is asked first, what belongs to it, and the rest.
    main: Vec<Control>,
    side: Vec<Control>,
    more: Vec<Control>,
}

/// What is asked for first, and what stands beside it.
const MAIN: [&str; 3] = ["requester", "subject", "description"];
const SIDE: [&str; 12] = [
    "template",
    "status",
    "priority",
    "technician",
    "group",
    "category",
    "subcategory",
    "item",
    "request_type",
    "impact",
    "urgency",
    "site",
];
const NOWHERE: [&str; 8] = [
    "resolution.content",
    "resolution.add_to_linked_requests",
    "delete_pre_template_tasks",
    "created_time",
    "assets",
    "configuration_items",
    "update_reason",
    "status_change_comments",
];

/// GET of `/requests/new`.
pub(crate) async fn show(Technician(visit): Technician) -> Response {
    let asked = Form::of_query(&visit.query);
    visit.answered(page(&visit, Some(&asked), Problems::default()).await)
}

async fn page(visit: &Visit, entered: Option<&Form>, problems: Problems) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let module = &place.module;
    let empty = input::begun(module);
    let view = visit.desk().view(std::slice::from_ref(&empty), None).await?;
    let filled = Filled { record: &empty, view: &view, entered, problems: &problems };
    let (mut main, mut side, mut more) = (Vec::new(), Vec::new(), Vec::new());
    for path in MAIN.iter().chain(&SIDE) {
        let Some(leaf) = module.find(path) else { continue };
        let mut control = input::control(visit, leaf, filled).await?;
        if MAIN.contains(path) {
            control.is_required = matches!(*path, "requester" | "subject");
            main.push(control);
        } else {
            side.push(control);
        }
    }
    for leaf in module.leaves().iter().filter(|leaf| input::is_on_forms(leaf, true)) {
        let path = leaf.path.as_str();
        if !MAIN.contains(&path)
            && !SIDE.contains(&path)
            && !NOWHERE.contains(&path)
            && !path.starts_with("closure_info")
            && !path.starts_with("onhold")
        {
            more.push(input::control(visit, leaf, filled).await?);
        }
    }
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = Shell::new(visit, visit.lang().text("request.new"));
    Ok(answer::page(status, &NewPage { shell, general: problems.general, main, side, more }))
}

/// POST of `/requests/new`.
pub(crate) async fn add(TechniciansForm(mut visit, form): TechniciansForm) -> Response {
    let done = once::carried_out(&mut visit, form, |id| format!("/requests/{id}"), save).await;
    visit.answered(done)
}

async fn save(visit: &Visit, form: Form) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let reading = form::reading(&form.filled(), &place.module, &visit.times);
    let files = form.uploads(Purpose::Listed);
    let add =
        async |ctx: &Context, patch: &Patch| visit.desk().add_with_files(ctx, &place, patch, &files).await;
    match form::carry_out(visit, &place.module, reading, add).await? {
        Ok(done) => Ok(visit.done(&format!("/requests/{}", done.record.id()), "request_added")),
        Err(mut problems) => {
            problems.lift(visit, &place.module, |path| form.has(path));
            page(visit, Some(&form), problems).await
        }
    }
}
