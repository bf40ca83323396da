//! The page of a record of any module: its fields in groups, what is below it, what it belongs to, what happened to it.

use super::{below, loans, may, place_of};
use crate::form::{Form, Problems};
use crate::input::Control;
use crate::requests;
use crate::requests::timeline::{self, FileLink};
use crate::shell::Shell;
use crate::show::{self, Cell, CellKind};
use crate::timer::{self, TimerBox};
use crate::visit::{Technician, Visit};
use crate::{answer, documents, history, live, names};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, Verb, View};
use http::StatusCode;
use model::filter::equals;
use model::{Filter, Id, Kind, Module, Record};
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
    /// The CI that stands for it: its address and its name.
    ci: Option<(String, String)>,
    texts: Vec<(String, String)>,
    below: Vec<Below>,
    files: Option<Vec<FileLink>>,
    changes: Vec<history::Change>,
    is_history: bool,
    edit: Option<String>,
    /// The form for a loan of it.
    lend: Option<String>,
    /// What can be done with it besides: the form's address, a word, an icon.
    acts: Vec<(&'static str, &'static str, &'static str)>,
    can_delete: bool,
    can_reset: bool,
    /// Whether there is a second factor that can be reset.
    has_factor: bool,
    /// A password that was just made, shown once.
    password: Option<String>,
    problems: Vec<String>,
    note: Option<NoteForm>,
    time: Option<TimeForm>,
    /// Who else is here.
    who: String,
}

struct NoteForm {
    text: String,
}

