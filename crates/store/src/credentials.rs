//! Credentials: OAuth clients, codes and tokens, technician keys, HappyFox keys, sign-in sessions.
//!
//! Of every secret only the SHA-256 is kept. Secrets of ours have 128 bits of entropy or more, so that a plain hash
//! cannot be searched back; passwords are another matter, and their slow hash is on the person's row.
//!
//! Reads are functions of [`Credentials`]; writes are functions that return [`Statement`]s, for whoever commits
//! them together. To add a kind of credential: a table in the migration, a row type, its statements, and a line in
//! [`Credentials::purge`] if it expires.

use crate::engine::{Cost, Db, Expect, Query, Row, Statement, StoreError};
use model::{Id, Value};
use std::fmt::Write;

/// The SHA-256 of a secret.
pub type Hash = [u8; 32];

/// At most so many rows of a list are read.
const LIST_MAX: i64 = 1000;

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct ClientRow {
    pub id: Id,
    pub client_id: String,
    pub secret_hash: Hash,
    pub name: String,
    pub kind: String,
    /// A JSON list.
    pub redirect_uris: String,
    pub service_person: Option<Id>,
    pub service_scopes: i64,
    pub created: i64,
    pub last_used: Option<i64>,
    pub revoked: Option<i64>,
    /// Rests, until it is enabled again.
    pub disabled: Option<i64>,
}

/// A code that is exchanged for tokens once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct CodeRow {
    pub hash: Hash,
    pub grant: Id,
    pub client: Id,
    pub person: Id,
    pub scopes: i64,
    pub redirect_uri: Option<String>,
    pub challenge: Option<String>,
    pub challenge_method: Option<String>,
    pub offline: bool,
    pub created: i64,
    pub expires: i64,
    pub used: Option<i64>,
}

/// A refresh token. Its id is the number of the grant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct RefreshRow {
    pub id: Id,
    pub hash: Hash,
    pub client: Id,
    pub person: Id,
    pub scopes: i64,
    pub created: i64,
    pub last_used: Option<i64>,
    pub revoked: Option<i64>,
}

/// An access token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct AccessRow {
    pub hash: Hash,
    pub grant: Id,
    pub client: Id,
    pub person: Id,
    pub scopes: i64,
    pub expires: i64,
}

/// A technician key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct KeyRow {
    pub id: Id,
    pub hash: Hash,
    pub person: Id,
    pub name: String,
    pub created: i64,
    pub last_used: Option<i64>,
    pub revoked: Option<i64>,
}

/// A HappyFox key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql")]
pub struct HappyfoxRow {
    pub id: Id,
    pub api_key: String,
    pub code_hash: Hash,
    pub person: Id,
    pub name: String,
    pub created: i64,
    pub last_used: Option<i64>,
    /// Rests, until it is enabled again.
    pub disabled: Option<i64>,
    /// Gone for good.
    pub revoked: Option<i64>,
}

/// A browser that is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0001_desk.sql and 0010_pages.sql")]
pub struct SessionRow {
    pub hash: Hash,
    pub person: Id,
    pub created: i64,
    pub expires: i64,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// The network address that it signed in from.
    pub address: Option<String>,
    pub last_seen: Option<i64>,
}

/// What signing in needs to know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns of the person's table")]
pub struct PersonRow {
    pub id: Id,
    pub name: String,
    pub email: String,
    pub inactive: bool,
    pub password_hash: Option<String>,
}

const CLIENT: &str = r#"SELECT "id", "client_id", "secret_hash", "name", "kind", "redirect_uris", "service_person", "service_scopes", "created", "last_used", "revoked", "disabled" FROM "oauth_client""#;
const CODE: &str = r#"SELECT "hash", "grant_id", "client", "person", "scopes", "redirect_uri", "challenge", "challenge_method", "offline", "created", "expires", "used" FROM "oauth_code""#;
const REFRESH: &str = r#"SELECT "id", "hash", "client", "person", "scopes", "created", "last_used", "revoked" FROM "refresh_token""#;
const ACCESS: &str = r#"SELECT "hash", "grant_id", "client", "person", "scopes", "expires" FROM "access_token" WHERE "hash" = $1"#;
const ACCESS_OF: &str = r#"SELECT "hash", "grant_id", "client", "person", "scopes", "expires" FROM "access_token" WHERE "person" = $1"#;
const KEY: &str =
    r#"SELECT "id", "hash", "person", "name", "created", "last_used", "revoked" FROM "technician_key""#;
