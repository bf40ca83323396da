//! A server with a router of our own, in this process, and a client that speaks in bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Extension;
use axum::http::StatusCode;
use axum::routing::{any, get};
use frontdesk::metrics::Metrics;
use frontdesk::serve::{self, Ended, Limits, Proxies, Server, Tls, TraceId, current_trace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A server that runs until it is told to stop.
pub struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Ended>,
}

impl Running {
    /// Starts one.
    pub async fn start(limits: Limits) -> Running {
        Running::start_with(limits, None).await
    }

    /// Starts one, with TLS or without.
    pub async fn start_with(limits: Limits, tls: Option<Arc<Tls>>) -> Running {
        let listener = serve::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server {
            router: router(),
            metrics: Arc::new(Metrics::new()),
            limits,
            tls,
            proxies: Proxies::default(),
        };
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(serve::run(listener, server, async { drop(stopped.await) }));
        Running { address, stop, ended }
    }

    /// Tells it to stop; the handle says how it ended.
    pub fn stop(self) -> JoinHandle<Ended> {
        self.stop.send(()).unwrap();
        self.ended
    }

    /// Connects.
    pub async fn connect(&self) -> Client {
        Client { stream: TcpStream::connect(self.address).await.unwrap() }
    }

    /// Sends bytes on a connection of its own and reads until the server closes it.
    pub async fn talk(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.rest().await
    }
}

/// Holds a body for a while.
async fn hold(body: Body) -> (StatusCode, String) {
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => {
            tokio::time::sleep(Duration::from_millis(400)).await;
            (StatusCode::OK, format!("{} bytes", bytes.len()))
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

fn router() -> Router {
    Router::new()
        .route("/echo", any(|body: Bytes| async move { body }))
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_millis(400)).await;
                "slow"
            }),
        )
        .route("/hold", any(hold))
        .route("/forever", get(std::future::pending::<()>))
        .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
        .route("/panic", get(boom))
        .route(
            "/trace",
            get(|Extension(trace): Extension<TraceId>| async move {
                tokio::task::yield_now().await;
                format!("{trace} {}", current_trace().unwrap())
            }),
        )
}

async fn boom() {
    panic!("a panic that a test asked for")
}

/// A client that speaks in bytes.
pub struct Client {
    pub stream: TcpStream,
}

impl Client {
    /// Sends, if the other side still takes it.
    pub async fn try_send(&mut self, bytes: &str) -> bool {
        self.stream.write_all(bytes.as_bytes()).await.is_ok()
    }

    pub async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Everything until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read_to_end(&mut bytes)).await;
        // A reset is a way to close, too.
        let _ = read.expect("the server closes the connection");
        String::from_utf8(bytes).unwrap()
    }

    /// One answer whose length its head tells.
    pub async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length: usize = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .expect("a length")
                    .parse()
                    .unwrap();
                if body.len() >= length {
                    return text;
                }
            }
            let byte = tokio::time::timeout(Duration::from_secs(10), self.stream.read_u8()).await;
            bytes.push(byte.expect("an answer").expect("a whole answer"));
        }
    }
}

/// The status line and the body of an answer.
pub fn status_and_body(answer: &str) -> (&str, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    (head.lines().next().unwrap(), body)
}
