use super::*;
use crate::lenient::tests::any_json;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::json;

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const JSON: Option<&str> = Some("application/json");
const LIST: &str = r#"{"list_info":{"row_count":1}}"#;
const LIST_ENCODED: &str = "%7B%22list_info%22%3A%7B%22row_count%22%3A1%7D%7D";

fn of(query: &str, content_type: Option<&str>, body: &str) -> Payload {
    read(Raw { query, content_type, body: body.as_bytes() }).unwrap()
}

/// The request carries this input and nothing else.
fn check(query: &str, content_type: Option<&str>, body: &str, expected: Value) {
    let input = if expected.is_null() { None } else { Some(expected) };
    let wanted = Payload { input, ..Payload::default() };
    assert_eq!(of(query, content_type, body), wanted, "{query} | {content_type:?} | {body}");
}

fn refuse(query: &str, content_type: Option<&str>, body: &[u8], part_of_message: &str) {
    let failure = read(Raw { query, content_type, body }).unwrap_err();
    assert!(failure.to_string().contains(part_of_message), "{failure}");
    assert_eq!(failure.http, 400);
}

#[test]
fn every_place_of_input_data() {
    let list = || json!({"list_info": {"row_count": 1}});
    let form = format!("input_data={LIST_ENCODED}");
    check(&form, None, "", list());
    check(&form, FORM, "", list());
    check(&form, JSON, "", list());
    for content_type in
        [FORM, None, JSON, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("")]
    {
        check("", content_type, &form, list());
        check("", content_type, LIST, list());
        check("", content_type, &format!("input_data={LIST}"), list());
        check("", content_type, &format!(r#"{{"input_data":{LIST}}}"#), list());
        check("", content_type, &format!(r#" {{"input_data": {}}}"#, json!(LIST)), list());
    }
    check("input_data={}", None, "", json!({}));
    check("", FORM, "input_data=%7B%7D", json!({}));
    check("input%5Fdata=%7B%7D", None, "", json!({}));
    check("input_data=%5B1%2C2%5D", None, "", json!([1, 2]));
    check("", JSON, r#"[{"id":"1"}]"#, json!([{"id": "1"}]));
    check("", JSON, "\u{feff}{\"request\":{}}", json!({"request": {}}));
    check(&format!("input_data=%22{}%22", "%7B%5C%22a%5C%22%3A1%7D"), None, "", json!({"a": 1}));
}

#[test]
fn blank_is_nothing() {
    check("", None, "", Value::Null);
    check("", FORM, " \r\n", Value::Null);
    check("input_data=", None, "", Value::Null);
    check("input_data=+%20", None, "", Value::Null);
    check("input_data", None, "input_data=", Value::Null);
    check("input_data=null", None, "", Value::Null);
    check("", JSON, r#"{"input_data":""}"#, Value::Null);
    check("", JSON, r#"{"input_data":null}"#, Value::Null);
    check("&&", None, "&", Value::Null);
    check("input_data=", FORM, "input_data=%7B%22a%22%3A1%7D", json!({"a": 1}));
}

#[test]
fn what_is_no_text_is_no_form() {
    let utf16: Vec<u8> = "{\"request\":{}}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked: Vec<u8> = "\u{feff}{\"request\":{}}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV".as_slice(), &utf16, &marked, b"a=b\0"] {
        for content_type in [FORM, JSON, None] {
            refuse("", content_type, body, "neither JSON nor a form");
        }
    }
    // Plain forms without input_data stay what they are.
    for body in [b"a=b&c".as_slice(), b"caf\xe9=cr\xe8me", b"a=b\r\nc=d\t", b"plain words", b"<a/>"] {
        assert!(read(Raw { query: "", content_type: FORM, body }).unwrap().input.is_none());
    }
}

#[test]
fn the_query_wins() {
    check("input_data=%7B%22a%22%3A1%7D", FORM, "input_data=%7B%22a%22%3A2%7D", json!({"a": 1}));
    check("input_data=%7B%22a%22%3A1%7D", JSON, r#"{"a":2}"#, json!({"a": 1}));
    check("input_data=%7B%22a%22%3A1%7D", JSON, "{broken", json!({"a": 1}));
}

#[test]
fn encodings_of_the_same_text() {
    let subject = |s: &str| json!({"request": {"subject": s}});
    check(
        "",
        FORM,
        "input_data=%7B%22request%22%3A+%7B%22subject%22%3A+%22a+b%20c%22%7D%7D",
        subject("a b c"),
    );
    check(
        "",
        FORM,
        "input_data=%7B%22request%22:%7B%22subject%22:%2250%25+%26+1%2B1%22%7D%7D",
        subject("50% & 1+1"),
    );
    check("", FORM, "input_data=%7B%22request%22:%7B%22subject%22:%22caf%C3%A9%22%7D%7D", subject("café"));
    check("", FORM, "input_data=%7B%22request%22:%7B%22subject%22:%22caf%5Cu00e9%22%7D%7D", subject("café"));
    check(
        "",
        FORM,
        "input_data=%7B%22request%22:%7B%22subject%22:%22a%5Fb%2Dc%2Ed%22%7D%7D",
        subject("a_b-c.d"),
    );
    check("", FORM, "input_data=%7B'request':+%7B'subject':+'It%5C's'%7D%7D", subject("It's"));
    check("input_data={'request':{'subject':'x'}}", None, "", subject("x"));
    check("input_data={%22request%22:{%22subject%22:%22100%%22}}", None, "", subject("100%"));
    check("input_data={%22request%22:{%22subject%22:%22%zz%2%22}}", None, "", subject("%zz%2"));
    check("", FORM, "input_data=%7B%22request%22%3A%7B%22subject%22%3A%22x%22%7D%7D\r\n", subject("x"));
}

#[test]
fn json_that_was_not_encoded() {
    let subject = |s: &str| json!({"request": {"subject": s}});
    check("", FORM, r#"input_data={"request": {"subject": "a+b & c%20d 5%"}}"#, subject("a+b & c%20d 5%"));
    check("", FORM, r#"input_data={"request":{"subject":"C++"}}"#, subject("C++"));
    check("", FORM, r#"input_data={"request":{"subject":"R&D"}}"#, subject("R&D"));
    check("", FORM, r#"input_data={"request":{"subject":"R&D=1"}}"#, subject("R&D=1"));
    check("", FORM, "input_data={\n  \"request\": {\n    \"subject\": \"x\"\n  }\n}\n", subject("x"));
    check("", FORM, r#"input_data={"request":{"subject":"café+é"}}"#, subject("café+é"));
    check("", FORM, r#"input_data={"request":{"subject":"a%20b+c"}}"#, subject("a b c"));
    check("", FORM, "input_data={'request': {'subject': 'a+b'}}", subject("a+b"));
    // Half encoded: brackets left alone, the rest done.
    check("", FORM, "input_data={%22request%22:+{%22subject%22:+%22a+b%22}}", subject("a b"));
    check("input_data={\"request\":{\"subject\":\"a+b\"}}", None, "", subject("a b"));
    check("input_data={\"request\":{\"subject\":\"R&D\"}}", None, "", subject("R&D"));
    let mixed = of("", FORM, r#"get_notes=1&input_data={"a": "&b=1"} &row_count=5"#);
    assert_eq!(mixed.input, Some(json!({"a": "&b=1"})));
    assert_eq!(mixed.params, [("get_notes".into(), "1".into()), ("row_count".into(), "5".into())]);
}

#[test]
fn plain_parameters() {
    let check = |query: &str, body: &str, expected: &[(&str, &str)]| {
        let got = of(query, FORM, body);
        let wanted: Vec<_> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(got.params, wanted, "{query} | {body}");
    };
    check("limit=5&status=Open", "", &[("limit", "5"), ("status", "Open")]);
    check("row_count=50", "get_notes=true", &[("row_count", "50"), ("get_notes", "true")]);
    check("list_info={\"row_count\":1}&input_data=%7B%7D", "", &[("list_info", "{\"row_count\":1}")]);
    check("list_info.row_count=50", "", &[("list_info.row_count", "50")]);
    check("a&b=&c=d=e&a=+%00%ff", "", &[("a", ""), ("b", ""), ("c", "d=e"), ("a", " \u{fffd}\u{fffd}")]);
    let json = of("x=1", JSON, r#"{"input_data":{"a":1},"row_count":5,"name":"n"}"#);
    assert_eq!(
        json.params,
        [("x", "1"), ("name", "n"), ("row_count", "5")].map(|(k, v)| (k.into(), v.into()))
    );
}

#[test]
fn token_forms() {
    let pairs = form_pairs("grant_type=refresh_token&redirect_uri=https://a/b&scope=a%20b+c&&x");
    let wanted =
        [("grant_type", "refresh_token"), ("redirect_uri", "https://a/b"), ("scope", "a b c"), ("x", "")];
    assert_eq!(pairs, wanted.map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn unreadable_input_names_itself() {
    refuse(
        "input_data=%7Bx",
        None,
        b"",
        "4001 input_data (Unable to parse the given data for input_data: unknown word at byte 1)",
    );
    refuse("input_data=5", None, b"", "neither an object nor an array");
    refuse("", JSON, b"{\"a\":", "input_data");
    refuse("", JSON, b"{\"a\":\"\xff\"}", "not UTF-8 at byte 6");
    refuse("", FORM, b"input_data=%7B%22a%22%3A%22%ff%22%7D", "not UTF-8 at byte 6");
    refuse("", FORM, b"input_data={\"a\":\"\xff\"}", "not UTF-8 at byte 6");
    refuse("", JSON, br#"{"a":"\u0000"}"#, "NUL");
}

fn upload(boundary: &str, line: &str) -> String {
    [
        &format!("--{boundary}"),
        "Content-Disposition: form-data; name=\"input_data\"",
        "",
        r#"{"attachment":{}}"#,
        &format!("--{boundary}  "),
        "content-disposition: form-data; name=description",
        "",
        "two\nlines",
        &format!("--{boundary}"),
        "Content-Disposition: form-data; name=\"input_file\"; filename=\"a \\\"b\\\".txt\"",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "data -- with\r\n--no boundary\r",
        &format!("--{boundary}"),
        "Content-Disposition: form-data; name=\"file\"; filename=\"x\"; filename*=UTF-8''na%C3%AFve.bin",
        "",
        "",
        &format!("--{boundary}--"),
        "",
    ]
    .join(line)
}

#[test]
fn uploads() {
    for (boundary, content_type, line) in [
        ("----x", Some("multipart/form-data; boundary=----x"), "\r\n"),
        ("x y", Some("Multipart/Form-Data; charset=utf-8; Boundary=\"x y\""), "\r\n"),
        ("x", Some("multipart/form-data; boundary=other"), "\r\n"),
        ("x", None, "\r\n"),
        ("x", Some("multipart/form-data"), "\n"),
    ] {
        let body = upload(boundary, line);
        let got = of("", content_type, &body);
        assert_eq!(got.input, Some(json!({"attachment": {}})), "{body}");
        assert_eq!(got.params, [("description".to_owned(), "two\nlines".to_owned())]);
        let text =
            got.files.iter().map(|f| (f.field.as_str(), f.file_name.as_deref(), &body[f.data.clone()]));
        let data =
            if line == "\n" { "data -- with\r\n--no boundary" } else { "data -- with\r\n--no boundary\r" };
        assert_eq!(
            text.collect::<Vec<_>>(),
            [("input_file", Some("a \"b\".txt"), data), ("file", Some("naïve.bin"), "")]
        );
        assert_eq!(got.files[0].content_type.as_deref(), Some("text/plain; charset=utf-8"));
    }
}

#[test]
fn odd_uploads() {
    let of_part = |part: &str| of("", None, &format!("--x\r\n{part}\r\n--x--"));
    let binary = of_part("Content-Disposition: form-data; name=f\r\nContent-Type: image/png\r\n\r\nP");
    assert_eq!(binary.files[0].file_name, None);
    let empty = of_part("Content-Disposition: form-data; name=f; filename=\"\"\r\n\r\n");
    assert_eq!(empty, Payload::default());
    let path = of_part("Content-Disposition: form-data; name=f; filename=\"C:\\dir\\a%22b;=.txt\"\r\n\r\nz");
    assert_eq!(path.files[0].file_name.as_deref(), Some("C:\\dir\\a\"b;=.txt"));
    let longer = of("", None, "--x\r\nContent-Disposition: form-data; name=f\r\n\r\na\r\n--xy\r\nb\r\n--x--");
    assert_eq!(longer.params, [("f".to_owned(), "a\r\n--xy\r\nb".to_owned())]);
    let nothing = of("", Some("multipart/form-data; boundary=x"), "--x--\r\n");
    assert_eq!(nothing, Payload::default());
    refuse("", None, b"--x\r\nContent-Disposition: form-data; name=f\r\n\r\nbroken off", "multipart");
    refuse("", None, b"--x\r\nContent-Disposition", "multipart");
    refuse("", None, "--x\r\n\r\n\r\n".repeat(1002).as_bytes(), "multipart");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(query in ".*", body in prop::collection::vec(any::<u8>(), 0..200), kind in "multipart/.*|.*") {
        let _ = read(Raw { query: &query, content_type: Some(&kind), body: &body });
    }

    #[test]
    fn no_multipart_makes_it_panic(body in "(--x|--|\r|\n|\r\n|:|;|=|\"|a|Content-Disposition: form-data; name=)*") {
        let _ = read(Raw { query: "", content_type: Some("multipart/form-data; boundary=x"), body: body.as_bytes() });
    }

    #[test]
    fn encoded_json_reads_back(value in any_json(), plus in any::<bool>()) {
        prop_assume!(value.is_object() || value.is_array());
        let mut text = utf8_percent_encode(&value.to_string(), NON_ALPHANUMERIC).to_string();
        if plus {
            text = text.replace("%20", "+");
        }
        let form = format!("a=b&input_data={text}&c=d");
        for raw in [Raw { query: &form, ..Raw::default() }, Raw { body: form.as_bytes(), ..Raw::default() }] {
            let got = read(raw).unwrap();
            prop_assert_eq!(got.input.as_ref(), Some(&value));
            prop_assert_eq!(got.params.len(), 2);
        }
    }

    #[test]
    fn unencoded_json_reads_back(value in any_json()) {
        prop_assume!(value.is_object());
        {
            let text = serde_json::to_string_pretty(&serde_json::json!({"a": value})).unwrap();
            let body = format!("input_data={text}&c=d");
            let got = read(Raw { body: body.as_bytes(), ..Raw::default() }).unwrap();
            prop_assert_eq!(got.input, Some(serde_json::json!({"a": value})));
            prop_assert_eq!(got.params, vec![("c".to_owned(), "d".to_owned())]);
        }
    }
}
