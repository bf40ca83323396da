//! What became of each row, as JSON lines. The report is also how a run that was stopped goes on: a row is noted before
//! it is sent and when its answer is there, so what is in between is known to be uncertain.

use crate::Failure;
use serde_json::{Value as Json, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// How much of a file tells it from another.
const LOOKED_AT: u64 = 64 * 1024;

/// What became of a row.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was done; the id of its record, where there is one.
    Done(Option<String>),
    /// It was refused.
    Refused { code: Option<i64>, field: Option<String>, message: String },
    /// It was sent, and nobody knows.
    Uncertain(String),
}

/// What an earlier run knows of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing, or that it was refused: it is sent.
    New,
    /// It was sent, and its answer is not known.
    Open,
    /// It was done.
    Done,
}

/// The report of a run.
pub(super) struct Report {
    file: File,
    path: PathBuf,
    /// The run's own name, from which those of its calls are made.
    run: String,
    /// A byte for each row that is known.
    rows: Vec<Before>,
}

impl Report {
    /// Opens the report of a run, or begins one.
    pub(super) fn open(path: &Path, action: &str, input: &Path, from_start: bool) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::usage(format!("cannot write the report {}: {error}", path.display()))
        };
        let identity = identity(input)?;
        if !from_start && let Ok(file) = File::open(path) {
            let (run, rows) = Self::read(BufReader::new(file), path, action, &identity)?;
            let mut file = OpenOptions::new().append(true).open(path).map_err(failed)?;
            // Behind half a line of a run that was killed a new one begins; an empty one means nothing.
            file.write_all(b"\n").map_err(failed)?;
            return Ok(Self { file, path: path.to_owned(), run, rows });
        }
        let mut random = [0_u8; 12];
        getrandom::fill(&mut random)
            .map_err(|error| Failure::runtime(format!("no random numbers: {error}")))?;
        let run: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path).map_err(failed)?;
        let mut report = Self { file, path: path.to_owned(), run, rows: Vec::new() };
        let head = json!({"run": report.run, "action": action, "input": identity});
        report.write(&head)?;
        Ok(report)
    }

    fn read(
        lines: impl BufRead,
        path: &Path,
        action: &str,
        identity: &str,
    ) -> Result<(String, Vec<Before>), Failure> {
        let other = |why: &str| {
            Failure::usage(format!(
                "the report {} {why}; --from-start begins anew, --report names another",
                path.display()
            ))
        };
        let mut lines = lines.lines();
        let head =
            lines.next().and_then(Result::ok).and_then(|line| serde_json::from_str::<Json>(&line).ok());
        let head = head.ok_or_else(|| other("is none of ours"))?;
        if head.get("action").and_then(Json::as_str) != Some(action) {
            return Err(other("is about another action"));
        }
        if head.get("input").and_then(Json::as_str) != Some(identity) {
            return Err(other("is about another file, or the file was changed since"));
        }
        let run = head.get("run").and_then(Json::as_str).ok_or_else(|| other("is none of ours"))?.to_owned();
        let mut rows = Vec::new();
        // The last line may be half a line, of a run that was killed.
        for line in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str::<Json>(&line).ok()) {
            let Some(number) = line.get("row").and_then(Json::as_u64) else { continue };
            let state = match line.get("status").and_then(Json::as_str) {
                Some("done") => Before::Done,
                Some("sent" | "uncertain") => Before::Open,
                _ => Before::New,
            };
            set(&mut rows, number, state);
        }
        Ok((run, rows))
    }

    /// What an earlier run knows of a row.
    pub(super) fn before(&self, row: u64) -> Before {
        let at = usize::try_from(row).ok().and_then(|at| self.rows.get(at));
        at.copied().unwrap_or(Before::New)
    }

    /// Whether an earlier run sent rows whose answers it did not hear.
    pub(super) fn has_open_rows(&self) -> bool {
        self.rows.contains(&Before::Open)
    }

    /// The name of a row's call, the same in every run.
    pub(super) fn name_of(&self, row: u64) -> String {
        format!("frontdesk-bulk-{}-{row}", self.run)
    }

    /// A row is about to be sent.
    pub(super) fn begin(&mut self, row: u64) -> Result<(), Failure> {
        self.write(&json!({"row": row, "status": "sent"}))
    }

    /// A row was not sent after all.
    pub(super) fn release(&mut self, row: u64) -> Result<(), Failure> {
        self.write(&json!({"row": row, "status": "unsent"}))
    }

    /// What became of a row.
    pub(super) fn end(&mut self, row: u64, outcome: &Outcome) -> Result<(), Failure> {
        let line = match outcome {
            Outcome::Done(id) => json!({"row": row, "status": "done", "id": id}),
            Outcome::Refused { code, field, message } => {
                json!({"row": row, "status": "refused", "code": code, "field": field, "message": message})
            }
            Outcome::Uncertain(why) => json!({"row": row, "status": "uncertain", "message": why}),
        };
        self.write(&line)
    }

    /// One write per line: a run that is killed leaves whole lines, but for the last.
    fn write(&mut self, line: &Json) -> Result<(), Failure> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| {
            Failure::runtime(format!("cannot write the report {}: {error}", self.path.display()))
        })
    }
}

fn set(rows: &mut Vec<Before>, number: u64, state: Before) {
    let Ok(at) = usize::try_from(number) else { return };
    if rows.len() <= at {
        rows.resize(at + 1, Before::New);
    }
    if let Some(row) = rows.get_mut(at) {
        *row = state;
    }
}

/// What tells a file from another: its size and its beginning.
fn identity(path: &Path) -> Result<String, Failure> {
    use std::hash::Hasher;
    let failed = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let mut beginning = Vec::new();
    file.take(LOOKED_AT).read_to_end(&mut beginning).map_err(failed)?;
    // FNV-1a: the same in every version of the program, unlike the library's hashes.
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn finish(&self) -> u64 {
            self.0
        }
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(&beginning);
    Ok(format!("{size}-{:016x}", hash.finish()))
}
