//! The priority matrix as what it is: a grid of impacts and urgencies, each cell a priority, edited where it stands.

use crate::answer;
use crate::form::{self, Form, Problems};
use crate::input::Choice;
use crate::shell::Shell;
use crate::visit::{Administrator, AdministratorsForm, Visit};
use askama::Template;
use axum::response::Response;
use desk::{Context, DeskError, Place};
use http::StatusCode;
use model::{Id, Patch, Record};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "admin/matrix.html")]
struct MatrixPage {
    shell: Shell,
    impacts: Vec<String>,
    rows: Vec<Row>,
    problems: Problems,
}

struct Row {
    urgency: String,
    cells: Vec<Cell>,
}

struct Cell {
    /// The name of the input: both ids.
    name: String,
    impact: String,
    color: Option<String>,
    choices: Vec<Choice>,
}

fn usable(visit: &Visit, module: &str) -> Vec<Arc<Record>> {
    visit.snapshot.rows(module).iter().filter(|row| !desk::is_gone(row)).cloned().collect()
}

/// The rule of an impact and an urgency.
fn rule(visit: &Visit, impact: Id, urgency: Id) -> Option<Arc<Record>> {
    let rules = visit.snapshot.rows("priority_matrix").iter();
    let mut mine = rules.filter(|rule| {
        rule.reference("impact") == Some(impact) && rule.reference("urgency") == Some(urgency)
    });
    mine.next().cloned()
}

/// GET of `/admin/priority_matrices`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(Ok(page(&visit, Problems::default())))
}

fn page(visit: &Visit, problems: Problems) -> Response {
    let (impacts, urgencies, priorities) =
        (usable(visit, "impact"), usable(visit, "urgency"), usable(visit, "priority"));
    let cell = |urgency: &Arc<Record>, impact: &Arc<Record>| {
        let chosen = rule(visit, impact.id(), urgency.id()).and_then(|rule| rule.reference("priority"));
        let color = chosen.and_then(|id| visit.snapshot.record(id)).and_then(|row| row.text("color"));
        let choice = |row: &Arc<Record>| Choice {
            is_chosen: chosen == Some(row.id()),
            ..Choice::new(row.id().to_string(), row.title())
        };
        Cell {
            name: format!("{}.{}", impact.id(), urgency.id()),
            impact: impact.title().to_owned(),
            color: color.map(str::to_owned),
            choices: priorities.iter().map(choice).collect(),
        }
    };
    let row = |urgency: &Arc<Record>| Row {
        urgency: urgency.title().to_owned(),
        cells: impacts.iter().map(|impact| cell(urgency, impact)).collect(),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = MatrixPage {
        shell: Shell::new(visit, visit.lang().text("noun.priority_matrices")),
        rows: urgencies.iter().map(row).collect(),
        impacts: impacts.iter().map(|impact| impact.title().to_owned()).collect(),
        problems,
    };
    answer::page(status, &page)
}

/// POST of `/admin/priority_matrices`: what differs from what the page showed.
pub(crate) async fn set(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    visit.answered(
        async {
            let changed = form.changed();
            for (name, value) in changed.pairs() {
                let Some((impact, urgency)) = name.split_once('.') else { continue };
                let (Ok(impact), Ok(urgency)) = (impact.parse(), urgency.parse()) else { continue };
                if let Err(problems) = set_one(&visit, impact, urgency, value).await? {
                    return Ok(page(&visit, problems));
                }
            }
            Ok(visit.done("/admin/priority_matrices", "saved"))
        }
        .await,
    )
}

async fn set_one(
    visit: &Visit,
    impact: Id,
    urgency: Id,
    priority: &str,
) -> Result<Result<(), Problems>, DeskError> {
    let place = Place::top(visit.snapshot.module("priority_matrix")?.clone());
    let module = place.module.clone();
    let known = rule(visit, impact, urgency);
    if priority.is_empty() {
        let Some(known) = known else { return Ok(Ok(())) };
        let gone = visit.desk().delete(&visit.ctx, &place, known.id()).await;
        return form::refused(visit, &module, gone);
    }
    let mut input = Form::default();
    input.set("priority", priority);
    if let Some(known) = known {
        let reading = form::reading(&input, &module, &visit.times);
        let edit = async |ctx: &Context, patch: &Patch| {
            visit.desk().edit(ctx, &place, known.id(), patch).await.map(drop)
        };
        return form::carry_out(visit, &module, reading, edit).await.map(whole);
    }
    input.set("impact", &impact.to_string());
    input.set("urgency", &urgency.to_string());
    let reading = form::reading(&input, &module, &visit.times);
    let add = async |ctx: &Context, patch: &Patch| visit.desk().add(ctx, &place, patch).await.map(drop);
    form::carry_out(visit, &module, reading, add).await.map(whole)
}

/// The grid has no place beside each of its inputs.
fn whole(done: Result<(), Problems>) -> Result<(), Problems> {
    done.map_err(Problems::on_top)
}
