//! Clocks that jump: back by an hour, as after a bad start, and on by a year.

use serde_json::json;
use testkit::on_both_engines;

const HOUR: i64 = 3_600_000;

on_both_engines! {
    a_clock_that_goes_back_makes_no_id_twice_and_loses_no_write(app) {
        let admin = app.admin();
        let mut ids = Vec::new();
        for (i, jump) in [0, -HOUR, 0, -24 * HOUR, 25 * HOUR, 365 * 24 * HOUR, -365 * 24 * HOUR].into_iter().enumerate() {
            app.clock.advance(jump);
            let id = admin.new_request(&format!("jump{i}z")).await;
            admin.put(&format!("/requests/{id}"), json!({"request": {"priority": {"name": "High"}}})).await.ok();
            admin.post(&format!("/requests/{id}/notes"), json!({"note": {"description": "then"}})).await.ok();
            ids.push(id.parse::<i64>().unwrap());
        }
        // Ids order what was made, whatever the clock said: lists and histories go by them.
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        for (i, id) in ids.iter().enumerate() {
            let request = admin.get(&format!("/requests/{id}")).await.ok();
            assert_eq!(request["request"]["priority"]["name"], "High");
            let history = admin.get(&format!("/requests/{id}/_history")).await.ok();
            assert_eq!(history["history"].as_array().unwrap().len(), 3, "{history}");
            let found = admin.list("/requests", json!({"search_text": format!("jump{i}z")})).await.ok();
            assert_eq!(found["requests"].as_array().unwrap().len(), 1);
        }
    }

    a_clock_that_goes_on_by_a_year_ends_what_is_over(app) {
        let token = app.token_for(desk::shipped::ADMINISTRATOR, desk::Scopes::all()).await;
        let client = testkit::Client::with_token(app, &token);
        client.get("/requests").await.ok();
        app.clock.advance(365 * 24 * HOUR);
        assert_eq!(client.get("/requests").await.status, 401);
        // Keys do not end with time, and what is new is as good as ever.
        app.admin().new_request("a year on").await;
        let token = app.token_for(desk::shipped::ADMINISTRATOR, desk::Scopes::all()).await;
        testkit::Client::with_token(app, &token).get("/requests").await.ok();
    }
}
