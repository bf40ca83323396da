//! What the forms of a request's page do: each calls one use case and goes back to the page, or shows the form again
//! with what speaks against it.

use super::beside;
use super::page::{self, Entered};
use super::parts::THINGS;
use crate::form::{self, Edit, Form, Problems, TextForm};
use crate::search::by_number;
use crate::visit::{Technician, TechniciansForm, Visit};
use crate::{answer, files, once, requests, timer, undo};
use axum::extract::Path;
use axum::response::Response;
use desk::{Context, DeskError, Place, Purpose};
use model::{Id, Patch, Record};

/// POST of `/requests/{id}/{act}`.
pub(crate) async fn run(
    Path((id, name)): Path<(String, String)>,
    TechniciansForm(mut visit, form): TechniciansForm,
) -> Response {
    let here = format!("/requests/{id}");
    let run = async |visit: &Visit, form: Form| {
        let act = Act { visit, id: requests::id_of(&id)?, form };
        act.run(&name).await
    };
    let done = once::carried_out(&mut visit, form, |_| here.clone(), run).await;
    visit.answered(done)
}

/// What is offered to be taken back as soon as it is done.
const UNDOABLE: [&str; 9] =
    ["properties", "resolution", "name", "unname", "pickup", "close", "reopen", "cancel", "trash"];

/// What came of a form: done, or what speaks against it.
type Tried = Result<Result<(), Problems>, DeskError>;

/// A form of the page of one request.
struct Act<'a> {
    visit: &'a Visit,
    id: Id,
    form: Form,
}

