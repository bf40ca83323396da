//! What a service desk does: one file of use cases per noun, who may do what, jobs. Knows no HTTP and no SQL.
//!
//! A use case takes a [`Context`] (who, with which scopes, when), checks the right to do it, works out what to
//! write as data, and commits it once. The part that is the same for every noun is in [`records`]; what is
//! peculiar to one noun is in the file of its name, called from [`nouns`].

mod approvals;
mod assets;
mod attachments;
mod batch;
mod bookmarks;
mod cmdb;
pub mod compare;
pub mod context;
mod conversations;
pub mod dashboards;
pub mod demo;
mod depreciation;
mod draft;
mod error;
mod facts;
pub mod figures;
pub mod files;
mod history;
pub mod html;
pub mod identity;
pub mod jobs;
mod links;
pub mod live;
mod loans;
mod money;
mod notes;
pub mod nouns;
mod numbers;
pub mod once;
pub mod paging;
mod people;
pub mod permissions;
mod preferences;
mod presence;
mod problems;
mod products;
pub mod records;
mod request_views;
pub mod requesters;
mod requests;
mod resolve;
mod saved_views;
mod search;
mod service;
pub mod shipped;
pub mod similar;
mod snapshot;
mod storage;
mod task_views;
mod tasks;
mod templates;
pub mod timers;
mod turns;
mod udf;
mod undo;
mod users;
mod view;
mod worklogs;

pub use attachments::{FILE_BYTES_MAX, FilesOf, Purpose, Upload};
pub use batch::{Known, NotCommitted, Ready};
pub use cmdb::graph::Direction;
pub use cmdb::impact::{Hit, Impact};
pub use cmdb::linked_entities;
pub use cmdb::map::{ImpactMap, MapAsk, MapEdge, MapLayer, MapNode};
pub use cmdb::relationships::Wanted;
pub use context::{Access, Caller, Context, Scopes, TraceId, Verb};
pub use conversations::{Said, Speaker};
pub use error::{DeskError, Refusal};
pub use facts::running_number;
pub use links::Linked;
pub use preferences::PREFERENCES;
pub use presence::Looking;
pub use records::{ListAsk, Outcome, Page, Place};
pub use request_views::{REQUEST_VIEWS, request_view};
pub use requests::{is_locked, overdue, response_overdue, statuses::RESOLVED as SOLVED};
pub use resolve::is_gone;
pub use search::has_words;
pub use snapshot::{Settings, Snapshot};
pub use storage::Storage;
pub use store::search::{is_searched, words};
pub use store::{ImportProgress, MigratedPart, Remark, Statement};
pub use task_views::{TASK_VIEWS, task_view};
pub use templates::is_hidden as is_hidden_template;
pub use undo::{Undoable, Undone};
pub use users::people_called;
pub use view::View;

use arc_swap::ArcSwap;
use model::{Id, IdSource, Module, Record, Size};
use std::path::PathBuf;
use std::sync::Arc;
use store::{Store, StoreError};

/// What time it is. The wiring gives the real clock, tests give their own.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since 1970-01-01 UTC.
    fn now_ms(&self) -> i64;
}

/// What a desk needs from the wiring.
#[derive(Clone, Debug)]
pub struct DeskOptions {
    /// The folder of attached files.
    pub files_dir: PathBuf,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The number of this process for making ids; 0 when it is the only one.
    pub node: u16,
}

/// A service desk.
#[derive(Debug)]
pub struct Desk {
    pub(crate) store: Store,
    snapshot: ArcSwap<Snapshot>,
    people: people::People,
    numbers: numbers::Numbers,
    ids: Arc<IdSource>,
    clock: Arc<dyn Clock>,
    files: files::Files,
    graph: arc_swap::ArcSwapOption<cmdb::graph::Graph>,
    graph_building: tokio::sync::Mutex<()>,
    pub(crate) turns: turns::Turns,
    seen_versions: tokio::sync::Mutex<std::collections::HashMap<String, i64>>,
    live: live::Live,
    bookmarks: bookmarks::Bookmarks,
}

