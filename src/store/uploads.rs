//! Uploads: files on their way to the server, in parts that can be resumed.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    chunks::{self, CHUNK, FileId, PIECE},
    context::Transaction,
    handle::Store,
    pictures::Picture,
    usage,
};
use crate::{
    error::{Error, Result},
    media::{self, Media},
    model::{
        Attachment, Description, Thumbhash, Timestamp, Upload, UploadId, UserId,
        limits::{FileLimits, UPLOAD_LIFETIME, UPLOADS},
    },
};

const NOT_FOUND: Error = Error::NotFound("Upload");

/// A file that somebody is about to send. Its name and description have been checked.
#[derive(Debug)]
pub struct NewUpload {
    pub user: UserId,
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub description: Description,
}

/// The turns of users who send parts: one part of each user is on its way at a time, so that nobody’s parts use much
/// memory.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<UserId, Weak<Semaphore>>>);

/// A user’s turn to send a part. The next begins when it is dropped.
#[derive(Debug)]
pub struct Turn {
    user: UserId,
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    async fn next(&self, user: UserId) -> Result<Turn> {
        let queue = {
            let mut queues = self.0.lock();
            queues.retain(|_, queue| queue.strong_count() > 0);
            let queue = queues.get(&user).and_then(Weak::upgrade);
            queue.unwrap_or_else(|| {
                let queue = Arc::new(Semaphore::new(1));
                queues.insert(user, Arc::downgrade(&queue));
                queue
            })
        };
        let permit = queue.acquire_owned().await.map_err(|_| Error::Stopping)?;
        Ok(Turn {
            user,
            _permit: permit,
        })
    }
}

