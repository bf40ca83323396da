//! Backups by the real binary: beside a server under load, killed in the middle, as the settings say.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use testkit::{Database, Engine};

use crate::binary::{refusal, scratch};
use crate::home::{Client, Home, wait};
use crate::load;

fn files_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// While eight writers write: the archive holds all that was acknowledged before it began, and it fits together. What
/// comes of it is served and goes on.
fn under_load(engine: Engine, restored_on: Engine) {
    let Some(home) = Home::new(engine) else { return };
    let happyfox = home.happyfox();
    let desk = home.serve(&[]);
    let clients: Vec<Client> = vec![home.client(&desk); 8];
    let run = |name: &str, stop: &AtomicBool| load::run(&clients, &happyfox, name, 1, stop, false);
    let stop = AtomicBool::new(false);
    let before = thread::scope(|scope| {
        let before = scope.spawn(|| run("before", &stop));
        thread::sleep(Duration::from_millis(600));
        stop.store(true, Ordering::Relaxed);
        before.join().unwrap()
    });
    let stop = AtomicBool::new(false);
    let meanwhile = thread::scope(|scope| {
        let meanwhile = scope.spawn(|| run("meanwhile", &stop));
        for n in ["one", "two", "three"] {
            home.done(&["backup", "--output", &format!("{n}.tar.gz")]);
        }
        stop.store(true, Ordering::Relaxed);
        meanwhile.join().unwrap()
    });
    assert!(meanwhile.iter().map(load::Account::acknowledged).sum::<usize>() > 20, "nobody wrote meanwhile");
    desk.stop();
    for n in ["one", "two", "three"] {
        let told = home.done(&["verify", &format!("{n}.tar.gz")]);
        assert!(told.contains("All is well"), "{told}");
    }
    let database = match restored_on {
        Engine::Postgres => match wait(Database::empty()) {
            Some(database) => Some(database),
            None => return,
        },
        Engine::Sqlite => None,
    };
    let url = database.as_ref().map(|database| database.url.clone());
    let copy = Home { dir: scratch(), url, database, secrets: home.secrets.clone() };
    let archive = home.dir.join("two.tar.gz");
    copy.done(&["restore", archive.to_str().unwrap()]);
    let desk = copy.serve(&[]);
    let client = copy.client(&desk);
    for account in &before {
        load::check(account, &client, &happyfox);
    }
    client.ok("POST", "/requests", "{\"request\": {\"subject\": \"goes on\"}}");
    assert!(copy.done(&["verify"]).starts_with("All is well"));
    desk.stop();
}

#[test]
fn an_archive_made_under_load_fits_together_on_sqlite() {
    under_load(Engine::Sqlite, Engine::Postgres);
}

#[test]
fn an_archive_made_under_load_fits_together_on_postgres() {
    under_load(Engine::Postgres, Engine::Sqlite);
}

/// Kills a command of ours after a while; false when it was done by then.
fn killed(home: &Home, arguments: &[&str], after: Duration) -> bool {
    let mut child = home.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(after);
    let is_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    is_running
}

fn killed_in_the_middle(engine: Engine) {
    let Some(home) = Home::new(engine) else { return };
    home.done(&["demo", "1500"]);
    let shelf = home.dir.join("frontdesk-data/backups");
    let mut kills = 0;
    for n in 0..6 {
        kills +=
            u32::from(killed(&home, &["backup", "--mib-per-s", "4"], Duration::from_millis(80 + 90 * n)));
        assert!(
            !files_in(&shelf).iter().any(|name| name.ends_with(".gz")),
            "half an archive has the name of one"
        );
    }
    assert!(kills > 1, "the backup is over too soon to be killed");
    home.done(&["backup", "--mib-per-s", "0"]);
    let left = files_in(&shelf);
    assert_eq!(left.len(), 1, "what was killed stays behind: {left:?}");
    let archive = shelf.join(&left[0]);
    let archive = archive.to_str().unwrap();

    // The restore: into a new place, killed, refused as a desk, begun again.
    let database = home.database.as_ref().map(|_| wait(Database::empty()).unwrap());
    let url = database.as_ref().map(|database| database.url.clone());
    let copy = Home { dir: scratch(), url, database, secrets: home.secrets.clone() };
    let mut kills = 0;
    for n in 1..5 {
        let was_running = killed(&copy, &["restore", archive], Duration::from_millis(200 * n));
        // Killed before it had begun, it has left an empty place, and an empty place may be served.
        if was_running && copy.dir.join("frontdesk-data/restoring").exists() {
            kills += 1;
            let served = refusal(&copy.run(&["serve", "--listen", "127.0.0.1:0"]), 1);
            assert!(served.contains("restore"), "{served}");
            assert!(!copy.dir.join("frontdesk-data/frontdesk.db").exists());
        }
    }
    assert!(kills > 0, "the restore is over too soon to be killed");
    copy.done(&["restore", archive]);
    assert!(copy.done(&["verify"]).starts_with("All is well"));
    assert_eq!(files_in(&copy.dir.join("frontdesk-data")).iter().filter(|n| *n == "restoring").count(), 0);
    let again = refusal(&copy.run(&["restore", archive]), 2);
    assert!(again.contains("empty"), "{again}");
}

#[test]
fn a_backup_or_restore_that_is_killed_leaves_nothing_on_sqlite() {
    killed_in_the_middle(Engine::Sqlite);
}

#[test]
fn a_backup_or_restore_that_is_killed_leaves_nothing_on_postgres() {
    killed_in_the_middle(Engine::Postgres);
}

/// A scheduled backup comes at once where there has been none; old ones go.
#[test]
fn a_server_writes_backups_by_itself() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let shelf: PathBuf = home.dir.join("shelf");
    std::fs::create_dir(&shelf).unwrap();
    for day in 1..4 {
        std::fs::write(shelf.join(format!("frontdesk-2026010{day}T000000Z.tar.gz")), "old").unwrap();
    }
    let desk = home.serve(&["--backup-every-h", "24", "--backup-dir", "shelf", "--backup-keep", "2"]);
    let begun = Instant::now();
    while !desk.get("/metrics").contains("frontdesk_backups_written_total 1") || files_in(&shelf).len() > 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", files_in(&shelf));
        thread::sleep(Duration::from_millis(50));
    }
    desk.stop();
    let left = files_in(&shelf);
    assert_eq!(left[0], "frontdesk-20260103T000000Z.tar.gz");
    home.done(&["verify", &format!("shelf/{}", left[1])]);
    // It was done today.
    let desk = home.serve(&["--backup-every-h", "24", "--backup-dir", "shelf", "--backup-keep", "2"]);
    thread::sleep(Duration::from_millis(300));
    desk.stop();
    assert_eq!(files_in(&shelf), left);
}
