//! Reporting messages to the administrators.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{DailyLimit, Forbidden, NotFound},
    model::{MessageId, Report, ReportId, limits::REPORT_REASON},
};

/// What the administrators should know about the message.
#[derive(Default, Deserialize, JsonSchema)]
pub struct ReportMessage {
    #[schemars(length(max = REPORT_REASON))]
    pub reason: Option<String>,
}

pub fn create() -> Operation {
    Operation::new("report", Tag::Messages, "Reports a message to the administrators; twice is once")
        .describe(
            "They see the message as it is now, even if it is edited or deleted later, who wrote it and who reported it. The \
             author isn’t told.",
        )
        .parameter(Parameter::path::<MessageId>("id").describe("A message’s id"))
        .optional_body::<ReportMessage>()
        .done()
        .errors([DailyLimit, Forbidden, NotFound])
        .invalid(["reason"])
}

pub fn list() -> Operation {
    Operation::new(
        "reports",
        Tag::Administration,
        "Lists up to 50 reported messages, newest first",
    )
    .parameter(
        Parameter::query::<ReportId>("before").describe("The last report of the previous page"),
    )
    .list::<Report>(50, "The reports")
    .errors([NotFound])
}

pub fn delete() -> Operation {
    Operation::new(
        "deleteReport",
        Tag::Administration,
        "Deletes a report that has been dealt with",
    )
    .describe("Reports are deleted after 90 days in any case.")
    .parameter(Parameter::path::<ReportId>("id").describe("A report’s id"))
    .done()
    .errors([NotFound])
}
