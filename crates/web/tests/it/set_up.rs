//! The first set-up.

use testkit::{Browser, Page, on_both_engines};

const FIELDS: [(&str, &str); 6] = [
    ("desk", "Harbour IT"),
    ("zone", "Europe/Berlin"),
    ("name", "Ada First"),
    ("email", "ada@harbour.example.com"),
    ("password", "a password of her own"),
    ("password_again", "a password of her own"),
];

async fn send(browser: &Browser<'_>, secret: &str, other: &[(&str, &str)]) -> Page {
    let token = browser.get("/set_up").await.hidden("token");
    let mut fields = vec![("token", token.as_str()), ("secret", secret)];
    for (name, value) in FIELDS {
        let value = other.iter().find(|(own, _)| *own == name).map_or(value, |(_, value)| *value);
        fields.push((name, value));
    }
    browser.post_as_it_is("/set_up", &fields).await
}

on_both_engines! {
    a_desk_is_set_up_once_by_who_has_the_secret(app) {
        let browser = Browser::new(app);
        assert_eq!(browser.get("/set_up").await.leads_on(), "/sign_in", "nothing waits");
        let former = app.identity.begin_set_up(app.desk.now()).await.unwrap();
        let secret = app.identity.begin_set_up(app.desk.now()).await.unwrap();
        assert!(browser.get("/sign_in").await.shown().says("href=\"/set_up\""));
        assert!(browser.get(&format!("/set_up?secret={secret}")).await.shown().says(&secret));
        for (secret, other, beside) in [
            (former.as_str(), ("name", "Ada"), "secret"),
            ("", ("name", "Ada"), "secret"),
            (secret.as_str(), ("email", "nowhere"), "email"),
            (secret.as_str(), ("password_again", "other"), "password_again"),
            (secret.as_str(), ("zone", "Moon/Base"), "zone"),
        ] {
            let page = send(&browser, secret, &[other]).await;
            assert!(page.status() == 422, "{beside}: {}", page.html());
            assert!(beside == "zone" || page.says(&format!("id=\"{beside}-problem\"")), "{beside}: {}", page.html());
        }
        let short = send(&browser, &secret, &[("password", "short"), ("password_again", "short")]).await;
        assert!(short.status() == 422 && short.says("id=\"password-problem\""), "{}", short.html());
        assert!(browser.cookie("frontdesk_session").is_none());
        assert_eq!(send(&browser, &secret, &[]).await.leads_on(), "/");
        assert!(browser.get("/me").await.shown().says("ada@harbour.example.com"));
        assert!(browser.get("/admin").await.shown().says("Harbour IT"));
        // Nothing is left of the name that the row came with.
        assert!(browser.get("/").await.shown().says(", Ada"), "the first page greets her");
        let person = app.admin().get(&format!("/users/{}", desk::shipped::ADMINISTRATOR)).await.ok()["user"].clone();
        assert_eq!((person["name"].as_str(), person["first_name"].as_str()), (Some("Ada First"), Some("Ada First")));
        let old = app.identity.verify_password("ada.admin@example.com", &app.admin_password, None, app.desk.now()).await;
        assert!(old.is_err(), "the password that was made up opens nothing any more");
        let new = app.identity.verify_password("ada@harbour.example.com", "a password of her own", None, app.desk.now()).await;
        assert_eq!(new, Ok(desk::shipped::ADMINISTRATOR));
        assert_eq!(Browser::new(app).get("/set_up").await.leads_on(), "/sign_in");
    }

    whoever_signs_in_ends_it(app) {
        let secret = app.identity.begin_set_up(app.desk.now()).await.unwrap();
        assert_eq!(Browser::new(app).get(&format!("/set_up?secret={secret}")).await.status(), 200);
        app.identity.begin_session(desk::shipped::ADMINISTRATOR, None, None, app.desk.now()).await.unwrap();
        assert_eq!(Browser::new(app).get("/set_up").await.leads_on(), "/sign_in");
    }

    guessing_the_secret_is_slowed_down_and_it_ends(app) {
        app.identity.begin_set_up(app.desk.now()).await.unwrap();
        let browser = Browser::new(app);
        for _ in 0..5 {
            send(&browser, "guess", &[]).await;
        }
        let page = send(&browser, "guess", &[]).await;
        assert!(page.status() == 422 && page.says("please wait"), "{}", page.html());
        app.clock.advance(8 * 86_400_000);
        assert_eq!(Browser::new(app).get("/set_up").await.leads_on(), "/sign_in");
    }
}
