//! The same criteria give the same rows on SQLite, on PostgreSQL and in a plain filter in memory.

use desk::compare::passes;
use model::{Filter, Id, Kind, Op, Path, Record, SortKey, Test, Value, fold};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::HashMap;
use store::Query;
use testkit::{App, Engine, on_both_engines};

/// Paths of every sort: own columns, through one reference, through two, added fields, many-valued ones.
const PATHS: [&str; 22] = [
    "subject",
    "description",
    "impact_details",
    "display_id",
    "created_time",
    "due_by_time",
    "is_fcr",
    "has_notes",
    "status",
    "status.name",
    "status.in_progress",
    "technician",
    "technician.email_id",
    "technician.cost_per_hour",
    "requester.department.name",
    "priority.name",
    "resolution.content",
    "closure_info.closure_comments",
    "udf_fields.txt_word",
    "udf_fields.num_long",
    "udf_fields.txt_many",
    "tags.name",
];

const WORDS: [&str; 12] = [
    "",
    "a",
    "Printer",
    "PRINTER on fire",
    "100%",
    "under_score",
    "back\\slash",
    "Ärger",
    "straße",
    "x'y\"z",
    "日本",
    "b c",
];

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), proptest::sample::select(WORDS.to_vec()).prop_map(Value::from)]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), (-3_i64..6).prop_map(Value::Int)]
}

/// What a record gets in some fields: an index into the choices where it refers to something.
#[derive(Clone, Debug)]
struct Seed {
    subject: Value,
    description: Value,
    details: Value,
    time: Value,
    due: Value,
    fcr: bool,
    picks: [Option<usize>; 5],
    resolution: Value,
    comments: Value,
    word: Value,
    long: Value,
    many: Vec<usize>,
}

fn seed() -> impl Strategy<Value = Seed> {
    let pick = || proptest::option::of(0_usize..4);
    (
        (text(), text(), text(), number(), number(), any::<bool>()),
        [pick(), pick(), pick(), pick(), pick()],
        (text(), text(), text(), number(), proptest::collection::vec(0_usize..WORDS.len(), 0..3)),
    )
        .prop_map(
            |(
                (subject, description, details, time, due, fcr),
                picks,
                (resolution, comments, word, long, many),
            )| {
                Seed {
                    subject,
                    description,
                    details,
                    time,
                    due,
                    fcr,
                    picks,
                    resolution,
                    comments,
                    word,
                    long,
                    many,
                }
            },
        )
}

#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Test(usize, usize, Vec<usize>, Vec<i64>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (
        0..PATHS.len(),
        0_usize..10,
        proptest::collection::vec(0..WORDS.len(), 1..3),
        proptest::collection::vec(-3_i64..6, 2),
    )
        .prop_map(|(path, op, words, numbers)| Tree::Test(path, op, words, numbers));
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Tree::All),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Tree::Any),
            inner.prop_map(|t| Tree::Not(Box::new(t))),
        ]
    })
}

const OPS: [Op; 10] = [
    Op::In,
    Op::Less,
    Op::LessOrEqual,
    Op::Greater,
    Op::GreaterOrEqual,
    Op::Between,
    Op::StartsWith,
    Op::EndsWith,
    Op::Contains,
    Op::Empty,
];

struct World {
    app: App,
    rows: HashMap<Id, Record>,
    choices: HashMap<&'static str, Vec<Id>>,
    people: HashMap<Id, Record>,
}

impl World {
    fn remember_people(&mut self, runtime: &tokio::runtime::Runtime) {
        for id in self.choices["people"].clone() {
            let person = runtime.block_on(self.app.desk.person(id)).unwrap().unwrap();
            self.people.insert(id, Record::clone(&person));
        }
    }

