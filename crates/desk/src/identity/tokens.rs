//! Access tokens and refresh tokens.

use super::act::{Act, Event};
use super::secrets::{self, NoEntropy, hash_of, hash_of_parts};
use super::{ClientKind, Grant, Identity, OAuthError};
use crate::{DeskError, Refusal, Scopes};
use model::Id;
use store::StoreError;
use store::credentials::{self, AccessRow, RefreshRow};

/// What a client is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// To be sent with each call.
    pub access_token: String,
    /// For new access tokens, until it is revoked. Given with a code only.
    pub refresh_token: Option<String>,
    /// What they allow.
    pub scopes: Scopes,
    /// Seconds until the access token expires.
    pub expires_in_s: i64,
}

/// A refresh token, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// What [`Identity::revoke_refresh_token`] takes.
    pub id: Id,
    /// The client it is for.
    pub client: Id,
    /// Whose it is.
    pub user: Id,
    /// What it allows.
    pub scopes: Scopes,
    /// When it was given.
    pub created: i64,
    /// When it last gave an access token.
    pub last_used: Option<i64>,
    /// When it was revoked.
    pub revoked: Option<i64>,
}

/// An access token that was found to be good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub found: Grant,
    pub grant: Id,
    pub client: Id,
}

/// A new refresh token, and the row that stores its hash.
pub(super) struct MadeRefreshToken {
    pub token: String,
    pub row: RefreshRow,
}

