//! The page of a request.

use super::timeline::{self, Entry, FileLink};
use crate::form::{Form, Problems};
use crate::input::{self, Choice, Control, Filled};
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::visit::{Technician, Visit};
use crate::{answer, history, requests, rich};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, View};
use http::StatusCode;
use model::{Filter, Id, Record};

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
    fn problems(entered: Option<&Self>, name: &str) -> Problems {
        entered.filter(|e| e.name == name).map(|e| e.problems.clone()).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "requests/page.html")]
struct RequestPage {
    shell: Shell,
    /// The address of the page.
    base: String,
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

/// Properties that belong together.
struct Section {
    label: &'static str,
    controls: Vec<Control>,
    is_open: bool,
}

#[derive(Default)]
struct Talk {
    entries: Vec<Entry>,
    hidden: usize,
    to: String,
    reply: String,
    note: String,
    reply_problems: Vec<String>,
    note_problems: Vec<String>,
    is_note: bool,
    statuses: Vec<Choice>,
}

struct TaskRow {
    id: Id,
    title: String,
    status: Cell,
    owner: Cell,
    due: Option<Moment>,
    is_done: bool,
}

struct WorklogRow {
    owner: Cell,
    spent: String,
    when: Moment,
    html: String,
}

#[derive(Default)]
struct Resolution {
    html: String,
    by: Cell,
    when: Option<Moment>,
    text: String,
    is_source: bool,
    problems: Vec<String>,
    statuses: Vec<Choice>,
}

struct Level {
    number: String,
    status: Cell,
    approvals: Vec<ApprovalRow>,
    id: Id,
}

struct ApprovalRow {
    id: Id,
    approver: Cell,
    status: Cell,
    comments: String,
    when: Option<Moment>,
    /// Whether the visitor is asked.
    is_asked: bool,
}

#[derive(Default)]
struct Related {
    links: Vec<Linked>,
    problem: Option<Cell>,
    assets: Vec<Cell>,
    cis: Vec<Cell>,
}

struct Linked {
    id: Id,
    number: String,
    title: String,
    status: Cell,
    comments: String,
}

/// The properties at the side, in sections. What a request has besides comes last.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("request.handling", &["status", "priority", "technician", "group", "due_by_time"]),
    (
        "request.classification",
        &[
            "category",
            "subcategory",
            "item",
            "request_type",
            "service_category",
            "impact",
            "urgency",
            "level",
            "mode",
            "tags",
        ],
    ),
    ("request.people", &["requester", "on_behalf_of", "site", "editor", "email_ids_to_notify"]),
    ("request.times", &["first_response_due_by_time", "scheduled_start_time", "scheduled_end_time"]),
];

/// Fields that have a place of their own on the page.
const ELSEWHERE: [&str; 10] = [
    "subject",
    "description",
    "template",
    "assets",
    "configuration_items",
    "resolution.content",
    "resolution.add_to_linked_requests",
    "delete_pre_template_tasks",
    "problem",
    "created_time",
];

/// GET of `/requests/{id}`. A number in place of an id is what people know a request by.
pub(crate) async fn show(Technician(visit): Technician, Path(id): Path<String>) -> Response {
    visit.answered(
        async {
            if let Some(id) = by_number(&visit, &id).await? {
                return Ok(answer::on_to(&format!("/requests/{id}")));
            }
            render(&visit, requests::id_of(&id)?, None).await
        }
        .await,
    )
}

/// The id of the request with a number that people know it by; none for an id.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn by_number(visit: &Visit, text: &str) -> Result<Option<Id>, DeskError> {
    const DIGITS_MAX: usize = 12;
    let digits = text.trim().trim_start_matches('#');
    let Some(number) = digits.parse::<i64>().ok().filter(|_| digits.len() <= DIGITS_MAX) else {
        return Ok(None);
    };
    let place = requests::place(visit)?;
    let filter = model::filter::equals(&place.module, "display_id", vec![number.into()]);
    let mut ask = ListAsk::new(filter, 1);
    ask.with_deleted = true;
    ask.slots = place.module.slot("display_id").into_iter().collect();
    Ok(visit.desk().list(&visit.ctx, &place, ask).await?.records.first().map(Record::id))
}

