//! `frontdesk demo N`: fills a desk with a believable company.

use indicatif::{ProgressBar, ProgressStyle};

use super::{block_on, must_exist, with_desk};
use crate::cli::DemoArgs;
use crate::config::Settings;
use crate::rooms::Rooms;
use crate::{Failure, say};

/// The seed of `serve --demo`.
pub(super) const SEED: u64 = 1;

/// Fills the desk.
pub(super) fn run(settings: &Settings, args: &DemoArgs) -> Result<(), Failure> {
    block_on(with_desk(settings, async |rooms| {
        must_exist(&rooms)?;
        fill(&rooms, args.n, args.seed).await
    }))?;
    say::out(&format!("The desk has {} more requests.", args.n));
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
