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
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.to_vec()).collect();
    columns(&head.map(str::to_owned), &rows);
}

/// A table of any number of columns.
pub(crate) fn columns(head: &[String], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out(padded.join("  ").trim_end());
    }
}
