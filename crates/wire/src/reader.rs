//! Records in: from what a client sends to a [`Patch`], field by field as the catalogue describes them
//! (conventions 1.7, 4.5 and 5, wire-facts 9). Every error of an input is told at once, each with its field's path.

use crate::failure::Failure;
use crate::{lenient, scalar, time};
use model::{Access, Change, Check, Field, Id, Kind, Leaf, Module, Patch, RefInput, Value};
use serde_json::{Map, Value as Json};

/// A document that is kept as it came may be this long.
const JSON_MAX: usize = 64 * 1024;
/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;
/// A list of references or texts may be this long.
const LIST_MAX: usize = 500;

/// An input as far as it could be read, and what is wrong with the rest.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What it wants changed.
    pub patch: Patch,
    /// What is wrong with it.
    pub failures: Vec<Failure>,
    /// The paths of the known fields that something is wrong with.
    pub wrong: Vec<String>,
}

impl Reading {
    /// The patch, when all could be read.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn whole(self) -> Result<Patch, Failure> {
        Failure::merge(self.failures)?;
        Ok(self.patch)
    }

    /// Whether what is said of a path later on only follows from a failure: one of the field itself, of the group
    /// that it is in, or of the field that it is looked up in.
    #[must_use]
    pub fn is_wrong(&self, module: &Module, path: &str) -> bool {
        let leaf = module.find(path).or_else(|| module.find(&format!("udf_fields.{path}")));
        let around = leaf.and_then(|leaf| leaf.field.within.as_deref());
        let path = leaf.map_or(path, |leaf| leaf.path.as_str());
        self.wrong.iter().any(|wrong| {
            wrong == path
                || Some(wrong.as_str()) == around
                || path.strip_prefix(wrong.as_str()).is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

/// What an input wants changed in a record of the module.
///
/// # Errors
/// There is nothing in it that could be for the module.
pub fn input(module: &Module, input: &Json) -> Result<Reading, Failure> {
    let (object, strangers) = entity(module, input)?;
    let mut reading = read(module, &object);
    reading.failures.splice(0..0, strangers);
    Ok(reading)
}

/// The object that an input gives for a record of the module: under its key, or one of its other keys; as an object
/// or as the text of one. And what is wrong beside it.
///
/// # Errors
/// The key is missing, or it holds no object.
pub fn entity(module: &Module, input: &Json) -> Result<(Map<String, Json>, Vec<Failure>), Failure> {
    let Json::Object(root) = input else { return Err(Failure::type_mismatch(module.key())) };
    let mine = |key: &str| key == module.key() || key == module.name || module.input_keys.contains(&key);
    let strangers: Vec<Failure> = root
        .keys()
        .filter(|k| !mine(k) && k.as_str() != "list_info" && k.as_str() != "operations_required")
        .map(|k| Failure::extra_key(k.clone()))
        .collect();
    let Some((key, value)) = root.iter().find(|(key, _)| mine(key)) else {
        // Under another key it is most likely the same thing with a slip in the key, so nothing is missing.
        Failure::merge(strangers)?;
        return Err(Failure::mandatory(vec![module.key().to_owned()]));
    };
    match lenient::opened(value).into_owned() {
        Json::Object(object) => Ok((object, strangers)),
        _ => Err(Failure::type_mismatch(key.clone())),
    }
}

/// What an object wants changed in a record of the module, and all that is wrong with it.
#[must_use]
pub fn read(module: &Module, object: &Map<String, Json>) -> Reading {
    let mut reader = Reader { module, reading: Reading::default() };
    reader.members(&module.fields, object, "");
    reader.reading
}

struct Reader<'a> {
    module: &'a Module,
    reading: Reading,
}

impl Reader<'_> {
    fn members(&mut self, fields: &[Field], object: &Map<String, Json>, prefix: &str) {
        for (key, value) in object {
            let known = fields.iter().find(|f| f.key == *key || f.aliases.iter().any(|a| a == key));
            // What is never shown and never given does not exist for a client.
            let Some(field) = known.filter(|f| f.shown || f.access.is_open()) else {
                // The bare key: clients strip what is named so and send again (conventions 4.5).
                self.reading.failures.push(Failure::extra_key(key.clone()));
                continue;
            };
            let path =
                if prefix.is_empty() { field.key.to_string() } else { format!("{prefix}.{}", field.key) };
            match &field.kind {
                Kind::Group(members) => self.group(members, value, &path),
                _ => self.leaf(field, value, &path),
            }
        }
    }

    fn group(&mut self, members: &[Field], value: &Json, path: &str) {
        match lenient::opened(value).as_ref() {
            Json::Object(object) => self.members(members, object, path),
            Json::Null => {
                for leaf in self.module.leaves() {
                    let inside = leaf.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
                    if inside && leaf.field.access == Access::Write {
                        self.say(&leaf.path, Change::Clear);
                    }
                }
            }
            // Some send an empty text for no object.
            Json::String(text) if text.trim().is_empty() => {}
            _ => self.wrong(Failure::type_mismatch(path), path),
        }
    }

    fn say(&mut self, path: &str, change: Change) {
        if let Some(slot) = self.module.slot(path) {
            self.reading.patch.set(slot, change);
        }
    }

    fn leaf(&mut self, field: &Field, value: &Json, path: &str) {
        if field.ignored {
            return;
        }
        // Whether a field that is given once and for all really changes is for the desk to see.
        match field.access {
            Access::ReadOnly => return self.wrong(Failure::read_only(path), path),
            Access::ByOperation => return self.wrong(Failure::not_editable(path), path),
            Access::Write | Access::AddOnly => {}
        }
        match change(field, value, path).and_then(|change| checked(field, change, path)) {
            Ok(change) => self.say(path, change),
            Err(failure) => self.wrong(failure, path),
        }
    }

    fn wrong(&mut self, failure: Failure, path: &str) {
        self.reading.failures.push(failure);
        self.reading.wrong.push(path.to_owned());
    }
}

/// Whether a field may hold a value, for faces that read their inputs themselves. `path` is what the error calls it.
///
/// # Errors
/// What is wrong with the value.
pub fn check(field: &Field, value: &Json, path: &str) -> Result<(), Failure> {
    change(field, value, path).and_then(|change| checked(field, change, path)).map(|_| ())
}

/// What a value must be like beyond its kind.
fn checked(field: &Field, change: Change, path: &str) -> Result<Change, Failure> {
    let Change::Value(value) = &change else { return Ok(change) };
    let refuse = |words: String| Err(Failure::not_valid(path).saying(words));
    for check in &field.checks {
        let text = || value.as_str().unwrap_or_default();
        let empty = value.as_str().is_some_and(|t| t.trim().is_empty());
        match check {
            _ if empty => {}
            Check::Url if !is_url(text()) => {
                return refuse(format!("{path} must be an absolute address, such as https://example.com/"));
            }
            Check::Ip if text().trim().parse::<std::net::IpAddr>().is_err() => {
                return refuse(format!("{path} must be an IP address"));
            }
            Check::Length { min, max } => {
                let count = text().chars().count();
                if count < *min {
                    return refuse(format!("{path} must have {min} characters at least"));
                }
                if count > *max {
                    return refuse(format!("{path} has {count} characters, {max} are the most"));
                }
            }
            Check::Pattern(pattern) if !pattern.matches(text()) => {
                return refuse(format!("{path} must match {}", pattern.text()));
            }
            Check::Between { min, max } => {
                let number = value.as_double().or_else(|| value.as_str()?.parse().ok());
                if number.is_some_and(|n| !(*min..=*max).contains(&n)) {
                    return refuse(format!("{path} must be between {min} and {max}"));
                }
            }
            Check::Url | Check::Ip | Check::Pattern(_) => {}
        }
    }
    Ok(change)
}

/// A scheme, `://`, a host, and no white space anywhere.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && host.chars().any(char::is_alphanumeric)
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"'))
}

