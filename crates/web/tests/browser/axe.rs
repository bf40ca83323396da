//! axe-core on every page: the pages are found by following their links, as a reader would, so that a new page is looked
//! at without being listed anywhere. `scripts/test` fetches axe-core and says under `FRONTDESK_TEST_AXE` where it is.

use crate::chromium::Chromium;
use crate::paths::sign_in;
use crate::served::{PASSWORD, Served};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// axe-core's text.
fn axe() -> Option<String> {
    let path = std::env::var("FRONTDESK_TEST_AXE").ok();
    if !testkit::is_here(path.is_some(), "FRONTDESK_TEST_AXE") {
        return None;
    }
    Some(std::fs::read_to_string(path?).unwrap())
}

/// What axe-core has against the page that is shown: rule and elements.
fn violations(browser: &mut Chromium, axe: &str) -> Vec<String> {
    // The page's policy does not bind what the debugger says.
    browser.value(&format!("{axe}; true"));
    let found = browser.value(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => \
         v.id + ' (' + v.help + '): ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? '')).join(' | ')))",
    );
    found.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// What a page is one of: records are alike, and so are the pages that follow from the catalogue, unless each module's are
/// wanted; forms and histories of its records are alike in any case.
fn kind(path: &str, every_module: bool) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let tab = query.split('&').find(|p| p.starts_with("tab=")).unwrap_or_default();
    let is_alike = !every_module || path.ends_with("/edit") || tab == "tab=history";
    let parts = path.split('/').enumerate().map(|(i, part)| {
        let is_id = part.len() > 9 && part.bytes().all(|b| b.is_ascii_digit());
        let is_module = i == 2 && (path.starts_with("/admin/") || path.starts_with("/cmdb/"));
        if is_id || is_module && is_alike { "{}" } else { part }
    });
    let beside = if query.contains("list=") { "list" } else { "" };
    format!("{} {tab} {beside}", parts.collect::<Vec<_>>().join("/"))
}

/// Whether a link leads to a page, and not to a file or out of the session.
fn is_page(path: &str) -> bool {
    path.starts_with('/')
        && !["/api/", "/static/", "/sign_out", "/oauth/"].iter().any(|other| path.starts_with(other))
        && !path.contains("/files/")
        && !path.contains(".csv")
}

/// How the pages are looked at.
#[derive(Clone, Copy)]
struct Look {
    width: u32,
    colours: &'static str,
    every_module: bool,
}

const DESKTOP: u32 = 1280;
const PHONE: u32 = 390;

/// Looks at every page that can be reached from some; gives what is wrong, by the kind of page.
fn walk(browser: &mut Chromium, desk: &Served, axe: &str, from: &[String], look: Look) -> BTreeSet<String> {
    browser.window(look.width, 844);
    browser.colours(look.colours);
    let mut wrong = BTreeMap::new();
    let (mut seen, mut to_see) = (BTreeSet::new(), from.to_vec());
    to_see.reverse();
    while let Some(path) = to_see.pop() {
        let kind = kind(&path, look.every_module);
        if !seen.insert(kind.clone()) {
            continue;
        }
        browser.go(&format!("{}{path}", desk.address));
        if browser.value("document.contentType") != "text/html" {
            continue;
        }
        let found = violations(browser, axe);
        if !found.is_empty() {
            wrong.insert(path.clone(), found);
        }
        let links = browser.value(
            "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href').split('#')[0])",
        );
        let links = links.as_array().unwrap().iter().filter_map(Json::as_str).map(str::to_owned);
        to_see.extend(links.filter(|link| is_page(link)));
    }
    let mut report = String::new();
    for (path, found) in &wrong {
        write!(report, "\n{path}\n  {}", found.join("\n  ")).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{} of {} pages, {} wide, {}:{report}",
        wrong.len(),
        seen.len(),
        look.width,
        look.colours
    );
    seen
}

/// A desk in which every kind of page has something to show.
async fn furnished() -> (Served, String) {
    let desk = Served::start().await;
    desk.app.desk.demo(25, 7, &mut |_| {}).await.unwrap();
    desk.app.identity.set_password(desk::shipped::ADMINISTRATOR, PASSWORD).await.unwrap();
    let (rita, _) = desk.person("Rita Reed", json!({})).await;
    let admin = desk.app.admin();
    let ada = desk::shipped::ADMINISTRATOR.to_string();
    let made = json!({"request": {"subject": "The printer smokes", "description": "<p>It <b>smokes</b></p>", "requester": {"id": rita.to_string()},
        "technician": {"id": ada}}});
    let made = admin.post("/requests", made).await.ok();
    let id = made["request"]["id"].as_str().unwrap().to_owned();
    let other = admin.new_request("Another one").await;
    admin.post(&format!("/requests/{id}/notes"), json!({"note": {"description": "A bucket"}})).await.ok();
    let reply = json!({"notification": {"to": ["rita.reed@example.com"], "subject": "Re", "description": "Is it still smoking?"}});
    admin.post(&format!("/requests/{id}/notifications"), reply).await.ok();
    let browser = desk.app.admins_browser().await;
    let at = |act: &str| format!("/requests/{id}/{act}");
    browser.post(&at("task"), &[("title", "Buy toner")]).await.leads_on();
    browser.post(&at("worklog"), &[("owner", &ada), ("time_spent", "20")]).await.leads_on();
    browser.post(&at("approval"), &[("approver", "rita.reed@example.com")]).await.leads_on();
    browser.post(&at("link"), &[("linked_request", &other)]).await.leads_on();
    browser.post(&at("resolution"), &[("resolution.content", "A new one")]).await.leads_on();
    browser.upload(&at("attach"), &[], &[("photo.txt", "smoke")]).await.leads_on();
    browser.post("/timer/start", &[("on", &format!("/requests/{id}"))]).await.leads_on();
    (desk, id)
}

