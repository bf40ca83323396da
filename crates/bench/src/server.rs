//! Server processes: a desk filled for the run, or the bare route. Killed and cleaned up when dropped.

use crate::{Outcome, bare, load};
use base64::Engine;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What `init` tells of a new desk.
#[derive(Debug, Default)]
pub struct Secrets {
    key: String,
    basic: String,
    administrator: (String, String),
}

impl Secrets {
    /// Reads what `init --json` printed.
    pub fn of(printed: &[u8]) -> Outcome<Self> {
        let secrets: Value = serde_json::from_slice(printed)?;
        let secret = |path: &str| secrets.pointer(path).and_then(Value::as_str).ok_or("a secret is missing");
        let pair = format!("{}:{}", secret("/happyfox/api_key")?, secret("/happyfox/auth_code")?);
        Ok(Self {
            key: secret("/technician_key")?.to_owned(),
            basic: base64::engine::general_purpose::STANDARD.encode(pair),
            administrator: (secret("/admin/email")?.to_owned(), secret("/admin/password")?.to_owned()),
        })
    }
}

/// Where a desk keeps its data: the arguments that say so.
pub struct Place(Vec<OsString>);

impl Place {
    fn command(&self, binary: &Path) -> Command {
        let mut command = Command::new(binary);
        command.args(&self.0);
        command
    }
}

/// A folder and, where that is on PostgreSQL, the database.
pub fn place(dir: &Path, database: Option<&Database>) -> Place {
    let mut arguments = vec!["--data-dir".into(), dir.into()];
    if let Some(database) = database {
        arguments.extend(["--database-url".into(), (&database.url).into()]);
    }
    Place(arguments)
}

