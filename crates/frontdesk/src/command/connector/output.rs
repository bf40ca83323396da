//! How answers are written: JSON, JSON lines, CSV or a table.

use super::args::Out;
use super::cells;
use crate::{Failure, say};
use clap::ValueEnum;
use serde_json::{Map, Value as Json, json};
use std::fs::File;
use std::io::{BufWriter, Write};

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The whole answer as one document
    Json,
    /// Each record on a line
    Ndjson,
    /// Each record a row
    Csv,
    /// For reading
    Table,
}

/// The widest cell of a table.
const CELL_MAX: usize = 48;

/// Where records go. The columns of CSV are those of the first records.
pub(super) struct Sink<'a> {
    out: &'a Out,
    target: Target,
    fields: Vec<String>,
    /// Whether the names of the columns are written.
    headed: bool,
}

enum Target {
    Lines(Box<dyn Write>),
    Csv(Box<csv::Writer<Box<dyn Write>>>),
    Table(Vec<Json>),
}

impl<'a> Sink<'a> {
    /// Opens where they go.
    pub(super) fn open(out: &'a Out) -> Result<Self, Failure> {
        if out.format == Format::Table && out.output.is_some() {
            return Err(Failure::usage("a table is for reading; --output takes json, ndjson or csv"));
        }
        if out.format == Format::Json && !out.fields.is_empty() {
            return Err(Failure::usage("--fields is for records; json is the whole answer"));
        }
        let target = match out.format {
            Format::Table => Target::Table(Vec::new()),
            Format::Csv => Target::Csv(Box::new(csv::Writer::from_writer(writer(out)?))),
            Format::Json | Format::Ndjson => Target::Lines(writer(out)?),
        };
        Ok(Self { out, target, fields: out.fields.clone(), headed: false })
    }

    /// A whole answer: `{"data": …}`.
    pub(super) fn answer(mut self, answer: &Json) -> Result<(), Failure> {
        if self.out.format == Format::Json {
            if let Target::Lines(lines) = &mut self.target {
                read(writeln!(lines, "{answer:#}"))?;
            }
            return self.close();
        }
        let (records, is_list) = records(answer);
        // One record is read downwards.
        let downwards = !is_list && self.fields.is_empty();
        if let ([record], Target::Table(_), true) = (records.as_slice(), &self.target, downwards) {
            let fields = cells::fields(&records);
            let line = |field: &String| vec![field.clone(), short(cells::cell(record.get(field)), 100)];
            let rows: Vec<Vec<String>> =
                fields.iter().map(line).filter(|row| row.last().is_some_and(|c| !c.is_empty())).collect();
            say::columns(&["field".to_owned(), "value".to_owned()], &rows);
            return Ok(());
        }
        self.records(records)?;
        self.close()
    }

    /// Some records more. Says whether somebody still reads them.
    pub(super) fn records(&mut self, records: Vec<Json>) -> Result<bool, Failure> {
        match &mut self.target {
            Target::Table(all) => {
                all.extend(records);
                Ok(true)
            }
            Target::Lines(lines) => {
                let mut text = String::new();
                for record in records {
                    text.push_str(&narrowed(record, &self.fields).to_string());
                    text.push('\n');
                }
                read(lines.write_all(text.as_bytes()).and_then(|()| lines.flush()))
            }
            Target::Csv(csv) => {
                if self.fields.is_empty() {
                    self.fields = cells::fields(&records);
                }
                let head = (!self.headed && !self.fields.is_empty()).then(|| self.fields.clone());
                self.headed |= head.is_some();
                let rows = records.iter().map(|record| cells::row(record, &self.fields));
                for row in head.into_iter().chain(rows) {
                    csv.write_record(row)
                        .map_err(|error| Failure::runtime(format!("cannot write the answer: {error}")))?;
                }
                read(csv.flush())
            }
        }
    }

    /// Writes what is still to be written.
    pub(super) fn close(self) -> Result<(), Failure> {
        match self.target {
            Target::Lines(mut lines) => read(lines.flush()).map(|_| ()),
            Target::Csv(mut csv) => read(csv.flush()).map(|_| ()),
            Target::Table(records) => {
                let mut fields = if self.fields.is_empty() { cells::fields(&records) } else { self.fields };
                let chosen = !self.out.fields.is_empty();
                let mut rows: Vec<Vec<String>> =
                    records.iter().map(|record| cells::row(record, &fields)).collect();
                if !chosen {
                    drop_empty(&mut fields, &mut rows);
                }
                rows.iter_mut().flatten().for_each(|cell| *cell = short(std::mem::take(cell), CELL_MAX));
                say::columns(&fields, &rows);
                Ok(())
            }
        }
    }
}

/// Columns without a value say nothing in a table.
fn drop_empty(fields: &mut Vec<String>, rows: &mut [Vec<String>]) {
    let kept: Vec<bool> = (0..fields.len())
        .map(|at| rows.is_empty() || rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty())))
        .collect();
    let keep = |list: &mut Vec<String>| {
        let mut kept = kept.iter();
        list.retain(|_| kept.next().copied().unwrap_or(true));
    };
    keep(fields);
    rows.iter_mut().for_each(keep);
}

fn short(cell: String, most: usize) -> String {
    let cell = cell.replace(['\n', '\r', '\t'], " ");
    if cell.chars().count() <= most {
        return cell;
    }
    cell.chars().take(most - 1).chain(['…']).collect()
}

fn narrowed(record: Json, fields: &[String]) -> Json {
    if fields.is_empty() {
        return record;
    }
    let members: Map<String, Json> = fields
        .iter()
        .map(|field| (field.clone(), cells::at(&record, field).cloned().unwrap_or(Json::Null)))
        .collect();
    Json::Object(members)
}

/// The records of an answer: the rows of a list, or the one record, or what else there is. And whether it is a list.
fn records(answer: &Json) -> (Vec<Json>, bool) {
    if let Some(Json::Array(rows)) = answer.get("result") {
        return (rows.clone(), true);
    }
    let data = answer.get("data").unwrap_or(answer);
    let Some(members) = data.as_object() else { return (vec![json!({"data": data})], false) };
    let status = ["response_status", "list_info"];
    let own = members.iter().filter(|(key, _)| !status.contains(&key.as_str())).map(|(_, value)| value);
    let own: Vec<&Json> = own.collect();
    if let Some(rows) = own.iter().find_map(|value| value.as_array()) {
        return (rows.clone(), true);
    }
    let record = match own.as_slice() {
        [record @ Json::Object(_)] => (*record).clone(),
        [] => members.get("response_status").cloned().unwrap_or(Json::Null),
        _ => data.clone(),
    };
    (vec![record], false)
}

fn writer(out: &Out) -> Result<Box<dyn Write>, Failure> {
    Ok(match &out.output {
        None => Box::new(BufWriter::new(std::io::stdout())),
        Some(path) => {
            let file = File::create(path);
            let file =
                file.map_err(|error| Failure::runtime(format!("cannot write {}: {error}", path.display())))?;
            Box::new(BufWriter::new(file))
        }
    })
}

/// Whether what was written is read. A reader who hung up (`… | head -1`) has seen enough, which is no failure.
fn read(written: std::io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::runtime(format!("cannot write the answer: {error}"))),
    }
}
