//! The second step of signing in: a code of the device or a recovery code, or the set-up of a second factor without which
//! nobody comes in. What leads from the password to it is a cookie, good for some minutes and once.

use super::{Arrival, Door, SIGN_IN, VISIT, desk_name, session, unavailable};
use crate::Web;
use crate::answer::{self, cookie, set_cookie};
use crate::qr::{self, Qr};
use crate::shell::Bare;
use crate::visit::SESSION;
use askama::Template;
use axum::response::Response;
use desk::identity::{Entered, OAuthError};
use http::{StatusCode, header};

/// The cookie of the step.
const STEP: &str = "frontdesk_step";

#[derive(Template)]
#[template(path = "second_step.html")]
struct SecondStepPage<'a> {
    bare: Bare,
    action: &'a str,
    /// Where one begins anew.
    back: &'a str,
    token: &'a str,
    problem: Option<&'a str>,
    /// What is to be set up: the QR code, and the key as text.
    enrol: Option<(Option<Qr>, String)>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryPage<'a> {
    bare: Bare,
    codes: &'a [String],
    back: &'a str,
}

impl Door<'_> {
    /// The page that asks for a code.
    pub(super) async fn ask_code(
        &self,
        web: &Web,
        arrival: &Arrival,
        step: &str,
        problem: Option<(StatusCode, String)>,
    ) -> Response {
        self.second_step(web, arrival, step, problem, None)
    }

    /// The page on which a second factor is set up.
    pub(super) async fn ask_enrolment(
        &self,
        web: &Web,
        arrival: &Arrival,
        step: &str,
        problem: Option<(StatusCode, String)>,
    ) -> Response {
        match web.identity.enrolment(step, &desk_name(web), web.desk.now()).await {
            Ok(Some(new)) => self.second_step(web, arrival, step, problem, Some((qr::of(&new.uri), new.key))),
            Ok(None) => self.over(web, arrival).await,
            Err(error) => {
                tracing::warn!(%error, "no second factor could be set up");
                unavailable(arrival.lang)
            }
        }
    }

    fn second_step(
        &self,
        web: &Web,
        arrival: &Arrival,
        step: &str,
        problem: Option<(StatusCode, String)>,
        enrol: Option<(Option<Qr>, String)>,
    ) -> Response {
        let lang = arrival.lang;
        let visit = cookie(&arrival.headers, VISIT).unwrap_or_default();
        let title = if enrol.is_some() { lang.text("factor.enrol_title") } else { lang.text("factor.title") };
        let status = problem.as_ref().map_or(StatusCode::OK, |(status, _)| *status);
        let page = SecondStepPage {
            bare: Bare::new(lang, title),
            action: self.action,
            back: self.back,
            token: &web.identity.form_token(visit, SIGN_IN),
            problem: problem.as_ref().map(|(_, words)| words.as_str()),
            enrol,
        };
        let mut response = answer::page(status, &page);
        set_cookie(&mut response, STEP, step, web.is_secure());
        response
    }

    /// What the form of the second step brought.
    pub(super) async fn enter_by_code(&self, web: &Web, arrival: &Arrival) -> Response {
        let lang = arrival.lang;
        let Some(step) = cookie(&arrival.headers, STEP) else { return self.over(web, arrival).await };
        let code = arrival.form.get("code");
        let entered = web.identity.enter_by_code(step, code, arrival.address, web.desk.now()).await;
        match entered {
            Ok(entered) => self.entered(web, arrival, entered).await,
            Err(OAuthError::InvalidCode) => self.over(web, arrival).await,
            Err(OAuthError::AccessDenied) => {
                let words = lang.text("factor.wrong").to_owned();
                self.again(web, arrival, step, (StatusCode::UNAUTHORIZED, words)).await
            }
            Err(OAuthError::Throttled { retry_after_s }) => {
                let words = lang.count("sign_in.wait", retry_after_s);
                let problem = (StatusCode::TOO_MANY_REQUESTS, words);
                let mut response = self.again(web, arrival, step, problem).await;
                if let Ok(value) = retry_after_s.to_string().parse() {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                response
            }
            Err(error) => {
                tracing::warn!(%error, "nobody could be signed in");
                unavailable(lang)
            }
        }
    }

    async fn again(
        &self,
        web: &Web,
        arrival: &Arrival,
        step: &str,
        problem: (StatusCode, String),
    ) -> Response {
        if arrival.form.has("enrol") {
            return self.ask_enrolment(web, arrival, step, Some(problem)).await;
        }
        self.ask_code(web, arrival, step, Some(problem)).await
    }

    async fn entered(&self, web: &Web, arrival: &Arrival, entered: Entered) -> Response {
        let lang = arrival.lang;
        let secret = match session(web, &arrival.headers, arrival.address, entered.user).await {
            Ok(secret) => secret,
            Err(error) => {
                tracing::warn!(%error, "nobody could be signed in");
                return unavailable(lang);
            }
        };
        let mut response = if entered.recovery.is_empty() {
            answer::on_to(self.back)
        } else {
            let page = RecoveryPage {
                bare: Bare::new(lang, lang.text("factor.recovery_title")),
                codes: &entered.recovery,
                back: self.back,
            };
            answer::page(StatusCode::OK, &page)
        };
        set_cookie(&mut response, SESSION, &secret, web.is_secure());
        set_cookie(&mut response, STEP, "", web.is_secure());
        response
    }

    /// The step is over: from the beginning.
    async fn over(&self, web: &Web, arrival: &Arrival) -> Response {
        let words = arrival.lang.text("factor.over");
        let mut response = self.page(web, &arrival.headers, "", Some(words), StatusCode::UNAUTHORIZED).await;
        set_cookie(&mut response, STEP, "", web.is_secure());
        response
    }
}
