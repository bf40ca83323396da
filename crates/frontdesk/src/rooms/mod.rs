//! The rooms below, as this crate sees them: the only place that names `store`, `desk`, `api`, `transfer` and `backup`.
//!
//! Whatever serves or fills a desk opens it here, once, with the real clock and the machine's randomness.

pub(crate) mod archives;
mod background;
mod credentials;
mod engine;
mod host;
mod lease;
mod migrate;
mod orders;
mod requester_fields;
mod transfer;

use std::sync::Arc;

use axum::Router;
use desk::identity::{Identity, IdentityOptions, SignOnRules, SystemSecrets};
use desk::{Clock, Desk, DeskError, DeskOptions, shipped};
use store::engine::Db;

pub(crate) use self::migrate::{Copied, Look};
pub(crate) use self::transfer::{ExportOptions, Format, ImportOptions, Imported, open_mapping};
use crate::Failure;
use crate::config::{Place, SsoPlan};
use crate::metrics::Page;
pub(crate) use api::CallLimits;
pub(crate) use credentials::{Issue, Issued, Kind, Listed, Order};
pub(crate) use desk::identity::Match;
pub(crate) use host::Host;
pub(crate) use requester_fields::{Description, FieldOrder};

/// An open desk. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rooms {
    db: Db,
    desk: Arc<Desk>,
    identity: Arc<Identity>,
    /// Where several processes share a database.
    lease: Option<lease::Lease>,
    backups: Arc<archives::Counted>,
    /// The memory for records as the API writes them.
    text_bytes: u64,
    ran: Arc<background::Ran>,
}

/// The clock of the machine.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }
}

/// The folder of attached files, in the data directory.
const FILES: &str = "files";

/// The number by which a server that has its database for itself makes ids.
const ALONE: u16 = 0;

