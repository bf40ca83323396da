//! `ARCHITECTURE.md` and the workspace tell of the same rooms, and imports run downwards only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::de::DeTable;

/// The text between a heading and the next.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, after) = page.split_once(&format!("\n## {heading}\n")).expect("the heading is there");
    after.split("\n## ").next().unwrap_or(after)
}

/// Which rooms each room may import, itself left out: what the arrows lead to.
fn allowed(section: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("    ") && line.contains('→')) {
        let rooms: Vec<&str> = line.split('→').map(str::trim).collect();
        for pair in rooms.windows(2) {
            arrows.entry(pair[0].to_owned()).or_default().insert(pair[1].to_owned());
            arrows.entry(pair[1].to_owned()).or_default();
        }
    }
    loop {
        let before = arrows.clone();
        for below in arrows.values_mut() {
            let further: Vec<String> =
                below.iter().filter_map(|b| before.get(b)).flatten().cloned().collect();
            below.extend(further);
        }
        if arrows == before {
            return arrows;
        }
    }
}

#[test]
fn architecture_and_workspace_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let rooms = section(&page, "Rooms");
    let told: BTreeSet<String> = rooms
        .lines()
        .filter_map(|line| line.strip_prefix("- **")?.split_once("**").map(|(name, _)| name.to_owned()))
        .collect();
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("crates")).unwrap() {
        there.insert(entry.unwrap().file_name().into_string().unwrap());
    }
    assert_eq!(told, there);

    let allowed = allowed(rooms);
    assert!(allowed["frontdesk"].contains("model") && !allowed["store"].contains("desk"), "{allowed:?}");
    for room in &there {
        let manifest = std::fs::read_to_string(root.join("crates").join(room).join("Cargo.toml")).unwrap();
        let manifest = DeTable::parse(&manifest).unwrap();
        let imports = manifest.get_ref().get("dependencies").and_then(|it| it.get_ref().as_table());
        for import in
            imports.into_iter().flat_map(|table| table.keys()).map(|name| name.get_ref().to_string())
        {
            if !there.contains(&import) {
                continue;
            }
            match allowed.get(room) {
                Some(below) => assert!(below.contains(&import), "{room} must not import {import}"),
                // Rooms for development stand above all others.
                None => assert!(["testkit", "bench"].contains(&room.as_str()), "{room} has no arrow"),
            }
        }
    }
}
