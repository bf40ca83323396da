//! `frontdesk connector actions` and `describe`: the catalogue, for people and for programs.

use super::args::{ActionsArgs, DescribeArgs, Form};
use crate::{Failure, say};
use ::connector::catalogue::{self, Action, Collection, Does, Input, Kind};
use serde_json::{Value as Json, json};

/// Lists what there is.
pub(super) fn actions(args: &ActionsArgs) -> Result<(), Failure> {
    let words = args.words.as_deref().unwrap_or_default().to_ascii_lowercase();
    let fits = |key: &str, label: &str| {
        key.to_ascii_lowercase().contains(&words) || label.to_ascii_lowercase().contains(&words)
    };
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut row = |key: &str, label: &str, kind: &str, help: &str| {
        if fits(key, label) {
            rows.push([key, label, kind, help].map(str::to_owned));
        }
    };
    for action in catalogue::actions() {
        row(action.key, action.label, "action", action.help);
    }
    for source in catalogue::DATA_SOURCES {
        row(source.key, source.label, "data source", source.help);
    }
    row(catalogue::TRIGGER.key, catalogue::TRIGGER.label, "trigger", catalogue::TRIGGER.help);
    match args.format {
        Form::Table => say::table(["key", "label", "kind", ""], &rows),
        Form::Json => {
            let shown = |[key, label, kind, help]: &[String; 4]| json!({"key": key, "label": label, "kind": kind, "description": help});
            say::json(&rows.iter().map(shown).collect());
        }
    }
    Ok(())
}

/// Something of the catalogue.
struct Thing {
    key: &'static str,
    label: &'static str,
    help: &'static str,
    call: Option<String>,
    answer: String,
    inputs: Vec<&'static Input>,
    example: Vec<String>,
}

/// Tells all about one of them.
pub(super) fn one(args: &DescribeArgs) -> Result<(), Failure> {
    let thing = thing(&args.key).ok_or_else(|| {
        Failure::usage(format!(
            "there is nothing called {}; frontdesk connector actions lists what there is",
            args.key
        ))
    })?;
    match args.format {
        Form::Json => say::json(&document(&thing)),
        Form::Table => page(&thing),
    }
    Ok(())
}

fn thing(key: &str) -> Option<Thing> {
    let is = |known: &str| known.eq_ignore_ascii_case(key);
    if let Some(action) = catalogue::actions().find(|action| is(action.key)) {
        return Some(of_action(action));
    }
    if let Some(source) = catalogue::DATA_SOURCES.iter().find(|source| is(source.key)) {
        return Some(Thing {
            key: source.key,
            label: source.label,
            help: source.help,
            call: None,
            answer: r#"{"result": [{"label": "…", "key": "…"}]}"#.into(),
            inputs: source.inputs.iter().collect(),
            example: vec![format!(
                "frontdesk connector source {} --search printer --format table",
                source.key
            )],
        });
    }
    if is(catalogue::TRIGGER.key) {
        return Some(Thing {
            key: catalogue::TRIGGER.key,
            label: catalogue::TRIGGER.label,
            help: catalogue::TRIGGER.help,
            call: None,
            answer: r#"{"data": {"created": [{…}], "updated": [{…}]}}"#.into(),
            inputs: catalogue::TRIGGER.inputs.iter().collect(),
            example: vec!["frontdesk connector poll --resource requests --updated --every 60".into()],
        });
    }
    let kind = catalogue::CONNECTIONS.iter().find(|kind| is(kind.key))?;
    let example = match kind.key {
        ::connector::TECHNICIAN_KEY => {
            "frontdesk connector connect work --url https://desk.example.com --key"
        }
        _ => "frontdesk connector connect work --url eu --client-id 1000.ABC",
    };
    Some(Thing {
        key: kind.key,
        label: kind.label,
        help: kind.help,
        call: None,
        answer: "a connection".into(),
        inputs: kind.inputs.iter().collect(),
        example: vec![example.to_owned()],
    })
}

