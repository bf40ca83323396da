//! Records in and out: every form that clients send, and the keys and types of the recorded answers.
#![expect(clippy::unwrap_used, reason = "in a test, what does not work must stop it")]

use model::{Catalogue, Change, Id, Record, RefInput, Value};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use wire::reader;
use wire::writer::{LeftOut, Lookups, Writer};

/// Knows a record of every module: the one that each reference is given.
struct Everything(Catalogue);

impl Lookups for Everything {
    // Leaked: a lookup lends what it has, and this one has nothing before it is asked.
    fn record(&self, module: &str, id: Id) -> Option<&Record> {
        Some(Box::leak(Box::new(full(&self.0, module, id))))
    }
}

/// A record in which every field has a value.
fn full(catalogue: &Catalogue, name: &str, id: Id) -> Record {
    use model::Kind;
    let module = catalogue.module(name).unwrap().clone();
    let mut record = Record::new(module.clone());
    for (slot, leaf) in module.leaves().iter().enumerate() {
        record.put(
            slot,
            match &leaf.field.kind {
                Kind::Id => Value::from(id),
                Kind::Bool => Value::Bool(true),
                Kind::Double => Value::Double(1.5),
                Kind::Int { .. } | Kind::Digits { .. } | Kind::Span => Value::Int(7),
                Kind::Time | Kind::Date => Value::Int(1_478_758_440_000),
                Kind::Ref(_) => Value::from(Id::shipped(1)),
                Kind::RefMany(_) => Value::from("[\"1\",\"2\"]"),
                Kind::PickMany { .. } => Value::from("[\"a\"]"),
                Kind::Json => Value::from("[]"),
                _ => Value::from("text \"quoted\" \\ \n 日本"),
            },
        );
    }
    record
}

fn written(name: &str) -> Json {
    let everything = Everything(Catalogue::new(&model::Additions::default()));
    let zone = jiff::tz::TimeZone::UTC;
    let record = full(&everything.0, name, Id::new(42));
    let mut out = String::new();
    Writer::new(&everything, &zone).record(&mut out, &record);
    serde_json::from_str(&out).unwrap()
}

/// Keys and types of the sample answers: s string, n number, b boolean, a array, o object; `so` for either.
fn holds(json: &Json, keys: &[(&str, &str)]) {
    for (path, kinds) in keys {
        let value = path.split('.').fold(json, |j, key| &j[key]);
        let kind = match value {
            Json::String(_) => 's',
            Json::Number(_) => 'n',
            Json::Bool(_) => 'b',
            Json::Array(_) => 'a',
            Json::Object(_) => 'o',
            Json::Null => '0',
        };
        assert!(kinds.contains(kind), "{path} is {value}");
    }
}

