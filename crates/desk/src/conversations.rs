//! Mails on a request, drafts of them, and the whole conversation in order of time (requests.md section 11).

use crate::context::{Context, Verb};
use crate::draft::Draft;
use crate::nouns::parent;
use crate::permissions::{permit, visible};
use crate::records::{ListAsk, Place};
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::filter::{equals, test};
use model::{Filter, Id, Module, Op, Record, Test, Value};
use std::sync::Arc;
use store::engine::Expect;
use store::{Query, Statement};

pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    place: &Place,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    let request = parent(place)?.clone();
    if !draft.is_new() {
        return Err(DeskError::NotPermitted);
    }
    if !ctx.is_technician() {
        requesters_reply(desk, ctx, &request, draft).await?;
    }
    let addresses = ["to", "cc", "bcc"].map(|path| (path, list(&draft.new, path)));
    for (path, addresses) in &addresses {
        if addresses.iter().any(|a| !a.contains('@')) {
            draft.refuse(Refusal::not_valid(*path));
        }
    }
    let kind = draft.new.text("type").unwrap_or(REPLY).to_ascii_uppercase();
    if !matches!(kind.as_str(), REPLY | "REQFORWARD" | NOTICE) {
        draft.refuse(Refusal::not_valid("type"));
    }
    // What is handed on to somebody else is not meant for the requester, unless the input says so.
    if kind == "REQFORWARD" && !draft.gives("is_public") {
        draft.new.set("is_public", false);
    }
    let mut stamps = vec![("last_updated_time", Value::Int(ctx.now))];
    if kind == REPLY && ctx.is_technician() {
        stamps.push(("unreplied_count", Value::Int(0)));
        if request.int("responded_time").is_none() {
            stamps.extend(crate::requests::first_response(&request, ctx.now));
        }
    }
    draft.new.set("type", kind);
    draft.statements.push(desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1)));
    if !ctx.is_technician() {
        draft.statements.push(desk.store.raise(&request.module, request.id(), "unreplied_count"));
    }
    Ok(())
}

/// An answer to whoever wrote, and the same the other way round.
pub(crate) const REPLY: &str = "REQREPLY";
/// What the desk sends by itself.
const NOTICE: &str = "REQNOTIFY";

/// Requesters reply on their own requests, openly; they need not know to whom.
async fn requesters_reply(
    desk: &Desk,
    ctx: &Context,
    request: &Record,
    draft: &mut Draft,
) -> Result<(), DeskError> {
    if !crate::requests::is_own(ctx, request) {
        return Err(DeskError::NotPermitted);
    }
    if !draft.new.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case(REPLY)) {
        draft.refuse(Refusal::CannotGive("type".into()));
    }
    draft.new.set("is_public", true);
    if !draft.gives("to") {
        let to = desk.who_answers(request, &draft.snapshot).await?;
        draft.new.set("to", to.map(|address| serde_json::json!([address]).to_string()));
    }
    if !draft.gives("subject") {
        let subject: String = format!("Re: {}", request.title()).chars().take(250).collect();
        draft.new.set("subject", subject);
    }
    Ok(())
}

pub(crate) fn prepare_draft(desk: &Desk, place: &Place, draft: &mut Draft) -> Result<(), DeskError> {
    let request = parent(place)?;
    if draft.is_new() {
        let stamps = [("has_draft", Value::Bool(true))];
        let stamp = desk.store.stamp(&request.module, request.id(), &stamps, Expect::Exactly(1));
        draft.statements.push(stamp);
    }
    Ok(())
}

pub(crate) fn after_removal(desk: &Desk, draft: &Record, snapshot: &Snapshot) -> Vec<Statement> {
    match (snapshot.module("request"), draft.reference("request")) {
        (Ok(module), Some(id)) => {
            desk.store.flag_from_rows(module, id, "has_draft", &draft.module, "request").into()
        }
        _ => Vec::new(),
    }
}

fn list(record: &Record, path: &str) -> Vec<String> {
    record.text(path).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// What sort of person said something, by the vendor's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The desk itself.
    System = 1,
    /// A technician.
    Technician = 2,
    /// Anybody else.
    Requester = 3,
}

/// One thing said on a request.
#[derive(Debug)]
pub struct Said {
    /// What sort of thing: `NOTES`, `Technician_E-Mail`, `Requester_E-Mail`, `System_Notification`,
    /// `ApprovalComments`.
    pub kind: &'static str,
    /// The record: a note, a notification or an approval.
    pub record: Record,
    /// When.
    pub time: i64,
    /// By whom.
    pub by: Option<Id>,
    /// By what sort of person.
    pub speaker: Speaker,
}

impl Said {
    /// The words of it.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let slots = ["subject", "description", "comments"].into_iter();
        slots.filter_map(|path| self.record.module.slot(path).and_then(|slot| self.record.at(slot).as_str()))
    }
}

