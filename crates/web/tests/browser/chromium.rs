//! Chromium, told what to do over its debugging pipe: JSON messages with a NUL behind each, no port and no driver
//! program between. A shell puts the pipes where Chromium looks for them.

use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a page may take to say what a test waits for, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one page.
pub struct Chromium {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    /// What the page complained of: errors of scripts, and what the policy kept from it.
    complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _waited = self.process.wait();
    }
}

impl Chromium {
    /// A new browser.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let program = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
        let arguments = format!(
            "exec {program} --headless=new --no-sandbox --disable-gpu --no-first-run --disable-extensions \
             --disable-background-networking --remote-debugging-pipe --user-data-dir={} about:blank \
             3<&0 4>&1 </dev/null >/dev/null 2>&1",
            profile.path().display()
        );
        let mut process = Command::new("sh")
            .args(["-c", &arguments])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let to = process.stdin.take().unwrap();
        let from = BufReader::new(process.stdout.take().unwrap());
        let mut this =
            Self { process, to, from, session: None, last: 0, complaints: Vec::new(), _profile: profile };
        let target = this.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = this.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        this.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            this.call(domain, json!({}));
        }
        this
    }

    #[track_caller]
    fn call(&mut self, method: &str, parameters: Json) -> Json {
        self.ask(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The browser's answer, or its error.
    fn ask(&mut self, method: &str, parameters: Json) -> Result<Json, Json> {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes()).expect("chromium takes messages: is it installed?");
        self.to.write_all(b"\0").unwrap();
        self.to.flush().unwrap();
        loop {
            let mut answer = Vec::new();
            self.from.read_until(0, &mut answer).unwrap();
            assert_eq!(
                answer.pop(),
                Some(0),
                "chromium is gone, or was never there: apt-get install chromium"
            );
            let answer: Json = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.last {
                return match answer.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(answer["result"].clone()),
                };
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Json) {
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.complaints.push(event["params"]["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") if event["params"]["entry"]["level"] == "error" => {
                let text = event["params"]["entry"]["text"].to_string();
                // A refusal is an answer, and tests ask for some.
                if !text.contains("the server responded with a status of 4") {
                    self.complaints.push(text);
                }
            }
            _ => {}
        }
    }

    /// Whether scripts run on the pages to come.
    pub fn scripts(&mut self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({"value": !run}));
    }
    /// The size of the window.
    pub fn window(&mut self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", size);
    }
    /// The colours that the system prefers.
    pub fn colours(&mut self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Goes to an address and waits until the page is there.
    pub fn go(&mut self, address: &str) {
        self.call("Page.navigate", json!({"url": address}));
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression in the page; also where the page's own scripts do not run. A page that goes just then is
    /// waited out, and the next one is asked.
    pub fn value(&mut self, expression: &str) -> Json {
        let until = Instant::now() + PATIENCE;
        let question = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        loop {
            match self.ask("Runtime.evaluate", question.clone()) {
                Ok(answer) => {
                    assert!(
                        answer.get("exceptionDetails").is_none(),
                        "{expression}: {}",
                        answer["exceptionDetails"]
                    );
                    return answer["result"]["value"].clone();
                }
                Err(error) => assert!(Instant::now() < until, "{expression}: {error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    /// The text of an expression.
    pub fn text(&mut self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }
    /// What the page says.
    pub fn page(&mut self) -> String {
        self.text("document.body ? document.body.innerText : ''")
    }

    /// Waits until an expression is true. Pages come and go meanwhile.
    pub fn wait_for(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let question = json!({"expression": format!("Boolean({expression})"), "returnByValue": true});
            if self.ask("Runtime.evaluate", question).is_ok_and(|answer| answer["result"]["value"] == true) {
                return;
            }
            if Instant::now() > until {
                let page = self.page();
                panic!("waited in vain for {expression} on\n{page}\n{:?}", self.complaints);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    /// Waits until the page says something.
    pub fn wait_for_words(&mut self, words: &str) {
        self.wait_for(&format!("document.body && document.body.innerText.includes({})", json!(words)));
    }

    /// Clicks in the middle of the first thing to be seen that a selector finds, as a hand does.
    pub fn click(&mut self, selector: &str) {
        let find = format!(
            "[...document.querySelectorAll({})].find(e => e.checkVisibility() && e.getClientRects().length)",
            json!(selector)
        );
        self.wait_for(&find);
        let place = self.value(&format!(
            "(() => {{ const e = {find}; e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect(); \
             return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }
    /// Types a text where the cursor is.
    pub fn enter(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }
    /// Types a text into an input, in place of what it holds.
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.click(selector);
        self.value(&format!("document.querySelector({}).select()", json!(selector)));
        self.enter(text);
    }
    /// Chooses an option by its words, with the keyboard as the browser has it.
    pub fn choose(&mut self, selector: &str, words: &str) {
        self.wait_for(&format!("document.querySelector({})", json!(selector)));
        self.value(&format!("document.querySelector({}).focus()", json!(selector)));
        self.value(&format!(
            "(() => {{ const s = document.querySelector({}); s.value = [...s.options].find(o => o.text === {}).value; \
             s.dispatchEvent(new Event('change', {{bubbles: true}})); }})()",
            json!(selector),
            json!(words)
        ));
    }
    /// Presses a key: a letter, or `Enter`, `Tab`, `Escape`, `ArrowDown`.
    pub fn press(&mut self, key: &str) {
        self.press_with(key, 0);
    }
    /// Presses a key with Control held down.
    pub fn press_with_control(&mut self, key: &str) {
        self.press_with(key, 2);
    }
    fn press_with(&mut self, key: &str, modifiers: u32) {
        let (code, number, text) = match key {
            "Enter" => ("Enter".to_owned(), 13, "\r"),
            "Tab" => ("Tab".to_owned(), 9, ""),
            "Escape" => ("Escape".to_owned(), 27, ""),
            "ArrowDown" => ("ArrowDown".to_owned(), 40, ""),
            " " => ("Space".to_owned(), 32, " "),
            letter => (
                format!("Key{}", letter.to_uppercase()),
                u32::from(letter.to_uppercase().bytes().next().unwrap()),
                letter,
            ),
        };
        let text = if modifiers == 0 { text } else { "" };
        let down = json!({"type": if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "key": key, "code": code, "text": text,
            "windowsVirtualKeyCode": number, "modifiers": modifiers});
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}));
    }

    /// Checks that no script failed, that the policy kept nothing from the page, and that the page is no wider than
    /// the window.
    #[track_caller]
    pub fn is_content(&mut self) {
        let wide = self.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        let path = self.text("location.pathname + location.search");
        assert_eq!(wide, 0, "{path} is wider than the window");
        assert_eq!(self.complaints, Vec::<String>::new(), "{path}");
    }
}
