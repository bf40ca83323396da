//! The V3 face over a whole desk, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in a test, what does not work must stop it"
)]

mod approvals;
mod assets;
mod attack;
mod catalogs;
mod clock;
mod cmdb;
mod conventions;
mod fuzz;
mod golden;
mod happyfox;
mod life;
mod lists;
mod matrix;
mod oauth;
mod people;
mod problems;
mod reach;
mod requests;
mod rights;
mod setup;
mod subresources;
mod talk;
mod texts;
