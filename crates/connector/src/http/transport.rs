//! Sends calls: waits for a turn, puts the credential on, judges what comes back, and sends again where that is right.

use super::call::{Body, Call, FilePart, FileSource, form_text};
use super::manners::Manners;
use super::observe::{self, Exchange, Observer};
use super::pace::Pace;
use super::retry::{Budget, Ended, Retry, judged};
use super::tls;
use crate::auth::{Auth, Credential};
use crate::error::ServiceError;
use crate::{Error, Result};
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;
use reqwest::multipart::{Form, Part};
use serde_json::Value as Json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Semaphore;

const ACCEPT_V3: &str = "application/vnd.manageengine.sdp.v3+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// An answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub content: Content,
}

/// A body: read already, or still on its way.
#[derive(Debug)]
pub enum Content {
    /// The whole.
    Whole(Bytes),
    /// To be read by chunks.
    Stream(reqwest::Response),
}

/// Whether the body is wanted as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Whole,
    Stream,
}

/// A call and what is wanted of it.
#[derive(Clone, Copy, Debug)]
struct Aim<'a> {
    base: &'a str,
    call: &'a Call,
    mode: Mode,
    debug: bool,
}

/// The calls' way to the service.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    pub manners: Manners,
    pace: Pace,
    turns: Semaphore,
    budget: Budget,
    observers: Vec<Observer>,
}

