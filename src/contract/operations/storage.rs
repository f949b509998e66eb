//! What the server stores.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    contract::operation::{Operation, Tag},
    model::{Backups, SentFiles},
};

/// What the files take that people have sent, and the backups.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// How many files there are. One that was sent several times is one.
    pub files: u64,
    /// The bytes of all files.
    pub bytes: u64,
    /// The bytes that all files may have together. Null if only the disk limits them.
    pub limit: Option<u64>,
    /// The bytes that the files of one person may have. Null if there is no such limit.
    pub user_limit: Option<u64>,
    /// Free bytes on the database’s disk. Null if the operating system doesn’t tell.
    pub free_bytes: Option<u64>,
    #[serde(flatten)]
    pub sent: SentFiles,
    /// Null if the server makes no daily backups.
    pub backups: Option<Backups>,
}

pub fn show() -> Operation {
    Operation::new(
        "storage",
        Tag::Administration,
        "Shows what the files of people take, by person and by room, and the state of the backups",
    )
    .describe(
        "A file is stored once, but counts each time that it was sent, also against a person’s limit. So the parts may \
         have more bytes than all files.",
    )
    .ok::<Storage>("What is stored")
}
