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

/// How many items to take at once, and how long to wait for more of them.
pub(super) struct Linger {
    /// As many at most.
    pub most: usize,
    /// With fewer than so many there, the taker lingers while more keep arriving …
    pub hoped: usize,
    /// … each within this time of the one before …
    pub gap: Duration,
    /// … and all together within this.
    pub patience: Duration,
}

/// What [`Queue::pop_many`] came back for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Popped {
    /// There are items.
    Items,
    /// None came.
    Idle,
    /// The queue is closed and empty.
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

    /// Waits for items and moves them to `into`: see [`Linger`]. `Idle` when none came for the time in `idle`. For one
    /// thread only.
    pub fn pop_many(&self, into: &mut Vec<T>, idle: Option<Duration>, linger: &Linger) -> Popped {
        let Linger { most, hoped, gap, patience } = *linger;
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.closed {
                return Popped::Closed;
            }
            state.sleepers += 1;
            let (woken, is_idle) = match idle {
                None => (self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner), false),
                Some(idle) => {
                    let (woken, waited) =
                        self.arrived.wait_timeout(state, idle).unwrap_or_else(PoisonError::into_inner);
                    (woken, waited.timed_out())
                }
            };
            state = woken;
            state.sleepers -= 1;
            if is_idle && state.items.is_empty() && !state.closed {
                return Popped::Idle;
            }
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
        Popped::Items
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