fn change(field: &Field, value: &Json, path: &str) -> Result<Change, Failure> {
    if value.is_null() {
        return Ok(Change::Clear);
    }
    let wrong_type = || Failure::type_mismatch(path);
    let not_valid = || Failure::not_valid(path);
    let plain = |value: Value| Ok(Change::Value(value));
    match &field.kind {
        Kind::Text { max } | Kind::Html { max } => {
            let text = scalar::text(value).ok_or_else(wrong_type)?;
            let count = text.chars().count();
            if count > *max {
                return Err(not_valid().saying(format!("{path} has {count} characters, {max} are the most")));
            }
            plain(Value::Text(text))
        }
        Kind::Email => {
            let text = value.as_str().ok_or_else(wrong_type)?.trim();
            if text.is_empty() {
                return Ok(Change::Clear);
            }
            if is_email(text) { plain(Value::from(text)) } else { Err(not_valid()) }
        }
        Kind::Color => {
            let text = value.as_str().ok_or_else(wrong_type)?.trim().to_ascii_lowercase();
            let digits =
                text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
            if digits.is_some() { plain(Value::Text(text)) } else { Err(not_valid()) }
        }
        Kind::Bool => scalar::truth(value).map(|b| Change::Value(Value::Bool(b))).ok_or_else(wrong_type),
        Kind::Int { min, max } | Kind::Digits { min, max } => {
            if value.as_str().is_some_and(|s| s.trim().is_empty()) {
                return Ok(Change::Clear);
            }
            let number = number(value).ok_or_else(wrong_type)?;
            if (*min..=*max).contains(&number) {
                return plain(Value::Int(number));
            }
            Err(not_valid().saying(format!("{path} must be between {min} and {max}")))
        }
        Kind::Double => {
            let number =
                value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
            number.map(|n| Change::Value(Value::Double(n))).ok_or_else(wrong_type)
        }
        Kind::Decimal => decimal(value, path),
        Kind::Time => {
            instant(value, path).map(|ms| ms.map_or(Change::Clear, |ms| Change::Value(Value::Int(ms))))
        }
        Kind::Date => {
            written_date(value, path).map(|ms| ms.map_or(Change::Clear, |ms| Change::Value(Value::Int(ms))))
        }
        Kind::Pick { options } => {
            let text = scalar::text(value).ok_or_else(wrong_type)?;
            if text.is_empty() {
                return Ok(Change::Clear);
            }
            let option = options.iter().find(|o| o.eq_ignore_ascii_case(&text));
            option.map(|o| Change::Value(Value::Text(o.to_string()))).ok_or_else(not_valid)
        }
        Kind::PickMany { options } => texts(value, options, path),
        Kind::Ref(_) => match reference(value, path)? {
            Some(meant) => Ok(Change::Ref(meant)),
            // Null empties the field, and so does an empty text (requests.md section 1). An object says that there is
            // something: one that names no record is a slip, and takes nobody's technician away.
            None if lenient::opened(value).is_object() => {
                Err(not_valid().saying(format!("{path} names no record; null empties it")))
            }
            None => Ok(Change::Clear),
        },
        Kind::RefMany(_) => {
            let value = lenient::opened(value);
            let items = match value.as_ref() {
                Json::Array(items) => items.as_slice(),
                one => std::slice::from_ref(one),
            };
            if items.len() > LIST_MAX {
                return Err(not_valid());
            }
            // Objects, as the vendor wants them here: a bare word may be an id, a name or a slip.
            let bare = |item: &Json| !matches!(lenient::opened(item).as_ref(), Json::Object(_) | Json::Null);
            if value.is_array() && items.iter().any(bare) {
                return Err(Failure::extra_value_in_array(path));
            }
            // Null and an empty text say that there are none. An item of a list that names no record is a mistake, and
            // must not take away what is there.
            let nameless = || not_valid().saying(format!("an item of {path} names no record"));
            let found = items.iter().filter_map(|item| match reference(item, path) {
                Ok(None) if value.is_array() || item.is_object() => Some(Err(nameless())),
                found => found.transpose(),
            });
            Ok(Change::Refs(found.collect::<Result<_, _>>()?))
        }
        Kind::Span => span(value, path),
        Kind::Json => {
            let text = lenient::opened(value).to_string();
            if text.len() > JSON_MAX { Err(not_valid()) } else { plain(Value::Text(text)) }
        }
        Kind::Id | Kind::Number { .. } | Kind::Group(_) => Err(Failure::read_only(path)),
    }
}

