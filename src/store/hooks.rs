//! Incoming webhooks. A program that knows the secret URL can post into one room as a bot.

use rusqlite::{Connection, OptionalExtension};

use super::{
    audit::Entry,
    context::Transaction,
    handle::Store,
    participants::is_member,
    rooms,
    sending::{self, NewMessage, Sent},
    sessions::{hash, new_token},
    tokens, users,
};
use crate::{
    error::{Error, Result},
    model::{
        Actor, BotName, ConversationId, Hook, HookId, SecurityEventKind, Timestamp, UploadId, User,
        UserId,
    },
};

/// The most hooks of one room.
const MAX_HOOKS: usize = 20;

/// The bot and the room of a hook.
#[derive(Clone, Debug)]
pub struct HookTarget {
    pub id: HookId,
    pub conversation_id: ConversationId,
    pub bot: User,
    /// Who has made the bot.
    pub maker: UserId,
}

impl Store {
    /// Creates a hook for a room that the caller owns. Its bot is created if necessary and added to the room. The
    /// secret can't be read again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the room, [`Error::Forbidden`] if somebody else owns the room or the
    /// bot, [`Error::NotARoom`], [`Error::UsernameTaken`] if the name is a person's.
    pub async fn create_hook(
        &self,
        caller: User,
        id: ConversationId,
        bot: BotName,
        by: Actor,
    ) -> Result<(Hook, String)> {
        self.write(move |tx| {
            rooms::require_own_room(tx.connection, id, caller.id)?;
            if list(tx.connection, id)?.len() >= MAX_HOOKS {
                let reason = format!("Rooms can have up to {MAX_HOOKS} webhooks.");
                return Err(Error::invalid("bot", reason));
            }
            let bot = tokens::own_bot(tx, caller.id, &bot)?;
            if !is_member(tx.connection, id, bot.id)? {
                rooms::add(tx, id, &caller, &bot)?;
            }
            let (secret, created_at) = (new_token()?, tx.now);
            tx.connection
                .prepare_cached(
                    "INSERT INTO hooks (secret_hash, conversation_id, bot_id, created_by, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((hash(&secret), id.0, bot.id.0, caller.id.0, created_at.0))?;
            let hook = Hook {
                id: HookId(tx.connection.last_insert_rowid()),
                bot,
                created_by: caller,
                created_at,
            };
            Entry::new(SecurityEventKind::HookCreated, Some(hook.bot.id), &by)
                .about(hook.id.0)
                .record(tx)?;
            Ok((hook, secret))
        })
        .await
    }

    /// The hooks of a room that the caller owns, newest first.
    ///
    /// # Errors
    /// As for the room in [`create_hook`](Self::create_hook).
    pub async fn hooks(&self, caller: UserId, id: ConversationId) -> Result<Vec<Hook>> {
        self.read(move |connection| {
            rooms::require_own_room(connection, id, caller)?;
            Ok(list(connection, id)?)
        })
        .await
    }

    /// Deletes a hook. The bot stays.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the room has no such hook, and as for the room in [`create_hook`](Self::create_hook).
    pub async fn delete_hook(
        &self,
        caller: UserId,
        id: ConversationId,
        hook: HookId,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            rooms::require_own_room(tx.connection, id, caller)?;
            let removed = tx
                .connection
                .prepare_cached("DELETE FROM hooks WHERE id = ?1 AND conversation_id = ?2")?
                .execute((hook.0, id.0))?;
            if removed == 0 {
                return Err(Error::NotFound("Hook"));
            }
            Entry::new(SecurityEventKind::HookRevoked, None, &by)
                .about(hook.0)
                .record(tx)
        })
        .await
    }

    /// The hook with this secret. Its bot must be in the room, and the bot, its maker and the hook's creator must not
    /// be disabled.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such hook or it isn't usable.
    pub async fn find_hook(&self, secret: &str) -> Result<HookTarget> {
        let secret = hash(secret);
        self.read(move |connection| target(connection, &secret))
            .await
    }

    /// Sends a message through a hook, after checking again that it is usable.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such hook or it isn't usable; [`Error::Invalid`] on `attachments` if one isn’t a
    /// complete upload of its bot.
    pub async fn send_by_hook(
        &self,
        secret: &str,
        content: String,
        attachments: Vec<UploadId>,
    ) -> Result<Sent> {
        let secret = hash(secret);
        self.write(move |tx: &mut Transaction<'_>| {
            let HookTarget {
                conversation_id,
                bot,
                ..
            } = target(tx.connection, &secret)?;
            let message = NewMessage {
                conversation_id,
                author: bot,
                content,
                client_id: None,
                attachments,
                reply_to: None,
            };
            sending::send(tx, message)
        })
        .await
    }
}

/// Deletes the hooks in a room that a user has created who leaves it, and those that post as this bot: they don’t work
/// again if the bot is added again.
pub(super) fn delete_in(
    connection: &Connection,
    id: ConversationId,
    user: UserId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM hooks WHERE conversation_id = ?1 AND (created_by = ?2 OR bot_id = ?2)",
        )?
        .execute((id.0, user.0))
        .map(drop)
}

/// Deletes the hooks that a user has created, and those that post as this bot.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM hooks WHERE created_by = ?1 OR bot_id = ?1")?
        .execute([user.0])
        .map(drop)
}

fn target(connection: &Connection, secret: &[u8; 32]) -> Result<HookTarget> {
    connection
        .prepare_cached(&format!(
            "SELECT h.id, h.conversation_id, b.bot_of, {}
             FROM hooks h
             JOIN users b ON b.id = h.bot_id AND b.disabled_at IS NULL
             JOIN users m ON m.id = b.bot_of AND m.disabled_at IS NULL
             JOIN users c ON c.id = h.created_by AND c.disabled_at IS NULL
             JOIN participants p ON p.conversation_id = h.conversation_id AND p.user_id = b.id
             WHERE h.secret_hash = ?1",
            users::columns("b"),
        ))?
        .query_row([secret], |row| {
            Ok(HookTarget {
                id: HookId(row.get("id")?),
                conversation_id: ConversationId(row.get("conversation_id")?),
                bot: users::from_row(row, "b")?,
                maker: UserId(row.get("bot_of")?),
            })
        })
        .optional()?
        .ok_or(Error::NotFound("Hook"))
}

fn list(connection: &Connection, id: ConversationId) -> rusqlite::Result<Vec<Hook>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT h.id, h.created_at, {}, {}
         FROM hooks h JOIN users b ON b.id = h.bot_id JOIN users c ON c.id = h.created_by
         WHERE h.conversation_id = ?1 ORDER BY h.id DESC",
        users::columns("b"),
        users::columns("c"),
    ))?;
    let hooks = statement.query_map([id.0], |row| {
        Ok(Hook {
            id: HookId(row.get("id")?),
            created_at: Timestamp(row.get("created_at")?),
            bot: users::from_row(row, "b")?,
            created_by: users::from_row(row, "c")?,
        })
    })?;
    hooks.collect()
}
