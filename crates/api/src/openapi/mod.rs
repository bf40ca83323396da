//! The OpenAPI 3.1 document of the V3 face: generated from the catalogue, so that a described module is documented
//! and a changed field changes the document.

mod paths;
mod schemas;

use crate::Api;
use axum::extract::State;
use axum::response::Response;
use desk::Verb;
use model::{Area, Catalogue, Module};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// GET of `/api/openapi.json`. It says nothing that is secret, and is asked for before anybody signs in.
pub(crate) async fn serve(State(api): State<Arc<Api>>) -> Response {
    let snapshot = api.desk.snapshot();
    let text = document(&snapshot.catalogue, api.options.public_url.as_deref()).to_string();
    crate::v3::json_answer(text)
}

/// The document of a catalogue, for a desk that is reached at `base`.
#[must_use]
pub fn document(catalogue: &Catalogue, base: Option<&str>) -> Json {
    let mut all_paths = Map::new();
    for module in catalogue.modules().iter().filter(|m| m.top_level && is_told(m)) {
        paths::of(catalogue, module, &format!("/{}", module.plural), 0, &mut all_paths);
    }
    paths::of_ci_types(catalogue, &mut all_paths);
    name_operations(&mut all_paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Frontdesk, V3 API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The ServiceDesk Plus Cloud V3 API as Frontdesk serves it. Payloads travel as JSON bodies here; \
                            `input_data` in the query or in a form body is understood on every call.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": format!("{}/api/v3", base.unwrap_or(""))}],
        "security": [{"oauth": []}, {"key": []}],
        "paths": all_paths,
        "components": {
            "schemas": schemas::all(catalogue),
            "parameters": {"IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "required": false,
                "description": "A name for this call: sent again within a day it is answered as before and adds nothing",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }},
            "responses": {"Failure": {
                "description": "Nothing was changed; the messages say why",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}},
            }},
            "securitySchemes": {
                "oauth": {"type": "oauth2", "flows": {"authorizationCode": {
                    "authorizationUrl": format!("{}/oauth/v2/auth", base.unwrap_or("")),
                    "tokenUrl": format!("{}/oauth/v2/token", base.unwrap_or("")),
                    "scopes": scopes(),
                }}},
                "key": {"type": "apiKey", "in": "header", "name": "authtoken"},
            },
        },
    })
}

/// Whether a module's paths are told one by one. The types of CI share theirs, and the paths of product types are those
/// of assets under other names.
fn is_told(module: &Module) -> bool {
    module.below.is_none()
        && (module.fixed.is_none() || module.table != "asset" || module.name == "workstation")
}

/// Each operation is called after its method and its path, which are one of a kind together.
fn name_operations(paths: &mut Map<String, Json>) {
    for (path, item) in paths {
        let words: String = path.chars().filter(|c| !matches!(c, '{' | '}')).collect();
        let words = words.trim_matches('/').replace('/', "_");
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                operation.insert("operationId".into(), json!(format!("{method}_{words}")));
            }
        }
    }
}

fn scopes() -> Map<String, Json> {
    let mut scopes = Map::new();
    for area in Area::ALL {
        for word in Verb::ALL.iter().map(|v| v.word()).chain(["ALL"]) {
            let name = format!("SDPOnDemand.{}.{word}", area.word());
            scopes.insert(name, json!(format!("{} in {}", word.to_ascii_lowercase(), area.word())));
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_documented_the_same_each_time() {
        let catalogue = Catalogue::new(&model::Additions::default());
        let document = document(&catalogue, None);
        assert_eq!(document, super::document(&catalogue, None));
        let text = document.to_string();
        for module in catalogue.modules().iter().filter(|m| m.top_level) {
            assert!(document["paths"].get(format!("/{}", module.plural)).is_some(), "{}", module.plural);
        }
        // Every reference leads somewhere.
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
