//! A body for which there is no room.

use std::error::Error;
use std::fmt;

/// The server holds as much of large bodies as it may, and some time later still did. What reads a body meets this as its error,
/// and says that the call may be made again later (503).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many large bodies at once")
    }
}

impl Error for NoRoom {}

impl NoRoom {
    /// Whether it is what an error comes from.
    #[must_use]
    pub fn is_behind(error: &(dyn Error + 'static)) -> bool {
        std::iter::successors(Some(error), |&error| error.source()).any(|error| error.is::<Self>())
    }
}
