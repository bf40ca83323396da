//! Text as search sees it.

use crate::Kind;
use std::ops::ControlFlow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Text for comparing, sorting and searching: lower case by Unicode's rules, letters and their accents composed (NFC).
/// Done here and stored beside the text, so that every database and every filter agrees to the letter.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.to_lowercase();
    match is_nfc_quick(lower.chars()) {
        IsNormalized::Yes => lower,
        IsNormalized::No | IsNormalized::Maybe => lower.nfc().collect(),
    }
}

/// The same without accents, for names that are looked up by whoever cannot type them: `Müller` and `Muller`, `Łukasz` and
/// `Lukasz`. Only what marks a Latin, Greek or Cyrillic letter goes; the vowels of other scripts stay.
#[must_use]
pub fn unaccented(text: &str) -> String {
    let folded = fold(text);
    if folded.is_ascii() {
        return folded;
    }
    let mut plain = String::with_capacity(folded.len());
    for c in folded.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            c => plain.push(c),
        }
    }
    // Of a text that is nothing but marks they are all there is.
    if plain.is_empty() { folded } else { plain.nfc().collect() }
}

/// The words of a text: runs of letters, digits and the marks that belong to them, as full-text search has them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_of_word(c)).filter(|word| !word.is_empty())
}

/// Whether a character is part of a word. Marks are: vowels of Indian scripts and accents that no letter is composed with.
/// The tokenizer of full-text search has the same categories, and a test holds the two together.
#[must_use]
pub fn is_of_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number | GeneralCategoryGroup::Mark
    ) || c.general_category() == GeneralCategory::PrivateUse
}

/// The text of a field of some kind, for comparing: the words of HTML, an address with its domain in one spelling.
#[must_use]
pub fn fold_as(kind: &Kind, text: &str) -> String {
    match kind {
        Kind::Html { .. } => fold(&plain_text(text)),
        Kind::Email => fold_email(text),
        _ => fold(text),
    }
}

/// An address for comparing: letter case does not matter, and an internationalised domain is one however it is written,
/// in its own letters or as `xn--…` (happyfox.md I4). What is no address is folded like any text.
#[must_use]
pub fn fold_email(text: &str) -> String {
    let folded = fold(text.trim());
    match folded.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() || domain.contains("xn--") => {
            // Letters are kept, so that parts of an address are found as people type them.
            let (domain, spelt) = idna::domain_to_unicode(domain);
            if spelt.is_ok() { format!("{local}@{domain}") } else { folded }
        }
        _ => folded,
    }
}

/// The words of an HTML text: tags become spaces, the common entities their characters. Not a sanitiser: what
/// comes out is for searching and for excerpts, and is escaped again wherever it is shown.
#[must_use]
pub fn plain_text(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let _all = pieces(html, |piece| {
        out.push_str(piece);
        ControlFlow::Continue(())
    });
    out
}

/// The beginning of an HTML text's words, with one space between them; at most so many characters.
#[must_use]
pub fn excerpt(html: &str, most: usize) -> String {
    let mut out = String::with_capacity(most);
    let (mut room, mut gap) = (most, false);
    let _rest = pieces(html, |piece| {
        let mut rest = piece;
        loop {
            let from = rest.trim_start();
            gap |= from.len() < rest.len();
            if from.is_empty() {
                return ControlFlow::Continue(());
            }
            if gap && !out.is_empty() && room > 0 {
                out.push(' ');
                room -= 1;
            }
            gap = false;
            let (words, after) = from.split_at(end_of_stretch(from));
            let end = if words.len() <= room { None } else { words.char_indices().nth(room) };
            if let Some((end, _)) = end {
                out.push_str(words.get(..end).unwrap_or(""));
                return ControlFlow::Break(());
            }
            out.push_str(words);
            room -= if words.is_ascii() { words.len() } else { words.chars().count() };
            rest = after;
        }
    });
    out
}

/// Where the first stretch of a text ends that an excerpt can take as it is: ASCII words with one space between them, as most
/// texts are, or else one character.
fn end_of_stretch(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let goes_on = match byte {
            b' ' => bytes.peek().is_some_and(|(_, next)| next.is_ascii_graphic()),
            byte => byte.is_ascii_graphic(),
        };
        if !goes_on {
            return if at > 0 { at } else { text.chars().next().map_or(0, char::len_utf8) };
        }
    }
    text.len()
}

