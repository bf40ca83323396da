//! Templates of requests and problems: the values that a new one begins with, and the fields that it must have
//! (setup.md section 9).

use crate::context::Context;
use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal, Snapshot};
use model::{Access, Change, Kind, Leaf, Module, Patch, Record, RefInput, Storage, Value};
use serde_json::{Value as Json, json};
use std::sync::Arc;

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
    defaults(desk, ctx, draft, &template, "request").await
}

/// Puts those values of the template in place first inside which names of the input are looked up: the category of a
/// subcategory, the site of a group.
pub(crate) async fn lead(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    patch: &Patch,
) -> Result<(), DeskError> {
    let module = draft.new.module.clone();
    let Some(slot) =
        module.slot("template").filter(|_| matches!(module.table.as_ref(), "request" | "problem"))
    else {
        return Ok(());
    };
    let around = looked_up_in(&module, patch);
    if around.is_empty() {
        return Ok(());
    }
    let template = match (patch.get(slot), module.leaf(slot)) {
        (Some(Change::Ref(input)), Some(leaf)) => desk.find_one(ctx, draft, leaf, input).await?.ok(),
        _ => draft.new.reference("template"),
    };
    let template = template.and_then(|id| draft.snapshot.record(id)).cloned();
    let values = template.as_ref().and_then(|t| serde_json::from_str(t.text(&module.name)?).ok());
    let Some(Json::Object(values)) = values else { return Ok(()) };
    let mut found = Defaults::default();
    found.collect(&module, &values, "");
    found.patch.changes.retain(|(slot, _)| around.contains(slot));
    let refusals = draft.refusals.len();
    desk.apply(ctx, draft, &found.patch).await?;
    draft.refusals.truncate(refusals);
    draft.given.clear();
    Ok(())
}

/// The fields that an input is silent about and inside which names that it gives are looked up.
fn looked_up_in(module: &Module, patch: &Patch) -> Vec<usize> {
    let around = |slot: usize| {
        let leaf = module.leaf(slot)?;
        let of_site = matches!(leaf.target(), Some("support_group" | "department")).then_some("site");
        module.slot(leaf.field.within.as_deref().or(of_site)?)
    };
    let mut found = Vec::new();
    for (slot, _) in &patch.changes {
        let mut next = around(*slot);
        // Of an item it is the subcategory, and of that the category.
        while let Some(slot) = next.filter(|slot| patch.get(*slot).is_none() && !found.contains(slot)) {
            found.push(slot);
            next = around(slot);
        }
    }
    found
}

/// The values that a template holds under a key, where the input is silent.
pub(crate) async fn defaults(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    template: &Record,
    key: &str,
) -> Result<(), DeskError> {
    let Some(Json::Object(values)) = template.text(key).and_then(|t| serde_json::from_str(t).ok()) else {
        return Ok(());
    };
    let given = draft.given.clone();
    let mut found = Defaults::default();
    found.collect(&draft.new.module, &values, "");
    let mut patch = found.patch;
    patch.changes.retain(|(slot, _)| !given.contains(slot));
    // What an administrator wrote into the template is not held against whoever uses it: a value may have been
    // deleted since.
    let refusals = draft.refusals.len();
    desk.apply(ctx, draft, &patch).await?;
    draft.refusals.truncate(refusals);
    draft.given = given;
    Ok(())
}

