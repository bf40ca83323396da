//! Profiles: named connections in a file that only its owner can read.

use super::args::{Common, ProfileOrder, ProfilesArgs};
use super::failure;
use super::session::{Session, tokens_of};
use crate::{Failure, say};
use ::connector::{TECHNICIAN_KEY, replace_private};
use serde_json::{Map, Value as Json, json};
use std::path::PathBuf;

/// All profiles.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    default: Option<String>,
    profiles: Map<String, Json>,
}

/// Where profiles, tokens and states are: FRONTDESK_CONNECTOR_DIR, or the user's folder for such things.
pub(super) fn folder() -> Result<PathBuf, Failure> {
    let of = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    of("FRONTDESK_CONNECTOR_DIR")
        .or_else(|| Some(of("XDG_CONFIG_HOME")?.join("frontdesk")))
        .or_else(|| Some(of("HOME")?.join(".config").join("frontdesk")))
        .ok_or_else(|| Failure::usage("neither FRONTDESK_CONNECTOR_DIR nor HOME says where profiles are"))
}

impl Profiles {
    fn path() -> Result<PathBuf, Failure> {
        Ok(folder()?.join("profiles.json"))
    }

    /// Reads them; none where there is no file yet.
    pub(super) fn read() -> Result<Self, Failure> {
        let path = Self::path()?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
        };
        let wrong = || Failure::usage(format!("{} holds no profiles", path.display()));
        let json: Json = serde_json::from_str(&text).map_err(|_| wrong())?;
        let profiles = json.get("profiles").and_then(Json::as_object).cloned().ok_or_else(wrong)?;
        Ok(Self { default: json.get("default").and_then(Json::as_str).map(str::to_owned), profiles })
    }

    fn write(&self) -> Result<(), Failure> {
        let json = json!({"default": self.default, "profiles": self.profiles});
        replace_private(&Self::path()?, format!("{json:#}\n").as_bytes()).map_err(failure)
    }

    /// Adds or replaces one. The first becomes the default.
    pub(super) fn put(&mut self, name: &str, key: &str, inputs: &Map<String, Json>) -> Result<(), Failure> {
        self.profiles.insert(name.to_owned(), json!({"key": key, "inputs": inputs}));
        self.default.get_or_insert_with(|| name.to_owned());
        self.write()
    }

    /// One by its name, or the default: its name, its kind and its inputs.
    pub(super) fn named<'a>(
        &'a self,
        name: Option<&'a str>,
    ) -> Result<(&'a str, &'a str, &'a Map<String, Json>), Failure> {
        const MAKE: &str = "frontdesk connector connect NAME --url WHERE makes one";
        let name = name
            .or(self.default.as_deref())
            .ok_or_else(|| Failure::usage(format!("there is no profile; {MAKE}")))?;
        let profile = self
            .profiles
            .get(name)
            .ok_or_else(|| Failure::usage(format!("there is no profile {name}; {MAKE}")))?;
        let key = profile.get("key").and_then(Json::as_str);
        let inputs = profile.get("inputs").and_then(Json::as_object);
        match (key, inputs) {
            (Some(key), Some(inputs)) => Ok((name, key, inputs)),
            _ => Err(Failure::usage(format!("profile {name} is damaged; connect makes it anew"))),
        }
    }
}

/// What may name a profile: it becomes part of a file's name.
pub(super) fn check_name(name: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(Failure::usage("a profile's name has letters, digits, - and _, 64 at most"));
    }
    Ok(())
}

/// `connector profiles`.
pub(super) async fn run(common: &Common, args: ProfilesArgs) -> Result<(), Failure> {
    let mut profiles = Profiles::read()?;
    match args.order.unwrap_or(ProfileOrder::List) {
        ProfileOrder::List => list(&profiles),
        ProfileOrder::Use { name } => {
            profiles.named(Some(&name))?;
            profiles.default = Some(name.clone());
            profiles.write()?;
            say::out(&format!("{name} is the default profile."));
        }
        ProfileOrder::Check { name } => {
            let common = Common { profile: name.or_else(|| common.profile.clone()), ..*common };
            let session = Session::open(&common, None, false)?;
            super::connect::greet(&session.client).await?;
            let name = session.profile.as_deref().unwrap_or("the environment");
            say::out(&format!("{} lets {name} in.", session.client.connection().base()));
        }
        ProfileOrder::Remove { name } => {
            profiles.named(Some(&name))?;
            profiles.profiles.remove(&name);
            if profiles.default.as_deref() == Some(&name) {
                profiles.default = profiles.profiles.keys().next().cloned();
            }
            profiles.write()?;
            // Files that are not there are gone already.
            let tokens = tokens_of(&name)?;
            let _ = std::fs::remove_file(tokens.with_extension("lock"));
            let _ = std::fs::remove_file(tokens);
            for resource in ["requests", "problems", "assets"] {
                let _ = std::fs::remove_file(super::poll::state_of(&name, resource)?);
            }
            say::out(&format!("Removed {name}."));
        }
    }
    Ok(())
}

fn list(profiles: &Profiles) {
    if profiles.profiles.is_empty() {
        return say::out("There is no profile; frontdesk connector connect NAME --url WHERE makes one.");
    }
    let row = |(name, profile): (&String, &Json)| {
        let input = |key: &str| {
            profile.pointer(&format!("/inputs/{key}")).and_then(Json::as_str).unwrap_or_default().to_owned()
        };
        let by_key = profile.get("key").and_then(Json::as_str) == Some(TECHNICIAN_KEY);
        let default = if profiles.default.as_deref() == Some(name) { "*" } else { "" };
        let client = if by_key { "technician key".into() } else { input("clientId") };
        [default.to_owned(), name.clone(), input("dataCenter"), input("portal"), client]
    };
    let rows: Vec<_> = profiles.profiles.iter().map(row).collect();
    say::table(["", "profile", "desk", "portal", "credential"], &rows);
}
