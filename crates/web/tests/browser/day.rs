//! A technician's working day: changes taken back, open pages that hear, the list beside a request, the timer, files.

use crate::chromium::Chromium;
use crate::paths::sign_in;
use crate::served::Served;
use serde_json::json;
use std::sync::Arc;

async fn a_desk(subjects: &[&str]) -> (Arc<Served>, String, Vec<String>) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let mut ids = Vec::new();
    for subject in subjects {
        ids.push(desk.app.admin().new_request(subject).await);
        desk.app.clock.advance(1000);
    }
    (Arc::new(desk), tina, ids)
}

async fn undoing(scripts: bool) {
    let (desk, tina, ids) = a_desk(&["Undo me"]).await;
    let (at, id) = (desk.clone(), ids[0].clone());
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in(&mut browser, &at, &tina);
        browser.go(&format!("{}/requests/{id}", at.address));
        browser.choose("#p-priority", "High");
        if !scripts {
            browser.click(".save button");
        }
        browser.wait_for_words("Saved.");
        browser.wait_for("document.querySelector('.marks').innerText.includes('High')");
        browser.click(".flash button");
        browser.wait_for_words("It is as it was before.");
        browser.wait_for("!document.querySelector('.marks').innerText.includes('High')");
        browser.click(".tabs a[href*='tab=history']");
        browser.wait_for_words("undone");
        browser.is_content();
        browser.click(".changes form button");
        browser.wait_for("document.querySelector('.marks').innerText.includes('High')");
        browser.click("main details.menu summary");
        browser.click("form[action*='/trash'] button");
        if scripts {
            browser.wait_for_words("The request is in the trash.");
        }
        browser.wait_for("document.querySelector('.flash button')");
        browser.click(".flash button");
        browser.wait_for_words("It is as it was before.");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
    let request = desk.app.admin().get(&format!("/requests/{}", ids[0])).await.ok();
    assert_eq!(request["request"]["priority"]["name"], "High");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_taken_back_with_script() {
    undoing(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_taken_back_without_script() {
    undoing(false).await;
}

/// Two at one request: each sees what the other does, and nobody's typing is disturbed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_pages_hear_of_changes() {
    let (desk, tina, ids) = a_desk(&["Watched", "Beside it"]).await;
    let (_, tom) = desk.person("Tom Tech", json!({"is_technician": true})).await;
    let (at, id) = (desk.clone(), ids[0].clone());
    let open = move || {
        let mut browsers = [Chromium::start(), Chromium::start()];
        for (browser, who) in browsers.iter_mut().zip([&tina, &tom]) {
            browser.window(1280, 900);
            sign_in(browser, &at, who);
            browser.go(&format!("{}/requests/{id}", at.address));
        }
        let [mut tina, mut tom] = browsers;
        tina.wait_for_words("Tom Tech is looking at this too");
        tom.wait_for_words("Tina Tech is looking at this too");
        tom.fill("#reply-text", "I am on it");
        tina.wait_for_words("Tom Tech is writing");
        // Tina's cursor is in no field: what Tom says stands there by itself, and nothing else moves.
        tina.value("window.marked = true; true");
        tom.click("form[action*='/reply'] button.primary");
        tina.wait_for_words("I am on it");
        assert_eq!(tina.value("window.marked"), true, "the page was loaded anew");
        // Now she types: she is told, and keeps her words.
        tina.fill("#reply-text", "Half a sen");
        tom.choose("#p-priority", "High");
        tina.wait_for("!document.querySelector('#news').hidden");
        tina.click("#news");
        tina.wait_for("document.querySelector('.marks').innerText.includes('High')");
        assert_eq!(tina.text("document.querySelector('#reply-text').value"), "Half a sen");
        tina.is_content();
        // A list as well.
        tina.go(&format!("{}/requests?in=All_Requests", at.address));
        tina.value("window.marked = true; true");
        (tina, tom)
    };
    let (mut tina, tom) = tokio::task::spawn_blocking(open).await.unwrap();
    desk.app.admin().new_request("Just in").await;
    let see = move || {
        tina.wait_for_words("Just in");
        assert_eq!(tina.value("window.marked"), true, "the page was loaded anew");
        tina.is_content();
        drop(tom);
    };
    tokio::task::spawn_blocking(see).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_beside_a_request_by_keyboard() {
    let (desk, tina, _) = a_desk(&["First", "Second", "Third"]).await;
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1400, 900);
        sign_in(&mut browser, &desk, &tina);
        browser.go(&format!("{}/requests?in=All_Requests&sort=created_time", desk.address));
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.press("j");
        browser.press("j");
        browser.press("v");
        browser.wait_for("document.querySelector('.beside .now')?.innerText.includes('Second')");
        browser.wait_for(
            "document.title.includes('Second') && document.documentElement.classList.contains('js')",
        );
        browser.is_content();
        browser.press("j");
        browser.wait_for(
            "document.title.includes('Third') && document.documentElement.classList.contains('js')",
        );
        browser.press("k");
        browser.wait_for(
            "document.title.includes('Second') && document.documentElement.classList.contains('js')",
        );
        browser.press("n");
        browser.enter("Said beside the list");
        browser.press_with_control("Enter");
        browser.wait_for_words("The note was added.");
        browser.wait_for("document.querySelector('.beside .now')?.innerText.includes('Second')");
        browser.press("Escape");
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.press("v");
        browser.wait_for("!document.querySelector('.beside') && document.title.includes('Second')");
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.press("v");
        browser.wait_for("document.querySelector('.beside')");
        // Where there is no room for both, the request is what is wanted.
        browser.window(390, 844);
        browser.wait_for("getComputedStyle(document.querySelector('.beside')).display === 'none'");
        browser.is_content();
        // Without script they are links.
        browser.window(1280, 900);
        browser.scripts(false);
        browser.go(&format!("{}/requests?in=All_Requests&sort=created_time", desk.address));
        browser.click("[data-key=v]");
        browser.wait_for("document.querySelector('.beside .now')?.innerText.includes('First')");
        browser.click(".beside li:nth-child(3) a");
        browser.wait_for("document.title.includes('Third') && document.querySelector('.beside')");
        browser.click(".beside-foot a");
        browser.wait_for("location.pathname === '/requests'");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

async fn timing(scripts: bool) {
    let (desk, tina, ids) = a_desk(&["Timed"]).await;
    let (at, id) = (desk.clone(), ids[0].clone());
    let email = tina.clone();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(390, 844);
        sign_in(&mut browser, &at, &email);
        browser.go(&format!("{}/requests/{id}", at.address));
        browser.click("form[action='/timer/start'] button");
        browser.wait_for_words("The timer runs.");
        browser.go(&format!("{}/assets", at.address));
        browser.wait_for("document.querySelector('.timer.running')");
        browser.is_content();
        browser
    };
    let mut browser = tokio::task::spawn_blocking(walk).await.unwrap();
    desk.app.clock.advance(25 * 60_000);
    let walk = move || {
        browser.click(".timer button");
        browser.wait_for("document.querySelector('#worklog-time_spent')?.value === '25 min'");
        browser.fill("#worklog-description", "Looked into it");
        browser.click("form[action*='/worklog'] button.primary");
        browser.wait_for_words("The time was added.");
        browser.wait_for("!document.querySelector('.timer')");
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_taken_with_script() {
    timing(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_is_taken_without_script() {
    timing(false).await;
}

/// Files that are dropped on a form: bytes of these sizes under these names.
fn drop_files(browser: &mut Chromium, selector: &str, kind: &str, files: &[(&str, usize)]) {
    let files: Vec<String> = files
        .iter()
        .map(|(name, size)| format!("all.items.add(new File([new Uint8Array({size})], {}))", json!(name)))
        .collect();
    let event = if kind == "paste" {
        "new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: all})"
    } else {
        "new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: all})"
    };
    browser.value(&format!(
        "(() => {{ const all = new DataTransfer(); {}; document.querySelector({}).dispatchEvent({event}); return true; }})()",
        files.join("; "),
        json!(selector)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_dropped_and_pasted() {
    const TOO_LARGE: usize = 40 * 1024 * 1024 + 1;
    let (desk, tina, ids) = a_desk(&["Pictures"]).await;
    let (at, id) = (desk.clone(), ids[0].clone());
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &at, &tina);
        browser.go(&format!("{}/requests/{id}", at.address));
        browser.wait_for("document.documentElement.classList.contains('js')");
        drop_files(
            &mut browser,
            ".attach",
            "drop",
            &[("one.png", 1000), ("huge.iso", TOO_LARGE), ("two.png", 300_000)],
        );
        browser.wait_for("['one.png', 'two.png'].every(n => document.querySelector('#description .files')?.innerText.includes(n))");
        browser.wait_for(
            "document.querySelector('.attach .uploads').innerText.includes('huge.iso: is too large')",
        );
        // A picture in a reply waits for the words.
        drop_files(&mut browser, "#reply-text", "paste", &[("image.png", 500)]);
        drop_files(&mut browser, "#reply-text", "drop", &[("log.txt", 10), ("big.bin", TOO_LARGE)]);
        browser.wait_for("document.querySelector('form[action*=\"/reply\"] [type=file]').files.length === 2");
        browser.wait_for("document.querySelector('form[action*=\"/reply\"] .uploads').innerText.includes('big.bin: is too large')");
        browser.fill("#reply-to", "rita@example.com");
        browser.fill("#reply-text", "See the picture");
        browser.click("form[action*='/reply'] button.primary");
        browser.wait_for_words("Your answer was sent.");
        browser.wait_for("document.querySelector('.said.reply .files').innerText.includes('image.png')");
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
    let request = desk.app.admin().get(&format!("/requests/{}", ids[0])).await.ok();
    assert_eq!(request["request"]["attachments"].as_array().unwrap().len(), 2);
}

/// Goes on with the Tab key until something has the focus, which is to be seen all the way.
fn tab_to(browser: &mut Chromium, selector: &str) {
    const STOPS_MAX: usize = 150;
    for _ in 0..STOPS_MAX {
        browser.press("Tab");
        let stop = browser.value(&format!(
            "(() => {{ const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect(); \
             return [e.matches({}), e.outerHTML.slice(0, 120) + ' ' + s.outline + ' ' + r.width + ' ' + e.matches(':focus') + e.matches(':focus-within') + e.matches(':focus-visible'), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0, r.width > 0 && r.height > 0, e === document.body]; }})()",
            json!(selector)
        ));
        if stop[4] == true {
            continue;
        }
        assert!(stop[2] == true && stop[3] == true, "the focus is not seen on {}", stop[1]);
        if stop[0] == true {
            return;
        }
    }
    panic!("the Tab key does not lead to {selector}");
}

fn sign_in_by_keyboard(browser: &mut Chromium, desk: &Served, email: &str) {
    browser.go(&format!("{}/sign_in", desk.address));
    browser.value("document.querySelector('#email').focus(); true");
    browser.enter(email);
    tab_to(browser, "#password");
    browser.enter(crate::served::PASSWORD);
    browser.press("Enter");
    browser.wait_for("location.pathname === '/' && document.readyState === 'complete'");
}

async fn by_keyboard(scripts: bool) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let (_, rita) = desk.person("Rita Reed", json!({})).await;
    let desk = Arc::new(desk);
    let at = desk.clone();
    let asks = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in_by_keyboard(&mut browser, &at, &rita);
        browser.wait_for_words("How can we help?");
        tab_to(&mut browser, ".hero-form button.primary");
        browser.press("Enter");
        browser.wait_for("document.querySelector('#new-subject')");
        tab_to(&mut browser, "#new-subject");
        browser.enter("The kettle leaks");
        tab_to(&mut browser, "#new-description");
        browser.enter("On the floor.");
        tab_to(&mut browser, "main button.primary");
        browser.press("Enter");
        browser.wait_for_words("Thank you. We have it");
        tab_to(&mut browser, "#reply");
        browser.enter("It still does.");
        tab_to(&mut browser, "form[action$='/reply'] button.primary");
        browser.press("Enter");
        browser.wait_for_words("It still does.");
        let id = browser.text("location.pathname.split('/').pop()");
        (browser, id)
    };
    let (mut rita, id) = tokio::task::spawn_blocking(asks).await.unwrap();
    let (at, own) = (desk.clone(), id.clone());
    let works = move || {
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in_by_keyboard(&mut browser, &at, &tina);
        // Past the menu in one step.
        tab_to(&mut browser, ".skip");
        browser.press("Enter");
        tab_to(&mut browser, &format!("a.brief[href='/requests/{own}']"));
        browser.press("Enter");
        browser.wait_for_words("The kettle leaks");
        browser.wait_for("document.querySelector('form[action*=\"/pickup\"]')");
        tab_to(&mut browser, "form[action*='/pickup'] button");
        browser.press("Enter");
        browser.wait_for_words("It is yours now.");
        tab_to(&mut browser, "#reply-text");
        browser.enter("We bring a new one.");
        tab_to(&mut browser, "form[action*='/reply'] button.primary");
        browser.press("Enter");
        browser.wait_for_words("Your answer was sent.");
        tab_to(&mut browser, ".tabs a[href*='tab=resolution']");
        browser.press("Enter");
        browser.wait_for("document.querySelector('#resolution')");
        tab_to(&mut browser, "#resolution");
        browser.enter("A new kettle");
        tab_to(&mut browser, "#resolution-status");
        browser.press("R");
        tab_to(&mut browser, "form[action*='/resolution'] button.primary");
        browser.press("Enter");
        browser.wait_for("document.querySelector('.marks').innerText.includes('Resolved')");
        browser.is_content();
    };
    tokio::task::spawn_blocking(works).await.unwrap();
    let at = desk.clone();
    let confirms = move || {
        rita.go(&format!("{}/", at.address));
        rita.wait_for_words("Solved? Please confirm");
        tab_to(&mut rita, ".panel.accent a.brief");
        rita.press("Enter");
        rita.wait_for_words("A new kettle");
        tab_to(&mut rita, "form[action$='/confirm'] button");
        rita.press("Enter");
        rita.wait_for_words("Thank you. The request is closed.");
        rita.is_content();
    };
    tokio::task::spawn_blocking(confirms).await.unwrap();
    let request = desk.app.admin().get(&format!("/requests/{id}")).await.ok();
    assert_eq!(request["request"]["status"]["name"], "Closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_from_its_beginning_to_its_end_by_keyboard_with_script() {
    by_keyboard(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_from_its_beginning_to_its_end_by_keyboard_without_script() {
    by_keyboard(false).await;
}

/// A property that is refused, or a look at another tab, takes nobody's half-written answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_written_answer_stays() {
    let (desk, tina, ids) = a_desk(&["Half said"]).await;
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, &tina);
        let page = format!("{}/requests/{}", desk.address, ids[0]);
        browser.go(&page);
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.fill("#reply-text", "Half a sen");
        browser.value(
            "(() => { const to = document.querySelector('#p-email_ids_to_notify'); to.closest('details').open = true; \
             to.value = 'no address'; to.dispatchEvent(new Event('change', { bubbles: true })); })()",
        );
        browser.wait_for("document.querySelector('#p-email_ids_to_notify-problem')");
        let said = "document.querySelector('#reply-text').value";
        assert_eq!(browser.text(said), "Half a sen");
        browser.go(&format!("{page}?tab=history"));
        browser.go(&page);
        browser.wait_for("document.querySelector('#reply-text').value === 'Half a sen'");
        browser.fill("#reply-text", "A whole sentence.");
        browser.click("form[action*='/reply'] button.primary");
        browser.wait_for_words("Your answer was sent.");
        // The words may be seen before the script has run that forgets what was sent.
        browser.wait_for("document.documentElement.classList.contains('js')");
        browser.go(&page);
        browser.wait_for("document.documentElement.classList.contains('js')");
        assert_eq!(browser.text(said), "");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
