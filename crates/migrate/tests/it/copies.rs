//! What a copy is like.

use crate::support::{client, differences, migration};
use testkit::{App, Engine, Port, on_both_engines};

on_both_engines! {
    a_demo_desk_is_copied_whole(here) {
        let there = App::start(Engine::Sqlite).await.unwrap();
        there.desk.demo(300, 7, &mut |_| {}).await.unwrap();
        let port = Port::of(&there).await;
        let copy = migration(client(&port, &there), here).await;
        let outcome = copy.copy(&|_| {}).await.unwrap();
        for remark in copy.remarks(None).await.unwrap() { eprintln!("{remark:?}"); }
        eprintln!("{outcome:#?}");
        let found = differences(&copy).await;
        assert!(found.is_empty(), "{} differences\n{}", found.len(), found[..found.len().min(60)].join("\n"));
    }
}
