//! The additional fields of requesters, as the requester API of HappyFox knows them: by numbers, with numbered options.

use crate::form::{self, Form, Problems};
use crate::input::Choice;
use crate::shell::Shell;
use crate::visit::{Administrator, AdministratorsForm, Visit};
use crate::{answer, show, texts::Lang};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::requesters::fields::{FieldKind, RequesterField, fields};
use desk::requesters::manage::{FieldInput, OptionInput};
use desk::{Context, DeskError};
use http::StatusCode;

#[derive(Template)]
#[template(path = "admin/requester_fields.html")]
struct FieldsPage {
    shell: Shell,
    rows: Vec<Row>,
    new: NewField,
    /// What speaks against the form of a field, or with 0 against the new one.
    problems: Problems,
    wrong: i64,
}

struct Row {
    id: i64,
    name: String,
    kind: String,
    has_options: bool,
    options: String,
    summary: String,
    is_mandatory: bool,
    is_first: bool,
    is_last: bool,
}

struct NewField {
    name: String,
    kinds: Vec<Choice>,
    options: String,
    is_mandatory: bool,
}

fn kind(lang: Lang, kind: FieldKind) -> &'static str {
    lang.text(match kind {
        FieldKind::Text => "field.text",
        FieldKind::Dropdown => "field.dropdown",
        FieldKind::MultiSelect => "field.multi_select",
        FieldKind::Date => "field.date",
        FieldKind::Number => "field.number",
    })
}

/// GET of `/admin/requester_fields`.
pub(crate) async fn list(Administrator(visit): Administrator) -> Response {
    visit.answered(Ok(page(&visit, &Form::default(), 0, Problems::default())))
}

fn page(visit: &Visit, form: &Form, wrong: i64, problems: Problems) -> Response {
    let lang = visit.lang();
    let all = fields(&visit.desk().snapshot());
    let last = all.len().saturating_sub(1);
    let row = |(at, field): (usize, &RequesterField)| {
        let entered = (wrong == field.id && !problems.is_empty()).then_some(form);
        let lines: Vec<String> = field.options.iter().map(|(id, name)| format!("{id}={name}")).collect();
        let names: Vec<&str> = field.options.iter().map(|(_, name)| name.as_str()).collect();
        Row {
            id: field.id,
            name: entered.map_or_else(|| field.name.clone(), |form| form.get("name").to_owned()),
            kind: kind(lang, field.kind).to_owned(),
            has_options: matches!(field.kind, FieldKind::Dropdown | FieldKind::MultiSelect),
            options: entered.map_or_else(|| lines.join("\n"), |form| form.get("options").to_owned()),
            summary: show::beginning(&names.join(", "), 120),
            is_mandatory: field.mandatory,
            is_first: at == 0,
            is_last: at == last,
        }
    };
    let chosen = form.given("kind").unwrap_or("text");
    let choice = |one: FieldKind| Choice {
        is_chosen: one.word() == chosen,
        ..Choice::new(one.word(), kind(lang, one))
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FieldsPage {
        shell: Shell::new(visit, lang.text("noun.requester_fields")),
        rows: all.iter().enumerate().map(row).collect(),
        new: NewField {
            name: if wrong == 0 { form.get("name").to_owned() } else { String::new() },
            kinds: FieldKind::ALL.map(choice).into(),
            options: if wrong == 0 { form.get("options").to_owned() } else { String::new() },
            is_mandatory: wrong == 0 && form.get("mandatory") == "true",
        },
        problems,
        wrong,
    };
    answer::page(status, &page)
}

/// What a form says of a field. An option is its name, or its number, `=` and its name.
fn input(form: &Form) -> FieldInput {
    let option = |line: &str| match line.split_once('=').map(|(id, name)| (id.trim().parse(), name.trim())) {
        Some((Ok(id), name)) => OptionInput { id: Some(id), name: name.to_owned() },
        _ => OptionInput { id: None, name: line.to_owned() },
    };
    let lines = form.get("options").lines().map(str::trim).filter(|line| !line.is_empty());
    let options: Vec<OptionInput> = lines.map(option).collect();
    FieldInput {
        id: None,
        name: Some(form.get("name").to_owned()),
        kind: FieldKind::of_word(form.get("kind")),
        mandatory: form.has("mandatory").then(|| form.get("mandatory") == "true"),
        options: (form.has("options") && !options.is_empty()).then_some(options),
        order: None,
    }
}

/// POST of `/admin/requester_fields`: a new field.
pub(crate) async fn add(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    visit.answered(
        async {
            let added = visit.desk().add_requester_field(&visit.ctx, &input(&form)).await.map(drop);
            answered(&visit, &form, 0, added, "added")
        }
        .await,
    )
}

/// POST of `/admin/requester_fields/{id}/{act}`.
pub(crate) async fn act(
    Path((id, act)): Path<(i64, String)>,
    AdministratorsForm(visit, form): AdministratorsForm,
) -> Response {
    visit.answered(
        async {
            let (desk, ctx) = (visit.desk(), &visit.ctx);
            let (done, said) = match act.as_str() {
                "change" => {
                    let input = FieldInput { kind: None, ..input(&form) };
                    (desk.change_requester_field(ctx, id, &input).await.map(drop), "saved")
                }
                "up" => (shift(&visit, ctx, id, -1).await, "saved"),
                "down" => (shift(&visit, ctx, id, 1).await, "saved"),
                "remove" => (desk.remove_requester_field(ctx, id).await, "deleted"),
                _ => return Err(DeskError::NotFound),
            };
            answered(&visit, &form, id, done, said)
        }
        .await,
    )
}

async fn shift(visit: &Visit, ctx: &Context, id: i64, by: isize) -> Result<(), DeskError> {
    let all = fields(&visit.desk().snapshot());
    let at = all.iter().position(|field| field.id == id).ok_or(DeskError::NotFound)?;
    let order = at.saturating_add_signed(by) + 1;
    let input =
        FieldInput { id: None, name: None, kind: None, mandatory: None, options: None, order: Some(order) };
    visit.desk().change_requester_field(ctx, id, &input).await.map(drop)
}

fn answered(
    visit: &Visit,
    form: &Form,
    id: i64,
    done: Result<(), DeskError>,
    said: &str,
) -> Result<Response, DeskError> {
    let module = visit.snapshot.module("udf_field")?.clone();
    match form::refused(visit, &module, done)? {
        Ok(()) => Ok(visit.done("/admin/requester_fields", said)),
        Err(problems) => Ok(page(visit, form, id, problems)),
    }
}
