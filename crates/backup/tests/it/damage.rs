//! Archives that are cut off, bent or made to harm.

use crate::{archive_of, fill, place, refused};
use backup::{check_archive, check_sums, restore};
use std::io::Write;
use std::path::Path;
use testkit::{App, Engine};

/// Refused by every way of reading it, and no desk comes of it.
async fn is_refused(archive: &Path, dir: &Path, what: &str) {
    refused(check_sums(archive).await);
    refused(check_archive(archive, dir).await);
    let target = place(&dir.join("target"), None);
    refused(restore(archive, &target).await);
    assert!(!target.data_dir.join("frontdesk.db").exists(), "{what} became a desk");
}

#[tokio::test]
async fn a_damaged_archive_is_refused_and_leaves_no_desk() {
    let app = App::start(Engine::Sqlite).await.unwrap();
    fill(&app).await;
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good.tar.gz");
    archive_of(&app, &good).await;
    let bytes = std::fs::read(&good).unwrap();
    let bad = dir.path().join("bad.tar.gz");
    for share in [1, 10, 30, 50, 70, 90, 99] {
        let at = bytes.len() * share / 100;
        std::fs::write(&bad, &bytes[..at]).unwrap();
        is_refused(&bad, dir.path(), &format!("the first {at} bytes")).await;
        let mut bent = bytes.clone();
        bent[at] ^= 0x10;
        std::fs::write(&bad, bent).unwrap();
        is_refused(&bad, dir.path(), &format!("byte {at} changed")).await;
    }
    std::fs::write(&bad, b"").unwrap();
    is_refused(&bad, dir.path(), "nothing").await;
    std::fs::write(&bad, b"SQLite format 3\0").unwrap();
    is_refused(&bad, dir.path(), "another file").await;
    // What a refused restore leaves is no desk and no hindrance.
    let target = place(&dir.path().join("target"), None);
    assert!(target.is_half_restored());
    restore(&good, &target).await.unwrap();
    assert!(!target.is_half_restored());
}

/// A tar file of entries of our own, compressed.
fn archive(path: &Path, entries: &[(&str, tar::EntryType, Vec<u8>)]) {
    let gz = flate2::write::GzEncoder::new(std::fs::File::create(path).unwrap(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gz);
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_entry_type(*kind);
        header.set_mode(0o600);
        // The builder would refuse names that leave the folder; an attacker's would not.
        let field = &mut header.as_old_mut().name;
        field.fill(0);
        field[..name.len()].copy_from_slice(name.as_bytes());
        if *kind == tar::EntryType::Symlink {
            header.set_link_name("/etc").unwrap();
        }
        header.set_cksum();
        tar.append(&header, bytes.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap().flush().unwrap();
}

#[tokio::test]
async fn names_in_an_archive_lead_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("evil.tar.gz");
    let head = serde_json::json!({"format": 1, "program": "x", "engine": "sqlite", "created": 0, "steps": [], "tables": {}});
    let head = |format: u32| {
        let mut head = head.clone();
        head["format"] = format.into();
        head.to_string().into_bytes()
    };
    let regular = tar::EntryType::Regular;
    for (name, kind) in [
        ("files/../../escaped", regular),
        ("files//tmp/escaped", regular),
        ("/files/escaped", regular),
        ("../escaped", regular),
        ("files/12/34/name.txt", regular),
        ("files/12", tar::EntryType::Symlink),
        ("tables/request/1.ndjson", regular),
        ("tables/\"; DROP TABLE x; --/1.ndjson", regular),
        ("something", regular),
    ] {
        let content = if kind == regular { b"[1]\n".to_vec() } else { Vec::new() };
        archive(&path, &[("desk.json", regular, head(1)), (name, kind, content)]);
        is_refused(&path, dir.path(), name).await;
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{name}: {left:?}");
    }
    archive(&path, &[("desk.json", regular, head(2))]);
    assert!(refused(check_sums(&path).await).contains("format"));
    let newer = serde_json::json!({"format": 1, "program": "Frontdesk 9", "engine": "sqlite", "created": 0, "steps": [99_000], "tables": {}});
    archive(&path, &[("desk.json", regular, newer.to_string().into_bytes())]);
    assert!(refused(check_sums(&path).await).contains("newer program"));
}
