//! The pages: server-rendered, without script, under a strict content security policy.

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use desk::{Scopes, Verb};
use http::{HeaderValue, StatusCode, header};
use model::Area;

/// The sign-in page.
#[derive(Template)]
#[template(path = "oauth/sign_in.html")]
pub(super) struct SignIn<'a> {
    /// The application that wants to know who it is; none on the front page.
    pub client: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    pub token: &'a str,
    /// As it was typed the time before.
    pub email: &'a str,
    pub problem: Option<&'a str>,
}

/// The consent page.
#[derive(Template)]
#[template(path = "oauth/consent.html")]
pub(super) struct Consent<'a> {
    pub client: &'a str,
    pub person: &'a str,
    pub rights: &'a [String],
    pub offline: bool,
    pub redirect_uri: &'a str,
    pub query: &'a str,
    pub token: &'a str,
}

/// The front page of somebody who is signed in.
#[derive(Template)]
#[template(path = "oauth/front.html")]
pub(super) struct Front<'a> {
    /// The desk's name.
    pub desk: &'a str,
    pub person: &'a str,
    pub role: &'a str,
    /// Where people and clients reach the desk.
    pub base: &'a str,
    pub token: &'a str,
}

#[derive(Template)]
#[template(path = "oauth/problem.html")]
struct Problem<'a> {
    words: &'a str,
}

/// GET of the style sheet.
pub(super) async fn style() -> Response {
    let mut response = Response::new(Body::from(include_str!("../../templates/oauth/style.css")));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=3600"));
    response
}

/// A page that says what is wrong, where there is nobody to send it back to.
pub(super) fn problem(status: StatusCode, words: &str) -> Response {
    show(status, &Problem { words }, None)
}

/// What somebody reads who has to wait before the next attempt.
pub(super) fn please_wait(seconds: i64) -> String {
    let unit = if seconds == 1 { "second" } else { "seconds" };
    format!("Too many attempts. Please wait {seconds} {unit}.")
}

/// An answer without a body.
pub(super) fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Shows a page. Its form may lead to us, and from there to the redirect URI, which browsers count as part of the
/// form's way.
pub(super) fn show(status: StatusCode, page: &impl Template, leads_to: Option<&str>) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            return bare(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let leads_to = leads_to.and_then(origin).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{leads_to}; frame-ancestors 'none'; base-uri 'none'"
    );
    if let Ok(policy) = policy.parse() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The part of a registered redirect URI that a policy can name, with a space before it.
fn origin(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    match rest.strip_prefix("//") {
        Some(rest) if scheme.starts_with("http") => {
            let authority = rest.split(['/', '?']).next()?;
            Some(format!(" {scheme}://{authority}"))
        }
        _ => Some(format!(" {scheme}:")),
    }
}

/// What scopes allow, in words for people, an area a line.
pub(super) fn in_words(scopes: Scopes) -> Vec<String> {
    let mut lines = Vec::new();
    for area in Area::ALL {
        let verbs: Vec<&str> = Verb::ALL
            .into_iter()
            .filter(|verb| scopes.allow(area, *verb))
            .map(|verb| match verb {
                Verb::Create => "add",
                Verb::Read => "read",
                Verb::Update => "change",
                Verb::Delete => "delete",
            })
            .collect();
        let Some((last, first)) = verbs.split_last() else { continue };
        let verbs =
            if first.is_empty() { (*last).to_owned() } else { format!("{} and {last}", first.join(", ")) };
        let mut verbs = verbs;
        if let Some(initial) = verbs.get_mut(0..1) {
            initial.make_ascii_uppercase();
        }
        lines.push(format!("{verbs} {}", things(area)));
    }
    lines
}

const fn things(area: Area) -> &'static str {
    match area {
        Area::Requests => "requests with their notes, tasks, worklogs and approvals",
        Area::Problems => "problems",
        Area::Changes => "changes",
        Area::Projects => "projects",
        Area::Assets => "assets",
        Area::Cmdb => "the configuration database",
        Area::Solutions => "solutions",
        Area::Purchases => "purchases",
        Area::Contracts => "contracts",
        Area::Releases => "releases",
        Area::Setup => "the desk's set-up: categories, statuses, templates, fields",
        Area::Users => "people: requesters and technicians",
        Area::General => "sites, departments and other shared lists",
        Area::Custommodule => "modules of your own",
    }
}
