//! Single sign-on: to the provider and back. What the provider says is checked by `oidc`, who that is here by the desk.

use super::{Door, desk_name, session, unavailable};
use crate::answer::{self, cookie, set_cookie};
use crate::form::Form;
use crate::texts::Lang;
use crate::visit::{SESSION, address, is_local, language};
use crate::{SignOn, Web};
use axum::extract::{Request, State};
use axum::response::Response;
use desk::identity::{SignedOn, Stranger};
use http::StatusCode;
use http::request::Parts;
use oidc::{Ask, OidcError};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// The cookie that ties the way back to the browser that went.
const UNDER_WAY: &str = "frontdesk_sign_on";

/// What the button says, and where it leads; nothing where single sign-on is not set up.
pub(super) fn button(web: &Web, lang: Lang, back: &str) -> Option<(String, String)> {
    let sign_on = web.sign_on.as_ref()?;
    let words = match sign_on.button.trim() {
        "" => lang.say("sign_in.sso", &[("desk", &desk_name(web))]),
        own => own.to_owned(),
    };
    Some((words, format!("/sign_in/sso?next={}", utf8_percent_encode(back, NON_ALPHANUMERIC))))
}

/// GET of `/sign_in/sso`: on to the provider.
pub(crate) async fn begin(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let lang = language(None, &parts.headers);
    let Some(sign_on) = &web.sign_on else { return answer::on_to("/sign_in") };
    let form = Form::of_query(parts.uri.query().unwrap_or(""));
    let back = form.given("next").filter(|next| is_local(next)).unwrap_or("/");
    let (under_way, state) = match web.identity.begin_sign_on(back, web.desk.now()).await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, "no single sign-on could begin");
            return unavailable(lang);
        }
    };
    let ask = Ask { state: &state, nonce: &under_way.nonce, verifier: &under_way.verifier };
    match sign_on.provider.way_there(&ask).await {
        Ok(to) => {
            let mut response = answer::on_to(&to);
            set_cookie(&mut response, UNDER_WAY, &state, web.is_secure());
            response
        }
        Err(error) => refused(&web, &parts, back, &Refused::Provider(error)).await,
    }
}

/// GET of `/sign_in/sso/back`: from the provider, with a code or with a no.
pub(crate) async fn back(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let Some(sign_on) = &web.sign_on else { return answer::on_to("/sign_in") };
    let mut response = match come_in(&web, sign_on, &parts).await {
        Ok((secret, back)) => {
            let mut response = answer::on_to(&back);
            set_cookie(&mut response, SESSION, &secret, web.is_secure());
            response
        }
        Err((back, why)) => refused(&web, &parts, &back, &why).await,
    };
    set_cookie(&mut response, UNDER_WAY, "", web.is_secure());
    response
}

/// Why somebody does not come in.
enum Refused {
    /// The way back is none that this browser went.
    Astray,
    /// They said no, or the provider did.
    Declined,
    Provider(OidcError),
    Stranger(Stranger),
}

async fn come_in(web: &Web, sign_on: &SignOn, parts: &Parts) -> Result<(String, String), (String, Refused)> {
    let query = Form::of_query(parts.uri.query().unwrap_or(""));
    let now = web.desk.now();
    let astray = || ("/".to_owned(), Refused::Astray);
    let state = query.given("state").ok_or_else(astray)?;
    // A link that somebody else began leads in nobody.
    if cookie(&parts.headers, UNDER_WAY) != Some(state) {
        return Err(astray());
    }
    let failed = |error: String| ("/".to_owned(), Refused::Stranger(Stranger::Failed(error)));
    let taken = web.identity.take_sign_on(state, now).await.map_err(|error| failed(error.to_string()))?;
    let under_way = taken.ok_or_else(astray)?;
    let back = under_way.back.clone();
    let code = match (query.given("error"), query.given("code")) {
        (None, Some(code)) => code,
        _ => return Err((back, Refused::Declined)),
    };
    let claims = sign_on.provider.redeem(code, &under_way.verifier, &under_way.nonce, now).await;
    let claims = claims.map_err(|error| (back.clone(), Refused::Provider(error)))?;
    let who = SignedOn {
        issuer: claims.issuer,
        subject: claims.subject,
        email: claims.email,
        email_verified: claims.email_verified,
        name: claims.name,
    };
    let user = web.identity.signed_on(&web.desk, &who, sign_on.rules, now).await;
    let user = user.map_err(|stranger| (back.clone(), Refused::Stranger(stranger)))?;
    match session(web, &parts.headers, address(parts), user).await {
        Ok(secret) => Ok((secret, back)),
        Err(error) => Err((back, Refused::Stranger(Stranger::Failed(error.to_string())))),
    }
}

/// The sign-in page, saying why. What the provider did wrong is for the log; no name and no address of people is.
async fn refused(web: &Web, parts: &Parts, back: &str, why: &Refused) -> Response {
    let lang = language(None, &parts.headers);
    let (status, key) = match why {
        Refused::Astray => (StatusCode::BAD_REQUEST, "sign_in.sso_astray"),
        Refused::Declined => (StatusCode::UNAUTHORIZED, "sign_in.sso_declined"),
        Refused::Provider(error) => {
            tracing::warn!(%error, "single sign-on failed");
            let is_away = matches!(error, OidcError::Provider(_) | OidcError::Settings(_));
            let status = if is_away { StatusCode::BAD_GATEWAY } else { StatusCode::UNAUTHORIZED };
            (status, "sign_in.sso_failed")
        }
        Refused::Stranger(Stranger::Unverified) => (StatusCode::FORBIDDEN, "sign_in.sso_unverified"),
        Refused::Stranger(Stranger::Unknown) => (StatusCode::FORBIDDEN, "sign_in.sso_unknown"),
        Refused::Stranger(Stranger::Disabled) => (StatusCode::FORBIDDEN, "sign_in.sso_disabled"),
        Refused::Stranger(Stranger::Failed(error)) => {
            tracing::warn!(%error, "nobody could be signed on");
            (StatusCode::SERVICE_UNAVAILABLE, "error.unavailable")
        }
    };
    let action = match back {
        "/" => "/sign_in".to_owned(),
        back => format!("/sign_in?next={}", utf8_percent_encode(back, NON_ALPHANUMERIC)),
    };
    let door = Door { client: None, action: &action, back };
    door.page(web, &parts.headers, "", Some(lang.text(key)), status).await
}
