//! Invitations. Who may create them, and see whose, depends on the settings of the server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{BadInvite, NotFound, Throttled},
    model::{ConversationId, Invite, InviteId, Timestamp, limits},
};

/// A new invitation.
#[derive(Deserialize, JsonSchema)]
pub struct CreateInvite {
    /// How many people can use it; 1 if left out. Up to 10 if its creator isn’t an administrator.
    #[schemars(range(min = *limits::INVITE_USES.start(), max = *limits::INVITE_USES.end()))]
    pub uses: Option<u32>,
    /// How many days it is valid; 7 if left out.
    #[schemars(range(min = *limits::INVITE_DAYS.start(), max = *limits::INVITE_DAYS.end()))]
    pub days: Option<u32>,
    /// The rooms that these people join: rooms that the caller is in, or open ones. The default room if left out.
    #[schemars(with = "Option<Vec<ConversationId>>", length(max = limits::INVITE_ROOMS))]
    pub rooms: Option<Vec<String>>,
    /// What the link begins with, if not with the address of this request: one of those that `GET /api/admin/addresses`
    /// lists.
    pub base: Option<String>,
}

/// An invitation that was just created, with its link.
#[derive(Serialize, JsonSchema)]
pub struct CreatedInvite {
    #[serde(flatten)]
    pub invite: Invite,
    /// Shown only once.
    #[schemars(url)]
    pub link: String,
    /// The link as a QR code, in SVG.
    #[schemars(extend("contentMediaType" = "image/svg+xml"))]
    pub qr: String,
}

/// An invitation to check.
#[derive(Deserialize, JsonSchema)]
pub struct CheckInvite {
    /// The part of the link after its `#`.
    #[schemars(with = "String")]
    pub invite: Option<String>,
}

/// An invitation that is valid.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckedInvite {
    /// The username of its creator. Null for invitations from the command line.
    pub invited_by: Option<String>,
    /// The names of the rooms that one joins with it.
    pub rooms: Vec<String>,
    pub expires_at: Timestamp,
}

pub fn list() -> Operation {
    Operation::new(
        "invites",
        Tag::Administration,
        "Lists valid invitations, newest first",
    )
    .describe("Administrators see everybody’s, all others their own.")
    .ok::<Vec<Invite>>("The invitations")
}

pub fn create() -> Operation {
    Operation::new(
        "createInvite",
        Tag::Administration,
        "Creates an invitation. Its link is shown only once",
    )
    .body::<CreateInvite>()
    .created::<CreatedInvite>("The invitation")
    .invalid(["uses", "days", "rooms", "base"])
}

pub fn check() -> Operation {
    Operation::new(
        "checkInvite",
        Tag::Accounts,
        "Shows whether an invitation is valid, and who created it",
    )
    .body::<CheckInvite>()
    .ok::<CheckedInvite>("The invitation")
    .errors([BadInvite, Throttled])
    .reading()
}

pub fn revoke() -> Operation {
    Operation::new("revokeInvite", Tag::Administration, "Revokes an invitation")
        .parameter(Parameter::path::<InviteId>("id"))
        .done()
        .errors([NotFound])
}