/// A whole number that is exactly what was sent, also as `"12"` or `1.0`.
fn number(value: &Json) -> Option<i64> {
    let number = scalar::whole(value)?;
    // The reader of scalars gives the nearest number for what does not fit; here that would be another number.
    let saturated = number == i64::MAX || number == i64::MIN;
    (!saturated).then_some(number)
}

/// An address that could receive mail: one @, something on both sides, no spaces, within the limits of mail.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && local.len() <= 64
        && !domain.is_empty()
        && text.len() <= 254
        && !local.contains('@')
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !domain.contains("..")
}

fn decimal(value: &Json, path: &str) -> Result<Change, Failure> {
    /// More digits than any amount has before the point and after it; sums of such amounts are still exact.
    const DIGITS_MAX: (usize, usize) = (18, 8);
    // Newer portals wrap amounts (requests.md section 8).
    let value = value.get("value").unwrap_or(value);
    let text = scalar::text(value).ok_or_else(|| Failure::type_mismatch(path))?;
    let text = text.trim();
    if text.is_empty() {
        return Ok(Change::Clear);
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(Failure::type_mismatch(path));
    }
    if whole.len() > DIGITS_MAX.0 || fraction.len() > DIGITS_MAX.1 {
        let words =
            format!("{path} has more than {} digits, or {} after the point", DIGITS_MAX.0, DIGITS_MAX.1);
        return Err(Failure::not_valid(path).saying(words));
    }
    Ok(Change::Value(Value::from(text.strip_prefix('+').unwrap_or(text))))
}

