//! Where the service is and as whom it is spoken to.

use crate::centre::DataCentre;
use crate::{Error, Result, Secret};
use reqwest::Url;
use serde_json::{Map, Value as Json};

/// The key of the OAuth 2.0 connection.
pub const OAUTH: &str = "sdp-oauth2";
/// The key of the connection with a technician key.
pub const TECHNICIAN_KEY: &str = "sdp-technician-key";
/// What [`OAuth::authorize_url`] is in the United States, and the documented default everywhere.
pub const AUTHORIZE_URL: &str = "https://accounts.zoho.com/oauth/v2/auth?access_type=offline";
/// What [`OAuth::token_url`] is in the United States, and the documented default everywhere.
pub const TOKEN_URL: &str = "https://accounts.zoho.com/oauth/v2/token";
/// The documented default of the scopes. It covers neither requests nor problems: see [`EVERY_SCOPE`].
pub const DEFAULT_SCOPES: &str = "SDPOnDemand.assets.ALL SDPOnDemand.cmdb.ALL SDPOnDemand.setup.ALL";
/// The scopes that all actions, data sources and the trigger need together.
pub const EVERY_SCOPE: &str = "SDPOnDemand.requests.ALL SDPOnDemand.problems.ALL SDPOnDemand.assets.ALL \
                               SDPOnDemand.cmdb.ALL SDPOnDemand.setup.ALL SDPOnDemand.users.ALL";

/// A connection to one desk.
///
/// ```
/// use connector::Connection;
/// // The cloud: accounts and API of one data centre.
/// let eu = Connection::oauth("Europe", "client", "secret")?;
/// assert_eq!(eu.base(), "https://sdpondemand.manageengine.eu/api/v3");
/// // A desk of one's own, one of its portals.
/// let own = Connection::technician_key("https://desk.example.com", "key")?.with_portal("itdesk")?;
/// assert_eq!(own.base(), "https://desk.example.com/app/itdesk/api/v3");
/// # Ok::<(), connector::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    origin: Url,
    portal: Option<String>,
    credentials: Credentials,
}

/// How a call says who it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// `Authorization: Zoho-oauthtoken …`, with tokens that are renewed.
    OAuth(Box<OAuth>),
    /// `authtoken: …`, as desks on one's own premises have it.
    TechnicianKey(Secret),
}

/// A client of the accounts service.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// Where people consent.
    pub authorize_url: Url,
    /// Where codes and refresh tokens become access tokens.
    pub token_url: Url,
    /// What is asked for, with commas between, as the accounts service wants it.
    pub scopes: String,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// A refresh token that somebody has already.
    pub refresh_token: Option<Secret>,
}

impl Connection {
    /// An OAuth 2.0 client at a data centre (label, short name or API origin) or at the origin of any other desk,
    /// whose accounts are then expected at the same place.
    ///
    /// # Errors
    /// [`Error::Configuration`] when something is empty or no URL.
    pub fn oauth(data_center: &str, client_id: &str, client_secret: impl Into<Secret>) -> Result<Self> {
        let client_secret = client_secret.into();
        if client_id.trim().is_empty() || client_secret.is_empty() || data_center.trim().is_empty() {
            return Err(Error::Configuration("Connection is not fully configured.".into()));
        }
        let origin = origin(data_center)?;
        let accounts = match DataCentre::named(data_center) {
            Some(centre) => url("dataCenter", centre.accounts)?,
            None => origin.clone(),
        };
        let oauth = OAuth {
            authorize_url: below(&accounts, "oauth/v2/auth", Some("access_type=offline")),
            token_url: below(&accounts, "oauth/v2/token", None),
            scopes: comma_separated(DEFAULT_SCOPES),
            client_id: client_id.trim().to_owned(),
            client_secret,
            refresh_token: None,
        };
        Ok(Self { origin, portal: None, credentials: Credentials::OAuth(Box::new(oauth)) })
    }

    /// A technician's key at the origin of a desk.
    ///
    /// # Errors
    /// [`Error::Configuration`] when something is empty or no URL.
    pub fn technician_key(origin_of_desk: &str, key: impl Into<Secret>) -> Result<Self> {
        let key = key.into();
        if key.is_empty() || origin_of_desk.trim().is_empty() {
            return Err(Error::Configuration("Connection is not fully configured.".into()));
        }
        let origin = origin(origin_of_desk)?;
        Ok(Self { origin, portal: None, credentials: Credentials::TechnicianKey(key) })
    }

