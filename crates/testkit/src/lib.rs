//! A whole desk in a test, on either engine, spoken to as clients speak to it.
//!
//! ```ignore
//! testkit::on_both_engines!(a_note_is_found(app) {
//!     let request = app.admin().post("/requests", json!({"request": {"subject": "Printer"}})).await.ok();
//! });
//! ```
//! Time stands still until a test moves it; ids and secrets are made anew for each desk.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    reason = "in a test, what does not work must stop it, loudly"
)]

mod browser;
mod client;
mod needs;
mod port;
mod postgres;
pub mod provider;

pub use browser::{Browser, Hearing, Page};
pub use client::{Client, Reply, encoded};
pub use needs::{is_here, program};
pub use port::{Act, Port, Seen};
pub use postgres::Database;

use axum::Router;
use desk::identity::{Identity, IdentityOptions, InitialSecrets, PasswordCost, SignOnRules, SystemSecrets};
use desk::{Clock, Desk, DeskOptions, shipped};
use model::Id;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::engine::{Db, PostgresOptions, SqliteOptions};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// In a folder of the test's own.
    Sqlite,
    /// In a database of the test's own on the server that `FRONTDESK_TEST_POSTGRES` names.
    Postgres,
}

/// A clock that a test moves.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

/// 2026-03-04 09:00:00 UTC, a Wednesday: when tests begin.
pub const START: i64 = 1_772_614_800_000;
/// Where the desk says that it is reached.
const URL: &str = "http://desk.example.com";

impl TestClock {
    /// Moves on by some milliseconds.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A running desk.
#[derive(Debug)]
pub struct App {
    /// The use cases, for what no face offers yet.
    pub desk: Arc<Desk>,
    /// Keys and tokens.
    pub identity: Arc<Identity>,
    /// The time.
    pub clock: Arc<TestClock>,
    /// The first administrator's password.
    pub admin_password: String,
    /// The first credentials.
    pub secrets: InitialSecrets,
    router: std::sync::Mutex<Router>,
    _database: Option<postgres::Database>,
    dir: tempfile::TempDir,
}

impl App {
    /// A new desk with its shipped rows. `None` where this machine has no PostgreSQL to test with, which is an
    /// error under `CI`.
    pub async fn start(engine: Engine) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let (db, database) = match engine {
            Engine::Sqlite => {
                let path = dir.path().join("frontdesk.db");
                (Db::open_sqlite(&path, SqliteOptions::default()).await.unwrap(), None)
            }
            Engine::Postgres => {
                let database = postgres::Database::create().await?;
                let db = Db::open_postgres(&database.url, PostgresOptions::default()).await.unwrap();
                (db, Some(database))
            }
        };
        Some(Self::on(db, database, dir).await)
    }

    /// Another process on the same database, for what several of them have to agree on. `None` on SQLite, which one
    /// process has for itself.
    pub async fn another_process(&self) -> Option<Self> {
        let url = &self._database.as_ref()?.url;
        let db = Db::open_postgres(url, PostgresOptions::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (desk, identity) = Self::rooms(db, self.clock.clone(), &dir, 1).await;
        let router = std::sync::Mutex::new(Self::faces(&desk, &identity, web::WebOptions::at(URL)));
        let (admin_password, secrets) = (self.admin_password.clone(), self.secrets.clone());
        let clock = self.clock.clone();
        Some(Self { desk, identity, clock, router, admin_password, secrets, _database: None, dir })
    }

    async fn rooms(
        db: Db,
        clock: Arc<TestClock>,
        dir: &tempfile::TempDir,
        node: u16,
    ) -> (Arc<Desk>, Arc<Identity>) {
        let options = DeskOptions { files_dir: dir.path().join("files"), clock, node };
        let desk = Desk::open(db.clone(), options).await.unwrap();
        // Hashes that cost next to nothing: tests are about what follows from them.
        let password_cost = PasswordCost { memory_kib: 8, passes: 1 };
        let identity_options =
            IdentityOptions { password_cost, ..IdentityOptions::new(desk.id_source().clone()) };
        let identity = Arc::new(Identity::new(db, Arc::new(SystemSecrets), identity_options));
        (desk, identity)
    }

    fn faces(desk: &Arc<Desk>, identity: &Arc<Identity>, pages: web::WebOptions) -> Router {
        let pages = web::router(desk.clone(), identity.clone(), pages);
        api::router(desk.clone(), identity.clone(), Self::api_options(), pages)
    }

    async fn on(db: Db, database: Option<postgres::Database>, dir: tempfile::TempDir) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let (desk, identity) = Self::rooms(db, clock.clone(), &dir, 0).await;
        let (admin_password, password_hash) = identity.create_initial_password().unwrap();
        let (secrets, statements) = identity.create_initial(shipped::ADMINISTRATOR, START).unwrap();
        let first = shipped::FirstRows {
            admin_email: "ada.admin@example.com",
            password_hash: &password_hash,
            portal_name: "Example IT",
            now: START,
        };
        desk.initialise(&first, statements).await.unwrap();
        let router = std::sync::Mutex::new(Self::faces(&desk, &identity, web::WebOptions::at(URL)));
        Self { desk, identity, clock, router, admin_password, secrets, _database: database, dir }
    }

