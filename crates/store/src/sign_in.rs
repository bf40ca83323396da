//! What lies between a browser and its session: second factors, recovery codes, steps of a sign-in under way, failures to
//! sign in, and who of a provider of single sign-on is who here. Of what is secret and need not be read back only the SHA-256 is kept.

use crate::credentials::{Credentials, Hash, from_row, hex, write};
use crate::engine::{Expect, Statement, StoreError};
use model::{Id, Value};

/// The second factor of a person.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0013_sign_in.sql")]
pub struct FactorRow {
    pub person: Id,
    /// In base32.
    pub secret: String,
    pub created: i64,
    /// Since when it counts.
    pub confirmed: Option<i64>,
    pub last_step: i64,
}

impl std::fmt::Debug for FactorRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FactorRow").field("person", &self.person).finish_non_exhaustive()
    }
}

/// A recovery code, used or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0013_sign_in.sql")]
pub struct RecoveryRow {
    pub hash: Hash,
    pub person: Id,
    pub used: Option<i64>,
}

/// A step of a sign-in under way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0013_sign_in.sql")]
pub struct StepRow {
    pub hash: Hash,
    pub kind: String,
    pub person: Option<Id>,
    pub data: String,
    pub expires: i64,
}

/// Who of a provider of single sign-on is who here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0013_sign_in.sql")]
pub struct SubjectRow {
    pub issuer: String,
    pub subject: String,
    pub person: Id,
    pub created: i64,
}

/// How often one has failed to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of migrations/0018_failures.sql")]
pub struct FailuresRow {
    pub subject: String,
    pub count: i64,
    pub last: i64,
    pub expires: i64,
}

/// An entry of the history about a credential: under the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted<'a> {
    /// Its id.
    pub id: Id,
    /// Whose credential it is.
    pub person: Id,
    /// Who did it.
    pub by: Id,
    /// When.
    pub time: i64,
    /// What was done, in one word.
    pub operation: &'a str,
    /// To which credential; never a secret.
    pub description: &'a str,
}

const FACTOR: &str = r#"SELECT "person", "secret", "created", "confirmed", "last_step" FROM "second_factor" WHERE "person" = $1"#;
const RECOVERY: &str = r#"SELECT "hash", "person", "used" FROM "recovery_code" WHERE "person" = $1 LIMIT $2"#;
const STEP: &str =
    r#"SELECT "hash", "kind", "person", "data", "expires" FROM "sign_in_step" WHERE "hash" = $1"#;
const STEPS: &str =
    r#"SELECT "hash", "kind", "person", "data", "expires" FROM "sign_in_step" WHERE "kind" = $1 LIMIT $2"#;
const SUBJECT: &str = r#"SELECT "issuer", "subject", "person", "created" FROM "sign_on_subject" WHERE "issuer" = $1 AND "subject" = $2 LIMIT $3"#;
const FAILURES: &str =
    r#"SELECT "subject", "count", "last", "expires" FROM "sign_in_failure" WHERE "subject" = $1"#;

from_row!(FactorRow { person, secret, created, confirmed, last_step });
from_row!(RecoveryRow { hash, person, used });
from_row!(StepRow { hash, kind, person, data, expires });
from_row!(SubjectRow { issuer, subject, person, created });
from_row!(FailuresRow { subject, count, last, expires });

impl Credentials {
    /// The second factor of a person.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn second_factor(&self, person: Id) -> Result<Option<FactorRow>, StoreError> {
        self.one(FACTOR, "", person.into()).await
    }

    /// The recovery codes of a person, used or not.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn recovery_codes(&self, person: Id) -> Result<Vec<RecoveryRow>, StoreError> {
        self.all(RECOVERY, "", &[person.into()]).await
    }

    /// A step, expired or not.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn step(&self, hash: &Hash) -> Result<Option<StepRow>, StoreError> {
        self.one(STEP, "", hex(hash)).await
    }

    /// The steps of a kind.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn steps(&self, kind: &str) -> Result<Vec<StepRow>, StoreError> {
        self.all(STEPS, "", &[kind.into()]).await
    }

    /// Who somebody of a provider is here, once they have been here.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn sign_on_subject(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<SubjectRow>, StoreError> {
        Ok(self.all(SUBJECT, "", &[issuer.into(), subject.into()]).await?.pop())
    }

    /// How often one has failed to sign in, expired or not.
    ///
    /// # Errors
    /// As [`crate::Db::read`].
    pub async fn failures(&self, subject: &str) -> Result<Option<FailuresRow>, StoreError> {
        self.one(FAILURES, "", subject.into()).await
    }
}

