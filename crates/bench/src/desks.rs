//! Filled desks: each is made once and copied for every server that works on it.

use crate::Outcome;
use crate::estate;
use crate::server::{Secrets, Server, place, run};
use std::path::{Path, PathBuf};

/// Where desks that were filled are kept, and by which binary they are filled and served.
pub struct Desks {
    binary: PathBuf,
    dir: PathBuf,
    /// The folder, where it goes with the run.
    _scratch: Option<tempfile::TempDir>,
}

impl Desks {
    /// Desks that are kept in this folder for later runs; for this run alone where there is none.
    pub fn new(binary: PathBuf, kept: Option<PathBuf>) -> Outcome<Self> {
        match kept {
            Some(dir) => {
                std::fs::create_dir_all(&dir)?;
                Ok(Self { binary, dir, _scratch: None })
            }
            None => {
                let scratch = tempfile::tempdir()?;
                Ok(Self { binary, dir: scratch.path().to_owned(), _scratch: Some(scratch) })
            }
        }
    }

    /// The program that is measured.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// A server of a desk with so many requests and everything around them.
    pub fn of_requests(&self, requests: u64) -> Outcome<Server> {
        self.server(&format!("requests-{requests}"), |dir| self.fill_requests(dir, requests))
    }

    /// The same in a new database of the PostgreSQL at this address.
    pub fn of_requests_on_postgres(&self, requests: u64, url: &str) -> Outcome<Server> {
        Server::on_postgres(&self.binary, url, requests)
    }

    /// A server of a desk with so many CIs and relationships.
    pub fn of_cis(&self, cis: u64, relationships: u64) -> Outcome<Server> {
        self.server(&format!("cis-{cis}-{relationships}"), |dir| estate::fill(dir, cis, relationships))
    }

    /// A server of a desk with nothing in it but what every desk has.
    pub fn empty(&self) -> Outcome<Server> {
        self.server("empty", |_| Ok(()))
    }

    fn fill_requests(&self, dir: &Path, requests: u64) -> Outcome<()> {
        run(&self.binary, &place(dir, None), &["demo", &requests.to_string()]).map(|_| ())
    }

    fn server(&self, name: &str, fill: impl FnOnce(&Path) -> Outcome<()>) -> Outcome<Server> {
        let desk = self.dir.join(name);
        if !desk.exists() {
            // Only what is whole gets the name.
            let begun = self.dir.join(format!("{name}.begun"));
            if begun.exists() {
                std::fs::remove_dir_all(&begun)?;
            }
            std::fs::create_dir(&begun)?;
            let secrets = run(&self.binary, &place(&begun, None), &["init", "--json"])?;
            fill(&begun)?;
            std::fs::write(begun.join(SECRETS), secrets)?;
            std::fs::rename(&begun, &desk)?;
        }
        let dir = tempfile::tempdir()?;
        copy(&desk, dir.path())?;
        let secrets = Secrets::of(&std::fs::read(dir.path().join(SECRETS))?)?;
        Server::of(&self.binary, dir, None, secrets)
    }
}

/// What `init` told of the desk, beside its data.
const SECRETS: &str = "bench-secrets.json";

/// A folder with everything in it, on the disk when it is done: what is written back later is not part of a figure.
fn copy(from: &Path, to: &Path) -> Outcome<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir_all(&to)?;
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), &to)?;
            std::fs::File::open(&to)?.sync_all()?;
        }
    }
    Ok(())
}