/// The number by which a command beside such a server makes ids.
const BESIDE: u16 = 1023;

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
        Self::open_as(place, false).await
    }

    /// The same for a command that works beside a running server, on what the server does not keep in memory for longer
    /// than a second: credentials, and setup and people, of which it is told by the versions of its caches.
    pub(crate) async fn open_beside(place: &Place) -> Result<Rooms, Failure> {
        Self::open_as(place, true).await
    }

    async fn open_as(place: &Place, beside: bool) -> Result<Rooms, Failure> {
        if archives::restored_to(place).is_half_restored() {
            return Err(Failure::runtime(
                "a restore into this place has not come to its end; run frontdesk restore again",
            ));
        }
        let db = engine::open(place, beside).await?;
        let node = if beside { BESIDE } else { ALONE };
        let options =
            DeskOptions { files_dir: place.data_dir.join(FILES), clock: Arc::new(SystemClock), node };
        let desk = Desk::open(db.clone(), options).await.map_err(|error| one_line(&error))?;
        let lease = match place.database_url.is_some() {
            true => Some(lease::Lease::hold(&db, &desk).await.map_err(|error| one_line(&error))?),
            false => None,
        };
        let options = IdentityOptions::new(desk.id_source().clone());
        let identity = Arc::new(Identity::new(db.clone(), Arc::new(SystemSecrets), options));
        let text_bytes = engine::text_bytes(place);
        Ok(Rooms { db, desk, identity, lease, backups: Arc::default(), text_bytes, ran: Arc::default() })
    }

    /// The desk has not been filled with its first rows.
    pub(crate) fn is_new(&self) -> bool {
        self.desk.is_new()
    }

    /// Fills a new desk with the shipped rows and its first credentials, all at once.
    pub(crate) async fn initialise(&self, wanted: &NewDesk) -> Result<Secrets, InitRefused> {
        let failed = |error: DeskError| InitRefused::Failed(one_line(&error));
        let now = self.desk.now();
        let (password, hash) = self.identity.create_initial_password().map_err(failed)?;
        let (first, statements) =
            self.identity.create_initial(shipped::ADMINISTRATOR, now).map_err(failed)?;
        let rows = shipped::FirstRows {
            admin_email: &wanted.admin_email,
            password_hash: &hash,
            portal_name: &wanted.company,
            now,
        };
        match self.desk.initialise(&rows, statements).await {
            Ok(()) => Ok(Secrets {
                admin_email: wanted.admin_email.clone(),
                admin_password: password,
                client_id: first.client_id,
                client_secret: first.client_secret,
                refresh_token: first.refresh_token,
                technician_key: first.technician_key,
                happyfox_api_key: first.happyfox.api_key,
                happyfox_auth_code: first.happyfox.auth_code,
            }),
            Err(DeskError::NotPermitted) => Err(InitRefused::Exists),
            Err(error) => Err(failed(error)),
        }
    }

    /// The database answers. Its schema is current since [`Rooms::open`], or we would not be here.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        self.desk.ready().await.map_err(|error| error.to_string())
    }

    /// Fills a new desk with a company of `n` requests, the same for the same seed; `progress` is told how many are
    /// written.
    pub(crate) async fn demo(
        &self,
        n: u64,
        seed: u64,
        progress: impl Fn(u64) + Send + Sync,
    ) -> Result<(), Failure> {
        let filled = self.desk.demo(n, seed, &mut |p| progress(p.done)).await;
        filled.map_err(|error| orders::failure(&error))?;
        if let Err(error) = self.desk.measure().await {
            tracing::warn!(%error, "what lists are planned by was not counted");
        }
        Ok(())
    }

    /// The faces: what programs call, and the pages. `host` tells the system page of this process.
    pub(crate) fn router(
        &self,
        public_url: &str,
        requester_calls: CallLimits,
        sso: Option<&SsoPlan>,
        host: Host,
    ) -> Result<Router, Failure> {
        let options = api::ApiOptions {
            public_url: Some(public_url.to_owned()),
            requester_calls,
            text_bytes: self.text_bytes,
        };
        let sign_on = match sso {
            Some(plan) => Some(sign_on(plan, public_url)?),
            None => None,
        };
        let pages =
            web::WebOptions { public_url: public_url.to_owned(), sign_on, host: Some(Arc::new(host)) };
        let pages = web::router(Arc::clone(&self.desk), Arc::clone(&self.identity), pages);
        Ok(api::router(Arc::clone(&self.desk), Arc::clone(&self.identity), options, pages))
    }

    /// The secret of the first set-up, where no administrator can sign in with a password.
    pub(crate) async fn begin_set_up(&self) -> Result<Option<String>, Failure> {
        let has = self.desk.has_administrator_with_password(&self.identity).await;
        if has.map_err(|error| one_line(&error))? {
            return Ok(None);
        }
        self.new_set_up_secret().await.map(Some)
    }

    /// The secret of the first set-up of a desk that was just created: whoever has it need not keep the password that was
    /// made up for them.
    pub(crate) async fn new_set_up_secret(&self) -> Result<String, Failure> {
        let begun = self.identity.begin_set_up(self.desk.now()).await;
        begun.map_err(|error| one_line(&error))
    }

    /// The engine's numbers: commits, batches, queues, connections.
    pub(crate) fn write_metrics(&self, page: &mut Page) {
        engine::write_metrics(page, self.db.stats());
        self.write_backup_metrics(page);
    }

    /// Carries out an order about credentials.
    pub(crate) async fn credentials(&self, order: Order) -> Result<Issued, Failure> {
        orders::carry_out(&self.desk, &self.identity, order).await
    }

    /// Ends the answers of pages that listen to what happens.
    pub(crate) fn stop_live(&self) {
        self.desk.stop_live();
    }

    /// Finishes what is queued and closes the database.
    pub(crate) async fn close(&self) {
        if let Some(lease) = &self.lease {
            lease.end().await;
        }
        self.desk.close().await;
    }
}

fn sign_on(plan: &SsoPlan, public_url: &str) -> Result<web::SignOn, Failure> {
    let options = oidc::Options {
        issuer: plan.issuer.clone(),
        client_id: plan.client_id.clone(),
        client_secret: plan.client_secret.clone(),
        redirect_uri: format!("{}{}", public_url.trim_end_matches('/'), web::SIGN_ON_BACK),
    };
    Ok(web::SignOn {
        provider: oidc::Provider::new(options).map_err(|error| one_line(&error))?,
        button: plan.button.clone(),
        rules: SignOnRules { by: plan.by, create: plan.create },
    })
}

fn one_line(error: &dyn std::error::Error) -> Failure {
    Failure::runtime(error.to_string().replace('\n', " "))
}
