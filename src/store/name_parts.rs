//! Finding people by their names: the index of display names, and the search in it and in usernames.

use rusqlite::Connection;

use super::{handle::Store, users};
use crate::{
    error::Result,
    model::{User, UserId, name_key, name_parts},
};

/// The most results of a search.
const LIMIT: usize = 5;

/// What both searches have in common. `?1` is the key and `?2` the caller. U+10FFFF is in no name and sorts after all
/// characters that are.
fn select(from: &str, key: &str) -> String {
    format!(
        "SELECT {} FROM {from} WHERE {key} >= ?1 AND {key} < ?1 || char(0x10ffff) AND u.id <> ?2
         AND u.disabled_at IS NULL ORDER BY {key}",
        users::columns("u"),
    )
}

impl Store {
    /// Up to five users whose username or a word of whose display name starts with `text`, ignoring case, without the
    /// caller. Those with the username come first.
    pub async fn search_users(&self, caller: UserId, text: &str) -> Result<Vec<User>> {
        let key = name_key(text);
        self.read(move |connection| {
            let mut found: Vec<User> = Vec::new();
            // Rows are read one by one, so a short text doesn't read everybody.
            for (from, column) in [
                ("users u", "u.username_key"),
                (
                    "name_parts n CROSS JOIN users u ON u.id = n.user_id",
                    "n.part",
                ),
            ] {
                let mut statement = connection.prepare_cached(&select(from, column))?;
                let users =
                    statement.query_map((&key, caller.0), |row| users::from_row(row, "u"))?;
                for user in users {
                    let user = user?;
                    // Several words of a name may start alike.
                    if found.iter().all(|known| known.id != user.id) {
                        found.push(user);
                    }
                    if found.len() == LIMIT {
                        return Ok(found);
                    }
                }
            }
            Ok(found)
        })
        .await
    }
}

/// Fills the index from the display names.
pub(super) fn fill(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT id, display_name FROM users WHERE display_name IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get("display_name")?;
        set(connection, UserId(row.get("id")?), Some(&name))?;
    }
    Ok(())
}

/// Replaces the parts of a user's display name.
pub(super) fn set(
    connection: &Connection,
    user: UserId,
    name: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM name_parts WHERE user_id = ?1")?
        .execute([user.0])?;
    for part in name.map(name_parts).unwrap_or_default() {
        connection
            .prepare_cached(
                "INSERT INTO name_parts (part, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute((part, user.0))?;
    }
    Ok(())
}
