//! The page of a CI: what it is, what it is related to, what is open on it, the record that it stands for.

use super::relations::{self, NewRelation, Relations};
use super::types::{Look, Looks};
use crate::form::{self, Form, Problems};
use crate::records::page::{self, Group};
use crate::records::{may, place_at};
use crate::requests;
use crate::requests::timeline::{self, FileLink};
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::visit::{TechniciansForm, Visit};
use crate::{answer, files, history, names};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, Place, Verb};
use http::StatusCode;
use model::{Id, Record};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "cmdb/page.html")]
struct CiPage {
    shell: Shell,
    base: String,
    title: String,
    look: Look,
    list: (String, String),
    marks: Vec<Cell>,
    groups: Vec<Group>,
    texts: Vec<(String, String)>,
    relations: Vec<Relations>,
    has_more_relations: bool,
    /// The form for another one, for whoever may make one.
    new: Option<NewRelation>,
    can_unrelate: bool,
    open: Vec<Open>,
    linked: Option<Linked>,
    files: Vec<FileLink>,
    changes: Vec<history::Change>,
    is_history: bool,
    edit: Option<String>,
    can_delete: bool,
    problems: Vec<String>,
}

/// So many of what is open on a CI are listed.
const OPEN_SHOWN: usize = 12;

/// A request or a problem that is open on a CI.
pub(crate) struct Open {
    pub href: String,
    pub icon: &'static str,
    pub number: String,
    pub title: String,
    pub status: Cell,
    pub priority: Cell,
}

/// The record that a CI stands for.
struct Linked {
    what: String,
    title: String,
    href: Option<String>,
    fields: Vec<(String, Cell)>,
}

/// What came of a form of the page.
enum Came {
    Page(Problems),
    Relation(Form, Problems),
}

/// GET of `/cmdb/{id}`.
///
/// # Errors
/// As for reading the CI.
pub(crate) async fn show(visit: &Visit, id: Id) -> Result<Response, DeskError> {
    render(visit, id, None).await
}

async fn render(visit: &Visit, id: Id, came: Option<Came>) -> Result<Response, DeskError> {
    let desk = visit.desk();
    let place = desk.exact_place(&visit.ctx, place_at(visit, "cmdb")?, id).await?;
    let mut records = [desk.get(&visit.ctx, &place, id).await?];
    desk.complete(&visit.ctx, &mut records, None).await?;
    let view = desk.view(&records, None).await?;
    let [record] = &records;
    let base = format!("/cmdb/{id}");
    let is_history = Form::of_query(&visit.query).get("tab") == "history";
    let status = if came.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (problems, entered, refusal) = match came {
        Some(Came::Relation(form, problems)) => (Vec::new(), Some(form), Some(problems.general.join(" "))),
        Some(Came::Page(mut problems)) => {
            problems.lift(visit, &place.module, |_| false);
            (problems.general, None, None)
        }
        None => (Vec::new(), None, None),
    };
    let edges = visit.snapshot.module("ci_relationship")?.clone();
    let (relations, has_more_relations) = relations::of(visit, &place, id).await?;
    let look = Looks(visit).of(record);
    let mut marks = page::marks(visit, &view, record);
    // The type is said with its icon.
    marks.retain(|mark| mark.text != look.label);
    let mut groups = page::groups(visit, &view, record);
    // Both are said elsewhere on the page, and better.
    let elsewhere = ["ci_type", "linked_instance"].map(|path| {
        place.module.find(path).map(|leaf| visit.lang().label(&leaf.field.label)).unwrap_or_default()
    });
    for group in &mut groups {
        group.fields.retain(|(label, _)| !elsewhere.contains(label));
    }
    groups.retain(|group| !group.fields.is_empty());
    let title = show::title(record);
    let page = CiPage {
        shell: Shell::new(visit, &title),
        list: (names::list(&place.module), names::both(visit, &place.module).1),
        groups,
        texts: page::texts(visit, &view, record),
        relations: if is_history { Vec::new() } else { relations },
        has_more_relations,
        new: may(visit, &edges, Verb::Create)
            .then(|| relations::form(visit, record, entered.as_ref(), refusal)),
        can_unrelate: may(visit, &edges, Verb::Delete),
        open: open(visit, record.clone()).await?,
        linked: linked(visit, record).await?,
        files: timeline::links(visit, &desk.attachments(&visit.ctx, &place, id).await?, &base),
        changes: if is_history { history::of(visit, &place, id).await? } else { Vec::new() },
        is_history,
        edit: may(visit, &place.module, Verb::Update).then(|| format!("{base}/edit")),
        can_delete: may(visit, &place.module, Verb::Delete),
        problems,
        look,
        marks,
        title,
        base,
    };
    Ok(answer::page(status, &page))
}