/// Runs a command of the program there to its end; what it printed.
pub fn run(binary: &Path, place: &Place, arguments: &[&str]) -> Outcome<Vec<u8>> {
    let output = place.command(binary).args(arguments).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Runs a process to its end: how long it took, and its greatest resident memory in megabytes.
pub fn to_its_end(command: &mut Command) -> Outcome<(Duration, u64)> {
    let begun = Instant::now();
    let mut process = command.spawn()?;
    let mut peak = 0;
    let status = loop {
        if let Some(status) = process.try_wait()? {
            break status;
        }
        peak = peak.max(peak_kb(process.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    };
    if status.success() {
        Ok((begun.elapsed(), peak / 1024))
    } else {
        Err(format!("{command:?} failed").into())
    }
}

/// The greatest resident memory that a process has had.
fn peak_kb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    dir: TempDir,
    /// Its database, where that is one of PostgreSQL: gone with the server.
    _database: Option<Database>,
    /// Host and port.
    pub address: String,
    /// A technician key; empty for the bare route.
    pub key: String,
    /// A credential of the requester API, as it goes behind `Basic`; empty for the bare route.
    pub basic: String,
    /// The administrator's address and password; empty for the bare route.
    pub administrator: (String, String),
    /// From the start of the process to the first answer of `/readyz`.
    pub ready_ms: u128,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

impl Server {
    /// The server of the desk in this folder.
    pub fn of(binary: &Path, dir: TempDir, database: Option<Database>, secrets: Secrets) -> Outcome<Self> {
        let mut command = place(dir.path(), database.as_ref()).command(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--requester-writes-per-minute", "0"]);
        let mut server = Self::spawn(command, dir, secrets)?;
        server._database = database;
        let begun = Instant::now();
        while server.ask(&load::get("/readyz", "")).is_err() {
            if begun.elapsed() > Duration::from_secs(30) {
                return Err("the server does not become ready".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        server.ready_ms += begun.elapsed().as_millis();
        server.settle()?;
        Ok(server)
    }

    /// Waits until what a desk does after its start, such as counting what lists are planned by and making zones, is done for
    /// some seconds: it is no part of what a call costs.
    pub fn settle(&self) -> Outcome<()> {
        const QUIET: u32 = 8;
        let mut quiet = 0;
        for _ in 0..600 {
            let cpu = self.cpu()?;
            std::thread::sleep(Duration::from_millis(400));
            let is_quiet = self.cpu()?.saturating_sub(cpu) <= Duration::from_millis(10);
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if quiet == QUIET {
                return Ok(());
            }
        }
        Err("the server does not come to rest".into())
    }

    /// A new desk with so many requests, in a new database of the PostgreSQL at this address.
    pub fn on_postgres(binary: &Path, url: &str, requests: u64) -> Outcome<Self> {
        let (dir, database) = (tempfile::tempdir()?, Database::create(url)?);
        let place = place(dir.path(), Some(&database));
        let secrets = Secrets::of(&run(binary, &place, &["init", "--json"])?)?;
        run(binary, &place, &["demo", &requests.to_string()])?;
        Self::of(binary, dir, Some(database), secrets)
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.dir.path().join("frontdesk.db")
    }

    /// The bare route with an answer of so many bytes.
    pub fn bare(bytes: usize) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([bare::MODE, &bytes.to_string()]);
        Self::spawn(command, tempfile::tempdir()?, Secrets::default())
    }

    fn spawn(mut command: Command, dir: TempDir, secrets: Secrets) -> Outcome<Self> {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let address =
            line.trim_end().rsplit_once("http://").ok_or("the server did not say where it listens")?.1;
        let (address, ready_ms) = (address.to_owned(), begun.elapsed().as_millis());
        let Secrets { key, basic, administrator } = secrets;
        Ok(Self { address, child, dir, key, basic, administrator, ready_ms, _database: None })
    }

    /// One call; the answer's body.
    pub fn ask(&self, request: &[u8]) -> Outcome<Vec<u8>> {
        load::block_on(async {
            let mut connection = load::Connection::open(&self.address).await?;
            Ok(connection.call(request).await?.to_vec())
        })
    }

    /// Calls for single requests: so many hundreds, from places all over the desk.
    pub fn full_requests(&self, hundreds: u64) -> Outcome<Vec<Vec<u8>>> {
        let ids = self.ids("requests", hundreds, 0)?;
        Ok(ids.iter().map(|id| load::get(&format!("/api/v3/requests/{id}"), &self.key)).collect())
    }

    /// Ids of so many hundred records of a list, from places all over it, others in each turn.
    pub fn ids(&self, path: &str, hundreds: u64, turn: u64) -> Outcome<Vec<String>> {
        let key = path.rsplit('/').next().unwrap_or(path);
        let mut ids = Vec::new();
        let total = self.list(path, r#"{"row_count":1,"get_total_count":true}"#)?;
        let total = total.pointer("/list_info/total_count").and_then(Value::as_u64).ok_or("no count")?;
        let apart = total / hundreds;
        // A hundred further in each turn, as long as that stays before the next place.
        let shift = (turn * 100).checked_rem(apart.saturating_sub(99)).unwrap_or(0);
        for page in 0..hundreds {
            let start = apart * page + shift + 1;
            let info = format!(
                r#"{{"row_count":100,"start_index":{start},"sort_field":"id","fields_required":["id"]}}"#
            );
            let list = self.list(path, &info)?;
            for row in list.get(key).and_then(Value::as_array).into_iter().flatten() {
                ids.push(row.get("id").and_then(Value::as_str).ok_or("a record without an id")?.to_owned());
            }
        }
        Ok(ids)
    }

    fn list(&self, path: &str, info: &str) -> Outcome<Value> {
        let input = load::encoded(&format!("{{\"list_info\":{info}}}"));
        let path = format!("/api/v3/{path}?input_data={input}");
        Ok(serde_json::from_slice(&self.ask(&load::get(&path, &self.key))?)?)
    }

    /// How many bytes an answer has.
    pub fn size_of(&self, request: &[u8]) -> Outcome<usize> {
        Ok(self.ask(request)?.len())
    }

    /// A copy of the database as it is now, for a loop that writes into it.
    pub fn data_copy(&self) -> Outcome<PathBuf> {
        let copy = self.dir.path().join("copy.db");
        for old in ["copy.db", "copy.db-wal", "copy.db-shm"] {
            let _was_not_there = std::fs::remove_file(self.dir.path().join(old));
        }
        let source = rusqlite::Connection::open(self.dir.path().join("frontdesk.db"))?;
        source.execute("VACUUM INTO ?1", [copy.to_string_lossy().into_owned()])?;
        // Or the disk is busy with the copy while others are measured.
        std::fs::File::open(&copy)?.sync_all()?;
        Ok(copy)
    }

    /// A counter of the server's own, by its name for Prometheus.
    pub fn counter<N>(&self, name: &str) -> Outcome<N>
    where
        N: FromStr<Err: std::error::Error + Send + Sync + 'static>,
    {
        let page = String::from_utf8(self.ask(&load::get("/metrics", ""))?)?;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.ok_or("no such metric")?.trim().parse()?)
    }

    /// CPU time of the process so far, user and system.
    pub fn cpu(&self) -> Outcome<Duration> {
        /// What Linux counts in, on every machine of ours.
        const TICKS_PER_SECOND: u64 = 100;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
        let ticks = |i: usize| -> Outcome<u64> { Ok(fields.get(i).ok_or("a short stat")?.parse()?) };
        Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / TICKS_PER_SECOND))
    }

    /// Resident memory, in megabytes.
    pub fn resident_mb(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse::<u64>()? / 1024)
    }

    /// Open file handles.
    pub fn handles(&self) -> Outcome<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Bytes of the write-ahead log.
    pub fn log_bytes(&self) -> Outcome<f64> {
        let bytes = std::fs::metadata(self.dir.path().join("frontdesk.db-wal"))?.len();
        Ok(f64::from(u32::try_from(bytes)?))
    }
}

/// A database made for one server.
#[derive(Debug)]
pub struct Database {
    url: String,
    admin: String,
    name: String,
}

impl Database {
    fn create(admin: &str) -> Outcome<Self> {
        let name = format!("frontdesk_bench_{}", std::process::id());
        let (start, _) = admin.rsplit_once('/').ok_or("an address ends with a database")?;
        let database = Self { url: format!("{start}/{name}"), admin: admin.to_owned(), name: name.clone() };
        database.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        database.run(&format!("CREATE DATABASE {name}"))?;
        Ok(database)
    }

    fn run(&self, sql: &str) -> Outcome<()> {
        load::block_on(async {
            let (client, connection) = tokio_postgres::connect(&self.admin, tokio_postgres::NoTls).await?;
            let connection = tokio::spawn(connection);
            client.batch_execute(sql).await?;
            connection.abort();
            Ok(())
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The next run of this number takes its place.
        let _left_behind = self.run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}
