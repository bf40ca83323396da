//! The form of an additional field: of a module, or as an attribute of a type of CI. What the API has as lists of objects
//! (options, limits, what it refers to) is here what people fill in.

use crate::form::{self, Form, Problems};
use crate::input::Choice;
use crate::shell::Shell;
use crate::visit::{Administrator, AdministratorsForm, Visit};
use crate::{answer, names, requests};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, Place};
use http::StatusCode;
use model::{Id, Module, Patch, Record};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use wire::reader::{self, Reading};

#[derive(Template)]
#[template(path = "admin/field.html")]
struct FieldPage {
    shell: Shell,
    action: String,
    back: String,
    back_label: String,
    form: FieldForm,
}

/// The inputs of a field, filled in.
pub(crate) struct FieldForm {
    pub is_new: bool,
    /// Of a module's field: the modules to choose from. None for an attribute.
    pub modules: Vec<Choice>,
    pub types: Vec<Choice>,
    pub targets: Vec<Choice>,
    values: Vec<(&'static str, String)>,
    pub problems: Problems,
}

/// The kinds of field that people choose from, in the order in which they are offered (setup.md section 12).
const TYPES: [&str; 19] = [
    "Single Line",
    "Multi Line",
    "Pick List",
    "Radio Button",
    "Multi Select",
    "Check Box",
    "Numeric Field",
    "Decimal",
    "Currency",
    "Boolean",
    "Date",
    "Date/Time",
    "E-mail",
    "Phone",
    "URL",
    "IP Address",
    "Lookup",
    "Multi Lookup",
    "Auto Number",
];

/// Inputs that are texts, and the limits among them: the names of constraints.
const LIMITS: [&str; 5] = ["min_length", "max_length", "min_value", "max_value", "regex"];

impl FieldForm {
    /// The form of a new field, or of one that is there; over it what was entered.
    pub fn of(
        visit: &Visit,
        row: Option<&Record>,
        is_attribute: bool,
        entered: Option<&Form>,
        problems: Problems,
    ) -> Self {
        let stored = |path: &str| row.and_then(|row| row.text(path)).unwrap_or("").to_owned();
        let json = |path: &str| serde_json::from_str::<Json>(&stored(path)).unwrap_or(Json::Null);
        let mut values: Vec<(&'static str, String)> = vec![
            ("name", stored("name")),
            ("description", stored("description")),
            ("field_type", stored("field_type")),
            ("module", stored("module.name")),
            ("options", options_text(&json("allowed_values"))),
            ("default", plain(&json("default_value"))),
            ("target", plain(&json("reference_entity"))),
            ("mandatory", row.is_some_and(|row| row.is("mandatory")).to_string()),
            ("unique", row.is_some_and(|row| row.is("unique")).to_string()),
        ];
        let constraints = json("constraints");
        for name in LIMITS {
            let all = constraints.as_array().map(Vec::as_slice).unwrap_or_default();
            let found = all.iter().find(|c| c["constraint_name"] == name);
            values.push((name, found.map(|c| plain(&c["constraint_value"])).unwrap_or_default()));
        }
        if let Some(form) = entered {
            for (name, value) in values.iter_mut().filter(|(name, _)| form.has(name)) {
                form.get(name).clone_into(value);
            }
        }
        let mut this = Self {
            is_new: row.is_none(),
            modules: Vec::new(),
            types: Vec::new(),
            targets: Vec::new(),
            values,
            problems,
        };
        let lang = visit.lang();
        let chosen = this.value("field_type").to_owned();
        this.types = TYPES
            .iter()
            .map(|name| Choice { is_chosen: *name == chosen, ..Choice::new(*name, lang.label(name)) })
            .collect();
        let modules = visit.snapshot.catalogue.modules();
        if !is_attribute {
            let chosen = Some(this.value("module")).filter(|m| !m.is_empty()).unwrap_or("request").to_owned();
            let extensible = modules.iter().filter(|m| m.extensible && m.fixed.is_none());
            this.modules = choices(visit, extensible, &chosen);
        }
        let chosen = this.value("target").to_owned();
        this.targets = choices(visit, modules.iter().filter(|m| m.top_level && m.fixed.is_none()), &chosen);
        this
    }

