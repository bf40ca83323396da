//! What a run was measured on.

use crate::{Outcome, load};

/// The machine, the system and the engines, in a line for each.
///
/// # Errors
/// PostgreSQL does not answer.
pub fn described(postgres: Option<&str>) -> Outcome<String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
            .unwrap_or_else(|| "unknown".into())
    };
    let cores = std::thread::available_parallelism()?;
    let memory = value(&read("/proc/meminfo"), "MemTotal");
    let memory =
        memory.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_048_576;
    let mut lines = vec![
        format!("{cores} cores of {}, {memory} GiB of memory", value(&read("/proc/cpuinfo"), "model name")),
        format!("Linux {}", read("/proc/sys/kernel/osrelease").split('-').next().unwrap_or_default().trim()),
        format!("Frontdesk {}, SQLite {}", env!("CARGO_PKG_VERSION"), rusqlite::version()),
    ];
    if let Some(url) = postgres {
        let version = load::block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            let connection = tokio::spawn(connection);
            let row = client.query_one("SHOW server_version", &[]).await?;
            connection.abort();
            Ok(row.try_get::<_, String>(0)?)
        })?;
        lines.push(format!("PostgreSQL {version}, on the same machine"));
    }
    Ok(lines.iter().map(|line| format!("- {line}\n")).collect())
}
