//! Additional fields: a row of `udf_field` becomes a field of the catalogue (setup.md section 12).

use crate::draft::Draft;
use crate::{Desk, DeskError, Refusal};
use model::{Access, Catalogue, Check, Field, Kind, Name, Pattern, Record, Storage, Value};
use serde_json::{Value as Json, json};

/// Finds the module that a lookup means by its name or its path.
pub type Targets<'a> = &'a dyn Fn(&str) -> Option<Name>;

/// The field that a row describes; `None` for a row that describes none, which is then not there.
#[must_use]
pub fn field(row: &Record, targets: Targets<'_>) -> Option<Field> {
    let key = row.text("field_key")?;
    let kind = kind(row, targets)?;
    let mut field = Field::new(Name::Owned(key.to_owned()), kind);
    field.storage = Storage::Document { field: row.id().get() };
    field.id = Some(row.id().get());
    field.field_type = row.text("field_type").and_then(field_type).map(|t| t.label);
    if is_of(row, AUTO_NUMBER) {
        // Given by the desk ([`number`]), so never missing and never anybody else's to give.
        field.access = Access::ReadOnly;
    } else {
        field.required = row.is("mandatory");
    }
    let label = row.text("display_name").or_else(|| row.text("name")).unwrap_or(key);
    field.label = Name::Owned(label.to_owned());
    field.checks = checks(row)?;
    if row.is("unique") {
        field.unique = Some(Vec::new());
    }
    if let Some(value) = default(row, &field.kind) {
        field.preset = model::Preset::Value(value);
    }
    Some(field)
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

const TYPES: [FieldType; 19] = [
    FieldType { label: "Single Line", kind_word: "string", prefix: "txt" },
    FieldType { label: "Multi Line", kind_word: "string", prefix: "txt" },
    FieldType { label: "Pick List", kind_word: "string", prefix: "txt" },
    FieldType { label: "Radio Button", kind_word: "string", prefix: "txt" },
    FieldType { label: "E-mail", kind_word: "string", prefix: "txt" },
    FieldType { label: "Phone", kind_word: "string", prefix: "txt" },
    FieldType { label: "URL", kind_word: "string", prefix: "txt" },
    FieldType { label: "IP Address", kind_word: "string", prefix: "txt" },
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
    FieldType { label: "Multi Lookup", kind_word: "multi_refered_field", prefix: "ref" },
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

fn kind(row: &Record, targets: Targets<'_>) -> Option<Kind> {
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
        "Lookup" => Kind::Ref(reference(row, targets)?),
        "Multi Lookup" => Kind::RefMany(reference(row, targets)?),
        "IP Address" => Kind::Text { max: 64 },
        _ => Kind::Text { max: limit(row, "max_length").unwrap_or(250) },
    })
}

fn is_of(row: &Record, label: &str) -> bool {
    row.text("field_type").and_then(field_type).is_some_and(|t| t.label == label)
}

/// Gives a new record the numbers of its fields that number: those that nobody else may give ([`field`]).
pub(crate) async fn number(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    let module = draft.new.module.clone();
    for (slot, leaf) in module.leaves().iter().enumerate() {
        if let Storage::Document { field } = leaf.field.storage
            && leaf.field.access == Access::ReadOnly
            && leaf.field.id.is_some()
        {
            let number = desk.numbers.next(&format!("udf_field {field}")).await?;
            draft.new.put(slot, number);
        }
    }
    Ok(())
}

fn list(row: &Record, path: &str) -> Vec<Json> {
    row.text(path).and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default()
}

fn options(row: &Record) -> Vec<Name> {
    list(row, "allowed_values")
        .iter()
        .filter_map(|v| v.as_str().or_else(|| v.get("value")?.as_str()).map(|s| Name::Owned(s.to_owned())))
        .collect()
}

/// An option of a field of users, as the HappyFox face names it: by a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NumberedOption {
    /// Its number, which stays when its name changes.
    pub id: i64,
    /// Its name, which is what records hold.
    pub name: String,
    /// Whether it is the former name of another option, kept until no record holds it.
    pub former: bool,
}

