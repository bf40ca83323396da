//! What the system knows of this process, from `/proc`. Where there is none, these numbers are left out.

use super::text::{Kind, Page};

/// Clock ticks per second in `/proc/self/stat`: fixed at 100 for user space on every Linux we run on.
const TICKS: f64 = 100.0;

pub(super) fn write(page: &mut Page, started: jiff::Timestamp) {
    let start = started.as_millisecond() as f64 / 1e3;
    page.single("process_start_time_seconds", Kind::Gauge, "Start of the process since 1970.", start);
    if let Some(bytes) = resident_bytes() {
        page.single("process_resident_memory_bytes", Kind::Gauge, "Memory in use.", bytes);
    }
    if let Some(seconds) = cpu_seconds() {
        page.single("process_cpu_seconds_total", Kind::Counter, "Processor time used.", seconds);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        page.single("process_open_fds", Kind::Gauge, "File descriptors open.", open.count());
    }
}

/// Memory in use.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name comes second, in parentheses, and may hold spaces; user and system time are the 12th and 13th
    // fields after it.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some((user + system) as f64 / TICKS)
}
