//! Criteria over the fields that administrators added, and lists sorted by them: attributes of CIs, inherited ones too,
//! and additional fields of requests. SQLite, PostgreSQL and a plain filter in memory give the same rows in one order.

use desk::compare::passes;
use model::{Filter, Id, Kind, Op, Path, Record, SortKey, Test, Value, fold};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use store::Query;
use testkit::{App, Engine};

/// One of each sort: the key, and what people choose.
const FIELDS: [(&str, &str); 10] = [
    ("txt_word", "Single Line"),
    ("txt_lines", "Multi Line"),
    ("txt_pick", "Pick List"),
    ("txt_many", "Multi Select"),
    ("num_long", "Numeric Field"),
    ("dbl_real", "Decimal"),
    ("bool_flag", "Boolean"),
    ("date_day", "Date"),
    ("ref_one", "Lookup"),
    ("ref_many", "Multi Lookup"),
];

const WORDS: [&str; 10] =
    ["", "a", "Printer", "PRINTER on fire", "100%", "under_score", "back\\slash", "Ärger", "日本", "b c"];

/// What the lookups refer to: shipped statuses, the same on every desk.
const STATUSES: [i64; 4] = [6657, 6659, 6661, 6663];

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

/// What one record has in each field: nothing, or one of a few values; two numbers, for fields with several.
type Seed = Vec<Option<(usize, usize)>>;

#[derive(Clone, Debug)]
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Test(usize, usize, Vec<usize>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = (0..FIELDS.len(), 0..OPS.len(), proptest::collection::vec(0_usize..20, 2))
        .prop_map(|(field, op, choices)| Tree::Test(field, op, choices));
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Tree::All),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Tree::Any),
            inner.prop_map(|t| Tree::Not(Box::new(t))),
        ]
    })
}

fn number(choice: usize) -> i64 {
    i64::try_from(choice % 7).unwrap() - 3
}

fn double(choice: usize) -> f64 {
    f64::from(i32::try_from(number(choice)).unwrap()) / 2.0
}

fn word(choice: usize) -> &'static str {
    WORDS[choice % WORDS.len()]
}

fn status(choice: usize) -> Id {
    Id::shipped(STATUSES[choice % STATUSES.len()])
}

/// The value of a field of this kind.
fn value(kind: &Kind, (first, second): (usize, usize)) -> Value {
    match kind {
        Kind::PickMany { .. } => json!([word(first), word(second)]).to_string().into(),
        Kind::RefMany(_) => model::record::list_of(&[status(first), status(second)]),
        Kind::Ref(_) => status(first).into(),
        Kind::Double => double(first).into(),
        Kind::Bool => first.is_multiple_of(2).into(),
        Kind::Digits { .. } | Kind::Date => number(first).into(),
        _ => word(first).into(),
    }
}

/// What a test compares values of this kind with.
fn operand(kind: &Kind, choice: usize) -> Value {
    match kind {
        Kind::Ref(_) | Kind::RefMany(_) => status(choice).into(),
        Kind::Double => double(choice).into(),
        Kind::Bool => choice.is_multiple_of(2).into(),
        Kind::Digits { .. } | Kind::Date => number(choice).into(),
        _ => fold(word(choice)).into(),
    }
}

/// The values that a test looks at one by one.
fn several(kind: &Kind, value: &Value) -> Option<Vec<Value>> {
    match kind {
        Kind::PickMany { .. } => {
            let words: Vec<String> = serde_json::from_str(value.as_str().unwrap_or("[]")).unwrap();
            Some(words.into_iter().map(Value::Text).collect())
        }
        Kind::RefMany(_) => Some(model::record::ids_of(value).into_iter().map(Value::from).collect()),
        _ => None,
    }
}

struct World {
    app: App,
    module: &'static str,
    group: &'static str,
    rows: HashMap<Id, Record>,
}

