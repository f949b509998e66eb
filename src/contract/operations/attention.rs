//! Saying that somebody sits in front of a device.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::operation::{Operation, Tag};

/// Whether somebody sits in front of the device of this session.
#[derive(Deserialize, JsonSchema)]
pub struct SetAttention {
    pub attentive: bool,
}

pub fn set() -> Operation {
    Operation::new(
        "setAttention",
        Tag::Accounts,
        "Says whether somebody sits in front of the caller’s device",
    )
    .describe(
        "As long as one of somebody’s devices is attentive, the others aren’t notified of new messages. It ends by itself \
         after 80 seconds, so a client says it again every 40 seconds while it is in the foreground, has the focus, and has \
         been used in the last two minutes. Nothing of it is stored.",
    )
    .body::<SetAttention>()
    .done()
}
