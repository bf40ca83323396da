//! HTTP with manners: what is sent, how fast, and when it is sent again.

mod call;
mod manners;
mod observe;
mod pace;
mod retry;
mod tls;
mod transport;

pub use call::{Body, Call, FilePart, FileSource, Repeat, Tries};
pub use manners::Manners;
pub use observe::{Exchange, Observer};
pub use transport::{Content, Reply};

pub(crate) use call::encoded;
pub(crate) use transport::{Mode, Transport, chain};
