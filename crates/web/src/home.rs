//! The page that a technician begins with: what needs them now.

use crate::approvals::{self, Waiting};
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::views;
use crate::visit::{Anybody, Visit};
use crate::{answer, live, portal, requests};
use askama::Template;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, View, request_view, task_view};
use http::StatusCode;
use model::filter::{equals, test};
use model::{Filter, Op, Path, Record, SortKey};

/// So many are counted; beyond, a list says more than a number.
const COUNTED: u64 = 100;
/// So many are shown.
const SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    greeting: String,
    today: String,
    tiles: Vec<Tile>,
    mine: Vec<Brief>,
    unassigned: Vec<Brief>,
    overdue: Vec<Brief>,
    approvals: Vec<Waiting>,
    tasks: Vec<TaskBrief>,
    is_untouched: bool,
    /// What others did on the visitor's requests since the last visit.
    news: Vec<Brief>,
    since: Option<Moment>,
}

struct Tile {
    label: String,
    href: String,
    count: String,
    tone: &'static str,
}

/// A request in few words.
pub(crate) struct Brief {
    pub href: String,
    pub number: String,
    pub subject: String,
    pub requester: Cell,
    pub status: Cell,
    pub priority: Cell,
    pub due: Option<Moment>,
    pub tone: &'static str,
    pub moment: Moment,
}

struct TaskBrief {
    href: String,
    title: String,
    due: Option<Moment>,
}

/// GET of `/`: the desk for those who work at it, the portal for everybody else.
pub(crate) async fn show(Anybody(visit): Anybody) -> Response {
    let done = if visit.ctx.is_technician() { page(&visit).await } else { portal::home(&visit).await };
    visit.answered(done)
}

