//! The words of a table's texts, for finding a part of one without reading them all.
//!
//! The full-text index finds records by whole words and by beginnings. What a text holds somewhere (`ash on st`) it
//! finds as well, once it is known which words can stand there: those that end in `ash`, `on`, and those that begin with `st`. It cannot be
//! asked for them, since its words lie in order of their beginnings and it would go through all of them, from disk. So they are
//! kept in memory, one after the other, where looking through a million takes some milliseconds.
//!
//! They are read when somebody first asks for a part of a text of the table. Words may be too many, never too few: those of texts that
//! are gone stay, until the next start.

use hashbrown::HashTable;
use memchr::{memchr, memmem, memrchr};
use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

/// Stands before each word and behind it. No word has it.
const BETWEEN: char = '\n';
/// So many bytes of words are kept of a table at most, and half as much to find them by; with more no part is looked for. A word
/// has some ten.
const BYTES_MAX: usize = 32 << 20;
/// Longer words are no words, but pasted keys and pictures; where nobody writes spaces, whole sentences are words. Of the rows that
/// have any, so many are known and read besides.
const WORD_BYTES_MAX: usize = 256;
const LONG_MAX: usize = 4096;

/// All words of some texts, each once.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// The words, with something between them.
    text: String,
    /// Where each of them begins.
    places: HashTable<u32>,
    /// Of the words, which strangers choose: with a seed that is another one in each process.
    hasher: foldhash::quality::RandomState,
    /// Rows that have a word that is too long to be kept.
    long: BTreeSet<i64>,
    /// Whether there were too many.
    is_full: bool,
}

/// How a word that is looked for stands in the words that are found: at their beginning, at their end, or anywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'w> {
    pub word: &'w str,
    /// Nothing stands before it.
    pub begins: bool,
    /// Nothing stands behind it.
    pub ends: bool,
}

impl Vocabulary {
    /// Takes up the words of rows' texts that are folded already.
    pub fn learn<'t>(&self, texts: impl Iterator<Item = (i64, &'t str)>) {
        let (mut unknown, mut long) = (HashSet::new(), BTreeSet::new());
        {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if kept.is_full {
                return;
            }
            for (row, text) in texts {
                for word in model::words(text) {
                    if word.len() > WORD_BYTES_MAX {
                        long.insert(row);
                    } else if !kept.has(word) {
                        unknown.insert(word);
                    }
                }
            }
            long.retain(|row| !kept.long.contains(row));
        }
        if !unknown.is_empty() || !long.is_empty() {
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            unknown.into_iter().for_each(|word| kept.add(word));
            kept.add_long(long);
        }
    }

    /// Rows with words that are not among those that are found: whoever looks for a part has to read them.
    pub fn long(&self) -> Vec<i64> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).long.iter().copied().collect()
    }

    /// The words that have a part; `None` where they are more than `most`, or where nobody knows.
    pub fn with(&self, part: Part<'_>, most: usize) -> Option<Vec<String>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if kept.is_full {
            return None;
        }
        if part.begins && part.ends {
            return Some(if kept.has(part.word) { vec![part.word.to_owned()] } else { Vec::new() })
                .filter(|found| found.len() <= most);
        }
        let mut wanted = String::with_capacity(part.word.len() + 2);
        wanted.extend(part.begins.then_some(BETWEEN));
        wanted.push_str(part.word);
        wanted.extend(part.ends.then_some(BETWEEN));
        let (finder, text) = (memmem::Finder::new(&wanted), kept.text.as_bytes());
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
            if found.len() == most {
                return None;
            }
            // The first letter of the part, which may have been found with what stands before it.
            let letter = from + at + usize::from(part.begins);
            let first = memrchr(BETWEEN as u8, text.get(..letter)?).map_or(0, |before| before + 1);
            let end = letter + memchr(BETWEEN as u8, text.get(letter..)?)?;
            found.push(kept.text.get(first..end)?.to_owned());
            from = end;
        }
        Some(found)
    }
}

impl Kept {
    fn has(&self, word: &str) -> bool {
        let is_it = |place: &u32| {
            let rest = self.text.get(*place as usize..).and_then(|rest| rest.strip_prefix(word));
            rest.is_some_and(|rest| rest.starts_with(BETWEEN))
        };
        self.places.find(self.hasher.hash_one(word), is_it).is_some()
    }

    fn give_up(&mut self) {
        *self = Self { is_full: true, ..Self::default() };
    }

    fn add_long(&mut self, mut rows: BTreeSet<i64>) {
        if self.is_full {
            return;
        }
        self.long.append(&mut rows);
        if self.long.len() > LONG_MAX {
            self.give_up();
        }
    }

