//! Views of lists: those that come with the desk, and those that people keep for themselves or share.

use crate::form::{self, Form, Problems, TextForm};
use crate::lists::query::Query;
use crate::visit::{TechniciansForm, Visit, is_local};
use crate::{records, requests};
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, ListAsk, Place, REQUEST_VIEWS, TASK_VIEWS, request_view, task_view};
use http::StatusCode;
use model::filter::equals;
use model::{Filter, Id, Module, Patch, Record};
use std::sync::Arc;

/// The views that come with the desk for a module, by name, and the one that a technician begins with.
fn shipped_of(module: &Module) -> (Vec<&'static str>, &'static str) {
    match module.name.as_ref() {
        // One of the names is another one's second name, for programs.
        "request" => {
            let names = REQUEST_VIEWS.iter().map(|(name, _)| *name);
            (names.filter(|name| *name != "Open_System").collect(), "All_Open")
        }
        "task" => (TASK_VIEWS.to_vec(), "All_Tasks"),
        _ => (Vec::new(), ""),
    }
}

/// A view in the menu above a list.
pub(crate) struct ViewLink {
    pub label: String,
    pub href: String,
    pub is_here: bool,
}

/// The views of a list, and which of them it is.
pub(crate) struct Views {
    pub shipped: Vec<ViewLink>,
    pub own: Vec<ViewLink>,
    pub shared: Vec<ViewLink>,
    /// The title of the list: the view's name.
    pub title: String,
    /// The saved view that is looked at, where the visitor may change it.
    pub current: Option<Current>,
    /// A form for a view that was not accepted.
    pub refused: Option<Refused>,
}

impl Views {
    /// What speaks against the form for a new view, or the one for the view that is looked at.
    pub fn problem(&self, is_new: bool) -> Option<&str> {
        self.refused.as_ref().filter(|refused| refused.is_new == is_new).map(|refused| refused.words.as_str())
    }
    /// What was entered as the name of a new view.
    pub fn new_name(&self) -> &str {
        self.refused.as_ref().filter(|refused| refused.is_new).map_or("", |refused| refused.name.as_str())
    }
    /// The status of the list's page.
    pub const fn status(&self) -> StatusCode {
        if self.refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// A form for a view that was not accepted.
pub(crate) struct Refused {
    pub is_new: bool,
    pub name: String,
    pub words: String,
}

/// A saved view that is looked at.
pub(crate) struct Current {
    pub id: Id,
    pub name: String,
    pub is_shared: bool,
    /// Whether the list has been changed since.
    pub is_changed: bool,
}

/// The name of a shipped view of a module.
pub(crate) fn shipped_name(visit: &Visit, module: &str, name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let own = visit.lang().find(&format!("view.{module}_{name}"));
    own.unwrap_or_else(|| visit.lang().text(&format!("view.{name}"))).to_owned()
}

/// The records that a list's view shows, where it has one.
pub(crate) fn narrowed(visit: &Visit, module: &Arc<Module>, query: &Query) -> Filter {
    let (_, usual) = shipped_of(module);
    let groups = visit.person.references("groups");
    let named = |name: &str| match module.name.as_ref() {
        "request" => request_view(&visit.snapshot, &visit.ctx, &groups, module, name),
        "task" => task_view(&visit.snapshot, &visit.ctx, &groups, module, name),
        _ => None,
    };
    query.get("in").and_then(named).or_else(|| named(usual)).unwrap_or_else(Filter::everything)
}

/// The views of a module's list.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn of(
    visit: &Visit,
    module: &Module,
    base: &str,
    many: &str,
    query: &Query,
) -> Result<Views, DeskError> {
    let saved = if visit.ctx.is_technician() { saved_of(visit, module).await? } else { Vec::new() };
    let here: Option<Id> = query.get("view").and_then(|v| v.parse().ok());
    let me = visit.ctx.caller.user;
    let current = saved.iter().find(|row| Some(row.id()) == here);
    let link = |row: &Record| {
        let stored = Query::read(row.text("query").unwrap_or(""));
        ViewLink {
            label: row.title().to_owned(),
            href: format!("{base}{}", stored.with("view", Some(&row.id().to_string())).address()),
            is_here: Some(row.id()) == here,
        }
    };
    let mine = |row: &&Record| row.reference("created_by") == Some(me);
    let own = saved.iter().filter(|row| mine(row)).map(link).collect();
    let shared = saved.iter().filter(|row| !mine(row)).map(link).collect();
    let (names, usual) = shipped_of(module);
    let asked = query.get("in").filter(|asked| names.contains(asked)).unwrap_or(usual);
    let shipped = names.iter().map(|name| ViewLink {
        label: shipped_name(visit, &module.name, name),
        href: format!("{base}?in={name}"),
        is_here: current.is_none() && asked == *name,
    });
    let shipped = shipped.collect();
    let title = match current {
        Some(row) => row.title().to_owned(),
        None if names.is_empty() => many.to_owned(),
        None => shipped_name(visit, &module.name, asked),
    };
    let current = current.filter(|row| mine(row) || visit.ctx.is_administrator()).map(|row| Current {
        id: row.id(),
        name: row.title().to_owned(),
        is_shared: row.is("is_shared"),
        is_changed: Query::read(row.text("query").unwrap_or("")) != query.saved().with("after", None),
    });
    Ok(Views { shipped, own, shared, title, current, refused: None })
}

async fn saved_of(visit: &Visit, module: &Module) -> Result<Vec<Record>, DeskError> {
    const VIEWS_MAX: u64 = 200;
    let views = visit.snapshot.module("saved_view")?.clone();
    let of_module = equals(&views, "module", vec![model::fold(&module.path()).into()]);
    // Administrators may read all; those of others that are not shared are no business of theirs in a menu.
    let mine = equals(&views, "created_by", vec![visit.ctx.caller.user.into()]);
    let seen = Filter::Any(vec![mine, equals(&views, "is_shared", vec![true.into()])]);
    let ask = ListAsk::new(of_module.and(seen), VIEWS_MAX);
    Ok(visit.desk().list(&visit.ctx, &Place::top(views), ask).await?.records)
}

/// The views that a technician keeps, for the palette.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn all(visit: &Visit, module: &Module, base: &str) -> Result<Vec<ViewLink>, DeskError> {
    let views = of(visit, module, base, "", &Query::default()).await?;
    Ok(views.own.into_iter().chain(views.shared).chain(views.shipped).collect())
}

