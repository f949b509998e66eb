//! The kinds of faults, and what each is made of.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest time of a fault: ten minutes.
pub(super) const LONGEST: i64 = 10 * 60 * 1_000;
/// The HTTP statuses that the server itself would give.
const STATUSES: [u16; 7] = [401, 403, 413, 429, 500, 503, 507];
/// Those of proxies that don’t let a stream through.
const REFUSALS: [u16; 3] = [200, 400, 502];

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The request is handled later.
    Latency,
    /// It is never answered.
    Hang,
    /// The answer comes a few bytes at a time.
    Drip,
    /// The connection ends in place of an answer, and nothing is done.
    Disconnect,
    /// The request is handled, then the connection ends in place of an answer.
    LostAnswer,
    /// The server refuses it.
    Status,
    /// The stream ends.
    Cut,
    /// Nothing comes any more, not even a heartbeat.
    Stall,
    /// What comes is held for a while and then comes at once.
    Hold,
    /// A proxy doesn’t let the stream through.
    Refuse,
    /// The cursor of the client isn’t known.
    Reset,
    /// The session of the caller ends.
    EndSession,
    /// The server starts anew before it handles the request.
    Restart,
    /// The answer comes after the event of what it did.
    SentFirst,
    /// Somebody seems to come and go.
    PresenceFlaps,
    /// Somebody seems to type all the time.
    EndlessTyping,
    /// The server’s clock is wrong.
    Clock,
}

impl Kind {
    /// Whether only streams have it.
    pub(super) fn is_of_streams(self) -> bool {
        use Kind::{Cut, Hold, Refuse, Reset, Stall};
        matches!(self, Cut | Stall | Hold | Refuse | Reset)
    }

    /// Whether it goes on by itself, whatever is requested.
    pub(super) fn is_of_its_own(self) -> bool {
        matches!(
            self,
            Self::PresenceFlaps | Self::EndlessTyping | Self::Clock
        )
    }

    /// Whether connections end by it before there is any of an answer. A browser that has used the connection before then
    /// repeats the request by itself.
    pub(super) fn ends_connections(self) -> bool {
        use Kind::{Cut, Disconnect, LostAnswer, Stall};
        matches!(self, Disconnect | LostAnswer | Cut | Stall)
    }

    /// Whether there is no other answer then.
    pub(super) fn is_last(self) -> bool {
        use Kind::{Disconnect, Hang, LostAnswer, Refuse, Status};
        matches!(self, Hang | Disconnect | LostAnswer | Status | Refuse)
    }

    /// Its parameters besides where and when it happens, with what they are if they aren’t given.
    pub(super) fn defaults(self) -> Parameters {
        let none = Parameters::default();
        let time = |ms| Parameters {
            ms: Some(ms),
            ..none
        };
        let varying = |ms| Parameters {
            jitter: Some(0),
            ..time(ms)
        };
        match self {
            Self::Hang | Self::Reset | Self::Restart => none,
            Self::Latency => varying(500),
            Self::Drip => Parameters {
                bytes: Some(16),
                ..time(100)
            },
            Self::Disconnect | Self::LostAnswer => Parameters {
                how: Some(How::Fin),
                ..none
            },
            Self::Status => Parameters {
                status: Some(503),
                ..none
            },
            Self::Cut => Parameters {
                how: Some(How::Fin),
                ..varying(0)
            },
            Self::Stall | Self::EndSession => varying(0),
            Self::Refuse => Parameters {
                status: Some(502),
                ..none
            },
            Self::Hold | Self::PresenceFlaps => time(3_000),
            Self::SentFirst => time(100),
            Self::EndlessTyping => time(2_000),
            Self::Clock => time(LONGEST),
        }
    }

    pub(super) fn statuses(self) -> &'static [u16] {
        match self {
            Self::Refuse => &REFUSALS,
            _ => &STATUSES,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// In good order (RFC 9293 §3.6), although the answer isn’t complete.
    Fin,
    /// By a reset (RFC 9293 §3.5.2).
    Rst,
}

/// What a fault is made of. Which of these it has depends on its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Parameters {
    /// How long, or after how long, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<i64>,
    /// Up to how many milliseconds are added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How many come at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
}
