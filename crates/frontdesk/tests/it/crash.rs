//! Killed at any moment, again and again: what was acknowledged is there, whole, and nothing else is half there.
//!
//! `FRONTDESK_TEST_CRASH_ROUNDS` says how many rounds each engine takes; the build takes two hundred together, a
//! night thousands. A failing run tells its seed, which `FRONTDESK_TEST_CRASH_SEED` takes; the machine's timing is of its own.
//!
//! Adds carry an `Idempotency-Key`: every one that was not answered is sent again, and nothing is there twice.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use testkit::Engine;

use crate::home::{Client, Home};
use crate::load::{self, Account, Dice};

const WRITERS: usize = 8;

fn setting(name: &str) -> Option<u64> {
    std::env::var(format!("FRONTDESK_TEST_CRASH_{name}")).ok()?.parse().ok()
}

fn crash(engine: Engine, rounds: u64) {
    let Some(home) = Home::new(engine) else { return };
    let rounds = setting("ROUNDS").unwrap_or(rounds);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    let seed = setting("SEED").unwrap_or(now.into());
    println!("FRONTDESK_TEST_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let happyfox = home.happyfox();
    let mut accounts: Vec<Account> = Vec::new();
    let mut desk = home.serve(&[]);
    for round in 0..rounds {
        let clients: Vec<Client> = vec![home.client(&desk); WRITERS];
        let stop = AtomicBool::new(false);
        let wait = Duration::from_millis(30 + dice.below(400));
        let mut made = thread::scope(|scope| {
            let writers = scope
                .spawn(|| load::run(&clients, &happyfox, &format!("r{round}"), seed + round, &stop, false));
            thread::sleep(wait);
            desk.signal("KILL");
            writers.join().unwrap()
        });
        desk.wait();
        desk = home.serve(&[]);
        let client = home.client(&desk);
        for account in &made {
            load::check(account, &client, &happyfox);
        }
        if round % 20 == 19 {
            // Nothing half there, in any table: while it serves.
            assert_sound(&home);
        }
        accounts.append(&mut made);
        // As often with an empty log as with a full one.
        if round % 2 == 0 {
            desk.stop();
            desk = home.serve(&[]);
        }
    }
    assert_sound(&home);
    let client = home.client(&desk);
    let requests: u64 =
        accounts.iter().map(|account| load::check(account, &client, &happyfox).requests).sum();
    let list = client.ok("GET", "/requests?get_total_count=true&row_count=1", "");
    assert_eq!(list["list_info"]["total_count"].as_u64(), Some(requests), "requests that nobody made");
    let acknowledged: usize = accounts.iter().map(Account::acknowledged).sum();
    assert!(acknowledged as u64 > rounds * 3, "only {acknowledged} writes were acknowledged");
    desk.stop();
}

fn assert_sound(home: &Home) {
    let told = home.done(&["verify"]);
    assert!(told.starts_with("All is well"), "{told}");
}

#[test]
fn nothing_acknowledged_is_lost_on_sqlite() {
    crash(Engine::Sqlite, 120);
}

#[test]
fn nothing_acknowledged_is_lost_on_postgres() {
    crash(Engine::Postgres, 80);
}
