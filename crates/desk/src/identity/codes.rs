//! Codes: given on the consent page or by an administrator, exchanged for tokens once.

use super::act::{Act, Event};
use super::secrets::{self, hash_of};
use super::tokens::Tokens;
use super::{Client, ClientKind, Identity, OAuthError};
use crate::{DeskError, Refusal, Scopes};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Id;
use sha2::{Digest, Sha256};
use store::StoreError;
use store::credentials::{self, CodeRow, RefreshRow};
use subtle::ConstantTimeEq;

/// How long a code of the consent page is good for (conventions.md section 2.1).
const CODE_MS: i64 = 60_000;

/// The longest life of a self client's code.
const SELF_CLIENT_MINUTES_MAX: i64 = 10;

/// How a PKCE challenge was made of the verifier (RFC 7636 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeMethod {
    /// It is the verifier.
    Plain,
    /// It is the verifier's SHA-256 in base64url.
    S256,
}

impl ChallengeMethod {
    const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::S256 => "S256",
        }
    }
}

/// A PKCE challenge of the right form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    text: String,
    method: ChallengeMethod,
}

impl Challenge {
    /// Reads a challenge; `None` when it has not the form that RFC 7636 gives it. Without a method it is plain.
    #[must_use]
    pub fn read(text: &str, method: Option<&str>) -> Option<Self> {
        let method = match method {
            None | Some("plain") => ChallengeMethod::Plain,
            Some("S256") => ChallengeMethod::S256,
            Some(_) => return None,
        };
        let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        let length = if method == ChallengeMethod::S256 { 43..=43 } else { 43..=128 };
        (length.contains(&text.len()) && text.bytes().all(is_unreserved))
            .then(|| Self { text: text.to_owned(), method })
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        let made = match self.method {
            ChallengeMethod::Plain => verifier.to_owned(),
            ChallengeMethod::S256 => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())),
        };
        made.as_bytes().ct_eq(self.text.as_bytes()).into()
    }
}

/// What a person agreed to on the consent page.
#[derive(Clone, Debug)]
pub struct Approval<'a> {
    /// The client that asked.
    pub client: &'a Client,
    /// Who agreed.
    pub user: Id,
    /// To what.
    pub scopes: Scopes,
    /// Where the code goes.
    pub redirect_uri: &'a str,
    /// Whether the client wants a refresh token.
    pub offline: bool,
    /// The client's PKCE challenge.
    pub challenge: Option<Challenge>,
}

/// A code on its way to becoming tokens.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The client.
    pub client_id: &'a str,
    /// Its secret.
    pub client_secret: &'a str,
    /// The code.
    pub code: &'a str,
    /// The redirect URI, if sent.
    pub redirect_uri: Option<&'a str>,
    /// The PKCE verifier, if sent.
    pub code_verifier: Option<&'a str>,
}

/// A code that can still be exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCode {
    /// What [`Identity::revoke_code`] takes.
    pub id: Id,
    /// The client it is for.
    pub client: Id,
    /// Whose tokens it will give.
    pub user: Id,
    /// With which scopes.
    pub scopes: Scopes,
    /// When it was given.
    pub created: i64,
    /// Until when it is good.
    pub expires: i64,
}

