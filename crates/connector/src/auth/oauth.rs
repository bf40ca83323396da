//! The token endpoint and the way to a code (conventions.md section 2).

use super::store::now_ms;
use super::{Auth, Loopback, TokenSet};
use crate::connection::OAuth;
use crate::error::ServiceError;
use crate::http::{Body, Call, Content, Mode, Repeat, Reply, Transport};
use crate::{Error, Result, Secret};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use http::Method;
use reqwest::Url;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// All tries of one call of the token endpoint.
const DEADLINE: Duration = Duration::from_secs(90);

/// Somebody's consent on its way: the address for the browser, and what the answer must match.
///
/// The loopback redirect of RFC 8252 with PKCE (RFC 7636): the code comes to a port of this machine, and is worth
/// nothing to anybody who has not the verifier.
#[derive(Debug)]
pub struct Consent {
    /// Where the person consents, to be opened in a browser.
    pub url: Url,
    loopback: Loopback,
    state: String,
    verifier: Secret,
}

impl Consent {
    pub(crate) fn begin(oauth: &OAuth, loopback: Loopback) -> Result<Self> {
        let (state, verifier) = (random_text()?, random_text()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let redirect = loopback.uri();
        let mut url = oauth.authorize_url.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &oauth.client_id)
            .append_pair("scope", &oauth.scopes)
            .append_pair("redirect_uri", &redirect)
            .append_pair("state", &state)
            // Without it the service gives a refresh token only the first time.
            .append_pair("prompt", "consent")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Self { url, loopback, state, verifier: verifier.into() })
    }

    /// Waits for the browser to come back, and exchanges the code.
    pub(crate) async fn finish(self, transport: &Transport, oauth: &OAuth) -> Result<TokenSet> {
        let redirect = self.loopback.uri();
        let code = self.loopback.code(&self.state).await?;
        exchange(transport, oauth, &code, Some(&redirect), Some(&self.verifier)).await
    }
}

/// 256 random bits as text.
pub(crate) fn random_text() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| Error::Configuration(format!("no random numbers: {e}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Tokens for a code. Codes are good once, so this is not repeated after it may have been heard.
pub(crate) async fn exchange(
    transport: &Transport,
    oauth: &OAuth,
    code: &Secret,
    redirect_uri: Option<&str>,
    verifier: Option<&Secret>,
) -> Result<TokenSet> {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code.expose())];
    form.extend(redirect_uri.map(|uri| ("redirect_uri", uri)));
    form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose())));
    let set = ask(transport, oauth, form, Repeat::Unsafe).await?;
    if set.refresh_token.is_none() {
        tracing::warn!("the code gave no refresh token: access ends with the access token");
    }
    Ok(set)
}

/// A new access token.
pub(super) async fn refresh(transport: &Transport, oauth: &OAuth, token: &Secret) -> Result<TokenSet> {
    let form = vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())];
    let mut set = ask(transport, oauth, form, Repeat::Safe).await?;
    // A refresh gives no new refresh token as a rule; one that comes is the one to keep (wire-facts.md section 4).
    set.refresh_token.get_or_insert_with(|| token.clone());
    Ok(set)
}

async fn ask(
    transport: &Transport,
    oauth: &OAuth,
    form: Vec<(&str, &str)>,
    repeat: Repeat,
) -> Result<TokenSet> {
    let mut form: Vec<(String, String)> =
        form.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    form.push(("client_id".into(), oauth.client_id.clone()));
    form.push(("client_secret".into(), oauth.client_secret.expose().to_owned()));
    let call = Call::new(Method::POST, "").body(Body::Form(form)).repeat(repeat).deadline(DEADLINE);
    let reply = boxed(transport, oauth.token_url.as_str(), &call).await.map_err(refusal)?;
    let Content::Whole(body) = reply.content else { return Err(strange("the answer is a stream")) };
    let json: Json = serde_json::from_slice(&body).map_err(|_| strange("the answer is no JSON"))?;
    if let Some(error) = oauth_error(&json) {
        return Err(error);
    }
    let text = |key: &str| json.get(key).and_then(Json::as_str);
    let token =
        text("access_token").filter(|t| !t.is_empty()).ok_or_else(|| strange("it gave no access token"))?;
    let seconds = json.get("expires_in").and_then(|e| e.as_f64().or_else(|| e.as_str()?.parse().ok()));
    let lifetime_ms =
        Duration::try_from_secs_f64(seconds.unwrap_or(3600.0)).map_err(|_| strange("expires_in"))?;
    let lifetime_ms = i64::try_from(lifetime_ms.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Ok(TokenSet {
        access_token: token.into(),
        refresh_token: text("refresh_token").filter(|t| !t.is_empty()).map(Secret::from),
        expires_at_ms: now_ms() + lifetime_ms,
        lifetime_ms,
        scope: text("scope").map(str::to_owned),
    })
}

/// Boxed: a call of the API waits for a token, and a token is got by a call.
fn boxed<'a>(transport: &'a Transport, url: &'a str, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
    Box::pin(transport.send(url, &Auth::Nobody, call, Mode::Whole, false))
}

fn strange(message: &str) -> Error {
    Error::Answer { call: "the token endpoint".into(), message: message.into() }
}

/// Refusals come with HTTP 200 or 4xx; the body says the same.
fn refusal(error: Error) -> Error {
    let body = error.service().and_then(|ServiceError { body, .. }| body.as_ref());
    body.and_then(oauth_error).unwrap_or(error)
}

fn oauth_error(json: &Json) -> Option<Error> {
    let code = json.get("error")?.as_str()?.to_owned();
    let description = json.get("error_description").and_then(Json::as_str).map(str::to_owned);
    Some(Error::OAuth { code, description })
}
