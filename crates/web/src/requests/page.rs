//! The page of a request.

use super::beside::{self, Beside};
use super::parts::{self, Level, Opening, Related, Resolution, Talk, TaskRow, WorklogRow};
use super::properties::{self, Section};
use super::timeline::{self, FileLink};
use crate::form::{Form, Problems};
use crate::input::{self, Control};
use crate::search::by_number;
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::timer::{self, TimerBox};
use crate::times::Moment;
use crate::visit::{Technician, Visit};
use crate::{answer, history, live, requests};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, View};
use http::StatusCode;
use model::{Id, Record};

/// The parts of the page, each at an address of its own.
const TABS: [(&str, &str); 7] = [
    ("", "request.conversation"),
    ("tasks", "request.tasks"),
    ("time", "request.time"),
    ("resolution", "request.resolution"),
    ("approvals", "request.approvals"),
    ("related", "request.related"),
    ("history", "request.history"),
];

/// A form that was sent and not accepted: its name, what was entered, what is wrong with it.
pub(crate) struct Entered {
    pub name: &'static str,
    pub form: Form,
    pub problems: Problems,
}

impl Entered {
    /// What is wrong with a form of the page.
    pub fn problems(entered: Option<&Self>, name: &str) -> Problems {
        entered.filter(|e| e.name == name).map(|e| e.problems.clone()).unwrap_or_default()
    }

    /// What was entered in a form of the page.
    pub fn form<'e>(entered: Option<&'e Self>, name: &str) -> Option<&'e Form> {
        entered.filter(|e| e.name == name).map(|e| &e.form)
    }
}

#[derive(Template)]
#[template(path = "requests/page.html")]
struct RequestPage {
    shell: Shell,
    /// The address of the page.
    base: String,
    /// What its forms add to their addresses, so that the list stays beside it.
    keep: String,
    beside: Option<Beside>,
    /// Who else is here.
    who: String,
    /// The visitor's timer, if it is for this request.
    timer: Option<TimerBox>,
    number: String,
    subject: String,
    status: Cell,
    priority: Cell,
    due: Cell,
    requester: Requester,
    created: Moment,
    is_open: bool,
    is_mine: bool,
    is_trashed: bool,
    /// Whether it must be opened again before anything is done with it.
    is_locked: bool,
    wants_cancel: Option<String>,
    tabs: Vec<Tab>,
    tab: String,
    general: Vec<String>,
    sections: Vec<Section>,
    files: Vec<FileLink>,
    talk: Talk,
    tasks: Vec<TaskRow>,
    worklogs: Vec<WorklogRow>,
    spent: String,
    resolution: Resolution,
    levels: Vec<Level>,
    related: Related,
    changes: Vec<history::Change>,
    /// Inputs of the forms for a new task and for time spent.
    task_form: Vec<Control>,
    worklog_form: Vec<Control>,
    approval_problem: Option<String>,
    link_problem: Option<String>,
}

impl RequestPage {
    fn is_tab(&self, name: &str) -> bool {
        self.tab == name
    }
}

struct Tab {
    label: &'static str,
    href: String,
    count: Option<usize>,
    is_here: bool,
}

struct Requester {
    cell: Cell,
    email: String,
    job: String,
    department: String,
    site: String,
    phone: String,
    is_vip: bool,
}

/// GET of `/requests/{id}`. A number in place of an id is what people know a request by.
pub(crate) async fn show(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    visit.answered(
        async {
            if let Some(request) = by_number(&visit, "request", &id).await? {
                let id = request.id();
                let mark = if visit.query.is_empty() { "" } else { "?" };
                return Ok(answer::on_to(&format!("/requests/{id}{mark}{}", visit.query)));
            }
            render(&visit, requests::id_of(&id)?, None).await
        }
        .await,
    )
}

/// The address of a part of a request's page, with a list beside it or without.
pub(crate) fn address(id: Id, tab: &str, list: Option<&str>) -> String {
    let tab = (!tab.is_empty()).then(|| format!("tab={tab}"));
    let query: Vec<String> = tab.into_iter().chain(list.map(beside::parameter)).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/requests/{id}{mark}{}", query.join("&"))
}

