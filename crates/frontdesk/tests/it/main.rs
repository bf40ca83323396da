//! The program from outside: the server on raw sockets with a router of our own, and the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should say so"
)]

mod answers;
mod archives;
mod binary;
mod cluster;
mod command_line;
mod connector;
mod crash;
mod disk;
mod faults;
mod home;
mod load;
mod many;
mod program;
mod requester_fields;
mod rooms;
mod secrets;
mod server;
mod slow_clients;
mod stopping;
mod tls;
mod transfer;
mod upgrade;
mod wire;
