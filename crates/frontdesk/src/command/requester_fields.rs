//! `frontdesk requester-fields`: the additional fields of requesters with their ids and options.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{block_on, must_exist, with_rooms};
use crate::cli::{FieldAction, FieldArgs, RequesterFieldsArgs};
use crate::config::Settings;
use crate::rooms::{Description, FieldOrder, Rooms};
use crate::{Failure, say};

/// Carries out what was typed and shows the fields that it was about.
pub(super) fn run(settings: &Settings, args: RequesterFieldsArgs) -> Result<(), Failure> {
    let RequesterFieldsArgs { json, user, action } = args;
    let removed = match &action {
        FieldAction::Remove { id } => Some(*id),
        _ => None,
    };
    let is_list = matches!(action, FieldAction::List | FieldAction::Apply { .. });
    let order = order(action)?;
    let fields = block_on(async {
        // A server may be running on the desk; it follows within a second.
        let rooms = Rooms::open_beside(&settings.place).await?;
        with_rooms(rooms, async |rooms| {
            must_exist(&rooms)?;
            rooms.requester_fields(order, user.as_deref()).await
        })
        .await
    })?;
    match (removed, json, is_list) {
        (Some(id), true, _) => say::json(&serde_json::json!({"removed": id})),
        (Some(id), false, _) => say::out(&format!("Removed {id}.")),
        (None, true, true) => say::json(&Value::Array(fields)),
        (None, true, false) => fields.iter().for_each(say::json),
        (None, false, _) => show(&fields),
    }
    Ok(())
}

fn show(fields: &[Value]) {
    let text = |field: &Value, key: &str| match &field[key] {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    };
    let options = |field: &Value| {
        let options = field["options"].as_array().into_iter().flatten();
        options
            .map(|option| format!("{}={}", option["id"], text(option, "name")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let rows: Vec<[String; 5]> = fields
        .iter()
        .map(|field| {
            [
                text(field, "id"),
                text(field, "name"),
                text(field, "type"),
                text(field, "mandatory"),
                options(field),
            ]
        })
        .collect();
    say::table(["ID", "NAME", "TYPE", "MANDATORY", "OPTIONS"], &rows);
}

/// What was typed, as an order.
fn order(action: FieldAction) -> Result<FieldOrder, Failure> {
    let described = |id: Option<i64>, kind: Option<String>, field: FieldArgs| {
        let FieldArgs { name, mandatory, options, order } = field;
        Description { id, name, kind, mandatory, options, order }.input()
    };
    Ok(match action {
        FieldAction::List => FieldOrder::List,
        FieldAction::Add { id, kind, field } => FieldOrder::Add(described(id, Some(kind), field)?),
        FieldAction::Change { id, field } => FieldOrder::Change(id, described(None, None, field)?),
        FieldAction::Remove { id } => FieldOrder::Remove(id),
        FieldAction::Apply { file } => FieldOrder::Apply(read(&file)?),
    })
}

fn read(file: &Path) -> Result<Value, Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("{}: {error}", file.display()));
    let mut text = String::new();
    match file.to_str() {
        Some("-") => std::io::stdin().read_to_string(&mut text).map_err(cannot)?,
        _ => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)).map_err(cannot)?,
    };
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("{}: not JSON: {error}", file.display())))
}
