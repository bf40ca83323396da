//! Full-text search for requesters.
//!
//! The search document of a request holds the words of all its notes. A requester must not learn from a hit what a
//! note says that is not shown to them, so each hit of theirs is confirmed by the texts that they may read.

use crate::context::{Access, Context};
use crate::records::Page;
use crate::{Desk, DeskError};
use model::filter::equals;
use model::{Id, Module, Record, Value, fold, plain_text};
use std::collections::HashMap;
use store::Query;

/// Hits that are confirmed at once.
const BATCH: u64 = 100;
/// Hits that one search looks at; requesters see few requests, those who may see all rarely ask for less.
const HITS_MAX: u64 = 10_000;
/// Notes of one batch of hits.
const NOTES_MAX: u64 = 10_000;

/// Whether a search of this module must be confirmed for the caller.
pub(crate) fn is_confirmed(ctx: &Context, module: &Module, words: &[String]) -> bool {
    ctx.caller.access == Access::Requester && module.name == "request" && !words.is_empty()
}

/// Whether each word is in one of the texts, as a whole word or the beginning of one.
#[must_use]
pub fn has_words<'a>(texts: impl IntoIterator<Item = &'a str>, words: &[String]) -> bool {
    let mut missing: Vec<&String> = words.iter().collect();
    for text in texts {
        let folded = fold(&plain_text(text));
        let spoken: Vec<&str> = model::words(&folded).collect();
        missing.retain(|word| !spoken.iter().any(|s| s.starts_with(word.as_str())));
    }
    missing.is_empty()
}

fn own_texts(request: &Record) -> impl Iterator<Item = &str> {
    let leaves = request.module.leaves().iter().enumerate().filter(|(_, l)| l.field.full_text);
    leaves.filter_map(|(slot, _)| request.at(slot).as_str())
}

impl Desk {
    /// The page of a query's hits that the caller's own eyes would confirm.
    pub(crate) async fn confirmed(
        &self,
        mut query: Query,
        limit: u64,
        count: bool,
    ) -> Result<Page, DeskError> {
        let (offset, words) = (query.offset, query.words.clone());
        // All of a request: its texts are wanted whatever the answer shows.
        query.slots = Vec::new();
        query.limit = BATCH;
        query.offset = 0;
        let mut found = 0;
        let mut page = Page { records: Vec::new(), has_more: false, total: None };
        while query.offset < HITS_MAX {
            let hits = self.store.list(&query).await?;
            let is_last = (hits.len() as u64) < BATCH;
            let notes = self.notes_shown(&hits).await?;
            for hit in hits {
                let shown = notes.get(&hit.id()).into_iter().flatten().map(String::as_str);
                if !has_words(own_texts(&hit).chain(shown), &words) {
                    continue;
                }
                found += 1;
                if found > offset + limit {
                    page.has_more = true;
                } else if found > offset {
                    page.records.push(hit);
                }
            }
            if is_last || (page.has_more && !count) {
                break;
            }
            query.offset += BATCH;
        }
        page.total = count.then_some(found);
        Ok(page)
    }

    /// The notes on requests that requesters may read, by request.
    async fn notes_shown(&self, requests: &[Record]) -> Result<HashMap<Id, Vec<String>>, DeskError> {
        let snapshot = self.snapshot();
        let module = snapshot.module("request_note")?;
        let ids: Vec<Value> = requests.iter().map(|r| r.id().into()).collect();
        let mut notes: HashMap<Id, Vec<String>> = HashMap::new();
        if ids.is_empty() {
            return Ok(notes);
        }
        let shown =
            equals(module, "request", ids).and(equals(module, "show_to_requester", vec![true.into()]));
        for note in self.store.list(&Query::new(module.clone(), shown, NOTES_MAX)).await? {
            if let (Some(request), Some(text)) = (note.reference("request"), note.text("description")) {
                notes.entry(request).or_default().push(text.to_owned());
            }
        }
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::has_words;

    #[test]
    fn words_are_looked_for_in_all_texts_together() {
        let check = |texts: &[&str], words: &[&str], expected: bool| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            assert_eq!(has_words(texts.iter().copied(), &words), expected, "{texts:?} {words:?}");
        };
        check(&["The <b>Printer</b> smokes", "in the cellar"], &["print", "cellar"], true);
        check(&["The printer smokes"], &["rinter"], false);
        check(&["The printer"], &["printer", "cellar"], false);
        check(&["Ärger-Fall"], &["fall", "ärg"], true);
        check(&[], &["x"], false);
    }
}
