//! Clients that take their time, and clients that come in too great a number.

use std::time::{Duration, Instant};

use frontdesk::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::Running;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_head_that_trickles_in_is_cut_off() {
    let limits = Limits { header_timeout: SHORT, idle_timeout: LONG, ..Limits::default() };
    let server = Running::start(limits).await;
    // On a fresh connection, and after a request that was answered.
    for first in [None, Some("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")] {
        let mut client = server.connect().await;
        if let Some(first) = first {
            client.send(first).await;
            client.answer().await;
        }
        let begun = Instant::now();
        let mut trickle = "GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ".bytes().chain(std::iter::repeat(b'a'));
        let cut = loop {
            let byte = trickle.next().unwrap();
            if client.stream.write_all(&[byte]).await.is_err() {
                break true;
            }
            let mut answer = [0];
            match tokio::time::timeout(Duration::from_millis(20), client.stream.read(&mut answer)).await {
                Ok(Ok(0) | Err(_)) => break true,
                _ if begun.elapsed() > LONG => break false,
                _ => {}
            }
        };
        let took = begun.elapsed();
        assert!(cut && took >= SHORT && took < Duration::from_secs(5), "{took:?}");
    }
}

#[tokio::test]
async fn a_silent_connection_is_cut_off_and_a_long_request_is_not() {
    let limits = Limits { header_timeout: SHORT, idle_timeout: SHORT / 3, ..Limits::default() };
    let server = Running::start(limits).await;
    assert_eq!(server.connect().await.rest().await, "");
    let mut client = server.connect().await;
    client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(client.rest().await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn a_body_that_pauses_ends_its_request() {
    let limits = Limits { body_timeout: SHORT, ..Limits::default() };
    let server = Running::start(limits).await;
    let mut client = server.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345").await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_body_may_be_slow_as_long_as_it_goes_on() {
    let limits =
        Limits { body_timeout: SHORT, header_timeout: SHORT, idle_timeout: SHORT, ..Limits::default() };
    let server = Running::start(limits).await;
    let mut client = server.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8\r\n\r\n").await;
    for _ in 0..8 {
        tokio::time::sleep(SHORT / 3).await;
        client.send("x").await;
    }
    assert!(client.rest().await.ends_with("xxxxxxxx"));
}

#[tokio::test]
async fn a_body_that_comes_in_drops_ends_its_request() {
    let limits =
        Limits { body_timeout: SHORT, header_timeout: SHORT, idle_timeout: SHORT, ..Limits::default() };
    let server = Running::start(limits).await;
    let mut client = server.connect().await;
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n").await;
    let mut sent = 0;
    while sent < 90 && client.try_send("x").await {
        sent += 1;
        tokio::time::sleep(SHORT / 3).await;
    }
    assert!(sent < 90, "all of it was taken");
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_cut_off() {
    let limits = Limits { idle_timeout: SHORT, header_timeout: SHORT, ..Limits::default() };
    let server = Running::start(limits).await;
    let mut client = server.connect().await;
    client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(SHORT * 5).await;
    let mut bytes = Vec::new();
    let _ = client.stream.read_to_end(&mut bytes).await;
    assert!(bytes.len() < 64 << 20, "{} bytes came", bytes.len());
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let server = Running::start(Limits { max_connections: 1, ..Limits::default() }).await;
    let mut first = server.connect().await;
    first.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    first.answer().await;
    let mut second = server.connect().await;
    second.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(tokio::time::timeout(SHORT, second.answer()).await.is_err());
    drop(first);
    let mut third = server.connect().await;
    drop(second);
    third.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(third.answer().await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn connections_of_one_address_beyond_its_limit_are_closed() {
    let server = Running::start(Limits { max_connections_per_address: 1, ..Limits::default() }).await;
    let mut first = server.connect().await;
    first.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    first.answer().await;
    let mut second = server.connect().await;
    let mut bytes = Vec::new();
    let _reset_or_ended = second.stream.read_to_end(&mut bytes).await;
    assert!(bytes.is_empty());
    drop(first);
    // It is counted until the server has seen that it is gone.
    tokio::time::sleep(SHORT).await;
    let mut third = server.connect().await;
    third.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(third.answer().await.starts_with("HTTP/1.1 200 OK"));
}

/// A call with a body of so many kilobytes, on its way.
async fn send_large(server: &Running, kilobytes: usize) -> tokio::task::JoinHandle<String> {
    let mut client = server.connect().await;
    let bytes = kilobytes * 1024;
    let head =
        format!("POST /hold HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {bytes}\r\n\r\n");
    client.send(&head).await;
    tokio::spawn(async move {
        client.send(&"x".repeat(bytes)).await;
        client.rest().await
    })
}

#[tokio::test]
async fn large_bodies_wait_for_one_another() {
    let server = Running::start(Limits { bodies_mib: 1, ..Limits::default() }).await;
    let begun = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(send_large(&server, 700).await);
    }
    for answer in answers {
        let answer = answer.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("716800 bytes"), "{answer}");
    }
    // Each holds its body for four tenths of a second, and no two have room at once.
    assert!(begun.elapsed() >= Duration::from_millis(1_200), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_large_body_that_finds_no_room_is_refused_and_leaves_none_behind() {
    let limits = Limits { bodies_mib: 1, body_timeout: SHORT / 3, ..Limits::default() };
    let server = Running::start(limits).await;
    let first = send_large(&server, 1_000).await;
    tokio::time::sleep(SHORT / 3).await;
    // Small ones are not concerned.
    let small = server
        .talk("POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
        .await;
    assert!(small.ends_with("\r\n\r\nx"), "{small}");
    let refused = send_large(&server, 1_000).await.await.unwrap();
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.ends_with("too many large bodies at once"),
        "{refused}"
    );
    assert!(first.await.unwrap().starts_with("HTTP/1.1 200 "));
    // One that is broken off in the middle gives back what it took.
    let mut broken = server.connect().await;
    broken.send("POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n").await;
    broken.send(&"x".repeat(1_000_000)).await;
    drop(broken);
    tokio::time::sleep(SHORT / 3).await;
    assert!(send_large(&server, 1_000).await.await.unwrap().starts_with("HTTP/1.1 200 "));
}
