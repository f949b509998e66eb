//! How much room a copy of a database needs, and how much there is for it.

use std::path::Path;

use rusqlite::Connection;

use crate::{
    platform,
    store::usage::{RESERVE, free_bytes},
};

/// The room for a copy.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Bytes that the copy will have.
    pub needed: u64,
    /// Bytes that there are for it, if the operating system tells.
    pub available: Option<u64>,
}

impl Room {
    /// The room in `folder` for a copy of the database in its current state. If a server writes to the database at
    /// `used`, what it needs of the same disk isn't available.
    pub fn of(
        connection: &Connection,
        used: Option<&Path>,
        folder: &Path,
    ) -> rusqlite::Result<Self> {
        let value = |pragma| connection.pragma_query_value(None, pragma, |row| row.get(0));
        let (pages, page_size): (u64, u64) = (value("page_count")?, value("page_size")?);
        let is_shared = used.is_some_and(|used| platform::is_on_same_disk(used, folder));
        let reserve = if is_shared { RESERVE } else { 0 };
        Ok(Self {
            needed: pages * page_size,
            available: free_bytes(folder).map(|free| free.saturating_sub(reserve)),
        })
    }

    /// Whether so many bytes fit. If it isn't known, they may.
    pub fn fits(&self, bytes: u64) -> bool {
        self.available.is_none_or(|available| bytes <= available)
    }
}
