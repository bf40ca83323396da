//! One record: get, add, edit, delete.

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::texts::{Stretch, Text};
use crate::v3::{route, uploads};
use desk::once::{Claimed, Ticket};
use desk::{Context, DeskError, Outcome, Place, Verb, View};
use model::{Id, Module, Patch, Record};
use std::borrow::Cow;
use std::sync::Arc;
use wire::failure::Failure;
use wire::reader::{self, Reading};
use wire::writer::{Lookups, Writer};

/// The records that an answer refers to, as the writer asks for them.
pub(crate) struct Seen<'a>(pub &'a View);

impl Lookups for Seen<'_> {
    fn record(&self, _module: &str, id: Id) -> Option<&Record> {
        self.0.record(id).map(AsRef::as_ref)
    }
}

/// GET of a record.
pub(crate) async fn get(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let record =
        call.desk().get(&call.ctx, place, id).await.map_err(|e| answer::failure(e, call.ctx.trace))?;
    if call.is_any_ci() {
        // Clients read an array of one here (assets-cmdb.md section 5.3).
        let json = whole(call, record).await?;
        return Ok(Answer::Json(wire::envelope::object("cmdb", &format!("[{json}]"))));
    }
    let spoken = || route::spoken(call, &place.module).and_then(|spoken| spoken.one);
    let key = call.ci_type().or_else(spoken).unwrap_or(place.module.key());
    let mut text = String::with_capacity(AROUND_BYTES);
    wire::envelope::object_open(&mut text, key);
    let stretch = write_around(call, record, &mut text).await?;
    wire::envelope::object_close(&mut text);
    Ok(match stretch {
        Some(stretch) => Answer::Around(text, stretch),
        None => Answer::Json(text),
    })
}

/// POST to a collection. With an `Idempotency-Key` it is made once, however often it is sent: an extension of ours.
pub(crate) async fn add(call: &Call<'_>, place: &Place) -> Result<Answer, Failure> {
    let Some(key) = &call.once else { return add_as(call, place, None).await };
    let failed = |e| answer::failure(e, call.ctx.trace);
    // A stored answer is for whoever may make the call, and not for another token of theirs.
    desk::permissions::permit(&call.ctx, place, Verb::Create).map_err(failed)?;
    let (caller, path) =
        (call.ctx.caller.user.to_string(), format!("{}/{}", call.base, call.segments.join("/")));
    let claimed = call.desk().claim_call(&["v3", &caller, &path], key, &asked(call)).await;
    let ticket = match claimed.map_err(failed)? {
        Claimed::Mine(ticket) => ticket,
        Claimed::Answered(status, text) => return Ok(Answer::Replayed(status, text)),
        // Killed before its answer was kept, not before it had written.
        Claimed::Made(id, ticket) => {
            let place = &crate::v3::cmdb::place_to_add(call, place)?;
            let (given, _) = given(call, &place.module)?;
            let record = call.desk().get(&call.ctx, place, id).await.map_err(failed)?;
            let Answer::Json(text) = enveloped(call, record, &given.key).await? else {
                return Err(Failure::internal(format!("{:032x}", call.ctx.trace)));
            };
            call.desk().keep_answer(&ticket, CREATED, &text).await;
            return Ok(Answer::Replayed(CREATED, text));
        }
        Claimed::Running => return Err(Failure::still_running()),
        Claimed::Other => return Err(Failure::key_of_another_call()),
    };
    let answer = add_as(call, place, Some(&ticket)).await;
    match &answer {
        Ok(Answer::Status(status, text)) => call.desk().keep_answer(&ticket, *status, text).await,
        Ok(Answer::Json(text)) => call.desk().keep_answer(&ticket, 200, text).await,
        // Nothing was written, so the same key may bring a better input.
        _ => call.desk().release_call(&ticket).await,
    }
    answer
}

/// What the cloud answers to an add; every client seen takes it (conventions.md section 4.1).
const CREATED: u16 = 201;

/// What a call asks, for telling it from another one: its input and its files.
fn asked(call: &Call<'_>) -> Vec<u8> {
    let mut asked = call.input().to_string().into_bytes();
    for file in &call.payload.files {
        asked.push(0);
        asked.extend_from_slice(file.file_name.as_deref().unwrap_or_default().as_bytes());
        asked.push(0);
        asked.extend_from_slice(call.body.get(file.data.clone()).unwrap_or_default());
    }
    asked
}