/// The options with their numbers: their own, or else their places.
pub(crate) fn numbered_options(row: &Record) -> Vec<NumberedOption> {
    let options = list(row, "allowed_values");
    let numbered = options.iter().zip(1_i64..).filter_map(|(option, place)| {
        let name = option.as_str().or_else(|| option.get("value")?.as_str())?.to_owned();
        let id = option.get("id").and_then(Json::as_i64).unwrap_or(place);
        Some(NumberedOption { id, name, former: option.get("former").is_some_and(|f| f == true) })
    });
    numbered.collect()
}

/// Options as a row keeps them.
pub(crate) fn options_text(options: &[NumberedOption]) -> String {
    let all = options.iter().map(|option| {
        let mut json = json!({"id": option.id, "value": option.name});
        if let (true, Some(object)) = (option.former, json.as_object_mut()) {
            object.insert("former".into(), true.into());
        }
        json
    });
    Json::Array(all.collect()).to_string()
}

/// Gives every option of a field of users a number that it keeps: the one that it comes with, else the one that its name
/// had, else a free one.
fn number_options(draft: &mut Draft) {
    let given = list(&draft.new, "allowed_values");
    if given.is_empty() || draft.new.text("module.name") != Some("user") || !draft.changes("allowed_values") {
        return;
    }
    let before = draft.old.as_ref().map(numbered_options).unwrap_or_default();
    let named = |name: &str| before.iter().find(|known| known.name.eq_ignore_ascii_case(name));
    let own = |option: &Json| option.get("id").and_then(Json::as_i64);
    let mut options = numbered_options(&draft.new);
    let mut taken: Vec<i64> = given.iter().filter_map(own).collect();
    for (option, given) in options.iter_mut().zip(&given) {
        if own(given).is_some() {
            continue;
        }
        let known = named(&option.name).map(|known| known.id).filter(|id| !taken.contains(id));
        let used = |id: &i64| taken.contains(id) || before.iter().any(|known| known.id == *id);
        let Some(id) = known.or_else(|| (1..).find(|id| !used(id))) else { continue };
        option.id = id;
        taken.push(id);
    }
    draft.new.set("allowed_values", options_text(&options));
}

fn limit(row: &Record, name: &str) -> Option<usize> {
    list(row, "constraints")
        .iter()
        .find(|c| c.get("constraint_name").and_then(|n| n.as_str()) == Some(name))
        .and_then(|c| c.get("constraint_value"))
        .and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok()))
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| (1..=10_000).contains(n))
}

/// The module that a lookup refers to.
fn reference(row: &Record, targets: Targets<'_>) -> Option<Name> {
    let value: Json = serde_json::from_str(row.text("reference_entity")?).ok()?;
    let name = value.as_str().or_else(|| value.get("name")?.as_str())?;
    targets(if name == "group" { "support_group" } else { name })
}

/// Any module whose records stand by themselves may be referred to.
pub(crate) fn target(catalogue: &Catalogue, name: &str) -> Option<Name> {
    let module = catalogue.module(name).or_else(|| catalogue.at_path(name)).filter(|m| m.top_level)?;
    Some(module.name.clone())
}

/// Whether an additional field refers to the records of a type: to the CIs of a type of CI, to the assets of a product type.
/// A type's own attributes go with it.
pub(crate) fn refers_to(snapshot: &crate::Snapshot, of: &Record) -> bool {
    let catalogue = &snapshot.catalogue;
    let is_view = |name: &Name| {
        let fixed = catalogue.module(name).and_then(|module| module.fixed.as_ref());
        fixed.is_some_and(|fixed| fixed.values.first() == Some(&of.id().into()))
    };
    let fields = snapshot.rows("udf_field").iter().filter(|row| row.reference("ci_type") != Some(of.id()));
    fields.filter_map(|row| reference(row, &|name| target(catalogue, name))).any(|name| is_view(&name))
}

