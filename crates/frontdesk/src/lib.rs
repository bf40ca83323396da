//! The binary `frontdesk`: command line, configuration, wiring, serving.
//!
//! - `cli` says what may be typed; `command` has one file per command.
//! - [`config`] finds the effective settings and where each came from.
//! - [`serve`] is the HTTP server around any axum router: slow clients, TLS, trace ids, graceful stop.
//! - `probes` answers `/healthz`, `/readyz` and `/metrics`; [`metrics`] holds the numbers.
//! - `logging` writes the log lines.
//! - `rooms` is the only place that knows the rooms below; `command::connector` alone knows the connector, which is none.
//!
//! It knows no rule of the desk, no SQL and no V3 format. To add a setting: one line in [`config::SPECS`], one field
//! in [`config::Settings`], one option in `cli`; a test compares the three.

mod cli;
mod command;
pub mod config;
mod failure;
mod logging;
pub mod metrics;
mod probes;
mod rooms;
mod say;
pub mod serve;

use std::ffi::OsString;
use std::process::ExitCode;

pub use failure::Failure;

/// Runs the command line `arguments` (the program's name first) and says how it went.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match cli::read(arguments).and_then(command::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say::err(&failure.to_string());
            failure.exit_code()
        }
    }
}
