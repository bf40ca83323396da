//! Files of records: in by the same reader and the same use cases as the API, out in the order of the ids.
//!
//! A column of a file is a field by its dotted path as the catalogue has it, a cell is the field's value as text
//! (`cell`). `plan` settles what the columns mean before anything is written; `import` makes rows ready while the rows
//! before them are committed, some hundred in one commit; `report` says of every row that was refused why; `export`
//! goes through a module page by page. No module is a case of its own, except that relationships between CIs have
//! columns that people write (`columns`, `plan`).

mod cell;
mod columns;
mod export;
mod import;
mod input;
mod mapping;
mod modules;
mod plan;
mod reasons;
mod report;
mod seen;

pub use export::{ExportOptions, export};
pub use import::{ImportOptions, Imported, Progress, import};
pub use mapping::Mapping;

/// Why a file was not taken or not made.
#[derive(Debug)]
pub enum TransferError {
    /// What was asked cannot be asked; nothing was written.
    Usage(String),
    /// It failed on the way. An import goes on from there when it is run again.
    Failed(String),
}

impl std::fmt::Display for TransferError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Usage(words) | Self::Failed(words)) = self;
        f.write_str(words)
    }
}

impl std::error::Error for TransferError {}

impl From<desk::DeskError> for TransferError {
    fn from(error: desk::DeskError) -> Self {
        Self::Failed(reasons::in_words(error))
    }
}

/// How the records stand in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Rows of cells under a row of names.
    #[default]
    Csv,
    /// A JSON object on each line.
    Ndjson,
}

impl Format {
    /// The format with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
    /// The format that a file's name tells.
    #[must_use]
    pub fn of_file(path: &std::path::Path) -> Self {
        path.extension().and_then(|e| e.to_str()).and_then(Self::named).unwrap_or_default()
    }
}
