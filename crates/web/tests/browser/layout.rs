//! What is on a page can be read and reached, in a window on a desk and on a phone.

use crate::chromium::Chromium;
use crate::paths::sign_in;
use crate::served::Served;
use serde_json::json;

/// Elements of lists whose text is cut off at their side.
const CUT: &str = "[...document.querySelectorAll('.list :is(td, td *)')].filter(e => getComputedStyle(e).overflowX === 'hidden' \
                   && e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)";
/// Menus that are not within the window when they are open.
const OUTSIDE: &str = "[...document.querySelectorAll('details.menu')].filter(menu => { menu.open = true; \
                       const sheet = menu.querySelector('.sheet').getBoundingClientRect(); menu.open = false; \
                       return sheet.width > 0 && (sheet.left < 0 || sheet.right > innerWidth); }).map(menu => menu.className)";
/// Cells of a list that lie over the boxes by which rows are chosen.
const OVER: &str = "[...document.querySelectorAll('.list tbody tr')].flatMap(row => { \
                    const box = row.querySelector('td.choose input').getBoundingClientRect(); \
                    return [...row.querySelectorAll('td:not(.choose)')].filter(cell => { const r = cell.getBoundingClientRect(); \
                    return r.right > box.left && r.left < box.right && r.bottom > box.top && r.top < box.bottom; }) \
                    .map(cell => cell.innerText); })";

async fn fits(width: u32) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let (maximiliane, _) =
        desk.person("Maximiliane Oberhuber", json!({"job_title": "Senior Support Specialist"})).await;
    let admin = desk.app.admin();
    for n in 0..3 {
        let subject = format!("Please restore a deleted folder on the file server of floor {n}");
        let input = json!({"subject": subject, "requester": {"id": maximiliane.to_string()}, "group": {"name": "Network"},
            "priority": {"name": "High"}});
        admin.post("/requests", json!({"request": input})).await.ok();
    }
    let product =
        json!({"product": {"name": "Virtual machine, Windows", "product_type": {"name": "Server"}}});
    let product = admin.post("/products", product).await.ok();
    let asset = json!({"name": "srv-1.example.com", "product": {"id": product["product"]["id"]}, "state": {"name": "In Store"}});
    let asset = admin.post("/assets", json!({"asset": asset})).await.ok();
    let asset = format!("/assets/{}", asset["asset"]["id"].as_str().unwrap());
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(width, 900);
        sign_in(&mut browser, &desk, &tina);
        for path in [
            "/requests?f.priority=none&f.created_time=today&in=All_Requests",
            "/requests",
            "/users",
            "/assets",
            &asset,
        ] {
            browser.go(&format!("{}{path}", desk.address));
            for (what, wrong) in [("cut", CUT), ("outside", OUTSIDE)] {
                assert_eq!(browser.value(wrong), json!([]), "{width} {path}: {what}");
            }
            browser.is_content();
        }
        if width < 800 {
            browser.go(&format!("{}/requests", desk.address));
            assert_eq!(browser.value("document.querySelectorAll('.list td.choose').length"), 3);
            assert_eq!(browser.value(OVER), json!([]), "{width}");
            // All of a card leads to its record.
            let at = "(() => { const card = document.querySelector('.list tbody tr').getBoundingClientRect(); \
                      return document.elementFromPoint(card.right - 70, card.bottom - 4).className; })()";
            assert_eq!(browser.value(at), "row-link");
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_window_on_a_desk() {
    fits(1280).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_phone() {
    fits(390).await;
}
