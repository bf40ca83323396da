//! Signing in and out, for every page that asks who somebody is: with a password and, where there is one, a second factor; by
//! single sign-on; at the first set-up. Sessions, the tokens of forms, and the wait after failures. The consent page of OAuth
//! shares it.

pub(crate) mod consent;
mod second_step;
pub(crate) mod set_up;
pub(crate) mod sso;

use crate::answer::{self, cookie, set_cookie};
use crate::form::Form;
use crate::shell::Bare;
use crate::texts::Lang;
use crate::visit::{PURPOSE, SESSION, address, is_local, language};
use crate::{Web, problem};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use desk::identity::{Entrance, OAuthError};
use http::{HeaderMap, StatusCode, header};
use std::net::IpAddr;
use std::sync::Arc;

/// The cookie by which a form of somebody who is not signed in yet is known to be ours.
const VISIT: &str = "frontdesk_visit";
/// What the token of the form is for.
const SIGN_IN: &str = "sign_in";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    bare: Bare,
    /// The desk's name.
    desk: &'a str,
    /// The application that wants to know who it is.
    client: Option<&'a str>,
    /// Where the form goes.
    action: &'a str,
    token: &'a str,
    /// As it was typed the time before.
    email: &'a str,
    problem: Option<&'a str>,
    /// Nobody has been here before: where the first password is.
    is_first: bool,
    /// Whether the first set-up is still to come.
    is_set_up_open: bool,
    /// Single sign-on: what its button says, and where it leads.
    sign_on: Option<(String, String)>,
}

/// What came with a form of somebody who is not signed in.
pub(crate) struct Arrival {
    pub headers: HeaderMap,
    pub query: String,
    pub form: Form,
    pub address: Option<IpAddr>,
    pub lang: Lang,
}

impl Arrival {
    /// Reads a POST.
    ///
    /// # Errors
    /// The page that says that it cannot be read.
    pub async fn read(request: Request) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let lang = language(None, &parts.headers);
        let form = Form::of_a_stranger(&parts, body).await;
        let form = form.map_err(|status| problem::bare(lang, status, lang.text("error.unreadable")))?;
        let query = parts.uri.query().unwrap_or("").to_owned();
        let address = address(&parts);
        Ok(Self { headers: parts.headers, query, form, address, lang })
    }
}

/// A way in: who asks, where the form goes, and where whoever came in goes.
pub(crate) struct Door<'a> {
    pub client: Option<&'a str>,
    pub action: &'a str,
    pub back: &'a str,
}

impl Door<'_> {
    /// What a sign-in form brought: a session and the way back, the second step, or the form again.
    pub async fn enter(&self, web: &Web, arrival: &Arrival) -> Response {
        let (form, lang) = (&arrival.form, arrival.lang);
        let visit = cookie(&arrival.headers, VISIT).unwrap_or_default();
        let ours = !visit.is_empty() && web.identity.is_form_token(form.get("token"), visit, SIGN_IN);
        if !ours {
            let words = Some(lang.text("error.stale_form"));
            return self.page(web, &arrival.headers, form.get("email"), words, StatusCode::FORBIDDEN).await;
        }
        if form.has("code") {
            return self.enter_by_code(web, arrival).await;
        }
        let now = web.desk.now();
        let (email, password) = (form.get("email"), form.get("password"));
        let found = web.identity.verify_password(email, password, arrival.address, now).await;
        let entrance = match found {
            Ok(user) => match web.desk.needs_second_factor(user).await {
                Ok(required) => web.identity.entrance(user, required, now).await,
                Err(error) => Err(OAuthError::Unavailable(error.to_string())),
            },
            Err(error) => Err(error),
        };
        let done = match entrance {
            Ok(Entrance::Open(user)) => self.let_in(web, arrival, user).await,
            Ok(Entrance::Code(step)) => Ok(self.ask_code(web, arrival, &step, None).await),
            Ok(Entrance::Enrol(step)) => Ok(self.ask_enrolment(web, arrival, &step, None).await),
            Err(error) => Err(error),
        };
        match done {
            Ok(response) => response,
            Err(error) => self.refused(web, &arrival.headers, email, &error).await,
        }
    }

    /// A session, and the way back.
    async fn let_in(&self, web: &Web, arrival: &Arrival, user: model::Id) -> Result<Response, OAuthError> {
        let secret = session(web, &arrival.headers, arrival.address, user).await?;
        let mut response = answer::on_to(self.back);
        set_cookie(&mut response, SESSION, &secret, web.is_secure());
        Ok(response)
    }

    async fn refused(&self, web: &Web, headers: &HeaderMap, email: &str, error: &OAuthError) -> Response {
        let lang = language(None, headers);
        match error {
            OAuthError::AccessDenied => {
                let words = Some(lang.text("sign_in.wrong"));
                self.page(web, headers, email, words, StatusCode::UNAUTHORIZED).await
            }
            OAuthError::Throttled { retry_after_s } => {
                let words = lang.count("sign_in.wait", *retry_after_s);
                let mut response =
                    self.page(web, headers, email, Some(&words), StatusCode::TOO_MANY_REQUESTS).await;
                if let Ok(value) = retry_after_s.to_string().parse() {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                response
            }
            error => {
                tracing::warn!(%error, "nobody could be signed in");
                unavailable(lang)
            }
        }
    }

    /// The form.
    pub async fn page(
        &self,
        web: &Web,
        headers: &HeaderMap,
        email: &str,
        problem: Option<&str>,
        status: StatusCode,
    ) -> Response {
        let lang = language(None, headers);
        let visit = match cookie(headers, VISIT) {
            Some(visit) => visit.to_owned(),
            None => match web.identity.new_cookie() {
                Ok(visit) => visit,
                Err(error) => {
                    tracing::error!(%error, "no sign-in page");
                    return unavailable(lang);
                }
            },
        };
        let page = SignInPage {
            bare: Bare::new(lang, lang.text("sign_in.title")),
            desk: &desk_name(web),
            client: self.client,
            action: self.action,
            token: &web.identity.form_token(&visit, SIGN_IN),
            email,
            problem,
            is_first: web.desk.is_untouched().await.unwrap_or(false),
            is_set_up_open: web.identity.is_set_up_open(web.desk.now()).await.unwrap_or(false),
            sign_on: sso::button(web, lang, self.back),
        };
        let mut response = answer::page(status, &page);
        set_cookie(&mut response, VISIT, &visit, web.is_secure());
        response
    }
}

