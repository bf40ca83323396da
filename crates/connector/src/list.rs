//! Lists: what is asked for, and walking through all of it while it changes.

mod query;
mod walk;

pub use query::{ListQuery, Page};
pub use walk::Walk;

pub(crate) use query::{id_number, page_of};
pub(crate) use walk::{both, time_ms};
