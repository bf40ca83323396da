//! Properties of the desk that no face can show.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test, what does not work must stop it"
)]

mod attributes;
mod criteria;
mod html;
mod permissions;
mod words;
