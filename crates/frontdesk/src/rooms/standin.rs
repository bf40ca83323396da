//! Stands in for the rooms below until they are there. See [`super`].

use std::io::ErrorKind;
use std::path::PathBuf;

use super::{InitRefused, NewDesk, Secrets};
use crate::Failure;
use crate::config::Place;

/// A desk that knows only whether it is new.
pub(super) struct Standin {
    marker: PathBuf,
}

impl Standin {
    pub(super) fn open(place: &Place) -> Result<Standin, Failure> {
        let dir = &place.data_dir;
        std::fs::create_dir_all(dir)
            .map_err(|error| Failure::runtime(format!("cannot create {}: {error}", dir.display())))?;
        Ok(Standin { marker: dir.join("standin") })
    }

    pub(super) fn is_new(&self) -> bool {
        !self.marker.exists()
    }

    pub(super) fn initialise(&self, wanted: &NewDesk) -> Result<Secrets, InitRefused> {
        let created = std::fs::OpenOptions::new().write(true).create_new(true).open(&self.marker);
        match created.and_then(|mut file| std::io::Write::write_all(&mut file, wanted.company.as_bytes())) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(InitRefused::Exists),
            Err(error) => return Err(InitRefused::Failed(Failure::runtime(error.to_string()))),
        }
        let secret = || format!("{:016x}", getrandom::u64().unwrap_or_default());
        Ok(Secrets {
            admin_email: wanted.admin_email.clone(),
            admin_password: secret(),
            client_id: format!("1000.{}", secret()),
            client_secret: secret(),
            refresh_token: format!("1000.{}", secret()),
            technician_key: secret(),
            happyfox_api_key: secret(),
            happyfox_auth_code: secret(),
        })
    }
}
