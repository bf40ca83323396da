//! Three processes on one PostgreSQL behind haproxy: one desk, whichever answers, whoever dies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::Engine;

use crate::binary::Desk;
use crate::cluster::{Cluster, Proxy};
use crate::home::{Client, Home};
use crate::load::{self, Account};

fn three(home: &Home, options: &[&str]) -> Vec<Desk> {
    (0..3).map(|_| home.serve(options)).collect()
}

/// Waits until something is so.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}: still not so");
        thread::sleep(Duration::from_millis(20));
    }
    println!("{what}: after {} ms", begun.elapsed().as_millis());
}

#[test]
fn what_one_process_does_the_others_see() {
    let Some(home) = Home::new(Engine::Postgres) else { return };
    let desks = three(&home, &["--backup-every-h", "1", "--backup-dir", "shelf"]);
    let [a, b, c] = [0, 1, 2].map(|i| home.client(&desks[i]));

    for round in 0..20 {
        let made = a.ok("POST", "/requests", &format!("{{\"request\": {{\"subject\": \"seen{round}z\"}}}}"));
        let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        for other in [&b, &c] {
            assert_eq!(other.ok("GET", &path, "")["request"]["subject"], format!("seen{round}z"));
            assert_eq!(other.found(&format!("seen{round}z")), 1);
        }
        b.ok("PUT", &path, "{\"request\": {\"priority\": {\"name\": \"High\"}}}");
        assert_eq!(c.ok("GET", &path, "")["request"]["priority"]["name"], "High");
    }

    // A status with another name, on all, in the next breath: in what is shown and in what is found.
    let made = a.ok("POST", "/requests", "{\"request\": {\"subject\": \"status\"}}");
    let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
    let status = made["request"]["status"]["id"].as_str().unwrap();
    a.ok("PUT", &format!("/statuses/{status}"), "{\"status\": {\"name\": \"Fresh\"}}");
    for other in [&b, &c] {
        soon("a status's new name", || other.ok("GET", &path, "")["request"]["status"]["name"] == "Fresh");
        other.ok("PUT", &path, "{\"request\": {\"status\": {\"name\": \"Fresh\"}}}");
    }

    // A technician loses the role, and the key.
    let user = a.ok(
        "POST",
        "/users",
        "{\"user\": {\"name\": \"Tina\", \"email_id\": \"tina@example.com\", \"is_technician\": true}}",
    );
    let user = user["user"]["id"].as_str().unwrap();
    let issued =
        home.done(&["credentials", "technician-key", "issue", "--user", "tina@example.com", "--json"]);
    let issued: Value = serde_json::from_str(&issued).unwrap();
    let key = issued
        .as_object()
        .unwrap()
        .values()
        .find_map(|v| v.as_str().filter(|v| v.len() > 20))
        .unwrap()
        .to_owned();
    let tina: Vec<Client> =
        [&a, &b, &c].iter().map(|client| Client { key: key.clone(), ..(*client).clone() }).collect();
    for client in &tina {
        soon("a technician's right", || client.must("GET", &path, "").0 == 200);
    }
    b.ok("PUT", &format!("/users/{user}"), "{\"user\": {\"is_technician\": false}}");
    for client in &tina {
        soon("a role that is gone", || client.must("GET", &path, "").0 != 200);
    }
    b.ok("PUT", &format!("/users/{user}"), "{\"user\": {\"is_technician\": true}}");
    for client in &tina {
        soon("a role that is back", || client.must("GET", &path, "").0 == 200);
    }
    let keys: Value =
        serde_json::from_str(&home.done(&["credentials", "technician-key", "list", "--json"])).unwrap();
    let own = keys.as_array().unwrap().iter().find(|key| key["user"].as_str().unwrap().contains("tina"));
    home.done(&["credentials", "technician-key", "revoke", own.unwrap()["id"].as_str().unwrap()]);
    for client in &tina {
        soon("a revoked key", || client.must("GET", &path, "").0 == 401);
    }

    // An application's token is taken back by itself, at one of them.
    let oauth = |name: &str| home.secrets["oauth"][name].as_str().unwrap();
    let (id, secret, refresh) = (oauth("client_id"), oauth("client_secret"), oauth("refresh_token"));
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body =
        format!("grant_type=refresh_token&refresh_token={refresh}&client_id={id}&client_secret={secret}");
    let (_, told) = a.send("POST", "/oauth/v2/token", form, body.as_bytes()).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    let token = told["access_token"].as_str().unwrap();
    let header = format!("Authorization: Zoho-oauthtoken {token}\r\n");
    let reads = |client: &Client| client.send("GET", &format!("/api/v3{path}"), &header, b"").unwrap().0;
    for client in [&a, &b, &c] {
        soon("a new token", || reads(client) == 200);
    }
    let revoked = b.send("POST", "/oauth/v2/token/revoke", form, format!("token={token}").as_bytes());
    assert_eq!(revoked.unwrap().0, 200);
    for client in [&b, &a, &c] {
        soon("a revoked token", || reads(client) == 401);
    }

    // Jobs: one backup for all three, one resumption of a request on hold.
    let list = a.ok("GET", "/statuses", "");
    let named = |name: &str| {
        list["statuses"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let soon_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() + 1_500;
    let hold = format!(
        "{{\"request\": {{\"status\": {{\"id\": \"{}\"}}, \"onhold_scheduler\": {{\"scheduled_time\": {{\"value\": \"{soon_ms}\"}}, \
         \"change_to_status\": {{\"id\": \"{status}\"}}, \"comments\": \"parts\"}}}}}}",
        named("On Hold")
    );
    a.ok("PUT", &path, &hold);
    soon("a request on hold goes on", || b.ok("GET", &path, "")["request"]["status"]["name"] == "Fresh");
    thread::sleep(Duration::from_millis(500));
    let history = c.ok("GET", &format!("{path}/_history"), "");
    let resumed =
        history["history"].as_array().unwrap().iter().filter(|row| row["operation"] == "RESUME").count();
    assert_eq!(resumed, 1, "{history}");
    let shelf = std::fs::read_dir(home.dir.join("shelf")).unwrap();
    let archives: Vec<_> = shelf.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(archives.len(), 1, "{archives:?}");
    desks.into_iter().for_each(|desk| {
        desk.stop();
    });
}

/// Writers through the proxy, and what is done to those behind it meanwhile.
fn under_load<T>(home: &Home, port: u16, name: &str, meanwhile: impl FnOnce() -> T) -> (Vec<Account>, T) {
    let client = Client { address: format!("127.0.0.1:{port}"), key: home.key().to_owned() };
    let clients: Vec<Client> = vec![client; 5];
    let happyfox = home.happyfox();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers = scope.spawn(|| load::run(&clients, &happyfox, name, 3, &stop, true));
        thread::sleep(Duration::from_millis(500));
        let done = meanwhile();
        thread::sleep(Duration::from_millis(500));
        stop.store(true, Ordering::Relaxed);
        (writers.join().unwrap(), done)
    })
}

