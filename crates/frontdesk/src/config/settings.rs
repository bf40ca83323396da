//! The settings as values, after each has been judged.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::filter::Targets;

use super::read::Reader;
use super::{Effective, read};
use crate::Failure;
use crate::logging::Format;
use crate::rooms::{CallLimits, Match};
use crate::serve::{Limits, Proxies};

/// Every setting, valid.
#[derive(Debug)]
pub struct Settings {
    /// Where to listen: `address:port` or `name:port`.
    pub listen: String,
    /// The address people use, without a slash at the end.
    pub public_url: Option<String>,
    /// Where the desk lives.
    pub place: Place,
    /// Certificate and key, for HTTPS.
    pub tls: Option<TlsFiles>,
    /// Requests of the demo company that a new desk is filled with.
    pub demo: Option<u64>,
    /// The administrator of a new desk.
    pub admin_email: String,
    /// The company's name on a new desk.
    pub company: String,
    /// What to log.
    pub log: Targets,
    /// How to log.
    pub log_format: Format,
    /// What connections may take.
    pub limits: Limits,
    /// How often a key of the requester API may be used.
    pub(crate) requester_calls: CallLimits,
    /// When backups are written, and where to.
    pub backup: BackupPlan,
    /// Single sign-on, where a provider is named.
    pub sso: Option<SsoPlan>,
    /// Load balancers that are believed about where a call comes from.
    pub trusted_proxies: Proxies,
}

/// The provider of single sign-on, and whom it lets in.
#[derive(Clone, PartialEq, Eq)]
pub struct SsoPlan {
    /// The provider.
    pub issuer: String,
    /// The desk's name there.
    pub client_id: String,
    /// The desk's secret there; none for a public client.
    pub client_secret: Option<String>,
    /// What the button says; empty for the pages' own words.
    pub button: String,
    /// By what people are found the first time.
    pub by: Match,
    /// Whether whoever is not found becomes a requester.
    pub create: bool,
}

impl std::fmt::Debug for SsoPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SsoPlan").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// When backups are written, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupPlan {
    /// The folder of archives.
    pub dir: PathBuf,
    /// How often one is written while the desk is served; never when nobody says so.
    pub every: Option<Duration>,
    /// How many of them are kept.
    pub keep: usize,
    /// How fast the desk is read.
    pub bytes_per_second: Option<u64>,
}

/// Where a desk lives, and how much of it is kept at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The directory of the SQLite file and of attachments.
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite.
    pub database_url: Option<String>,
    /// MiB of the database that are kept in memory, at most; on SQLite only.
    pub memory_mib: u32,
}

/// Certificate chain and private key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Settings {
    /// Judges every value; all complaints at once, a line each, with the setting's name and its origin.
    pub fn read(effective: &Effective) -> Result<Settings, Failure> {
        let mut reader = Reader::new(effective);
        let settings = Settings {
            listen: reader.value("listen", read::address).unwrap_or_default(),
            public_url: reader.value("public_url", read::public_url),
            place: Place {
                data_dir: reader.value("data_dir", read::path).unwrap_or_default(),
                database_url: reader.value("database_url", read::database_url),
                memory_mib: memory(&mut reader),
            },
            tls: tls(&mut reader),
            demo: reader.value("demo", |text| read::number(text, 0, 100_000_000)).filter(|n| *n > 0),
            admin_email: reader.value("admin_email", read::email).unwrap_or_default(),
            company: reader.value("company", read::name).unwrap_or_default(),
            log: reader.value("log", read::levels).unwrap_or_default(),
            log_format: reader.value("log_format", read::log_format).unwrap_or_default(),
            limits: limits(&mut reader),
            requester_calls: requester_calls(&mut reader),
            backup: backup(&mut reader),
            sso: sso(&mut reader),
            trusted_proxies: reader.value("trusted_proxies", Proxies::read).unwrap_or_default(),
        };
        reader.finish(settings)
    }
}

fn memory(reader: &mut Reader<'_>) -> u32 {
    let mib = reader.value("memory_mib", |text| read::number(text, 8, 1_048_576)).unwrap_or(8);
    u32::try_from(mib).unwrap_or(u32::MAX)
}

fn tls(reader: &mut Reader<'_>) -> Option<TlsFiles> {
    match (reader.value("tls_cert", read::path), reader.value("tls_key", read::path)) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (Some(_), None) => {
            reader.complain("tls_cert", "needs tls_key beside it");
            None
        }
        (None, Some(_)) => {
            reader.complain("tls_key", "needs tls_cert beside it");
            None
        }
        (None, None) => None,
    }
}

fn requester_calls(reader: &mut Reader<'_>) -> CallLimits {
    let mut calls = |key| {
        let number = reader.value(key, |text| read::number(text, 0, 1_000_000));
        number.and_then(|number| NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX)))
    };
    CallLimits { reads: calls("requester_reads_per_minute"), writes: calls("requester_writes_per_minute") }
}

fn backup(reader: &mut Reader<'_>) -> BackupPlan {
    let hours = reader.value("backup_every_h", |text| read::number(text, 0, 24 * 366)).unwrap_or(0);
    let keep = reader.value("backup_keep", |text| read::number(text, 1, 100_000)).unwrap_or(1);
    let mib = reader.value("backup_mib_per_s", |text| read::number(text, 0, 100_000)).unwrap_or(0);
    let data_dir = reader.value("data_dir", read::path).unwrap_or_default();
    BackupPlan {
        dir: reader.value("backup_dir", read::path).unwrap_or_else(|| data_dir.join("backups")),
        every: (hours > 0).then(|| Duration::from_secs(hours * 3600)),
        keep: usize::try_from(keep).unwrap_or(usize::MAX),
        bytes_per_second: (mib > 0).then_some(mib * 1024 * 1024),
    }
}

