//! Messages that people have saved for themselves.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, Message, MessageId, MessageView, Timestamp, UserId, schema};

/// Whether the caller has saved a message.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Null if it isn’t saved any more.
    pub saved_at: Option<Timestamp>,
}

/// A message that somebody has saved, and when.
#[derive(Clone, Debug)]
pub struct SavedMessage {
    pub message: Message,
    pub saved_at: Timestamp,
}

impl SavedMessage {
    #[must_use]
    pub fn view(&self, caller: UserId) -> SavedMessageView<'_> {
        SavedMessageView {
            saved_at: self.saved_at,
            message: self.message.view(caller),
        }
    }
}

/// A message that the caller has saved.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SavedMessage")]
pub struct SavedMessageView<'a> {
    pub saved_at: Timestamp,
    #[schemars(with = "schema::Message")]
    pub message: MessageView<'a>,
}
