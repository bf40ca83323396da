//! Folders and files that are for their owner's eyes only: whoever else has an account on the machine reads nothing of a desk.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it that are missing, for the owner alone (mode 0700). One that is there already keeps the mode
/// that somebody gave it.
///
/// # Errors
/// When the folder cannot be made.
pub fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// How a file is opened for writing that is the owner's alone where it is made by that (mode 0600).
#[must_use]
pub fn file() -> OpenOptions {
    let mut open = OpenOptions::new();
    open.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open
}
