//! Attachments: the files of messages, for those who may see the message.

use rusqlite::{Connection, OptionalExtension};

use super::{
    chunks::{self, FileId},
    context::Transaction,
    handle::Store,
    participants::member,
    pictures::{self, Picture},
    uploads::{attachment_columns, attachment_from_row},
    users,
    visible::{IS_VISIBLE, visible_after},
};
use crate::{
    error::{Error, Result},
    model::{
        Attachment, ConversationAttachment, ConversationId, EventId, Message, MessageId, Timestamp,
        UploadId, UserId,
    },
};

const NOT_FOUND: Error = Error::NotFound("File");

/// A file that the caller may read, without its bytes.
#[derive(Debug)]
pub struct File {
    pub attachment: Attachment,
    /// The SHA-256 of the bytes.
    pub hash: Vec<u8>,
    id: FileId,
}

impl Store {
    /// The file of an attachment.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller may not see its message.
    pub async fn file(&self, caller: UserId, id: UploadId) -> Result<File> {
        self.read(move |connection| {
            require_visible(connection, caller, id)?;
            let columns = attachment_columns("a") + ", f.hash, f.id";
            connection
                .prepare_cached(&select(&columns, "WHERE a.id = ?1"))?
                .query_row([id.0], |row| {
                    Ok(File {
                        attachment: attachment_from_row(row)?,
                        hash: row.get("hash")?,
                        id: row.get(12)?,
                    })
                })
                .optional()?
                .ok_or(NOT_FOUND)
        })
        .await
    }

    /// Up to `length` bytes of a file from `offset` on; at least one.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the file has been deleted meanwhile.
    pub async fn file_bytes(&self, file: &File, offset: u64, length: usize) -> Result<Vec<u8>> {
        let id = file.id;
        let bytes = self
            .read(move |connection| chunks::read(connection, id, offset, length))
            .await?;
        self.metrics().file_bytes_sent.inc_by(bytes.len() as u64);
        Ok(bytes)
    }

    /// The small picture of an attachment.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it has none, or the caller may not see its message.
    pub async fn thumb(&self, caller: UserId, id: UploadId) -> Result<Picture> {
        self.read(move |connection| {
            require_visible(connection, caller, id)?;
            let select = "SELECT type, picture FROM thumbs WHERE id = ?1";
            pictures::find(connection, select, id.0)?.ok_or(NOT_FOUND)
        })
        .await
    }

    /// The attachments of a conversation that were uploaded before `before`, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation.
    pub async fn conversation_attachments(
        &self,
        caller: UserId,
        conversation: ConversationId,
        before: Option<UploadId>,
        limit: u32,
    ) -> Result<Vec<ConversationAttachment>> {
        self.read(move |connection| {
            let after = visible_after(&member(connection, conversation, caller)?, None);
            let before = before.map_or(i64::MAX, |before| before.0);
            let columns = attachment_columns("a") + ", m.id, m.number, m.created_at, m.author_id";
            let mut statement = connection.prepare_cached(&select(
                &columns,
                "JOIN messages m ON m.id = a.message_id
                 WHERE a.conversation_id = ?1 AND a.message_id > ?2 AND a.id < ?3
                 ORDER BY a.id DESC LIMIT ?4",
            ))?;
            let mut rows = statement.query((conversation.0, after.0, before, limit))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let author = users::by_id(connection, UserId(row.get(14)?))?;
                found.push(ConversationAttachment {
                    attachment: attachment_from_row(row)?,
                    message_id: EventId(row.get(11)?),
                    conversation_id: conversation,
                    number: row.get(12)?,
                    author: author.ok_or(users::NOT_FOUND)?,
                    created_at: Timestamp(row.get(13)?),
                });
            }
            Ok(found)
        })
        .await
    }
}

/// The media types of a message’s attachments.
pub(super) fn kinds(connection: &Connection, message: MessageId) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT f.type FROM attachments a JOIN files f ON f.id = a.file_id WHERE a.message_id = ?1",
    )?;
    let kinds = statement.query_map([message.0], |row| row.get(0))?;
    kinds.collect()
}

fn require_visible(connection: &Connection, caller: UserId, id: UploadId) -> Result<()> {
    let is_visible = connection
        .prepare_cached(&format!(
            "SELECT 1 FROM attachments a JOIN messages m ON m.id = a.message_id
             JOIN participants p ON p.conversation_id = m.conversation_id
             WHERE a.id = ?1 AND p.user_id = ?2 AND {IS_VISIBLE}"
        ))?
        .exists((id.0, caller.0))?;
    if is_visible { Ok(()) } else { Err(NOT_FOUND) }
}

fn select(columns: &str, which: &str) -> String {
    format!("SELECT {columns} FROM attachments a JOIN files f ON f.id = a.file_id {which}")
}

/// The attachments of a message, in order.
pub(super) fn of(connection: &Connection, message: MessageId) -> rusqlite::Result<Vec<Attachment>> {
    connection
        .prepare_cached(&select(
            &attachment_columns("a"),
            "WHERE a.message_id = ?1 ORDER BY a.position",
        ))?
        .query_map([message.0], attachment_from_row)?
        .collect()
}

/// Makes the uploads that a message was sent with its attachments.
pub(super) fn attach(
    tx: &Transaction<'_>,
    message: &Message,
    author: UserId,
) -> rusqlite::Result<()> {
    for (position, attachment) in message.attachments.iter().enumerate() {
        tx.connection
            .prepare_cached(
                "INSERT INTO attachments (id, conversation_id, message_id, position, user_id, file_id,
                     name, alt, duration, thumbhash, waveform)
                 SELECT id, ?2, ?3, ?4, ?5, file_id, name, alt, duration, thumbhash, waveform
                 FROM uploads WHERE id = ?1",
            )?
            .execute((
                attachment.id.0,
                message.conversation_id.0,
                message.id.0,
                position,
                author.0,
            ))?;
        tx.connection
            .prepare_cached("DELETE FROM uploads WHERE id = ?1")?
            .execute([attachment.id.0])?;
    }
    Ok(())
}

/// Whether a message has these files: the uploads have become its attachments, or the author has uploaded the same files
/// again with the same names.
pub(super) fn are_same(
    connection: &Connection,
    message: &Message,
    uploads: &[UploadId],
) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT 1 FROM attachments a
         JOIN uploads u ON u.file_id = a.file_id AND u.name = a.name AND u.user_id = a.user_id
         WHERE a.id = ?1 AND u.id = ?2",
    )?;
    let mut pairs = message.attachments.iter().zip(uploads);
    let is_count_same = message.attachments.len() == uploads.len();
    let are_same = pairs.try_fold(true, |are_same, (attachment, upload)| {
        let is_same = attachment.id == *upload || statement.exists((attachment.id.0, upload.0))?;
        Ok::<_, rusqlite::Error>(are_same && is_same)
    })?;
    Ok(is_count_same && are_same)
}

/// Deletes the attachments of a message. Files that nobody else has sent are deleted later, in small jobs.
pub(super) fn delete(tx: &Transaction<'_>, message: MessageId) -> rusqlite::Result<()> {
    let connection = tx.connection;
    let files = connection
        .prepare_cached("SELECT file_id FROM attachments WHERE message_id = ?1")?
        .query_map([message.0], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<FileId>>>()?;
    for sql in [
        "DELETE FROM thumbs WHERE id IN (SELECT id FROM attachments WHERE message_id = ?1)",
        "DELETE FROM attachments WHERE message_id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([message.0])?;
    }
    for file in files {
        chunks::release(connection, file)?;
    }
    Ok(())
}
