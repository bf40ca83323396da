//! From JSON to whom it asks for (happyfox.md sections 1.2 to 1.6). All that is wrong with an object is told at once.

use super::Call;
use super::answer::of_all;
use desk::requesters::fields::{FieldKind, RequesterField};
use desk::requesters::phones::{PHONES_MAX, digits};
use desk::requesters::{Wanted, WantedPhone};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

const NAME_MAX: usize = 255;
const PHONE_MAX: usize = 50;
const PHONE_KINDS: [&str; 5] = ["main", "mobile", "work", "home", "other"];
const NAME_RULE: &str = "Name is required when only phones is passed in the request payload.";
const NOBODY: &str = "Email or phones is required";

/// Why an object is not followed, and the name and the address that it gives, if any.
pub(super) struct Wrong {
    pub errors: Json,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// What an object asks for.
pub(super) fn wanted(call: &Call<'_>, value: &Json, fields: &[RequesterField]) -> Result<Wanted, Wrong> {
    let Json::Object(object) = value else {
        let errors = of_all("Invalid data. Expected a dictionary.");
        return Err(Wrong { errors, name: None, email: None });
    };
    let mut errors = Map::new();
    let email = text(object, "email", &mut errors).and_then(|email| self::email(email, "email", &mut errors));
    let name = text(object, "name", &mut errors).and_then(|name| self::name(name, &mut errors));
    let given = |key: &str| errors.contains_key(key);
    let has_email = email.is_some() || given("email");
    let has_name = name.is_some() || given("name");
    let has_phones = match object.get("phones") {
        None | Some(Json::Null) => false,
        Some(Json::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let wrong =
        |errors: Json, name: &Option<String>| Err(Wrong { errors, name: name.clone(), email: email.clone() });
    if !has_email && !has_phones {
        return wrong(of_all(NOBODY), &name);
    }
    if !has_email && !has_name {
        return wrong(json!({"field": "name", "message": NAME_RULE}), &None);
    }
    let phones = phones(object.get("phones"), &mut errors);
    let skip = match object.get("skip_mandatory_requester_custom_fields_check") {
        None | Some(Json::Null | Json::Bool(false)) => false,
        Some(Json::Bool(true)) => true,
        Some(_) => {
            let key = "skip_mandatory_requester_custom_fields_check";
            errors.insert(key.into(), json!(["Must be a valid boolean."]));
            true
        }
    };
    let values = custom_fields(call, object.get("custom_fields"), fields, skip, &mut errors);
    if !errors.is_empty() {
        return wrong(Json::Object(errors), &name);
    }
    Ok(Wanted { email, name, phones, fields: values })
}

/// A text that is there and not blank.
fn text<'a>(object: &'a Map<String, Json>, key: &str, errors: &mut Map<String, Json>) -> Option<&'a str> {
    match object.get(key) {
        None | Some(Json::Null) => None,
        Some(Json::String(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        Some(_) => {
            errors.insert(key.into(), json!(["Not a valid string."]));
            None
        }
    }
}

/// An address as section 1.2 has it.
pub(super) fn email(text: &str, key: &str, errors: &mut Map<String, Json>) -> Option<String> {
    let is_valid = || {
        let (local, domain) = text.split_once('@')?;
        let fits = text.chars().count() <= 254 && !local.is_empty() && local.chars().count() <= 64;
        let dotted = domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
        let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        (fits && dotted && plain && !domain.contains('@')).then_some(())
    };
    if is_valid().is_some() {
        return Some(text.to_owned());
    }
    errors.insert(key.into(), json!(["Enter a valid email address."]));
    None
}

fn name(text: &str, errors: &mut Map<String, Json>) -> Option<String> {
    let words = if text.chars().count() > NAME_MAX {
        format!("Ensure this field has no more than {NAME_MAX} characters.")
    } else if text.chars().any(char::is_control) {
        "Control characters are not allowed.".to_owned()
    } else {
        return Some(text.to_owned());
    };
    errors.insert("name".into(), json!([words]));
    None
}

fn phones(value: Option<&Json>, errors: &mut Map<String, Json>) -> Vec<WantedPhone> {
    let items = match value {
        None | Some(Json::Null) => return Vec::new(),
        Some(Json::Array(items)) => items,
        Some(_) => {
            errors.insert("phones".into(), json!(["Expected a list of items."]));
            return Vec::new();
        }
    };
    let mut words: Vec<String> = Vec::new();
    let mut found: Vec<WantedPhone> = Vec::new();
    // Where each is among them, by its digits: a list may have far more than are taken.
    let mut places: HashMap<String, usize> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        match phone(item) {
            Ok(phone) => {
                let at = *places.entry(digits(&phone.number)).or_insert(found.len());
                match found.get_mut(at) {
                    // The same number twice is one phone.
                    Some(known) => {
                        known.is_primary |= phone.is_primary;
                        known.kind = known.kind.or(phone.kind);
                    }
                    None => found.push(phone),
                }
            }
            Err(why) => words.push(format!("Phone {}: {why}", place + 1)),
        }
    }
    if found.len() > PHONES_MAX {
        words.push(format!("A requester may have {PHONES_MAX} phones at most."));
    }
    if found.iter().filter(|phone| phone.is_primary).count() > 1 {
        words.push("Only one phone can be primary.".into());
    }
    if !words.is_empty() {
        errors.insert("phones".into(), json!(words));
    }
    found
}

fn phone(item: &Json) -> Result<WantedPhone, String> {
    let Json::Object(item) = item else { return Err("expected an object.".into()) };
    let id = match item.get("id") {
        None | Some(Json::Null) => None,
        Some(id) => Some(id.as_i64().ok_or("id is not a valid integer.")?),
    };
    let kind = match item.get("type") {
        None | Some(Json::Null) => None,
        Some(Json::String(kind)) => {
            let known = PHONE_KINDS.iter().find(|known| *known == kind);
            Some(*known.ok_or_else(|| format!("type is not one of {}.", PHONE_KINDS.join(", ")))?)
        }
        Some(_) => return Err("type is not a valid string.".into()),
    };
    let number = match item.get("number") {
        Some(Json::String(number)) => number.trim(),
        None | Some(Json::Null) => return Err("number is required.".into()),
        Some(_) => return Err("number is not a valid string.".into()),
    };
    let is_primary = match item.get("is_primary") {
        None | Some(Json::Null) => false,
        Some(Json::Bool(is_primary)) => *is_primary,
        Some(_) => return Err("is_primary is not a valid boolean.".into()),
    };
    if number.is_empty() || number.chars().count() > PHONE_MAX {
        return Err(format!("number must have 1 to {PHONE_MAX} characters."));
    }
    // An extension is the only word in a number.
    let lower = number.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    if digits(number).is_empty() || words.iter().any(|word| !matches!(*word, "x" | "ext")) || words.len() > 1
    {
        return Err(format!("{number} is not a phone number."));
    }
    if number.chars().any(char::is_control) {
        return Err("number has control characters.".into());
    }
    Ok(WantedPhone { id, kind, number: number.to_owned(), is_primary })
}

fn custom_fields(
    call: &Call<'_>,
    value: Option<&Json>,
    fields: &[RequesterField],
    skip_mandatory: bool,
    errors: &mut Map<String, Json>,
) -> Vec<(usize, model::Value)> {
    let empty = Map::new();
    let given = match value {
        None | Some(Json::Null) => &empty,
        Some(Json::Object(given)) => given,
        Some(_) => {
            errors.insert("custom_fields".into(), json!(["Expected a dictionary of items."]));
            return Vec::new();
        }
    };
    let mut wrong = Map::new();
    let mut values = Vec::new();
    for (key, value) in given {
        let id = key.parse::<i64>().ok().filter(|id| id.to_string() == *key);
        match id.and_then(|id| fields.iter().find(|field| field.id == id)) {
            None => {
                wrong.insert(key.clone(), json!(["There is no such field."]));
            }
            Some(field) => {
                match field.stored(value).and_then(|stored| keeps_rules(call, field, value, stored)) {
                    Ok(value) => values.push((field.slot, value)),
                    Err(why) => {
                        wrong.insert(key.clone(), json!([why]));
                    }
                }
            }
        }
    }
    if !skip_mandatory {
        for field in fields.iter().filter(|field| field.mandatory) {
            let key = field.id.to_string();
            if RequesterField::is_missing(given.get(&key)) {
                wrong.insert(key, json!([format!("{} is required.", field.name)]));
            }
        }
    }
    if !wrong.is_empty() {
        errors.insert("custom_fields".into(), Json::Object(wrong));
    }
    values
}

/// What administrators demand of a field holds at this face as at the other: its length, its limits, its pattern.
fn keeps_rules(
    call: &Call<'_>,
    field: &RequesterField,
    value: &Json,
    stored: model::Value,
) -> Result<model::Value, String> {
    let snapshot = call.api.desk.snapshot();
    let leaf = snapshot.catalogue.module("user").and_then(|user| user.leaf(field.slot));
    let Some(leaf) = leaf.filter(|_| matches!(field.kind, FieldKind::Text | FieldKind::Number)) else {
        return Ok(stored);
    };
    wire::reader::check(&leaf.field, value, &field.name).map(|()| stored).map_err(|failure| {
        let words = failure.messages.into_iter().find_map(|message| message.message);
        words.unwrap_or_else(|| "Not valid.".into())
    })
}