/// The page, with a form that was not accepted.
///
/// # Errors
/// As for reading the request.
pub(crate) async fn render(visit: &Visit, id: Id, entered: Option<Entered>) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let (record, is_trashed) = read(visit, &place, id).await?;
    let mut records = [record];
    visit.desk().complete(&visit.ctx, &mut records, None).await?;
    let view = visit.desk().view(&records, None).await?;
    let [record] = &records;
    let base = format!("/requests/{id}");
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
        shell: Shell::new(visit, &format!("#{number} {}", record.title())),
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
        wants_cancel: record
            .is("cancellation_requested")
            .then(|| record.text("cancel_flag_comments.comment").unwrap_or("").to_owned()),
        tabs: tabs(visit, &place, record, tab, &base).await?,
        tab: tab.to_owned(),
        general: entered.map(|e| e.problems.general.clone()).unwrap_or_default(),
        sections: sections(visit, &view, record, entered).await?,
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
        "link" => "related",
        _ => "",
    }
}

fn problem(entered: Option<&Entered>, form: &str, path: &str) -> Option<String> {
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
        "" => page.talk = talk(visit, view, record, page, entered, is_whole).await?,
        "tasks" => {
            page.tasks = tasks(visit, place, record).await?;
            page.task_form =
                blank(visit, place, record, "task", &["title", "owner", "scheduled_end_time"], entered)
                    .await?;
        }
        "time" => {
            (page.worklogs, page.spent) = worklogs(visit, place, record).await?;
            let fields = ["owner", "time_spent", "worklog_type", "description"];
            page.worklog_form = blank(visit, place, record, "worklog", &fields, entered).await?;
            let me = visit.ctx.caller.user.to_string();
            if let Some(owner) = page.worklog_form.first_mut().filter(|owner| owner.value.is_empty()) {
                owner.choices.iter_mut().for_each(|choice| choice.is_chosen = choice.value == me);
            }
        }
        "resolution" => page.resolution = resolution(visit, view, record, entered),
        "approvals" => page.levels = levels(visit, place, record).await?,
        "related" => page.related = related(visit, view, record).await?,
        "history" => page.changes = history::of(visit, place, record.id()).await?,
        _ => {}
    }
    Ok(())
}

fn cell(visit: &Visit, view: &View, record: &Record, path: &str) -> Cell {
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
    let text = |path: &str| person.as_deref().and_then(|p| p.text(path)).unwrap_or("").to_owned();
    let named = |path: &str| {
        let id = person.as_deref().and_then(|p| p.reference(path));
        id.and_then(|id| view.snapshot().record(id)).map_or_else(String::new, |row| row.title().to_owned())
    };
    Requester {
        cell: person.as_deref().map(show::of_record).unwrap_or_default(),
        email: text("email_id"),
        job: text("job_title"),
        phone: text("phone"),
        department: named("department"),
        site: named("site"),
        is_vip: person.as_deref().is_some_and(|p| p.is("is_vip_user")),
    }
}

