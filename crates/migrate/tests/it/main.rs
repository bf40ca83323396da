//! Whole desks copied into whole desks, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it"
)]

mod copies;
mod faults;
mod follows;
mod support;
