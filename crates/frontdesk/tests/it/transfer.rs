//! Files of records by the real binary: exit codes, and an import that is killed again and again.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use crate::binary::{Desk, frontdesk, output, refusal, scratch};

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A desk with two products.
fn desk() -> std::path::PathBuf {
    let dir = scratch();
    assert!(output(&dir, &["init", "--json"]).status.success());
    std::fs::write(dir.join("products.csv"), "name,product_type\nThinkPad,Workstation\nCatalyst,Switch\n")
        .expect("written");
    let done = output(&dir, &["import", "products", "products.csv"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(stdout(&done), "2 created, 0 updated, 0 unchanged, 0 refused\n");
    dir
}

#[test]
fn what_cannot_be_asked_is_one_line_and_exit_code_2() {
    let dir = scratch();
    std::fs::write(dir.join("a.csv"), "name,colour\nA,red\n").expect("written");
    let line = refusal(&output(&dir, &["import", "assets", "a.csv"]), 2);
    assert!(line.contains("there is no desk yet"), "{line}");
    assert!(output(&dir, &["init", "--json"]).status.success());
    for (arguments, words) in [
        (vec!["import", "assets", "none.csv"], "cannot read none.csv: No such file"),
        (vec!["import", "gadgets", "a.csv"], "there is no module gadgets"),
        (vec!["import", "assets", "a.csv"], "unknown column colour: assets have no such field"),
        (vec!["import", "assets", "a.csv", "--map", "none.toml"], "cannot read the mapping none.toml"),
        (vec!["import", "assets", "a.csv", "--format", "xml"], "unknown format xml"),
        (
            vec!["import", "assets", "a.csv", "--as", "nobody@example.com"],
            "there is no user nobody@example.com",
        ),
        (vec!["import", "cis", "a.csv"], "CIs are imported by type; --type names it"),
        (vec!["import", "cis", "a.csv", "--type", "ci_x"], "there is no type of CI ci_x"),
        (vec!["export", "gadgets"], "there is no module gadgets"),
        (vec!["export", "assets", "--criteria", "[{"], "the criteria are not JSON"),
        (
            vec![
                "export",
                "assets",
                "--criteria",
                "[{\"field\":\"x\",\"condition\":\"is\",\"value\":\"1\"}]",
            ],
            "the criteria are refused: Cannot search by x",
        ),
        (vec!["export", "assets", "--fields", "name,x"], "assets have no field x"),
    ] {
        let line = refusal(&output(&dir, &arguments), 2);
        assert!(line.contains(words), "{arguments:?}: {line}");
    }
    let served = Desk::serve(&dir, &[]);
    let line = refusal(&output(&dir, &["import", "users", "a.csv"]), 1);
    assert!(line.contains("frontdesk.db"), "{line}");
    drop(served);
}

#[test]
fn refused_rows_make_it_exit_code_1_and_are_told() {
    let dir = desk();
    let rows = "name,product,state\nA,ThinkPad,In Store\nB,Nothing,In Store\nC,ThinkPad\n";
    std::fs::write(dir.join("assets.csv"), rows).expect("written");
    let dry = output(&dir, &["import", "assets", "assets.csv", "--dry-run"]);
    assert!(
        stdout(&dry)
            .ends_with("A dry run, nothing was written. 1 created, 0 updated, 0 unchanged, 2 refused\n")
    );
    let done = output(&dir, &["import", "assets", "assets.csv", "--report", "report.csv"]);
    assert_eq!(refusal(&done, 1), "frontdesk: 2 rows were refused");
    assert!(stdout(&done).ends_with("1 created, 0 updated, 0 unchanged, 2 refused\n"), "{done:?}");
    let report = std::fs::read_to_string(dir.join("report.csv")).expect("a report");
    assert!(report.starts_with("row,line,field,reason\n2,3,product,"), "{report}");
    let out = output(&dir, &["export", "assets", "--fields", "name,product,state"]);
    assert_eq!(stdout(&out), "name,product,state\nA,ThinkPad,In Store\n");
}

#[test]
fn an_import_that_is_killed_and_run_again_leaves_exactly_the_rows_of_the_file() {
    const ROWS: usize = 8_000;
    let dir = desk();
    let mut text = "name,product,state,serial_number\n".to_owned();
    for n in 0..ROWS {
        text.push_str(&format!("Asset {n},ThinkPad,In Store,S{n}\n"));
    }
    std::fs::write(dir.join("assets.csv"), text).expect("written");
    let mut kills = 0;
    for round in 0..6 {
        let mut command = frontdesk(&dir);
        command.args(["import", "assets", "assets.csv"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("started");
        std::thread::sleep(Duration::from_millis(500 + 90 * round));
        if child.try_wait().expect("asked").is_some() {
            break;
        }
        // SIGKILL.
        child.kill().expect("killed");
        child.wait().expect("gone");
        kills += 1;
    }
    let done = output(&dir, &["import", "assets", "assets.csv"]);
    let words = stdout(&done);
    // Where the last of the others came to its end, this one is a new import, whose rows are all there.
    if kills == 6 {
        assert_eq!(done.status.code(), Some(0), "{words}");
        assert!(words.ends_with(&format!("{ROWS} created, 0 updated, 0 unchanged, 0 refused\n")), "{words}");
    }
    let out = stdout(&output(&dir, &["export", "assets", "--fields", "name"]));
    let names: Vec<&str> = out.lines().skip(1).collect();
    let different: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!((names.len(), different.len()), (ROWS, ROWS), "after {kills} kills: {words}");
    let cis = stdout(&output(&dir, &["export", "cis", "--type", "ci_workstation", "--fields", "name"]));
    assert_eq!(cis.lines().count(), ROWS + 1);
    assert!(kills > 0, "it was never killed in the middle");
}
