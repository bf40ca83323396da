//! What the desk has against an input, in the reader's language. The desk says it in English, to programs as well; here
//! is what each of its sentences is in the other language, by the sentence without what is put into it.

use crate::texts::Lang;
use std::sync::LazyLock;
use toml::de::{DeTable, DeValue};

/// Sentences with `{}` where something is put in, and the same with `{1}`, `{2}`.
static GERMAN: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| read(include_str!("../texts/refusals.de.toml")));

fn read(file: &str) -> Vec<(String, String)> {
    let Ok(table) = DeTable::parse(file) else { return Vec::new() };
    let sentences = table.get_ref().get("refusals").and_then(|section| section.get_ref().as_table());
    let pair = |(english, other): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| match other.get_ref() {
        DeValue::String(other) => Some((ToString::to_string(english.get_ref()), other.to_string())),
        _ => None,
    };
    let mut pairs: Vec<_> = sentences.into_iter().flatten().filter_map(pair).collect();
    // The sentence that says most by itself is tried first: others may fit because of what is put into them.
    pairs.sort_by_key(|(english, _)| std::cmp::Reverse(english.replace("{}", "").len()));
    pairs
}

/// The sentence in a language; none where it is not known.
pub(crate) fn in_words(lang: Lang, sentence: &str) -> Option<String> {
    if lang == Lang::En {
        return Some(sentence.to_owned());
    }
    GERMAN.iter().find_map(|(english, other)| {
        let values = put_in(english, sentence)?;
        let mut words = other.clone();
        for (place, value) in (1..).zip(&values) {
            // A kind of record is called as it is elsewhere on the pages.
            let value = lang.find(&format!("noun.{value}")).unwrap_or(value);
            words = words.replace(&format!("{{{place}}}"), value);
        }
        Some(words)
    })
}

/// What is put into a sentence; none where it is another one.
fn put_in<'s>(pattern: &str, sentence: &'s str) -> Option<Vec<&'s str>> {
    let mut parts = pattern.split("{}");
    let mut rest = sentence.strip_prefix(parts.next()?)?;
    let mut values = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let end = match (parts.peek(), part) {
            // The last part ends the sentence.
            (None, part) => rest.len().checked_sub(part.len()).filter(|_| rest.ends_with(part))?,
            (Some(_), part) => rest.find(part)?,
        };
        values.push(rest.get(..end)?);
        rest = rest.get(end + part.len()..)?;
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What in the desk reads like a refusal and is none: notes for the log, names, reasons of lints.
    const OTHERS: [&str; 14] = [
        "{} attached",
        "{} removed",
        "a file without a row stays behind until the folder is swept",
        "a removed file stays behind until the folder is swept",
        "First self client",
        "First key",
        "a code was used twice; its grant is revoked",
        "a password was not hashed: {}",
        "there is no source of randomness",
        "a request on hold was not resumed",
        "{} has no {}",
        "a whole number within the limits of the field",
        "a time span below a year fits a double exactly",
        "another call took this one over",
    ];

    fn sources(folder: &Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The demo company, the first rows, and the names of views, which are translated as such.
            if ["demo", "shipped", "shipped.rs", "request_views.rs"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                sources(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                let lines = lines.filter(|line| {
                    !["reason =", "tracing::", "Internal(", "expect("].iter().any(|w| line.contains(w))
                });
                // A quote by itself begins no text.
                let code =
                    lines.collect::<Vec<_>>().join("\n").replace("'\"'", "").replace("br##\"\"#", "\"");
                // Each file by itself: what is odd in one must not turn texts of the next inside out.
                let quotes = code.replace("\\\"", "").matches('"').count();
                assert_eq!(quotes % 2, 0, "{name} has texts that this test cannot tell from code");
                found.push_str(&code);
                found.push('\n');
            }
        }
    }

    /// The texts between quotes that are sentences, with `{}` for whatever is put in.
    fn sentences(code: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut rest = code;
        while let Some(begin) = rest.find('"') {
            let text = &rest[begin + 1..];
            let mut escaped = false;
            let end = text.find(|c| {
                let is_end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                is_end
            });
            let Some(end) = end else { break };
            let text = text[..end].replace("\\\"", "\"").replace("\\\n", "");
            rest = &rest[begin + end + 2..];
            let mut plain = String::new();
            let mut depth = 0;
            for c in text.chars() {
                depth += i32::from(c == '{');
                if depth == 0 {
                    plain.push(c);
                }
                if c == '}' {
                    depth -= 1;
                    plain.push_str("{}");
                }
            }
            let plain = plain.replace("{}{}", "{}");
            let words = plain.split(' ').filter(|w| w.chars().any(char::is_lowercase)).count();
            let is_lower = plain.starts_with(|c: char| c.is_lowercase());
            let begins = plain.starts_with(|c: char| c.is_uppercase() || c == '{')
                || ["a ", "an ", "there ", "only "].iter().any(|w| plain.starts_with(w));
            let is_code = plain.contains(['=', '<', '|', '/', '`']) && !plain.contains("Europe/Berlin");
            // In a name every word is great.
            let is_name = plain.split(' ').all(|w| w.starts_with(char::is_uppercase));
            if begins && !is_name && words >= if is_lower { 3 } else { 2 } && plain.contains(' ') && !is_code
            {
                found.insert(plain);
            }
        }
        found
    }

    #[test]
    fn every_refusal_has_a_german_sentence() {
        let mut code = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../desk/src"), &mut code);
        let said = sentences(&code);
        assert!(said.len() > 40, "{said:#?}");
        let known: BTreeSet<&str> = GERMAN.iter().map(|(english, _)| english.as_str()).collect();
        let missing: Vec<&String> =
            said.iter().filter(|s| !known.contains(s.as_str()) && !OTHERS.contains(&s.as_str())).collect();
        assert!(missing.is_empty(), "no German for {missing:#?}");
        let stale: Vec<&&str> = known.iter().filter(|s| !said.contains(**s) && !code.contains(**s)).collect();
        assert!(stale.is_empty(), "nobody says {stale:#?}");
        for (english, german) in GERMAN.iter() {
            let holes = english.matches("{}").count();
            let all = (1..=holes).all(|n| german.contains(&format!("{{{n}}}")));
            assert!(all && german.matches('{').count() == holes, "{english}: {german}");
        }
    }

    #[test]
    fn what_is_put_in_is_found() {
        for (english, german) in [
            (
                "The life cycle does not lead from In Use to In Store",
                "Der Lebenslauf führt nicht von In Use nach In Store",
            ),
            ("At most 20 files", "Höchstens 20 Dateien"),
            ("A problem has at most five levels", "Höchstens fünf Stufen je problem"),
            ("Hosts would go round in a ring", "Hosts liefe im Kreis"),
        ] {
            let german = german.replace("je problem", "je Problem");
            assert_eq!(in_words(Lang::De, english).as_deref(), Some(german.as_str()));
            assert_eq!(in_words(Lang::En, english).as_deref(), Some(english));
        }
        assert_eq!(in_words(Lang::De, "Something else"), None);
    }
}
