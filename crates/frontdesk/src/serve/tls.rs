//! HTTPS: rustls on ring, certificate and key from PEM files, read again on SIGHUP.

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use super::signals;
use crate::config::TlsFiles;

/// Certificate and key as they were last read.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads certificate and key. The error names the file.
    pub fn load(files: TlsFiles) -> Result<Tls, String> {
        let current = ArcSwap::from(read(&files)?);
        Ok(Tls { files, current })
    }

    /// Reads both again whenever SIGHUP comes; keeps the old ones when the new ones are no good.
    pub async fn reload_on_hangup(self: Arc<Self>) -> io::Result<()> {
        let mut hangups = signals::hangups()?;
        while hangups.recv().await.is_some() {
            match read(&self.files) {
                Ok(config) => {
                    self.current.store(config);
                    tracing::info!("certificate and key read again");
                }
                Err(error) => tracing::error!(%error, "the old certificate stays"),
            }
        }
        Ok(())
    }

    /// The handshake.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.current.load_full()).accept(stream).await
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
    let TlsFiles { cert, key } = files;
    let no_cert = |error| format!("tls_cert {}: {}", cert.display(), plain(&error));
    let chain = CertificateDer::pem_file_iter(cert)
        .map_err(no_cert)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(no_cert)?;
    if chain.is_empty() {
        return Err(format!("tls_cert {}: no certificate in it", cert.display()));
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| format!("tls_key {}: {}", key.display(), plain(&error)))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| format!("tls_cert {} and tls_key {}: {error}", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The part of a PEM error that a person can use.
fn plain(error: &tokio_rustls::rustls::pki_types::pem::Error) -> String {
    use tokio_rustls::rustls::pki_types::pem::Error;
    match error {
        Error::Io(error) => error.to_string(),
        Error::NoItemsFound => "nothing of the kind in it".to_owned(),
        other => other.to_string(),
    }
}
