//! Memory that is used again: what is given back and asked for anew has to be cleared by the system
//! each time, which costs as much as reading a log.

use std::sync::{Arc, Mutex};

/// Things that have been used up, to be filled again.
#[derive(Clone, Debug)]
pub struct Spent<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Spent<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Spent<T> {
    /// Takes a thing back, with its memory; it must be empty.
    pub fn give(&self, thing: T) {
        if let Ok(mut spent) = self.0.lock() {
            spent.push(thing);
        }
    }

    /// A thing to be filled; `None` when all are in use.
    pub fn take(&self) -> Option<T> {
        self.0.lock().ok()?.pop()
    }
}
