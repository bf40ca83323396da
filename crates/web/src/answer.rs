//! Answers: pages under a strict policy, the way on after a form, files.

use askama::Template;
use axum::body::Body;
use axum::response::Response;
use desk::files::Stored;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};

/// Every page: nothing but our own style sheet, scripts and pictures (and those that are part of a text), no frame around
/// it, forms to us alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Template) -> Response {
    page_leading_to(status, page, None)
}

/// A page whose form leads to us and from there to a redirect URI, which browsers count as part of the form's way.
pub(crate) fn page_leading_to(status: StatusCode, page: &impl Template, leads_to: Option<&str>) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page was not rendered");
            return bare(StatusCode::INTERNAL_SERVER_ERROR);
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let leads_to = leads_to.and_then(origin).unwrap_or_default();
    let headers = response.headers_mut();
    if let Ok(policy) = format!("{POLICY}{leads_to}").parse() {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Within the desk a form says which page it was on, for the way back after signing in anew.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
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

/// An answer without a body.
pub(crate) fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends the browser somewhere else; nowhere when the address is none.
pub(crate) fn redirect(to: &str) -> Option<Response> {
    let mut response = bare(StatusCode::SEE_OTHER);
    response.headers_mut().insert(header::LOCATION, to.parse().ok()?);
    Some(response)
}

/// Sends the browser on to an address of ours.
pub(crate) fn on_to(path: &str) -> Response {
    redirect(path).unwrap_or_else(|| bare(StatusCode::BAD_REQUEST))
}

/// The address of the page that a form is of. One for a new record, or of a record's fields, is a page itself.
pub(crate) fn one_up(uri: &Uri) -> String {
    let path = uri.path().trim_end_matches('/');
    let above = match path.rsplit_once('/') {
        Some((_, "new" | "edit")) => path,
        Some((above, _)) if !above.is_empty() => above,
        _ => "/",
    };
    uri.query().map_or_else(|| above.to_owned(), |query| format!("{above}?{query}"))
}

/// A stored file to keep. Never shown inside the desk's own origin: what people upload is theirs, not ours.
pub(crate) fn stored(name: &str, media_type: &str, stored: Stored) -> Response {
    let bytes = stored.bytes;
    let mut response = file(name, media_type, Body::from_stream(stored.stream()));
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
    response
}

/// What was made to be kept as a file, in the same way.
pub(crate) fn file(name: &str, media_type: &str, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_str(media_type);
    headers.insert(
        header::CONTENT_TYPE,
        media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if let Ok(value) = wire::file_name::to_be_kept(name).parse() {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    response
}

/// A cookie of a browser.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, v)| *n == name && !v.is_empty())
        .map(|(_, v)| v)
}

/// Sets a cookie for this browser's session; an empty value takes it away.
pub(crate) fn set_cookie(response: &mut Response, name: &str, value: &str, is_secure: bool) {
    let secure = if is_secure { "; Secure" } else { "" };
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    // The whole host: all pages share the session. Lax: a link into the desk must find the session.
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(text) = text.parse() {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
}
