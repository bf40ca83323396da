//! A client for the profile that was named.

use super::args::Common;
use super::failure;
use super::profiles::{Profiles, folder};
use crate::Failure;
use ::connector::{Client, Connection, FileTokens, Manners, MemoryTokens, OAUTH, Observer, TECHNICIAN_KEY};
use serde_json::{Map, Value as Json};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// A client, and what belongs to its profile.
pub(super) struct Session {
    /// The profile's name; nothing when the environment says it all.
    pub(super) profile: Option<String>,
    /// The client.
    pub(super) client: Client,
}

impl Session {
    /// For the profile that is named or the default one, or for the connection that the environment describes.
    pub(super) fn open(common: &Common, concurrency: Option<u16>, debug: bool) -> Result<Self, Failure> {
        let debug = debug || common.debug;
        if common.profile.is_none()
            && let Some(connection) = of_environment()?
        {
            let builder = Client::builder(connection).tokens(MemoryTokens::default());
            let client = finished(builder, common, concurrency, debug)?;
            return Ok(Self { profile: None, client });
        }
        let profiles = Profiles::read()?;
        let (name, key, inputs) = profiles.named(common.profile.as_deref())?;
        let connection = Connection::from_inputs(key, inputs)
            .map_err(|error| Failure::usage(format!("profile {name}: {error}")))?;
        let builder = Client::builder(connection).tokens(FileTokens::at(tokens_of(name)?));
        let client = finished(builder, common, concurrency, debug)?;
        Ok(Self { profile: Some(name.to_owned()), client })
    }
}

/// A client for a profile, or for an address with the credential that the environment holds beside it.
pub(crate) fn client_of(
    from: &str,
    portal: Option<&str>,
    rate: Option<f64>,
    concurrency: u16,
) -> Result<Client, Failure> {
    let profile = Some(from.to_owned());
    let common = Common { profile, debug: false, rate, retries: 8, deadline: 300 };
    if !from.contains("://") {
        return Session::open(&common, Some(concurrency), false).map(|session| session.client);
    }
    let connection = at(from, portal).map_err(|error| Failure::usage(error.to_string()))?;
    finished(Client::builder(connection), &common, Some(concurrency), false)
}

/// A client with what was asked for on the command line.
pub(super) fn finished(
    builder: ::connector::ClientBuilder,
    common: &Common,
    concurrency: Option<u16>,
    debug: bool,
) -> Result<Client, Failure> {
    let mut builder = builder.manners(manners(common, concurrency)?);
    if debug {
        builder = builder.observer(shower());
    }
    builder.build().map_err(failure)
}

/// The limits that were asked for.
pub(super) fn manners(common: &Common, concurrency: Option<u16>) -> Result<Manners, Failure> {
    let mut manners = Manners::default();
    if let Some(rate) = common.rate {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(Failure::usage("--rate must be a number above 0"));
        }
        manners.calls_per_second = Some(rate);
    }
    manners.retries = common.retries;
    manners.deadline = Duration::from_secs(common.deadline);
    if let Some(concurrency) = concurrency {
        manners.concurrency = usize::from(concurrency);
    }
    Ok(manners)
}

/// Shows each call on standard error.
pub(super) fn shower() -> Observer {
    Observer::new(|exchange| {
        let _ = writeln!(std::io::stderr().lock(), "{exchange}");
    })
}

/// Where the tokens of a profile are.
pub(super) fn tokens_of(name: &str) -> Result<PathBuf, Failure> {
    Ok(folder()?.join("tokens").join(format!("{name}.json")))
}

/// A variable of the environment that says something.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(format!("FRONTDESK_CONNECTOR_{name}")).ok().filter(|value| !value.trim().is_empty())
}

/// The connection that the environment describes, if it does.
fn of_environment() -> Result<Option<Connection>, Failure> {
    let Some(url) = variable("URL") else { return Ok(None) };
    at(&url, variable("PORTAL").as_deref())
        .map(Some)
        .map_err(|error| Failure::usage(format!("FRONTDESK_CONNECTOR_URL is set: {error}")))
}

/// A connection to an address, with the credential that the environment holds.
fn at(url: &str, portal: Option<&str>) -> ::connector::Result<Connection> {
    let mut inputs = Map::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            inputs.insert(key.to_owned(), Json::String(value));
        }
    };
    put("dataCenter", Some(url.to_owned()));
    put("portal", portal.map(str::to_owned));
    let key = if let Some(key) = variable("KEY") {
        put("technicianKey", Some(key));
        TECHNICIAN_KEY
    } else {
        put("clientId", variable("CLIENT_ID"));
        put("clientSecret", variable("CLIENT_SECRET"));
        put("refreshToken", variable("REFRESH_TOKEN"));
        OAUTH
    };
    Connection::from_inputs(key, &inputs)
}