async fn add_as(call: &Call<'_>, place: &Place, once: Option<&Ticket>) -> Result<Answer, Failure> {
    let place = &crate::v3::cmdb::place_to_add(call, place)?;
    let (mut given, patch) = given(call, &place.module)?;
    if given.is_whole() && once.is_some() {
        given.ctx.to_mut().once = once.cloned();
    }
    let files = uploads::sent_with(call, place);
    let done = given.judge(call.desk().add_with_files(&given.ctx, place, &patch, &files).await)?;
    match outcome(call, done, &given.key).await? {
        Answer::Json(text) => Ok(Answer::Status(CREATED, text)),
        other => Ok(other),
    }
}

/// PUT to a record.
pub(crate) async fn edit(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    let (given, patch) = given(call, &place.module)?;
    let mut done = given.judge(call.desk().edit(&given.ctx, place, id, &patch).await)?;
    for file in uploads::sent_with(call, place) {
        let attached = call.desk().attach(&call.ctx, place, id, file).await;
        attached.map_err(|e| answer::failure(e, call.ctx.trace))?;
        done.record.set("has_attachments", true);
    }
    outcome(call, done, &given.key).await
}

/// DELETE of a record.
pub(crate) async fn delete(call: &Call<'_>, place: &Place, id: Id) -> Result<Answer, Failure> {
    remove(call, place, id).await.map_err(|e| answer::failure(e, call.ctx.trace))?;
    Ok(Answer::Json(wire::envelope::status_only(None)))
}