    /// Takes up a word that is not there yet.
    fn add(&mut self, word: &str) {
        if self.is_full {
            return;
        }
        if self.text.len() + word.len() > BYTES_MAX {
            self.give_up();
            return;
        }
        if self.text.is_empty() {
            self.text.push(BETWEEN);
        }
        let Ok(place) = u32::try_from(self.text.len()) else { return };
        self.text.push_str(word);
        self.text.push(BETWEEN);
        let Self { text, places, hasher, .. } = self;
        let hash_at = |place: &u32| {
            let word = text.get(*place as usize..).and_then(|rest| rest.split(BETWEEN).next());
            hasher.hash_one(word.unwrap_or_default())
        };
        places.insert_unique(hasher.hash_one(word), place, hash_at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(vocabulary: &Vocabulary, texts: &[&str]) {
        vocabulary.learn(texts.iter().map(|text| (1, *text)));
    }

    fn with(vocabulary: &Vocabulary, word: &str, begins: bool, ends: bool) -> Vec<String> {
        let mut found = vocabulary.with(Part { word, begins, ends }, 100).unwrap();
        found.sort_unstable();
        found
    }

    #[test]
    fn words_are_found_by_their_parts() {
        let vocabulary = Vocabulary::default();
        assert!(with(&vocabulary, "a", false, false).is_empty());
        learn(
            &vocabulary,
            &["the printer, the print-server's prints", "sprint; straße", "größe grö\u{308}ße"],
        );
        learn(&vocabulary, &["the sprinter"]);
        assert_eq!(
            with(&vocabulary, "print", false, false),
            ["print", "printer", "prints", "sprint", "sprinter"]
        );
        assert_eq!(with(&vocabulary, "print", true, false), ["print", "printer", "prints"]);
        assert_eq!(with(&vocabulary, "print", false, true), ["print", "sprint"]);
        assert_eq!(with(&vocabulary, "print", true, true), ["print"]);
        assert_eq!(with(&vocabulary, "ß", false, false), ["größe", "grö\u{308}ße", "straße"]);
        assert_eq!(with(&vocabulary, "the", true, true), ["the"], "once");
        // A word that has it several times.
        learn(&vocabulary, &["banana"]);
        assert_eq!(with(&vocabulary, "an", false, false), ["banana"]);
        assert_eq!(with(&vocabulary, "banana", true, true), ["banana"]);
        let five = Part { word: "print", begins: false, ends: false };
        assert_eq!(vocabulary.with(five, 5).map(|found| found.len()), Some(5));
        assert_eq!(vocabulary.with(five, 4), None, "too many");
    }

    #[test]
    fn words_that_follow_one_another_are_told_apart() {
        let vocabulary = Vocabulary::default();
        for word in ["ab", "abc", "ab1", "cab"] {
            learn(&vocabulary, &[word]);
        }
        assert_eq!(with(&vocabulary, "ab", true, false), ["ab", "ab1", "abc"]);
        assert_eq!(with(&vocabulary, "ab", false, true), ["ab", "cab"]);
    }

    #[test]
    fn too_many_words_are_given_up() {
        let vocabulary = Vocabulary::default();
        for some in 0..40 {
            let text: String = (0..20_000).map(|i| format!("x{:060} ", some * 20_000 + i)).collect();
            learn(&vocabulary, &[&text]);
        }
        assert_eq!(vocabulary.with(Part { word: "x", begins: false, ends: false }, 100), None);
        learn(&vocabulary, &["again"]);
        assert_eq!(vocabulary.with(Part { word: "again", begins: true, ends: true }, 100), None);
    }

    /// A few pasted keys do not take the words of all other texts away.
    #[test]
    fn rows_with_long_words_are_known_instead_of_these() {
        let vocabulary = Vocabulary::default();
        let long = format!("a key: {}", "k".repeat(1 << 20));
        vocabulary.learn(
            [(7, long.as_str()), (8, "a keyboard"), (7, long.as_str()), (5, long.as_str())].into_iter(),
        );
        assert_eq!(vocabulary.long(), [5, 7]);
        assert_eq!(with(&vocabulary, "key", false, false), ["key", "keyboard"]);
        let (many, long) = (i64::try_from(LONG_MAX).unwrap(), "k".repeat(WORD_BYTES_MAX + 1));
        vocabulary.learn((0..many).map(|row| (row, long.as_str())));
        assert_eq!(vocabulary.long().len(), LONG_MAX);
        vocabulary.learn([(many, long.as_str())].into_iter());
        assert_eq!(vocabulary.with(Part { word: "key", begins: false, ends: false }, 100), None, "too many");
    }
}
