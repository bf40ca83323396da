//! Rows out of a file, one after the other, on a thread of its own.

use crate::plan::{Job, Plan};
use crate::reasons::Reason;
use crate::{Format, TransferError};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use tokio::sync::mpsc;
use wire::formula;

/// Rows of a commit.
pub(crate) const ROWS: usize = 500;

/// Rows, and how far into the file they reach.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub jobs: Vec<Job>,
    pub bytes: u64,
}

/// A file of rows, whose head has been read.
pub(crate) enum Rows {
    Csv(Box<csv::Reader<File>>),
    Ndjson(BufReader<File>),
}

/// What tells a file from every other, and its size.
pub(crate) fn digest(path: &Path) -> Result<(String, u64), TransferError> {
    let unreadable = |error| cannot_read(path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => break,
            n => {
                hash.update(buffer.get(..n).unwrap_or_default());
                size += n as u64;
            }
        }
    }
    Ok((hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(), size))
}

/// Opens a file and tells the plan what its columns are called.
pub(crate) fn open(
    path: &Path,
    format: Format,
    delimiter: u8,
    plan: &mut Plan,
) -> Result<Rows, TransferError> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    match format {
        Format::Ndjson => Ok(Rows::Ndjson(BufReader::with_capacity(1 << 16, file))),
        Format::Csv => {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .buffer_capacity(1 << 16)
                .from_reader(file);
            let mut head = csv::ByteRecord::new();
            let there = reader
                .read_byte_record(&mut head)
                .map_err(|error| TransferError::Usage(format!("cannot read {}: {error}", path.display())))?;
            if !there {
                return Err(TransferError::Usage(format!("{} has no row of column names", path.display())));
            }
            let mut names = Vec::with_capacity(head.len());
            for name in &head {
                let name = std::str::from_utf8(name).map_err(|_| {
                    TransferError::Usage(format!("{}: the column names are not UTF-8", path.display()))
                })?;
                names.push(name.trim_start_matches('\u{feff}').trim().to_owned());
            }
            plan.head(&names)?;
            Ok(Rows::Csv(Box::new(reader)))
        }
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> TransferError {
    TransferError::Usage(format!("cannot read {}: {error}", path.display()))
}

impl Rows {
    /// Reads to the end, or until nobody wants more. The first `done` rows are passed over.
    pub fn read(self, plan: &Plan, done: i64, sender: &mpsc::Sender<Result<Chunk, String>>) {
        let mut out = Out { jobs: Vec::with_capacity(ROWS), sender };
        let read = match self {
            Self::Csv(reader) => csv(*reader, plan, done, &mut out),
            Self::Ndjson(reader) => ndjson(reader, plan, done, &mut out),
        };
        match read {
            Ok(bytes) => {
                out.send(bytes);
            }
            Err(error) => {
                let _nobody_listens = sender.blocking_send(Err(error));
            }
        }
    }
}

struct Out<'a> {
    jobs: Vec<Job>,
    sender: &'a mpsc::Sender<Result<Chunk, String>>,
}

impl Out<'_> {
    /// False when nobody wants more.
    fn push(&mut self, job: Job, bytes: u64) -> bool {
        self.jobs.push(job);
        self.jobs.len() < ROWS || self.send(bytes)
    }
    fn send(&mut self, bytes: u64) -> bool {
        let jobs = std::mem::replace(&mut self.jobs, Vec::with_capacity(ROWS));
        self.sender.blocking_send(Ok(Chunk { jobs, bytes })).is_ok()
    }
}

fn csv(mut reader: csv::Reader<File>, plan: &Plan, done: i64, out: &mut Out<'_>) -> Result<u64, String> {
    let mut record = csv::ByteRecord::new();
    let mut number = 0;
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        number += 1;
        if number <= done {
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line);
        if !out.push(csv_row(plan, number, line, &record), reader.position().byte()) {
            break;
        }
    }
    Ok(reader.position().byte())
}

fn csv_row(plan: &Plan, number: i64, line: u64, record: &csv::ByteRecord) -> Job {
    let (has, wanted) = (record.len(), plan.columns.len());
    if has != wanted {
        return broken(number, line, Reason::row(format!("{has} columns in place of {wanted}")));
    }
    let mut cells = Vec::with_capacity(has);
    for (cell, column) in record.iter().zip(&plan.columns) {
        match std::str::from_utf8(cell) {
            Ok(text) => cells.push(formula::original(text)),
            Err(_) => {
                let leaf = column.place.and_then(|place| plan.module.leaf(place.slot));
                let field = leaf.map_or("", |leaf| leaf.path.as_str());
                return broken(number, line, Reason::new(field, "Not UTF-8"));
            }
        }
    }
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    plan.row(number, line, &cells)
}

fn broken(number: i64, line: u64, reason: Reason) -> Job {
    Job { number, line, object: serde_json::Map::new(), key: None, wrong: vec![reason] }
}

fn ndjson(mut reader: BufReader<File>, plan: &Plan, done: i64, out: &mut Out<'_>) -> Result<u64, String> {
    let (mut number, mut line, mut bytes) = (0, 0, 0_u64);
    let mut text = Vec::new();
    loop {
        text.clear();
        let read = reader.read_until(b'\n', &mut text).map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(bytes);
        }
        bytes += read as u64;
        line += 1;
        if text.trim_ascii().is_empty() {
            continue;
        }
        number += 1;
        if number <= done {
            continue;
        }
        let job = match serde_json::from_slice(&text) {
            Ok(serde_json::Value::Object(object)) => plan.object(number, line, &object),
            Ok(_) => broken(number, line, Reason::row("Not a JSON object")),
            Err(error) => broken(number, line, Reason::row(format!("Not JSON: {error}"))),
        };
        if !out.push(job, bytes) {
            return Ok(bytes);
        }
    }
}
