//! The caller’s own settings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::operation::{Operation, Tag};

/// The caller’s settings, and what their account is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings<'a> {
    /// Whether others see that the caller is online, types, and what they have read.
    pub shows_activity: bool,
    pub admin: bool,
    pub has_password: bool,
    /// The accounts with providers that the caller can sign in with.
    pub identities: Vec<LinkedIdentity<'a>>,
}

/// An account with a sign-in provider.
#[derive(Serialize, JsonSchema)]
pub struct LinkedIdentity<'a> {
    /// The provider’s id; null where it is not set up any more.
    pub provider: Option<&'a str>,
    /// What people call the provider.
    pub name: &'a str,
    /// The caller’s name there.
    pub username: Option<&'a str>,
}

/// AccountSettings to be changed; what is left out stays.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSettings {
    pub shows_activity: Option<bool>,
}

pub fn show() -> Operation {
    Operation::new("settings", Tag::Accounts, "Shows the caller’s settings")
        .ok::<AccountSettings<'_>>("The settings")
}

pub fn change() -> Operation {
    Operation::new(
        "changeSettings",
        Tag::Accounts,
        "Changes the caller’s settings",
    )
    .body::<UpdateSettings>()
    .ok::<AccountSettings<'_>>("The settings")
}