impl Act<'_> {
    async fn run(self, name: &str) -> Result<Response, DeskError> {
        let (form, tab, said) = match name {
            "properties" => ("properties", "", "saved"),
            "reply" => ("reply", "", "reply_sent"),
            "note" => ("note", "", "note_added"),
            "resolution" => ("resolution", "resolution", "saved"),
            "task" => ("task", "tasks", "task_added"),
            "task_done" => ("task", "tasks", "task_done"),
            "worklog" => ("worklog", "time", "time_added"),
            "approval" => ("approval", "approvals", "approver_asked"),
            "decide" => ("decide", "approvals", "decided"),
            "link" => ("link", "related", "linked"),
            "unlink" => ("link", "related", "unlinked"),
            "name" => ("name", "related", "saved"),
            "unname" => ("name", "related", "saved"),
            "problem" => ("problem", "related", "saved"),
            "no_problem" => ("problem", "related", "saved"),
            "attach" => ("attach", "", "attached"),
            "detach" => ("attach", "", "detached"),
            "pickup" => ("do", "", "picked_up"),
            "close" => ("do", "", "closed"),
            "reopen" => ("do", "", "reopened"),
            "cancel" => ("do", "", "cancelled"),
            "trash" => ("do", "", "trashed"),
            "restore" => ("do", "", "restored"),
            _ => return Err(DeskError::NotFound),
        };
        let done = match name {
            "approval" => {
                let asked = self.ask(&requests::place(self.visit)?).await?;
                asked.map(|is_asked| if is_asked { said } else { "approver_named" })
            }
            _ => self.attempt(name).await?.map(|()| said),
        };
        match done {
            Ok(said) => {
                let to = page::address(self.id, tab, beside::asked(self.visit).as_deref());
                if UNDOABLE.contains(&name) {
                    return undo::done(self.visit, &to, said, self.id).await;
                }
                Ok(self.visit.done(&to, said))
            }
            Err(mut problems) => {
                let place = requests::place(self.visit)?;
                if matches!(form, "do" | "decide" | "attach") {
                    problems.lift(self.visit, &place.module, |_| false);
                }
                let entered = Entered { name: form, form: self.form, problems };
                page::render(self.visit, self.id, Some(entered)).await
            }
        }
    }

    async fn attempt(&self, name: &str) -> Tried {
        let (visit, id) = (self.visit, self.id);
        let desk = visit.desk();
        let place = requests::place(visit)?;
        let module = &place.module;
        match name {
            "properties" => self.properties(&place).await,
            "reply" => self.reply(&place).await,
            "note" => self.say(&place, "request_note").await,
            "resolution" => {
                let reading = form::reading(&self.form.changed(), module, &visit.times);
                match form::edit(visit, &place, id, &self.form, reading, Edit::Resolution).await? {
                    Ok(_) => self.and_status(&place).await,
                    Err(problems) => Ok(Err(problems)),
                }
            }
            "task" => self.add_below(&place, "task").await,
            "worklog" => {
                let added = self.add_below(&place, "worklog").await?;
                if added.is_ok() {
                    timer::written_down(visit, module, id).await?;
                }
                Ok(added)
            }
            "task_done" => {
                let tasks = self.below(&place, "task").await?;
                let task = requests::id_of(self.form.get("id"))?;
                self.done(module, desk.close_task(&visit.ctx, &tasks, task).await)
            }
            "decide" => self.decide(&place).await,
            "link" => self.link(&place).await,
            "unlink" => {
                let other = requests::id_of(self.form.get("id"))?;
                self.done(module, desk.unlink_requests(&visit.ctx, id, &[other]).await)
            }
            "name" => self.name(&place, self.form.given("name")).await,
            "unname" => self.name(&place, None).await,
            "problem" => self.problem(module).await,
            "no_problem" => self.done(module, desk.set_incidents(&visit.ctx, None, &[id]).await),
            "attach" => files::attach(visit, &self.form, &place, id).await,
            "detach" => {
                let file = requests::id_of(self.form.get("id"))?;
                self.done(module, desk.detach(&visit.ctx, &place, id, file).await)
            }
            "pickup" => self.done(module, desk.pick_up_request(&visit.ctx, id).await),
            "trash" => self.done(module, desk.trash_request(&visit.ctx, id).await),
            "restore" => self.done(module, desk.restore_request(&visit.ctx, id).await),
            "close" => {
                self.step(&place, async |ctx: &Context, patch: &Patch| {
                    desk.close_request(ctx, id, patch.clone()).await
                })
                .await
            }
            "reopen" => {
                self.step(&place, async |ctx: &Context, patch: &Patch| {
                    desk.reopen_request(ctx, id, patch.clone()).await
                })
                .await
            }
            "cancel" => {
                let comment = self.form.given("comment").map(str::to_owned);
                self.done(module, desk.cancel_request(&visit.ctx, id, Patch::default(), comment).await)
            }
            _ => Err(DeskError::NotFound),
        }
    }

    fn done<T>(&self, module: &model::Module, done: Result<T, DeskError>) -> Tried {
        Ok(form::refused(self.visit, module, done)?.map(|_| ()))
    }

    /// A step that may leave a closing rule unmet.
    async fn step(
        &self,
        place: &Place,
        run: impl AsyncFnOnce(&Context, &Patch) -> Result<desk::Outcome, DeskError>,
    ) -> Tried {
        let reading = form::reading(&self.form, &place.module, &self.visit.times);
        let done = form::carry_out(self.visit, &place.module, reading, run).await?;
        Ok(done.and_then(|outcome| self.met(&place.module, &outcome)))
    }

    fn met(&self, module: &model::Module, outcome: &desk::Outcome) -> Result<(), Problems> {
        if outcome.unmet.is_empty() {
            Ok(())
        } else {
            Err(Problems::whole(form::closure(self.visit, module, &outcome.unmet)))
        }
    }

    async fn properties(&self, place: &Place) -> Tried {
        let id = self.id;
        let form = self.form.changed();
        let reading = form::reading(&form, &place.module, &self.visit.times);
        match form::edit(self.visit, place, id, &self.form, reading, Edit::Fields).await? {
            Ok(outcome) => Ok(self.met(&place.module, &outcome)),
            Err(mut problems) => {
                problems.lift(self.visit, &place.module, |path| self.form.has(path));
                Ok(Err(problems))
            }
        }
    }

    /// A status that a form sets besides what it is for.
    async fn and_status(&self, place: &Place) -> Tried {
        let Some(status) = self.form.given("status") else { return Ok(Ok(())) };
        let only = TextForm::new().with("status", status);
        let reading = form::reading(only.form(), &place.module, &self.visit.times);
        let id = self.id;
        let edit = async |ctx: &Context, patch: &Patch| self.visit.desk().edit(ctx, place, id, patch).await;
        let done = form::carry_out(self.visit, &place.module, reading, edit).await?;
        Ok(done.and_then(|outcome| self.met(&place.module, &outcome)))
    }

    async fn below(&self, place: &Place, module: &str) -> Result<Place, DeskError> {
        let request = self.visit.desk().locate(&self.visit.ctx, place, self.id).await?;
        Ok(place.below(request, self.visit.snapshot.module(module)?.clone(), "request"))
    }

    async fn add_below(&self, place: &Place, module: &str) -> Tried {
        let rows = self.below(place, module).await?;
        let reading = form::reading(&self.form, &rows.module, &self.visit.times);
        let add = async |ctx: &Context, patch: &Patch| self.visit.desk().add(ctx, &rows, patch).await;
        match form::carry_out(self.visit, &rows.module, reading, add).await? {
            Ok(_) => Ok(Ok(())),
            Err(mut problems) => {
                problems.lift(self.visit, &rows.module, |path| self.form.has(path));
                Ok(Err(problems))
            }
        }
    }

    async fn reply(&self, place: &Place) -> Tried {
        match self.say(place, "notification").await? {
            Ok(()) => self.and_status(place).await,
            Err(problems) => Ok(Err(problems)),
        }
    }

    /// A note or a mail, with its files.
    async fn say(&self, place: &Place, module: &str) -> Tried {
        let rows = self.below(place, module).await?;
        if self.form.given("description").is_none() {
            return Ok(Err(Problems::whole(self.visit.lang().text("error.nothing_said"))));
        }
        let files = self.form.uploads(Purpose::Listed);
        let subject = rows.parent.as_ref().map(|(_, request)| subject(request)).unwrap_or_default();
        let named = TextForm::of(&self.form).with("subject", &subject);
        let reading = form::reading(named.form(), &rows.module, &self.visit.times);
        let add = async |ctx: &Context, patch: &Patch| {
            self.visit.desk().add_with_files(ctx, &rows, patch, &files).await
        };
        let said = form::carry_out(self.visit, &rows.module, reading, add).await?.map(|_| ());
        if said.is_ok() {
            self.visit.desk().note_writing(&self.visit.ctx, self.id, false);
        }
        Ok(said)
    }

    /// Names an approver, on a level that is there or on a new one, and says whether they were asked: a level waits for
    /// those before it.
    async fn ask(&self, place: &Place) -> Result<Result<bool, Problems>, DeskError> {
        let levels = self.below(place, "approval_level").await?;
        let desk = self.visit.desk();
        let approvals = self.visit.snapshot.module("approval")?.clone();
        if self.form.given("approver").is_none() {
            return Ok(Err(Problems::one("approver", self.visit.lang().text("error.mandatory"))));
        }
        let level = match self.form.given("level") {
            Some(id) => desk.locate(&self.visit.ctx, &levels, requests::id_of(id)?).await?,
            None => {
                // Rehearsed first: a person who does not exist leaves no level without approvers behind.
                let trial =
                    levels.below(Record::new(levels.module.clone()), approvals.clone(), "approval_level");
                let reading = form::reading(&self.form, &approvals, &self.visit.times);
                let rehearse = async |ctx: &Context, patch: &Patch| {
                    let ctx = Context { rehearsal: true, ..ctx.clone() };
                    desk.add(&ctx, &trial, patch).await
                };
                if let Err(problems) = form::carry_out(self.visit, &approvals, reading, rehearse).await? {
                    return Ok(Err(problems));
                }
                match form::refused(
                    self.visit,
                    &levels.module,
                    desk.add(&self.visit.ctx, &levels, &Patch::default()).await,
                )? {
                    Ok(outcome) => outcome.record,
                    Err(problems) => return Ok(Err(problems)),
                }
            }
        };
        let rows = levels.below(level, approvals.clone(), "approval_level");
        let reading = form::reading(&self.form, &approvals, &self.visit.times);
        let add = async |ctx: &Context, patch: &Patch| desk.add(ctx, &rows, patch).await;
        let added = form::carry_out(self.visit, &approvals, reading, add).await?;
        Ok(added.map(|outcome| !outcome.record.get("sent_on").is_null()))
    }

    async fn decide(&self, place: &Place) -> Tried {
        let levels = self.below(place, "approval_level").await?;
        decide(self.visit, &levels, &self.form).await
    }

    async fn link(&self, place: &Place) -> Tried {
        let given = self.form.get("linked_request");
        let numbered = by_number(self.visit, "request", given).await?;
        let other = numbered.map(|request| request.id()).or_else(|| given.trim().parse().ok());
        let unknown = || Problems::one("linked_request", self.visit.lang().text("error.no_such_request"));
        let Some(other) = other else { return Ok(Err(unknown())) };
        let comments = self.form.given("comments").map(str::to_owned);
        let linked = self.visit.desk().link_requests(&self.visit.ctx, self.id, &[(other, comments)]).await;
        let done = form::refused(self.visit, &place.module, linked)?;
        Ok(done.map_err(|_| unknown()))
    }

    /// Ties the request to a problem, by its number or as it was completed: `PB-12 Printers smoke`.
    async fn problem(&self, module: &model::Module) -> Tried {
        let visit = self.visit;
        let word = self.form.get("problem").split_whitespace().next().unwrap_or_default();
        let Some(problem) = by_number(visit, "problem", word).await?.map(|problem| problem.id()) else {
            return Ok(Err(Problems::one("problem", visit.lang().text("error.no_such_problem"))));
        };
        self.done(module, visit.desk().set_incidents(&visit.ctx, Some(problem), &[self.id]).await)
    }

    /// Names one more thing that the request is about, or one less: the one under `id`.
    async fn name(&self, place: &Place, more: Option<&str>) -> Tried {
        let (visit, id) = (self.visit, self.id);
        let field = THINGS.iter().map(|(field, _)| *field).find(|field| *field == self.form.get("field"));
        let field = field.ok_or(DeskError::NotFound)?;
        let request = visit.desk().locate(&visit.ctx, place, id).await?;
        let mut named = TextForm::new().with(field, "");
        for other in request.references(field).iter().map(ToString::to_string) {
            if more.is_some() || other != self.form.get("id") {
                named = named.with(field, &other);
            }
        }
        if let Some(more) = more {
            named = named.with(field, more);
        }
        let reading = form::reading(named.form(), &place.module, &visit.times);
        let edit = async |ctx: &Context, patch: &Patch| visit.desk().edit(ctx, place, id, patch).await;
        Ok(form::carry_out(visit, &place.module, reading, edit).await?.map(|_| ()))
    }
}

