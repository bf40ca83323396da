//! The page of a record of any module: its fields in groups, what is below it, what it belongs to, what happened to it.

use super::{may, place_at};
use crate::form::{self, Form, Problems};
use crate::requests;
use crate::requests::timeline::{self, FileLink};
use crate::shell::Shell;
use crate::show::{self, Cell, CellKind};
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, history, names};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, ListAsk, Place, Purpose, Verb, View};
use http::StatusCode;
use model::filter::equals;
use model::{Filter, Id, Kind, Module, Patch, Record};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "records/page.html")]
struct RecordPage {
    shell: Shell,
    base: String,
    title: String,
    list: (String, String),
    /// A number or code by which people know it, besides its title.
    code: String,
    marks: Vec<Cell>,
    groups: Vec<Group>,
    texts: Vec<(String, String)>,
    below: Vec<Below>,
    files: Option<Vec<FileLink>>,
    changes: Vec<history::Change>,
    is_history: bool,
    edit: Option<String>,
    /// What can be done with it besides: the form's address, a word, an icon.
    acts: Vec<(&'static str, &'static str, &'static str)>,
    can_delete: bool,
    can_reset: bool,
    /// A password that was just made, shown once.
    password: Option<String>,
    problems: Vec<String>,
    note: Option<NoteForm>,
}

struct NoteForm {
    text: String,
}

/// Fields that belong together.
pub(crate) struct Group {
    pub label: String,
    pub fields: Vec<(String, Cell)>,
}

/// Records below this one, or that refer to it.
struct Below {
    label: String,
    columns: Vec<String>,
    rows: Vec<(Option<String>, Vec<Cell>)>,
    more: Option<String>,
}

/// So many rows of each list are shown on the page.
const BELOW: u64 = 10;

/// GET of `/{plural}/{id}`.
pub(crate) async fn show(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    let path = first(&visit);
    visit.answered(async { render(&visit, &path, requests::id_of(&id)?, None).await }.await)
}

/// GET of `/admin/{plural}/{id}`.
pub(crate) async fn admin_show(
    Technician(visit): Technician,
    Path((plural, id)): Path<(String, String)>,
) -> Response {
    visit.answered(async { render(&visit, &plural, requests::id_of(&id)?, None).await }.await)
}

/// The first part of the address: the module's path.
pub(crate) fn first(visit: &Visit) -> String {
    visit.path.trim_start_matches('/').split('/').next().unwrap_or("").to_owned()
}

/// What came of a form of the page.
pub(crate) enum Came {
    /// What speaks against it, and what was entered.
    Refused(Form, Problems),
    /// A password was made.
    Password(String),
}

/// The page.
///
/// # Errors
/// As for reading the record.
pub(crate) async fn render(
    visit: &Visit,
    path: &str,
    id: Id,
    came: Option<Came>,
) -> Result<Response, DeskError> {
    let place = place_at(visit, path)?;
    let place = visit.desk().exact_place(&visit.ctx, place, id).await?;
    let record = visit.desk().get(&visit.ctx, &place, id).await?;
    let mut records = [record];
    visit.desk().complete(&visit.ctx, &mut records, None).await?;
    let view = visit.desk().view(&records, None).await?;
    let [record] = &records;
    let module = &place.module;
    let base = names::record(module, id).unwrap_or_default();
    let is_history = Form::of_query(&visit.query).get("tab") == "history";
    let (_, many) = names::both(visit, module);
    let title = show::title(record);
    let has_files = module.slot("has_attachments").is_some();
    let status = if matches!(came, Some(Came::Refused(..))) {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    let (problems, entered, password) = match came {
        Some(Came::Refused(form, mut problems)) => {
            problems.lift(visit, module, |_| false);
            (problems.general, Some(form), None)
        }
        Some(Came::Password(password)) => (Vec::new(), None, Some(password)),
        None => (Vec::new(), None, None),
    };
    let is_shipped =
        record.module.size == model::Size::Small && record.id().is_shipped() && module.name == "portal";
    let page = RecordPage {
        shell: Shell::new(visit, &title),
        code: code(visit, &view, record),
        marks: marks(visit, &view, record),
        groups: groups(visit, &view, record),
        texts: texts(visit, &view, record),
        below: if is_history { Vec::new() } else { below(visit, &place, record).await? },
        files: if has_files && !is_history {
            let files = visit.desk().attachments(&visit.ctx, &place, id).await?;
            Some(timeline::links(visit, &files, &base))
        } else {
            None
        },
        changes: if is_history { history::of(visit, &place, id).await? } else { Vec::new() },
        is_history,
        edit: may(visit, module, Verb::Update).then(|| format!("{base}/edit")),
        acts: acts(visit, record),
        can_delete: may(visit, module, Verb::Delete) && !is_shipped,
        can_reset: module.table == "person" && visit.ctx.is_administrator(),
        password,
        problems,
        note: (module.name == "problem" && !is_history).then(|| NoteForm {
            text: entered.map(|form| form.get("description").to_owned()).unwrap_or_default(),
        }),
        list: (names::list(module), many),
        title,
        base,
    };
    Ok(answer::page(status, &page))
}

/// What is offered to be done with a record, where it stands.
fn acts(visit: &Visit, record: &Record) -> Vec<(&'static str, &'static str, &'static str)> {
    let owner = match record.module.name.as_ref() {
        "problem" => "technician",
        "task" => "owner",
        _ => return Vec::new(),
    };
    let lang = visit.lang();
    let status = record.reference("status").and_then(|id| visit.snapshot.record(id));
    let is_open = status.is_none_or(|status| status.is("in_progress"));
    let mut acts = Vec::new();
    if is_open && record.reference(owner) != Some(visit.ctx.caller.user) {
        acts.push(("pickup", lang.text("action.pickup"), "person"));
    }
    if is_open && record.module.name == "task" {
        acts.push(("close", lang.text("action.close"), "check"));
    }
    acts
}

/// By what people know a record besides its title.
fn code(visit: &Visit, view: &View, record: &Record) -> String {
    for path in ["display_id", "loan_id", "asset_tag", "employee_id"] {
        if let Some(slot) = record.module.slot(path) {
            return show::in_full(visit, view, record, slot).text;
        }
    }
    String::new()
}

/// What is seen first: where it stands.
pub(crate) fn marks(visit: &Visit, view: &View, record: &Record) -> Vec<Cell> {
    let cells = ["status", "state", "priority", "product_type", "ci_type"]
        .iter()
        .filter_map(|path| record.module.slot(path))
        .map(|slot| show::in_full(visit, view, record, slot))
        .filter(|cell| cell.kind != CellKind::Empty);
    let gone = record
        .module
        .deleted_flag()
        .filter(|flag| record.is(flag))
        .map(|_| Cell { tone: "late", ..Cell::text(visit.lang().text("record.gone")) });
    cells.chain(gone).collect()
}

fn is_long(kind: &Kind) -> bool {
    matches!(kind, Kind::Html { .. })
}

/// The fields that say something, in groups as the module has them.
pub(crate) fn groups(visit: &Visit, view: &View, record: &Record) -> Vec<Group> {
    let lang = visit.lang();
    let module = &record.module;
    let mut groups: Vec<Group> = Vec::new();
    for (slot, leaf) in module.leaves().iter().enumerate() {
        let is_shown = leaf.field.shown
            && leaf.path != "id"
            && leaf.path != module.title
            && Some(leaf.path.as_str()) != module.deleted_flag()
            && !is_long(&leaf.field.kind)
            && !matches!(leaf.field.kind, Kind::Json);
        if !is_shown {
            continue;
        }
        let cell = show::in_full(visit, view, record, slot);
        if matches!(cell.kind, CellKind::Empty | CellKind::No) {
            continue;
        }
        let label = match leaf.path.split_once('.') {
            Some((group, _)) if !group.ends_with("_by") => lang.label(&group_label(module, group)),
            _ if is_about_the_record(&leaf.path) => lang.text("record.about").to_owned(),
            _ => String::new(),
        };
        let field = (lang.label(&leaf.field.label), cell);
        match groups.iter_mut().find(|g| g.label == label) {
            Some(group) => group.fields.push(field),
            None => groups.push(Group { label, fields: vec![field] }),
        }
    }
    let about = lang.text("record.about");
    groups.sort_by_key(|group| (group.label == about, !group.label.is_empty()));
    groups
}

fn is_about_the_record(path: &str) -> bool {
    matches!(
        path,
        "created_by"
            | "created_time"
            | "created_date"
            | "last_updated_by"
            | "last_updated_time"
            | "updated_time"
    )
}

fn group_label(module: &Module, key: &str) -> String {
    module.field(key).map_or_else(|| key.to_owned(), |field| field.label.to_string())
}

/// The long texts that say something.
pub(crate) fn texts(visit: &Visit, view: &View, record: &Record) -> Vec<(String, String)> {
    let module = record.module.clone();
    let long = module.leaves().iter().enumerate().filter(|(_, l)| l.field.shown && is_long(&l.field.kind));
    long.map(|(slot, leaf)| (visit.lang().label(&leaf.field.label), show::in_full(visit, view, record, slot)))
        .filter(|(_, cell)| cell.kind != CellKind::Empty)
        .map(|(label, cell)| (label, cell.text))
        .collect()
}

async fn below(visit: &Visit, place: &Place, record: &Record) -> Result<Vec<Below>, DeskError> {
    let mut lists = Vec::new();
    for child in &place.module.children {
        let rows = visit.snapshot.module(child.module)?.clone();
        let place = place.below(record.clone(), rows.clone(), child.field);
        lists.extend(rows_below(visit, &place, &rows, Filter::everything(), None).await?);
    }
    for related in &place.module.related {
        let rows = visit.snapshot.module(related.module)?.clone();
        let mine = equals(&rows, related.field, vec![record.id().into()]);
        let more = format!("{}?f.{}={}", names::list(&rows), related.field, record.id());
        lists.extend(rows_below(visit, &Place::top(rows.clone()), &rows, mine, Some(more)).await?);
    }
    if place.module.name == "problem" {
        let rows = visit.snapshot.module("request")?.clone();
        let mine = equals(&rows, "problem", vec![record.id().into()]);
        lists.extend(rows_below(visit, &Place::top(rows.clone()), &rows, mine, None).await?);
    }
    Ok(lists)
}

async fn rows_below(
    visit: &Visit,
    place: &Place,
    module: &Arc<Module>,
    filter: Filter,
    more: Option<String>,
) -> Result<Option<Below>, DeskError> {
    let mut page = match visit.desk().list(&visit.ctx, place, ListAsk::new(filter, BELOW)).await {
        Ok(page) => page,
        Err(DeskError::NotPermitted | DeskError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    if page.records.is_empty() {
        return Ok(None);
    }
    visit.desk().complete(&visit.ctx, &mut page.records, None).await?;
    let view = visit.desk().view(&page.records, None).await?;
    let parent = place.parent.as_ref().map(|(field, _)| *field);
    let slots = columns(module, parent);
    let row = |record: &Record| {
        let cells = slots.iter().map(|slot| show::in_table(visit, &view, record, *slot)).collect();
        (names::record(&record.module, record.id()), cells)
    };
    Ok(Some(Below {
        label: names::both(visit, module).1,
        columns: slots
            .iter()
            .filter_map(|s| module.leaf(*s))
            .map(|l| visit.lang().label(&l.field.label))
            .collect(),
        rows: page.records.iter().map(row).collect(),
        more: more.filter(|_| page.has_more),
    }))
}

/// The columns of a list on another record's page.
fn columns(module: &Module, parent: Option<&str>) -> Vec<usize> {
    const COLUMNS: usize = 5;
    let preferred: &[&str] = match module.name.as_ref() {
        "request" => &["display_id", "subject", "status", "priority", "created_time"],
        "problem_note" | "request_note" => &["description", "created_by", "created_time"],
        "worklog" => &["owner", "time_spent", "description", "recorded_time"],
        "task" => &["title", "status", "owner", "scheduled_end_time"],
        _ => &[],
    };
    if !preferred.is_empty() {
        return preferred.iter().filter_map(|path| module.slot(path)).collect();
    }
    let is_column = |leaf: &model::Leaf| {
        leaf.field.shown
            && leaf.field.in_list
            && leaf.path != "id"
            && Some(leaf.path.as_str()) != parent
            && Some(leaf.path.as_str()) != module.deleted_flag()
            && !matches!(leaf.field.kind, Kind::Json)
            && leaf.field.storage != model::Storage::Computed
    };
    let listed = module.leaves().iter().enumerate().filter(|(_, leaf)| is_column(leaf));
    listed.map(|(slot, _)| slot).take(COLUMNS).collect()
}

/// POST of `/{plural}/{id}/{act}`.
pub(crate) async fn act(
    Path((id, act)): Path<(String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    let path = first(&visit);
    visit.answered(async { run(&visit, form, &path, requests::id_of(&id)?, &act).await }.await)
}

/// POST of `/admin/{plural}/{id}/{act}`.
pub(crate) async fn admin_act(
    Path((plural, id, act)): Path<(String, String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    visit.answered(async { run(&visit, form, &plural, requests::id_of(&id)?, &act).await }.await)
}

async fn run(visit: &Visit, form: Form, path: &str, id: Id, act: &str) -> Result<Response, DeskError> {
    let place = place_at(visit, path)?;
    let place = visit.desk().exact_place(&visit.ctx, place, id).await?;
    let module = place.module.clone();
    let base = names::record(&module, id).ok_or(DeskError::NotFound)?;
    let desk = visit.desk();
    let done = match act {
        "delete" => {
            return match form::refused(visit, &module, desk.delete(&visit.ctx, &place, id).await)? {
                Ok(()) => Ok(visit.done(&names::list(&module), "deleted")),
                Err(problems) => render(visit, path, id, Some(Came::Refused(form, problems))).await,
            };
        }
        "password" if module.table == "person" => {
            let password = visit.web.identity.reset_password(&visit.ctx, id).await?;
            return render(visit, path, id, Some(Came::Password(password))).await;
        }
        "pickup" if module.name == "problem" => {
            form::refused(visit, &module, desk.pick_up_problem(&visit.ctx, id).await)?.map(|_| ())
        }
        "pickup" if module.name == "task" => {
            form::refused(visit, &module, desk.pick_up_task(&visit.ctx, &place, id).await)?.map(|_| ())
        }
        "close" if module.name == "task" => {
            form::refused(visit, &module, desk.close_task(&visit.ctx, &place, id).await)?.map(|_| ())
        }
        "note" if module.name == "problem" => note(visit, &form, &place, id).await?,
        "attach" => attach(visit, &form, &place, id).await?,
        "detach" => {
            let file = requests::id_of(form.get("id"))?;
            form::refused(visit, &module, desk.detach(&visit.ctx, &place, id, file).await)?
        }
        _ => return Err(DeskError::NotFound),
    };
    match done {
        Ok(()) => Ok(visit.done(&base, if act == "attach" { "attached" } else { "saved" })),
        Err(problems) => render(visit, path, id, Some(Came::Refused(form, problems))).await,
    }
}

async fn note(visit: &Visit, form: &Form, place: &Place, id: Id) -> Result<Result<(), Problems>, DeskError> {
    let problem = visit.desk().locate(&visit.ctx, place, id).await?;
    let notes = place.below(problem, visit.snapshot.module("problem_note")?.clone(), "problem");
    if form.given("description").is_none() {
        return Ok(Err(Problems::whole(visit.lang().text("error.nothing_said"))));
    }
    let reading = form::reading(form, &notes.module, &visit.times);
    let add = async |ctx: &Context, patch: &Patch| visit.desk().add(ctx, &notes, patch).await;
    Ok(form::carry_out(visit, &notes.module, reading, add).await?.map(|_| ()))
}

pub(crate) async fn attach(
    visit: &Visit,
    form: &Form,
    place: &Place,
    id: Id,
) -> Result<Result<(), Problems>, DeskError> {
    let files = form.uploads(Purpose::Listed);
    if files.is_empty() {
        return Ok(Err(Problems::whole(visit.lang().text("error.no_file"))));
    }
    for file in files {
        let attached = visit.desk().attach(&visit.ctx, place, id, file).await;
        if let Err(problems) = form::refused(visit, &place.module, attached)? {
            return Ok(Err(problems));
        }
    }
    Ok(Ok(()))
}

/// GET of `/{plural}/{id}/files/{file}`.
pub(crate) async fn file(
    Technician(visit): Technician,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let path = first(&visit);
    visit.answered(
        async {
            let (id, file) = (requests::id_of(&id)?, requests::id_of(&file)?);
            let place = visit.desk().exact_place(&visit.ctx, place_at(&visit, &path)?, id).await?;
            let (row, bytes) = visit.desk().attachment(&visit.ctx, &place, id, file).await?;
            let text = |path: &str| row.text(path).unwrap_or_default();
            Ok(answer::file(text("name"), text("content_type"), bytes))
        }
        .await,
    )
}
