//! What an ID token says, once it is to be believed (OpenID Connect Core 1.0 section 3.1.3.7).

use crate::OidcError;
use crate::keys::ALGORITHMS;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value as Json;
use subtle::ConstantTimeEq;

/// How far the clocks of provider and desk may be apart.
const SKEW_S: i64 = 60;
/// The longest name of a subject that OpenID Connect allows.
const SUBJECT_MAX: usize = 255;
/// No ID token comes near.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The provider.
    pub issuer: String,
    /// The provider's own name for them, which never becomes another's.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider has verified it.
    pub email_verified: bool,
    /// Their name for people.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    iss: String,
    sub: String,
    aud: Json,
    azp: Option<String>,
    exp: i64,
    iat: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: Json,
    name: Option<String>,
}

/// What a token must say.
pub(crate) struct Wanted<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
    /// Milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// The header of a token, if its algorithm is one that may be.
pub(crate) fn header(token: &str) -> Result<Header, OidcError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(OidcError::Token("it is too long"));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| OidcError::Token("it is no signed token"))?;
    if ALGORITHMS.contains(&header.alg) {
        Ok(header)
    } else {
        Err(OidcError::Token("it is signed in a way that is not accepted"))
    }
}

/// The keys of a set that may have signed a token: the one that it names, or where it names none every one of its kind.
pub(crate) fn candidates<'k>(header: &Header, keys: &'k JwkSet) -> Vec<&'k Jwk> {
    let is_for_signing = |key: &&Jwk| !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let is_meant = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
    keys.keys.iter().filter(is_for_signing).filter(is_meant).collect()
}

/// What a token says, if one of these keys signed it and it says what it must.
pub(crate) fn read(
    token: &str,
    alg: Algorithm,
    keys: &[&Jwk],
    wanted: &Wanted<'_>,
) -> Result<Claims, OidcError> {
    let mut validation = Validation::new(alg);
    // Everything but the signature is judged below, by the desk's own clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let said = keys
        .iter()
        .filter_map(|key| DecodingKey::from_jwk(key).ok())
        .filter(|key| key.family() == alg.family())
        .find_map(|key| jsonwebtoken::decode::<Said>(token, &key, &validation).ok());
    judge(said.ok_or(OidcError::Token("the signature is not right"))?.claims, wanted)
}

fn judge(said: Said, wanted: &Wanted<'_>) -> Result<Claims, OidcError> {
    let refuse = |what| Err(OidcError::Token(what));
    if said.iss != wanted.issuer {
        return refuse("it is another issuer's");
    }
    let audience: Vec<&str> = match &said.aud {
        Json::String(one) => vec![one.as_str()],
        Json::Array(many) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&wanted.client_id) {
        return refuse("it is for somebody else");
    }
    match said.azp.as_deref() {
        Some(azp) if azp != wanted.client_id => return refuse("it was given to somebody else"),
        None if audience.len() > 1 => {
            return refuse("it is for several and does not say to whom it was given");
        }
        _ => {}
    }
    let now = wanted.now / 1_000;
    if said.exp <= now - SKEW_S {
        return refuse("it has expired");
    }
    if said.iat.is_some_and(|iat| iat > now + SKEW_S) {
        return refuse("it is of the future");
    }
    let nonce = said.nonce.unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(wanted.nonce.as_bytes())) {
        return refuse("it answers another question");
    }
    if said.sub.is_empty() || said.sub.len() > SUBJECT_MAX {
        return refuse("it does not say who it is about");
    }
    let some = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    Ok(Claims {
        issuer: said.iss,
        subject: said.sub,
        email: some(said.email),
        // Some providers send the word.
        email_verified: said.email_verified == Json::Bool(true) || said.email_verified == "true",
        name: some(said.name),
    })
}
