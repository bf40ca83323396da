//! A record as another desk shows it, read back value by value: the inverse of [`crate::writer`].
//!
//! The [`crate::reader`] judges what a client wishes; here nothing is wished for. What is shown was so: fields that
//! the desk gives itself are read like the others, no limit is looked at and no rule.

use crate::{lenient, reader, scalar};
use model::{Change, Field, Kind, Module, Patch, RefInput, Storage, Value};
use serde_json::{Map, Value as Json};

/// What an object tells of a record.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The values. What the object does not name is absent.
    pub patch: Patch,
    /// Paths of what could not be read, each with the words to tell it by.
    pub strange: Vec<(String, String)>,
}

/// Reads what an object tells of a record of the module. Values that are worked out are passed over, and so is what the
/// module does not know.
#[must_use]
pub fn read(module: &Module, object: &Map<String, Json>) -> Facts {
    let mut facts = Facts::default();
    members(module, &module.fields, object, "", &mut facts);
    facts
}

fn members(module: &Module, fields: &[Field], object: &Map<String, Json>, prefix: &str, facts: &mut Facts) {
    for field in fields.iter().filter(|field| field.shown && field.mirrors.is_none()) {
        let given = object
            .get(field.key.as_ref())
            .or_else(|| field.aliases.iter().find_map(|alias| object.get(alias.as_ref())));
        let Some(given) = given else { continue };
        let path = if prefix.is_empty() { field.key.to_string() } else { format!("{prefix}.{}", field.key) };
        match (&field.kind, given) {
            (Kind::Group(inner), Json::Object(object)) => members(module, inner, object, &path, facts),
            (Kind::Group(inner), _) => members(module, inner, &nothing(inner), &path, facts),
            _ if field.storage == Storage::Computed => {}
            _ => {
                let Some(slot) = module.slot(&path) else { continue };
                match value(&field.kind, given) {
                    Some(change) => facts.patch.set(slot, change),
                    None => facts.strange.push((path, format!("Not a value of this field: {given}"))),
                }
            }
        }
    }
}

/// A group without a value: each of its members without one.
fn nothing(fields: &[Field]) -> Map<String, Json> {
    fields.iter().map(|field| (field.key.to_string(), Json::Null)).collect()
}

