//! The first credentials of a new desk.

use super::clients::NewClient;
use super::{Identity, secrets};
use crate::{DeskError, Scopes};
use model::Id;
use store::Statement;
use store::credentials;

/// The first credentials, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct InitialSecrets {
    /// The self client's name for itself. It may also act on its own, as the first administrator.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// For access tokens with every scope.
    pub refresh_token: String,
    /// The first administrator's technician key.
    pub technician_key: String,
    /// The first HappyFox key.
    pub happyfox: InitialHappyfox,
}

/// The first HappyFox key.
#[derive(Clone, PartialEq, Eq)]
pub struct InitialHappyfox {
    /// The public part.
    pub api_key: String,
    /// The secret.
    pub auth_code: String,
}

impl std::fmt::Debug for InitialSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitialSecrets").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for InitialHappyfox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InitialHappyfox").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

impl Identity {
    /// The first credentials, for the first administrator: what to show, and what to commit together with the
    /// desk's first rows. Nothing is written here, and the user need not exist yet.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn create_initial(&self, user: Id, now: i64) -> Result<(InitialSecrets, Vec<Statement>), DeskError> {
        const NAME: &str = "First self client";
        let new =
            NewClient { name: NAME.into(), redirect_uris: Vec::new(), service: Some((user, Scopes::all())) };
        let client = self.make_client(&new, now)?;
        let refresh = self.make_refresh_token(client.id, user, Scopes::all(), now)?;
        let key = self.make_technician_key(self.new_id(now), user, "First key", now)?;
        let pair = self.make_happyfox_key(user, "First key", now)?;
        let statements = vec![
            client.statement,
            credentials::add_refresh_token(&refresh.row),
            key.statement,
            pair.statement,
        ];
        let shown = InitialSecrets {
            client_id: client.client_id,
            client_secret: client.client_secret,
            refresh_token: refresh.token,
            technician_key: key.key,
            happyfox: InitialHappyfox { api_key: pair.api_key, auth_code: pair.auth_code },
        };
        Ok((shown, statements))
    }

    /// A new password and what is stored of it, for the first administrator.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn create_initial_password(&self) -> Result<(String, String), DeskError> {
        let password = secrets::password(self.secrets.as_ref())?;
        let hash = self.hash_password(&password)?;
        Ok((password, hash))
    }
}
