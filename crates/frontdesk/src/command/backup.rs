//! `frontdesk backup`, `restore` and `verify`.

use super::block_on;
use crate::cli::{BackupArgs, RestoreArgs, VerifyArgs};
use crate::config::Settings;
use crate::rooms::archives::{self, DeskAudit, RestoredDesk};
use crate::{Failure, say};

/// Writes an archive of the desk, also while it is served.
pub(super) fn run(settings: &Settings, args: BackupArgs) -> Result<(), Failure> {
    let mut plan = settings.backup.clone();
    if let Some(mib) = args.mib_per_s {
        plan.bytes_per_second = (mib > 0).then_some(mib * 1024 * 1024);
    }
    let (path, written) = block_on(archives::write_archive(&settings.place, &plan, args.output))?;
    say::out(&format!(
        "{}: {} rows, {} attached files, {} bytes",
        path.display(),
        written.rows,
        written.files,
        written.bytes
    ));
    missing(&written.missing_files)
}

/// Makes a desk of an archive, in an empty place.
pub(super) fn restore(settings: &Settings, args: &RestoreArgs) -> Result<(), Failure> {
    let restored = block_on(archives::restore(&settings.place, &args.archive))?;
    say::out(&format!("Restored {}. Start it with frontdesk serve.", in_words(&restored)));
    missing(&restored.missing_files)
}

/// Checks the desk, or an archive.
pub(super) fn verify(settings: &Settings, args: &VerifyArgs) -> Result<(), Failure> {
    match &args.archive {
        Some(archive) if args.quick => {
            let contents = block_on(archives::check_sums(archive))?;
            let rows: u64 = contents.rows.values().sum();
            say::out(&format!("{} entries with {rows} rows are what was written", contents.entries.len()));
            missing(&contents.missing_files)
        }
        Some(archive) => {
            let (restored, audit) = block_on(archives::check_archive(archive))?;
            say::out(&in_words(&restored));
            tell(&audit)?;
            missing(&restored.missing_files)
        }
        None if args.quick => Err(Failure::usage("--quick is for archives; name one")),
        None => tell(&block_on(archives::check_desk(&settings.place))?),
    }
}

fn in_words(restored: &RestoredDesk) -> String {
    let time =
        jiff::Timestamp::from_millisecond(restored.head.created).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!(
        "the desk of {} ({} on {}): {} rows, {} attached files",
        time.strftime("%Y-%m-%d %H:%M:%S UTC"),
        restored.head.program,
        restored.head.engine,
        restored.rows.values().sum::<u64>(),
        restored.files
    )
}

/// Says what is wrong, a line each; anything makes the command fail.
fn tell(audit: &DeskAudit) -> Result<(), Failure> {
    for fault in &audit.faults {
        let example = fault.example.map(|id| format!(", such as {id}")).unwrap_or_default();
        say::out(&format!("wrong: {} ({} rows{example})", fault.what, fault.rows));
    }
    let rows: u64 = audit.rows.values().sum();
    let looked = format!("{rows} rows and {} attached files were read", audit.files);
    match audit.faults.len() {
        0 => {
            say::out(&format!("All is well: {looked}, every reference, every search document"));
            Ok(())
        }
        n => Err(Failure::runtime(format!("{n} faults were found; {looked}"))),
    }
}

fn missing(files: &[String]) -> Result<(), Failure> {
    match files.first() {
        None => Ok(()),
        Some(first) => Err(Failure::runtime(format!(
            "{} attached files were missing from the desk when it was backed up, such as {first}; all else is there",
            files.len()
        ))),
    }
}
