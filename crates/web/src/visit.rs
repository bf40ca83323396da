//! Who visits a page: the session, the person, how they read; and the extractors by whose type a page says who may
//! have it.
//!
//! [`Anybody`] is somebody who is signed in, [`Technician`] somebody who works at the desk, [`Administrator`] one who
//! keeps it. [`AnybodysForm`] and its like are the same for a form that was sent, and let none pass that did not come
//! from a page of the same session. What a person may do with a record is no matter of these: the use cases decide.

use crate::Web;
use crate::answer::{self, cookie, set_cookie};
use crate::form::Form;
use crate::problem;
use crate::texts::Lang;
use crate::times::Times;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::response::Response;
use desk::timers::Timer;
use desk::{Context, Desk, DeskError, Scopes, Snapshot, TraceId};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use model::Record;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The cookie of a browser that is signed in.
pub(crate) const SESSION: &str = "frontdesk_session";
/// What the page before has to say on this one: the key of a text.
const FLASH: &str = "frontdesk_flash";
/// What a form's token is for. One for all: what a form does is in its address.
pub(crate) const PURPOSE: &str = "page";

/// A visit of somebody who is signed in.
pub(crate) struct Visit {
    pub web: Arc<Web>,
    pub ctx: Context,
    pub person: Arc<Record>,
    pub snapshot: Arc<Snapshot>,
    pub times: Times,
    /// The cookie's secret.
    pub secret: String,
    /// What the page before has to say.
    pub flash: Option<String>,
    /// The path that was asked for.
    pub path: String,
    /// The query that was asked for, undecoded.
    pub query: String,
    pub address: Option<IpAddr>,
    /// The timer of somebody who works at the desk.
    pub timer: Option<Timer>,
}

impl Visit {
    async fn read(web: &Arc<Web>, parts: &Parts) -> Result<Option<Self>, DeskError> {
        let Some(secret) = cookie(&parts.headers, SESSION) else { return Ok(None) };
        let now = web.desk.now();
        let Some(session) = web.identity.session(secret, now).await? else { return Ok(None) };
        let caller = match web.desk.caller(session.user).await {
            Ok(caller) => caller,
            Err(DeskError::NotPermitted) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(person) = web.desk.person(session.user).await? else { return Ok(None) };
        let zone = web.desk.zone_of(Some(&person));
        let trace = parts.extensions.get::<TraceId>().map_or(0, |t| t.0);
        let lang = language(Some(&person), &parts.headers);
        let twelve = person.text("time_format") == Some("12");
        let times = Times { zone: zone.clone(), lang, twelve, now };
        let flash = cookie(&parts.headers, FLASH).map(str::to_owned);
        let ctx = Context { trace, ..Context::new(caller, Scopes::all(), now, zone) };
        let timer = if ctx.is_technician() { web.desk.timer(&ctx).await? } else { None };
        Ok(Some(Self {
            ctx,
            snapshot: web.desk.snapshot(),
            web: web.clone(),
            person,
            times,
            secret: secret.to_owned(),
            flash,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or("").to_owned(),
            address: address(parts),
            timer,
        }))
    }

    /// The desk.
    pub fn desk(&self) -> &Desk {
        &self.web.desk
    }
    /// The language.
    pub const fn lang(&self) -> Lang {
        self.times.lang
    }
    /// The token that the page's forms bring back.
    pub fn token(&self) -> String {
        self.web.identity.form_token(&self.secret, PURPOSE)
    }

    /// The answer to a visit: what the page says, or why there is none.
    pub fn answered(&self, done: Result<Response, DeskError>) -> Response {
        let mut response = done.unwrap_or_else(|error| problem::of_error(self, error));
        if self.flash.is_some() && response.status() != StatusCode::SEE_OTHER {
            set_cookie(&mut response, FLASH, "", self.web.is_secure());
        }
        response
    }

    /// The same, and the page offers to take back the changes that these entries of the history tell of.
    pub fn done_undoably(&self, path: &str, said: &str, entries: &[model::Id]) -> Response {
        self.done(path, &format!("{said}~{}", crate::undo::written(entries)))
    }

    /// On to another page, which says that something was done: the text `flash.{said}`.
    pub fn done(&self, path: &str, said: &str) -> Response {
        let mut response = answer::on_to(path);
        set_cookie(&mut response, FLASH, said, self.web.is_secure());
        response
    }
}

/// What an answer has the next page say; empty where it says nothing.
pub(crate) fn said(response: &Response) -> &str {
    let cookies = response.headers().get_all(header::SET_COOKIE).iter().rev().filter_map(|v| v.to_str().ok());
    let mut pairs = cookies.filter_map(|cookie| cookie.split(';').next()?.split_once('='));
    pairs.find(|(name, _)| *name == FLASH).map_or("", |(_, said)| said)
}

/// The language of a page: the person's, else what the browser asks for.
pub(crate) fn language(person: Option<&Record>, headers: &HeaderMap) -> Lang {
    let chosen = person.and_then(|p| p.text("language")).and_then(Lang::of);
    let accepted = || headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    chosen.unwrap_or_else(|| Lang::accepted(accepted().unwrap_or("")))
}

/// The network address of a browser.
pub(crate) fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip())
}