proptest! {
    /// Whatever is empty, varies or was put over a record: by its stencil it is written as it is without.
    #[test]
    fn a_stencil_writes_what_the_writer_writes(
        module in 0_usize..1000, empty: [bool; 64], varies: [bool; 61], over: [bool; 59], anywhere: bool,
    ) {
        let everything = Everything(Catalogue::new(&model::Additions::default()));
        let modules = everything.0.modules();
        let module = &modules[module % modules.len()];
        let is = |flags: &[bool], slot: usize| flags[slot % flags.len()];
        let mut record = full(&everything.0, &module.name, Id::new(42));
        for slot in (0..module.leaves().len()).filter(|slot| is(&empty, *slot)) {
            record.put(slot, Value::Null);
        }
        let record = record.shared();
        let (utc, tokyo) = (jiff::tz::TimeZone::UTC, jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
        let stencil = Writer::new(&everything, &utc).stencil(&record, |slot| is(&varies, slot)).unwrap();
        let mut changed = record.clone();
        let mut fits = true;
        let places = (0..module.leaves().len()).filter(|slot| is(&over, *slot) && (anywhere || is(&varies, *slot)));
        for slot in places.take(20) {
            fits &= stencil.slots().contains(&slot);
            changed.put(slot, if is(&empty, slot) { Value::from("[\"3\"]") } else { Value::Null });
        }
        let cases =
            [(&record, &utc, true), (&record, &tokyo, true), (&changed, &utc, fits), (&changed, &tokyo, fits)];
        for (record, zone, fits) in cases {
            let (mut plain, mut filled) = (String::from("before"), String::from("before"));
            let writer = Writer::new(&everything, zone);
            writer.record(&mut plain, record);
            prop_assert_eq!(writer.fill(&mut filled, record, &stencil), fits);
            prop_assert_eq!(&filled, if fits { &plain } else { "before" });
            let mut around = String::from("before");
            let left = writer.fill_around(&mut around, record, &stencil);
            prop_assert_eq!(left.is_some(), fits);
            if let Some(LeftOut { at, stretch }) = left {
                prop_assert_eq!(around.len() + stretch.len(), plain.len());
                around.insert_str(at, &stencil.text()[stretch]);
            }
            prop_assert_eq!(around, filled);
        }
        let own = full(&everything.0, &module.name, Id::new(42));
        prop_assert!(!Writer::new(&everything, &utc).fill(&mut String::new(), &own, &stencil));
    }
}

/// What does not differ of a request need not be copied: all of it, or the longer side of what does.
#[test]
fn the_longest_stretch_may_be_left_out() {
    let everything = Everything(Catalogue::new(&model::Additions::default()));
    let utc = jiff::tz::TimeZone::UTC;
    let record = full(&everything.0, "request", Id::new(42)).shared();
    let writer = Writer::new(&everything, &utc);
    let mut plain = String::new();
    writer.record(&mut plain, &record);
    let around = |varies: Option<usize>| {
        let stencil = writer.stencil(&record, |slot| Some(slot) == varies).unwrap();
        let mut out = String::new();
        let LeftOut { at, stretch } = writer.fill_around(&mut out, &record, &stencil).unwrap();
        out.insert_str(at, &stencil.text()[stretch.clone()]);
        assert_eq!(out, plain);
        stretch.len()
    };
    assert_eq!(around(None), plain.len());
    let some: Vec<usize> = (0..record.module.leaves().len()).map(|slot| around(Some(slot))).collect();
    assert!(some.iter().all(|length| *length >= plain.len() / 3), "{some:?} of {}", plain.len());
}

#[test]
fn of_others_only_who_they_are_is_written_for_whoever_stands_alone() {
    let everything = Everything(Catalogue::new(&model::Additions::default()));
    let utc = jiff::tz::TimeZone::UTC;
    let person = full(&everything.0, "user", Id::new(42));
    let written = |writer: Writer<'_>| {
        let mut out = String::new();
        writer.reference(&mut out, &person);
        serde_json::from_str::<Json>(&out).unwrap()
    };
    let whole = written(Writer::new(&everything, &utc));
    assert_eq!(written(Writer::new(&everything, &utc).alone(Id::new(42))), whole, "themselves");
    let mut told = written(Writer::new(&everything, &utc).alone(Id::new(43)));
    for key in ["phone", "mobile", "sms_mail", "sms_mail_id", "employee_id", "cost_per_hour"] {
        assert!(!whole[key].is_null(), "{key}");
        assert_eq!(std::mem::replace(&mut told[key], whole[key].clone()), Json::Null, "{key}");
    }
    assert_eq!(told, whole);
}

#[test]
fn every_module_is_written_as_json() {
    for module in Catalogue::new(&model::Additions::default()).modules() {
        let json = written(&module.name);
        assert_eq!(json["id"], "42", "{}", module.name);
    }
}

