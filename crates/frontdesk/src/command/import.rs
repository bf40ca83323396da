//! `frontdesk import`: takes in a file of records.

use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;

use super::{block_on, must_exist, with_desk};
use crate::cli::ImportArgs;
use crate::config::Settings;
use crate::rooms::{Format, ImportOptions, Imported, open_mapping};
use crate::{Failure, say};

/// Takes the file in, and says what became of its rows. Rows that were refused make it fail with exit code 1, after all
/// the others were taken.
pub(super) fn run(settings: &Settings, args: ImportArgs) -> Result<(), Failure> {
    // First what may be refused, then the desk.
    let options = options(&args)?;
    let done = block_on(with_desk(settings, async |rooms| {
        must_exist(&rooms)?;
        let bar = ProgressBar::new(0);
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {msg} rows, {eta} to go")
        {
            bar.set_style(style);
        }
        let moving = bar.clone();
        let done = rooms
            .import(&options, args.user.as_deref(), move |progress| {
                moving.set_length(progress.size);
                moving.set_position(progress.bytes);
                moving.set_message(progress.rows.to_string());
            })
            .await;
        bar.finish_and_clear();
        done
    }))?;
    tell(&done, &options);
    match done.rows.refused {
        0 => Ok(()),
        1 => Err(Failure::runtime("1 row was refused")),
        n => Err(Failure::runtime(format!("{n} rows were refused"))),
    }
}

fn options(args: &ImportArgs) -> Result<ImportOptions, Failure> {
    let mut mapping = open_mapping(args.map.as_deref())?;
    if args.key.is_some() {
        mapping.key.clone_from(&args.key);
    }
    let delimiter = delimiter_of(&args.delimiter)?;
    Ok(ImportOptions {
        module: args.module.clone(),
        ci_type: args.ci_type.clone(),
        file: args.file.clone(),
        format: format_of(args.format.as_deref(), Some(&args.file))?,
        delimiter,
        mapping,
        dry_run: args.dry_run,
        from_start: args.from_start,
        clear_empty: args.clear_empty,
        report: args.report.clone(),
    })
}

/// What stands between the cells of a CSV file.
pub(super) fn delimiter_of(text: &str) -> Result<u8, Failure> {
    match (text, text.as_bytes()) {
        ("\\t" | "tab", _) => Ok(b'\t'),
        (_, [byte]) => Ok(*byte),
        _ => Err(Failure::usage("--delimiter must be one character")),
    }
}

/// The format that was named, or that a file's name tells.
pub(super) fn format_of(named: Option<&str>, file: Option<&Path>) -> Result<Format, Failure> {
    match named {
        Some(name) => {
            Format::named(name).ok_or_else(|| Failure::usage(format!("unknown format {name}; csv or ndjson")))
        }
        None => Ok(file.map(Format::of_file).unwrap_or_default()),
    }
}

fn tell(done: &Imported, options: &ImportOptions) {
    let Imported { rows, resumed_behind, passed_over, reasons } = done;
    if *resumed_behind > 0 {
        say::out(&format!("Went on behind row {resumed_behind}, where an earlier run stopped."));
    }
    if !passed_over.is_empty() {
        say::out(&format!("Passed over, because the desk gives them: {}", passed_over.join(", ")));
    }
    for reason in reasons {
        say::out(&format!("refused: {reason}"));
    }
    let would = if options.dry_run { "A dry run, nothing was written. " } else { "" };
    say::out(&format!(
        "{would}{} created, {} updated, {} unchanged, {} refused",
        rows.created, rows.updated, rows.unchanged, rows.refused
    ));
}
