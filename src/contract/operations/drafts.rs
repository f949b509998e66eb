//! What people have begun to write.

use schemars::JsonSchema;
use serde::Deserialize;

use super::conversations::id;
use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::NotFound,
    model::{Draft, schema::Content},
    store::DRAFTS_PAGE,
};

/// What somebody has begun to write.
#[derive(Deserialize, JsonSchema)]
pub struct SetDraft {
    #[schemars(with = "Content")]
    pub content: Option<String>,
}

pub fn list() -> Operation {
    Operation::new(
        "drafts",
        Tag::Messages,
        "Lists what the caller has begun to write, the newest first",
    )
    .list::<Draft>(DRAFTS_PAGE as usize, "The drafts")
}

pub fn set() -> Operation {
    Operation::new("setDraft", Tag::Messages, "Keeps what the caller has begun to write in a conversation")
        .describe("It replaces what was there, and is kept byte for byte. Only the caller’s own streams are told. Sending a message doesn’t end it.")
        .parameter(id())
        .body::<SetDraft>()
        .ok::<Draft>("The draft")
        .errors([NotFound])
        .invalid(["content"])
}

pub fn delete() -> Operation {
    Operation::new(
        "deleteDraft",
        Tag::Messages,
        "Deletes what the caller has begun to write in a conversation",
    )
    .parameter(id())
    .done()
    .errors([NotFound])
}
