//! Any sequence of upserts comes to what a naive model in memory comes to.

use super::{PATH, post};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use testkit::{App, Client, on_both_engines};

/// An input, from a world so small that people meet.
#[derive(Clone, Debug)]
struct Input {
    email: Option<usize>,
    name: Option<usize>,
    phones: Vec<(usize, bool)>,
    nick: Option<Option<usize>>,
}

const EMAILS: [&str; 4] = ["a@example.com", "B@Example.com", "c.c@example.com", "A@EXAMPLE.com"];
const NAMES: [&str; 3] = ["Ann", "Bo", "Jose\u{301}"];
const NUMBERS: [&str; 4] = ["1", "2", "+3", "(1)"];

fn input() -> impl Strategy<Value = Input> {
    let email = proptest::option::weighted(0.5, 0..EMAILS.len());
    let name = proptest::option::weighted(0.7, 0..NAMES.len());
    let phones = proptest::collection::vec((0..NUMBERS.len(), proptest::bool::weighted(0.3)), 0..3);
    let nick = proptest::option::weighted(0.3, proptest::option::weighted(0.7, 0..2_usize));
    (email, name, phones, nick).prop_map(|(email, name, phones, nick)| Input { email, name, phones, nick })
}

/// A call: one, or a list.
fn calls() -> impl Strategy<Value = Vec<(bool, Vec<Input>)>> {
    let one = input().prop_map(|one| (false, vec![one]));
    let list = proptest::collection::vec(input(), 1..6).prop_map(|list| (true, list));
    proptest::collection::vec(prop_oneof![one, list], 1..6)
}

