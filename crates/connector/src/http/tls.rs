//! Which certificates are trusted: those that this machine trusts.

use crate::{Error, Result};
use std::sync::Arc;

/// A TLS configuration. The machine's certificates are read only when `needed`: that takes longer than all else that
/// happens before the first call of a desk next door, which is spoken to without TLS.
pub(super) fn configuration(needed: bool) -> Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    if needed {
        // Some certificates of a machine may be broken; the others serve.
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(Error::Configuration(
                "this machine has no certificates to trust; SSL_CERT_FILE may name some".into(),
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Configuration(format!("TLS cannot be set up: {e}")))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
