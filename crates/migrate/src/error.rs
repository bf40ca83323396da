//! What can go wrong.

use desk::DeskError;

/// Why a run stopped. The same call goes on where it stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// What was asked for cannot be.
    #[error("{0}")]
    Usage(String),
    /// The source did not answer, or said that it would not.
    #[error(transparent)]
    Source(#[from] connector::Error),
    /// This desk did not take it.
    #[error("{0}")]
    Desk(#[from] DeskError),
    /// A file could not be written.
    #[error("{0}")]
    File(String),
    /// Another process copies the same desk into this one.
    #[error("another process copies the same desk")]
    Overtaken,
}

/// What a list says that is not there to be read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The service does not show it, in these words.
    NotShown(String),
    /// It could not be asked.
    Failed(MigrateError),
}

impl<E: Into<MigrateError>> From<E> for Unread {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Unread {
    /// The failure, where not being shown is one.
    pub fn into_error(self) -> MigrateError {
        match self {
            Self::NotShown(words) => MigrateError::Usage(words),
            Self::Failed(error) => error,
        }
    }
}
