//! `frontdesk demo N`: fills a new desk with a believable company, and creates the desk where there is none.

use indicatif::{ProgressBar, ProgressStyle};

use super::{block_on, init, with_desk};
use crate::cli::DemoArgs;
use crate::config::Settings;
use crate::rooms::Rooms;
use crate::{Failure, say};

/// The seed of `serve --demo`.
pub(super) const SEED: u64 = 1;

/// Fills the desk; one that has requests is refused.
pub(super) fn run(settings: &Settings, args: &DemoArgs) -> Result<(), Failure> {
    block_on(with_desk(settings, async |rooms| {
        if rooms.is_new() {
            // Shown before the filling, which takes its time and may fail: they are shown once.
            init::show(&init::create(settings, &rooms).await?);
        }
        fill(&rooms, args.n, args.seed).await
    }))?;
    say::out(&format!("The desk has a company with {} requests.", args.n));
    Ok(())
}

/// Fills the desk behind a progress bar. indicatif shows it on a terminal only.
pub(super) async fn fill(rooms: &Rooms, n: u64, seed: u64) -> Result<(), Failure> {
    let bar = ProgressBar::new(n);
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} requests, {eta} to go")
    {
        bar.set_style(style);
    }
    let moving = bar.clone();
    let result = rooms.demo(n, seed, move |done| moving.set_position(done)).await;
    bar.finish_and_clear();
    result
}