/// Deletes a record. Some clients say in a parameter that they mean for ever (wire-facts.md section 10).
pub(crate) async fn remove(call: &Call<'_>, place: &Place, id: Id) -> Result<(), DeskError> {
    call.desk().delete(&call.ctx, place, id).await?;
    let for_ever = call.param("delete_type").is_some_and(|t| t.eq_ignore_ascii_case("permanent"));
    if for_ever && place.module.deletion == model::Deletion::Trash {
        // It is in the trash now, or gone already if it was there before.
        match call.desk().delete(&call.ctx, place, id).await {
            Ok(()) | Err(DeskError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What came with a patch: how it is to be carried out, and what was wrong with the rest of the input.
///
/// An input that could not be read whole is not refused right away: what could be read of it is rehearsed, so that
/// the answer tells at once what the reader and what the desk have against it.
pub(crate) struct Given<'a> {
    /// The key it came under, under which the answer goes back (wire-facts.md section 9).
    pub key: String,
    /// The context for the use case.
    pub ctx: Cow<'a, Context>,
    module: Arc<Module>,
    reading: Reading,
}

impl<'a> Given<'a> {
    /// For what was read for a record of a module.
    pub fn new(call: &'a Call<'_>, module: &Arc<Module>, key: String, mut reading: Reading) -> (Self, Patch) {
        let patch = std::mem::take(&mut reading.patch);
        let ctx = if reading.failures.is_empty() {
            Cow::Borrowed(&call.ctx)
        } else {
            Cow::Owned(call.ctx.rehearsing())
        };
        (Self { key, ctx, module: module.clone(), reading }, patch)
    }

    /// Whether all of the input could be read, so that what is done is done in earnest.
    pub const fn is_whole(&self) -> bool {
        self.reading.failures.is_empty()
    }

    /// What the use case did, or everything that speaks against the input.
    pub fn judge<T>(&self, done: Result<T, DeskError>) -> Result<T, Failure> {
        let mut failures = self.reading.failures.clone();
        match done {
            Ok(done) => return Failure::merge(failures).map(|()| done),
            Err(DeskError::Refused(mut refusals)) if !failures.is_empty() => {
                // That a field is missing, say, only because what came for it could not be read.
                refusals.retain(|r| r.field().is_none_or(|f| !self.reading.is_wrong(&self.module, f)));
                if !refusals.is_empty() {
                    failures.push(answer::failure(DeskError::Refused(refusals), self.ctx.trace));
                }
            }
            // Somebody who may not do it, or a record that is not there: the input does not matter then.
            Err(error) => return Err(answer::failure(error, self.ctx.trace)),
        }
        match Failure::merge(failures) {
            Err(failure) => Err(failure),
            Ok(()) => Err(Failure::internal(format!("{:032x}", self.ctx.trace))),
        }
    }
}

/// The input for a record of a module.
pub(crate) fn given<'a>(call: &'a Call<'_>, module: &Arc<Module>) -> Result<(Given<'a>, Patch), Failure> {
    let mut input = call.input();
    if call.is_new_ci() {
        // Its type has said where it goes, and is no more to be given than anywhere else.
        let objects = input.to_mut().as_object_mut().into_iter().flat_map(|object| object.values_mut());
        objects.filter_map(|value| value.as_object_mut()).for_each(|object| drop(object.remove("ci_type")));
    }
    if let Some(key) = call.ci_type().filter(|key| *key != module.key()) {
        // Asked by a type above its own, a CI is spoken of under that type's key.
        let mut input = input.into_owned();
        let given = input.as_object_mut().and_then(|members| members.remove(key));
        if let (Some(members), Some(given)) = (input.as_object_mut(), given) {
            members.insert(module.key().to_owned(), given);
        }
        let reading = reader::input(module, &input)?;
        return Ok(Given::new(call, module, key.to_owned(), reading));
    }
    let reading = reader::input(module, &input)?;
    Ok(Given::new(call, module, key_of(module, &input).into_owned(), reading))
}

/// The same for an operation, whose input may be missing altogether.
pub(crate) fn optionally_given<'a>(
    call: &'a Call<'_>,
    module: &Arc<Module>,
) -> Result<(Given<'a>, Patch), Failure> {
    match call.input().as_object() {
        Some(object) if !object.is_empty() => given(call, module),
        _ => Ok(Given::new(call, module, module.key().to_owned(), Reading::default())),
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
/// What it takes beside the longest stretch of its kept text.
const AROUND_BYTES: usize = 2 * 1024;

async fn write_whole(call: &Call<'_>, record: Record, out: &mut String) -> Result<(), Failure> {
    write_by(call, record, out, |text, writer, record, view, out| {
        text.write(writer, record, view, out).then_some(())
    })
    .await
    .map(drop)
}

/// Writes a record with everything it shows, where its text is kept without a stretch that is sent from there.
async fn write_around(call: &Call<'_>, record: Record, out: &mut String) -> Result<Option<Stretch>, Failure> {
    write_by(call, record, out, Text::write_around).await
}

/// Writes a record by the text that is kept of it, as `by` does, or anew.
async fn write_by<T>(
    call: &Call<'_>,
    record: Record,
    out: &mut String,
    by: impl FnOnce(&Arc<Text>, &Writer<'_>, &Record, &View, &mut String) -> Option<T>,
) -> Result<Option<T>, Failure> {
    // Technicians read the same. Requesters are told less of others and more of themselves, so theirs is written anew.
    let is_kept = call.ctx.is_technician() && record.is_shared();
    let text = if is_kept { call.api.texts.of(&record) } else { None };
    let mut record = [record];
    if let Some(text) = text.as_ref().filter(|text| text.knows_people(call.desk())) {
        let view = looked_at(call, &mut record, Some(text.slots())).await?;
        let seen = Seen(&view);
        let [record] = &record;
        if let Some(written) = by(text, &call.writer(&seen), record, &view, out) {
            return Ok(Some(written));
        }
    }
    let view = looked_at(call, &mut record, None).await?;
    let seen = Seen(&view);
    let writer = call.writer(&seen);
    let [record] = &record;
    writer.record(out, record);
    if is_kept {
        call.api.texts.keep(&writer, record, &view, text.as_deref());
    }
    Ok(None)
}

/// Works out what these places of some records show, all of them where none are given, and finds what they refer to.
async fn looked_at(
    call: &Call<'_>,
    records: &mut [Record],
    slots: Option<&[usize]>,
) -> Result<View, Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    call.desk().complete(&call.ctx, records, slots).await.map_err(failed)?;
    uploads::show(call, records).await?;
    call.desk().view(records, slots).await.map_err(failed)
}
