//! A browser of somebody who is signed in, without a network between and without script.

use crate::{App, Client, Reply, encoded};
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use model::Id;
use std::cell::RefCell;
use std::time::Duration;
use tower::ServiceExt;

/// A browser with its cookies.
#[derive(Debug)]
pub struct Browser<'a> {
    app: &'a App,
    cookies: RefCell<Vec<(String, String)>>,
}

impl<'a> Browser<'a> {
    /// A browser in which nobody is signed in.
    #[must_use]
    pub const fn new(app: &'a App) -> Self {
        Self { app, cookies: RefCell::new(Vec::new()) }
    }

    /// A browser in which a person is signed in.
    pub async fn of(app: &'a App, user: Id) -> Self {
        let secret = app.identity.begin_session(user, None, None, app.desk.now()).await.unwrap();
        let this = Self::new(app);
        this.cookies.borrow_mut().push(("frontdesk_session".into(), secret));
        this
    }

    /// The value of a cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    }

    /// The token that forms of this browser's pages bring.
    #[must_use]
    pub fn token(&self) -> String {
        self.app.identity.form_token(&self.cookie("frontdesk_session").unwrap_or_default(), "page")
    }

    /// GET of a page.
    pub async fn get(&self, path: &str) -> Page {
        self.send("GET", path, &[], Body::empty()).await
    }

    /// POST of a form as the page would send it, with the page's token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token();
        let with_token = [&[("token", token.as_str())], fields].concat();
        self.post_as_it_is(path, &with_token).await
    }

    /// POST of a form with nothing added.
    pub async fn post_as_it_is(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> =
            fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &headers, Body::from(pairs.join("&"))).await
    }

    /// POST of a form with files: name and content of each, under `input_file`.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &str)]) -> Page {
        let mut body = String::new();
        for (name, value) in fields.iter().copied().chain([("token", self.token().as_str())]) {
            body.push_str(&format!(
                "--limit\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        for (name, content) in files {
            body.push_str(&format!("--limit\r\nContent-Disposition: form-data; name=\"input_file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n"));
        }
        body.push_str("--limit--\r\n");
        let headers = [("Content-Type", "multipart/form-data; boundary=limit")];
        self.send("POST", path, &headers, Body::from(body)).await
    }

    /// Any call, with the browser's cookies.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Page {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("Cookie", cookies.as_str()));
        }
        let reply = Client::new(self.app, Vec::new()).send(method, path, &all, body).await;
        self.keep(&reply);
        Page { reply }
    }

    /// GET of an answer that does not end: the events of an open page.
    pub async fn hear(&self, path: &str) -> Hearing {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(n, v)| format!("{n}={v}")).collect();
        let request = Request::get(path).header("Cookie", cookies.join("; ")).body(Body::empty()).unwrap();
        let response = self.app.router().oneshot(request).await.unwrap();
        Hearing { status: response.status().as_u16(), body: response.into_body(), text: String::new() }
    }

    fn keep(&self, reply: &Reply) {
        let mut cookies = self.cookies.borrow_mut();
        for set in reply.headers.get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            cookies.retain(|(n, _)| n != name);
            if !value.is_empty() {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// An open page that hears.
#[derive(Debug)]
pub struct Hearing {
    /// The status of the answer.
    pub status: u16,
    body: Body,
    text: String,
}

impl Hearing {
    /// The next event, its name and what it says; `None` when the server ended the answer. Signs of life are passed over.
    pub async fn next(&mut self) -> Option<(String, String)> {
        // Nothing here is about time; this only ends a test that would wait for ever.
        tokio::time::timeout(Duration::from_secs(60), self.event()).await.expect("an event")
    }

    async fn event(&mut self) -> Option<(String, String)> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let line =
                    |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let event = line("event: ").zip(line("data: "));
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let frame = self.body.frame().await?.unwrap();
            self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}

/// A page that came back.
#[derive(Debug)]
pub struct Page {
    /// The answer as it came.
    pub reply: Reply,
}

impl Page {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.reply.status.as_u16()
    }
    /// The HTML.
    #[must_use]
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.reply.bytes).into_owned()
    }
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.reply.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// Whether the page says something.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.html().contains(words)
    }
    /// Checks that a form was accepted, and gives the address that it leads to.
    #[track_caller]
    pub fn leads_on(&self) -> String {
        assert_eq!(self.status(), 303, "{}", self.html());
        self.header("location").to_owned()
    }
    /// Checks that the page is there.
    #[track_caller]
    pub fn shown(self) -> Self {
        assert_eq!(self.status(), 200, "{}", self.html());
        self
    }
    /// The value of the hidden input of a name.
    #[track_caller]
    #[must_use]
    pub fn hidden(&self, name: &str) -> String {
        let html = self.html();
        let begin = format!("name=\"{name}\" value=\"");
        html.split(begin.as_str())
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a hidden input")
            .to_owned()
    }
}
