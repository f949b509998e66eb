//! How far each follower has come: the rows of `followers`.

use rusqlite::{Connection, OptionalExtension};

use crate::model::EventId;

/// The position of a follower. None if it is new.
pub(super) fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<EventId>> {
    connection
        .prepare_cached("SELECT through_id FROM followers WHERE name = ?1")?
        .query_row([name], |row| row.get(0).map(EventId))
        .optional()
}

/// Records that a follower has processed everything up to `through`.
pub(super) fn set(connection: &Connection, name: &str, through: EventId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO followers (name, through_id) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET through_id = excluded.through_id",
        )?
        .execute((name, through.0))
        .map(drop)
}

/// Forgets the followers whose names fit a pattern (<https://www.sqlite.org/lang_expr.html#glob>). They begin anew.
pub(super) fn forget(connection: &Connection, pattern: &str) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM followers WHERE name GLOB ?1", [pattern])
        .map(drop)
}
