//! Lists of records that have some words: by whichever way they are found, the same records.

use model::{Filter, Record};
use store::{Dialect, Query};
use testkit::on_both_engines;

on_both_engines! {
    common_and_rare_words_find_what_one_statement_finds(app) {
        app.desk.demo(1_500, 7, &mut |_| {}).await.unwrap();
        let store = app.desk.store();
        let module = app.desk.snapshot().module("request").unwrap().clone();
        // One word of the oldest request only, another of a dozen of the newest.
        let mut requests = store.list(&Query::new(module.clone(), Filter::everything(), 10_000)).await.unwrap();
        let newest = requests.split_off(requests.len() - 12);
        let oldest = requests.into_iter().take(1).map(|request| (request, "Zanzibar calling"));
        let catalogue = &app.desk.snapshot().catalogue;
        for (old, subject) in oldest.chain(newest.into_iter().map(|request| (request, "Hurricane"))) {
            let mut new = old.clone();
            new.set("subject", subject);
            let mut statements = store.update(&old, &new, catalogue);
            statements.extend(store.refresh_search(&module, old.id(), catalogue));
            store.commit(statements).await.unwrap();
        }
        let (common, rare) = (["printer", "pri"], ["printer floor", "zanzibar", "zanz", "hurricane", "qzxjwv"]);
        for (text, is_common) in common.map(|text| (text, true)).into_iter().chain(rare.map(|text| (text, false))) {
            let mut query = Query::new(module.clone(), Filter::everything(), 10_000);
            query.words = store::search::words(text);
            query.slots = module.id_slot().into_iter().collect();
            let rows = store.db().read(store.explain(&query)).await.unwrap();
            let expected: Vec<i64> = rows.iter().map(|row| row[0].as_int().unwrap()).collect();
            assert_eq!(expected.is_empty(), text == "qzxjwv", "{text}");
            assert_eq!(store.count(&query).await.unwrap(), expected.len() as u64, "{text}");
            for (limit, most) in [(7, 7), (10_000, 10_000)] {
                query.limit = limit;
                let found: Vec<i64> =
                    store.list(&query).await.unwrap().iter().map(|r: &Record| r.id().get()).collect();
                assert_eq!(found, expected[..expected.len().min(most)], "{text}");
                assert_eq!(store.count_to_limit(&query).await.unwrap(), Some(found.len() as u64), "{text}");
            }
            let narrowed = store.narrowed(&query).await.unwrap();
            if store.db().dialect() == Dialect::Postgres {
                assert_eq!(narrowed.words.is_empty(), !is_common, "{text}: {} have it", expected.len());
            }
        }
    }
}
