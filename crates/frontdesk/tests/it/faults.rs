//! Faults below the desk: no room, no right to write, damaged files. What cannot be done is refused, what was acknowledged
//! stays, nothing wrong is answered, and when the fault is over the desk goes on by itself.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use store::engine::{Cost, Db, Query, SqliteOptions};
use testkit::Engine;

use crate::answers::Answers;
use crate::binary::{Desk, frontdesk, refusal, scratch};
use crate::home::{Client, Home, wait};
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

const PAGE: usize = 4096;

/// Where the page of this number is in the file; the first is 1.
fn place(number: i64) -> std::ops::Range<usize> {
    let end = usize::try_from(number).unwrap() * PAGE;
    end - PAGE..end
}

fn page(bytes: &[u8], number: i64) -> &[u8] {
    &bytes[place(number)]
}

fn rubbish(seed: i64) -> Vec<u8> {
    let mut dice = Dice(seed.unsigned_abs());
    (0..PAGE).map(|_| u8::try_from(dice.below(256)).unwrap()).collect()
}

/// The pages of a table or an index that are of one kind. Those where long rows have their rest are `overflow`.
fn pages_of(home: &Home, tree: &str, kind: &str) -> Vec<i64> {
    let named = format!("name = '{tree}' AND pagetype = '{kind}'");
    let pages = pages_where(home, &named);
    assert!(pages.len() > 3, "{named}: {pages:?}");
    pages
}

fn pages_where(home: &Home, condition: &str) -> Vec<i64> {
    wait(async {
        let path = home.dir.join("frontdesk-data/frontdesk.db");
        let db = Db::open_sqlite(&path, SqliteOptions::default()).await.unwrap();
        let sql = format!("SELECT pageno FROM dbstat WHERE {condition} ORDER BY name, path");
        let query = Query { sql: sql.into(), binds: Vec::new(), cost: Cost::Scan };
        let rows = db.read(query).await.unwrap();
        db.close().await;
        rows.iter().map(|row| row[0].as_int().unwrap()).collect()
    })
}

/// Puts a file in the database's place; what a killed server left beside it belongs to another.
fn put(file: &Path, bytes: &[u8]) {
    for beside in ["-wal", "-shm"] {
        let _not_there = std::fs::remove_file(format!("{}{beside}", file.display()));
    }
    std::fs::write(file, bytes).unwrap();
}

/// Rubbish in place of pages of tables and indexes. What is answered is right or is an error, whatever is asked: records, what is below
/// them, lists, counts, words. The server lives on, and a check tells.
///
/// It does not go for what SQLite cannot tell from what it wrote: see below.
#[test]
fn a_damaged_file_is_noticed_and_nothing_wrong_is_served() {
    let home = Home::new(Engine::Sqlite).unwrap();
    home.done(&["demo", "300"]);
    let file = home.dir.join("frontdesk-data/frontdesk.db");
    let desk = home.serve(&[]);
    let right = Answers::of(&home.client(&desk));
    desk.stop();
    let sound = std::fs::read(&file).unwrap();
    // A leaf of what is asked about, and some of whatever else; several at once at last.
    let trees = [
        "request",
        "history",
        "asset",
        "ix_request_created_time",
        "ix_request_subject",
        "search_request_data",
    ];
    let of_trees =
        trees.map(|tree| pages_of(&home, tree, "leaf")).map(|leaves| vec![leaves[leaves.len() / 2]]);
    let all = pages_where(&home, "pageno > 1 AND pagetype <> 'overflow'");
    let mut dice = Dice(1);
    let mut any = || all[usize::try_from(dice.below(all.len() as u64)).unwrap()];
    let others = [1, 1, 1, 1, 4].map(|count| (0..count).map(|_| any()).collect());
    let (mut served, mut failed) = (0, 0);
    for numbers in of_trees.into_iter().chain(others) {
        let mut bytes = sound.clone();
        for number in &numbers {
            bytes[place(*number)].copy_from_slice(&rubbish(*number));
        }
        put(&file, &bytes);
        let told = home.run(&["verify"]);
        assert_eq!(told.status.code(), Some(1), "pages {numbers:?}: the damage is not noticed: {told:?}");
        // It starts, or says why not. Which pages a start needs depends on how the tables lie in the file.
        let desk = match home.try_to_serve() {
            Ok(desk) => desk,
            Err((code, said)) => {
                assert_eq!(code, Some(1), "pages {numbers:?}: {said}");
                assert!(said.contains("damaged") && !said.contains("panicked"), "pages {numbers:?}: {said}");
                continue;
            }
        };
        failed += right.compare(&home.client(&desk), &format!("pages {numbers:?}")).1;
        served += 1;
        assert!(desk.get("/healthz").starts_with("HTTP/1.1 200"));
        assert!(!home.logs().contains("panicked"), "{}", home.logs());
    }
    assert!(served >= 6 && failed > 60, "{served} damaged desks were served, {failed} answers failed");
}

/// SQLite keeps no checksums. A page that is another page of the same table or index, as a disk has it that wrote elsewhere or lost a
/// write, and the rest of a long row, which no page's form tells about, are taken for what they seem: answers can be wrong, and
/// nothing says so. `frontdesk verify` does, for it compares rows, indexes, texts and words with each other.
#[test]
fn pages_that_seem_right_and_are_not_are_found_by_verify() {
    let home = Home::new(Engine::Sqlite).unwrap();
    home.done(&["demo", "300"]);
    let desk = home.serve(&[]);
    let text = (0..2_000).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
    for n in 0..3 {
        let body = format!("{{\"request\": {{\"subject\": \"long {n}\", \"description\": \"{text}\"}}}}");
        home.client(&desk).ok("POST", "/requests", &body);
    }
    desk.stop();
    let file = home.dir.join("frontdesk-data/frontdesk.db");
    let sound = std::fs::read(&file).unwrap();
    let trees =
        ["request", "history", "ix_request_subject", "ix_request_created_time", "search_request_data"];
    let another = trees.map(|tree| pages_of(&home, tree, "leaf")).map(|leaves| {
        let (from, to) = (leaves[leaves.len() / 3], leaves[leaves.len() / 2]);
        (to, page(&sound, from).to_owned())
    });
    let long = pages_of(&home, "request", "overflow");
    let rest = [long[0], long[long.len() - 1]].map(|number| (number, rubbish(number)));
    for (number, with) in another.into_iter().chain(rest) {
        let mut bytes = sound.clone();
        bytes[place(number)].copy_from_slice(&with);
        put(&file, &bytes);
        let told = home.run(&["verify"]);
        assert_eq!(told.status.code(), Some(1), "page {number}: {told:?}");
    }
    put(&file, &sound);
    assert!(home.done(&["verify"]).starts_with("All is well"));
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
