//! Texts that would cost whoever parses them far more than they have letters: nested without end, or full of elements that
//! the parser opens anew in each paragraph.

use std::collections::HashMap;

/// Elements may be nested this deep. Each answer in a long exchange of mails adds two or three.
const DEPTH_MAX: usize = 256;
/// Tags, times how deep they are nested at most: so many elements may come of a text at worst.
const ELEMENTS_MAX: usize = 1_000_000;
/// A tag may have so many words in it; the parser compares each attribute with those before it.
const WORDS_MAX: usize = 1_000;

/// Elements without a content.
const VOID: [&str; 15] = [
    "br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base", "embed", "source", "track",
    "param", "keygen",
];
/// Elements that the next one of their kind ends: many that nobody ended are not one in the other.
const ENDED_BY_THE_NEXT: [&str; 12] =
    ["p", "li", "td", "tr", "th", "dd", "dt", "option", "optgroup", "thead", "tbody", "tfoot"];

/// Whether a text is such a one: rather at once than a little too late.
pub(super) fn is_tangled(text: &str) -> bool {
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut deepest, mut tags) = (0_usize, 1_usize, 0_usize);
    let mut rest = text;
    // Up to here words were counted, of a tag that others stand in: those have no more of them.
    let mut counted_to = 0;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let (is_end, after) = match rest.strip_prefix('/') {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let length = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let name = after.get(..length).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() {
            continue;
        }
        rest = after.get(length..).unwrap_or_default();
        tags += 1;
        let at = text.len() - rest.len();
        if at >= counted_to {
            let (count, length) = words(rest);
            if count > WORDS_MAX {
                return true;
            }
            counted_to = at + length;
        }
        if VOID.contains(&name.as_str()) || ENDED_BY_THE_NEXT.contains(&name.as_str()) {
            continue;
        }
        let of_name = open.entry(name).or_default();
        if is_end {
            let ended = (*of_name).min(1);
            *of_name -= ended;
            depth -= ended;
        } else {
            *of_name += 1;
            depth += 1;
            deepest = deepest.max(depth);
        }
        if deepest > DEPTH_MAX || tags.saturating_mul(deepest) > ELEMENTS_MAX {
            return true;
        }
    }
    tags.saturating_mul(deepest) > ELEMENTS_MAX
}

/// The words up to the end of a tag, whether or not they are in quotes, and where that is.
fn words(tag: &str) -> (usize, usize) {
    let end = tag.find('>').unwrap_or(tag.len());
    let (mut count, mut is_inside) = (0, false);
    for b in tag.bytes().take(end) {
        let is_word = !b.is_ascii_whitespace() && b != b'/';
        count += usize::from(is_word && !is_inside);
        if count > WORDS_MAX {
            break;
        }
        is_inside = is_word;
    }
    (count, end)
}

#[cfg(test)]
mod tests {
    use super::is_tangled;

    #[test]
    fn honest_texts_are_not() {
        let rows = "<tr><td width=1><b>x</b></td><td>y</td></tr>".repeat(5_000);
        for text in [
            String::new(),
            "a < b > c </b> < ".repeat(1_000),
            "<p>one<p>two<br><li>three".repeat(50_000),
            format!("<div><table>{rows}</table></div>"),
            format!("{}x{}", "<blockquote><div>".repeat(100), "</div></blockquote>".repeat(100)),
            "<div style=\"color: red; margin: 0 auto\">x</div>".repeat(10_000),
        ] {
            assert!(!is_tangled(&text), "{}", text.chars().take(60).collect::<String>());
        }
    }

    #[test]
    fn tags_in_a_tag_are_looked_at_once() {
        // Each up to the end of the text would take minutes.
        assert!(!is_tangled(&"<p".repeat(500_000)));
        assert!(!is_tangled(&format!("{}>", "<br x".repeat(900))));
        assert!(is_tangled(&format!("{}>", "<br x".repeat(1_100))));
        // What stands behind the tag is counted anew.
        assert!(is_tangled(&format!("{}><p{}>", "<br x".repeat(900), " a".repeat(1_100))));
    }

    #[test]
    fn attacks_are() {
        let formats: String = (0..200).map(|n| format!("<font size={n}>")).collect();
        let words: String = (0..2_000).map(|n| format!(" a{n}")).collect();
        for text in [
            "<div>".repeat(300),
            "<div></span>".repeat(300),
            "<DIV>".repeat(300),
            format!("<p>{formats}{}", "x<p>".repeat(20_000)),
            format!("<a{words}>"),
        ] {
            assert!(is_tangled(&text), "{}", text.chars().take(60).collect::<String>());
        }
    }
}
