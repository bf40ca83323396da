//! A type of CI: its place among the types, and its attributes, those of its own and those that it has from the types above
//! it. Attributes are added, changed and removed here.

use super::field_form::{self, FieldForm};
use crate::form::{Form, Problems, refused};
use crate::records::{edit, page};
use crate::shell::Shell;
use crate::visit::{Administrator, AdministratorsForm, Technician, Visit};
use crate::{answer, names, requests, show};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, Place, Verb};
use http::StatusCode;
use model::{Id, Record};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "admin/ci_type.html")]
struct TypePage {
    shell: Shell,
    base: String,
    api_name: String,
    description: String,
    /// From the top down to the type itself: name and address.
    line: Vec<(String, String)>,
    below: Vec<(String, String)>,
    /// The list of its CIs.
    cis: Option<String>,
    /// The attributes of each type of the line, the type's own first: whose, and what.
    attributes: Vec<Inherited>,
    can_edit: bool,
    new: FieldForm,
    /// Whether the form of a new attribute is open.
    is_adding: bool,
    problems: Vec<String>,
}

/// The attributes that come from one type.
struct Inherited {
    of: String,
    href: String,
    is_own: bool,
    rows: Vec<Row>,
}

struct Row {
    id: Id,
    name: String,
    key: String,
    kind: String,
    options: String,
    is_mandatory: bool,
    /// Its form, open where something was wrong with it.
    form: Option<FieldForm>,
    is_open: bool,
}

/// GET of `/admin/ci_types/{id}`; its history is that of any record.
pub(crate) async fn show(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    visit.answered(
        async {
            let id = requests::id_of(&id)?;
            if Form::of_query(&visit.query).get("tab") == "history" {
                return page::render(&visit, "ci_types", id, None).await;
            }
            render(&visit, id, Came::default())
        }
        .await,
    )
}

/// GET of `/admin/ci_types/new`: as of any record.
pub(crate) async fn new_type(Administrator(visit): Administrator) -> Response {
    visit.answered(edit::new_page(&visit, "ci_types").await)
}

/// POST of `/admin/ci_types/new`.
pub(crate) async fn add_type(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    edit::added(visit, form, "ci_types").await
}

/// What a form of the page brought: which attribute it is about, none for a new one.
#[derive(Default)]
struct Came {
    about: Option<Id>,
    form: Option<Form>,
    problems: Problems,
}

fn href(row: &Record) -> String {
    format!("/admin/ci_types/{}", row.id())
}

fn name(row: &Record) -> String {
    row.text("display_name").unwrap_or(row.title()).to_owned()
}

/// A type and those above it, nearest first.
fn lineage(visit: &Visit, of: &Arc<Record>) -> Vec<Arc<Record>> {
    let mut line = vec![of.clone()];
    while let Some(above) = line.last().and_then(|t| t.reference("parent")) {
        match visit.snapshot.record_of("ci_type", above) {
            Some(row) if !line.iter().any(|known| known.id() == row.id()) => line.push(row.clone()),
            _ => break,
        }
    }
    line
}