#[test]
fn a_request_has_the_keys_and_types_of_the_samples() {
    let request = written("request");
    let objects = "assigned_time cancel_flag_comments closure_info created_by created_time department due_by_time editor \
        first_response_due_by_time group impact item last_updated_time level mode on_behalf_of priority request_type \
        requester resolution resolved_time service_category site sla status subcategory technician template urgency \
        approval_status category onhold_scheduler linked_to_request completed_time deleted_time responded_time";
    let strings = "description display_id id impact_details notification_status project_id service_cost \
        status_change_comments subject time_elapsed total_cost update_reason";
    let booleans = "cancellation_requested delete_pre_template_tasks has_attachments has_change_initiated_request \
        has_draft has_linked_requests has_notes has_problem has_project has_purchase_orders \
        has_request_initiated_change is_escalated is_fcr is_first_response_overdue is_overdue is_read is_reopened \
        is_service_request is_trashed completed_by_denial";
    let arrays = "assets attachments configuration_items deleted_assets email_bcc email_cc email_ids_to_notify email_to \
        request_template_task_ids";
    let numbers = "editor_status unreplied_count";
    for (keys, kind) in [(objects, "o"), (strings, "s"), (booleans, "b"), (arrays, "a"), (numbers, "n")] {
        for key in keys.split_whitespace() {
            holds(&request, &[(key, kind)]);
        }
    }
    holds(
        &request,
        &[
            ("created_time.display_value", "s"),
            ("created_time.value", "s"),
            ("status.in_progress", "b"),
            ("status.stop_timer", "b"),
            ("status.internal_name", "s"),
            ("status.color", "s"),
            ("priority.color", "s"),
            ("category.deleted", "b"),
            ("group.deleted", "b"),
            ("group.site", "o"),
            ("site.is_default", "b"),
            ("service_category.sort_index", "n"),
            ("service_category.inactive", "b"),
            ("sla.resolution_due_by_minutes", "n"),
            ("template.is_service_template", "b"),
            ("requester.email_id", "s"),
            ("requester.is_vip_user", "b"),
            ("requester.photo_url", "s"),
            ("requester.department.name", "s"),
            ("technician.cost_per_hour", "s"),
            ("resolution.content", "s"),
            ("resolution.add_to_linked_requests", "b"),
            ("closure_info.requester_ack_resolution", "b"),
            ("closure_info.closure_code.name", "s"),
        ],
    );
    assert_eq!(
        request["created_time"],
        json!({"display_value": "Nov 10, 2016 06:14 AM", "value": "1478758440000"})
    );
}

#[test]
fn a_task_has_the_keys_and_types_of_the_samples() {
    let strings = "additional_cost associated_entity description email_before estimated_effort estimated_effort_days \
        estimated_effort_hours estimated_effort_minutes id module title";
    let objects = "actual_end_time actual_start_time created_by created_date group marked_group marked_technician owner \
        priority request scheduled_end_time scheduled_start_time site status task_type template";
    let task = written("task");
    for (keys, kind) in
        [(strings, "s"), (objects, "o"), ("deleted overdue", "b"), ("index percentage_completion", "n")]
    {
        for key in keys.split_whitespace() {
            holds(&task, &[(key, kind)]);
        }
    }
}

