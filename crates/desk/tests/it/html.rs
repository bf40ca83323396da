//! Known attacks by HTML, tried on a real browser: raw ones do their work (which proves the trial), cleaned ones do nothing.
//!
//! `attacks.txt` holds one on a line (one goes over several); `PWN` stands for a statement that marks the page.

use std::io::Write;
use std::process::Command;

const ATTACKS: &str = include_str!("attacks.txt");
const MARK: &str = "(document.documentElement.className+='pwned')";

fn attacks() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in ATTACKS.lines() {
        match all.last_mut() {
            // A tag that is not closed goes on in the next line.
            Some(last) if last.starts_with("<img src=x\n") && !last.contains("PWN") || line == "onerror" => {
                if let Some(last) = all.last_mut() {
                    last.push('\n');
                    last.push_str(line);
                }
            }
            _ => all.push(line.to_owned()),
        }
    }
    all.into_iter().map(|attack| attack.replace("PWN", MARK)).collect()
}

/// Whether a browser that shows these texts, and clicks what can be clicked, runs anything of theirs. `None` where there is
/// no browser.
fn runs(texts: &[String]) -> Option<bool> {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(testkit::program);
    if !testkit::is_here(browser.is_some(), "chromium") {
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.html");
    let mut page = std::fs::File::create(&path).unwrap();
    write!(page, "<!doctype html><html><body>").unwrap();
    for text in texts {
        writeln!(page, "<div>{text}</div>").unwrap();
    }
    write!(page, "</body></html><script>for (const a of document.querySelectorAll('#auto')) {{ try {{ a.click() }} catch {{}} }}</script>").unwrap();
    drop(page);
    let output = Command::new(browser?)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("<html"), "the browser showed nothing: {}", String::from_utf8_lossy(&output.stderr));
    let head = dom.split("<body").next().unwrap_or_default();
    Some(head.contains("pwned"))
}

#[test]
fn known_attacks_do_nothing_once_they_are_stored() {
    let attacks = attacks();
    assert!(attacks.len() > 70, "{}", attacks.len());
    for attack in &attacks {
        let stored = desk::html::stored(attack);
        assert_ne!(&stored, attack, "taken for harmless");
        assert_eq!(desk::html::shown(&stored), stored, "{attack} is not clean at once");
        assert!(!stored.to_lowercase().contains("<script"), "{attack}: {stored}");
    }
    let stored: Vec<String> = attacks.iter().map(|attack| desk::html::stored(attack).into_owned()).collect();
    let Some(raw) = runs(&[attacks[6].clone()]) else { return };
    assert!(raw, "the trial proves nothing: a raw attack does not run");
    assert_eq!(runs(&stored), Some(false), "something stored runs");
}
