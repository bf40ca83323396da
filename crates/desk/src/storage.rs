//! What the desk is kept in, for the system page.

use crate::{Desk, DeskError};
use model::Filter;
use store::{Dialect, Query};

/// What a desk is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// The engine's name.
    pub engine: &'static str,
    /// Bytes of the database, where the engine tells.
    pub bytes: Option<u64>,
    /// The number of the newest file of the schema.
    pub schema: i64,
    /// Attached files.
    pub files: i64,
}

impl Desk {
    /// What the desk is kept in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn storage(&self) -> Result<Storage, DeskError> {
        let db = self.store.db();
        let files = Query::new(self.snapshot().module("attachment")?.clone(), Filter::everything(), 0);
        Ok(Storage {
            engine: match db.dialect() {
                Dialect::Sqlite => "SQLite",
                Dialect::Postgres => "PostgreSQL",
            },
            bytes: db.size_bytes().await?,
            schema: db.schema_number().await?,
            files: i64::try_from(self.store.count(&files).await?).unwrap_or(i64::MAX),
        })
    }
}