/// The answer of somebody who was asked to approve.
///
/// # Errors
/// As for reading the approval.
pub(crate) async fn decide(visit: &Visit, levels: &Place, form: &Form) -> Tried {
    let level = visit.desk().locate(&visit.ctx, levels, requests::id_of(form.get("level"))?).await?;
    let rows = levels.below(level, visit.snapshot.module("approval")?.clone(), "approval_level");
    let approval = requests::id_of(form.get("id"))?;
    let comments = form.given("comments").map(str::to_owned);
    let decided =
        visit.desk().decide(&visit.ctx, &rows, approval, form.get("decision") == "approve", comments).await;
    Ok(form::refused(visit, &rows.module, decided)?.map(|_| ()))
}

/// The subject of an answer.
pub(crate) fn subject(request: &Record) -> String {
    const SUBJECT_CHARS_MAX: usize = 250;
    format!("Re: [#{}] {}", request.get("display_id"), request.title())
        .chars()
        .take(SUBJECT_CHARS_MAX)
        .collect()
}

/// GET of `/requests/{id}/files/{file}`: a file of the request.
pub(crate) async fn file(
    Technician(visit): Technician,
    Path((id, file)): Path<(String, String)>,
) -> Response {
    visit.answered(fetch(&visit, &id, None, &file).await)
}

