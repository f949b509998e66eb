//! Requests to join a room, for people who want to be asked before they are added.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, Timestamp, User, schema};

/// Somebody in a room would like the caller to join it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomRequest {
    pub conversation_id: ConversationId,
    /// The name of the room.
    #[schemars(with = "schema::Name")]
    pub name: String,
    #[schemars(range(min = 0))]
    pub participant_count: i64,
    pub asked_by: User,
    pub asked_at: Timestamp,
}

/// The caller was asked to join a room, or that has been answered or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomRequestChange {
    pub conversation_id: ConversationId,
    /// Null if there is none any more.
    pub request: Option<RoomRequest>,
}
