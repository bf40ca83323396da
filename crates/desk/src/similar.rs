//! What was solved before and is like what somebody is about to report. Found among the requests that they may see, by
//! the texts that they may read, so that nothing is learnt from it that they could not look up.

use crate::context::{Access, Context, View};
use crate::records::{ListAsk, Place};
use crate::requests::statuses;
use crate::{Desk, DeskError};
use model::filter::{equals, test};
use model::{Filter, Op, Path, Record, SortKey, fold, plain_text};
use std::collections::HashSet;

/// So many of the newest are looked at where somebody sees few requests.
const NEWEST: u64 = 300;
/// So many hits of each word are looked at where somebody sees many.
const HITS: u64 = 40;
/// So many words of a text are looked for: the longest, which say most.
const WORDS_MAX: usize = 6;
/// Letters of a word that says something.
const LETTERS_MIN: usize = 3;

/// Words that are in every report and say nothing, in the languages of the pages.
const COMMON: [&str; 96] = [
    "the", "and", "for", "not", "with", "that", "this", "have", "has", "had", "was", "were", "are", "can",
    "cannot", "cant", "does", "doesn", "don", "did", "will", "would", "could", "please", "need", "needs",
    "want", "help", "hello", "thanks", "thank", "you", "your", "our", "from", "when", "where", "what",
    "which", "there", "since", "after", "before", "about", "into", "any", "all", "but", "get", "got", "how",
    "why", "der", "die", "das", "und", "ist", "ein", "eine", "einen", "einem", "mein", "meine", "meinem",
    "meinen", "nicht", "kein", "keine", "mehr", "mit", "für", "auf", "aus", "von", "vom", "bei", "beim",
    "zum", "zur", "ich", "wir", "sie", "kann", "bitte", "habe", "hat", "seit", "wird", "wenn", "dass",
    "hallo", "danke", "noch", "auch", "sich", "brauche",
];

/// The words of a report by which others are like it.
#[must_use]
pub fn telling_words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words: Vec<String> = Vec::new();
    for word in model::words(&folded) {
        let says = word.chars().count() >= LETTERS_MIN && !COMMON.contains(&word);
        if says && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(WORDS_MAX);
    words
}

impl Desk {
    /// Solved requests with a resolution that are like a text, the likest first.
    ///
    /// # Errors
    /// When the caller may not read requests, or the database does not answer in time.
    pub async fn similar_solved(
        &self,
        ctx: &Context,
        text: &str,
        limit: usize,
    ) -> Result<Vec<Record>, DeskError> {
        let words = telling_words(text);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = self.snapshot();
        let place = Place::top(snapshot.module("request")?.clone());
        let solved = snapshot.rows("status").iter();
        let solved = solved.filter(|s| !s.is("in_progress") && s.id() != statuses::CANCELLED);
        let solved = equals(&place.module, "status", solved.map(|s| s.id().into()).collect());
        let told = test(&place.module, "resolution.content", Op::Empty, Vec::new()).negate();
        let found = self.candidates(ctx, &place, solved.and(told), &words).await?;
        Ok(likest(found, &words, limit))
    }

    async fn candidates(
        &self,
        ctx: &Context,
        place: &Place,
        filter: Filter,
        words: &[String],
    ) -> Result<Vec<Record>, DeskError> {
        let sees_few = ctx.caller.access == Access::Requester
            && matches!(ctx.caller.view, View::Own | View::Department(_));
        let mut ask = ListAsk::new(filter, if sees_few { NEWEST } else { HITS });
        ask.slots = ["subject", "description", "resolution.content", "created_time", "requester"]
            .iter()
            .filter_map(|path| place.module.slot(path))
            .collect();
        if sees_few {
            ask.sort = Path::of(&place.module, "created_time")
                .map(|path| SortKey { path, descending: true })
                .into_iter()
                .collect();
            return Ok(self.list(ctx, place, ask).await?.records);
        }
        let mut found: Vec<Record> = Vec::new();
        let mut known = HashSet::new();
        for word in words {
            let ask = ListAsk { words: vec![word.clone()], ..ask.clone() };
            let hits = self.list(ctx, place, ask).await?.records;
            found.extend(hits.into_iter().filter(|hit| known.insert(hit.id())));
        }
        Ok(found)
    }
}

/// The records that have most of the words, rarer words counting more, words of the subject most of all.
fn likest(records: Vec<Record>, words: &[String], limit: usize) -> Vec<Record> {
    // Which words are in the subject of each, and which in its other texts.
    let seen: Vec<(Vec<bool>, Vec<bool>)> = records
        .iter()
        .map(|record| {
            let text = |path: &str| fold(&plain_text(record.text(path).unwrap_or_default()));
            let (subject, rest) = (text("subject"), text("description") + " " + &text("resolution.content"));
            (has(&subject, words), has(&rest, words))
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "some hundred at most")]
    let weight = |at: usize| {
        let is_in = |flags: &[bool]| flags.get(at).copied().unwrap_or(false);
        let with = seen.iter().filter(|(subject, rest)| is_in(subject) || is_in(rest)).count();
        (1.0 + seen.len() as f64 / with.max(1) as f64).ln()
    };
    let weights: Vec<f64> = (0..words.len()).map(weight).collect();
    let wanted = words.len().min(2);
    let mut scored: Vec<(f64, Record)> = Vec::new();
    for (record, (subject, rest)) in records.into_iter().zip(&seen) {
        let (mut score, mut hits) = (0.0, 0);
        for ((in_subject, in_rest), weight) in subject.iter().zip(rest).zip(&weights) {
            hits += usize::from(*in_subject || *in_rest);
            score += weight * if *in_subject { 3.0 } else { f64::from(u8::from(*in_rest)) };
        }
        if hits >= wanted {
            scored.push((score, record));
        }
    }
    scored.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(other.id().cmp(&one.id())));
    scored.into_iter().take(limit).map(|(_, record)| record).collect()
}

fn has(text: &str, words: &[String]) -> Vec<bool> {
    let tokens: Vec<&str> = model::words(text).collect();
    words.iter().map(|word| tokens.iter().any(|token| is_alike(word, token))).collect()
}

/// Whether two words are forms of one: the one begins with the other, or they share most of their letters from the
/// beginning on.
fn is_alike(word: &str, token: &str) -> bool {
    let common = word.chars().zip(token.chars()).take_while(|(a, b)| a == b).count();
    let (short, long) = {
        let (a, b) = (word.chars().count(), token.chars().count());
        (a.min(b), a.max(b))
    };
    common == short && short >= LETTERS_MIN.min(word.chars().count()) && short * 2 >= long
        || common >= 5 && common * 5 >= long * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_nothing_are_left_out() {
        assert_eq!(
            telling_words("Hello, my printer does not print since Monday!"),
            ["printer", "monday", "print"]
        );
        assert_eq!(
            telling_words("Bitte helfen: der Drucker druckt nicht mehr"),
            ["drucker", "helfen", "druckt"]
        );
        assert!(telling_words("I can not do this").is_empty());
    }

    #[test]
    fn forms_of_a_word_are_alike() {
        for (one, other, expected) in [
            ("printer", "printers", true),
            ("printing", "printer", true),
            ("print", "printer", true),
            ("mail", "mailbox", true),
            ("vpn", "vpn", true),
            ("vpn", "vpnclientconnection", false),
            ("monitor", "monday", false),
            ("password", "passport", false),
        ] {
            assert_eq!(is_alike(one, other), expected, "{one} {other}");
        }
    }
}
