//! The configuration file: flat TOML, every key known, every value with its line.

use std::io::ErrorKind;

use toml::de::{DeTable, DeValue};

use super::SPECS;
use crate::Failure;

/// A configuration file that has been read: known keys with their values as text.
#[derive(Debug)]
pub struct ConfigFile {
    name: String,
    values: Vec<(&'static str, String, usize)>,
}

impl ConfigFile {
    /// Reads a file that someone named, and says who when it cannot be read.
    pub(crate) fn open(path: &str, named_by: &str) -> Result<ConfigFile, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("config ({named_by}): cannot read {path}: {error}")))?;
        ConfigFile::parse(path, &text)
    }

    /// Reads a file that may be missing.
    pub(crate) fn open_if_there(path: &str) -> Result<Option<ConfigFile>, Failure> {
        match std::fs::read_to_string(path) {
            Ok(text) => ConfigFile::parse(path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::usage(format!("cannot read {path}: {error}"))),
        }
    }

    /// Reads the text of a file called `name`.
    pub fn parse(name: &str, text: &str) -> Result<ConfigFile, Failure> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(text, span.start));
            Failure::usage(format!("{name}:{line}: {}", error.message().replace('\n', " ")))
        })?;
        let mut values = Vec::new();
        for (key, value) in table.get_ref() {
            let line = line_at(text, key.span().start);
            let key = key.get_ref();
            let Some(spec) = SPECS.iter().find(|spec| spec.key == key.as_ref()) else {
                return Err(Failure::usage(format!("{name}:{line}: unknown setting {key}")));
            };
            let value = plain(value.get_ref()).ok_or_else(|| {
                let kind = value.get_ref().type_str();
                Failure::usage(format!(
                    "{} (file {name}:{line}): must be text or a number, not {kind}",
                    spec.key
                ))
            })?;
            values.push((spec.key, value, line));
        }
        Ok(ConfigFile { name: name.to_owned(), values })
    }

    /// The file's name as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A value and its line.
    pub(crate) fn get(&self, key: &str) -> Option<(&str, usize)> {
        self.values
            .iter()
            .find(|(candidate, ..)| *candidate == key)
            .map(|(_, value, line)| (value.as_str(), *line))
    }
}

/// A value as the text it would be on the command line.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        _ => None,
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(ConfigFile::parse("f.toml", text).expect_err("refused").to_string(), expected);
    }

    #[test]
    fn complaints_name_key_and_line() {
        check("listen = 'a:1'\n\nlistn = 'b:2'\n", "f.toml:3: unknown setting listn");
        check("[serve]\nlisten = 'a:1'\n", "f.toml:1: unknown setting serve");
        check(
            "\nmax_connections = [1]",
            "max_connections (file f.toml:2): must be text or a number, not array",
        );
        check("\nlisten = true", "listen (file f.toml:2): must be text or a number, not boolean");
        let refused =
            ConfigFile::parse("f.toml", "listen = 'a:1'\nlog = \n").expect_err("refused").to_string();
        assert!(refused.starts_with("f.toml:2: ") && !refused.contains('\n'), "{refused}");
        let twice = ConfigFile::parse("f.toml", "log = 'a'\nlog = 'b'\n").expect_err("refused").to_string();
        assert!(twice.starts_with("f.toml:2: ") && !twice.contains('\n'), "{twice}");
    }

    #[test]
    fn numbers_and_text_are_both_fine() {
        let file =
            ConfigFile::parse("f.toml", "max_connections = 1_000\nidle_timeout_s = \"5\"\n").expect("read");
        assert_eq!(file.get("max_connections"), Some(("1000", 1)));
        assert_eq!(file.get("idle_timeout_s"), Some(("5", 2)));
    }
}
