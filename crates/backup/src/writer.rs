//! Writes the entries of an archive, on a thread of its own: compressing and hashing are work for a core.

use crate::BackupError;
use crate::format::{CONTENTS, Contents, Entry, hex};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tar::{Builder, Header};
use tokio::sync::mpsc;

/// What is to be written next.
pub(crate) enum Part {
    /// An entry.
    Bytes { name: String, bytes: Vec<u8> },
    /// An entry with rows of a table.
    Rows { table: String, name: String, bytes: Vec<u8>, rows: u64 },
    /// A file, wherever it is of these places.
    File { name: String, places: Vec<PathBuf> },
}

/// Writes what comes through the channel, as fast as allowed, and syncs it; then the archive is whole.
pub(crate) fn run(
    file: File,
    path: &Path,
    mut parts: mpsc::Receiver<Part>,
    bytes_per_second: Option<u64>,
) -> Result<Contents, BackupError> {
    let failed = |error: io::Error| BackupError::io("cannot write", path, &error);
    let mut out = Archive {
        tar: Builder::new(GzEncoder::new(BufWriter::with_capacity(1 << 20, file), Compression::fast())),
        contents: Contents::default(),
        pace: Pace { begun: Instant::now(), bytes: 0, per_second: bytes_per_second },
    };
    while let Some(part) = parts.blocking_recv() {
        match part {
            Part::Bytes { name, bytes } => out.bytes(&name, &bytes).map_err(failed)?,
            Part::Rows { table, name, bytes, rows } => {
                out.bytes(&name, &bytes).map_err(failed)?;
                *out.contents.rows.entry(table).or_default() += rows;
            }
            Part::File { name, places } => out.file(&name, &places).map_err(failed)?,
        }
    }
    out.finish().map_err(failed)
}

struct Archive {
    tar: Builder<GzEncoder<BufWriter<File>>>,
    contents: Contents,
    pace: Pace,
}

impl Archive {
    fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.append(name, bytes.len() as u64, bytes)
    }

    fn file(&mut self, name: &str, places: &[PathBuf]) -> io::Result<()> {
        for place in places {
            match File::open(place) {
                Ok(file) => {
                    let bytes = file.metadata()?.len();
                    return self.append(name, bytes, file);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        self.contents.missing_files.push(name.to_owned());
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        let mut content = Hashed { content, hash: Sha256::new(), bytes: 0, pace: &mut self.pace };
        self.tar.append_data(&mut header, name, (&mut content).take(bytes))?;
        if content.bytes != bytes {
            return Err(io::Error::other(format!("{name} became shorter while it was read")));
        }
        let sha256 = hex(&content.hash.finalize());
        self.contents.entries.insert(name.to_owned(), Entry { bytes, sha256 });
        Ok(())
    }

    fn finish(mut self) -> io::Result<Contents> {
        let contents = self.contents.clone();
        self.bytes(CONTENTS, &serde_json::to_vec_pretty(&contents)?)?;
        let mut buffered = self.tar.into_inner()?.finish()?;
        buffered.flush()?;
        buffered.get_ref().sync_all()?;
        Ok(contents)
    }
}

/// Content that is hashed as it passes, and passes no faster than allowed.
struct Hashed<'a, R> {
    content: R,
    hash: Sha256,
    bytes: u64,
    pace: &'a mut Pace,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        self.bytes += n as u64;
        self.pace.passed(n as u64);
        Ok(n)
    }
}

/// Keeps to a number of bytes a second, so that those who are served do not wait.
struct Pace {
    begun: Instant,
    bytes: u64,
    per_second: Option<u64>,
}

impl Pace {
    fn passed(&mut self, bytes: u64) {
        self.bytes += bytes;
        let Some(per_second) = self.per_second.filter(|n| *n > 0) else { return };
        let due = Duration::from_millis(self.bytes.saturating_mul(1000) / per_second);
        if let Some(early) = due.checked_sub(self.begun.elapsed())
            && early > Duration::from_millis(5)
        {
            std::thread::sleep(early);
        }
    }
}
