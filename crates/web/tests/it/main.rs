//! The pages over HTTP, on both engines, as a browser without script has them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in a test, what does not work must stop it, loudly"
)]

mod accounts;
mod administration;
mod cmdb;
mod compressed;
mod dashboards;
mod documents;
mod doors;
mod hostile;
mod lists;
mod live;
mod orders;
mod portal;
mod records;
mod requests;
mod rights;
mod second_factor;
mod set_up;
mod similar;
mod single_sign_on;
mod split;
mod timer;
mod undo;