impl Identity {
    /// A code for a self client, good for up to ten minutes. It always gives a refresh token. The history keeps what it was
    /// for, `description`.
    ///
    /// # Errors
    /// When there is no such self client or user, no scope, or for more than ten minutes.
    pub async fn issue_self_client_code(
        &self,
        client_id: &str,
        user: Id,
        scopes: Scopes,
        minutes: i64,
        description: &str,
        act: impl Into<Act>,
    ) -> Result<String, DeskError> {
        let act = act.into().permit()?;
        let now = act.now;
        let client = self.client(client_id).await?.filter(|client| client.kind == ClientKind::SelfClient);
        let mut refusals = Vec::new();
        if client.is_none() {
            refusals.push(Refusal::because("client_id", "there is no such self client"));
        }
        if !(1..=SELF_CLIENT_MINUTES_MAX).contains(&minutes) {
            refusals.push(Refusal::because("minutes", "a code lives from 1 to 10 minutes"));
        }
        if scopes.is_empty() {
            refusals.push(Refusal::Mandatory("scope".into()));
        }
        if !self.is_active(user).await? {
            refusals.push(Refusal::because("user", "there is no such active user"));
        }
        let Some(client) = client.filter(|_| refusals.is_empty()) else {
            return Err(DeskError::Refused(refusals));
        };
        let code = secrets::token(self.secrets.as_ref())?;
        let row = CodeRow {
            hash: hash_of(&code),
            grant: self.new_id(now),
            client: client.id,
            person: user,
            scopes: scopes.bits(),
            redirect_uri: None,
            challenge: None,
            challenge_method: None,
            offline: true,
            created: now,
            expires: now + minutes * 60_000,
            used: None,
        };
        let what = match description.trim() {
            "" => client.name,
            description => format!("{}: {description}", client.name),
        };
        let note = self.noted(act, user, Event::CodeIssued, &what);
        self.store.db().commit(vec![credentials::add_code(&row), note]).await?;
        Ok(code)
    }

    /// A code for what a person agreed to, good for a minute.
    ///
    /// # Errors
    /// [`OAuthError::InvalidRedirectUri`] when the client has not registered the redirect URI,
    /// [`OAuthError::InvalidScope`] for no scope, [`OAuthError::AccessDenied`] for somebody who may not sign in.
    pub async fn authorize(&self, approval: &Approval<'_>, now: i64) -> Result<String, OAuthError> {
        if !approval.client.accepts_redirect(approval.redirect_uri) {
            return Err(OAuthError::InvalidRedirectUri);
        }
        if approval.scopes.is_empty() {
            return Err(OAuthError::InvalidScope);
        }
        if !self.is_active(approval.user).await? {
            return Err(OAuthError::AccessDenied);
        }
        let code = secrets::token(self.secrets.as_ref())?;
        let row = CodeRow {
            hash: hash_of(&code),
            grant: self.new_id(now),
            client: approval.client.id,
            person: approval.user,
            scopes: approval.scopes.bits(),
            redirect_uri: Some(approval.redirect_uri.to_owned()),
            challenge: approval.challenge.as_ref().map(|c| c.text.clone()),
            challenge_method: approval.challenge.as_ref().map(|c| c.method.word().to_owned()),
            offline: approval.offline,
            created: now,
            expires: now + CODE_MS,
            used: None,
        };
        let own = Act::own(approval.user, now);
        let note = self.noted(own, approval.user, Event::Consent, &approval.client.name);
        self.store.db().commit(vec![credentials::add_code(&row), note]).await?;
        self.purge_in_passing(now).await;
        Ok(code)
    }

