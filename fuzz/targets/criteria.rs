//! The reader of `list_info` and of criteria, alone and nested.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::payload::{self, Raw};

fuzz_target!(|text: &str| {
    if let Ok(value) = wire::lenient::parse(text) {
        let _with_what_is_wrong = wire::criteria::read(&value);
    }
    for text in [text.to_owned(), format!("input_data={{\"list_info\":{text}}}"), format!("list_info={text}")]
    {
        let Ok(payload) = payload::read(Raw { query: &text, content_type: None, body: &[] }) else {
            continue;
        };
        let asked = wire::ListInfo::read(payload.input.as_ref(), &payload.params);
        let is_right = asked.failures.is_empty();
        if let Ok(info) = asked.whole() {
            assert!(is_right && (1..=100_000).contains(&info.row_count), "{text}");
        }
    }
});
