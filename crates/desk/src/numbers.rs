//! Numbers that people read: a request's `display_id`, additional fields that number. Given out in blocks, so that processes need not meet.

use crate::DeskError;
use model::Value;
use std::collections::HashMap;
use store::engine::{Cost, Db, Expect, Query, Statement};
use tokio::sync::Mutex;

/// How many numbers a process takes at once. What it has not given out when it is killed is never used.
const BLOCK: i64 = 64;

/// The numbers that this process may give out.
#[derive(Debug)]
pub(crate) struct Numbers {
    db: Db,
    blocks: Mutex<HashMap<String, std::ops::Range<i64>>>,
}

impl Numbers {
    pub fn new(db: Db) -> Self {
        Self { db, blocks: Mutex::default() }
    }

    /// The next number of a series.
    pub async fn next(&self, name: &str) -> Result<i64, DeskError> {
        let mut blocks = self.blocks.lock().await;
        if let Some(number) = blocks.get_mut(name).and_then(Iterator::next) {
            return Ok(number);
        }
        let mut block = self.take(name, BLOCK).await?;
        let number = block.next().unwrap_or(block.start);
        blocks.insert(name.to_owned(), block);
        Ok(number)
    }

    /// Sees to it that the next numbers of a series, so many, are at hand without another commit. Whoever wants many at
    /// once comes back for as many, so enough for some calls is taken.
    pub async fn expect(&self, name: &str, count: usize) -> Result<(), DeskError> {
        const CALLS: i64 = 8;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut blocks = self.blocks.lock().await;
        let left = blocks.get(name).cloned().unwrap_or_default();
        if left.end - left.start < count && count > 1 {
            let block = self.take(name, count.saturating_mul(CALLS)).await?;
            // Where another process came between, what was left is never used.
            let start = if left.end == block.start && !left.is_empty() { left.start } else { block.start };
            blocks.insert(name.to_owned(), start..block.end);
        }
        Ok(())
    }

    /// So many numbers of a series that nobody else gets.
    pub async fn take(&self, name: &str, count: i64) -> Result<std::ops::Range<i64>, DeskError> {
        loop {
            let last = self.last(name).await?;
            let taken = match last {
                Some(last) => {
                    let sql = r#"UPDATE "counter" SET "value" = $1 WHERE "name" = $2 AND "value" = $3"#;
                    self.write(sql, vec![(last + count).into(), name.into(), last.into()]).await?
                }
                None => {
                    let sql = r#"INSERT INTO "counter" ("value", "name") VALUES ($1, $2)"#;
                    self.write(sql, vec![count.into(), name.into()]).await?
                }
            };
            if taken {
                let first = last.unwrap_or(0) + 1;
                return Ok(first..first + count);
            }
        }
    }

    /// Of what this process may give out, forgets the numbers up to one that came from elsewhere.
    pub async fn skip(&self, name: &str, number: i64) {
        if let Some(block) = self.blocks.lock().await.get_mut(name) {
            block.start = block.start.max(number.saturating_add(1).min(block.end));
        }
    }

    /// A series goes on from behind a number that came from elsewhere, unless it is there already.
    pub fn at_least(&self, name: &str, number: i64) -> Statement {
        let sql = r#"INSERT INTO "counter" ("value", "name") VALUES ($1, $2) ON CONFLICT ("name") DO UPDATE
            SET "value" = excluded."value" WHERE "counter"."value" < excluded."value" "#;
        Statement::new(sql, vec![number.into(), name.into()], Expect::Any)
    }

    /// Gives back what is left of the blocks, where nobody has taken one since. On a graceful stop.
    pub async fn give_back(&self) {
        for (name, block) in self.blocks.lock().await.drain() {
            let sql = r#"UPDATE "counter" SET "value" = $1 WHERE "name" = $2 AND "value" = $3"#;
            let binds = vec![(block.start - 1).into(), name.as_str().into(), (block.end - 1).into()];
            if let Err(error) = self.write(sql, binds).await {
                tracing::warn!(%error, "numbers were not given back; some will be missing from the series");
            }
        }
    }

    async fn last(&self, name: &str) -> Result<Option<i64>, DeskError> {
        let sql = r#"SELECT "value" FROM "counter" WHERE "name" = $1"#;
        let rows =
            self.db.read(Query { sql: sql.into(), binds: vec![name.into()], cost: Cost::Point }).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int))
    }

    /// Whether the statement hit its row; another process may have been there first.
    async fn write(&self, sql: &'static str, binds: Vec<Value>) -> Result<bool, DeskError> {
        let statement = Statement::new(sql, binds, Expect::Exactly(1));
        match self.db.commit(vec![statement]).await {
            Ok(_) => Ok(true),
            Err(store::StoreError::Stale { .. } | store::StoreError::Conflict { .. }) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }
}
