//! What administrators set for everybody.

#![expect(
    clippy::option_option,
    reason = "no default room is not the same as one that stays"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::SecondFactorNeeded,
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
    /// Only an administrator who has two-step sign-in can require it.
    pub admins_need_second_factor: Option<bool>,
}

/// Tells null from a property that is left out.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub fn show() -> Operation {
    Operation::new(
        "adminSettings",
        Tag::Administration,
        "Shows the server’s settings",
    )
    .ok::<AdminSettings>("The settings")
}

pub fn update() -> Operation {
    Operation::new(
        "updateAdminSettings",
        Tag::Administration,
        "Changes who may invite others, the room that new people join, and what administrators need",
    )
    .body::<UpdateAdminSettings>()
    .ok::<AdminSettings>("The settings")
    .errors([SecondFactorNeeded])
    .invalid(["defaultRoomId"])
}
