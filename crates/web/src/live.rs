//! Pages that stay open and hear of what happens: an answer that does not end, in which each event is a few bytes
//! (server-sent events). An event only says that the page is out of date; what it says now the browser asks for as it
//! asked for the page, with every right checked again.

use crate::form::Form;
use crate::records::place_at;
use crate::texts::Lang;
use crate::visit::{Anybody, AnybodysForm, Visit};
use crate::{Web, answer, requests};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use desk::live::{Listener, News};
use desk::{Context, DeskError, ListAsk, Place};
use futures_util::stream;
use http::{HeaderValue, StatusCode, header};
use model::filter::{equals, test};
use model::{Id, Op, Record, Value};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A sign of life this often; by it a browser that is gone, and a session that ended, are found.
const SIGN_OF_LIFE: Duration = Duration::from_secs(8);
/// So many open pages of one session hear; one more ends the oldest.
const PAGES_OF_SESSION_MAX: usize = 8;
/// So many open pages hear at all: other calls must not want for connections.
const PAGES_MAX: usize = 4_000;
/// So many names are said of who else is here.
const NAMES_MAX: usize = 3;
/// So many changed records are looked at for somebody who may not see all.
const LOOKED_AT_MAX: usize = 100;
/// What stands before the mark in an event of the portal, which makes it greater than any mark.
const OF_PORTAL: char = '~';

/// The pages that hear, by session: each session's in the order in which they were opened.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<HashMap<String, VecDeque<OpenPage>>>);

/// A page's number, and by what it is told to make room.
type OpenPage = (u64, oneshot::Sender<()>);

impl Pages {
    /// Notes a page of a session. `None` where there are too many in all. What comes back resolves when the page has to
    /// make room.
    fn open(&self, session: &str, number: u64) -> Option<oneshot::Receiver<()>> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.values().map(VecDeque::len).sum::<usize>() >= PAGES_MAX {
            return None;
        }
        let own = pages.entry(session.to_owned()).or_default();
        if own.len() >= PAGES_OF_SESSION_MAX {
            own.pop_front();
        }
        let (end, ended) = oneshot::channel();
        own.push_back((number, end));
        Some(ended)
    }

    fn close(&self, session: &str, number: u64) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = pages.get_mut(session) {
            own.retain(|(n, _)| *n != number);
            if own.is_empty() {
                pages.remove(session);
            }
        }
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
    };
    if !ear.is_allowed(None).await? {
        return Err(DeskError::NotFound);
    }
    let number = visit.desk().fresh_id().get().unsigned_abs();
    let session = visit.token();
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

/// A page that hears.
struct Open {
    web: Arc<Web>,
    session: String,
    number: u64,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.web.pages.close(&self.session, self.number);
    }
}

/// Who hears, and what they know already.
struct Ear {
    web: Arc<Web>,
    secret: String,
    ctx: Context,
    lang: Lang,
    topic: Topic,
    mark: String,
    who: String,
}

/// What follows for a page.
enum Next {
    Nothing,
    Say(String),
    End,
}

impl Ear {
    /// Hands on what concerns the page, until the browser, the session, the right or the desk is gone.
    async fn hear(
        &mut self,
        mut listener: Listener,
        mut evicted: oneshot::Receiver<()>,
        to: mpsc::Sender<Bytes>,
    ) {
        let mut next = self.at_first().await;
        loop {
            match next {
                Ok(Next::Nothing) => {}
                Ok(Next::Say(event)) => {
                    if to.send(Bytes::from(event)).await.is_err() {
                        return;
                    }
                }
                Ok(Next::End) => return,
                // What could not be looked at is looked at with the next event; the page stays.
                Err(error) => tracing::warn!(%error, "an open page was not told what happened"),
            }
            next = tokio::select! {
                () = to.closed() => return,
                _ = &mut evicted => {
                    // It may come back, but not at once.
                    let _sent = to.send(Bytes::from_static(b"retry: 60000\n\n")).await;
                    return;
                }
                news = listener.next() => match news {
                    Some(news) => self.of_news(&news).await,
                    None => return,
                },
                () = tokio::time::sleep(SIGN_OF_LIFE) => match self.is_signed_in().await {
                    Ok(true) => Ok(Next::Say(":\n\n".into())),
                    Ok(false) => Ok(Next::End),
                    Err(error) => Err(error),
                },
            };
        }
    }

    /// Whether the session is there, and whose it is still has such pages.
    async fn is_signed_in(&mut self) -> Result<bool, DeskError> {
        let now = self.web.desk.now();
        let Some(session) = self.web.identity.session(&self.secret, now).await? else { return Ok(false) };
        if session.user != self.ctx.caller.user {
            return Ok(false);
        }
        let caller = match self.web.desk.caller(session.user).await {
            Ok(caller) => caller,
            Err(DeskError::NotPermitted) => return Ok(false),
            Err(error) => return Err(error),
        };
        self.ctx.caller = caller;
        self.ctx.now = now;
        // Somebody who works here no more keeps the pages of the portal.
        Ok(self.topic.is_portal || self.ctx.is_technician())
    }

