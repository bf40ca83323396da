//! The parts of a request's page: conversation, tasks, time, resolution, approvals, what it is about.

use super::page::{Entered, cell, problem};
use super::timeline::{self, Entry, FileLink};
use crate::input::Choice;
use crate::records::{below as records_below, may};
use crate::rich;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::visit::Visit;
use desk::{DeskError, ListAsk, Place, Verb, View};
use model::{Filter, Id, Record};

/// The fields that name what a request is about, and the modules that they refer to.
pub(super) const THINGS: [(&str, &str); 2] = [("assets", "asset"), ("configuration_items", "ci")];

#[derive(Default)]
pub(super) struct Talk {
    pub entries: Vec<Entry>,
    pub hidden: usize,
    pub to: String,
    pub reply: String,
    pub note: String,
    pub reply_problems: Vec<String>,
    pub note_problems: Vec<String>,
    pub is_note: bool,
    pub statuses: Vec<Choice>,
}

pub(super) struct TaskRow {
    pub id: Id,
    pub title: String,
    pub status: Cell,
    pub owner: Cell,
    pub due: Option<Moment>,
    pub is_done: bool,
}

pub(super) struct WorklogRow {
    pub owner: Cell,
    pub spent: String,
    pub when: Moment,
    pub html: String,
    /// Where it can be changed, for whom that is offered.
    pub edit: Option<String>,
}

#[derive(Default)]
pub(super) struct Resolution {
    pub html: String,
    pub by: Cell,
    pub when: Option<Moment>,
    pub text: String,
    pub is_source: bool,
    /// What the form first showed.
    pub was: String,
    pub problems: Vec<String>,
    pub statuses: Vec<Choice>,
}

pub(super) struct Level {
    pub number: String,
    pub status: Cell,
    pub approvals: Vec<ApprovalRow>,
    pub id: Id,
}

pub(super) struct ApprovalRow {
    pub id: Id,
    pub approver: Cell,
    pub status: Cell,
    pub comments: String,
    pub when: Option<Moment>,
    /// Whether the visitor is asked.
    pub is_asked: bool,
}

#[derive(Default)]
pub(super) struct Related {
    pub links: Vec<Linked>,
    pub problem: Option<Cell>,
    /// What speaks against the problem that was named.
    pub problem_wrong: Option<String>,
    /// Where a problem is made of the request, for whoever may.
    pub new_problem: Option<String>,
    pub things: Vec<Things>,
}

/// What a request is about: its assets, its configuration items.
pub(super) struct Things {
    pub field: &'static str,
    /// The module, for completing names.
    pub module: &'static str,
    pub label: String,
    pub one: String,
    pub cells: Vec<(Id, Cell)>,
    pub problem: Option<String>,
}

pub(super) struct Linked {
    pub id: Id,
    pub number: String,
    pub title: String,
    pub status: Cell,
    pub comments: String,
}

/// The statuses that a reply or a resolution may set in passing.
fn statuses(visit: &Visit) -> Vec<Choice> {
    let rows = visit.snapshot.rows("status").iter().filter(|row| !desk::is_gone(row));
    rows.map(|row| Choice::new(row.id().to_string(), row.title())).collect()
}

/// How the conversation begins: with the description and its files; and whom an answer goes to.
pub(super) struct Opening<'a> {
    pub base: &'a str,
    pub files: Vec<FileLink>,
    pub email: &'a str,
}

