//! Searching messages: an index of their words, and the searches in it.
//!
//! | where | what |
//! | --- | --- |
//! | `index` | what the index has of a message; filling it, and keeping it in step |
//! | `wanted` | what a search asks for: a test of messages, and expressions for the index |
//! | `walk` | the way through the messages, within a limited time |
//! | `database` | searching a database from the command line |
//!
//! The words of a text, and the meaning of a query, are in [`crate::search`].

mod database;
mod index;
mod walk;
mod wanted;

use rusqlite::Connection;

pub use self::{
    database::{Listed, search_database},
    index::{TABLES, rebuild, remove, replace},
    wanted::SearchIn,
};
use self::{
    walk::{Budget, Walk},
    wanted::Wanted,
};
use super::{handle::Store, messages};
use crate::{
    error::{Error, Result},
    model::{Message, MessageId},
    search::{Query, Range},
};

/// A message that was found.
#[derive(Debug)]
pub struct Hit {
    pub message: Message,
    /// The parts of its content that match, in order.
    pub matches: Vec<Range>,
}

/// What a search has found so far.
#[derive(Debug)]
pub struct Found {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Where to go on. None if there is no more. It may be there without any hit: then there wasn't time to find one.
    pub before: Option<MessageId>,
}

impl Store {
    /// Searches the messages before `before` for up to `limit`. It takes at most some 20 ms of a processor, and then tells
    /// where to go on.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation to search.
    pub async fn search(
        &self,
        query: Query,
        place: SearchIn,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Found> {
        // Searches take their time from those who send, so they take turns.
        let turn = self.searches().acquire_owned().await;
        let _turn = turn.map_err(|_| Error::Stopping)?;
        let limit = limit as usize;
        let search = |query: Query| {
            let budget = Budget::Limited;
            self.read(move |connection| search(connection, query, place, before, limit, budget))
        };
        if let Some(found) = search(query.clone()).await? {
            return Ok(found);
        }
        self.rebuild_index().await?;
        search(query).await?.ok_or(Error::Internal)
    }
}

/// Searches for up to `limit` messages. None if the index is damaged.
fn search(
    connection: &Connection,
    query: Query,
    place: SearchIn,
    before: Option<MessageId>,
    limit: usize,
    budget: Budget,
) -> Result<Option<Found>> {
    let nothing = Found {
        hits: Vec::new(),
        before: None,
    };
    let Some(wanted) = Wanted::new(connection, query, place)? else {
        return Ok(Some(nothing));
    };
    // One more tells whether there are more.
    let mut walk = Walk::new(connection, &wanted, before, limit + 1, budget)?;
    let is_all = match walk.go() {
        Err(error) if index::is_damage(&error) => return Ok(None),
        done => done?,
    };
    let Walk {
        mut found, before, ..
    } = walk;
    let mut before = (!is_all).then_some(before);
    if found.len() > limit {
        found.truncate(limit);
        before = found.last().map(|(id, _)| *id);
    }
    let hits = found.into_iter().map(|(id, matches)| {
        let message = match place {
            SearchIn::Visible(caller, _) => messages::visible(connection, id, caller)?.0,
            SearchIn::Everything => messages::by_id(connection, id, None)?,
        };
        Ok(Hit { message, matches })
    });
    let hits = hits.collect::<Result<_>>()?;
    Ok(Some(Found { hits, before }))
}