    async fn new(engine: Engine) -> Option<Self> {
        use serde_json::json;
        let app = App::start(engine).await?;
        let admin = app.admin();
        for (key, kind) in
            [("txt_word", "Single Line"), ("num_long", "Numeric Field"), ("txt_many", "Check Box")]
        {
            let field =
                json!({"name": key, "field_key": key, "field_type": kind, "module": {"name": "request"}});
            admin.post("/udf_fields", json!({"udf_field": field})).await.ok();
        }
        let mut choices: HashMap<&'static str, Vec<Id>> = HashMap::new();
        let id = |json: &serde_json::Value| json["id"].as_str().unwrap().parse::<Id>().unwrap();
        for name in ["Printer", "ärger", "100%", "b c"] {
            let tag = admin.post("/tags", json!({"tag": {"name": name}})).await.ok();
            choices.entry("tags").or_default().push(id(&tag["tag"]));
            let department = admin.post("/departments", json!({"department": {"name": name}})).await.ok();
            let input = json!({"name": name, "department": {"id": department["department"]["id"]},
                "email_id": format!("u{}@example.com", choices["tags"].len()), "is_technician": true,
                "cost_per_hour": choices["tags"].len().to_string()});
            let user = admin.post("/users", json!({"user": input})).await.ok();
            choices.entry("people").or_default().push(id(&user["user"]));
        }
        choices.insert("status", [6657, 6659, 6661, 6663].map(Id::shipped).to_vec());
        choices.insert("priority", [6799, 6801, 6803, 6805].map(Id::shipped).to_vec());
        Some(Self { app, rows: HashMap::new(), choices, people: HashMap::new() })
    }

    /// Puts these records in the place of those that were there, under ids that are the same on every engine.
    async fn fill(&mut self, seeds: &[Seed]) {
        let store = self.app.desk.store().clone();
        let snapshot = self.app.desk.snapshot();
        let module = snapshot.catalogue.module("request").unwrap().clone();
        let mut statements = Vec::new();
        for old in self.rows.values() {
            statements.extend(store.remove(old));
        }
        self.rows.clear();
        for (i, seed) in seeds.iter().enumerate() {
            let number = i64::try_from(i).unwrap();
            let mut r = Record::new(module.clone());
            r.set("id", 500_000_000_000_000_000 + number);
            r.set("display_id", number % 5 + i64::from(number > 0) * number * 10);
            r.set("subject", seed.subject.clone());
            r.set("description", seed.description.clone());
            r.set("impact_details", seed.details.clone());
            r.set("created_time", seed.time.clone());
            r.set("due_by_time", seed.due.clone());
            r.set("is_fcr", seed.fcr);
            r.set("has_notes", !seed.fcr);
            r.set("resolution.content", seed.resolution.clone());
            r.set("closure_info.closure_comments", seed.comments.clone());
            r.set("udf_fields.txt_word", seed.word.clone());
            r.set("udf_fields.num_long", seed.long.clone());
            let many: Vec<&str> = seed.many.iter().map(|w| WORDS[*w]).collect();
            r.set("udf_fields.txt_many", (!many.is_empty()).then(|| serde_json::to_string(&many).unwrap()));
            let picked = |which: usize, of: &str| seed.picks[which].map(|i| self.choices[of][i]);
            r.set("status", picked(0, "status"));
            r.set("priority", picked(1, "priority"));
            r.set("technician", picked(2, "people"));
            r.set("requester", picked(3, "people"));
            let tags: Vec<Id> = picked(4, "tags").into_iter().collect();
            r.set("tags", model::record::list_of(&tags));
            statements.extend(store.insert(&r));
            self.rows.insert(r.id(), r);
        }
        store.commit(statements).await.unwrap();
    }

