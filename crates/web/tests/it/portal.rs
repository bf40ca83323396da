//! The portal, as somebody who needs help walks through it.

use serde_json::json;
use testkit::{Browser, on_both_engines};

on_both_engines! {
    from_the_report_to_the_thanks(app) {
        let (rita, _) = app.requester("Rita").await;
        let (tom, tom_api) = app.technician("Tom").await;
        let browser = Browser::of(app, rita).await;
        let refused = browser.post("/portal/new", &[("subject", ""), ("description", "It smokes")]).await;
        assert!(refused.status() == 422 && refused.says("id=\"new-subject-problem\"") && refused.says("It smokes"), "{}", refused.html());
        let fields = [("subject", "The printer smokes"), ("description", "It <smokes>.\nA lot.\n\nHelp!"), ("technician", "x"), ("priority", "1")];
        let to = browser.upload("/portal/new", &fields, &[("photo.txt", "smoke")]).await.leads_on();
        let id = to.rsplit('/').next().unwrap().to_owned();
        let page = browser.get(&to).await.shown();
        assert!(page.says("Thank you. We have it") && page.says("<p>It &lt;smokes&gt;.<br>A lot.</p><p>Help!</p>") && page.says("photo.txt"), "{}", page.html());
        assert!(!browser.get(&to).await.says("Thank you. We have it"), "said once");
        let html = page.html();
        let file = html.split("<ul class=\"files\"><li><a href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(browser.get(&file).await.shown().html(), "smoke");
        // An answer, seen by the technician and counted.
        assert_eq!(browser.post(&format!("{to}/reply"), &[("description", " ")]).await.status(), 422);
        browser.post(&format!("{to}/reply"), &[("description", "Still smoking")]).await.leads_on();
        let at_desk = Browser::of(app, tom).await.get(&format!("/requests/{id}")).await.shown();
        assert!(at_desk.says("Still smoking") && at_desk.says("said answer"), "{}", at_desk.html());
        // Solved, not agreed, solved again, agreed.
        let resolved = json!({"request": {"status": {"name": "Resolved"}, "resolution": {"content": "Put out"}}});
        tom_api.put(&format!("/requests/{id}"), resolved.clone()).await.ok();
        let page = browser.get("/").await.shown();
        assert!(page.says("Solved? Please confirm"), "{}", page.html());
        let page = browser.get(&to).await.shown();
        assert!(page.says("Is it solved?") && page.says("Put out"), "{}", page.html());
        assert_eq!(browser.post(&format!("{to}/reopen"), &[("description", "")]).await.status(), 422);
        browser.post(&format!("{to}/reopen"), &[("description", "It burns now")]).await.leads_on();
        let page = browser.get(&to).await.shown();
        assert!(page.says("It burns now") && page.says(">Open<"), "{}", page.html());
        tom_api.put(&format!("/requests/{id}"), resolved).await.ok();
        browser.post(&format!("{to}/confirm"), &[]).await.leads_on();
        let request = tom_api.get(&format!("/requests/{id}")).await.ok();
        assert_eq!(request["request"]["status"]["name"], "Closed");
        assert_eq!(request["request"]["closure_info"]["requester_ack_resolution"], true);
        assert_eq!(request["request"]["technician"], json!(null), "what a requester may not set was not set");
        // Closed: an answer leaves it so, and says so; it can be opened again with one.
        let page = browser.get(&to).await.shown();
        assert!(page.says("the request stays closed") && page.says(&format!("formaction=\"{to}/reopen\"")), "{}", page.html());
        browser.post(&format!("{to}/reply"), &[("description", "Thank you")]).await.leads_on();
        assert_eq!(tom_api.get(&format!("/requests/{id}")).await.ok()["request"]["status"]["name"], "Closed");
        browser.post(&format!("{to}/reopen"), &[("description", "It smokes anew")]).await.leads_on();
        let page = browser.get(&to).await.shown();
        assert!(page.says("It smokes anew") && page.says(">Open<") && !page.says("stays closed"), "{}", page.html());
    }

    a_request_is_no_longer_needed(app) {
        let (rita, _) = app.requester("Rita").await;
        let browser = Browser::of(app, rita).await;
        let to = browser.post("/portal/new", &[("subject", "A pen"), ("description", "x")]).await.leads_on();
        browser.post(&format!("{to}/cancel"), &[("comment", "Found one")]).await.leads_on();
        assert!(browser.get(&to).await.shown().says("You asked to cancel this request."));
        let id = to.rsplit('/').next().unwrap();
        let page = app.admins_browser().await.get(&format!("/requests/{id}")).await.shown();
        assert!(page.says("wants to cancel") && page.says("Found one"), "{}", page.html());
    }

    approvals_are_answered_in_the_portal(app) {
        let (boss, _) = app.requester("Bea Boss").await;
        let id = app.admin().new_request("A new laptop").await;
        let admin = app.admins_browser().await;
        let nobody = admin.post(&format!("/requests/{id}/approval"), &[("approver", "Nobody At All")]).await;
        assert!(nobody.status() == 422 && nobody.says("id=\"approver-problem\""), "{}", nobody.html());
        assert!(admin.get(&format!("/requests/{id}?tab=approvals")).await.says("Nobody was asked."), "no level was left behind");
        admin.post(&format!("/requests/{id}/approval"), &[("approver", "Bea Boss <bea.boss@example.com>")]).await.leads_on();
        assert!(admin.get(&format!("/requests/{id}?tab=approvals")).await.says("The approver was asked."));
        let (second, _) = app.requester("Sue Second").await;
        admin.post(&format!("/requests/{id}/approval"), &[("approver", "Sue Second <sue.second@example.com>")]).await.leads_on();
        let page = admin.get(&format!("/requests/{id}?tab=approvals")).await.shown();
        assert!(page.says("To Be Sent") && page.says("as soon as it is their turn"), "{}", page.html());
        assert!(!Browser::of(app, second).await.get("/").await.says("Waiting for your approval"));
        let browser = Browser::of(app, boss).await;
        let home = browser.get("/").await.shown();
        assert!(home.says("Waiting for your approval") && home.says("A new laptop"), "{}", home.html());
        assert!(browser.get(&format!("/portal/requests/{id}")).await.shown().says("Your approval is wanted"));
        let (approval, level) = (home.hidden("id"), home.hidden("level"));
        let fields = [("request", id.as_str()), ("level", &level), ("id", &approval), ("decision", "approve"), ("comments", "Go ahead")];
        browser.post("/portal/decide", &fields).await.leads_on();
        assert!(!browser.get("/").await.says("A new laptop"));
        let page = admin.get(&format!("/requests/{id}?tab=approvals")).await.shown();
        assert!(page.says("Approved") && page.says("Go ahead"), "{}", page.html());
    }
}
