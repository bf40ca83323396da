//! Reads the entries of an archive in their order, checks each against what the last one says, and trusts no name.

use crate::BackupError;
use crate::format::{CONTENTS, Contents, Entry, FILES, HEAD, Head, PART_BYTES_MAX, TABLES, hex};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use store::private;
use tokio::sync::mpsc;

/// Rows of one table, as lines.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: String,
    pub(crate) lines: Vec<u8>,
}

/// What becomes of attached files.
#[derive(Clone, Debug)]
pub(crate) enum FilesTo {
    /// They are only checked.
    Nowhere,
    /// They are written below this folder.
    Folder(PathBuf),
    /// And synced, each.
    DurableFolder(PathBuf),
}

type Tar = tar::Archive<GzDecoder<BufReader<File>>>;

fn open(path: &Path) -> Result<Tar, BackupError> {
    let file = File::open(path).map_err(|error| BackupError::io("cannot read", path, &error))?;
    Ok(tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 20, file))))
}

fn damaged(path: &Path, what: impl std::fmt::Display) -> BackupError {
    BackupError::Refused(format!("{} is no archive of a desk, or is damaged: {what}", path.display()))
}

/// What an archive is of; this reads its beginning only.
pub(crate) fn head(path: &Path) -> Result<Head, BackupError> {
    let mut tar = open(path)?;
    let mut entries = tar.entries().map_err(|error| damaged(path, error))?;
    let first = entries.next().ok_or_else(|| damaged(path, "it is empty"))?;
    let mut entry = first.map_err(|error| damaged(path, error))?;
    let (name, bytes) = content(&mut entry).map_err(|error| damaged(path, error))?;
    if name != HEAD {
        return Err(damaged(path, format!("it begins with {name}")));
    }
    let head: Head = serde_json::from_slice(&bytes).map_err(|error| damaged(path, error))?;
    head.judge()?;
    Ok(head)
}

/// Reads all of an archive. Rows go into the channel as they come; whether they are what was written is known only when
/// this returns.
pub(crate) fn run(path: &Path, files: &FilesTo, rows: &mpsc::Sender<Rows>) -> Result<Contents, BackupError> {
    let mut tar = open(path)?;
    let mut found = Contents::default();
    let mut told: Option<Contents> = None;
    for entry in tar.entries().map_err(|error| damaged(path, error))? {
        let mut entry = entry.map_err(|error| damaged(path, error))?;
        if told.is_some() {
            return Err(damaged(path, "something stands behind its last entry"));
        }
        let name = name_of(&entry).map_err(|error| damaged(path, error))?;
        if let Some(file) = name.strip_prefix(FILES) {
            let hashed =
                keep(&mut entry, file, files).map_err(|error| damaged(path, format!("{name}: {error}")))?;
            found.entries.insert(name, hashed);
            continue;
        }
        let (_, bytes) = content(&mut entry).map_err(|error| damaged(path, format!("{name}: {error}")))?;
        if name == CONTENTS {
            told = Some(serde_json::from_slice(&bytes).map_err(|error| damaged(path, error))?);
            continue;
        }
        let sha256 = hex(&Sha256::digest(&bytes));
        let size = bytes.len() as u64;
        if let Some(table) = name.strip_prefix(TABLES).and_then(|rest| rest.split('/').next()) {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            *found.rows.entry(table.to_owned()).or_default() += lines;
            let part = Rows { table: table.to_owned(), lines: bytes };
            if rows.blocking_send(part).is_err() {
                return Err(BackupError::Failed("nobody takes the rows any more".into()));
            }
        } else if name != HEAD {
            return Err(damaged(path, format!("it has an entry {name}")));
        }
        found.entries.insert(name, Entry { bytes: size, sha256 });
    }
    // The checksum of gzip stands behind the last byte.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(|error| damaged(path, error))?;
    let told = told.ok_or_else(|| damaged(path, "its last entry is missing: it is not whole"))?;
    compare(path, found, told)
}

fn compare(path: &Path, mut found: Contents, told: Contents) -> Result<Contents, BackupError> {
    found.missing_files.clone_from(&told.missing_files);
    if found == told {
        return Ok(told);
    }
    let names = told.entries.keys().chain(found.entries.keys());
    let name = names.into_iter().find(|name| told.entries.get(*name) != found.entries.get(*name));
    Err(damaged(
        path,
        match name {
            Some(name) => format!("{name} is not what was written"),
            None => "its tables have not the rows that were written".to_owned(),
        },
    ))
}

fn name_of(entry: &tar::Entry<'_, impl Read>) -> io::Result<String> {
    if entry.header().entry_type() != tar::EntryType::Regular {
        return Err(io::Error::other("it holds something that is no file"));
    }
    let path = entry.path()?;
    path.to_str().map(str::to_owned).ok_or_else(|| io::Error::other("a name is not UTF-8"))
}

fn content(entry: &mut tar::Entry<'_, impl Read>) -> io::Result<(String, Vec<u8>)> {
    let name = name_of(entry)?;
    let size = entry.size();
    if size > PART_BYTES_MAX {
        return Err(io::Error::other(format!("{size} bytes are too many")));
    }
    let mut bytes = Vec::new();
    entry.take(PART_BYTES_MAX).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != size {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    Ok((name, bytes))
}

/// Writes an attached file. Its path is ours: folders and names of digits, else it is refused.
fn keep(entry: &mut tar::Entry<'_, impl Read>, name: &str, to: &FilesTo) -> io::Result<Entry> {
    let is_plain = |part: Component<'_>| {
        matches!(part, Component::Normal(name)
            if name.to_str().is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())))
    };
    if !Path::new(name).components().all(is_plain) {
        return Err(io::Error::other("not the name of an attached file"));
    }
    let size = entry.size();
    let mut out: Box<dyn io::Write> = match to {
        FilesTo::Nowhere => Box::new(io::sink()),
        FilesTo::Folder(folder) | FilesTo::DurableFolder(folder) => Box::new(create(&folder.join(name))?),
    };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = entry.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        let read = buffer.get(..n).unwrap_or_default();
        hash.update(read);
        out.write_all(read)?;
        bytes += n as u64;
    }
    out.flush()?;
    drop(out);
    if bytes != size {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    if let FilesTo::DurableFolder(folder) = to {
        let path = folder.join(name);
        File::open(&path)?.sync_all()?;
        File::open(path.parent().unwrap_or(folder))?.sync_all()?;
    }
    Ok(Entry { bytes, sha256: hex(&hash.finalize()) })
}

fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        private::folder(folder)?;
    }
    private::file().create_new(true).open(path)
}
