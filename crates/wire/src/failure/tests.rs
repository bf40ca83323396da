use super::*;
use serde_json::{Value, json};

/// The failure has this HTTP status and exactly this first message beside `"type":"failed"`.
fn check(failure: &Failure, http: u16, mut message: Value) {
    assert_eq!(failure.http, http, "{failure}");
    message["type"] = json!("failed");
    let body: Value = serde_json::from_str(&failure.to_json()).unwrap();
    let status = json!({"status_code": 4000, "status": "failed", "messages": [message]});
    assert_eq!(body, json!({ "response_status": status }));
}

#[test]
fn every_code_has_its_body() {
    let cases = [
        (
            Failure::extra_key("os"),
            400,
            json!({"status_code":4001,"field":"os","message":"EXTRA_KEY_FOUND_IN_JSON"}),
        ),
        (
            Failure::extra_value_in_array("tags"),
            400,
            json!({"status_code":4001,"field":"tags","message":"EXTRA_VALUE_FOUND_IN_JSONARRAY"}),
        ),
        (
            Failure::not_valid("title"),
            400,
            json!({"status_code":4001,"field":"title","message":"Value given for title is not valid"}),
        ),
        (
            Failure::unable_to_parse("id"),
            400,
            json!({"status_code":4001,"field":"id","message":"Unable to parse the given data for id"}),
        ),
        (
            Failure::not_json("why"),
            400,
            json!({"status_code":4001,"field":"input_data","message":"Unable to parse the given data for input_data: why"}),
        ),
        (
            Failure::not_permitted(),
            403,
            json!({"status_code":4002,"message":"User does not have this permission"}),
        ),
        (
            Failure::cannot_give_value("priority"),
            403,
            json!({"status_code":4002,"field":"priority","message":"Cannot give value for priority"}),
        ),
        (Failure::unauthorised(), 401, json!({"status_code":4002,"message":"UNAUTHORISED"})),
        (
            Failure::insufficient_scope("SDPOnDemand.setup.READ"),
            401,
            json!({"status_code":4002,"message":"UNAUTHORISED: the token lacks the scope SDPOnDemand.setup.READ"}),
        ),
        (
            Failure::closure_rule(vec!["title".into(), "owner".into()]),
            400,
            json!({"status_code":4003,"fields":["title","owner"],"message":"Closure rule violation. The following fields should be filled title, owner"}),
        ),
        (Failure::internal("7f"), 500, json!({"status_code":4004,"message":"Internal error, trace 7f"})),
        (
            Failure::referenced("id", "3 requests"),
            400,
            json!({"status_code":4005,"field":"id","message":"Referenced by 3 requests"}),
        ),
        (Failure::not_found(), 404, json!({"status_code":4007,"message":"Invalid URL"})),
        (Failure::not_unique("name"), 400, json!({"status_code":4008,"field":"name"})),
        (
            Failure::not_editable("is_trashed"),
            400,
            json!({"status_code":4009,"field":"is_trashed","message":"Given field is not editable"}),
        ),
        (
            Failure::mandatory(vec!["mode".into(), "subcategory".into()]),
            400,
            json!({"status_code":4012,"fields":["mode","subcategory"]}),
        ),
        (Failure::read_only("project"), 400, json!({"status_code":4014,"field":"project"})),
        (
            Failure::rate_limited(),
            429,
            json!({"status_code":4015,"message":"Too many requests, try again later"}),
        ),
        (Failure::times_contradict("end"), 400, json!({"status_code":4016,"field":"end"})),
        (Failure::not_in_trash(), 400, json!({"status_code":4017,"message":"Not in trash"})),
        (Failure::type_mismatch("page"), 400, json!({"status_code":4021,"field":"page"})),
        (
            Failure::invalid_method("POST"),
            400,
            json!({"status_code":4021,"field":"POST","message":"Invalid HTTP method"}),
        ),
        (Failure::too_large(), 413, json!({"status_code":4001,"message":"The request is too large"})),
        (
            Failure::unavailable(),
            503,
            json!({"status_code":4004,"message":"The service is unavailable, try again later"}),
        ),
    ];
    for (failure, http, message) in cases {
        check(&failure, http, message);
    }
}

#[test]
fn nothing_wrong_is_no_failure() {
    assert_eq!(Failure::merge(vec![]), Ok(()));
}

#[test]
fn all_errors_are_told_at_once_and_mandatory_fields_together() {
    let merged = Failure::merge(vec![
        Failure::mandatory(vec!["mode".into()]),
        Failure::extra_key("os"),
        Failure::mandatory(vec!["level".into(), "mode".into()]),
        Failure::extra_key("os"),
        Failure::extra_key("cpu"),
    ])
    .unwrap_err();
    assert_eq!(merged.http, 400);
    assert_eq!(
        merged.to_string(),
        "HTTP 400; 4012 mode level; 4001 os (EXTRA_KEY_FOUND_IN_JSON); 4001 cpu (EXTRA_KEY_FOUND_IN_JSON)"
    );
}

#[test]
fn the_gravest_status_is_the_answer() {
    let check = |statuses: &[u16], expected| {
        let failures =
            statuses.iter().map(|&http| Failure { http, messages: vec![Message::failed(1)] }).collect();
        assert_eq!(Failure::merge(failures).unwrap_err().http, expected, "{statuses:?}");
    };
    check(&[400], 400);
    check(&[400, 403], 403);
    check(&[403, 400], 403);
    check(&[404, 400], 404);
    check(&[403, 401], 401);
    check(&[401, 500, 503], 503);
}

#[test]
fn a_flood_of_errors_is_cut() {
    let flood = (0..5000).map(|i| Failure::extra_key(format!("k{i}"))).collect();
    assert_eq!(Failure::merge(flood).unwrap_err().messages.len(), MESSAGES_MAX);
}
