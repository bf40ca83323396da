//! Lists of what no index tells: read from zones they are the lists that one statement gives, whatever is written meanwhile.

use crate::{ROWS_OF_PAGE, SEED, Tending, add_request, all, bare, filled, ids, shown_by};
use desk::Desk;
use model::{Filter, Id, Module, Op, Path, Record, SortKey, Test, Value};
use std::sync::Arc;
use store::Query;
use store::engine::Expect;

/// A value that hardly any request has.
const RARE: i64 = 77;

async fn write(desk: &Desk, sql: &str) {
    let statement = store::Statement::new(sql, Vec::new(), Expect::AtLeast(1));
    desk.store().db().commit(vec![statement]).await.unwrap();
}

/// The requests, of which zones know.
async fn zoned(desk: &Desk) -> Arc<Module> {
    desk.tend_zones().await.unwrap();
    desk.snapshot().module("request").unwrap().clone()
}

fn sorted(module: &Arc<Module>, keys: &[(&str, bool)]) -> Vec<SortKey> {
    let key = |(path, descending): &(&str, bool)| SortKey {
        path: Path::of(module, path).unwrap(),
        descending: *descending,
    };
    keys.iter().map(key).collect()
}

/// Filters that few requests pass, each with something in it that has no index.
fn rare(desk: &Desk, module: &Arc<Module>, mode: &str) -> Vec<Filter> {
    let test = |path: &str, op: Op, operands: Vec<Value>| model::filter::test(module, path, op, operands);
    let through = |reference: &str, op: Op, operands: Vec<Value>| {
        let mut path = shown_by(&desk.snapshot(), reference, false).path;
        path.slot = path.module.slot("name").unwrap();
        Filter::Test(Test { path, op, operands })
    };
    let kept = || test("is_trashed", Op::In, vec![false.into()]);
    let open = || test("status", Op::In, vec![Id::shipped(6657).into()]);
    vec![
        test("level", Op::In, vec![RARE.into()]).and(kept()),
        test("level", Op::In, vec![RARE.into(), (RARE + 1).into()]),
        test("level", Op::Greater, vec![0.into()]).and(test("level", Op::Less, vec![(RARE + 1).into()])),
        test("urgency", Op::Empty, Vec::new()).and(kept()),
        test("update_reason", Op::Empty, Vec::new()).negate().and(kept()),
        test("update_reason", Op::Contains, vec!["flood".into()]),
        test("update_reason", Op::In, vec!["a flood".into()]),
        test("update_reason", Op::Less, vec!["b".into()]).and(open().negate()),
        test("is_escalated", Op::In, vec![true.into()]),
        test("is_escalated", Op::In, vec![false.into()]).negate(),
        test("deleted_time", Op::Between, vec![5_000.into(), 6_000.into()]),
        test("deleted_time", Op::LessOrEqual, vec![5_040.into()]).and(kept()),
        test("deleted_time", Op::Empty, Vec::new()).negate(),
        test("total_cost", Op::Greater, vec![Value::Double(99.5)]),
        test("total_cost", Op::In, vec![Value::Double(-100.25)]),
        Filter::Any(vec![
            test("level", Op::In, vec![RARE.into()]),
            test("deleted_time", Op::GreaterOrEqual, vec![5_900.into()]),
        ]),
        through("mode", Op::In, vec![mode.into()]).and(kept()),
        through("mode", Op::StartsWith, vec![mode.chars().take(3).collect::<String>().into()]),
        through("mode", Op::In, vec!["no such mode".into()]),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_by_zones_are_the_same_lists() {
    let (home, _) = filled(6_000, SEED).await;
    let desk = &home.desk;
    // A mode that nobody uses, and what few have: some of it side by side, some far apart.
    let mut modes = all(desk, "mode").await;
    let (mode, other_mode) = (modes.pop().unwrap(), modes.pop().unwrap());
    let name = mode.get("name").as_str().unwrap().to_lowercase();
    for sql in [
        format!("UPDATE \"request\" SET \"mode\" = NULL WHERE \"mode\" IN ({}, {})", mode.id(), other_mode.id()),
        format!("UPDATE \"request\" SET \"mode\" = {} WHERE \"id\" % 1977 = 1", mode.id()),
        format!("UPDATE \"request\" SET \"level\" = {RARE} WHERE \"id\" % 1991 < 2"),
        "UPDATE \"request\" SET \"urgency\" = 4 WHERE \"id\" % 1987 > 0".to_owned(),
        "UPDATE \"request\" SET \"urgency\" = NULL WHERE \"id\" % 1987 = 0".to_owned(),
        "UPDATE \"request\" SET \"update_reason\" = 'A flood', \"update_reason_key\" = 'a flood' WHERE \"id\" % 1993 = 0".to_owned(),
        "UPDATE \"request\" SET \"update_reason\" = '', \"update_reason_key\" = '' WHERE \"id\" % 1993 = 5".to_owned(),
        "UPDATE \"request\" SET \"is_escalated\" = (\"id\" % 1983 = 0)".to_owned(),
        "UPDATE \"request\" SET \"deleted_time\" = 5000 + \"id\" % 1000 WHERE \"id\" % 1499 = 3".to_owned(),
        "UPDATE \"request\" SET \"total_cost\" = '100.25', \"total_cost_key\" = 100.25 WHERE \"id\" % 1995 = 1".to_owned(),
        "UPDATE \"request\" SET \"total_cost\" = '-100.25', \"total_cost_key\" = -100.25 WHERE \"id\" % 1995 = 2".to_owned(),
    ] {
        write(desk, &sql).await;
    }
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let filters = rare(desk, &module, &name);
    let orders = [
        sorted(&module, &[]),
        sorted(&module, &[("created_time", true)]),
        sorted(&module, &[("id", true)]),
        sorted(&module, &[("id", false)]),
        sorted(&module, &[("deleted_time", true)]),
        sorted(&module, &[("deleted_time", false)]),
        sorted(&module, &[("is_escalated", true)]),
        sorted(&module, &[("is_escalated", false)]),
        sorted(&module, &[("update_reason", true)]),
        sorted(&module, &[("update_reason", false)]),
        sorted(&module, &[("total_cost", true), ("subject", false)]),
        sorted(&module, &[("total_cost", false), ("subject", true)]),
        vec![shown_by(&desk.snapshot(), "requester", false)],
        // In parts, of which zones know.
        vec![shown_by(&desk.snapshot(), "mode", false)],
        vec![shown_by(&desk.snapshot(), "mode", true)],
    ];
    let everything = Filter::everything();
    let all = || std::iter::once(&everything).chain(&filters).enumerate();
    let check = async |when: &str| {
        let (mut by_filter, mut by_order) = (vec![0; filters.len() + 1], vec![0; orders.len()]);
        for (i, filter) in all() {
            for (j, order) in orders.iter().enumerate() {
                let mut query = Query::new(module.clone(), filter.clone(), 20);
                query.offset = (i + j) as u64 % 3 * 2;
                query.sort.clone_from(order);
                if j % 2 == 0 {
                    query.slots = ["subject", "status"].map(|path| module.slot(path).unwrap()).to_vec();
                }
                let expected = ids(&bare(desk).list(&query).await.unwrap());
                if let Some(found) = desk.store().list_by_zones(&query).await.unwrap() {
                    by_filter[i] += 1;
                    by_order[j] += 1;
                    assert_eq!(ids(&found), expected, "{when}: filter {i}, order {j}");
                }
                let listed = ids(&desk.store().list(&query).await.unwrap());
                assert_eq!(listed, expected, "{when}: filter {i}, order {j}");
                if i == 0 && j > 12 {
                    let found = desk.store().list_by_parts(&query).await.unwrap().unwrap();
                    assert_eq!(ids(&found), expected, "{when}: order {j}");
                }
                let count = desk.store().count(&query).await.unwrap();
                assert_eq!(count, bare(desk).count(&query).await.unwrap(), "{when}: filter {i}");
                let counted = desk.store().count_to_limit(&query).await.unwrap();
                assert_eq!(counted, Some(count.min(query.limit)), "{when}: filter {i}");
            }
        }
        // What nearly all pass is counted as well, without reading them.
        for (i, filter) in all() {
            let query = Query::new(module.clone(), filter.clone().negate(), 1);
            let count = desk.store().count(&query).await.unwrap();
            assert_eq!(count, bare(desk).count(&query).await.unwrap(), "{when}: not filter {i}");
        }
        (by_filter, by_order)
    };
    let (by_filter, by_order) = check("at first").await;
    // Each of the filters in nearly every order, and the orders without any filter where they tell zones apart.
    assert!(by_filter[1..].iter().all(|count| *count >= orders.len() - 3), "{by_filter:?}");
    assert!(by_filter[0] >= 5, "{by_filter:?}");
    assert!(by_order.iter().all(|count| *count >= filters.len() - 3), "{by_order:?}");

    // What is written is there at once, what went is gone, before zones have heard of it and after.
    for sql in [
        format!("UPDATE \"request\" SET \"level\" = {RARE} WHERE \"id\" % 1991 = 500"),
        "UPDATE \"request\" SET \"level\" = NULL WHERE \"id\" % 1991 = 1".to_owned(),
        format!("UPDATE \"request\" SET \"mode\" = {} WHERE \"id\" % 1995 = 1", other_mode.id()),
        "UPDATE \"request\" SET \"urgency\" = NULL WHERE \"id\" % 1987 = 7".to_owned(),
        "UPDATE \"request\" SET \"deleted_time\" = 5950 WHERE \"id\" % 1999 = 17".to_owned(),
        "UPDATE \"request\" SET \"is_escalated\" = NOT \"is_escalated\" WHERE \"id\" % 1983 < 2".to_owned(),
        "DELETE FROM \"request\" WHERE \"id\" % 331 = 9".to_owned(),
    ] {
        write(desk, &sql).await;
    }
    for i in 0..3 {
        let added = add_request(desk, "added").await.id();
        write(
            desk,
            &format!("UPDATE \"request\" SET \"level\" = {RARE} WHERE \"id\" = {added} AND {i} < 2")
                .replace("AND 2 < 2", ""),
        )
        .await;
    }
    let (before, _) = check("before zones know").await;
    assert!(before[1] > 0 && before[4] > 0, "{before:?}");
    desk.tend_zones().await.unwrap();
    let (after, _) = check("when zones know").await;
    assert!(after[1] > 0 && after[4] > 0, "{after:?}");

    // What all had for a moment is forgotten again: zones in which something was written are made anew, some at a time.
    write(desk, &format!("UPDATE \"request\" SET \"level\" = {RARE}")).await;
    desk.tend_zones().await.unwrap();
    write(desk, &format!("UPDATE \"request\" SET \"level\" = CASE WHEN \"id\" % 1991 = 0 THEN {RARE} END"))
        .await;
    let mut query = Query::new(module.clone(), filters[0].clone(), 20);
    query.sort = sorted(&module, &[("created_time", true)]);
    let expected = ids(&bare(desk).list(&query).await.unwrap());
    let mut turns = 0;
    while desk.store().list_by_zones(&query).await.unwrap().is_none() {
        turns += 1;
        assert!(turns < 20);
        desk.tend_zones().await.unwrap();
        assert_eq!(ids(&desk.store().list(&query).await.unwrap()), expected);
    }
    assert!(turns > 1, "they claimed too much until then");
    check("when zones were made anew").await;
}

/// Lists that are sorted as a whole are in the order that the records themselves tell.
#[tokio::test]
async fn lists_in_orders_without_an_index_are_in_that_order() {
    let (home, _) = filled(3_000, SEED).await;
    let desk = &home.desk;
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let requests = all(desk, "request").await;
    let keep = model::filter::test(&module, "is_trashed", Op::In, vec![false.into()]);
    for keys in [
        vec![("due_by_time", true)],
        vec![("resolved_time", false)],
        vec![("is_escalated", true), ("completed_time", false)],
        vec![("stopped_ms", false), ("due_by_time", true)],
    ] {
        let mut kept: Vec<&Record> = requests.iter().filter(|request| !request.is("is_trashed")).collect();
        kept.sort_by(|a, b| {
            let by = |(path, descending): &(&str, bool)| {
                let value = |record: &Record| match record.get(path) {
                    Value::Bool(truth) => Some(i64::from(*truth)),
                    other => other.as_int(),
                };
                let order = value(a).cmp(&value(b));
                if *descending { order.reverse() } else { order }
            };
            let by_id = a.id().cmp(&b.id());
            let by_id = if keys[0].1 { by_id.reverse() } else { by_id };
            keys.iter().map(by).find(|order| order.is_ne()).unwrap_or(by_id)
        });
        for offset in [0, 17, kept.len() - 9] {
            let mut query = Query::new(module.clone(), keep.clone(), 20);
            query.sort = sorted(&module, &keys);
            query.offset = offset as u64;
            let expected: Vec<Id> = kept.iter().skip(offset).take(20).map(|request| request.id()).collect();
            assert_eq!(ids(&desk.store().list(&query).await.unwrap()), expected, "{keys:?} from {offset}");
            assert_eq!(ids(&bare(desk).list(&query).await.unwrap()), expected, "{keys:?} from {offset}");
            // Without what is shown of them, but where an index may have them in order.
            let is_late = desk.store().explain(&query).sql.contains(ROWS_OF_PAGE);
            assert_eq!(is_late, keys[0].0 != "due_by_time", "{keys:?} from {offset}");
        }
    }
}

/// Lists of the requests of one CI, which the side table gives in an order that nobody asks for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_what_the_side_table_gives_are_the_same_lists() {
    let (home, _) = filled(6_000, SEED).await;
    let desk = &home.desk;
    let module = desk.snapshot().module("request").unwrap().clone();
    let field = |path: &str| match module.find(path).unwrap().field.storage {
        model::Storage::Document { field } => field,
        _ => panic!("{path} is in the side table"),
    };
    let [ci, asset] = [all(desk, "ci").await[0].id(), all(desk, "asset").await[0].id()];
    let give = |path: &str, to: Id, which: &str| {
        let field = field(path);
        format!(
            "INSERT INTO \"field_value\" (\"field\", \"record\", \"position\", \"number\") \
             SELECT {field}, \"id\", 100, {to} FROM \"request\" WHERE {which}"
        )
    };
    let requests = all(desk, "request").await;
    let [early, middle] = [1_000, 3_000].map(|at: usize| requests[at].int("created_time").unwrap());
    for sql in [
        give("configuration_items", ci, "\"id\" % 7 = 3"),
        give("assets", asset, "\"id\" % 19 = 5"),
        // Side by side, so that of most zones it is known that all are kept.
        format!(
            "UPDATE \"request\" SET \"is_trashed\" = TRUE WHERE \"id\" % 23 = 3 AND \"created_time\" > {middle}"
        ),
        "UPDATE \"request\" SET \"due_by_time\" = NULL WHERE \"id\" % 3 = 1".to_owned(),
    ] {
        write(desk, &sql).await;
    }
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let test = |path: &str, op: Op, operands: Vec<Value>| model::filter::test(&module, path, op, operands);
    let of_ci = || test("configuration_items", Op::In, vec![ci.into()]);
    let kept = || test("is_trashed", Op::In, vec![false.into()]);
    let open = || test("status", Op::In, vec![Id::shipped(6657).into()]);
    let either = Filter::Any(vec![of_ci(), test("assets", Op::In, vec![asset.into()])]);
    let filters = [
        of_ci().and(kept()),
        kept().and(either.clone()),
        of_ci().and(open().negate()),
        either.and(open()),
        of_ci().and(test("created_time", Op::Less, vec![middle.into()])).and(kept()),
    ];
    let orders = [
        sorted(&module, &[("created_time", true)]),
        sorted(&module, &[("created_time", false)]),
        sorted(&module, &[("due_by_time", true)]),
        sorted(&module, &[("due_by_time", false), ("subject", true)]),
        sorted(&module, &[("is_escalated", true)]),
        sorted(&module, &[("display_id", true)]),
        sorted(&module, &[("subject", false)]),
        sorted(&module, &[("id", true)]),
        Vec::new(),
    ];
    let check = async |when: &str| {
        let (mut listed, mut counted) = (vec![0; orders.len()], 0);
        for (i, filter) in filters.iter().enumerate() {
            for (j, order) in orders.iter().enumerate() {
                let mut query = Query::new(module.clone(), filter.clone(), 20);
                query.offset = (i + j) as u64 % 3 * 7;
                query.sort.clone_from(order);
                query.slots = vec![module.slot("subject").unwrap()];
                let expected = ids(&bare(desk).list(&query).await.unwrap());
                assert!(!expected.is_empty(), "filter {i}, order {j}");
                if let Some(found) = desk.store().list_by_given(&query).await.unwrap() {
                    listed[j] += 1;
                    assert_eq!(ids(&found), expected, "{when}: filter {i}, order {j}");
                }
                assert_eq!(
                    ids(&desk.store().list(&query).await.unwrap()),
                    expected,
                    "{when}: filter {i}, order {j}"
                );
            }
            let query = Query::new(module.clone(), filter.clone(), 1);
            let expected = bare(desk).count(&query).await.unwrap();
            if let Some(count) = desk.store().count_by_given(&query).await.unwrap() {
                counted += 1;
                assert_eq!(count, expected, "{when}: filter {i}");
            }
            assert_eq!(desk.store().count(&query).await.unwrap(), expected, "{when}: filter {i}");
        }
        assert_eq!((listed[7], listed[8]), (0, 0), "the side table has them in the order of ids");
        (listed, counted)
    };
    let (listed, counted) = check("at first").await;
    // Those in the order in which they came; in others nearly all have to be read.
    assert!([0, 1, 5].iter().all(|order| listed[*order] >= 3) && counted >= 3, "{listed:?} {counted}");

    // Times of the oldest move to both ends, others change; requests come and go, and so do their CIs.
    for sql in [
        format!(
            "UPDATE \"request\" SET \"created_time\" = {middle} + 1000000000000 WHERE \"id\" % 63 = 3 AND \"created_time\" < {early}"
        ),
        format!(
            "UPDATE \"request\" SET \"created_time\" = 5 WHERE \"id\" % 63 = 10 AND \"created_time\" < {early}"
        ),
        format!("UPDATE \"request\" SET \"due_by_time\" = {middle} WHERE \"id\" % 21 = 17"),
        format!(
            "UPDATE \"request\" SET \"is_trashed\" = NOT \"is_trashed\" WHERE \"id\" % 35 = 3 AND \"created_time\" < {early}"
        ),
        "DELETE FROM \"request\" WHERE \"id\" % 77 = 3".to_owned(),
        "DELETE FROM \"field_value\" WHERE \"position\" = 100 AND \"record\" % 77 IN (3, 10)".to_owned(),
        give("configuration_items", ci, "\"id\" % 77 = 4"),
    ] {
        write(desk, &sql).await;
    }
    for _ in 0..3 {
        let added = add_request(desk, "added").await.id();
        write(desk, &give("configuration_items", ci, &format!("\"id\" = {added}"))).await;
    }
    let (before, counted) = check("before zones know").await;
    assert!(before[0] >= 3 && counted >= 1, "{before:?} {counted}");
    desk.tend_zones().await.unwrap();
    let (after, counted) = check("when zones know").await;
    assert!(after[0] >= 3 && counted >= 1, "{after:?} {counted}");
}

/// Whoever was told that a request is written finds it, and only where it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn zones_miss_nothing_that_was_acknowledged() {
    let (home, _) = filled(5_000, SEED).await;
    let desk = &home.desk;
    write(desk, "UPDATE \"request\" SET \"level\" = NULL").await;
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let filter = model::filter::test(&module, "level", Op::In, vec![RARE.into()]);
    let mut query = Query::new(module.clone(), filter, 50);
    query.sort = sorted(&module, &[("created_time", true)]);
    let requests = ids(&all(desk, "request").await);
    let tending = Tending::begin(&home.desk);
    let mut by_zones = 0;
    for i in 0..600 {
        // One that is there, or one that was just added.
        let id = match i % 10 {
            0 => add_request(desk, "added").await.id(),
            _ => requests[i * 7_919 % requests.len()],
        };
        write(desk, &format!("UPDATE \"request\" SET \"level\" = {RARE} WHERE \"id\" = {id}")).await;
        if let Some(found) = desk.store().list_by_zones(&query).await.unwrap() {
            by_zones += 1;
            assert_eq!(ids(&found), [id]);
        }
        assert_eq!(desk.store().count(&query).await.unwrap(), 1);
        write(desk, &format!("UPDATE \"request\" SET \"level\" = NULL WHERE \"id\" = {id}")).await;
        assert_eq!(ids(&desk.store().list(&query).await.unwrap()), []);
    }
    tending.end().await;
    assert!(by_zones > 300, "{by_zones}");
}

