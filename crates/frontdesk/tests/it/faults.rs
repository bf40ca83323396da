//! Faults below the desk: no room, no right to write, damaged files. What cannot be done is refused, what was acknowledged
//! stays, nothing wrong is answered, and when the fault is over the desk goes on by itself.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use testkit::Engine;

use crate::binary::{Desk, frontdesk, refusal, scratch};
use crate::home::{Client, Home};
use crate::load::{self, Dice};

/// Writes for a while, whatever is answered.
pub fn load_for(home: &Home, desk: &Desk, name: &str, ms: u64) -> Vec<load::Account> {
    let clients: Vec<Client> = vec![home.client(desk); 6];
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let writers = scope.spawn(|| load::run(&clients, &home.happyfox(), name, 7, &stop, true));
        thread::sleep(Duration::from_millis(ms));
        stop.store(true, Ordering::Relaxed);
        writers.join().unwrap()
    })
}

/// Serves with no file allowed to grow beyond so many kilobytes.
fn serve_with_limit(home: &Home, kilobytes: u64) -> Desk {
    // Without the trap the limit would end the process; with it a write fails, as on a disk that is full.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kilobytes * 2);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script);
    home.serve_below(shell)
}

/// Refused with 503 while there is no room; read all the same.
fn full(client: &Client, id: &str) {
    let text = "x".repeat(60_000);
    let body = format!("{{\"request\": {{\"subject\": \"too much\", \"description\": \"{text}\"}}}}");
    let mut refused = false;
    for _ in 0..400 {
        let (status, json) = client.must("POST", "/requests", &body);
        if status != 201 {
            assert_eq!(status, 503, "{json}");
            assert_eq!(json["response_status"]["status"], "failed", "{json}");
            refused = true;
            break;
        }
    }
    assert!(refused, "there was room for everything");
    assert_eq!(client.must("GET", &format!("/requests/{id}"), "").0, 200, "what is there is not read");
}

#[test]
fn without_room_writes_are_refused_and_reads_go_on() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let desk = home.serve(&[]);
    let mut accounts = load_for(&home, &desk, "before", 500);
    let id = home.client(&desk).ok("POST", "/requests", "{\"request\": {\"subject\": \"kept\"}}");
    let id = id["request"]["id"].as_str().unwrap().to_owned();
    desk.stop();
    let size = std::fs::metadata(home.dir.join("frontdesk-data/frontdesk.db")).unwrap().len();
    let mut desk = serve_with_limit(&home, size / 1024 + 600);
    accounts.append(&mut load_for(&home, &desk, "meanwhile", 1500));
    full(&home.client(&desk), &id);
    assert!(desk.get("/healthz").starts_with("HTTP/1.1 200"));
    desk.signal("KILL");
    desk.wait();
    check_all(&home, &accounts);
}

/// Everything that was acknowledged is there once there is room again, and the file is sound.
pub fn check_all(home: &Home, accounts: &[load::Account]) {
    assert!(accounts.iter().map(load::Account::acknowledged).sum::<usize>() > 20);
    let desk = home.serve(&[]);
    let client = home.client(&desk);
    for account in accounts {
        load::check(account, &client, &home.happyfox());
    }
    client.ok("POST", "/requests", "{\"request\": {\"subject\": \"goes on\"}}");
    let told = home.done(&["verify"]);
    assert!(told.starts_with("All is well"), "{told}");
    desk.stop();
}

/// A file system of a few megabytes, where this test may mount one.
struct Disk(std::path::PathBuf);