/// Adds a second factor that a code has confirmed; in conflict with one that is there.
#[must_use]
pub fn add_factor(row: &FactorRow) -> Statement {
    write(
        r#"INSERT INTO "second_factor" ("person", "secret", "created", "confirmed", "last_step") VALUES ($1, $2, $3, $4, $5)"#,
        vec![
            row.person.into(),
            row.secret.as_str().into(),
            row.created.into(),
            row.confirmed.into(),
            row.last_step.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Takes the code of a step; stale when that or a later one was taken.
#[must_use]
pub fn take_step(person: Id, step: i64) -> Statement {
    write(
        r#"UPDATE "second_factor" SET "last_step" = $1 WHERE "person" = $2 AND "last_step" < $3 AND "confirmed" IS NOT NULL"#,
        vec![step.into(), person.into(), step.into()],
        Expect::Exactly(1),
    )
}

/// Removes the second factor of a person, with the recovery codes.
#[must_use]
pub fn remove_factor(person: Id) -> Vec<Statement> {
    vec![
        write(r#"DELETE FROM "second_factor" WHERE "person" = $1"#, vec![person.into()], Expect::Any),
        remove_recovery_codes(person),
    ]
}

/// Adds a recovery code.
#[must_use]
pub fn add_recovery_code(hash: &Hash, person: Id) -> Statement {
    write(
        r#"INSERT INTO "recovery_code" ("hash", "person") VALUES ($1, $2)"#,
        vec![hex(hash), person.into()],
        Expect::Exactly(1),
    )
}

/// Takes a recovery code; stale when there is none, or it was taken.
#[must_use]
pub fn use_recovery_code(hash: &Hash, person: Id, now: i64) -> Statement {
    write(
        r#"UPDATE "recovery_code" SET "used" = $1 WHERE "hash" = $2 AND "person" = $3 AND "used" IS NULL"#,
        vec![now.into(), hex(hash), person.into()],
        Expect::Exactly(1),
    )
}

/// Removes all recovery codes of a person.
#[must_use]
pub fn remove_recovery_codes(person: Id) -> Statement {
    write(r#"DELETE FROM "recovery_code" WHERE "person" = $1"#, vec![person.into()], Expect::Any)
}

/// Adds a step.
#[must_use]
pub fn add_step(row: &StepRow) -> Statement {
    write(
        r#"INSERT INTO "sign_in_step" ("hash", "kind", "person", "data", "expires") VALUES ($1, $2, $3, $4, $5)"#,
        vec![
            hex(&row.hash),
            row.kind.as_str().into(),
            row.person.into(),
            row.data.as_str().into(),
            row.expires.into(),
        ],
        Expect::Exactly(1),
    )
}

/// Takes a step; stale when somebody was faster.
#[must_use]
pub fn use_step(hash: &Hash) -> Statement {
    write(r#"DELETE FROM "sign_in_step" WHERE "hash" = $1"#, vec![hex(hash)], Expect::Exactly(1))
}

/// Removes all steps of a kind.
#[must_use]
pub fn remove_steps(kind: &str) -> Statement {
    write(r#"DELETE FROM "sign_in_step" WHERE "kind" = $1"#, vec![kind.into()], Expect::Any)
}

/// Removes all steps of a person: what they proved before counts no more.
#[must_use]
pub fn remove_steps_of(person: Id) -> Statement {
    write(r#"DELETE FROM "sign_in_step" WHERE "person" = $1"#, vec![person.into()], Expect::Any)
}

/// Remembers who somebody of a provider is here; nothing where that is known.
#[must_use]
pub fn add_subject(row: &SubjectRow) -> Statement {
    write(
        r#"INSERT INTO "sign_on_subject" ("issuer", "subject", "person", "created") VALUES ($1, $2, $3, $4) ON CONFLICT ("issuer", "subject") DO NOTHING"#,
        vec![row.issuer.as_str().into(), row.subject.as_str().into(), row.person.into(), row.created.into()],
        Expect::Any,
    )
}

/// Forgets who of a provider a person is.
#[must_use]
pub fn remove_subjects_of(person: Id) -> Statement {
    write(r#"DELETE FROM "sign_on_subject" WHERE "person" = $1"#, vec![person.into()], Expect::Any)
}

/// Writes down failures in place of those that were seen; stale when somebody else has counted since.
#[must_use]
pub fn count_failures(row: &FailuresRow, seen: Option<&FailuresRow>) -> Statement {
    let mut binds: Vec<Value> =
        vec![row.count.into(), row.last.into(), row.expires.into(), row.subject.as_str().into()];
    let Some(seen) = seen else {
        return write(
            r#"INSERT INTO "sign_in_failure" ("count", "last", "expires", "subject") VALUES ($1, $2, $3, $4) ON CONFLICT ("subject") DO NOTHING"#,
            binds,
            Expect::Exactly(1),
        );
    };
    binds.extend([seen.count.into(), seen.last.into()]);
    write(
        r#"UPDATE "sign_in_failure" SET "count" = $1, "last" = $2, "expires" = $3 WHERE "subject" = $4 AND "count" = $5 AND "last" = $6"#,
        binds,
        Expect::Exactly(1),
    )
}

/// Takes one failure back.
#[must_use]
pub fn take_failure_back(subject: &str) -> Statement {
    write(
        r#"UPDATE "sign_in_failure" SET "count" = "count" - 1 WHERE "subject" = $1 AND "count" > 0"#,
        vec![subject.into()],
        Expect::Any,
    )
}

/// Forgets the failures of one.
#[must_use]
pub fn forget_failures(subject: &str) -> Statement {
    write(r#"DELETE FROM "sign_in_failure" WHERE "subject" = $1"#, vec![subject.into()], Expect::Any)
}

/// Writes an entry of the history.
#[must_use]
pub fn note(entry: &Noted<'_>) -> Statement {
    write(
        r#"INSERT INTO "history" ("id", "owner", "module", "record", "by", "time", "operation", "description", "diff", "row_version") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        vec![
            entry.id.into(),
            entry.person.into(),
            "user".into(),
            entry.person.into(),
            entry.by.into(),
            entry.time.into(),
            entry.operation.into(),
            entry.description.chars().take(500).collect::<String>().into(),
            "[]".into(),
            Value::Int(1),
        ],
        Expect::Exactly(1),
    )
}
