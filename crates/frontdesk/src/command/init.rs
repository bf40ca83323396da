//! `frontdesk init`: creates the desk and prints its first credentials, once.

use super::{block_on, with_desk};
use crate::config::Settings;
use crate::rooms::{InitRefused, NewDesk};
use crate::{Failure, say};

/// Creates the desk; one that is there already is left alone.
pub(super) fn run(settings: &Settings, as_json: bool) -> Result<(), Failure> {
    let new_desk = NewDesk { admin_email: settings.admin_email.clone(), company: settings.company.clone() };
    let secrets = block_on(with_desk(settings, async |rooms| match rooms.initialise(&new_desk).await {
        Ok(secrets) => Ok(secrets),
        Err(InitRefused::Exists) => Err(Failure::usage(
            "the desk exists already and was left alone; frontdesk credentials issues new credentials",
        )),
        Err(InitRefused::Failed(failure)) => Err(failure),
    }))?;
    if as_json {
        say::json(&secrets.json());
        return Ok(());
    }
    say::out("A new desk. These secrets are shown once:\n");
    for (name, value) in secrets.lines() {
        say::out(&format!("  {name:<19}  {value}"));
    }
    Ok(())
}
