//! What has been made once, for all who ask for it.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What has been made once, by name. Two that ask for the same at the same time may both make it, and
/// get the same: no lock is held meanwhile, for what is made may be made on all cores.
#[derive(Debug)]
pub(super) struct Kept<K, T>(Mutex<BTreeMap<K, Arc<T>>>);

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, T> Kept<K, T> {
    fn all(&self) -> MutexGuard<'_, BTreeMap<K, Arc<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept under a key.
    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<Arc<T>>
    where
        K: Borrow<Q>,
    {
        self.all().get(key).map(Arc::clone)
    }

    /// Keeps what has been made, unless another was quicker; what is kept then.
    pub(super) fn keep(&self, key: K, made: T) -> Arc<T> {
        self.share(key, Arc::new(made))
    }

    /// As [`Kept::keep`], for what is shared already.
    pub(super) fn share(&self, key: K, made: Arc<T>) -> Arc<T> {
        Arc::clone(self.all().entry(key).or_insert(made))
    }
}
