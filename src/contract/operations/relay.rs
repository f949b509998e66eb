//! Notifications through a server that the administrator has set up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::{NotFound, RelayRefused, RelayUnreachable},
    model::RelayKind,
};

/// Whether the caller is notified through a server that the administrator has set up, and how.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(rename = "PushRelay")]
pub struct RelayState {
    /// Null if there is no such server.
    pub kind: Option<RelayKind>,
    /// Its URL. Null if there is none.
    #[schemars(extend("format" = "uri"))]
    pub server: Option<String>,
    pub on: bool,
    /// The topic of ntfy to subscribe to. Whoever knows it can read what is sent to it, so it is shown only when it is
    /// created and to whoever proves who they are. Null otherwise, and if the caller has none.
    pub topic: Option<String>,
}

/// How to notify the caller.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "SetPushRelay")]
pub struct SetRelay {
    /// The token of an application that the caller has created in Gotify. ntfy needs none.
    pub token: Option<String>,
}

pub fn show() -> Operation {
    Operation::new(
        "pushRelay",
        Tag::Accounts,
        "Shows whether the caller is notified through ntfy or Gotify",
    )
    .ok::<RelayState>("The state")
}

pub fn set() -> Operation {
    Operation::new("setPushRelay", Tag::Accounts, "Turns notifications through ntfy or Gotify on")
        .describe(
            "At ntfy, it creates a new topic each time; what subscribes to the one before hears nothing more. At Gotify, \
             it takes the token of an application, which then isn’t shown again.",
        )
        .optional_body::<SetRelay>()
        .ok::<RelayState>("The state")
        .errors([NotFound])
        .invalid(["token"])
}

pub fn show_topic() -> Operation {
    Operation::new(
        "pushRelayTopic",
        Tag::Accounts,
        "Shows the same, with the caller’s topic of ntfy",
    )
    .ok::<RelayState>("The state")
}

pub fn test() -> Operation {
    Operation::new(
        "testPushRelay",
        Tag::Accounts,
        "Notifies the caller through ntfy or Gotify that notifications work",
    )
    .describe("It waits for ntfy or Gotify.")
    .done()
    .error(
        NotFound,
        "There is no such server, or the caller isn’t notified through it.",
    )
    .errors([RelayUnreachable, RelayRefused])
}

pub fn remove() -> Operation {
    Operation::new(
        "deletePushRelay",
        Tag::Accounts,
        "Turns notifications through ntfy or Gotify off",
    )
    .done()
}