    /// A connection from its inputs by key: those of [`OAUTH`] or [`TECHNICIAN_KEY`], as
    /// [`crate::catalogue::CONNECTIONS`] lists them. The two OAuth addresses follow the data centre unless they are
    /// given and are not the documented default.
    ///
    /// # Errors
    /// [`Error::Configuration`] for another key or when something is missing; [`Error::Input`] names an input that
    /// is unknown or of the wrong kind.
    pub fn from_inputs(key: &str, inputs: &Map<String, Json>) -> Result<Self> {
        let Some(known) = crate::catalogue::connection(key) else {
            return Err(Error::Configuration(format!("Unsupported connection type: {key}")));
        };
        let mut texts = Texts { inputs, known: known.inputs };
        texts.check()?;
        let mut connection = if key == OAUTH {
            let id = texts.take("clientId")?.unwrap_or_default();
            let secret = texts.take("clientSecret")?.unwrap_or_default();
            Self::oauth(&texts.take("dataCenter")?.unwrap_or_default(), &id, secret)?
        } else {
            let origin = texts.take("dataCenter")?.unwrap_or_default();
            Self::technician_key(&origin, texts.take("technicianKey")?.unwrap_or_default())?
        };
        if let Some(portal) = texts.take("portal")? {
            connection = connection.with_portal(&portal)?;
        }
        if let Credentials::OAuth(oauth) = &mut connection.credentials {
            if let Some(given) = texts.take("authorizeUrl")?.filter(|u| u != AUTHORIZE_URL) {
                oauth.authorize_url = url("authorizeUrl", &given)?;
            }
            if let Some(given) = texts.take("tokenUrl")?.filter(|u| u != TOKEN_URL) {
                oauth.token_url = url("tokenUrl", &given)?;
            }
            if let Some(given) = texts.take("scopes")? {
                oauth.scopes = comma_separated(&given);
            }
            oauth.refresh_token = texts.take("refreshToken")?.map(Secret::from);
        }
        Ok(connection)
    }

    /// Speaks to one of the desk's portals, by name or number, instead of the default one.
    ///
    /// # Errors
    /// [`Error::Input`] when that is no portal's name.
    pub fn with_portal(mut self, portal: &str) -> Result<Self> {
        let portal = portal.trim();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if portal.is_empty() || !portal.chars().all(plain) || portal.starts_with('.') {
            return Err(Error::input("portal", "a portal is its name in the address, such as itdesk"));
        }
        self.portal = Some(portal.to_owned());
        Ok(self)
    }

    /// Asks for these scopes, with commas or spaces between.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        if let Credentials::OAuth(oauth) = &mut self.credentials {
            oauth.scopes = comma_separated(scopes);
        }
        self
    }

    /// Begins with a refresh token that is there already.
    #[must_use]
    pub fn with_refresh_token(mut self, token: impl Into<Secret>) -> Self {
        if let Credentials::OAuth(oauth) = &mut self.credentials {
            oauth.refresh_token = Some(token.into());
        }
        self
    }

    /// Its kind: [`OAUTH`] or [`TECHNICIAN_KEY`].
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self.credentials {
            Credentials::OAuth(_) => OAUTH,
            Credentials::TechnicianKey(_) => TECHNICIAN_KEY,
        }
    }

    /// Where paths of the API begin, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> String {
        let origin = self.origin.as_str().trim_end_matches('/');
        match &self.portal {
            Some(portal) => format!("{origin}/app/{portal}/api/v3"),
            None => format!("{origin}/api/v3"),
        }
    }

    /// The desk's origin.
    #[must_use]
    pub const fn origin(&self) -> &Url {
        &self.origin
    }

    /// The portal, if it is not the default one.
    #[must_use]
    pub fn portal(&self) -> Option<&str> {
        self.portal.as_deref()
    }

    /// As whom it speaks.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.credentials
    }
}

/// The texts among a connection's inputs.
struct Texts<'a> {
    inputs: &'a Map<String, Json>,
    known: &'a [crate::catalogue::Input],
}

