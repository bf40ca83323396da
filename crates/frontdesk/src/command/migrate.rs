//! `frontdesk migrate`: copies another desk, follows its changes, compares the two.

use ::connector::Client;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

use super::{block_on, must_exist, with_desk};
use crate::cli::{MigrateAction, MigrateArgs};
use crate::config::Settings;
use crate::rooms::{Copied, Look, Rooms};
use crate::{Failure, say};

/// Remarks that a report shows; `remarks` shows all.
const SHOWN: u64 = 20;

/// Does what was asked for with the source.
pub(super) fn run(settings: &Settings, args: &MigrateArgs) -> Result<(), Failure> {
    // First what may be refused, then the desk.
    let client = client(args)?;
    block_on(with_desk(settings, async |rooms| {
        must_exist(&rooms)?;
        match args.action {
            Some(MigrateAction::Verify) => verify(&rooms, &client, args).await,
            Some(MigrateAction::Remarks) => {
                let count =
                    rooms.remarks(&client, user(args), None, &mut |remark| say::out(&told(remark))).await?;
                nothing_left_out(count)
            }
            None => copy(&rooms, &client, args).await,
        }
    }))
}

fn user(args: &MigrateArgs) -> Option<&str> {
    args.user.as_deref()
}

async fn copy(rooms: &Rooms, client: &Client, args: &MigrateArgs) -> Result<(), Failure> {
    let left_out = once(rooms, client, args, Look::Copy).await?;
    let Some(seconds) = args.follow else { return nothing_left_out(left_out) };
    loop {
        let stop = tokio::signal::ctrl_c();
        tokio::select! {
            _ = stop => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
        }
        tokio::select! {
            // What is committed stays; the next run goes on from there.
            _ = tokio::signal::ctrl_c() => return Ok(()),
            done = once(rooms, client, args, Look::Follow) => { done?; }
        }
    }
}

/// One look at the source, with its report; says how much is left out.
async fn once(rooms: &Rooms, client: &Client, args: &MigrateArgs, look: Look) -> Result<u64, Failure> {
    let bar = bar();
    let moving = bar.clone();
    let done = rooms.migrate(client, user(args), look, move |progress| show(&moving, &progress)).await;
    bar.finish_and_clear();
    let done = done?;
    report(&done, look);
    if done.remarks > 0 {
        rooms.remarks(client, user(args), Some(SHOWN), &mut |remark| say::out(&told(remark))).await?;
        if done.remarks > SHOWN {
            say::out(&format!("… and {} more; frontdesk migrate remarks shows all", done.remarks - SHOWN));
        }
    }
    Ok(done.remarks)
}

fn report(done: &Copied, look: Look) {
    let changed =
        |count: &::migrate::Count| count.created + count.updated + count.refused + count.removed > 0;
    let row = |(module, count): (&String, &::migrate::Count)| {
        let numbers = [count.created, count.updated, count.unchanged, count.refused, count.removed];
        let [created, updated, unchanged, refused, removed] = numbers.map(|n| n.to_string());
        [module.clone(), created, updated, unchanged, refused, removed]
    };
    let rows = done.counts.iter().filter(|(_, count)| look == Look::Copy || changed(count));
    let rows: Vec<_> = rows.map(row).collect();
    if !rows.is_empty() {
        say::table(["module", "created", "updated", "unchanged", "refused", "removed"], &rows);
    }
    if look == Look::Copy && done.copied_before > 0 {
        say::out(&format!("Went on behind {} records that earlier runs had copied.", done.copied_before));
    }
    for (list, words) in &done.not_shown {
        say::out(&format!("not shown by the source: {list} ({words})"));
    }
}

async fn verify(rooms: &Rooms, client: &Client, args: &MigrateArgs) -> Result<(), Failure> {
    let bar = bar();
    let moving = bar.clone();
    let mut each = |difference: &::migrate::Difference| bar.suspend(|| say::out(&difference.to_string()));
    let done = rooms.verify(client, user(args), move |progress| show(&moving, &progress), &mut each).await;
    bar.finish_and_clear();
    let done = done?;
    say::out(&format!("{} rows compared, {} files among them", done.rows, done.files));
    match done.differences {
        0 => Ok(()),
        1 => Err(Failure::runtime("1 difference")),
        n => Err(Failure::runtime(format!("{n} differences"))),
    }
}

fn nothing_left_out(count: u64) -> Result<(), Failure> {
    match count {
        0 => Ok(()),
        1 => Err(Failure::runtime("1 thing could not be taken over as it was")),
        n => Err(Failure::runtime(format!("{n} things could not be taken over as they were"))),
    }
}

fn told(remark: &::migrate::Remark) -> String {
    let ::migrate::Remark { module, source_id, field, words } = remark;
    let field = if field.is_empty() { String::new() } else { format!(" {field}:") };
    format!("{module} {source_id}:{field} {words}")
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:24} {wide_bar} {pos} of {len}, {eta} to go") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: &::migrate::Progress) {
    if bar.message() != progress.part {
        bar.set_message(progress.part.clone());
        bar.reset_eta();
    }
    bar.set_length(progress.total.unwrap_or(progress.done).max(progress.done));
    bar.set_position(progress.done);
}

/// A client for the profile or the address that was named.
fn client(args: &MigrateArgs) -> Result<Client, Failure> {
    let Some(from) = &args.from else { return Err(Failure::usage("--from says which desk to copy")) };
    super::connector::client_of(from, args.portal.as_deref(), args.rate, args.concurrency)
}
