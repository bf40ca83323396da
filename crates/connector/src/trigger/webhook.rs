//! Events as calls of somebody else's address.

use super::Batch;
use crate::auth::{Auth, Credential};
use crate::http::{Body, Call, Manners, Mode, Observer, Repeat, Transport};
use crate::{Error, Result, Secret};
use http::Method;
use reqwest::Url;
use serde_json::json;

/// An address that is told of events: `POST {"events": [{"id", "event", "resource", "record"}]}`, answered by any 2xx.
/// A call whose answer is lost is sent again, so the receiver may hear an event twice; its `id` is the same then.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    auth: Auth,
    transport: Transport,
}

impl Webhook {
    /// An address, and the bearer token that it asks for, if it does.
    ///
    /// # Errors
    /// [`Error::Input`] when that is no address; [`Error::Configuration`] as [`crate::ClientBuilder::build`].
    pub fn new(
        url: &str,
        token: Option<Secret>,
        manners: Manners,
        observer: Option<Observer>,
    ) -> Result<Self> {
        let parsed = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let parsed = parsed.ok_or_else(|| Error::input("webhook", format!("{url} is no address")))?;
        let transport = Transport::new(manners, observer.into_iter().collect(), parsed.scheme() == "https")?;
        let auth = token.map_or(Auth::Nobody, |token| Auth::Fixed(Credential::Bearer(token)));
        Ok(Self { url: parsed.into(), auth, transport })
    }

    /// Tells of the events, and comes back when they were taken.
    ///
    /// # Errors
    /// [`Error::Service`] when the address refuses; else those of a call.
    pub async fn tell(&self, batch: &Batch) -> Result<()> {
        let call = Call::new(Method::POST, "")
            .body(Body::Json(json!({"events": batch.events})))
            .repeat(Repeat::Safe);
        self.transport.send(&self.url, &self.auth, &call, Mode::Whole, false).await.map(|_| ())
    }
}
