//! Views of lists: those that come with the desk, and those that people keep for themselves or share.

use crate::form::{self, Problems, TextForm};
use crate::lists::query::Query;
use crate::visit::{TechniciansForm, Visit, is_local};
use axum::extract::Path;
use axum::response::Response;
use desk::{DeskError, ListAsk, Place, REQUEST_VIEWS, request_view};
use model::filter::equals;
use model::{Filter, Id, Module, Record};
use std::sync::Arc;

/// The view of requests that a technician begins with.
pub(crate) const USUAL: &str = "All_Open";

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
}

/// A saved view that is looked at.
pub(crate) struct Current {
    pub id: Id,
    pub name: String,
    pub is_shared: bool,
    /// Whether the list has been changed since.
    pub is_changed: bool,
}

/// The name of a shipped view.
pub(crate) fn shipped_name(visit: &Visit, name: &str) -> String {
    visit.lang().text(&format!("view.{}", name.to_ascii_lowercase())).to_owned()
}

/// The requests that a list's view shows, where it has one.
pub(crate) fn narrowed(visit: &Visit, module: &Arc<Module>, query: &Query) -> Filter {
    if module.name != "request" {
        return Filter::everything();
    }
    let groups = visit.person.references("groups");
    let named = |name: &str| request_view(&visit.snapshot, &visit.ctx, &groups, module, name);
    query.get("in").and_then(named).or_else(|| named(USUAL)).unwrap_or_else(Filter::everything)
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
    let is_requests = module.name == "request";
    let shipped_here = query.get("in").unwrap_or(USUAL);
    let shipped = if is_requests { REQUEST_VIEWS.as_slice() } else { &[] };
    let shipped = shipped
        .iter()
        .filter(|(name, _)| *name != "Open_System")
        .map(|(name, _)| ViewLink {
            label: shipped_name(visit, name),
            href: format!("{base}?in={name}"),
            is_here: current.is_none() && shipped_here == *name,
        })
        .collect();
    let known = |name: &&str| REQUEST_VIEWS.iter().any(|(n, _)| n == name);
    let title = match current {
        Some(row) => row.title().to_owned(),
        None if is_requests => shipped_name(visit, Some(shipped_here).filter(known).unwrap_or(USUAL)),
        None => many.to_owned(),
    };
    let current = current.filter(|row| mine(row) || visit.ctx.is_administrator()).map(|row| Current {
        id: row.id(),
        name: row.title().to_owned(),
        is_shared: row.is("is_shared"),
        is_changed: Query::read(row.text("query").unwrap_or("")) != query.saved().with("after", None),
    });
    Ok(Views { shipped, own, shared, title, current })
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
    visit.answered(
        async {
            let base = form.given("base").filter(|base| is_local(base)).unwrap_or("/requests").to_owned();
            let query = Query::read(form.get("query")).saved();
            let text = TextForm::new()
                .with("name", form.get("name"))
                .with("module", form.get("module"))
                .with("query", &query.to_string())
                .with("is_shared", if form.get("is_shared") == "true" { "true" } else { "false" });
            let place = Place::top(visit.snapshot.module("saved_view")?.clone());
            let reading = form::reading(text.form(), &place.module, &visit.times);
            let add =
                async |ctx: &desk::Context, patch: &model::Patch| visit.desk().add(ctx, &place, patch).await;
            match form::carry_out(&visit, &place.module, reading, add).await? {
                Ok(done) => {
                    let id = done.record.id().to_string();
                    Ok(visit
                        .done(&format!("{base}{}", query.with("view", Some(&id)).address()), "view_saved"))
                }
                Err(problems) => refused(&problems),
            }
        }
        .await,
    )
}

fn refused(problems: &Problems) -> Result<Response, DeskError> {
    let words = problems.general.first().cloned().or_else(|| problems.of("name").map(str::to_owned));
    Err(desk::Refusal::because("name", words.unwrap_or_default()).into())
}

/// POST of `/views/{id}`: keeps the list as it is now, renames, shares, or deletes.
pub(crate) async fn change(
    Path(id): Path<String>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    visit.answered(
        async {
            let id: Id = id.parse().map_err(|_| DeskError::NotFound)?;
            let place = Place::top(visit.snapshot.module("saved_view")?.clone());
            let base = form.given("base").filter(|base| is_local(base)).unwrap_or("/requests").to_owned();
            if form.get("do") == "delete" {
                visit.desk().delete(&visit.ctx, &place, id).await?;
                return Ok(visit.done(&base, "view_deleted"));
            }
            let query = Query::read(form.get("query")).saved();
            let mut text = TextForm::new().with("query", &query.to_string());
            if form.has("name") {
                let is_shared = if form.get("is_shared") == "true" { "true" } else { "false" };
                text = text.with("name", form.get("name")).with("is_shared", is_shared);
            }
            let reading = form::reading(text.form(), &place.module, &visit.times);
            let edit = async |ctx: &desk::Context, patch: &model::Patch| {
                visit.desk().edit(ctx, &place, id, patch).await
            };
            match form::carry_out(&visit, &place.module, reading, edit).await? {
                Ok(_) => {
                    let address = query.with("view", Some(&id.to_string())).address();
                    Ok(visit.done(&format!("{base}{address}"), "view_saved"))
                }
                Err(problems) => refused(&problems),
            }
        }
        .await,
    )
}