async fn technicians_pages(look: Look, least: usize) {
    let Some(axe) = axe() else { return };
    let (desk, id) = furnished().await;
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(look.width, 844);
        sign_in(&mut browser, &desk, "ada.admin@example.com");
        let from = [
            "/".to_owned(),
            format!("/requests/{id}"),
            format!("/requests/{id}?list=in%3DAll_Requests"),
            "/requests?in=All_Requests&f.priority=none&more=1&q=printer".to_owned(),
            "/requests/100001000000000001".to_owned(),
            "/search?q=printer".to_owned(),
            "/portal".to_owned(),
        ];
        let seen = walk(&mut browser, &desk, &axe, &from, look);
        assert!(seen.len() >= least, "{} pages: {seen:?}", seen.len());
        // What opens on a page is part of it.
        for (path, open) in [
            ("/".to_owned(), "document.querySelectorAll('details').forEach(d => { d.open = true; })"),
            (
                format!("/requests/{id}"),
                "document.querySelectorAll('.request details').forEach(d => { d.open = true; })",
            ),
            (
                "/requests?in=All_Requests".to_owned(),
                "document.querySelector('td.choose input').click(); document.querySelector('.filter-menu').open = true",
            ),
        ] {
            browser.go(&format!("{}{path}", desk.address));
            browser.value(&format!("{open}; true"));
            assert_eq!(violations(&mut browser, &axe), Vec::<String>::new(), "{path}, opened");
        }
        browser.wait_for("document.documentElement.classList.contains('js')");
        for (keys, selector) in [("k", ".palette[open] [role=option]"), ("?", "dialog.keys[open]")] {
            if look.width == PHONE {
                continue;
            }
            browser.go(&format!("{}/assets", desk.address));
            browser.wait_for("document.documentElement.classList.contains('js')");
            if keys == "k" {
                browser.press_with_control("k")
            } else {
                browser.press("?")
            }
            browser.wait_for(&format!("document.querySelector('{selector}')"));
            assert_eq!(violations(&mut browser, &axe), Vec::<String>::new(), "{selector}");
        }
        // Refusals, and what follows a change.
        browser.go(&format!("{}/tasks/new", desk.address));
        browser.value("document.querySelector('main form').noValidate = true; document.querySelector('main form button.primary').click(); true");
        browser.wait_for("document.querySelector('main .problem')");
        assert_eq!(violations(&mut browser, &axe), Vec::<String>::new(), "a refused form");
        browser.go(&format!("{}/requests/{id}", desk.address));
        browser.click("form[action*='/close'] button");
        browser.wait_for("document.querySelector('.flash')");
        assert_eq!(violations(&mut browser, &axe), Vec::<String>::new(), "a notice");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn technicians_pages_in_light_on_a_desktop() {
    technicians_pages(Look { width: DESKTOP, colours: "light", every_module: true }, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn technicians_pages_in_dark_on_a_desktop() {
    technicians_pages(Look { width: DESKTOP, colours: "dark", every_module: false }, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn technicians_pages_in_light_on_a_phone() {
    technicians_pages(Look { width: PHONE, colours: "light", every_module: false }, 50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn technicians_pages_in_dark_on_a_phone() {
    technicians_pages(Look { width: PHONE, colours: "dark", every_module: false }, 50).await;
}

/// The portal, and the door before it, in all four.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requesters_pages() {
    let Some(axe) = axe() else { return };
    let (desk, id) = furnished().await;
    let walk = move || {
        let mut browser = Chromium::start();
        let looks = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")];
        for (width, colours) in looks {
            browser.window(width, 844);
            browser.colours(colours);
            browser.go(&format!("{}/sign_in", desk.address));
            assert_eq!(
                violations(&mut browser, &axe),
                Vec::<String>::new(),
                "the door, {width} wide, {colours}"
            );
        }
        sign_in(&mut browser, &desk, "rita.reed@example.com");
        let from = ["/", "/portal/new", "/portal/requests", "/me", "/requests"].map(str::to_owned);
        let from: Vec<String> = from.into_iter().chain([format!("/portal/requests/{id}")]).collect();
        for (width, colours) in looks {
            let seen =
                self::walk(&mut browser, &desk, &axe, &from, Look { width, colours, every_module: true });
            assert!(seen.len() >= 6, "{seen:?}");
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
