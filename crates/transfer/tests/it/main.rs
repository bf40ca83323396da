//! Files of records, on both engines: what goes in, what is refused and why, what comes out.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it"
)]

mod exports;
mod imports;
mod modules;
mod resume;

use desk::{Context, Scopes, shipped};
use serde_json::json;
use std::path::{Path, PathBuf};
use testkit::App;
use transfer::{ExportOptions, Format, ImportOptions, Imported, Mapping, TransferError};

/// A folder of files for a test.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

/// The first administrator, as the command line acts.
pub(crate) async fn admin(app: &App) -> Context {
    let caller = app.desk.caller(shipped::ADMINISTRATOR).await.unwrap();
    Context::new(caller, Scopes::all(), app.desk.now(), jiff::tz::TimeZone::UTC)
}

pub(crate) fn of(module: &str, file: &Path) -> ImportOptions {
    ImportOptions {
        module: module.into(),
        file: file.to_owned(),
        format: Format::of_file(file),
        ..ImportOptions::default()
    }
}

pub(crate) fn matched(module: &str, file: &Path, key: &str) -> ImportOptions {
    let mapping = Mapping { key: Some(key.into()), ..Mapping::default() };
    ImportOptions { mapping, ..of(module, file) }
}

pub(crate) async fn import(app: &App, options: &ImportOptions) -> Result<Imported, TransferError> {
    transfer::import(&app.desk, &admin(app).await, options, &|_| {}).await
}

/// Created, updated, unchanged, refused.
pub(crate) fn sums(done: &Imported) -> [i64; 4] {
    let rows = &done.rows;
    [rows.created, rows.updated, rows.unchanged, rows.refused]
}

pub(crate) async fn export(app: &App, options: &ExportOptions) -> Result<String, TransferError> {
    let mut out = Vec::new();
    let context = admin(app).await;
    transfer::export(&app.desk, &context, options, &mut out, &|_| {}).await?;
    Ok(String::from_utf8(out).unwrap())
}

/// Products for assets to be instances of.
pub(crate) async fn products(app: &App) {
    for (name, kind) in [("ThinkPad", "Workstation"), ("Catalyst", "Switch")] {
        let product = json!({"product": {"name": name, "product_type": {"name": kind}}});
        app.admin().post("/products", product).await.ok();
    }
}

/// How many records a list has.
pub(crate) async fn total(app: &App, path: &str) -> u64 {
    let list = app.admin().list(path, json!({"row_count": 1, "get_total_count": true})).await.ok();
    list["list_info"]["total_count"].as_u64().unwrap()
}
