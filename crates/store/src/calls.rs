//! Calls that are made once however often they are sent: which were made already, and what was answered.

use crate::engine::{Cost, Expect, Statement, StoreError};
use crate::records::Store;
use crate::sql::Sql;
use model::{Id, Value};

/// A call that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// The SHA-256 of what was asked, in hexadecimal digits.
    pub body: String,
    /// Who claimed it: a random number.
    pub owner: i64,
    /// When.
    pub claimed: i64,
    /// The record that it made.
    pub record: Option<Id>,
    /// Status and text of its answer, once there is one.
    pub answer: Option<(i64, String)>,
}

impl CallRow {
    /// Whether what it writes is written.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.record.is_some() || self.answer.is_some()
    }
}

impl Store {
    /// The call of this name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn call(&self, name: &str) -> Result<Option<CallRow>, StoreError> {
        let mut sql = Sql::new(
            "SELECT \"body_hash\", \"owner\", \"claimed\", \"record\", \"status\", \"answer\" FROM \"idempotent_call\" WHERE \"hash\" = ",
        );
        sql.bind(name);
        let rows = self.db().read(sql.query(Cost::Point)).await?;
        Ok(rows.first().and_then(|row| match row.as_slice() {
            [Value::Text(body), Value::Int(owner), Value::Int(claimed), record, status, answer] => {
                Some(CallRow {
                    body: body.clone(),
                    owner: *owner,
                    claimed: *claimed,
                    record: record.as_int().map(Id::new),
                    answer: status.as_int().zip(answer.as_str().map(str::to_owned)),
                })
            }
            _ => None,
        }))
    }

    /// Claims a call; a conflict where it was claimed already.
    #[must_use]
    pub fn claim_call(&self, name: &str, body: &str, owner: i64, now: i64) -> Statement {
        let mut sql = Sql::new(
            "INSERT INTO \"idempotent_call\" (\"hash\", \"body_hash\", \"owner\", \"claimed\") VALUES (",
        );
        sql.bind_list([name.into(), body.into(), owner.into(), now.into()]).push(")");
        sql.statement(Expect::Exactly(1))
    }

    /// Takes over a call whose owner seems to be gone; stale where the owner was faster after all.
    #[must_use]
    pub fn take_over_call(&self, name: &str, from: i64, owner: i64, now: i64) -> Statement {
        let mut sql = Sql::new("UPDATE \"idempotent_call\" SET \"owner\" = ");
        sql.bind(owner).push(", \"claimed\" = ").bind(now);
        sql.push(" WHERE \"hash\" = ").bind(name).push(" AND \"owner\" = ").bind(from);
        sql.push(" AND \"status\" IS NULL AND \"record\" IS NULL");
        sql.statement(Expect::Exactly(1))
    }

    /// A call made this record; stale where another has taken it over.
    #[must_use]
    pub fn call_made(&self, name: &str, owner: i64, record: Id) -> Statement {
        let mut sql = Sql::new("UPDATE \"idempotent_call\" SET \"record\" = ");
        sql.bind(record).push(" WHERE \"hash\" = ").bind(name).push(" AND \"owner\" = ").bind(owner);
        sql.statement(Expect::Exactly(1))
    }

    /// A call was answered with this; stale where another has taken it over.
    #[must_use]
    pub fn call_answered(&self, name: &str, owner: i64, status: u16, answer: &str) -> Statement {
        let mut sql = Sql::new("UPDATE \"idempotent_call\" SET \"status\" = ");
        sql.bind(i64::from(status)).push(", \"answer\" = ").bind(answer);
        sql.push(" WHERE \"hash\" = ").bind(name).push(" AND \"owner\" = ").bind(owner);
        sql.statement(Expect::Exactly(1))
    }

    /// A call came to nothing and may be made anew.
    #[must_use]
    pub fn release_call(&self, name: &str, owner: i64) -> Statement {
        let mut sql = Sql::new("DELETE FROM \"idempotent_call\" WHERE \"hash\" = ");
        sql.bind(name).push(" AND \"owner\" = ").bind(owner);
        sql.push(" AND \"status\" IS NULL AND \"record\" IS NULL");
        sql.statement(Expect::Any)
    }

    /// Forgets calls that were claimed before a time, so many at most.
    #[must_use]
    pub fn forget_calls(&self, before: i64, most: i64) -> Statement {
        let mut sql = Sql::new(
            "DELETE FROM \"idempotent_call\" WHERE \"hash\" IN (SELECT \"hash\" FROM \"idempotent_call\" WHERE \"claimed\" < ",
        );
        sql.bind(before).push(" ORDER BY \"claimed\" LIMIT ").bind(most).push(")");
        sql.statement(Expect::Any)
    }
}
