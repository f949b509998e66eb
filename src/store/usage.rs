//! How much is stored, by whom and where, and how much space is left.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rusqlite::{Connection, types::FromSql};

use super::{admin_settings::IS_KNOWN_ROOM, handle::Store, users};
use crate::{
    error::{Error, Result},
    metrics::FileStats,
    model::{
        ConversationId, Sent, SentBy, SentFiles, SentIn, UserId,
        limits::{RESERVE_BYTES, RESERVE_PART},
    },
    platform,
};

/// Bytes of the disk that stay free for everything that isn't a file or a backup.
pub(super) const RESERVE: u64 = 64 * 1024 * 1024;
/// How long it is taken for granted that there is space. That there is again is noticed at once.
const KNOWN_FOR: Duration = Duration::from_millis(500);
/// How many people, and how many rooms, are listed.
const LISTED: usize = 100;
/// What everybody has sent and is sending: a row for each time, also if it is the same file.
const SENT: &str =
    "(SELECT user_id, file_id FROM attachments UNION ALL SELECT user_id, file_id FROM uploads)";

/// When more than the reserve of the disk was last seen to be left.
#[derive(Debug, Default)]
pub(super) struct Reserve(Mutex<Option<Instant>>);

/// Stored rows and free space.
#[derive(Clone, Copy, Debug)]
pub struct StorageUsage {
    /// People and bots, including disabled ones.
    pub users: i64,
    /// All messages, including deleted and system messages.
    pub messages: i64,
    /// Bytes of the files that people have sent.
    pub file_bytes: u64,
    /// Free bytes on the database's file system, if the operating system tells.
    pub free_bytes: Option<u64>,
}

impl Store {
    /// Counts all rows, so its time grows with the database.
    pub async fn usage(&self) -> Result<StorageUsage> {
        let path = self.path().to_owned();
        self.read(move |connection| {
            Ok(StorageUsage {
                users: count(connection, "users WHERE deleted_at IS NULL")?,
                messages: count(connection, "messages")?,
                file_bytes: file_bytes(connection)?,
                free_bytes: free_bytes(&path),
            })
        })
        .await
    }

    /// Counts files and uploads, but reads none of what is in them.
    pub async fn file_stats(&self) -> Result<FileStats> {
        self.read(|connection| {
            Ok(FileStats {
                files: count(connection, "files")?,
                bytes: file_bytes(connection)?,
                uploads: count(connection, "uploads")?,
            })
        })
        .await
    }

    /// Free bytes on the database's file system, if the operating system tells.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        free_bytes(self.path())
    }

    /// Checks that there is more space on the disk than what is reserved for signing in, and for what makes room.
    ///
    /// # Errors
    /// [`Error::StorageFull`].
    pub fn require_room(&self) -> Result<()> {
        let mut seen = self.disk_reserve().0.lock();
        if seen.is_some_and(|when| when.elapsed() < KNOWN_FOR) {
            return Ok(());
        }
        if !is_room_left(self.path()) {
            return Err(Error::StorageFull);
        }
        *seen = Some(Instant::now());
        Ok(())
    }

    /// Who has sent files, and where, as `caller` may see it. It reads a row for each file that was sent, and none of
    /// what is in them.
    pub async fn sent_files(&self, caller: UserId) -> Result<SentFiles> {
        self.read(move |connection| {
            let mut sent = SentFiles {
                users: sent_by(connection)?,
                ..SentFiles::default()
            };
            add_conversations(connection, caller, &mut sent)?;
            Ok(sent)
        })
        .await
    }
}

fn count<T: FromSql>(connection: &Connection, of: &str) -> rusqlite::Result<T> {
    connection
        .prepare_cached(&format!("SELECT count(*) FROM {of}"))?
        .query_row([], |row| row.get(0))
}

fn sent_by(connection: &Connection) -> rusqlite::Result<Vec<SentBy>> {
    let columns = users::columns("u");
    connection
        .prepare_cached(&format!(
            "SELECT {columns}, sum(f.size) AS bytes, count(*) AS files FROM {SENT} sent
             JOIN files f ON f.id = sent.file_id JOIN users u ON u.id = sent.user_id
             GROUP BY u.id ORDER BY bytes DESC, u.id LIMIT ?1"
        ))?
        .query_map([LISTED], |row| {
            Ok(SentBy {
                user: users::from_row(row, "u")?,
                sent: Sent {
                    bytes: row.get("bytes")?,
                    files: row.get("files")?,
                },
            })
        })?
        .collect()
}

/// Direct conversations are what two people have between them, and so are rooms that the caller couldn't even find.
/// They only count.
fn add_conversations(
    connection: &Connection,
    caller: UserId,
    to: &mut SentFiles,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT c.id, c.kind = 'room' AS is_room, c.name, {IS_KNOWN_ROOM} AS is_known, sum(f.size) AS bytes,
                count(*) AS files
         FROM attachments a JOIN files f ON f.id = a.file_id JOIN conversations c ON c.id = a.conversation_id
         GROUP BY c.id ORDER BY bytes DESC, c.id"
    ))?;
    let mut rows = statement.query([caller.0])?;
    while let Some(row) = rows.next()? {
        let sent = Sent {
            bytes: row.get("bytes")?,
            files: row.get("files")?,
        };
        if !row.get("is_room")? {
            to.direct += sent;
        } else if !row.get("is_known")? {
            to.other_rooms += sent;
        } else if to.rooms.len() < LISTED {
            to.rooms.push(SentIn {
                id: ConversationId(row.get("id")?),
                name: row.get("name")?,
                sent,
            });
        }
    }
    Ok(())
}

/// Bytes of all files that a user has sent or is sending.
pub(super) fn sent_by_user(connection: &Connection, user: UserId) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(&format!(
            "SELECT coalesce(sum(f.size), 0) FROM {SENT} sent JOIN files f ON f.id = sent.file_id
             WHERE sent.user_id = ?1"
        ))?
        .query_row([user.0], |row| row.get(0))
}

/// Free bytes on the file system of `path`, if the operating system tells.
pub(super) fn free_bytes(path: &Path) -> Option<u64> {
    platform::disk_space(path).map(|disk| disk.free)
}

/// Whether there is more than the reserve. If the operating system doesn’t tell, there is.
fn is_room_left(path: &Path) -> bool {
    platform::disk_space(path)
        .is_none_or(|disk| disk.free > RESERVE_BYTES.min(disk.all / RESERVE_PART))
}

/// Bytes of all files, including those that aren’t complete yet.
pub(super) fn file_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(sum(size), 0) FROM files")?
        .query_row([], |row| row.get(0))
}
