//! `frontdesk init`: creates the desk and prints its first credentials, once.

use super::{block_on, with_rooms};
use crate::config::Settings;
use crate::rooms::{InitRefused, NewDesk, Rooms, Secrets};
use crate::{Failure, say};

/// Creates the desk; one that is there already is left alone.
pub(super) fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let secrets = block_on(async {
        let rooms = match Rooms::open(&settings.place).await {
            Ok(rooms) => rooms,
            Err(failure) if is_served(settings).await => {
                tracing::debug!(%failure, "a server has the desk");
                return Err(exists());
            }
            Err(failure) => return Err(failure),
        };
        with_rooms(rooms, async |rooms| create(settings, &rooms).await).await
    })?;
    if as_json {
        say::json(&secrets.json());
    } else {
        show(&secrets);
    }
    Ok(())
}

/// Creates the desk, or says that there is one.
pub(super) async fn create(settings: &Settings, rooms: &Rooms) -> Result<Secrets, Failure> {
    let new_desk = NewDesk { admin_email: settings.admin_email.clone(), company: settings.company.clone() };
    match rooms.initialise(&new_desk).await {
        Ok(secrets) => Ok(secrets),
        Err(InitRefused::Exists) => Err(exists()),
        Err(InitRefused::Failed(failure)) => Err(failure),
    }
}

/// Shows the first credentials to a person.
pub(super) fn show(secrets: &Secrets) {
    say::out("A new desk. These secrets are shown once:\n");
    for (name, value) in secrets.lines() {
        say::out(&format!("  {name:<19}  {value}"));
    }
}

fn exists() -> Failure {
    Failure::usage("the desk exists already and was left alone; frontdesk credentials issues new credentials")
}

/// Whether the desk that could not be opened alone is there all the same: a server that runs keeps others out, and
/// scripts that call `init` first must be told the same as without it.
async fn is_served(settings: &Settings) -> bool {
    let Ok(rooms) = Rooms::open_beside(&settings.place).await else { return false };
    let there = !rooms.is_new();
    rooms.close().await;
    there
}