impl World {
    /// Two worlds on one desk: CIs of a type that has half of its attributes from the type above, and requests.
    async fn both(engine: Engine) -> Option<[Self; 2]> {
        let [cis, requests] = [App::start(engine).await?, App::start(engine).await?];
        let admin = cis.admin();
        let mut types: Vec<String> = Vec::new();
        for name in ["ci_above", "ci_below"] {
            let mut input = json!({"name": name});
            if let Some(above) = types.first() {
                input["parent"] = json!({"id": above});
            }
            let made = admin.post("/ci_types", json!({"ci_type": input})).await.ok();
            types.push(made["ci_type"]["id"].as_str().unwrap().to_owned());
        }
        for (place, (key, kind)) in FIELDS.iter().enumerate() {
            let mut input = json!({"name": key, "field_key": key, "field_type": kind});
            if key.starts_with("ref") {
                input["reference_entity"] = json!({"name": "status"});
            }
            let options: Vec<_> = WORDS[1..].iter().map(|w| json!({"value": w})).collect();
            if ["txt_pick", "txt_many"].contains(key) {
                input["allowed_values"] = json!(options);
            }
            let owner = &types[place % 2];
            let path = format!("/ci_types/{owner}/ci_attributes");
            admin.post(&path, json!({"ci_attribute": input})).await.ok();
            input["module"] = json!({"name": "request"});
            requests.admin().post("/udf_fields", json!({"udf_field": input})).await.ok();
        }
        let world = |app, module, group| Self { app, module, group, rows: HashMap::new() };
        Some([world(cis, "ci_below", "ci_attributes"), world(requests, "request", "udf_fields")])
    }

    fn module(&self) -> Arc<model::Module> {
        self.app.desk.snapshot().module(self.module).unwrap().clone()
    }

    fn path(&self, field: usize) -> Path {
        Path::of(&self.module(), &format!("{}.{}", self.group, FIELDS[field].0)).unwrap()
    }

    async fn fill(&mut self, seeds: &[Seed]) {
        let store = self.app.desk.store().clone();
        let module = self.module();
        let mut statements: Vec<_> = self.rows.values().flat_map(|old| store.remove(old)).collect();
        self.rows.clear();
        for (number, seed) in (0_i64..).zip(seeds) {
            let mut record = Record::new(module.clone());
            record.set("id", 500_000_000_000_000_000 + number);
            if let Some(fixed) = &module.fixed {
                record.set("name", format!("unit {number}"));
                record.set(fixed.field, fixed.values[0].clone());
            } else {
                record.set("display_id", number);
            }
            for (field, choice) in seed.iter().enumerate() {
                let path = self.path(field);
                if let Some(choice) = choice {
                    record.put(path.slot, value(&path.leaf().unwrap().field.kind, *choice));
                }
            }
            statements.extend(store.insert(&record));
            self.rows.insert(record.id(), record);
        }
        store.commit(statements).await.unwrap();
    }

    fn filter(&self, tree: &Tree) -> Filter {
        match tree {
            Tree::All(parts) => Filter::All(parts.iter().map(|p| self.filter(p)).collect()),
            Tree::Any(parts) => Filter::Any(parts.iter().map(|p| self.filter(p)).collect()),
            Tree::Not(inner) => self.filter(inner).negate(),
            Tree::Test(field, op, choices) => {
                let path = self.path(*field);
                let kind = path.leaf().unwrap().field.kind.clone();
                let is_text = matches!(
                    kind,
                    Kind::Text { .. } | Kind::Html { .. } | Kind::Pick { .. } | Kind::PickMany { .. }
                );
                let mut op = OPS[*op];
                let only_equal = matches!(kind, Kind::Ref(_) | Kind::RefMany(_) | Kind::Bool);
                if op != Op::Empty && (only_equal || (op.is_part() && !is_text)) {
                    op = Op::In;
                }
                let mut operands: Vec<Value> = choices.iter().map(|c| operand(&kind, *c)).collect();
                match op {
                    Op::Empty => operands.clear(),
                    Op::In | Op::Between | Op::StartsWith | Op::EndsWith | Op::Contains => {}
                    _ => operands.truncate(1),
                }
                Filter::Test(Test { path, op, operands })
            }
        }
    }