/// The page, with a form that was not accepted.
///
/// # Errors
/// As for reading the request.
pub(crate) async fn render(visit: &Visit, id: Id, entered: Option<Entered>) -> Result<Response, DeskError> {
    let mark = live::mark(visit).await?;
    let place = requests::place(visit)?;
    let (record, is_trashed) = read(visit, &place, id).await?;
    let mut records = [record];
    visit.desk().complete(&visit.ctx, &mut records, None).await?;
    let view = visit.desk().view(&records, None).await?;
    let [record] = &records;
    let base = format!("/requests/{id}");
    let list = beside::asked(visit);
    let asked = Form::of_query(&visit.query);
    let tab = match &entered {
        Some(entered) => tab_of(entered.name),
        None => asked.get("tab"),
    };
    let tab = TABS.iter().map(|(name, _)| *name).find(|name| *name == tab).unwrap_or("");
    let entered = entered.as_ref();
    let status = record.reference("status").and_then(|id| visit.snapshot.record(id).cloned());
    let number = record.get("display_id").to_string();
    let mut page = RequestPage {
        shell: Shell::new(visit, &format!("#{number} {}", record.title())).hearing(&base, mark),
        keep: list.as_deref().map_or_else(String::new, |list| format!("?{}", beside::parameter(list))),
        beside: beside::of(visit, id, list.as_deref()).await?,
        who: live::who(&visit.web, &visit.ctx, visit.lang(), id).await?,
        timer: timer::own(visit, &place.module, id).map(|timer| TimerBox::of(visit, timer)),
        number,
        subject: record.title().to_owned(),
        status: cell(visit, &view, record, "status"),
        priority: cell(visit, &view, record, "priority"),
        due: due(visit, record),
        requester: requester(&view, record),
        created: visit.times.moment(record.int("created_time").unwrap_or(0)),
        is_open: status.is_some_and(|s| s.is("in_progress")),
        is_mine: record.reference("technician") == Some(visit.ctx.caller.user),
        is_trashed,
        is_locked: desk::is_locked(&visit.ctx, record, &visit.snapshot),
        wants_cancel: record
            .is("cancellation_requested")
            .then(|| record.text("cancel_flag_comments.comment").unwrap_or("").to_owned()),
        tabs: tabs(visit, &place, record, tab, list.as_deref()).await?,
        tab: tab.to_owned(),
        general: entered.map(|e| e.problems.general.clone()).unwrap_or_default(),
        sections: properties::sections(visit, &view, record, entered).await?,
        files: Vec::new(),
        talk: Talk::default(),
        tasks: Vec::new(),
        worklogs: Vec::new(),
        spent: String::new(),
        resolution: Resolution::default(),
        levels: Vec::new(),
        related: Related::default(),
        changes: Vec::new(),
        task_form: Vec::new(),
        worklog_form: Vec::new(),
        approval_problem: problem(entered, "approval", "approver"),
        link_problem: problem(entered, "link", "linked_request"),
        base,
    };
    if !is_trashed {
        page.files =
            timeline::links(visit, &visit.desk().attachments(&visit.ctx, &place, id).await?, &page.base);
        fill(visit, &place, &view, record, &mut page, entered, asked.get("all") == "1").await?;
    }
    let status = if entered.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(answer::page(status, &page))
}

/// A request in the trash has a page too, from which it can be restored.
async fn read(visit: &Visit, place: &Place, id: Id) -> Result<(Record, bool), DeskError> {
    match visit.desk().get(&visit.ctx, place, id).await {
        Ok(record) => Ok((record, false)),
        Err(DeskError::NotFound) => {
            let mut ask = ListAsk::new(model::filter::equals(&place.module, "id", vec![id.into()]), 1);
            ask.with_deleted = true;
            let found = visit.desk().list(&visit.ctx, place, ask).await?.records;
            found.into_iter().next().map(|record| (record, true)).ok_or(DeskError::NotFound)
        }
        Err(error) => Err(error),
    }
}

/// On which part of the page a form is.
fn tab_of(form: &str) -> &'static str {
    match form {
        "task" => "tasks",
        "worklog" => "time",
        "resolution" => "resolution",
        "approval" => "approvals",
        "link" | "name" | "problem" => "related",
        _ => "",
    }
}