    fn filter(&self, tree: &Tree) -> Filter {
        match tree {
            Tree::All(parts) => Filter::All(parts.iter().map(|p| self.filter(p)).collect()),
            Tree::Any(parts) => Filter::Any(parts.iter().map(|p| self.filter(p)).collect()),
            Tree::Not(inner) => self.filter(inner).negate(),
            Tree::Test(path, op, words, numbers) => {
                let snapshot = self.app.desk.snapshot();
                let module = snapshot.catalogue.module("request").unwrap();
                let path = snapshot.catalogue.path(module, PATHS[*path]).unwrap();
                let kind = path.leaf().unwrap().field.kind.clone();
                let mut op = OPS[*op];
                let is_text = matches!(
                    kind,
                    Kind::Text { .. } | Kind::Html { .. } | Kind::Email | Kind::PickMany { .. }
                );
                let of_digits = op.is_part() && kind.is_digits();
                let only_equal = matches!(kind, Kind::Ref(_) | Kind::RefMany(_) | Kind::Bool);
                if (op.is_part() && !is_text && !of_digits) || (only_equal && op != Op::Empty) {
                    op = Op::In;
                }
                let mut operands: Vec<Value> = match &kind {
                    _ if of_digits => numbers.iter().map(|n| Value::Text(n.to_string())).collect(),
                    _ if is_text => words.iter().map(|w| Value::Text(fold(WORDS[*w]))).collect(),
                    Kind::Bool => vec![Value::Bool(numbers[0] > 1)],
                    Kind::Decimal => {
                        numbers.iter().map(|n| Value::Double(f64::from(i32::try_from(*n).unwrap()))).collect()
                    }
                    Kind::Ref(m) if m == "status" => {
                        words.iter().map(|w| self.choices["status"][w % 4].into()).collect()
                    }
                    Kind::Ref(_) => words.iter().map(|w| self.choices["people"][w % 4].into()).collect(),
                    _ => numbers.iter().map(|n| Value::Int(*n)).collect(),
                };
                match op {
                    Op::Empty => operands.clear(),
                    Op::Between => operands.resize(2, operands[0].clone()),
                    Op::In | Op::StartsWith | Op::EndsWith | Op::Contains => {}
                    _ => operands.truncate(1),
                }
                Filter::Test(Test { path, op, operands })
            }
        }
    }

    /// The plain filter.
    fn naive(&self, record: &Record, filter: &Filter) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|p| self.naive(record, p)),
            Filter::Any(parts) => parts.iter().any(|p| self.naive(record, p)),
            Filter::Not(inner) => !self.naive(record, inner),
            Filter::Test(test) => self.reaches(record, test, &test.path.via),
        }
    }

    fn reaches(&self, record: &Record, test: &Test, via: &[(std::sync::Arc<model::Module>, usize)]) -> bool {
        let Some(((_, slot), rest)) = via.split_first() else {
            let value = record.at(test.path.slot);
            return match (&test.path.leaf().unwrap().field.kind, value) {
                (Kind::PickMany { .. }, Value::Text(list)) => {
                    let values: Vec<String> = serde_json::from_str(list).unwrap();
                    test.op != Op::Empty && values.into_iter().any(|v| passes(&Value::Text(v), test))
                }
                _ => passes(value, test),
            };
        };
        let ids = match record.at(*slot) {
            Value::Int(id) => vec![Id::new(*id)],
            other => model::record::ids_of(other),
        };
        let snapshot = self.app.desk.snapshot();
        let found: Vec<&Record> = ids
            .iter()
            .filter_map(|id| self.people.get(id).or_else(|| snapshot.record(*id).map(AsRef::as_ref)))
            .collect();
        if test.op == Op::Empty {
            // Nobody there has one.
            return !found.iter().any(|r| !self.reaches(r, test, rest));
        }
        found.iter().any(|r| self.reaches(r, test, rest))
    }

    async fn rows(&self, filter: &Filter) -> Vec<Id> {
        let snapshot = self.app.desk.snapshot();
        let module = snapshot.catalogue.module("request").unwrap();
        let mut query = Query::new(module.clone(), filter.clone(), 1000);
        query.slots = vec![module.id_slot().unwrap()];
        self.app.desk.store().list(&query).await.unwrap().iter().map(Record::id).collect()
    }

    async fn sorted(&self, path: &str, descending: bool) -> Vec<Id> {
        let snapshot = self.app.desk.snapshot();
        let module = snapshot.catalogue.module("request").unwrap();
        let path: Path = snapshot.catalogue.path(module, path).unwrap();
        let mut query = Query::new(module.clone(), Filter::everything(), 1000);
        query.sort = vec![SortKey { path, descending }];
        self.app.desk.store().list(&query).await.unwrap().iter().map(Record::id).collect()
    }
}

