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
//!
//! ```
//! # // A desk of one answer, so that this example runs.
//! # let desk = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = format!("http://{}", desk.local_addr()?);
//! # std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let body = r#"{"request": {"id": "7", "subject": "The printer smokes"}, "response_status": {"status_code": 2000, "status": "success"}}"#;
//! #     for stream in desk.incoming() {
//! #         let mut stream = stream.unwrap();
//! #         let mut seen = [0; 4096];
//! #         let _ = stream.read(&mut seen);
//! #         let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
//! #     }
//! # });
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! use connector::catalogue::inputs::{CreateRequest, GetRequest};
//! use connector::{Client, Connection};
//! use serde_json::json;
//!
//! let client = Client::new(Connection::technician_key(&address, "key")?)?;
//! // An action by its key …
//! let inputs = json!({"requestSubject": "The printer smokes", "additionalFields": {"priority": {"name": "High"}}});
//! let made = client.run("createRequest", &inputs).await?;
//! assert_eq!(made["data"]["request"]["id"], "7");
//! // … or by its typed function; both come from one table.
//! let made = client
//!     .create_request(CreateRequest { request_subject: "The printer smokes".into(), ..Default::default() })
//!     .await?;
//! let read = client.get_request(GetRequest { to_get_request_id: "7".into() }).await?;
//! assert_eq!(made, read);
//! // What cannot be meant is refused by name, before anything is sent.
//! let error = client.run("createRequest", &json!({"requestSubjct": "x"})).await.unwrap_err();
//! assert!(error.to_string().contains("did you mean requestSubject?"));
//! # Ok::<(), connector::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