/// The form for time spent, and the visitor's timer if it is for this record.
struct TimeForm {
    controls: Vec<Control>,
    timer: Option<TimerBox>,
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
    let mark = live::mark(visit).await?;
    let place = place_of(visit, path, id).await?;
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
            let is_time = form.has("time_spent");
            problems.lift(visit, module, |path| is_time && form.has(path));
            (problems, Some(form), None)
        }
        Some(Came::Password(password)) => (Problems::default(), None, Some(password)),
        None => (Problems::default(), None, None),
    };
    let time = if module.name == "task" && !is_history {
        let form = entered.as_ref().filter(|form| form.has("time_spent"));
        let controls = timer::controls(visit, (module, id), form, &problems).await?;
        Some(TimeForm { controls, timer: timer::own(visit, module, id).map(|t| TimerBox::of(visit, t)) })
    } else {
        None
    };
    let is_shipped =
        record.module.size == model::Size::Small && record.id().is_shipped() && module.name == "portal";
    let page = RecordPage {
        shell: Shell::new(visit, &title).hearing(&base, mark),
        who: live::who(&visit.web, &visit.ctx, visit.lang(), id).await?,
        time,
        code: code(visit, &view, record),
        marks: marks(visit, &view, record),
        groups: groups(visit, &view, record),
        ci: if is_history { None } else { ci_of(visit, record).await? },
        texts: texts(visit, &view, record),
        below: if is_history { Vec::new() } else { below(visit, &view, &place, record).await? },
        files: if has_files && !is_history {
            let files = visit.desk().attachments(&visit.ctx, &place, id).await?;
            Some(timeline::links(visit, &files, &base))
        } else {
            None
        },
        changes: if is_history { history::of(visit, &place, id).await? } else { Vec::new() },
        is_history,
        lend: lend(visit, record),
        edit: may(visit, module, Verb::Update).then(|| format!("{base}/edit")),
        acts: acts(visit, record),
        can_delete: may(visit, module, Verb::Delete) && !is_shipped,
        can_reset: module.table == "person" && visit.ctx.is_administrator(),
        has_factor: module.table == "person"
            && visit.ctx.is_administrator()
            && visit.web.identity.second_factor(id).await?.is_some(),
        password,
        problems: problems.general,
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
    let lang = visit.lang();
    let is_out = record.module.table == "asset" && record.is("is_loaned")
        || record.module.name == "asset_loan" && record.get("closed_time").is_null();
    if is_out {
        return vec![("take_back", lang.text("action.take_back"), "history")];
    }
    let owner = match record.module.name.as_ref() {
        "problem" => "technician",
        "task" => "owner",
        _ => return Vec::new(),
    };
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

/// Where an asset that may be lent is lent.
fn lend(visit: &Visit, record: &Record) -> Option<String> {
    let loans = visit.snapshot.module("asset_loan").ok()?;
    let is_offered = loans::is_lendable(record) && may(visit, loans, Verb::Create);
    is_offered.then(|| format!("{}/new?loaned_assets={}", names::list(loans), record.id()))
}

/// The CI that stands for a record, where the visitor sees it.
async fn ci_of(visit: &Visit, record: &Record) -> Result<Option<(String, String)>, DeskError> {
    let has_one = record.module.slot("ci").is_some();
    let Some(id) = has_one.then(|| record.reference("ci")).flatten() else { return Ok(None) };
    let place = Place::top(visit.snapshot.module("ci")?.clone());
    match visit.desk().get(&visit.ctx, &place, id).await {
        Ok(ci) => Ok(names::record(&ci.module, id).map(|href| (href, show::title(&ci)))),
        Err(DeskError::NotFound | DeskError::NotPermitted) => Ok(None),
        Err(error) => Err(error),
    }
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
            && !names_records(visit, leaf)
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

async fn below(visit: &Visit, view: &View, place: &Place, record: &Record) -> Result<Vec<Below>, DeskError> {
    let mut lists: Vec<Below> = documents(visit, record).collect();
    lists.extend(named(visit, view, record));
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
    Ok(lists)
}

/// Whether a field names several records that have pages of their own.
fn names_records(visit: &Visit, leaf: &model::Leaf) -> bool {
    let Kind::RefMany(target) = &leaf.field.kind else { return false };
    leaf.field.shown && visit.snapshot.module(target).is_ok_and(|target| target.size != model::Size::Small)
}

/// The records that fields of a record name, as lists of links.
fn named(visit: &Visit, view: &View, record: &Record) -> Vec<Below> {
    let fields = record.module.leaves().iter().filter(|leaf| names_records(visit, leaf));
    let list = |leaf: &model::Leaf| {
        let ids = record.references(&leaf.path);
        let records = ids.iter().filter_map(|id| view.record(*id));
        let label = visit.lang().label(&leaf.field.label);
        Below {
            columns: vec![label.clone()],
            label,
            rows: records
                .map(|r| (names::record(&r.module, r.id()), vec![Cell::text(show::title(r))]))
                .collect(),
            more: None,
        }
    };
    fields.map(list).filter(|list| !list.rows.is_empty()).collect()
}

/// The documents of a record that are lists.
fn documents<'v>(visit: &'v Visit, record: &'v Record) -> impl Iterator<Item = Below> + 'v {
    let leaves = record.module.leaves().iter().enumerate();
    leaves.filter(|(_, leaf)| leaf.field.shown).filter_map(move |(slot, leaf)| {
        let (columns, rows) = documents::shown(visit, leaf, record.at(slot))?;
        Some(Below {
            label: visit.lang().label(&leaf.field.label),
            columns,
            rows: rows.into_iter().map(|cells| (None, cells)).collect(),
            more: None,
        })
    })
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
        let mut cells: Vec<Cell> =
            slots.iter().map(|slot| show::in_table(visit, &view, record, *slot)).collect();
        // The first one is the link to the record, and must say something.
        if let Some(first) = cells.first_mut().filter(|cell| cell.text.is_empty()) {
            first.text = show::title(record);
        }
        let above = place.parent.as_ref();
        let form = || above.and_then(|(_, above)| below::form_of(visit, above, record));
        (names::record(&record.module, record.id()).or_else(form), cells)
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
    let mut slots: Vec<usize> = listed.map(|(slot, _)| slot).collect();
    slots.sort_by_key(|slot| Some(*slot) != module.title_slot());
    slots.truncate(COLUMNS);
    slots
}