fn addresses(desks: &[Desk]) -> Vec<String> {
    desks.iter().map(Desk::address).collect()
}

/// All that was acknowledged is there, whoever is asked.
fn check(home: &Home, desks: &[Desk], accounts: &[Account]) {
    let acknowledged: usize = accounts.iter().map(Account::acknowledged).sum();
    assert!(acknowledged > 50, "only {acknowledged} writes were acknowledged");
    for (account, desk) in accounts.iter().zip(desks.iter().cycle()) {
        load::check(account, &home.client(desk), &home.happyfox());
    }
    let told = home.done(&["verify"]);
    assert!(told.starts_with("All is well"), "{told}");
}

#[test]
fn a_process_that_is_killed_in_mid_load_takes_nothing_with_it() {
    let Some(home) = Home::new(Engine::Postgres) else { return };
    let mut desks = three(&home, &[]);
    let Some(proxy) = Proxy::start(&home.dir, &addresses(&desks)) else { return };
    let (accounts, ()) = under_load(&home, proxy.port, "k", || {
        let mut killed = desks.remove(1);
        killed.signal("KILL");
        killed.wait();
        thread::sleep(Duration::from_millis(1500));
    });
    desks.push(home.serve(&[]));
    check(&home, &desks, &accounts);
}

#[test]
fn postgres_may_crash_restart_and_fail_over_under_load() {
    let Some(primary) = Cluster::start() else { return };
    let replica = primary.replica();
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port, replica.port
    );
    let home = Home::on(Some(url), None);
    let desks = three(&home, &[]);
    let Some(proxy) = Proxy::start(&home.dir, &addresses(&desks)) else { return };
    let (mut accounts, ()) = under_load(&home, proxy.port, "r", || {
        primary.crash();
        thread::sleep(Duration::from_millis(700));
        for desk in &desks {
            // Away, and said so: neither hanging nor dead.
            assert!(desk.get("/readyz").starts_with("HTTP/1.1 503"), "ready without a database");
            assert!(desk.get("/healthz").starts_with("HTTP/1.1 200"));
        }
        primary.run_server();
        for desk in &desks {
            soon("a desk after the restart", || desk.get("/readyz").starts_with("HTTP/1.1 200"));
        }
    });
    let (more, ()) = under_load(&home, proxy.port, "f", || {
        primary.crash();
        replica.promote();
        for desk in &desks {
            soon("a desk after the failover", || desk.get("/readyz").starts_with("HTTP/1.1 200"));
        }
    });
    accounts.extend(more);
    check(&home, &desks, &accounts);
    let made = home.client(&desks[0]).ok("POST", "/requests", "{\"request\": {\"subject\": \"goes on\"}}");
    assert!(made["request"]["id"].is_string());
}
