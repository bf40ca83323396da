//! A desk on a port of this machine, for clients that need a network between. It can misbehave on purpose.

use crate::App;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query.
    pub uri: Uri,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Seen {
    /// The value of a parameter of the query or of the form, decoded.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<String> {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        let parts = self.uri.query().unwrap_or_default().split('&').chain(body.split('&'));
        let found = parts.filter_map(|p| p.split_once('=')).find(|(key, _)| *key == name)?;
        let text = found.1.replace('+', " ");
        Some(percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned())
    }
}

/// What the port does with a call.
#[derive(Clone, Debug)]
pub enum Act {
    /// Hands it to the desk.
    Pass,
    /// Answers in the desk's place: status, headers, body. The desk hears nothing.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection; the desk hears nothing.
    CutBefore,
    /// Hands it to the desk and closes the connection instead of answering.
    CutAfter,
    /// Hands it to the desk and closes the connection in the middle of the answer.
    CutWithin,
    /// Hands it to the desk and lets the answer wait.
    Late(Duration),
    /// Hands it to the desk and lets the answer's second half wait.
    Stall(Duration),
}

/// A desk, or nothing, behind a port.
#[derive(Debug)]
pub struct Port {
    /// Where: `http://127.0.0.1:…`.
    pub origin: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

type Script = Arc<dyn Fn(usize, &Seen) -> Act + Send + Sync>;

impl Port {
    /// A desk that behaves.
    pub async fn of(app: &App) -> Self {
        Self::with(Some(app), |_, _| Act::Pass).await
    }

    /// A desk (or none: then passing is a 404) that does with its nth call, counted from 0, what `script` says.
    pub async fn with(
        app: Option<&App>,
        script: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let router = app.map_or_else(Router::new, App::router);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(listen(listener, router, seen.clone(), Arc::new(script)));
        Self { origin, seen, task }
    }

    /// All calls so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, router: Router, seen: Arc<Mutex<Vec<Seen>>>, script: Script) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (router, seen, script) = (router.clone(), seen.clone(), script.clone());
        tokio::spawn(async move {
            let service =
                service_fn(move |request| answer(request, router.clone(), seen.clone(), script.clone()));
            // A connection that is cut ends in an error: that is the point of it.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    router: Router,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Script,
) -> Result<Response<Body>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Seen {
        method: parts.method.to_string(),
        uri: parts.uri.clone(),
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(call.clone());
        seen.len() - 1
    };
    let act = script(number, &call);
    let pass = router.oneshot(Request::from_parts(parts, Body::from(body)));
    let cut = || io::Error::other("cut on purpose");
    match act {
        Act::Pass => Ok(pass.await.unwrap()),
        Act::Answer(status, headers, text) => {
            let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Body::from(text)).unwrap())
        }
        Act::CutBefore => Err(cut()),
        Act::CutAfter => {
            pass.await.unwrap();
            Err(cut())
        }
        Act::CutWithin => {
            let (mut parts, body) = pass.await.unwrap().into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            parts.headers.insert("content-length", bytes.len().into());
            let half = bytes.slice(..bytes.len() / 2);
            // The first half leaves before the connection ends.
            let rest = async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                Err(cut())
            };
            let chunks = stream::once(async { Ok(half) }).chain(stream::once(rest));
            Ok(Response::from_parts(parts, Body::from_stream(chunks)))
        }
        Act::Stall(time) => {
            let (mut parts, body) = pass.await.unwrap().into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            parts.headers.insert("content-length", bytes.len().into());
            let (first, second) = (bytes.slice(..bytes.len() / 2), bytes.slice(bytes.len() / 2..));
            let rest = async move {
                tokio::time::sleep(time).await;
                Ok(second)
            };
            let chunks = stream::once(async { io::Result::Ok(first) }).chain(stream::once(rest));
            Ok(Response::from_parts(parts, Body::from_stream(chunks)))
        }
        Act::Late(time) => {
            tokio::time::sleep(time).await;
            Ok(pass.await.unwrap())
        }
    }
}