impl Identity {
    /// Whose access token it is, and what it allows; `None` for one that is unknown, expired or revoked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify_access_token(&self, token: &str, now: i64) -> Result<Option<Grant>, DeskError> {
        let hash = hash_of(token);
        if let Some(held) = self.access_tokens.get(&hash, now) {
            return Ok(Some(held.found));
        }
        let generation = self.access_tokens.generation();
        let row = self.store.access_token(&hash).await?;
        let Some(row) = row.filter(|row| now < row.expires) else { return Ok(None) };
        let found = Grant { user: row.person, scopes: Scopes::from_bits(row.scopes), expires: row.expires };
        let until = row.expires.min(now.saturating_add(self.recheck_ms));
        let held = Held { found, grant: row.grant, client: row.client };
        self.access_tokens.keep(generation, &hash, held, now, until);
        Ok(Some(found))
    }

    /// Whether an access token was good when it was last looked at here, and is not taken back here.
    #[must_use]
    pub fn knew_access_token(&self, token: &str) -> bool {
        self.access_tokens.has(&hash_of(token))
    }

    /// A new access token for a refresh token. The earlier ones stay good: clients keep them for as long as they
    /// were told to.
    ///
    /// # Errors
    /// [`OAuthError::InvalidClient`]; [`OAuthError::InvalidCode`] for a refresh token that is unknown, revoked,
    /// another client's, or of somebody who may not sign in any more.
    pub async fn refresh(
        &self,
        client_id: &str,
        client_secret: &str,
        refresh_token: &str,
        now: i64,
    ) -> Result<Tokens, OAuthError> {
        let client = self.authenticate_client(client_id, client_secret).await?;
        let row = self.store.refresh_token(&hash_of(refresh_token)).await?;
        let row = row
            .filter(|row| row.client == client.id && row.revoked.is_none())
            .ok_or(OAuthError::InvalidCode)?;
        if !self.is_active(row.person).await? {
            return Err(OAuthError::InvalidCode);
        }
        let (access_token, access) =
            self.make_access_token(row.id, client.id, row.person, row.scopes, now)?;
        let statements =
            vec![credentials::use_refresh_token(row.id, now), credentials::add_access_token(&access)];
        match self.store.db().commit(statements).await {
            Ok(_) => {}
            Err(StoreError::Stale { .. }) => return Err(OAuthError::InvalidCode),
            Err(error) => return Err(error.into()),
        }
        self.keep_exchange([client_id, client_secret, refresh_token], now);
        self.purge_in_passing(now).await;
        Ok(self.tokens(access_token, Scopes::from_bits(row.scopes)))
    }

    fn keep_exchange(&self, shown: [&str; 3], now: i64) {
        self.exchanges.keep(self.exchanges.generation(), &hash_of_parts(&shown), (), now, i64::MAX);
    }

    /// Whether a client was given a token here for this: its id, its secret, and a refresh token or nothing. It may have been
    /// taken back since.
    #[must_use]
    pub fn knew_exchange(&self, client_id: &str, client_secret: &str, refresh_token: &str) -> bool {
        self.exchanges.has(&hash_of_parts(&[client_id, client_secret, refresh_token]))
    }

    /// An access token for a self client that acts on its own, as its service user. Without scopes in the request
    /// it gets all that it may have.
    ///
    /// # Errors
    /// [`OAuthError::InvalidClient`] also for a client that has no service user, [`OAuthError::InvalidScope`] when
    /// it asks for more than it may have, [`OAuthError::AccessDenied`] when its user may not sign in any more.
    pub async fn client_credentials(
        &self,
        client_id: &str,
        client_secret: &str,
        asked: Option<Scopes>,
        now: i64,
    ) -> Result<Tokens, OAuthError> {
        let client = self.authenticate_client(client_id, client_secret).await?;
        let service = client.service.filter(|_| client.kind == ClientKind::SelfClient);
        let (user, most) = service.ok_or(OAuthError::InvalidClient)?;
        let scopes = asked.unwrap_or(most);
        if scopes.is_empty() || !scopes.within(most) {
            return Err(OAuthError::InvalidScope);
        }
        if !self.is_active(user).await? {
            return Err(OAuthError::AccessDenied);
        }
        let grant = self.new_id(now);
        let (access_token, access) = self.make_access_token(grant, client.id, user, scopes.bits(), now)?;
        let statements =
            vec![credentials::use_client(client.id, now), credentials::add_access_token(&access)];
        match self.store.db().commit(statements).await {
            Ok(_) => {}
            Err(StoreError::Stale { .. }) => return Err(OAuthError::InvalidClient),
            Err(error) => return Err(error.into()),
        }
        self.keep_exchange([client_id, client_secret, ""], now);
        self.purge_in_passing(now).await;
        Ok(self.tokens(access_token, scopes))
    }

    /// Takes back a refresh token with all its access tokens, or one access token. `false` when it is neither, or
    /// was revoked before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke(&self, token: &str, now: i64) -> Result<bool, DeskError> {
        let hash = hash_of(token);
        if let Some(row) = self.store.refresh_token(&hash).await? {
            return self.revoke_grant(&row, now).await;
        }
        let removed = self.store.db().commit(vec![credentials::remove_access_token(&hash)]).await?;
        self.access_tokens.forget(&hash);
        Ok(removed.first().is_some_and(|n| *n > 0))
    }

    async fn revoke_grant(&self, row: &RefreshRow, now: i64) -> Result<bool, DeskError> {
        let touched = self.store.db().commit(credentials::revoke_grant(row.id, now)).await?;
        self.access_tokens.forget_where(|held| held.grant == row.id);
        Ok(touched.first().is_some_and(|n| *n > 0))
    }

    /// A refresh token from an administrator's hand.
    ///
    /// # Errors
    /// When there is no such client or user, or no scope.
    pub async fn issue_refresh_token(
        &self,
        client_id: &str,
        user: Id,
        scopes: Scopes,
        act: impl Into<Act>,
    ) -> Result<String, DeskError> {
        let act = act.into().permit()?;
        let now = act.now;
        let client = self.client(client_id).await?;
        let mut refusals = Vec::new();
        if client.is_none() {
            refusals.push(Refusal::because("client_id", "there is no such client"));
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
        let made = self.make_refresh_token(client.id, user, scopes, now)?;
        let statements = vec![
            credentials::use_client(client.id, now),
            credentials::add_refresh_token(&made.row),
            self.noted(act, user, Event::GrantIssued, &client.name),
        ];
        self.store.db().commit(statements).await?;
        Ok(made.token)
    }

    /// The thousand newest refresh tokens, revoked or not, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh_tokens(&self) -> Result<Vec<RefreshToken>, DeskError> {
        let rows = self.store.refresh_tokens().await?.into_iter();
        Ok(rows
            .map(|row| RefreshToken {
                id: row.id,
                client: row.client,
                user: row.person,
                scopes: Scopes::from_bits(row.scopes),
                created: row.created,
                last_used: row.last_used,
                revoked: row.revoked,
            })
            .collect())
    }

    /// Takes back a refresh token by its number, with its access tokens. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_refresh_token(&self, id: Id, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into().permit()?;
        let rows = self.store.refresh_tokens().await?;
        let row = rows.into_iter().find(|row| row.id == id && row.revoked.is_none());
        let Some(row) = row else { return Ok(false) };
        let mut statements = credentials::revoke_grant(id, act.now);
        let name = self.client_name(row.client).await?;
        statements.push(self.noted(act, row.person, Event::GrantRevoked, &name));
        let touched = self.store.db().commit(statements).await?;
        self.access_tokens.forget_where(|held| held.grant == id);
        Ok(touched.first().is_some_and(|n| *n > 0))
    }

    pub(super) fn make_refresh_token(
        &self,
        client: Id,
        user: Id,
        scopes: Scopes,
        now: i64,
    ) -> Result<MadeRefreshToken, NoEntropy> {
        let token = secrets::token(self.secrets.as_ref())?;
        let row = RefreshRow {
            id: self.new_id(now),
            hash: hash_of(&token),
            client,
            person: user,
            scopes: scopes.bits(),
            created: now,
            last_used: None,
            revoked: None,
        };
        Ok(MadeRefreshToken { token, row })
    }

    pub(super) fn make_access_token(
        &self,
        grant: Id,
        client: Id,
        person: Id,
        scopes: i64,
        now: i64,
    ) -> Result<(String, AccessRow), NoEntropy> {
        let token = secrets::token(self.secrets.as_ref())?;
        let expires = now + self.options.access_token_lifetime_ms;
        let row = AccessRow { hash: hash_of(&token), grant, client, person, scopes, expires };
        Ok((token, row))
    }

    const fn tokens(&self, access_token: String, scopes: Scopes) -> Tokens {
        let expires_in_s = self.options.access_token_lifetime_ms / 1_000;
        Tokens { access_token, refresh_token: None, scopes, expires_in_s }
    }
}