impl Input {
    fn json(&self) -> Json {
        let mut body = json!({});
        if let Some(email) = self.email {
            body["email"] = json!(EMAILS[email]);
        }
        if let Some(name) = self.name {
            body["name"] = json!(NAMES[name]);
        }
        if !self.phones.is_empty() {
            let phones =
                self.phones.iter().map(|(n, first)| json!({"number": NUMBERS[*n], "is_primary": first}));
            body["phones"] = phones.collect();
        }
        if let Some(nick) = self.nick {
            body["custom_fields"] = json!({"1": nick.map(|n| format!("nick {n}"))});
        }
        body
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Person {
    email: Option<String>,
    name: String,
    phones: Vec<String>,
    primary: Option<usize>,
    nick: Option<String>,
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The rules of sections 1.2 to 1.6, for what these inputs can say; the place of the person, or nothing when it is refused.
fn upsert(people: &mut Vec<Person>, input: &Input) -> Option<usize> {
    let mut phones: Vec<(&str, bool)> = Vec::new();
    for (n, first) in &input.phones {
        let number = NUMBERS[*n];
        match phones.iter_mut().find(|(known, _)| digits(known) == digits(number)) {
            Some(known) => known.1 |= first,
            None => phones.push((number, *first)),
        }
    }
    if phones.iter().filter(|(_, first)| *first).count() > 1 {
        return None;
    }
    let primary = phones.iter().position(|(_, first)| *first).or((!phones.is_empty()).then_some(0));
    let name = input.name.map(|n| NAMES[n]);
    let place = match (input.email, name, primary) {
        (Some(email), _, _) => {
            let same =
                |p: &Person| p.email.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(EMAILS[email]));
            people.iter().position(same)
        }
        (None, Some(name), Some(primary)) => {
            let wanted = digits(phones[primary].0);
            let first = |p: &Person| p.primary.map(|at| digits(&p.phones[at]));
            let meant: Vec<usize> = (0..people.len())
                .filter(|at| people[*at].name == name && first(&people[*at]) == Some(wanted.clone()))
                .collect();
            if meant.len() > 1 {
                return None;
            }
            meant.first().copied()
        }
        _ => return None,
    };
    let place = place.unwrap_or_else(|| {
        let email = input.email.map(|n| EMAILS[n].to_owned());
        let derived =
            email.as_deref().map(|e| e.split('@').next().unwrap().replace('.', " ")).unwrap_or_default();
        people.push(Person { email, name: derived, ..Person::default() });
        people.len() - 1
    });
    let person = &mut people[place];
    if let Some(name) = name {
        person.name = name.to_owned();
    }
    for (at, (number, _)) in phones.iter().enumerate() {
        let known = person.phones.iter().position(|own| digits(own) == digits(number));
        let known = known.unwrap_or_else(|| {
            person.phones.push((*number).to_owned());
            person.phones.len() - 1
        });
        if Some(at) == primary {
            person.primary = Some(known);
        }
    }
    if let Some(nick) = input.nick {
        person.nick = nick.map(|n| format!("nick {n}"));
    }
    Some(place)
}

fn shown(person: &Json) -> Person {
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let phones: Vec<String> =
        person["phones"].as_array().unwrap().iter().map(|p| text(&p["number"]).unwrap()).collect();
    let first = text(&person["primary_phone"]["number"]);
    Person {
        email: text(&person["email"]),
        name: text(&person["name"]).unwrap(),
        primary: first.map(|first| phones.iter().position(|own| *own == first).unwrap()),
        phones,
        nick: text(&person["custom_fields"][0]["value"]),
    }
}

async fn everybody(client: &Client<'_>) -> Vec<Person> {
    let list = client.send("GET", &format!("{PATH}?size=300"), &[], "").await.json();
    list["data"].as_array().unwrap().iter().map(shown).collect()
}

async fn compare(app: &App, calls: &[(bool, Vec<Input>)]) {
    let fox = app.happyfox();
    let mut people: Vec<Person> = Vec::new();
    // The place of each person in the model, by the number that the desk gave them.
    let mut numbers: Vec<(i64, usize)> = Vec::new();
    for (is_list, inputs) in calls {
        let body: Json = match is_list {
            true => inputs.iter().map(Input::json).collect(),
            false => inputs[0].json(),
        };
        let reply = post(&fox, &body).await;
        let answer = reply.json();
        let mut fails = 0;
        for (at, input) in inputs.iter().enumerate() {
            let place = upsert(&mut people, input);
            let row = if *is_list { &answer[at] } else { &answer };
            let Some(place) = place else {
                fails += 1;
                assert!(row.get("id").is_none(), "{input:?} of {calls:?} was to be refused: {row}");
                continue;
            };
            let number = row["id"].as_i64().unwrap_or_else(|| panic!("{input:?} of {calls:?}: {row}"));
            match numbers.iter().find(|(known, at)| *known == number || *at == place) {
                Some(known) => assert_eq!(*known, (number, place), "{input:?} of {calls:?}"),
                None => numbers.push((number, place)),
            }
            assert_eq!(row["name"], people[place].name, "as this input left them: {calls:?}");
        }
        assert_eq!(reply.status == 200, fails == 0, "{calls:?}: {answer}");
        let mut there = everybody(&fox).await;
        let mut wanted = people.clone();
        let by = |p: &Person| format!("{p:?}");
        there.sort_by_key(by);
        wanted.sort_by_key(by);
        assert_eq!(there, wanted, "after {body} of {calls:?}");
    }
}

on_both_engines! {
    upserts_come_to_what_a_naive_model_comes_to(app) {
        app.admin().post("/udf_fields", json!({"udf_field": {"name": "Nick", "field_type": "Single Line", "module": {"name": "user"}}})).await.ok();
        let mut runner = TestRunner::deterministic();
        for _ in 0..60 {
            let calls = calls().new_tree(&mut runner).unwrap().current();
            compare(app, &calls).await;
            forget_everybody(app).await;
        }
    }
}

/// Takes the requesters out of the desk, so that the next case begins with nobody.
async fn forget_everybody(app: &App) {
    let user = app.desk.snapshot().module("user").unwrap().clone();
    let numbered = model::filter::test(&user, "requester_number", model::Op::Empty, Vec::new()).negate();
    for person in app.desk.store().list(&store::Query::new(user.clone(), numbered, 1000)).await.unwrap() {
        app.desk.store().commit(app.desk.store().remove(&person)).await.unwrap();
    }
}
