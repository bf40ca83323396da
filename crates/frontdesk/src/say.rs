//! What the command line tells a person: plain lines on standard output and standard error.
//!
//! A reader who hung up (`frontdesk config | head -1`) is no failure of ours, so write errors are dropped.

use std::io::Write;

/// A line for standard output.
pub(crate) fn out(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line for standard error, with the program's name before it.
pub(crate) fn err(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "frontdesk: {line}");
}

/// A JSON document for standard output.
pub(crate) fn json(value: &serde_json::Value) {
    out(&format!("{value:#}"));
}

/// A table for standard output: columns as wide as their widest cell, two spaces between.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let mut widths = head.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out(padded.join("  ").trim_end());
    };
    line(head.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}