/// A value as the writer writes it, and in the few other forms that are seen on the wire.
fn value(kind: &Kind, given: &Json) -> Option<Change> {
    if given.is_null() {
        return Some(Change::Clear);
    }
    let plain = |value: Value| Some(Change::Value(value));
    let inner = given.get("value").unwrap_or(given);
    match kind {
        Kind::Text { .. } | Kind::Html { .. } | Kind::Email | Kind::Color | Kind::Pick { .. } => {
            plain(Value::Text(scalar::text(given)?))
        }
        Kind::Bool => plain(Value::Bool(scalar::truth(given)?)),
        Kind::Id | Kind::Int { .. } | Kind::Digits { .. } => {
            if given.as_str().is_some_and(|text| text.trim().is_empty()) {
                return Some(Change::Clear);
            }
            plain(Value::Int(scalar::whole(inner)?))
        }
        Kind::Number { prefix } => {
            let text = scalar::text(inner)?;
            plain(Value::Int(text.trim().trim_start_matches(prefix).parse().ok()?))
        }
        Kind::Double => {
            let number = inner.as_f64().or_else(|| inner.as_str()?.trim().parse().ok());
            plain(Value::Double(number.filter(|n| n.is_finite())?))
        }
        Kind::Decimal => plain(Value::Text(scalar::text(inner).filter(|t| t.trim().parse::<f64>().is_ok())?)),
        Kind::Time | Kind::Date => match inner {
            Json::Null => Some(Change::Clear),
            _ => plain(Value::Int(scalar::whole(inner)?)),
        },
        Kind::Span => match (given.get("value"), given) {
            (Some(ms), _) => plain(Value::Int(scalar::whole(ms)?)),
            (None, Json::Object(parts)) => {
                let part = |key: &str| parts.get(key).and_then(scalar::whole).unwrap_or(0);
                plain(Value::Int(part("hours") * 3_600_000 + part("minutes") * 60_000))
            }
            _ => plain(Value::Int(scalar::whole(given)?)),
        },
        Kind::PickMany { .. } => {
            let texts: Option<Vec<String>> = given.as_array()?.iter().map(scalar::text).collect();
            let texts = texts?;
            if texts.is_empty() {
                return Some(Change::Clear);
            }
            plain(Value::Text(Json::from(texts).to_string()))
        }
        Kind::Ref(_) => {
            reader::reference(given, "").ok()?.map_or(Some(Change::Clear), |to| Some(Change::Ref(to)))
        }
        Kind::RefMany(_) => {
            let given = lenient::opened(given);
            let items: Option<Vec<Option<RefInput>>> =
                given.as_array()?.iter().map(|item| reader::reference(item, "").ok()).collect();
            Some(Change::Refs(items?.into_iter().flatten().collect()))
        }
        Kind::Json => plain(Value::Text(given.to_string())),
        Kind::Group(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::{Lookups, Writer};
    use model::{Additions, Catalogue, Id, Record};

    /// Every reference leads to a record of which only the id is known.
    struct Anyone(Catalogue);

    impl Lookups for Anyone {
        // Leaked: a lookup lends what it has, and this one has nothing before it is asked.
        fn record(&self, module: &str, id: Id) -> Option<&Record> {
            let mut record = Record::new(self.0.module(module)?.clone());
            record.set("id", id);
            Some(Box::leak(Box::new(record)))
        }
    }

    /// A value of a kind, unlike that of the field before.
    fn some(kind: &Kind, n: i64) -> Value {
        match kind {
            Kind::Bool => Value::Bool(n % 2 == 0),
            Kind::Double => Value::Double(0.5 + 3.0),
            Kind::Decimal => Value::from("12.50"),
            Kind::Json => Value::from(format!("{{\"n\":{n}}}")),
            Kind::PickMany { .. } => Value::from(format!("[\"a b\",\"{n}\"]")),
            Kind::RefMany(_) => model::record::list_of(&[Id::new(n), Id::new(n + 1)]),
            Kind::Text { .. } | Kind::Html { .. } | Kind::Email | Kind::Color | Kind::Pick { .. } => {
                Value::from(format!(" <{n}>\n\"é\" "))
            }
            Kind::Date => Value::Int(n * 86_400_000),
            _ => Value::Int(n),
        }
    }

    #[test]
    fn what_the_writer_wrote_is_read_back() {
        let lookups = Anyone(Catalogue::new(&Additions::default()));
        for module in lookups.0.modules() {
            let mut record = Record::new(module.clone());
            for (n, (slot, leaf)) in (1_000_i64..).zip(module.leaves().iter().enumerate()) {
                record.put(slot, some(&leaf.field.kind, n));
            }
            for record in [record, Record::new(module.clone())] {
                let mut text = String::new();
                Writer::new(&lookups, &jiff::tz::TimeZone::UTC).record(&mut text, &record);
                let object: Map<String, Json> = serde_json::from_str(&text).unwrap();
                let facts = read(module, &object);
                assert_eq!(facts.strange, Vec::new(), "{}", module.name);
                for (slot, leaf) in module.leaves().iter().enumerate() {
                    let is_seen =
                        module.tree().iter().any(|node| node.key() == leaf.path.split('.').next().unwrap());
                    if leaf.field.storage == Storage::Computed || !leaf.field.shown || !is_seen {
                        continue;
                    }
                    let told = match facts.patch.get(slot) {
                        Some(Change::Value(value)) => value.clone(),
                        Some(Change::Ref(to)) => to.id.map(Value::from).unwrap(),
                        Some(Change::Refs(all)) => {
                            model::record::list_of(&all.iter().map(|to| to.id.unwrap()).collect::<Vec<_>>())
                        }
                        Some(Change::Clear) => Value::Null,
                        None => panic!("{}.{} is not told of", module.name, leaf.path),
                    };
                    // No answer at all is shown as no.
                    let was = match (record.at(slot), &leaf.field.kind) {
                        (Value::Null, Kind::Bool) if told == Value::Bool(false) => continue,
                        (was, _) => was,
                    };
                    assert_eq!(&told, was, "{}.{}", module.name, leaf.path);
                }
            }
        }
    }

    #[test]
    fn other_forms_and_nonsense() {
        let catalogue = Catalogue::new(&Additions::default());
        let module = catalogue.module("worklog").unwrap();
        let object = serde_json::json!({
            "time_spent": {"hours": "01", "minutes": "30"}, "tech_charge": {"value": "2.0"},
            "type": {"name": "Repair"}, "start_time": {"value": "soon"}, "no_such_field": 1});
        let facts = read(module, object.as_object().unwrap());
        let told = |path: &str| facts.patch.get(module.slot(path).unwrap()).cloned();
        assert_eq!(told("time_spent"), Some(Change::Value(Value::Int(5_400_000))));
        assert_eq!(told("tech_charge"), Some(Change::Value(Value::from("2.0"))));
        assert!(
            matches!(told("worklog_type"), Some(Change::Ref(to)) if to.name.as_deref() == Some("Repair"))
        );
        assert_eq!(told("end_time"), None);
        let strange: Vec<&str> = facts.strange.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(strange, ["start_time"]);
    }
}