fn constraint(row: &Record, name: &str) -> Option<Json> {
    let all = list(row, "constraints");
    let found = all.iter().find(|c| c.get("constraint_name").and_then(|n| n.as_str()) == Some(name))?;
    found.get("constraint_value").filter(|v| !v.is_null()).cloned()
}

fn float(value: &Json) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|n| n.is_finite())
}

/// What values of the field must be like: by the kind that people chose, and by the constraints that they set. `None`
/// when a constraint makes no sense.
fn checks(row: &Record) -> Option<Vec<Check>> {
    let mut checks = Vec::new();
    match field_type(row.text("field_type")?)?.label {
        "URL" => checks.push(Check::Url),
        "E-mail" => {
            let max = limit(row, "max_length").unwrap_or(EMAIL_MAX).min(EMAIL_MAX);
            checks.push(Check::Length { min: 0, max });
        }
        "IP Address" => checks.push(Check::Ip),
        _ => {}
    }
    if let Some(min) = constraint(row, "min_length") {
        let min = min.as_u64().or_else(|| min.as_str()?.parse().ok())?;
        checks.push(Check::Length { min: usize::try_from(min).ok()?, max: usize::MAX });
    }
    let limits = (constraint(row, "min_value"), constraint(row, "max_value"));
    if limits.0.is_some() || limits.1.is_some() {
        let limit = |value: Option<Json>, open: f64| value.map_or(Some(open), |v| float(&v));
        let (min, max) = (limit(limits.0, f64::NEG_INFINITY)?, limit(limits.1, f64::INFINITY)?);
        checks.push((min <= max).then_some(Check::Between { min, max })?);
    }
    if let Some(pattern) = constraint(row, "regex").or_else(|| constraint(row, "pattern")) {
        checks.push(Check::Pattern(Pattern::new(pattern.as_str()?)?));
    }
    Some(checks)
}

/// What a new record holds in the field where its input is silent.
fn default(row: &Record, kind: &Kind) -> Option<Value> {
    let given: Json = serde_json::from_str(row.text("default_value")?).ok()?;
    // Some wrap it, as allowed values are wrapped.
    let given = given.get("value").unwrap_or(&given);
    let text = || given.as_str().map(str::to_owned);
    Some(match kind {
        Kind::Text { max } | Kind::Html { max } => Value::Text(text().filter(|t| t.chars().count() <= *max)?),
        Kind::Email => Value::Text(text()?),
        Kind::Pick { options } => {
            let text = text()?;
            Value::Text(options.iter().find(|o| o.eq_ignore_ascii_case(&text))?.to_string())
        }
        Kind::Bool => Value::Bool(given.as_bool().or_else(|| given.as_str()?.parse().ok())?),
        Kind::Digits { min, max } => {
            let n = given.as_i64().or_else(|| given.as_str()?.parse().ok())?;
            Value::Int((*min..=*max).contains(&n).then_some(n)?)
        }
        Kind::Double => Value::Double(float(given)?),
        Kind::Time | Kind::Date => Value::Int(given.as_i64().or_else(|| given.as_str()?.parse().ok())?),
        Kind::Ref(_) => {
            let id = given.get("id").unwrap_or(given);
            let id: model::Id =
                id.as_str().map(str::to_owned).unwrap_or_else(|| id.to_string()).parse().ok()?;
            id.into()
        }
        _ => return None,
    })
}

