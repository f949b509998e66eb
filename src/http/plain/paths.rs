//! Paths of the plain pages that several of them link to.

use crate::model::{ConversationId, EventId, MessageId};

pub fn conversation(id: ConversationId) -> String {
    format!("/plain/conversations/{id}")
}

/// The end of a conversation, with the newest messages and the field for another.
pub fn newest_messages(id: ConversationId) -> String {
    format!("{}#end", conversation(id))
}

/// A message, at the end of a page of those up to it.
pub fn message(id: ConversationId, message: MessageId) -> String {
    let after = EventId(message.0.saturating_add(1));
    format!("{}?before={after}#m{message}", conversation(id))
}

/// The field for an answer to a message.
pub fn reply(id: ConversationId, message: MessageId) -> String {
    format!("{}?replyTo={message}#end", conversation(id))
}

pub fn people(id: ConversationId) -> String {
    format!("{}/people", conversation(id))
}
