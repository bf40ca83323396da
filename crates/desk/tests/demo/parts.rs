//! Lists of what has a part of a text somewhere: found by the words that have it they are the lists that reading all texts gives.

use crate::{SEED, Tending, add_request, all, bare, filled, ids, is_of_ids, shown_by};
use desk::Desk;
use model::{Filter, Id, Module, Op, Path, Record, SortKey, Value};
use std::sync::Arc;
use store::Query;

/// Texts that folding, splitting and comparing may see differently.
const ODD: [&str; 8] = [
    "Straße nach Größe, naïve ﬁancé",
    "<p>tag<b>gi</b>ng&nbsp;&amp;&lt;x&gt;</p><ul><li>one</li><li>two</li></ul>",
    "ΣΊΣΥΦΟΣ ſtill ΐ",
    "東京都庁へ行く ไทยภาษา हिन्दी",
    "e\u{301}te\u{301} 100%_sure \\ C:\\temp\\x_1 50%",
    "0x80070057: \"quoted\" 'it''s' a-b_c d.e@example.com",
    "\u{e000}private \u{1f600}smile ½ ²nd ⅷ c29tZXRoaW5nIHRoYXQgaXMgbm8gd29yZCBhbmQgdG9vIGxvbmcgdG8gYmUga2VwdCBhcyBvbmUsIHNheSBhIGtleQo\
     oQeltGIhBSehNHIsUmbvBychBCdwV2agUmYg8GdgcmbvxGIv9GdgQmbhBCZy92dg8mbgMXagQXYoRHIn5WaoRXZt92c\
     c29tZXRoaW5nIHRoYXQgaXMgbm8gd29yZCBhbmQgdG9vIGxvbmcgdG8gYmUga2VwdCBhcyBvbmUsIHNheSBhIGtleQo",
    "line\none\ttwo\r\nthree \u{200b}zero",
];

async fn edit(desk: &Desk, id: Id, path: &str, text: &str) {
    let module = desk.snapshot().module("request").unwrap().clone();
    let old = desk.store().get(&module, id).await.unwrap().unwrap();
    let mut new = old.clone();
    new.set(path, text);
    let statements = desk.store().update(&old, &new, &desk.snapshot().catalogue);
    desk.store().commit(statements).await.unwrap();
}

/// Has the words of requests read, which begins when somebody asks for a part of a text.
async fn read(desk: &Desk, module: &Arc<Module>) {
    desk.measure().await.unwrap();
    desk.tend_zones().await.unwrap();
    let part = model::filter::test(module, "description", Op::Contains, vec!["qzxjwv".into()]);
    let query = Query::new(module.clone(), part, 1);
    assert!(desk.store().list_by_words(&query).await.unwrap().is_none(), "nobody has asked");
    for _ in 0..100 {
        desk.tend_zones().await.unwrap();
        if desk.store().list_by_words(&query).await.unwrap().is_some() {
            return;
        }
    }
    panic!("they are not read");
}

/// A number that is another one at each call, and the same ones in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    /// A piece of a text, often with words cut in two.
    fn piece<'t>(&mut self, text: &'t str, most: usize) -> &'t str {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let first = self.below(places.len());
        let last = (first + 1 + self.below(most)).min(places.len() - 1);
        &text[places[first.min(last)]..places[last]]
    }
}

fn folded(module: &Module, path: &str, record: &Record) -> String {
    let leaf = module.find(path).unwrap();
    model::fold_as(&leaf.field.kind, record.get(path).as_str().unwrap_or_default())
}

