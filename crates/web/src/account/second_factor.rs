//! The second factor of whoever is signed in: set up, recovery codes, removed. Each asks for what a stolen session lacks: the
//! password at the beginning, a code afterwards.

use super::page;
use crate::form::{self, Form, Problems};
use crate::qr::{self, Qr};
use crate::shell::Shell;
use crate::visit::{AnybodysForm, Visit};
use crate::{answer, times::Moment};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use desk::DeskError;
use desk::identity::OAuthError;
use http::StatusCode;

/// What the account page says of it.
pub(super) struct Standing {
    /// Since when there is one.
    pub since: Option<Moment>,
    /// How many recovery codes are left, in words.
    pub left: String,
    /// Whether the desk wants one of this person.
    pub is_required: bool,
    /// Without a password there is nothing that it would come second to.
    pub has_password: bool,
}

#[derive(Template)]
#[template(path = "account_factor.html")]
struct FactorPage {
    shell: Shell,
    qr: Option<Qr>,
    key: String,
    step: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "account_recovery.html")]
struct RecoveryPage {
    shell: Shell,
    codes: Vec<String>,
}

/// What the account page says of the visitor's second factor.
pub(super) async fn standing(visit: &Visit) -> Result<Standing, DeskError> {
    let user = visit.ctx.caller.user;
    let factor = visit.web.identity.second_factor(user).await?;
    let left = factor.map_or(0, |factor| i64::try_from(factor.recovery_left).unwrap_or(i64::MAX));
    Ok(Standing {
        since: factor.map(|factor| visit.times.moment(factor.since)),
        left: visit.lang().count("factor.left", left),
        is_required: visit.desk().needs_second_factor(user).await?,
        has_password: visit.web.identity.has_password(user).await?,
    })
}

/// POST of `/me/second_factor/{act}`.
pub(crate) async fn run(Path(act): Path<String>, AnybodysForm(visit, form): AnybodysForm) -> Response {
    visit.answered(match act.as_str() {
        "begin" => begin(&visit, &form).await,
        "confirm" => confirm(&visit, &form).await,
        "recovery" => renew(&visit, &form).await,
        "remove" => remove(&visit, &form).await,
        _ => Err(DeskError::NotFound),
    })
}

async fn begin(visit: &Visit, form: &Form) -> Result<Response, DeskError> {
    let email = visit.person.text("email_id").unwrap_or_default();
    let identity = &visit.web.identity;
    let found = identity.verify_password(email, form.get("factor_password"), visit.address, visit.ctx.now);
    let problem = |words: String| Problems::one("factor_password", words);
    match found.await {
        Ok(user) if user == visit.ctx.caller.user => set_up_page(visit, None, Problems::default()).await,
        Ok(_) | Err(OAuthError::AccessDenied) => {
            page(visit, problem(visit.lang().text("factor.wrong_password").to_owned())).await
        }
        Err(OAuthError::Throttled { retry_after_s }) => {
            page(visit, problem(visit.lang().count("sign_in.wait", retry_after_s))).await
        }
        Err(error) => Err(DeskError::Unavailable(error.to_string())),
    }
}

/// The page with a new second factor, or after a wrong code with the one that was begun.
async fn set_up_page(visit: &Visit, begun: Option<&str>, problems: Problems) -> Result<Response, DeskError> {
    let shell = Shell::new(visit, visit.lang().text("factor.enrol_title"));
    let (user, now, identity) = (visit.ctx.caller.user, visit.ctx.now, &visit.web.identity);
    let module = visit.snapshot.module("user")?.clone();
    let new = match begun {
        Some(step) => identity.begun_second_factor(step, user, &shell.desk, now).await?,
        None => {
            form::refused(visit, &module, identity.begin_second_factor(user, &shell.desk, now).await)?.ok()
        }
    };
    let Some(new) = new else { return Ok(answer::on_to("/me")) };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = FactorPage { shell, qr: qr::of(&new.uri), key: new.key, step: new.step, problems };
    Ok(answer::page(status, &page))
}

async fn confirm(visit: &Visit, form: &Form) -> Result<Response, DeskError> {
    let (user, step, code) = (visit.ctx.caller.user, form.get("step"), form.get("code"));
    let identity = &visit.web.identity;
    let confirmed = identity.confirm_second_factor(step, user, code, visit.address, visit.ctx.now).await;
    let module = visit.snapshot.module("user")?.clone();
    match form::refused(visit, &module, confirmed)? {
        Ok(codes) => Ok(recovery_page(visit, codes)),
        Err(problems) => set_up_page(visit, Some(step), problems).await,
    }
}

async fn renew(visit: &Visit, form: &Form) -> Result<Response, DeskError> {
    let user = visit.ctx.caller.user;
    let identity = &visit.web.identity;
    let renewed = identity.renew_recovery_codes(user, form.get("code"), visit.address, visit.ctx.now).await;
    let module = visit.snapshot.module("user")?.clone();
    match form::refused(visit, &module, renewed)? {
        Ok(codes) => Ok(recovery_page(visit, codes)),
        Err(problems) => page(visit, problems).await,
    }
}

async fn remove(visit: &Visit, form: &Form) -> Result<Response, DeskError> {
    let user = visit.ctx.caller.user;
    let required = visit.desk().needs_second_factor(user).await?;
    let identity = &visit.web.identity;
    let removed =
        identity.remove_second_factor(user, form.get("code"), required, visit.address, visit.ctx.now).await;
    let module = visit.snapshot.module("user")?.clone();
    match form::refused(visit, &module, removed)? {
        Ok(()) => Ok(visit.done("/me", "factor_removed")),
        Err(problems) => page(visit, problems).await,
    }
}

fn recovery_page(visit: &Visit, codes: Vec<String>) -> Response {
    let shell = Shell::new(visit, visit.lang().text("factor.recovery_title"));
    answer::page(StatusCode::OK, &RecoveryPage { shell, codes })
}
