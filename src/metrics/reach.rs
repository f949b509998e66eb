//! What requests have shown about how people reach the server: names that it doesn’t answer to, and TLS that it wasn’t told
//! of. Administrators see it, as they can mend it.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;

/// How many names are kept. Strangers can invent any number.
const NAMES: usize = 20;

#[derive(Debug, Default)]
pub struct Reach {
    refused: Mutex<BTreeSet<String>>,
    tls: AtomicBool,
}

impl Reach {
    /// Records a name that a request was refused for. Returns whether it is new.
    pub fn refused(&self, name: &str) -> bool {
        let mut refused = self.refused.lock();
        refused.len() < NAMES && refused.insert(name.to_owned())
    }

    /// The names that requests were refused for since the server started.
    pub fn refused_names(&self) -> Vec<String> {
        self.refused.lock().iter().cloned().collect()
    }

    /// Records that people reach the server through TLS, though it has no public URL. Returns whether that is new.
    pub fn found_tls(&self) -> bool {
        !self.tls.swap(true, Ordering::Relaxed)
    }

    /// Whether people reach the server through TLS, though it has no public URL.
    pub fn has_tls(&self) -> bool {
        self.tls.load(Ordering::Relaxed)
    }
}
