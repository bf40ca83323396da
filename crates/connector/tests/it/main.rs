//! The connector against a real desk on both engines, and against ports that misbehave on purpose.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it"
)]

mod actions;
mod catalogue;
mod files;
mod inputs;
mod lists;
mod manners;
mod oauth;
mod records;
mod samples;
mod sources;
mod support;
mod trigger;
