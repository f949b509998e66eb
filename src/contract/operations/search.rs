//! Searching messages.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::NotFound,
    model::{ConversationId, EventId, MessageId, MessageView, schema},
    search::{MAX_QUERY, Range},
};

/// The most messages of a search’s answer, and how many there are if the request doesn’t say.
pub const MOST_RESULTS: u32 = 50;
pub const DEFAULT_RESULTS: u32 = 20;

/// What a search has found.
#[derive(Serialize, JsonSchema)]
pub struct SearchResults<'a> {
    /// Newest first.
    #[schemars(length(max = MOST_RESULTS))]
    pub results: Vec<SearchResult<'a>>,
    /// What to ask for as `before` to go on. Null if there is no more. It may be there although there are fewer results
    /// than asked for, or none: the search has a limited time.
    #[schemars(with = "Option<EventId>")]
    pub before: Option<MessageId>,
}

/// A message that was found.
#[derive(Serialize, JsonSchema)]
pub struct SearchResult<'a> {
    #[schemars(with = "schema::Message")]
    pub message: MessageView<'a>,
    /// The parts of its content that match, in UTF-16 code units, as JavaScript’s strings count. They are in order, and
    /// don’t overlap. There are none if only operators were asked for.
    pub matches: &'a [Range],
}

pub fn search() -> Operation {
    Operation::new("search", Tag::Messages, "Finds messages by their words, newest first")
        .describe(
            "All words have to be in the message, whatever their case and accents; the last may be the beginning of a longer \
             one. Words in quotes have to follow each other. In Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese any \
             part of a text is found. Operators: `from:` a username, or `me`; `in:` a room’s name, or the other’s username, in \
             quotes if it has spaces; `has:` `picture`, `video`, `voice`, `file` or `link`; `before:` and `after:` a date such \
             as `2026-11-20`, which begins at midnight UTC, or with an offset as in `2026-11-20+02:00`; `after:` includes \
             the day. Several `from:` or `in:` mean any of them. Anything else with a colon is a word. System messages aren’t \
             found.",
        )
        .parameter(
            Parameter::query::<String>("q")
                .with(json!({ "minLength": 1, "maxLength": MAX_QUERY, "pattern": r"\S" }))
                .required()
                .describe("What to search for")
                .example("soup from:jane"),
        )
        .parameter(Parameter::query::<ConversationId>("conversation").describe("Only in this conversation"))
        .parameter(Parameter::query::<MessageId>("before").describe("Only messages before this one"))
        .parameter(
            Parameter::query::<u32>("limit")
                .with(json!({ "minimum": 1, "maximum": MOST_RESULTS }))
                .describe("How many messages; 20 if left out"),
        )
        .ok::<SearchResults<'_>>("What was found")
        .errors([NotFound])
        .invalid(["q", "limit"])
}
