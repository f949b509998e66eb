//! The caller’s own settings.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    contract::operation::{Operation, Tag},
    model::{ClockTime, QuietHours},
};

/// The caller’s settings and the state of their account.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the contract has them as such"
)]
pub struct AccountSettings<'a> {
    /// Whether others see when the caller is online or typing, and what they have read.
    pub shows_activity: bool,
    /// Whether the caller is asked before others add them to a room.
    pub asks_first: bool,
    /// Whether notifications for the caller’s other devices have a part of the text, and not only who wrote.
    pub preview: bool,
    /// When the caller isn’t notified of messages, neither then nor later. Null if they always are.
    pub quiet: Option<QuietHours>,
    pub admin: bool,
    /// Whether the caller may invite others.
    pub may_invite: bool,
    pub has_password: bool,
    /// Whether the caller has to turn two-step sign-in on before they can administrate.
    pub needs_second_factor: bool,
    /// The accounts at sign-in providers that the caller can sign in with.
    pub identities: Vec<LinkedIdentity<'a>>,
}

/// An account at a sign-in provider.
#[derive(Serialize, JsonSchema)]
pub struct LinkedIdentity<'a> {
    /// The provider’s id. Null if the provider is no longer configured.
    pub provider: Option<&'a str>,
    /// The display name of the provider.
    pub name: &'a str,
    /// The caller’s username there.
    pub username: Option<&'a str>,
}

/// Changes of the settings. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSettings {
    pub shows_activity: Option<bool>,
    pub asks_first: Option<bool>,
    pub preview: Option<bool>,
    /// Null ends them.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<SetQuietHours>")]
    pub quiet: Option<Option<SetQuietHours>>,
}

/// New quiet hours. They can go over midnight.
#[derive(Deserialize, JsonSchema)]
pub struct SetQuietHours {
    #[schemars(with = "ClockTime")]
    pub from: String,
    #[schemars(with = "ClockTime")]
    pub to: String,
    /// A name of the IANA Time Zone Database, as browsers know it.
    #[schemars(length(min = 1), extend("examples" = ["Europe/Berlin"]))]
    pub zone: String,
}

/// Tells null from a property that is left out.
#[expect(clippy::option_option, reason = "null and left out are different")]
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<SetQuietHours>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub fn show() -> Operation {
    Operation::new("settings", Tag::Accounts, "Shows the caller’s settings")
        .ok::<AccountSettings<'_>>("The settings")
}

pub fn change() -> Operation {
    Operation::new(
        "updateSettings",
        Tag::Accounts,
        "Changes the caller’s settings",
    )
    .body::<UpdateSettings>()
    .ok::<AccountSettings<'_>>("The settings")
    .invalid(["quiet"])
}