fn sso(reader: &mut Reader<'_>) -> Option<SsoPlan> {
    let issuer = reader.value("sso_issuer", read::issuer);
    let client_id = reader.value("sso_client_id", read::secret);
    let own = reader.value("sso_client_secret", read::secret);
    let file = reader.value("sso_client_secret_file", |path| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read, {error}"))?;
        read::secret(&text)
    });
    let by = reader.value("sso_match", read::sso_match).unwrap_or(Match::Email);
    let create = reader.value("sso_create_requesters", read::truth).unwrap_or(false);
    let button = reader.value("sso_button", read::name).unwrap_or_default();
    if own.is_some() && file.is_some() {
        reader.complain("sso_client_secret_file", "stands beside sso_client_secret; one of the two will do");
    }
    match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => {
            Some(SsoPlan { issuer, client_id, client_secret: own.or(file), button, by, create })
        }
        (Some(_), None) => {
            reader.complain("sso_issuer", "needs sso_client_id beside it");
            None
        }
        // One that cannot be was complained of already.
        (None, Some(_)) if reader.value("sso_issuer", |text| Ok(text.to_owned())).is_none() => {
            reader.complain("sso_client_id", "needs sso_issuer beside it");
            None
        }
        (None, _) => None,
    }
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    let default = Limits::default();
    let mut connections = |key, otherwise| {
        let max = reader.value(key, |text| read::number(text, 1, 1_000_000));
        max.and_then(|max| u32::try_from(max).ok()).unwrap_or(otherwise)
    };
    let max_connections = connections("max_connections", default.max_connections);
    let max_connections_per_address =
        connections("max_connections_per_address", default.max_connections_per_address);
    // The largest body must find room.
    let bodies_mib = reader.value("bodies_mib", |text| read::number(text, 64, 1_048_576));
    let bodies_mib = bodies_mib.and_then(|mib| u32::try_from(mib).ok()).unwrap_or(default.bodies_mib);
    let mut seconds = |key, otherwise| {
        reader.value(key, |text| read::number(text, 1, 86_400)).map_or(otherwise, Duration::from_secs)
    };
    Limits {
        header_timeout: seconds("header_timeout_s", default.header_timeout),
        idle_timeout: seconds("idle_timeout_s", default.idle_timeout),
        body_timeout: seconds("body_timeout_s", default.body_timeout),
        stop_timeout: seconds("stop_timeout_s", default.stop_timeout),
        max_connections,
        max_connections_per_address,
        bodies_mib,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigFile, Sources};

    fn read(file: &str) -> Result<Settings, Failure> {
        let file = Some(ConfigFile::parse("f.toml", file).expect("TOML"));
        Settings::read(&Effective::of(&Sources { file, ..Sources::default() }))
    }

    fn check(file: &str, expected: &str) {
        assert_eq!(read(file).expect_err("refused").to_string(), expected);
    }

    #[test]
    fn defaults_are_valid() {
        let settings = read("").expect("valid");
        assert_eq!(settings.limits, Limits::default());
        assert_eq!(settings.place.data_dir, PathBuf::from("./frontdesk-data"));
        assert_eq!(settings.demo, None);
    }

    #[test]
    fn complaints_name_the_setting_and_its_origin() {
        check("listen = 'here'", "listen (file f.toml:1): not ADDRESS:PORT: here");
        check("listen = 'here:99999'", "listen (file f.toml:1): not ADDRESS:PORT: here:99999");
        check("public_url = 'ftp://x'", "public_url (file f.toml:1): not http://… or https://…: ftp://x");
        check(
            "public_url = 'http://x/?q'",
            "public_url (file f.toml:1): not http://… or https://…: http://x/?q",
        );
        check(
            "database_url = 'mysql://a:b@c'",
            "database_url (file f.toml:1): not postgres://…: mysql://a:***@c",
        );
        check("tls_key = 'k'", "tls_key (file f.toml:1): needs tls_cert beside it");
        check(
            "log = 'loud'",
            "log (file f.toml:1): not a level (error, warn, info, debug, trace, off) or target=level,…: loud",
        );
        check("log_format = 'xml'", "log_format (file f.toml:1): not text or json: xml");
        check("memory_mib = 4", "memory_mib (file f.toml:1): not a number from 8 to 1048576: 4");
        check("max_connections = 0", "max_connections (file f.toml:1): not a number from 1 to 1000000: 0");
        check(
            "requester_writes_per_minute = 'all'",
            "requester_writes_per_minute (file f.toml:1): not a number from 0 to 1000000: all",
        );
        check("stop_timeout_s = -5", "stop_timeout_s (file f.toml:1): not a number from 1 to 86400: -5");
        check(
            "sso_issuer = 'http://id.example.com'\nsso_client_id = 'x'",
            "sso_issuer (file f.toml:1): not https://…: http://id.example.com",
        );
        check(
            "sso_issuer = 'https://id.example.com'",
            "sso_issuer (file f.toml:1): needs sso_client_id beside it",
        );
        check("sso_match = 'name'", "sso_match (file f.toml:1): not email or subject: name");
        check("admin_email = 'me'", "admin_email (file f.toml:1): not an e-mail address: me");
        check(
            "log_format = 'xml'\ndemo = 'many'",
            "demo (file f.toml:2): not a number from 0 to 100000000: many\nlog_format (file f.toml:1): not text or json: xml",
        );
    }

    #[test]
    fn a_public_url_loses_its_last_slash() {
        let settings = read("public_url = 'https://desk.example.com/'").expect("valid");
        assert_eq!(settings.public_url.as_deref(), Some("https://desk.example.com"));
    }
}
