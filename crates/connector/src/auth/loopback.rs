//! The port of this machine to which the browser brings the code.

use crate::{Error, Result, Secret};
use reqwest::Url;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const HEAD_BYTES_MAX: usize = 16 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// A listener on 127.0.0.1. The address it gives ([`Loopback::uri`]) must be among the client's redirect URIs.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
}

impl Loopback {
    /// Listens on this port, 0 for any that is free.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the port is taken.
    pub async fn bind(port: u16) -> Result<Self> {
        let failed = |e| Error::Configuration(format!("cannot listen on 127.0.0.1:{port}: {e}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The redirect URI.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// Waits for the code. Whatever else comes (favicons, strangers without the state) is turned away.
    pub(super) async fn code(self, state: &str) -> Result<Secret> {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else { continue };
            let Some(url) = asked(&mut stream).await else { continue };
            match read(&url, state) {
                Some(result) => {
                    let words = match &result {
                        Ok(_) => "This is done. You may close this page and go back to the program.",
                        Err(_) => "The service did not consent. The program says why.",
                    };
                    respond(&mut stream, "200 OK", words).await;
                    return result;
                }
                None => respond(&mut stream, "404 Not Found", "There is nothing here.").await,
            }
        }
    }
}

async fn asked(stream: &mut TcpStream) -> Option<Url> {
    let head = head_of(stream).await?;
    let target = head.strip_prefix("GET ")?.split_whitespace().next()?;
    Url::parse("http://127.0.0.1").ok()?.join(target).ok()
}

/// What a call of the browser says; `None` when it is not the one that is waited for.
fn read(url: &Url, state: &str) -> Option<Result<Secret>> {
    let get = |key: &str| url.query_pairs().find(|(k, _)| k == key).map(|(_, value)| value.into_owned());
    if url.path() != "/callback" || get("state").as_deref() != Some(state) {
        return None;
    }
    Some(match (get("code"), get("error")) {
        (Some(code), None) if !code.is_empty() => Ok(code.into()),
        (_, Some(code)) => Err(Error::OAuth { code, description: get("error_description") }),
        _ => Err(Error::OAuth { code: "no code came back".into(), description: None }),
    })
}

/// A request's head; `None` when none comes in time.
async fn head_of(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let reading = async {
        let mut chunk = [0_u8; 1024];
        while memchr::memmem::find(&head, b"\r\n\r\n").is_none() {
            let n = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
            head.extend_from_slice(chunk.get(..n)?);
            if head.len() > HEAD_BYTES_MAX {
                return None;
            }
        }
        Some(())
    };
    tokio::time::timeout(PATIENCE, reading).await.ok()??;
    String::from_utf8(head).ok()
}

/// A page of one sentence, and the connection's end. A browser that is gone does not matter.
async fn respond(stream: &mut TcpStream, status: &str, words: &str) {
    let page =
        format!("<!doctype html><html lang=en><title>Frontdesk connector</title><p>{words}</p></html>");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_awaited_answer_is_taken() {
        let read = |text: &str| read(&Url::parse(text).unwrap(), "s");
        assert!(read("http://127.0.0.1/favicon.ico").is_none());
        assert!(read("http://127.0.0.1/callback?code=x&state=other").is_none());
        assert!(read("http://127.0.0.1/callback?code=x").is_none());
        assert_eq!(read("http://127.0.0.1/callback?code=a%2Eb&state=s").unwrap().unwrap().expose(), "a.b");
        let denied = read("http://127.0.0.1/callback?error=access_denied&state=s").unwrap().unwrap_err();
        assert!(denied.to_string().contains("access_denied"));
    }
}