impl Disk {
    fn mount(at: &Path, megabytes: u32) -> Option<Disk> {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={megabytes}m");
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        let is_mounted = done.is_ok_and(|done| done.status.success());
        testkit::is_here(is_mounted, "mount").then(|| Disk(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone_with_the_machine = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_that_has_room_again_is_written_on_without_a_restart() {
    let dir = scratch();
    let Some(disk) = Disk::mount(&dir.join("disk"), 40) else { return };
    let made = frontdesk(&dir).args(["init", "--json", "--data-dir", "disk/data"]).output().unwrap();
    let secrets: Value = serde_json::from_slice(&made.stdout).unwrap();
    let home = Home { dir: dir.clone(), url: None, database: None, secrets };
    let serve = || home.serve(&["--data-dir", "disk/data"]);
    let desk = serve();
    let client = home.client(&desk);
    let mut accounts = load_for(&home, &desk, "before", 300);
    let id = client.ok("POST", "/requests", "{\"request\": {\"subject\": \"kept\"}}");
    let id = id["request"]["id"].as_str().unwrap().to_owned();
    full(&client, &id);
    // Somebody makes the rest disappear as well, and an upload needs room of its own.
    let filler = disk.0.join("filler");
    let _full = std::fs::write(&filler, vec![0; 64 << 20]);
    accounts.append(&mut load_for(&home, &desk, "meanwhile", 700));
    assert_eq!(client.must("POST", "/requests", "{\"request\": {\"subject\": \"no room\"}}").0, 503);
    let refused = home.run(&["backup", "--data-dir", "disk/data", "--output", "disk/b.tar.gz"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(!disk.0.join("b.tar.gz").exists() && !disk.0.join("b.tar.gz.partial").exists());
    std::fs::remove_file(filler).unwrap();
    Command::new("mount").args(["-o", "remount,size=160m"]).arg(&disk.0).output().unwrap();
    client.ok("POST", "/requests", "{\"request\": {\"subject\": \"room again\"}}");
    accounts.append(&mut load_for(&home, &desk, "after", 300));
    for account in &accounts {
        load::check(account, &client, &home.happyfox());
    }
    let told = home.done(&["verify", "--data-dir", "disk/data"]);
    assert!(told.starts_with("All is well"), "{told}");
    desk.stop();
    // What may not be written is not served, and nothing is touched.
    Command::new("mount").args(["-o", "remount,ro"]).arg(&disk.0).output().unwrap();
    let served = home.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "disk/data"]);
    assert!(refusal(&served, 1).contains("Read-only file system"), "{served:?}");
}

#[test]
fn files_that_cannot_be_stored_are_refused_and_nothing_speaks_of_them() {
    let home = Home::new(Engine::Sqlite).unwrap();
    // Not even root makes a folder below a file.
    std::fs::write(home.dir.join("frontdesk-data/files"), "not a folder").unwrap();
    let desk = home.serve(&[]);
    let client = home.client(&desk);
    let made = client.ok("POST", "/requests", "{\"request\": {\"subject\": \"a file\"}}");
    let id = made["request"]["id"].as_str().unwrap();
    let body = b"--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"a\"\r\n\r\nx\r\n\
                 --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\ntrue\r\n--b--\r\n";
    let headers = format!("authtoken: {}\r\nContent-Type: multipart/form-data; boundary=b\r\n", client.key);
    let path = format!("/api/v3/requests/{id}/_uploads");
    let (status, answer) = client.send("POST", &path, &headers, body).unwrap();
    assert_eq!(status, 503, "{}", String::from_utf8_lossy(&answer));
    let shown = client.ok("GET", &format!("/requests/{id}"), "");
    assert_eq!(shown["request"]["has_attachments"], false, "{shown}");
    std::fs::remove_file(home.dir.join("frontdesk-data/files")).unwrap();
    assert!(matches!(client.send("POST", &path, &headers, body), Some((201 | 200, _))));
    assert!(home.done(&["verify"]).starts_with("All is well"));
    desk.stop();
}

/// A request without what follows from the time of day.
fn timeless(mut json: Value) -> Value {
    let mut request = json["request"].take();
    request["time_elapsed"].take();
    request
}

/// Pages of rubbish in the middle of the file. What is answered is right or is an error, the server lives on, and a check
/// tells.
#[test]
fn a_damaged_file_is_noticed_and_nothing_wrong_is_served() {
    let home = Home::new(Engine::Sqlite).unwrap();
    home.done(&["demo", "300"]);
    let file = home.dir.join("frontdesk-data/frontdesk.db");
    let sound = std::fs::read(&file).unwrap();
    let desk = home.serve(&[]);
    let listing = "/requests?input_data=%7B%22list_info%22%3A%7B%22row_count%22%3A100%2C%22sort_field%22%3A%22id%22%7D%7D";
    let list = home.client(&desk).ok("GET", listing, "");
    let ids: Vec<String> =
        list["requests"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
    let right: Vec<Value> =
        ids.iter().map(|id| timeless(home.client(&desk).ok("GET", &format!("/requests/{id}"), ""))).collect();
    desk.stop();
    let pages = sound.len() / 4096;
    let (mut noticed, mut served) = (0, 0);
    for seed in 0..8 {
        std::fs::write(&file, &sound).unwrap();
        let mut dice = Dice(seed);
        let out = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
        // One page at first, several times: which pages are needed for a start depends on how the schema lies in the file.
        for _ in 0..1 + seed.saturating_sub(3) * 4 {
            let page = 2 + dice.below(pages as u64 - 2);
            let rubbish: Vec<u8> = (0..4096).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
            out.write_all_at(&rubbish, page * 4096).unwrap();
        }
        let told = home.run(&["verify"]);
        assert_eq!(told.status.code(), Some(1), "seed {seed}: the damage is not noticed: {told:?}");
        noticed += 1;
        // It starts, or says in one line why not.
        let probe = home.run(&["credentials", "technician-key", "list"]);
        if !probe.status.success() {
            let line = refusal(&probe, 1);
            assert!(!line.contains("internal error") && !line.contains("panicked"), "seed {seed}: {line}");
            continue;
        }
        let desk = home.serve(&[]);
        let client = home.client(&desk);
        for (id, right) in ids.iter().zip(&right) {
            match client.must("GET", &format!("/requests/{id}"), "") {
                (200, json) => {
                    assert!(timeless(json) == *right, "seed {seed}: something wrong is served of {id}")
                }
                (status, json) => assert!(status == 500 || status == 503, "seed {seed}: {status} {json}"),
            }
        }
        served += 1;
        assert!(desk.get("/healthz").starts_with("HTTP/1.1 200"));
        assert!(!home.logs().contains("panicked"), "{}", home.logs());
    }
    assert!(noticed == 8 && served > 0, "{served} of {noticed}");
}

#[test]
fn a_file_that_is_cut_off_or_no_database_is_not_served() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let file = home.dir.join("frontdesk-data/frontdesk.db");
    let sound = std::fs::read(&file).unwrap();
    for bytes in [sound[..sound.len() / 2 / 4096 * 4096].to_vec(), vec![7; 8192]] {
        std::fs::write(&file, bytes).unwrap();
        for arguments in [vec!["serve", "--listen", "127.0.0.1:0"], vec!["verify"], vec!["backup"]] {
            let line = refusal(&home.run(&arguments), 1);
            assert!(line.contains("damaged") && line.contains("restore"), "{arguments:?}: {line}");
        }
    }
}

/// A byte of a text that changes on disk is well-formed: SQLite cannot know. The copy by which the text is found does.
#[test]
fn a_text_that_changed_on_disk_is_found_by_verify() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let desk = home.serve(&[]);
    home.client(&desk).ok("POST", "/requests", "{\"request\": {\"subject\": \"Zebrafish Quartz\"}}");
    desk.stop();
    let file = home.dir.join("frontdesk-data/frontdesk.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> =
        bytes.windows(9).enumerate().filter(|(_, nine)| *nine == b"Zebrafish").map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + 8] = b'k';
    }
    std::fs::write(&file, bytes).unwrap();
    let told = home.run(&["verify"]);
    assert_eq!(told.status.code(), Some(1));
    let out = String::from_utf8_lossy(&told.stdout);
    assert!(out.contains("request.subject is not the text that it is found by (1 rows, such as "), "{out}");
}
