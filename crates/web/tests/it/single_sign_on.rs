//! Single sign-on, against a provider on a port of this machine that keeps to the standard, or lies on purpose.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use desk::identity::{Match, NewClient, SignOnRules};
use serde_json::{Value as Json, json};
use testkit::provider::Provider;
use testkit::{App, Browser, Page, encoded, on_both_engines};

const BY_EMAIL: SignOnRules = SignOnRules { by: Match::Email, create: false };
const CREATING: SignOnRules = SignOnRules { by: Match::Email, create: true };

async fn provider(app: &App, rules: SignOnRules) -> Provider {
    let provider = Provider::start(app.desk.now()).await;
    app.sign_on_by(&provider, rules);
    provider
}

fn ann() -> Json {
    json!({"sub": "ann-1", "email": "Ann@Example.com", "email_verified": true, "name": "Ann Lee"})
}

/// There and back.
async fn sign_on(browser: &Browser<'_>, provider: &Provider, claims: Json) -> Page {
    let to = browser.get("/sign_in/sso?next=%2Fme").await.leads_on();
    browser.get(&provider.sign_in(&to, claims)).await
}

/// That somebody does not come in, and hears why.
async fn refused(app: &App, provider: &Provider, claims: Json, status: u16, words: &str) {
    let browser = Browser::new(app);
    let page = sign_on(&browser, provider, claims).await;
    assert!(page.status() == status && page.says(words), "{} {words}: {}", page.status(), page.html());
    assert!(browser.cookie("frontdesk_session").is_none());
}

const FAILED: &str = "did not say who you are";

