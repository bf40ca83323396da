//! How the server stops.

use std::time::{Duration, Instant};

use frontdesk::serve::{Ended, Limits};
use tokio::net::TcpStream;

use crate::server::{Running, status_and_body};

#[tokio::test]
async fn running_requests_finish_and_nothing_new_begins() {
    let server = Running::start(Limits::default()).await;
    let address = server.address;
    let mut running = server.connect().await;
    let mut idle = server.connect().await;
    let mut untouched = server.connect().await;
    idle.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").await;
    idle.answer().await;
    running.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;

    let begun = Instant::now();
    let ended = server.stop();
    assert_eq!(idle.rest().await, "");
    assert_eq!(untouched.rest().await, "");
    assert!(TcpStream::connect(address).await.is_err());
    let answer = running.rest().await;
    assert_eq!(status_and_body(&answer), ("HTTP/1.1 200 OK", "slow"));
    assert_eq!(ended.await.unwrap(), Ended::Finished);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn requests_that_never_end_are_left_behind() {
    let limits = Limits { stop_timeout: Duration::from_millis(200), ..Limits::default() };
    let server = Running::start(limits).await;
    let mut client = server.connect().await;
    client.send("GET /forever HTTP/1.1\r\nHost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.stop().await.unwrap(), Ended::Unfinished(1));
}
