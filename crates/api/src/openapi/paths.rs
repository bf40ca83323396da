//! Every path that the catalogue gives a module.

use model::{Catalogue, Module};
use serde_json::{Map, Value as Json, json};

/// How deep child collections are followed: requests, tasks, worklogs.
const DEPTH_MAX: usize = 2;

/// The paths of a module's collection at `at`, of its records, and of what is below them.
pub(super) fn of(
    catalogue: &Catalogue,
    module: &Module,
    at: &str,
    depth: usize,
    paths: &mut Map<String, Json>,
) {
    let above = (0..depth).map(|i| id_parameter(&format!("id{i}"))).collect::<Vec<_>>();
    let id = format!("id{depth}");
    let mut with_id = above.clone();
    with_id.push(id_parameter(&id));
    paths.insert(at.to_owned(), collection(module, &above, depth));
    let one = format!("{at}/{{{id}}}");
    paths.insert(one.clone(), record(module, &with_id));
    if depth == 0 {
        paths.insert(
            format!("{at}/_metainfo"),
            json!({"get": plain(module, "What the fields are", "metainfo", &[])}),
        );
    }
    for (segment, key, summary) in
        [("_links", "_links", "What the caller may do"), ("_history", "history", "What happened")]
    {
        let call = plain(module, summary, key, &with_id);
        paths.insert(format!("{one}/{segment}"), json!({"get": call}));
    }
    for operation in module.operations.iter().filter(|o| o.on_record) {
        let mut methods = Map::new();
        for method in operation.methods {
            let mut call = plain(module, operation.summary, "", &with_id);
            if let (Some(key), true, Some(object)) = (operation.input, *method != "GET", call.as_object_mut())
            {
                object.insert("requestBody".into(), operation_body(module, key));
            }
            methods.insert(method.to_ascii_lowercase(), call);
        }
        paths.insert(format!("{one}/_{}", operation.name), Json::Object(methods));
    }
    if module.slot("has_attachments").is_some() {
        paths.insert(format!("{one}/_uploads"), uploads(module, "Attach a file", &with_id));
    }
    if module.slot("has_resolution_attachments").is_some() {
        let item = uploads(module, "Attach a file to the resolution", &with_id);
        paths.insert(format!("{one}/resolutions/_uploads"), item);
    }
    for related in &module.related {
        let Some(rows) = catalogue.module(related.module) else { continue };
        let mut parameters = with_id.clone();
        parameters.push(list_parameter());
        let list = json!({
            "summary": format!("List the {} of a {}", rows.plural.replace('_', " "), module.name.replace('_', " ")),
            "tags": [module.plural],
            "parameters": parameters,
            "responses": responses(&[("200", listed(rows))]),
        });
        paths.insert(format!("{one}/{}", related.path), json!({"get": list}));
    }
    if depth < DEPTH_MAX {
        for child in &module.children {
            if let Some(rows) = catalogue.module(child.module) {
                of(catalogue, rows, &format!("{one}/{}", child.path), depth + 1, paths);
            }
        }
    }
}

/// The paths of the types of CI, which are as many as a desk likes: `_metainfo` tells what each has.
pub(super) fn of_ci_types(catalogue: &Catalogue, paths: &mut Map<String, Json>) {
    let Some(module) = catalogue.module("ci") else { return };
    let kind = json!({
        "name": "ci_type", "in": "path", "required": true, "description": "The API name of a type, `ci_computer`",
        "schema": {"type": "string", "pattern": "^ci_[a-z0-9_]{1,60}$"},
    });
    let (at, one) = ("/cmdb/{ci_type}", "/cmdb/{ci_type}/{id0}");
    let with_id = [kind.clone(), id_parameter("id0")];
    let input = json!({"required": true, "content": {"application/json": {"schema": {"type": "object"}}}});
    let call = |summary: &str, parameters: &[Json], body: bool| {
        let mut call = plain(module, summary, "", parameters);
        let created = call.pointer("/responses/200").cloned();
        if let (Some(call), true) = (call.as_object_mut(), body) {
            call.insert("requestBody".into(), input.clone());
        }
        if let (Some(responses), Some(created)) =
            (call.pointer_mut("/responses").and_then(Json::as_object_mut), created)
        {
            responses.insert("201".into(), created);
        }
        call
    };
    let own = std::slice::from_ref(&kind);
    let mut add = call("Add a CI", &with_once(own), true);
    if let Some(responses) = add.pointer_mut("/responses") {
        *responses = added(responses.take());
    }
    paths.insert(at.to_owned(), json!({"get": call("List the CIs of a type", own, false), "post": add}));
    paths.insert(
        one.to_owned(),
        json!({
            "get": call("Get a CI", &with_id, false),
            "put": call("Edit a CI", &with_id, true),
            "delete": call("Delete a CI", &with_id, false),
        }),
    );
    paths.insert(
        format!("{at}/_metainfo"),
        json!({"get": call("What the attributes of a type are", own, false)}),
    );
}

