//! As whom a call is made: a key that stays, or an access token that is renewed before it expires.

mod loopback;
mod oauth;
mod store;

pub use loopback::Loopback;
pub use oauth::Consent;
pub(crate) use oauth::{exchange, random_text};
pub use store::{FileTokens, MemoryTokens, TokenSet, TokenStore, replace_private};

use crate::connection::{Connection, Credentials, OAuth};
use crate::http::Transport;
use crate::{Error, Result, Secret};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What puts the credential on calls.
#[derive(Debug)]
pub(crate) enum Auth {
    /// Nothing: calls of the token endpoint say in their form who they are.
    Nobody,
    /// The same always.
    Fixed(Credential),
    /// Tokens.
    Tokens(Box<Tokens>),
}

/// What one try was sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Nobody,
    Key(Secret),
    Token(Secret),
    Bearer(Secret),
}

/// The access token of a client, renewed once for all who wait for it.
#[derive(Debug)]
pub(crate) struct Tokens {
    oauth: OAuth,
    store: Arc<dyn TokenStore>,
    current: Mutex<Option<TokenSet>>,
}

impl Auth {
    pub fn of(connection: &Connection, store: Arc<dyn TokenStore>) -> Self {
        match connection.credentials() {
            Credentials::TechnicianKey(key) => Self::Fixed(Credential::Key(key.clone())),
            Credentials::OAuth(oauth) => Self::Tokens(Box::new(Tokens {
                oauth: OAuth::clone(oauth),
                store,
                current: Mutex::new(None),
            })),
        }
    }

    /// What the next try is sent with. Waits for a token where the old one is about to expire.
    pub async fn credential(&self, transport: &Transport) -> Result<Credential> {
        match self {
            Self::Nobody => Ok(Credential::Nobody),
            Self::Fixed(credential) => Ok(credential.clone()),
            Self::Tokens(tokens) => Ok(Credential::Token(tokens.fresh(transport).await?)),
        }
    }

    /// The service did not accept this credential: whether there is a better one now.
    pub async fn renew(&self, transport: &Transport, rejected: &Credential) -> Result<bool> {
        match (self, rejected) {
            (Self::Tokens(tokens), Credential::Token(token)) => tokens.replace(transport, token).await,
            _ => Ok(false),
        }
    }

    /// Keeps tokens that a code gave.
    pub async fn accept(&self, set: TokenSet) -> Result<()> {
        match self {
            Self::Tokens(tokens) => {
                let mut current = tokens.current.lock().await;
                tokens.store.save(&set).await?;
                *current = Some(set);
                Ok(())
            }
            _ => Err(Error::Configuration("this connection has no tokens".into())),
        }
    }
}

impl Tokens {
    /// A token that is good for a while. Whoever comes first renews it; the others wait for that.
    async fn fresh(&self, transport: &Transport) -> Result<Secret> {
        let mut current = self.current.lock().await;
        if current.is_none() {
            *current = self.store.load().await?;
        }
        if let Some(set) = current.as_ref().filter(|set| !set.is_stale()) {
            return Ok(set.access_token.clone());
        }
        match self.renew(transport, current.as_ref()).await {
            Ok(set) => Ok(current.insert(set).access_token.clone()),
            // The token endpoint may be away while the token is still good.
            Err(error) => match current.as_ref().filter(|set| !set.is_expired()) {
                Some(set) => {
                    tracing::warn!(%error, "the token was not renewed; the old one is good for a little while");
                    Ok(set.access_token.clone())
                }
                None => Err(error),
            },
        }
    }

    async fn replace(&self, transport: &Transport, rejected: &Secret) -> Result<bool> {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|set| set.access_token != *rejected) {
            return Ok(true);
        }
        if self.refresh_tokens(current.as_ref()).is_empty() {
            return Ok(false);
        }
        let mut known = current.clone();
        if let Some(set) = &mut known {
            set.expires_at_ms = 0;
        }
        *current = Some(self.renew(transport, known.as_ref()).await?);
        Ok(true)
    }

    /// Gets a new access token, unless another process that shares the store got one meanwhile.
    async fn renew(&self, transport: &Transport, known: Option<&TokenSet>) -> Result<TokenSet> {
        let _alone = self.store.alone().await?;
        let stored = self.store.load().await?;
        let is_news = |set: &&TokenSet| known.is_none_or(|k| k.access_token != set.access_token);
        if let Some(set) = stored.as_ref().filter(|set| !set.is_stale()).filter(is_news) {
            return Ok(set.clone());
        }
        let candidates = self.refresh_tokens(stored.as_ref().or(known));
        let mut refused = Error::NotAuthenticated("There is no refresh token.".into());
        for token in candidates {
            match oauth::refresh(transport, &self.oauth, &token).await {
                Ok(set) => {
                    self.store.save(&set).await?;
                    return Ok(set);
                }
                Err(Error::OAuth { code, .. }) if code == "invalid_code" => {
                    refused = Error::NotAuthenticated(
                        "The refresh token is no longer accepted (invalid_code).".into(),
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }

    /// The refresh tokens to try: the newest that is known, then the connection's own.
    fn refresh_tokens(&self, set: Option<&TokenSet>) -> Vec<Secret> {
        let mut tokens: Vec<Secret> = Vec::new();
        tokens.extend(set.and_then(|set| set.refresh_token.clone()));
        tokens.extend(self.oauth.refresh_token.clone());
        tokens.dedup();
        tokens
    }
}

impl Credential {
    /// Puts it on a call.
    pub fn put(&self, headers: &mut HeaderMap) -> Result<()> {
        let (name, text) = match self {
            Self::Nobody => return Ok(()),
            Self::Key(key) => (HeaderName::from_static("authtoken"), key.expose().to_owned()),
            Self::Token(token) => (AUTHORIZATION, format!("Zoho-oauthtoken {}", token.expose())),
            Self::Bearer(token) => (AUTHORIZATION, format!("Bearer {}", token.expose())),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            Error::Configuration("the key or token has characters that no header can hold".into())
        })?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok(())
    }
}
