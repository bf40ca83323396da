//! The rooms below, as this crate sees them: the only place that names `store`, `desk` and `api`.
//!
//! WIRED: opening, readiness, closing, metrics, caches shared with other processes. NOT YET: creating a desk, the
//! demo, the routes and credentials; for the first, [`standin`] keeps a marker file in the data directory, so that a
//! first start differs from a second. To wire the rest: replace the bodies of [`Rooms`] by the calls their
//! comments name, and delete `standin.rs`.

#[allow(dead_code, reason = "read and made by identity, which is not wired yet")]
mod credentials;
mod engine;
mod standin;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use desk::{Clock, Desk, DeskOptions};
use store::engine::Db;

use crate::Failure;
use crate::config::Place;
use crate::metrics::Page;
pub(crate) use credentials::{Issue, Issued, Kind, Listed, Order};

/// An open desk. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rooms {
    db: Db,
    desk: Arc<Desk>,
    standin: Arc<standin::Standin>,
}

/// The clock of the machine.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }
}

/// How often to look whether another process on the same database changed what this one keeps in memory.
const REFRESH: Duration = Duration::from_millis(250);

/// How a new desk begins.
#[derive(Debug)]
pub(crate) struct NewDesk {
    /// The administrator.
    pub(crate) admin_email: String,
    /// The company's name.
    pub(crate) company: String,
}

/// The first credentials of a new desk. Shown once.
#[derive(Debug)]
pub(crate) struct Secrets {
    pub(crate) admin_email: String,
    pub(crate) admin_password: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) refresh_token: String,
    pub(crate) technician_key: String,
    pub(crate) happyfox_api_key: String,
    pub(crate) happyfox_auth_code: String,
}

impl Secrets {
    /// The object that `frontdesk init --json` prints.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "admin": {"email": self.admin_email, "password": self.admin_password},
            "oauth": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "refresh_token": self.refresh_token,
            },
            "technician_key": self.technician_key,
            "happyfox": {"api_key": self.happyfox_api_key, "auth_code": self.happyfox_auth_code},
        })
    }

    /// The same for people, in the order they will want it.
    pub(crate) fn lines(&self) -> [(&'static str, &str); 8] {
        [
            ("e-mail", &self.admin_email),
            ("password", &self.admin_password),
            ("technician key", &self.technician_key),
            ("OAuth client id", &self.client_id),
            ("OAuth client secret", &self.client_secret),
            ("OAuth refresh token", &self.refresh_token),
            ("HappyFox API key", &self.happyfox_api_key),
            ("HappyFox auth code", &self.happyfox_auth_code),
        ]
    }
}

/// Why a desk was not created.
#[derive(Debug)]
pub(crate) enum InitRefused {
    /// There is one already.
    Exists,
    /// Something failed.
    Failed(Failure),
}

impl Rooms {
    /// Opens the database, brings its schema up to date and reads what is kept in memory.
    pub(crate) async fn open(place: &Place) -> Result<Rooms, Failure> {
        let db = engine::open(place).await?;
        let options = DeskOptions {
            files_dir: place.data_dir.join("files"),
            clock: Arc::new(SystemClock),
            node: place.node.unwrap_or_else(|| node(place)),
        };
        let desk = Desk::open(db.clone(), options).await.map_err(|error| one_line(&error))?;
        let standin = Arc::new(standin::Standin::open(place)?);
        Ok(Rooms { db, desk, standin })
    }

    /// Starts what runs beside the requests while the desk is served. It ends with the runtime.
    pub(crate) fn start_background(&self) {
        if !self.desk.is_shared() {
            return;
        }
        let desk = Arc::clone(&self.desk);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                if let Err(error) = desk.refresh_caches().await {
                    tracing::warn!(%error, "cannot look for changes by other processes");
                }
            }
        });
    }

    /// The desk has not been initialised. `desk.is_new()`.
    pub(crate) fn is_new(&self) -> bool {
        self.standin.is_new()
    }

    /// Fills a new desk with the shipped rows and its first credentials. `desk.initialise(&InitOptions { .. })`.
    pub(crate) async fn initialise(&self, wanted: &NewDesk) -> Result<Secrets, InitRefused> {
        self.standin.initialise(wanted)
    }

    /// The database answers. Its schema is current since [`Rooms::open`], or we would not be here.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        self.desk.ready().await.map_err(|error| error.to_string())
    }

    /// Fills the desk with a company of `n` requests. `desk.demo(n, seed, progress)`.
    pub(crate) async fn demo(
        &self,
        n: u64,
        _seed: u64,
        progress: impl Fn(u64) + Send + Sync,
    ) -> Result<(), Failure> {
        progress(n);
        Ok(())
    }

    /// Everything below `/api`, `/app` and `/oauth`. `api::router(desk, ApiOptions { public_url, .. })`.
    pub(crate) fn router(&self, _public_url: &str) -> Router {
        Router::new()
    }

    /// The engine's numbers: commits, batches, queues, connections.
    pub(crate) fn write_metrics(&self, page: &mut Page) {
        engine::write_metrics(page, self.db.stats());
    }

    /// Carries out an order about credentials. `desk.identity()…`.
    pub(crate) async fn credentials(&self, _order: Order) -> Result<Issued, Failure> {
        Err(Failure::runtime("credentials are not wired yet"))
    }

    /// Finishes what is queued and closes the database.
    pub(crate) async fn close(&self) {
        self.desk.close().await;
    }
}

/// A number for making ids that no other process uses: with SQLite we are the only one; on a shared database a random
/// one will do for a few processes, and the setting `node` for certainty.
fn node(place: &Place) -> u16 {
    match place.database_url {
        Some(_) => getrandom::u32().map_or(0, |random| (random % 1024) as u16),
        None => 0,
    }
}

fn one_line(error: &dyn std::error::Error) -> Failure {
    Failure::runtime(error.to_string().replace('\n', " "))
}
