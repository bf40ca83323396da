//! Additional fields: a row of `udf_field` becomes a field of the catalogue (setup.md section 12).

use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal};
use model::catalogue::Extension;
use model::{Access, Field, Id, Kind, Name, Record, Storage};

/// The field that a row describes; `None` for a row that describes none, which is then not there.
#[must_use]
pub fn extension(row: &Record) -> Option<Extension> {
    let key = row.text("field_key")?;
    let kind = kind(row)?;
    let mut field = Field::new(Name::Owned(key.to_owned()), kind);
    field.storage = Storage::Document { field: row.id().get() };
    field.id = Some(row.id().get());
    if is_of(row, AUTO_NUMBER) {
        // Given by the desk ([`number`]), so never missing and never anybody else's to give.
        field.access = Access::ReadOnly;
    } else {
        field.required = row.is("mandatory");
    }
    let label = row.text("display_name").or_else(|| row.text("name")).unwrap_or(key);
    field.label = Name::Owned(label.to_owned());
    Some(Extension { module: row.text("module.name")?.to_owned(), field })
}

/// What people choose from, what is stored, and how keys of the newer scheme begin.
struct FieldType {
    label: &'static str,
    kind_word: &'static str,
    prefix: &'static str,
}

const AUTO_NUMBER: &str = "Auto Number";

/// The longest telephone number, and the longest address (setup.md section 12).
const PHONE_MAX: usize = 30;
const EMAIL_MAX: usize = 50;

const TYPES: [FieldType; 17] = [
    FieldType { label: "Single Line", kind_word: "string", prefix: "txt" },
    FieldType { label: "Multi Line", kind_word: "string", prefix: "txt" },
    FieldType { label: "Pick List", kind_word: "string", prefix: "txt" },
    FieldType { label: "Radio Button", kind_word: "string", prefix: "txt" },
    FieldType { label: "E-mail", kind_word: "string", prefix: "txt" },
    FieldType { label: "Phone", kind_word: "string", prefix: "txt" },
    FieldType { label: "URL", kind_word: "string", prefix: "txt" },
    FieldType { label: "Check Box", kind_word: "multi_select", prefix: "txt" },
    FieldType { label: "Multi Select", kind_word: "multi_select", prefix: "txt" },
    FieldType { label: "Numeric Field", kind_word: "long", prefix: "num" },
    FieldType { label: "Auto Number", kind_word: "sequence_number", prefix: "num" },
    FieldType { label: "Decimal", kind_word: "double", prefix: "dbl" },
    FieldType { label: "Currency", kind_word: "double", prefix: "dbl" },
    FieldType { label: "Boolean", kind_word: "boolean", prefix: "bool" },
    FieldType { label: "Date", kind_word: "datestamp", prefix: "date" },
    FieldType { label: "Date/Time", kind_word: "datetime", prefix: "dt" },
    FieldType { label: "Lookup", kind_word: "refered_field", prefix: "ref" },
];

fn field_type(label: &str) -> Option<&'static FieldType> {
    let plain =
        |s: &str| s.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let wanted = plain(label);
    let labelled = TYPES.iter().find(|t| plain(t.label) == wanted);
    // Clients say the kind as well; of several fields of a kind the first.
    let of_kind = || TYPES.iter().find(|t| plain(t.kind_word) == wanted && t.kind_word != "string");
    labelled.or_else(of_kind).or(match wanted.as_str() {
        "string" | "text" => TYPES.first(),
        _ => None,
    })
}

fn kind(row: &Record) -> Option<Kind> {
    let options = options(row);
    Some(match field_type(row.text("field_type")?)?.label {
        "Multi Line" => Kind::Html { max: limit(row, "max_length").unwrap_or(5000) },
        "Pick List" | "Radio Button" => Kind::Pick { options },
        "Check Box" | "Multi Select" => Kind::PickMany { options },
        "E-mail" => Kind::Email,
        "Phone" => Kind::Text { max: limit(row, "max_length").unwrap_or(PHONE_MAX).min(PHONE_MAX) },
        "Numeric Field" | "Auto Number" => {
            Kind::Digits { min: -999_999_999_999_999, max: 999_999_999_999_999 }
        }
        "Decimal" | "Currency" => Kind::Double,
        "Boolean" => Kind::Bool,
        "Date" => Kind::Date,
        "Date/Time" => Kind::Time,
        "Lookup" => Kind::Ref(Name::Owned(reference(row)?)),
        _ => Kind::Text { max: limit(row, "max_length").unwrap_or(250) },
    })
}

fn is_of(row: &Record, label: &str) -> bool {
    row.text("field_type").and_then(field_type).is_some_and(|t| t.label == label)
}

/// Refuses what the kind of an additional field cannot say.
pub(crate) fn check(draft: &mut Draft) {
    let snapshot = draft.snapshot.clone();
    for (slot, row) in described(draft) {
        let Some(row) = snapshot.record_of("udf_field", row).filter(|_| draft.given.contains(&slot)) else {
            continue;
        };
        let text = draft.new.at(slot).as_str().filter(|t| !t.is_empty()).map(str::to_owned);
        if let Some(why) = text.and_then(|text| complaint(row, &text))
            && let Some(leaf) = draft.new.module.leaf(slot)
        {
            draft.refuse(Refusal::because(leaf.path.clone(), why));
        }
    }
}

