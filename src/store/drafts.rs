//! What people have begun to write in their conversations. Only their own streams are told.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    context::Transaction, handle::Store, participants::member, source::Source, visible::is_missed,
};
use crate::{
    error::Result,
    model::{Change, ConversationId, Draft, Event, Member, SessionId, Timestamp, UserId},
};

/// Drafts in the list.
pub const PAGE: u32 = 100;

/// Drafts of the caller that have changed, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        let is_missed = is_missed("d.changed_id");
        format!(
            "SELECT d.changed_id, {{source}}, d.conversation_id, 0 FROM drafts d
             CROSS JOIN participants p ON p.conversation_id = d.conversation_id AND p.user_id = d.user_id
             WHERE d.user_id = ?1 AND d.changed_id > ?2 AND {is_missed}"
        )
    },
    load: |loader, row| {
        let draft = find(loader.connection, loader.caller, row.conversation_id)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Ok(Event::draft(&draft))
    },
};

impl Store {
    /// Keeps what the caller has begun to write, on the device of this session. The content has been checked.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::Error::NotFound) if the caller isn't in the conversation.
    pub async fn set_draft(
        &self,
        caller: UserId,
        session: SessionId,
        id: ConversationId,
        content: String,
    ) -> Result<Draft> {
        self.write(move |tx| {
            member(tx.connection, id, caller)?;
            match find(tx.connection, caller, id)? {
                Some(draft) if draft.content == content => Ok(draft),
                _ => set(tx, caller, id, content, session),
            }
        })
        .await
    }

    /// Ends what the caller has begun to write, if there is anything.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::Error::NotFound) if the caller isn't in the conversation.
    pub async fn delete_draft(
        &self,
        caller: UserId,
        session: SessionId,
        id: ConversationId,
    ) -> Result<()> {
        self.write(move |tx| {
            member(tx.connection, id, caller)?;
            let draft = find(tx.connection, caller, id)?;
            if draft.is_some_and(|draft| !draft.content.is_empty()) {
                set(tx, caller, id, String::new(), session)?;
            }
            Ok(())
        })
        .await
    }

    /// What the caller has begun to write, the newest first.
    pub async fn drafts(&self, caller: UserId) -> Result<Vec<Draft>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM drafts d CROSS JOIN participants p
                 ON p.conversation_id = d.conversation_id AND p.user_id = d.user_id
                 WHERE d.user_id = ?1 AND d.content <> '' ORDER BY d.changed_id DESC LIMIT {PAGE}"
            ))?;
            let drafts = statement.query_map([caller.0], from_row)?;
            Ok(drafts.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// Forgets what a user has begun to write in a conversation that they leave.
pub(super) fn forget(
    connection: &Connection,
    user: UserId,
    id: ConversationId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM drafts WHERE user_id = ?1 AND conversation_id = ?2")?
        .execute((user.0, id.0))
        .map(drop)
}

/// Forgets everything that a user has begun to write.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .execute("DELETE FROM drafts WHERE user_id = ?1", [user.0])
        .map(drop)
}

fn set(
    tx: &mut Transaction<'_>,
    user: UserId,
    id: ConversationId,
    content: String,
    session: SessionId,
) -> Result<Draft> {
    let event = tx.next_id();
    let device: String = tx
        .connection
        .prepare_cached("SELECT device FROM sessions WHERE id = ?1")?
        .query_row([session.0], |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    tx.connection
        .prepare_cached(
            "INSERT INTO drafts (user_id, conversation_id, content, device, updated_at, changed_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET content = excluded.content, device = excluded.device,
                 updated_at = excluded.updated_at, changed_id = excluded.changed_id",
        )?
        .execute((user.0, id.0, &content, &device, tx.now.0, event.0))?;
    let draft = Draft {
        conversation_id: id,
        content,
        device,
        updated_at: tx.now,
    };
    let change = Change::Draft(draft.clone());
    tx.publish(event, [Member::outside(user)].into(), change);
    Ok(draft)
}

fn find(
    connection: &Connection,
    user: UserId,
    id: ConversationId,
) -> rusqlite::Result<Option<Draft>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM drafts d WHERE d.user_id = ?1 AND d.conversation_id = ?2"
        ))?
        .query_row((user.0, id.0), from_row)
        .optional()
}

const COLUMNS: &str = "d.conversation_id, d.content, d.device, d.updated_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        conversation_id: ConversationId(row.get("conversation_id")?),
        content: row.get("content")?,
        device: row.get("device")?,
        updated_at: Timestamp(row.get("updated_at")?),
    })
}
