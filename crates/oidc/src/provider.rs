//! The provider: its document, its keys, the way to it and back.

use crate::fetch;
use crate::token::{self, Claims, Wanted};
use crate::{OidcError, keys};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::JwkSet;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long the provider's document and keys are believed. Keys are read anew sooner when a token names one that is not
/// known.
const FRESH: Duration = Duration::from_secs(3_600);

/// Which provider, and who we are to it.
#[derive(Clone)]
pub struct Options {
    /// The issuer: an `https` address, under which its document is found.
    pub issuer: String,
    /// Our name at the provider.
    pub client_id: String,
    /// Our secret there; none for a public client.
    pub client_secret: Option<String>,
    /// Where the provider sends browsers back to.
    pub redirect_uri: String,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What a browser is sent with.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// By which the way back is found.
    pub state: &'a str,
    /// What the ID token must repeat.
    pub nonce: &'a str,
    /// The PKCE verifier; the provider sees its challenge.
    pub verifier: &'a str,
}

/// The provider's document (OpenID Connect Discovery 1.0 section 3), as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

#[derive(Debug)]
struct Known {
    document: Arc<Document>,
    read: Instant,
    keys: Option<(Arc<JwkSet>, Instant)>,
}

/// An OpenID Connect provider.
#[derive(Debug)]
pub struct Provider {
    options: Options,
    issuer: Url,
    http: Client,
    known: Mutex<Option<Known>>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl Provider {
    /// A provider. It is not called yet: it may be away when the desk starts.
    ///
    /// # Errors
    /// [`OidcError::Settings`] for an issuer that is no `https` address (`http` on this machine), and where this machine
    /// trusts no certificate.
    pub fn new(options: Options) -> Result<Self, OidcError> {
        let issuer = fetch::address(&options.issuer).filter(|url| url.query().is_none());
        let issuer = issuer.ok_or_else(|| {
            OidcError::Settings(format!("the issuer is not an https:// address: {}", options.issuer))
        })?;
        keys::install();
        let http = fetch::client(&issuer)?;
        Ok(Self { options, issuer, http, known: Mutex::new(None) })
    }

    /// Where the browser is to be sent.
    ///
    /// # Errors
    /// When the provider's document cannot be read.
    pub async fn way_there(&self, ask: &Ask<'_>) -> Result<String, OidcError> {
        let document = self.document().await?;
        let mut url = endpoint(&document.authorization_endpoint)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.options.client_id)
            .append_pair("redirect_uri", &self.options.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("state", ask.state)
            .append_pair("nonce", ask.nonce)
            .append_pair("code_challenge", &challenge(ask.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// What the provider says of whoever came back with a code; `now` in milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// When the provider refuses the code or cannot be reached, and for an ID token that is not to be believed.
    pub async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        now: i64,
    ) -> Result<Claims, OidcError> {
        let document = self.document().await?;
        let id_token = self.exchange(&document, code, verifier).await?;
        let header = token::header(&id_token)?;
        let wanted = Wanted { issuer: &document.issuer, client_id: &self.options.client_id, nonce, now };
        let keys = self.keys(&document, false).await?;
        let candidates = token::candidates(&header, &keys);
        if !candidates.is_empty() {
            match token::read(&id_token, header.alg, &candidates, &wanted) {
                // Keys may be exchanged under the same name, or without names.
                Err(OidcError::Token("the signature is not right")) => {}
                judged => return judged,
            }
        }
        let keys = self.keys(&document, true).await?;
        let candidates = token::candidates(&header, &keys);
        token::read(&id_token, header.alg, &candidates, &wanted)
    }

    async fn exchange(&self, document: &Document, code: &str, verifier: &str) -> Result<String, OidcError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.options.redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut request = self.http.post(endpoint(&document.token_endpoint)?);
        let methods = document.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let by_post = methods.iter().any(|m| m == "client_secret_post")
            && !methods.iter().any(|m| m == "client_secret_basic");
        match &self.options.client_secret {
            // Both are encoded as in a form before they are joined (RFC 6749 section 2.3.1).
            Some(secret) if !by_post => {
                let joined = format!("{}:{}", encoded(&self.options.client_id), encoded(secret));
                request = request.header("authorization", format!("Basic {}", STANDARD.encode(joined)));
            }
            secret => {
                form.push(("client_id", &self.options.client_id));
                form.extend(secret.as_deref().map(|secret| ("client_secret", secret)));
            }
        }
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body.join("&"));
        let (status, bytes) = fetch::send(request).await?;
        if !status.is_success() {
            let error = serde_json::from_slice::<TokenError>(&bytes).map(|e| e.error);
            let word = error.unwrap_or_else(|_| status.to_string());
            return Err(OidcError::Refused(word.chars().filter(|c| !c.is_control()).take(80).collect()));
        }
        let tokens: Tokens = serde_json::from_slice(&bytes)
            .map_err(|_| OidcError::Provider("the answer to the code cannot be read".into()))?;
        tokens.id_token.ok_or(OidcError::Token("there is none"))
    }

    async fn document(&self) -> Result<Arc<Document>, OidcError> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| known.read.elapsed() < FRESH) {
            return Ok(known.document.clone());
        }
        let path = format!("{}/.well-known/openid-configuration", self.issuer.path().trim_end_matches('/'));
        let mut url = self.issuer.clone();
        url.set_path(&path);
        let document: Document = fetch::document(&self.http, &url).await?;
        if document.issuer != self.options.issuer {
            return Err(OidcError::Provider(format!(
                "its document is of another issuer, {}",
                document.issuer.chars().filter(|c| !c.is_control()).take(200).collect::<String>()
            )));
        }
        for address in [&document.authorization_endpoint, &document.token_endpoint, &document.jwks_uri] {
            endpoint(address)?;
        }
        let document = Arc::new(document);
        *known = Some(Known { document: document.clone(), read: Instant::now(), keys: None });
        Ok(document)
    }

    /// The provider's keys; read `anew` where those that are known do not fit. Tokens come from the provider itself, so nobody
    /// else can make it read them.
    async fn keys(&self, document: &Document, anew: bool) -> Result<Arc<JwkSet>, OidcError> {
        let mut known = self.known.lock().await;
        let kept = known.as_ref().and_then(|known| known.keys.clone());
        if let Some((keys, read)) = kept
            && !anew
            && read.elapsed() < FRESH
        {
            return Ok(keys);
        }
        let url = endpoint(&document.jwks_uri)?;
        let keys: Arc<JwkSet> = Arc::new(read_keys(&fetch::document(&self.http, &url).await?));
        if let Some(known) = known.as_mut() {
            known.keys = Some((keys.clone(), Instant::now()));
        }
        Ok(keys)
    }
}

/// The keys of a set that can be read: a set may hold kinds that we do not know.
fn read_keys(set: &serde_json::Value) -> JwkSet {
    let keys = set.get("keys").and_then(|keys| keys.as_array()).map(Vec::as_slice).unwrap_or_default();
    JwkSet { keys: keys.iter().filter_map(|key| serde_json::from_value(key.clone()).ok()).collect() }
}

fn endpoint(text: &str) -> Result<Url, OidcError> {
    fetch::address(text)
        .ok_or_else(|| OidcError::Provider("its document names an address that may not be called".into()))
}

/// The PKCE challenge of a verifier (RFC 7636 section 4.2).
#[must_use]
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
