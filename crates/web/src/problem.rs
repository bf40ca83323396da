//! Pages that say why there is no other page.

use crate::answer;
use crate::refusals;
use crate::shell::{Bare, Shell};
use crate::texts::Lang;
use crate::visit::{Anybody, Visit, language};
use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use desk::DeskError;
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::panic::AssertUnwindSafe;

/// Within the pages of somebody who is signed in.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: &'a Shell,
    words: &'a str,
    /// What to quote to whoever looks after the desk.
    quote: Option<String>,
    /// Where the thing is instead.
    instead: Option<String>,
}

/// For somebody who is not.
#[derive(Template)]
#[template(path = "bare_problem.html")]
struct BareProblem<'a> {
    bare: Bare,
    words: &'a str,
}

/// What a use case's error means to whoever reads it.
fn meaning(error: &DeskError) -> (StatusCode, &'static str) {
    match error {
        DeskError::NotFound | DeskError::NotInTrash => (StatusCode::NOT_FOUND, "error.not_found"),
        DeskError::MergedInto(_) => (StatusCode::NOT_FOUND, "error.merged"),
        DeskError::NotPermitted | DeskError::ScopeMissing(_) => {
            (StatusCode::FORBIDDEN, "error.not_permitted")
        }
        DeskError::Shipped => (StatusCode::CONFLICT, "error.shipped"),
        DeskError::InUse(_) => (StatusCode::CONFLICT, "error.in_use"),
        DeskError::Refused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "error.refused"),
        DeskError::Unavailable(_) | DeskError::Overtaken => {
            (StatusCode::SERVICE_UNAVAILABLE, "error.unavailable")
        }
        DeskError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "error.internal"),
    }
}

fn log(error: &DeskError) {
    match error {
        DeskError::Unavailable(why) => tracing::warn!(why, "the database is not available"),
        DeskError::Internal(why) => tracing::error!(why, "internal error"),
        _ => {}
    }
}

/// The page for a use case's error.
pub(crate) fn of_error(visit: &Visit, error: DeskError) -> Response {
    log(&error);
    let (status, key) = meaning(&error);
    let mut words = visit.lang().text(key).to_owned();
    match &error {
        DeskError::InUse(by) => {
            let names: Vec<String> = by.iter().map(|plural| crate::names::of(visit.lang(), plural)).collect();
            words = format!("{words} {}", names.join(", "));
        }
        DeskError::Refused(reasons) => {
            let sentences = reasons.iter().filter_map(|r| match r {
                desk::Refusal::NotValid { message: Some(message), .. } => {
                    Some(refusals::in_words(visit.lang(), message).unwrap_or_else(|| message.clone()))
                }
                _ => None,
            });
            let sentences: Vec<String> = sentences.collect();
            words = format!("{words} {}", sentences.join(" "));
        }
        _ => {}
    }
    let instead = match &error {
        DeskError::MergedInto(id) => Some(format!("/requests/{id}")),
        _ => None,
    };
    let quote = matches!(error, DeskError::Internal(_)).then(|| format!("{:032x}", visit.ctx.trace));
    show(visit, status, &words, quote, instead)
}

/// The page in place of one that is not there, for whoever comes.
pub(crate) async fn not_found(visitor: Result<Anybody, Response>, headers: HeaderMap) -> Response {
    match visitor {
        Ok(Anybody(visit)) => of_error(&visit, DeskError::NotFound),
        Err(_) => bare_error(language(None, &headers), DeskError::NotFound),
    }
}

/// The page in place of one whose handler panicked, which is our mistake and was logged as such: what surrounds every call
/// would answer as programs want it.
pub(crate) async fn instead_of_panic(request: Request, next: Next) -> Response {
    let lang = language(None, request.headers());
    let page = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    page.unwrap_or_else(|_| bare(lang, StatusCode::INTERNAL_SERVER_ERROR, lang.text("error.internal")))
}

/// The page for a form that cannot be read or is not ours.
pub(crate) fn of_status(visit: &Visit, status: StatusCode) -> Response {
    let key = match status {
        StatusCode::FORBIDDEN => "error.stale_form",
        StatusCode::PAYLOAD_TOO_LARGE => "error.too_large",
        StatusCode::SERVICE_UNAVAILABLE => "error.unavailable",
        _ => "error.unreadable",
    };
    show(visit, status, visit.lang().text(key), None, None)
}

fn show(
    visit: &Visit,
    status: StatusCode,
    words: &str,
    quote: Option<String>,
    instead: Option<String>,
) -> Response {
    let shell = Shell::new(visit, visit.lang().text("error.title"));
    let mut response = answer::page(status, &ProblemPage { shell: &shell, words, quote, instead });
    later(&mut response, status);
    response
}

/// The page for somebody who is not signed in.
pub(crate) fn bare_error(lang: Lang, error: DeskError) -> Response {
    log(&error);
    let (status, key) = meaning(&error);
    bare(lang, status, lang.text(key))
}

/// The same in given words.
pub(crate) fn bare(lang: Lang, status: StatusCode, words: &str) -> Response {
    let bare = Bare::new(lang, lang.text("error.title"));
    let mut response = answer::page(status, &BareProblem { bare, words });
    later(&mut response, status);
    response
}

fn later(response: &mut Response, status: StatusCode) {
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower_service::Service as _;

    #[tokio::test]
    async fn a_handler_that_panics_leaves_a_page() {
        async fn broken() -> Response {
            panic!("a mistake of ours");
        }
        let mut router = Router::new().route("/", get(broken)).layer(from_fn(instead_of_panic));
        for (language, words) in [("en", Lang::En), ("de-AT,de;q=0.9", Lang::De)] {
            let request = http::Request::builder().header(header::ACCEPT_LANGUAGE, language);
            let response = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
            let page = to_bytes(response.into_body(), 1 << 20).await.unwrap();
            let page = String::from_utf8(page.to_vec()).unwrap();
            assert!(page.contains(words.text("error.internal")), "{page}");
        }
    }
}
