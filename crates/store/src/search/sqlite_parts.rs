//! Conditions on parts of texts, as words of an FTS5 index.

use super::own_columns;
use super::sqlite_words::quoted;
use crate::plan::{begins_index, conjuncts};
use crate::table::column_of;
use crate::zones::{Part, Vocabulary};
use model::{Filter, Module, Op, Test, Value};

/// With more words that have a part it is not looked for: it is a common one, or says next to nothing.
const WORDS_MAX: usize = 64;
/// So many parts are looked for in one filter, each of which goes through the vocabulary, and so many words are asked for.
const PARTS_MAX: usize = 16;
const ASKED_MAX: usize = 256;

/// Which documents may belong to rows that pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// None.
    None,
    /// Those that match.
    Matching(String),
}

impl Parts {
    /// What rows that pass have in their documents, as far as conditions on the module's own texts tell; `None` where
    /// they do not. There may be others that have it too.
    pub fn of(filter: &Filter, module: &Module, vocabulary: &Vocabulary) -> Option<Self> {
        Reader { columns: own_columns(module), vocabulary, parts: 0, asked: 0 }.of(filter)
    }
}

/// Whether a filter asks for parts of texts of the module that the index has, so that it is worth looking for words. If it does,
/// whether an index of all these texts is at hand as well, which is gone through instead of them.
pub(crate) fn asks_for_parts(filter: &Filter, module: &Module) -> Option<bool> {
    let columns = own_columns(module);
    let mut columns = conjuncts(filter).into_iter().flat_map(|part| asked_for(part, &columns)).peekable();
    columns.peek()?;
    Some(columns.all(|column| begins_index(module, &column)))
}

/// The columns in which a filter asks for parts, none where that is not enough to tell.
fn asked_for(filter: &Filter, columns: &[String]) -> Vec<String> {
    match filter {
        Filter::All(parts) => parts.iter().flat_map(|part| asked_for(part, columns)).collect(),
        Filter::Any(parts) => {
            let of_each: Vec<_> = parts.iter().map(|part| asked_for(part, columns)).collect();
            if of_each.iter().any(Vec::is_empty) { Vec::new() } else { of_each.concat() }
        }
        Filter::Not(_) => Vec::new(),
        Filter::Test(test) => column_of_text(test, columns).into_iter().collect(),
    }
}

/// The column in which a test looks for a part of a text, or for a whole one, without an index of the text that leads there.
fn column_of_text(test: &Test, columns: &[String]) -> Option<String> {
    let leaf = test.path.leaf().filter(|leaf| test.path.via.is_empty() && leaf.is_column())?;
    let column = Some(column_of(leaf)).filter(|column| columns.contains(column))?;
    let is_part = match test.op {
        Op::Contains | Op::EndsWith => true,
        Op::StartsWith | Op::In => !begins_index(&test.path.module, &column),
        _ => false,
    };
    is_part.then_some(column)
}

/// What is known of a filter, as it is read.
struct Reader<'v> {
    columns: Vec<String>,
    vocabulary: &'v Vocabulary,
    /// Parts that were looked for.
    parts: usize,
    /// Words that the index is asked for.
    asked: usize,
}

impl Reader<'_> {
    fn of(&mut self, filter: &Filter) -> Option<Parts> {
        match filter {
            Filter::All(parts) => all(parts.iter().map(|part| self.of(part))),
            Filter::Any(parts) => any(parts.iter().map(|part| self.of(part))),
            Filter::Not(_) => None,
            Filter::Test(test) => {
                column_of_text(test, &self.columns)?;
                let of_operand =
                    |operand: &Value| all(of_text(operand.as_str()?, test.op).map(|part| self.words(part)));
                any(test.operands.iter().map(of_operand))
            }
        }
    }

    /// The words that have a part.
    fn words(&mut self, part: Part<'_>) -> Option<Parts> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return None;
        }
        let words = self.vocabulary.with(part, WORDS_MAX.min(ASKED_MAX - self.asked))?;
        self.asked += words.len();
        any(words.iter().map(|word| Some(Parts::Matching(quoted(word)))))
    }
}

