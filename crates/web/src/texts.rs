//! What the pages say: one catalogue of texts for each language, under `texts/`. English is complete, German stands
//! beside it; a test compares them, and another one looks whether every text is there and is needed.
//!
//! A text may have `{name}` in it, and two forms for one and for many with `|` between them. `[labels]` says what
//! fields and modules are called that the catalogue describes: in English where the catalogue's own word is not what
//! people say, in German all.

use std::collections::HashMap;
use std::sync::LazyLock;
use toml::de::{DeTable, DeValue};

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    #[default]
    En,
    De,
}

type Texts = HashMap<String, String>;

static EN: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../texts/en.toml")));
static DE: LazyLock<Texts> = LazyLock::new(|| read(include_str!("../texts/de.toml")));

/// The texts of a file under `section.key`.
fn read(file: &str) -> Texts {
    let mut texts = Texts::new();
    let Ok(table) = DeTable::parse(file) else { return texts };
    for (section, values) in table.get_ref() {
        let Some(values) = values.get_ref().as_table() else { continue };
        for (key, value) in values {
            if let DeValue::String(text) = value.get_ref() {
                texts.insert(format!("{}.{}", section.get_ref(), key.get_ref()), text.to_string());
            }
        }
    }
    texts
}

impl Lang {
    /// All languages, by the code that is stored of a person.
    pub const ALL: [(&'static str, Self); 2] = [("en", Self::En), ("de", Self::De)];

    /// The code, as HTML wants it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language with this code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == code).map(|(_, lang)| lang)
    }

    /// The first language that a browser asks for and that there is.
    pub fn accepted(header: &str) -> Self {
        let mut wanted: Vec<(&str, f32)> = header
            .split(',')
            .map(|part| {
                let (tag, q) = part.split_once(";q=").unwrap_or((part, "1"));
                (tag.trim(), q.trim().parse().unwrap_or(0.0))
            })
            .collect();
        wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
        let known = |tag: &str| Self::of(&tag.split('-').next().unwrap_or(tag).to_ascii_lowercase());
        wanted.into_iter().filter(|(_, q)| *q > 0.0).find_map(|(tag, _)| known(tag)).unwrap_or_default()
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::De => &DE,
        }
    }

    /// A text; the key itself where there is none, which a test keeps from happening.
    pub fn text(self, key: &str) -> &'static str {
        let found = self.texts().get(key).or_else(|| EN.get(key));
        debug_assert!(found.is_some(), "no text {key}");
        found.map_or("", String::as_str)
    }

    /// A text that may not be there.
    pub fn find(self, key: &str) -> Option<&'static str> {
        self.texts().get(key).map(String::as_str)
    }

    /// A text with values put in.
    pub fn say(self, key: &str, values: &[(&str, &str)]) -> String {
        filled(self.text(key), values)
    }

    /// A text about a number of things.
    pub fn count(self, key: &str, n: i64) -> String {
        let text = self.text(key);
        let form = match text.split_once('|') {
            Some((one, many)) => {
                if n == 1 {
                    one
                } else {
                    many
                }
            }
            None => text,
        };
        filled(form, &[("n", &n.to_string())])
    }

    /// What a field or a module is called, by the catalogue's own word for it.
    pub fn label(self, english: &str) -> String {
        self.find(&format!("labels.{english}")).map_or_else(|| english.to_owned(), str::to_owned)
    }

    /// A month in short, from 1.
    pub fn month(self, month: i8) -> &'static str {
        let at = usize::try_from(month - 1).unwrap_or(0);
        self.text("time.month_names").split(' ').nth(at).unwrap_or("")
    }
}

fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = text.to_owned();
    for (name, value) in values {
        out = out.replace(&format!("{{{name}}}"), value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(texts: &Texts) -> BTreeSet<&str> {
        texts.keys().map(String::as_str).filter(|k| !k.starts_with("labels.")).collect()
    }

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn german_is_complete() {
        assert_eq!(keys(&EN), keys(&DE));
        for (key, text) in EN.iter().filter(|(key, _)| !key.starts_with("labels.")) {
            let german = DE.get(key).unwrap();
            assert_eq!(holes(text), holes(german), "{key}");
            assert_eq!(text.contains('|'), german.contains('|'), "{key}");
        }
    }

    /// The words of a source that stand between quotes and look like the key of a text.
    fn used(source: &str) -> BTreeSet<String> {
        let sections: BTreeSet<&str> = EN.keys().filter_map(|k| k.split('.').next()).collect();
        // Whatever is between one quote and the next: in templates they stand inside one another.
        source
            .split('"')
            .filter(|w| {
                w.split_once('.').is_some_and(|(section, key)| sections.contains(section) && !key.is_empty())
            })
            .filter(|w| ![".html", ".css", ".js", ".svg", ".toml"].iter().any(|ending| w.ends_with(ending)))
            .filter(|w| {
                w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_'))
            })
            .map(str::to_owned)
            .collect()
    }

    fn sources(folder: &std::path::Path, found: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs" || e == "html") {
                found.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Keys are written out where they are used, or begin with one of these and end in a name from the data.
    const PUT_TOGETHER: [&str; 9] =
        ["time.", "view.", "flash.", "range.", "operation.", "noun.", "about.", "event.", "job."];

    #[test]
    fn every_text_is_there_and_is_needed() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = String::new();
        sources(&root.join("src"), &mut all);
        sources(&root.join("templates"), &mut all);
        let used = used(&all);
        let there = keys(&EN);
        let missing: Vec<&String> = used.iter().filter(|key| !there.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "no text for {missing:?}");
        let is_used =
            |key: &str| used.contains(key) || PUT_TOGETHER.iter().any(|begin| key.starts_with(begin));
        let unneeded: Vec<&&str> = there.iter().filter(|key| !is_used(key)).collect();
        assert!(unneeded.is_empty(), "nobody says {unneeded:?}");
    }

    #[test]
    fn everything_that_the_catalogue_names_has_a_german_name() {
        let catalogue = model::Catalogue::new(&model::Additions::default());
        let mut missing = BTreeSet::new();
        for module in catalogue.modules() {
            for leaf in module.leaves().iter().filter(|leaf| leaf.field.shown && leaf.path != "id") {
                let parts = leaf.field.parts.iter().map(model::Part::label);
                for label in parts.chain([leaf.field.label.to_string()]) {
                    if Lang::De.find(&format!("labels.{label}")).is_none() {
                        missing.insert(label);
                    }
                }
            }
            // What stands above fields that belong together.
            let groups = module.leaves().iter().filter(|leaf| leaf.field.shown);
            for (group, _) in groups.filter_map(|leaf| leaf.path.split_once('.')) {
                let label = module.field(group).map_or_else(|| group.to_owned(), |f| f.label.to_string());
                if Lang::De.find(&format!("labels.{label}")).is_none() {
                    missing.insert(label);
                }
            }
            for name in [&module.name, &module.plural] {
                if module.top_level && Lang::De.find(&format!("noun.{name}")).is_none() {
                    missing.insert(format!("module {name}"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn browsers_say_which_language_they_want() {
        for (header, lang) in [
            ("de-DE,de;q=0.9,en;q=0.8", Lang::De),
            ("en-US,en;q=0.9,de;q=0.8", Lang::En),
            ("fr,de;q=0.5", Lang::De),
            ("fr", Lang::En),
            ("de;q=0", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
    }
}
