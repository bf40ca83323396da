//! A client of one desk.

use crate::auth::{self, Auth, Consent, Loopback, MemoryTokens, TokenStore};
use crate::connection::{Connection, Credentials, OAuth};
use crate::error::ServiceError;
use crate::http::{Call, Content, Manners, Mode, Observer, Reply, Transport};
use crate::list::{self, ListQuery, Page, Walk};
use crate::{Error, Result, Secret};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Speaks to one desk. Clones share the token, the limits and the connections, and cost next to nothing.
///
/// ```no_run
/// use connector::{Client, Connection, FileTokens};
/// # async fn example() -> connector::Result<()> {
/// let connection = Connection::oauth("Europe", "1000.client", "secret")?;
/// let client = Client::builder(connection).tokens(FileTokens::at("tokens.json")).build()?;
/// let request = client.get("/requests/123").await?;
/// println!("{}", request["request"]["subject"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
    debug: bool,
    name: Option<Arc<str>>,
}

#[derive(Debug)]
struct Inner {
    connection: Connection,
    base: String,
    auth: Auth,
    transport: Transport,
    knows_names: OnceCell<bool>,
}

/// The header that names a call.
const IDEMPOTENCY_KEY: ::http::HeaderName = ::http::HeaderName::from_static("idempotency-key");

/// Makes a [`Client`].
#[derive(Debug)]
pub struct ClientBuilder {
    connection: Connection,
    manners: Manners,
    store: Arc<dyn TokenStore>,
    observers: Vec<Observer>,
}

impl ClientBuilder {
    /// With these limits.
    #[must_use]
    pub fn manners(mut self, manners: Manners) -> Self {
        self.manners = manners;
        self
    }
    /// With tokens that are kept here, instead of in memory.
    #[must_use]
    pub fn tokens(mut self, store: impl TokenStore + 'static) -> Self {
        self.store = Arc::new(store);
        self
    }
    /// With somebody who looks at each call: the debug mode.
    #[must_use]
    pub fn observer(mut self, observer: Observer) -> Self {
        self.observers.push(observer);
        self
    }
    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] when TLS is needed and this machine trusts nobody.
    pub fn build(self) -> Result<Client> {
        let Self { connection, manners, store, observers } = self;
        let secure = |url: &reqwest::Url| url.scheme() == "https";
        let tls = secure(connection.origin())
            || matches!(connection.credentials(), Credentials::OAuth(oauth) if secure(&oauth.token_url));
        let transport = Transport::new(manners, observers, tls)?;
        let auth = Auth::of(&connection, store);
        let base = connection.base();
        Ok(Client {
            inner: Arc::new(Inner { connection, base, auth, transport, knows_names: OnceCell::new() }),
            debug: false,
            name: None,
        })
    }
}

impl Client {
    /// Begins with a connection.
    #[must_use]
    pub fn builder(connection: Connection) -> ClientBuilder {
        let store = Arc::new(MemoryTokens::default());
        ClientBuilder { connection, manners: Manners::default(), store, observers: Vec::new() }
    }

    /// A client with the usual manners that keeps its tokens in memory.
    ///
    /// # Errors
    /// As [`ClientBuilder::build`].
    pub fn new(connection: Connection) -> Result<Self> {
        Self::builder(connection).build()
    }

    /// The same client in debug mode: each call is logged as an event of `tracing`, secrets masked.
    #[must_use]
    pub fn debugging(&self) -> Self {
        Self { debug: true, ..self.clone() }
    }

