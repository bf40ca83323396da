//! The CMDB, its map, and dashboards in a browser; what was solved before in the portal.

use crate::chromium::Chromium;
use crate::paths::sign_in;
use crate::served::Served;
use serde_json::json;
use testkit::App;

/// A switch, a host behind it, and guests on the host with something open on one of them; the id of the host.
pub(crate) async fn estate(app: &App) -> String {
    let admin = app.admin();
    let mut ids = Vec::new();
    for (kind, name) in [
        ("ci_switch", "switch.example.com"),
        ("ci_server", "host.example.com"),
        ("ci_virtual_machine", "guest-1.example.com"),
        ("ci_virtual_machine", "guest-2.example.com"),
        ("ci_application", "A rather long name of an application that goes on"),
    ] {
        let made = admin.post(&format!("/cmdb/{kind}"), json!({"cmdb": {"name": name}})).await.ok();
        ids.push(made.as_object().unwrap().values().find_map(|v| v["id"].as_str()).unwrap().to_owned());
    }
    for (from, kind, to) in [(1, "Depends On", 0), (1, "Hosts", 2), (1, "Hosts", 3), (2, "Runs", 4)] {
        let row = json!({"relationship_type": {"name": kind}, "child_ci": {"id": ids[to]}});
        let path = format!("/cmdb/{}/ci_relationships", ids[from]);
        admin.post(&path, json!({"ci_relationships": [row]})).await.ok();
    }
    let about = |title: &str| json!({title: "It stands still", "configuration_items": [{"id": ids[2]}]});
    admin.post("/requests", json!({"request": about("subject")})).await.ok();
    admin.post("/problems", json!({"problem": about("title")})).await.ok();
    ids.swap_remove(1)
}

/// From the tree of types to a CI, another relationship, and the map, opened step by step.
async fn the_estate(scripts: bool, width: u32) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    estate(&desk.app).await;
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(width, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.go(&format!("{}/cmdb", desk.address));
        if width < 800 {
            browser.click(".tree summary");
        }
        browser.click(".tree a[href='/cmdb/ci_server']");
        browser.wait_for("location.pathname === '/cmdb/ci_server' && document.readyState === 'complete'");
        browser.is_content();
        browser.click(".list .title a");
        browser.wait_for_words("Relationships");
        browser.choose("#relate-kind", "Hosts");
        browser.fill("#relate-ci", "switch.example.com");
        browser.click(".relate button");
        browser.wait_for_words("They belong together now.");
        browser.is_content();
        browser.click(".page-head a[href$='/impact']");
        browser.wait_for("document.querySelectorAll('.graph .node').length >= 4");
        browser.is_content();
        browser.click("nav[aria-label='Direction'] a[href*='way=down']");
        browser.wait_for("document.querySelector('[aria-current=true]').innerText.includes('suffers')");
        browser.click("nav[aria-label='Steps'] a[href*='depth=1']");
        browser.wait_for("document.querySelectorAll('.graph .node').length === 4");
        browser.value("document.querySelector('.graph a.fold').scrollIntoView()");
        browser.click(".graph a.fold");
        browser.wait_for("document.querySelectorAll('.graph .node').length === 5");
        // The whole of it is a table as well.
        browser.click("#all summary");
        browser.wait_for("document.querySelector('#all table').checkVisibility()");
        browser.is_content();
        if scripts {
            let wide = browser.value("document.querySelector('.graph svg').width.baseVal.value");
            browser.click("[data-zoom='1.25']");
            browser.wait_for(&format!("document.querySelector('.graph svg').width.baseVal.value > {wide}"));
            browser.click("[data-zoom='0']");
            browser.wait_for(
                "document.querySelector('.graph svg').width.baseVal.value <= document.querySelector('.graph').clientWidth",
            );
        } else {
            browser.click("nav[aria-label='Size'] a[href*='zoom=80']");
            browser.wait_for_words("80 %");
        }
        // By keyboard: every CI of the map is a stop.
        browser.value("document.querySelector('.graph a').focus()");
        browser.press("Tab");
        browser.wait_for("document.activeElement.closest('.graph')");
        browser.press("Enter");
        browser.wait_for("/\\/cmdb\\/\\d+$|impact/.test(location.pathname)");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_estate_with_script() {
    the_estate(true, 1280).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_estate_without_script_on_a_phone() {
    the_estate(false, 390).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_lead_to_what_they_count() {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    for subject in ["One", "Two"] {
        let input = json!({"request": {"subject": subject, "priority": {"name": "High"}}});
        desk.app.admin().post("/requests", input).await.ok();
    }
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.click(".side a[href='/dashboards']");
        browser.wait_for("document.querySelector('.over-time rect')");
        browser.choose("#board-period", "Last 7 days");
        browser.click(".board-tools button");
        browser.wait_for("location.search.includes('period=7d') && document.readyState === 'complete'");
        browser.click("#priority details summary");
        browser.wait_for("document.querySelector('#priority table').innerText.includes('High')");
        browser.is_content();
        browser.click("#priority .bars a");
        browser.wait_for(
            "document.querySelectorAll('.list td.choose').length === 2 && document.readyState === 'complete'",
        );
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// Somebody on a phone whose trouble was solved before.
async fn solved_before(scripts: bool) {
    let desk = Served::start().await;
    let (rita, address) = desk.person("Rita Reed", json!({})).await;
    let input =
        json!({"request": {"subject": "The projector stays dark", "requester": {"id": rita.to_string()}}});
    let made = desk.app.admin().post("/requests", input).await.ok();
    let id = made["request"]["id"].as_str().unwrap();
    let done =
        json!({"request": {"status": {"name": "Closed"}, "resolution": {"content": "Take off the cap"}}});
    desk.app.admin().put(&format!("/requests/{id}"), done).await.ok();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(390, 844);
        sign_in(&mut browser, &desk, &address);
        browser.go(&format!("{}/portal/new", desk.address));
        if scripts {
            browser.wait_for("document.documentElement.classList.contains('js')");
        }
        browser.fill("#new-subject", "projector is dark");
        if !scripts {
            browser.click("button[name='do']");
        }
        browser.wait_for_words("The projector stays dark");
        browser.click(".similar summary");
        browser.wait_for_words("Take off the cap");
        assert_eq!(browser.text("document.querySelector('#new-subject').value"), "projector is dark");
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn solved_before_with_script() {
    solved_before(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn solved_before_without_script() {
    solved_before(false).await;
}
