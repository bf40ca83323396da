use super::*;
use proptest::prelude::*;
use serde_json::json;

fn check(text: &str, expected: Value) {
    assert_eq!(parse(text), Ok(expected), "{text}");
}

fn refuse(text: &str, offset: usize, reason: &str) {
    let error = parse(text).unwrap_err();
    assert_eq!((error.offset, error.reason), (offset, reason), "{text}");
}

#[test]
fn what_clients_were_seen_to_send() {
    check(
        r#"{'request': {'subject': 'It\'s a "quoted" text', 'priority': {'name': 'High'}}}"#,
        json!({"request": {"subject": "It's a \"quoted\" text", "priority": {"name": "High"}}}),
    );
    check(
        r#"{'request': {'description': "it's", 'udf_fields': "{'udf_sline_1': 'x'}"}}"#,
        json!({"request": {"description": "it's", "udf_fields": "{'udf_sline_1': 'x'}"}}),
    );
    check(
        "{'list_info': {'start_index': 1, 'get_total_count': True}}",
        json!({"list_info": {"start_index": 1, "get_total_count": true}}),
    );
    check(
        "{'resolution': {'content': 'rc', 'add_to_linked_requests': False}}",
        json!({"resolution": {"content": "rc", "add_to_linked_requests": false}}),
    );
    check(
        "{'list_info': {'row_count': 5, 'get_total_count': True}}",
        json!({"list_info": {"row_count": 5, "get_total_count": true}}),
    );
}