    /// Exchanges a code for tokens. A second use takes back what the first gave: one of the two was a thief.
    ///
    /// # Errors
    /// [`OAuthError::InvalidClient`], [`OAuthError::InvalidCode`] also for a wrong or missing PKCE verifier,
    /// [`OAuthError::InvalidRedirectUri`] when another one is sent than the code went to.
    pub async fn exchange(&self, exchange: &Exchange<'_>, now: i64) -> Result<Tokens, OAuthError> {
        let client = self.authenticate_client(exchange.client_id, exchange.client_secret).await?;
        let hash = hash_of(exchange.code);
        let code = self.store.code(&hash).await?.filter(|code| code.client == client.id);
        let code = code.ok_or(OAuthError::InvalidCode)?;
        if code.used.is_some() {
            return self.refuse_second_use(&code, now).await;
        }
        if now >= code.expires {
            return Err(OAuthError::InvalidCode);
        }
        // Half of the clients leave it out, and a self client's code went nowhere.
        if let (Some(sent), Some(asked)) = (exchange.redirect_uri, code.redirect_uri.as_deref())
            && sent != asked
        {
            return Err(OAuthError::InvalidRedirectUri);
        }
        if !is_verified(&code, exchange.code_verifier) || !self.is_active(code.person).await? {
            return Err(OAuthError::InvalidCode);
        }
        let (access_token, access) =
            self.make_access_token(code.grant, client.id, code.person, code.scopes, now)?;
        let mut statements = vec![credentials::use_code(&hash, now)];
        let mut refresh_token = None;
        if code.offline {
            let token = secrets::token(self.secrets.as_ref())?;
            statements.push(credentials::add_refresh_token(&RefreshRow {
                id: code.grant,
                hash: hash_of(&token),
                client: client.id,
                person: code.person,
                scopes: code.scopes,
                created: now,
                last_used: None,
                revoked: None,
            }));
            refresh_token = Some(token);
        }
        statements.push(credentials::add_access_token(&access));
        match self.store.db().commit(statements).await {
            Ok(_) => {}
            Err(StoreError::Stale { .. }) => return self.refuse_second_use(&code, now).await,
            Err(error) => return Err(error.into()),
        }
        self.purge_in_passing(now).await;
        Ok(Tokens {
            access_token,
            refresh_token,
            scopes: Scopes::from_bits(code.scopes),
            expires_in_s: self.options.access_token_lifetime_ms / 1_000,
        })
    }

    async fn refuse_second_use(&self, code: &CodeRow, now: i64) -> Result<Tokens, OAuthError> {
        tracing::warn!(grant.id = %code.grant, client.id = %code.client, "a code was used twice; its grant is revoked");
        self.store.db().commit(credentials::revoke_grant(code.grant, now)).await?;
        self.access_tokens.forget_where(|held| held.grant == code.grant);
        Err(OAuthError::InvalidCode)
    }

    /// The codes that can still be exchanged, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_codes(&self, now: i64) -> Result<Vec<OpenCode>, DeskError> {
        let codes = self.store.open_codes(now).await?.into_iter();
        Ok(codes
            .map(|row| OpenCode {
                id: row.grant,
                client: row.client,
                user: row.person,
                scopes: Scopes::from_bits(row.scopes),
                created: row.created,
                expires: row.expires,
            })
            .collect())
    }

    /// Takes back a code that was not used yet. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_code(&self, id: Id, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into().permit()?;
        let open = self.store.open_codes(act.now).await?;
        let Some(row) = open.into_iter().find(|row| row.grant == id) else { return Ok(false) };
        let note = self.noted(act, row.person, Event::CodeRevoked, &self.client_name(row.client).await?);
        self.commit_if_there(vec![credentials::remove_code(id), note]).await
    }
}

/// A verifier without a challenge is refused too: somebody took the challenge out of the request on its way
/// (RFC 9700 section 4.8.2).
fn is_verified(code: &CodeRow, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, None) => true,
        (Some(text), Some(verifier)) => {
            Challenge::read(text, code.challenge_method.as_deref()).is_some_and(|c| c.is_met_by(verifier))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = Challenge::read("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", Some("S256")).unwrap();
        assert!(challenge.is_met_by(verifier));
        assert!(!challenge.is_met_by("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        assert!(Challenge::read(verifier, None).unwrap().is_met_by(verifier));
    }

    #[test]
    fn challenges_have_a_form() {
        let good = "a".repeat(43);
        for (text, method) in [
            ("", None),
            ("short", Some("plain")),
            (good.as_str(), Some("s256")),
            (good.as_str(), Some("")),
            (&"a".repeat(44), Some("S256")),
            (&"a".repeat(129), Some("plain")),
            (&"ä".repeat(43), Some("plain")),
        ] {
            assert_eq!(Challenge::read(text, method), None, "{text} {method:?}");
        }
    }
}
