//! Full-text search: one document per record, made from the record's own texts and from those of the rows below
//! it (a request's subject, description and resolution, and its notes).
//!
//! SQLite: an FTS5 table per module, its rowid the record's id, so that walking it backwards gives the newest
//! first. PostgreSQL: a table with a `tsvector` under a GIN index. Both are filled inside the commit that changes
//! the record, from the key columns, where the text is folded and free of tags already.

use crate::engine::{Dialect, Expect, Statement};
use crate::sql::{Alias, Sql};
use crate::table::{key_column, key_of};
use model::{Catalogue, Module, Record, Value};

/// PostgreSQL refuses a `tsvector` over one megabyte; words beyond this many characters are not found.
const TEXT_MAX: &str = "200000";

/// The columns of a module's own searchable text: that of its title first.
fn own_columns(module: &Module) -> Vec<String> {
    let mut leaves: Vec<_> = module.leaves().iter().filter(|l| l.field.full_text).collect();
    leaves.sort_by_key(|l| l.path != module.title);
    leaves.into_iter().map(key_column).collect()
}

/// Whether records of the module are documents of their own.
#[must_use]
pub fn is_searched(module: &Module) -> bool {
    module.history_of.is_empty() && module.leaves().iter().any(|l| l.field.full_text)
}

/// The rows below a record whose texts belong to its document: table, column of the parent's id, text columns.
fn below(module: &Module, catalogue: &Catalogue) -> Vec<(String, String, Vec<String>)> {
    module
        .children
        .iter()
        .filter_map(|child| {
            let rows = catalogue.module(child.module)?;
            let columns = own_columns(rows);
            let parent = rows.find(child.field)?.column.clone();
            (!columns.is_empty()).then(|| (rows.table.to_string(), parent, columns))
        })
        .collect()
}

pub(crate) fn table_of(module: &Module) -> String {
    format!("search_{}", module.table)
}

/// The id of a match of the index that drives a query (SQLite).
pub(crate) const ROWID: &str = "s.rowid";

/// `FROM` for a query that the index drives (SQLite).
pub(crate) fn from_sqlite(sql: &mut Sql, module: &Module) {
    sql.name(&table_of(module)).push(" s CROSS JOIN ").name(&module.table).push(" t0 ON t0.\"id\" = s.rowid");
}

/// The condition that the words are there.
pub(crate) fn matches(sql: &mut Sql, module: &Module, words: &[String], dialect: Dialect) {
    match dialect {
        Dialect::Sqlite => {
            let expression: Vec<String> =
                words.iter().map(|w| format!("\"{}\"*", w.replace('"', ""))).collect();
            sql.push("s.").name(&table_of(module)).push(" MATCH ").bind(expression.join(" "));
        }
        Dialect::Postgres => {
            let expression: Vec<String> = words.iter().map(|w| format!("{w}:*")).collect();
            sql.column(Alias(0), "id").push(" IN (SELECT s.\"id\" FROM ").name(&table_of(module));
            sql.push(" s WHERE s.\"words\" @@ to_tsquery('simple', ").bind(expression.join(" & ")).push("))");
        }
    }
}

/// The words of a text that somebody searches for: letters and digits, folded, at most ten.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    model::fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(10)
        .map(str::to_owned)
        .collect()
}

