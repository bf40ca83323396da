//! HTML that others wrote, and that a browser is to show.
//!
//! Twice cleaned: what is plainly out to harm is cleaned when it is written, and whoever shows HTML cleans all of it
//! with [`shown`]. The first keeps the poison out of the database, of exports and of other programs that trust it; the
//! second is the guard that counts, for it parses like a browser and lets through only what is known. A text in which
//! nothing looks like an attack is stored to the letter, because clients compare what they sent with what they read.

mod tangle;

use std::borrow::Cow;
use std::sync::LazyLock;

/// Elements that do or load something, or that change how the rest is read. Each may be an innocent part of a mail; cleaning
/// then loses nothing that would be shown.
const ELEMENTS: [&str; 38] = [
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "meta",
    "base",
    "link",
    "style",
    "svg",
    "math",
    "form",
    "input",
    "button",
    "textarea",
    "select",
    "option",
    "keygen",
    "isindex",
    "layer",
    "template",
    "noscript",
    "xml",
    "xmp",
    "video",
    "audio",
    "source",
    "marquee",
    "bgsound",
    "title",
    "plaintext",
    "listing",
    "body",
    "portal",
    "dialog",
    "details",
    "slot",
];

/// What stands in a value that does something.
const WORDS: [&str; 15] = [
    "javascript:",
    "vbscript:",
    "livescript:",
    "expression(",
    "behavior:",
    "-moz-binding",
    "@import",
    "url(",
    "srcdoc",
    "formaction",
    "xlink",
    "xmlns",
    "srcset",
    "ping=",
    "popover",
];

/// Whether a text is nested so deep, or made so, that reading it would cost far more than it is long. It is not taken.
#[must_use]
pub fn is_tangled(text: &str) -> bool {
    tangle::is_tangled(text)
}

/// The text as it is stored: itself, or cleaned where something in it may be an attack.
#[must_use]
pub fn stored(text: &str) -> Cow<'_, str> {
    if is_suspicious(text) { Cow::Owned(shown(text)) } else { Cow::Borrowed(text) }
}

/// The text as a page may hold it, whatever is in it: formatting, tables, links, images; nothing that runs, loads a page,
/// asks for input or leaves its place.
#[must_use]
pub fn shown(text: &str) -> String {
    static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
        let mut cleaner = ammonia::Builder::default();
        cleaner
            .add_url_schemes(["cid", "data"])
            .add_tag_attributes("table", ["border", "cellpadding", "cellspacing", "width"])
            .add_tag_attributes("td", ["width", "valign", "bgcolor"])
            .add_tag_attributes("font", ["color", "size", "face"])
            .add_tags(["font"])
            .link_rel(Some("noopener noreferrer nofollow"))
            .attribute_filter(|_, attribute, value| is_harmless(attribute, value).then_some(value.into()));
        cleaner
    });
    // One that was stored before such were refused: as it was typed.
    if is_tangled(text) {
        return ammonia::clean_text(text);
    }
    CLEANER.clean(text).to_string()
}

/// `data:` is for pictures, of kinds that cannot hold a script.
fn is_harmless(attribute: &str, value: &str) -> bool {
    let folded = value.trim_start().to_ascii_lowercase();
    let is_picture = ["png", "jpeg", "gif", "webp"]
        .iter()
        .any(|kind| folded.starts_with(&format!("data:image/{kind};base64,")));
    !folded.starts_with("data:") || (attribute == "src" && is_picture)
}

/// Whether anything in a text may be an attack: rather too often than once too seldom.
fn is_suspicious(text: &str) -> bool {
    if !opens_tags(text) {
        return false;
    }
    let plain = squeezed(text);
    WORDS.iter().any(|word| plain.contains(word))
        || has_data(&plain)
        || has_element(&plain)
        || has_handler(&plain)
}

/// Whether anything is read as a tag or as what is no element: `5 < 6` is not, and without a tag no word does harm.
fn opens_tags(text: &str) -> bool {
    text.split('<').skip(1).any(|after| {
        after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?' | '%'))
    })
}

