//! What administrators do, and how people sign in where the desk wants more than a password.

use crate::chromium::Chromium;
use crate::paths::sign_in;
use crate::served::{PASSWORD, Served};
use desk::identity::code_at;
use serde_json::json;

/// Somebody sets up two steps to sign in, and signs in by them.
async fn two_steps(scripts: bool) {
    let desk = Served::start().await;
    let (_, tina) = desk.person("Tina Tech", json!({"is_technician": true})).await;
    let walk = move || {
        let now = || desk.app.desk.now();
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(390, 844);
        sign_in(&mut browser, &desk, &tina);
        browser.go(&format!("{}/me", desk.address));
        browser.fill("#factor_password", PASSWORD);
        browser.click("form[action='/me/second_factor/begin'] button");
        browser.wait_for("document.querySelector('svg.qr')");
        browser.is_content();
        let key = browser.text("document.querySelector('code.key').innerText");
        browser.fill("#code", "000000");
        browser.press("Enter");
        browser.wait_for("document.querySelector('#code-problem')");
        browser.fill("#code", &code_at(&key, now()).unwrap());
        browser.press("Enter");
        browser.wait_for("document.querySelectorAll('.codes li').length === 10");
        browser.is_content();
        let recovery = browser.text("document.querySelector('.codes code').innerText");
        browser.click("a.button.primary[href='/me']");
        browser.wait_for_words("10 recovery codes left");
        browser.click(".me-menu summary");
        browser.click("form[action='/sign_out'] button");
        for code in [code_at(&key, now() + 30_000).unwrap(), recovery] {
            browser.wait_for("document.querySelector('#password')");
            browser.fill("#email", &tina);
            browser.fill("#password", PASSWORD);
            browser.press("Enter");
            browser.wait_for("document.querySelector('#code') && document.activeElement.id === 'code'");
            browser.is_content();
            browser.enter(&code);
            browser.press("Enter");
            browser.wait_for("location.pathname === '/'");
            browser.click(".me-menu summary");
            browser.click("form[action='/sign_out'] button");
        }
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_steps_with_script() {
    two_steps(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_steps_without_script() {
    two_steps(false).await;
}

/// An administrator gives programs access, sets up fields and types, and reads who did what.
async fn administrator(scripts: bool) {
    let desk = Served::start().await;
    desk.app.identity.set_password(desk::shipped::ADMINISTRATOR, PASSWORD).await.unwrap();
    let walk = move || {
        // What cannot be taken back is asked twice where there is script.
        let sure = |browser: &mut Chromium, selector: &str| {
            browser.click(selector);
            if scripts {
                browser.click(selector);
            }
        };
        let mut browser = Chromium::start();
        browser.scripts(scripts);
        browser.window(1280, 900);
        sign_in(&mut browser, &desk, "ada.admin@example.com");
        browser.click("a[href='/admin']");
        browser.wait_for_words("Programs that act for people");
        browser.click("a[href='/admin/oauth_clients']");
        browser.click("a[href='/admin/oauth_clients/new']");
        browser.fill("#name", "Nightly report");
        browser.click("input[value='self']");
        browser.click("main form button.primary");
        browser.wait_for_words("secret, shown this once");
        browser.click("input[value='SDPOnDemand.requests.READ']");
        browser.fill("#description", "For the board");
        browser.click("form[action$='/code'] button.primary");
        browser.wait_for_words("The code, shown this once");
        browser.is_content();
        sure(&mut browser, "form[action$='/revoke'] button");
        browser.wait_for_words("Revoked");

        browser.go(&format!("{}/admin/technician_keys", desk.address));
        browser.fill("#name", "Monitoring");
        browser.click("main form button.primary");
        browser.wait_for("document.querySelector('.alert.once code')");
        browser.is_content();

        browser.go(&format!("{}/admin/priority_matrices", desk.address));
        let before = browser.text("document.querySelector('.matrix select').selectedOptions[0].text");
        let after = if before == "Low" { "High" } else { "Low" };
        browser.choose(".matrix select", after);
        browser.click("main form button.primary");
        browser.wait_for_words("Saved.");
        browser.wait_for(&format!(
            "document.querySelector('.matrix select').selectedOptions[0].text === '{after}'"
        ));

        browser.go(&format!("{}/admin/requester_fields", desk.address));
        browser.fill("#name", "Unit");
        browser.choose("#kind", "One of several");
        browser.fill("#options", "Sales\nIT");
        browser.click("main > form button.primary");
        browser.wait_for_words("Added.");
        browser.click(".fields-list summary");
        browser.wait_for("document.querySelector('.fields-list textarea').checkVisibility()");
        browser.is_content();

        browser.go(&format!("{}/admin/ci_types", desk.address));
        browser.click("a[href^='/admin/ci_types/1']");
        browser.click(".add-box > summary");
        browser.fill("#new-name", "Rack");
        browser.click(".add-box button.primary");
        browser.wait_for_words("Added.");
        browser.wait_for_words("Rack");
        browser.is_content();

        browser.go(&format!("{}/admin/audit", desk.address));
        for words in [
            "OAuth client revoked: Nightly report",
            "Code for a self client made",
            "Technician key issued: Monitoring",
        ] {
            browser.wait_for_words(words);
        }
        browser.is_content();
        browser.go(&format!("{}/admin/system", desk.address));
        browser.wait_for_words("SQLite");
        browser.is_content();
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrators_paths_with_script() {
    administrator(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrators_paths_without_script() {
    administrator(false).await;
}

/// A desk is set up by the secret that the start printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_desk_is_set_up() {
    let desk = Served::start().await;
    let secret = desk.app.identity.begin_set_up(desk.app.desk.now()).await.unwrap();
    let walk = move || {
        let mut browser = Chromium::start();
        browser.window(390, 844);
        browser.colours("dark");
        browser.go(&format!("{}/set_up?secret={secret}", desk.address));
        browser.is_content();
        browser.fill("#desk", "Harbour IT");
        browser.fill("#name", "Ada First");
        browser.fill("#email", "ada@harbour.example.com");
        browser.fill("#password", PASSWORD);
        browser.fill("#password_again", PASSWORD);
        browser.press("Enter");
        browser.wait_for_words("Welcome to your new desk");
        browser.wait_for_words("Harbour IT");
    };
    tokio::task::spawn_blocking(walk).await.unwrap();
}