/// A field whose values are in use is not removed.
///
/// # Errors
/// [`DeskError::InUse`], or that the database does not answer.
pub(crate) async fn may_delete(desk: &crate::Desk, row: &Record) -> Result<(), DeskError> {
    let snapshot = desk.snapshot();
    let Some(of) = row.reference("ci_type") else { return Ok(()) };
    let path = format!("ci_attributes.{}", row.text("field_key").unwrap_or_default());
    let views = snapshot.catalogue.modules().iter().filter(|m| m.table == "ci" && m.fixed.is_some());
    for module in views.filter(|m| m.fixed.as_ref().is_some_and(|f| f.values.first() == Some(&of.into()))) {
        if module.slot(&path).is_none() {
            continue;
        }
        let used = model::filter::test(module, &path, model::Op::Empty, Vec::new()).negate();
        if desk.store().exists(module, used).await? {
            return Err(DeskError::InUse(vec![module.plural.to_string()]));
        }
    }
    Ok(())
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
    let of = new.text("sub_module.internal_name").or_else(|| new.text("module.name"));
    let ci_type = of.and_then(|name| draft.snapshot.named_type(name));
    let new = &mut draft.new;
    if let Some(id) = ci_type.filter(|_| !new.is("is_ci_attribute")) {
        // A field of the CIs of one type is an attribute of that type (assets-cmdb.md section 5.2).
        new.set("is_ci_attribute", true);
        new.set("ci_type", id);
    }
    if new.is("is_ci_attribute") {
        new.set("module.name", "ci");
        new.set("sub_module.internal_name", "ci");
    } else {
        of_module(draft);
    }
    complete(draft, &name);
    Ok(())
}

/// The module that an additional field belongs to.
fn of_module(draft: &mut Draft) {
    let new = &mut draft.new;
    let module =
        new.text("module.name").or_else(|| new.text("sub_module.internal_name")).unwrap_or("request");
    let module = match module.to_ascii_lowercase().as_str() {
        "requests" | "incident" => "request".to_owned(),
        "users" | "requester" | "technician" => "user".to_owned(),
        other => other.to_owned(),
    };
    let catalogue = &draft.snapshot.catalogue;
    let found = catalogue.module(&module).or_else(|| catalogue.at_path(&module));
    let is_extensible = found.is_some_and(|m| m.extensible);
    // A view has the fields of the module that it is a view of.
    let module = found.map_or(module, |found| catalogue.whole_of(found).name.to_string());
    new.set("module.name", module.as_str());
    new.set("sub_module.internal_name", module.as_str());
    if !is_extensible {
        draft.refuse(Refusal::not_valid("module"));
    }
}

fn complete(draft: &mut Draft, name: &str) {
    let new = &mut draft.new;
    let Some(found) = new.text("field_type").and_then(field_type) else {
        draft.refuse(Refusal::not_valid("field_type"));
        return;
    };
    new.set("field_type", found.label);
    new.set("type", found.kind_word);
    if matches!(found.label, "Pick List" | "Radio Button" | "Check Box" | "Multi Select") {
        collection(draft);
    }
    let new = &mut draft.new;
    if new.text("field_key").is_none() {
        let word: String = model::fold(name)
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(60)
            .collect();
        let word = word.trim_matches('_');
        // A name in another script has no letters for a key.
        let word = if word.is_empty() { "field" } else { word };
        let key = format!("{}_{word}", found.prefix);
        let free = (1..).map(|n| if n == 1 { key.clone() } else { format!("{key}_{n}") });
        let free = free.into_iter().find(|key| !is_key_taken(&draft.snapshot, &draft.new, key));
        draft.new.set("field_key", free.unwrap_or(key));
    }
    let new = &mut draft.new;
    let key = new.text("field_key").unwrap_or_default();
    let well_formed = key.len() <= 89
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !well_formed {
        draft.refuse(Refusal::not_valid("field_key"));
    }
    let snapshot = draft.snapshot.clone();
    match kind(&draft.new, &|name| target(&snapshot.catalogue, name)) {
        None => draft.refuse(Refusal::not_valid("reference_entity")),
        Some(kind) => {
            let given = draft.new.text("constraints").and_then(|t| serde_json::from_str(t).ok());
            let is_list = given.is_none_or(|given: Json| given.is_array() || given.is_null());
            if !is_list || checks(&draft.new).is_none() {
                draft.refuse(Refusal::not_valid("constraints"));
            }
            let given = draft.new.text("default_value").is_some_and(|text| text != "null");
            if given && default(&draft.new, &kind).is_none() {
                draft.refuse(Refusal::not_valid("default_value"));
            }
        }
    }
    if draft.new.is("is_ci_attribute") {
        inherited(draft);
    }
    number_options(draft);
    let choices = ["Pick List", "Radio Button", "Multi Select"];
    let needs_options = draft.new.text("field_type").is_some_and(|kind| choices.contains(&kind));
    if needs_options && options(&draft.new).is_empty() {
        draft.refuse(Refusal::Mandatory("allowed_values".into()));
    }
}

