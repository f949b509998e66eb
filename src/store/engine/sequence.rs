//! The engine's own table. Its one row has the last number that was used, and the epoch, which identifies this history.

use rusqlite::Connection;

use super::transaction::{Context, Transaction};
use crate::model::EventId;

/// The epoch and the last number.
pub fn read(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached("SELECT epoch, last_id FROM sequence")?
        .query_row([], |row| Ok((row.get("epoch")?, row.get("last_id")?)))
}

/// The last number that was used.
pub fn last_id(connection: &Connection) -> rusqlite::Result<EventId> {
    connection
        .prepare_cached("SELECT last_id FROM sequence")?
        .query_row([], |row| row.get("last_id").map(EventId))
}

pub fn set_last_id(connection: &Connection, last_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE sequence SET last_id = ?1")?
        .execute([last_id])
        .map(drop)
}

/// Creates the row of a new database.
pub fn create(connection: &Connection) -> rusqlite::Result<()> {
    // The epoch is positive, because cursors show it in hexadecimal without a sign.
    connection
        .execute(
            "INSERT INTO sequence (only_row, epoch, last_id, probed_at)
             VALUES (1, random() & 0x7fffffffffffffff, 0, 0)",
            [],
        )
        .map(drop)
}

/// Begins a new epoch. Cursors of the previous one are no longer valid. The file may have an older schema, in which the
/// table was called `clock`.
pub fn begin_epoch(connection: &Connection) -> rusqlite::Result<()> {
    let table = if connection.table_exists(None, "sequence")? {
        "sequence"
    } else {
        "clock"
    };
    let sql = format!("UPDATE {table} SET epoch = random() & 0x7fffffffffffffff");
    connection.execute(&sql, []).map(drop)
}

/// Changes a value, as a test. Writing the same value again would not write anything.
pub fn touch<C: Context>(tx: &Transaction<'_, C>) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("UPDATE sequence SET probed_at = max(?1, probed_at + 1)")?
        .execute([tx.now.0])
        .map(drop)
}
