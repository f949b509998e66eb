//! Incoming webhooks, with which programs post messages into a room.

use schemars::JsonSchema;
use serde::Serialize;

use super::{HookId, Timestamp, User};

/// A hook into a room. Its secret is shown only once.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    pub id: HookId,
    pub bot: User,
    pub created_by: User,
    pub created_at: Timestamp,
}