on_both_engines! {
    somebody_known_comes_in(app) {
        let (ann_id, _) = app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        let browser = Browser::new(app);
        assert!(browser.get("/sign_in").await.shown().says("Example account"));
        assert_eq!(sign_on(&browser, &provider, ann()).await.leads_on(), "/me");
        assert!(browser.get("/me").await.shown().says("ann@example.com"));
        // From now on it is the provider's own name for them that counts: the address may change hands.
        app.admin().put(&format!("/users/{ann_id}"), json!({"user": {"email_id": "ann.lee@example.com"}})).await.ok();
        app.requester("Ann").await;
        let again = Browser::new(app);
        sign_on(&again, &provider, ann()).await.leads_on();
        assert!(again.get("/me").await.shown().says("ann.lee@example.com"));
        let history = app.admin().get(&format!("/users/{ann_id}/_history")).await.ok().to_string();
        assert_eq!(history.matches("SIGN_ON_LINKED").count(), 1, "{history}");
    }

    strangers_are_refused_or_become_requesters(app) {
        let one = provider(app, BY_EMAIL).await;
        refused(app, &one, ann(), 403, "Nobody here has this account").await;
        let other = provider(app, CREATING).await;
        let browser = Browser::new(app);
        sign_on(&browser, &other, ann()).await.leads_on();
        assert!(browser.get("/").await.shown().says("How can we help?"));
        let made = app.desk.person_by_email("ann@example.com").await.unwrap().unwrap();
        assert_eq!((made.text("name"), made.is("is_technician")), (Some("Ann Lee"), false));
        // The second time it is the same person.
        sign_on(&Browser::new(app), &other, ann()).await.leads_on();
        assert_eq!(app.desk.person_by_email("ann@example.com").await.unwrap().unwrap().id(), made.id());
    }

    an_address_that_is_not_verified_is_nobodys(app) {
        app.requester("Ann").await;
        let provider = provider(app, CREATING).await;
        for verified in [json!(false), json!("false"), Json::Null, json!(1)] {
            let claims = json!({"sub": "eve", "email": "ann@example.com", "email_verified": verified});
            refused(app, &provider, claims, 403, "has not confirmed your e-mail address").await;
        }
        refused(app, &provider, json!({"sub": "eve"}), 403, "has not confirmed").await;
        let spelt = json!({"sub": "ann-2", "email": "ann@example.com", "email_verified": "true"});
        sign_on(&Browser::new(app), &provider, spelt).await.leads_on();
    }

    by_subject_alone_no_address_opens_an_account(app) {
        let ada = "ada.admin@example.com";
        let provider = provider(app, SignOnRules { by: Match::Subject, create: true }).await;
        let claims = json!({"sub": "eve", "email": ada, "email_verified": true, "name": "Eve"});
        refused(app, &provider, claims, 403, "Nobody here").await;
        let browser = Browser::new(app);
        let claims = json!({"sub": "eve", "email": ada, "name": "Eve"});
        sign_on(&browser, &provider, claims).await.leads_on();
        let page = browser.get("/me").await.shown();
        assert!(page.says("Eve") && !page.says(ada), "{}", page.html());
    }

    who_is_out_of_use_stays_out(app) {
        let (id, _) = app.requester("Ann").await;
        let provider = provider(app, CREATING).await;
        let inactive = json!({"user": {"inactive": true}});
        app.admin().put(&format!("/users/{id}"), inactive.clone()).await.ok();
        refused(app, &provider, ann(), 403, "is not in use").await;
        app.admin().put(&format!("/users/{id}"), json!({"user": {"inactive": false}})).await.ok();
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        app.admin().put(&format!("/users/{id}"), inactive).await.ok();
        refused(app, &provider, ann(), 403, "is not in use").await;
    }

    a_token_must_say_what_it_should(app) {
        app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        let now = app.desk.now() / 1_000;
        type Bend = fn(&mut Json, i64);
        let bends: [(&str, Bend); 11] = [
            ("nonce", |c, _| c["nonce"] = json!("another")),
            ("no nonce", |c, _| c["nonce"] = Json::Null),
            ("audience", |c, _| c["aud"] = json!("another-client")),
            ("audiences", |c, _| c["aud"] = json!(["another-client"])),
            ("two without azp", |c, _| c["aud"] = json!(["the-desk", "another"])),
            ("azp", |c, _| c["azp"] = json!("another")),
            ("issuer", |c, _| c["iss"] = json!("https://evil.example.com")),
            ("expired", |c, now| c["exp"] = json!(now - 61)),
            ("no end", |c, _| { c.as_object_mut().unwrap().remove("exp"); }),
            ("future", |c, now| c["iat"] = json!(now + 120)),
            ("nobody", |c, _| c["sub"] = json!("")),
        ];
        for (what, bend) in bends {
            provider.bend(move |claims| bend(claims, now));
            let browser = Browser::new(app);
            let page = sign_on(&browser, &provider, ann()).await;
            assert!(page.status() == 401 && page.says(FAILED), "{what}: {} {}", page.status(), page.html());
            assert!(browser.cookie("frontdesk_session").is_none(), "{what}");
        }
        provider.bend(|claims| claims["aud"] = json!(["the-desk"]));
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        provider.bend(|claims| { claims["aud"] = json!(["x", "the-desk"]); claims["azp"] = json!("the-desk"); });
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
    }

    a_signature_must_be_the_providers(app) {
        app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        assert_eq!(provider.key_calls(), 1);
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        assert_eq!(provider.key_calls(), 1, "keys are kept");
        // A key that was exchanged is found anew.
        provider.rotate();
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        assert_eq!(provider.key_calls(), 2);
        provider.sign_with_rsa();
        sign_on(&Browser::new(app), &provider, ann()).await.leads_on();
        provider.sign_with_a_strangers_key();
        refused(app, &provider, ann(), 401, FAILED).await;
        // Unsigned, and signed with what is no secret.
        let claims = json!({"iss": provider.issuer, "aud": "the-desk", "sub": "ann-1", "exp": app.desk.now() / 1_000 + 300});
        for head in [json!({"alg": "none"}), json!({"alg": "HS256", "kid": "first"}), json!({"alg": "ES256", "kid": "first"})] {
            let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
            for signature in ["", "AAAA"] {
                provider.answer_with(format!("{}.{}.{signature}", part(&head), part(&claims)));
                refused(app, &provider, ann(), 401, FAILED).await;
            }
        }
        provider.answer_with("no token".into());
        refused(app, &provider, ann(), 401, FAILED).await;
    }

    a_way_back_is_gone_once_and_by_who_began_it(app) {
        app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        let browser = Browser::new(app);
        let to = browser.get("/sign_in/sso").await.leads_on();
        let back = provider.sign_in(&to, ann());
        // Somebody else's browser, with the same link.
        let other = Browser::new(app);
        let page = other.get(&back).await;
        assert!(page.status() == 400 && page.says("not the one that you began"), "{}", page.html());
        assert!(other.cookie("frontdesk_session").is_none());
        assert_eq!(browser.get(&back).await.leads_on(), "/");
        // Once more, also with the cookie put back.
        let state = back.rsplit_once("state=").unwrap().1.to_owned();
        let cookie = format!("frontdesk_sign_on={state}");
        let replayed = Browser::new(app).send("GET", &back, &[("Cookie", cookie.as_str())], "").await;
        assert!(replayed.status() == 400 && replayed.header("set-cookie").find("frontdesk_session").is_none());
        // Too late.
        let late = Browser::new(app);
        let to = late.get("/sign_in/sso").await.leads_on();
        let back = provider.sign_in(&to, ann());
        app.clock.advance(601_000);
        assert_eq!(late.get(&back).await.status(), 400);
        // A code that the provider does not know, and a no.
        let third = Browser::new(app);
        let to = third.get("/sign_in/sso").await.leads_on();
        let state = to.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let page = third.get(&format!("/sign_in/sso/back?code=made-up&state={state}")).await;
        assert!(page.status() == 401 && page.says(FAILED), "{}", page.html());
        let to = third.get("/sign_in/sso").await.leads_on();
        let state = to.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let page = third.get(&format!("/sign_in/sso/back?error=access_denied&state={state}")).await;
        assert!(page.status() == 401 && page.says("were not signed in there"), "{}", page.html());
    }

    consent_is_given_by_it_too(app) {
        app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        let callback = "https://client.example.com/cb";
        let new = NewClient { name: "A client".into(), redirect_uris: vec![callback.into()], service: None };
        let (client, _) = app.identity.issue_client(&new, app.desk.now()).await.unwrap();
        let path = format!(
            "/oauth/v2/auth?response_type=code&client_id={}&redirect_uri={}&scope=SDPOnDemand.requests.READ&state=s",
            encoded(&client.client_id), encoded(callback)
        );
        let browser = Browser::new(app);
        let html = browser.get(&path).await.shown().html();
        let begin = html.split("href=\"/sign_in/sso").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let to = browser.get(&format!("/sign_in/sso{begin}")).await.leads_on();
        assert_eq!(browser.get(&provider.sign_in(&to, ann())).await.leads_on(), path);
        assert!(browser.get(&path).await.shown().says("name=\"decision\""));
    }

    it_leads_nowhere_else_and_does_without_a_provider(app) {
        let browser = Browser::new(app);
        assert_eq!(browser.get("/sign_in/sso").await.leads_on(), "/sign_in");
        assert_eq!(browser.get("/sign_in/sso/back?code=x&state=y").await.leads_on(), "/sign_in");
        app.requester("Ann").await;
        let provider = provider(app, BY_EMAIL).await;
        for next in ["https%3A%2F%2Fevil.example.com", "%2F%2Fevil.example.com"] {
            let browser = Browser::new(app);
            let to = browser.get(&format!("/sign_in/sso?next={next}")).await.leads_on();
            assert_eq!(browser.get(&provider.sign_in(&to, ann())).await.leads_on(), "/");
        }
        let gone = Provider::start(app.desk.now()).await;
        app.sign_on_by(&gone, BY_EMAIL);
        drop(gone);
        let page = Browser::new(app).get("/sign_in/sso").await;
        assert!(page.status() == 502 && page.says(FAILED) && page.says("name=\"password\""), "{}", page.html());
    }
}
