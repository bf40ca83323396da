//! Signing in and out with a password, for every page that asks who somebody is: sessions, the tokens of forms, and
//! the wait after failures.

use super::pages::{self, SignIn};
use super::{OAuth, Params};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use desk::identity::OAuthError;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use model::Id;
use std::net::{IpAddr, SocketAddr};

/// The cookie of a browser that is signed in.
const SESSION: &str = "frontdesk_session";
/// The cookie by which a form of somebody who is not signed in yet is known to be ours.
const VISIT: &str = "frontdesk_visit";
const FORM_BYTES_MAX: usize = 16 * 1024;

/// A way in: who asks, and where the form goes.
pub(super) struct Door<'a> {
    pub client: Option<&'a str>,
    pub action: &'a str,
}

impl Door<'_> {
    /// What a sign-in form brought: a session and the way `back`, or the form again.
    pub(super) async fn enter(
        &self,
        oauth: &OAuth,
        headers: &HeaderMap,
        form: &Params,
        address: Option<IpAddr>,
        back: &str,
    ) -> Response {
        let visit = cookie(headers, VISIT).unwrap_or_default();
        let ours = !visit.is_empty()
            && oauth.identity.is_form_token(form.get("token").unwrap_or(""), &visit, "sign_in");
        if !ours {
            let words = "The page was open for too long. Please try again.";
            return self.page(oauth, headers, "", Some(words), StatusCode::FORBIDDEN);
        }
        let now = oauth.desk.now();
        let (email, password) = (form.get("email").unwrap_or(""), form.get("password").unwrap_or(""));
        let found = oauth.identity.verify_password(email, password, address, now).await;
        let session = match found {
            Ok(user) => oauth.identity.begin_session(user, now).await,
            Err(error) => Err(error),
        };
        match session {
            Ok(secret) => {
                let mut response = redirect(back);
                set_cookie(oauth, &mut response, SESSION, &secret);
                response
            }
            Err(error) => self.refused(oauth, headers, email, &error),
        }
    }

    fn refused(&self, oauth: &OAuth, headers: &HeaderMap, email: &str, error: &OAuthError) -> Response {
        match error {
            OAuthError::AccessDenied => {
                let words = "E-mail address and password do not belong together.";
                self.page(oauth, headers, email, Some(words), StatusCode::UNAUTHORIZED)
            }
            OAuthError::Throttled { retry_after_s } => {
                let words = pages::please_wait(*retry_after_s);
                let mut response =
                    self.page(oauth, headers, email, Some(&words), StatusCode::TOO_MANY_REQUESTS);
                if let Ok(value) = retry_after_s.to_string().parse() {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                response
            }
            error => {
                tracing::warn!(%error, "nobody could be signed in");
                pages::problem(StatusCode::SERVICE_UNAVAILABLE, "The desk cannot answer right now.")
            }
        }
    }

    /// The form.
    pub(super) fn page(
        &self,
        oauth: &OAuth,
        headers: &HeaderMap,
        email: &str,
        problem: Option<&str>,
        status: StatusCode,
    ) -> Response {
        let visit = match cookie(headers, VISIT) {
            Some(visit) => visit,
            None => match oauth.identity.new_cookie() {
                Ok(visit) => visit,
                Err(error) => {
                    tracing::error!(%error, "no sign-in page");
                    return pages::problem(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "The desk cannot answer right now.",
                    );
                }
            },
        };
        let token = oauth.identity.form_token(&visit, "sign_in");
        let page = SignIn { client: self.client, action: self.action, token: &token, email, problem };
        let mut response = pages::show(status, &page, None);
        set_cookie(oauth, &mut response, VISIT, &visit);
        response
    }
}

/// Ends the session of a form that is ours, and goes on to a page.
pub(super) async fn leave(
    oauth: &OAuth,
    headers: &HeaderMap,
    form: &Params,
    purpose: &str,
    next: &str,
) -> Response {
    let mut response = redirect(next);
    if let Some(secret) = cookie(headers, SESSION)
        && oauth.identity.is_form_token(form.get("token").unwrap_or(""), &secret, purpose)
    {
        if let Err(error) = oauth.identity.end_session(&secret).await {
            tracing::warn!(%error, "a session was not ended");
        }
        set_cookie(oauth, &mut response, SESSION, "");
    }
    response
}

/// The session's secret, whose it is, and their name.
pub(super) async fn signed_in(oauth: &OAuth, headers: &HeaderMap) -> Option<(String, Id, String)> {
    let secret = cookie(headers, SESSION)?;
    let session = oauth.identity.session(&secret, oauth.desk.now()).await.ok().flatten()?;
    let (name, email) = oauth.identity.signed_in_person(session.user).await.ok().flatten()?;
    Some((secret, session.user, format!("{name} ({email})")))
}

/// Headers, query, form and network address of a POST.
pub(super) async fn form_of(
    request: Request,
) -> Result<(HeaderMap, String, Params, Option<std::net::IpAddr>), Response> {
    let (parts, body) = request.into_parts();
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let body = Limited::new(body, FORM_BYTES_MAX).collect().await;
    let body =
        body.map_err(|_| pages::problem(StatusCode::PAYLOAD_TOO_LARGE, "That was too much."))?.to_bytes();
    let form = Params::of("", &String::from_utf8_lossy(&body));
    Ok((parts.headers, parts.uri.query().unwrap_or("").to_owned(), form, address))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, v)| *n == name && !v.is_empty())
        .map(|(_, v)| v.to_owned())
}

/// Sets a cookie for this browser's session; an empty value takes it away.
fn set_cookie(oauth: &OAuth, response: &mut Response, name: &str, value: &str) {
    let secure = if oauth.public_url.starts_with("https://") { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    // The whole host: the front page and the consent page share the session. Lax: the client's link into the consent page must find the session.
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(text) = text.parse() {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
}

/// Sends the browser somewhere else.
pub(super) fn redirect(to: &str) -> Response {
    let mut response = pages::bare(StatusCode::SEE_OTHER);
    match to.parse() {
        Ok(to) => {
            response.headers_mut().insert(header::LOCATION, to);
            response
        }
        Err(_) => pages::problem(StatusCode::BAD_REQUEST, "There is no way back to the application."),
    }
}
