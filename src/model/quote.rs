//! What a message answers.

use schemars::JsonSchema;
use serde::Serialize;

use super::{MAX_EXCERPT_LENGTH, MessageId, Timestamp, User};

/// The message that another one answers, as it is now. Nothing of it is kept in the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplyTo {
    pub id: MessageId,
    /// The message’s number in the conversation.
    #[schemars(range(min = 1))]
    pub number: i64,
    pub author: Option<User>,
    /// How its content begins, in one paragraph, with the names that those who are mentioned have now. Empty if it was
    /// deleted, or consists of attachments alone.
    #[schemars(length(max = MAX_EXCERPT_LENGTH))]
    pub excerpt: String,
    pub has_attachment: bool,
    /// Left out if it wasn’t deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
}
