//! The rows of a file as inputs of an action, one after the other.

use super::super::args::BulkArgs;
use super::super::given::{self, Place};
use crate::Failure;
use crate::command::import::{delimiter_of, format_of};
use crate::rooms::{Format, open_mapping};
use ::connector::catalogue::Action;
use serde_json::{Map, Value as Json, json};
use std::fs::File;
use std::io::{BufRead, BufReader};

/// A row.
pub(super) struct Row {
    /// From 1, the line of names not counted.
    pub(super) number: u64,
    /// Its inputs, or the input that cannot be and why.
    pub(super) inputs: Result<Map<String, Json>, (String, String)>,
    /// How far into the file it goes, in bytes.
    pub(super) end: u64,
}

/// The rows of a file.
pub(super) struct Rows {
    source: Source,
    fixed: Vec<(Place, String)>,
    number: u64,
    size: u64,
    name: String,
}

enum Source {
    Csv { reader: Box<csv::Reader<File>>, columns: Vec<Option<Place>> },
    Lines { reader: BufReader<File>, action: &'static Action, renamed: Vec<(String, String)>, at: u64 },
}

impl Rows {
    /// Opens a file, and checks its columns before anything is sent.
    pub(super) fn open(action: &'static Action, args: &BulkArgs) -> Result<Self, Failure> {
        let name = args.from.display().to_string();
        let failed = |error: std::io::Error| Failure::usage(format!("cannot read {name}: {error}"));
        let file = File::open(&args.from).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mapping = open_mapping(args.map.as_deref())?;
        let mut renamed = mapping.columns;
        renamed.extend(pairs("--column", &args.column)?);
        let mut defaults = mapping.defaults;
        defaults.extend(pairs("--set", &args.set)?);
        let lead = |name: &str| {
            given::place(action, name)
                .ok_or_else(|| Failure::usage(format!("{} has no input {name}; see describe", action.key)))
        };
        let fixed = defaults.iter().map(|(name, value)| Ok((lead(name)?, value.clone())));
        let fixed = fixed.collect::<Result<Vec<_>, Failure>>()?;
        let format = format_of(args.format.as_deref(), Some(&args.from))?;
        let source = if format == Format::Csv {
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(delimiter_of(&args.delimiter)?)
                .trim(csv::Trim::Headers)
                .from_reader(file);
            let head = reader.headers().map_err(|error| Failure::usage(format!("{name}: {error}")))?.clone();
            let columns = columns(&head, &renamed, &name, lead)?;
            Source::Csv { reader: Box::new(reader), columns }
        } else {
            Source::Lines { reader: BufReader::new(file), action, renamed, at: 0 }
        };
        Ok(Self { source, fixed, number: 0, size, name })
    }

    /// The file's size in bytes.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    fn csv(&mut self) -> Option<Result<Row, Failure>> {
        let Source::Csv { reader, columns } = &mut self.source else { return None };
        let mut record = csv::StringRecord::new();
        match reader.read_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(Failure::usage(format!("{}: {error}", self.name)))),
        }
        self.number += 1;
        let mut inputs = Map::new();
        let mut wrong = None;
        for (cell, place) in record.iter().zip(columns.iter()) {
            // An empty cell says nothing.
            if let (Some(place), false) = (place, cell.trim().is_empty())
                && let Err(why) = given::put(&mut inputs, place, json!(cell))
            {
                wrong = Some((place.input.key.to_owned(), why));
            }
        }
        let end = reader.position().byte();
        Some(Ok(self.finished(inputs, wrong, end)))
    }

    fn line(&mut self) -> Option<Result<Row, Failure>> {
        let Source::Lines { reader, action, renamed, at } = &mut self.source else { return None };
        let mut line = String::new();
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) => return None,
                Ok(length) => *at += length as u64,
                Err(error) => return Some(Err(Failure::usage(format!("{}: {error}", self.name)))),
            }
            if !line.trim().is_empty() {
                break;
            }
        }
        self.number += 1;
        let end = *at;
        let mut inputs = Map::new();
        let mut wrong = None;
        match serde_json::from_str::<Json>(&line) {
            Ok(Json::Object(given)) => {
                for (name, value) in given {
                    let renamed = renamed.iter().find(|(column, _)| *column == name).map(|(_, to)| to);
                    let name = renamed.cloned().unwrap_or(name);
                    if name.is_empty() || value.is_null() {
                        continue;
                    }
                    match given::place(action, &name) {
                        Some(place) => {
                            if let Err(why) = given::put(&mut inputs, &place, value) {
                                wrong = Some((name, why));
                            }
                        }
                        // A group, or something that the action refuses by its name.
                        None => drop(inputs.insert(name, value)),
                    }
                }
            }
            Ok(_) => wrong = Some(("row".into(), "an object is expected".into())),
            Err(error) => wrong = Some(("row".into(), format!("it is no JSON: {error}"))),
        }
        Some(Ok(self.finished(inputs, wrong, end)))
    }

    /// A row with what is the same in all rows where it says nothing.
    fn finished(&self, mut inputs: Map<String, Json>, wrong: Option<(String, String)>, end: u64) -> Row {
        let mut fixed = Map::new();
        for (place, value) in &self.fixed {
            // The checks of a single value come when it is sent.
            let _ = given::put(&mut fixed, place, json!(value));
        }
        for (key, value) in fixed {
            inputs.entry(key).or_insert(value);
        }
        Row { number: self.number, inputs: wrong.map_or(Ok(inputs), Err), end }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.source {
            Source::Csv { .. } => self.csv(),
            Source::Lines { .. } => self.line(),
        }
    }
}

fn columns(
    head: &csv::StringRecord,
    renamed: &[(String, String)],
    file: &str,
    lead: impl Fn(&str) -> Result<Place, Failure>,
) -> Result<Vec<Option<Place>>, Failure> {
    for (column, _) in renamed {
        if !head.iter().any(|name| name == column) {
            return Err(Failure::usage(format!("{file} has no column {column}")));
        }
    }
    let place = |column: &str| {
        let to = renamed.iter().find(|(name, _)| name == column).map_or(column, |(_, to)| to);
        if to.is_empty() { Ok(None) } else { lead(to).map(Some) }
    };
    head.iter()
        .map(|column| {
            place(column).map_err(|_| {
                Failure::usage(format!(
                    "column {column} of {file} is no input; --column '{column}=INPUT' says which it is, and an empty one passes it over"
                ))
            })
        })
        .collect()
}

fn pairs(option: &str, given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| {
        let pair = text.split_once('=');
        pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .ok_or_else(|| Failure::usage(format!("{option} {text}: NAME=VALUE is expected")))
    };
    given.iter().map(pair).collect()
}