    /// The same client whose next [`Client::run`] of an adding action goes under this name (see [`Client::create`]): one
    /// that is run again under its name after a crash adds nothing.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { name: Some(name.into()), ..self.clone() }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.inner.connection
    }

    /// The limits.
    #[must_use]
    pub fn manners(&self) -> &Manners {
        &self.inner.transport.manners
    }

    /// Reads one record, or whatever else is at a path.
    ///
    /// # Errors
    /// [`Error::Service`] when the service refuses, and the others when it is not heard of.
    pub async fn get(&self, path: &str) -> Result<Json> {
        self.json(&Call::new(Method::GET, path)).await
    }

    /// Adds a record: `{"request": {…}}` to `/requests`.
    ///
    /// # Errors
    /// As [`Client::get`]. It is not repeated when it may have been heard: see [`Error::is_uncertain`].
    pub async fn post(&self, path: &str, input: &Json) -> Result<Json> {
        self.json(&Call::new(Method::POST, path).input(input)).await
    }

    /// Adds a record under a name of its own, so that it is added once: where the service knows such names, as Frontdesk
    /// does, the call is repeated when its answer is lost. The cloud does not know them; there this is [`Client::post`].
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn create(&self, path: &str, input: &Json, name: Option<&str>) -> Result<Json> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => auth::random_text()?,
        };
        let name =
            ::http::HeaderValue::from_str(&name).map_err(|_| Error::input("name", "it fits in no header"))?;
        let call = Call::new(Method::POST, path).input(input).header(IDEMPOTENCY_KEY, name);
        match self.json(&call).await {
            Err(error) if error.is_uncertain() => match self.knows_names().await {
                true => self.json(&call.repeat(crate::http::Repeat::Safe)).await,
                false => Err(error),
            },
            settled => settled,
        }
    }

    /// Whether the service adds once what is sent twice under one name: its own description says so.
    pub async fn knows_names(&self) -> bool {
        if crate::DataCentre::named(self.inner.connection.origin().as_str()).is_some() {
            return false;
        }
        let asked = self.inner.knows_names.get_or_try_init(|| async {
            let origin = self.inner.connection.origin().as_str().trim_end_matches('/');
            let call = Call::new(Method::GET, "/api/openapi.json");
            let transport = &self.inner.transport;
            match transport.send(origin, &Auth::Nobody, &call, Mode::Whole, self.debug).await {
                Ok(Reply { content: Content::Whole(bytes), .. }) => {
                    Ok(memchr::memmem::find(&bytes, b"\"Idempotency-Key\"").is_some())
                }
                Ok(_) => Ok(false),
                Err(error) if error.service().is_some_and(|e| e.http_status < 500) => Ok(false),
                Err(error) => Err(error),
            }
        });
        asked.await.copied().unwrap_or(false)
    }

    /// Edits a record: only the fields that are there are changed.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn put(&self, path: &str, input: &Json) -> Result<Json> {
        self.json(&Call::new(Method::PUT, path).input(input)).await
    }

    /// Removes a record. When the answer is lost the record is looked for before anything is sent again: a second
    /// DELETE of a request in the trash would destroy it.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn delete(&self, path: &str) -> Result<Json> {
        let call = Call::new(Method::DELETE, path);
        let error = match self.json(&call).await {
            Err(error) if error.is_uncertain() => error,
            settled => return settled,
        };
        match self.get(path).await {
            Err(gone) if gone.is_not_found() => Ok(done()),
            Ok(record) if is_trashed(&record) => Ok(done()),
            Ok(_) => self.json(&call).await,
            Err(_) => Err(error),
        }
    }

    /// Any call; the answer as JSON.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn json(&self, call: &Call) -> Result<Json> {
        let body = self.bytes(call).await?;
        let strange = |message: String| Error::Answer { call: call.shown(), message };
        if body.is_empty() && call.method == Method::HEAD {
            return Ok(Json::Null);
        }
        let json: Json =
            serde_json::from_slice(&body).map_err(|e| strange(format!("the answer is no JSON: {e}")))?;
        refused_all_the_same(call, json)
    }

    /// Any call; the answer's body.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn bytes(&self, call: &Call) -> Result<Bytes> {
        match self.send(call, Mode::Whole).await?.content {
            Content::Whole(bytes) => Ok(bytes),
            Content::Stream(_) => {
                Err(Error::Answer { call: call.shown(), message: "the answer is a stream".into() })
            }
        }
    }

    /// Any call; the answer's body as it comes.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn stream(&self, call: &Call) -> Result<Reply> {
        self.send(call, Mode::Stream).await
    }

    async fn send(&self, call: &Call, mode: Mode) -> Result<Reply> {
        self.inner.transport.send(&self.inner.base, &self.inner.auth, call, mode, self.debug).await
    }

    /// One page of a list: the first, or the one that begins with row `start_index` (from 1).
    ///
    /// # Errors
    /// As [`Client::get`]; [`Error::Answer`] when the answer is no list.
    pub async fn page(&self, path: &str, query: &ListQuery, start_index: u64) -> Result<Page> {
        let mut info = query.list_info();
        info.insert("start_index".into(), json!(start_index.max(1)));
        self.page_with(path, info).await
    }

    pub(crate) async fn page_with(&self, path: &str, list_info: Map<String, Json>) -> Result<Page> {
        let asked = list_info.get("row_count").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
        let call = Call::new(Method::GET, path).input(&json!({"list_info": list_info}));
        let body = self.json(&call).await?;
        list::page_of(&call.shown(), path, body, asked.unwrap_or(10))
    }

    /// All rows of a list, each once.
    #[must_use]
    pub fn walk(&self, path: &str, query: ListQuery) -> Walk {
        Walk::new(self.clone(), path.to_owned(), query)
    }

    /// Begins the consent of a person in a browser, who then comes back to `loopback`.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the connection has no OAuth client.
    pub fn begin_consent(&self, loopback: Loopback) -> Result<Consent> {
        Consent::begin(self.oauth()?, loopback)
    }

    /// Waits until the person has consented, and keeps the tokens.
    ///
    /// # Errors
    /// [`Error::OAuth`] when they or the service refuse.
    pub async fn finish_consent(&self, consent: Consent) -> Result<()> {
        let set = consent.finish(&self.inner.transport, self.oauth()?).await?;
        self.inner.auth.accept(set).await
    }

    /// Exchanges the code of a self client, pasted from the console, and keeps the tokens.
    ///
    /// # Errors
    /// [`Error::OAuth`] when the code is used, too old or another client's.
    pub async fn accept_code(&self, code: &Secret) -> Result<()> {
        let set = auth::exchange(&self.inner.transport, self.oauth()?, code, None, None).await?;
        self.inner.auth.accept(set).await
    }

    /// Gets a token, and says what the service said: whether the connection works.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub async fn check(&self) -> Result<()> {
        self.inner.auth.credential(&self.inner.transport).await.map(|_| ())
    }

    fn oauth(&self) -> Result<&OAuth> {
        match self.inner.connection.credentials() {
            Credentials::OAuth(oauth) => Ok(oauth),
            Credentials::TechnicianKey(_) => {
                Err(Error::Configuration("a connection with a technician key needs no consent".into()))
            }
        }
    }
}

/// What a delete answers.
fn done() -> Json {
    json!({"response_status": {"status_code": 2000, "status": "success"}})
}

fn is_trashed(body: &Json) -> bool {
    let Some(body) = body.as_object() else { return false };
    body.values().any(|record| record.get("is_trashed") == Some(&json!(true)))
}

/// A body may tell of a failure, or that nothing was done, under HTTP 200 (conventions.md section 4.3).
fn refused_all_the_same(call: &Call, json: Json) -> Result<Json> {
    let status = json.get("response_status");
    let status = status.and_then(|s| if s.is_array() { s.get(0) } else { Some(s) });
    let word = status.and_then(|s| s.get("status")).and_then(Json::as_str);
    if matches!(word, Some("failed" | "warning" | "failure")) {
        let error = ServiceError::read(call.shown(), 200, Some(json));
        return Err(Error::Service(Box::new(error)));
    }
    Ok(json)
}