/// `data:` where an address begins: `src=data:`, `url('data:`. `metadata:` is a word.
fn has_data(plain: &str) -> bool {
    plain.match_indices("data:").any(|(at, _)| {
        plain.get(..at).is_some_and(|before| before.ends_with(['=', '"', '\'', '`', '(', ',']))
    })
}

/// Lower case, without what browsers pass over between letters, with character references resolved: `java&#x09;script:`
/// becomes `javascript:`.
fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (c, length) = match c {
            '&' => reference(rest).unwrap_or(('&', 1)),
            c => (c, c.len_utf8()),
        };
        rest = rest.get(length..).unwrap_or_default();
        if !c.is_whitespace() && !c.is_control() && c != '\\' {
            out.extend(c.to_lowercase());
        }
    }
    out
}

/// The character of a reference at the beginning of a text, and the reference's length in bytes.
fn reference(text: &str) -> Option<(char, usize)> {
    let named = [("&colon;", ':'), ("&tab;", '\t'), ("&newline;", '\n'), ("&lpar;", '('), ("&equals;", '=')];
    for (name, c) in named {
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            return Some((c, name.len()));
        }
    }
    let digits = text.strip_prefix("&#")?;
    let (digits, radix, before) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 3),
        None => (digits, 10, 2),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let number = u32::from_str_radix(digits.get(..end)?, radix).ok()?;
    let semicolon = usize::from(digits.get(end..)?.starts_with(';'));
    Some((char::from_u32(number)?, before + end + semicolon))
}

/// `<svg`, `</style`, and what is no element: `<!`, `<?`.
fn has_element(plain: &str) -> bool {
    plain.split('<').skip(1).any(|after| {
        let name = after.trim_start_matches('/');
        name.starts_with(['!', '?', '%']) || ELEMENTS.iter().any(|element| name.starts_with(element))
    })
}

/// `onerror=`, wherever it stands: words that merely end so are cleaned with the rest.
fn has_handler(plain: &str) -> bool {
    plain.split('=').any(|before| {
        let letters =
            before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let word = before.get(before.len() - letters..).unwrap_or_default();
        word.match_indices("on").any(|(at, _)| word.len() > at + 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_attack_stays_to_the_letter() {
        for text in [
            "",
            "a < b && c > d",
            "Line one\nLine two & <b>bold</b> <br/> 5 &lt; 6",
            "<p class='x'>Hello <a href=\"https://example.com/?a=1&b=2\">there</a></p>",
            "<div style=\"color:red\">red</div><table><tr><td>1</td></tr></table>",
            "<img src=\"cid:part1@example.com\" alt='a picture'>",
            "if x<y then print(\"on\")",
            "CPU load on host5 = 97 & disk < 5% free, javascript: 3",
            "<a href=\"https://example.com/zabbix.php?action=host.view&id=1\" class=\"x\">host</a>",
            "<p>metadata: 5, some data: 7</p>",
        ] {
            assert!(matches!(stored(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_a_browser_would_take_for_a_tag_is_looked_at() {
        for text in [
            "5 < 6 <img src=x onerror=x()>",
            "<a href=data:text/html,x>x</a>",
            "<a href=' data:text/html,x'>x</a>",
            "<a href=\"\tda\nta:text/html,x\">x</a>",
            "<p style='background: url( data:x)'>x</p>",
            "</x onclick=alert(1)>",
            "<!--><script>x()</script>",
        ] {
            assert!(is_suspicious(text), "{text}");
        }
    }

    #[test]
    fn cleaning_keeps_what_people_wrote() {
        let mail = "<html><head><style>p {color: red}</style></head><body onload=x()><p>Hello</p><script>x()</script>\
                    <img src=\"data:image/png;base64,iVBORw0KGgo=\"></body></html>";
        assert_eq!(stored(mail), "<p>Hello</p><img src=\"data:image/png;base64,iVBORw0KGgo=\">");
        assert_eq!(stored(&stored(mail)), stored(mail), "cleaning again changes nothing");
        let svg = "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\"><a href=\"data:text/html,x\">x</a>";
        assert!(!stored(svg).contains("data:"), "{}", stored(svg));
    }
}