    /// What an input holds.
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value.as_str())
    }
    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.value(name) == "true"
    }
    /// Whether it is of a kind that has options to choose from.
    pub fn has_options(&self) -> bool {
        matches!(self.value("field_type"), "Pick List" | "Radio Button" | "Multi Select" | "Check Box")
    }
    /// What is wrong with an input.
    pub fn problem(&self, name: &str) -> Option<&str> {
        self.problems.of(name)
    }
}

fn choices<'m>(visit: &Visit, modules: impl Iterator<Item = &'m Arc<Module>>, chosen: &str) -> Vec<Choice> {
    let choice = |module: &Arc<Module>| Choice {
        is_chosen: module.name == chosen,
        ..Choice::new(module.name.as_ref(), names::of(visit.lang(), &module.plural))
    };
    let mut all: Vec<Choice> = modules.map(choice).collect();
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all
}

fn options_text(options: &Json) -> String {
    let all = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let current = all.iter().filter(|option| option["former"] != true);
    let names: Vec<String> = current.map(plain).collect();
    names.join("\n")
}

/// A value as an input holds it, whichever of the API's ways it is wrapped in.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        Json::Object(object) => {
            object.get("value").or_else(|| object.get("name")).map(plain).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// What a form says, in the words of the API.
fn reading(form: &Form, module: &Module, known: Option<&Record>, of_type: Option<Id>) -> Reading {
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
    let text = |name: &str| form.given(name).map_or(Json::Null, |text| json!(text));
    put("name", text("name"));
    put("display_name", text("name"));
    put("description", text("description"));
    put("mandatory", json!(form.get("mandatory") == "true"));
    let is_new = known.is_none();
    if is_new {
        put("field_type", text("field_type"));
        put("unique", json!(form.get("unique") == "true"));
        if let Some(target) = form.given("target") {
            put("reference_entity", json!({"name": target}));
        }
        match of_type {
            Some(of_type) => put("ci_type", json!({"id": of_type.to_string()})),
            None => put("module", json!({"name": form.get("module")})),
        };
    }
    let options: Vec<&str> =
        form.get("options").lines().map(str::trim).filter(|option| !option.is_empty()).collect();
    if form.has("options") && (!options.is_empty() || !is_new) {
        put("allowed_values", options.into_iter().map(|option| json!({"value": option})).collect());
    }
    if form.has("default") {
        put("default_value", text("default"));
    }
    // What the form does not know of stays.
    let before = known.and_then(|row| row.text("constraints")).and_then(|t| serde_json::from_str(t).ok());
    let mut constraints: Vec<Json> = before.unwrap_or_default();
    constraints.retain(|c: &Json| !LIMITS.iter().any(|name| c["constraint_name"] == *name));
    let given = LIMITS.iter().filter_map(|name| Some((name, form.given(name)?)));
    constraints
        .extend(given.map(|(name, value)| json!({"constraint_name": name, "constraint_value": value})));
    if !constraints.is_empty() || !is_new {
        put("constraints", Json::Array(constraints));
    }
    reader::read(module, &object)
}

/// The inputs under the fields' names, where they are called otherwise.
fn beside_inputs(problems: Problems) -> Problems {
    problems.renamed(&[
        ("allowed_values", "options"),
        ("default_value", "default"),
        ("reference_entity", "target"),
        ("constraints", "regex"),
        ("field_key", "name"),
        ("display_name", "name"),
        ("module.name", "module"),
        ("unique", "name"),
    ])
}