pub(super) async fn talk(
    visit: &Visit,
    view: &View,
    record: &Record,
    opening: Opening<'_>,
    entered: Option<&Entered>,
    is_whole: bool,
) -> Result<Talk, DeskError> {
    let (mut entries, hidden) = timeline::of(visit, record, opening.base, is_whole).await?;
    entries.insert(0, timeline::description(visit, view, record, opening.files));
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
        to: to.unwrap_or_else(|| opening.email.to_owned()),
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

pub(super) async fn tasks(visit: &Visit, place: &Place, record: &Record) -> Result<Vec<TaskRow>, DeskError> {
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

pub(super) async fn worklogs(
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
        edit: records_below::form_of(visit, record, worklog),
    };
    let total = if total > 0 { visit.times.span(total) } else { String::new() };
    Ok((rows.iter().map(row).collect(), total))
}

pub(super) fn resolution(
    visit: &Visit,
    view: &View,
    record: &Record,
    entered: Option<&Entered>,
) -> Resolution {
    let stored = record.text("resolution.content").unwrap_or_default();
    let mut problems = Entered::problems(entered, "resolution");
    let is_overtaken = problems.is_overtaken("resolution.content");
    problems.lift(visit, &record.module, |_| false);
    let form = Entered::form(entered, "resolution");
    let typed = rich::typed(stored);
    let is_source = typed.is_none();
    let now = typed.unwrap_or_else(|| stored.to_owned());
    let was = form.filter(|form| !is_overtaken && form.has("was.resolution.content"));
    Resolution {
        html: rich::shown(stored),
        by: cell(visit, view, record, "resolution.submitted_by"),
        when: record.int("resolution.submitted_on").map(|ms| visit.times.moment(ms)),
        is_source: form.map_or(is_source, |form| form.get("resolution.content.format") == "html"),
        was: was.map_or(&*now, |form| form.get("was.resolution.content")).to_owned(),
        text: form.map_or_else(|| now.clone(), |form| form.get("resolution.content").to_owned()),
        problems: problems.general,
        statuses: statuses(visit),
    }
}

pub(super) async fn levels(visit: &Visit, place: &Place, record: &Record) -> Result<Vec<Level>, DeskError> {
    let module = visit.snapshot.module("approval")?.clone();
    let (rows, view) = below(visit, place, record, "approval_level").await?;
    let levels = place.below(record.clone(), visit.snapshot.module("approval_level")?.clone(), "request");
    let is_locked = desk::is_locked(&visit.ctx, record, &visit.snapshot);
    let mut shown = Vec::new();
    for level in &rows {
        let approvals = levels.below(level.clone(), module.clone(), "approval_level");
        let page = visit.desk().list(&visit.ctx, &approvals, ListAsk::new(Filter::everything(), 200)).await?;
        let people = visit.desk().view(&page.records, None).await?;
        shown.push(Level {
            number: level.get("level").to_string(),
            status: cell(visit, &view, level, "status"),
            approvals: page.records.iter().map(|a| approval_row(visit, &people, a, is_locked)).collect(),
            id: level.id(),
        });
    }
    Ok(shown)
}

fn approval_row(visit: &Visit, view: &View, approval: &Record, is_locked: bool) -> ApprovalRow {
    let is_open =
        !is_locked && approval.get("action_taken_on").is_null() && !approval.get("sent_on").is_null();
    ApprovalRow {
        id: approval.id(),
        approver: cell(visit, view, approval, "approver"),
        status: cell(visit, view, approval, "status"),
        comments: approval.text("comments").unwrap_or("").to_owned(),
        when: approval.int("action_taken_on").or(approval.int("sent_on")).map(|ms| visit.times.moment(ms)),
        is_asked: is_open && approval.reference("approver") == Some(visit.ctx.caller.user),
    }
}

pub(super) async fn related(
    visit: &Visit,
    view: &View,
    record: &Record,
    entered: Option<&Entered>,
) -> Result<Related, DeskError> {
    let linked = visit.desk().linked_requests(&visit.ctx, record.id()).await?;
    let row = |link: &desk::Linked| Linked {
        id: link.request.id(),
        number: link.request.get("display_id").to_string(),
        title: link.request.title().to_owned(),
        status: link.request.reference("status").map(|id| show::reference(view, id)).unwrap_or_default(),
        comments: link.comments.clone().unwrap_or_default(),
    };
    let things = THINGS.iter().map(|(field, module)| Things {
        field,
        module,
        label: visit.lang().label(record.module.find(field).map_or(*field, |leaf| leaf.field.label.as_ref())),
        one: crate::names::of(visit.lang(), module),
        cells: record.references(field).into_iter().map(|id| (id, show::reference(view, id))).collect(),
        problem: problem(entered, "name", field),
    });
    let cause = visit.desk().problem_of(&visit.ctx, record.id()).await?;
    let may_add = may(visit, visit.snapshot.module("problem")?, Verb::Create);
    Ok(Related {
        problem_wrong: problem(entered, "problem", "problem"),
        new_problem: may_add.then(|| format!("/problems/new?request={}", record.id())),
        links: linked.iter().map(row).collect(),
        problem: cause.as_ref().map(show::of_record),
        things: things.collect(),
    })
}
