//! Pages that stay open and hear of what happens: an answer that does not end, in which each event is a few bytes
//! (server-sent events). An event only says that the page is out of date; what it says now the browser asks for as it
//! asked for the page, with every right checked again.

mod ear;
mod pages;

use ear::Ear;
pub(crate) use pages::Pages;

use crate::form::Form;
use crate::records::place_at;
use crate::texts::Lang;
use crate::visit::{Anybody, AnybodysForm, Visit};
use crate::{Web, answer, requests};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use desk::{Context, DeskError, Place};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use model::{Id, Record};
use sha2::{Digest, Sha256};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;

/// So many names are said of who else is here.
const NAMES_MAX: usize = 3;

/// A page that hears.
struct Open {
    web: Arc<Web>,
    /// The secret of the cookie, which is one to a session.
    session: String,
    number: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.web.pages.close(&self.session, self.number);
    }
}

/// What a page shows, and so hears of.
#[derive(Clone)]
struct Topic {
    place: Place,
    /// The record; none for a list.
    record: Option<Id>,
    is_portal: bool,
}

impl Topic {
    /// The topic of the page at an address.
    fn at(visit: &Visit, path: &str) -> Result<Self, DeskError> {
        let parts: Vec<&str> =
            path.split(['?', '#']).next().unwrap_or_default().trim_matches('/').split('/').collect();
        let is_portal = parts.first() == Some(&"portal");
        if !is_portal && !visit.ctx.is_technician() {
            return Err(DeskError::NotPermitted);
        }
        let record = |id: &str| requests::id_of(id).map(Some);
        let (place, record) = match parts.as_slice() {
            ["portal", "requests", id] => (requests::place(visit)?, record(id)?),
            ["portal", ..] => return Err(DeskError::NotFound),
            [plural] | ["admin", plural] => (place_at(visit, plural)?, None),
            ["cmdb", kind] if requests::id_of(kind).is_err() => {
                (place_at(visit, &format!("cmdb/{kind}"))?, None)
            }
            [plural, id] | ["admin", plural, id] => (place_at(visit, plural)?, record(id)?),
            _ => return Err(DeskError::NotFound),
        };
        Ok(Self { place, record, is_portal })
    }
}

/// The mark of a page that is about to be made: it hears of what comes behind it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn mark(visit: &Visit) -> Result<String, DeskError> {
    Ok(visit.desk().newest_change().await?.to_string())
}

/// GET of `/live`: the events of the page at `on` since its `mark`.
pub(crate) async fn events(Anybody(visit): Anybody) -> Response {
    match begin(&visit).await {
        Ok(response) => response,
        Err(DeskError::NotPermitted) => answer::bare(StatusCode::FORBIDDEN),
        Err(DeskError::Unavailable(_)) => answer::bare(StatusCode::SERVICE_UNAVAILABLE),
        Err(_) => answer::bare(StatusCode::NOT_FOUND),
    }
}

async fn begin(visit: &Visit) -> Result<Response, DeskError> {
    let asked = Form::of_query(&visit.query);
    let topic = Topic::at(visit, asked.get("on"))?;
    let mut ear = Ear {
        web: visit.web.clone(),
        secret: visit.secret.clone(),
        ctx: visit.ctx.clone(),
        lang: visit.lang(),
        topic,
        mark: asked.get("mark").to_owned(),
        who: String::new(),
        number: 0,
        waiting: None,
        told: None,
    };
    if !ear.is_allowed(None).await? {
        return Err(DeskError::NotFound);
    }
    let number = visit.desk().fresh_id().get().unsigned_abs();
    ear.number = number;
    let session = visit.secret.clone();
    let Some(evicted) = visit.web.pages.open(&session, number) else {
        return Ok(answer::bare(StatusCode::SERVICE_UNAVAILABLE));
    };
    // From here on dropping it closes the page.
    let open = Open { web: visit.web.clone(), session, number };
    let Some(listener) = visit.web.desk.listen(&visit.ctx, ear.topic.record).await? else {
        return Ok(answer::bare(StatusCode::SERVICE_UNAVAILABLE));
    };
    let (to, from) = mpsc::channel::<Bytes>(4);
    tokio::spawn(async move {
        // Also so that the browser's side is open before anything happens.
        let _sent = to.send(Bytes::from_static(b"retry: 3000\n\n")).await;
        ear.hear(listener, evicted, to).await;
        drop(open);
    });
    let events = stream::unfold(from, |mut from| async {
        from.recv().await.map(|bytes| (Ok::<_, Infallible>(bytes), from))
    });
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects answers before it hands them on would keep events to itself.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Who else writes on a record and who else looks at it, in words; empty for nobody.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn who(web: &Web, ctx: &Context, lang: Lang, record: Id) -> Result<String, DeskError> {
    let (mut writing, mut looking) = (Vec::new(), Vec::new());
    for other in web.desk.others_at(ctx, record) {
        if let Some(person) = web.desk.person(other.person()).await? {
            let names = if other.is_writing() { &mut writing } else { &mut looking };
            names.push(person.title().to_owned());
        }
    }
    let say = |key: &str, names: &[String]| {
        let shown = names.iter().take(NAMES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(NAMES_MAX);
        let shown = if more > 0 { format!("{shown} + {more}") } else { shown };
        let words = lang.count(key, i64::try_from(names.len()).unwrap_or(i64::MAX));
        words.replace("{who}", &shown)
    };
    let mut words = Vec::new();
    if !writing.is_empty() {
        words.push(say("live.writing", &writing));
    }
    if !looking.is_empty() {
        words.push(say("live.looking", &looking));
    }
    Ok(words.join(" · "))
}

/// What a page of the portal shows of a request, as one short text that changes with it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn portal_mark(web: &Web, ctx: &Context, request: &Record) -> Result<String, DeskError> {
    const SHOWN: [&str; 9] = [
        "subject",
        "description",
        "status",
        "technician",
        "due_by_time",
        "resolution.content",
        "cancellation_requested",
        "has_attachments",
        "approval_status",
    ];
    let mut hash = Sha256::new();
    for path in SHOWN {
        hash.update(request.get(path).to_string());
        hash.update([0]);
    }
    for said in web.desk.conversation(ctx, request).await? {
        let is_note = said.record.module.name == "request_note";
        if !is_note || said.record.is("show_to_requester") {
            hash.update(said.record.id().get().to_be_bytes());
            hash.update(said.time.to_be_bytes());
            said.texts().for_each(|text| hash.update(text));
        }
    }
    Ok(hash.finalize().iter().take(9).map(|b| format!("{b:02x}")).collect())
}

/// POST of `/live/writing`: the visitor writes something on the record whose page is at `on`.
pub(crate) async fn writing(AnybodysForm(visit, form): AnybodysForm) -> Response {
    let noted = async {
        let topic = Topic::at(&visit, form.get("on"))?;
        let id = topic.record.ok_or(DeskError::NotFound)?;
        visit.desk().get(&visit.ctx, &topic.place, id).await?;
        visit.desk().note_writing(&visit.ctx, id, true);
        Ok::<_, DeskError>(answer::bare(StatusCode::NO_CONTENT))
    };
    match noted.await {
        Ok(response) => response,
        Err(DeskError::NotPermitted) => answer::bare(StatusCode::FORBIDDEN),
        Err(_) => answer::bare(StatusCode::NOT_FOUND),
    }
}