fn of_action(action: &'static Action) -> Thing {
    let member = match (action.does, action.answers()) {
        (Does::Raw, _) => r#"{"data": the decoded body}"#.to_owned(),
        (Does::List, Some(rows)) => {
            format!(r#"{{"data": {{"{rows}": [{{…}}], "list_info": {{…}}, "response_status": [{{…}}]}}}}"#)
        }
        (Does::List, None) => {
            r#"{"data": {"<ciTypeApiName>": [{…}], "list_info": {…}, "response_status": [{…}]}}"#.to_owned()
        }
        (_, Some(record)) => format!(r#"{{"data": {{"{record}": {{…}}, "response_status": {{…}}}}}}"#),
        (Does::Create | Does::Get | Does::Update, None) => {
            r#"{"data": {"<ciTypeApiName>": {…}, "response_status": {…}}}"#.to_owned()
        }
        (_, None) => r#"{"data": {"response_status": {…}}}"#.to_owned(),
    };
    let method = if action.method.is_empty() { "{method}" } else { action.method };
    Thing {
        key: action.key,
        label: action.label,
        help: action.help,
        call: Some(format!("{method} {}", action.path)),
        answer: member,
        inputs: action.inputs().collect(),
        example: example(action),
    }
}

/// A command that works as soon as its ids are real: the required inputs, and one or two others.
fn example(action: &Action) -> Vec<String> {
    let mut line = format!("frontdesk connector run {}", action.key);
    let mut optional = 0;
    for input in action.inputs().filter(|input| input.kind != Kind::Connection) {
        let wanted = input.required && input.default.is_none();
        let more = !wanted && optional < 1 && action.does == Does::Create && input.sample.is_some();
        if wanted || more {
            optional += usize::from(more);
            let value = input.sample.or(input.example).unwrap_or("…");
            line.push_str(&format!(" --input {}={}", input.key, quoted(value)));
        }
    }
    let mut lines = vec![line];
    if action.does == Does::List {
        let start = lines.concat();
        lines.push(format!("{start} --input conditionsCriteria=created_time='greater than' \\\n      --input conditionsCriteriaValue=created_time=1488451440000 --format csv"));
    }
    if action.key == "uploadAttachment" {
        let file = |line: &String| line.replace("fileContent=SGVsbG8=", "fileContent=@report.pdf");
        lines = lines.iter().map(file).collect();
    }
    lines
}

/// A word as a shell takes it.
fn quoted(text: &str) -> String {
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '@' | ':' | '=' | ',');
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn page(thing: &Thing) {
    say::out(&format!("{} ({})\n{}\n", thing.key, thing.label, thing.help));
    if let Some(call) = &thing.call {
        say::out(&format!("Call    {call}"));
    }
    say::out(&format!("Answer  {}\n", thing.answer));
    say::out("Inputs");
    // Here the profile is the connection.
    for input in thing.inputs.iter().filter(|input| input.kind != Kind::Connection) {
        describe_input(input);
    }
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (group, key) in thing.inputs.iter().filter_map(|input| Some((input.group?.key, input.key))) {
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, members)) => members.push(key),
            None => groups.push((group, vec![key])),
        }
    }
    for (group, members) in groups {
        say::out(&format!("\n{} may also be given together, in an object {group}.", members.join(", ")));
    }
    say::out(if thing.example.len() == 1 { "\nExample" } else { "\nExamples" });
    for line in &thing.example {
        say::out(&format!("  {line}"));
    }
}

fn describe_input(input: &Input) {
    let required = if input.required && input.default.is_none() { ", required" } else { "" };
    say::out(&format!("  {} ({}, {}{required})", input.key, input.label, takes(input)));
    say::out(&format!("      {}", input.help));
    if let Some(default) = input.default.filter(|default| !default.is_empty()) {
        say::out(&format!("      default: {default}"));
    }
    if !input.choices.is_empty() {
        let choice = |(value, label): &(&str, &str)| match value.eq_ignore_ascii_case(label) {
            true => (*value).to_owned(),
            false => format!("{value} ({label})"),
        };
        let choices: Vec<String> = input.choices.iter().filter(|(v, _)| !v.is_empty()).map(choice).collect();
        let word = if input.collection == Collection::Pairs { "operators" } else { "one of" };
        say::out(&format!("      {word}: {}", choices.join(", ")));
    }
    if let Some(example) = input.example.or(input.sample) {
        say::out(&format!("      example: {example}"));
    }
}

/// What an input takes, in a few words.
fn takes(input: &Input) -> String {
    match (input.collection, input.shape.words()) {
        (Collection::List, _) => "list: values with commas between, an array, or given several times".into(),
        (Collection::Pairs, _) => "pairs: a=b,c=d, an object, or given several times".into(),
        (Collection::One, Some(words)) if input.kind == Kind::Code && words != "JSON" => {
            format!("JSON: {words}")
        }
        (Collection::One, Some(words)) => words.into(),
        (Collection::One, None) => match input.kind {
            Kind::Text => "text".into(),
            Kind::Boolean => "true or false".into(),
            other => other.word().into(),
        },
    }
}

fn document(thing: &Thing) -> Json {
    let value = |text: Option<&str>, kind: Kind| match (text, kind) {
        (None, _) => Json::Null,
        (Some(text), Kind::Code) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        (Some(text), _) => json!(text),
    };
    let input = |input: &&Input| {
        json!({
            "key": input.key,
            "label": input.label,
            "type": input.kind.word(),
            "collection": input.collection.word(),
            "required": input.required,
            "default": value(input.default, input.kind),
            "example": value(input.example, input.kind),
            "takes": takes(input),
            "description": input.help,
            "choices": input.choices.iter().map(|(v, label)| json!({"value": v, "label": label})).collect::<Vec<_>>(),
            "group": input.group.map(|group| json!({"key": group.key, "label": group.label, "short": group.short})),
        })
    };
    json!({
        "key": thing.key,
        "label": thing.label,
        "description": thing.help,
        "call": thing.call,
        "answer": thing.answer,
        "inputs": thing.inputs.iter().map(input).collect::<Vec<_>>(),
        "examples": thing.example,
    })
}
