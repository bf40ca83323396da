//! The real binary, started and stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A directory of this test's own.
pub fn scratch() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Numbers of processes come again: an earlier test may have left a desk there.
    let _none_was_there = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The binary in a directory, with no settings from this test's own environment.
pub fn frontdesk(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FRONTDESK_")) {
        command.env_remove(name);
    }
    command.current_dir(dir).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn output(dir: &Path, arguments: &[&str]) -> Output {
    frontdesk(dir).args(arguments).output().unwrap()
}

/// Checks that a command was refused with one line and this exit code; returns the line.
pub fn refusal(output: &Output, code: i32) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

/// A desk that is being served.
pub struct Desk {
    child: Child,
    pub url: String,
    /// What the same line says beside the URL.
    pub beside: String,
    /// What it printed until the line after its URL.
    stdout: BufReader<std::process::ChildStdout>,
}

impl Desk {
    /// Serves from a directory on a free port.
    pub fn serve(dir: &Path, options: &[&str]) -> Desk {
        let mut command = frontdesk(dir);
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(options);
        Desk::spawn(command)
    }

    /// Serves with arguments and variables of the test's own; what it logs goes to a file.
    pub fn spawn_logging(command: Command, log: &Path) -> Desk {
        let logged = || std::fs::read_to_string(log).unwrap_or_default();
        Desk::try_to_spawn(command, log).unwrap_or_else(|_| panic!("not serving: {}", logged()))
    }

    /// The same; where it ends before it serves, how.
    pub fn try_to_spawn(mut command: Command, log: &Path) -> Result<Desk, ExitStatus> {
        command.stderr(std::fs::File::create(log).unwrap());
        Desk::start(command)
    }

    fn spawn(mut command: Command) -> Desk {
        command.stderr(Stdio::null());
        Desk::start(command).unwrap_or_else(|status| panic!("not serving: {status}"))
    }

    fn start(mut command: Command) -> Result<Desk, ExitStatus> {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some((_, place)) = line.trim_end().split_once(" listens on ") else {
            return Err(child.wait().unwrap());
        };
        let (url, beside) = place.split_once(' ').unwrap_or((place, ""));
        Ok(Desk { url: url.to_owned(), beside: beside.to_owned(), child, stdout })
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.url.rsplit_once('/').unwrap().1.to_owned()
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let id = self.child.id();
        assert!(Command::new("sh").arg("-c").arg(format!("kill -{name} {id}")).status().unwrap().success());
    }

    /// Kills the server below a program that runs it, and the program with it.
    pub fn kill_below(&mut self) {
        let below = self.below();
        assert!(!below.is_empty(), "nothing runs below {}", self.child.id());
        let kill = format!("kill -KILL {below}");
        assert!(Command::new("sh").arg("-c").arg(kill).status().unwrap().success());
        self.wait();
    }

    /// The processes that the program has begun, with spaces between.
    fn below(&self) -> String {
        let id = self.child.id();
        let below = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        below.unwrap_or_default().trim().to_owned()
    }

    /// Waits for its end; its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it and returns what it printed after its URL.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0));
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).unwrap();
        text
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// A call of the API with a form; the whole answer.
    pub fn call(&self, method: &str, path: &str, key: &str, form: &str) -> String {
        let form = form.replace(' ', "+");
        let length = form.len();
        let mut stream = self.connect();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nauthtoken: {key}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// An answer.
    pub fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // A server below a tracer that is gone would stand still for ever.
        let below = self.below();
        if !below.is_empty() {
            let _gone_already = Command::new("sh").arg("-c").arg(format!("kill -KILL {below}")).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
