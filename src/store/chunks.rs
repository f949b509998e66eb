//! Files in pieces: writing, reading, and deleting them in small jobs.
//!
//! A piece is small enough that a send that comes after it waits a few milliseconds. At most one is in a batch, because
//! who writes one holds the [`Lane`]. While others write, there are pauses between pieces.

use std::{
    io,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, time::sleep};

use super::{context::Transaction, handle::Store};
use crate::{
    error::{Error, Result},
    media::{Patch, ReadAt},
};

const NOT_FOUND: Error = Error::NotFound("File");
/// Bytes of a piece. Larger ones aren’t written faster.
pub const PIECE: usize = 256 * 1024;
/// The same, where it is set beside sizes and offsets of files.
pub(super) const CHUNK: u64 = PIECE as u64;
/// How many times as long as a piece has taken the next one waits if others write, too. So these keep most of the writer’s
/// time, however fast files come.
const PAUSE: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// How many pieces are deleted in one job. Each is overwritten with zeros (`secure_delete`).
const DELETED_AT_ONCE: u32 = 2;

/// Identifies a file. It isn’t shown to clients, who could tell from it that others have sent the same file.
pub(super) type FileId = i64;

/// What limits the work for files, so that nobody waits for it who just sends a text.
#[derive(Debug)]
pub(super) struct Lane {
    /// For one piece in the writer’s queue.
    writing: Semaphore,
    /// For one file that is read from its beginning to its end.
    examining: Semaphore,
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            writing: Semaphore::new(1),
            examining: Semaphore::new(1),
        }
    }
}

impl Store {
    /// Writes a piece of a file: [`write`](Self::write), one at a time.
    pub(super) async fn write_chunk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.lane().writing.acquire().await;
        let _turn = turn.map_err(|_| Error::Stopping)?;
        let (begun, before) = (Instant::now(), self.pending_writes());
        let written = self.write(work).await;
        if before + self.pending_writes() > 0 {
            sleep(LONGEST_PAUSE.min(PAUSE * begun.elapsed())).await;
        }
        written
    }

    /// Reads the whole file of an upload: [`read`](Self::read), one at a time.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the upload has been cancelled meanwhile.
    pub(super) async fn examine<T: Send + 'static>(
        &self,
        file: FileId,
        work: impl FnOnce(&StoredFile<'_>) -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.lane().examining.acquire().await;
        let _turn = turn.map_err(|_| Error::Stopping)?;
        self.read(move |connection| {
            let file = StoredFile::open(connection, file)?;
            work(&file).map_err(|error| {
                tracing::error!(%error, "can’t read a stored file");
                Error::Internal
            })
        })
        .await
    }

    /// Deletes the files that nobody refers to. It may be called at any time, and again after a crash.
    pub async fn delete_unused_files(&self) -> Result<()> {
        while self.write_chunk(delete_some).await? {}
        Ok(())
    }
}

/// Inserts a file of `size` bytes without any yet.
pub(super) fn create(connection: &Connection, size: u64) -> rusqlite::Result<FileId> {
    connection
        .prepare_cached("INSERT INTO files (size) VALUES (?1)")?
        .insert([size])
}

/// Adds the piece that begins at `offset`.
pub(super) fn append(
    connection: &Connection,
    file: FileId,
    offset: u64,
    bytes: &[u8],
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO chunks (file_id, place, bytes) VALUES (?1, ?2, ?3)")?
        .execute((file, offset / CHUNK, bytes))
        .map(drop)
}

/// Overwrites bytes of a file. None reach from one piece into the next, as their blocks are parts of pieces.
pub(super) fn overwrite(tx: &mut Transaction<'_>, file: FileId, patch: &Patch) -> Result<()> {
    let row = chunk_row(tx.connection, file, patch.offset / CHUNK)?;
    let row = row.ok_or(NOT_FOUND)?;
    let mut blob = tx
        .connection
        .blob_open("main", "chunks", "bytes", row, false)?;
    let start = usize::try_from(patch.offset % CHUNK).unwrap_or(usize::MAX);
    blob.write_all_at(&patch.bytes, start)?;
    blob.close()?;
    // The log still has what was there.
    tx.scrub();
    Ok(())
}

/// Bytes of a file from `offset` on: up to `length`, fewer at the end of a piece.
pub(super) fn read(
    connection: &Connection,
    file: FileId,
    offset: u64,
    length: usize,
) -> Result<Vec<u8>> {
    let row = chunk_row(connection, file, offset / CHUNK)?;
    let row = row.ok_or(NOT_FOUND)?;
    let blob = connection.blob_open("main", "chunks", "bytes", row, true)?;
    let start = usize::try_from(offset % CHUNK).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length.min(blob.len().saturating_sub(start))];
    blob.read_at_exact(&mut bytes, start)?;
    Ok(bytes)
}

fn chunk_row(connection: &Connection, file: FileId, place: u64) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT rowid FROM chunks WHERE file_id = ?1 AND place = ?2")?
        .query_row((file, place), |row| row.get(0))
        .optional()
}

/// Lets a file go if no upload and no attachment refers to it any more.
pub(super) fn release(connection: &Connection, file: FileId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE files SET hash = NULL WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM uploads WHERE file_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = ?1)",
        )?
        .execute([file])
        .map(drop)
}

/// Deletes a part of a file that nobody refers to. Returns whether there may be more.
fn delete_some(tx: &mut Transaction<'_>) -> Result<bool> {
    let connection = tx.connection;
    let unused: Option<FileId> = connection
        .prepare_cached(
            "SELECT id FROM files f WHERE hash IS NULL
             AND NOT EXISTS (SELECT 1 FROM uploads WHERE file_id = f.id)
             AND NOT EXISTS (SELECT 1 FROM attachments WHERE file_id = f.id)
             LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    let Some(file) = unused else {
        return Ok(false);
    };
    let deleted = connection
        .prepare_cached(
            "DELETE FROM chunks WHERE rowid IN (SELECT rowid FROM chunks WHERE file_id = ?1 LIMIT ?2)",
        )?
        .execute((file, DELETED_AT_ONCE))?;
    if deleted == 0 {
        connection
            .prepare_cached("DELETE FROM files WHERE id = ?1")?
            .execute([file])?;
        // The log still has its bytes.
        tx.scrub();
    }
    Ok(true)
}

/// A file whose bytes are all there.
pub(super) struct StoredFile<'a> {
    connection: &'a Connection,
    id: FileId,
    size: u64,
}

impl<'a> StoredFile<'a> {
    fn open(connection: &'a Connection, id: FileId) -> Result<Self> {
        let size = connection
            .prepare_cached(
                "SELECT size FROM files WHERE id = ?1
                 AND EXISTS (SELECT 1 FROM uploads WHERE file_id = ?1)",
            )?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(Self {
            connection,
            id,
            size: size.ok_or(NOT_FOUND)?,
        })
    }

    fn bytes(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let bytes = read(self.connection, self.id, offset, length).map_err(io::Error::other)?;
        if bytes.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }
}

impl ReadAt for StoredFile<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
        while !into.is_empty() {
            let bytes = self.bytes(offset, into.len())?;
            let (filled, rest) = into.split_at_mut(bytes.len());
            filled.copy_from_slice(&bytes);
            offset += bytes.len() as u64;
            into = rest;
        }
        Ok(())
    }
}

/// The SHA-256 of a file.
pub(super) fn hash(file: &StoredFile<'_>) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut offset = 0;
    while offset < file.size {
        let bytes = file.bytes(offset, PIECE)?;
        hash.update(&bytes);
        offset += bytes.len() as u64;
    }
    Ok(hash.finalize().into())
}
