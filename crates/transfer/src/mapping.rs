//! The mapping file: which column is which field, and what is the same in every row.
//!
//! ```toml
//! match = "barcode"
//!
//! [columns]
//! "Serial No" = "serial_number"
//! "Remarks" = ""                 # passed over
//!
//! [defaults]
//! site = "Base Site"
//! ```

use crate::TransferError;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// What a mapping file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Columns of the file and the fields that they are; an empty field passes the column over.
    pub columns: Vec<(String, String)>,
    /// Fields and what they hold where the file says nothing.
    pub defaults: Vec<(String, String)>,
    /// The field by which rows find their record.
    pub key: Option<String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// The file cannot be read, or says something that it cannot say, with the line.
    pub fn open(path: &Path) -> Result<Self, TransferError> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| TransferError::Usage(format!("cannot read the mapping {name}: {error}")))?;
        Self::parse(&name.to_string(), &text)
    }

    /// Reads the text of a mapping file called `name`.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn parse(name: &str, text: &str) -> Result<Self, TransferError> {
        let wrong = |at: usize, words: String| {
            let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
            TransferError::Usage(format!("{name}:{line}: {words}"))
        };
        let table = DeTable::parse(text).map_err(|error| {
            wrong(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))
        })?;
        let mut mapping = Self::default();
        for (key, value) in table.get_ref() {
            let at = key.span().start;
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("match", DeValue::String(field)) => mapping.key = Some(field.to_string()),
                (part @ ("columns" | "defaults"), DeValue::Table(members)) => {
                    for (member, value) in members {
                        let text = plain(value.get_ref()).ok_or_else(|| {
                            wrong(member.span().start, format!("{} must be a text", member.get_ref()))
                        })?;
                        let into =
                            if part == "columns" { &mut mapping.columns } else { &mut mapping.defaults };
                        into.push((member.get_ref().to_string(), text));
                    }
                }
                ("match", _) => return Err(wrong(at, "match must be the name of a field".into())),
                ("columns" | "defaults", _) => {
                    return Err(wrong(at, format!("{} must be a table", key.get_ref())));
                }
                (other, _) => {
                    let words = format!("unknown key {other}; there are match, [columns] and [defaults]");
                    return Err(wrong(at, words));
                }
            }
        }
        Ok(mapping)
    }
}

/// A value as the text of a cell.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read_or_refused_with_its_line() {
        let text = "match = \"barcode\"\n[columns]\n\"Serial No\" = \"serial_number\"\n[defaults]\nsite = \"Base Site\"\nis_loanable = true\n";
        let mapping = Mapping::parse("m.toml", text).unwrap();
        assert_eq!(mapping.key.as_deref(), Some("barcode"));
        assert_eq!(mapping.columns, [("Serial No".to_owned(), "serial_number".to_owned())]);
        assert_eq!(mapping.defaults.len(), 2);
        for (text, words) in [
            ("match = 3", "m.toml:1: match must be the name of a field"),
            ("\nnonsense = 1", "m.toml:2: unknown key nonsense; there are match, [columns] and [defaults]"),
            ("[columns]\na = [1]", "m.toml:2: a must be a text"),
        ] {
            assert_eq!(Mapping::parse("m.toml", text).unwrap_err().to_string(), words);
        }
    }
}
