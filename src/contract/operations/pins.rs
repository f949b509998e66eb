//! Pinning messages in their conversation.

use super::conversations::id as conversation;
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{Blocked, NotFound, Unreachable},
    model::{MessageId, limits, schema::Message},
};

fn id() -> Parameter {
    Parameter::path::<MessageId>("id").describe("A message’s id")
}

pub fn list() -> Operation {
    Operation::new(
        "pinnedMessages",
        Tag::Messages,
        "Lists a conversation’s pinned messages, the last pinned first",
    )
    .describe("Only those that the caller may see are listed.")
    .parameter(conversation())
    .list::<Message>(limits::PINNED_MESSAGES as usize, "The messages")
    .errors([NotFound])
}

pub fn pin() -> Operation {
    Operation::new("pinMessage", Tag::Messages, "Pins a message in its conversation")
        .describe("Everybody in the conversation can do this, and sees it. Pinning it again has no effect. Streams are told with `update`.")
        .parameter(id())
        .ok::<Message>("The message")
        .errors([NotFound, Blocked, Unreachable])
        .invalid(["pin"])
}

pub fn unpin() -> Operation {
    Operation::new("unpinMessage", Tag::Messages, "Unpins a message")
        .describe("Everybody in the conversation can do this. A deleted message is unpinned.")
        .parameter(id())
        .done()
        .errors([NotFound])
}
