//! The calls to the provider.

use crate::OidcError;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use std::sync::Arc;
use std::time::Duration;

/// No document of a provider comes near.
const BYTES_MAX: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that follows nothing and trusts what this machine trusts.
pub(crate) fn client(issuer: &Url) -> Result<Client, OidcError> {
    let settings = |what: String| OidcError::Settings(what);
    let mut roots = rustls::RootCertStore::empty();
    if issuer.scheme() == "https" {
        // Some certificates of a machine may be broken; the others serve.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(settings(
                "this machine has no certificates to trust; SSL_CERT_FILE may name some".into(),
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| settings(format!("TLS cannot be set up: {error}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        // A redirect would carry the secret, or the server itself, to somewhere that nobody has chosen.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .build()
        .map_err(|error| settings(format!("no HTTP client: {error}")))
}

/// An address that may be called: `https`, or `http` to this machine, where there is no network between.
pub(crate) fn address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_here))).then_some(url)
}

/// Sends a call and reads its answer, whatever its status.
pub(crate) async fn send(request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), OidcError> {
    let failed = |error: reqwest::Error| OidcError::Provider(reason(error));
    let mut response = request.send().await.map_err(failed)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > BYTES_MAX {
            return Err(OidcError::Provider("the answer is too large".into()));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((response.status(), bytes))
}

/// What went wrong, with its causes; the error's own text would name the address with its query.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        cause = inner.source();
    }
    words
}

/// A document that must be there.
pub(crate) async fn document<T: serde::de::DeserializeOwned>(
    client: &Client,
    url: &Url,
) -> Result<T, OidcError> {
    let (status, bytes) = send(client.get(url.clone()).header("accept", "application/json")).await?;
    if !status.is_success() {
        return Err(OidcError::Provider(format!("{} answers {status}", url.path())));
    }
    serde_json::from_slice(&bytes)
        .map_err(|_| OidcError::Provider(format!("{} is not what it should be", url.path())))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn only_addresses_that_may_be_called() {
        for good in [
            "https://id.example.com",
            "https://id.example.com/realms/x",
            "http://127.0.0.1:7000/",
            "http://[::1]:1/",
        ] {
            assert!(address(good).is_some(), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "http://169.254.169.254/latest",
            "https://user:secret@id.example.com",
            "https://id.example.com/#x",
            "file:///etc/passwd",
            "id.example.com",
            "",
        ] {
            assert!(address(bad).is_none(), "{bad}");
        }
    }
}