/// An address within the desk, to come back to: nothing that a browser could take for another host.
pub(crate) fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control() || c.is_whitespace())
}

async fn visit(parts: &Parts, web: &Arc<Web>) -> Result<Visit, Response> {
    match Visit::read(web, parts).await {
        Ok(Some(visit)) => Ok(visit),
        Ok(None) => Err(to_sign_in(parts)),
        Err(error) => Err(problem::bare_error(language(None, &parts.headers), error)),
    }
}

/// The sign-in page, and from there back to the page that was asked for.
fn to_sign_in(parts: &Parts) -> Response {
    if parts.method != Method::GET {
        let back = came_from(parts).unwrap_or_else(|| answer::one_up(&parts.uri));
        return answer::on_to(&format!(
            "/sign_in?ended=1&next={}",
            utf8_percent_encode(&back, NON_ALPHANUMERIC)
        ));
    }
    let asked = parts.uri.path_and_query().map_or("/", |p| p.as_str());
    if asked == "/" {
        return answer::on_to("/sign_in");
    }
    answer::on_to(&format!("/sign_in?next={}", utf8_percent_encode(asked, NON_ALPHANUMERIC)))
}

/// The page of ours that a form was on.
fn came_from(parts: &Parts) -> Option<String> {
    let page: Uri = parts.headers.get(header::REFERER)?.to_str().ok()?.parse().ok()?;
    let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let host = host.or(parts.uri.authority().map(Authority::as_str))?;
    let path = page.path_and_query().map(PathAndQuery::as_str).filter(|path| is_local(path))?;
    (page.authority().is_some_and(|a| a.as_str() == host)).then(|| path.to_owned())
}

async fn form(request: Request, web: &Arc<Web>) -> Result<(Visit, Form), Response> {
    let (parts, body) = request.into_parts();
    let visit = visit(&parts, web).await?;
    let form = match Form::read(&parts, body).await {
        Ok(form) => form,
        Err(status) => return Err(problem::of_status(&visit, status)),
    };
    if !web.identity.is_form_token(form.get("token"), &visit.secret, PURPOSE) {
        return Err(problem::of_status(&visit, StatusCode::FORBIDDEN));
    }
    Ok((visit, form))
}

/// The refusal of a page that is not for the visitor.
fn refused(visit: &Visit) -> Response {
    problem::of_error(visit, DeskError::NotPermitted)
}

macro_rules! visitors {
    ($($(#[$meta:meta])* $who:ident, $rule:expr;)+) => {$(
        $(#[$meta])*
        pub(crate) struct $who(pub Visit);

        impl FromRequestParts<Arc<Web>> for $who {
            type Rejection = Response;
            async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Response> {
                let visit = visit(parts, web).await?;
                let is_allowed: fn(&Context) -> bool = $rule;
                if is_allowed(&visit.ctx) { Ok(Self(visit)) } else { Err(refused(&visit)) }
            }
        }
    )+};
}

macro_rules! senders {
    ($($(#[$meta:meta])* $who:ident, $rule:expr;)+) => {$(
        $(#[$meta])*
        pub(crate) struct $who(pub Visit, pub Form);

        impl FromRequest<Arc<Web>> for $who {
            type Rejection = Response;
            async fn from_request(request: Request, web: &Arc<Web>) -> Result<Self, Response> {
                let (visit, form) = form(request, web).await?;
                let is_allowed: fn(&Context) -> bool = $rule;
                if is_allowed(&visit.ctx) { Ok(Self(visit, form)) } else { Err(refused(&visit)) }
            }
        }
    )+};
}

visitors! {
    /// Somebody who is signed in.
    Anybody, |_| true;
    /// Somebody who works at the desk.
    Technician, Context::is_technician;
    /// Somebody who keeps the desk.
    Administrator, Context::is_administrator;
}

senders! {
    /// Somebody who is signed in, with a form from one of the session's own pages.
    AnybodysForm, |_| true;
    /// The same of somebody who works at the desk.
    TechniciansForm, Context::is_technician;
    /// The same of somebody who keeps the desk.
    AdministratorsForm, Context::is_administrator;
}

/// GET of a form's address, where a refusal stood before the page was loaded anew: on to the page that the form is of,
/// which is one step up.
pub(crate) async fn above(Technician(_): Technician, uri: Uri) -> Response {
    answer::on_to(&answer::one_up(&uri))
}

/// The same of forms that anybody has.
pub(crate) async fn above_for_anybody(Anybody(_): Anybody, uri: Uri) -> Response {
    answer::on_to(&answer::one_up(&uri))
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for local in ["/", "/requests?a=b", "/requests/1#x"] {
            assert!(is_local(local), "{local}");
        }
        for elsewhere in ["", "https://example.com", "//example.com", "/\\example.com", "/a\r\nX: y", "x"] {
            assert!(!is_local(elsewhere), "{elsewhere}");
        }
    }
}