fn render(visit: &Visit, id: Id, came: Came) -> Result<Response, DeskError> {
    let row = visit.snapshot.record_of("ci_type", id).cloned().ok_or(DeskError::NotFound)?;
    let module = visit.snapshot.module("ci_type")?;
    let can_edit = crate::records::may(visit, module, Verb::Update);
    let line = lineage(visit, &row);
    let mut below: Vec<(String, String)> = visit
        .snapshot
        .rows("ci_type")
        .iter()
        .filter(|other| other.reference("parent") == Some(id))
        .map(|other| (name(other), href(other)))
        .collect();
    below.sort();
    let is_bad = !came.problems.is_empty();
    let attributes = line.iter().map(|of| inherited(visit, of, id, can_edit, &came)).collect();
    let is_adding = is_bad && came.about.is_none();
    let entered = came.form.as_ref().filter(|_| is_adding);
    let general = came.problems.general.clone();
    let new_problems = if is_adding { came.problems } else { Problems::default() };
    let page = TypePage {
        shell: Shell::new(visit, &name(&row)),
        base: href(&row),
        api_name: row.title().to_owned(),
        description: row.text("description").unwrap_or("").to_owned(),
        line: line.iter().skip(1).rev().map(|row| (name(row), href(row))).collect(),
        below,
        cis: visit.snapshot.catalogue.module(row.title()).map(|own| names::list(own)),
        attributes,
        can_edit,
        new: FieldForm::of(visit, None, true, entered, new_problems),
        is_adding,
        problems: general,
    };
    let status = if is_bad { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(answer::page(status, &page))
}

fn inherited(visit: &Visit, of: &Arc<Record>, shown: Id, can_edit: bool, came: &Came) -> Inherited {
    let is_own = of.id() == shown;
    let fields = visit.snapshot.rows("udf_field").iter();
    let row = |field: &Arc<Record>| {
        let is_open = came.about == Some(field.id());
        let problems = if is_open { came.problems.clone() } else { Problems::default() };
        let entered = came.form.as_ref().filter(|_| is_open);
        let form = FieldForm::of(visit, Some(field), true, entered, problems);
        Row {
            id: field.id(),
            name: field.text("display_name").unwrap_or(field.title()).to_owned(),
            key: field.text("field_key").unwrap_or("").to_owned(),
            kind: visit.lang().label(field.text("field_type").unwrap_or("")),
            options: show::beginning(&form.value("options").replace('\n', ", "), 100),
            is_mandatory: field.is("mandatory"),
            form: (is_own && can_edit).then_some(form),
            is_open,
        }
    };
    Inherited {
        of: name(of),
        href: href(of),
        is_own,
        rows: fields.filter(|field| field.reference("ci_type") == Some(of.id())).map(row).collect(),
    }
}

/// POST of `/admin/ci_types/{id}/attributes`: a new attribute.
pub(crate) async fn add(
    Path(id): Path<String>,
    AdministratorsForm(visit, form): AdministratorsForm,
) -> Response {
    visit.answered(
        async {
            let id = requests::id_of(&id)?;
            visit.snapshot.record_of("ci_type", id).ok_or(DeskError::NotFound)?;
            match field_form::save_new(&visit, &form, Some(id)).await? {
                Ok(_) => Ok(visit.done(&format!("/admin/ci_types/{id}"), "added")),
                Err(problems) => render(&visit, id, Came { about: None, form: Some(form), problems }),
            }
        }
        .await,
    )
}

/// POST of `/admin/ci_types/{id}/attributes/{attribute}/{act}`.
pub(crate) async fn act(
    Path((id, attribute, act)): Path<(String, String, String)>,
    AdministratorsForm(visit, form): AdministratorsForm,
) -> Response {
    visit.answered(run(&visit, form, &id, &attribute, &act).await)
}

async fn run(visit: &Visit, form: Form, id: &str, attribute: &str, act: &str) -> Result<Response, DeskError> {
    let (id, attribute) = (requests::id_of(id)?, requests::id_of(attribute)?);
    let row = visit.snapshot.record_of("ci_attribute", attribute).cloned();
    let row = row.filter(|row| row.reference("ci_type") == Some(id)).ok_or(DeskError::NotFound)?;
    let place = Place::top(visit.snapshot.module("ci_attribute")?.clone());
    let (done, said) = match act {
        "change" => (field_form::save(visit, &form, &row, true).await?, "saved"),
        "remove" => {
            let removed = visit.desk().delete(&visit.ctx, &place, attribute).await;
            (refused(visit, &place.module, removed)?, "deleted")
        }
        _ => return Err(DeskError::NotFound),
    };
    match done {
        Ok(()) => Ok(visit.done(&format!("/admin/ci_types/{id}"), said)),
        Err(problems) => render(visit, id, Came { about: Some(attribute), form: Some(form), problems }),
    }
}

/// GET of `/admin/ci_types/{id}/attributes`: they are on the type's page.
pub(crate) async fn elsewhere(Administrator(_): Administrator, Path(id): Path<String>) -> Response {
    answer::on_to(&format!("/admin/ci_types/{id}"))
}
