//! Archives of whole desks, on both engines: what is in them comes back, wherever it goes; what is damaged is refused.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in a test, what does not work must stop it"
)]

mod damage;
mod round;
mod upgrade;

use backup::{BackupError, Options, Place, Written};
use serde_json::json;
use std::path::{Path, PathBuf};
use store::engine::{Db, PostgresOptions, SqliteOptions};
use testkit::{App, Database};

/// An archive of a desk.
pub(crate) async fn archive_of(app: &App, path: &Path) -> Written {
    let db = app.desk.store().db();
    backup::write(db, path, &options(app.files_dir())).await.unwrap()
}

pub(crate) fn options(files_dir: PathBuf) -> Options {
    Options { files_dir, bytes_per_second: None, now: testkit::START }
}

/// A place for a restored desk; on the PostgreSQL database, if one is given.
pub(crate) fn place(folder: &Path, database: Option<&Database>) -> Place {
    Place {
        data_dir: folder.to_owned(),
        database_file: "frontdesk.db",
        files_dir: "files",
        database_url: database.map(|database| database.url.clone()),
    }
}

/// The database of a restored desk.
pub(crate) async fn open(place: &Place) -> Db {
    match &place.database_url {
        Some(url) => Db::open_postgres(url, PostgresOptions::default()).await.unwrap(),
        None => {
            let path = place.data_dir.join(place.database_file);
            Db::open_sqlite(&path, SqliteOptions::default()).await.unwrap()
        }
    }
}

pub(crate) fn refused(result: Result<impl std::fmt::Debug, BackupError>) -> String {
    match result {
        Err(BackupError::Refused(words)) => words,
        other => panic!("not refused: {other:?}"),
    }
}

/// Something of everything: texts of many scripts, additional fields, amounts, files, what was removed.
pub(crate) async fn fill(app: &App) -> String {
    let admin = app.admin();
    let field = json!({"udf_field": {"name": "Weight", "field_type": "Double", "module": "request"}});
    admin.post("/udf_fields", field).await;
    let subject = "Drücker \u{1F5A8} \"quoted\" \\ \u{2028} \u{202E}rtl <b>bold</b>";
    let id = admin.new_request(subject).await;
    admin
        .post(&format!("/requests/{id}/notes"), json!({"note": {"description": "<p>zinnober\n\ttab</p>"}}))
        .await
        .ok();
    let (person, _) = app.technician("Tess Tech").await;
    let edit = json!({"request": {"technician": {"id": person.to_string()}, "priority": {"name": "High"}}});
    admin.put(&format!("/requests/{id}"), edit).await.ok();
    for (name, text) in [("one.txt", "first file"), ("two.bin", "\u{0}\u{1}second")] {
        upload(app, &id, name, text).await;
    }
    admin.post("/problems", json!({"problem": {"title": "Heat in the server room"}})).await.ok();
    let gone = admin.new_request("Thrown away").await;
    admin.delete(&format!("/requests/{gone}/move_to_trash")).await;
    id
}

/// A file on a request; its id.
pub(crate) async fn upload(app: &App, request: &str, name: &str, text: &str) -> String {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"{name}\"\r\n\r\n{text}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"addtoattachment\"\r\n\r\ntrue\r\n--b--\r\n"
    );
    let headers = [("Content-Type", "multipart/form-data; boundary=b")];
    let path = format!("/api/v3/requests/{request}/_uploads");
    let made = app.admin().send("POST", &path, &headers, body).await.ok();
    made["files"][0]["file_id"]
        .as_str()
        .or(made["attachment"]["id"].as_str())
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}
