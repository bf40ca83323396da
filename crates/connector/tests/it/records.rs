//! Records, one at a time.

use crate::support::{by_key, quick, request, with_key};
use connector::{Client, Connection};
use serde_json::json;
use testkit::{Port, on_both_engines};

on_both_engines! {
    a_record_is_added_read_edited_and_removed(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let text = "Ä 100 % \"&+= 'quoted' \\ \u{1F680}";
        let made = client.post("/requests", &request(text)).await.unwrap();
        let path = format!("/requests/{}", made["request"]["id"].as_str().unwrap());
        assert_eq!(client.get(&path).await.unwrap()["request"]["subject"], text);
        let edited = client.put(&path, &request("Other")).await.unwrap();
        assert_eq!(edited["request"]["subject"], "Other");
        client.delete(&path).await.unwrap();
        assert!(client.get(&path).await.unwrap_err().is_not_found());
        client.put(&format!("{path}/restore_from_trash"), &json!({})).await.unwrap();
        assert_eq!(client.get(&path).await.unwrap()["request"]["subject"], "Other");
        let sent = &port.seen()[0];
        assert_eq!(sent.headers["accept"], "application/vnd.manageengine.sdp.v3+json");
        assert_eq!(sent.headers["content-type"], "application/x-www-form-urlencoded");
    }

    a_refusal_says_what_is_wrong(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let error = client.post("/requests", &json!({"request": {"subject": "x", "colour": 1}})).await.unwrap_err();
        let said = error.service().unwrap();
        assert_eq!((said.http_status, said.status_code(), said.field()), (400, 4001, Some("colour")));
        assert!(error.to_string().contains("EXTRA_KEY_FOUND_IN_JSON"), "{error}");
        assert!(client.get("/requests/1").await.unwrap_err().is_not_found());
        assert_eq!(port.seen().len(), 2, "what is refused is not repeated");
        let wrong = with_key(&port, "no-such-key", quick()).get("/requests").await.unwrap_err();
        assert_eq!(wrong.service().unwrap().http_status, 401);
    }

    a_portal_is_spoken_to_by_name(app) {
        let port = Port::of(app).await;
        let connection = Connection::technician_key(&port.origin, app.secrets.technician_key.as_str()).unwrap();
        let client = Client::new(connection.with_portal("itdesk").unwrap()).unwrap();
        client.get("/requests").await.unwrap();
        assert_eq!(port.seen()[0].uri.path(), "/app/itdesk/api/v3/requests");
    }
}

#[tokio::test]
async fn a_path_does_not_lead_out_of_the_api() {
    let port = Port::with(None, |_, _| testkit::Act::Pass).await;
    let client = with_key(&port, "key", quick());
    for path in
        ["/../../oauth/v2/token", "//evil.example.com/x", "@evil.example.com", "/%2e%2e/x", "requests"]
    {
        let result = client.get(path).await;
        assert!(port.seen().iter().all(|seen| seen.uri.path().starts_with("/api/v3/")), "{path}: {result:?}");
    }
    assert!(client.get("/../x").await.unwrap_err().to_string().contains("leads out of the API"));
}