/// A template's value for a field; `None` for one of the wrong kind.
pub(crate) fn change(leaf: &Leaf, value: &Json) -> Option<Change> {
    let text = |v: &Json| v.as_str().map(str::to_owned);
    Some(match (&leaf.field.kind, value) {
        (_, Json::Null) => return None,
        (Kind::Ref(_), v) => Change::Ref(reference(v)?),
        (Kind::RefMany(_), Json::Array(items)) => {
            Change::Refs(items.iter().map(reference).collect::<Option<_>>()?)
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
        (Kind::Time | Kind::Date, v) => {
            let ms = v.get("value").unwrap_or(v);
            Change::Value(Value::Int(ms.as_i64().or_else(|| ms.as_str()?.parse().ok())?))
        }
        (Kind::Email, Json::String(s)) if s.contains('@') => Change::Value(Value::Text(s.clone())),
        (Kind::Decimal, v) => {
            let amount = text(v).unwrap_or_else(|| v.to_string());
            amount.parse::<f64>().ok().filter(|n| n.is_finite())?;
            Change::Value(Value::Text(amount))
        }
        _ => return None,
    })
}

/// Whom or what an object with an id, a name or an address, or a bare id or name, means.
fn reference(value: &Json) -> Option<RefInput> {
    let text = |v: &Json| v.as_str().map(str::to_owned).or_else(|| v.is_number().then(|| v.to_string()));
    match value {
        Json::Object(o) => Some(RefInput {
            id: o.get("id").and_then(text).and_then(|t| t.parse().ok()),
            name: o.get("name").and_then(text),
            email: o.get("email_id").and_then(text),
            site: None,
        }),
        Json::String(text) => Some(match text.trim().parse() {
            Ok(id) => RefInput { id: Some(id), ..RefInput::default() },
            Err(_) => RefInput { name: Some(text.clone()), ..RefInput::default() },
        }),
        _ => None,
    }
}

/// The template's mandatory fields that are empty.
pub(crate) fn mandatory(draft: &mut Draft) {
    let Some(template) = draft.small("template").cloned() else { return };
    for name in mandatory_fields(&template) {
        let slot = field_slot(&draft.new.module, &name);
        if slot.is_some_and(|slot| is_blank(draft.new.at(slot))) {
            draft.refuse(Refusal::Mandatory(name));
        }
    }
}

/// The names of the fields that a template makes mandatory.
#[must_use]
pub fn mandatory_fields(template: &Record) -> Vec<String> {
    template.text("mandatory_fields").and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

/// Whether a template is not for this caller: requesters see and use only those that are shown to them.
#[must_use]
pub fn is_hidden(ctx: &Context, template: &Record) -> bool {
    !ctx.is_technician() && !template.is("show_to_requester")
}

/// Refuses a template that the caller may not use. The one that a request has when nobody names one is the desk's
/// choice.
pub(crate) fn choose(ctx: &Context, draft: &mut Draft) {
    let chosen = draft.gives("template") && draft.changes("template");
    if chosen && draft.small("template").is_some_and(|template| is_hidden(ctx, template)) {
        draft.refuse(Refusal::not_valid("template"));
    }
}

/// An edit does not empty what the template makes mandatory. What was empty before, or becomes so because of
/// something else, stays as it is: older requests must remain editable.
pub(crate) fn keep_mandatory(draft: &mut Draft) {
    let Some(template) = draft.small("template").cloned() else { return };
    for name in mandatory_fields(&template) {
        let Some(slot) = field_slot(&draft.new.module, &name) else { continue };
        let before = draft.old.as_ref().is_some_and(|old| !is_blank(old.at(slot)));
        if before && draft.given.contains(&slot) && is_blank(draft.new.at(slot)) {
            draft.refuse(Refusal::Mandatory(name));
        }
    }
}

/// The place of a field by the name that templates and closing rules use.
pub(crate) fn field_slot(module: &Module, name: &str) -> Option<usize> {
    let path = if name == "resolution" { "resolution.content" } else { name };
    module.slot(path).or_else(|| module.slot(&format!("udf_fields.{path}")))
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|s| s.trim().is_empty())
}

/// Checks the closing rules of a portal: one that names no field would let everything pass.
pub(crate) fn closing_rules(draft: &mut Draft) {
    let snapshot = draft.snapshot.clone();
    for (path, of) in
        [("closure_mandatory_fields", "request"), ("problem_closure_mandatory_fields", "problem")]
    {
        let Some(module) = snapshot.catalogue.module(of).filter(|_| draft.gives(path)) else { continue };
        let names: Vec<String> =
            draft.new.text(path).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let shown = |slot: usize| module.leaf(slot).is_some_and(|leaf| leaf.field.shown);
        if let Some(unknown) = names.iter().find(|name| !field_slot(module, name).is_some_and(shown)) {
            draft.refuse(Refusal::because(path, format!("A {of} has no field {unknown}")));
        }
    }
}

/// Checks the input of a template of `of`.
pub(crate) async fn prepare(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    of: &'static str,
) -> Result<(), DeskError> {
    let snapshot = draft.snapshot.clone();
    let Some(module) = snapshot.catalogue.module(of) else { return Ok(()) };
    let of_layouts = from_layouts(draft, module);
    let is_field = |name: &str| field_slot(module, name).is_some() || module.field(name).is_some();
    if let Some(unknown) = mandatory_fields(&draft.new).into_iter().find(|name| !is_field(name)) {
        draft.refuse(Refusal::because("mandatory_fields", format!("A {of} has no field {unknown}")));
    }
    if draft.gives(of) || of_layouts {
        let given = if draft.gives(of) { of } else { LAYOUTS };
        match draft.new.text(of).map(serde_json::from_str::<Json>) {
            Some(Ok(Json::Object(values))) => {
                check_defaults(desk, ctx, draft, module, &values, given).await?
            }
            None => draft.new.set(of, "{}"),
            Some(_) => draft.refuse(Refusal::not_valid(of)),
        }
    }
    Ok(())
}

/// The layouts of the form, as templates show them.
const LAYOUTS: &str = "layouts";

/// What layouts that come with a template say of its fields: what each begins with, and whether it must be filled (setup.md
/// section 9). Where each stands on the form is the desk's own; what the template says in words of its own counts. Whether
/// there were layouts.
fn from_layouts(draft: &mut Draft, module: &Module) -> bool {
    if draft.new.module.slot(LAYOUTS).is_none() || !draft.gives(LAYOUTS) {
        return false;
    }
    let given = draft.new.text(LAYOUTS).map(serde_json::from_str::<Json>);
    // They are worked out where somebody reads the template.
    draft.new.set(LAYOUTS, Value::Null);
    let fields = match given {
        None | Some(Ok(Json::Null)) => return false,
        Some(Ok(given)) => laid_out(&given),
        Some(Err(_)) => None,
    };
    let Some(fields) = fields else {
        draft.refuse(Refusal::not_valid(LAYOUTS));
        return false;
    };
    // What the desk's own form has, and whatever else may be filled in; a group, such as the resolution, as a whole.
    let is_own = |name: &str| SECTIONS.iter().any(|(_, fields)| fields.contains(&name));
    let may_be_filled = |name: &str| match field_slot(module, name).and_then(|slot| module.leaf(slot)) {
        Some(leaf) => leaf.field.shown && leaf.field.access == Access::Write,
        None => module.field(name).is_some_and(|field| field.shown),
    };
    let stands = |name: &str| is_own(name) || may_be_filled(name);
    let mut off: Vec<&str> = fields.iter().map(|field| field.name.as_str()).filter(|n| !stands(n)).collect();
    if !off.is_empty() {
        off.sort_unstable();
        off.dedup();
        draft.refuse(Refusal::because(LAYOUTS, not_for_templates(&off)));
        return false;
    }
    let of = module.name.to_string();
    if !draft.gives(&of) {
        let mut values: serde_json::Map<String, Json> =
            draft.new.text(&of).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
        let mut said: Vec<_> = fields.iter().filter_map(|f| Some((&f.name, f.default.clone()?))).collect();
        // Where one layout gives a value and another none, there is one.
        said.sort_by_key(|(_, value)| !value.is_null());
        for (name, value) in said {
            put_at(&mut values, &path_in_defaults(module, name), value);
        }
        draft.new.set(&of, Json::Object(values).to_string());
    }
    if !draft.gives("mandatory_fields") {
        let is = |name: &str, said: bool| fields.iter().any(|f| f.name == name && f.mandatory == Some(said));
        let mut names = mandatory_fields(&draft.new);
        names.retain(|name| is(name, true) || !is(name, false));
        for field in fields.iter().filter(|field| field.mandatory == Some(true)) {
            // A request has a subject in any case.
            if field.name != "subject" && !names.contains(&field.name) {
                names.push(field.name.clone());
            }
        }
        draft.new.set("mandatory_fields", json!(names).to_string());
    }
    true
}

/// A field as a layout has it.
struct LaidOut {
    name: String,
    /// What it begins with, null for nothing; `None` where the layout does not say.
    default: Option<Json>,
    mandatory: Option<bool>,
}

/// The fields of layouts: `[{name, sections: [{name, fields: [{name, default_value: [{value}], mandatory}]}]}]`. `None` for what
/// is no such thing.
fn laid_out(layouts: &Json) -> Option<Vec<LaidOut>> {
    let mut fields = Vec::new();
    for layout in layouts.as_array()? {
        for section in layout.get("sections").map_or(Some(&[][..]), |s| s.as_array().map(Vec::as_slice))? {
            for field in section.get("fields").map_or(Some(&[][..]), |f| f.as_array().map(Vec::as_slice))? {
                let default = match field.get("default_value") {
                    None => None,
                    Some(Json::Array(values)) => Some(match values.as_slice() {
                        [] => Json::Null,
                        [one] => bare(one),
                        several => several.iter().map(bare).collect(),
                    }),
                    Some(other) => Some(bare(other)),
                };
                fields.push(LaidOut {
                    name: field.get("name")?.as_str()?.to_owned(),
                    default,
                    mandatory: field.get("mandatory").and_then(Json::as_bool),
                });
            }
        }
    }
    Some(fields)
}

/// A value without its wrapping.
fn bare(value: &Json) -> Json {
    value.get("value").unwrap_or(value).clone()
}

/// Where a template's values have a field that a layout names.
fn path_in_defaults(module: &Module, name: &str) -> String {
    let leaf = field_slot(module, name).and_then(|slot| module.leaf(slot));
    leaf.map_or_else(|| name.to_owned(), |leaf| leaf.path.clone())
}

/// The value at a dotted path.
fn value_at<'v>(values: &'v serde_json::Map<String, Json>, path: &str) -> Option<&'v Json> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let found = values.get(first)?;
    rest.map_or(Some(found), |rest| value_at(found.as_object()?, rest))
}