impl Desk {
    /// The address that a requester's reply goes to: the technician's, else the group's, else the desk's owner's.
    async fn who_answers(&self, request: &Record, snapshot: &Snapshot) -> Result<Option<String>, DeskError> {
        let address = |record: &Record, path: &str| record.text(path).map(str::to_owned);
        if let Some(technician) = request.reference("technician")
            && let Some(person) = self.person(technician).await?
            && let Some(found) = address(&person, "email_id")
        {
            return Ok(Some(found));
        }
        let group = request.reference("group").and_then(|id| snapshot.record(id));
        let of_group = group.and_then(|group| address(group, "sender_email_id"));
        let portal = snapshot.rows("portal").first();
        Ok(of_group.or_else(|| portal.and_then(|portal| address(portal, "owner.email"))))
    }

    /// How many replies there are on a request: from technicians, and from others.
    pub(crate) async fn reply_counts(&self, ctx: &Context, request: Id) -> Result<(u64, u64), DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("notification")?;
        let replies = equals(module, "request", vec![request.into()])
            .and(equals(module, "type", vec![Value::Text(model::fold(REPLY))]))
            .and(visible(ctx, module, &snapshot)?);
        let path = snapshot.catalogue.path(module, "sender.is_technician");
        let by_technicians = path.map_or(Filter::nothing(), |path| {
            Filter::Test(Test { path, op: Op::In, operands: vec![true.into()] })
        });
        let all = self.store.count(&Query::new(module.clone(), replies.clone(), 1)).await?;
        let theirs = self.store.count(&Query::new(module.clone(), replies.and(by_technicians), 1)).await?;
        Ok((theirs, all.saturating_sub(theirs)))
    }
}

/// Conversations beyond this length are cut at the old end.
const SAID_MAX: u64 = 1000;

/// Where something is said: the module, and its fields for when and by whom.
const SPOKEN: [(&str, &str, &str); 3] = [
    ("request_note", "created_time", "created_by"),
    ("notification", "time", "sender"),
    ("approval", "action_taken_on", "approver"),
];

impl Desk {
    /// Everything said on a request that the caller may read, newest first.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for the request.
    pub async fn conversation(&self, ctx: &Context, request: &Record) -> Result<Vec<Said>, DeskError> {
        let snapshot = self.snapshot();
        let mut said = Vec::new();
        for (name, time, by) in SPOKEN {
            let module = snapshot.module(name)?;
            let place =
                Place::top(request.module.clone()).below(Record::clone(request), module.clone(), "request");
            permit(ctx, &place, Verb::Read)?;
            let mut ask = ListAsk::new(spoken(&snapshot, module, request.id()), SAID_MAX);
            ask.sort = model::Path::of(module, "id")
                .map(|path| model::SortKey { path, descending: true })
                .into_iter()
                .collect();
            for record in self.list_in(ctx, &Place::top(module.clone()), ask).await?.records {
                let by = record.reference(by);
                let speaker = self.speaker(by).await?;
                let kind = kind_of(&record, speaker, by.is_some() && by == request.reference("requester"));
                said.push(Said { kind, time: record.int(time).unwrap_or(0), by, speaker, record });
            }
        }
        said.sort_by_key(|s| (std::cmp::Reverse(s.time), std::cmp::Reverse(s.record.id())));
        Ok(said)
    }

    /// How long the conversation is.
    pub(crate) async fn conversation_count(&self, ctx: &Context, request: Id) -> Result<u64, DeskError> {
        let snapshot = self.snapshot();
        let mut count = 0;
        for (name, _, _) in SPOKEN {
            let module = snapshot.module(name)?;
            let mine = spoken(&snapshot, module, request).and(visible(ctx, module, &snapshot)?);
            count += self.store.count(&Query::new(module.clone(), mine, 1)).await?;
        }
        Ok(count)
    }

    async fn speaker(&self, by: Option<Id>) -> Result<Speaker, DeskError> {
        let Some(by) = by.filter(|by| *by != crate::users::SYSTEM) else { return Ok(Speaker::System) };
        let is_technician = self.person(by).await?.is_some_and(|person| person.is("is_technician"));
        Ok(if is_technician { Speaker::Technician } else { Speaker::Requester })
    }
}

/// The rows of a module that are part of a request's conversation: of approvals, those with a comment.
fn spoken(snapshot: &Snapshot, module: &Arc<Module>, request: Id) -> Filter {
    if module.name != "approval" {
        return equals(module, "request", vec![request.into()]);
    }
    let path = snapshot.catalogue.path(module, "approval_level.request");
    let on_request = path.map_or(Filter::nothing(), |path| {
        Filter::Test(Test { path, op: Op::In, operands: vec![request.into()] })
    });
    on_request
        .and(test(module, "comments", Op::Empty, Vec::new()).negate())
        .and(test(module, "action_taken_on", Op::Empty, Vec::new()).negate())
}

fn kind_of(record: &Record, speaker: Speaker, by_the_requester: bool) -> &'static str {
    match record.module.name.as_ref() {
        "request_note" => "NOTES",
        "approval" => "ApprovalComments",
        _ if speaker == Speaker::System || record.text("type") == Some(NOTICE) => "System_Notification",
        _ if by_the_requester || speaker == Speaker::Requester => "Requester_E-Mail",
        _ => "Technician_E-Mail",
    }
}
