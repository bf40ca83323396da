//! The first set-up: who the first administrator is and what the desk is called, by the secret that the start printed.

use super::{Arrival, VISIT, desk_name, session, unavailable};
use crate::answer::{self, cookie, set_cookie};
use crate::form::{Form, Problems};
use crate::input::Choice;
use crate::shell::Bare;
use crate::visit::{SESSION, language};
use crate::{Web, account};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use desk::DeskError;
use desk::identity::FirstAdministrator;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;

/// What the token of the form is for.
const PURPOSE: &str = "set_up";

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUpPage<'a> {
    bare: Bare,
    token: &'a str,
    secret: &'a str,
    person: &'a str,
    email: &'a str,
    desk: &'a str,
    zones: Vec<Choice>,
    problems: &'a Problems,
}

/// GET of `/set_up`.
pub(crate) async fn show(State(web): State<Arc<Web>>, request: Request) -> Response {
    match web.identity.is_set_up_open(web.desk.now()).await {
        Ok(true) => {}
        Ok(false) => return answer::on_to("/sign_in"),
        Err(_) => return unavailable(language(None, request.headers())),
    }
    let mut form = Form::of_query(request.uri().query().unwrap_or(""));
    form.set("desk", &desk_name(&web));
    page(&web, request.headers(), &form, &Problems::default())
}

/// POST of the form.
pub(crate) async fn run(State(web): State<Arc<Web>>, request: Request) -> Response {
    let arrival = match Arrival::read(request).await {
        Ok(arrival) => arrival,
        Err(response) => return response,
    };
    let (form, lang) = (&arrival.form, arrival.lang);
    let visit = cookie(&arrival.headers, VISIT).unwrap_or_default();
    if visit.is_empty() || !web.identity.is_form_token(form.get("token"), visit, PURPOSE) {
        return page(&web, &arrival.headers, form, &Problems::whole(lang.text("error.stale_form")));
    }
    if form.get("password") != form.get("password_again") {
        let problems = Problems::one("password_again", lang.text("account.not_the_same"));
        return page(&web, &arrival.headers, form, &problems);
    }
    let text = |name: &str| form.get(name).to_owned();
    let first = FirstAdministrator {
        name: text("name"),
        email: text("email"),
        password: text("password"),
        desk: text("desk"),
        zone: text("zone"),
    };
    let now = web.desk.now();
    let done = web.identity.set_up(&web.desk, form.get("secret"), &first, arrival.address, now).await;
    let user = match done {
        Ok(user) => user,
        Err(DeskError::Refused(refusals)) => {
            let problems = Problems::of_refusals(lang, &refusals, |field| match field {
                "email_id" => "email",
                "timezone" => "zone",
                "display_name" => "desk",
                field => field,
            });
            return page(&web, &arrival.headers, form, &problems);
        }
        Err(error) => {
            tracing::warn!(%error, "the desk was not set up");
            return unavailable(lang);
        }
    };
    match session(&web, &arrival.headers, arrival.address, user).await {
        Ok(secret) => {
            let mut response = answer::on_to("/");
            set_cookie(&mut response, SESSION, &secret, web.is_secure());
            response
        }
        Err(_) => answer::on_to("/sign_in"),
    }
}

fn page(web: &Web, headers: &HeaderMap, form: &Form, problems: &Problems) -> Response {
    let lang = language(None, headers);
    let visit = match cookie(headers, VISIT) {
        Some(visit) => visit.to_owned(),
        None => match web.identity.new_cookie() {
            Ok(visit) => visit,
            Err(_) => return unavailable(lang),
        },
    };
    let zone = form.given("zone").unwrap_or("UTC").to_owned();
    let mut zones = account::places(&zone);
    zones.insert(0, Choice { is_chosen: zone == "UTC", ..Choice::new("UTC", "UTC") });
    let page = SetUpPage {
        bare: Bare::new(lang, lang.text("set_up.title")),
        token: &web.identity.form_token(&visit, PURPOSE),
        secret: form.get("secret"),
        person: form.get("name"),
        email: form.get("email"),
        desk: form.get("desk"),
        zones,
        problems,
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut response = answer::page(status, &page);
    set_cookie(&mut response, VISIT, &visit, web.is_secure());
    response
}
