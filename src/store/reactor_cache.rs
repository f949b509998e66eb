//! Who has reacted to the messages that people react to right now, cached by the writer between batches: a further
//! reaction to a message with thousands of them doesn’t read those again.

use std::{collections::HashMap, sync::Arc};

use crate::model::{MessageId, Reactors};

/// The most cached reactors, 1 MiB. Beyond that the cache is cleared.
const MAX_REACTORS: usize = 65_536;

#[derive(Default)]
pub struct ReactorCache {
    messages: HashMap<MessageId, Arc<Reactors>>,
    reactors: usize,
    /// The messages that the current job has loaded or changed.
    touched: Vec<MessageId>,
}

impl ReactorCache {
    pub fn begin_job(&mut self) {
        self.touched.clear();
    }

    pub fn rollback_job(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            self.forget(id);
        }
    }

    pub fn get(&self, id: MessageId) -> Option<Arc<Reactors>> {
        self.messages.get(&id).cloned()
    }

    pub fn set(&mut self, id: MessageId, reactors: Arc<Reactors>) {
        if self.reactors > MAX_REACTORS {
            *self = Self::default();
        }
        self.reactors += reactors.len();
        self.messages.insert(id, reactors);
        self.touched.push(id);
    }

    /// Changes the reactors of a message, if they are cached.
    pub fn change(&mut self, id: MessageId, change: impl FnOnce(&mut Reactors)) {
        if let Some(mut reactors) = self.forget(id) {
            // Those that were published stay as they are.
            change(Arc::make_mut(&mut reactors));
            self.set(id, reactors);
        }
    }

    pub fn forget(&mut self, id: MessageId) -> Option<Arc<Reactors>> {
        let reactors = self.messages.remove(&id)?;
        self.reactors -= reactors.len();
        Some(reactors)
    }
}
