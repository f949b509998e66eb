//! Proving again who one is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::{
        operation::{Operation, Tag},
        operations::passkeys::{PasskeyAssertion, PasskeyRequestOptions},
    },
    error::ErrorCode::{
        BadPasskey, PasskeyCloned, PasskeysUnavailable, ProofRequired, Throttled, WrongCode,
        WrongPassword,
    },
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
    /// Whether the caller can prove it with a passkey instead.
    pub passkey: bool,
    /// The providers at which the caller can prove it instead, by `GET /api/oauth/{provider}?prove=1`.
    pub providers: Vec<String>,
}

/// What proves who the caller is: a passkey, or the others.
#[derive(Default, Deserialize, JsonSchema)]
pub struct ProveIdentity {
    /// Required if the account has one.
    pub password: Option<String>,
    /// Required if the account has two-step sign-in.
    pub code: Option<String>,
    /// What the browser answered to the options of `POST /api/proof/passkey/options`.
    pub passkey: Option<PasskeyAssertion>,
}

pub fn passkey_options() -> Operation {
    Operation::new(
        "proofPasskeyOptions",
        Tag::Accounts,
        "Begins to prove who the caller is with a passkey",
    )
    .ok::<PasskeyRequestOptions>("What the browser needs, valid for five minutes")
    .errors([PasskeysUnavailable])
    .reading()
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
        .errors([WrongPassword, WrongCode, BadPasskey, PasskeyCloned, PasskeysUnavailable, Throttled])
        .error(ProofRequired, "The account has no password, or needs a passkey. The caller proves it at a provider, or with the passkey.")
        .invalid(["password", "code"])
}
