//! What people have begun to write, which follows them from one device to another.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, MAX_MESSAGE_LENGTH, Timestamp, input};
use crate::error::Result;

/// What the caller has begun to write in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    pub conversation_id: ConversationId,
    /// Empty if it was sent or deleted.
    #[schemars(length(max = MAX_MESSAGE_LENGTH))]
    pub content: String,
    /// On which device it was written last, as in the list of sessions.
    pub device: String,
    pub updated_at: Timestamp,
}

/// Validates what somebody has begun to write. It is kept byte for byte, as they go on at its end.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) on `content` if nothing in it shows, it is too long, or contains NUL or
/// too many control characters.
pub fn draft_content(text: String) -> Result<String> {
    if input::is_blank(&text) {
        return Err(input::no_content());
    }
    input::check_content(&text)?;
    Ok(text)
}
