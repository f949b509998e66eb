//! Faults that belong together, by a name.

use super::{
    kind::How,
    rule::{Scope, Transport, Wanted},
};

/// The names, and what each is in a few words.
pub const PRESETS: [(&str, &str); 6] = [
    ("slow3g", "two seconds of latency and 50 kB/s"),
    ("train", "a connection that comes and goes"),
    ("flaky", "now and then, everything that can go wrong"),
    ("full-disk", "nothing can be written"),
    ("expired", "sessions end"),
    ("corporate-proxy", "only long polls come through"),
];

/// The faults of a preset.
pub(super) fn preset(name: &str) -> Option<Vec<Wanted>> {
    Some(match name {
        "slow3g" => vec![
            Wanted {
                jitter: Some(500),
                ..timed("latency", 2_000)
            },
            Wanted {
                bytes: Some(5_000),
                ..timed("drip", 100)
            },
        ],
        "train" => vec![
            Wanted {
                jitter: Some(1_500),
                ..timed("latency", 300)
            },
            sometimes(0.1, named("disconnect")),
            sometimes(
                0.3,
                Wanted {
                    jitter: Some(20_000),
                    ..timed("stall", 10_000)
                },
            ),
            Wanted {
                jitter: Some(30_000),
                how: Some(How::Rst),
                ..timed("cut", 15_000)
            },
        ],
        "flaky" => vec![
            Wanted {
                jitter: Some(400),
                ..timed("latency", 100)
            },
            sometimes(0.1, status(503)),
            sometimes(
                0.05,
                Wanted {
                    how: Some(How::Rst),
                    ..named("disconnect")
                },
            ),
            sometimes(0.05, named("lost-answer")),
            sometimes(
                0.5,
                Wanted {
                    jitter: Some(20_000),
                    how: Some(How::Rst),
                    ..timed("cut", 10_000)
                },
            ),
        ],
        "full-disk" => ["send", "edit", "createUpload", "uploadPart", "setDraft"]
            .map(|operation| Wanted {
                scope: Scope {
                    operation: Some(operation.to_owned()),
                    ..Scope::default()
                },
                ..status(507)
            })
            .into(),
        "expired" => vec![sometimes(0.05, timed("end-session", 10_000))],
        "corporate-proxy" => vec![
            only(Transport::WebSocket, named("refuse")),
            only(Transport::Sse, named("stall")),
        ],
        _ => return None,
    })
}

fn named(fault: &str) -> Wanted {
    Wanted {
        fault: fault.to_owned(),
        ..Wanted::default()
    }
}

fn timed(fault: &str, ms: i64) -> Wanted {
    Wanted {
        ms: Some(ms),
        ..named(fault)
    }
}

fn status(status: u16) -> Wanted {
    Wanted {
        status: Some(status),
        ..named("status")
    }
}

fn sometimes(probability: f64, wanted: Wanted) -> Wanted {
    Wanted {
        scope: Scope {
            probability: Some(probability),
            ..wanted.scope
        },
        ..wanted
    }
}

fn only(transport: Transport, wanted: Wanted) -> Wanted {
    Wanted {
        scope: Scope {
            transport: Some(transport),
            ..wanted.scope
        },
        ..wanted
    }
}
