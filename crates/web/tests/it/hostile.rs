//! Whatever people and mails bring is shown as what it is: text. And no page lets anything in from elsewhere.

use serde_json::json;
use testkit::{Browser, on_both_engines};

const TITLE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
const HTML: &str = "<p>hello</p><script>alert(1)</script><img src=x onerror=alert(1)><a href=\"javascript:alert(1)\">x</a>\
                    <style>body{display:none}</style><form action=\"https://evil.example.com\"><input name=p></form>";

fn check(page: &testkit::Page, path: &str) {
    let html = page.html();
    // Script and style of ours are files; in the page itself there is none.
    assert_eq!(
        html.matches("<script").count(),
        html.matches("<script type=\"module\" src=\"/static/").count(),
        "{path}"
    );
    for bad in [
        "<img src=x",
        "<b onclick",
        "=\"javascript:",
        "<style",
        " style=\"",
        "action=\"https://evil",
        "<input name=p>",
    ] {
        assert!(!html.contains(bad), "{path}: {bad} in {html}");
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in
        [("x-frame-options", "DENY"), ("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
    {
        assert_eq!(page.header(name), value, "{path}");
    }
}

on_both_engines! {
    hostile_content_is_text(app) {
        let (person, _) = app.requester("Rita").await;
        app.admin().put(&format!("/users/{person}"), json!({"user": {"name": TITLE, "job_title": TITLE}})).await.ok();
        let request = app.admin().post("/requests", json!({"request": {
            "subject": TITLE, "description": HTML, "requester": {"id": person.to_string()},
            "resolution": {"content": HTML}, "impact_details": TITLE}})).await.ok();
        let id = request["request"]["id"].as_str().unwrap().to_owned();
        app.admin().post(&format!("/requests/{id}/notes"), json!({"note": {"description": HTML, "show_to_requester": true}})).await.ok();
        app.admin().post(&format!("/requests/{id}/notifications"), json!({"notification": {
            "subject": TITLE, "description": HTML, "to": ["rita@example.com"]}})).await.ok();
        app.admin().post(&format!("/requests/{id}/tasks"), json!({"task": {"title": TITLE}})).await.ok();
        app.admin().post("/sites", json!({"site": {"name": "<b onclick=x>Site</b>"}})).await.ok();
        let problem = app.admin().post("/problems", json!({"problem": {"title": TITLE, "description": HTML}})).await.ok();
        let problem = problem["problem"]["id"].as_str().unwrap().to_owned();
        let admin = app.admins_browser().await;
        for path in [
            "/".to_owned(), "/requests?cols=subject,requester,impact_details,description".to_owned(), format!("/requests/{id}"),
            format!("/requests/{id}?tab=tasks"), format!("/requests/{id}?tab=resolution"), format!("/requests/{id}?tab=history"),
            format!("/users/{person}"), format!("/users/{person}/edit"), format!("/problems/{problem}"), "/admin/sites".to_owned(),
            "/search?q=hello".to_owned(), format!("/requests?q={}", testkit::encoded(TITLE)),
            format!("/requests?f.subject={}&sort={}", testkit::encoded(TITLE), testkit::encoded(TITLE)), "/me".to_owned(),
        ] {
            check(&admin.get(&path).await.shown(), &path);
        }
        let rita = Browser::of(app, person).await;
        for path in ["/".to_owned(), "/portal/requests".to_owned(), format!("/portal/requests/{id}")] {
            let page = rita.get(&path).await.shown();
            check(&page, &path);
        }
        let page = rita.get(&format!("/portal/requests/{id}")).await;
        assert!(page.says("<p>hello</p>"), "what is harmless stays: {}", page.html());
    }

    files_are_never_shown_in_our_origin(app) {
        let admin = app.admins_browser().await;
        let id = app.admin().new_request("With a file").await;
        let path = format!("/requests/{id}/attach");
        admin.upload(&path, &[], &[("evil.html", "<script>alert(1)</script>")]).await.leads_on();
        let html = admin.get(&format!("/requests/{id}")).await.html();
        let href = html.split("<ul class=\"files\"><li><a href=\"").nth(1).unwrap().split('"').next().unwrap();
        let file = admin.get(href).await.shown();
        assert!(file.header("content-disposition").starts_with("attachment"), "{:?}", file.reply.headers);
        assert_eq!(file.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(file.html(), "<script>alert(1)</script>");
    }
}