#[test]
fn three_filters_agree() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut worlds = runtime.block_on(async {
        let mut worlds = Vec::new();
        for engine in [Engine::Sqlite, Engine::Postgres] {
            worlds.extend(World::new(engine).await);
        }
        worlds
    });
    for world in &mut worlds {
        world.remember_people(&runtime);
    }
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let strategy = (proptest::collection::vec(seed(), 1..25), proptest::collection::vec(tree(), 8));
    let worlds = std::cell::RefCell::new(worlds);
    let outcome = runner.run(&strategy, |(seeds, trees)| {
        let mut worlds = worlds.borrow_mut();
        let mut orders: Vec<Vec<Vec<Id>>> = Vec::new();
        for world in worlds.iter_mut() {
            runtime.block_on(world.fill(&seeds));
            for tree in &trees {
                let filter = world.filter(tree);
                let mut expected: Vec<Id> =
                    world.rows.values().filter(|r| world.naive(r, &filter)).map(Record::id).collect();
                expected.sort_unstable();
                let found = runtime.block_on(world.rows(&filter));
                prop_assert_eq!(found, expected, "{:?}", tree);
            }
            let by =
                ["subject", "due_by_time", "technician.name", "udf_fields.txt_word", "udf_fields.num_long"];
            orders.push(
                by.iter().enumerate().map(|(i, p)| runtime.block_on(world.sorted(p, i % 2 == 0))).collect(),
            );
        }
        if let [a, b] = orders.as_slice() {
            // People have ids of their own on each engine, but the same names.
            prop_assert_eq!(a, b);
        }
        Ok(())
    });
    drop(worlds);
    outcome.unwrap();
}

on_both_engines! {
    added_fields_are_read_where_they_are_shown(app) {
        let field = serde_json::json!({"name": "Word", "field_key": "txt_word", "field_type": "Single Line", "module": {"name": "request"}});
        app.admin().post("/udf_fields", serde_json::json!({"udf_field": field})).await.ok();
        let with = serde_json::json!({"request": {"subject": "With", "udf_fields": {"txt_word": "said"}}});
        app.admin().post("/requests", with).await.ok();
        let without = app.admin().new_request("Without").await;
        let (store, snapshot) = (app.desk.store(), app.desk.snapshot());
        let module = snapshot.module("request").unwrap();
        let (subject, word) = (module.slot("subject").unwrap(), module.slot("udf_fields.txt_word").unwrap());
        let path = Path::of(module, "udf_fields.txt_word").unwrap();
        for (slots, is_read) in [(vec![], true), (vec![subject, word], true), (vec![subject], false)] {
            for descending in [false, true] {
                let mut query = Query::new(module.clone(), Filter::everything(), 10);
                query.slots.clone_from(&slots);
                query.sort = vec![SortKey { path: path.clone(), descending }];
                assert_eq!(store.explain(&query).sql.contains("\"extra\""), is_read, "{slots:?}");
                let mut found: Vec<(String, Value)> = store.list(&query).await.unwrap().iter()
                    .map(|r| (r.title().to_owned(), r.at(word).clone())).collect();
                // Those without a value come first.
                let mut expected = vec![("Without".to_owned(), Value::Null), ("With".to_owned(), if is_read { "said".into() } else { Value::Null })];
                if descending {
                    expected.reverse();
                }
                found.retain(|(title, _)| title.starts_with("With"));
                assert_eq!(found, expected, "{slots:?} {descending}");
            }
        }
        assert_eq!(app.admin().get(&format!("/requests/{without}")).await.ok()["request"]["udf_fields"]["txt_word"], serde_json::Value::Null);
    }
}
