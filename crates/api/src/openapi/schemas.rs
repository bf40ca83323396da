//! What records look like, going out and coming in.

use model::{Catalogue, Field, Kind, Module, Node, Storage};
use serde_json::{Map, Value as Json, json};

/// All schemas: for each module a record, a row of a list, what a reference shows, what an input gives.
pub(super) fn all(catalogue: &Catalogue) -> Map<String, Json> {
    let mut schemas = Map::new();
    for module in catalogue.modules().iter().filter(|m| super::is_told(m)) {
        let name = &module.name;
        schemas.insert(name.to_string(), record(module, true));
        schemas.insert(format!("{name}_row"), record(module, false));
        schemas.insert(format!("{name}_ref"), reference(module));
        schemas.insert(format!("{name}_input"), input(module));
    }
    schemas.insert("Failure".into(), failure());
    schemas.insert("Success".into(), success());
    schemas.insert("ListInfo".into(), list_info());
    schemas.insert("Time".into(), time());
    schemas
}

fn record(module: &Module, whole: bool) -> Json {
    let mut properties = Map::new();
    for field in module.fields.iter().filter(|f| f.shown) {
        properties.insert(field.key.to_string(), shown(field));
    }
    let required: Vec<&String> = properties.keys().filter(|k| whole || k.as_str() == "id").collect();
    let required = json!(required);
    json!({"type": "object", "properties": properties, "required": required})
}

fn reference(module: &Module) -> Json {
    let mut properties = Map::new();
    for node in module.embedded() {
        let Node::Leaf { .. } = node else { continue };
        if let Some(field) = module.field(node.key()) {
            properties.insert(field.key.to_string(), shown(field));
        }
    }
    json!({"type": "object", "properties": properties})
}

fn nullable(kind: &str) -> Json {
    json!({"type": [kind, "null"]})
}

/// A field as answers show it.
fn shown(field: &Field) -> Json {
    let mut schema = match &field.kind {
        Kind::Id => json!({"type": "string", "pattern": "^[0-9]{1,19}$"}),
        Kind::Number { .. } => json!({"type": ["object", "null"], "properties": {
            "display_value": {"type": "string"}, "value": {"type": "string"},
        }}),
        Kind::Digits { .. } => json!({"type": ["string", "null"], "pattern": "^-?[0-9]+$"}),
        Kind::Text { .. }
        | Kind::Html { .. }
        | Kind::Email
        | Kind::Color
        | Kind::Decimal
        | Kind::Pick { .. } => nullable("string"),
        Kind::Bool => nullable("boolean"),
        Kind::Int { .. } => nullable("integer"),
        Kind::Double => nullable("number"),
        Kind::Time | Kind::Date => {
            json!({"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]})
        }
        Kind::PickMany { .. } => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Ref(target) => {
            json!({"anyOf": [{"$ref": format!("#/components/schemas/{target}_ref")}, {"type": "null"}]})
        }
        Kind::RefMany(target) => {
            json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{target}_ref")}})
        }
        Kind::Span => json!({"type": ["object", "null"], "properties": {
            "hours": {"type": "string"}, "minutes": {"type": "string"}, "value": {"type": "string"},
        }}),
        Kind::Group(members) => {
            let inner: Map<String, Json> =
                members.iter().filter(|m| m.shown).map(|m| (m.key.to_string(), shown(m))).collect();
            json!({"type": ["object", "null"], "properties": inner})
        }
        Kind::Json => json!({}),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), json!(field.label));
        if !field.access.is_open() {
            object.insert("readOnly".into(), json!(true));
        }
    }
    schema
}

/// What an input may give: every field that is not read-only, and nothing else.
fn input(module: &Module) -> Json {
    let fields = module.fields.iter();
    let properties: Map<String, Json> =
        fields.filter(|f| writable(f)).map(|f| (f.key.to_string(), given(f))).collect();
    let required: Vec<&str> =
        module.fields.iter().filter(|f| f.required && f.access.is_open()).map(|f| f.key.as_ref()).collect();
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "description": format!("To add one, give {}.", if required.is_empty() { "anything".into() } else { required.join(", ") }),
    })
}

fn writable(field: &Field) -> bool {
    let inner = match &field.kind {
        Kind::Group(members) => members.iter().any(writable),
        _ => field.access.is_open(),
    };
    inner && (field.shown || field.storage == Storage::Computed)
}

