//! The system page: which version runs on what, since when, what it does by itself, and how old the backups are.

use crate::answer;
use crate::host::HostFacts;
use crate::shell::Shell;
use crate::times::Moment;
use crate::visit::{Administrator, Visit};
use askama::Template;
use axum::response::Response;
use desk::DeskError;
use http::StatusCode;

#[derive(Template)]
#[template(path = "admin/system.html")]
struct SystemPage {
    shell: Shell,
    facts: Vec<(&'static str, String)>,
    started: Option<Moment>,
    jobs: Vec<JobRow>,
    backup_dir: String,
    backups: Vec<BackupRow>,
    /// No backup for so long that somebody should look.
    is_backup_old: bool,
    verified: Option<(Moment, bool)>,
    address: String,
}

struct JobRow {
    name: String,
    every: String,
    last: Option<Moment>,
    next: Option<Moment>,
    failed: bool,
}

struct BackupRow {
    name: String,
    written: Moment,
    size: String,
}

/// A backup is old after so long.
const OLD_MS: i64 = 2 * 86_400_000;

/// GET of `/admin/system`.
pub(crate) async fn show(Administrator(visit): Administrator) -> Response {
    visit.answered(page(&visit).await)
}

async fn page(visit: &Visit) -> Result<Response, DeskError> {
    let lang = visit.lang();
    let storage = visit.desk().storage().await?;
    let host = match &visit.web.host {
        Some(host) => host.facts().await,
        None => HostFacts { version: env!("CARGO_PKG_VERSION").into(), ..HostFacts::default() },
    };
    let mut facts = vec![
        ("system.version", host.version.clone()),
        ("system.engine", storage.engine.to_owned()),
        ("system.schema", storage.schema.to_string()),
    ];
    facts.extend(storage.bytes.map(|bytes| ("system.size", size(lang, bytes))));
    facts.extend(host.memory_bytes.map(|bytes| ("system.memory", size(lang, bytes))));
    facts.push(("system.files", lang.count("system.files_n", storage.files)));
    let now = visit.ctx.now;
    let job = |job: &crate::host::Job| JobRow {
        name: lang.find(&format!("job.{}", job.name)).map_or_else(|| job.name.clone(), str::to_owned),
        every: every(visit, job.every_ms),
        last: job.last.map(|at| visit.times.moment(at)),
        next: job.last.map(|at| visit.times.moment((at + job.every_ms).max(now))),
        failed: job.failed,
    };
    let backup = |archive: &crate::host::Archive| BackupRow {
        name: archive.name.clone(),
        written: visit.times.moment(archive.written),
        size: size(lang, archive.bytes),
    };
    let page = SystemPage {
        shell: Shell::new(visit, lang.text("noun.system")),
        facts: facts.into_iter().map(|(key, value)| (lang.text(key), value)).collect(),
        started: (host.started > 0).then(|| visit.times.moment(host.started)),
        jobs: host.jobs.iter().map(job).collect(),
        is_backup_old: host.backups.first().is_none_or(|archive| now - archive.written > OLD_MS),
        backups: host.backups.iter().map(backup).collect(),
        backup_dir: host.backup_dir,
        verified: host.verified.map(|(at, well)| (visit.times.moment(at), well)),
        address: visit.web.public_url.clone(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn every(visit: &Visit, ms: i64) -> String {
    if ms < 60_000 {
        return visit.lang().say("system.seconds", &[("n", &(ms / 1_000).max(1).to_string())]);
    }
    visit.times.span(ms)
}

/// A number of bytes in words.
fn size(lang: crate::texts::Lang, bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut left = bytes as f64;
    let mut unit = 0;
    while left >= 1024.0 && unit + 1 < UNITS.len() {
        left /= 1024.0;
        unit += 1;
    }
    let digits = if unit == 0 || left >= 100.0 { 0 } else { 1 };
    let number = format!("{left:.digits$}").replace('.', lang.text("word.decimal_point"));
    format!("{number} {}", UNITS.get(unit).unwrap_or(&""))
}
