//! OAuth clients: the programs that ask for tokens.

use super::act::{Act, Event};
use super::secrets::{self, hash_of};
use super::{Identity, OAuthError};
use crate::{DeskError, Refusal, Scopes};
use model::Id;
use store::Statement;
use store::credentials::{self, ClientRow, Hash};
use subtle::ConstantTimeEq;

/// How a client comes by its first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// It sends people to the consent page, which sends them back with a code.
    Server,
    /// An administrator gives it codes; it may also act on its own, as its service user.
    SelfClient,
}

impl ClientKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::SelfClient => "self",
        }
    }
}

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its number here.
    pub id: Id,
    /// Its name for itself in requests.
    pub client_id: String,
    /// Its name for people.
    pub name: String,
    /// How it comes by its first token.
    pub kind: ClientKind,
    /// Where the consent page may send people back to.
    pub redirect_uris: Vec<String>,
    /// As whom it acts on its own, and with which scopes at most.
    pub service: Option<(Id, Scopes)>,
    /// When it was registered.
    pub created: i64,
    /// When it last acted on its own.
    pub last_used: Option<i64>,
    /// When it was revoked, for good.
    pub revoked: Option<i64>,
    /// Since when it rests, until it is enabled again.
    pub disabled: Option<i64>,
    secret_hash: Hash,
}

impl Client {
    /// Whether it may be used now.
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.revoked.is_none() && self.disabled.is_none()
    }

    /// Whether the consent page may send people to `uri`: letter for letter one of those registered.
    #[must_use]
    pub fn accepts_redirect(&self, uri: &str) -> bool {
        self.kind == ClientKind::Server && self.redirect_uris.iter().any(|registered| registered == uri)
    }
}

/// A client to be registered.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its name for people.
    pub name: String,
    /// Where the consent page may send people back to. Without any it is a self client.
    pub redirect_uris: Vec<String>,
    /// For a self client: as whom it acts on its own, and with which scopes at most.
    pub service: Option<(Id, Scopes)>,
}

/// What is to be changed of a client.
#[derive(Clone, Debug)]
pub struct ClientChange {
    /// Its name for people.
    pub name: String,
    /// Where the consent page may send people back to. None for a self client, at least one for any other.
    pub redirect_uris: Vec<String>,
}

/// Longest name and longest redirect URI.
const NAME_MAX: usize = 150;
const URI_MAX: usize = 2_000;

/// Whether a text may be registered as a redirect URI: absolute, without a fragment, of a scheme that leads to a
/// program and not into the browser itself, and without any character that would mean something in a header or page.
#[must_use]
pub fn is_redirect_uri(text: &str) -> bool {
    const NEVER: [&str; 8] =
        ["javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"];
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !br##""#<>\^`{|}"##.contains(&b));
    let scheme = scheme.to_ascii_lowercase();
    if !is_scheme || !is_plain || text.len() > URI_MAX || rest.is_empty() || NEVER.contains(&scheme.as_str())
    {
        return false;
    }
    if scheme != "http" && scheme != "https" {
        return true;
    }
    let Some(after) = rest.strip_prefix("//") else { return false };
    let authority = after.split(['/', '?']).next().unwrap_or_default();
    !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@')
}

/// A secret that is shown once, and the statement that stores its hash.
pub(super) struct MadeClient {
    pub id: Id,
    pub client_id: String,
    pub client_secret: String,
    pub statement: Statement,
}

impl Identity {
    /// Registers a client; its secret is shown this once.
    ///
    /// # Errors
    /// For a name or a redirect URI that cannot be, and for a service user of a client that has redirect URIs.
    pub async fn issue_client(
        &self,
        new: &NewClient,
        act: impl Into<Act>,
    ) -> Result<(Client, String), DeskError> {
        let act = act.into().permit()?;
        if let Some((user, _)) = new.service
            && !self.is_active(user).await?
        {
            return Err(Refusal::because("service", "there is no such active user").into());
        }
        let made = self.make_client(new, act.now)?;
        let note = self.noted(act, act.by, Event::ClientIssued, new.name.trim());
        self.store.db().commit(vec![made.statement, note]).await?;
        let row = self.store.client(&made.client_id).await?;
        let client =
            row.map(client_of).ok_or_else(|| DeskError::Internal("a new client is not there".into()))?;
        Ok((client, made.client_secret))
    }

