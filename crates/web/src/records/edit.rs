//! The form of a record of any module: a new one, or one that is there.

use super::page::first;
use super::{loans, may, place_at, place_of};
use crate::form::{self, Edit, Form, Problems};
use crate::input::{self, Control, Filled};
use crate::shell::Shell;
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, names, once, requests, rich, show, undo};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, Place, Verb};
use http::StatusCode;
use model::{Id, Module, Patch, Record};

#[derive(Template)]
#[template(path = "records/form.html")]
pub(super) struct FormPage {
    pub shell: Shell,
    /// Where the form goes.
    pub action: String,
    /// Where the record is deleted, for forms that offer it.
    pub delete: Option<String>,
    pub back: String,
    pub back_label: String,
    pub title: String,
    pub general: Vec<String>,
    pub groups: Vec<(String, Vec<Control>)>,
    pub is_new: bool,
    /// For a problem that is made of a request: the request.
    pub of_request: Option<String>,
}

/// GET of `/{plural}/new`.
pub(crate) async fn new(Technician(visit): Technician) -> Response {
    let path = first(&visit);
    visit.answered(new_page(&visit, &path).await)
}

/// GET of `/admin/{plural}/new`.
pub(crate) async fn admin_new(Technician(visit): Technician, Path(plural): Path<String>) -> Response {
    visit.answered(new_page(&visit, &plural).await)
}

/// GET of `/cmdb/{type}/new`.
pub(crate) async fn cmdb_new(Technician(visit): Technician, Path(kind): Path<String>) -> Response {
    visit.answered(new_page(&visit, &format!("cmdb/{kind}")).await)
}

/// The form of a new record.
///
/// # Errors
/// [`DeskError::NotPermitted`] for whoever may add none.
pub(crate) async fn new_page(visit: &Visit, path: &str) -> Result<Response, DeskError> {
    let place = place_at(visit, path)?;
    if !may(visit, &place.module, Verb::Create) {
        return Err(DeskError::NotPermitted);
    }
    let mut asked = Form::of_query(&visit.query);
    if place.module.name == "problem"
        && let Some(id) = request_of(&asked)
    {
        let request = visit.desk().get(&visit.ctx, &requests::place(visit)?, id).await?;
        let description = request.text("description").unwrap_or_default();
        asked.set("title", request.title());
        asked.set("description", &rich::typed(description).unwrap_or_else(|| model::plain_text(description)));
    }
    page(visit, &place, None, Some(&asked), Problems::default()).await
}

/// The request that a new problem is made of.
fn request_of(form: &Form) -> Option<Id> {
    form.given("request").and_then(|id| id.parse().ok())
}

/// GET of `/{plural}/{id}/edit`.
pub(crate) async fn edit(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    let path = first(&visit);
    visit.answered(edit_page(&visit, &path, &id).await)
}

/// GET of `/admin/{plural}/{id}/edit`.
pub(crate) async fn admin_edit(
    Technician(visit): Technician,
    Path((plural, id)): Path<(String, String)>,
) -> Response {
    visit.answered(edit_page(&visit, &plural, &id).await)
}

async fn edit_page(visit: &Visit, path: &str, id: &str) -> Result<Response, DeskError> {
    let id = requests::id_of(id)?;
    let place = place_of(visit, path, id).await?;
    if !may(visit, &place.module, Verb::Update) {
        return Err(DeskError::NotPermitted);
    }
    let record = visit.desk().get(&visit.ctx, &place, id).await?;
    page(visit, &place, Some(record), None, Problems::default()).await
}

async fn page(
    visit: &Visit,
    place: &Place,
    record: Option<Record>,
    entered: Option<&Form>,
    problems: Problems,
) -> Result<Response, DeskError> {
    let module = &place.module;
    let is_new = record.is_none();
    let record = record.unwrap_or_else(|| input::begun(module));
    let view = visit.desk().view(std::slice::from_ref(&record), None).await?;
    let filled = Filled { record: &record, view: &view, entered, problems: &problems };
    let mut groups = groups(visit, module, filled, is_new).await?;
    if let Some((_, controls)) = groups.first_mut().filter(|_| is_new && module.name == "asset_loan") {
        controls.insert(0, loans::control(visit, module, entered, &problems).await?);
    }
    let (one, many) = names::both(visit, module);
    let list = names::list(module);
    let own = names::record(module, record.id()).unwrap_or_default();
    let lang = visit.lang();
    let title = if is_new { lang.say("record.new", &[("what", &one)]) } else { show::title(&record) };
    let (action, back, back_label) =
        if is_new { (format!("{list}/new"), list, many) } else { (format!("{own}/edit"), own, one) };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = Shell::new(visit, &title);
    let general = problems.general.clone();
    let of_request = entered.filter(|_| is_new && module.name == "problem").and_then(request_of);
    let of_request = of_request.map(|id| id.to_string());
    let page = FormPage {
        shell,
        action,
        delete: None,
        back,
        back_label,
        title,
        general,
        groups,
        is_new,
        of_request,
    };
    Ok(answer::page(status, &page))
}

