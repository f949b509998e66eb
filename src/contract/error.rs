//! The body of errors, and the status of each.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::error::ErrorCode;

/// The HTTP status of an error.
#[must_use]
pub const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::Malformed | ErrorCode::BadHandshake | ErrorCode::TwoCookies => 400,
        ErrorCode::Unauthorized
        | ErrorCode::BadCredentials
        | ErrorCode::SecondFactorRequired
        | ErrorCode::PasskeyRequired => 401,
        ErrorCode::Disabled
        | ErrorCode::WrongPassword
        | ErrorCode::ProofRequired
        | ErrorCode::WrongCode
        | ErrorCode::SecondFactorNeeded
        | ErrorCode::BadPasskey
        | ErrorCode::PasskeyCloned
        | ErrorCode::SignupClosed
        | ErrorCode::InviteRequired
        | ErrorCode::BadInvite
        | ErrorCode::BadSetupToken
        | ErrorCode::BadResetToken
        | ErrorCode::Scope
        | ErrorCode::NotAdmin
        | ErrorCode::Unreachable
        | ErrorCode::Blocked
        | ErrorCode::SelfConversation
        | ErrorCode::Forbidden
        | ErrorCode::CrossOrigin
        | ErrorCode::MetricsAreLocal
        | ErrorCode::DevIsLocal
        | ErrorCode::StaleForm => 403,
        ErrorCode::NotFound => 404,
        ErrorCode::MethodNotAllowed => 405,
        ErrorCode::NotAcceptable => 406,
        ErrorCode::Timeout => 408,
        ErrorCode::UsernameTaken
        | ErrorCode::IdentityTaken
        | ErrorCode::LastAdmin
        | ErrorCode::LastWayIn
        | ErrorCode::SecondFactorOn
        | ErrorCode::PasskeysUnavailable
        | ErrorCode::ClientIdReused
        | ErrorCode::WrongOffset
        | ErrorCode::NotARoom => 409,
        ErrorCode::Reset => 410,
        ErrorCode::TooLarge => 413,
        ErrorCode::UnsupportedMediaType => 415,
        ErrorCode::Misdirected => 421,
        ErrorCode::Invalid => 422,
        ErrorCode::WebsocketVersion => 426,
        ErrorCode::Throttled
        | ErrorCode::DailyLimit
        | ErrorCode::TooFast
        | ErrorCode::TooManyStreams => 429,
        ErrorCode::Internal => 500,
        ErrorCode::PushUnreachable
        | ErrorCode::PushRefused
        | ErrorCode::RelayUnreachable
        | ErrorCode::RelayRefused => 502,
        ErrorCode::Busy | ErrorCode::Stopping => 503,
        ErrorCode::StorageFull | ErrorCode::QuotaUsedUp | ErrorCode::TextQuotaUsedUp => 507,
    }
}

impl JsonSchema for ErrorCode {
    fn schema_name() -> Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut description =
            "A machine-readable error code. New codes may be added, but none changes its meaning.\n"
                .to_owned();
        for code in Self::ALL {
            description.extend(["\n- `", code.as_str(), "`: ", code.meaning()]);
        }
        let codes: Vec<_> = Self::ALL.iter().map(|code| code.as_str()).collect();
        json_schema!({ "type": "string", "description": description, "enum": codes })
    }
}

/// The body of every error response.
#[derive(JsonSchema)]
pub struct ApiError {
    pub code: ErrorCode,
    /// A sentence for people.
    #[schemars(length(min = 1))]
    pub message: String,
    /// For validation errors, the reason for each field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<BTreeMap<String, String>>,
}