/// What is wrong with one field of a form of the page.
pub(super) fn problem(entered: Option<&Entered>, form: &str, path: &str) -> Option<String> {
    let problems = Entered::problems(entered, form);
    problems.of(path).map(str::to_owned)
}

async fn fill(
    visit: &Visit,
    place: &Place,
    view: &View,
    record: &Record,
    page: &mut RequestPage,
    entered: Option<&Entered>,
    is_whole: bool,
) -> Result<(), DeskError> {
    match page.tab.as_str() {
        "" => {
            let files = std::mem::take(&mut page.files);
            let opening = Opening { base: &page.base, files, email: &page.requester.email };
            page.talk = parts::talk(visit, view, record, opening, entered, is_whole).await?;
        }
        "tasks" => {
            page.tasks = parts::tasks(visit, place, record).await?;
            let (form, problems) = (Entered::form(entered, "task"), Entered::problems(entered, "task"));
            let fields = ["title", "owner", "scheduled_end_time"];
            page.task_form = input::blank(visit, "task", &fields, form, &problems).await?;
        }
        "time" => {
            (page.worklogs, page.spent) = parts::worklogs(visit, place, record).await?;
            let (form, problems) = (Entered::form(entered, "worklog"), Entered::problems(entered, "worklog"));
            let on = (&*place.module, record.id());
            page.worklog_form = timer::controls(visit, on, form, &problems).await?;
        }
        "resolution" => page.resolution = parts::resolution(visit, view, record, entered),
        "approvals" => page.levels = parts::levels(visit, place, record).await?,
        "related" => page.related = parts::related(visit, view, record, entered).await?,
        "history" => page.changes = history::of(visit, place, record.id()).await?,
        _ => {}
    }
    Ok(())
}

/// The value of a field, as the page shows it.
pub(super) fn cell(visit: &Visit, view: &View, record: &Record, path: &str) -> Cell {
    record.module.slot(path).map_or_else(Cell::default, |slot| show::in_full(visit, view, record, slot))
}

fn due(visit: &Visit, record: &Record) -> Cell {
    let Some(ms) = record.int("due_by_time") else { return Cell::default() };
    let moment = visit.times.moment(ms);
    let tone = show::due_tone(visit, record);
    Cell {
        kind: show::CellKind::Moment,
        text: moment.ago.clone(),
        moment: Some(moment),
        tone,
        ..Cell::default()
    }
}

fn requester(view: &View, record: &Record) -> Requester {
    let person = record.reference("requester").and_then(|id| view.record(id));
    let text = |path: &str| person.and_then(|p| p.text(path)).unwrap_or("").to_owned();
    let named = |path: &str| {
        let id = person.and_then(|p| p.reference(path));
        id.and_then(|id| view.snapshot().record(id)).map_or_else(String::new, |row| row.title().to_owned())
    };
    Requester {
        cell: person.map(|person| show::of_record(person)).unwrap_or_default(),
        email: text("email_id"),
        job: text("job_title"),
        phone: text("phone"),
        department: named("department"),
        site: named("site"),
        is_vip: person.is_some_and(|p| p.is("is_vip_user")),
    }
}

async fn tabs(
    visit: &Visit,
    place: &Place,
    record: &Record,
    here: &str,
    list: Option<&str>,
) -> Result<Vec<Tab>, DeskError> {
    let counts = match visit.desk().request_summary(&visit.ctx, place, record.id()).await {
        Ok(counts) => counts,
        Err(DeskError::NotFound) => Vec::new(),
        Err(error) => return Err(error),
    };
    let count = |names: &[&str]| {
        let sum: u64 = counts.iter().filter(|(name, _)| names.contains(name)).map(|(_, n)| *n).sum();
        usize::try_from(sum).ok().filter(|n| *n > 0)
    };
    let tab = |(name, key): &(&'static str, &'static str)| Tab {
        label: visit.lang().text(key),
        href: address(record.id(), name, list),
        count: match *name {
            "" => count(&["conversation_count"]),
            "tasks" => count(&["task_pending_count", "task_completed_count"]),
            "time" => count(&["worklog_count"]),
            "approvals" => count(&["approval_pending_count", "approval_completed_count"]),
            "related" => count(&["link_request_count"]),
            _ => None,
        },
        is_here: *name == here,
    };
    Ok(TABS.iter().map(tab).collect())
}
