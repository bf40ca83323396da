//! What the forms of a record's page do: each calls one use case and goes back to the page, or shows it again with what
//! speaks against it.

use super::page::{Came, first, render};
use super::{loans, place_of};
use crate::form::{self, Form, Problems};
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, files, names, once, requests, timer, undo};
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, Place};
use model::{Id, Patch};

/// POST of `/{plural}/{id}/{act}`.
pub(crate) async fn act(
    Path((id, act)): Path<(String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    let path = first(&visit);
    acted(visit, form, &path, (&id, &act)).await
}

/// POST of `/admin/{plural}/{id}/{act}`.
pub(crate) async fn admin_act(
    Path((plural, id, act)): Path<(String, String, String)>,
    TechniciansForm(visit, form): TechniciansForm,
) -> Response {
    acted(visit, form, &plural, (&id, &act)).await
}

/// The answer to a form of a record's page; what adds something is carried out once.
async fn acted(mut visit: Visit, form: Form, path: &str, (id, act): (&str, &str)) -> Response {
    let here = visit.path.rsplit_once('/').map_or("/", |(above, _)| above).to_owned();
    let run = async |visit: &Visit, form: Form| run(visit, form, path, requests::id_of(id)?, act).await;
    let done = once::carried_out(&mut visit, form, |_| here.clone(), run).await;
    visit.answered(done)
}

async fn run(visit: &Visit, form: Form, path: &str, id: Id, act: &str) -> Result<Response, DeskError> {
    let place = place_of(visit, path, id).await?;
    let module = place.module.clone();
    let base = names::record(&module, id).ok_or(DeskError::NotFound)?;
    let desk = visit.desk();
    let done = match act {
        "delete" => {
            return match form::refused(visit, &module, desk.delete(&visit.ctx, &place, id).await)? {
                Ok(()) => undo::done(visit, &names::list(&module), "deleted", id).await,
                Err(problems) => render(visit, path, id, Some(Came::Refused(form, problems))).await,
            };
        }
        "password" if module.table == "person" => {
            let password = visit.web.identity.reset_password(&visit.ctx, id).await?;
            return render(visit, path, id, Some(Came::Password(password))).await;
        }
        "second_factor" if module.table == "person" => {
            return match visit.web.identity.reset_second_factor(&visit.ctx, id).await? {
                true => Ok(visit.done(&base, "factor_reset")),
                false => Err(DeskError::NotFound),
            };
        }
        "pickup" if module.name == "problem" => {
            form::refused(visit, &module, desk.pick_up_problem(&visit.ctx, id).await)?.map(|_| ())
        }
        "pickup" if module.name == "task" => {
            form::refused(visit, &module, desk.pick_up_task(&visit.ctx, &place, id).await)?.map(|_| ())
        }
        "close" if module.name == "task" => {
            form::refused(visit, &module, desk.close_task(&visit.ctx, &place, id).await)?.map(|_| ())
        }
        "worklog" if module.name == "task" => {
            let added = add_below(visit, &form, &place, id, ("worklog", "task")).await?;
            if added.is_ok() {
                timer::written_down(visit, &module, id).await?;
            }
            added
        }
        "note" if module.name == "problem" => note(visit, &form, &place, id).await?,
        "take_back" if module.table == "asset" || module.name == "asset_loan" => {
            loans::take_back(visit, &place, id).await?
        }
        "attach" => files::attach(visit, &form, &place, id).await?,
        "detach" => {
            let file = requests::id_of(form.get("id"))?;
            form::refused(visit, &module, desk.detach(&visit.ctx, &place, id, file).await)?
        }
        _ => return Err(DeskError::NotFound),
    };
    match done {
        Ok(()) => match act {
            "attach" => Ok(visit.done(&base, "attached")),
            "take_back" => Ok(visit.done(&base, "taken_back")),
            "worklog" => Ok(visit.done(&base, "time_added")),
            "pickup" | "close" => undo::done(visit, &base, "saved", id).await,
            _ => Ok(visit.done(&base, "saved")),
        },
        Err(problems) => render(visit, path, id, Some(Came::Refused(form, problems))).await,
    }
}

async fn note(visit: &Visit, form: &Form, place: &Place, id: Id) -> Result<Result<(), Problems>, DeskError> {
    if form.given("description").is_none() {
        return Ok(Err(Problems::whole(visit.lang().text("error.nothing_said"))));
    }
    add_below(visit, form, place, id, ("problem_note", "problem")).await
}

/// Adds a row of a module below a record, by the field that refers to the record.
async fn add_below(
    visit: &Visit,
    form: &Form,
    place: &Place,
    id: Id,
    (module, field): (&str, &'static str),
) -> Result<Result<(), Problems>, DeskError> {
    let record = visit.desk().locate(&visit.ctx, place, id).await?;
    let rows = place.below(record, visit.snapshot.module(module)?.clone(), field);
    let reading = form::reading(form, &rows.module, &visit.times);
    let add = async |ctx: &Context, patch: &Patch| visit.desk().add(ctx, &rows, patch).await;
    Ok(form::carry_out(visit, &rows.module, reading, add).await?.map(|_| ()))
}

/// GET of `/{plural}/{id}/files/{file}`.
pub(crate) async fn file(
    Technician(visit): Technician,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    let path = first(&visit);
    visit.answered(
        async {
            let (id, file) = (requests::id_of(&id)?, requests::id_of(&file)?);
            let place = place_of(&visit, &path, id).await?;
            let (row, stored) = visit.desk().attachment(&visit.ctx, &place, id, file).await?;
            let text = |path: &str| row.text(path).unwrap_or_default();
            Ok(answer::stored(text("name"), text("content_type"), stored))
        }
        .await,
    )
}