impl Transport {
    pub fn new(manners: Manners, observers: Vec<Observer>, tls_needed: bool) -> Result<Self> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::configuration(tls_needed)?)
            .connect_timeout(manners.connect_timeout)
            .read_timeout(manners.read_timeout)
            // A redirect would lose the body of a POST and carry the key to somebody else's host.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .build()
            .map_err(|e| Error::Configuration(format!("no HTTP client: {}", chain(&e))))?;
        Ok(Self {
            http,
            pace: Pace::new(manners.calls_per_second),
            turns: Semaphore::new(manners.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            budget: Budget::new(manners.retry_budget),
            manners,
            observers,
        })
    }

    /// Sends a call until it has an answer, within its deadline. Every answer that is no success is an error.
    pub async fn send(&self, base: &str, auth: &Auth, call: &Call, mode: Mode, debug: bool) -> Result<Reply> {
        let deadline = call.deadline.unwrap_or(self.manners.deadline);
        // Whether a try went out that may have been heard, when the deadline cuts everything off.
        let begun = AtomicBool::new(false);
        let end = tokio::time::Instant::now() + deadline;
        let aim = Aim { base, call, mode, debug };
        let sending = self.send_on(&aim, auth, &begun, end);
        match tokio::time::timeout_at(end, sending).await {
            Ok(result) => result,
            Err(_) => Err(Error::Deadline {
                call: call.shown(),
                seconds: deadline.as_secs(),
                uncertain: begun.load(Ordering::Relaxed) && !only_reads(call),
            }),
        }
    }

    async fn send_on(
        &self,
        aim: &Aim<'_>,
        auth: &Auth,
        begun: &AtomicBool,
        end: tokio::time::Instant,
    ) -> Result<Reply> {
        let call = aim.call;
        let mut retry = Retry::new(call, &self.manners, &self.budget);
        let mut attempt = 0;
        let mut rejected: Option<Credential> = None;
        loop {
            attempt += 1;
            let credential = auth.credential(self).await?;
            let tried = {
                let _turn = self.turns.acquire().await;
                self.pace.turn().await;
                begun.store(true, Ordering::Relaxed);
                self.attempt(aim, &credential, attempt).await
            };
            let (ended, error) = match tried {
                Ok(reply) => {
                    self.budget.succeeded();
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            if !matches!(ended, Ended::Broken | Ended::Failed) {
                begun.store(false, Ordering::Relaxed);
            }
            if is_bad_token(&error)
                && rejected.as_ref() != Some(&credential)
                && auth.renew(self, &credential).await?
            {
                rejected = Some(credential);
                continue;
            }
            // A pause that is longer than the time that is left is not worth waiting for.
            let pause = retry.next(ended).filter(|pause| tokio::time::Instant::now() + *pause < end);
            let Some(pause) = pause else { return Err(error) };
            tracing::debug!(call = call.shown(), %error, ?pause, "again after a pause");
            if let Ended::Refused(Some(_)) = ended {
                self.pace.pause(pause);
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// One try.
    async fn attempt(
        &self,
        aim: &Aim<'_>,
        credential: &Credential,
        attempt: u32,
    ) -> Result<Reply, (Ended, Error)> {
        let Aim { base, call, mode, debug } = *aim;
        let begin = Instant::now();
        let (request, shown) =
            self.request(base, credential, call).await.map_err(|e| (Ended::Unwanted, e))?;
        let place = request.url().origin().ascii_serialization();
        let result = self.exchange(request, call, mode, &place).await;
        if debug || !self.observers.is_empty() {
            let (status, received) = match &result {
                Ok(Reply { status, content: Content::Whole(bytes), .. }) => {
                    (*status, observe::bytes_text(bytes))
                }
                Ok(Reply { status, .. }) => (*status, "(a stream)".to_owned()),
                Err((_, Error::Service(error))) => (error.http_status, error.to_string()),
                Err((_, error)) => (0, error.to_string()),
            };
            let exchange = Exchange {
                method: call.method.as_str(),
                url: observe::url(base, call),
                headers: shown,
                sent: observe::body(&call.body),
                status,
                received,
                attempt,
                took: begin.elapsed(),
            };
            self.observers.iter().for_each(|observer| observer.look(&exchange));
            if debug {
                tracing::info!("{exchange}");
            }
        }
        result
    }

    async fn request(
        &self,
        base: &str,
        credential: &Credential,
        call: &Call,
    ) -> Result<(reqwest::Request, Vec<(String, String)>)> {
        let url = address(base, call)?;
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("frontdesk-connector/", env!("CARGO_PKG_VERSION"))),
        );
        for (name, value) in &call.headers {
            headers.insert(name.clone(), value.clone());
        }
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPT_V3));
        credential.put(&mut headers)?;
        match call.body {
            // It has a type of its own, with the boundary in it.
            Body::Parts(..) => headers.remove(CONTENT_TYPE),
            Body::Json(_) => headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json")),
            _ => headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM)),
        };
        let shown = observe::headers(&headers);
        let request = self.http.request(call.method.clone(), url).headers(headers);
        let request = match &call.body {
            Body::None => request,
            Body::Form(pairs) => request.body(form_text(pairs)),
            Body::Raw(bytes) => request.body(bytes.clone()),
            Body::Json(json) => request.body(json.to_string()),
            Body::Parts(texts, files) => request.multipart(multipart(texts, files).await?),
        };
        let request = request.build().map_err(|e| Error::Configuration(chain(&e)))?;
        Ok((request, shown))
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
        call: &Call,
        mode: Mode,
        place: &str,
    ) -> Result<Reply, (Ended, Error)> {
        let response = match self.http.execute(request).await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                let message = format!("cannot reach {place}: {}", cause(&error));
                let error = Error::Network { call: call.shown(), message, uncertain: false };
                return Err((Ended::NotReached, error));
            }
            Err(error) => return Err(broken(call, &error)),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if mode == Mode::Stream && response.status().is_success() {
            return Ok(Reply { status, headers, content: Content::Stream(response) });
        }
        if let (300..=399, Some(target)) = (status, headers.get(LOCATION)) {
            let message = format!(
                "{place} sends its clients to {}; connect to that address",
                target.to_str().unwrap_or("another address")
            );
            return Err((Ended::Unwanted, Error::Answer { call: call.shown(), message }));
        }
        let body = self.whole(response, call).await?;
        let json = || serde_json::from_slice::<Json>(&body).ok();
        let throttled = (400..500).contains(&status) && is_throttle(&body);
        if let Some(ended) = judged(status, &headers, throttled) {
            let error = ServiceError::read(call.shown(), status, json());
            return Err((ended, Error::Service(Box::new(error))));
        }
        Ok(Reply { status, headers, content: Content::Whole(body) })
    }

    async fn whole(&self, mut response: reqwest::Response, call: &Call) -> Result<Bytes, (Ended, Error)> {
        let max = self.manners.answer_bytes_max;
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= max => body.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    let message = format!("the answer has more than {max} bytes");
                    return Err((Ended::Unwanted, Error::Answer { call: call.shown(), message }));
                }
                Ok(None) => return Ok(body.freeze()),
                Err(error) => return Err(broken(call, &error)),
            }
        }
    }
}

