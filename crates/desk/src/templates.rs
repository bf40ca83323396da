//! Request templates: the values that a new request begins with, and the fields that it must have
//! (setup.md section 9).

use crate::context::Context;
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{Change, Kind, Leaf, Patch, Record, RefInput, Value};
use serde_json::{Value as Json, json};

/// Puts the template's values where the input is silent.
pub(crate) async fn fill(desk: &Desk, ctx: &Context, draft: &mut Draft) -> Result<(), DeskError> {
    let Some(template) = draft.small("template").cloned() else {
        draft.refuse(Refusal::not_valid("template"));
        return Ok(());
    };
    let is_service = template.is("is_service_template");
    draft.new.set("is_service_request", is_service);
    if is_service && !draft.gives("request_type") {
        draft.new.set("request_type", Value::Null);
    }
    if !draft.gives("service_category") {
        draft.new.set("service_category", template.get("service_category").clone());
    }
    let Some(Json::Object(values)) = template.text("request").and_then(|t| serde_json::from_str(t).ok())
    else {
        return Ok(());
    };
    let given = draft.given.clone();
    let mut patch = Patch::default();
    collect(draft, &values, "", &mut patch);
    patch.changes.retain(|(slot, _)| !given.contains(slot));
    // What an administrator wrote into the template is not held against whoever uses it.
    let refusals = draft.refusals.len();
    desk.apply(ctx, draft, &patch).await?;
    draft.refusals.truncate(refusals);
    draft.given = given;
    Ok(())
}

fn collect(draft: &Draft, values: &serde_json::Map<String, Json>, prefix: &str, patch: &mut Patch) {
    let module = draft.new.module.clone();
    for (key, value) in values {
        let path = format!("{prefix}{key}");
        if let Some(slot) = module.slot(&path) {
            if let Some(change) = module.leaf(slot).and_then(|leaf| change(leaf, value)) {
                patch.set(slot, change);
            }
        } else if let Json::Object(inner) = value {
            collect(draft, inner, &format!("{path}."), patch);
        }
    }
}

/// A template's value for a field; a value of the wrong kind is left out.
fn change(leaf: &Leaf, value: &Json) -> Option<Change> {
    let text = |v: &Json| v.as_str().map(str::to_owned);
    Some(match (&leaf.field.kind, value) {
        (_, Json::Null) => return None,
        (Kind::Ref(_), Json::Object(o)) => Change::Ref(RefInput {
            id: o.get("id").and_then(text).and_then(|t| t.parse().ok()),
            name: o.get("name").and_then(text),
            email: o.get("email_id").and_then(text),
            site: None,
        }),
        (Kind::Ref(_), Json::String(name)) => {
            Change::Ref(RefInput { name: Some(name.clone()), ..RefInput::default() })
        }
        (Kind::Bool, Json::Bool(b)) => Change::Value(Value::Bool(*b)),
        (Kind::Text { max } | Kind::Html { max }, Json::String(s)) if s.chars().count() <= *max => {
            Change::Value(Value::Text(s.clone()))
        }
        (Kind::Pick { options }, Json::String(s)) if options.iter().any(|o| o == s) => {
            Change::Value(Value::Text(s.clone()))
        }
        (Kind::PickMany { .. } | Kind::Json, v) => Change::Value(Value::Text(v.to_string())),
        (Kind::Int { .. } | Kind::Digits { .. }, v) => {
            Change::Value(Value::Int(v.as_i64().or_else(|| v.as_str()?.parse().ok())?))
        }
        (Kind::Double, v) => Change::Value(Value::Double(v.as_f64()?)),
        _ => return None,
    })
}

/// The template's mandatory fields that are empty.
pub(crate) fn mandatory(draft: &mut Draft) {
    let Some(template) = draft.small("template").cloned() else { return };
    for name in mandatory_fields(&template) {
        let module = &draft.new.module;
        let slot = module.slot(&name).or_else(|| module.slot(&format!("udf_fields.{name}")));
        let empty = slot.is_some_and(|slot| {
            let value = draft.new.at(slot);
            value.is_null() || value.as_str().is_some_and(|s| s.trim().is_empty())
        });
        if empty {
            draft.refuse(Refusal::Mandatory(name));
        }
    }
}

