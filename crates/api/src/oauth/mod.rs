//! OAuth 2.0 in the Zoho form (conventions.md section 2): tokens and revocation, and the credentials that API calls
//! bring (section 1.5). Sign-in and consent are pages, and with them in `web`.

mod token;

use crate::guesses::Guesses;
use axum::Router;
use axum::routing::post;
use desk::Desk;
use desk::identity::Identity;
use http::{HeaderMap, header};
use std::borrow::Cow;
use std::sync::Arc;

/// What the OAuth handlers need.
#[derive(Debug)]
pub(crate) struct OAuth {
    pub desk: Arc<Desk>,
    pub identity: Arc<Identity>,
    pub guesses: Arc<Guesses>,
    /// Where people and clients reach the desk, without a slash at the end.
    pub public_url: String,
}

/// What clients themselves call under `/oauth`.
pub(crate) fn router(oauth: OAuth) -> Router {
    Router::new()
        .route("/oauth/v2/token", post(token::give).get(token::wrong_method).put(token::wrong_method))
        .route("/oauth/v2/token/revoke", post(token::revoke).get(token::wrong_method))
        .with_state(Arc::new(oauth))
}

/// A credential that came with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// An access token.
    Token(&'a str),
    /// A technician key.
    Key(Cow<'a, str>),
}

/// The credential of a call, in any of the forms of conventions.md section 1.5. Names of headers and schemes are
/// compared without regard to case.
pub(crate) fn credentials_of<'a>(headers: &'a HeaderMap, query: &'a str) -> Option<Presented<'a>> {
    let text =
        |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty());
    if let Some((scheme, token)) = text(header::AUTHORIZATION.as_str()).and_then(|v| v.split_once(' ')) {
        let known = ["zoho-oauthtoken", "bearer"].iter().any(|s| scheme.eq_ignore_ascii_case(s));
        if known && !token.trim().is_empty() {
            return Some(Presented::Token(token.trim()));
        }
    }
    if let Some(key) = text("authtoken").or_else(|| text("technician_key")) {
        return Some(Presented::Key(Cow::Borrowed(key)));
    }
    let is_key =
        |name: &str| name.eq_ignore_ascii_case("authtoken") || name.eq_ignore_ascii_case("technician_key");
    if !query.to_ascii_lowercase().contains("authtoken=")
        && !query.to_ascii_lowercase().contains("technician_key=")
    {
        return None;
    }
    // Not all of them at once: nobody is known yet, and what is looked through may be the beginning of a body.
    wire::payload::each_pair(query)
        .find(|(name, value)| is_key(name) && !value.is_empty())
        .map(|(_, value)| Presented::Key(Cow::Owned(value)))
}

/// Parameters of a query and of a form body, the body's last, so that it decides.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// So many in a query and so many in a body; there are nine that mean something.
const PAIRS_MAX: usize = 100;

impl Params {
    /// `None` for more parameters than anybody sends.
    pub fn of(query: &str, body: &str) -> Option<Self> {
        let mut pairs = wire::payload::few_pairs(query, PAIRS_MAX)?;
        pairs.extend(wire::payload::few_pairs(body, PAIRS_MAX)?);
        Some(Self(pairs))
    }
    /// The parameter's value; an empty one counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_in_every_form() {
        let check =
            |name: &'static str, value: &'static str, query: &str, expected: Option<Presented<'_>>| {
                let mut headers = HeaderMap::new();
                if !name.is_empty() {
                    headers.insert(name, value.parse().unwrap());
                }
                assert_eq!(credentials_of(&headers, query), expected, "{name}: {value} ?{query}");
            };
        let key = |k: &'static str| Some(Presented::Key(Cow::Borrowed(k)));
        check("authorization", "Zoho-oauthtoken 1000.a.b", "", Some(Presented::Token("1000.a.b")));
        check("authorization", "ZOHO-OAUTHTOKEN 1000.a.b", "", Some(Presented::Token("1000.a.b")));
        check("authorization", "bearer 1000.a.b", "", Some(Presented::Token("1000.a.b")));
        check("authorization", "Basic YTpi", "", None);
        check("authorization", "Bearer", "", None);
        check("authtoken", "K", "", key("K"));
        check("technician_key", "K", "", key("K"));
        check("", "", "a=b&TECHNICIAN_KEY=K%2B1", key("K+1"));
        check("", "", "authtoken=K", key("K"));
        check("", "", "authtoken=", None);
        check("", "", "", None);
    }
}
