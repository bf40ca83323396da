//! `frontdesk connector bulk`: an action once for each row of a file.

mod report;
mod rows;

use super::args::{BulkArgs, Common};
use super::failure;
use super::given;
use super::session::Session;
use crate::{Failure, say};
use ::connector::catalogue::{Action, Does};
use ::connector::{Client, Error};
use futures_util::StreamExt;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use report::{Before, Outcome, Report};
use rows::{Row, Rows};
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What became of all rows.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    done: u64,
    refused: u64,
    uncertain: u64,
    before: u64,
}

/// Runs the rows, and says what became of them.
pub(super) async fn run(common: &Common, args: &BulkArgs) -> Result<(), Failure> {
    let action = given::action(&args.key)?;
    let rows = Rows::open(action, args)?;
    let size = rows.size();
    if args.dry_run {
        return dry_run(action, rows);
    }
    let session = Session::open(common, Some(args.concurrency), false)?;
    let path = args.report.clone().unwrap_or_else(|| report_of(args, action));
    let report = Report::open(&path, action.key, &args.from, args.from_start)?;
    let again = may_repeat(&session.client, action, &report, args).await;
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {msg}, {eta} to go")
    {
        bar.set_style(style);
    }
    let work = Work { client: session.client, action, report: Mutex::new(report), again };
    let counts = work.through(rows, usize::from(args.concurrency), &bar).await;
    bar.finish_and_clear();
    tell(&counts?, &path)
}

/// Beside the file, so that the same command finds it.
fn report_of(args: &BulkArgs, action: &Action) -> PathBuf {
    let mut name = args.from.as_os_str().to_owned();
    name.push(format!(".{}.report", action.key));
    PathBuf::from(name)
}

/// Whether rows that were sent without an answer are sent again.
async fn may_repeat(client: &Client, action: &Action, report: &Report, args: &BulkArgs) -> bool {
    let harmless = matches!(action.does, Does::Get | Does::List | Does::Update);
    let named = || async { action.does == Does::Create && client.knows_names().await };
    args.repeat_uncertain || harmless || (report.has_open_rows() && named().await)
}

struct Work {
    client: Client,
    action: &'static Action,
    report: Mutex<Report>,
    /// Whether rows that were sent without an answer are sent again.
    again: bool,
}

impl Work {
    async fn through(&self, rows: Rows, concurrency: usize, bar: &ProgressBar) -> Result<Counts, Failure> {
        let counts = Arc::new(Mutex::new(Counts::default()));
        let mut working = stream::iter(rows)
            .map(|row| {
                let counts = counts.clone();
                async move {
                    let (end, outcome) = match row {
                        Ok(row) => (row.end, self.one(row).await?),
                        Err(failure) => return Err(failure),
                    };
                    bar.set_position(end);
                    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        None => counts.before += 1,
                        Some(Outcome::Done(_)) => counts.done += 1,
                        Some(Outcome::Refused { .. }) => counts.refused += 1,
                        Some(Outcome::Uncertain(_)) => counts.uncertain += 1,
                    }
                    bar.set_message(format!(
                        "{} done, {} refused",
                        counts.done + counts.before,
                        counts.refused
                    ));
                    Ok(())
                }
            })
            .buffer_unordered(concurrency);
        while let Some(result) = working.next().await {
            result?;
        }
        drop(working);
        let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(*counts)
    }

    /// One row; nothing when an earlier run did it.
    async fn one(&self, row: Row) -> Result<Option<Outcome>, Failure> {
        let before = self.report().before(row.number);
        let outcome = match (before, row.inputs) {
            (Before::Done, _) => return Ok(None),
            (Before::Open, _) if !self.again => {
                Outcome::Uncertain("an earlier run sent it and did not hear what became of it".into())
            }
            (_, Err(why)) => Outcome::Refused { code: None, field: Some(why.0), message: why.1 },
            (_, Ok(inputs)) => {
                let inputs = Json::Object(inputs);
                if let Err(error) = Client::check_inputs(self.action.key, &inputs) {
                    let outcome = refused(&error);
                    self.report().end(row.number, &outcome)?;
                    return Ok(Some(outcome));
                }
                let name = {
                    let mut report = self.report();
                    report.begin(row.number)?;
                    report.name_of(row.number)
                };
                let answer = self.client.named(&name).run(self.action.key, &inputs).await;
                match answer {
                    Ok(answer) => Outcome::Done(id_of(&answer)),
                    // Nobody is let in any more, or nobody is there: the other rows would fare no better.
                    Err(error) if ends_all(&error) => {
                        self.report().release(row.number)?;
                        return Err(failure(error));
                    }
                    Err(error) if error.is_uncertain() => Outcome::Uncertain(error.to_string()),
                    Err(error) => refused(&error),
                }
            }
        };
        self.report().end(row.number, &outcome)?;
        Ok(Some(outcome))
    }

    fn report(&self) -> std::sync::MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends_all(error: &Error) -> bool {
    match error {
        Error::NotAuthenticated(_) | Error::OAuth { .. } | Error::Configuration(_) | Error::Store(_) => true,
        Error::Network { uncertain, .. } | Error::Deadline { uncertain, .. } => !uncertain,
        Error::Service(said) => said.http_status == 401 || said.http_status == 429,
        _ => false,
    }
}

