//! `frontdesk config`: what every setting is worth, and who said so.

use serde_json::{Map, Value, json};

use crate::config::{Effective, Given, Origin, Settings, Shown, Spec};
use crate::{Failure, say};

/// Prints the settings, then complains if they are not valid.
pub(super) fn run(effective: &Effective, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let rows = effective.rows().map(|(spec, given)| (spec.key.to_owned(), row_json(spec, given)));
        say::json(&Value::Object(rows.collect::<Map<_, _>>()));
    } else {
        let rows: Vec<[String; 3]> = effective.rows().map(|(spec, given)| row(spec, given)).collect();
        say::table(["SETTING", "VALUE", "ORIGIN"], &rows);
    }
    for variable in &effective.unknown_variables {
        say::err(&format!("{variable} (environment) is no setting and is ignored"));
    }
    Settings::read(effective).map(drop)
}

fn row(spec: &Spec, given: Option<&Given>) -> [String; 3] {
    match given {
        Some(given) => [spec.key.to_owned(), spec.show(&given.value), given.origin.to_string()],
        None => [spec.key.to_owned(), "-".to_owned(), "default".to_owned()],
    }
}

fn row_json(spec: &Spec, given: Option<&Given>) -> Value {
    let Some(Given { value, origin }) = given else { return json!({"value": null, "origin": "default"}) };
    let shown = match (spec.shown, value.parse::<u64>()) {
        (Shown::Number, Ok(number)) => json!(number),
        _ => json!(spec.show(value)),
    };
    match origin {
        Origin::Default => json!({"value": shown, "origin": origin.kind()}),
        Origin::File(name, line) => {
            json!({"value": shown, "origin": origin.kind(), "file": name, "line": line})
        }
        Origin::Environment(name) => json!({"value": shown, "origin": origin.kind(), "variable": name}),
        Origin::Option(name) => json!({"value": shown, "origin": origin.kind(), "option": name}),
    }
}
