//! A bounded queue between async callers and threads of our own.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Many callers push without blocking, one or more threads wait for items.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    bound: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
    /// Threads that sleep. A wake-up is a system call even when nobody sleeps, so it is made only when needed.
    sleepers: usize,
    /// How many items must be there before a sleeper is woken.
    wake_at: usize,
}

/// Why an item was not taken in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

impl<T> Queue<T> {
    pub fn new(bound: usize) -> Self {
        let state = State { items: VecDeque::new(), closed: false, sleepers: 0, wake_at: 1 };
        Self { state: Mutex::new(state), arrived: Condvar::new(), bound }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // The state is consistent after every line, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.items.len() >= self.bound {
            return Err(Refused::Full);
        }
        state.items.push_back(item);
        let wake = state.sleepers > 0 && state.items.len() >= state.wake_at;
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for an item. `None` once the queue is closed and empty.
    pub fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state.sleepers += 1;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
    }

    /// Waits for items and moves at most `most` of them to `into`. With fewer than `hoped` there, it lingers while
    /// more keep arriving: each `gap` must bring one, and all together may take `patience`. For one thread only.
    /// `false` once the queue is closed and empty.
    pub fn pop_many(
        &self,
        into: &mut Vec<T>,
        most: usize,
        hoped: usize,
        gap: Duration,
        patience: Duration,
    ) -> bool {
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.closed {
                return false;
            }
            state.sleepers += 1;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
        let hoped = hoped.min(most);
        if state.items.len() < hoped && !state.closed {
            let since = Instant::now();
            state.wake_at = hoped;
            loop {
                let before = state.items.len();
                state.sleepers += 1;
                state = self.arrived.wait_timeout(state, gap).unwrap_or_else(PoisonError::into_inner).0;
                state.sleepers -= 1;
                let now = state.items.len();
                if now >= hoped || now == before || state.closed || since.elapsed() >= patience {
                    break;
                }
            }
            state.wake_at = 1;
        }
        let count = state.items.len().min(most);
        into.extend(state.items.drain(..count));
        true
    }

    /// Takes nothing in any more. What is inside is still handed out.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Takes nothing in any more, and drops what is inside.
    pub fn abandon(&self) {
        let items = {
            let mut state = self.lock();
            state.closed = true;
            std::mem::take(&mut state.items)
        };
        drop(items);
        self.arrived.notify_all();
    }

    pub fn len(&self) -> usize {
        self.lock().items.len()
    }
}
