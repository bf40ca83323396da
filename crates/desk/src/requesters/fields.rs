//! The additional fields of requesters as the HappyFox face speaks of them: by small numbers, with numbered options
//! (happyfox.md section 1.6). They are the additional fields of users; nothing is kept twice.

use crate::{Snapshot, udf};
use model::{Kind, Record, Value, fold};
use serde_json::{Value as Json, json};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// One of the options.
    Dropdown,
    /// Some of the options.
    MultiSelect,
    /// A day.
    Date,
    /// A number with two places after the point at most.
    Number,
}

impl FieldKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Text, Self::Dropdown, Self::MultiSelect, Self::Date, Self::Number];

    /// What a field's description calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Dropdown => "dropdown",
            Self::MultiSelect => "multi_select",
            Self::Date => "date",
            Self::Number => "number",
        }
    }
    /// The kind that a word means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
    /// What a person's value of it is marked with (happyfox.md section 1.6).
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Text => "t",
            Self::Dropdown => "d",
            Self::MultiSelect => "m",
            Self::Date => "dt",
            Self::Number => "n",
        }
    }
}

/// A field of requesters.
#[derive(Clone, Debug)]
pub struct RequesterField {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether an input must have it.
    pub mandatory: bool,
    /// The options: number and name.
    pub options: Vec<(i64, String)>,
    /// Former names of options, which some people may still have.
    former: Vec<(i64, String)>,
    /// Its place in a person's record.
    pub slot: usize,
    /// Its path there.
    pub path: String,
    whole_numbers: bool,
}

/// The fields of requesters, in the order in which they are shown.
#[must_use]
pub fn fields(snapshot: &Snapshot) -> Vec<RequesterField> {
    let rows = snapshot.rows("udf_field").iter();
    let ordered = rows.filter_map(|row| Some((row.int("requester_field_order"), field(snapshot, row)?)));
    let mut fields: Vec<(Option<i64>, RequesterField)> = ordered.collect();
    fields.sort_by_key(|(order, field)| (*order, field.id));
    fields.into_iter().map(|(_, field)| field).collect()
}

fn field(snapshot: &Snapshot, row: &Record) -> Option<RequesterField> {
    let id = row.int("requester_field_id")?;
    let user = snapshot.catalogue.module("user")?;
    let path = format!("udf_fields.{}", row.text("field_key")?);
    let slot = user.slot(&path)?;
    let kind = &user.leaf(slot)?.field.kind;
    let (kind, whole_numbers) = match kind {
        Kind::Text { .. } | Kind::Html { .. } | Kind::Email => (FieldKind::Text, false),
        Kind::Pick { .. } => (FieldKind::Dropdown, false),
        Kind::PickMany { .. } => (FieldKind::MultiSelect, false),
        Kind::Date => (FieldKind::Date, false),
        Kind::Double => (FieldKind::Number, false),
        Kind::Digits { .. } | Kind::Int { .. } => (FieldKind::Number, true),
        _ => return None,
    };
    let name = row.text("display_name").or_else(|| row.text("name"))?.to_owned();
    let (former, options) = udf::numbered_options(row).into_iter().partition(|option| option.former);
    let pairs = |options: Vec<udf::NumberedOption>| options.into_iter().map(|o| (o.id, o.name)).collect();
    Some(RequesterField {
        id,
        name,
        kind,
        mandatory: row.is("mandatory"),
        options: pairs(options),
        former: pairs(former),
        slot,
        path,
        whole_numbers,
    })
}

impl RequesterField {
    /// What a field's value is stored as.
    ///
    /// # Errors
    /// What is wrong with the value, in words.
    pub fn stored(&self, value: &Json) -> Result<Value, String> {
        const TEXT_MAX: usize = 10_000;
        match (self.kind, value) {
            (_, Json::Null) => Ok(Value::Null),
            (FieldKind::Text, Json::String(text)) => {
                if text.chars().count() > TEXT_MAX {
                    return Err(format!("Ensure this field has no more than {TEXT_MAX} characters."));
                }
                if text.contains('\0') {
                    return Err("Null characters are not allowed.".into());
                }
                Ok(if text.is_empty() { Value::Null } else { Value::from(text.as_str()) })
            }
            (FieldKind::Text, _) => Err("Not a valid string.".into()),
            (FieldKind::Dropdown, value) => self.option(value).map(Value::from),
            (FieldKind::MultiSelect, Json::Array(items)) => {
                let mut chosen: Vec<&str> = Vec::new();
                for item in items {
                    let option = self.option(item)?;
                    if !chosen.contains(&option) {
                        chosen.push(option);
                    }
                }
                Ok(if chosen.is_empty() { Value::Null } else { Value::Text(json!(chosen).to_string()) })
            }
            (FieldKind::MultiSelect, _) => Err("Expected a list of option ids.".into()),
            (FieldKind::Date, Json::String(text)) => day(text).map(Value::Int).ok_or_else(|| BAD_DATE.into()),
            (FieldKind::Date, _) => Err(BAD_DATE.into()),
            (FieldKind::Number, Json::Number(number)) => self.number(number),
            (FieldKind::Number, _) => Err("A valid number is required.".into()),
        }
    }

