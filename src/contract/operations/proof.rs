//! Proving again who one is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Tag},
    error::ErrorCode::{ProofRequired, Throttled, WrongCode, WrongPassword},
    model::Timestamp,
};

/// What the caller can prove with who they are.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProofState {
    /// Until when the last proof counts. Null if it counts no longer.
    pub fresh_until: Option<Timestamp>,
    /// Whether it takes the password.
    pub password: bool,
    /// Whether it takes the code of the authenticator app, or a recovery code.
    pub code: bool,
    /// The providers at which the caller can prove it instead, by `GET /api/oauth/{provider}?prove=1`.
    pub providers: Vec<String>,
}

/// What proves who the caller is.
#[derive(Deserialize, JsonSchema)]
pub struct ProveIdentity {
    /// Required if the account has one.
    pub password: Option<String>,
    /// Required if the account has two-step sign-in.
    pub code: Option<String>,
}

pub fn show() -> Operation {
    Operation::new(
        "proof",
        Tag::Accounts,
        "Shows whether the caller has proven lately who they are, and how they can",
    )
    .ok::<ProofState>("The state")
}

pub fn prove() -> Operation {
    Operation::new("prove", Tag::Accounts, "Proves again who the caller is, for what lasts")
        .describe(
            "What lasts, such as creating a token, takes a proof that is at most five minutes old; otherwise it is refused with \
             403 `proof_required`. Signing in is one. In development mode everything is one.",
        )
        .body::<ProveIdentity>()
        .done()
        .errors([WrongPassword, WrongCode, Throttled])
        .error(ProofRequired, "The account has no password. The caller proves it at a provider.")
        .invalid(["password", "code"])
}
