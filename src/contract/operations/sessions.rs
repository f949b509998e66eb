//! The caller’s own sessions.

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::NotFound,
    model::{SessionId, SessionInfo},
};

pub fn list() -> Operation {
    Operation::new(
        "sessions",
        Tag::Accounts,
        "Lists the caller’s sessions, last used first",
    )
    .ok::<Vec<SessionInfo>>("The sessions")
}

pub fn end_others() -> Operation {
    Operation::new(
        "revokeOtherSessions",
        Tag::Accounts,
        "Ends the caller’s other sessions",
    )
    .done()
}

pub fn end() -> Operation {
    Operation::new(
        "revokeSession",
        Tag::Accounts,
        "Ends one of the caller’s sessions",
    )
    .parameter(Parameter::path::<SessionId>("id"))
    .done()
    .errors([NotFound])
}