    fn option(&self, value: &Json) -> Result<&str, String> {
        let found = value.as_i64().and_then(|id| self.options.iter().find(|(own, _)| *own == id));
        found.map(|(_, name)| name.as_str()).ok_or_else(|| {
            let all: Vec<String> = self.options.iter().map(|(id, name)| format!("{id} {name}")).collect();
            format!("Option {value} is not one of {}.", all.join(", "))
        })
    }

    fn number(&self, number: &serde_json::Number) -> Result<Value, String> {
        /// Beyond this a double does not know the cents.
        const MAX: f64 = 1e13;
        let Some(n) = number.as_f64().filter(|n| n.abs() < MAX) else {
            return Err("A valid number is required.".into());
        };
        let cents = n * 100.0;
        if (cents - cents.round()).abs() > 1e-4 {
            return Err("Ensure that there are no more than 2 decimal places.".into());
        }
        if !self.whole_numbers {
            return Ok(Value::Double(n));
        }
        number.as_i64().map(Value::Int).ok_or_else(|| "A valid integer is required.".into())
    }

    /// What a field's value is looked for as, from a text: the number of an option, a day, a number, a text in any letter
    /// case.
    ///
    /// # Errors
    /// What is wrong with the value, in words.
    pub fn sought(&self, text: &str) -> Result<Value, String> {
        let number = || text.parse::<i64>().map_or(Json::Null, Json::from);
        Ok(match self.kind {
            FieldKind::Text => Value::from(fold(text)),
            FieldKind::Dropdown | FieldKind::MultiSelect => Value::from(fold(self.option(&number())?)),
            FieldKind::Date => Value::Int(day(text).ok_or(BAD_DATE)?),
            FieldKind::Number => {
                let number: serde_json::Number = text.parse().map_err(|_| "A valid number is required.")?;
                self.number(&number)?
            }
        })
    }

    /// Whether a value counts as none where the field is mandatory.
    #[must_use]
    pub fn is_missing(value: Option<&Json>) -> bool {
        match value {
            None | Some(Json::Null) => true,
            Some(Json::String(text)) => text.trim().is_empty(),
            Some(Json::Array(items)) => items.is_empty(),
            Some(_) => false,
        }
    }

    /// A person's value as the face shows it.
    #[must_use]
    pub fn shown(&self, person: &Record) -> Json {
        let of_name = |name: &str| {
            let mut all = self.options.iter().chain(&self.former);
            all.find(|(_, own)| own.eq_ignore_ascii_case(name)).map_or(Json::Null, |(id, _)| json!(id))
        };
        match (self.kind, person.at(self.slot)) {
            (FieldKind::Dropdown, Value::Text(name)) => of_name(name),
            (FieldKind::MultiSelect, Value::Text(names)) => {
                let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
                names.iter().map(|name| of_name(name)).filter(|id| !id.is_null()).collect()
            }
            (FieldKind::Date, Value::Int(ms)) => jiff::Timestamp::from_millisecond(*ms)
                .map_or(Json::Null, |t| json!(t.strftime("%Y-%m-%d").to_string())),
            (_, Value::Text(text)) => json!(text),
            (_, Value::Int(n)) => json!(n),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number within the limits of the field"
            )]
            (_, Value::Double(n)) if n.fract() == 0.0 && n.abs() < 1e15 => json!(*n as i64),
            (_, Value::Double(n)) => json!(n),
            _ => Json::Null,
        }
    }
}

const BAD_DATE: &str = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.";

/// The milliseconds at the beginning of a day that is written `yyyy-mm-dd`, and in no other way.
fn day(text: &str) -> Option<i64> {
    let is_padded = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    let date: jiff::civil::Date = is_padded.then(|| text.parse().ok())??;
    let zoned = date.at(0, 0, 0, 0).in_tz("UTC").ok()?;
    Some(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_of_the_calendar_and_padded() {
        assert_eq!(day("1970-01-02"), Some(86_400_000));
        for wrong in
            ["2021-02-30", "2021-5-8", "2021-05-08T00:00", "08-05-2021", "2021/05/08", "", "2021-05-0x"]
        {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