const HAPPYFOX: &str = r#"SELECT "id", "api_key", "code_hash", "person", "name", "created", "last_used", "disabled", "revoked" FROM "happyfox_key""#;
const SESSION: &str = r#"SELECT "hash", "person", "created", "expires", "agent", "address", "last_seen" FROM "sign_in_session""#;
const PERSON: &str = r#"SELECT "id", "name", "email_id", "inactive", "password_hash" FROM "person""#;

/// The credentials of a desk. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Credentials {
    db: Db,
}

impl Credentials {
    /// The credentials in a database whose schema is current.
    #[must_use]
    pub const fn new(db: Db) -> Self {
        Self { db }
    }

    /// The database itself.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// A client by the name it gives itself in requests, revoked or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn client(&self, client_id: &str) -> Result<Option<ClientRow>, StoreError> {
        self.one(CLIENT, r#" WHERE "client_id" = $1"#, client_id.into()).await
    }

    /// A code, used or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn code(&self, hash: &Hash) -> Result<Option<CodeRow>, StoreError> {
        self.one(CODE, r#" WHERE "hash" = $1"#, hex(hash)).await
    }

    /// A refresh token, revoked or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn refresh_token(&self, hash: &Hash) -> Result<Option<RefreshRow>, StoreError> {
        self.one(REFRESH, r#" WHERE "hash" = $1"#, hex(hash)).await
    }

