//! Known attacks by HTML, tried on a real browser: many raw ones do their work (which proves the trial), cleaned ones do nothing.
//!
//! `attacks.txt` holds one on a line (one goes over several); `PWN` stands for a statement that says which attack ran.

use std::collections::BTreeSet;
use std::process::Command;

const ATTACKS: &str = include_str!("attacks.txt");

/// The attacks; each says its number.
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
    let says = |(n, attack): (usize, String)| attack.replace("PWN", &format!("top.postMessage({n},'*')"));
    all.into_iter().enumerate().map(says).collect()
}

/// A page with a document of its own for each text, so that what one leaves open hides nothing of another. When all are there
/// everything in them is clicked, pointed at and focused, and then sent; what ran anything is noted in the page.
const PAGE: &str = "<!doctype html><html><body><script>
const ran = new Set();
addEventListener('message', e => { ran.add(e.data); document.documentElement.className = [...ran].join(' '); });
const frames = TEXTS.map(text => {
  const frame = document.createElement('iframe');
  frame.srcdoc = '<!doctype html><html><body><div>' + text + '</div></body></html>';
  document.body.append(frame);
  return frame;
});
function each(act) {
  for (const frame of frames) {
    let all = [];
    try { all = frame.contentDocument.querySelectorAll('*') } catch {}
    for (const element of all) { try { act(element) } catch {} }
  }
}
function mouse(element, name) { element.dispatchEvent(new MouseEvent(name, { bubbles: true, cancelable: true })); }
addEventListener('load', () => {
  setTimeout(() => {
    each(element => ['mouseover', 'mousedown', 'click'].forEach(name => mouse(element, name)));
    each(element => element.focus());
    each(element => element.close());
  }, 500);
  setTimeout(() => each(element => element.requestSubmit()), 1000);
});
</script></body></html>";

/// Which of these texts run anything of theirs in a browser that shows them. `None` where there is no browser.
fn runs(texts: &[String]) -> Option<BTreeSet<usize>> {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(testkit::program);
    if !testkit::is_here(browser.is_some(), "chromium") {
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.html");
    // Nothing in a text may end the script that it is in.
    let texts = serde_json::to_string(texts).unwrap().replace('<', "\\u003c");
    std::fs::write(&path, PAGE.replace("TEXTS", &texts)).unwrap();
    let output = Command::new(browser?)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let (_, root) = dom
        .split_once("<html")
        .unwrap_or_else(|| panic!("the browser showed nothing: {}", String::from_utf8_lossy(&output.stderr)));
    let (root, _) = root.split_once('>').unwrap();
    let said = root.split_once("class=\"").map_or("", |(_, said)| said.trim_end_matches('"'));
    Some(said.split_whitespace().map(|n| n.parse().unwrap()).collect())
}

#[test]
fn known_attacks_do_nothing_once_they_are_stored_or_shown() {
    let attacks = attacks();
    assert!(attacks.len() > 70, "{}", attacks.len());
    for attack in &attacks {
        let stored = desk::html::stored(attack);
        assert_ne!(&stored, attack, "taken for harmless");
        assert_eq!(desk::html::shown(&stored), stored, "{attack} is not clean at once");
        assert!(!stored.to_lowercase().contains("<script"), "{attack}: {stored}");
    }
    let Some(raw) = runs(&attacks) else { return };
    // Each browser has its own: with Chromium 156 it is 61 of 79. One of each way must do its work.
    assert!(raw.len() > 40, "the trial proves little: of the raw attacks only {raw:?} run");
    for way in [
        "<script>",
        "<img src=x onerror",
        "<iframe srcdoc",
        "<input autofocus",
        "<a href=\"java",
        "<form action",
    ] {
        let runs = attacks.iter().zip(0..).any(|(attack, n)| attack.starts_with(way) && raw.contains(&n));
        assert!(runs, "the trial proves nothing of {way}");
    }
    // As they are stored, and as is shown what was stored before such were cleaned.
    let stored = attacks.iter().map(|attack| desk::html::stored(attack).into_owned());
    let clean: Vec<String> = stored.chain(attacks.iter().map(|attack| desk::html::shown(attack))).collect();
    let ran: Vec<&str> = runs(&clean).unwrap().into_iter().map(|n| attacks[n].as_str()).collect();
    assert!(ran.is_empty(), "cleaned, and run all the same: {ran:#?}");
}