/// Gives a new record the numbers of its fields that number.
pub(crate) async fn number(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    for (slot, row) in described(draft) {
        if snapshot.record_of("udf_field", row).is_some_and(|row| is_of(row, AUTO_NUMBER)) {
            let number = desk.numbers.next(&format!("udf_field {row}")).await?;
            draft.new.put(slot, number);
        }
    }
    Ok(())
}

/// The additional fields of a record: the place of each, and the row that describes it.
fn described(draft: &Draft) -> Vec<(usize, Id)> {
    let leaves = draft.new.module.leaves().iter().enumerate();
    let own = leaves.filter(|(_, leaf)| leaf.path.starts_with("udf_fields."));
    own.filter_map(|(slot, leaf)| leaf.field.id.map(|id| (slot, Id::new(id)))).collect()
}

/// What speaks against a text in a field of this description.
fn complaint(row: &Record, text: &str) -> Option<String> {
    let max = limit(row, "max_length").unwrap_or(EMAIL_MAX).min(EMAIL_MAX);
    if is_of(row, "URL") && !is_absolute_url(text) {
        Some("Not an absolute URL, such as https://www.example.com/".into())
    } else if is_of(row, "E-mail") && text.chars().count() > max {
        Some(format!("An e-mail address may have {max} characters at most"))
    } else {
        None
    }
}

/// A scheme, `://`, a host, and no white space anywhere.
fn is_absolute_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && host.chars().any(char::is_alphanumeric)
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
}

fn list(row: &Record, path: &str) -> Vec<serde_json::Value> {
    row.text(path).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

fn options(row: &Record) -> Vec<Name> {
    list(row, "allowed_values")
        .iter()
        .filter_map(|v| v.as_str().or_else(|| v.get("value")?.as_str()).map(|s| Name::Owned(s.to_owned())))
        .collect()
}

fn limit(row: &Record, name: &str) -> Option<usize> {
    list(row, "constraints")
        .iter()
        .find(|c| c.get("constraint_name").and_then(|n| n.as_str()) == Some(name))
        .and_then(|c| c.get("constraint_value"))
        .and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()))
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (1..=5000).contains(n))
}

fn reference(row: &Record) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(row.text("reference_entity")?).ok()?;
    let name = value.as_str().or_else(|| value.get("name")?.as_str())?;
    let known =
        ["user", "technician", "site", "department", "support_group", "category", "priority", "request"];
    let name = if name == "group" { "support_group" } else { name };
    known.contains(&name).then(|| name.to_owned())
}

/// Checks a new additional field and fills what its describer left open.
///
/// # Errors
/// When the catalogue is not ours.
pub(crate) fn prepare(draft: &mut Draft) -> Result<(), DeskError> {
    let new = &mut draft.new;
    let name = new.text("name").or_else(|| new.text("display_name")).map(str::to_owned);
    let Some(name) = name.filter(|n| !n.trim().is_empty()) else {
        draft.refuse(Refusal::Mandatory("name".into()));
        return Ok(());
    };
    new.set("name", name.as_str());
    if new.text("display_name").is_none() {
        new.set("display_name", name.as_str());
    }
    let module =
        new.text("module.name").or_else(|| new.text("sub_module.internal_name")).unwrap_or("request");
    let module = match module.to_ascii_lowercase().as_str() {
        "requests" | "incident" => "request".to_owned(),
        "users" | "requester" | "technician" => "user".to_owned(),
        other => other.to_owned(),
    };
    let is_extensible = draft.snapshot.catalogue.module(&module).is_some_and(|m| m.extensible);
    new.set("module.name", module.as_str());
    new.set("sub_module.internal_name", module.as_str());
    if !is_extensible {
        draft.refuse(Refusal::not_valid("module"));
    }
    let new = &mut draft.new;
    let Some(found) = new.text("field_type").and_then(field_type) else {
        draft.refuse(Refusal::not_valid("field_type"));
        return Ok(());
    };
    new.set("field_type", found.label);
    new.set("type", found.kind_word);
    if new.text("field_key").is_none() {
        let word: String = model::fold(&name)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(60)
            .collect();
        new.set("field_key", format!("{}_{}", found.prefix, word.trim_matches('_')));
    }
    let key = new.text("field_key").unwrap_or_default();
    let well_formed = key.len() <= 89
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !well_formed {
        draft.refuse(Refusal::not_valid("field_key"));
    }
    if kind(&draft.new).is_none() {
        draft.refuse(Refusal::not_valid("reference_entity"));
    }
    let needs_options = matches!(draft.new.text("field_type"), Some("Pick List" | "Radio Button"));
    if needs_options && options(&draft.new).is_empty() {
        draft.refuse(Refusal::Mandatory("allowed_values".into()));
    }
    Ok(())
}
