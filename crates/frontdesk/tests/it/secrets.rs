//! No secret is ever in a log line, at any level, whatever is done with it.

use desk::identity::code_at;
use serde_json::Value;
use testkit::Engine;

use crate::binary::{output, scratch};
use crate::home::{Client, Home, header};

/// Every text in a JSON document that is long enough to be a secret.
fn texts(json: &Value, out: &mut Vec<String>) {
    match json {
        Value::String(text) if text.len() >= 8 && !text.contains('@') => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(members) => members.values().for_each(|value| texts(value, out)),
        _ => {}
    }
}

/// A browser: its cookies, and the page that it shows.
struct Browser<'c> {
    client: &'c Client,
    cookies: Vec<(String, String)>,
    page: String,
}

impl Browser<'_> {
    /// Goes to an address, or sends a form with the token of the page before; the status and where it leads.
    fn go(&mut self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers =
            format!("Cookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n", cookies.join("; "));
        let (method, mut body) = if form.is_empty() {
            ("GET", String::new())
        } else {
            ("POST", format!("token={}", testkit::encoded(&self.hidden("token"))))
        };
        for (name, value) in form {
            body.push_str(&format!("&{name}={}", testkit::encoded(value)));
        }
        let (status, head, body) = self.client.exchange(method, path, &headers, body.as_bytes()).unwrap();
        let set = head.lines().filter_map(|line| line.split_once(": "));
        for (_, cookie) in set.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        self.page = String::from_utf8_lossy(&body).into_owned();
        (status, header(&head, "location").unwrap_or_default().to_owned())
    }

    /// What stands on the page between the first of these and what ends it.
    fn between(&self, before: &str, after: char) -> String {
        let rest = self.page.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.page)).1;
        rest.split(after).next().unwrap().to_owned()
    }

    fn hidden(&self, name: &str) -> String {
        self.between(&format!("name=\"{name}\" value=\""), '"')
    }
}