/// Adds a field, or as an attribute of a type.
///
/// # Errors
/// Everything but what speaks against the input.
pub(crate) async fn save_new(
    visit: &Visit,
    form: &Form,
    of_type: Option<Id>,
) -> Result<Result<Id, Problems>, DeskError> {
    let name = if of_type.is_some() { "ci_attribute" } else { "udf_field" };
    let place = Place::top(visit.snapshot.module(name)?.clone());
    let reading = reading(form, &place.module, None, of_type);
    let add = async |ctx: &Context, patch: &Patch| {
        visit.desk().add(ctx, &place, patch).await.map(|done| done.record.id())
    };
    let done = form::carry_out(visit, &place.module, reading, add).await?;
    Ok(done.map_err(beside_inputs))
}

/// Changes a field.
///
/// # Errors
/// As [`save_new`].
pub(crate) async fn save(
    visit: &Visit,
    form: &Form,
    row: &Record,
    is_attribute: bool,
) -> Result<Result<(), Problems>, DeskError> {
    let name = if is_attribute { "ci_attribute" } else { "udf_field" };
    let place = Place::top(visit.snapshot.module(name)?.clone());
    let reading = reading(form, &place.module, Some(row), None);
    let edit =
        async |ctx: &Context, patch: &Patch| visit.desk().edit(ctx, &place, row.id(), patch).await.map(drop);
    let done = form::carry_out(visit, &place.module, reading, edit).await?;
    Ok(done.map_err(beside_inputs))
}

const LIST: &str = "/admin/udf_fields";

/// GET of `/admin/udf_fields/new`.
pub(crate) async fn new(Administrator(visit): Administrator) -> Response {
    let asked = Form::of_query(&visit.query);
    visit.answered(Ok(page(&visit, None, Some(&asked), Problems::default())))
}

/// GET of `/admin/udf_fields/{id}/edit`.
pub(crate) async fn edit(Administrator(visit): Administrator, Path(id): Path<String>) -> Response {
    visit.answered(async { Ok(page(&visit, Some(&*row(&visit, &id)?), None, Problems::default())) }.await)
}

fn row(visit: &Visit, id: &str) -> Result<Arc<Record>, DeskError> {
    let id = requests::id_of(id)?;
    visit.snapshot.record_of("udf_field", id).cloned().ok_or(DeskError::NotFound)
}

fn page(visit: &Visit, row: Option<&Record>, entered: Option<&Form>, problems: Problems) -> Response {
    let lang = visit.lang();
    let one = names::of(lang, "udf_field");
    let title = match row {
        Some(row) => row.title().to_owned(),
        None => lang.say("record.new", &[("what", &one)]),
    };
    let (action, back, back_label) = match row {
        Some(row) => (format!("{LIST}/{}/edit", row.id()), format!("{LIST}/{}", row.id()), one),
        None => (format!("{LIST}/new"), LIST.to_owned(), names::of(lang, "udf_fields")),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FieldPage {
        shell: Shell::new(visit, &title),
        action,
        back,
        back_label,
        form: FieldForm::of(visit, row, false, entered, problems),
    };
    answer::page(status, &page)
}

/// POST of `/admin/udf_fields/new`.
pub(crate) async fn add(AdministratorsForm(visit, form): AdministratorsForm) -> Response {
    visit.answered(
        async {
            match save_new(&visit, &form, None).await? {
                Ok(id) => Ok(visit.done(&format!("{LIST}/{id}"), "added")),
                Err(problems) => Ok(page(&visit, None, Some(&form), problems)),
            }
        }
        .await,
    )
}

/// POST of `/admin/udf_fields/{id}/edit`.
pub(crate) async fn change(
    Path(id): Path<String>,
    AdministratorsForm(visit, form): AdministratorsForm,
) -> Response {
    visit.answered(
        async {
            let row = row(&visit, &id)?;
            match save(&visit, &form, &row, false).await? {
                Ok(()) => Ok(visit.done(&format!("{LIST}/{}", row.id()), "saved")),
                Err(problems) => Ok(page(&visit, Some(&row), Some(&form), problems)),
            }
        }
        .await,
    )
}