    /// An access token, expired or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn access_token(&self, hash: &Hash) -> Result<Option<AccessRow>, StoreError> {
        self.one(ACCESS, "", hex(hash)).await
    }

    /// A technician key, revoked or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn technician_key(&self, hash: &Hash) -> Result<Option<KeyRow>, StoreError> {
        self.one(KEY, r#" WHERE "hash" = $1"#, hex(hash)).await
    }

    /// A HappyFox key, disabled or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn happyfox_key(&self, api_key: &str) -> Result<Option<HappyfoxRow>, StoreError> {
        self.one(HAPPYFOX, r#" WHERE "api_key" = $1"#, api_key.into()).await
    }

    /// A session, expired or not.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn session(&self, hash: &Hash) -> Result<Option<SessionRow>, StoreError> {
        self.one(SESSION, r#" WHERE "hash" = $1"#, hex(hash)).await
    }

    /// The sessions of a person that are good at `now`, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn sessions_of(&self, person: Id, now: i64) -> Result<Vec<SessionRow>, StoreError> {
        let rest = r#" WHERE "person" = $1 AND "expires" > $2 ORDER BY "created" DESC LIMIT $3"#;
        self.all(SESSION, rest, &[person.into(), now.into()]).await
    }

    /// The person with an address, in any letter case.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn person_by_email(&self, email: &str) -> Result<Option<PersonRow>, StoreError> {
        self.one(PERSON, r#" WHERE "email_id_key" = $1"#, model::fold_email(email).into()).await
    }

    /// The person with an id.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn person(&self, id: Id) -> Result<Option<PersonRow>, StoreError> {
        self.one(PERSON, r#" WHERE "id" = $1"#, id.into()).await
    }

    /// The clients, the newest first; of this and the other lists the first thousand.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn clients(&self) -> Result<Vec<ClientRow>, StoreError> {
        self.all(CLIENT, r#" ORDER BY "id" DESC LIMIT $1"#, &[]).await
    }

    /// The codes that can still be used at `now`, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn open_codes(&self, now: i64) -> Result<Vec<CodeRow>, StoreError> {
        let rest = r#" WHERE "used" IS NULL AND "expires" > $1 ORDER BY "created" DESC LIMIT $2"#;
        self.all(CODE, rest, &[now.into()]).await
    }

    /// The refresh tokens, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn refresh_tokens(&self) -> Result<Vec<RefreshRow>, StoreError> {
        self.all(REFRESH, r#" ORDER BY "id" DESC LIMIT $1"#, &[]).await
    }

    /// The refresh tokens of a person that were not revoked, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn refresh_tokens_of(&self, person: Id) -> Result<Vec<RefreshRow>, StoreError> {
        let rest = r#" WHERE "person" = $1 AND "revoked" IS NULL ORDER BY "id" DESC LIMIT $2"#;
        self.all(REFRESH, rest, &[person.into()]).await
    }

    /// The access tokens of a person that are good at `now`, those that last longest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn access_tokens_of(&self, person: Id, now: i64) -> Result<Vec<AccessRow>, StoreError> {
        let rest = r#" AND "expires" > $2 ORDER BY "expires" DESC LIMIT $3"#;
        self.all(ACCESS_OF, rest, &[person.into(), now.into()]).await
    }

    /// The technician keys, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn technician_keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        self.all(KEY, r#" ORDER BY "id" DESC LIMIT $1"#, &[]).await
    }

    /// The HappyFox keys, the newest first.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn happyfox_keys(&self) -> Result<Vec<HappyfoxRow>, StoreError> {
        self.all(HAPPYFOX, r#" ORDER BY "id" DESC LIMIT $1"#, &[]).await
    }

    /// Removes up to `most` rows of each kind that expired before `now`; used codes and revoked refresh tokens stay
    /// for a day longer, so that a second use is still recognised as one. Returns the greatest number removed of one
    /// kind: when it is `most`, there may be more.
    ///
    /// # Errors
    /// As [`Db::commit`].
    pub async fn purge(&self, now: i64, most: i64) -> Result<u64, StoreError> {
        const DAY_MS: i64 = 86_400_000;
        let expired =
            |sql: &'static str, before: i64| write(sql, vec![before.into(), most.into()], Expect::Any);
        let removed = self
            .db
            .commit(vec![
                expired(
                    r#"DELETE FROM "access_token" WHERE "hash" IN (SELECT "hash" FROM "access_token" WHERE "expires" < $1 ORDER BY "expires" LIMIT $2)"#,
                    now,
                ),
                expired(
                    r#"DELETE FROM "oauth_code" WHERE "hash" IN (SELECT "hash" FROM "oauth_code" WHERE "expires" < $1 ORDER BY "expires" LIMIT $2)"#,
                    now - DAY_MS,
                ),
                expired(
                    r#"DELETE FROM "sign_in_session" WHERE "hash" IN (SELECT "hash" FROM "sign_in_session" WHERE "expires" < $1 ORDER BY "expires" LIMIT $2)"#,
                    now,
                ),
                expired(
                    r#"DELETE FROM "sign_in_step" WHERE "hash" IN (SELECT "hash" FROM "sign_in_step" WHERE "expires" < $1 ORDER BY "expires" LIMIT $2)"#,
                    now,
                ),
                expired(
                    r#"DELETE FROM "sign_in_failure" WHERE "subject" IN (SELECT "subject" FROM "sign_in_failure" WHERE "expires" < $1 ORDER BY "expires" LIMIT $2)"#,
                    now,
                ),
            ])
            .await?;
        Ok(removed.into_iter().max().unwrap_or(0))
    }

    pub(crate) async fn one<T: FromRow>(
        &self,
        select: &'static str,
        rest: &'static str,
        key: Value,
    ) -> Result<Option<T>, StoreError> {
        // The texts with a tail are put together at each call; those of the hot path are whole already.
        let sql = if rest.is_empty() { select.into() } else { [select, rest].concat().into() };
        let rows = self.db.read(Query { sql, binds: vec![key], cost: Cost::Point }).await?;
        rows.first().map(|row| T::from_row(row).ok_or_else(|| misread(select))).transpose()
    }

    pub(crate) async fn all<T: FromRow>(
        &self,
        select: &'static str,
        rest: &'static str,
        binds: &[Value],
    ) -> Result<Vec<T>, StoreError> {
        let mut binds = binds.to_vec();
        binds.push(LIST_MAX.into());
        let query = Query { sql: [select, rest].concat().into(), binds, cost: Cost::Scan };
        let rows = self.db.read(query).await?;
        rows.iter().map(|row| T::from_row(row).ok_or_else(|| misread(select))).collect()
    }
}

