//! Full-text search: one document per record, made from the record's own texts and from those of the rows below
//! it (a request's subject, description and resolution, and its notes).
//!
//! SQLite: an FTS5 table per module, its rowid the record's id, so that walking it backwards gives the newest
//! first. PostgreSQL: a table with a `tsvector` under a GIN index. Both are filled inside the commit that changes
//! the record, from the key columns, where the text is folded and free of tags already.

mod sqlite_parts;
mod sqlite_words;

pub(crate) use sqlite_parts::{Parts, asks_for_parts};
pub(crate) use sqlite_words::Sought;

use crate::engine::{Cost, Dialect, Document, Expect, Query, Statement};
use crate::sql::{Alias, Sql};
use crate::table::{key_column, key_of};
use model::{Catalogue, Module, Record, Value};
use sqlite_words::words_of;

/// Around a text whose words PostgreSQL keeps. It would take compounds, addresses and paths for words, so that their parts are
/// not found: punctuation becomes spaces. It refuses a `tsvector` over one megabyte; words beyond so many characters are not found.
const TEXT: [&str; 2] = [
    "to_tsvector('simple', translate(left(",
    ", 200000), '!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', '                                '))",
];

/// The columns of a module's own searchable text: that of its title first.
pub(crate) fn own_columns(module: &Module) -> Vec<String> {
    let mut leaves: Vec<_> = module.leaves().iter().filter(|l| l.field.full_text).collect();
    leaves.sort_by_key(|l| l.path != module.title);
    leaves.into_iter().map(key_column).collect()
}

/// Whether records of the module are documents of their own: those that belong to no other one, and those that have pages of
/// their own all the same, such as tasks.
#[must_use]
pub fn is_searched(module: &Module) -> bool {
    (module.history_of.is_empty() || module.top_level) && module.leaves().iter().any(|l| l.field.full_text)
}

