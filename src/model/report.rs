//! Messages that were reported to the administrators.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, MessageId, ReportId, Timestamp, User, limits::REPORT_REASON, schema};

/// A message that somebody has reported. It shows the message as it was then, whatever has become of it since.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub id: ReportId,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The name of the room. Null if the conversation is between two people.
    #[schemars(with = "Option<schema::Name>")]
    pub room: Option<String>,
    /// Who wrote the message.
    pub author: User,
    /// Who reported it.
    pub reporter: User,
    pub content: String,
    /// The names of the files that were sent with it. Left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What the reporter says about it. Null if they said nothing.
    #[schemars(length(min = 1, max = REPORT_REASON))]
    pub reason: Option<String>,
    pub created_at: Timestamp,
}