#[test]
fn values_are_read_in_every_form() {
    let catalogue = Catalogue::new(&model::Additions::default());
    let module = catalogue.module("request").unwrap();
    let check = |field: &str, given: Json, expected: Change| {
        let object: Map<String, Json> =
            [(field.split('.').next().unwrap().to_owned(), given.clone())].into_iter().collect();
        let patch =
            reader::read(module, &object).whole().unwrap_or_else(|f| panic!("{field} {given}: {f:?}"));
        assert_eq!(patch.get(module.slot(field).unwrap()), Some(&expected), "{field} {given}");
    };
    let value = |v: Value| Change::Value(v);
    let id = |n: i64| Change::Ref(RefInput { id: Some(Id::new(n)), ..RefInput::default() });
    let name = |n: &str| Change::Ref(RefInput { name: Some(n.into()), ..RefInput::default() });
    check("subject", json!("x"), value("x".into()));
    check("subject", json!(12), value("12".into()));
    check("subject", Json::Null, Change::Clear);
    check("is_fcr", json!("False"), value(false.into()));
    check("is_fcr", json!(1), value(true.into()));
    check(
        "due_by_time",
        json!({"value": "1478758440000", "display_value": "whatever"}),
        value(1_478_758_440_000_i64.into()),
    );
    check("due_by_time", json!({"value": 1_478_758_440_000_i64}), value(1_478_758_440_000_i64.into()));
    check("due_by_time", json!({"value": null}), Change::Clear);
    check("due_by_time", json!("{'value': '5'}"), value(5_i64.into()));
    check("due_by_time", json!(""), Change::Clear);
    check("priority", json!({"id": "12"}), id(12));
    check("priority", json!({"id": 12, "color": "#ffffff"}), id(12));
    check("priority", json!("12"), id(12));
    check("priority", json!("High"), name("High"));
    check("priority", json!("{'name': 'High'}"), name("High"));
    check("priority", Json::Null, Change::Clear);
    check("priority", json!(""), Change::Clear);
    check(
        "requester",
        json!({"email_id": "a@example.com"}),
        Change::Ref(RefInput { email: Some("a@example.com".into()), ..RefInput::default() }),
    );
    check(
        "email_ids_to_notify",
        json!("a@example.com, b@example.com"),
        value("[\"a@example.com\",\"b@example.com\"]".into()),
    );
    check("email_ids_to_notify", json!(["a@example.com"]), value("[\"a@example.com\"]".into()));
    check("onhold_scheduler.comments", json!({"comments": "x"}), value("x".into()));
    check("closure_info.closure_code", json!({"closure_code": "Success"}), name("Success"));
    let aliased: Map<String, Json> =
        [("on_hold_scheduler".to_owned(), json!({"comments": "x"}))].into_iter().collect();
    assert!(!reader::read(module, &aliased).whole().unwrap().is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let catalogue = Catalogue::new(&model::Additions::default());
    let module = catalogue.module("request").unwrap();
    let check = |field: &str, given: Json, code: u32, message: &str| {
        let object: Map<String, Json> = [(field.to_owned(), given.clone())].into_iter().collect();
        let failure = reader::read(module, &object).whole().unwrap_err();
        let told = &failure.messages[0];
        let told = (told.status_code, told.field.as_deref(), told.message.as_deref().unwrap_or_default());
        assert_eq!(told, (code, Some(field), message), "{field} {given}");
    };
    for nothing in [json!({}), json!({"display_value": "x"}), json!({"value": ""}), json!({"value": "soon"})]
    {
        check("due_by_time", nothing, 4001, "Unable to parse JSON for : due_by_time");
    }
    for nobody in [
        json!({}),
        json!({"id": null}),
        json!({"name": ""}),
        json!({"id": "", "name": null}),
        json!("{'id': None}"),
    ] {
        check("priority", nobody, 4001, "priority names no record; null empties it");
    }
    for bare in [json!(["a", "b"]), json!([{"name": "a"}, "b"]), json!([12]), json!([[]]), json!("['a']")] {
        check("tags", bare, 4001, "EXTRA_VALUE_FOUND_IN_JSONARRAY");
    }
    check("is_trashed", json!(true), 4009, "Given field is not editable");
    check("is_read", json!(true), 4014, "");
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
        proptest::sample::select(vec!["id", "name", "value", "{'a': 1}", "[1]", "1e999", "-0"])
            .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec(
                (proptest::sample::select(vec!["id", "name", "value", "email_id", "x", "hours"]), inner),
                0..4
            )
            .prop_map(|members| members
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_the_reader_panic(value in any_json()) {
        let catalogue = Catalogue::new(&model::Additions::default());
        for module in catalogue.modules() {
            let whole: Map<String, Json> = module.fields.iter().map(|f| (f.key.to_string(), value.clone())).collect();
            let _read_or_refused = reader::read(module, &whole);
            let _found_or_refused = reader::input(module, &json!({module.key(): value}));
            for leaf in module.leaves() {
                let _decoded_or_refused = reader::operands(leaf, std::slice::from_ref(&value));
            }
        }
    }
}
