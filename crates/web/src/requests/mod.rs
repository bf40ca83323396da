//! Requests, as technicians work on them.

pub(crate) mod act;
pub(crate) mod beside;
pub(crate) mod bulk;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod page;
mod parts;
mod properties;
pub(crate) mod timeline;

use crate::visit::Visit;
use desk::{DeskError, Place};
use model::Id;

/// All requests.
///
/// # Errors
/// When the catalogue has none, which is a mistake of ours.
pub(crate) fn place(visit: &Visit) -> Result<Place, DeskError> {
    Ok(Place::top(visit.snapshot.module("request")?.clone()))
}

/// The id in an address.
///
/// # Errors
/// [`DeskError::NotFound`] for what is none.
pub(crate) fn id_of(text: &str) -> Result<Id, DeskError> {
    text.parse().map_err(|_| DeskError::NotFound)
}
