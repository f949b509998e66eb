//! Invitations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{BadInvite, NotFound, Throttled},
    model::{InviteId, Timestamp},
    store::Invite,
};

/// An invitation to be created.
#[derive(Deserialize, JsonSchema)]
pub struct CreateInvite {
    /// For how many people: one if left out.
    #[schemars(range(min = 1, max = 100))]
    pub uses: Option<u32>,
    /// How long it is valid: 7 days if left out.
    #[schemars(range(min = 1, max = 90))]
    pub days: Option<u32>,
}

/// An invitation that was just created.
#[derive(Serialize, JsonSchema)]
pub struct NewInvite {
    #[serde(flatten)]
    pub invite: Invite,
    /// Shown only this once.
    #[schemars(url)]
    pub link: String,
    /// The link as a QR code, in SVG.
    #[schemars(extend("contentMediaType" = "image/svg+xml"))]
    pub qr: String,
}

/// Asks whether an invitation is valid.
#[derive(Deserialize, JsonSchema)]
pub struct CheckInvite {
    /// What the link has after its `#`.
    #[schemars(with = "String")]
    pub invite: Option<String>,
}

/// An invitation that is valid.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviteCheck {
    /// The username of whoever created it; null where it was created on the command line.
    pub invited_by: Option<String>,
    pub expires_at: Timestamp,
}

pub fn list() -> Operation {
    Operation::new(
        "invites",
        Tag::Administration,
        "Lists the invitations that are still valid, the newest first",
    )
    .ok::<Vec<Invite>>("The invitations")
}

pub fn create() -> Operation {
    Operation::new(
        "makeInvite",
        Tag::Administration,
        "Creates an invitation; its link is shown only once",
    )
    .body::<CreateInvite>()
    .created::<NewInvite>("The invitation")
    .invalid(["uses", "days"])
}

pub fn check() -> Operation {
    Operation::new(
        "checkInvite",
        Tag::Accounts,
        "Shows whether an invitation is valid, and who invites",
    )
    .body::<CheckInvite>()
    .ok::<InviteCheck>("The invitation")
    .errors([BadInvite, Throttled])
    .reading()
}

pub fn revoke() -> Operation {
    Operation::new("revokeInvite", Tag::Administration, "Revokes an invitation")
        .parameter(Parameter::path::<InviteId>("id"))
        .done()
        .errors([NotFound])
}
