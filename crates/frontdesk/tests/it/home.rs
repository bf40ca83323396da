//! A desk of the real binary on either engine, and calls of its API.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use testkit::{Database, Engine};

use crate::binary::{Desk, frontdesk, scratch};

/// Where a desk lives, served or not.
pub struct Home {
    pub dir: PathBuf,
    /// PostgreSQL instead of SQLite.
    pub url: Option<String>,
    /// Dropped with the desk, where it is the desk's own.
    pub database: Option<Database>,
    pub secrets: Value,
}

/// Runs one future of the test kit.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Home {
    /// A new desk; `None` where this machine has no PostgreSQL to test with.
    pub fn new(engine: Engine) -> Option<Home> {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(wait(Database::create())?),
        };
        Some(Home::on(database.as_ref().map(|database| database.url.clone()), database))
    }

    /// A new desk on a database that somebody else keeps.
    pub fn on(url: Option<String>, database: Option<Database>) -> Home {
        let mut home = Home { dir: scratch(), url, database, secrets: Value::Null };
        let made = home.run(&["init", "--json"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        home.secrets = serde_json::from_slice(&made.stdout).unwrap();
        home
    }

    /// The first technician key.
    pub fn key(&self) -> &str {
        self.secrets["technician_key"].as_str().unwrap()
    }

    /// A command on this desk.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = frontdesk(&self.dir);
        command.args(arguments);
        if let Some(url) = &self.url {
            command.args(["--database-url", url]);
        }
        command
    }

    /// Serves below another program, which runs what it is given: a shell with limits, a tracer.
    pub fn serve_below(&self, program: Command) -> Desk {
        let program = self.below(program, &["serve", "--listen", "127.0.0.1:0"]);
        Desk::spawn_logging(program, &self.dir.join("log"))
    }

    /// A command on this desk below another program.
    pub fn below(&self, mut program: Command, arguments: &[&str]) -> Command {
        let plain = self.command(arguments);
        program.arg(plain.get_program()).args(plain.get_args()).current_dir(&self.dir);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => program.env(name, value),
                None => program.env_remove(name),
            };
        }
        program
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; what it printed.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {out}{err}");
        out.into_owned()
    }

    /// Key and code of the HappyFox face, with a colon between.
    pub fn happyfox(&self) -> String {
        let key = &self.secrets["happyfox"];
        format!("{}:{}", key["api_key"].as_str().unwrap(), key["auth_code"].as_str().unwrap())
    }

    /// Serves it.
    pub fn serve(&self, options: &[&str]) -> Desk {
        let (command, log) = self.server(options);
        Desk::spawn_logging(command, &log)
    }

    /// The same; where it ends before it serves, its exit code and what it says.
    pub fn try_to_serve(&self) -> Result<Desk, (Option<i32>, String)> {
        let (command, log) = self.server(&[]);
        let ended = |status: ExitStatus| (status.code(), std::fs::read_to_string(&log).unwrap());
        Desk::try_to_spawn(command, &log).map_err(ended)
    }

    fn server(&self, options: &[&str]) -> (Command, PathBuf) {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        // Tests are one client in a hurry.
        command
            .args(["--requester-reads-per-minute", "0", "--requester-writes-per-minute", "0"])
            .args(options);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let log = format!("log{}", COUNT.fetch_add(1, Ordering::Relaxed));
        (command, self.dir.join(log))
    }

    /// What all servers of this desk have logged.
    pub fn logs(&self) -> String {
        let entries = std::fs::read_dir(&self.dir).unwrap().map(|entry| entry.unwrap());
        let logs = entries.filter(|entry| entry.file_name().to_str().unwrap().starts_with("log"));
        logs.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect()
    }

    /// A client of a server of this desk.
    pub fn client(&self, desk: &Desk) -> Client {
        Client { address: desk.address(), key: self.key().to_owned() }
    }
}

/// Calls with a key, each on a connection of its own.
#[derive(Clone)]
pub struct Client {
    pub address: String,
    pub key: String,
}

/// A header of an answer's head.
pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The status and the body of an answer.
pub type Answer = (u16, Vec<u8>);

impl Client {
    /// One call; `None` when the server was gone before the whole answer was here: such an answer acknowledges nothing.
    pub fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Option<Answer> {
        self.exchange(method, path, headers, body).map(|(status, _, body)| (status, body))
    }

    /// The same with the head of the answer.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Option<(u16, String, Vec<u8>)> {
        let mut socket = TcpStream::connect(&self.address).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: desk\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        socket.write_all(head.as_bytes()).ok()?;
        socket.write_all(body).ok()?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&answer[..end]).ok()?.to_owned();
        let length: usize = header(&head, "content-length")?.parse().ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let body = answer.split_off(end + 4);
        (body.len() == length).then_some((status, head, body))
    }

    /// A call of the V3 API with a JSON body.
    pub fn call(&self, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
        self.call_with("", method, path, body)
    }

    /// The same with more headers, each ending in a line break.
    pub fn call_with(&self, headers: &str, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
        let headers = format!("authtoken: {}\r\n{headers}", self.key);
        let (status, body) = self.send(method, &format!("/api/v3{path}"), &headers, body.as_bytes())?;
        Some((status, serde_json::from_slice(&body).ok()?))
    }

    /// A call that must be answered.
    pub fn must(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.call(method, path, body).unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// The object of a call that must succeed.
    pub fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, json) = self.must(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {json}");
        json
    }

    /// How many requests have a word.
    pub fn found(&self, word: &str) -> u64 {
        let info = format!("{{\"list_info\":{{\"search_text\":\"{word}\",\"get_total_count\":true}}}}");
        let path = format!("/requests?input_data={}", testkit::encoded(&info));
        self.ok("GET", &path, "")["list_info"]["total_count"].as_u64().unwrap()
    }
}