/// Somebody signs in, lets an application in and sets up a second factor; all that is secret of it.
fn a_persons_day(home: &Home, client: &Client) -> Vec<String> {
    let made = home.done(&[
        "credentials",
        "oauth-client",
        "issue",
        "--json",
        "--name",
        "An app",
        "--redirect-uri",
        CALLBACK,
    ]);
    let app: Value = serde_json::from_str(&made).unwrap();
    let (id, secret) = (app["client_id"].as_str().unwrap(), app["client_secret"].as_str().unwrap());
    let password = home.secrets["admin"]["password"].as_str().unwrap();
    let email = ("email", home.secrets["admin"]["email"].as_str().unwrap());
    let mut browser = Browser { client, cookies: Vec::new(), page: String::new() };
    assert_eq!(browser.go("/sign_in", &[]).0, 200);
    let mut secrets = vec![secret.to_owned(), browser.hidden("token")];
    assert_eq!(browser.go("/sign_in", &[email, ("password", "wrongPassword123")]).0, 401);
    assert_eq!(browser.go("/sign_in", &[email, ("password", password)]), (303, "/".to_owned()));
    let query = format!(
        "response_type=code&access_type=offline&state=s&scope=SDPOnDemand.requests.READ&client_id={id}&redirect_uri={}",
        testkit::encoded(CALLBACK)
    );
    assert_eq!(browser.go(&format!("/oauth/v2/auth?{query}"), &[]).0, 200);
    secrets.push(browser.hidden("token"));
    let (status, back) = browser.go(&format!("/oauth/v2/auth/decide?{query}"), &[("decision", "accept")]);
    let code = back.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned();
    assert_eq!(status, 303, "{back}");
    let body = format!(
        "grant_type=authorization_code&client_id={id}&client_secret={secret}&redirect_uri={}&code={code}",
        testkit::encoded(CALLBACK)
    );
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (_, tokens) = client.send("POST", "/oauth/v2/token", form, body.as_bytes()).unwrap();
    let tokens: Value = serde_json::from_slice(&tokens).unwrap();
    secrets.extend(["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap().to_owned()));
    secrets.push(code);
    assert_eq!(browser.go("/me", &[]).0, 200);
    assert_eq!(browser.go("/me/second_factor/begin", &[("factor_password", password)]).0, 200);
    let (key, step) = (browser.between("<code class=\"large key\">", '<'), browser.hidden("step"));
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let given = code_at(&key, now).unwrap();
    assert_eq!(browser.go("/me/second_factor/confirm", &[("step", &step), ("code", &given)]).0, 200);
    let codes = browser.between("<ul class=\"codes\">", '!');
    let codes = codes.split("</ul>").next().unwrap().split("<code>").skip(1);
    let recovery: Vec<String> = codes.map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(recovery.len(), 10);
    // With the second factor from now on: by a code that is wrong, and by one of the recovery codes.
    let mut again = Browser { client, cookies: Vec::new(), page: String::new() };
    again.go("/sign_in", &[]);
    assert_eq!(again.go("/sign_in", &[email, ("password", password)]).0, 200);
    for (code, status) in [("wrongFactor1", 401), (recovery[0].as_str(), 303)] {
        assert_eq!(again.go("/sign_in", &[("code", code)]).0, status, "{}", again.page);
    }
    secrets.extend([key.replace(' ', ""), key, step, "wrongFactor1".to_owned()]);
    secrets.extend(recovery);
    // Some are set to say that they are over.
    let cookies = browser.cookies.into_iter().chain(again.cookies).map(|(_, value)| value);
    secrets.extend(cookies.filter(|value| !value.is_empty()));
    secrets
}

const CALLBACK: &str = "https://client.example.com/cb";

#[test]
fn no_log_line_has_a_secret() {
    let home = Home::new(Engine::Sqlite).unwrap();
    let mut secrets = Vec::new();
    texts(&home.secrets, &mut secrets);
    // Identifiers are no secrets, but their partners are.
    assert!(secrets.len() >= 7, "{secrets:?}");
    let desk = home.serve(&["--log", "trace"]);
    let client = home.client(&desk);
    let oauth = &home.secrets["oauth"];
    let (id, secret) = (oauth["client_id"].as_str().unwrap(), oauth["client_secret"].as_str().unwrap());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let token_call = |refresh: &str, secret: &str| {
        let body =
            format!("grant_type=refresh_token&refresh_token={refresh}&client_id={id}&client_secret={secret}");
        let (_, body) = client.send("POST", "/oauth/v2/token", form, body.as_bytes()).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()
    };
    let refresh = oauth["refresh_token"].as_str().unwrap();
    let access = token_call(refresh, secret)["access_token"].as_str().unwrap().to_owned();
    token_call("wrongRefreshToken1", secret);
    token_call(refresh, "wrongClientSecret1");
    for headers in [
        format!("Authorization: Zoho-oauthtoken {access}\r\n"),
        "Authorization: Zoho-oauthtoken wrongAccessToken1\r\n".to_owned(),
        "authtoken: wrongTechnicianKey1\r\n".to_owned(),
        "Authorization: Basic d3JvbmdLZXkxOndyb25nQ29kZTE=\r\n".to_owned(),
        "Cookie: session=wrongSessionCookie1\r\n".to_owned(),
    ] {
        client.send("GET", "/api/v3/requests", &headers, b"");
        client.send("GET", "/api/v2/public/requesters/", &headers, b"");
        client.send("GET", "/", &headers, b"");
    }
    client.send(
        "GET",
        &format!("/api/v3/requests?TECHNICIAN_KEY={}&authtoken={}", client.key, client.key),
        "",
        b"",
    );
    client.send("GET", &format!("/oauth/v2/token?client_secret={secret}"), "", b"");
    client.send("POST", "/oauth/v2/token/revoke", form, format!("token={access}").as_bytes());
    secrets.extend(a_persons_day(&home, &client));
    client.call(
        "POST",
        "/requests",
        "{\"request\": {\"subject\": \"aSubjectOfSomebody\", \"description\": \"aTextOfSomebody\"}}",
    );
    let issued: Value =
        serde_json::from_str(&home.done(&["credentials", "admin-password", "issue", "--json"])).unwrap();
    secrets.push(issued["password"].as_str().unwrap().to_owned());
    desk.stop();
    let logs = home.logs();
    assert!(logs.contains(" DEBUG ") && logs.contains("/api/v3/requests"), "nothing was logged");
    secrets.extend(
        [access].into_iter().chain(
            [
                "wrongRefreshToken1",
                "wrongClientSecret1",
                "wrongAccessToken1",
                "wrongTechnicianKey1",
                "wrongCode1",
            ]
            .into_iter()
            .chain(["d3JvbmdLZXkxOndyb25nQ29kZTE", "wrongSessionCookie1", "wrongPassword123"])
            // What people write is nobody's business either.
            .chain(["aSubjectOfSomebody", "aTextOfSomebody"])
            .map(str::to_owned),
        ),
    );
    let public = [id, home.secrets["happyfox"]["api_key"].as_str().unwrap()];
    for secret in secrets.iter().filter(|secret| !public.contains(&secret.as_str())) {
        let line = logs.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "{secret} is logged: {line:?}");
    }
}

#[test]
fn the_password_of_the_database_is_told_to_nobody() {
    let dir = scratch();
    for url in [
        "postgres://desk:hunter2hunter2@127.0.0.1:1/desk",
        "postgres://desk@127.0.0.1:1/desk?password=hunter2hunter2",
        "postgres://desk:hunter2hunter2@127.0.0.1:notaport/desk",
        "mysql://desk:hunter2hunter2@127.0.0.1/desk",
    ] {
        for command in ["serve", "config", "verify", "backup"] {
            let told = output(&dir, &[command, "--database-url", url, "--log", "trace"]);
            let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
            assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{command} {url}: {out}{err}");
        }
    }
}

#[test]
fn the_secret_of_single_sign_on_is_told_to_nobody() {
    let dir = scratch();
    let path = dir.join("frontdesk.toml");
    let file = "sso_client_secret = 'hunter2hunter2'\nsso_client_id = 'desk'\n";
    for (issuer, fails) in [("https://id.example.com", false), ("http://id.example.com", true)] {
        std::fs::write(&path, format!("{file}sso_issuer = '{issuer}'\n")).unwrap();
        for arguments in
            [["config", "--log", "trace"].as_slice(), ["config", "--json", "--log", "trace"].as_slice()]
        {
            let told = output(&dir, arguments);
            let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
            assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{out}{err}");
            assert!(out.contains("***") && told.status.success() != fails, "{out}{err}");
        }
    }
}