/// What a transaction wrote that was open when zones began to hear of it is not missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn zones_are_made_beside_a_long_transaction() {
    let (home, _) = filled(5_000, SEED).await;
    let desk = &home.desk;
    write(desk, "UPDATE \"request\" SET \"level\" = NULL").await;
    desk.measure().await.unwrap();
    let mut requests = ids(&all(desk, "request").await);
    requests.sort_unstable();
    let (first, other) = (requests[0], requests[2_000]);
    // The first row at once, and then a while with another.
    let update = |level: i64, id: Id| {
        let sql = "UPDATE \"request\" SET \"level\" = $1 WHERE \"id\" = $2";
        store::Statement::new(sql, vec![level.into(), id.into()], Expect::Exactly(1))
    };
    let statements = std::iter::once(update(RARE, first)).chain((0..30_000).map(|n| update(n % 50, other)));
    let (db, statements) = (desk.store().db().clone(), statements.collect());
    let transaction = tokio::spawn(async move { db.commit(statements).await.unwrap() });
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    let module = zoned(desk).await;
    transaction.await.unwrap();
    let filter = model::filter::test(&module, "level", Op::In, vec![RARE.into()]);
    let query = Query::new(module, filter, 50);
    assert_eq!(ids(&desk.store().list_by_zones(&query).await.unwrap().unwrap()), [first]);
    assert_eq!(desk.store().count(&query).await.unwrap(), 1);
}

