//! Saving messages for oneself.

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::NotFound,
    model::{MessageId, Saved, SavedMessageView},
    store::SAVED_PAGE,
};

fn id() -> Parameter {
    Parameter::path::<MessageId>("id").describe("A message’s id")
}

pub fn list() -> Operation {
    Operation::new(
        "savedMessages",
        Tag::Messages,
        "Lists the caller’s saved messages, the last saved first",
    )
    .describe(
        "Messages that were deleted, or that the caller may not see any more, are not listed.",
    )
    .parameter(
        Parameter::query::<MessageId>("before").describe("Only messages saved before this one"),
    )
    .list::<SavedMessageView<'_>>(SAVED_PAGE as usize, "The messages")
    .errors([NotFound])
}

pub fn save() -> Operation {
    Operation::new(
        "saveMessage",
        Tag::Messages,
        "Saves a message for the caller",
    )
    .describe("Others are not told. Saving it again has no effect.")
    .parameter(id())
    .ok::<Saved>("When it was saved")
    .errors([NotFound])
    .invalid(["saved"])
}

pub fn unsave() -> Operation {
    Operation::new(
        "unsaveMessage",
        Tag::Messages,
        "No longer keeps a message for the caller",
    )
    .parameter(id())
    .done()
    .errors([NotFound])
}
