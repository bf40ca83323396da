//! Rich text: what people and mails bring as HTML, made harmless where it is shown, and what is typed on a page, made
//! HTML where it is kept.
//!
//! The desk cleans what is plainly out to harm when it is written; what is stored counts as hostile all the same until it
//! went through [`shown`]. Pictures from elsewhere would tell their sender who reads when: the policy of the pages
//! (`answer.rs`) does not load them.

use std::fmt::Write;

/// HTML that is safe in a page, from whatever is stored: HTML or plain text of many lines.
pub(crate) fn shown(stored: &str) -> String {
    if is_markup(stored) { desk::html::shown(stored) } else { from_text(stored) }
}

/// Whether a text has tags or entities, and so is HTML.
fn is_markup(text: &str) -> bool {
    let opens_tag = |rest: &str| {
        rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') && rest.contains('>')
    };
    let is_entity = |rest: &str| {
        rest.split_once(';').is_some_and(|(name, _)| {
            (1..=10).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
        })
    };
    text.match_indices('<').any(|(at, _)| text.get(at + 1..).is_some_and(opens_tag))
        || text.match_indices('&').any(|(at, _)| text.get(at + 1..).is_some_and(is_entity))
}

/// What somebody typed, as HTML: paragraphs, line breaks, and links that can be followed.
pub(crate) fn from_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for paragraph in text.split("\n\n").map(|p| p.trim_matches('\n')).filter(|p| !p.trim().is_empty()) {
        html.push_str("<p>");
        for (i, line) in paragraph.split('\n').enumerate() {
            if i > 0 {
                html.push_str("<br>");
            }
            linked(&mut html, line);
        }
        html.push_str("</p>");
    }
    html
}

fn linked(html: &mut String, line: &str) {
    for (i, word) in line.split(' ').enumerate() {
        if i > 0 {
            html.push(' ');
        }
        let bare = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')']);
        let rest = word.get(bare.len()..).unwrap_or_default();
        let is_link = (bare.starts_with("https://") || bare.starts_with("http://")) && bare.len() > 10;
        if is_link {
            let address = escaped(bare);
            let _infallible =
                write!(html, "<a href=\"{address}\" rel=\"noopener noreferrer nofollow\">{address}</a>");
            html.push_str(&escaped(rest));
        } else {
            html.push_str(&escaped(word));
        }
    }
}

/// A text with the characters that mean something in HTML written otherwise.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// What a person edits: the text that [`from_text`] would make the HTML of, where there is one.
pub(crate) fn typed(stored: &str) -> Option<String> {
    if !is_markup(stored) {
        return Some(stored.to_owned());
    }
    let text = stored.replace("</p><p>", "\n\n").replace("<p>", "").replace("</p>", "").replace("<br>", "\n");
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("<a href=\"") {
        plain.push_str(rest.get(..at)?);
        let (_, after) = rest.get(at..)?.split_once('>')?;
        let (words, after) = after.split_once("</a>")?;
        plain.push_str(words);
        rest = after;
    }
    plain.push_str(rest);
    let plain = plain
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    (from_text(&plain) == stored).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_stored_is_shown_harmless() {
        for hostile in [
            "<script>alert(1)</script>hello",
            "<img src=x onerror=alert(1)>hello",
            "<svg/onload=alert(1)>hello",
            "<a href=\"javascript:alert(1)\">hello</a>",
            "<iframe src=\"https://example.com\"></iframe>hello",
            "<style>body{display:none}</style>hello",
            "<p style=\"position:fixed\" class=\"topbar\" id=\"main\">hello</p>",
            "<form action=\"https://example.com\"><input name=password>hello</form>",
            "<base href=\"https://example.com\">hello",
        ] {
            let shown = shown(hostile);
            assert!(shown.contains("hello"), "{hostile} → {shown}");
            for part in [
                "<script",
                "onerror",
                "onload",
                "javascript:",
                "<iframe",
                "<style",
                "style=",
                "class=",
                "id=",
                "<form",
                "<input",
                "<base",
            ] {
                assert!(!shown.contains(part), "{hostile} → {shown}");
            }
        }
    }

    #[test]
    fn plain_text_keeps_its_lines() {
        assert_eq!(shown("a < b\nc & d"), "<p>a &lt; b<br>c &amp; d</p>");
        assert_eq!(shown("<b>bold</b>"), "<b>bold</b>");
    }

    #[test]
    fn what_was_typed_can_be_edited_again() {
        for text in [
            "One line",
            "Two\nlines",
            "A paragraph.\n\nAnother <one> & \"quotes\" of 'it'",
            "See https://example.com/a?b=1&c=2, please.",
            "",
        ] {
            assert_eq!(typed(&from_text(text)).as_deref(), Some(text), "{}", from_text(text));
        }
        assert_eq!(typed("<table><tr><td>x</td></tr></table>"), None);
        let link = from_text("https://example.com/<x>");
        assert!(link.starts_with("<p><a href=\"https://example.com/&lt;x&gt;\""), "{link}");
    }
}