/// What only old requests have stands at the end of a list of the newest: the same list, without what comes before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_what_comes_late_are_the_same_lists() {
    let (home, _) = filled(14_000, SEED).await;
    let desk = &home.desk;
    let mut requests = all(desk, "request").await;
    requests.sort_by_key(Record::id);
    // The older four tenths, and the newest of all as well.
    let (early, newest) = (requests[requests.len() * 4 / 10].clone(), requests[requests.len() - 1].id());
    let before = format!("\"id\" < {} OR \"id\" = {newest}", early.id());
    write(desk, &format!("UPDATE \"request\" SET \"level\" = CASE WHEN {before} THEN {RARE} END")).await;
    write(desk, &format!("UPDATE \"request\" SET \"is_trashed\" = TRUE WHERE \"id\" = {}", requests[9].id()))
        .await;
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let test = |path: &str, op: Op, operands: Vec<Value>| model::filter::test(&module, path, op, operands);
    let of_early = |path: &str| early.get(path).clone();
    let kept = || test("is_trashed", Op::In, vec![false.into()]);
    let late = [
        test("created_time", Op::Less, vec![of_early("created_time")]).and(kept()),
        test("created_time", Op::Greater, vec![of_early("created_time")]).negate(),
        test("display_id", Op::LessOrEqual, vec![of_early("display_id")]).and(kept()),
        test("id", Op::Less, vec![early.id().into()]).and(kept()),
        test("level", Op::In, vec![RARE.into()]).and(kept()),
        test("level", Op::Empty, Vec::new()).negate().and(test("id", Op::Less, vec![newest.into()])),
    ];
    // Common in all of them, so that any order is soon full.
    let common = [kept(), test("created_time", Op::Greater, vec![of_early("created_time")]).and(kept())];
    let orders = [
        sorted(&module, &[("created_time", true)]),
        sorted(&module, &[("id", true)]),
        sorted(&module, &[("display_id", true), ("id", false)]),
    ];
    let check = async |when: &str| {
        for (i, filter) in late.iter().chain(&common).enumerate() {
            for (j, order) in orders.iter().enumerate() {
                for (offset, limit) in [(0, 20), (3, 700)] {
                    let mut query = Query::new(module.clone(), filter.clone(), limit);
                    (query.offset, query.sort) = (offset, order.clone());
                    let expected = ids(&bare(desk).list(&query).await.unwrap());
                    assert_eq!(expected.len() as u64, limit, "{when}: filter {i}, order {j}");
                    let found = desk.store().list_by_zones(&query).await.unwrap();
                    // An order bounds what is asked of itself.
                    let own = [Some(0), Some(3), Some(2)][j] == Some(i) || (i, j) == (1, 0);
                    assert_eq!(found.is_some(), i < late.len() && !own, "{when}: filter {i}, order {j}");
                    if let Some(found) = found {
                        assert_eq!(ids(&found), expected, "{when}: filter {i}, order {j}, {limit} rows");
                    }
                    assert_eq!(ids(&desk.store().list(&query).await.unwrap()), expected);
                }
            }
        }
    };
    check("at first").await;
    // Zones have not heard of it yet.
    let added = add_request(desk, "added").await.id();
    write(
        desk,
        &format!("UPDATE \"request\" SET \"level\" = {RARE} WHERE \"id\" IN ({added}, {})", early.id()),
    )
    .await;
    check("before zones know").await;
    desk.tend_zones().await.unwrap();
    check("when zones know").await;
}