/// Puts a value at a dotted path; null takes away what is there.
fn put_at(values: &mut serde_json::Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        Some((first, rest)) => {
            let inner = values.entry(first).or_insert_with(|| json!({}));
            if let Some(inner) = inner.as_object_mut() {
                put_at(inner, rest, value);
            }
        }
        None if value.is_null() => drop(values.remove(path)),
        None => drop(values.insert(path.to_owned(), value)),
    }
}

fn not_for_templates(fields: &[&str]) -> String {
    format!("[{}] field/s cannot be added to the template", fields.join(", "))
}

/// Checks the values that a template gives to new records, as such a record itself would. `given` is where the input has them.
async fn check_defaults(
    desk: &Desk,
    ctx: &Context,
    draft: &mut Draft,
    module: &Arc<Module>,
    values: &serde_json::Map<String, Json>,
    given: &str,
) -> Result<(), DeskError> {
    let mut found = Defaults::default();
    found.collect(module, values, "");
    let Defaults { patch, off, mut wrong } = found;
    if !off.is_empty() {
        let off: Vec<&str> = off.iter().map(String::as_str).collect();
        draft.refuse(Refusal::because(given, not_for_templates(&off)));
    }
    let snapshot = draft.snapshot.clone();
    let mut trial = Draft::adding(snapshot, Record::new(module.clone()));
    desk.apply(ctx, &mut trial, &patch).await?;
    wrong.extend(trial.refusals.iter().filter_map(|refusal| refusal.field().map(str::to_owned)));
    if !wrong.is_empty() {
        draft.refuse(Refusal::because(given, format!("Not valid: {}", wrong.join(", "))));
    }
    Ok(())
}

