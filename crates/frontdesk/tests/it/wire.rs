//! What clients of all ages send, and what they get.

use std::time::Duration;

use frontdesk::serve::Limits;
use tokio::io::AsyncWriteExt;

use crate::server::{Running, status_and_body};

async fn server() -> Running {
    Running::start(Limits::default()).await
}

async fn check(request: &str, status: &str, body: &str) {
    let answer = server().await.talk(request).await;
    assert_eq!(status_and_body(&answer), (status, body), "{answer}");
}

#[tokio::test]
async fn an_h2c_offer_with_a_body_is_answered_in_http_1() {
    let server = server().await;
    let mut client = server.connect().await;
    for body in ["input_data={}", "again"] {
        client
            .send(&format!(
                "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
                 HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .await;
        let answer = client.answer().await;
        assert_eq!(status_and_body(&answer), ("HTTP/1.1 200 OK", body));
        assert!(!answer.to_lowercase().contains("upgrade"), "{answer}");
    }
}

#[tokio::test]
async fn http_1_0_closes_unless_asked_to_keep() {
    check("GET /echo HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK", "").await;
    let server = server().await;
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send("POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi").await;
        let answer = client.answer().await;
        assert_eq!(status_and_body(&answer), ("HTTP/1.0 200 OK", "hi"));
        assert!(answer.contains("connection: keep-alive"), "{answer}");
    }
}

#[tokio::test]
async fn http_1_1_keeps_unless_asked_to_close() {
    let server = server().await;
    let mut client = server.connect().await;
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.answer().await;
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(client.rest().await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_get_may_have_a_body() {
    check(
        "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{\"a\": 10}",
        "HTTP/1.1 200 OK",
        "{\"a\": 10}",
    )
    .await;
}

#[tokio::test]
async fn chunked_bodies_and_pipelines_work() {
    let answer = server()
        .await
        .talk(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
             GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )
        .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_still_gets_its_answer() {
    let server = server().await;
    let mut client = server.connect().await;
    client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.stream.shutdown().await.unwrap();
    let answer = client.rest().await;
    assert_eq!(status_and_body(&answer), ("HTTP/1.1 200 OK", "slow"));
}

#[tokio::test]
async fn a_long_query_is_fine_and_an_endless_head_is_not() {
    let query = "q".repeat(60_000);
    check(
        &format!("GET /echo?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        "HTTP/1.1 200 OK",
        "",
    )
    .await;
    let server = server().await;
    let mut client = server.connect().await;
    let endless = "x-header: 0123456789\r\n".repeat(20_000);
    let _ = client.stream.write_all(format!("GET /echo HTTP/1.1\r\n{endless}").as_bytes()).await;
    assert!(tokio::time::timeout(Duration::from_secs(5), client.rest()).await.is_ok());
}

#[tokio::test]
async fn every_answer_carries_the_trace_id_the_router_saw() {
    let server = server().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = server
        .talk(&format!(
            "GET /trace HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntraceparent: {parent}\r\n\r\n"
        ))
        .await;
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    assert_eq!(status_and_body(&answer).1, format!("{id} {id}"));
    assert!(answer.contains(&format!("x-trace-id: {id}\r\n")), "{answer}");

    let answer = server.talk("GET /trace HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    let seen = status_and_body(&answer).1.split(' ').next().unwrap();
    assert!(answer.contains(&format!("x-trace-id: {seen}\r\n")), "{answer}");
    let missing = server.talk("GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(missing.starts_with("HTTP/1.1 404") && missing.contains("x-trace-id: "), "{missing}");
}

#[tokio::test]
async fn a_panic_costs_one_request_and_not_the_connection() {
    let server = server().await;
    let mut client = server.connect().await;
    client.send("GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("x-trace-id: "), "{answer}");
    client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(client.answer().await.starts_with("HTTP/1.1 200 "));
}

/// What a proxy before us and we could read differently: one of us would take the end of one request for the beginning of
/// another. Refused, and the connection closed.
#[tokio::test]
async fn requests_that_two_readers_would_read_differently_are_refused() {
    let smuggled = "GET /trace HTTP/1.1\r\nHost: x\r\n\r\n";
    for head in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "X\0: y\r\n",
        "X: a\0b\r\n",
        "\u{b}Transfer-Encoding: chunked\r\n",
    ] {
        let answer = server()
            .await
            .talk(&format!("POST /echo HTTP/1.1\r\nHost: x\r\n{head}\r\n0\r\n\r\n{smuggled}"))
            .await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{head:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), usize::from(!answer.is_empty()), "{head:?}: {answer}");
    }
    // Both lengths at once: the chunks count and the connection closes, as RFC 9112 section 6.3 has it; what stands behind
    // is nobody's request.
    for head in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: x\r\n{head}\r\n3\r\nabc\r\n0\r\n\r\n{smuggled}");
        let answer = server().await.talk(&request).await;
        assert!(
            answer.contains("connection: close") && answer.ends_with("\r\n\r\nabc"),
            "{head:?}: {answer}"
        );
    }
    for body in
        ["g\r\nx\r\n0\r\n\r\n", "ffffffffffffffff1\r\nx", "-1\r\nx\r\n0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n"]
    {
        let request =
            format!("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}{smuggled}");
        let answer = server().await.talk(&request).await;
        assert!(!answer.contains("HTTP/1.1 200"), "{body:?}: {answer}");
    }
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_making_more_of_it() {
    for path in ["/echo", "/nowhere", "/panic"] {
        let answer = server()
            .await
            .talk(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
            .await;
        for header in [
            "x-content-type-options: nosniff\r\n",
            "cache-control: no-store\r\n",
            "referrer-policy: no-referrer\r\n",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'; sandbox\r\n",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}: {answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "promised on a line that is not encrypted");
        assert!(!answer.to_lowercase().contains("\r\nserver:"), "{answer}");
    }
}
