//! `_metainfo`: what a module's fields are, in the words that clients know (setup.md sections 12 and 17,
//! conventions 8).

use model::{Field, Kind, Module};
use serde_json::{Map, Value as Json, json};

/// Writes the object that stands under `metainfo`.
pub fn write(out: &mut String, module: &Module) {
    let mut fields = Map::new();
    for field in module.fields.iter().filter(|f| f.shown) {
        fields.insert(field.key.to_string(), describe(field));
    }
    out.push_str(&json!({"entity": module.name, "plural": module.plural, "fields": fields}).to_string());
}

fn describe(field: &Field) -> Json {
    if let Kind::Group(members) = &field.kind {
        let inner: Map<String, Json> =
            members.iter().filter(|f| f.shown).map(|f| (f.key.to_string(), describe(f))).collect();
        let kind = if field.key == "udf_fields" { "udf" } else { "object" };
        return json!({"display_name": field.label, "type": kind, "fields": inner});
    }
    let (kind, label) = words(&field.kind);
    let mut described = json!({
        "id": field.id.map(|id| id.to_string()),
        "display_name": field.label,
        "type": kind,
        "field_type": field.field_type.unwrap_or(label),
        "mandatory": field.required,
        "read_only": !field.access.is_open(),
        "searchable": field.searchable,
        "sortable": field.searchable && !matches!(field.kind, Kind::RefMany(_) | Kind::PickMany { .. }),
    });
    let Some(object) = described.as_object_mut() else { return described };
    match &field.kind {
        Kind::Text { max } | Kind::Html { max } => {
            object.insert("max_length".into(), json!(max));
        }
        Kind::Email => {
            object.insert("max_length".into(), json!(254));
        }
        Kind::Int { min, max } | Kind::Digits { min, max } => {
            object.insert("min_value".into(), json!(min));
            object.insert("max_value".into(), json!(max));
        }
        Kind::Pick { options } | Kind::PickMany { options } if !options.is_empty() => {
            let values: Vec<Json> = options.iter().map(|o| json!({"value": o})).collect();
            object.insert("allowed_values".into(), Json::Array(values));
        }
        Kind::Ref(target) | Kind::RefMany(target) => {
            // Clients send an e-mail address where it says user or technician (setup.md section 17).
            let entity = if target == "support_group" { "group" } else { target.as_ref() };
            object.insert("lookup_entity".into(), json!(entity));
        }
        _ => {}
    }
    if matches!(field.kind, Kind::RefMany(_) | Kind::PickMany { .. }) {
        object.insert("multiple".into(), json!(true));
    }
    described
}

/// The type as machines know it, and the label as people do.
const fn words(kind: &Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Id => ("string", "Id"),
        Kind::Text { .. } => ("string", "Single Line"),
        Kind::Html { .. } => ("string", "Multi Line"),
        Kind::Email => ("string", "E-mail"),
        Kind::Color => ("string", "Color"),
        Kind::Bool => ("boolean", "Boolean"),
        Kind::Int { .. } | Kind::Digits { .. } => ("integer", "Numeric Field"),
        Kind::Number { .. } => ("string", "Auto Number"),
        Kind::Double => ("double", "Decimal"),
        Kind::Decimal => ("decimal", "Currency"),
        Kind::Time => ("datetime", "Date/Time"),
        Kind::Date => ("date", "Date"),
        Kind::Pick { .. } => ("string", "Pick List"),
        // Texts, several of them: clients know no word for that (wire-facts.md section 11).
        Kind::PickMany { .. } => ("string", "Multi Select"),
        Kind::Ref(_) | Kind::RefMany(_) => ("lookup", "Pick List"),
        Kind::Span => ("timespan", "Duration"),
        Kind::Group(_) | Kind::Json => ("object", "Object"),
    }
}