fn given(field: &Field) -> Json {
    let mut schema = match &field.kind {
        Kind::Text { max } | Kind::Html { max } => json!({"type": ["string", "null"], "maxLength": max}),
        Kind::Email => json!({"type": ["string", "null"], "format": "email", "maxLength": 254}),
        Kind::Color => json!({"type": ["string", "null"], "pattern": "^#[0-9a-fA-F]{6}$"}),
        Kind::Bool => nullable("boolean"),
        Kind::Int { min, max } | Kind::Digits { min, max } => {
            json!({"type": ["integer", "null"], "minimum": min, "maximum": max})
        }
        Kind::Double => nullable("number"),
        Kind::Decimal => json!({"type": ["string", "null"], "pattern": "^-?[0-9]{1,15}([.][0-9]{1,9})?$"}),
        Kind::Pick { options } => json!({"type": ["string", "null"], "enum": with_null(options)}),
        Kind::PickMany { options } if options.is_empty() => {
            json!({"type": ["array", "null"], "items": {"type": "string", "maxLength": 1000}})
        }
        Kind::PickMany { options } => json!({"type": ["array", "null"], "items": {"enum": options}}),
        Kind::Ref(target) => one_of(target),
        Kind::RefMany(target) => json!({"type": ["array", "null"], "items": one_of(target)}),
        Kind::Time | Kind::Date => json!({"type": ["object", "null"], "properties": {
            "value": {"type": "string", "pattern": "^[0-9]{1,14}$"}, "display_value": {"type": "string"},
        }, "additionalProperties": false}),
        Kind::Span => json!({"type": ["object", "null"], "properties": {
            "hours": {"type": ["string", "integer"]}, "minutes": {"type": ["string", "integer"]},
        }, "additionalProperties": false}),
        Kind::Group(members) => {
            let inner: Map<String, Json> =
                members.iter().filter(|m| writable(m)).map(|m| (m.key.to_string(), given(m))).collect();
            json!({"type": ["object", "null"], "properties": inner, "additionalProperties": false})
        }
        Kind::Id | Kind::Number { .. } | Kind::Json => json!({}),
    };
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), json!(field.label));
    }
    schema
}

fn with_null(options: &[model::Name]) -> Vec<Json> {
    options.iter().map(|o| json!(o)).chain([Json::Null]).collect()
}

/// A reference as an input gives it: by id, or by name, people by e-mail address too.
fn one_of(target: &str) -> Json {
    let mut properties = Map::new();
    properties.insert("id".into(), json!({"type": "string", "pattern": "^[0-9]{1,19}$"}));
    properties.insert("name".into(), json!({"type": "string"}));
    if matches!(target, "user" | "technician" | "requester") {
        properties.insert("email_id".into(), json!({"type": "string"}));
    }
    json!({"type": ["object", "null"], "properties": properties})
}

fn time() -> Json {
    json!({
        "type": "object",
        "description": "An instant: milliseconds since 1970-01-01 UTC, and how the caller reads it",
        "properties": {"value": {"type": "string", "pattern": "^-?[0-9]+$"}, "display_value": {"type": "string"}},
        "required": ["value", "display_value"],
    })
}

fn message() -> Json {
    json!({"type": "object", "properties": {
        "status_code": {"type": "integer"},
        "type": {"type": "string", "enum": ["failed", "success", "warning"]},
        "message": {"type": "string"},
        "field": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "string"}},
    }, "required": ["status_code", "type"]})
}

/// The state of a success; an operation may add words, a bulk call the id.
fn success() -> Json {
    json!({"type": "object", "properties": {
        "status_code": {"type": "integer", "enum": [2000, 3000, 4000]},
        "status": {"type": "string", "enum": ["success", "warning", "failed"]},
        "messages": {"type": "array", "items": message()},
        "id": {"type": "string"},
    }, "required": ["status_code", "status"]})
}

fn failure() -> Json {
    let status = json!({"type": "object", "properties": {
        "status_code": {"type": "integer", "const": 4000},
        "status": {"type": "string", "const": "failed"},
        "messages": {"type": "array", "minItems": 1, "items": message()},
    }, "required": ["status_code", "status", "messages"]});
    // A bulk call of which nothing was done answers an array.
    json!({"type": "object", "properties": {
        "response_status": {"anyOf": [status, {"type": "array", "items": success()}]},
    }, "required": ["response_status"]})
}

fn list_info() -> Json {
    json!({"type": "object", "properties": {
        "has_more_rows": {"type": "boolean"},
        "row_count": {"type": "integer"},
        "start_index": {"type": "integer"},
        "page": {"type": "integer"},
        "total_count": {"type": "integer"},
        "sort_field": {"type": "string"},
        "sort_order": {"type": "string", "enum": ["asc", "desc"]},
    }, "required": ["has_more_rows", "row_count", "start_index"]})
}
