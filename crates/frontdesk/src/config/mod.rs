//! The settings: what they are, what they are worth now, and who said so.
//!
//! A setting is looked up, in this order, among the options, the environment (`FRONTDESK_` and the key in capitals), the
//! configuration file and the defaults. Every value is text until [`Settings::read`] judges it, wherever it came
//! from, so that each complaint names the setting and its origin. An empty variable counts as absent.

mod file;
mod mask;
mod read;
mod settings;

use std::collections::BTreeMap;
use std::fmt;

use crate::Failure;
pub use file::ConfigFile;
pub use mask::mask_url;
pub use settings::{BackupPlan, Place, Settings, SsoPlan, TlsFiles};

/// One setting, as all sources know it.
#[derive(Debug)]
pub struct Spec {
    /// Its name in the file; `--` with dashes on the command line; `FRONTDESK_` in capitals in the environment.
    pub key: &'static str,
    /// What it is worth when nobody says otherwise.
    pub default: Option<&'static str>,
    /// How it is shown.
    pub shown: Shown,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// As it is.
    Text,
    /// As a number.
    Number,
    /// As a URL with its password masked.
    MaskedUrl,
    /// Not at all. Such a setting has no option: what is typed on a command line is seen by others.
    Secret,
}

const fn spec(key: &'static str, default: Option<&'static str>, shown: Shown) -> Spec {
    Spec { key, default, shown }
}

/// All settings.
pub const SPECS: &[Spec] = &[
    spec("listen", Some("127.0.0.1:8080"), Shown::Text),
    spec("public_url", None, Shown::Text),
    spec("data_dir", Some("./frontdesk-data"), Shown::Text),
    spec("database_url", None, Shown::MaskedUrl),
    spec("memory_mib", Some("72"), Shown::Number),
    spec("tls_cert", None, Shown::Text),
    spec("tls_key", None, Shown::Text),
    spec("demo", None, Shown::Number),
    spec("admin_email", Some("admin@frontdesk.local"), Shown::Text),
    spec("company", Some("Frontdesk"), Shown::Text),
    spec("log", Some("info"), Shown::Text),
    spec("log_format", Some("text"), Shown::Text),
    spec("max_connections", Some("10000"), Shown::Number),
    spec("max_connections_per_address", Some("5000"), Shown::Number),
    spec("header_timeout_s", Some("30"), Shown::Number),
    spec("idle_timeout_s", Some("75"), Shown::Number),
    spec("body_timeout_s", Some("60"), Shown::Number),
    spec("bodies_mib", Some("256"), Shown::Number),
    spec("stop_timeout_s", Some("30"), Shown::Number),
    spec("requester_reads_per_minute", Some("500"), Shown::Number),
    spec("requester_writes_per_minute", Some("300"), Shown::Number),
    spec("trusted_proxies", None, Shown::Text),
    spec("backup_every_h", None, Shown::Number),
    spec("backup_dir", None, Shown::Text),
    spec("backup_keep", Some("7"), Shown::Number),
    spec("backup_mib_per_s", Some("50"), Shown::Number),
    spec("sso_issuer", None, Shown::Text),
    spec("sso_client_id", None, Shown::Text),
    spec("sso_client_secret", None, Shown::Secret),
    spec("sso_client_secret_file", None, Shown::Text),
    spec("sso_button", None, Shown::Text),
    spec("sso_match", Some("email"), Shown::Text),
    spec("sso_create_requesters", Some("false"), Shown::Text),
];

impl Spec {
    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("FRONTDESK_{}", self.key.to_uppercase())
    }

    /// The option that sets it.
    pub fn option(&self) -> String {
        format!("--{}", self.key.replace('_', "-"))
    }

    /// A value as it may be shown: secrets masked.
    pub fn show(&self, value: &str) -> String {
        match self.shown {
            Shown::Text | Shown::Number => value.to_owned(),
            Shown::MaskedUrl => mask_url(value),
            Shown::Secret => "***".to_owned(),
        }
    }
}

/// Who said what a setting is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// The configuration file: its name and the line.
    File(String, usize),
    /// A variable of the environment.
    Environment(String),
    /// An option of the command line.
    Option(String),
}

impl Origin {
    /// The kind of origin, as `frontdesk config --json` names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::File(..) => "file",
            Origin::Environment(_) => "environment",
            Origin::Option(_) => "option",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(name, line) => write!(f, "file {name}:{line}"),
            Origin::Environment(variable) => write!(f, "environment {variable}"),
            Origin::Option(option) => write!(f, "option {option}"),
        }
    }
}

/// What one setting is worth, and who said so.
#[derive(Clone, Debug)]
pub struct Given {
    /// The value as it was written.
    pub value: String,
    /// Who wrote it.
    pub origin: Origin,
}