    /// Whether the page may be told, of these records if it is a list.
    async fn is_allowed(&self, changed: Option<&[Id]>) -> Result<bool, DeskError> {
        let (ctx, place) = (&self.ctx, &self.topic.place);
        let module = &place.module;
        let ids: Vec<Value> = match (self.topic.record, changed) {
            (Some(id), _) => vec![id.into()],
            (None, Some(changed)) if ctx.caller.is_limited() => {
                changed.iter().take(LOOKED_AT_MAX).map(|id| (*id).into()).collect()
            }
            (None, _) => {
                return Ok(desk::permissions::role_allows(ctx.caller.access, module, desk::Verb::Read));
            }
        };
        let mut ask = ListAsk::new(test(module, "id", Op::In, ids), 1);
        // A technician sees a request in the trash, somebody who asked does not.
        ask.with_deleted = !self.topic.is_portal;
        if self.topic.is_portal {
            ask.filter = ask.filter.and(equals(module, "is_trashed", vec![false.into()]));
        }
        ask.slots = module.slot("id").into_iter().collect();
        match self.web.desk.list(ctx, place, ask).await {
            Ok(page) => Ok(!page.records.is_empty()),
            Err(DeskError::NotPermitted | DeskError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What happened between the making of the page and its hearing, and who is here.
    async fn at_first(&mut self) -> Result<Next, DeskError> {
        if !self.is_signed_in().await? {
            return Ok(Next::End);
        }
        if self.topic.is_portal {
            return self.of_portal().await;
        }
        let mut event = self.of_presence().await?.unwrap_or_default();
        let mark = self.mark.parse().unwrap_or(Id::new(0));
        let (module, record) = (&self.topic.place.module, self.topic.record);
        if let Some(happened) = self.web.desk.change_since(module, record, mark).await?
            && self.is_allowed(Some(&[happened.owner, happened.record])).await?
        {
            event.push_str(&change(&happened.entry.to_string()));
        }
        Ok(if event.is_empty() { Next::Nothing } else { Next::Say(event) })
    }

    async fn of_news(&mut self, news: &News) -> Result<Next, DeskError> {
        let key = self.topic.place.module.key().to_owned();
        let is_meant = |h: &&desk::live::Happened| match self.topic.record {
            Some(id) => h.owner == id || h.record == id,
            None => h.module == key,
        };
        let meant: Vec<_> = news.happened.iter().filter(is_meant).collect();
        let is_told = news.is_avalanche || !meant.is_empty();
        let mut event = String::new();
        if is_told || news.has_moved && self.topic.record.is_some() {
            if !self.is_signed_in().await? {
                return Ok(Next::End);
            }
            let changed: Vec<Id> = meant.iter().map(|h| h.record).collect();
            let changed = (!news.is_avalanche).then_some(changed.as_slice());
            let is_allowed = self.is_allowed(changed).await?;
            if !is_allowed && self.topic.record.is_some() {
                return Ok(Next::End);
            }
            if self.topic.is_portal {
                return if is_told { self.of_portal().await } else { Ok(Next::Nothing) };
            }
            if is_told && is_allowed {
                let newest = match meant.last() {
                    Some(happened) => happened.entry,
                    None => self.web.desk.newest_change().await?,
                };
                event.push_str(&change(&newest.to_string()));
            }
            event.push_str(&self.of_presence().await?.unwrap_or_default());
        }
        Ok(if event.is_empty() { Next::Nothing } else { Next::Say(event) })
    }

    /// Tells a page of the portal when what it shows is otherwise than before; of anything else that happens on the
    /// request it tells nothing.
    async fn of_portal(&mut self) -> Result<Next, DeskError> {
        let Some(id) = self.topic.record else { return Ok(Next::End) };
        let record = match self.web.desk.get(&self.ctx, &self.topic.place, id).await {
            Ok(record) => record,
            Err(DeskError::NotFound | DeskError::NotPermitted | DeskError::MergedInto(_)) => {
                return Ok(Next::End);
            }
            Err(error) => return Err(error),
        };
        let mark = portal_mark(&self.web, &self.ctx, &record).await?;
        if mark == self.mark {
            return Ok(Next::Nothing);
        }
        self.mark = mark;
        Ok(Next::Say(change(&format!("{OF_PORTAL}{}", self.mark))))
    }

    /// Who else is at the record, where that is not what the page says already.
    async fn of_presence(&mut self) -> Result<Option<String>, DeskError> {
        let Some(id) = self.topic.record.filter(|_| !self.topic.is_portal) else { return Ok(None) };
        let who = who(&self.web, &self.ctx, self.lang, id).await?;
        if who == self.who {
            return Ok(None);
        }
        self.who.clone_from(&who);
        Ok(Some(format!("event: who\ndata: {}\n\n", who.replace(['\r', '\n'], " "))))
    }
}

fn change(mark: &str) -> String {
    format!("event: change\ndata: {mark}\n\n")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_pages() {
        let pages = Pages::default();
        let mut first = pages.open("s", 0).unwrap();
        let mut second = pages.open("s", 1).unwrap();
        let rest: Vec<_> = (2..=PAGES_OF_SESSION_MAX as u64).map(|n| pages.open("s", n).unwrap()).collect();
        assert!(first.try_recv().is_err_and(|e| e == oneshot::error::TryRecvError::Closed));
        assert!(second.try_recv().is_err_and(|e| e == oneshot::error::TryRecvError::Empty));
        for n in 0..=PAGES_OF_SESSION_MAX as u64 {
            pages.close("s", n);
        }
        drop(rest);
        assert!(pages.0.lock().unwrap().is_empty());
        let others: Vec<_> = (0..PAGES_MAX).map(|n| pages.open(&n.to_string(), 0).unwrap()).collect();
        assert!(pages.open("one more", 0).is_none());
        drop(others);
    }
}
