//! What became of the rows: of those that were refused one line a reason, in a file of its own.

use crate::TransferError;
use crate::reasons::Reason;
use desk::ImportProgress;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use wire::formula;

const HEAD: [&str; 4] = ["row", "line", "field", "reason"];

/// The lines of rows that were refused.
pub(crate) struct Report {
    writer: Option<(csv::Writer<File>, PathBuf)>,
    /// The first reasons, for those who want no file.
    pub first: Vec<String>,
}

/// A place in a report.
pub(crate) struct Mark {
    bytes: u64,
    first: usize,
}

/// So many reasons are told without a file.
const FIRST: usize = 10;

impl Report {
    /// Begins a report, or goes on with one: what it says of rows behind the last one that is done is taken back.
    pub fn begin(path: Option<&Path>, done: i64) -> Result<Self, TransferError> {
        let writer = match path {
            Some(path) => Some((open(path, done).map_err(|e| cannot(path, &e))?, path.to_owned())),
            None => None,
        };
        Ok(Self { writer, first: Vec::new() })
    }

    /// Where the report is, to take back what is told from here on.
    pub fn mark(&mut self) -> Result<Mark, TransferError> {
        self.flush()?;
        let bytes = match &self.writer {
            Some((writer, path)) => {
                (&mut writer.get_ref()).stream_position().map_err(|error| cannot(path, &error))?
            }
            None => 0,
        };
        Ok(Mark { bytes, first: self.first.len() })
    }

    /// Takes back what was told since the mark.
    pub fn back_to(&mut self, mark: &Mark) -> Result<(), TransferError> {
        self.first.truncate(mark.first);
        self.flush()?;
        let Some((writer, path)) = &self.writer else { return Ok(()) };
        let mut file = writer.get_ref();
        let cut = file.set_len(mark.bytes).and_then(|()| file.seek(SeekFrom::Start(mark.bytes)));
        cut.map(|_| ()).map_err(|error| cannot(path, &error))
    }

    /// Tells of a row.
    pub fn tell(&mut self, row: i64, line: u64, reasons: &[Reason]) -> Result<(), TransferError> {
        for Reason { field, words } in reasons {
            if self.first.len() < FIRST {
                let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
                self.first.push(format!("row {row} (line {line}): {field}{words}"));
            }
            if let Some((writer, path)) = &mut self.writer {
                // The reason may quote what stood in the file.
                let words = formula::harmless(words);
                let cells = [&row.to_string(), &line.to_string(), field, words.as_ref()];
                writer.write_record(cells).map_err(|error| cannot(path, &error.into()))?;
            }
        }
        Ok(())
    }

    /// The sums, below the lines.
    pub fn end(&mut self, rows: &ImportProgress) -> Result<(), TransferError> {
        let Some((writer, path)) = &mut self.writer else { return Ok(()) };
        let sums = [
            ("created", rows.created),
            ("updated", rows.updated),
            ("unchanged", rows.unchanged),
            ("refused", rows.refused),
        ];
        for (what, sum) in sums {
            let cells = ["", "", what, &sum.to_string()];
            writer.write_record(cells).map_err(|error| cannot(path, &error.into()))?;
        }
        self.flush()
    }

    /// What was told is in the file.
    pub fn flush(&mut self) -> Result<(), TransferError> {
        match &mut self.writer {
            Some((writer, path)) => writer.flush().map_err(|error| cannot(path, &error)),
            None => Ok(()),
        }
    }
}

fn open(path: &Path, done: i64) -> std::io::Result<csv::Writer<File>> {
    let mut kept = Vec::new();
    if done > 0
        && let Ok(file) = File::open(path)
    {
        for record in csv::Reader::from_reader(file).records() {
            let record = record?;
            let row = record.get(0).and_then(|cell| cell.parse::<i64>().ok());
            if record.len() == HEAD.len() && row.is_some_and(|row| row <= done) {
                kept.push(record);
            }
        }
    }
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(HEAD)?;
    for record in kept {
        writer.write_record(&record)?;
    }
    writer.flush()?;
    Ok(writer)
}

fn cannot(path: &Path, error: &std::io::Error) -> TransferError {
    TransferError::Usage(format!("cannot write the report {}: {error}", path.display()))
}