fn refused(error: &Error) -> Outcome {
    match error {
        Error::Input(faults) => {
            let first = faults.first();
            Outcome::Refused {
                code: None,
                field: first.map(|fault| fault.field.clone()),
                message: faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
            }
        }
        Error::Service(said) => Outcome::Refused {
            code: Some(said.status_code()),
            field: said.field().map(str::to_owned),
            message: error.to_string(),
        },
        other => Outcome::Refused { code: None, field: None, message: other.to_string() },
    }
}

/// The id of the record that an answer is about.
fn id_of(answer: &Json) -> Option<String> {
    let data = answer.get("data")?.as_object()?;
    data.values().find_map(|record| record.get("id")?.as_str().map(str::to_owned))
}

fn dry_run(action: &Action, rows: Rows) -> Result<(), Failure> {
    let (mut good, mut bad) = (0_u64, 0_u64);
    for row in rows {
        let row = row?;
        let checked = match row.inputs {
            Ok(inputs) => Client::check_inputs(action.key, &Json::Object(inputs)).map_err(|e| e.to_string()),
            Err((field, why)) => Err(format!("{field}: {why}")),
        };
        match checked {
            Ok(()) => good += 1,
            Err(why) => {
                bad += 1;
                say::out(&format!("row {}: {why}", row.number));
            }
        }
    }
    say::out(&format!("A dry run, nothing was sent. {} can be sent, {bad} cannot", counted(good)));
    if bad == 0 { Ok(()) } else { Err(Failure::runtime(format!("{} cannot be sent", counted(bad)))) }
}

fn counted(rows: u64) -> String {
    if rows == 1 { "1 row".into() } else { format!("{rows} rows") }
}

fn tell(counts: &Counts, path: &std::path::Path) -> Result<(), Failure> {
    let Counts { done, refused, uncertain, before } = counts;
    let earlier = if *before > 0 { format!(", {before} by an earlier run") } else { String::new() };
    say::out(&format!(
        "{done} done{earlier}, {refused} refused, {uncertain} uncertain; {} tells of each",
        path.display()
    ));
    match (refused, uncertain) {
        (0, 0) => Ok(()),
        (_, 0) => Err(Failure::runtime(format!("{} refused", counted(*refused)))),
        _ => Err(Failure::coded(
            6,
            format!(
                "{} uncertain: it is not known whether they were done; look before --repeat-uncertain",
                counted(*uncertain)
            ),
        )),
    }
}
