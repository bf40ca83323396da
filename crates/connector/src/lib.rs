//! A client of the V3 API of ServiceDesk Plus Cloud and of Frontdesk.
//!
//! - [`Connection`] says where a desk is and as whom it is spoken to; [`Client`] speaks to it: one record at a time,
//!   lists as a [`Walk`] that neither skips nor doubles rows while they change, files up and down.
//! - [`Manners`] are the limits that a client sets itself: how many calls at once, how fast, how often again.
//! - [`catalogue`] holds what there is to choose from, as data.
//!
//! A call is repeated only where that is right: reading and setting fields always, adding only when the first try
//! surely was not heard. [`Error::is_uncertain`] says when that is not known.
//!
//! It needs a tokio runtime. It depends on `wire` below and knows nothing of the server.

mod auth;
pub mod catalogue;
mod centre;
mod client;
mod connection;
mod error;
mod files;
pub mod http;
mod list;
mod run;
mod secret;
mod sources;
mod trigger;

pub use auth::{Consent, FileTokens, Loopback, MemoryTokens, TokenSet, TokenStore, replace_private};
pub use centre::{DATA_CENTRES, DataCentre};
pub use client::{Client, ClientBuilder};
pub use connection::{
    AUTHORIZE_URL, Connection, Credentials, DEFAULT_SCOPES, EVERY_SCOPE, OAUTH, OAuth, TECHNICIAN_KEY,
    TOKEN_URL,
};
pub use error::{Error, InputFault, Result, ServiceError, ServiceMessage};
pub use files::{Download, Upload};
pub use http::{Exchange, Manners, Observer};
pub use list::{ListQuery, Page, Walk};
pub use secret::Secret;
pub use trigger::{Batch, Event, PollOptions, PollState, Poller, Resource, Webhook, What};

/// A text as one segment of a path.
///
/// # Errors
/// [`Error::Input`] for what would lead elsewhere: nothing at all, and the two names of other folders.
pub fn segment(field: &str, text: &str) -> Result<String> {
    match text.trim() {
        "" => Err(Error::input(field, "it is empty")),
        "." | ".." => Err(Error::input(field, format!("{text} is no id"))),
        text => Ok(http::encoded(text)),
    }
}
