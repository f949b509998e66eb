//! Messages that people have reported to the administrators. A report keeps the text as it was, so that its author can’t
//! take it back, until an administrator has dealt with it.

use rusqlite::Connection;

use super::{
    context::Transaction,
    daily::{self, Daily},
    handle::Store,
    messages::{NOT_FOUND, present},
    users,
};
use crate::{
    error::{Error, Result},
    model::{
        ConversationId, EventId, MessageId, Report, ReportId, Timestamp, UserId,
        limits::REPORT_LIFETIME,
    },
};

/// Reports in one page.
const PAGE: u32 = 50;

impl Store {
    /// Reports a message. Reporting it again has no effect.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller can’t see it, it was deleted or nobody wrote it, [`Error::Forbidden`] for the
    /// caller’s own, [`Error::DailyLimit`].
    pub async fn report(
        &self,
        caller: UserId,
        id: MessageId,
        reason: Option<String>,
    ) -> Result<()> {
        self.write(move |tx| {
            let message = present(tx.connection, id, caller)?;
            let author = message.author.ok_or(NOT_FOUND)?;
            if author.id == caller {
                return Err(Error::Forbidden("somebody else"));
            }
            let names = message.attachments.iter();
            let files: Vec<_> = names.map(|file| file.name.as_str()).collect();
            let added = tx
                .connection
                .prepare_cached(
                    "INSERT INTO reports
                         (message_id, conversation_id, author_id, reporter_id, content, files, reason, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (message_id, reporter_id) DO NOTHING",
                )?
                .execute((
                    id.0,
                    message.conversation_id.0,
                    author.id.0,
                    caller.0,
                    &message.content,
                    files.join("\n"),
                    &reason,
                    tx.now.0,
                ))?;
            if added > 0 {
                daily::count(tx, caller, Daily::Report)?;
            }
            Ok(())
        })
        .await
    }

    /// One page of the reports before `before`, newest first.
    pub async fn reports(&self, before: Option<ReportId>) -> Result<Vec<Report>> {
        let before = before.map_or(i64::MAX, |before| before.0);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT r.id, r.message_id, r.conversation_id, r.content, r.files, r.reason, r.created_at, c.name, {}, {}
                 FROM reports r JOIN conversations c ON c.id = r.conversation_id
                 JOIN users a ON a.id = r.author_id JOIN users b ON b.id = r.reporter_id
                 WHERE r.id < ?1 ORDER BY r.id DESC LIMIT ?2",
                users::columns("a"),
                users::columns("b"),
            ))?;
            let reports = statement.query_map((before, PAGE), |row| {
                let files = row.get_ref("files")?.as_str()?.lines();
                Ok(Report {
                    id: ReportId(row.get("id")?),
                    message_id: EventId(row.get("message_id")?),
                    conversation_id: ConversationId(row.get("conversation_id")?),
                    room: row.get("name")?,
                    author: users::from_row(row, "a")?,
                    reporter: users::from_row(row, "b")?,
                    content: row.get("content")?,
                    files: files.map(str::to_owned).collect(),
                    reason: row.get("reason")?,
                    created_at: Timestamp(row.get("created_at")?),
                })
            })?;
            Ok(reports.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Deletes a report that an administrator has dealt with, and what it has of the message.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none.
    pub async fn delete_report(&self, id: ReportId) -> Result<()> {
        self.write(move |tx| {
            if delete(tx, id.0)? {
                Ok(())
            } else {
                Err(Error::NotFound("Report"))
            }
        })
        .await
    }
}

fn delete(tx: &mut Transaction<'_>, id: i64) -> Result<bool> {
    let deleted = tx
        .connection
        .prepare_cached("DELETE FROM reports WHERE id = ?1")?
        .execute([id])?;
    tx.scrub();
    Ok(deleted > 0)
}

/// The ids of expired reports.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM reports WHERE created_at <= ?1 - ?2 LIMIT ?3")?;
    let lifetime = i64::try_from(REPORT_LIFETIME.as_millis()).unwrap_or(i64::MAX);
    let found = statement.query_map((now.0, lifetime, limit), |row| row.get("id"))?;
    found.collect()
}

/// Deletes an expired report. None is ever renewed.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, _: Timestamp, id: i64) -> Result<bool> {
    delete(tx, id)
}
