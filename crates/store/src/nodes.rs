//! The numbers of the processes that share a database, each for making ids that no other makes.
//!
//! A number is leased: taken for a minute, renewed well before, given back at the end. A process that was killed leaves
//! its number to whoever comes after the minute. Clocks of several machines differ; one that is far ahead may take a
//! number that is in use. The robbed process notices at its next renewal and takes another, and until then an id can
//! only be made twice within the same millisecond by both clocks, where the primary key refuses it.

use crate::engine::{Cost, Db, Expect, Query, Statement, StoreError};
use model::Value;

/// How long a number stays taken without being renewed, in milliseconds.
pub const LEASE_MS: i64 = 60_000;

/// Numbers run from 1 to this. 0 is for the only process of a desk, and 1023 for a command beside it.
const MOST: u16 = 1022;

/// A number that this process has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The number, 1 to 1022.
    pub number: u16,
    token: i64,
}

impl Node {
    /// Takes the least number that is free. `token` is random: it tells this process from others.
    ///
    /// # Errors
    /// When the database does not answer, or all numbers are taken.
    pub async fn take(db: &Db, token: i64, now: i64) -> Result<Self, StoreError> {
        let rows = db.read(query("SELECT \"number\", \"leased_until\" FROM \"node\"", Vec::new())).await?;
        let mut until = std::collections::HashMap::new();
        for row in rows {
            if let [Value::Int(number), Value::Int(leased)] = row[..] {
                until.insert(number, leased);
            }
        }
        for number in 1..=MOST {
            let row = Value::Int(number.into());
            let write = match until.get(&i64::from(number)).copied() {
                None => statement(
                    "INSERT INTO \"node\" (\"number\", \"token\", \"leased_until\") VALUES ($1, $2, $3)",
                    vec![row, token.into(), (now + LEASE_MS).into()],
                ),
                Some(leased) if leased < now => statement(
                    "UPDATE \"node\" SET \"token\" = $1, \"leased_until\" = $2 WHERE \"number\" = $3 \
                     AND \"leased_until\" < $4",
                    vec![token.into(), (now + LEASE_MS).into(), row, now.into()],
                ),
                Some(_) => continue,
            };
            match db.commit(vec![write]).await {
                Ok(_) => return Ok(Self { number, token }),
                // Another process was faster.
                Err(StoreError::Conflict { .. } | StoreError::Stale { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Unavailable(format!("{MOST} processes share the database already")))
    }

    /// Keeps the number for another minute; false when it is another's by now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew(self, db: &Db, now: i64) -> Result<bool, StoreError> {
        let renewed = db.commit(vec![statement(
            "UPDATE \"node\" SET \"leased_until\" = $1 WHERE \"number\" = $2 AND \"token\" = $3",
            vec![(now + LEASE_MS).into(), Value::Int(self.number.into()), self.token.into()],
        )]);
        match renewed.await {
            Ok(_) => Ok(true),
            Err(StoreError::Stale { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives the number back. What another has taken stays the other's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn give_back(self, db: &Db) -> Result<(), StoreError> {
        let given = db.commit(vec![statement(
            "DELETE FROM \"node\" WHERE \"number\" = $1 AND \"token\" = $2",
            vec![Value::Int(self.number.into()), self.token.into()],
        )]);
        match given.await {
            Ok(_) | Err(StoreError::Stale { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn query(sql: &'static str, binds: Vec<Value>) -> Query {
    Query { sql: sql.into(), binds, cost: Cost::Scan }
}

fn statement(sql: &'static str, binds: Vec<Value>) -> Statement {
    Statement::new(sql, binds, Expect::Exactly(1))
}