impl Texts<'_> {
    fn check(&self) -> Result<()> {
        for key in self.inputs.keys() {
            if !self.known.iter().any(|input| input.key == key) {
                return Err(Error::input(key, "a connection has no such input"));
            }
        }
        Ok(())
    }
    /// A text that is given and not empty.
    fn take(&mut self, key: &str) -> Result<Option<String>> {
        match self.inputs.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(Error::input(key, "a text is expected")),
        }
    }
}

fn origin(text: &str) -> Result<Url> {
    let text = DataCentre::named(text).map_or(text, |centre| centre.api);
    let mut origin = url("dataCenter", text)?;
    // What people copy from the address bar may end in the API's own path.
    let path = origin.path().trim_end_matches('/').trim_end_matches("/api/v3").to_owned();
    origin.set_path(&path);
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

fn url(field: &str, text: &str) -> Result<Url> {
    let wrong = |why: &str| Error::input(field, format!("{text} is no address of a service: {why}"));
    let url = Url::parse(text.trim()).map_err(|e| wrong(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("http:// or https:// and a host are expected"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::input(field, "an address holds no name and no password"));
    }
    Ok(url)
}

fn below(origin: &Url, path: &str, query: Option<&str>) -> Url {
    let mut url = origin.clone();
    url.set_path(&format!("{}/{path}", origin.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// Scopes come with spaces (the documented default) or commas (the documented description) between.
fn comma_separated(scopes: &str) -> String {
    let parts = scopes.split(|c: char| c == ',' || c.is_whitespace()).filter(|s| !s.is_empty());
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(key: &str, inputs: Json) -> Result<Connection> {
        Connection::from_inputs(key, inputs.as_object().unwrap())
    }

    #[test]
    fn accounts_follow_the_data_centre_even_when_a_form_brings_the_default_along() {
        for centre in crate::DATA_CENTRES {
            let inputs = json!({"clientId": "c", "clientSecret": "s", "dataCenter": centre.api,
                "authorizeUrl": AUTHORIZE_URL, "tokenUrl": TOKEN_URL, "scopes": DEFAULT_SCOPES});
            let connection = made(OAUTH, inputs).unwrap();
            let Credentials::OAuth(oauth) = connection.credentials() else { panic!() };
            assert_eq!(oauth.token_url.as_str(), format!("{}/oauth/v2/token", centre.accounts));
            let authorize = format!("{}/oauth/v2/auth?access_type=offline", centre.accounts);
            assert_eq!(oauth.authorize_url.as_str(), authorize);
            assert_eq!(connection.base(), format!("{}/api/v3", centre.api));
            assert_eq!(oauth.scopes, "SDPOnDemand.assets.ALL,SDPOnDemand.cmdb.ALL,SDPOnDemand.setup.ALL");
        }
        let own = json!({"clientId": "c", "clientSecret": "s", "dataCenter": "eu", "tokenUrl": "https://login.example.com/t"});
        let Credentials::OAuth(oauth) = made(OAUTH, own).unwrap().credentials else { panic!() };
        assert_eq!(oauth.token_url.as_str(), "https://login.example.com/t");
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let text = |key, inputs| made(key, inputs).unwrap_err().to_string();
        assert_eq!(text("other", json!({})), "Unsupported connection type: other");
        assert_eq!(text(OAUTH, json!({"clientId": "c"})), "Connection is not fully configured.");
        let full =
            |dc: &str| json!({"clientId": "c", "clientSecret": "s", "dataCenter": dc, "portal": "a/b"});
        assert!(text(OAUTH, full("ftp://example.com")).starts_with("dataCenter: ftp://example.com is no"));
        assert!(text(OAUTH, full("https://u:p@example.com")).starts_with("dataCenter: "));
        assert!(text(OAUTH, full("https://example.com")).starts_with("portal: "));
        assert!(text(OAUTH, json!({"clientSecert": "x"})).starts_with("clientSecert: "));
        assert!(text(TECHNICIAN_KEY, json!({"technicianKey": 5})).contains("a text is expected"));
        let shown = format!("{:?}", Connection::technician_key("https://desk.example.com", "hush").unwrap());
        assert!(shown.contains("***") && !shown.contains("hush"), "{shown}");
    }
}
