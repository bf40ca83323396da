//! Files of records, as they are imported: a dry run on a desk takes or refuses each row. The first byte says which kind of
//! file it is, and whether a mapping stands above it.
#![no_main]

use desk::{Context, Scopes};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use testkit::{App, Engine};
use tokio::runtime::Runtime;
use transfer::{Format, ImportOptions, Mapping};

const MODULES: [&str; 4] = ["users", "assets", "requests", "relationships"];

static DESK: OnceLock<(Runtime, App)> = OnceLock::new();

fuzz_target!(|data: (u8, &str, &str)| {
    let (kind, mapping, rows) = data;
    let parsed = Mapping::parse("mapping.toml", mapping);
    let (runtime, app) = DESK.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = runtime.block_on(App::start(Engine::Sqlite)).unwrap();
        (runtime, app)
    });
    let format = if kind & 4 == 0 { Format::Csv } else { Format::Ndjson };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows).unwrap();
    let options = ImportOptions {
        module: MODULES[usize::from(kind & 3)].to_owned(),
        ci_type: None,
        file: file.path().to_owned(),
        format,
        delimiter: if kind & 8 == 0 { b',' } else { b';' },
        mapping: parsed.unwrap_or_default(),
        dry_run: true,
        from_start: true,
        clear_empty: kind & 16 != 0,
        report: None,
    };
    let _taken_or_refused = runtime.block_on(async {
        let caller = app.desk.caller(desk::shipped::ADMINISTRATOR).await.unwrap();
        let ctx = Context::new(caller, Scopes::all(), app.desk.now(), jiff::tz::TimeZone::UTC);
        transfer::import(&app.desk, &ctx, &options, &|_| {}).await
    });
});
