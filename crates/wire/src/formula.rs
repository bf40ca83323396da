//! Cells that a spreadsheet program would run when somebody opens a file of ours: texts of strangers that begin with `=`,
//! `@` and the like. A quote before them makes them text; reading takes it away again, so that what was exported comes back
//! as it was. Numbers and telephone numbers stay as they are: `-5` and `+49 30 1234` calculate nothing.

use std::borrow::Cow;

/// The text as a cell of a CSV file. A program that takes another mark than the comma for the end of a cell finds more cells in it
/// than there are, and so it is with what follows such a mark.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let begins = runs(text.trim_start_matches('\''));
    let mut marks =
        text.char_indices().filter(|(at, c)| ends_a_cell(*c) && runs_behind(text, *at, *c)).peekable();
    if !begins && marks.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    if begins {
        out.push('\'');
    }
    let mut from = 0;
    for (at, mark) in marks {
        let end = at + mark.len_utf8();
        out.push_str(text.get(from..end).unwrap_or_default());
        out.push('\'');
        from = end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// The text of a cell that may come from [`harmless`].
#[must_use]
pub fn original(cell: &str) -> Cow<'_, str> {
    let text = match cell.strip_prefix('\'') {
        Some(text) if runs(text.trim_start_matches('\'')) => text,
        _ => cell,
    };
    let is_ours = |at: usize, c: char| {
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        ends_a_cell(c) && behind.starts_with('\'') && runs_behind(text, at, c)
    };
    if !text.char_indices().any(|(at, c)| is_ours(at, c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        out.push(c);
        if is_ours(at, c) {
            chars.next();
        }
    }
    Cow::Owned(out)
}

/// What ends a cell for some program or other.
const fn ends_a_cell(c: char) -> bool {
    matches!(c, ';' | '\t' | '\n' | '\r')
}

/// Whether what stands behind a mark would run. A line of a list, `- so`, does not: there is nothing in it to be worked out.
fn runs_behind(text: &str, at: usize, mark: char) -> bool {
    let behind = text.get(at + mark.len_utf8()..).unwrap_or_default().trim_start_matches('\'');
    let cell = behind.split(ends_a_cell).next().unwrap_or_default();
    let is_listed = cell.starts_with("- ") || cell.starts_with("+ ");
    let works_out = cell.contains(['|', '!', '(', '=']);
    runs(cell) && (works_out || !is_listed)
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
    fn nor_does_anything_run_behind_another_mark() {
        for (text, cell) in [
            ("x;=cmd|'/C calc'!A0;y", "x;'=cmd|'/C calc'!A0;y"),
            ("x\t@SUM(1)", "x\t'@SUM(1)"),
            ("x;'=1;-2+3", "x;''=1;'-2+3"),
            ("=1;=2", "'=1;'=2"),
            ("a\n- cmd|'x'!A0", "a\n'- cmd|'x'!A0"),
            ("to do:\n- one\n- two; three", "to do:\n- one\n- two; three"),
            ("a; b; -5; +49 30 1", "a; b; -5; +49 30 1"),
            ("it;'s", "it;'s"),
        ] {
            assert_eq!(harmless(text), cell);
            assert_eq!(original(cell), text);
        }
    }

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
            assert!(quoted.starts_with("''"), "{text}");
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
