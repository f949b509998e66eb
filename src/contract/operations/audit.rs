//! The audit log, and notices.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::NotFound,
    model::{
        Notice, SecurityEvent, SecurityEventId,
        security::{AUDIT_PAGE, NOTICES},
    },
};

/// Which notices the caller has seen.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenNotices {
    /// The id of the newest of them.
    #[schemars(with = "SecurityEventId")]
    pub up_to: Option<String>,
}

pub fn list() -> Operation {
    Operation::new(
        "auditLog",
        Tag::Administration,
        "Lists what matters for the safety of accounts, newest first",
    )
    .describe(
        "Events are kept for a year. Attempts that were refused are counted together, by account, network and minute, and \
         only the newest 50,000 of these are kept.",
    )
    .parameter(
        Parameter::query::<SecurityEventId>("before").describe("Only events before the one with this id"),
    )
    .parameter(
        Parameter::query::<u32>("limit")
            .with(json!({ "minimum": 1, "maximum": AUDIT_PAGE }))
            .describe("25 if left out"),
    )
    .list::<SecurityEvent>(AUDIT_PAGE as usize, "The events")
    .errors([NotFound])
    .invalid(["limit"])
}

pub fn notices() -> Operation {
    Operation::new(
        "notices",
        Tag::Accounts,
        "Lists what happened to the caller’s account that they haven’t seen, newest first",
    )
    .describe(
        "What was done in this session is not among them. A `notice` event says when there is a new one.",
    )
    .list::<Notice>(NOTICES as usize, "The notices")
}

pub fn see() -> Operation {
    Operation::new(
        "seeNotices",
        Tag::Accounts,
        "Marks the caller’s notices as seen, on all devices",
    )
    .body::<SeenNotices>()
    .done()
    .invalid(["upTo"])
}
