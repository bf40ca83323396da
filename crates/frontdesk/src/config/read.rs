//! How the text of each setting is judged. A reader says what would be right; [`Reader`] adds whose value it was.

use std::path::PathBuf;

use axum::http::Uri;
use tracing_subscriber::filter::Targets;

use super::Effective;
use crate::Failure;
use crate::logging::Format;
use crate::rooms::Match;

/// Reads settings one by one and remembers every complaint.
pub(super) struct Reader<'a> {
    effective: &'a Effective,
    complaints: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(effective: &'a Effective) -> Self {
        Reader { effective, complaints: Vec::new() }
    }

    /// The value of a setting, when it is set and right.
    pub(super) fn value<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let (spec, given) = self.effective.get(key)?;
        match read(&given.value) {
            Ok(value) => Some(value),
            Err(wanted) => {
                self.complain(key, &format!("{wanted}: {}", spec.show(&given.value)));
                None
            }
        }
    }

    /// Remembers what is wrong with a setting.
    pub(super) fn complain(&mut self, key: &str, what: &str) {
        let origin = self.effective.get(key).map(|(_, given)| given.origin.to_string()).unwrap_or_default();
        self.complaints.push(format!("{key} ({origin}): {}", what.replace('\n', " ")));
    }

    /// The result, unless there were complaints.
    pub(super) fn finish<T>(self, result: T) -> Result<T, Failure> {
        if self.complaints.is_empty() { Ok(result) } else { Err(Failure::usage(self.complaints.join("\n"))) }
    }
}

/// `address:port` or `name:port`. Names are looked up when we listen.
pub(super) fn address(text: &str) -> Result<String, String> {
    let valid = text.rsplit_once(':').is_some_and(|(host, port)| {
        let host_is_plain = !host.is_empty() && !host.contains([' ', '/']);
        let v6_is_bracketed = !host.contains(':') || (host.starts_with('[') && host.ends_with(']'));
        host_is_plain && v6_is_bracketed && port.parse::<u16>().is_ok()
    });
    if valid { Ok(text.to_owned()) } else { Err("not ADDRESS:PORT".to_owned()) }
}

pub(super) fn public_url(text: &str) -> Result<String, String> {
    let wrong = || "not http://… or https://…".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let scheme_fits = matches!(uri.scheme_str(), Some("http" | "https"));
    if !scheme_fits || uri.host().is_none_or(str::is_empty) || uri.query().is_some() || text.contains('#') {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

pub(super) fn database_url(text: &str) -> Result<String, String> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        Ok(text.to_owned())
    } else {
        Err("not postgres://…".to_owned())
    }
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.trim().parse().map_err(|_| "not true or false".to_owned())
}

pub(super) fn sso_match(text: &str) -> Result<Match, String> {
    match text.trim() {
        "email" => Ok(Match::Email),
        "subject" => Ok(Match::Subject),
        _ => Err("not email or subject".to_owned()),
    }
}

/// An address of a provider: `https`, or `http` on this machine, as the client of it wants it.
pub(super) fn issuer(text: &str) -> Result<String, String> {
    let wrong = || "not https://…".to_owned();
    let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
    let is_here = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    match uri.scheme_str() {
        Some("https") if uri.query().is_none() => Ok(text.trim().to_owned()),
        Some("http") if is_here && uri.query().is_none() => Ok(text.trim().to_owned()),
        _ => Err(wrong()),
    }
}

pub(super) fn secret(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) fn email(text: &str) -> Result<String, String> {
    let valid = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
        && text.matches('@').count() == 1;
    if valid { Ok(text.to_owned()) } else { Err("not an e-mail address".to_owned()) }
}

pub(super) fn name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 250 {
        Err("not a name of 1 to 250 characters".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("not a number from {least} to {most}"))
}

pub(super) fn levels(text: &str) -> Result<Targets, String> {
    let wrong = || "not a level (error, warn, info, debug, trace, off) or target=level,…".to_owned();
    // `Targets` takes a lone word that is no level for a target with every level on; here it is a typing mistake.
    let lone_word_is_level = text
        .split(',')
        .all(|part| part.contains('=') || part.trim().parse::<tracing::metadata::LevelFilter>().is_ok());
    if lone_word_is_level { text.parse().map_err(|_| wrong()) } else { Err(wrong()) }
}

pub(super) fn log_format(text: &str) -> Result<Format, String> {
    match text {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        _ => Err("not text or json".to_owned()),
    }
}
