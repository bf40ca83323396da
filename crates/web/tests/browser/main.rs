//! The main paths in a real browser: Debian's Chromium, without a window, with and without script, by keyboard, on a
//! phone-sized window. `scripts/test` installs it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it, loudly"
)]

mod administration;
mod axe;
mod chromium;
mod day;
mod figures;
mod layout;
mod paths;
mod served;
