//! What administrators set for everybody.

#![expect(
    clippy::option_option,
    reason = "no default room is not the same as one that stays"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{
    contract::operation::{Operation, Tag},
    model::{AdminSettings, ConversationId},
};

/// Changes of the settings. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAdminSettings {
    pub members_may_invite: Option<bool>,
    /// A room that is open or that the caller is in, or null.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<ConversationId>")]
    pub default_room_id: Option<Option<String>>,
}

/// Tells null from a property that is left out.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub fn show() -> Operation {
    Operation::new(
        "adminSettings",
        Tag::Administration,
        "Shows what administrators have set for everybody",
    )
    .ok::<AdminSettings>("The settings")
}

pub fn update() -> Operation {
    Operation::new(
        "updateAdminSettings",
        Tag::Administration,
        "Changes who may invite others, and the room that new people join",
    )
    .body::<UpdateAdminSettings>()
    .ok::<AdminSettings>("The settings")
    .invalid(["defaultRoomId"])
}