async fn open(visit: &Visit, ci: Record) -> Result<Vec<Open>, DeskError> {
    let mut on = visit.desk().open_on_ci(&visit.ctx, ci).await?;
    on.problems.truncate(OPEN_SHOWN);
    on.requests.truncate(OPEN_SHOWN);
    let mut open = of_records(visit, &on.problems).await?;
    open.extend(of_records(visit, &on.requests).await?);
    Ok(open)
}

/// Requests or problems in few words.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of_records(visit: &Visit, records: &[Arc<Record>]) -> Result<Vec<Open>, DeskError> {
    let records: Vec<Record> = records.iter().map(|r| Record::clone(r)).collect();
    let view = visit.desk().view(&records, None).await?;
    let one = |record: &Record| {
        let cell = |path: &str| {
            record.module.slot(path).map(|s| show::in_table(visit, &view, record, s)).unwrap_or_default()
        };
        let is_problem = record.module.name == "problem";
        Open {
            href: names::record(&record.module, record.id()).unwrap_or_default(),
            icon: if is_problem { "problems" } else { "requests" },
            number: if is_problem {
                cell("display_id").text
            } else {
                format!("#{}", cell("display_id").text)
            },
            title: show::title(record),
            status: cell("status"),
            priority: cell("priority"),
        }
    };
    Ok(records.iter().map(one).collect())
}

/// The record that the CI stands for, where the visitor sees it.
async fn linked(visit: &Visit, ci: &Record) -> Result<Option<Linked>, DeskError> {
    let module = ci.text("linked_module").and_then(|name| visit.snapshot.catalogue.module(name)).cloned();
    let (Some(module), Some(id)) = (module, ci.int("linked_instance").map(Id::new)) else { return Ok(None) };
    let what = names::of(visit.lang(), &module.name);
    let record = match visit.desk().get(&visit.ctx, &Place::top(module), id).await {
        Ok(record) => record,
        Err(DeskError::NotFound | DeskError::NotPermitted) => return Ok(None),
        Err(error) => return Err(error),
    };
    let view = visit.desk().view(std::slice::from_ref(&record), None).await?;
    let told = ["state", "product", "user", "department", "site", "email_id", "asset_tag", "warranty_expiry"];
    let mut fields = Vec::new();
    for slot in told.iter().filter_map(|path| record.module.slot(path)) {
        let cell = show::in_full(visit, &view, &record, slot);
        if let Some(leaf) = record.module.leaf(slot).filter(|_| !cell.is("empty")) {
            fields.push((visit.lang().label(&leaf.field.label), cell));
        }
    }
    let href = names::record(&record.module, id);
    Ok(Some(Linked { what, title: show::title(&record), href, fields }))
}

/// POST of `/cmdb/{id}/{act}`.
pub(crate) async fn act(
    Path((id, act)): Path<(String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    visit.answered(async { run(&visit, form, requests::id_of(&id)?, &act).await }.await)
}

async fn run(visit: &Visit, form: Form, id: Id, act: &str) -> Result<Response, DeskError> {
    let place = visit.desk().exact_place(&visit.ctx, place_at(visit, "cmdb")?, id).await?;
    let here = format!("/cmdb/{id}#relations");
    match act {
        "relate" => match relations::add(visit, &place, id, &form).await? {
            Ok(()) => Ok(visit.done(&here, "related")),
            Err(problems) => render(visit, id, Some(Came::Relation(form, problems))).await,
        },
        "unrelate" => {
            relations::remove(visit, &place, id, &form).await?;
            Ok(visit.done(&here, "unrelated"))
        }
        "delete" => {
            let done = visit.desk().delete(&visit.ctx, &place, id).await;
            match form::refused(visit, &place.module, done)? {
                Ok(()) => Ok(visit.done(&names::list(&place.module), "deleted")),
                Err(problems) => render(visit, id, Some(Came::Page(problems))).await,
            }
        }
        "attach" => match files::attach(visit, &form, &place, id).await? {
            Ok(()) => Ok(visit.done(&format!("/cmdb/{id}"), "attached")),
            Err(problems) => render(visit, id, Some(Came::Page(problems))).await,
        },
        "detach" => {
            visit.desk().detach(&visit.ctx, &place, id, requests::id_of(form.get("id"))?).await?;
            Ok(visit.done(&format!("/cmdb/{id}"), "detached"))
        }
        _ => Err(DeskError::NotFound),
    }
}