fn id_parameter(name: &str) -> Json {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[0-9]{1,19}$"}})
}

fn responses(success: &[(&str, Json)]) -> Json {
    let mut responses = Map::new();
    for (status, schema) in success {
        let content = json!({"application/json": {"schema": schema}});
        responses.insert((*status).to_owned(), json!({"description": "Done", "content": content}));
    }
    for status in ["400", "401", "403", "404", "413", "429", "500", "503"] {
        responses.insert(status.to_owned(), json!({"$ref": "#/components/responses/Failure"}));
    }
    Json::Object(responses)
}

fn status() -> Json {
    json!({"$ref": "#/components/schemas/Success"})
}

fn single(module: &Module) -> Json {
    let record = json!({"$ref": format!("#/components/schemas/{}", module.name)});
    let mut properties = Map::new();
    // A CI that is named by its id alone comes as an array of one (assets-cmdb.md section 5.3).
    let record = match module.name.as_ref() {
        "ci" => json!({"anyOf": [{"type": "object"}, {"type": "array", "items": record}]}),
        _ => record,
    };
    properties.insert(module.key().to_owned(), record);
    properties.insert("response_status".into(), status());
    json!({"type": "object", "properties": properties, "required": ["response_status"]})
}

fn listed(module: &Module) -> Json {
    let rows =
        json!({"type": "array", "items": {"$ref": format!("#/components/schemas/{}_row", module.name)}});
    let mut properties = Map::new();
    properties.insert(module.list_key().to_owned(), rows);
    properties.insert("list_info".into(), json!({"$ref": "#/components/schemas/ListInfo"}));
    properties.insert("response_status".into(), json!({"type": "array", "items": status()}));
    json!({"type": "object", "properties": properties, "required": [module.list_key(), "list_info", "response_status"]})
}

fn body(module: &Module, key: &str) -> Json {
    let mut properties = Map::new();
    properties.insert(key.to_owned(), json!({"$ref": format!("#/components/schemas/{}_input", module.name)}));
    let schema =
        json!({"type": "object", "properties": properties, "required": [key], "additionalProperties": false});
    json!({"required": true, "content": {"application/json": {"schema": schema}}})
}

fn operation_body(module: &Module, key: &str) -> Json {
    if key == module.key() {
        let mut body = body(module, key);
        if let Some(object) = body.as_object_mut() {
            object.insert("required".into(), json!(false));
        }
        return body;
    }
    let mut properties = Map::new();
    properties.insert(key.to_owned(), json!({}));
    json!({"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": properties}}}})
}

fn list_parameter() -> Json {
    json!({
        "name": "input_data",
        "in": "query",
        "required": false,
        "description": "`{\"list_info\": {…}}`: which rows, which fields, in which order",
        "content": {"application/json": {"schema": {"type": "object", "properties": {"list_info": {
            "type": "object",
            "properties": {
                "row_count": {"type": "integer", "minimum": 1, "maximum": 100},
                "start_index": {"type": "integer", "minimum": 0},
                "page": {"type": "integer", "minimum": 1},
                "sort_field": {"type": "string"},
                "sort_order": {"type": "string", "enum": ["asc", "desc"]},
                "get_total_count": {"type": "boolean"},
                "search_fields": {"type": "object"},
                "search_criteria": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
                "fields_required": {"type": "array", "items": {"type": "string"}},
                "filter_by": {"type": "object", "properties": {"name": {"type": "string"}}},
                "search_text": {"type": "string"},
            },
            "additionalProperties": false,
        }}}}},
    })
}