async fn tabs(
    visit: &Visit,
    place: &Place,
    record: &Record,
    here: &str,
    base: &str,
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
        href: if name.is_empty() { base.to_owned() } else { format!("{base}?tab={name}") },
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

async fn sections(
    visit: &Visit,
    view: &View,
    record: &Record,
    entered: Option<&Entered>,
) -> Result<Vec<Section>, DeskError> {
    let problems = Entered::problems(entered, "properties");
    let form = entered.filter(|e| e.name == "properties").map(|e| &e.form);
    let filled = Filled { record, view, entered: form, problems: &problems };
    let module = &record.module;
    let mut placed: Vec<&str> = ELSEWHERE.to_vec();
    let mut sections = Vec::new();
    for (i, (key, paths)) in SECTIONS.iter().enumerate() {
        let mut controls = Vec::new();
        for leaf in
            paths.iter().filter_map(|path| module.find(path)).filter(|leaf| input::is_on_forms(leaf, false))
        {
            controls.push(input::control(visit, leaf, filled).await?);
        }
        placed.extend(paths.iter());
        let is_open = i < 2 || controls.iter().any(|c| c.problem.is_some());
        sections.push(Section { label: visit.lang().text(key), controls, is_open });
    }
    let mut controls = Vec::new();
    let is_left =
        |leaf: &&model::Leaf| !placed.contains(&leaf.path.as_str()) && input::is_on_forms(leaf, false);
    for leaf in module.leaves().iter().filter(is_left) {
        controls.push(input::control(visit, leaf, filled).await?);
    }
    let is_open = controls.iter().any(|c| c.problem.is_some());
    sections.push(Section { label: visit.lang().text("request.more"), controls, is_open });
    Ok(sections)
}

/// The statuses that a reply or a resolution may set in passing.
fn statuses(visit: &Visit) -> Vec<Choice> {
    let rows = visit.snapshot.rows("status").iter().filter(|row| !desk::is_gone(row));
    rows.map(|row| Choice::new(row.id().to_string(), row.title())).collect()
}

async fn talk(
    visit: &Visit,
    view: &View,
    record: &Record,
    page: &mut RequestPage,
    entered: Option<&Entered>,
    is_whole: bool,
) -> Result<Talk, DeskError> {
    let (mut entries, hidden) = timeline::of(visit, record, &page.base, is_whole).await?;
    let files = std::mem::take(&mut page.files);
    entries.insert(0, timeline::description(visit, view, record, files));
    let typed = |name: &str| entered.filter(|e| e.name == name).map(|e| e.form.get("description").to_owned());
    let all = |name: &str| {
        let mut problems = Entered::problems(entered, name);
        problems.lift(visit, &record.module, |_| false);
        problems.general
    };
    let to = entered.filter(|e| e.name == "reply").map(|e| e.form.get("to").to_owned());
    Ok(Talk {
        entries,
        hidden,
        to: to.unwrap_or_else(|| page.requester.email.clone()),
        reply: typed("reply").unwrap_or_default(),
        note: typed("note").unwrap_or_default(),
        reply_problems: all("reply"),
        note_problems: all("note"),
        is_note: entered.is_some_and(|e| e.name == "note"),
        statuses: statuses(visit),
    })
}

/// The rows of a module below a request, all of them up to a number that no request has.
async fn below(
    visit: &Visit,
    place: &Place,
    record: &Record,
    module: &str,
) -> Result<(Vec<Record>, View), DeskError> {
    const ROWS_MAX: u64 = 500;
    let rows = place.below(record.clone(), visit.snapshot.module(module)?.clone(), "request");
    let mut page = visit.desk().list(&visit.ctx, &rows, ListAsk::new(Filter::everything(), ROWS_MAX)).await?;
    visit.desk().complete(&visit.ctx, &mut page.records, None).await?;
    let view = visit.desk().view(&page.records, None).await?;
    Ok((page.records, view))
}

async fn tasks(visit: &Visit, place: &Place, record: &Record) -> Result<Vec<TaskRow>, DeskError> {
    let (rows, view) = below(visit, place, record, "task").await?;
    let row = |task: &Record| TaskRow {
        id: task.id(),
        title: task.title().to_owned(),
        status: cell(visit, &view, task, "status"),
        owner: cell(visit, &view, task, "owner"),
        due: task.int("scheduled_end_time").map(|ms| visit.times.moment(ms)),
        is_done: task
            .reference("status")
            .and_then(|id| visit.snapshot.record(id))
            .is_some_and(|s| !s.is("in_progress")),
    };
    Ok(rows.iter().map(row).collect())
}

async fn worklogs(
    visit: &Visit,
    place: &Place,
    record: &Record,
) -> Result<(Vec<WorklogRow>, String), DeskError> {
    let (rows, view) = below(visit, place, record, "worklog").await?;
    let spent = |row: &Record| row.int("time_spent").unwrap_or(0);
    let total: i64 = rows.iter().map(spent).sum();
    let row = |worklog: &Record| WorklogRow {
        owner: cell(visit, &view, worklog, "owner"),
        spent: visit.times.span(spent(worklog)),
        when: visit.times.moment(worklog.int("start_time").or(worklog.int("recorded_time")).unwrap_or(0)),
        html: rich::shown(worklog.text("description").unwrap_or_default()),
    };
    let total = if total > 0 { visit.times.span(total) } else { String::new() };
    Ok((rows.iter().map(row).collect(), total))
}

/// The inputs of a form for a new row below the request.
async fn blank(
    visit: &Visit,
    place: &Place,
    record: &Record,
    name: &'static str,
    paths: &[&str],
    entered: Option<&Entered>,
) -> Result<Vec<Control>, DeskError> {
    let module = visit.snapshot.module(name)?.clone();
    let problems = Entered::problems(entered, name);
    let empty = Record::new(module.clone());
    let view = visit.desk().view(std::slice::from_ref(&empty), None).await?;
    let form = entered.filter(|e| e.name == name).map(|e| &e.form);
    let filled = Filled { record: &empty, view: &view, entered: form, problems: &problems };
    debug_assert!(place.module.name == record.module.name);
    let mut controls = Vec::new();
    for leaf in paths.iter().filter_map(|path| module.find(path)) {
        controls.push(input::control(visit, leaf, filled).await?);
    }
    Ok(controls)
}

fn resolution(visit: &Visit, view: &View, record: &Record, entered: Option<&Entered>) -> Resolution {
    let stored = record.text("resolution.content").unwrap_or_default();
    let mut problems = Entered::problems(entered, "resolution");
    problems.lift(visit, &record.module, |_| false);
    let form = entered.filter(|e| e.name == "resolution").map(|e| &e.form);
    let typed = rich::typed(stored);
    Resolution {
        html: rich::shown(stored),
        by: cell(visit, view, record, "resolution.submitted_by"),
        when: record.int("resolution.submitted_on").map(|ms| visit.times.moment(ms)),
        is_source: typed.is_none(),
        text: form.map_or_else(
            || typed.unwrap_or_else(|| stored.to_owned()),
            |f| f.get("resolution.content").to_owned(),
        ),
        problems: problems.general,
        statuses: statuses(visit),
    }
}

async fn levels(visit: &Visit, place: &Place, record: &Record) -> Result<Vec<Level>, DeskError> {
    let module = visit.snapshot.module("approval")?.clone();
    let (rows, view) = below(visit, place, record, "approval_level").await?;
    let levels = place.below(record.clone(), visit.snapshot.module("approval_level")?.clone(), "request");
    let mut shown = Vec::new();
    for level in &rows {
        let approvals = levels.below(level.clone(), module.clone(), "approval_level");
        let page = visit.desk().list(&visit.ctx, &approvals, ListAsk::new(Filter::everything(), 200)).await?;
        let people = visit.desk().view(&page.records, None).await?;
        shown.push(Level {
            number: level.get("level").to_string(),
            status: cell(visit, &view, level, "status"),
            approvals: page.records.iter().map(|approval| approval_row(visit, &people, approval)).collect(),
            id: level.id(),
        });
    }
    Ok(shown)
}

fn approval_row(visit: &Visit, view: &View, approval: &Record) -> ApprovalRow {
    let is_open = approval.get("action_taken_on").is_null() && !approval.get("sent_on").is_null();
    ApprovalRow {
        id: approval.id(),
        approver: cell(visit, view, approval, "approver"),
        status: cell(visit, view, approval, "status"),
        comments: approval.text("comments").unwrap_or("").to_owned(),
        when: approval.int("action_taken_on").or(approval.int("sent_on")).map(|ms| visit.times.moment(ms)),
        is_asked: is_open && approval.reference("approver") == Some(visit.ctx.caller.user),
    }
}

async fn related(visit: &Visit, view: &View, record: &Record) -> Result<Related, DeskError> {
    let linked = visit.desk().linked_requests(&visit.ctx, record.id()).await?;
    let row = |link: &desk::Linked| Linked {
        id: link.request.id(),
        number: link.request.get("display_id").to_string(),
        title: link.request.title().to_owned(),
        status: link.request.reference("status").map(|id| show::reference(view, id)).unwrap_or_default(),
        comments: link.comments.clone().unwrap_or_default(),
    };
    let cells =
        |path: &str| record.references(path).into_iter().map(|id| show::reference(view, id)).collect();
    let problem = visit.desk().problem_of(&visit.ctx, record.id()).await?;
    Ok(Related {
        links: linked.iter().map(row).collect(),
        problem: problem.as_ref().map(show::of_record),
        assets: cells("assets"),
        cis: cells("configuration_items"),
    })
}