/// GET of `/requests/{id}/notes/{said}/files/{file}` and of the same under `mails`: a file of something said.
pub(crate) async fn said_file(
    Technician(visit): Technician,
    Path((id, module, said, file)): Path<(String, String, String, String)>,
) -> Response {
    visit.answered(fetch(&visit, &id, Some((&module, &said)), &file).await)
}

/// A file of a request, or of something that was said on it.
///
/// # Errors
/// [`DeskError::NotFound`] for what is not there or not to be seen.
pub(crate) async fn fetch(
    visit: &Visit,
    id: &str,
    said: Option<(&str, &str)>,
    file: &str,
) -> Result<Response, DeskError> {
    let (id, file) = (requests::id_of(id)?, requests::id_of(file)?);
    let place = requests::place(visit)?;
    let (place, owner) = match said {
        None => (place, id),
        Some((folder, said)) => {
            let module = match folder {
                "notes" => "request_note",
                "mails" => "notification",
                _ => return Err(DeskError::NotFound),
            };
            let request = visit.desk().locate(&visit.ctx, &place, id).await?;
            let rows = place.below(request, visit.snapshot.module(module)?.clone(), "request");
            (rows, requests::id_of(said)?)
        }
    };
    let (row, stored) = visit.desk().attachment(&visit.ctx, &place, owner, file).await?;
    let text = |path: &str| row.text(path).unwrap_or_default();
    Ok(answer::stored(text("name"), text("content_type"), stored))
}
