//! Text as search sees it.

/// Text for comparing, sorting and searching: lower case by Unicode's rules. Done here and stored beside the
/// text, so that every database and every filter agrees to the letter.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase() }
}

/// The words of an HTML text: tags become spaces, the common entities their characters. Not a sanitiser: what
/// comes out is for searching and for excerpts, and is escaped again wherever it is shown.
#[must_use]
pub fn plain_text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (clean, from) = rest.split_at(at);
        out.push_str(clean);
        if let Some(tag) = from.strip_prefix('<') {
            let opens_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
            match tag.find('>') {
                Some(end) if opens_tag => {
                    out.push(' ');
                    rest = tag.get(end + 1..).unwrap_or("");
                }
                _ => {
                    out.push('<');
                    rest = tag;
                }
            }
        } else {
            let (text, after) = entity(from);
            out.push_str(text);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The character of the entity that `from` begins with, and what follows it; `&` itself when it is none.
fn entity(from: &str) -> (&str, &str) {
    const KNOWN: [(&str, &str); 7] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", " "),
    ];
    for (name, text) in KNOWN {
        if let Some(after) = from.strip_prefix(name) {
            return (text, after);
        }
    }
    from.split_at(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_words() {
        for (html, words) in [
            ("plain", "plain"),
            ("<div>Printer <b>on fire</b></div>", " Printer  on fire  "),
            ("a &lt; b &amp;&amp; c &unknown; d", "a < b && c &unknown; d"),
            ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
            ("cut <b", "cut <b"),
        ] {
            assert_eq!(plain_text(html), words);
        }
    }

    #[test]
    fn folding_knows_more_than_ascii() {
        assert_eq!(fold("ÄRGER im Büro"), "ärger im büro");
    }
}