/// What is known of some conditions that must all be true: what any of them tells.
fn all(parts: impl Iterator<Item = Option<Parts>>) -> Option<Parts> {
    let mut matching = Vec::new();
    for part in parts.flatten() {
        match part {
            Parts::None => return Some(Parts::None),
            Parts::Matching(expression) => matching.push(expression),
        }
    }
    (!matching.is_empty()).then(|| Parts::Matching(matching.join(" AND ")))
}

/// What is known of some conditions of which one must be true: nothing, unless each of them tells something.
fn any(parts: impl Iterator<Item = Option<Parts>>) -> Option<Parts> {
    let mut matching = Vec::new();
    for part in parts {
        if let Parts::Matching(expression) = part? {
            matching.push(expression);
        }
    }
    Some(if matching.is_empty() {
        Parts::None
    } else {
        Parts::Matching(format!("({})", matching.join(" OR ")))
    })
}

/// The words of a part of a text. Its first and its last may go on where it does.
fn of_text(text: &str, op: Op) -> impl Iterator<Item = Part<'_>> {
    let (is_open_before, is_open_behind) =
        (matches!(op, Op::Contains | Op::EndsWith), matches!(op, Op::Contains | Op::StartsWith));
    let is_word = |c: Option<char>| c.is_some_and(model::is_of_word);
    let mut words = model::words(text).peekable();
    let mut goes_on_before = is_open_before && is_word(text.chars().next());
    let goes_on_behind = is_open_behind && is_word(text.chars().next_back());
    std::iter::from_fn(move || {
        let word = words.next()?;
        let begins = !std::mem::take(&mut goes_on_before);
        Some(Part { word, begins, ends: !goes_on_behind || words.peek().is_some() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, op: Op) -> Vec<String> {
        let mark = |closed: bool| if closed { "" } else { "~" };
        of_text(text, op)
            .map(|part| format!("{}{}{}", mark(part.begins), part.word, mark(part.ends)))
            .collect()
    }

    #[test]
    fn the_first_and_the_last_word_may_go_on() {
        assert_eq!(parts("ash on st", Op::Contains), ["~ash", "on", "st~"]);
        assert_eq!(parts("ash on st", Op::StartsWith), ["ash", "on", "st~"]);
        assert_eq!(parts("ash on st", Op::EndsWith), ["~ash", "on", "st"]);
        assert_eq!(parts("ash on st", Op::In), ["ash", "on", "st"]);
        assert_eq!(parts("ash", Op::Contains), ["~ash~"]);
        assert_eq!(parts("(ash) ", Op::Contains), ["ash"]);
        assert_eq!(parts("-ash", Op::Contains), ["ash~"]);
        assert_eq!(parts("...", Op::Contains), [""; 0]);
    }

    #[test]
    fn what_one_condition_tells_is_enough_of_all_and_not_of_any() {
        let matching = |text: &str| Some(Parts::Matching(text.to_owned()));
        assert_eq!(all([None, matching("a"), matching("b")].into_iter()), matching("a AND b"));
        assert_eq!(all([matching("a"), Some(Parts::None)].into_iter()), Some(Parts::None));
        assert_eq!(all([None, None].into_iter()), None);
        assert_eq!(any([None, matching("a")].into_iter()), None);
        assert_eq!(any([matching("b"), Some(Parts::None), matching("a")].into_iter()), matching("(b OR a)"));
        assert_eq!(any([Some(Parts::None)].into_iter()), Some(Parts::None));
    }

    #[test]
    fn one_filter_asks_for_a_bounded_number_of_words() {
        let vocabulary = Vocabulary::default();
        let text: String = (0..60).map(|i| format!("a{i} b{i} c{i} d{i} e{i} ")).collect();
        vocabulary.learn(std::iter::once((1, text.as_str())));
        let mut reader = Reader { columns: Vec::new(), vocabulary: &vocabulary, parts: 0, asked: 0 };
        let mut words = |word| reader.words(Part { word, begins: true, ends: false }).is_some();
        assert_eq!(["a", "b", "c", "d", "e", "e1"].map(&mut words), [true, true, true, true, false, true]);
        assert!((6..16).all(|_| words("nothing")), "so many parts");
        assert!(!words("nothing"), "and no more");
    }
}
