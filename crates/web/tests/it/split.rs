//! A request with its list beside it.

use testkit::on_both_engines;

on_both_engines! {
    the_list_stays_beside_the_request(app) {
        let mut ids = Vec::new();
        for subject in ["First", "Second", "Third"] {
            ids.push(app.admin().new_request(subject).await);
            app.clock.advance(1000);
        }
        let admin = app.admins_browser().await;
        let list = admin.get("/requests?in=All_Requests&sort=created_time&cols=subject").await.shown();
        let html = list.html();
        let link = html.split("data-key=\"v\"").next().unwrap().rsplit("href=\"").next().unwrap().split('"').next().unwrap();
        assert!(link.starts_with(&format!("/requests/{}?list=", ids[0])), "{link}");
        let page = admin.get(link).await.shown();
        let html = page.html();
        let beside = html.split("<nav class=\"beside\"").nth(1).unwrap().split("</nav>").next().unwrap();
        let places: Vec<usize> = ["First", "Second", "Third"].iter().map(|s| beside.find(s).unwrap()).collect();
        assert!(places.is_sorted() && beside.matches("aria-current").count() == 1, "{beside}");
        assert!(beside.contains("href=\"/requests?in=All_Requests&#38;sort=created_time&#38;cols=subject\""), "{beside}");
        // Links, tabs and forms keep it.
        let next = beside.split("href=\"").find(|part| part.starts_with(&format!("/requests/{}", ids[1]))).unwrap().split('"').next().unwrap().to_owned();
        let page = admin.get(&next).await.shown();
        assert!(page.says("<nav class=\"beside\"") && page.says("?tab=tasks&#38;list="), "{}", page.html());
        let query = next.split_once('?').unwrap().1;
        let to = admin.post(&format!("/requests/{}/note?{query}", ids[1]), &[("description", "Kept")]).await.leads_on();
        assert_eq!(to, next);
        let to = admin.post(&format!("/requests/{}/task?{query}", ids[1]), &[("title", "Do it")]).await.leads_on();
        assert_eq!(to, format!("/requests/{}?tab=tasks&{query}", ids[1]));
        let page = admin.post(&format!("/requests/{}/note?{query}", ids[1]), &[]).await;
        assert!(page.status() == 422 && page.says("<nav class=\"beside\""), "{}", page.html());
        assert!(!admin.get(&format!("/requests/{}", ids[1])).await.shown().says("<nav class=\"beside\""));
    }

    whatever_the_address_says(app) {
        let id = app.admin().new_request("One").await;
        let admin = app.admins_browser().await;
        for list in ["", "x", "%00", "in%3DNowhere", "sort%3D-evil", "after%3Dx", "q%3D%3Cscript%3E", "f.status%3D1%26f.x%3Dy"] {
            let page = admin.get(&format!("/requests/{id}?list={list}")).await.shown();
            assert!(page.says("<nav class=\"beside\"") && !page.says("<script>"), "{list}");
        }
    }

    long_lists_go_on_beside_it(app) {
        for n in 0..55 {
            app.admin().new_request(&format!("Number {n:02}")).await;
            app.clock.advance(1000);
        }
        let admin = app.admins_browser().await;
        let first = app.admin().list("/requests", serde_json::json!({"row_count": 1, "sort_field": "created_time"})).await.ok();
        let id = first["requests"][0]["id"].as_str().unwrap().to_owned();
        let page = admin.get(&format!("/requests/{id}?list=sort%3Dcreated_time")).await.shown();
        let html = page.html();
        assert!(html.contains("Number 49") && !html.contains("Number 50"), "{html}");
        let next = html.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
        let page = admin.get(&next).await.shown();
        assert!(page.says("Number 54") && !page.says("Number 48") && page.says("rel=\"prev\""), "{}", page.html());
    }
}
