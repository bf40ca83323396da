//! The paths that people walk every day.

use crate::chromium::Chromium;
use crate::figures::estate;
use crate::served::{PASSWORD, Served};
use desk::identity::NewClient;
use serde_json::json;

/// Signs somebody in with everybody's password.
pub fn sign_in(browser: &mut Chromium, desk: &Served, email: &str) {
    browser.go(&format!("{}/sign_in", desk.address));
    browser.fill("#email", email);
    browser.fill("#password", PASSWORD);
    browser.press("Enter");
    browser.wait_for("location.pathname === '/'");
    browser.wait_for("document.readyState === 'complete'");
}

/// A technician's day: find, take, answer, note, change, close.
async fn technician(scripts: bool) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let (rita, _) = desk.person("Rita Reed", json!({})).await;
    let input = json!({"request": {"subject": "The printer smokes", "requester": {"id": rita.to_string()}}});
    desk.app.admin().post("/requests", input).await.ok();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.wait_for_words("Unassigned");
        browser.is_content();
        browser.click("a[href='/requests']");
        browser.click(".list .title a");
        browser.wait_for_words("Take it");
        browser.click("form[action$='/pickup'] button");
        browser.wait_for_words("It is yours now.");
        browser.fill("#reply-text", "Is it <still> smoking?");
        browser.choose("#reply-status", "On Hold");
        browser.click("form[action*='/reply'] button.primary");
        browser.wait_for_words("Your answer was sent.");
        browser.wait_for_words("Is it <still> smoking?");
        browser.click(".compose.note summary");
        browser.fill("#note-text", "Bring a bucket");
        browser.click("form[action*='/note'] button.primary");
        browser.wait_for_words("Bring a bucket");
        browser.choose("#p-priority", "High");
        if !scripts {
            browser.click(".save button");
        }
        browser.wait_for_words("Saved.");
        browser.wait_for("document.querySelector('.marks').innerText.includes('High')");
        browser.click(".tabs a[href$='tab=tasks']");
        browser.fill("#task-title", "Buy toner");
        browser.click("form[action$='/task'] button.primary");
        browser.wait_for_words("Buy toner");
        browser.click(".tick");
        browser.wait_for_words("The task is done.");
        browser.click("form[action$='/close'] button");
        browser.wait_for_words("The request is closed.");
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_technicians_day_with_script() {
    technician(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_technicians_day_without_script() {
    technician(false).await;
}

/// Somebody who needs help, on a phone: report, answer, confirm.
async fn requester(scripts: bool) {
    let desk = Served::start().await;
    let (_, rita) = desk.person("Rita Reed", json!({})).await;
    let desk = std::sync::Arc::new(desk);
    let at = desk.clone();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(390, 844);
        browser.colours("dark");
        sign_in(&mut browser, &at, &rita);
        browser.wait_for_words("How can we help?");
        browser.is_content();
        browser.fill("#hero-subject", "My screen is black");
        browser.press("Enter");
        browser.wait_for("document.querySelector('#new-subject')?.value === 'My screen is black'");
        browser.fill("#new-description", "Since this morning.");
        browser.click("main form button.primary");
        browser.wait_for_words("Thank you. We have it");
        browser.is_content();
        browser.fill("#reply", "It is plugged in.");
        browser.click("form[action$='/reply'] button.primary");
        browser.wait_for_words("It is plugged in.");
        let id = browser.text("location.pathname.split('/').pop()");
        (browser, id)
    };
    let (mut browser, id) = tokio::task::spawn_blocking(walk).await.unwrap();
    let solved = json!({"request": {"status": {"name": "Resolved"}, "resolution": {"content": "It was switched off"}}});
    desk.app.admin().put(&format!("/requests/{id}"), solved).await.ok();
    let at = desk.clone();
    let walk = move || {
        browser.go(&format!("{}/", at.address));
        browser.wait_for_words("Solved? Please confirm");
        browser.click(".panel.accent .brief");
        browser.wait_for_words("It was switched off");
        browser.is_content();
        browser.click("form[action$='/confirm'] button");
        browser.wait_for_words("Thank you. The request is closed.");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
    let request = desk.app.admin().get(&format!("/requests/{id}")).await.ok();
    assert_eq!(request["request"]["status"]["name"], "Closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_on_a_phone_with_script() {
    requester(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requester_on_a_phone_without_script() {
    requester(false).await;
}

/// The keyboard alone: the palette, rows, a reply, the help.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_is_enough() {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    for subject in ["The first", "The second", "A broken chair"] {
        desk.app.admin().new_request(subject).await;
        desk.app.clock.advance(1000);
    }
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.press_with_control("k");
        browser.wait_for("document.querySelector('.palette[open] [role=option]')");
        browser.enter("broken chair");
        browser.wait_for("document.querySelector('.palette-list').innerText.includes('A broken chair')");
        browser.press("Enter");
        browser.wait_for("document.title.includes('A broken chair')");
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.press("n");
        browser.wait_for("document.activeElement.id === 'note-text'");
        browser.enter("By keyboard");
        browser.press_with_control("Enter");
        browser.wait_for_words("The note was added.");
        browser.go(&format!("{}/requests", desk.address));
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.press("j");
        browser.press("j");
        browser.wait_for("document.querySelector('tr.here').innerText.includes('The second')");
        browser.press("x");
        browser.wait_for("getComputedStyle(document.querySelector('.bulk')).display === 'flex'");
        browser.press("?");
        browser.wait_for("document.querySelector('dialog.keys[open]')");
        browser.press("Escape");
        browser.wait_for("!document.querySelector('dialog.keys')");
        browser.press("o");
        browser.wait_for("document.title.includes('The second')");
        browser.is_content();
        // Without a mouse the first stop is the way past the menu.
        browser.press("Tab");
        assert_eq!(browser.text("document.activeElement.className"), "skip");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// An administrator sets up a site, and somebody who may use it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_sets_up() {
    let desk = Served::start().await;
    desk.app.identity.set_password(desk::shipped::ADMINISTRATOR, PASSWORD).await.unwrap();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, "ada.admin@example.com");
        browser.wait_for_words("Welcome to your new desk");
        browser.click("a[href='/admin']");
        browser.click("a[href='/admin/sites']");
        browser.click("a[href='/admin/sites/new']");
        browser.fill("#f-name", "Harbour");
        browser.click("main form button.primary");
        browser.wait_for_words("Added.");
        browser.is_content();
        browser.go(&format!("{}/users/new", desk.address));
        browser.fill("#f-name", "Nora New");
        browser.fill("#f-email_id", "nora@example.com");
        browser.click("main form button.primary");
        browser.wait_for_words("Added.");
        browser.click("main .menu summary");
        browser.click("form[action$='/password'] button");
        browser.wait_for_words("shown once");
        let password = browser.text("document.querySelector('code.large').innerText");
        browser.click(".me-menu summary");
        browser.click("form[action='/sign_out'] button");
        browser.wait_for("document.querySelector('#password')");
        browser.fill("#email", "nora@example.com");
        browser.fill("#password", &password);
        browser.press("Enter");
        browser.wait_for_words("How can we help?");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

/// The texts of a page that stand out less from what is behind them than WCAG 2.2 AA wants (1.4.3).
const FAINT: &str = r#"(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((n) => n / 255);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((n, i) => n * a + under[i] * (1 - a));
  const behind = (element) => {
    if (!element) return rgba(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#fff').slice(0, 3);
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((n) => n <= .04045 ? n / 12.92 : ((n + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const faint = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest('script, option, .unseen')) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) opacity *= getComputedStyle(e).opacity;
    const [r, g, b, a] = rgba(style.color);
    const [x, y] = [light(over([r, g, b, a * opacity], ground)), light(ground)];
    const ratio = (Math.max(x, y) + .05) / (Math.min(x, y) + .05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.add(`${element.className || element.tagName}: ${texts.currentNode.data.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return [...faint];
})()"#;

/// Two change a property of one request: the second hears of the first, and saves again if that is meant.
async fn two_at_once(scripts: bool) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let id = desk.app.admin().new_request("Two at once").await;
    let runtime = tokio::runtime::Handle::current();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.go(&format!("{}/requests/{id}?tab=time", desk.address));
        browser.wait_for_words("Two at once");
        browser.value("document.querySelector('#p-priority').focus(); true");
        let low = json!({"request": {"priority": {"name": "Low"}}});
        runtime.block_on(async { desk.app.admin().put(&format!("/requests/{id}"), low).await.ok() });
        browser.choose("#p-priority", "High");
        if !scripts {
            browser.click(".save button");
        }
        browser.wait_for_words("Changed meanwhile to “Low”.");
        browser.is_content();
        browser.click(".save button");
        browser.wait_for_words("Saved.");
        browser.wait_for("document.querySelector('.marks').innerText.includes('High')");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_with_script() {
    two_at_once(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_once_without_script() {
    two_at_once(false).await;
}

/// Every main page, in light and in dark, wide and on a phone: nothing is wider than the window, no script fails, and
/// the policy keeps nothing of ours away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_fit_their_window() {
    let desk = Served::start().await;
    desk.app.identity.set_password(desk::shipped::ADMINISTRATOR, PASSWORD).await.unwrap();
    let id = desk.app.admin().new_request(&format!("A {}long subject", "very ".repeat(40))).await;
    let long = json!({"note": {"description": format!("<p>{}</p><table><tr><td>wide</td></tr></table>", "x".repeat(400))}});
    desk.app.admin().post(&format!("/requests/{id}/notes"), long).await.ok();
    let problem = desk.app.admin().post("/problems", json!({"problem": {"title": "Everything"}})).await.ok();
    let problem = problem["problem"]["id"].as_str().unwrap().to_owned();
    let now = desk.app.desk.now();
    let long = "very long ".repeat(12);
    let new = NewClient {
        name: long.clone(),
        redirect_uris: vec![format!("https://{}.example.com/", "x".repeat(60))],
        service: None,
    };
    let (client, _) = desk.app.identity.issue_client(&new, now).await.unwrap();
    let administrator = desk::shipped::ADMINISTRATOR;
    desk.app
        .identity
        .issue_refresh_token(&client.client_id, administrator, desk::Scopes::all(), now)
        .await
        .unwrap();
    let (own, _) =
        desk.app.identity.issue_client(&NewClient { redirect_uris: Vec::new(), ..new }, now).await.unwrap();
    desk.app.identity.issue_technician_key(administrator, &long, now).await.unwrap();
    let server =
        desk.app.desk.snapshot().rows("ci_type").iter().find(|r| r.title() == "ci_server").unwrap().id();
    let ci = estate(&desk.app).await;
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, "ada.admin@example.com");
        let request = format!("/requests/{id}");
        let pages = [
            "/",
            "/requests",
            "/requests?f.priority=none&q=long&in=All_Requests",
            "/requests/new",
            &request,
            "/problems",
            "/tasks",
            "/assets",
            "/cmdb",
            "/cmdb/ci_server",
            "/dashboards/requests",
            "/dashboards/problems",
            "/dashboards/assets",
            "/products",
            "/users",
            "/users/new",
            "/admin",
            "/admin/statuses",
            "/admin/oauth_clients",
            "/admin/oauth_clients/new",
            "/admin/technician_keys",
            "/admin/happyfox_keys",
            "/admin/audit",
            "/admin/system",
            "/admin/rights",
            "/admin/requester_fields",
            "/admin/priority_matrices",
            "/admin/udf_fields/new",
            "/me",
            "/search?q=long",
            "/portal",
            "/portal/new",
            "/portal/requests",
        ];
        let mut pages: Vec<String> = pages.iter().map(|p| (*p).to_owned()).collect();
        pages.extend(
            ["tasks", "time", "resolution", "approvals", "related", "history"]
                .map(|tab| format!("{request}?tab={tab}")),
        );
        pages.push(format!("/problems/{problem}"));
        pages.extend([&client, &own].map(|client| format!("/admin/oauth_clients/{}", client.client_id)));
        pages.push(format!("/admin/ci_types/{server}"));
        pages.extend([format!("/cmdb/{ci}"), format!("/cmdb/{ci}/impact?depth=3")]);
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
            browser.window(width, 844);
            browser.colours(scheme);
            for page in &pages {
                browser.go(&format!("{}{page}", desk.address));
                browser.is_content();
                // Every input has a name that is read out, and every page one heading of the first rank.
                let nameless = browser.value(
                    "[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button, a')]\
                     .filter(e => !e.labels?.length && !(e.getAttribute('aria-label') || e.innerText || e.textContent).trim()).map(e => e.outerHTML)",
                );
                assert_eq!(nameless, json!([]), "{page}");
                assert_eq!(browser.value("document.querySelectorAll('h1').length"), 1, "{page}");
                assert_eq!(browser.value(FAINT), json!([]), "{page}, {scheme}");
                let twice = browser.value("(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.filter((id, i) => ids.indexOf(id) !== i); })()");
                assert_eq!(twice, json!([]), "{page}");
            }
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