/// A session of a browser: the secret for its cookie.
async fn session(
    web: &Web,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    user: model::Id,
) -> Result<String, OAuthError> {
    let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok());
    web.identity.begin_session(user, agent, address, web.desk.now()).await
}

/// What the desk is called.
fn desk_name(web: &Web) -> String {
    let snapshot = web.desk.snapshot();
    let portal = snapshot.rows("portal").first();
    portal.and_then(|p| p.text("display_name")).unwrap_or("Frontdesk").to_owned()
}

fn unavailable(lang: Lang) -> Response {
    problem::bare(lang, StatusCode::SERVICE_UNAVAILABLE, lang.text("error.unavailable"))
}

/// Where the form of the desk's own door goes, and where it leads.
fn action(query: &str) -> (String, String) {
    let form = Form::of_query(query);
    match form.given("next").filter(|next| is_local(next)) {
        Some(next) => (format!("/sign_in?{query}"), next.to_owned()),
        None => ("/sign_in".into(), "/".into()),
    }
}

/// GET of `/sign_in`.
pub(crate) async fn show(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (action, back) = action(request.uri().query().unwrap_or(""));
    if signed_in(&web, request.headers()).await.is_some() {
        return answer::on_to(&back);
    }
    let door = Door { client: None, action: &action, back: &back };
    let has_ended = Form::of_query(request.uri().query().unwrap_or("")).has("ended");
    let why = has_ended.then(|| language(None, request.headers()).text("sign_in.ended"));
    door.page(&web, request.headers(), "", why, StatusCode::OK).await
}

/// POST of the sign-in form.
pub(crate) async fn enter(State(web): State<Arc<Web>>, request: Request) -> Response {
    let arrival = match Arrival::read(request).await {
        Ok(arrival) => arrival,
        Err(response) => return response,
    };
    let (action, back) = action(&arrival.query);
    Door { client: None, action: &action, back: &back }.enter(&web, &arrival).await
}

/// POST of the sign-out button.
pub(crate) async fn leave(State(web): State<Arc<Web>>, request: Request) -> Response {
    match Arrival::read(request).await {
        Ok(arrival) => end(&web, &arrival, "/sign_in").await,
        Err(response) => response,
    }
}

/// Ends the session of a form that is ours, and goes on to a page.
pub(crate) async fn end(web: &Web, arrival: &Arrival, next: &str) -> Response {
    let mut response = answer::on_to(next);
    if let Some(secret) = cookie(&arrival.headers, SESSION)
        && web.identity.is_form_token(arrival.form.get("token"), secret, PURPOSE)
    {
        if let Err(error) = web.identity.end_session(secret).await {
            tracing::warn!(%error, "a session was not ended");
        }
        set_cookie(&mut response, SESSION, "", web.is_secure());
    }
    response
}

/// The session's secret, whose it is, and their name and address.
pub(crate) async fn signed_in(web: &Web, headers: &HeaderMap) -> Option<(String, model::Id, String)> {
    let secret = cookie(headers, SESSION)?;
    let session = web.identity.session(secret, web.desk.now()).await.ok().flatten()?;
    let (name, email) = web.identity.signed_in_person(session.user).await.ok().flatten()?;
    Some((secret.to_owned(), session.user, format!("{name} ({email})")))
}
