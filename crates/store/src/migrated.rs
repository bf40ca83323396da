//! Desks that are copied into this one: how far that has got, which record of theirs is which of ours, and what could not
//! be taken over. All of it moves in the commit of the records that it speaks of.

use crate::engine::{Cost, Expect, Statement, StoreError};
use crate::records::Store;
use crate::sql::Sql;
use model::{Id, Value};
use std::collections::HashMap;

/// How far a part of a copy has got: a list of the source's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigratedPart {
    /// How often it was written; a write states which one it saw.
    pub step: i64,
    /// The source's id of the last record that is done with.
    pub last_id: i64,
    /// Whether all records of the first pass are done with.
    pub done: bool,
    /// Records that were added, with what hangs on them.
    pub created: i64,
    /// Records that were changed.
    pub updated: i64,
    /// Records that were as the source has them.
    pub unchanged: i64,
    /// Records that could not be taken.
    pub refused: i64,
    /// Changes of the source until this instant are here, in milliseconds since 1970-01-01 UTC.
    pub seen_until: i64,
}

/// Something that could not be taken over as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The record's module.
    pub module: String,
    /// The record's id in the source.
    pub source_id: i64,
    /// The field; empty where it is the whole record.
    pub field: String,
    /// Why.
    pub words: String,
}

const PART: &str =
    "\"step\", \"last_id\", \"done\", \"created\", \"updated\", \"unchanged\", \"refused\", \"seen_until\"";