/// The rows below a record whose texts belong to its document: table, column of the parent's id, text columns.
fn below(module: &Module, catalogue: &Catalogue) -> Vec<(String, String, Vec<String>)> {
    module
        .children
        .iter()
        .filter_map(|child| {
            let rows = catalogue.module(child.module).filter(|rows| !is_searched(rows))?;
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
pub(crate) fn matches(sql: &mut Sql, module: &Module, words: &[Sought], dialect: Dialect) {
    match dialect {
        Dialect::Sqlite => {
            let expression: Vec<String> = words.iter().map(Sought::expression).collect();
            sql.push("s.").name(&table_of(module)).push(" MATCH ").bind(expression.join(" AND "));
        }
        Dialect::Postgres => {
            sql.column(Alias(0), "id").push(" IN (");
            postgres_hits(sql, module, words.iter().map(|sought| sought.word.as_str()));
            sql.push(")");
        }
    }
}

/// The ids of the records whose documents match, as a part of a statement (SQLite).
pub(crate) fn select_matching(sql: &mut Sql, module: &Module, expression: &str) {
    let table = table_of(module);
    sql.push("SELECT s.rowid FROM ").name(&table).push(" s WHERE s.").name(&table).push(" MATCH ");
    sql.bind(expression);
}

/// The ids of the records whose documents match, at most so many (SQLite).
pub(crate) fn matching(module: &Module, expression: &str, most: usize) -> Query {
    let mut sql = Sql::new("");
    select_matching(&mut sql, module, expression);
    sql.push(" LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.query(Cost::Scan)
}

/// How many documents match, counted up to so many (SQLite).
pub(crate) fn count_matching(module: &Module, expression: &str, most: i64) -> Query {
    let mut sql = Sql::new("SELECT count(*) FROM (");
    select_matching(&mut sql, module, expression);
    sql.push(" LIMIT ").bind(most).push(")");
    sql.query(Cost::Scan)
}

/// The ids of the records with these words, at most so many, in no order (PostgreSQL). Planned as if all of them were wanted:
/// with the limit in sight it would go through all documents for words that are in none.
pub(crate) fn hits(module: &Module, words: &[String], most: usize) -> Query {
    let mut sql = Sql::new("WITH hits AS MATERIALIZED (");
    postgres_hits(&mut sql, module, words.iter().map(String::as_str));
    sql.push(") SELECT hits.\"id\" FROM hits LIMIT ").bind(i64::try_from(most).unwrap_or(i64::MAX));
    sql.query(Cost::Scan)
}

/// How many of so many records have these words, of the newest or of the oldest; counted up to so many (PostgreSQL).
pub(crate) fn sample(module: &Module, words: &[String], newest: bool, sample: i64, most: i64) -> Query {
    let mut sql = Sql::new("SELECT count(*) FROM (SELECT 1 FROM (SELECT n.\"words\" FROM ");
    sql.name(&table_of(module)).push(" n ORDER BY n.\"id\" ").push(if newest { "DESC" } else { "ASC" });
    sql.push(" LIMIT ").bind(sample).push(") s WHERE ");
    has_words(&mut sql, words.iter().map(String::as_str));
    sql.push(" LIMIT ").bind(most).push(") hits");
    sql.query(Cost::Scan)
}

fn postgres_hits<'w>(sql: &mut Sql, module: &Module, words: impl Iterator<Item = &'w str>) {
    sql.push("SELECT s.\"id\" FROM ").name(&table_of(module)).push(" s WHERE ");
    has_words(sql, words);
}

fn has_words<'w>(sql: &mut Sql, words: impl Iterator<Item = &'w str>) {
    let expression: Vec<String> = words.map(|word| format!("{word}:*")).collect();
    sql.push("s.\"words\" @@ to_tsquery('simple', ").bind(expression.join(" & ")).push(")");
}

/// The words of a text that somebody searches for: letters, digits and marks, folded, at most ten.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    model::words(&model::fold(text)).take(10).map(str::to_owned).collect()
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
    let mut sql = Sql::new(match dialect {
        // The document of a record that was removed in the same transaction is still there: of several statements about
        // one document only the last is run.
        Dialect::Sqlite => "INSERT OR REPLACE INTO ",
        Dialect::Postgres => "INSERT INTO ",
    });
    sql.name(&table_of(module));
    match dialect {
        Dialect::Sqlite => {
            sql.push(" (rowid, words) VALUES (").bind(record.id()).push(", ").bind(texts.join(" ")).push(")");
        }
        Dialect::Postgres => {
            sql.push(" (\"id\", \"words\") VALUES (").bind(record.id());
            let [before, behind] = TEXT;
            sql.push(", ").push(before).bind(texts.join(" ")).push(behind).push(")");
        }
    }
    of_document(module, record.id(), sql.statement(Expect::Exactly(1)))
}

/// A statement that writes the document of one record.
fn of_document(module: &Module, id: model::Id, statement: Statement) -> Statement {
    Statement { document: Some(Document { table: table_of(module).into(), id: id.get() }), ..statement }
}

/// Makes a record's document anew from what is in the tables at that moment of the commit.
pub(crate) fn refresh(module: &Module, id: model::Id, catalogue: &Catalogue, dialect: Dialect) -> Statement {
    let mut sql;
    match dialect {
        Dialect::Sqlite => {
            // One row of values: before an INSERT of what a SELECT gives, SQLite would save its place, for which the
            // index writes all that it has gathered in the commit as a segment of its own, to be merged later.
            sql = Sql::new("INSERT OR REPLACE INTO ");
            sql.name(&table_of(module)).push(" (rowid, words) VALUES (").bind(id).push(", (SELECT ");
            text(&mut sql, module, catalogue, dialect);
            sql.push(" FROM ").name(&module.table).push(" t0 WHERE t0.\"id\" = ").bind(id).push("))");
        }
        Dialect::Postgres => {
            sql = documents(module, catalogue, dialect);
            sql.push(" WHERE t0.\"id\" = ").bind(id);
            sql.push(" ON CONFLICT (\"id\") DO UPDATE SET \"words\" = excluded.\"words\"");
        }
    }
    of_document(module, id, sql.statement(Expect::Any))
}

/// Makes the documents of a module's records from one id to another in one go, after a bulk load.
pub(crate) fn fill(
    module: &Module,
    catalogue: &Catalogue,
    dialect: Dialect,
    from: model::Id,
    to: model::Id,
) -> Statement {
    let mut sql = documents(module, catalogue, dialect);
    sql.push(" WHERE t0.\"id\" BETWEEN ").bind(from).push(" AND ").bind(to);
    if dialect == Dialect::Postgres {
        sql.push(" ON CONFLICT (\"id\") DO UPDATE SET \"words\" = excluded.\"words\"");
    }
    sql.statement(Expect::Any)
}

/// The statements that make all documents of a module in tables that have none, on each engine. For whoever writes a migration
/// that changes how documents are made.
#[must_use]
pub fn refill(module: &Module, catalogue: &Catalogue) -> [String; 2] {
    [Dialect::Sqlite, Dialect::Postgres]
        .map(|dialect| documents(module, catalogue, dialect).statement(Expect::Any).sql.to_string())
}

/// Writes the documents of all records; which ones can be said behind it.
fn documents(module: &Module, catalogue: &Catalogue, dialect: Dialect) -> Sql {
    let mut sql = Sql::new(match dialect {
        Dialect::Sqlite => "INSERT OR REPLACE INTO ",
        Dialect::Postgres => "INSERT INTO ",
    });
    sql.name(&table_of(module)).push(match dialect {
        Dialect::Sqlite => " (rowid, words) SELECT t0.\"id\", ",
        Dialect::Postgres => " (\"id\", \"words\") SELECT t0.\"id\", ",
    });
    text(&mut sql, module, catalogue, dialect);
    sql.push(" FROM ").name(&module.table).push(" t0");
    sql
}

/// The words of the record at `t0`: its own texts and those of the rows below it.
fn text(sql: &mut Sql, module: &Module, catalogue: &Catalogue, dialect: Dialect) {
    let [before, behind] = if dialect == Dialect::Postgres { TEXT } else { [""; 2] };
    sql.push(before);
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
    sql.push("''").push(behind);
}

/// Takes a record's document away.
pub(crate) fn remove(module: &Module, id: model::Id, dialect: Dialect) -> Statement {
    let mut sql = Sql::new("DELETE FROM ");
    sql.name(&table_of(module)).push(match dialect {
        Dialect::Sqlite => " WHERE rowid = ",
        Dialect::Postgres => " WHERE \"id\" = ",
    });
    sql.bind(id);
    of_document(module, id, sql.statement(Expect::Any))
}

/// The tables that a migration makes for a module's documents, on each engine.
#[must_use]
pub fn ddl(module: &Module) -> [Vec<String>; 2] {
    let (table, words) = (table_of(module), words_of(module));
    [
        vec![
            format!(
                "CREATE VIRTUAL TABLE \"{table}\" USING fts5(words, content='', contentless_delete=1, \
                 tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\", prefix='2 3', detail=none)"
            ),
            format!("CREATE VIRTUAL TABLE \"{words}\" USING fts5vocab('{table}', 'instance')"),
            // The engine merges while nobody writes.
            format!("INSERT INTO \"{table}\" (\"{table}\", rank) VALUES ('automerge', 16)"),
            format!("INSERT INTO \"{table}\" (\"{table}\", rank) VALUES ('crisismerge', 64)"),
        ],
        vec![
            format!("CREATE TABLE \"{table}\" (\"id\" BIGINT PRIMARY KEY, \"words\" TSVECTOR NOT NULL)"),
            format!("CREATE INDEX \"ix_{table}\" ON \"{table}\" USING GIN (\"words\")"),
        ],
    ]
}