    pub(super) fn make_client(&self, new: &NewClient, now: i64) -> Result<MadeClient, DeskError> {
        let name = new.name.trim();
        let mut refusals = refused(name, &new.redirect_uris);
        if new.service.is_some() && !new.redirect_uris.is_empty() {
            refusals.push(Refusal::because("service", "only a self client acts on its own"));
        }
        if !refusals.is_empty() {
            return Err(DeskError::Refused(refusals));
        }
        let kind = if new.redirect_uris.is_empty() { ClientKind::SelfClient } else { ClientKind::Server };
        let client_id = secrets::client_id(self.secrets.as_ref())?;
        let client_secret = secrets::client_secret(self.secrets.as_ref())?;
        let id = self.new_id(now);
        let statement = credentials::add_client(&ClientRow {
            id,
            client_id: client_id.clone(),
            secret_hash: hash_of(&client_secret),
            name: name.to_owned(),
            kind: kind.word().to_owned(),
            redirect_uris: serde_json::Value::from(new.redirect_uris.clone()).to_string(),
            service_person: new.service.map(|(user, _)| user),
            service_scopes: new.service.map_or(0, |(_, scopes)| scopes.bits()),
            created: now,
            last_used: None,
            revoked: None,
            disabled: None,
        });
        Ok(MadeClient { id, client_id, client_secret, statement })
    }

    /// The client that calls itself so, unless it was revoked or rests.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn client(&self, client_id: &str) -> Result<Option<Client>, DeskError> {
        let row = self.store.client(client_id).await?;
        Ok(row.map(client_of).filter(Client::is_usable))
    }

    /// The thousand newest clients, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clients(&self) -> Result<Vec<Client>, DeskError> {
        Ok(self.store.clients().await?.into_iter().map(client_of).collect())
    }

    /// Takes back a client with all its codes and tokens. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_client(&self, client_id: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into();
        let Some(client) = self.store.client(client_id).await? else { return Ok(false) };
        let statements = credentials::revoke_client(client.id, act.now);
        self.alter(act, &client, Event::ClientRevoked, statements).await
    }

    /// Lets a client rest: it gets no tokens, and those that it has are worth nothing. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn disable_client(&self, client_id: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let act = act.into();
        let Some(client) = self.store.client(client_id).await? else { return Ok(false) };
        let statements = vec![
            credentials::disable_client(client.id, Some(act.now)),
            credentials::remove_access_tokens_of(client.id),
        ];
        self.alter(act, &client, Event::ClientDisabled, statements).await
    }

    /// Ends a client's rest; its refresh tokens are good again. `false` when there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn enable_client(&self, client_id: &str, act: impl Into<Act>) -> Result<bool, DeskError> {
        let Some(client) = self.store.client(client_id).await? else { return Ok(false) };
        let statements = vec![credentials::disable_client(client.id, None)];
        self.alter(act.into(), &client, Event::ClientEnabled, statements).await
    }

    /// Gives a client another secret, shown this once; the former one is worth nothing from now on, what it was given
    /// stays. `None` when there is no such client.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rotate_client(
        &self,
        client_id: &str,
        act: impl Into<Act>,
    ) -> Result<Option<String>, DeskError> {
        let Some(client) = self.store.client(client_id).await? else { return Ok(None) };
        let secret = secrets::client_secret(self.secrets.as_ref())?;
        let statements = vec![credentials::set_client_secret(client.id, &hash_of(&secret))];
        let done = self.alter(act.into(), &client, Event::ClientRotated, statements).await?;
        Ok(done.then_some(secret))
    }

    /// Gives a client another name and other redirect URIs. `false` when there is none.
    ///
    /// # Errors
    /// As [`Self::issue_client`]; a client does not become one of the other kind.
    pub async fn change_client(
        &self,
        client_id: &str,
        change: &ClientChange,
        act: impl Into<Act>,
    ) -> Result<bool, DeskError> {
        let Some(client) = self.store.client(client_id).await? else { return Ok(false) };
        let name = change.name.trim();
        let mut refusals = refused(name, &change.redirect_uris);
        if (client.kind == ClientKind::SelfClient.word()) != change.redirect_uris.is_empty() {
            let words = "A self client has no redirect URI, every other client at least one";
            refusals.push(Refusal::because("redirect_uris", words));
        }
        if !refusals.is_empty() {
            return Err(DeskError::Refused(refusals));
        }
        let uris = serde_json::Value::from(change.redirect_uris.clone()).to_string();
        let statements = vec![credentials::change_client(client.id, name, &uris)];
        self.alter(act.into(), &client, Event::ClientChanged, statements).await
    }

    async fn alter(
        &self,
        act: Act,
        client: &ClientRow,
        event: Event,
        mut statements: Vec<Statement>,
    ) -> Result<bool, DeskError> {
        let act = act.permit()?;
        statements.push(self.noted(act, act.by, event, &client.name));
        let done = self.commit_if_there(statements).await?;
        if matches!(event, Event::ClientRevoked | Event::ClientDisabled) {
            self.access_tokens.forget_where(|held| held.client == client.id);
        }
        Ok(done)
    }

    /// The name of a client by its number, for the history.
    pub(super) async fn client_name(&self, id: Id) -> Result<String, DeskError> {
        let clients = self.store.clients().await?;
        Ok(clients.into_iter().find(|row| row.id == id).map(|row| row.name).unwrap_or_default())
    }

    /// The client that shows this secret. An unknown client costs as much as a wrong secret.
    pub(super) async fn authenticate_client(
        &self,
        client_id: &str,
        client_secret: &str,
    ) -> Result<Client, OAuthError> {
        let client = self.store.client(client_id).await?.map(client_of);
        let shown = hash_of(client_secret);
        let stored = client.as_ref().map_or([0; 32], |client| client.secret_hash);
        let is_right = bool::from(shown.ct_eq(&stored));
        client.filter(|client| is_right && client.is_usable()).ok_or(OAuthError::InvalidClient)
    }
}