/// `{"value": ms}`, ms as number or text; `None` for no time, which only null and an empty text say: an object
/// without a value is a mistake, and nobody's promise is to be lost by one.
fn instant(value: &Json, path: &str) -> Result<Option<i64>, Failure> {
    let value = lenient::opened(value);
    let unreadable = || Failure::not_valid(path).saying(format!("Unable to parse JSON for : {path}"));
    let ms = match value.as_ref() {
        Json::Object(object) => {
            if let Some(extra) = object.keys().find(|k| !matches!(k.as_str(), "value" | "display_value")) {
                return Err(Failure::extra_key(extra.clone()));
            }
            match object.get("value") {
                Some(Json::Null) => return Ok(None),
                Some(inner) => number(inner),
                None => None,
            }
        }
        Json::String(text) if text.trim().is_empty() => return Ok(None),
        other => number(other),
    };
    ms.filter(|ms| time::YEARS.contains(ms)).map(Some).ok_or_else(unreadable)
}

/// The same, or a day as `2026-09-18`, bare or under `value`. An instant stays the one that was sent, since clients compare
/// what they read with that (wire-facts.md section 11).
fn written_date(value: &Json, path: &str) -> Result<Option<i64>, Failure> {
    let text = value.as_str().or_else(|| value.get("value")?.as_str()).and_then(time::day_of);
    if text.is_some() { Ok(text) } else { instant(value, path) }
}

/// The day that is meant, as its beginning.
fn date(value: &Json, path: &str) -> Result<Option<i64>, Failure> {
    Ok(written_date(value, path)?.map(|ms| ms - ms.rem_euclid(DAY_MS)))
}