/// What an index holds but for what nearly all requests have is counted by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_by_an_index_are_the_same_counts() {
    let (home, _) = filled(6_000, SEED).await;
    let desk = &home.desk;
    let mut requests = ids(&all(desk, "request").await);
    requests.sort_unstable();
    let is_trashed =
        format!("\"id\" BETWEEN {} AND {} OR \"id\" = {}", requests[700], requests[790], requests[3_000]);
    write(desk, &format!("UPDATE \"request\" SET \"is_trashed\" = ({is_trashed})")).await;
    desk.measure().await.unwrap();
    let module = zoned(desk).await;
    let test = |path: &str, op: Op, operands: Vec<Value>| model::filter::test(&module, path, op, operands);
    let of_name = |reference: &str, op: Op, operands: Vec<Value>| {
        let mut path = shown_by(&desk.snapshot(), reference, false).path;
        path.slot = path.module.slot("name").unwrap();
        Filter::Test(Test { path, op, operands })
    };
    let priority = all(desk, "priority").await[0].id();
    let kept = || test("is_trashed", Op::In, vec![false.into()]);
    let held = [
        of_name("requester", Op::Less, vec!["z".into()]),
        of_name("requester", Op::Contains, vec!["a".into()]),
        of_name("department", Op::Empty, Vec::new()).negate(),
        test("subject", Op::Greater, vec!["b".into()]),
        test("subject", Op::Contains, vec!["qzx".into()]).negate(),
        test("priority", Op::In, vec![priority.into()]).negate(),
        Filter::Any(vec![
            test("priority", Op::In, vec![priority.into()]),
            test("priority", Op::Empty, Vec::new()),
        ])
        .negate(),
    ];
    // Of these an index does not hold everything, or the rows are few, or nobody knows of the rest.
    let others = [
        of_name("requester", Op::Less, vec!["z".into()]).and(test("subject", Op::Greater, vec!["b".into()])),
        test("subject", Op::Greater, vec!["zz".into()]),
        test("subject", Op::Greater, vec!["b".into()]).and(test(
            "description",
            Op::Contains,
            vec!["e".into()],
        )),
    ];
    let check = async |when: &str| {
        for (i, filter) in held.iter().chain(&others).enumerate() {
            let query = Query::new(module.clone(), filter.clone().and(kept()), 1);
            let expected = bare(desk).count(&query).await.unwrap();
            let counted = desk.store().count_by_index(&query).await.unwrap();
            // Where the index has none there is nothing to take off.
            assert_eq!(counted, (i < held.len() || expected == 0).then_some(expected), "{when}: {i}");
            assert_eq!(desk.store().count(&query).await.unwrap(), expected, "{when}: {i}");
        }
    };
    check("at first").await;
    for id in [requests[5_000], requests[701]] {
        write(
            desk,
            &format!("UPDATE \"request\" SET \"is_trashed\" = NOT \"is_trashed\" WHERE \"id\" = {id}"),
        )
        .await;
    }
    add_request(desk, "added").await;
    check("before zones know").await;
    desk.tend_zones().await.unwrap();
    check("when zones know").await;
}
