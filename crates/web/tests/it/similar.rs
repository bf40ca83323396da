//! What was solved before is shown to whoever reports something like it, and never what they may not see.

use serde_json::json;
use testkit::{App, Browser, on_both_engines};

async fn solved(app: &App, requester: model::Id, subject: &str, resolution: &str) -> String {
    let input = json!({"request": {"subject": subject, "requester": {"id": requester.to_string()}}});
    let made = app.admin().post("/requests", input).await.ok();
    let id = made["request"]["id"].as_str().unwrap().to_owned();
    let done = json!({"request": {"status": {"name": "Closed"}, "resolution": {"content": resolution}}});
    app.admin().put(&format!("/requests/{id}"), done).await.ok();
    id
}

on_both_engines! {
    solved_cases_are_suggested_with_and_without_script(app) {
        let (rita, _) = app.requester("Rita").await;
        let id = solved(app, rita, "Printer on floor 3 prints nothing", "Turned it <b>off</b> and on<script>alert(1)</script>").await;
        solved(app, rita, "Lost my badge", "A new one was made").await;
        app.admin().post("/requests", json!({"request": {"subject": "The printer burns", "requester": {"id": rita.to_string()}}})).await.ok();
        let browser = Browser::of(app, rita).await;
        let part = browser.get("/portal/similar?q=my+printer+is+not+printing").await.shown();
        assert!(part.says(&format!("/portal/requests/{id}")) && part.says("Turned it <b>off</b> and on"), "{}", part.html());
        assert!(!part.says("badge") && !part.says("burns") && !part.says("<script") && !part.says("<html"), "{}", part.html());
        // From the first page, and by the button of the form, which sends nothing and loses nothing.
        assert!(browser.get("/portal/new?subject=printer+prints+nothing").await.shown().says("Turned it"));
        let page = browser.post("/portal/new", &[("do", "similar"), ("subject", "Printer"), ("description", "prints no page")]).await.shown();
        assert!(page.says("Turned it") && page.says("value=\"Printer\"") && page.says("prints no page"), "{}", page.html());
        for nothing in ["", "?q=", "?q=%00%27%22)(", "?q=the+and+not", "?q=zebra"] {
            assert_eq!(browser.get(&format!("/portal/similar{nothing}")).await.shown().html().trim(), "", "{nothing}");
        }
    }

    nothing_is_learnt_of_what_one_may_not_see(app) {
        let (rita, _) = app.requester("Rita").await;
        let (rob, _) = app.requester("Rob").await;
        let hers = solved(app, rita, "Payroll file is broken", "Restored the payroll file").await;
        let note = json!({"note": {"description": "hidden dragon", "show_to_requester": false}});
        app.admin().post(&format!("/requests/{hers}/notes"), note).await.ok();
        let theirs = Browser::of(app, rob).await;
        assert!(!theirs.get("/portal/similar?q=payroll+file").await.shown().says("ayroll"));
        assert!(!theirs.get("/portal/new?subject=payroll+file").await.shown().says("Restored"));
        let own = Browser::of(app, rita).await;
        assert!(own.get("/portal/similar?q=payroll+file").await.shown().says("Restored"));
        // Words of notes that are not for her find nothing, and nobody who left the department sees what is its.
        assert_eq!(own.get("/portal/similar?q=hidden+dragon").await.shown().html().trim(), "");
    }

    colleagues_learn_from_one_another_where_the_desk_says_so(app) {
        let dept = app.admin().post("/departments", json!({"department": {"name": "Sales"}})).await.ok();
        let dept = dept["department"]["id"].clone();
        let sees = json!({"department": {"id": dept}, "requester_allowed_to_view": "department"});
        let (rita, _) = app.person("Rita", json!({"department": {"id": dept}})).await;
        let (rob, _) = app.person("Rob", sees).await;
        let (eve, _) = app.person("Eve", json!({"department": {"id": dept}})).await;
        solved(app, rita, "Price list does not open", "Use the new viewer").await;
        let part = Browser::of(app, rob).await.get("/portal/similar?q=price+list").await.shown();
        assert!(part.says("Use the new viewer") && !part.says("Rita"), "{}", part.html());
        assert!(!Browser::of(app, eve).await.get("/portal/similar?q=price+list").await.shown().says("viewer"));
    }
}
