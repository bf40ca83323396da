//! A request as the one who asked sees it: what was said openly, where it stands, and what they can do about it.

use crate::form::{self, Form, Problems, TextForm};
use crate::requests::timeline::{self, Entry};
use crate::shell::Shell;
use crate::show::{self, Cell};
use crate::times::Moment;
use crate::visit::{Anybody, AnybodysForm, Visit};
use crate::{answer, once, requests, rich};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, Outcome, Place, Purpose};
use http::StatusCode;
use model::{Id, Patch, Record};

#[derive(Template)]
#[template(path = "portal/request.html")]
struct RequestPage {
    shell: Shell,
    base: String,
    number: String,
    subject: String,
    status: Cell,
    technician: Cell,
    created: Moment,
    due: Option<Moment>,
    entries: Vec<Entry>,
    hidden: usize,
    resolution: String,
    problems: Vec<String>,
    reply: String,
    /// Whether it is the visitor's own, and so theirs to answer.
    is_own: bool,
    is_open: bool,
    /// Solved, and theirs to confirm.
    is_solved: bool,
    wants_cancel: bool,
    asked: Option<(Id, Id)>,
    id: Id,
}

/// GET of `/portal/requests/{id}`.
pub(crate) async fn show(Anybody(visit): Anybody, Path(id): Path<String>) -> Response {
    visit.answered(async { render(&visit, requests::id_of(&id)?, None).await }.await)
}

async fn render(visit: &Visit, id: Id, entered: Option<(Form, Problems)>) -> Result<Response, DeskError> {
    let place = requests::place(visit)?;
    let record = visit.desk().get(&visit.ctx, &place, id).await?;
    let view = visit.desk().view(std::slice::from_ref(&record), None).await?;
    let base = format!("/portal/requests/{id}");
    let is_whole = Form::of_query(&visit.query).get("all") == "1";
    let (mut entries, hidden) = timeline::of(visit, &record, &base, is_whole).await?;
    // A technician who looks at their own request here sees it as a requester would.
    entries.retain(|entry| !entry.is("note"));
    let files = timeline::links(visit, &visit.desk().attachments(&visit.ctx, &place, id).await?, &base);
    entries.insert(0, timeline::description(visit, &view, &record, files));
    let cell = |path: &str| record.reference(path).map(|id| show::reference(&view, id)).unwrap_or_default();
    let status = record.reference("status").and_then(|id| visit.snapshot.record(id).cloned());
    let me = Some(visit.ctx.caller.user);
    let is_own = ["requester", "on_behalf_of", "created_by"].iter().any(|path| record.reference(path) == me);
    let is_solved = record.reference("status") == Some(desk::SOLVED);
    let asked = crate::approvals::waiting(visit).await?.into_iter().find(|w| w.request == id);
    let mut problems = entered.as_ref().map(|(_, p)| p.clone()).unwrap_or_default();
    problems.lift(visit, &place.module, |_| false);
    let number = record.get("display_id").to_string();
    let mark = crate::live::portal_mark(&visit.web, &visit.ctx, &record).await?;
    let page = RequestPage {
        shell: Shell::new(visit, &format!("#{number} {}", record.title())).hearing(&base, mark),
        number,
        subject: record.title().to_owned(),
        status: cell("status"),
        technician: Cell { href: None, ..cell("technician") },
        created: visit.times.moment(record.int("created_time").unwrap_or(0)),
        due: record.int("due_by_time").map(|ms| visit.times.moment(ms)),
        entries,
        hidden,
        resolution: rich::shown(record.text("resolution.content").unwrap_or_default()),
        problems: problems.general,
        reply: entered.as_ref().map(|(form, _)| form.get("description").to_owned()).unwrap_or_default(),
        is_own,
        is_open: status.is_some_and(|s| s.is("in_progress")) && !is_solved,
        is_solved: is_solved && is_own,
        wants_cancel: record.is("cancellation_requested"),
        asked: asked.map(|w| (w.id, w.level)),
        base,
        id,
    };
    let status = if entered.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(answer::page(status, &page))
}

