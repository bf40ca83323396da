//! How many pages may hear at one time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// So many open pages of one session hear; one more ends the oldest.
const PAGES_OF_SESSION_MAX: usize = 8;
/// So many open pages hear at all: other calls must not want for connections.
const PAGES_MAX: usize = 4_000;

/// The pages that hear, by session: each session's in the order in which they were opened.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<HashMap<String, VecDeque<OpenPage>>>);

/// A page's number, and by what it is told to make room.
type OpenPage = (u64, oneshot::Sender<()>);

impl Pages {
    /// Notes a page of a session. `None` where there are too many in all. What comes back resolves when the page has to
    /// make room.
    pub fn open(&self, session: &str, number: u64) -> Option<oneshot::Receiver<()>> {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.values().map(VecDeque::len).sum::<usize>() >= PAGES_MAX {
            return None;
        }
        let own = pages.entry(session.to_owned()).or_default();
        if own.len() >= PAGES_OF_SESSION_MAX {
            own.pop_front();
        }
        let (end, ended) = oneshot::channel();
        own.push_back((number, end));
        Some(ended)
    }

    pub fn close(&self, session: &str, number: u64) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = pages.get_mut(session) {
            own.retain(|(n, _)| *n != number);
            if own.is_empty() {
                pages.remove(session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_so_many_pages() {
        let pages = Pages::default();
        let mut first = pages.open("s", 0).unwrap();
        let mut second = pages.open("s", 1).unwrap();
        let rest: Vec<_> = (2..=PAGES_OF_SESSION_MAX as u64).map(|n| pages.open("s", n).unwrap()).collect();
        assert!(first.try_recv().is_err_and(|e| e == oneshot::error::TryRecvError::Closed));
        assert!(second.try_recv().is_err_and(|e| e == oneshot::error::TryRecvError::Empty));
        for n in 0..=PAGES_OF_SESSION_MAX as u64 {
            pages.close("s", n);
        }
        drop(rest);
        assert!(pages.0.lock().unwrap().is_empty());
        let others: Vec<_> = (0..PAGES_MAX).map(|n| pages.open(&n.to_string(), 0).unwrap()).collect();
        assert!(pages.open("one more", 0).is_none());
        drop(others);
    }
}