fn collection(module: &Module, above: &[Json], depth: usize) -> Json {
    let mut parameters = above.to_vec();
    parameters.push(list_parameter());
    let mut item = Map::new();
    item.insert(
        "get".into(),
        json!({
            "summary": format!("List {}", module.plural),
            "tags": [module.plural],
            "parameters": parameters,
            "responses": responses(&[("200", listed(module))]),
        }),
    );
    if module.writable {
        item.insert(
            "post".into(),
            json!({
                "summary": format!("Add a {}", module.name.replace('_', " ")),
                "tags": [module.plural],
                "parameters": with_once(above),
                "requestBody": body(module, module.key()),
                "responses": added(responses(&[("200", single(module)), ("201", single(module))])),
            }),
        );
    }
    if module.writable && depth == 0 {
        let mut with_ids = above.to_vec();
        with_ids.push(json!({
            "name": "ids", "in": "query", "required": true, "description": "At most 100 ids, separated by commas",
            "schema": {"type": "string", "pattern": "^[0-9]{1,19}(,[0-9]{1,19})*$"},
        }));
        let bulk = json!({"type": "object", "properties": {"response_status": {"type": "array", "items": status()}}});
        item.insert(
            "put".into(),
            json!({
                "summary": format!("Edit several {}", module.plural),
                "tags": [module.plural],
                "parameters": with_ids,
                "requestBody": body(module, module.key()),
                "responses": responses(&[("200", bulk.clone())]),
            }),
        );
        item.insert(
            "delete".into(),
            json!({
                "summary": format!("Delete several {}", module.plural),
                "tags": [module.plural],
                "parameters": with_ids,
                "responses": responses(&[("200", bulk)]),
            }),
        );
    }
    Json::Object(item)
}

/// The parameters of an add: it may name itself, so that it is made once. Clients look for this to know whether they may
/// send an add again.
fn with_once(parameters: &[Json]) -> Vec<Json> {
    let mut parameters = parameters.to_vec();
    parameters.push(json!({"$ref": "#/components/parameters/IdempotencyKey"}));
    parameters
}

/// The answers of an add: one of the same name may be under way, or may have been another.
fn added(mut responses: Json) -> Json {
    if let Some(responses) = responses.as_object_mut() {
        for status in ["409", "422"] {
            responses.insert(status.to_owned(), json!({"$ref": "#/components/responses/Failure"}));
        }
    }
    responses
}

fn record(module: &Module, with_id: &[Json]) -> Json {
    let done = json!({"type": "object", "properties": {"response_status": status()}, "required": ["response_status"]});
    let mut item = Map::new();
    item.insert(
        "get".into(),
        json!({
            "summary": format!("Get a {}", module.name.replace('_', " ")),
            "tags": [module.plural],
            "parameters": with_id,
            "responses": responses(&[("200", single(module))]),
        }),
    );
    if module.writable {
        item.insert(
            "put".into(),
            json!({
                "summary": format!("Edit a {}", module.name.replace('_', " ")),
                "tags": [module.plural],
                "parameters": with_id,
                "requestBody": body(module, module.key()),
                "responses": responses(&[("200", single(module))]),
            }),
        );
        item.insert(
            "delete".into(),
            json!({
                "summary": format!("Delete a {}", module.name.replace('_', " ")),
                "tags": [module.plural],
                "parameters": with_id,
                "responses": responses(&[("200", done)]),
            }),
        );
    }
    Json::Object(item)
}

/// A call whose answer is an envelope around `key`.
fn plain(module: &Module, summary: &str, key: &str, parameters: &[Json]) -> Json {
    let mut properties = Map::new();
    if !key.is_empty() {
        properties.insert(key.to_owned(), json!({}));
    }
    let either = json!({"anyOf": [status(), {"type": "array", "items": status()}]});
    properties.insert("response_status".into(), either);
    let schema = json!({"type": "object", "properties": properties, "required": ["response_status"]});
    json!({
        "summary": summary,
        "tags": [module.plural],
        "parameters": parameters,
        "responses": responses(&[("200", schema)]),
    })
}

fn uploads(module: &Module, summary: &str, with_id: &[Json]) -> Json {
    let file = json!({"type": "object", "properties": {
        "input_file": {"type": "string", "contentMediaType": "application/octet-stream"},
        "description": {"type": "string"},
        "addtoattachment": {"type": "string", "enum": ["true", "false"]},
    }, "required": ["input_file"]});
    let mut post = plain(module, summary, "attachment", with_id);
    if let Some(object) = post.as_object_mut() {
        object.insert(
            "requestBody".into(),
            json!({"required": true, "content": {"multipart/form-data": {"schema": file}}}),
        );
    }
    json!({"get": plain(module, "List the files", "attachments", with_id), "post": post})
}