#[test]
fn python_literals() {
    check("{}", json!({}));
    check("()", json!([]));
    check("(1,)", json!([1]));
    check("[1, 2,]", json!([1, 2]));
    check(
        "{'a': None, 'b': null, 'c': TRUE, 'd': false, 'e': NONE,}",
        json!({"a":null,"b":null,"c":true,"d":false,"e":null}),
    );
    check("u'a'", json!("a"));
    check(r#"{u'a': B"b"}"#, json!({"a": "b"}));
    check(r"b'caf\xc3\xa9'", json!("café"));
    check(r"b'\xff'", json!("\u{fffd}"));
    check(r"'caf\xe9 \351 \u00e9 \U0001f600'", json!("café é é 😀"));
    check(r"'\a\b\f\n\r\t\v\\\'\/'", json!("\u{7}\u{8}\u{c}\n\r\t\u{b}\\'/"));
    check(r"'C:\dir \q \é \N{x}'", json!(r"C:\dir \q \é \N{x}"));
    check("'one \\\nline'", json!("one line"));
    check("'two\nlines'", json!("two\nlines"));
    check("{1: 'x', 2L: 'y'}", json!({"1": "x", "2": "y"}));
    check("\u{feff}{'a': 1}", json!({"a": 1}));
    check("\u{feff}{\"a\": 1}", json!({"a": 1}));
    check("{'a': 1, 'a': 2}", json!({"a": 2}));
}

#[test]
fn numbers_keep_their_digits() {
    check("[9223372036854775807,]", json!([i64::MAX]));
    check("[-9223372036854775808,]", json!([i64::MIN]));
    check("[18446744073709551615,]", json!([u64::MAX]));
    check("['x', 123640000000240013L]", json!(["x", 123_640_000_000_240_013_i64]));
    check("[1.5, -2e3, .5, +7,]", json!([1.5, -2000.0, 0.5, 7]));
    check("[99999999999999999999999,]", json!([1e23]));
    refuse("[1e999]", 1, BAD_NUMBER);
    refuse("[007]", 1, BAD_NUMBER);
    refuse("[--1]", 1, BAD_NUMBER);
}

#[test]
fn surrogates() {
    check(r#""\ud83d\ude00""#, json!("😀"));
    check(r"'\ud83d\ude00'", json!("😀"));
    check(r#""a\ud83d""#, json!("a\u{fffd}"));
    check(r#""\ude00b""#, json!("\u{fffd}b"));
    check(r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}😀"));
    check(r"'\ud83d\n'", json!("\u{fffd}\n"));
    check(r"'\U00110000'", json!("\u{fffd}"));
}

#[test]
fn nul_is_refused() {
    refuse(r#"{"a": "x\u0000"}"#, 8, NUL);
    refuse(r#"{"a\u0000": 1}"#, 3, NUL);
    refuse(r"'\x00'", 1, NUL);
    refuse(r"'\0'", 1, NUL);
    refuse("'a\0'", 2, NUL);
    refuse("\0", 0, NUL);
}

#[test]
fn nonsense_is_refused() {
    refuse("", 0, "the text ends where a value should be");
    refuse("   ", 3, "the text ends where a value should be");
    refuse("{'a' 1}", 5, "expected a colon");
    refuse("{'a': 1", 7, "the text ends inside an array or object");
    refuse("{'a'", 4, "expected a colon");
    refuse("{", 1, "the text ends too early");
    refuse("[1 2]", 3, "expected a comma or the closing bracket");
    refuse("[,]", 1, "unexpected character");
    refuse("[1}", 2, "expected a comma or the closing bracket");
    refuse("'abc", 4, "the text ends inside a string");
    refuse("'abc\\", 5, "the text ends inside a string");
    refuse(r"'\x4'", 1, "bad escape in a string");
    refuse(r"'\u+123'", 1, "bad escape in a string");
    refuse("{a: 1}", 1, "unknown word");
    refuse("NaN", 0, "unknown word");
    refuse("{None: 1}", 5, "a key must be a string");
    refuse("{} {}", 3, "more text after the end of the value");
    refuse("é", 0, "unexpected character");
}

#[test]
fn depth_is_limited() {
    let nested = |n: usize, item: &str| format!("{}{item}{}", "[".repeat(n), "]".repeat(n));
    assert!(parse(&nested(64, "")).is_ok());
    assert!(parse(&nested(64, "None")).is_ok());
    refuse(&nested(65, ""), 64, "nested too deep");
    refuse(&nested(65, "None"), 64, "nested too deep");
    refuse(&"[".repeat(1_000_000), 64, "nested too deep");
    refuse(&"{'a':".repeat(1_000_000), 64 * 5, "nested too deep");
}

#[test]
fn strings_that_hold_objects() {
    let check = |value: Value, expected: Value| assert_eq!(*opened(&value), expected);
    check(json!("{'udf_char2': 'x'}"), json!({"udf_char2": "x"}));
    check(json!("{'name':'A B','id':'1'}"), json!({"name": "A B", "id": "1"}));
    check(json!(" [1,2]"), json!([1, 2]));
    check(json!("[URGENT] mail"), json!("[URGENT] mail"));
    check(json!("12"), json!("12"));
    check(json!({"a": 1}), json!({"a": 1}));
}

/// Any JSON without NUL characters and without fractions, whose digits two parsers may round differently.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let text = || "[^\\x00]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(text(), inner, 0..6).prop_map(|m| m.into_iter().collect()),
        ]
    })
}

/// The value as Python's `repr` writes it.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(n) => n.to_string(),
        Value::String(s) => {
            let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
            let mut out = String::from(quote);
            for c in s.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\'' if quote == '\'' => out.push_str("\\'"),
                    '\n' => out.push_str("\\n"),
                    c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                    c => out.push(c),
                }
            }
            out.push(quote);
            out
        }
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let one =
                |(k, v): (&String, &Value)| format!("{}: {}", python(&Value::from(k.as_str())), python(v));
            format!("{{{}}}", map.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|.*|[\\[\\](){}'\",:\\\\0-9a-fuxUNTLn\\x00 -]*") {
        let _ = parse(&text);
    }

    #[test]
    fn strict_json_reads_as_serde_json_reads_it(value in any_json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(parse(&text), Ok(value.clone()));
            prop_assert_eq!(parse_prefix(&text), Ok((value.clone(), text.len())));
        }
    }

    #[test]
    fn what_python_prints_reads_back(value in any_json()) {
        prop_assert_eq!(parse(&python(&value)), Ok(value));
    }
}
