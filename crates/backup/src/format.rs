//! What the two JSON entries of an archive hold, and how its entries are called.

use crate::BackupError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::shapes::{CellKind, Shape};

/// The version of the format. A program reads those up to its own.
pub(crate) const FORMAT: u32 = 1;
/// The first entry.
pub(crate) const HEAD: &str = "desk.json";
/// The last entry.
pub(crate) const CONTENTS: &str = "contents.json";
/// What names of entries with rows begin with.
pub(crate) const TABLES: &str = "tables/";
/// What names of entries with attached files begin with.
pub(crate) const FILES: &str = "files/";
/// An entry with rows is refused when it is larger, so that no archive can fill the memory. Ours are a few MB.
pub(crate) const PART_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What an archive is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format.
    pub format: u32,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// `sqlite` or `postgres`: where the rows were read. They can be restored on either.
    pub engine: String,
    /// When the rows were read, in milliseconds since 1970-01-01 UTC.
    pub created: i64,
    /// The numbers of the steps of the schema.
    pub steps: Vec<u32>,
    /// The tables, each with its columns.
    pub tables: BTreeMap<String, Vec<Column>>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `bool`, `whole`, `fraction` or `text`.
    pub kind: String,
}

/// What is in an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Every entry before this one.
    pub entries: BTreeMap<String, Entry>,
    /// How many rows each table has.
    pub rows: BTreeMap<String, u64>,
    /// Attached files that rows speak of and that were not there.
    pub missing_files: Vec<String>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

impl Head {
    /// Refuses what this program cannot read.
    pub(crate) fn judge(&self) -> Result<(), BackupError> {
        if self.format > FORMAT {
            return Err(BackupError::Refused(format!(
                "the archive was written by {}, whose format this program does not know",
                self.program
            )));
        }
        let known = store::migrations::steps();
        match self.steps.iter().find(|number| !known.iter().any(|step| step.number == **number)) {
            Some(number) => Err(BackupError::Refused(format!(
                "the archive was written by {}, a newer program: its schema has the unknown step {number}",
                self.program
            ))),
            None => Ok(()),
        }
    }
}

/// The columns of a table, as the head tells them.
pub(crate) fn columns(shape: &Shape) -> Vec<Column> {
    let column = |(name, kind): &(String, CellKind)| Column { name: name.clone(), kind: word(*kind).into() };
    shape.columns.iter().map(column).collect()
}

const fn word(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Bool => "bool",
        CellKind::Whole => "whole",
        CellKind::Fraction => "fraction",
        CellKind::Text => "text",
    }
}

/// The kind of a column.
pub(crate) fn kind(column: &Column) -> Result<CellKind, BackupError> {
    match column.kind.as_str() {
        "bool" => Ok(CellKind::Bool),
        "whole" => Ok(CellKind::Whole),
        "fraction" => Ok(CellKind::Fraction),
        "text" => Ok(CellKind::Text),
        other => Err(BackupError::Refused(format!("column {} is of the unknown kind {other}", column.name))),
    }
}

/// Digits of a hash.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
