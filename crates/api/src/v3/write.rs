//! One record: get, add, edit, delete.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::uploads;
use desk::{Outcome, Place, View};
use model::{Id, Module, Patch, Record};
use std::borrow::Cow;
use std::sync::Arc;
use wire::failure::Failure;
use wire::reader;
use wire::writer::{Lookups, Writer};

/// The records that an answer refers to, as the writer asks for them.
pub(crate) struct Seen<'a>(pub &'a View);

impl Lookups for Seen<'_> {
    fn record(&self, _module: &str, id: Id) -> Option<Arc<Record>> {
        self.0.record(id)
    }
}

/// GET of a record.
pub(crate) async fn get(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let record =
        call.desk().get(&call.ctx, place, id).await.map_err(|e| answer::failure(e, call.ctx.trace))?;
    enveloped(call, record, place.module.key()).await
}

/// POST to a collection.
pub(crate) async fn add(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let (key, patch) = patch(call, &place.module)?;
    let files = uploads::sent_with(call, place);
    let done = call.desk().add_with_files(&call.ctx, place, &patch, &files).await;
    let done = done.map_err(|e| answer::failure(e, call.ctx.trace))?;
    // 201 is what the cloud answers; every client seen takes it (conventions.md section 4.1).
    match outcome(call, done, &key).await? {
        Answer::Json(text) => Ok(Answer::Status(201, text)),
        other => Ok(other),
    }
}

/// PUT to a record.
pub(crate) async fn edit(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let (key, patch) = patch(call, &place.module)?;
    let failed = |e| answer::failure(e, call.ctx.trace);
    let mut done = call.desk().edit(&call.ctx, place, id, &patch).await.map_err(failed)?;
    for file in uploads::sent_with(call, place) {
        call.desk().attach(&call.ctx, place, id, file).await.map_err(failed)?;
        done.record.set("has_attachments", true);
    }
    outcome(call, done, &key).await
}

/// DELETE of a record. Some clients say in a parameter that they mean for ever (wire-facts.md section 10).
pub(crate) async fn delete(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    call.desk().delete(&call.ctx, place, id).await.map_err(failed)?;
    let for_ever = call.param("delete_type").is_some_and(|t| t.eq_ignore_ascii_case("permanent"));
    if for_ever && place.module.deletion == model::Deletion::Trash {
        // It is in the trash now, or gone already if it was there before.
        match call.desk().delete(&call.ctx, place, id).await {
            Ok(()) | Err(desk::DeskError::NotFound) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(Answer::Json(wire::envelope::status_only(None)))
}

/// The input for a record of a module, and the key it came under, under which the answer goes back
/// (wire-facts.md section 9).
pub(crate) fn patch(call: &Call<'_>, module: &Arc<Module>) -> Result<(String, Patch), Failure> {
    let input = call.input();
    let entity = reader::entity(module, &input)?;
    let patch = reader::read(module, &entity)?;
    Ok((key_of(module, &input).into_owned(), patch))
}

/// The same for an operation, whose input may be missing altogether.
pub(crate) fn optional_patch(call: &Call<'_>, module: &Arc<Module>) -> Result<Patch, Failure> {
    match call.input().as_object() {
        Some(object) if !object.is_empty() => patch(call, module).map(|(_, patch)| patch),
        _ => Ok(Patch::default()),
    }
}

fn key_of<'m>(module: &'m Module, input: &serde_json::Value) -> Cow<'m, str> {
    let sent = |key: &&&str| input.get(**key).is_some();
    match module.input_keys.iter().find(sent) {
        Some(key) if input.get(module.key()).is_none() => Cow::Borrowed(key),
        _ => Cow::Borrowed(module.key()),
    }
}

/// The answer to a write: the record, with a warning when a closing rule kept part of it from being done.
pub(crate) async fn outcome(call: &Call<'_>, done: Outcome, key: &str) -> Result<Answer, Failure> {
    if done.unmet.is_empty() {
        return enveloped(call, done.record, key).await;
    }
    let json = whole(call, done.record).await?;
    Ok(Answer::Json(wire::envelope::warning(&answer::unmet(&done.unmet), Some((key, &json)))))
}

/// A record with everything it shows, as the answer of a success: written once, into the text that is sent.
async fn enveloped(call: &Call<'_>, record: Record, key: &str) -> Result<Answer, Failure> {
    let mut text = String::with_capacity(WHOLE_BYTES);
    wire::envelope::object_open(&mut text, key);
    write_whole(call, record, &mut text).await?;
    wire::envelope::object_close(&mut text);
    Ok(Answer::Json(text))
}

/// A record with everything it shows, as JSON.
pub(crate) async fn whole(call: &Call<'_>, record: Record) -> Result<String, Failure> {
    let mut json = String::with_capacity(WHOLE_BYTES);
    write_whole(call, record, &mut json).await?;
    Ok(json)
}

/// What a request with everything it shows usually takes.
const WHOLE_BYTES: usize = 8 * 1024;

async fn write_whole(call: &Call<'_>, record: Record, out: &mut String) -> Result<(), Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    let mut records = [record];
    call.desk().complete(&call.ctx, &mut records, None).await.map_err(failed)?;
    uploads::show(call, &mut records).await?;
    let view = call.desk().view(&records, None).await.map_err(failed)?;
    let seen = Seen(&view);
    let writer = Writer::new(&seen, &call.ctx.zone);
    for record in &records {
        writer.record(out, record);
    }
    Ok(())
}
