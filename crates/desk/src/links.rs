//! Requests that belong together: links, and merging (requests.md sections 2 and 5).

use crate::context::{Context, Verb};
use crate::permissions::permit;
use crate::records::{in_trash, patch_of};
use crate::{Desk, DeskError, Refusal, Snapshot, history};
use model::filter::equals;
use model::{Change, Filter, Id, Record, Value};
use store::engine::Expect;
use store::{Query, Statement};

/// How many requests may be linked to one.
const LINKS_MAX: u64 = 500;
/// How many are merged into one at a time: all of it is held in memory, and is one commit.
const MERGED_MAX: usize = 50;

/// One end of a link, seen from the other.
#[derive(Debug)]
pub struct Linked {
    /// The request at the other end.
    pub request: Record,
    /// What was said when they were linked.
    pub comments: Option<String>,
}

/// What a request says of its links when one of them came or went.
fn linked(has_some: bool, now: i64) -> [(&'static str, Value); 2] {
    [("has_linked_requests", has_some.into()), ("last_updated_time", now.into())]
}

impl Desk {
    /// The requests linked to one, from either side.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn linked_requests(&self, ctx: &Context, id: Id) -> Result<Vec<Linked>, DeskError> {
        let place = self.requests()?;
        self.get(ctx, &place, id).await?;
        let mut linked = Vec::new();
        for link in self.links_of(id).await? {
            let Some(other) = other_end(&link, id) else { continue };
            if let Some(request) = self.get_visible(ctx, &place.module, other).await?.filter(|r| !in_trash(r))
            {
                linked.push(Linked { request, comments: link.text("comments").map(str::to_owned) });
            }
        }
        Ok(linked)
    }

    /// The requests linked to one that the caller sees.
    pub(crate) async fn linked_seen(&self, ctx: &Context, id: Id) -> Result<Vec<Record>, DeskError> {
        let place = self.requests()?;
        let mut linked = Vec::new();
        for other in self.links_of(id).await?.iter().filter_map(|link| other_end(link, id)) {
            let seen = self.get_visible(ctx, &place.module, other).await?;
            linked.extend(seen.filter(|r| !in_trash(r)));
        }
        Ok(linked)
    }

    /// The ids of those to which the caller may add: a closed request may be closed for good.
    pub(crate) async fn linked_open(&self, ctx: &Context, id: Id) -> Result<Vec<Id>, DeskError> {
        let snapshot = self.snapshot();
        let mut linked = self.linked_seen(ctx, id).await?;
        linked.retain(|request| !crate::requests::is_locked(ctx, request, &snapshot));
        Ok(linked.iter().map(Record::id).collect())
    }

    async fn links_of(&self, id: Id) -> Result<Vec<Record>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("request_link")?;
        let me = || vec![Value::from(id)];
        let either =
            Filter::Any(vec![equals(module, "request", me()), equals(module, "linked_request", me())]);
        Ok(self.store.list(&Query::new(module.clone(), either, LINKS_MAX)).await?)
    }

    /// Links requests to one. Linking what is linked already changes its comments.
    ///
    /// # Errors
    /// Refused for the request itself, for one that does not exist, and for more than five hundred.
    pub async fn link_requests(
        &self,
        ctx: &Context,
        id: Id,
        others: &[(Id, Option<String>)],
    ) -> Result<(), DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let record = self.get(ctx, &place, id).await?;
        crate::requests::may_change(ctx, &record, &self.snapshot())?;
        if others.is_empty() {
            return Err(Refusal::Mandatory("link_requests".into()).into());
        }
        let known = self.links_of(id).await?;
        if known.len() as u64 + others.len() as u64 > LINKS_MAX {
            return Err(Refusal::because("link_requests", "At most five hundred linked requests").into());
        }
        let snapshot = self.snapshot();
        let module = snapshot.module("request_link")?;
        let mut statements = Vec::new();
        let mut numbers = Vec::new();
        for (at, (other, comments)) in others.iter().enumerate() {
            if others.iter().take(at).any(|(before, _)| before == other) {
                continue;
            }
            let found =
                self.get_visible(ctx, &place.module, *other).await?.filter(|r| !in_trash(r) && r.id() != id);
            let Some(found) = found else { return Err(Refusal::not_valid("linked_request").into()) };
            crate::requests::may_change(ctx, &found, &snapshot)?;
            numbers.push(found.get("display_id").to_string());
            if let Some(old) = known.iter().find(|link| other_end(link, id) == Some(*other)) {
                let mut new = old.clone();
                new.set("comments", comments.clone());
                statements.extend(self.store.update(old, &new, &snapshot.catalogue));
                continue;
            }
            let mut link = Record::new(module.clone());
            link.set("id", self.new_id(ctx));
            link.set("request", id);
            link.set("linked_request", *other);
            link.set("comments", comments.clone());
            link.set("created_by", ctx.caller.user);
            link.set("created_time", ctx.now);
            statements.extend(self.store.insert(&link));
            let stamps = linked(true, ctx.now);
            statements.push(self.store.stamp(&place.module, *other, &stamps, Expect::Exactly(1)));
        }
        let stamps = linked(true, ctx.now);
        statements.push(self.store.stamp(&place.module, id, &stamps, Expect::Exactly(1)));
        let words = format!("linked to {}", numbers.join(", "));
        statements.extend(history::remark(self, ctx, &record, "LINK", &words)?);
        Ok(self.store.commit(statements).await?)
    }

    /// Takes links away.
    ///
    /// # Errors
    /// Refused for one that is not linked, and when none is named.
    pub async fn unlink_requests(&self, ctx: &Context, id: Id, others: &[Id]) -> Result<(), DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let record = self.get(ctx, &place, id).await?;
        crate::requests::may_change(ctx, &record, &self.snapshot())?;
        if others.is_empty() {
            return Err(Refusal::Mandatory("link_requests".into()).into());
        }
        let known = self.links_of(id).await?;
        if let Some(_missing) = others.iter().find(|o| !known.iter().any(|l| other_end(l, id) == Some(**o))) {
            return Err(Refusal::not_valid("linked_request").into());
        }
        let snapshot = self.snapshot();
        let mut statements = Vec::new();
        let mut left = 0;
        for link in &known {
            let Some(other) = other_end(link, id) else { continue };
            if !others.contains(&other) {
                left += 1;
                continue;
            }
            // It is a link of the other one as much.
            let found = self.get_visible(ctx, &place.module, other).await?;
            let Some(found) = found else { return Err(Refusal::not_valid("linked_request").into()) };
            crate::requests::may_change(ctx, &found, &snapshot)?;
            statements.extend(self.store.remove(link));
            let elsewhere = self.links_of(other).await?.len() > 1;
            let stamps = linked(elsewhere, ctx.now);
            statements.push(self.store.stamp(&place.module, other, &stamps, Expect::Any));
        }
        let stamps = linked(left > 0, ctx.now);
        statements.push(self.store.stamp(&place.module, id, &stamps, Expect::Exactly(1)));
        statements.extend(history::remark(self, ctx, &record, "UNLINK", "")?);
        Ok(self.store.commit(statements).await?)
    }

    /// Merges other requests into one: their notes, mails, tasks, worklogs and files move to it, each becomes a
    /// note of it, and they are found no more except through it. There is no way back.
    ///
    /// # Errors
    /// Refused for the request itself, for one that does not exist and for too many at once; [`DeskError::NotPermitted`] where any
    /// of them is closed for good.
    pub async fn merge_requests(&self, ctx: &Context, id: Id, others: &[Id]) -> Result<(), DeskError> {
        let place = self.requests()?;
        permit(ctx, &place, Verb::Update)?;
        if !ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let into = self.get(ctx, &place, id).await?;
        crate::requests::may_change(ctx, &into, &self.snapshot())?;
        if others.is_empty() {
            return Err(Refusal::Mandatory("merge_requests".into()).into());
        }
        if others.len() > MERGED_MAX {
            return Err(
                Refusal::because("merge_requests", format!("At most {MERGED_MAX} in one call")).into()
            );
        }
        let snapshot = self.snapshot();
        let catalogue = &snapshot.catalogue;
        let mut statements = Vec::new();
        let mut numbers = Vec::new();
        for (at, other) in others.iter().enumerate() {
            if others.iter().take(at).any(|before| before == other) {
                continue;
            }
            let found =
                self.get_visible(ctx, &place.module, *other).await?.filter(|r| !in_trash(r) && r.id() != id);
            let Some(other) = found else { return Err(Refusal::not_valid("merge_requests").into()) };
            crate::requests::may_change(ctx, &other, &snapshot)?;
            numbers.push(other.get("display_id").to_string());
            for child in &place.module.children {
                // Approval levels are numbered within their request; they stay behind with it.
                if child.module == "approval_level" {
                    continue;
                }
                let rows = snapshot.module(child.module)?;
                statements.extend(self.store.move_rows(rows, child.field, other.id(), id));
            }
            let files = snapshot.module("attachment")?;
            statements.extend(self.store.move_rows(files, "owner", other.id(), id));
            let mut note = Record::new(snapshot.module("request_note")?.clone());
            self.preset(ctx, &mut note, &snapshot);
            note.set("id", self.new_id(ctx));
            note.set("request", id);
            let text = other.text("description").unwrap_or_default();
            note.set(
                "description",
                format!(
                    "<div>Merged: #{} {}</div>{text}",
                    numbers.last().map_or("", String::as_str),
                    escaped(other.title())
                ),
            );
            statements.extend(self.store.insert(&note));
            let mut gone = other.clone();
            gone.set("is_trashed", true);
            gone.set("deleted_time", ctx.now);
            gone.set("deleted_by", ctx.caller.user);
            gone.set("merged_into", id);
            statements.extend(self.store.update(&other, &gone, catalogue));
            let words = format!("merged into {}", into.get("display_id"));
            statements.extend(history::remark(self, ctx, &other, "MERGE", &words)?);
        }
        let has_files = into.is("has_attachments") || self.any_has_files(ctx, others).await?;
        let stamps = [
            ("has_notes", Value::Bool(true)),
            ("has_attachments", Value::Bool(has_files)),
            ("last_updated_time", Value::Int(ctx.now)),
        ];
        statements.push(self.store.stamp(&place.module, id, &stamps, Expect::Exactly(1)));
        statements.extend(self.store.refresh_search(&place.module, id, catalogue));
        statements.extend(history::remark(
            self,
            ctx,
            &into,
            "MERGE",
            &format!("took in {}", numbers.join(", ")),
        )?);
        match self.store.commit(statements).await {
            Err(store::StoreError::Stale { .. }) => {
                Err(DeskError::Unavailable("one of the requests was edited meanwhile".into()))
            }
            other => Ok(other?),
        }
    }

    async fn any_has_files(&self, ctx: &Context, ids: &[Id]) -> Result<bool, DeskError> {
        let place = self.requests()?;
        for id in ids {
            if self.get_visible(ctx, &place.module, *id).await?.is_some_and(|r| r.is("has_attachments")) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sets the tags of a request.
    ///
    /// # Errors
    /// As for an edit.
    pub async fn tag_request(
        &self,
        ctx: &Context,
        id: Id,
        tags: Vec<model::RefInput>,
    ) -> Result<crate::Outcome, DeskError> {
        let place = self.requests()?;
        let patch = patch_of(&place.module, vec![("tags", Change::Refs(tags))]);
        self.edit(ctx, &place, id, &patch).await
    }
}

/// What was merged into a request that is removed for ever goes with it: it says nothing but where its content is.
pub(crate) async fn forget_merged(
    desk: &Desk,
    into: &Record,
    snapshot: &Snapshot,
) -> Result<Vec<Statement>, DeskError> {
    const FORGOTTEN_MAX: u64 = 10_000;
    let module = snapshot.module("request")?;
    let mut statements = Vec::new();
    let mut parents = vec![into.id()];
    while let Some(parent) = parents.pop() {
        let merged = equals(module, "merged_into", vec![parent.into()]);
        for child in desk.store.list(&Query::new(module.clone(), merged, FORGOTTEN_MAX)).await? {
            parents.push(child.id());
            statements.extend(desk.store.remove(&child));
            statements.extend(desk.store.remove_below(module, child.id(), &snapshot.catalogue));
            statements.extend(crate::attachments::forget_owner(desk, &child, snapshot));
        }
    }
    Ok(statements)
}

fn other_end(link: &Record, id: Id) -> Option<Id> {
    let (a, b) = (link.reference("request")?, link.reference("linked_request")?);
    Some(if a == id { b } else { a })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
