//! The words of an FTS5 index, for searches by the beginning of a word.

use crate::engine::{Cost, Query, Row};
use crate::sql::Sql;
use model::Module;

/// The table that shows the words of a module's index (SQLite).
pub(super) fn words_of(module: &Module) -> String {
    format!("search_{}_words", module.table)
}

/// A word that is looked for, and the words of the index that begin with it where those are few.
pub(crate) struct Sought {
    pub(super) word: String,
    spelt: Vec<String>,
}

/// The index has the beginnings of this many letters stored (`prefix` in [`ddl`]).
const STORED: usize = 3;
/// With more words that begin alike it is cheaper to let the index gather their records.
const SPELT_MAX: i64 = 64;

impl Sought {
    /// Words as they were asked for.
    pub fn plain(words: &[String]) -> Vec<Self> {
        words.iter().map(|word| Self { word: word.clone(), spelt: Vec::new() }).collect()
    }

    /// The question for the words of the index that begin with this one (SQLite); none where the index has the beginning
    /// itself.
    ///
    /// A beginning that is not stored makes the index gather and sort all records with any word that begins so before it
    /// gives the first one: at a million requests that is a tenth of a second for a common word. Of whole words it merges
    /// the lists as it goes, newest first, and stops when the page is full.
    pub fn spellings(&self, module: &Module) -> Option<Query> {
        if self.word.chars().count() <= STORED {
            return None;
        }
        let words = words_of(module);
        // From each word straight to the next one: the words have as many rows as they have records.
        let mut sql = Sql::new("WITH RECURSIVE w(term) AS (SELECT (SELECT \"term\" FROM ");
        sql.name(&words).push(" WHERE \"term\" >= ").bind(self.word.clone()).push(" AND \"term\" < ");
        sql.bind(format!("{}{}", self.word, char::MAX))
            .push(" LIMIT 1) UNION ALL SELECT (SELECT \"term\" FROM ");
        sql.name(&words).push(" WHERE \"term\" >= w.term || char(1) AND \"term\" < ");
        sql.bind(format!("{}{}", self.word, char::MAX)).push(" LIMIT 1) FROM w WHERE w.term IS NOT NULL) ");
        sql.push("SELECT term FROM w WHERE term IS NOT NULL LIMIT ").bind(SPELT_MAX + 1);
        Some(sql.query(Cost::Scan))
    }

    /// Takes up what the index has.
    pub fn spelt(&mut self, rows: &[Row]) {
        if i64::try_from(rows.len()).is_ok_and(|count| count <= SPELT_MAX) {
            self.spelt = rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect();
        }
    }

    /// What FTS5 is asked.
    pub(super) fn expression(&self) -> String {
        match self.spelt.as_slice() {
            [] => format!("{}*", quoted(&self.word)),
            [one] => quoted(one),
            several => {
                format!("({})", several.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" OR "))
            }
        }
    }
}

/// A word as FTS5 is asked for it.
pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", word.replace('"', ""))
}