fn texts(value: &Json, options: &[model::Name], path: &str) -> Result<Change, Failure> {
    let value = lenient::opened(value);
    let given: Vec<String> = match value.as_ref() {
        Json::Array(items) if items.len() <= LIST_MAX => {
            let texts: Option<Vec<String>> = items.iter().map(|i| i.as_str().map(str::to_owned)).collect();
            texts.ok_or_else(|| Failure::extra_value_in_array(path))?
        }
        Json::String(text) if options.is_empty() => {
            text.split([',', ';']).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
        }
        Json::String(text) => vec![text.clone()],
        _ => return Err(Failure::type_mismatch(path)),
    };
    let mut chosen = Vec::with_capacity(given.len());
    for text in given {
        if text.chars().count() > 1000 {
            return Err(Failure::not_valid(path));
        }
        match options.iter().find(|o| o.eq_ignore_ascii_case(&text)) {
            Some(option) => chosen.push(option.to_string()),
            None if options.is_empty() => chosen.push(text),
            None => return Err(Failure::not_valid(path)),
        }
    }
    if chosen.is_empty() {
        return Ok(Change::Clear);
    }
    Ok(Change::Value(Value::Text(Json::from(chosen).to_string())))
}

/// A reference: an object with id, name or e-mail address; the text of one; a bare id or name. `None` for none.
pub(crate) fn reference(value: &Json, path: &str) -> Result<Option<RefInput>, Failure> {
    let value = lenient::opened(value);
    let by_name = |text: &str| RefInput { name: Some(text.to_owned()), ..RefInput::default() };
    match value.as_ref() {
        Json::Null => Ok(None),
        Json::Object(object) => {
            // The vendor refuses this one by name (conventions 4.5); what an echoing client sends is passed over.
            if object.contains_key("email") {
                return Err(Failure::extra_key("email"));
            }
            let text = |key: &str| match object.get(key) {
                None | Some(Json::Null) => Ok(None),
                Some(Json::String(s)) if s.trim().is_empty() => Ok(None),
                Some(Json::String(s)) if s.chars().count() <= 500 => Ok(Some(s.trim().to_owned())),
                Some(Json::Number(n)) => Ok(Some(n.to_string())),
                Some(_) => Err(Failure::not_valid(path)),
            };
            let id = match object.get("id") {
                None | Some(Json::Null) => None,
                Some(id) => id_of(id, path)?,
            };
            let input = RefInput { id, name: text("name")?, email: text("email_id")?, site: None };
            let nothing = input == RefInput::default();
            if nothing && object.keys().any(|k| !matches!(k.as_str(), "id" | "name" | "email_id")) {
                let stranger = object.keys().next().cloned().unwrap_or_default();
                return Err(Failure::extra_key(stranger));
            }
            // What a name means can depend on the site; what is no site in an echoed record says nothing.
            let site = object.get("site").and_then(|site| reference(site, path).ok().flatten()).map(Box::new);
            Ok((!nothing).then_some(RefInput { site, ..input }))
        }
        Json::String(text) if text.trim().is_empty() => Ok(None),
        Json::String(text) => Ok(Some(match text.trim().parse::<Id>() {
            Ok(id) => RefInput { id: Some(id), ..RefInput::default() },
            Err(_) => by_name(text.trim()),
        })),
        Json::Number(_) => Ok(Some(RefInput { id: id_of(&value, path)?, ..RefInput::default() })),
        _ => Err(Failure::type_mismatch(path)),
    }
}

/// An id as text or number. What is no id names the field `id`, as the vendor does, with the path in the words.
fn id_of(value: &Json, path: &str) -> Result<Option<Id>, Failure> {
    let text = scalar::text(value).unwrap_or_default();
    if text.trim().is_empty() && value.is_string() {
        return Ok(None);
    }
    text.trim().parse().map(Some).map_err(|_| {
        Failure::unable_to_parse("id").saying(format!("Unable to parse the given data for id of {path}"))
    })
}

