//! STAND-IN until the real one is here.
use http::HeaderMap;
/// x
#[derive(Debug)]
pub enum Presented<'a> {
    /// t
    Token(&'a str),
    /// k
    Key(std::borrow::Cow<'a, str>),
}
/// c
pub fn credentials_of<'a>(headers: &'a HeaderMap, query: &'a str) -> Option<Presented<'a>> {
    if let Some(v) = headers.get("authorization").and_then(|v| v.to_str().ok()) {
        let (scheme, token) = v.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("zoho-oauthtoken") || scheme.eq_ignore_ascii_case("bearer") {
            return Some(Presented::Token(token.trim()));
        }
        return None;
    }
    for name in ["authtoken", "technician_key"] {
        if let Some(v) = headers.get(name).and_then(|v| v.to_str().ok()) {
            return Some(Presented::Key(v.into()));
        }
    }
    wire::payload::form_pairs(query)
        .into_iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("technician_key") || n.eq_ignore_ascii_case("authtoken"))
        .map(|(_, v)| Presented::Key(v.into()))
}
