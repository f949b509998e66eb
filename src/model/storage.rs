//! The files that people have sent, as administrators see them.

use std::ops::AddAssign;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, User, schema::Name};

/// Files that were sent. One that was sent several times counts each time.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct Sent {
    pub bytes: u64,
    pub files: u64,
}

impl AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.files += other.files;
    }
}

/// What one person has sent and is sending.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SentBy {
    pub user: User,
    #[serde(flatten)]
    pub sent: Sent,
}

/// What was sent in one room.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SentIn {
    pub id: ConversationId,
    #[schemars(with = "Name")]
    pub name: String,
    #[serde(flatten)]
    pub sent: Sent,
}

/// Who has sent files, and where.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentFiles {
    /// The 100 people who have sent most, the first with the most bytes.
    pub users: Vec<SentBy>,
    /// The 100 rooms with the most bytes, of those that are open or that the caller is in.
    pub rooms: Vec<SentIn>,
    /// All other rooms together.
    pub other_rooms: Sent,
    /// All direct conversations together.
    pub direct: Sent,
}
