//! How much a database takes up, and how far its schema is.

use super::{Cost, Db, Dialect, Query, StoreError};
use model::Value;

impl Db {
    /// The bytes that the database takes up; `None` where the engine does not tell.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT p.page_count * s.page_size FROM pragma_page_count() AS p, pragma_page_size() AS s"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database())",
        };
        match self.read(Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan }).await {
            Ok(rows) => {
                let bytes = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
                Ok(bytes.and_then(|bytes| u64::try_from(bytes).ok()))
            }
            // Engines that speak PostgreSQL's protocol may not have the function.
            Err(StoreError::Invalid(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has PostgreSQL look at tables of which a tenth has changed since it last did, as after a bulk load: it plans lists by
    /// what it saw, and by itself it looks a minute later. How many it looked at. Does nothing on SQLite, and on engines that do
    /// not tell.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn analyze(&self) -> Result<usize, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(0);
        }
        let sql = "SELECT \"relname\"::text FROM \"pg_stat_user_tables\" WHERE \"schemaname\" = current_schema() \
                   AND \"n_mod_since_analyze\" > 500 + \"n_live_tup\" / 10";
        let changed = match self.read(Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan }).await {
            Ok(rows) => rows,
            Err(StoreError::Invalid(_)) => return Ok(0),
            Err(error) => return Err(error),
        };
        let tables = changed.iter().filter_map(|row| row.first()?.as_str());
        let mut count = 0;
        for table in tables.filter(|table| table.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')) {
            self.execute_ddl(&format!("ANALYZE \"{table}\"")).await?;
            count += 1;
        }
        Ok(count)
    }

    /// The number of the newest file of the schema that was brought in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schema_number(&self) -> Result<i64, StoreError> {
        let sql = "SELECT max(\"number\") FROM \"schema_step\"";
        let rows = self.read(Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Point }).await?;
        let step = rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or(0);
        Ok(step / i64::from(crate::migrations::STEPS_PER_FILE))
    }
}
