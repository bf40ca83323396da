//! Pages of every module that has none of its own: list, record, form. All follow from the catalogue, so a module that
//! is described has its pages.

pub(crate) mod act;
pub(crate) mod below;
pub(crate) mod edit;
pub(crate) mod loans;
pub(crate) mod page;

use crate::cmdb::types::{self, TypeRow};
use crate::lists::query::Query;
use crate::lists::{self, Asked, List};
use crate::shell::Shell;
use crate::views::{self, Refused, Views};
use crate::visit::{Technician, Visit};
use crate::{answer, cmdb, live, names};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::permissions::role_allows;
use desk::{DeskError, Place, Verb};
use model::filter::test;
use model::{Filter, Id, Module, Op};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "records/list.html")]
struct ListPage {
    shell: Shell,
    list: List,
    views: Views,
    module: String,
    /// What one is called.
    one: String,
    /// The address of the form for a new one, for whoever may add one.
    add: Option<String>,
    /// Above the list: where it belongs.
    trail: Option<(String, String)>,
    /// Types of CI, to choose one.
    types: Vec<TypeRow>,
}

/// The place that the first part of an address means.
///
/// # Errors
/// [`DeskError::NotFound`] for none.
pub(crate) fn place_at(visit: &Visit, path: &str) -> Result<Place, DeskError> {
    let module = visit.snapshot.catalogue.at_path(path).ok_or(DeskError::NotFound)?;
    Ok(Place::top(module.clone()))
}

/// The place of a record as its page has it: among those of its own type, where the type knows fields that others do not.
///
/// # Errors
/// As for reading the record.
pub(crate) async fn place_of(visit: &Visit, path: &str, id: Id) -> Result<Place, DeskError> {
    let place = place_at(visit, path)?;
    if place.module.table != "asset" {
        return visit.desk().exact_place(&visit.ctx, place, id).await;
    }
    let record = visit.desk().get(&visit.ctx, &place, id).await?;
    let is_its_type =
        |m: &&Arc<Module>| m.table == "asset" && m.fixed.as_ref().is_some_and(|f| f.holds(&record));
    let own = visit.snapshot.catalogue.modules().iter().find(is_its_type).cloned();
    Ok(own.map_or(place, Place::top))
}

/// Whether the visitor may do something with records of a module at all: what the page offers. The use cases decide.
pub(crate) fn may(visit: &Visit, module: &Module, verb: Verb) -> bool {
    module.writable && role_allows(visit.ctx.caller.access, module, verb)
}

/// GET of a module's list, by its plural.
pub(crate) async fn list(Technician(visit): Technician) -> Response {
    visit.answered(list_page(&visit, visit.path.trim_matches('/').to_owned(), None).await)
}

/// GET of `/admin/{plural}`.
pub(crate) async fn admin_list(Technician(visit): Technician, Path(plural): Path<String>) -> Response {
    visit.answered(list_page(&visit, plural, None).await)
}

/// GET of `/cmdb/{type}` for a type, and of `/cmdb/{id}` for a CI.
pub(crate) async fn in_cmdb(Technician(visit): Technician, Path(word): Path<String>) -> Response {
    let done = match word.parse::<Id>() {
        Ok(id) => cmdb::page::show(&visit, id).await,
        Err(_) => list_page(&visit, format!("cmdb/{word}"), None).await,
    };
    visit.answered(done)
}

/// The page of a list, with a form for a view that was not accepted.
///
/// # Errors
/// As for reading the list.
pub(crate) async fn list_page(
    visit: &Visit,
    path: String,
    refused: Option<Refused>,
) -> Result<Response, DeskError> {
    let place = place_at(visit, &path)?;
    let module = place.module.clone();
    let base = names::list(&module);
    let mark = live::mark(visit).await?;
    let query = Query::read(&visit.query);
    let (one, many) = names::both(visit, &module);
    let views = Views { refused, ..views::of(visit, &module, &base, &many, &query).await? };
    let narrowed = narrowed(&module).and(views::narrowed(visit, &module, &query));
    let list = lists::list(visit, Asked { place: &place, base: &base, narrowed, query }).await?;
    let mut shell = Shell::new(visit, &views.title).hearing(&base, mark);
    shell.words.clone_from(&list.words);
    let status = views.status();
    let page = ListPage {
        shell,
        // A CI is added among those of its type.
        add: (base != "/cmdb" && may(visit, &module, Verb::Create)).then(|| format!("{base}/new")),
        trail: trail(visit, &module),
        types: if module.table == "ci" { types::tree(visit, &module).await? } else { Vec::new() },
        module: module.path().into_owned(),
        one,
        views,
        list,
    };
    Ok(answer::page(status, &page))
}

/// The records of a list: additional fields without the attributes of CIs, which have a list of their own.
fn narrowed(module: &Arc<Module>) -> Filter {
    match module.name.as_ref() {
        "udf_field" => test(module, "ci_type", Op::Empty, Vec::new()),
        _ => Filter::everything(),
    }
}

/// Where a list belongs: what is above it.
fn trail(visit: &Visit, module: &Module) -> Option<(String, String)> {
    let base = names::list(module);
    let lang = visit.lang();
    if base.starts_with("/admin/") {
        return Some(("/admin".into(), lang.text("nav.admin").to_owned()));
    }
    base.starts_with("/cmdb/").then(|| ("/cmdb".into(), lang.text("nav.cmdb").to_owned()))
}