/// The document of a record that was just added and has nothing below it yet.
pub(crate) fn insert(record: &Record, dialect: Dialect) -> Statement {
    let module = &record.module;
    let mut leaves: Vec<_> = module.leaves().iter().enumerate().filter(|(_, l)| l.field.full_text).collect();
    leaves.sort_by_key(|(_, l)| l.path != module.title);
    let texts: Vec<String> = leaves
        .iter()
        .filter_map(|(slot, leaf)| match key_of(&leaf.field, record.at(*slot)) {
            Value::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    let mut sql = Sql::new("INSERT INTO ");
    sql.name(&table_of(module));
    match dialect {
        Dialect::Sqlite => {
            sql.push(" (rowid, words) VALUES (").bind(record.id()).push(", ").bind(texts.join(" ")).push(")");
        }
        Dialect::Postgres => {
            sql.push(" (\"id\", \"words\") VALUES (").bind(record.id());
            sql.push(", to_tsvector('simple', regexp_replace(left(").bind(texts.join(" "));
            sql.push(", 200000), '[^[:alnum:]]+', ' ', 'g')))");
        }
    }
    sql.statement(Expect::Exactly(1))
}

/// Makes a record's document anew from what is in the tables at that moment of the commit.
pub(crate) fn refresh(module: &Module, id: model::Id, catalogue: &Catalogue, dialect: Dialect) -> Statement {
    let mut sql = Sql::new("INSERT ");
    if dialect == Dialect::Sqlite {
        sql.push("OR REPLACE ");
    }
    sql.push("INTO ").name(&table_of(module));
    sql.push(match dialect {
        Dialect::Sqlite => " (rowid, words) SELECT t0.\"id\", ",
        Dialect::Postgres => {
            " (\"id\", \"words\") SELECT t0.\"id\", to_tsvector('simple', regexp_replace(left("
        }
    });
    for column in own_columns(module) {
        sql.push("coalesce(").column(Alias(0), &column).push(", '') || ' ' || ");
    }
    for (i, (table, parent, columns)) in below(module, catalogue).iter().enumerate() {
        let rows = Alias(u16::try_from(i).unwrap_or(0) + 1);
        let aggregate = if dialect == Dialect::Sqlite { "group_concat(" } else { "string_agg(" };
        for column in columns {
            sql.push("coalesce((SELECT ").push(aggregate).column(rows, column).push(", ' ') FROM ");
            sql.name(table).push(" ").alias(rows).push(" WHERE ").column(rows, parent).push(" = ");
            sql.column(Alias(0), "id").push("), '') || ");
        }
    }
    sql.push("''");
    if dialect == Dialect::Postgres {
        sql.push(", ").push(TEXT_MAX).push("), '[^[:alnum:]]+', ' ', 'g'))");
    }
    sql.push(" FROM ").name(&module.table).push(" t0 WHERE t0.\"id\" = ").bind(id);
    if dialect == Dialect::Postgres {
        sql.push(" ON CONFLICT (\"id\") DO UPDATE SET \"words\" = excluded.\"words\"");
    }
    sql.statement(Expect::Any)
}

/// Makes every record's document of a module in one go, after a bulk load.
pub(crate) fn fill(
    module: &Module,
    catalogue: &Catalogue,
    dialect: Dialect,
    from: model::Id,
    to: model::Id,
) -> Statement {
    let one = refresh(module, from, catalogue, dialect);
    // The same text with a range in place of the one id.
    let text = one.sql.replacen("t0.\"id\" = $1", "t0.\"id\" BETWEEN $1 AND $2", 1);
    Statement { sql: text.into(), binds: vec![from.into(), to.into()], expect: Expect::Any }
}

/// Takes a record's document away.
pub(crate) fn remove(module: &Module, id: model::Id, dialect: Dialect) -> Statement {
    let mut sql = Sql::new("DELETE FROM ");
    sql.name(&table_of(module)).push(match dialect {
        Dialect::Sqlite => " WHERE rowid = ",
        Dialect::Postgres => " WHERE \"id\" = ",
    });
    sql.bind(id);
    sql.statement(Expect::Any)
}

/// The table that a migration makes for a module's documents, on each engine.
#[must_use]
pub fn ddl(module: &Module) -> (String, Vec<String>) {
    let table = table_of(module);
    (
        format!(
            "CREATE VIRTUAL TABLE \"{table}\" USING fts5(words, content='', contentless_delete=1, \
             tokenize=\"unicode61 remove_diacritics 0\", prefix='2 3', detail=none)"
        ),
        vec![
            format!("CREATE TABLE \"{table}\" (\"id\" BIGINT PRIMARY KEY, \"words\" TSVECTOR NOT NULL)"),
            format!("CREATE INDEX \"ix_{table}\" ON \"{table}\" USING GIN (\"words\")"),
        ],
    )
}
