//! The queue of what is to be told on devices that aren’t open (`pushes` in schema.sql). Whom a message is told to is in
//! `recipients`.

use std::{cmp::Reverse, collections::HashMap, time::Duration};

use rusqlite::Connection;

use super::{
    context::Transaction,
    conversations,
    engine::sequence,
    handle::Store,
    messages::visible,
    notification_settings, positions,
    recipients::{Wanted, badge, targets_of, wanted},
    sessions::is_open,
};
use crate::{
    error::{Error, Result},
    model::{
        Conversation, ConversationId, EventId, Message, MessageId, SessionId, SubscriptionId,
        Timestamp, UserId,
    },
};

/// The name of the follower that queues. Its position moves together with the queue.
pub const PUSH_FOLLOWER: &str = "push";
/// The most numbers of the sequence for one job: in a large room each message among them is a row for each participant.
const IDS_A_JOB: i64 = 32;
/// The most messages of a conversation that wait for a user. Only the newest is told, but it may be deleted by then.
const KEPT: i64 = 4;
/// The most notifications that are on their way to one user at a time.
const AT_ONCE_TO_USER: usize = 4;
/// As long as nobody is told of anything, the position is written only so often. Each write is a commit. It may be behind
/// after a restart, so whoever is the first to turn notifications on moves it: see [`begin`].
const IDS_A_COMMIT: i64 = 64;

/// A message that was taken from the queue to be sent. If it isn’t put back, it is never sent again.
#[derive(Clone, Copy, Debug)]
pub struct Push {
    pub user: UserId,
    pub target: PushTarget,
    pub conversation: ConversationId,
    pub message: MessageId,
    /// How often it was tried before.
    pub tries: u32,
}

/// Where a user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PushTarget {
    Subscription(SubscriptionId),
    /// Through the server that the administrator has set up.
    Relay,
}

impl PushTarget {
    fn from_id(id: i64) -> Self {
        match id {
            0 => Self::Relay,
            id => Self::Subscription(SubscriptionId(id)),
        }
    }

    fn id(self) -> i64 {
        match self {
            Self::Subscription(id) => id.0,
            Self::Relay => 0,
        }
    }
}

/// What is told of a message.
#[derive(Debug)]
pub struct PushContent {
    pub message: Message,
    pub conversation: Conversation,
    /// Whether it has a part of the text.
    pub preview: bool,
    /// How many unread messages the user wants to know of.
    pub badge: u32,
}

/// What is due for one target in one conversation.
struct Group {
    user: UserId,
    target: PushTarget,
    conversation: ConversationId,
}

impl Store {
    /// Queues what was sent after `after`, up to `end`, a part at a time, for everybody who is to be told and none
    /// of whose sessions is `attentive`. `stored` is the position as it was last written. Returns how far it has come, and the
    /// position that is written now.
    pub async fn queue_pushes(
        &self,
        after: EventId,
        end: EventId,
        stored: EventId,
        attentive: impl Fn(UserId) -> Vec<SessionId> + Send,
    ) -> Result<(EventId, EventId)> {
        let through = EventId(end.0.min(after.0.saturating_add(IDS_A_JOB)));
        let (has_targets, has_messages, found) = self
            .read(move |connection| {
                let has_targets = has_targets(connection)?;
                let has_messages = has_targets && has_messages(connection, after, through)?;
                let found = if has_messages {
                    wanted(connection, after, through, None)?
                } else {
                    Vec::new()
                };
                Ok((has_targets, has_messages, found))
            })
            .await?;
        let found: Vec<_> = found
            .into_iter()
            .map(|wanted| (wanted, attentive(wanted.user)))
            .collect();
        // Without a target, whatever is looked at once more after a restart is told to nobody.
        let is_due = if has_targets {
            has_messages
        } else {
            through.0 - stored.0 >= IDS_A_COMMIT
        };
        if !is_due {
            return Ok((through, stored));
        }
        self.write_when_idle(move |tx| {
            // Somebody may have been the first to turn notifications on meanwhile: see `begin`.
            let stored = positions::find(tx.connection, PUSH_FOLLOWER)?.unwrap_or(after);
            for (wanted, attentive) in found {
                if wanted.message > stored && !any_is_open(tx.connection, &attentive)? {
                    insert(tx, wanted)?;
                }
            }
            let through = through.max(stored);
            positions::set(tx.connection, PUSH_FOLLOWER, through)?;
            Ok((through, through))
        })
        .await
    }

