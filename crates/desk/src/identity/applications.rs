//! Applications that may act for a person, as the person sees them.

use super::act::{Act, Event};
use super::clients::Client;
use super::{ClientKind, Identity};
use crate::{DeskError, Scopes};
use model::Id;
use std::collections::HashMap;
use store::{Statement, credentials};

/// An application that may act for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The client.
    pub client: Id,
    /// Its name for people.
    pub name: String,
    /// Whether the person agreed to it on the consent page; else an administrator gave it a code or a token.
    pub is_agreed: bool,
    /// What it may do, all that it was given taken together.
    pub scopes: Scopes,
    /// Since when.
    pub since: i64,
    /// When it last fetched an access token.
    pub last_used: Option<i64>,
}

impl Identity {
    /// The applications that may act for a person, the newest first. A self client that acts on its own, as its service user, is
    /// none of them: nobody gave it anything.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn applications_of(&self, user: Id, now: i64) -> Result<Vec<Application>, DeskError> {
        let clients: HashMap<Id, Client> =
            self.clients().await?.into_iter().map(|client| (client.id, client)).collect();
        let mut found: Vec<Application> = Vec::new();
        let mut take = |client: Id, scopes: i64, since: i64, last_used: Option<i64>| {
            let Some(client) = clients.get(&client) else { return };
            let scopes = Scopes::from_bits(scopes);
            match found.iter_mut().find(|known| known.client == client.id) {
                Some(known) => {
                    known.scopes = known.scopes.either(scopes);
                    known.since = known.since.min(since);
                    known.last_used = known.last_used.max(last_used);
                }
                None => found.push(Application {
                    client: client.id,
                    name: client.name.clone(),
                    is_agreed: client.kind == ClientKind::Server,
                    scopes,
                    since,
                    last_used,
                }),
            }
        };
        let lasting = self.store.refresh_tokens_of(user).await?;
        for row in &lasting {
            take(row.client, row.scopes, row.created, row.last_used);
        }
        // Those that were given an hour and no more.
        let is_for_an_hour = |client: &Id| clients.get(client).is_some_and(|c| c.kind == ClientKind::Server);
        for row in self.store.access_tokens_of(user, now).await? {
            if is_for_an_hour(&row.client) && !lasting.iter().any(|grant| grant.id == row.grant) {
                take(row.client, row.scopes, row.expires - self.options.access_token_lifetime_ms, None);
            }
        }
        Ok(found)
    }

    /// Takes back all that an application was given for a person, who asks for it. `false` when it was given nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_application(&self, user: Id, client: Id, now: i64) -> Result<bool, DeskError> {
        let known = self.applications_of(user, now).await?.into_iter().find(|known| known.client == client);
        let Some(known) = known else { return Ok(false) };
        let mut statements = credentials::revoke_grants(user, client, now);
        statements.push(self.noted(Act::own(user, now), user, Event::GrantRevoked, &known.name));
        self.store.db().commit(statements).await?;
        self.access_tokens.forget_where(|held| held.found.user == user && held.client == client);
        Ok(true)
    }

    /// What takes back all that a person agreed to on the consent page; whoever commits it forgets their access tokens.
    pub(super) async fn end_agreed(&self, user: Id, act: Act) -> Result<Vec<Statement>, DeskError> {
        let mut statements = credentials::revoke_grants_to(ClientKind::Server.word(), user, act.now);
        for known in self.applications_of(user, act.now).await?.iter().filter(|known| known.is_agreed) {
            statements.push(self.noted(act, user, Event::GrantRevoked, &known.name));
        }
        Ok(statements)
    }
}