/// `{"hours", "minutes"}`, `{"value": ms}`, or minutes as a bare number (requests.md section 8, wire-facts 9).
fn span(value: &Json, path: &str) -> Result<Change, Failure> {
    let value = lenient::opened(value);
    let wrong = || Failure::type_mismatch(path);
    let part = |object: &Map<String, Json>, key: &str| match object.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(s)) if s.trim().is_empty() => Ok(None),
        Some(n) => number(n).filter(|n| *n >= 0).map(Some).ok_or_else(wrong),
    };
    let ms = match value.as_ref() {
        Json::Object(object) => {
            if let Some(extra) =
                object.keys().find(|k| !matches!(k.as_str(), "hours" | "minutes" | "value" | "days"))
            {
                return Err(Failure::extra_key(extra.clone()));
            }
            let parts = [("days", 86_400_000_i64), ("hours", 3_600_000), ("minutes", 60_000)];
            let mut total = None;
            for (key, unit) in parts {
                if let Some(n) = part(object, key)? {
                    total = Some(n.saturating_mul(unit).saturating_add(total.unwrap_or(0_i64)));
                }
            }
            match total {
                Some(total) => Some(total),
                None => part(object, "value")?,
            }
        }
        other => Some(number(other).filter(|n| *n >= 0).ok_or_else(wrong)?.saturating_mul(60_000)),
    };
    Ok(ms.map_or(Change::Clear, |ms| Change::Value(Value::Int(ms))))
}

/// An operand of a search, decoded by its field.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A value of the field's own kind; text is folded.
    Value(Value),
    /// A record by its id.
    Id(Id),
    /// A record by its name or e-mail address.
    Name(String),
}

/// Decodes the operands of a search by their field.
///
/// # Errors
/// An operand that is no value of the field's kind.
pub fn operands(leaf: &Leaf, raw: &[Json]) -> Result<Vec<Operand>, Failure> {
    raw.iter().map(|value| operand(leaf, value)).collect()
}

fn operand(leaf: &Leaf, value: &Json) -> Result<Operand, Failure> {
    let wrong =
        || Failure::not_valid("search_criteria").saying(format!("Not a value of {}: {value}", leaf.path));
    let path = leaf.path.as_str();
    let found = match &leaf.field.kind {
        Kind::Email => scalar::text(value).map(|text| Value::Text(model::fold_email(&text))),
        Kind::Text { .. }
        | Kind::Html { .. }
        | Kind::Color
        | Kind::Pick { .. }
        | Kind::PickMany { .. }
        | Kind::Json => {
            let value = value.get("name").unwrap_or(value);
            scalar::text(value).map(|text| Value::Text(model::fold(&text)))
        }
        Kind::Bool => scalar::truth(value).map(Value::Bool),
        // `PB-140` is 140.
        Kind::Number { prefix } => {
            let value = value.get("value").or_else(|| value.get("display_value")).unwrap_or(value);
            let text = scalar::text(value).unwrap_or_default();
            let digits = text
                .trim()
                .get(prefix.len()..)
                .filter(|_| text.trim().get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix)));
            digits.unwrap_or(text.trim()).parse().ok().map(Value::Int)
        }
        Kind::Id | Kind::Int { .. } | Kind::Digits { .. } => {
            scalar::whole(value.get("value").unwrap_or(value)).map(Value::Int)
        }
        Kind::Span => scalar::whole(value.get("value").unwrap_or(value)).map(Value::Int),
        Kind::Double | Kind::Decimal => {
            let number =
                value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite());
            number.map(Value::Double)
        }
        Kind::Time => instant(value, path).ok().flatten().map(Value::Int),
        Kind::Date => date(value, path).ok().flatten().map(Value::Int),
        Kind::Ref(_) | Kind::RefMany(_) => {
            let RefInput { id, name, email, .. } =
                reference(value, path).map_err(|_| wrong())?.ok_or_else(wrong)?;
            return match (id, email.or(name)) {
                (Some(id), _) => Ok(Operand::Id(id)),
                (None, Some(name)) => Ok(Operand::Name(name)),
                (None, None) => Err(wrong()),
            };
        }
        Kind::Group(_) => None,
    };
    found.map(Operand::Value).ok_or_else(wrong)
}
