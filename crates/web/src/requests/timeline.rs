//! The conversation on a request: what was asked for, replies, notes and comments of approvers, in order of time.

use crate::records::below;
use crate::show;
use crate::times::Moment;
use crate::visit::Visit;
use crate::{names, rich, shell};
use desk::{DeskError, FilesOf, Said, Speaker, View};
use model::{Id, Record};
use std::collections::HashMap;

/// Longer conversations show their end; the rest is a link away.
const SHOWN: usize = 40;

/// One thing said.
pub(crate) struct Entry {
    /// `description`, `reply`, `answer`, `note`, `shared_note`, `notice`, `approval`: how it looks.
    pub kind: &'static str,
    pub anchor: String,
    pub author: String,
    pub initials: String,
    pub author_href: Option<String>,
    pub moment: Moment,
    /// The day, where another one begins.
    pub day: Option<String>,
    /// Safe HTML.
    pub html: String,
    /// To whom a mail went.
    pub to: String,
    pub files: Vec<FileLink>,
    /// Where it can be changed, for whom that is offered.
    pub edit: Option<String>,
}

impl Entry {
    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

/// A file that can be fetched.
pub(crate) struct FileLink {
    pub id: Id,
    pub name: String,
    pub size: String,
    pub href: String,
}

/// The conversation, oldest first, and how many of its beginning are left out.
///
/// # Errors
/// As for reading the request.
pub(crate) async fn of(
    visit: &Visit,
    request: &Record,
    base: &str,
    is_whole: bool,
) -> Result<(Vec<Entry>, usize), DeskError> {
    let mut said = visit.desk().conversation(&visit.ctx, request).await?;
    said.reverse();
    let hidden = if is_whole { 0 } else { said.len().saturating_sub(SHOWN) };
    let said = said.split_off(hidden);
    let mut files = HashMap::new();
    for module in ["request_note", "notification"] {
        let records: Vec<Record> =
            said.iter().map(|s| s.record.clone()).filter(|r| r.module.name == module).collect();
        files.extend(visit.desk().files_of(&records).await?);
    }
    let mut entries = Vec::with_capacity(said.len());
    let mut day = visit.times.heading(request.int("created_time").unwrap_or(0));
    for said in &said {
        let own = files.remove(&said.record.id()).unwrap_or_default();
        let mut entry = entry(visit, (request, said), base, &own).await?;
        let heading = visit.times.heading(said.time);
        if heading != day {
            entry.day = Some(heading.clone());
            day = heading;
        }
        entries.push(entry);
    }
    Ok((entries, hidden))
}

async fn entry(
    visit: &Visit,
    (request, said): (&Record, &Said),
    base: &str,
    files: &FilesOf,
) -> Result<Entry, DeskError> {
    let record = &said.record;
    let person = match said.by {
        Some(id) => visit.desk().person(id).await?,
        None => None,
    };
    let author = person
        .as_deref()
        .map_or_else(|| visit.lang().text("said.system").to_owned(), |p| p.title().to_owned());
    let kind = match (record.module.name.as_ref(), said.speaker) {
        ("request_note", _) if record.is("show_to_requester") => "shared_note",
        ("request_note", _) => "note",
        ("approval", _) => "approval",
        (_, Speaker::System) => "notice",
        _ if !record.is("is_public") => "note",
        (_, Speaker::Technician) => "reply",
        (_, Speaker::Requester) => "answer",
    };
    let body = said.texts().last().unwrap_or_default();
    let list = |path: &str| -> Vec<String> {
        let text = record.module.slot(path).and_then(|slot| record.at(slot).as_str());
        text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
    };
    let to: Vec<String> = ["to", "cc"].into_iter().flat_map(list).collect();
    let module = if record.module.name == "request_note" { "notes" } else { "mails" };
    let folder = format!("{base}/{module}/{}", record.id());
    Ok(Entry {
        kind,
        anchor: format!("said-{}", record.id()),
        initials: shell::initials(&author),
        author,
        author_href: person
            .as_deref()
            .filter(|_| visit.ctx.is_technician())
            .and_then(|p| names::record(&p.module, p.id())),
        moment: visit.times.moment(said.time),
        day: None,
        html: rich::shown(body),
        to: to.join(", "),
        files: links(visit, &files.attachments, &folder),
        // In the portal nothing is changed that was said.
        edit: below::form_of(visit, request, record).filter(|form| form.starts_with(base)),
    })
}

/// Files by their addresses below a folder.
pub(crate) fn links(visit: &Visit, files: &[Record], folder: &str) -> Vec<FileLink> {
    files
        .iter()
        .map(|file| FileLink {
            id: file.id(),
            name: file.title().to_owned(),
            size: size(visit, file.int("bytes").unwrap_or(0)),
            href: format!("{folder}/files/{}", file.id()),
        })
        .collect()
}

/// A number of bytes as people read it.
pub(crate) fn size(visit: &Visit, bytes: i64) -> String {
    const MB: i64 = 1024 * 1024;
    const GB: i64 = 1024 * MB;
    let tenths = |unit: i64| {
        let tenths = bytes.saturating_mul(10) / unit;
        let point = visit.lang().text("word.decimal_point");
        format!("{}{point}{}", tenths / 10, tenths % 10)
    };
    match bytes {
        bytes if bytes < 1024 => format!("{bytes} B"),
        bytes if bytes < MB => format!("{} kB", bytes / 1024),
        bytes if bytes < GB => format!("{} MB", tenths(MB)),
        _ => format!("{} GB", tenths(GB)),
    }
}

/// The description, as the first thing said.
pub(crate) fn description(visit: &Visit, view: &View, request: &Record, files: Vec<FileLink>) -> Entry {
    let author = request.reference("requester").or_else(|| request.reference("created_by"));
    let cell = author.map(|id| show::reference(view, id)).unwrap_or_default();
    Entry {
        kind: "description",
        anchor: "description".into(),
        initials: cell.initials(),
        author_href: cell.href.filter(|_| visit.ctx.is_technician()),
        author: cell.text,
        moment: visit.times.moment(request.int("created_time").unwrap_or(0)),
        day: Some(visit.times.heading(request.int("created_time").unwrap_or(0))),
        html: rich::shown(request.text("description").unwrap_or_default()),
        to: String::new(),
        files,
        edit: None,
    }
}