/// A template's values, sorted into those that a request takes and those that it does not.
#[derive(Default)]
struct Defaults {
    patch: Patch,
    /// Fields that no template may fill.
    off: Vec<String>,
    /// Fields whose value is of the wrong kind.
    wrong: Vec<String>,
}

impl Defaults {
    fn collect(&mut self, request: &Module, values: &serde_json::Map<String, Json>, prefix: &str) {
        for (key, value) in values {
            let path = format!("{prefix}{key}");
            if let Some(leaf) = request.slot(&path).and_then(|slot| request.leaf(slot)) {
                self.take(request, leaf, value);
                continue;
            }
            // Additional fields are a group also while there are none.
            let is_group = path == "udf_fields"
                || request.leaves().iter().any(|leaf| leaf.path.starts_with(&format!("{path}.")));
            match value {
                Json::Object(inner) if is_group => self.collect(request, inner, &format!("{path}.")),
                Json::Null if is_group => {}
                _ if is_group => self.wrong.push(path),
                _ => self.off.push(path),
            }
        }
    }

    fn take(&mut self, request: &Module, leaf: &Leaf, value: &Json) {
        if !may_be_preset(leaf) {
            self.off.push(leaf.path.clone());
        } else if !value.is_null() {
            match (request.slot(&leaf.path), change(leaf, value)) {
                (Some(slot), Some(change)) => self.patch.set(slot, change),
                _ => self.wrong.push(leaf.path.clone()),
            }
        }
    }
}

/// Whether a template may give a field its value: what people fill in when they ask or work, and nothing else.
fn may_be_preset(leaf: &Leaf) -> bool {
    leaf.field.access == Access::Write
        && leaf.field.shown
        && leaf.field.storage != Storage::Computed
        && leaf.path != "template"
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
        let default = value_at(&defaults, name).map(|v| json!([{"value": v}]));
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