async fn groups(
    visit: &Visit,
    module: &Module,
    filled: Filled<'_>,
    is_new: bool,
) -> Result<Vec<(String, Vec<Control>)>, DeskError> {
    let mut groups: Vec<(String, Vec<Control>)> = Vec::new();
    for leaf in module.leaves().iter().filter(|leaf| input::is_on_forms(leaf, is_new)) {
        if module.fixed.as_ref().is_some_and(|fixed| fixed.field == leaf.path) {
            continue;
        }
        let control = input::control(visit, leaf, filled).await?;
        let group = match leaf.path.split_once('.') {
            Some((group, _)) => {
                let label = module.field(group).map_or_else(|| group.to_owned(), |f| f.label.to_string());
                visit.lang().label(&label)
            }
            None => String::new(),
        };
        match groups.iter_mut().find(|(label, _)| *label == group) {
            Some((_, controls)) => controls.push(control),
            None => groups.push((group, vec![control])),
        }
    }
    // What must be filled in comes first, then what names the record.
    if let Some((_, controls)) = groups.iter_mut().find(|(label, _)| label.is_empty()) {
        controls.sort_by_key(|c| (!c.is_required, c.name != module.title));
    }
    groups.sort_by_key(|(label, _)| !label.is_empty());
    Ok(groups)
}

/// POST of `/{plural}/new`.
pub(crate) async fn add(TechniciansForm(visit, form): TechniciansForm) -> Response {
    let path = first(&visit);
    added(visit, form, &path).await
}

/// POST of `/admin/{plural}/new`.
pub(crate) async fn admin_add(
    Path(plural): Path<String>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    added(visit, form, &plural).await
}

/// POST of `/cmdb/{type}/new`.
pub(crate) async fn cmdb_add(
    Path(kind): Path<String>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    added(visit, form, &format!("cmdb/{kind}")).await
}

/// The answer to the form of a new record, which is carried out once.
pub(crate) async fn added(mut visit: Visit, form: Form, path: &str) -> Response {
    let module = place_at(&visit, path).ok().map(|place| place.module);
    let made = |id| module.as_deref().map(|module| made_at(module, id)).unwrap_or_default();
    let run = async |visit: &Visit, form: Form| save_new(visit, &form, path).await;
    let done = once::carried_out(&mut visit, form, made, run).await;
    visit.answered(done)
}

/// The page of a record that was made.
fn made_at(module: &Module, id: Id) -> String {
    names::record(module, id).unwrap_or_else(|| names::list(module))
}

/// What the form of a new record brought.
async fn save_new(visit: &Visit, form: &Form, path: &str) -> Result<Response, DeskError> {
    let place = place_at(visit, path)?;
    let module = place.module.clone();
    let reading = match module.name.as_ref() {
        "asset_loan" => loans::reading(visit, form, &module).await?,
        _ => form::reading(&form.filled(), &module, &visit.times),
    };
    let add = async |ctx: &Context, patch: &Patch| visit.desk().add(ctx, &place, patch).await;
    match form::carry_out(visit, &module, reading, add).await? {
        Ok(done) => {
            let made = done.record.id();
            if module.name == "problem"
                && let Some(request) = request_of(form)
            {
                visit.desk().set_incidents(&visit.ctx, Some(made), &[request]).await?;
            }
            Ok(visit.done(&made_at(&module, made), "added"))
        }
        Err(mut problems) => {
            problems.lift(visit, &module, |path| form.has(path));
            page(visit, &place, None, Some(form), problems).await
        }
    }
}

/// POST of `/{plural}/{id}/edit`.
pub(crate) async fn change(
    Path(id): Path<String>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    let path = first(&visit);
    visit.answered(save(&visit, &form, &path, &id).await)
}

/// POST of `/admin/{plural}/{id}/edit`.
pub(crate) async fn admin_change(
    Path((plural, id)): Path<(String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    visit.answered(save(&visit, &form, &plural, &id).await)
}

async fn save(visit: &Visit, form: &Form, path: &str, id: &str) -> Result<Response, DeskError> {
    let id = requests::id_of(id)?;
    let place = &place_of(visit, path, id).await?;
    let module = place.module.clone();
    let reading = form::reading(&form.changed(), &module, &visit.times);
    match form::edit(visit, place, id, form, reading, Edit::Fields).await? {
        Ok(outcome) if outcome.unmet.is_empty() => {
            undo::done(visit, &names::record(&module, id).unwrap_or_default(), "saved", id).await
        }
        Ok(outcome) => {
            let problems = Problems::whole(form::closure(visit, &module, &outcome.unmet));
            page(visit, place, Some(outcome.record), None, problems).await
        }
        Err(mut problems) => {
            problems.lift(visit, &module, |path| form.has(path));
            let record = visit.desk().get(&visit.ctx, place, id).await?;
            page(visit, place, Some(record), Some(form), problems).await
        }
    }
}
