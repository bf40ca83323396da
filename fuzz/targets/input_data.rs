//! The reader of inputs: whatever is sent is read or refused. What is JSON means what JSON says, and what is read of one
//! record of a module is read again from what was understood.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::{Additions, Catalogue};
use std::sync::OnceLock;
use wire::payload::{self, Raw};

const MODULES: [&str; 6] = ["request", "problem", "asset", "ci", "user", "task"];

static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();

fuzz_target!(|text: &str| {
    let ours = wire::lenient::parse(text);
    // What is JSON is refused for what cannot be kept, and for nothing else.
    if let Ok(theirs) = serde_json::from_str::<serde_json::Value>(text) {
        match &ours {
            Ok(ours) => assert_eq!(*ours, theirs, "{text}"),
            Err(error) => {
                assert!(error.reason.contains("NUL") || error.reason.contains("nested"), "{error}: {text}")
            }
        }
    }
    for (query, body) in [(text, ""), ("", text)] {
        let _one_or_the_other = payload::read(Raw { query, content_type: None, body: body.as_bytes() });
    }
    let Ok(input) = ours else { return };
    let catalogue = CATALOGUE.get_or_init(|| Catalogue::new(&Additions::default()));
    for module in MODULES.iter().filter_map(|name| catalogue.module(name)) {
        let Ok(reading) = wire::reader::input(module, &input) else { continue };
        // Each failure is told of a field, and of all of them at once.
        assert_eq!(reading.failures.is_empty(), reading.clone().whole().is_ok(), "{text}");
    }
});