impl Desk {
    /// Opens the desk in a database: brings the schema up to date and reads what is kept in memory.
    ///
    /// # Errors
    /// When the database does not answer, or holds a schema that is newer than this program.
    pub async fn open(db: store::Db, options: DeskOptions) -> Result<Arc<Self>, DeskError> {
        let now = options.clock.now_ms();
        db.migrate(&store::migrations::steps(), now).await?;
        let store = Store::new(db.clone());
        let snapshot = Snapshot::load(&store).await?;
        let floor = store.greatest_id(snapshot.module("history")?).await?;
        let floor = floor.max(store.greatest_id(snapshot.module("request")?).await?);
        store.forget_tables_except(&snapshot.catalogue);
        store.recall_measures().await?;
        let versions = store.cache_versions().await?;
        let desk = Arc::new(Self {
            numbers: numbers::Numbers::new(db),
            store,
            snapshot: ArcSwap::from_pointee(snapshot),
            people: people::People::default(),
            ids: Arc::new(IdSource::new(options.node, floor)),
            clock: options.clock,
            files: files::Files::new(options.files_dir),
            graph: arc_swap::ArcSwapOption::empty(),
            graph_building: tokio::sync::Mutex::default(),
            turns: turns::Turns::default(),
            seen_versions: tokio::sync::Mutex::new(versions),
            live: live::Live::new()?,
            bookmarks: bookmarks::Bookmarks::default(),
        });
        desk.ship_what_is_new().await?;
        desk.note_plain_names().await?;
        Ok(desk)
    }

