//! The V3 wire format, both directions: bytes of a request to plain data, plain data to the bytes of an
//! answer. Pure: no I/O, no clock, no HTTP types, and nothing here knows the desk or the database.
//!
//! Reading is liberal, because the clients are: [`payload`] finds `input_data` wherever it travels,
//! [`lenient`] reads JSON and Python literals, [`list_info`] and [`criteria`] accept every spelling that was
//! seen on the wire. Writing is exact: [`envelope`] and [`failure`] give the few shapes that clients hard-code.
//!
//! To accept one more spelling, add it where the sibling spellings are listed (each list is one `match`
//! or one constant) and add a line to the table of cases in that module's `tests.rs`. "conventions" and
//! "wire-facts" in the comments are the reference pages `sdp-v3/conventions.md` and `wire-facts.md`.

pub mod criteria;
pub mod envelope;
pub mod facts;
pub mod failure;
pub mod file_name;
pub mod formula;
pub mod lenient;
pub mod list_info;
pub mod metainfo;
mod multipart;
pub mod payload;
pub mod reader;
pub mod room;
pub mod scalar;
mod time;
pub mod writer;

pub use criteria::Criteria;
pub use failure::Failure;
pub use list_info::ListInfo;
pub use payload::Payload;