impl Store {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`Error::FileTooLarge`], [`Error::QuotaUsedUp`], [`Error::StorageFull`]; [`Error::Invalid`] on `size` if it is 0 or
    /// the user has too many uploads.
    pub async fn create_upload(&self, new: NewUpload, limits: FileLimits) -> Result<Upload> {
        if new.size == 0 {
            return Err(Error::invalid("size", "This file is empty."));
        }
        let size = new.size;
        let (upload, _) = self.reserve_upload(new, size, limits).await?;
        Ok(upload)
    }

    /// Begins an upload that has at least `least` bytes and at most `new.size`, as far as is known. The upload’s size is what
    /// it may have; [`shorten_upload`](Self::shorten_upload) says what it has. Also returns what a longer file is to be
    /// [`refused`](Self::refused) with.
    ///
    /// # Errors
    /// As for [`create_upload`](Self::create_upload).
    pub async fn reserve_upload(
        &self,
        new: NewUpload,
        least: u64,
        limits: FileLimits,
    ) -> Result<(Upload, Error)> {
        self.reserve(new, least, limits)
            .await
            .map_err(|error| self.refused(error))
    }

    /// Counts an upload that is refused with this error.
    #[must_use]
    pub fn refused(&self, error: Error) -> Error {
        self.metrics().upload_refused(error.code().as_str());
        error
    }

    async fn reserve(
        &self,
        mut new: NewUpload,
        least: u64,
        limits: FileLimits,
    ) -> Result<(Upload, Error)> {
        let free = usage::free_bytes(self.path()).unwrap_or(u64::MAX);
        let user = new.user;
        // Not in the writer, because it adds up many rows. Two uploads at once may together exceed a limit.
        let bounds = self
            .read(move |connection| rooms(connection, user, free, limits))
            .await?;
        if let Some((_, error)) = bounds.iter().find(|(room, _)| least > *room) {
            return Err(error.clone());
        }
        let tightest = bounds.into_iter().min_by_key(|(room, _)| *room);
        let (room, error) = tightest.ok_or(Error::Internal)?;
        new.size = new.size.min(room);
        let upload = self.write(move |tx| create(tx, new)).await?;
        Ok((upload, error))
    }

    /// Says that an upload of the user whose turn it is, of which `received` bytes are there, has `size` bytes: fewer than
    /// were reserved.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::WrongOffset`] if more has come of it meanwhile. It may be complete then, and its file
    /// one that others have sent.
    pub async fn shorten_upload(
        &self,
        turn: &Turn,
        id: UploadId,
        received: u64,
        size: u64,
    ) -> Result<()> {
        let user = turn.user;
        self.write(move |tx| {
            let found = find(tx.connection, user, id)?;
            found.require_offset(received)?;
            tx.connection
                .prepare_cached("UPDATE files SET size = ?2 WHERE id = ?1")?
                .execute((found.file, size))?;
            Ok(())
        })
        .await
    }

    /// One of a user’s uploads.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn upload(&self, user: UserId, id: UploadId) -> Result<Upload> {
        let found = self.read(move |connection| find(connection, user, id));
        Ok(found.await?.upload)
    }

    /// Waits for a user’s turn to send a part. Whoever reads the part waits first.
    pub async fn upload_turn(&self, user: UserId) -> Result<Turn> {
        self.turns().next(user).await
    }

    /// Adds a part to an upload of the user whose turn it is. When this returns, the part is durable. With the last part
    /// the file is complete: its type is known, and what tells where and with what it was made is gone from it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WrongOffset`]; [`Error::Invalid`] on `offset` if the part is too long, or isn't the
    /// last and its length isn't a multiple of 256 KiB.
    pub async fn append(
        &self,
        turn: &Turn,
        id: UploadId,
        offset: u64,
        part: &[u8],
    ) -> Result<Upload> {
        let user = turn.user;
        let mut found = self
            .read(move |connection| find(connection, user, id))
            .await?;
        found.require_offset(offset)?;
        let end = offset + part.len() as u64;
        let size = found.upload.size;
        if end > size {
            return Err(Error::invalid(
                "offset",
                "The file has fewer bytes than this.",
            ));
        }
        if end < size && !end.is_multiple_of(CHUNK) {
            let reason = "Every part but the last must have a multiple of 262,144 bytes.";
            return Err(Error::invalid("offset", reason));
        }
        for chunk in part.chunks(PIECE) {
            let (chunk, offset) = (chunk.to_vec(), found.upload.received);
            found = self
                .write_chunk(move |tx| append(tx, user, id, offset, &chunk))
                .await?;
            let received = found.upload.received - offset;
            self.metrics().file_bytes_received.inc_by(received);
        }
        self.finish(&found).await?;
        Ok(found.upload)
    }

    /// Sets the small picture of an upload. Its type and size have been checked.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn set_thumb(&self, user: UserId, id: UploadId, thumb: Picture) -> Result<()> {
        self.write(move |tx| {
            find(tx.connection, user, id)?;
            tx.connection
                .prepare_cached(
                    "INSERT INTO thumbs (id, type, picture) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET type = excluded.type, picture = excluded.picture",
                )?
                .execute((id.0, thumb.kind, thumb.bytes))?;
            Ok(())
        })
        .await
    }

    /// Cancels an upload.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn cancel_upload(&self, user: UserId, id: UploadId) -> Result<()> {
        self.write(move |tx| {
            let found = find(tx.connection, user, id)?;
            delete(tx.connection, id, found.file)
        })
        .await?;
        self.delete_unused_files().await
    }

    /// Cancels those of these uploads that haven’t become attachments.
    pub async fn cancel_uploads(&self, user: UserId, ids: Vec<UploadId>) -> Result<()> {
        self.write(move |tx| {
            for id in ids {
                match find(tx.connection, user, id) {
                    Ok(found) => delete(tx.connection, id, found.file)?,
                    Err(Error::NotFound(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await?;
        self.delete_unused_files().await
    }

    /// Completes uploads whose last part arrived shortly before the server ended.
    pub(super) async fn finish_uploads(&self, user: UserId, ids: &[UploadId]) -> Result<()> {
        for &id in ids {
            match self
                .read(move |connection| find(connection, user, id))
                .await
            {
                Ok(found) => self.finish(&found).await?,
                // It may be part of the message already.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Completes the file if all of it is there. It may be repeated after a crash.
    async fn finish(&self, found: &Found) -> Result<()> {
        if found.is_complete || found.upload.received < found.upload.size {
            return Ok(());
        }
        match self.examine_and_complete(found.upload.id, found.file).await {
            // Completed by another request, or cancelled meanwhile.
            Err(Error::NotFound(_)) => Ok(()),
            done => done,
        }
    }

    async fn examine_and_complete(&self, id: UploadId, file: FileId) -> Result<()> {
        let (media, patches) = self.examine(file, |file| media::examine(file)).await?;
        for patch in patches {
            self.write_chunk(move |tx| chunks::overwrite(tx, file, &patch))
                .await?;
        }
        let hash = self.examine(file, chunks::hash).await?;
        self.write(move |tx| complete(tx.connection, id, file, &media, hash))
            .await
    }
}

/// A row of the table.
struct Found {
    upload: Upload,
    file: FileId,
    /// Whether the file has its hash, and with it its type.
    is_complete: bool,
}

impl Found {
    fn require_offset(&self, offset: u64) -> Result<()> {
        let received = self.upload.received;
        if offset == received {
            return Ok(());
        }
        Err(Error::WrongOffset { received })
    }
}

fn find(connection: &Connection, user: UserId, id: UploadId) -> Result<Found> {
    connection
        .prepare_cached(
            "SELECT u.name, f.size, u.received, u.file_id, f.hash IS NOT NULL FROM uploads u
             JOIN files f ON f.id = u.file_id WHERE u.id = ?1 AND u.user_id = ?2",
        )?
        .query_row((id.0, user.0), |row| {
            Ok(Found {
                upload: Upload {
                    id,
                    name: row.get(0)?,
                    size: row.get(1)?,
                    received: row.get(2)?,
                },
                file: row.get(3)?,
                is_complete: row.get(4)?,
            })
        })
        .optional()?
        .ok_or(NOT_FOUND)
}

/// How much room there is for another upload of a user, and what a larger one is refused with, by each limit.
fn rooms(
    connection: &Connection,
    user: UserId,
    free: u64,
    limits: FileLimits,
) -> Result<Vec<(u64, Error)>> {
    let count: u32 = connection
        .prepare_cached("SELECT count(*) FROM uploads WHERE user_id = ?1")?
        .query_row([user.0], |row| row.get(0))?;
    if count >= UPLOADS {
        let reason = "You’ve begun too many uploads. Finish or cancel some first.";
        return Err(Error::invalid("size", reason));
    }
    let mut rooms = vec![
        (limits.file, Error::FileTooLarge { limit: limits.file }),
        (free.saturating_sub(usage::RESERVE), Error::StorageFull),
    ];
    if let Some(limit) = limits.user {
        let left = limit.saturating_sub(usage::sent_by_user(connection, user)?);
        rooms.push((left, Error::QuotaUsedUp));
    }
    if let Some(limit) = limits.total {
        let left = limit.saturating_sub(usage::file_bytes(connection)?);
        rooms.push((left, Error::StorageFull));
    }
    Ok(rooms)
}

fn create(tx: &mut Transaction<'_>, new: NewUpload) -> Result<Upload> {
    let NewUpload {
        user,
        name,
        size,
        description,
    } = new;
    let file = chunks::create(tx.connection, size)?;
    // It may become an attachment with this id. Those of an archive had theirs before there were any uploads here.
    let id = tx
        .connection
        .prepare_cached(
            "INSERT INTO uploads
                 (id, user_id, file_id, name, alt, duration, thumbhash, waveform, received, touched_at)
             SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'uploads'), 0),
                 coalesce((SELECT max(id) FROM attachments), 0)) + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8",
        )?
        .insert((
            user.0,
            file,
            &name,
            description.alt,
            description.duration,
            description.thumbhash.map(|Thumbhash(bytes)| bytes),
            description.waveform,
            tx.now.0,
        ))?;
    Ok(Upload {
        id: UploadId(id),
        name,
        size,
        received: 0,
    })
}

fn append(
    tx: &mut Transaction<'_>,
    user: UserId,
    id: UploadId,
    offset: u64,
    bytes: &[u8],
) -> Result<Found> {
    let mut found = find(tx.connection, user, id)?;
    found.require_offset(offset)?;
    chunks::append(tx.connection, found.file, offset, bytes)?;
    found.upload.received += bytes.len() as u64;
    tx.connection
        .prepare_cached("UPDATE uploads SET received = ?2, touched_at = ?3 WHERE id = ?1")?
        .execute((id.0, found.upload.received, tx.now.0))?;
    Ok(found)
}

/// Says what the file is, unless the same file is stored already: then the upload refers to that one. If the upload was
/// cancelled meanwhile, the file is about to be deleted, and stays so.
fn complete(
    connection: &Connection,
    id: UploadId,
    file: FileId,
    media: &Media,
    hash: [u8; 32],
) -> Result<()> {
    let same: Option<FileId> = connection
        .prepare_cached("SELECT id FROM files WHERE hash = ?1 AND id <> ?2")?
        .query_row((hash, file), |row| row.get(0))
        .optional()?;
    if let Some(same) = same {
        connection
            .prepare_cached("UPDATE uploads SET file_id = ?2 WHERE id = ?1")?
            .execute((id.0, same))?;
        return Ok(chunks::release(connection, file)?);
    }
    connection
        .prepare_cached(
            "UPDATE files SET hash = ?2, type = ?3, width = ?4, height = ?5 WHERE id = ?1
             AND EXISTS (SELECT 1 FROM uploads WHERE file_id = ?1)",
        )?
        .execute((file, hash, media.kind, media.width, media.height))?;
    Ok(())
}

/// The complete uploads of a user with these ids, as the attachments that they become, and their files.
///
/// # Errors
/// [`Error::Invalid`] on `attachments` if one isn't there, isn't the user's, isn't complete, or is named twice.
pub(super) fn take(
    connection: &Connection,
    user: UserId,
    ids: &[UploadId],
) -> Result<Vec<Attachment>> {
    let columns = attachment_columns("u");
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns} FROM uploads u JOIN files f ON f.id = u.file_id
         WHERE u.id = ?1 AND u.user_id = ?2 AND f.hash IS NOT NULL"
    ))?;
    let mut taken = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        let found = statement
            .query_row((id.0, user.0), attachment_from_row)
            .optional()?;
        let found = found.filter(|_| !ids[..index].contains(id));
        taken.push(found.ok_or_else(|| {
            Error::invalid(
                "attachments",
                "A file isn’t there any more. Attach it again.",
            )
        })?);
    }
    Ok(taken)
}

/// The columns of an attachment, from the table `of`, which is `uploads` or `attachments`, and from `files f`.
pub(super) fn attachment_columns(of: &str) -> String {
    format!(
        "{of}.id, {of}.name, f.type, f.size, f.width, f.height, {of}.duration, {of}.alt, {of}.thumbhash,
         {of}.waveform, EXISTS (SELECT 1 FROM thumbs t WHERE t.id = {of}.id)"
    )
}

/// An attachment from [`attachment_columns`].
pub(super) fn attachment_from_row(row: &Row<'_>) -> rusqlite::Result<Attachment> {
    Ok(Attachment {
        id: UploadId(row.get(0)?),
        name: row.get(1)?,
        kind: row.get(2)?,
        size: row.get(3)?,
        width: row.get(4)?,
        height: row.get(5)?,
        duration: row.get(6)?,
        alt: row.get(7)?,
        thumbhash: row.get::<_, Option<Vec<u8>>>(8)?.map(Thumbhash),
        waveform: row.get(9)?,
        has_thumb: row.get(10)?,
    })
}

/// Up to `limit` uploads that have expired.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT id FROM uploads WHERE touched_at < ?1 LIMIT ?2")?
        .query_map((expired_before(now), limit), |row| row.get(0))?
        .collect()
}