/// The names of the fields that a template makes mandatory.
#[must_use]
pub fn mandatory_fields(template: &Record) -> Vec<String> {
    template.text("mandatory_fields").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// Checks a template's own input.
pub(crate) fn prepare(draft: &mut Draft) {
    let snapshot = draft.snapshot.clone();
    let Some(request) = snapshot.catalogue.module("request") else { return };
    let is_field = |name: &str| {
        request.slot(name).is_some()
            || request.field(name).is_some()
            || request.slot(&format!("udf_fields.{name}")).is_some()
    };
    if let Some(unknown) = mandatory_fields(&draft.new).into_iter().find(|name| !is_field(name)) {
        draft.refuse(Refusal::because("mandatory_fields", format!("A request has no field {unknown}")));
    }
    if draft.gives("request") {
        match draft.new.text("request").map(serde_json::from_str::<Json>) {
            Some(Ok(Json::Object(values))) => {
                let off: Vec<&String> =
                    values.keys().filter(|k| !is_field(k) && k.as_str() != "udf_fields").collect();
                if !off.is_empty() {
                    let names: Vec<&str> = off.iter().map(|s| s.as_str()).collect();
                    let message = format!("[{}] field/s cannot be added to the template", names.join(", "));
                    draft.refuse(Refusal::because("request", message));
                }
            }
            None => draft.new.set("request", "{}"),
            Some(_) => draft.refuse(Refusal::not_valid("request")),
        }
    }
}

/// The sections of a request's form, the same for every template but for defaults and stars.
const SECTIONS: [(&str, &[&str]); 4] = [
    ("Requester", &["requester", "on_behalf_of", "site", "department"]),
    (
        "Request",
        &[
            "subject",
            "description",
            "request_type",
            "mode",
            "impact",
            "impact_details",
            "urgency",
            "priority",
        ],
    ),
    ("Classification", &["category", "subcategory", "item", "service_category", "level"]),
    (
        "Handling",
        &[
            "status",
            "group",
            "technician",
            "scheduled_start_time",
            "scheduled_end_time",
            "due_by_time",
            "email_ids_to_notify",
            "tags",
        ],
    ),
];

/// Fields on the form of whoever is no technician.
const REQUESTERS_SECTIONS: [&str; 3] = ["Requester", "Request", "Classification"];

/// Fills in what is worked out: the layouts of the form.
pub(crate) fn complete(template: &mut Record, snapshot: &Snapshot) {
    template.set("layouts", layouts(template, snapshot).to_string());
    template.set("is_enabled", !template.is("inactive"));
    template.set("is_default_template", template.is("is_default"));
    for flag in ["has_tasks", "has_checklists", "is_customer_segmented"] {
        template.set(flag, false);
    }
}

fn layouts(template: &Record, snapshot: &Snapshot) -> Json {
    let defaults: serde_json::Map<String, Json> =
        template.text("request").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
    let mandatory = mandatory_fields(template);
    let own: Vec<String> = snapshot
        .catalogue
        .module("request")
        .map(|m| {
            m.leaves().iter().filter_map(|l| l.path.strip_prefix("udf_fields.").map(str::to_owned)).collect()
        })
        .unwrap_or_default();
    let template_id = template.id().to_string();
    let field = |name: &str| {
        let default = defaults.get(name).map(|v| json!([{"value": v}]));
        let must = name == "subject" || mandatory.iter().any(|m| m == name);
        json!({"name": name, "template_id": template_id, "default_value": default, "scopings": [], "mandatory": must})
    };
    let layout = |number: usize, name: &str, for_technicians: bool| {
        let mut sections: Vec<Json> = SECTIONS
            .iter()
            .enumerate()
            .filter(|(_, (title, _))| for_technicians || REQUESTERS_SECTIONS.contains(title))
            .map(|(i, (title, fields))| {
                let fields: Vec<Json> = fields.iter().map(|f| field(f)).collect();
                json!({"id": format!("{template_id}{number}{i}"), "name": title, "fields": fields})
            })
            .collect();
        if !own.is_empty() {
            let fields: Vec<Json> = own.iter().map(|f| field(&format!("udf_fields.{f}"))).collect();
            sections.push(
                json!({"id": format!("{template_id}{number}9"), "name": "Additional", "fields": fields}),
            );
        }
        json!({"id": format!("{template_id}{number}"), "name": name, "help_text": null, "sections": sections})
    };
    json!([layout(1, "technician_layout", true), layout(2, "requester_layout", false)])
}
