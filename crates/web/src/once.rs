//! Forms that add something are carried out once, however often a button is pressed: the page puts a key into the form,
//! and a second POST of the same form leads to where the first one led. The desk remembers as it does for calls with an
//! `Idempotency-Key`.
//!
//! The key stands for one content. Whoever goes back in the browser and writes something else sends something else.

use crate::answer;
use crate::form::Form;
use crate::visit::{self, Visit};
use axum::response::Response;
use desk::DeskError;
use desk::once::Claimed;
use http::{StatusCode, header};
use model::Id;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How often, and how long apart, a second POST asks what the first came to.
const ASKED_TIMES: u32 = 50;
const ASKED_AFTER: Duration = Duration::from_millis(100);

/// Carries out what a form wants, unless the same form was carried out before; `made` is the page of what it made.
///
/// # Errors
/// As what is carried out; [`DeskError::Unavailable`] while the first POST takes longer than anybody waits.
pub(crate) async fn carried_out(
    visit: &mut Visit,
    form: Form,
    made: impl Fn(Id) -> String,
    run: impl AsyncFnOnce(&Visit, Form) -> Result<Response, DeskError>,
) -> Result<Response, DeskError> {
    let Some(key) = form.given("once") else { return run(visit, form).await };
    let ticket = match claimed(visit, &form, key).await? {
        Claimed::Mine(ticket) => ticket,
        Claimed::Answered(_, kept) => return Ok(again(visit, &kept)),
        Claimed::Made(id, _) => return Ok(answer::on_to(&made(id))),
        Claimed::Running | Claimed::Other => {
            return Err(DeskError::Unavailable("the same form is still being carried out".into()));
        }
    };
    visit.ctx.once = Some(ticket.clone());
    let done = run(visit, form).await;
    match outcome(&done) {
        Some(kept) => visit.desk().keep_answer(&ticket, StatusCode::SEE_OTHER.as_u16(), &kept).await,
        // A refused one may be sent again.
        None => visit.desk().release_call(&ticket).await,
    }
    done
}

async fn claimed(visit: &Visit, form: &Form, key: &str) -> Result<Claimed, DeskError> {
    let caller = visit.ctx.caller.user.to_string();
    let content: String = Sha256::digest(form.content()).iter().map(|b| format!("{b:02x}")).collect();
    let scope = ["web", caller.as_str(), visit.path.as_str(), content.as_str()];
    for _ in 0..ASKED_TIMES {
        match visit.desk().claim_call(&scope, key, b"").await? {
            Claimed::Running => tokio::time::sleep(ASKED_AFTER).await,
            claimed => return Ok(claimed),
        }
    }
    Ok(Claimed::Running)
}

/// Where a form led, and what the page there says; nothing of one that was refused.
fn outcome(done: &Result<Response, DeskError>) -> Option<String> {
    let response = done.as_ref().ok().filter(|response| response.status() == StatusCode::SEE_OTHER)?;
    let place = response.headers().get(header::LOCATION)?.to_str().ok()?;
    Some(format!("{place}\n{}", visit::said(response)))
}

/// To where the first POST led.
fn again(visit: &Visit, kept: &str) -> Response {
    let (to, said) = kept.split_once('\n').unwrap_or((kept, ""));
    if said.is_empty() { answer::on_to(to) } else { visit.done(to, said) }
}