    /// Takes up to `limit` messages that are due from the queue. What isn’t to be told any more goes, too.
    ///
    /// There is one for each target at most, and none for those that are `busy`: whatever is still on its way can’t come
    /// after what is newer, and who doesn’t answer holds up no other.
    pub async fn take_pushes(
        &self,
        limit: usize,
        busy: Vec<(UserId, PushTarget)>,
    ) -> Result<Vec<Push>> {
        let now = Timestamp::now();
        let due = self
            .read(move |connection| Ok(due(connection, now, limit, &busy)?))
            .await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        self.write_when_idle(move |tx| {
            let mut taken = Vec::new();
            for group in due {
                taken.extend(take(tx, &group)?);
            }
            Ok(taken)
        })
        .await
    }

    /// Puts a message back that could not be sent. It is due again after `rest`, and so is everything else for the same
    /// target.
    pub async fn put_push_back(&self, push: Push, rest: Duration) -> Result<()> {
        self.write(move |tx| {
            let due = tx.now.after(rest).0;
            tx.connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO pushes
                         (user_id, subscription_id, message_id, conversation_id, tries, due_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute((
                    push.user.0,
                    push.target.id(),
                    push.message.0,
                    push.conversation.0,
                    push.tries + 1,
                    due,
                ))?;
            tx.connection
                .prepare_cached(
                    "UPDATE pushes SET due_at = max(due_at, ?3) WHERE user_id = ?1 AND subscription_id = ?2",
                )?
                .execute((push.user.0, push.target.id(), due))?;
            Ok(())
        })
        .await
    }

    /// What is told of a message, as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user can’t see it any more, or it was deleted.
    pub async fn push_content(&self, user: UserId, message: MessageId) -> Result<PushContent> {
        self.read(move |connection| {
            let (message, _) = visible(connection, message, user)?;
            if message.deleted_at.is_some() {
                return Err(Error::NotFound("message"));
            }
            Ok(PushContent {
                conversation: conversations::load(connection, message.conversation_id, None)?,
                message,
                preview: notification_settings::find(connection, user)?.preview,
                badge: badge(connection, user)?,
            })
        })
        .await
    }

    /// Deletes what is still to be sent to a target, which is no more.
    pub async fn delete_pushes(&self, user: UserId, target: PushTarget) -> Result<()> {
        self.write_when_idle(move |tx| Ok(delete_to(tx.connection, user, target)?))
            .await
    }

    /// How many messages wait to be sent.
    pub async fn count_pushes(&self) -> Result<u64> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT count(*) FROM pushes")?
                .query_row([], |row| row.get(0))?)
        })
        .await
    }
}

fn any_is_open(connection: &Connection, sessions: &[SessionId]) -> rusqlite::Result<bool> {
    for session in sessions {
        if is_open(connection, *session)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has_targets(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM subscriptions) OR EXISTS (SELECT 1 FROM push_relays)",
        )?
        .query_row([], |row| row.get(0))
}

/// Somebody turns notifications on. If nobody else has, the position may be far behind, and what was sent before is told to
/// nobody. To be called before the new target is there.
pub(super) fn begin(connection: &Connection) -> rusqlite::Result<()> {
    if has_targets(connection)? {
        return Ok(());
    }
    let end = sequence::last_id(connection)?;
    positions::set(connection, PUSH_FOLLOWER, end)
}

fn has_messages(
    connection: &Connection,
    after: EventId,
    through: EventId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM messages WHERE id > ?1 AND id <= ?2 LIMIT 1")?
        .exists((after.0, through.0))
}