/// Adds a client.
#[must_use]
pub fn add_client(row: &ClientRow) -> Statement {
    write(
        r#"INSERT INTO "oauth_client" ("id", "client_id", "secret_hash", "name", "kind", "redirect_uris", "service_person", "service_scopes", "created") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        vec![
            row.id.into(),
            row.client_id.as_str().into(),
            hex(&row.secret_hash),
            row.name.as_str().into(),
            row.kind.as_str().into(),
            row.redirect_uris.as_str().into(),
            row.service_person.into(),
            row.service_scopes.into(),
            row.created.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Adds a code.
#[must_use]
pub fn add_code(row: &CodeRow) -> Statement {
    write(
        r#"INSERT INTO "oauth_code" ("hash", "grant_id", "client", "person", "scopes", "redirect_uri", "challenge", "challenge_method", "offline", "created", "expires") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"#,
        vec![
            hex(&row.hash),
            row.grant.into(),
            row.client.into(),
            row.person.into(),
            row.scopes.into(),
            row.redirect_uri.clone().into(),
            row.challenge.clone().into(),
            row.challenge_method.clone().into(),
            row.offline.into(),
            row.created.into(),
            row.expires.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Marks a code as used; stale when somebody was faster.
#[must_use]
pub fn use_code(hash: &Hash, now: i64) -> Statement {
    write(
        r#"UPDATE "oauth_code" SET "used" = $1 WHERE "hash" = $2 AND "used" IS NULL"#,
        vec![now.into(), hex(hash)],
        Expect::Exactly(1),
    )
}

/// Adds a refresh token.
#[must_use]
pub fn add_refresh_token(row: &RefreshRow) -> Statement {
    write(
        r#"INSERT INTO "refresh_token" ("id", "hash", "client", "person", "scopes", "created") VALUES ($1, $2, $3, $4, $5, $6)"#,
        vec![
            row.id.into(),
            hex(&row.hash),
            row.client.into(),
            row.person.into(),
            row.scopes.into(),
            row.created.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Notes that a refresh token is used; stale when it was revoked meanwhile.
#[must_use]
pub fn use_refresh_token(id: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "refresh_token" SET "last_used" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
        vec![now.into(), id.into()],
        Expect::Exactly(1),
    )
}

/// Notes that a client is used; stale when it was revoked meanwhile.
#[must_use]
pub fn use_client(id: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "oauth_client" SET "last_used" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
        vec![now.into(), id.into()],
        Expect::Exactly(1),
    )
}

/// Adds an access token.
#[must_use]
pub fn add_access_token(row: &AccessRow) -> Statement {
    write(
        r#"INSERT INTO "access_token" ("hash", "grant_id", "client", "person", "scopes", "expires") VALUES ($1, $2, $3, $4, $5, $6)"#,
        vec![
            hex(&row.hash),
            row.grant.into(),
            row.client.into(),
            row.person.into(),
            row.scopes.into(),
            row.expires.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Takes back one access token.
#[must_use]
pub fn remove_access_token(hash: &Hash) -> Statement {
    write(r#"DELETE FROM "access_token" WHERE "hash" = $1"#, vec![hex(hash)], Expect::Any)
}

/// Takes back a grant: its refresh token and every access token of it. The refresh token first: a refresh under way
/// holds its row, and the access token that it adds is there when the second statement looks.
#[must_use]
pub fn revoke_grant(grant: Id, now: i64) -> Vec<Statement> {
    vec![
        write(
            r#"UPDATE "refresh_token" SET "revoked" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
            vec![now.into(), grant.into()],
            Expect::Any,
        ),
        write(r#"DELETE FROM "access_token" WHERE "grant_id" = $1"#, vec![grant.into()], Expect::Any),
    ]
}

/// Takes back all that a client was given for a person. The order is that of [`revoke_grant`], for the same reason, and an
/// exchange under way holds its code.
#[must_use]
pub fn revoke_grants(person: Id, client: Id, now: i64) -> Vec<Statement> {
    vec![
        write(
            r#"DELETE FROM "oauth_code" WHERE "person" = $1 AND "client" = $2 AND "used" IS NULL"#,
            vec![person.into(), client.into()],
            Expect::Any,
        ),
        write(
            r#"UPDATE "refresh_token" SET "revoked" = $1 WHERE "person" = $2 AND "client" = $3 AND "revoked" IS NULL"#,
            vec![now.into(), person.into(), client.into()],
            Expect::Any,
        ),
        write(
            r#"DELETE FROM "access_token" WHERE "person" = $1 AND "client" = $2"#,
            vec![person.into(), client.into()],
            Expect::Any,
        ),
    ]
}

/// Takes back all that clients of a kind were given for a person, in the same order.
#[must_use]
pub fn revoke_grants_to(kind: &str, person: Id, now: i64) -> Vec<Statement> {
    vec![
        write(
            r#"DELETE FROM "oauth_code" WHERE "person" = $1 AND "used" IS NULL AND "client" IN (SELECT "id" FROM "oauth_client" WHERE "kind" = $2)"#,
            vec![person.into(), kind.into()],
            Expect::Any,
        ),
        write(
            r#"UPDATE "refresh_token" SET "revoked" = $1 WHERE "person" = $2 AND "revoked" IS NULL AND "client" IN (SELECT "id" FROM "oauth_client" WHERE "kind" = $3)"#,
            vec![now.into(), person.into(), kind.into()],
            Expect::Any,
        ),
        write(
            r#"DELETE FROM "access_token" WHERE "person" = $1 AND "client" IN (SELECT "id" FROM "oauth_client" WHERE "kind" = $2)"#,
            vec![person.into(), kind.into()],
            Expect::Any,
        ),
    ]
}

/// Takes back a client and all that it was given; stale when it is revoked already. The order is that of
/// [`revoke_grant`], for the same reason.
#[must_use]
pub fn revoke_client(id: Id, now: i64) -> Vec<Statement> {
    vec![
        write(
            r#"UPDATE "oauth_client" SET "revoked" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
            vec![now.into(), id.into()],
            Expect::Exactly(1),
        ),
        write(r#"DELETE FROM "oauth_code" WHERE "client" = $1"#, vec![id.into()], Expect::Any),
        write(
            r#"UPDATE "refresh_token" SET "revoked" = $1 WHERE "client" = $2 AND "revoked" IS NULL"#,
            vec![now.into(), id.into()],
            Expect::Any,
        ),
        write(r#"DELETE FROM "access_token" WHERE "client" = $1"#, vec![id.into()], Expect::Any),
    ]
}

/// Lets a client rest, or ends its rest; stale when it is revoked. What it was given stays: a client that rests cannot renew it.
#[must_use]
pub fn disable_client(id: Id, disabled: Option<i64>) -> Statement {
    write(
        r#"UPDATE "oauth_client" SET "disabled" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
        vec![disabled.into(), id.into()],
        Expect::Exactly(1),
    )
}

/// Takes back every access token of a client. Its refresh tokens stay.
#[must_use]
pub fn remove_access_tokens_of(client: Id) -> Statement {
    write(r#"DELETE FROM "access_token" WHERE "client" = $1"#, vec![client.into()], Expect::Any)
}

/// Gives a client another secret; stale when it is revoked.
#[must_use]
pub fn set_client_secret(id: Id, secret_hash: &Hash) -> Statement {
    write(
        r#"UPDATE "oauth_client" SET "secret_hash" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
        vec![hex(secret_hash), id.into()],
        Expect::Exactly(1),
    )
}

/// Gives a client another name and other redirect URIs (a JSON list); stale when it is revoked.
#[must_use]
pub fn change_client(id: Id, name: &str, redirect_uris: &str) -> Statement {
    write(
        r#"UPDATE "oauth_client" SET "name" = $1, "redirect_uris" = $2 WHERE "id" = $3 AND "revoked" IS NULL"#,
        vec![name.into(), redirect_uris.into(), id.into()],
        Expect::Exactly(1),
    )
}

/// Takes back a code that was not used; stale when there is none.
#[must_use]
pub fn remove_code(grant: Id) -> Statement {
    write(
        r#"DELETE FROM "oauth_code" WHERE "grant_id" = $1 AND "used" IS NULL"#,
        vec![grant.into()],
        Expect::Exactly(1),
    )
}

/// Adds a technician key.
#[must_use]
pub fn add_technician_key(row: &KeyRow) -> Statement {
    write(
        r#"INSERT INTO "technician_key" ("id", "hash", "person", "name", "created") VALUES ($1, $2, $3, $4, $5)"#,
        vec![row.id.into(), hex(&row.hash), row.person.into(), row.name.as_str().into(), row.created.into()],
        Expect::Exactly(1),
    )
}

/// Takes back a technician key; stale when there is none.
#[must_use]
pub fn revoke_technician_key(id: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "technician_key" SET "revoked" = $1 WHERE "id" = $2 AND "revoked" IS NULL"#,
        vec![now.into(), id.into()],
        Expect::Exactly(1),
    )
}

/// Notes when a technician key was used.
#[must_use]
pub fn technician_key_used(id: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "technician_key" SET "last_used" = $1 WHERE "id" = $2"#,
        vec![now.into(), id.into()],
        Expect::Any,
    )
}

/// Adds a HappyFox key.
#[must_use]
pub fn add_happyfox_key(row: &HappyfoxRow) -> Statement {
    write(
        r#"INSERT INTO "happyfox_key" ("id", "api_key", "code_hash", "person", "name", "created") VALUES ($1, $2, $3, $4, $5, $6)"#,
        vec![
            row.id.into(),
            row.api_key.as_str().into(),
            hex(&row.code_hash),
            row.person.into(),
            row.name.as_str().into(),
            row.created.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Disables a HappyFox key; stale when there is none that works.
#[must_use]
pub fn disable_happyfox_key(api_key: &str, now: i64) -> Statement {
    write(
        r#"UPDATE "happyfox_key" SET "disabled" = $1 WHERE "api_key" = $2 AND "disabled" IS NULL AND "revoked" IS NULL"#,
        vec![now.into(), api_key.into()],
        Expect::Exactly(1),
    )
}

/// Enables a disabled HappyFox key; stale when there is none.
#[must_use]
pub fn enable_happyfox_key(api_key: &str) -> Statement {
    write(
        r#"UPDATE "happyfox_key" SET "disabled" = NULL WHERE "api_key" = $1 AND "disabled" IS NOT NULL AND "revoked" IS NULL"#,
        vec![api_key.into()],
        Expect::Exactly(1),
    )
}

/// Revokes a HappyFox key for good; stale when there is none.
#[must_use]
pub fn revoke_happyfox_key(api_key: &str, now: i64) -> Statement {
    write(
        r#"UPDATE "happyfox_key" SET "revoked" = $1 WHERE "api_key" = $2 AND "revoked" IS NULL"#,
        vec![now.into(), api_key.into()],
        Expect::Exactly(1),
    )
}

/// Notes when a HappyFox key was used.
#[must_use]
pub fn happyfox_key_used(id: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "happyfox_key" SET "last_used" = $1 WHERE "id" = $2"#,
        vec![now.into(), id.into()],
        Expect::Any,
    )
}

/// Adds a session.
#[must_use]
pub fn add_session(row: &SessionRow) -> Statement {
    write(
        r#"INSERT INTO "sign_in_session" ("hash", "person", "created", "expires", "agent", "address", "last_seen") VALUES ($1, $2, $3, $4, $5, $6, $7)"#,
        vec![
            hex(&row.hash),
            row.person.into(),
            row.created.into(),
            row.expires.into(),
            row.agent.clone().into(),
            row.address.clone().into(),
            row.last_seen.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Notes that a session was used.
#[must_use]
pub fn session_seen(hash: &Hash, now: i64) -> Statement {
    write(
        r#"UPDATE "sign_in_session" SET "last_seen" = $1 WHERE "hash" = $2"#,
        vec![now.into(), hex(hash)],
        Expect::Any,
    )
}

/// Ends a session of a person, if it is theirs.
#[must_use]
pub fn remove_session_of(person: Id, hash: &Hash) -> Statement {
    write(
        r#"DELETE FROM "sign_in_session" WHERE "person" = $1 AND "hash" = $2"#,
        vec![person.into(), hex(hash)],
        Expect::Any,
    )
}

/// Ends a session.
#[must_use]
pub fn remove_session(hash: &Hash) -> Statement {
    write(r#"DELETE FROM "sign_in_session" WHERE "hash" = $1"#, vec![hex(hash)], Expect::Any)
}

/// Ends all sessions of a person.
#[must_use]
pub fn remove_sessions_of(person: Id) -> Statement {
    write(r#"DELETE FROM "sign_in_session" WHERE "person" = $1"#, vec![person.into()], Expect::Any)
}

/// Sets a person's password. The row's version stays: no use case reads this column, and an edit writes only what
/// it changed.
#[must_use]
pub fn set_password(person: Id, password_hash: &str) -> Statement {
    write(
        r#"UPDATE "person" SET "password_hash" = $1 WHERE "id" = $2"#,
        vec![password_hash.into(), person.into()],
        Expect::Exactly(1),
    )
}

pub(crate) fn write(sql: &'static str, binds: Vec<Value>, expect: Expect) -> Statement {
    Statement::new(sql, binds, expect)
}

fn misread(select: &str) -> StoreError {
    StoreError::Schema(format!("unexpected cells from {select}"))
}

pub(crate) fn hex(hash: &Hash) -> Value {
    let mut text = String::with_capacity(64);
    for byte in hash {
        let _infallible = write!(text, "{byte:02x}");
    }
    Value::Text(text)
}

/// A row type, from the cells of its select list.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> Option<Self>;
}

/// The value of a cell.
pub(crate) trait FromCell: Sized {
    fn from_cell(cell: &Value) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: &Value) -> Option<Self> {
        cell.as_int()
    }
}
impl FromCell for Id {
    fn from_cell(cell: &Value) -> Option<Self> {
        cell.as_int().map(Self::new)
    }
}
impl FromCell for bool {
    fn from_cell(cell: &Value) -> Option<Self> {
        // A flag of a record that was never set.
        if cell.is_null() { Some(false) } else { cell.as_bool() }
    }
}
impl FromCell for String {
    fn from_cell(cell: &Value) -> Option<Self> {
        cell.as_str().map(str::to_owned)
    }
}
impl FromCell for Hash {
    fn from_cell(cell: &Value) -> Option<Self> {
        let text = cell.as_str()?.as_bytes();
        let mut hash = [0; 32];
        let (pairs, []) = text.as_chunks::<2>() else { return None };
        if pairs.len() != hash.len() {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(pairs) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(hash)
    }
}
impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Value) -> Option<Self> {
        if cell.is_null() { Some(None) } else { T::from_cell(cell).map(Some) }
    }
}

/// Reads the cells in the order in which the fields are listed.
macro_rules! from_row {
    ($type:ident { $($field:ident),* }) => {
        impl $crate::credentials::FromRow for $type {
            fn from_row(row: &$crate::engine::Row) -> Option<Self> {
                let mut cells = row.iter();
                $(let $field = $crate::credentials::FromCell::from_cell(cells.next()?)?;)*
                Some(Self { $($field),* })
            }
        }
    };
}

pub(crate) use from_row;

from_row!(ClientRow {
    id,
    client_id,
    secret_hash,
    name,
    kind,
    redirect_uris,
    service_person,
    service_scopes,
    created,
    last_used,
    revoked,
    disabled
});
from_row!(CodeRow {
    hash,
    grant,
    client,
    person,
    scopes,
    redirect_uri,
    challenge,
    challenge_method,
    offline,
    created,
    expires,
    used
});
from_row!(RefreshRow { id, hash, client, person, scopes, created, last_used, revoked });
from_row!(AccessRow { hash, grant, client, person, scopes, expires });
from_row!(KeyRow { id, hash, person, name, created, last_used, revoked });
from_row!(HappyfoxRow { id, api_key, code_hash, person, name, created, last_used, disabled, revoked });
from_row!(SessionRow { hash, person, created, expires, agent, address, last_seen });

impl FromRow for PersonRow {
    fn from_row(row: &Row) -> Option<Self> {
        let [id, name, email, inactive, password_hash] = row.as_slice() else { return None };
        Some(Self {
            id: Id::from_cell(id)?,
            name: Option::from_cell(name)?.unwrap_or_default(),
            email: Option::from_cell(email)?.unwrap_or_default(),
            inactive: bool::from_cell(inactive)?,
            password_hash: Option::from_cell(password_hash)?,
        })
    }
}
