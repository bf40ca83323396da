//! A request's life beside plain edits: locks, holds, cancellation, service requests, the end of merged ones.

use serde_json::{Value as Json, json};
use testkit::{App, on_both_engines};

/// Changes the desk's own settings.
async fn set(app: &App, settings: Json) {
    let admin = app.admin();
    let portal = admin.get("/portals").await.ok()["portals"][0]["id"].as_str().unwrap().to_owned();
    admin.put(&format!("/portals/{portal}"), json!({"portal": settings})).await.ok();
}

on_both_engines! {
    a_closed_request_is_locked_against_operations_too(app) {
        set(app, json!({"closed_requests_locked": true})).await;
        let (_, theo) = app.technician("Theo Tech").await;
        let path = format!("/requests/{}", theo.new_request("Closed").await);
        let other = theo.new_request("Other").await;
        theo.put(&format!("{path}/_close"), json!({})).await.ok();
        let closure = json!({"request": {"closure_info": {"closure_comments": "really"}}});
        for (name, input) in [
            ("", json!({"request": {"subject": "x"}})),
            ("", json!({"request": {"status": {"name": "Resolved"}}})),
            ("/_assign", json!({"request": {"group": {"name": "Network"}}})),
            ("/_pickup", json!({})),
            ("/_cancel", json!({})),
            ("/resolutions", json!({"resolution": {"content": "x"}})),
            ("/tag", json!({"tags": []})),
            ("/_merge_requests", json!({"merge_requests": [{"id": other}]})),
            ("/_close", json!({"request": {"subject": "x", "closure_info": {"closure_comments": "y"}}})),
        ] {
            theo.put(&format!("{path}{name}"), input).await.refused(403, 4002, "-");
        }
        theo.post(&format!("{path}/notes"), json!({"request_note": {"description": "by the way"}})).await.ok();
        theo.put(&format!("{path}/_close"), closure).await.ok();
        app.admin().put(&path, json!({"request": {"subject": "Administrators may"}})).await.ok();
        theo.put(&format!("{path}/_reopen"), json!({})).await.ok();
        theo.put(&format!("{path}/_pickup"), json!({})).await.ok();
    }
}