impl Store {
    /// The number of the copy of this source, if one was begun.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn migration(&self, source: &str) -> Result<Option<i64>, StoreError> {
        let mut sql = Sql::new("SELECT \"id\" FROM \"migration\" WHERE \"source\" = ");
        sql.bind(source);
        let rows = self.db().read(sql.query(Cost::Point)).await?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int))
    }

    /// The copy of a source begins.
    #[must_use]
    pub fn begin_migration(&self, id: Id, source: &str, now: i64) -> Statement {
        let mut sql = Sql::new("INSERT INTO \"migration\" (\"id\", \"source\", \"begun\") VALUES (");
        sql.bind_list([id.into(), source.into(), now.into()]).push(")");
        sql.statement(Expect::Exactly(1))
    }

    /// All parts of a copy, by their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn migrated_parts(&self, migration: i64) -> Result<HashMap<String, MigratedPart>, StoreError> {
        let mut sql = Sql::new("SELECT \"part\", ");
        sql.push(PART).push(" FROM \"migration_part\" WHERE \"migration\" = ").bind(migration);
        let rows = self.db().read(sql.query(Cost::Scan)).await?;
        let part = |row: &[Value]| {
            let number = |i: usize| row.get(i).and_then(Value::as_int).unwrap_or(0);
            MigratedPart {
                step: number(1),
                last_id: number(2),
                done: row.get(3).and_then(Value::as_bool).unwrap_or(false),
                created: number(4),
                updated: number(5),
                unchanged: number(6),
                refused: number(7),
                seen_until: number(8),
            }
        };
        Ok(rows.iter().filter_map(|row| Some((row.first()?.as_str()?.to_owned(), part(row)))).collect())
    }

    /// A part of a copy gets on from step `from`; from zero where it begins. Stale, or a conflict, where another process
    /// moved it meanwhile.
    #[must_use]
    pub fn advance_migration(&self, migration: i64, name: &str, from: i64, to: &MigratedPart) -> Statement {
        let values = [
            Value::Int(from + 1),
            to.last_id.into(),
            to.done.into(),
            to.created.into(),
            to.updated.into(),
            to.unchanged.into(),
            to.refused.into(),
            to.seen_until.into(),
        ];
        if from == 0 {
            let mut sql = Sql::new("INSERT INTO \"migration_part\" (");
            sql.push(PART).push(", \"migration\", \"part\") VALUES (");
            sql.bind_list(values.into_iter().chain([migration.into(), name.into()])).push(")");
            return sql.statement(Expect::Exactly(1));
        }
        let mut sql = Sql::new("UPDATE \"migration_part\" SET ");
        for (i, (column, value)) in PART.split(", ").zip(values).enumerate() {
            sql.push(if i > 0 { ", " } else { "" }).push_made(column).push(" = ").bind(value);
        }
        sql.push(" WHERE \"migration\" = ").bind(migration).push(" AND \"part\" = ").bind(name);
        sql.push(" AND \"step\" = ").bind(from);
        sql.statement(Expect::Exactly(1))
    }

    /// Which of our records these of a module of the source are. What was not copied is left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn migrated(
        &self,
        migration: i64,
        module: &str,
        ids: &[i64],
    ) -> Result<Vec<(i64, Id)>, StoreError> {
        let mut pairs = Vec::with_capacity(ids.len());
        for ids in ids.chunks(500) {
            let mut sql = Sql::new("SELECT \"source_id\", \"id\" FROM \"migrated\" WHERE \"migration\" = ");
            sql.bind(migration).push(" AND \"module\" = ").bind(module);
            sql.push(" AND \"source_id\" IN (").bind_list(ids.iter().map(|id| Value::Int(*id))).push(")");
            let rows = self.db().read(sql.query(Cost::Point)).await?;
            pairs.extend(rows.iter().filter_map(|row| pair(row)));
        }
        Ok(pairs)
    }

    /// Records of a module that were copied, in the order of the source's ids, from behind one on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn migrated_after(
        &self,
        migration: i64,
        module: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<(i64, Id)>, StoreError> {
        let mut sql = Sql::new("SELECT \"source_id\", \"id\" FROM \"migrated\" WHERE \"migration\" = ");
        sql.bind(migration).push(" AND \"module\" = ").bind(module);
        sql.push(" AND \"source_id\" > ").bind(after).push(" ORDER BY \"source_id\" LIMIT ").bind(limit);
        let rows = self.db().read(sql.query(Cost::Scan)).await?;
        Ok(rows.iter().filter_map(|row| pair(row)).collect())
    }

    /// Notes which record of ours one of the source is.
    #[must_use]
    pub fn note_migrated(&self, migration: i64, module: &str, source_id: i64, id: Id) -> Statement {
        let mut sql =
            Sql::new("INSERT INTO \"migrated\" (\"migration\", \"module\", \"source_id\", \"id\") VALUES (");
        sql.bind_list([migration.into(), module.into(), source_id.into(), id.into()]);
        sql.push(
            ") ON CONFLICT (\"migration\", \"module\", \"source_id\") DO UPDATE SET \"id\" = excluded.\"id\"",
        );
        sql.statement(Expect::Exactly(1))
    }

    /// Forgets a record that is not in the source any more, and what was said of it.
    #[must_use]
    pub fn forget_migrated(&self, migration: i64, module: &str, source_id: i64) -> Vec<Statement> {
        ["DELETE FROM \"migrated\"", "DELETE FROM \"migration_remark\""]
            .map(|delete| {
                let mut sql = Sql::new(delete);
                sql.push(" WHERE \"migration\" = ").bind(migration).push(" AND \"module\" = ").bind(module);
                sql.push(" AND \"source_id\" = ").bind(source_id);
                sql.statement(Expect::Any)
            })
            .into()
    }

    /// Replaces what is said of a record.
    #[must_use]
    pub fn replace_remarks(
        &self,
        migration: i64,
        module: &str,
        source_id: i64,
        remarks: &[Remark],
    ) -> Vec<Statement> {
        let mut sql = Sql::new("DELETE FROM \"migration_remark\" WHERE \"migration\" = ");
        sql.bind(migration)
            .push(" AND \"module\" = ")
            .bind(module)
            .push(" AND \"source_id\" = ")
            .bind(source_id);
        let mut statements = vec![sql.statement(Expect::Any)];
        for remark in remarks {
            let mut sql = Sql::new(
                "INSERT INTO \"migration_remark\" (\"migration\", \"module\", \"source_id\", \"field\", \"words\") VALUES (",
            );
            sql.bind_list([
                migration.into(),
                module.into(),
                source_id.into(),
                remark.field.as_str().into(),
                remark.words.as_str().into(),
            ]);
            sql.push(") ON CONFLICT (\"migration\", \"module\", \"source_id\", \"field\") DO UPDATE SET \"words\" = excluded.\"words\"");
            statements.push(sql.statement(Expect::Any));
        }
        statements
    }

    /// What is said of records, by module and the source's id, from behind one record on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remarks_after(
        &self,
        migration: i64,
        after: (&str, i64, &str),
        limit: i64,
    ) -> Result<Vec<Remark>, StoreError> {
        let (module, source_id, field) = after;
        let mut sql = Sql::new(
            "SELECT \"module\", \"source_id\", \"field\", \"words\" FROM \"migration_remark\" WHERE \"migration\" = ",
        );
        sql.bind(migration).push(" AND (\"module\", \"source_id\", \"field\") > (");
        sql.bind_list([module.into(), source_id.into(), field.into()]);
        sql.push(") ORDER BY \"module\", \"source_id\", \"field\" LIMIT ").bind(limit);
        let rows = self.db().read(sql.query(Cost::Scan)).await?;
        let remark = |row: &[Value]| {
            let text = |i: usize| Some(row.get(i)?.as_str()?.to_owned());
            Some(Remark {
                module: text(0)?,
                source_id: row.get(1)?.as_int()?,
                field: text(2)?,
                words: text(3)?,
            })
        };
        Ok(rows.iter().filter_map(|row| remark(row)).collect())
    }
}

fn pair(row: &[Value]) -> Option<(i64, Id)> {
    Some((row.first()?.as_int()?, Id::new(row.get(1)?.as_int()?)))
}
