//! A PostgreSQL server of a test's own, which it may stop, kill and replace by its replica.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::binary::scratch;

/// A port that is free now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server, stopped and thrown away when dropped.
pub struct Cluster {
    bin: PathBuf,
    dir: PathBuf,
    pub port: u16,
}

impl Cluster {
    /// The folder of `initdb` and `pg_ctl`: of the newest version where Debian keeps several.
    fn bin() -> Option<PathBuf> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
        let mut found: Vec<PathBuf> =
            versions.filter_map(Result::ok).map(|entry| entry.path().join("bin")).collect();
        found.retain(|bin| bin.join("initdb").exists());
        found.sort();
        found.pop().or_else(|| Some(testkit::program("initdb")?.parent()?.to_owned()))
    }

    /// Starts a new one, which takes replicas.
    pub fn start() -> Option<Cluster> {
        let bin = Self::bin();
        if !testkit::is_here(bin.is_some(), "postgresql") {
            return None;
        }
        let cluster = Cluster { bin: bin?, dir: scratch().join("pg"), port: free_port() };
        cluster.prepare();
        cluster.must(
            "initdb",
            &[
                "--pgdata=.",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
        );
        // What is acknowledged is with the kernel: it outlives the server, if not the machine.
        cluster.configure("fsync = off\nwal_level = replica\nmax_wal_senders = 4\n");
        cluster.run_server();
        Some(cluster)
    }

    /// A replica that has everything that the primary acknowledges from now on.
    pub fn replica(&self) -> Cluster {
        let replica = Cluster { bin: self.bin.clone(), dir: scratch().join("pg"), port: free_port() };
        replica.prepare();
        let source = format!("host=127.0.0.1 port={} user=postgres", self.port);
        replica.must(
            "pg_basebackup",
            &["--pgdata=.", "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", &source],
        );
        replica.configure("wal_retrieve_retry_interval = 100ms\n");
        replica.run_server();
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        self.sql("SELECT pg_reload_conf()");
        replica
    }

    /// Its folder, where the user that it runs as may go: it refuses to be root.
    fn prepare(&self) {
        std::fs::create_dir_all(&self.dir).unwrap();
        if is_root() {
            let all = self.dir.ancestors().take_while(|path| path.starts_with(env!("CARGO_TARGET_TMPDIR")));
            all.for_each(|path| {
                Command::new("chmod").arg("a+x").arg(path).status().unwrap();
            });
            Command::new("chown").arg("postgres").arg(&self.dir).status().unwrap();
            Command::new("chmod").arg("700").arg(&self.dir).status().unwrap();
        }
    }

    fn configure(&self, more: &str) {
        let dir = self.dir.display();
        let port = self.port;
        let text = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{dir}'\nmax_connections = 200\n{more}"
        );
        let mut all = std::fs::read_to_string(self.dir.join("postgresql.conf")).unwrap();
        all.push_str(&text);
        std::fs::write(self.dir.join("postgresql.conf"), all).unwrap();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let path = self.bin.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(path);
                command
            }
            false => Command::new(path),
        };
        command.args(arguments).current_dir(&self.dir).output().unwrap()
    }

    fn must(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program, arguments);
        assert!(output.status.success(), "{program}: {output:?}");
    }

    /// Starts it, and waits until it takes calls.
    pub fn run_server(&self) {
        self.must("pg_ctl", &["--pgdata=.", "--log=log", "--wait", "--silent", "start"]);
    }

    /// Ends it at once, as a crash would.
    pub fn crash(&self) {
        self.must("pg_ctl", &["--pgdata=.", "--mode=immediate", "--silent", "stop"]);
    }

    /// Makes the replica the primary.
    pub fn promote(&self) {
        self.must("pg_ctl", &["--pgdata=.", "--wait", "--silent", "promote"]);
    }

    /// Runs a statement.
    pub fn sql(&self, sql: &str) {
        let port = self.port.to_string();
        self.must("psql", &["-q", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-c", sql]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _stopped_already =
            self.command("pg_ctl", &["--pgdata=.", "--mode=immediate", "--silent", "stop"]);
        let _left_behind_at_worst = std::fs::remove_dir_all(&self.dir);
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// haproxy before some servers, ended when dropped.
pub struct Proxy {
    child: std::process::Child,
    pub port: u16,
}

impl Proxy {
    /// Starts it, as docs/many-processes.md says; `None` where it is not here.
    pub fn start(dir: &Path, servers: &[String]) -> Option<Proxy> {
        let haproxy = testkit::program("haproxy");
        if !testkit::is_here(haproxy.is_some(), "haproxy") {
            return None;
        }
        let port = free_port();
        let page = include_str!("../../../../docs/many-processes.md");
        let (_, config) = page.split_once("```haproxy\n").unwrap();
        let (config, _) = config.split_once("```").unwrap();
        let config = config.replace("maxconn 10000", "maxconn 200");
        let mut config = config.replace("bind :8080", &format!("bind 127.0.0.1:{port}"));
        for (example, server) in ["192.0.2.11:8080", "192.0.2.12:8080", "192.0.2.13:8080"].iter().zip(servers)
        {
            assert!(config.contains(example), "{config}");
            config = config.replace(example, server);
        }
        let path = dir.join("haproxy.cfg");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new(haproxy?);
        let child = command
            .arg("-f")
            .arg(&path)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let begun = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed().as_secs() < 10, "haproxy does not listen");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Some(Proxy { child, port })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}