/// Deletes an upload if it has expired.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, now: Timestamp, id: i64) -> Result<bool> {
    let file = tx
        .connection
        .prepare_cached("SELECT file_id FROM uploads WHERE id = ?1 AND touched_at < ?2")?
        .query_row((id, expired_before(now)), |row| row.get(0))
        .optional()?;
    if let Some(file) = file {
        delete(tx.connection, UploadId(id), file)?;
    }
    Ok(file.is_some())
}

fn expired_before(now: Timestamp) -> i64 {
    let lifetime = i64::try_from(UPLOAD_LIFETIME.as_millis()).unwrap_or(i64::MAX);
    now.0.saturating_sub(lifetime)
}

fn delete(connection: &Connection, id: UploadId, file: FileId) -> Result<()> {
    for sql in [
        "DELETE FROM uploads WHERE id = ?1",
        "DELETE FROM thumbs WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([id.0])?;
    }
    Ok(chunks::release(connection, file)?)
}

/// Deletes all uploads of a user. Their bytes are deleted later, in small jobs.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> Result<()> {
    let uploads = connection
        .prepare_cached("SELECT id, file_id FROM uploads WHERE user_id = ?1")?
        .query_map([user.0], |row| Ok((UploadId(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for (id, file) in uploads {
        delete(connection, id, file)?;
    }
    Ok(())
}
