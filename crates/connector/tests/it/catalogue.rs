//! The catalogue against what is known of the component that it takes after: connection, data sources and actions with
//! key, label, type, required, default and example of each input (an address in it is one of a reserved name).

use connector::catalogue::{self, Action, Input};
use serde_json::Value as Json;
use std::collections::HashSet;

/// Where we differ on purpose: action (`*` for any), input, member, and why.
const DIFFERENT: &[(&str, &str, &str, &str)] = &[
    ("*", "state", "default", "a placeholder that is no state of any desk"),
    ("*", "product", "default", "a placeholder that is no product of any desk"),
    ("*", "productType", "default", "a placeholder that is no product type of any desk"),
    ("*", "category", "default", "a placeholder with an id that no desk has"),
    ("*", "assetType", "default", "a placeholder with an id that no desk has"),
    ("createConfigurationItem", "attributes", "default", "a placeholder that would be written"),
    ("updateConfigurationItem", "attributes", "default", "a placeholder that would be written"),
    ("rawRequest", "maxRetries", "default", "without it what is safe is tried again, as in all actions"),
    ("*", "emailIdsToNotify", "example", "no address; the service refuses it"),
];

fn reference() -> Json {
    serde_json::from_str(include_str!("fixtures/reference.json")).unwrap()
}

/// A text, or the JSON that it holds, as the fixture has it.
fn same(ours: Option<&str>, known: &Json) -> bool {
    match (ours, known) {
        (None, Json::Null) => true,
        (Some(text), Json::String(known)) => text == known,
        (Some(text), known) => serde_json::from_str::<Json>(text).is_ok_and(|json| json == *known),
        (None, _) => false,
    }
}

fn compare(action: &str, ours: &Input, known: &Json) {
    let differs = |member: &str| {
        DIFFERENT.iter().any(|(a, i, m, _)| (*a == "*" || *a == action) && *i == ours.key && *m == member)
    };
    let at = format!("{action}.{}", ours.key);
    assert_eq!(ours.label, known["label"], "{at}");
    assert_eq!(ours.kind.word(), known["type"], "{at}");
    assert_eq!(ours.required, known["required"], "{at}");
    assert_eq!(ours.collection.word(), known["collection"].as_str(), "{at}");
    assert_eq!(
        same(ours.default, &known["default"]),
        !differs("default") || known["default"].is_null(),
        "{at} default {:?}",
        ours.default
    );
    assert_eq!(same(ours.example, &known["example"]), !differs("example"), "{at} example {:?}", ours.example);
    if let Some(group) = known.get("group") {
        let own = ours.group.unwrap_or_else(|| panic!("{at} is in no group"));
        assert_eq!(own.key, group.as_str().unwrap(), "{at}");
        assert_eq!(own.short, known.get("short").map(|s| s.as_str().unwrap()), "{at}");
    }
    assert!(!ours.help.is_empty(), "{at} is not explained");
}

#[test]
fn the_actions_are_those_of_the_reference() {
    let reference = reference();
    let known = reference["actions"].as_array().unwrap();
    assert_eq!((known.len(), known.iter().filter(|a| a["in_seed"] == true).count()), (46, 20));
    for known in known {
        let key = known["key"].as_str().unwrap();
        let action = catalogue::action(key).unwrap_or_else(|| panic!("{key} is missing"));
        assert_eq!(action.label, known["label"]);
        if key != "rawRequest" {
            assert_eq!(
                (action.method, action.path),
                (known["method"].as_str().unwrap(), known["path"].as_str().unwrap())
            );
            let answers = known["answers"].as_str().filter(|a| !a.starts_with('{'));
            assert_eq!(action.answers(), answers, "{key}");
        }
        for input in known["inputs"].as_array().unwrap() {
            let name = input["key"].as_str().unwrap();
            compare(key, action.input(name).unwrap_or_else(|| panic!("{key}.{name} is missing")), input);
        }
    }
}

#[test]
fn the_connection_and_the_data_sources_are_those_of_the_reference() {
    let reference = reference();
    let connection = catalogue::connection("sdp-oauth2").unwrap();
    assert_eq!(connection.label, reference["connection"]["label"]);
    for known in reference["connection"]["inputs"].as_array().unwrap() {
        let ours = connection.inputs.iter().find(|input| input.key == known["key"]).unwrap();
        compare("sdp-oauth2", ours, known);
    }
    let sources = reference["data_sources"].as_array().unwrap();
    assert_eq!(sources.len(), catalogue::DATA_SOURCES.len());
    for known in sources {
        let ours = catalogue::data_source(known["key"].as_str().unwrap()).unwrap();
        assert_eq!((ours.label, ours.kind), (known["label"].as_str().unwrap(), "picklist"));
        for input in known["inputs"].as_array().unwrap() {
            compare(ours.key, ours.inputs.iter().find(|i| i.key == input["key"]).unwrap(), input);
        }
    }
}

#[test]
fn keys_are_unique_and_each_segment_of_a_path_has_its_input() {
    let mut keys = HashSet::new();
    for action in catalogue::actions() {
        assert!(keys.insert(action.key), "{} is there twice", action.key);
        let mut inputs = HashSet::new();
        assert!(action.inputs().all(|input| inputs.insert(input.key)), "{}", action.key);
        let segments = segments(action);
        for segment in &segments {
            assert!(action.input(segment).is_some_and(|i| i.required), "{} has no {segment}", action.key);
        }
    }
}

fn segments(action: &Action) -> Vec<&str> {
    action.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}
