//! The engine's own table. Its one row has the epoch, which identifies this history, and the last number that was used.
//!
//! Most numbers stand in a row that is written anyway. Where that is the last number, it need not be written a second time,
//! which would be a page of its own. So the engine asks a view, `sequence_end`, which the store defines: it is the last
//! number of the table, or a higher one that the store finds at no cost.

use rusqlite::Connection;

use super::transaction::{Context, Transaction};
use crate::model::EventId;

/// The epoch and the last number.
pub fn read(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached("SELECT epoch, sequence_end.last_id FROM sequence, sequence_end")?
        .query_row([], |row| Ok((row.get("epoch")?, row.get("last_id")?)))
}

/// The last number that was used.
pub fn last_id(connection: &Connection) -> rusqlite::Result<EventId> {
    connection
        .prepare_cached("SELECT last_id FROM sequence_end")?
        .query_row([], |row| row.get("last_id").map(EventId))
}

/// Moves the end of the sequence to `last_id`, unless it is there already.
pub fn set_last_id(connection: &Connection, last_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE sequence SET last_id = ?1 WHERE (SELECT last_id FROM sequence_end) < ?1",
        )?
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
