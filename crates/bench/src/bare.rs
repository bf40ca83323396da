//! The measure: an axum route that does nothing but answer a constant JSON.

use crate::Outcome;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use std::io::Write;

/// The argument that makes this program the bare server.
pub const MODE: &str = "bare-route";

/// Serves until it is killed. Prints its address as the real server does.
pub fn serve() -> Outcome<()> {
    let bytes: usize = std::env::args().nth(2).ok_or("how many bytes?")?.parse()?;
    let filler = "x".repeat(bytes.saturating_sub(10));
    let body: &'static str = Box::leak(format!("{{\"a\":\"{filler}\"}}").into_boxed_str());
    tokio::runtime::Runtime::new()?.block_on(async {
        let route = get(move || async move { ([(CONTENT_TYPE, "application/json;charset=utf-8")], body) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "bare listens on http://{}", listener.local_addr()?)?;
        out.flush()?;
        drop(out);
        axum::serve(listener, Router::new().route("/", route)).await?;
        Ok(())
    })
}
