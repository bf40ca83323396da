//! Several requests at once: the same change to each, or the same end.

use crate::form::{self, Form, Problems};
use crate::shell::Shell;
use crate::texts::Lang;
use crate::visit::{TechniciansForm, Visit, is_local};
use crate::{answer, requests, undo};
use askama::Template;
use axum::response::Response;
use desk::{Context, DeskError};
use http::StatusCode;
use model::{Id, Patch};

/// So many at once; a page has fewer rows.
const REQUESTS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "requests/bulk.html")]
pub(crate) struct OutcomePage {
    pub shell: Shell,
    pub done: String,
    /// What the list of the others is headed by.
    pub why: &'static str,
    /// Those that were not changed, and why.
    pub refused: Vec<Refused>,
    /// By which entries of the history the changes can be taken back.
    pub undo: String,
    pub back: String,
}

/// A record that was not changed.
pub(crate) struct Refused {
    pub href: String,
    pub title: String,
    pub why: String,
}

impl Refused {
    /// One of which nothing may be said.
    pub fn nameless(lang: Lang, why: String) -> Self {
        Self { href: String::new(), title: lang.text("undo.a_change").to_owned(), why }
    }
}

/// POST of `/requests/bulk`.
pub(crate) async fn run(TechniciansForm(visit, form): TechniciansForm) -> Response {
    visit.answered(all(&visit, &form).await)
}

async fn all(visit: &Visit, form: &Form) -> Result<Response, DeskError> {
    let back = form.given("back").filter(|back| is_local(back)).unwrap_or("/requests").to_owned();
    let mut ids: Vec<Id> = form.all("id").filter_map(|id| id.parse().ok()).take(REQUESTS_MAX).collect();
    ids.dedup();
    if ids.is_empty() {
        return Ok(visit.done(&back, "nothing_chosen"));
    }
    if form.get("do") == "edit" && !changes_anything(visit, form)? {
        return Ok(visit.done(&back, "nothing_to_change"));
    }
    let mut done = 0;
    let (mut refused, mut entries) = (Vec::new(), Vec::new());
    for id in ids {
        match one(visit, form, id).await? {
            Ok(()) => {
                done += 1;
                entries.extend(undo::of_own_change(visit, id).await?);
            }
            Err(why) => {
                refused.push(Refused { href: format!("/requests/{id}"), title: title(visit, id).await?, why })
            }
        }
    }
    if refused.is_empty() {
        return Ok(if entries.is_empty() {
            visit.done(&back, "bulk_done")
        } else {
            visit.done_undoably(&back, "bulk_done", &entries)
        });
    }
    let lang = visit.lang();
    let page = OutcomePage {
        shell: Shell::new(visit, lang.text("bulk.title")),
        done: lang.count("bulk.done", done),
        why: lang.text("bulk.refused"),
        refused,
        undo: undo::written(&entries),
        back,
    };
    Ok(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// Whether the form sets any field of a request.
fn changes_anything(visit: &Visit, form: &Form) -> Result<bool, DeskError> {
    let place = requests::place(visit)?;
    Ok(place.module.leaves().iter().any(|leaf| form.given(&leaf.path).is_some_and(|_| leaf.path != "id")))
}

async fn title(visit: &Visit, id: Id) -> Result<String, DeskError> {
    match visit.desk().get(&visit.ctx, &requests::place(visit)?, id).await {
        Ok(record) => Ok(format!("#{} {}", record.get("display_id"), record.title())),
        Err(DeskError::NotFound | DeskError::MergedInto(_)) => Ok(id.to_string()),
        Err(error) => Err(error),
    }
}

/// What is done to one of them, or why it is not.
async fn one(visit: &Visit, form: &Form, id: Id) -> Result<Result<(), String>, DeskError> {
    let desk = visit.desk();
    let place = requests::place(visit)?;
    let done = match form.get("do") {
        "trash" => desk.trash_request(&visit.ctx, id).await,
        "restore" => desk.restore_request(&visit.ctx, id).await,
        "pickup" => desk.pick_up_request(&visit.ctx, id).await.map(|_| ()),
        _ => {
            let reading = form::reading(&form.filled(), &place.module, &visit.times);
            let edit = async |ctx: &Context, patch: &Patch| desk.edit(ctx, &place, id, patch).await;
            match form::carry_out(visit, &place.module, reading, edit).await {
                Ok(Ok(done)) if done.unmet.is_empty() => Ok(()),
                Ok(Ok(done)) => return Ok(Err(form::closure(visit, &place.module, &done.unmet))),
                Ok(Err(problems)) => return Ok(Err(words(visit, problems, &place.module))),
                Err(error) => Err(error),
            }
        }
    };
    let lang = visit.lang();
    match form::refused(visit, &place.module, done) {
        Ok(Ok(())) => Ok(Ok(())),
        Ok(Err(problems)) => Ok(Err(words(visit, problems, &place.module))),
        Err(DeskError::NotFound | DeskError::MergedInto(_)) => {
            Ok(Err(lang.text("error.not_found").to_owned()))
        }
        Err(DeskError::NotPermitted) => Ok(Err(lang.text("error.not_permitted").to_owned())),
        Err(DeskError::NotInTrash) => Ok(Err(lang.text("error.not_in_trash").to_owned())),
        Err(error) => Err(error),
    }
}

fn words(visit: &Visit, mut problems: Problems, module: &model::Module) -> String {
    problems.lift(visit, module, |_| false);
    problems.general.join(" ")
}
