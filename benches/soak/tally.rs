//! What is counted for the summary.

use std::cell::{Cell, RefCell};

use crate::connection::Transport;

/// Counts of what has been done to the server and what came of it.
#[derive(Default)]
pub struct Tally {
    pub sends: Cell<u64>,
    pub deeds: Cell<u64>,
    /// Requests that had to be made again.
    pub repeats: Cell<u64>,
    pub hostile: Cell<u64>,
    pub events: Cell<u64>,
    /// Connections to feeds: server-sent events, WebSockets, long polls.
    pub connections: [Cell<u64>; 3],
    pub lives: Cell<u64>,
    /// By kind, in the order of their first time.
    pub faults: RefCell<Vec<(&'static str, u64)>>,
}

/// One more.
pub fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

impl Tally {
    pub fn connected(&self, transport: Transport) {
        count(&self.connections[transport as usize]);
    }

    pub fn fault(&self, kind: &'static str) {
        let mut faults = self.faults.borrow_mut();
        match faults.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, times)) => *times += 1,
            None => faults.push((kind, 1)),
        }
    }
}
