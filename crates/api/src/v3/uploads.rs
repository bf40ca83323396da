//! Files: both generations of upload, list, download, removal (conventions.md section 6, requests.md section 12).

use crate::v3::answer::{self, Answer};
use crate::v3::call::Call;
use crate::v3::short;
use crate::v3::write::Seen;
use desk::{Place, Purpose, Upload};
use http::Method;
use model::{Id, Record};
use serde_json::{Value as Json, json};
use wire::failure::Failure;

/// Anything below `…/{id}/_uploads` and its other names.
pub(crate) async fn run(
    call: &Call<'_>,
    place: &Place,
    owner: Id,
    purpose: Purpose,
    rest: Vec<String>,
) -> Result<Answer, Failure> {
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (&call.method, rest.as_slice()) {
        (&(Method::POST | Method::PUT), []) => attach(call, place, owner, purpose).await,
        (&(Method::GET | Method::HEAD), []) => files(call, place, owner, purpose).await,
        (&(Method::GET | Method::HEAD), [id]) => download(call, place, owner, id).await,
        (&(Method::GET | Method::HEAD), [id, "download" | "_download"]) => {
            download(call, place, owner, id).await
        }
        (&Method::DELETE, [id]) => {
            let id = id.parse().map_err(|_| Failure::not_found())?;
            call.desk()
                .detach(&call.ctx, place, owner, id)
                .await
                .map_err(|e| answer::failure(e, call.ctx.trace))?;
            Ok(Answer::Json(wire::envelope::status_only(None)))
        }
        (_, [] | [_]) => Err(call.wrong_method()),
        _ => Err(Failure::not_found()),
    }
}

/// The files that came with a call.
pub(crate) fn sent<'a>(call: &'a Call<'_>, purpose: Purpose) -> Vec<Upload<'a>> {
    let upload = |part: &'a wire::payload::FilePart| Upload {
        name: part.file_name.as_deref().unwrap_or("file"),
        content_type: part.content_type.as_deref(),
        description: call.param("description"),
        purpose,
        bytes: call.body.get(part.data.clone()).unwrap_or_default(),
    };
    call.payload.files.iter().map(upload).collect()
}

/// The files that came with a record of a module that can have some.
pub(crate) fn sent_with<'a>(call: &'a Call<'_>, place: &Place) -> Vec<Upload<'a>> {
    match place.module.slot("has_attachments") {
        Some(_) => sent(call, Purpose::Listed),
        None => Vec::new(),
    }
}

async fn attach(call: &Call<'_>, place: &Place, owner: Id, purpose: Purpose) -> Result<Answer, Failure> {
    if call.payload.files.is_empty() {
        return Err(Failure::mandatory(vec!["input_file".into()]));
    }
    let mut rows = Vec::new();
    for upload in sent(call, purpose) {
        let row = call.desk().attach(&call.ctx, place, owner, upload).await;
        rows.push(row.map_err(|e| answer::failure(e, call.ctx.trace))?);
    }
    // One answer for both generations: `files` for the one, `attachment` for the other.
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        shown.push(attachment(call, place, owner, row).await?);
    }
    let files: Vec<Json> = shown.iter().map(file_of).collect();
    let first = shown.into_iter().next().unwrap_or(Json::Null);
    let mut answer = json!({
        "attachment": first,
        "files": files,
        "response_status": {"status_code": 2000, "status": "success"},
    });
    if let (Some(answer), Some(Json::Object(file))) = (answer.as_object_mut(), files.first()) {
        // Some look for the file's id and address at the top.
        for key in ["file_id", "content_url"] {
            answer.insert(key.into(), file.get(key).cloned().unwrap_or(Json::Null));
        }
    }
    Ok(Answer::Json(answer.to_string()))
}

/// The older generation's object: size as a plain string.
fn file_of(attachment: &Json) -> Json {
    json!({
        "file_id": attachment.get("id"),
        "id": attachment.get("id"),
        "name": attachment.get("name"),
        "size": attachment.get("size").and_then(|s| s.get("value")),
        "content_type": attachment.get("content_type"),
        "content_url": attachment.get("content_url"),
    })
}

