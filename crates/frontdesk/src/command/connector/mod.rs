//! `frontdesk connector`: the connector on the command line. It speaks to any desk that has a V3 API; the desk in the data
//! directory has no part in it.

mod args;
mod bulk;
mod cells;
mod connect;
mod describe;
mod given;
mod output;
mod poll;
mod profiles;
mod run;
mod session;

pub(crate) use args::ConnectorArgs;
pub(super) use session::client_of;

use super::block_on_one_thread;
use crate::Failure;
use ::connector::Error;
use args::Command;

/// Does what was typed.
pub(super) fn run(args: ConnectorArgs) -> Result<(), Failure> {
    let ConnectorArgs { common, command } = args;
    match command {
        Command::Actions(args) => describe::actions(&args),
        Command::Describe(args) => describe::one(&args),
        Command::Run(args) => block_on_one_thread(run::action(&common, &args)),
        Command::Source(args) => block_on_one_thread(run::source(&common, &args)),
        Command::Poll(args) => block_on_one_thread(poll::run(&common, &args)),
        Command::Connect(args) => block_on_one_thread(connect::run(&common, args)),
        Command::Profiles(args) => block_on_one_thread(profiles::run(&common, args)),
        Command::Bulk(args) => block_on_one_thread(bulk::run(&common, &args)),
    }
}

/// The exit codes, as the help tells them.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  the service refused, or some rows were refused
  2  it cannot be asked: a wrong option, input or profile
  3  not allowed: no token, a refused one, or no permission
  4  there is no such record
  5  the service was not reached, had no time or failed; nothing was done, try again
  6  the answer was lost: it may have been done or not, look before trying again";

/// An error of the library as this program ends with it.
fn failure(error: Error) -> Failure {
    let code = match &error {
        Error::Input(_) | Error::Configuration(_) => 2,
        Error::NotAuthenticated(_) | Error::OAuth { .. } => 3,
        Error::Network { .. } | Error::Deadline { .. } => {
            if error.is_uncertain() {
                6
            } else {
                5
            }
        }
        Error::Service(said) => match said.http_status {
            401 | 403 => 3,
            404 => 4,
            429 | 503 => 5,
            500..=599 if error.is_uncertain() => 6,
            500..=599 => 5,
            _ => 1,
        },
        Error::Answer { .. } if error.is_uncertain() => 6,
        _ => 1,
    };
    Failure::coded(code, error.to_string().replace('\n', " "))
}