/// Queues a message for everything that its receiver has. Where something is to be tried later, it comes later, too.
fn insert(tx: &Transaction<'_>, wanted: Wanted) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached(&format!(
            "INSERT OR IGNORE INTO pushes
                 (user_id, subscription_id, message_id, conversation_id, tries, due_at)
             SELECT ?1, t.id, ?2, ?3, 0, max(?4, coalesce((
                 SELECT max(due_at) FROM pushes WHERE user_id = ?1 AND subscription_id = t.id), 0))
             FROM ({}) t",
            targets_of("?1"),
        ))?
        .execute((
            wanted.user.0,
            wanted.message.0,
            wanted.conversation.0,
            tx.now.0,
        ))?;
    tx.connection
        .prepare_cached(
            "DELETE FROM pushes WHERE user_id = ?1 AND conversation_id = ?2 AND message_id < (
                 SELECT min(message_id) FROM (
                     SELECT DISTINCT message_id FROM pushes WHERE user_id = ?1 AND conversation_id = ?2
                     ORDER BY message_id DESC LIMIT ?3))",
        )?
        .execute((wanted.user.0, wanted.conversation.0, KEPT))
        .map(drop)
}

/// What is due, the longest first: one conversation for each target, and not more than `limit` in all. Nothing for targets
/// that are `busy`, nor for users who have as many of these as they may have.
fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
    busy: &[(UserId, PushTarget)],
) -> rusqlite::Result<Vec<Group>> {
    // Besides an aggregate min(), columns are those of the row that has the least (https://sqlite.org/quirks.html#aggregate_queries_can_contain_non_aggregate_result_columns_that_are_not_in_the_group_by_clause).
    let mut statement = connection.prepare_cached(
        "SELECT user_id, subscription_id, conversation_id, min(due_at) FROM pushes WHERE due_at <= ?1
         GROUP BY user_id, subscription_id ORDER BY min(due_at)",
    )?;
    let mut of_user = HashMap::<UserId, usize>::new();
    for (user, _) in busy {
        *of_user.entry(*user).or_default() += 1;
    }
    let mut rows = statement.query([now.0])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()?
        && due.len() < limit
    {
        let group = Group {
            user: UserId(row.get(0)?),
            target: PushTarget::from_id(row.get(1)?),
            conversation: ConversationId(row.get(2)?),
        };
        let own = of_user.entry(group.user).or_default();
        if *own < AT_ONCE_TO_USER && !busy.contains(&(group.user, group.target)) {
            *own += 1;
            due.push(group);
        }
    }
    Ok(due)
}

/// Takes the newest message that is still to be told, and deletes the others: it takes their place.
fn take(tx: &Transaction<'_>, group: &Group) -> Result<Option<Push>> {
    let connection = tx.connection;
    let mut rows: Vec<(EventId, u32)> = connection
        .prepare_cached(
            "DELETE FROM pushes WHERE user_id = ?1 AND subscription_id = ?2 AND conversation_id = ?3
             RETURNING message_id, tries",
        )?
        .query_map(
            (group.user.0, group.target.id(), group.conversation.0),
            |row| Ok((EventId(row.get(0)?), row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    rows.sort_unstable_by_key(|&(message, _)| Reverse(message));
    // Whatever is tried next, the target has failed so often.
    let tries = rows.iter().map(|&(_, tries)| tries).max().unwrap_or(0);
    for (message, _) in rows {
        let before = EventId(message.0 - 1);
        if !wanted(connection, before, message, Some(group.user))?.is_empty() {
            return Ok(Some(Push {
                user: group.user,
                target: group.target,
                conversation: group.conversation,
                message,
                tries,
            }));
        }
    }
    Ok(None)
}

/// Deletes what is still to be sent to a target.
pub(super) fn delete_to(
    connection: &Connection,
    user: UserId,
    target: PushTarget,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM pushes WHERE user_id = ?1 AND subscription_id = ?2")?
        .execute((user.0, target.id()))
        .map(drop)
}

/// Deletes what is still to be sent to a user.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM pushes WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}

/// Forgets what is still to be sent, and takes everything for told: the database is a backup, and whoever had it since may
/// have told it. One of an older version has nothing to forget.
pub(in crate::store) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    let has_queue = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'pushes'")?
        .exists([])?;
    if has_queue {
        connection.execute("DELETE FROM pushes", [])?;
        let end = sequence::last_id(connection)?;
        positions::set(connection, PUSH_FOLLOWER, end)?;
    }
    Ok(())
}
