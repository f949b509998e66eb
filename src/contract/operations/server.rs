//! The contract, health and metrics of the server.

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
    .describe("A success may be up to a second old, so frequent requests are cheap.")
    .answer(
        Answer::empty(200, "It can write")
            .or::<String>("text/plain")
            .with(json!({ "const": "ok\n" })),
    )
    .errors_with(503, [Busy, Stopping, StorageFull, Internal])
    .apart()
}

pub fn metrics() -> Operation {
    Operation::new("metrics", Tag::Operation, "Returns the server’s metrics, for Prometheus")
        .describe(
            "If the server was started with a metrics token, it is required. Otherwise only requests from the same machine \
             are allowed.",
        )
        .security([Scheme::Nothing, Scheme::Metrics])
        .answer(
            Answer::empty(200, "OpenMetrics 1.0, or the older text format, as `Accept` says")
                .or::<String>("application/openmetrics-text")
                .or::<String>("text/plain"),
        )
        .errors([Unauthorized, MetricsAreLocal, Internal])
        .apart()
}
