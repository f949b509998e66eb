//! Paths of the plain pages that several of them link to.

use crate::model::ConversationId;

pub fn conversation(id: ConversationId) -> String {
    format!("/plain/conversations/{id}")
}

/// The end of a conversation, with the newest messages and the field for another.
pub fn newest_messages(id: ConversationId) -> String {
    format!("{}#end", conversation(id))
}

pub fn people(id: ConversationId) -> String {
    format!("{}/people", conversation(id))
}