/// POST of `/views`: keeps a list as a new view.
pub(crate) async fn add(TechniciansForm(visit, form): TechniciansForm) -> Response {
    let done = keep(&visit, &form, None).await;
    answered(visit, &form, None, done).await
}

/// POST of `/views/{id}`: keeps the list as it is now, renames, shares, or deletes.
pub(crate) async fn change(
    Path(id): Path<String>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    let done = async {
        let id: Id = id.parse().map_err(|_| DeskError::NotFound)?;
        if form.get("do") == "delete" {
            let place = Place::top(visit.snapshot.module("saved_view")?.clone());
            visit.desk().delete(&visit.ctx, &place, id).await?;
            return Ok(Ok(visit.done(&base(&form), "view_deleted")));
        }
        keep(&visit, &form, Some(id)).await
    };
    let done = done.await;
    answered(visit, &form, Some(&id), done).await
}

/// The list that a form for a view is on.
fn base(form: &Form) -> String {
    form.given("base").filter(|base| is_local(base)).unwrap_or("/requests").to_owned()
}

/// Keeps a list as a view: a new one, or one that is there.
async fn keep(visit: &Visit, form: &Form, id: Option<Id>) -> Result<Result<Response, Problems>, DeskError> {
    let query = Query::read(form.get("query")).saved();
    let mut text = TextForm::new().with("query", &query.to_string());
    if id.is_none() || form.has("name") {
        let is_shared = if form.get("is_shared") == "true" { "true" } else { "false" };
        text = text.with("name", form.get("name")).with("is_shared", is_shared);
    }
    if id.is_none() {
        text = text.with("module", form.get("module"));
    }
    let place = Place::top(visit.snapshot.module("saved_view")?.clone());
    let reading = form::reading(text.form(), &place.module, &visit.times);
    let keep = async |ctx: &Context, patch: &Patch| match id {
        Some(id) => visit.desk().edit(ctx, &place, id, patch).await,
        None => visit.desk().add(ctx, &place, patch).await,
    };
    let kept = form::carry_out(visit, &place.module, reading, keep).await?;
    Ok(kept.map(|outcome| {
        let address = query.with("view", Some(&outcome.record.id().to_string())).address();
        visit.done(&format!("{}{address}", base(form)), "view_saved")
    }))
}

/// The answer to a form for a view: where it was refused the list once more, with what speaks against it beside the form.
async fn answered(
    mut visit: Visit,
    form: &Form,
    id: Option<&str>,
    done: Result<Result<Response, Problems>, DeskError>,
) -> Response {
    let problems = match done {
        Ok(Ok(response)) => return visit.answered(Ok(response)),
        Ok(Err(problems)) => problems,
        Err(error) => return visit.answered(Err(error)),
    };
    let words = problems.on_top().general.join(" ");
    let refused = Refused { is_new: id.is_none(), name: form.get("name").to_owned(), words };
    visit.path = base(form);
    visit.query = Query::read(form.get("query")).with("view", id).to_string();
    if visit.path == "/requests" {
        return visit.answered(requests::list::page(&visit, Some(refused)).await);
    }
    let path = visit.path.trim_matches('/');
    let path = path.strip_prefix("admin/").unwrap_or(path).to_owned();
    visit.answered(records::list_page(&visit, path, Some(refused)).await)
}