/// Where settings come from, besides the defaults.
#[derive(Debug, Default)]
pub struct Sources {
    /// Options of the command line, by key.
    pub options: Vec<(&'static str, String)>,
    /// Variables of the environment, those that begin with `FRONTDESK_`.
    pub environment: BTreeMap<String, String>,
    /// The configuration file.
    pub file: Option<ConfigFile>,
}

impl Sources {
    /// Collects the sources of this process; `config_option` is the value of `--config`. The only place that reads the
    /// environment.
    pub(crate) fn of_process(
        options: Vec<(&'static str, String)>,
        config_option: Option<&str>,
    ) -> Result<Sources, Failure> {
        let mut environment = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with("FRONTDESK_")) else { continue };
            let Some(value) = value.to_str() else {
                return Err(Failure::usage(format!("{name} (environment): not UTF-8")));
            };
            environment.insert(name.to_owned(), value.to_owned());
        }
        let variable = environment.get(CONFIG_VARIABLE).map(String::as_str).filter(|path| !path.is_empty());
        let file = match (config_option, variable) {
            (Some(path), _) => Some(ConfigFile::open(path, "option --config")?),
            (None, Some(path)) => Some(ConfigFile::open(path, "environment FRONTDESK_CONFIG")?),
            (None, None) => ConfigFile::open_if_there("frontdesk.toml")?,
        };
        Ok(Sources { options, environment, file })
    }
}

/// The variable that names the configuration file.
const CONFIG_VARIABLE: &str = "FRONTDESK_CONFIG";

/// What begins like our variables and is for our test run, not for us.
const OTHERS: [&str; 3] = ["FRONTDESK_TEST_", "FRONTDESK_SKIP_", "FRONTDESK_CONNECTOR_"];

/// What every setting is worth; `None` is not set.
#[derive(Debug)]
pub struct Effective {
    rows: Vec<(&'static Spec, Option<Given>)>,
    /// Variables that begin like ours and are no setting: most likely typing mistakes.
    pub unknown_variables: Vec<String>,
}

impl Effective {
    /// Asks the sources in their order.
    pub fn of(sources: &Sources) -> Effective {
        let rows = SPECS.iter().map(|spec| (spec, look_up(spec, sources))).collect();
        let unknown_variables = sources
            .environment
            .keys()
            .filter(|name| {
                name.as_str() != CONFIG_VARIABLE
                    && !OTHERS.iter().any(|prefix| name.starts_with(prefix))
                    && !SPECS.iter().any(|spec| spec.variable() == **name)
            })
            .cloned()
            .collect();
        Effective { rows, unknown_variables }
    }

    /// All settings in the order of [`SPECS`].
    pub fn rows(&self) -> impl Iterator<Item = (&'static Spec, Option<&Given>)> {
        self.rows.iter().map(|(spec, given)| (*spec, given.as_ref()))
    }

    /// One setting.
    pub fn get(&self, key: &str) -> Option<(&'static Spec, &Given)> {
        self.rows().find(|(spec, _)| spec.key == key).and_then(|(spec, given)| Some((spec, given?)))
    }
}

fn look_up(spec: &Spec, sources: &Sources) -> Option<Given> {
    if let Some((_, value)) = sources.options.iter().find(|(key, _)| *key == spec.key) {
        return Some(Given { value: value.clone(), origin: Origin::Option(spec.option()) });
    }
    let variable = spec.variable();
    if let Some(value) = sources.environment.get(&variable).filter(|value| !value.is_empty()) {
        return Some(Given { value: value.clone(), origin: Origin::Environment(variable) });
    }
    if let Some(file) = &sources.file
        && let Some((value, line)) = file.get(spec.key)
    {
        return Some(Given { value: value.to_owned(), origin: Origin::File(file.name().to_owned(), line) });
    }
    spec.default.map(|value| Given { value: value.to_owned(), origin: Origin::Default })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(option: Option<&str>, variable: Option<&str>, file: &str) -> Sources {
        Sources {
            options: option.map(|value| ("listen", value.to_owned())).into_iter().collect(),
            environment: variable
                .map(|value| ("FRONTDESK_LISTEN".to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            file: Some(ConfigFile::parse("f.toml", file).expect("a file")),
        }
    }

    fn check(option: Option<&str>, variable: Option<&str>, file: &str, value: &str, origin: &str) {
        let effective = Effective::of(&sources(option, variable, file));
        let (_, given) = effective.get("listen").expect("set");
        assert_eq!((given.value.as_str(), given.origin.to_string().as_str()), (value, origin));
    }

    #[test]
    fn option_before_environment_before_file_before_default() {
        let file = "# a comment\nlisten = \"f:3\"";
        check(Some("o:1"), Some("e:2"), file, "o:1", "option --listen");
        check(None, Some("e:2"), file, "e:2", "environment FRONTDESK_LISTEN");
        check(None, Some(""), file, "f:3", "file f.toml:2");
        check(None, None, file, "f:3", "file f.toml:2");
        check(None, None, "", "127.0.0.1:8080", "default");
    }

    #[test]
    fn variables_that_are_no_setting_are_named() {
        let mut sources = sources(None, Some("e:2"), "");
        sources.environment.insert("FRONTDESK_CONFIG".to_owned(), "x".to_owned());
        sources.environment.insert("FRONTDESK_LISTN".to_owned(), "x".to_owned());
        sources.environment.insert("FRONTDESK_TEST_POSTGRES".to_owned(), "x".to_owned());
        sources.environment.insert("FRONTDESK_SKIP_DENY".to_owned(), "x".to_owned());
        assert_eq!(Effective::of(&sources).unknown_variables, ["FRONTDESK_LISTN"]);
    }
}