/// Filters with parts of the texts of some records, and with such as are nowhere.
fn filters(module: &Arc<Module>, records: &[Record], chance: &mut Chance) -> Vec<Filter> {
    let test = |path: &str, op: Op, texts: &[&str]| {
        model::filter::test(module, path, op, texts.iter().map(|text| Value::from(*text)).collect())
    };
    let open = || model::filter::test(module, "status", Op::In, vec![Id::shipped(6657).into()]);
    let paths = ["description", "subject", "resolution.content"];
    let mut filters = Vec::new();
    for record in records {
        for path in paths {
            let text = folded(module, path, record);
            if text.is_empty() {
                continue;
            }
            let (piece, other) = (chance.piece(&text, 24), chance.piece(&text, 9));
            let tail = &text[text.len() - text.chars().next_back().unwrap().len_utf8()..];
            let head = text.char_indices().nth(1 + chance.below(20)).map_or(text.len(), |(at, _)| at);
            let end = text.rfind(' ').map_or(text.as_str(), |at| &text[at..]);
            // A third of them each time: each is asked of every request besides.
            let turn = chance.below(3);
            let several = [
                test(path, Op::Contains, &[piece]),
                test(path, Op::Contains, &[piece, "qzxjwv"]).and(open()),
                test(path, Op::EndsWith, &[end]),
                test(path, Op::EndsWith, &[tail]).and(test(path, Op::Contains, &[other])),
                test(path, Op::StartsWith, &[&text[..head]]),
                test(path, Op::In, &[&text]),
                Filter::Any(vec![
                    test(path, Op::Contains, &[piece]),
                    test("description", Op::Contains, &[other]),
                ]),
                Filter::Any(vec![test(path, Op::Contains, &[piece]), open()]),
                test(path, Op::Contains, &[piece]).negate().and(test(path, Op::Contains, &[other])),
            ];
            filters.extend(several.into_iter().skip(turn).step_by(3));
        }
    }
    for path in paths {
        filters.extend([
            test(path, Op::Contains, &["qzxjwv"]),
            test(path, Op::Contains, &[""]),
            test(path, Op::Contains, &["%"]),
            test(path, Op::Contains, &["_"]),
            test(path, Op::Contains, &[" "]),
            test(path, Op::Contains, &["e"]),
            test(path, Op::EndsWith, &["...", "x qzxjwv"]),
            test(path, Op::Contains, &[]),
        ]);
    }
    filters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_texts_are_found_by_their_words() {
    let (home, _) = filled(5_000, SEED).await;
    let desk = &home.desk;
    let requests = ids(&all(desk, "request").await);
    let mut chance = Chance(17);
    for (i, text) in ODD.iter().enumerate() {
        let id = requests[chance.below(requests.len())];
        edit(desk, id, ["description", "subject", "resolution.content"][i % 3], text).await;
        edit(desk, requests[i * 601], "description", text).await;
    }
    let module = desk.snapshot().module("request").unwrap().clone();
    read(desk, &module).await;
    let mut orders = vec![Vec::new(), vec![shown_by(&desk.snapshot(), "requester", false)]];
    orders.extend(
        ["created_time", "subject", "due_by_time"]
            .map(|path| vec![SortKey { path: Path::of(&module, path).unwrap(), descending: true }]),
    );
    let mut check = async |when: &str| {
        let records = all(desk, "request").await;
        let is_odd = |record: &&Record| {
            let texts = ["description", "subject", "resolution.content"].map(|path| record.get(path).clone());
            texts.iter().any(|text| text.as_str().is_some_and(|text| ODD.contains(&text)))
        };
        let mut some: Vec<Record> = records.iter().filter(is_odd).cloned().collect();
        assert!(some.len() >= ODD.len());
        some.extend((0..8).map(|_| records[chance.below(records.len())].clone()));
        let (mut narrowed, mut by_words, mut found) = (0, 0, 0);
        for (i, filter) in filters(&module, &some, &mut chance).into_iter().enumerate() {
            let mut query = Query::new(module.clone(), filter, 20);
            query.offset = (i % 3) as u64;
            query.sort.clone_from(&orders[i % orders.len()]);
            query.slots = module.id_slot().into_iter().collect();
            let expected = ids(&bare(desk).list(&query).await.unwrap());
            let listed = ids(&desk.store().list(&query).await.unwrap());
            assert_eq!(listed, expected, "{when}: {:?}", query.filter);
            let count = desk.store().count(&query).await.unwrap();
            assert_eq!(count, bare(desk).count(&query).await.unwrap(), "{when}: {:?}", query.filter);
            // Those that are many as well, all of which are looked at.
            if let Some(listed) = desk.store().list_by_words(&query).await.unwrap() {
                assert_eq!(ids(&listed), expected, "{when}: {:?}", query.filter);
                assert_eq!(desk.store().count_by_words(&query).await.unwrap(), Some(count));
                by_words += 1;
            }
            found += usize::from(!listed.is_empty());
            narrowed += usize::from(is_of_ids(&desk.store().narrowed(&query).await.unwrap().filter));
        }
        // Nearly all of them but for what says next to nothing, such as a single letter.
        assert!(narrowed > 60 && by_words > 60 && found > 60, "{when}: {narrowed} {by_words} {found}");
    };
    check("at first").await;
    // Before it is known what was written, and after.
    let added = add_request(desk, "Zanzibar-Wanderdünen calling").await.id();
    for (i, text) in ODD.iter().enumerate() {
        edit(desk, added, "description", text).await;
        edit(desk, requests[i * 601 + 300], "description", text).await;
    }
    edit(desk, requests[7], "description", "wanderdünen").await;
    check("before it is known").await;
    desk.tend_zones().await.unwrap();
    check("when it is known").await;
}

/// Whoever was told that a text is written finds a part of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_part_of_a_text_is_missed_that_was_acknowledged() {
    let (home, _) = filled(5_000, SEED).await;
    let desk = &home.desk;
    let module = desk.snapshot().module("request").unwrap().clone();
    read(desk, &module).await;
    let requests = ids(&all(desk, "request").await);
    let tending = Tending::begin(&home.desk);
    let mut narrowed = 0;
    for i in 0..400 {
        let id = match i % 10 {
            0 => add_request(desk, "added").await.id(),
            _ => requests[i * 7_919 % requests.len()],
        };
        edit(desk, id, "description", &format!("before{i}zanzibar{i}behind")).await;
        let part = Value::from(format!("e{i}zanzibar{i}b"));
        let filter = model::filter::test(&module, "description", Op::Contains, vec![part]);
        let query = Query::new(module.clone(), filter, 50);
        narrowed += usize::from(is_of_ids(&desk.store().narrowed(&query).await.unwrap().filter));
        assert_eq!(ids(&desk.store().list(&query).await.unwrap()), [id]);
        edit(desk, id, "description", "nothing of it").await;
        assert_eq!(desk.store().count(&query).await.unwrap(), 0);
    }
    tending.end().await;
    assert_eq!(narrowed, 400);
}

/// Without its document a record would be found neither by words nor by parts of its texts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_searched_has_a_document() {
    let (home, _) = filled(600, SEED).await;
    let mut tables = 0;
    for module in home.desk.snapshot().catalogue.modules() {
        if module.fixed.is_some() || !store::search::is_searched(module) {
            continue;
        }
        let count = async |table: String| {
            let sql = format!("SELECT count(*) FROM \"{table}\"").into();
            let query = store::engine::Query { sql, binds: Vec::new(), cost: store::engine::Cost::Scan };
            home.desk.store().db().read(query).await.unwrap()[0][0].as_int().unwrap()
        };
        let rows = count(module.table.to_string()).await;
        assert_eq!(count(format!("search_{}_docsize", module.table)).await, rows, "{}", module.name);
        tables += usize::from(rows > 0);
    }
    assert!(tables >= 5, "{tables}");
}