/// An attachment as the newer generation shows it (wire-facts.md section 11), its address under the call's own
/// base, where the caller's token is accepted.
async fn attachment(call: &Call<'_>, place: &Place, owner: Id, mut row: Record) -> Result<Json, Failure> {
    let url = format!("{}/{}/_uploads/{}", call.base, path_of(place, owner), row.id());
    row.set("content_url", url);
    let text = crate::v3::write::whole(call, row).await?;
    serde_json::from_str(&text).map_err(Failure::not_json)
}

/// Puts the files of records into their `attachments`; asks the database only when a record has some.
pub(crate) async fn show(call: &Call<'_>, records: &mut [Record]) -> Result<(), Failure> {
    let failed = |e| answer::failure(e, call.ctx.trace);
    if records.first().is_none_or(|r| r.module.slot("attachments").is_none()) {
        return Ok(());
    }
    let mut files = call.desk().files_of(records).await.map_err(failed)?;
    for record in records {
        let desk::FilesOf { attachments, resolution } = files.remove(&record.id()).unwrap_or_default();
        if attachments.is_empty() && resolution.is_empty() {
            record.set("attachments", "[]");
            continue;
        }
        let path = path_of_record(call, record);
        record.set("attachments", array(call, &path, attachments).await?);
        if !resolution.is_empty() {
            record.set("resolution.resolution_attachments", array(call, &path, resolution).await?);
        }
    }
    Ok(())
}

/// Whether an answer that shows these places of a module shows files.
pub(crate) fn are_shown(module: &model::Module, slots: &[usize]) -> bool {
    let shows = |path: &str| module.slot(path).is_some_and(|slot| slots.contains(&slot));
    shows("attachments") || shows("resolution.resolution_attachments")
}

/// Files of a record with this path, as a JSON array.
async fn array(call: &Call<'_>, path: &str, mut rows: Vec<Record>) -> Result<String, Failure> {
    for row in &mut rows {
        row.set("content_url", format!("{}/{path}/_uploads/{}", call.base, row.id()));
    }
    let view = call.desk().view(&rows, None).await.map_err(|e| answer::failure(e, call.ctx.trace))?;
    let seen = Seen(&view);
    let writer = call.writer(&seen);
    let mut json = String::from("[");
    for (i, row) in rows.iter().enumerate() {
        if i > 0 {
            json.push(',');
        }
        writer.record(&mut json, row);
    }
    json.push(']');
    Ok(json)
}

/// The path of a record, through the record that it is below.
fn path_of_record(call: &Call<'_>, record: &Record) -> String {
    let (module, id) = (&record.module, record.id());
    let above = module.above(record).and_then(|(field, parent_id)| {
        let target = module.find(field)?.target()?;
        let parent = call.snapshot.catalogue.module(target)?;
        let segment = parent.children.iter().find(|c| c.module == module.name)?.path;
        Some(format!("{}/{parent_id}/{segment}/{id}", parent.path()))
    });
    above.unwrap_or_else(|| format!("{}/{id}", module.path()))
}

/// `requests/1` or `requests/1/notes/2`.
fn path_of(place: &Place, id: Id) -> String {
    match &place.parent {
        Some((field, parent)) => {
            let segment =
                parent.module.children.iter().find(|c| c.module == place.module.name && c.field == *field);
            let segment = segment.map_or(place.module.plural.as_ref(), |c| c.path);
            format!("{}/{}/{segment}/{id}", parent.module.path(), parent.id())
        }
        None => format!("{}/{id}", place.module.path()),
    }
}

async fn files(call: &Call<'_>, place: &Place, owner: Id, purpose: Purpose) -> Result<Answer, Failure> {
    let rows = call.desk().files_for(&call.ctx, place, owner, purpose).await;
    let rows = rows.map_err(|e| answer::failure(e, call.ctx.trace))?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        shown.push(attachment(call, place, owner, row).await?);
    }
    // Who does not page wants the files of a record, and not the first ten.
    short::all(call, "attachments", shown)
}

async fn download(call: &Call<'_>, place: &Place, owner: Id, id: &str) -> Result<Answer, Failure> {
    let id = id.parse().map_err(|_| Failure::not_found())?;
    let found = call.desk().attachment(&call.ctx, place, owner, id).await;
    let (row, stored) = found.map_err(|e| answer::failure(e, call.ctx.trace))?;
    let text = |path: &str| row.text(path).unwrap_or_default().to_owned();
    Ok(Answer::File(text("name"), text("content_type"), stored))
}
