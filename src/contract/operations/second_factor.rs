//! Two-step sign-in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::{NotFound, SecondFactorOn, WrongCode},
};

/// The caller’s two-step sign-in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactor {
    pub on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
}

/// What an authenticator app needs. It is shown only once.
#[derive(Serialize, JsonSchema)]
pub struct NewSecondFactor {
    /// In base 32 (RFC 4648 §6), for typing.
    #[schemars(regex(pattern = "^[A-Z2-7]{32}$"))]
    pub secret: String,
    /// What apps read: `otpauth://totp/…`.
    pub uri: String,
    /// The URI as a QR code, in SVG.
    #[schemars(extend("contentMediaType" = "image/svg+xml"))]
    pub qr: String,
}

/// A code that shows that the app is set up.
#[derive(Deserialize, JsonSchema)]
pub struct ConfirmSecondFactor {
    #[schemars(with = "String")]
    pub code: Option<String>,
}

/// Codes that work once each instead of the app’s. They are shown only once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    pub recovery_codes: Vec<String>,
}

pub fn show() -> Operation {
    Operation::new(
        "secondFactor",
        Tag::Accounts,
        "Shows whether the caller has two-step sign-in",
    )
    .ok::<SecondFactor>("The state")
}

pub fn begin() -> Operation {
    Operation::new("beginSecondFactor", Tag::Accounts, "Begins to set up two-step sign-in")
        .describe(
            "The codes are those of RFC 6238, with HMAC-SHA-1, six digits and 30 seconds. Until one of them confirms it, \
             two-step sign-in is off. Calling this again replaces the secret.",
        )
        .created::<NewSecondFactor>("The secret")
        .errors([SecondFactorOn])
}

pub fn confirm() -> Operation {
    Operation::new(
        "confirmSecondFactor",
        Tag::Accounts,
        "Turns two-step sign-in on, with a code from the app",
    )
    .body::<ConfirmSecondFactor>()
    .ok::<RecoveryCodes>("The recovery codes")
    .errors([NotFound, WrongCode, SecondFactorOn])
    .invalid(["code"])
}

pub fn renew_codes() -> Operation {
    Operation::new(
        "createRecoveryCodes",
        Tag::Accounts,
        "Replaces the caller’s recovery codes",
    )
    .created::<RecoveryCodes>("The new recovery codes")
    .errors([NotFound])
}

pub fn remove() -> Operation {
    Operation::new(
        "removeSecondFactor",
        Tag::Accounts,
        "Turns the caller’s two-step sign-in off",
    )
    .done()
    .errors([NotFound])
}
