//! Sending messages: those of users, and those by which the system tells what happened in a room.

use rusqlite::{Connection, OptionalExtension};

use super::{
    attachments, blocks, calls, context::Transaction, handle::Store, mentions, messages,
    participants, quotes, uploads,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, ConversationId, EventId, Member, Message, MessageId, SystemDetails, SystemKind,
        UploadId, User,
    },
};

/// A message to send. Its content and client id have been checked.
#[derive(Debug)]
pub struct NewMessage {
    pub conversation_id: ConversationId,
    pub author: User,
    pub content: String,
    /// The client's own id for it. Sending with the same id again finds the message that was sent before.
    pub client_id: Option<String>,
    /// The author’s uploads that become its attachments, in order.
    pub attachments: Vec<UploadId>,
    /// The message of the conversation that it answers.
    pub reply_to: Option<MessageId>,
}

/// The result of sending.
#[derive(Debug)]
pub struct Sent {
    pub message: Message,
    /// False if the same message had been sent before.
    pub is_new: bool,
}

impl Store {
    /// Sends a message. When this returns, the message is durable and published to everybody in the conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the author isn't in the conversation, [`Error::ClientIdReused`] if the author used the
    /// client id for another message, [`Error::Invalid`] on `attachments` if one isn’t a complete upload of the author, and
    /// on `replyTo` if there is no such message of the conversation that they may see, [`Error::Blocked`] and
    /// [`Error::Unreachable`] in direct conversations, [`Error::TextQuotaUsedUp`].
    pub async fn send(&self, message: NewMessage) -> Result<Sent> {
        self.require_text_space(message.author.id).await?;
        self.finish_uploads(message.author.id, &message.attachments)
            .await?;
        self.write_checked(move |tx| send(tx, message)).await
    }
}

/// Fails only before it writes anything.
pub(super) fn send(tx: &mut Transaction<'_>, new: NewMessage) -> Result<Sent> {
    let NewMessage {
        conversation_id,
        author,
        content,
        client_id,
        attachments: uploads,
        reply_to,
    } = new;
    let everybody = participants::roster(tx, conversation_id)?;
    let member = Member::find(&everybody, author.id).ok_or(participants::NOT_FOUND)?;
    let refusal = blocks::require_open(tx, conversation_id, author.id).err();
    let author_id = author.id;
    let mut message = Message {
        author: Some(author),
        client_id,
        history_id: member.history_id,
        ..next(tx, conversation_id, content)?
    };
    if let Some(original) = reply_to {
        let original = quotes::answerable(tx.connection, conversation_id, member, original)?;
        message.reply_to = Some(original);
    }
    if let Some(refusal) = refusal {
        // What was sent before is still found.
        return find_sent(tx.connection, &message, &uploads).or(Err(refusal));
    }
    if !uploads.is_empty() {
        // What was sent before has made the uploads attachments.
        match find_sent(tx.connection, &message, &uploads) {
            Err(Error::NotFound(_)) => {}
            sent => return sent,
        }
        message.attachments = uploads::take(tx.connection, author_id, &uploads)?;
    }
    mentions::find(tx, &mut message, member, everybody.len())?;
    if !messages::insert(tx, &message, None)? {
        return find_sent(tx.connection, &message, &uploads);
    }
    attachments::attach(tx, &message, author_id)?;
    if !message.mentions.is_empty() {
        mentions::set(tx, &message)?;
    }
    calls::insert(tx, &message, author_id)?;
    tx.publish(message.id, everybody, Change::Message(message.clone()));
    Ok(Sent {
        message,
        is_new: true,
    })
}

/// A system message to send.
pub(super) struct SystemMessage<'a> {
    pub kind: SystemKind,
    /// Who caused it. For them it counts as read.
    pub by: &'a User,
    /// The user whom the text names as the one who did it.
    pub actor: Option<&'a User>,
    pub subject: &'a User,
    /// The stored content; see [`SystemKind::text`].
    pub data: &'a str,
}

/// Inserts a system message. Publishing it is up to the calling function.
pub(super) fn send_system(
    tx: &mut Transaction<'_>,
    conversation_id: ConversationId,
    system_message: &SystemMessage<'_>,
) -> Result<Message> {
    let &SystemMessage {
        kind,
        by,
        actor,
        subject,
        data,
    } = system_message;
    let name = actor.map(User::name);
    let message = Message {
        system: Some(SystemDetails {
            kind,
            subject: subject.clone(),
            actor: actor.cloned(),
            data: data.to_owned(),
        }),
        ..next(tx, conversation_id, kind.text(name, subject.name(), data))?
    };
    messages::insert(tx, &message, Some((actor.map(|actor| actor.id), data)))?;
    // What users did themselves isn't unread for them.
    participants::set_read_mark(tx.connection, conversation_id, by.id, message.number)?;
    Ok(message)
}

/// The next message of a conversation, without an author. It doesn't use up a number of the sequence yet.
fn next(
    tx: &mut Transaction<'_>,
    conversation_id: ConversationId,
    content: String,
) -> Result<Message> {
    Ok(Message {
        id: tx.upcoming_id(),
        conversation_id,
        number: messages::newest_number(tx, conversation_id)? + 1,
        author: None,
        client_id: None,
        content,
        created_at: tx.now,
        edited_at: None,
        deleted_at: None,
        changed_id: None,
        system: None,
        reactions: Vec::new(),
        reactors: None,
        attachments: Vec::new(),
        mentions: Vec::new(),
        reply_to: None,
        history_id: EventId(i64::MAX),
        pinned_at: None,
    })
}

/// The message that its author sent before with the same client id. It must be the same message, except for later edits
/// and deletion.
fn find_sent(connection: &Connection, again: &Message, uploads: &[UploadId]) -> Result<Sent> {
    let author = again.author.as_ref().map(|author| author.id);
    let client_id = again.client_id.as_deref();
    let message = messages::by_client_id(connection, author, client_id).optional()?;
    let message = message.ok_or(messages::NOT_FOUND)?;
    let has_changed = message.edited_at.is_some() || message.deleted_at.is_some();
    let answered = |message: &Message| message.reply_to.as_ref().map(|original| original.id);
    let is_same = message.content == again.content
        && answered(&message) == answered(again)
        && attachments::are_same(connection, &message, uploads)?;
    if message.conversation_id == again.conversation_id && (has_changed || is_same) {
        Ok(Sent {
            message: Message {
                history_id: again.history_id,
                ..message
            },
            is_new: false,
        })
    } else {
        Err(Error::ClientIdReused)
    }
}
