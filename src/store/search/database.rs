//! Searching a database from the command line, while a server may use it.

use std::path::Path;

use rusqlite::Connection;

use super::{Budget, Hit, SearchIn, search};
use crate::{
    error::Error,
    model::{ConversationId, Message, UsernameKey},
    search::Query,
    store::{engine::OpenError, files::open_present, users},
};

/// A message that was found, and where it is.
#[derive(Debug)]
pub struct Listed {
    pub message: Message,
    /// The name of the room, or the usernames of the two.
    pub place: String,
}

/// Searches everything, or what one user may see, for the newest `limit` messages. None if there is no such user.
///
/// # Errors
/// [`OpenError`] if the database can't be read.
pub fn search_database(
    database: &Path,
    query: Query,
    user: Option<&str>,
    limit: usize,
) -> Result<Option<Vec<Listed>>, OpenError> {
    let in_context = |error: rusqlite::Error| OpenError::from_sqlite(database, &error);
    let connection = open_present(database)?;
    let snapshot = connection.unchecked_transaction().map_err(in_context)?;
    let place = match user {
        None => SearchIn::Everything,
        Some(name) => {
            let user = users::find(&snapshot, &UsernameKey::new(name)).map_err(in_context)?;
            match user {
                Some(user) => SearchIn::Visible(user.id, None),
                None => return Ok(None),
            }
        }
    };
    let failed = |error: Error| OpenError::unusable(database, &error);
    let found = search(&snapshot, query, place, None, limit, Budget::Unlimited).map_err(failed)?;
    let found = found.ok_or_else(|| {
        let why = "the search index is damaged; start a server on it, which builds it anew";
        OpenError::unusable(database, &why)
    })?;
    let listed = found.hits.into_iter().map(|Hit { message, .. }| {
        let place = name_of(&snapshot, message.conversation_id)?;
        Ok(Listed { message, place })
    });
    let listed = listed
        .collect::<rusqlite::Result<_>>()
        .map_err(in_context)?;
    Ok(Some(listed))
}

fn name_of(connection: &Connection, id: ConversationId) -> rusqlite::Result<String> {
    connection
        .prepare_cached(
            "SELECT coalesce(c.name, l.username || ', ' || h.username) FROM conversations c
             LEFT JOIN users l ON l.id = c.low_user LEFT JOIN users h ON h.id = c.high_user
             WHERE c.id = ?1",
        )?
        .query_row([id.0], |row| row.get(0))
}
