//! How far imports of files have got. The row moves in the commit of the rows that it speaks of.

use crate::engine::{Cost, Expect, Statement, StoreError};
use crate::records::Store;
use crate::sql::Sql;
use model::Value;

/// How far an import has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// The last row of the file that is done with; the first one is 1.
    pub last_row: i64,
    /// Rows that made a record.
    pub created: i64,
    /// Rows that changed a record.
    pub updated: i64,
    /// Rows whose record was as they say.
    pub unchanged: i64,
    /// Rows that were refused.
    pub refused: i64,
}

impl Store {
    /// How far the import of this name has got; `None` where none was begun, or it came to its end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import_progress(&self, name: &str) -> Result<Option<ImportProgress>, StoreError> {
        let mut sql = Sql::new(
            "SELECT \"last_row\", \"created\", \"updated\", \"unchanged\", \"refused\" FROM \"import_progress\" WHERE \"name\" = ",
        );
        sql.bind(name);
        let rows = self.db().read(sql.query(Cost::Point)).await?;
        Ok(rows.first().map(|row| {
            let number = |i: usize| row.get(i).and_then(Value::as_int).unwrap_or(0);
            ImportProgress {
                last_row: number(0),
                created: number(1),
                updated: number(2),
                unchanged: number(3),
                refused: number(4),
            }
        }))
    }

    /// An import begins; a conflict where one of this name has.
    #[must_use]
    pub fn begin_import(&self, name: &str, now: i64) -> Statement {
        let mut sql = Sql::new(
            "INSERT INTO \"import_progress\" (\"name\", \"last_row\", \"created\", \"updated\", \"unchanged\", \"refused\", \"begun\") VALUES (",
        );
        let zero = || Value::Int(0);
        sql.bind_list([name.into(), zero(), zero(), zero(), zero(), zero(), now.into()]).push(")");
        sql.statement(Expect::Exactly(1))
    }

    /// An import gets on; stale where another process moved it meanwhile.
    #[must_use]
    pub fn advance_import(&self, name: &str, from: i64, to: &ImportProgress) -> Statement {
        let mut sql = Sql::new("UPDATE \"import_progress\" SET \"last_row\" = ");
        sql.bind(to.last_row);
        sql.push(", \"created\" = ").bind(to.created);
        sql.push(", \"updated\" = ").bind(to.updated);
        sql.push(", \"unchanged\" = ").bind(to.unchanged);
        sql.push(", \"refused\" = ").bind(to.refused);
        sql.push(" WHERE \"name\" = ").bind(name).push(" AND \"last_row\" = ").bind(from);
        sql.statement(Expect::Exactly(1))
    }

    /// An import came to its end, or is to begin anew.
    #[must_use]
    pub fn end_import(&self, name: &str) -> Statement {
        let mut sql = Sql::new("DELETE FROM \"import_progress\" WHERE \"name\" = ");
        sql.bind(name);
        sql.statement(Expect::Any)
    }
}
