//! What a call may ask for beside the documented: all of it by name, so that who does not ask gets exactly what is
//! documented (happyfox.md section 4).

use super::answer::{Told, wrong};

/// The options of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `dry_run=true`: nothing is written.
    pub dry_run: bool,
    /// `report=true`: what became of each, and by what it was found.
    pub report: bool,
    /// `on_error=abort`: all or nothing.
    pub abort: bool,
}

impl Options {
    /// The options in a query. What is no option is nobody's business.
    pub fn of(query: &str) -> Result<Self, Told> {
        let mut options = Self::default();
        for (key, value) in wire::payload::form_pairs(query) {
            let is_true = || match value.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                _ => Err(wrong(&key, "Must be a valid boolean.")),
            };
            match key.as_str() {
                "dry_run" => options.dry_run = is_true()?,
                "report" => options.report = is_true()?,
                "on_error" => {
                    options.abort = match value.as_str() {
                        "abort" => true,
                        "continue" => false,
                        _ => return Err(wrong("on_error", "Must be abort or continue.")),
                    }
                }
                _ => {}
            }
        }
        Ok(options)
    }
}