/// What speaks against a name and redirect URIs.
fn refused(name: &str, redirect_uris: &[String]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        refusals.push(Refusal::not_valid("name"));
    }
    for uri in redirect_uris.iter().filter(|uri| !is_redirect_uri(uri)) {
        refusals.push(Refusal::because("redirect_uris", format!("{uri} cannot be a redirect URI")));
    }
    refusals
}

fn client_of(row: ClientRow) -> Client {
    let redirect_uris = match serde_json::from_str(&row.redirect_uris) {
        Ok(serde_json::Value::Array(uris)) => {
            uris.iter().filter_map(|u| u.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    Client {
        id: row.id,
        client_id: row.client_id,
        name: row.name,
        kind: if row.kind == ClientKind::Server.word() { ClientKind::Server } else { ClientKind::SelfClient },
        redirect_uris,
        service: row.service_person.map(|user| (user, Scopes::from_bits(row.service_scopes))),
        created: row.created,
        last_used: row.last_used,
        revoked: row.revoked,
        disabled: row.disabled,
        secret_hash: row.secret_hash,
    }
}

#[cfg(test)]
mod tests {
    use super::is_redirect_uri;

    #[test]
    fn redirect_uris() {
        for good in [
            "https://app.example.com/callback",
            "https://app.example.com",
            "https://oauth2.prismatic.io/callback",
            "http://127.0.0.1:8765/cb?x=1",
            "http://[::1]:8765/",
            "com.example.app:/oauth",
            "myapp://callback",
        ] {
            assert!(is_redirect_uri(good), "{good}");
        }
        for bad in [
            "",
            "callback",
            "/callback",
            "//host/x",
            "https:",
            "https://",
            "https:///x",
            "https://?x",
            "https://:80/",
            "http:host/x",
            "https://u:p@host/",
            "https://good.example@evil.example/",
            "https://a/#f",
            "https://a/ b",
            "https://a/\r\nX: y",
            "https://a/\"",
            "https://a/<b>",
            "https://ä.example/",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "1http://x",
            "https://a\\@b/",
        ] {
            assert!(!is_redirect_uri(bad), "{bad}");
        }
        assert!(!is_redirect_uri(&format!("https://a/{}", "x".repeat(2_000))));
    }
}