/// POST of `/portal/requests/{id}/{act}`.
pub(crate) async fn act(
    Path((id, act)): Path<(String, String)>,
    AnybodysForm(mut visit, form): AnybodysForm,
) -> Response {
    let here = format!("/portal/requests/{id}");
    let run = async |visit: &Visit, form: Form| {
        let id = requests::id_of(&id)?;
        let said = match act.as_str() {
            "reply" => "reply_sent",
            "confirm" => "confirmed",
            "reopen" => "reopened",
            "cancel" => "cancel_asked",
            _ => return Err(DeskError::NotFound),
        };
        match attempt(visit, &form, id, &act).await? {
            Ok(()) => Ok(visit.done(&format!("/portal/requests/{id}"), said)),
            Err(problems) => render(visit, id, Some((form, problems))).await,
        }
    };
    let done = once::carried_out(&mut visit, form, |_| here.clone(), run).await;
    visit.answered(done)
}

async fn attempt(visit: &Visit, form: &Form, id: Id, act: &str) -> Result<Result<(), Problems>, DeskError> {
    let place = requests::place(visit)?;
    let desk = visit.desk();
    match act {
        "reply" => reply(visit, form, &place, id).await,
        "confirm" => {
            let said = TextForm::new()
                .with("closure_info.requester_ack_resolution", "true")
                .with("closure_info.requester_ack_comments", form.get("comment"));
            let close = async |ctx: &Context, patch: &Patch| desk.close_request(ctx, id, patch.clone()).await;
            step(visit, &place, &said, close).await
        }
        "reopen" => {
            if form.given("description").is_none() {
                return Ok(Err(Problems::whole(visit.lang().text("portal.say_why"))));
            }
            let said = TextForm::new();
            let reopen =
                async |ctx: &Context, patch: &Patch| desk.reopen_request(ctx, id, patch.clone()).await;
            match step(visit, &place, &said, reopen).await? {
                Ok(()) => reply(visit, form, &place, id).await,
                Err(problems) => Ok(Err(problems)),
            }
        }
        _ => {
            let comment = form.given("comment").map(str::to_owned);
            let done = desk.cancel_request(&visit.ctx, id, Patch::default(), comment).await;
            Ok(form::refused(visit, &place.module, done)?.map(|_| ()))
        }
    }
}

async fn step(
    visit: &Visit,
    place: &Place,
    said: &TextForm,
    run: impl AsyncFnOnce(&Context, &Patch) -> Result<Outcome, DeskError>,
) -> Result<Result<(), Problems>, DeskError> {
    let reading = form::reading(said.form(), &place.module, &visit.times);
    let done = form::carry_out(visit, &place.module, reading, run).await?;
    Ok(done.and_then(|outcome| match outcome.unmet.as_slice() {
        [] => Ok(()),
        unmet => Err(Problems::whole(form::closure(visit, &place.module, unmet))),
    }))
}

async fn reply(visit: &Visit, form: &Form, place: &Place, id: Id) -> Result<Result<(), Problems>, DeskError> {
    if form.given("description").is_none() {
        return Ok(Err(Problems::whole(visit.lang().text("error.nothing_said"))));
    }
    let request: Record = visit.desk().locate(&visit.ctx, place, id).await?;
    let subject = requests::act::subject(&request);
    let mails = place.below(request, visit.snapshot.module("notification")?.clone(), "request");
    let mut said = TextForm::new().with("description", form.get("description")).with("subject", &subject);
    if visit.ctx.is_technician() {
        // The desk finds the addressee of a requester's answer; a technician's own request is answered by the desk.
        let email = visit.person.text("email_id").unwrap_or_default();
        said = said.with("to", email);
    }
    let files = form.uploads(Purpose::Listed);
    let reading = form::reading(said.form(), &mails.module, &visit.times);
    let add =
        async |ctx: &Context, patch: &Patch| visit.desk().add_with_files(ctx, &mails, patch, &files).await;
    let said = form::carry_out(visit, &mails.module, reading, add).await?.map(|_| ());
    if said.is_ok() {
        visit.desk().note_writing(&visit.ctx, id, false);
    }
    Ok(said)
}

/// GET of `/portal/requests/{id}/files/{file}`.
pub(crate) async fn file(Anybody(visit): Anybody, Path((id, file)): Path<(String, String)>) -> Response {
    visit.answered(requests::act::fetch(&visit, &id, None, &file).await)
}

/// GET of a file of something said.
pub(crate) async fn said_file(
    Anybody(visit): Anybody,
    Path((id, module, said, file)): Path<(String, String, String, String)>,
) -> Response {
    visit.answered(requests::act::fetch(&visit, &id, Some((&module, &said)), &file).await)
}
