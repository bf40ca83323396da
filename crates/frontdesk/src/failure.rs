//! Why a command stopped: one line for the person, one exit code for the script.

use std::fmt;
use std::process::ExitCode;

/// A command that could not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// What was asked cannot be asked: a wrong option, a wrong setting, a desk that is already there. Exit code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure { code: 2, message: message.into() }
    }

    /// What was asked failed: a port in use, a database that does not answer. Exit code 1.
    pub(crate) fn runtime(message: impl Into<String>) -> Self {
        Failure { code: 1, message: message.into() }
    }

    /// With an exit code of its own, where scripts want to tell more cases apart.
    pub(crate) fn coded(code: u8, message: impl Into<String>) -> Self {
        Failure { code, message: message.into() }
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