/// Options may be given as the constraint `collection` as well (setup.md section 12). They are the field's options then; where
/// those are given otherwise the constraint follows them.
fn collection(draft: &mut Draft) {
    const NAME: &str = "collection";
    let Some(given) = constraint(&draft.new, NAME) else { return };
    let names = |row: &Record| -> Vec<String> {
        numbered_options(row).into_iter().filter(|option| !option.former).map(|option| option.name).collect()
    };
    let is_silent = !draft.changes("allowed_values") || names(&draft.new).is_empty();
    let collected = collected(&given);
    if draft.changes("constraints") && is_silent && !collected.is_empty() {
        let options = collected.iter().map(|name| json!({"value": name})).collect();
        draft.new.set("allowed_values", Json::Array(options).to_string());
    }
    let names = names(&draft.new);
    if names != collected {
        let mut all = list(&draft.new, "constraints");
        let own = all.iter_mut().filter(|c| c.get("constraint_name").is_some_and(|name| name == NAME));
        for constraint in own.filter_map(Json::as_object_mut) {
            constraint.insert("constraint_value".into(), json!(names));
        }
        draft.new.set("constraints", Json::Array(all).to_string());
    }
}

/// The texts of a collection: a list of texts or of objects, the text of such a list, or texts between commas.
fn collected(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => {
            let name = |item: &Json| {
                let text =
                    item.as_str().or_else(|| item.get("value").or_else(|| item.get("name"))?.as_str())?;
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            };
            items.iter().filter_map(name).collect()
        }
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            Ok(list @ Json::Array(_)) => collected(&list),
            _ => text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
        },
        _ => Vec::new(),
    }
}

/// Whether another field of the same module has the key. An attribute of CIs is refused for it ([`inherited`]): the same
/// name twice in a line of types is a mistake.
fn is_key_taken(snapshot: &crate::Snapshot, new: &Record, key: &str) -> bool {
    let of = |row: &Record| row.text("module.name").map(str::to_owned);
    let rows = snapshot.rows("udf_field");
    !new.is("is_ci_attribute")
        && rows.iter().any(|row| row.text("field_key") == Some(key) && of(row) == of(new))
}

/// An attribute has one meaning in a line of types: neither a type above nor one below may have it already.
fn inherited(draft: &mut Draft) {
    let (Some(of), Some(key)) =
        (draft.new.reference("ci_type"), draft.new.text("field_key").map(str::to_owned))
    else {
        return;
    };
    if !draft.is_new() {
        return;
    }
    let path = format!("ci_attributes.{key}");
    let taken = draft.snapshot.catalogue.modules().iter().any(|module| {
        let in_view = module.fixed.as_ref().is_some_and(|f| {
            // A type below, which has the type above's attributes too, or the type itself.
            f.values.first() == Some(&of.into())
        });
        module.table == "ci" && in_view && module.slot(&path).is_some()
    });
    let below = draft.snapshot.rows("ci_type").to_vec();
    let taken_below = below.iter().any(|t| {
        crate::cmdb::types::lineage(&draft.snapshot, t).iter().any(|above| above.id() == of)
            && draft.snapshot.rows("udf_field").iter().any(|field| {
                field.reference("ci_type") == Some(t.id()) && field.text("field_key") == Some(&key)
            })
    });
    if taken || taken_below {
        draft.refuse(Refusal::NotUnique("field_key".into()));
    }
}
