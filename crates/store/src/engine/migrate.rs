//! Numbered steps that bring a database to the schema of this program.

use super::postgres::{Postgres, Stopped};
use super::{Dialect, StoreError, Value};
use std::borrow::Cow;
use std::time::Duration;

/// One step: one DDL statement per engine. Never edited after release; a later step corrects it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place. Ascending, gaps allowed.
    pub number: u32,
    /// What it does, in a word.
    pub name: &'static str,
    /// For SQLite. May be empty when there is nothing to do there.
    pub sqlite: Cow<'static, str>,
    /// For PostgreSQL. May be empty when there is nothing to do there.
    pub postgres: Cow<'static, str>,
}

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"schema_step\" (\
    \"number\" BIGINT NOT NULL PRIMARY KEY, \"name\" TEXT NOT NULL, \"checksum\" TEXT NOT NULL, \
    \"applied_at\" BIGINT NOT NULL)";
pub(super) const APPLIED: &str = "SELECT \"number\", \"checksum\" FROM \"schema_step\" ORDER BY \"number\"";
pub(super) const RECORD: &str = "INSERT INTO \"schema_step\" (\"number\", \"name\", \"checksum\", \"applied_at\") VALUES ($1, $2, $3, $4)";

/// The number of a step that no program knows: it stands in a database into which a restore has begun, until it is
/// whole, so that nobody takes half a desk for one.
pub const RESTORING: i64 = 999_999_999;

impl Step {
    pub(super) fn text(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }

    /// Tells an edited step from the applied one. FNV-1a: nobody attacks it, and it will never change.
    fn checksum(&self, dialect: Dialect) -> String {
        let hash = self.text(dialect).bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        format!("{hash:016x}")
    }

    /// The values of [`RECORD`].
    pub(super) fn record(&self, dialect: Dialect, now_ms: i64) -> [Value; 4] {
        [i64::from(self.number).into(), self.name.into(), self.checksum(dialect).into(), now_ms.into()]
    }

    /// Trouble with the machine stays what it is; everything else is the step's fault.
    pub(super) fn failed(&self, error: &StoreError) -> StoreError {
        if error.is_transient() {
            return error.clone();
        }
        StoreError::Schema(format!("step {} ({}) failed: {error}", self.number, self.name))
    }
}

pub(super) fn check_order(steps: &[Step]) -> Result<(), StoreError> {
    match steps.windows(2).find(|pair| matches!(pair, [a, b] if a.number >= b.number)) {
        Some([_, step, ..]) => {
            Err(StoreError::Invalid(format!("step {} ({}) is out of order", step.number, step.name)))
        }
        _ => Ok(()),
    }
}

/// The steps that are not applied yet.
pub(super) fn pending(
    steps: &[Step],
    applied: &[(i64, String)],
    dialect: Dialect,
) -> Result<Vec<Step>, StoreError> {
    let is_restore = steps.iter().any(|step| i64::from(step.number) == RESTORING);
    if !is_restore && applied.iter().any(|(number, _)| *number == RESTORING) {
        return Err(StoreError::Schema(
            "a restore into this database has not come to its end; run frontdesk restore again".into(),
        ));
    }
    for (number, checksum) in applied {
        let Some(step) = steps.iter().find(|step| i64::from(step.number) == *number) else {
            return Err(StoreError::Schema(format!(
                "the database has step {number}, which this program does not know: it belongs to a newer program"
            )));
        };
        if step.checksum(dialect) != *checksum {
            return Err(StoreError::Schema(format!(
                "step {number} ({}) was changed after it had been applied",
                step.name
            )));
        }
    }
    let is_new = |step: &&Step| !applied.iter().any(|(number, _)| *number == i64::from(step.number));
    Ok(steps.iter().filter(is_new).cloned().collect())
}

/// How often a step that another process also applies is looked at again.
const PATIENCE: u32 = 100;

/// Every process tries every step. The row in `schema_step` is inserted first: whoever comes second waits there
/// for the first one's transaction and then fails at the primary key, looks again, and goes on behind it. No
/// lock is needed that a proxy or another database might not have.
pub(super) async fn on_postgres(db: &Postgres, steps: &[Step], now_ms: i64) -> Result<usize, StoreError> {
    let mut done = 0;
    let mut tries = 0;
    loop {
        let stopped = match try_next(db, steps, now_ms).await {
            Ok(Next::Applied) => {
                (done, tries) = (done + 1, 0);
                continue;
            }
            Ok(Next::Nothing) => return Ok(done),
            Err(stopped) => stopped,
        };
        tries += 1;
        if !stopped.overtaken || tries >= PATIENCE {
            return Err(stopped.error);
        }
        // Where DDL is not transactional, the other process may not have recorded its step yet.
        tokio::time::sleep(Duration::from_millis(u64::from(tries.min(10)) * 10)).await;
    }
}

enum Next {
    Applied,
    Nothing,
}

async fn try_next(db: &Postgres, steps: &[Step], now_ms: i64) -> Result<Next, Stopped> {
    let applied = match db.applied_steps(APPLIED).await? {
        Some(applied) => applied,
        None => {
            db.transaction_of_ddl(None, TABLE).await?;
            Vec::new()
        }
    };
    let settled = |error| Stopped { error, overtaken: false };
    let pending = pending(steps, &applied, Dialect::Postgres).map_err(settled)?;
    let Some(step) = pending.first() else { return Ok(Next::Nothing) };
    let record = step.record(Dialect::Postgres, now_ms);
    db.transaction_of_ddl(Some((RECORD, &record)), &step.postgres)
        .await
        .map_err(|stopped| Stopped { error: step.failed(&stopped.error), ..stopped })?;
    Ok(Next::Applied)
}