async fn page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let mark = live::mark(visit).await?;
    let since = visit.desk().look(&visit.ctx).await?;
    let mut tiles = Vec::new();
    let mut briefs: Vec<Vec<Brief>> = Vec::new();
    for (name, sort, tone) in [
        ("My_Open", ("due_by_time", false), ""),
        ("Unassigned", ("created_time", true), ""),
        ("Overdue", ("due_by_time", false), "late"),
        ("Due_Today", ("due_by_time", false), "soon"),
        ("Onhold", ("created_time", true), ""),
    ] {
        let (rows, count) = of_view(visit, name, sort).await?;
        let is_none = count == "0";
        tiles.push(Tile {
            label: views::shipped_name(visit, "request", name),
            href: format!("/requests?in={name}"),
            count,
            tone: if is_none { "" } else { tone },
        });
        briefs.push(rows);
    }
    let mut briefs = briefs.into_iter();
    let mut next = || briefs.next().unwrap_or_default();
    let (mine, unassigned, overdue) = (next(), next(), next());
    let page = HomePage {
        shell: Shell::new(visit, lang.text("nav.home")).hearing("/requests", mark),
        greeting: greeting(visit),
        today: visit.times.date_in_words(),
        is_untouched: visit.ctx.is_administrator() && visit.desk().is_untouched().await?,
        tiles,
        mine,
        unassigned,
        overdue,
        approvals: approvals::waiting(visit).await?,
        tasks: tasks(visit).await?,
        news: news(visit, since).await?,
        since: since.map(|since| visit.times.moment(since)),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn greeting(visit: &Visit) -> String {
    let key = match visit.times.hour() {
        5..12 => "home.morning",
        12..18 => "home.afternoon",
        _ => "home.evening",
    };
    // Of somebody who gave one name only that is the first name as well.
    let first = visit.person.text("first_name").filter(|n| !n.is_empty() && *n != visit.person.title());
    let name = first.or_else(|| visit.person.title().split(' ').next()).unwrap_or_default().to_owned();
    visit.lang().say(key, &[("name", &name)])
}

async fn of_view(
    visit: &Visit,
    name: &str,
    (field, descending): (&str, bool),
) -> Result<(Vec<Brief>, String), DeskError> {
    let place = requests::place(visit)?;
    let groups = visit.person.references("groups");
    let filter = request_view(&visit.snapshot, &visit.ctx, &groups, &place.module, name);
    let mut ask = ListAsk::new(filter.unwrap_or_else(Filter::nothing), COUNTED);
    ask.sort = Path::of(&place.module, field).map(|path| SortKey { path, descending }).into_iter().collect();
    ask.slots = slots(&place);
    let mut page = visit.desk().list(&visit.ctx, &place, ask).await?;
    let count = if page.has_more { format!("{COUNTED}+") } else { page.records.len().to_string() };
    page.records.truncate(SHOWN);
    Ok((briefs(visit, &page.records).await?, count))
}

/// The visitor's requests that others changed since a time, the newest change first.
async fn news(visit: &Visit, since: Option<i64>) -> Result<Vec<Brief>, DeskError> {
    let Some(since) = since else { return Ok(Vec::new()) };
    let place = requests::place(visit)?;
    let module = &place.module;
    let filter = equals(module, "technician", vec![visit.ctx.caller.user.into()]).and(test(
        module,
        "last_updated_time",
        Op::Greater,
        vec![since.into()],
    ));
    let mut ask = ListAsk::new(filter, COUNTED);
    ask.sort = Path::of(module, "last_updated_time")
        .map(|path| SortKey { path, descending: true })
        .into_iter()
        .collect();
    ask.slots = slots(&place);
    let mut records = visit.desk().list(&visit.ctx, &place, ask).await?.records;
    let ids: Vec<_> = records.iter().map(Record::id).collect();
    let changed = visit.desk().changed_by_others(&visit.ctx, &ids, since).await?;
    records.retain(|record| changed.contains(&record.id()));
    records.truncate(SHOWN);
    let mut briefs = briefs(visit, &records).await?;
    for (brief, record) in briefs.iter_mut().zip(&records) {
        brief.due = None;
        brief.moment = visit.times.moment(record.int("last_updated_time").unwrap_or(0));
    }
    Ok(briefs)
}

fn slots(place: &Place) -> Vec<usize> {
    const SHOWN: [&str; 9] = [
        "display_id",
        "subject",
        "requester",
        "status",
        "priority",
        "due_by_time",
        "created_time",
        "resolved_time",
        "completed_time",
    ];
    let mut slots: Vec<usize> = SHOWN.iter().filter_map(|path| place.module.slot(path)).collect();
    slots.extend(place.module.slot("stopped_since"));
    slots.extend(place.module.slot("last_updated_time"));
    slots
}

/// Requests in few words.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn briefs(visit: &Visit, records: &[Record]) -> Result<Vec<Brief>, DeskError> {
    let view = visit.desk().view(records, None).await?;
    Ok(records.iter().map(|record| brief(visit, &view, record)).collect())
}

fn brief(visit: &Visit, view: &View, record: &Record) -> Brief {
    let cell = |path: &str| record.reference(path).map(|id| show::reference(view, id)).unwrap_or_default();
    Brief {
        href: format!("/requests/{}", record.id()),
        number: record.get("display_id").to_string(),
        subject: record.title().to_owned(),
        requester: cell("requester"),
        status: cell("status"),
        priority: cell("priority"),
        due: record.int("due_by_time").map(|ms| visit.times.moment(ms)),
        tone: show::due_tone(visit, record),
        moment: visit.times.moment(record.int("created_time").unwrap_or(0)),
    }
}

async fn tasks(visit: &Visit) -> Result<Vec<TaskBrief>, DeskError> {
    let module = visit.snapshot.module("task")?.clone();
    let mine = task_view(&visit.snapshot, &visit.ctx, &[], &module, "My_Open");
    let mut ask = ListAsk::new(mine.unwrap_or_else(Filter::nothing), SHOWN as u64);
    ask.sort = Path::of(&module, "scheduled_end_time")
        .map(|path| SortKey { path, descending: false })
        .into_iter()
        .collect();
    let page = visit.desk().list(&visit.ctx, &Place::top(module), ask).await?;
    let brief = |task: &Record| TaskBrief {
        href: format!("/tasks/{}", task.id()),
        title: task.title().to_owned(),
        due: task.int("scheduled_end_time").map(|ms| visit.times.moment(ms)),
    };
    Ok(page.records.iter().map(brief).collect())
}