    async fn list(&self, filter: Filter, sort: Option<(usize, bool)>, limit: u64) -> Vec<Id> {
        let mut query = Query::new(self.module(), filter, limit);
        if let Some((field, descending)) = sort {
            query.sort = vec![SortKey { path: self.path(field), descending }];
        }
        self.app.desk.store().list(&query).await.unwrap().iter().map(Record::id).collect()
    }

    /// The same without a database.
    fn plain(&self, filter: &Filter, sort: Option<(usize, bool)>, limit: usize) -> Vec<Id> {
        let mut found: Vec<&Record> = self.rows.values().filter(|r| naive(r, filter)).collect();
        found.sort_by(|a, b| {
            let Some((field, descending)) = sort else { return a.id().cmp(&b.id()) };
            let path = self.path(field);
            let kind = &path.leaf().unwrap().field.kind;
            let order = in_order(&first(kind, a.at(path.slot)), &first(kind, b.at(path.slot)))
                .then(a.id().cmp(&b.id()));
            if descending { order.reverse() } else { order }
        });
        found.into_iter().take(limit).map(Record::id).collect()
    }
}

fn naive(record: &Record, filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|p| naive(record, p)),
        Filter::Any(parts) => parts.iter().any(|p| naive(record, p)),
        Filter::Not(inner) => !naive(record, inner),
        Filter::Test(test) => {
            let value = record.at(test.path.slot);
            match several(&test.path.leaf().unwrap().field.kind, value) {
                Some(values) if test.op == Op::Empty => values.is_empty(),
                Some(values) => values.iter().any(|value| passes(value, test)),
                None => passes(value, test),
            }
        }
    }
}

/// What decides the order: of several values the first, of a text its words.
fn first(kind: &Kind, value: &Value) -> Value {
    let one = match several(kind, value) {
        Some(values) => values.into_iter().next().unwrap_or_default(),
        None => value.clone(),
    };
    match (kind, one) {
        (Kind::Html { .. }, Value::Text(text)) => fold(&model::plain_text(&text)).into(),
        (_, Value::Text(text)) => fold(&text).into(),
        (_, other) => other,
    }
}

/// No value is the least.
fn in_order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (a, b) => a.as_double().partial_cmp(&b.as_double()).unwrap(),
    }
}

#[test]
fn three_filters_agree_on_added_fields() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let worlds: Vec<World> = runtime.block_on(async {
        let mut worlds = Vec::new();
        for engine in [Engine::Sqlite, Engine::Postgres] {
            worlds.extend(World::both(engine).await.into_iter().flatten());
        }
        worlds
    });
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let choice = proptest::option::weighted(0.75, (0_usize..20, 0_usize..20));
    let seed = proptest::collection::vec(choice, FIELDS.len());
    let sort = proptest::option::of((0..FIELDS.len(), any::<bool>()));
    let asked = proptest::collection::vec((tree(), sort, 1_usize..30), 10);
    let strategy = (proptest::collection::vec(seed, 1..25), asked);
    let worlds = std::cell::RefCell::new(worlds);
    let outcome = runner.run(&strategy, |(seeds, asked)| {
        for world in worlds.borrow_mut().iter_mut() {
            runtime.block_on(world.fill(&seeds));
            for (tree, sort, limit) in &asked {
                let filter = world.filter(tree);
                let expected = world.plain(&filter, *sort, *limit);
                let found = runtime.block_on(world.list(filter, *sort, *limit as u64));
                prop_assert_eq!(found, expected, "{} {:?} {:?}", world.module, tree, sort);
            }
        }
        Ok(())
    });
    drop(worlds);
    outcome.unwrap();
}
