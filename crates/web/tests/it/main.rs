//! The pages over HTTP, on both engines, as a browser without script has them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it, loudly"
)]

mod accounts;
mod cmdb;
mod dashboards;
mod doors;
mod hostile;
mod lists;
mod orders;
mod portal;
mod records;
mod requests;
mod rights;
mod similar;