    /// What the faces are given when nothing else is asked for.
    #[must_use]
    pub fn api_options() -> api::ApiOptions {
        api::ApiOptions {
            public_url: Some(URL.into()),
            text_bytes: 1024 * 1024,
            ..api::ApiOptions::default()
        }
    }

    /// The first administrator.
    #[must_use]
    pub fn admin(&self) -> Client<'_> {
        Client::with_key(self, &self.secrets.technician_key)
    }

    /// The first key of the requester API of HappyFox.
    #[must_use]
    pub fn happyfox(&self) -> Client<'_> {
        Client::with_basic(self, &self.secrets.happyfox.api_key, &self.secrets.happyfox.auth_code)
    }

    /// The first administrator's browser.
    pub async fn admins_browser(&self) -> Browser<'_> {
        Browser::of(self, shipped::ADMINISTRATOR).await
    }

    /// Somebody without a credential.
    #[must_use]
    pub fn nobody(&self) -> Client<'_> {
        Client::new(self, Vec::new())
    }

    /// The technician key of a person.
    pub async fn key_for(&self, user: Id) -> String {
        self.identity.issue_technician_key(user, "test", self.clock.now_ms()).await.unwrap().1
    }

    /// An access token of a person with these scopes.
    pub async fn token_for(&self, user: Id, scopes: desk::Scopes) -> String {
        let (client, now) = (&self.secrets.client_id, self.clock.now_ms());
        let refresh = self.identity.issue_refresh_token(client, user, scopes, now).await.unwrap();
        let tokens = self.identity.refresh(client, &self.secrets.client_secret, &refresh, now).await.unwrap();
        tokens.access_token
    }

    /// A new person, and a client that speaks for them. `fields` go beside name and address.
    pub async fn person(&self, name: &str, fields: serde_json::Value) -> (Id, Client<'_>) {
        let mut user = serde_json::json!({
            "name": name,
            "email_id": format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
        });
        for (key, value) in fields.as_object().unwrap() {
            user[key] = value.clone();
        }
        let made = self.admin().post("/users", serde_json::json!({"user": user})).await.ok();
        let id: Id = made["user"]["id"].as_str().unwrap().parse().unwrap();
        let key = self.key_for(id).await;
        (id, Client::with_key(self, &key))
    }

    /// A new technician.
    pub async fn technician(&self, name: &str) -> (Id, Client<'_>) {
        self.person(name, serde_json::json!({"is_technician": true})).await
    }

    /// A new requester.
    pub async fn requester(&self, name: &str) -> (Id, Client<'_>) {
        self.person(name, serde_json::json!({})).await
    }

    /// The folder of attached files.
    #[must_use]
    pub fn files_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("files")
    }

    /// The SQLite file, where the desk is on SQLite.
    #[must_use]
    pub fn sqlite_file(&self) -> std::path::PathBuf {
        self.dir.path().join("frontdesk.db")
    }

    /// All faces, for whoever serves them.
    pub fn router(&self) -> Router {
        self.router.lock().unwrap().clone()
    }

    /// From now on people may sign in by this provider too.
    pub fn sign_on_by(&self, provider: &provider::Provider, rules: SignOnRules) {
        let options = oidc::Options {
            issuer: provider.issuer.clone(),
            client_id: provider::CLIENT_ID.into(),
            client_secret: Some(provider::CLIENT_SECRET.into()),
            redirect_uri: format!("{URL}{}", web::SIGN_ON_BACK),
        };
        let provider = oidc::Provider::new(options).unwrap();
        let sign_on = web::SignOn { provider, button: "Example account".into(), rules };
        let pages = web::WebOptions { sign_on: Some(sign_on), ..web::WebOptions::at(URL) };
        *self.router.lock().unwrap() = Self::faces(&self.desk, &self.identity, pages);
    }
}

/// Writes a test once and runs it on both engines.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* $name:ident($app:ident) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn story($app: &$crate::App) $body

            #[tokio::test]
            async fn sqlite() {
                let app = $crate::App::start($crate::Engine::Sqlite).await.unwrap();
                story(&app).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(app) = $crate::App::start($crate::Engine::Postgres).await {
                    story(&app).await;
                }
            }
        }
    )+};
}
