//! SQLite's errors in our words.

use super::StoreError;
use rusqlite::{Connection, ErrorCode, ffi};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// What is said of a file that is not as SQLite left it.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Unavailable(format!(
        "the database file is damaged ({what}): frontdesk verify says where, frontdesk restore makes a new one"
    ))
}

/// SQLite names the columns that a unique index covers, PostgreSQL names the index. This translates, so that both
/// report the index.
#[derive(Default)]
pub(super) struct Names {
    by_columns: RwLock<HashMap<String, String>>,
}

impl Names {
    /// Reads all unique indexes. To be called at open and after every DDL.
    pub fn refresh(&self, connection: &Connection) -> rusqlite::Result<()> {
        // `origin` is c for CREATE INDEX, u for UNIQUE and pk for PRIMARY KEY in the table's text. The last two have no
        // name of their own in SQLite; they get the one PostgreSQL would give them.
        let mut statement = connection.prepare(
            "SELECT m.name, l.name, l.origin, \
               (SELECT group_concat(m.name || '.' || i.name, ', ' ORDER BY i.seqno) FROM pragma_index_info(l.name) i), \
               (SELECT group_concat(i.name, '_' ORDER BY i.seqno) FROM pragma_index_info(l.name) i) \
             FROM sqlite_schema m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" = 1 \
             UNION ALL \
             SELECT m.name, '', 'pk', group_concat(m.name || '.' || c.name, ', ' ORDER BY c.pk), '' \
             FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk > 0 GROUP BY m.name",
        )?;
        let mut rows = statement.query([])?;
        let mut found = HashMap::new();
        while let Some(row) = rows.next()? {
            let (table, index, origin): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (Some(key), Some(columns)) = (row.get(3)?, row.get::<_, Option<String>>(4)?) else {
                continue; // over an expression: the message then has the index's name
            };
            let name = match origin.as_str() {
                "pk" => format!("{table}_pkey"),
                "u" => format!("{table}_{columns}_key"),
                _ => index,
            };
            found.insert(key, name);
        }
        *self.by_columns.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(())
    }

    /// The index that `UNIQUE constraint failed: …` speaks of.
    fn index(&self, message: &str) -> String {
        let what = message.split_once("constraint failed: ").map_or(message, |(_, what)| what).trim();
        if let Some(name) = what.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
            return name.to_owned();
        }
        let names = self.by_columns.read().unwrap_or_else(PoisonError::into_inner);
        names.get(what).cloned().unwrap_or_else(|| what.replace(", ", ","))
    }

    /// What an error of rusqlite means.
    pub fn explain(&self, error: rusqlite::Error) -> StoreError {
        use rusqlite::Error as E;
        let (code, extended, message) = match error {
            E::SqliteFailure(e, message) => (
                e.code,
                e.extended_code,
                message.unwrap_or_else(|| ffi::code_to_str(e.extended_code).to_owned()),
            ),
            E::SqlInputError { error, msg, .. } => (error.code, error.extended_code, msg),
            other => return StoreError::Invalid(other.to_string()),
        };
        match (code, extended) {
            (
                _,
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID,
            ) => StoreError::Conflict { constraint: self.index(&message) },
            (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => StoreError::Referenced { constraint: String::new() },
            (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => damaged(&message),
            (ErrorCode::DiskFull, _) => StoreError::Full(message),
            (ErrorCode::OperationInterrupted, _) => StoreError::Timeout,
            (
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OperationAborted
                | ErrorCode::SchemaChanged
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::NoLargeFileSupport,
                _,
            ) => StoreError::Unavailable(message),
            _ => StoreError::Invalid(message),
        }
    }
}
