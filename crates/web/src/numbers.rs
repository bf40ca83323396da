//! Numbers with a fraction as people write them, in the signs of their language.

use crate::texts::Lang;

/// What stands between thousands, and before the fraction.
const fn signs(lang: Lang) -> (char, char) {
    match lang {
        Lang::En => (',', '.'),
        Lang::De => ('.', ','),
    }
}

/// A number as the API reads it; none where it is none, or where it is not clear which one it is: `1,5` in English is
/// half of a thousand to nobody and one and a half to some.
pub(crate) fn read(lang: Lang, text: &str) -> Option<String> {
    let (between, point) = signs(lang);
    let text = text.trim();
    let (minus, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    let (whole, fraction) = match digits.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let whole = grouped(whole, between)?;
    match fraction {
        Some(fraction) if is_digits(fraction) => Some(format!("{minus}{whole}.{fraction}")),
        Some(_) => None,
        None => Some(format!("{minus}{whole}")),
    }
}

/// A whole number without what stands between its thousands, which must be thousands.
fn grouped(text: &str, between: char) -> Option<String> {
    let mut groups = text.split(between);
    let first = groups.next().filter(|first| is_digits(first))?;
    let rest: Vec<&str> = groups.collect();
    let is_whole = rest.is_empty()
        || first.len() <= 3 && !first.starts_with('0') && rest.iter().all(|g| g.len() == 3 && is_digits(g));
    is_whole.then(|| format!("{first}{}", rest.concat()))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A stored number in the signs of a language, as it is read again.
pub(crate) fn written(lang: Lang, number: &str) -> String {
    number.replace('.', signs(lang).1.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_signs() {
        for (lang, text, number) in [
            (Lang::En, "1,250", Some("1250")),
            (Lang::En, "1,250.50", Some("1250.50")),
            (Lang::En, "1250.50", Some("1250.50")),
            (Lang::En, "12,345,678.9", Some("12345678.9")),
            (Lang::En, "-1.5", Some("-1.5")),
            (Lang::En, "+7", Some("7")),
            (Lang::En, "1,5", None),
            (Lang::En, "1.250,50", None),
            (Lang::En, "0,250", None),
            (Lang::En, "1,2500", None),
            (Lang::En, "1.2.3", None),
            (Lang::De, "1.250,50", Some("1250.50")),
            (Lang::De, "1,5", Some("1.5")),
            (Lang::De, "1.250", Some("1250")),
            (Lang::De, "-1.250.000", Some("-1250000")),
            (Lang::De, "1.5", None),
            (Lang::De, "1,250.50", None),
        ] {
            assert_eq!(read(lang, text).as_deref(), number, "{text}");
        }
        for bad in ["", "-", ".", ",", "1.", "1,", "1e5", "1 250", "--1", "x"] {
            assert_eq!((read(Lang::En, bad), read(Lang::De, bad)), (None, None), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for number in ["0", "1250.5", "-0.125", "123456789.00"] {
            for lang in [Lang::En, Lang::De] {
                assert_eq!(read(lang, &written(lang, number)).as_deref(), Some(number));
            }
        }
    }
}
