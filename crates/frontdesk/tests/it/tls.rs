//! HTTPS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use frontdesk::config::TlsFiles;
use frontdesk::serve::{Limits, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::binary::{Desk, scratch};
use crate::server::Running;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(name)
}

/// A client that trusts one of the two certificates. Fails when the server shows the other.
async fn get(address: &str, trusted: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(fixture(trusted)).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(address).await?;
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_request_over_tls() {
    let tls = Tls::load(TlsFiles { cert: fixture("one.crt"), key: fixture("one.key") }).unwrap();
    let server = Running::start_with(Limits::default(), Some(Arc::new(tls))).await;
    let address = server.address.to_string();
    assert!(get(&address, "one.crt").await.unwrap().starts_with("HTTP/1.1 404"));
    assert!(get(&address, "two.crt").await.is_err());
}

#[test]
fn what_cannot_be_read_is_named() {
    let load =
        |cert: &str, key: &str| Tls::load(TlsFiles { cert: fixture(cert), key: fixture(key) }).unwrap_err();
    assert!(load("none.crt", "one.key").starts_with("tls_cert "));
    assert!(load("one.crt", "none.key").starts_with("tls_key "));
    assert!(load("one.key", "one.key").contains("no certificate"));
    assert!(load("one.crt", "one.crt").starts_with("tls_key "));
    assert!(load("one.crt", "two.key").contains("tls_key"));
}

#[tokio::test]
async fn hangup_reads_the_certificate_again() {
    let dir = scratch();
    let (cert, key) = (dir.join("tls.crt"), dir.join("tls.key"));
    let put = |name: &str| {
        std::fs::copy(fixture(&format!("{name}.crt")), &cert).unwrap();
        std::fs::copy(fixture(&format!("{name}.key")), &key).unwrap();
    };
    put("one");
    let desk = Desk::serve(&dir, &["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()]);
    assert!(desk.url.starts_with("https://"), "{}", desk.url);
    assert!(get(&desk.address(), "one.crt").await.unwrap().starts_with("HTTP/1.1 200 OK"));
    put("two");
    desk.signal("HUP");
    let begun = Instant::now();
    while get(&desk.address(), "two.crt").await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "the new certificate is not used");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