/// The address of a call. It must stay below the base: a path from an input may not lead to another host.
fn address(base: &str, call: &Call) -> Result<Url> {
    let path = call.path.as_str();
    let wrong = |why: &str| Error::input("url", format!("{path}: {why}"));
    if !path.is_empty() && !path.starts_with('/') {
        return Err(wrong("a path begins with /"));
    }
    let mut url = Url::parse(&format!("{base}{path}")).map_err(|e| wrong(&e.to_string()))?;
    if !url.as_str().starts_with(base) {
        return Err(wrong("it leads out of the API"));
    }
    if !call.query.is_empty() {
        let query = match url.query() {
            Some(before) if !before.is_empty() => format!("{before}&{}", call.query_text()),
            _ => call.query_text(),
        };
        url.set_query(Some(&query));
    }
    Ok(url)
}

async fn multipart(texts: &[(String, String)], files: &[FilePart]) -> Result<Form> {
    let mut form = Form::new();
    for (key, value) in texts {
        form = form.text(key.clone(), value.clone());
    }
    for file in files {
        let part = match &file.source {
            FileSource::Bytes(bytes) => Part::stream_with_length(bytes.clone(), bytes.len() as u64),
            FileSource::Path(path) => {
                let open = tokio::fs::File::open(path).await.map_err(|e| Error::file(path, e))?;
                let length = open.metadata().await.map_err(|e| Error::file(path, e))?.len();
                Part::stream_with_length(open, length)
            }
        };
        let mut part = part.file_name(file.name.clone());
        if let Some(kind) = &file.content_type {
            part = part
                .mime_str(kind)
                .map_err(|_| Error::input("contentType", format!("{kind} is no type of file")))?;
        }
        form = form.part(file.part.clone(), part);
    }
    Ok(form)
}

/// A call that changes nothing, so that it does not matter whether it was heard.
fn only_reads(call: &Call) -> bool {
    matches!(call.method, http::Method::GET | http::Method::HEAD | http::Method::OPTIONS)
}

fn broken(call: &Call, error: &reqwest::Error) -> (Ended, Error) {
    let uncertain = !only_reads(call);
    (Ended::Broken, Error::Network { call: call.shown(), message: chain(error), uncertain })
}

/// What a refusal for too many calls looks like where the status does not say it (conventions.md section 2.8).
fn is_throttle(body: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(body, word.as_bytes()).is_some();
    has("URL_ROLLING_THROTTLES_LIMIT_EXCEEDED")
        || has("too many requests continuously")
        || has("\"status_code\":4015")
}

/// A token that is none any more. Where the words speak of a scope a new one would be no better (wire-facts.md
/// section 12).
fn is_bad_token(error: &Error) -> bool {
    error.service().is_some_and(|error| {
        let about_scope = |m: &crate::error::ServiceMessage| {
            m.message.as_ref().is_some_and(|text| text.to_ascii_lowercase().contains("scope"))
        };
        error.http_status == 401 && !error.messages.iter().any(about_scope)
    })
}

/// What is at the bottom of an error.
fn cause(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    deepest.to_string()
}

/// An error with what caused it: the outermost text alone says next to nothing. The address is left out, since it may
/// hold secrets.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        // reqwest's own text names the address; the causes say what happened.
        if !text.contains("for url") && texts.last() != Some(&text) {
            texts.push(text);
        }
        next = error.source();
    }
    if texts.is_empty() { "the connection broke".to_owned() } else { texts.join(": ") }
}
