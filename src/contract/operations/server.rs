//! What the server tells of itself.

use serde_json::{Map, Value, json};

use crate::{
    contract::{
        document::VERSION,
        operation::{Answer, Operation, Scheme, Tag},
    },
    error::ErrorCode::{Busy, Internal, MetricsAreLocal, Stopping, StorageFull, Unauthorized},
};

pub fn contract() -> Operation {
    Operation::new("contract", Tag::Accounts, "Shows this document")
        .answer(
            Answer::json::<Map<String, Value>>(200, "This document").with(json!({
                "required": ["openapi", "info", "paths", "components"],
                "properties": {
                "openapi": { "type": "string", "const": VERSION },
                "info": { "type": "object" },
                "paths": { "type": "object" },
                "components": { "type": "object" }
            }
            })),
        )
        .apart()
}

pub fn health() -> Operation {
    Operation::new(
        "health",
        Tag::Operation,
        "Shows whether the server can write to its database",
    )
    .describe("A success may be up to a second old, so it may be asked for often.")
    .answer(
        Answer::empty(200, "It can")
            .or::<String>("text/plain")
            .with(json!({ "const": "ok\n" })),
    )
    .errors_with(503, [Busy, Stopping, StorageFull, Internal])
    .apart()
}

pub fn metrics() -> Operation {
    Operation::new("metrics", Tag::Operation, "Shows what the server counts and measures of itself, for Prometheus")
        .describe(
            "Where the server was started with a token for metrics, the token is needed. Otherwise only the server’s own \
             machine is answered.",
        )
        .security([Scheme::Nothing, Scheme::Metrics])
        .answer(Answer::empty(200, "OpenMetrics 1.0").or::<String>("application/openmetrics-text"))
        .errors([Unauthorized, MetricsAreLocal, Internal])
        .apart()
}
