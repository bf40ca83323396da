//! `frontdesk export`: writes the records of a module.

use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufWriter, Write};

use super::import::format_of;
use super::{block_on, must_exist, with_desk};
use crate::Failure;
use crate::cli::ExportArgs;
use crate::config::Settings;
use crate::rooms::ExportOptions;

/// Writes the records, to a file or to standard output.
pub(super) fn run(settings: &Settings, args: ExportArgs) -> Result<(), Failure> {
    let options = ExportOptions {
        module: args.module,
        ci_type: args.ci_type,
        format: format_of(args.format.as_deref(), args.output.as_deref())?,
        criteria: args.criteria,
        fields: args.fields,
        with_deleted: args.with_deleted,
    };
    block_on(with_desk(settings, async |rooms| {
        must_exist(&rooms)?;
        let mut out: Box<dyn Write + Send> = match &args.output {
            // Made when there is something to write: what is refused leaves an older file alone.
            Some(path) => Box::new(BufWriter::new(Late { path: path.clone(), file: None })),
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} records, {per_sec}") {
            bar.set_style(style);
        }
        let moving = bar.clone();
        let done = rooms
            .export(&options, args.user.as_deref(), &mut out, move |count| moving.set_position(count))
            .await;
        bar.finish_and_clear();
        done.map(|_| ())
    }))
}

/// A file that is made with its first bytes.
struct Late {
    path: std::path::PathBuf,
    file: Option<File>,
}

impl Late {
    fn file(&mut self) -> std::io::Result<&mut File> {
        if self.file.is_none() {
            self.file = Some(File::create(&self.path)?);
        }
        self.file.as_mut().ok_or_else(|| std::io::Error::other("the file is not open"))
    }
}

impl Write for Late {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file()?.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.file()?.flush()
    }
}