    /// Fills in the rows that later versions of the product ship, on a desk that was filled by an earlier one. Another
    /// process may be doing the same; then its rows are as good.
    async fn ship_what_is_new(&self) -> Result<(), DeskError> {
        let snapshot = self.snapshot();
        let rows = if self.is_new() { Vec::new() } else { shipped::later_rows(&snapshot, self.now())? };
        if rows.is_empty() {
            return Ok(());
        }
        let mut statements: Vec<Statement> = rows.iter().flat_map(|row| self.store.insert(row)).collect();
        statements.push(self.store.raise_cache_version("setup"));
        match self.store.commit(statements).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => self.reload().await,
            Err(error) => Err(error.into()),
        }
    }

    /// The catalogue and the lookups as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }
    /// The same for a look that ends soon. Nobody counts it, so cores that look at once do not wait for each other.
    pub(crate) fn glance(&self) -> arc_swap::Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }
    /// The records below.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }
    /// What time it is, in milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now_ms()
    }
    /// A new id.
    pub(crate) fn new_id(&self, ctx: &Context) -> Id {
        self.ids.next(ctx.now)
    }
    /// Where new ids come from, for whoever makes rows beside the desk's own.
    #[must_use]
    pub const fn id_source(&self) -> &Arc<IdSource> {
        &self.ids
    }
    /// A new id, outside a call.
    #[must_use]
    pub fn fresh_id(&self) -> Id {
        self.ids.next(self.now())
    }

    /// Whether the desk is still to be filled with its first rows.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.snapshot().rows("portal").is_empty()
    }

    /// Whether nobody has asked for anything yet: the desk is new to whoever comes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_untouched(&self) -> Result<bool, DeskError> {
        let snapshot = self.snapshot();
        Ok(!self.store.exists(snapshot.module("request")?, model::Filter::everything()).await?)
    }

    /// Fills a new desk with its first rows, together with statements of the wiring's (the first credentials): all
    /// or nothing, also when two processes try at once.
    ///
    /// # Errors
    /// [`DeskError::NotPermitted`] when the desk has been filled already.
    pub async fn initialise(
        &self,
        first: &shipped::FirstRows<'_>,
        also: Vec<Statement>,
    ) -> Result<(), DeskError> {
        self.reload().await?;
        if !self.is_new() {
            return Err(DeskError::NotPermitted);
        }
        let mut rows = shipped::rows(&self.snapshot(), first)?;
        rows.iter_mut().filter(|row| row.module.table == "person").for_each(users::plain_names);
        let mut statements: Vec<Statement> = rows.iter().flat_map(|row| self.store.insert(row)).collect();
        statements.extend(also);
        statements.push(self.store.raise_cache_version("setup"));
        match self.store.commit(statements).await {
            Ok(()) => self.reload().await,
            Err(StoreError::Conflict { .. }) => Err(DeskError::NotPermitted),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the catalogue and the lookups anew.
    ///
    /// # Errors
    /// When the database does not answer; the old ones stay.
    pub async fn reload(&self) -> Result<(), DeskError> {
        let before = self.snapshot();
        let snapshot = Snapshot::load_after(&self.store, Some(&before)).await?;
        let snapshot = Arc::new(snapshot);
        self.snapshot.store(snapshot.clone());
        if !Arc::ptr_eq(&before.catalogue, &snapshot.catalogue) {
            self.store.forget_tables_except(&snapshot.catalogue);
        }
        // What references show of people has names of lookups in it, as text that stays with the record.
        self.people.forget_all();
        self.store.forget_records();
        Ok(())
    }

    /// Looks whether other processes changed what is kept in memory here, and reads it anew if so. To be called
    /// a few times a second: several processes may share a database, and commands work beside a server.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh_caches(&self) -> Result<(), DeskError> {
        let mut seen = self.seen_versions.lock().await;
        let now = self.store.cache_versions().await?;
        if now.get("setup") != seen.get("setup") {
            self.reload().await?;
        }
        if now.get("people") != seen.get("people") {
            self.people.forget_all();
            self.store.forget_records();
        }
        *seen = now;
        Ok(())
    }

    /// Whether several processes may write to the database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.store.db().is_shared()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(&self) -> Result<(), DeskError> {
        Ok(self.store.db().ping().await?)
    }

    /// Stops: what was acknowledged is on disk already, numbers that were not used are given back.
    pub async fn close(&self) {
        self.stop_live();
        self.live.presence.end(self.store.db()).await;
        self.numbers.give_back().await;
        self.store.db().close().await;
    }

    /// A store's error on writing a record: a taken name is the field's fault.
    pub(crate) async fn conflict(&self, record: &Record, error: StoreError) -> DeskError {
        let StoreError::Conflict { constraint } = &error else { return error.into() };
        // Most often of the record itself, sometimes of one that is written beside it.
        let snapshot = self.snapshot();
        let modules = std::iter::once(&record.module).chain(snapshot.catalogue.modules());
        if let Some(field) = modules.into_iter().find_map(|m| store::migrations::unique_field(m, constraint))
        {
            return Refusal::NotUnique(field.to_owned()).into();
        }
        if constraint == store::UNIQUE_VALUES
            && let Ok(Some(slot)) = self.store.taken_value(record).await
            && let Some(leaf) = record.module.leaf(slot)
        {
            return Refusal::NotUnique(leaf.path.clone()).into();
        }
        error.into()
    }

    /// The statement that tells other processes that what they keep of a module is stale.
    pub(crate) fn stale_caches(&self, module: &Module) -> Option<Statement> {
        match module.size {
            Size::Small => Some(self.store.raise_cache_version("setup")),
            Size::People if self.is_shared() => Some(self.store.raise_cache_version("people")),
            Size::People | Size::Large => None,
        }
    }

    /// To be called when a record was written: what is kept in memory of it is stale.
    pub(crate) async fn wrote(&self, record: &Record) -> Result<(), DeskError> {
        match record.module.size {
            Size::Small => self.reload().await,
            Size::People => {
                self.people.forget(record.id());
                Ok(())
            }
            Size::Large => Ok(()),
        }
    }
}
