//! The reader of multipart bodies: files are inside of the body, whatever the boundary is said to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::payload::{self, Raw};

fuzz_target!(|data: (String, &[u8])| {
    let (content_type, body) = data;
    for content_type in [None, Some("multipart/form-data; boundary=b"), Some(content_type.as_str())] {
        let Ok(payload) = payload::read(Raw { query: "", content_type, body }) else { continue };
        for file in &payload.files {
            assert!(body.get(file.data.clone()).is_some(), "{file:?} of {} bytes", body.len());
            let kept = file.file_name.as_deref().map(wire::file_name::to_be_kept);
            assert!(kept.is_none_or(|name| !name.contains(['\r', '\n'])), "{file:?}");
        }
    }
    if let Ok(text) = std::str::from_utf8(body) {
        assert_eq!(wire::formula::original(&wire::formula::harmless(text)), text);
    }
});
