use super::*;
use crate::ListInfo;
use proptest::prelude::*;
use serde_json::{Value, json};

fn check(answer: &str, expected: &str) {
    assert_eq!(answer, expected);
    serde_json::from_str::<Value>(answer).unwrap();
}

#[test]
fn one_entity() {
    check(
        &object("request", r#"{"id":"1"}"#),
        r#"{"request":{"id":"1"},"response_status":{"status_code":2000,"status":"success"}}"#,
    );
}

#[test]
fn a_list_has_its_status_in_an_array() {
    let asked = ListInfo::default();
    let view = ListInfoView::answer(&asked, None, 2, false, None);
    let tail = r#""list_info":{"has_more_rows":false,"start_index":1,"row_count":2},"response_status":[{"status_code":2000,"status":"success"}]}"#;
    check(&list("notes", &["{}", "{}"], &view), &format!(r#"{{"notes":[{{}},{{}}],{tail}"#));
    check(&list("notes", &[] as &[&str], &view), &format!(r#"{{"notes":[],{tail}"#));
}

#[test]
fn operations_speak() {
    check(&status_only(None), r#"{"response_status":{"status_code":2000,"status":"success"}}"#);
    check(
        &status_only(Some("Request successfully linked")),
        r#"{"response_status":{"status_code":2000,"messages":[{"status_code":2000,"type":"success","message":"Request successfully linked"}],"status":"success"}}"#,
    );
}

#[test]
fn warnings_may_bring_the_entity() {
    let recorded = json!({"response_status":{"status":"warning","status_code":3000,"messages":[{"fields":["technician","resolution"],"status_code":4003,"type":"warning"}]}});
    let messages = [Message::warning(vec!["technician".into(), "resolution".into()])];
    assert_eq!(serde_json::from_str::<Value>(&warning(&messages, None)).unwrap(), recorded);
    let beside: Value =
        serde_json::from_str(&warning(&messages, Some(("request", "{\"id\":\"1\"}")))).unwrap();
    assert_eq!(beside["request"]["id"], "1");
    assert_eq!(beside["response_status"], recorded["response_status"]);
}

#[test]
fn strings_are_escaped_as_little_as_possible() {
    let check = |text: &str, expected: &str| {
        let mut out = String::new();
        json_string(&mut out, text);
        assert_eq!(out, expected);
    };
    check("", r#""""#);
    check("plain / é 😀", "\"plain / é 😀\"");
    check("a\"b\\c\nd\re\tf", r#""a\"b\\c\nd\re\tf""#);
    check("\u{0}\u{1}\u{1f}\u{7f}", "\"\\u0000\\u0001\\u001f\u{7f}\"");
}

proptest! {
    #[test]
    fn a_written_string_reads_back(text in "\\PC*|[\\x00-\\x7f]*|.*") {
        let mut out = String::new();
        json_string(&mut out, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}

#[test]
fn what_is_special_is_escaped_wherever_it_stands() {
    for special in ['"', '\\', '\n', '\0', '\u{1f}', ' ', '\u{7f}', 'é', '日'] {
        for before in 0..40 {
            for behind in [0, 1, 15, 16, 17] {
                let text = format!("{}{special}{}{special}", "x".repeat(before), "ü".repeat(behind));
                let mut json = String::new();
                json_string(&mut json, &text);
                assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            }
        }
    }
}