/// The pieces that the words of an HTML text consist of, one after the other, until `take` has enough.
fn pieces(html: &str, mut take: impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut rest = html;
    // Where no tag ends any more none is looked for: it would be, to the end of the text, at each that begins.
    let mut some_end = true;
    while let Some(at) = memchr::memchr2(b'<', b'&', rest.as_bytes()) {
        let (clean, from) = rest.split_at(at);
        take(clean)?;
        if let Some(tag) = from.strip_prefix('<') {
            let opens_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
            let end = if opens_tag && some_end { memchr::memchr(b'>', tag.as_bytes()) } else { None };
            some_end &= end.is_some() || !opens_tag;
            match end {
                Some(end) => {
                    take(" ")?;
                    rest = tag.get(end + 1..).unwrap_or("");
                }
                None => {
                    take("<")?;
                    rest = tag;
                }
            }
        } else {
            let (text, after) = entity(from);
            take(text)?;
            rest = after;
        }
    }
    take(rest)
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
    fn letters_and_their_accents_are_one() {
        assert_eq!(fold("E\u{301}tude"), "\u{e9}tude");
        assert_eq!(fold("\u{c9}TUDE"), "\u{e9}tude");
        assert_eq!(fold("Plain Text"), "plain text");
        // Nothing is composed that Unicode has no letter for.
        assert_eq!(fold("x\u{301}"), "x\u{301}");
    }

    #[test]
    fn names_are_looked_up_without_their_accents() {
        for (name, plain) in [
            ("Müller", "muller"),
            ("José Muñoz", "jose munoz"),
            ("Mu\u{308}ller", "muller"),
            ("Groß", "gross"),
            ("Łukasz Ødegård", "lukasz odegard"),
            ("İpek Ilgın", "ipek ilgin"),
            ("Αλέξης", "αλεξης"),
            // Vowels of other scripts are no accents, and composed syllables stay composed.
            ("हिन्दी", "हिन्दी"),
            ("한글", "한글"),
            ("がく", "がく"),
            ("\u{301}", "\u{301}"),
        ] {
            assert_eq!(unaccented(name), fold(plain), "{name}");
        }
    }

    #[test]
    fn words_have_letters_digits_and_marks() {
        let check =
            |text: &str, expected: &[&str]| assert_eq!(words(text).collect::<Vec<_>>(), expected, "{text}");
        check("the printer, 2nd floor: e-mail", &["the", "printer", "2nd", "floor", "e", "mail"]);
        check("हिन्दी समाचार। नया", &["हिन्दी", "समाचार", "नया"]);
        check("ภาษาไทย", &["ภาษาไทย"]);
        check("x\u{301}y z", &["x\u{301}y", "z"]);
        check("a\u{24d0}b", &["a", "b"]);
        check(" ,;-\u{200b}", &[]);
    }

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
    fn tags_that_do_not_end_are_looked_at_once() {
        // Each up to the end of the text would take minutes.
        for (part, word) in [("<", "<"), ("<a", "<a"), ("<p x", "<p x"), ("<a>b<", " b<")] {
            let html = part.repeat(1_000_000 / part.len());
            assert_eq!(plain_text(&html), word.repeat(1_000_000 / part.len()), "{part}");
        }
        assert_eq!(plain_text("a < b <i>c</i> < d <e"), "a < b  c  < d <e");
    }

    #[test]
    fn an_excerpt_is_the_beginning_of_the_words() {
        let html = " <p>Printer  <b>on</b>\n fire</p>&amp; smoke, grüßt &lt;3 ";
        let whole: Vec<char> = "Printer on fire & smoke, grüßt <3".chars().collect();
        for most in 0..40 {
            let expected: String = whole.iter().take(most).collect();
            assert_eq!(excerpt(html, most).trim_end(), expected.trim_end(), "{most}");
        }
        assert_eq!(excerpt(" \u{a0}<br>", 9), "");
        // Whatever divides words divides them: spaces of other alphabets, between letters of one byte or of more.
        for space in ['\u{b}', '\u{c}', '\r', '\u{85}', '\u{a0}', '\u{2003}', '\u{3000}'] {
            assert_eq!(excerpt(&format!("a{space}b ü{space}{space}é"), 9), "a b ü é", "{space:?}");
        }
    }

    #[test]
    fn an_address_has_one_spelling() {
        for (a, b) in [
            ("Ann@Example.com", " ann@example.COM"),
            ("ann@B\u{dc}cher.example", "ann@xn--bcher-kva.example"),
            ("ann@bu\u{308}cher.example", "ann@b\u{fc}cher.example"),
            ("nobody", "NOBODY"),
        ] {
            assert_eq!(fold_email(a), fold_email(b), "{a}");
        }
        assert_ne!(fold_email("ann+a@example.com"), fold_email("ann@example.com"));
        assert_eq!(fold_email("x@xn--.example"), "x@xn--.example", "what cannot be read stays");
    }

    #[test]
    fn folding_knows_more_than_ascii() {
        assert_eq!(fold("ÄRGER im Büro"), "ärger im büro");
    }
}
