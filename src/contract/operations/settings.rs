//! The caller’s own settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::operation::{Operation, Tag};

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
}
