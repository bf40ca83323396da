//! What there is to choose from, as data: connections now, and the actions with their inputs.

mod connections;
mod input;

pub use connections::{CONNECTIONS, ConnectionKind, connection};
pub use input::{Collection, Input, Kind};
