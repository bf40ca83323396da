//! Cells that a spreadsheet program would run when somebody opens a file of ours: texts of strangers that begin with `=`,
//! `@` and the like. A quote before them makes them text; reading takes it away again, so that what was exported comes back
//! as it was. Numbers and telephone numbers stay as they are: `-5` and `+49 30 1234` calculate nothing.

use std::borrow::Cow;

/// The text as a cell of a CSV file.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if runs(text.trim_start_matches('\'')) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell that may come from [`harmless`].
#[must_use]
pub fn original(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if runs(text.trim_start_matches('\'')) => text,
        _ => cell,
    }
}

fn runs(text: &str) -> bool {
    // Programs pass over blanks before a formula, and take wide characters for the usual ones.
    let mut rest = text.trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}']).chars();
    match rest.next() {
        Some('=' | '@' | '\t' | '\r' | '\n' | '＝' | '＠' | '|' | '%') => true,
        Some('+' | '-' | '＋' | '－' | '−') => !is_number(rest.as_str()),
        _ => false,
    }
}

/// What may stand behind a sign without being a formula: digits that are grouped, no operators between them.
fn is_number(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '(' | ')' | '-' | '/');
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | '.'))
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_come_back() {
        for text in [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "@SUM(1)",
            "+cmd|x",
            "-2+3+cmd|x",
            "--x",
            "\t=1",
            "\r=1",
            " =1",
            "\u{feff}=1",
            "＝1",
            "%0A-3",
            "-",
        ] {
            let cell = harmless(text);
            assert!(cell.starts_with('\''), "{text}");
            assert_eq!(original(&cell), text);
            // A text that looks like a cell of ours is told from one.
            let quoted = harmless(&cell);
            assert_eq!(quoted, format!("''{text}"));
            assert_eq!(original(&quoted), cell);
        }
        for text in
            ["", "a=b", "-5", "-5.25", "+49 30 555-0136", "+1 (555) 0100", "'quoted'", "'", "12", "a@b", "- "]
        {
            let cell = harmless(text);
            assert_eq!(cell, text);
            assert_eq!(original(&cell), text);
        }
    }
}
