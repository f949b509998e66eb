//! A fault as it is asked for, and as it is in force: to which requests it happens, and how often.

use std::{str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::kind::{How, Kind, LONGEST, Parameters};
use crate::{metrics, random::Seeded};

/// How a client gets its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    Sse,
    WebSocket,
    Poll,
}

impl From<metrics::Transport> for Transport {
    fn from(transport: metrics::Transport) -> Self {
        match transport {
            metrics::Transport::Sse => Self::Sse,
            metrics::Transport::WebSocket => Self::WebSocket,
            metrics::Transport::LongPoll | metrics::Transport::FollowPage => Self::Poll,
        }
    }
}

/// A fault as it is asked for, or a preset by its name, which is kept to where and when this says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub fault: String,
    pub ms: Option<i64>,
    pub jitter: Option<i64>,
    pub status: Option<u16>,
    pub bytes: Option<usize>,
    pub how: Option<How>,
    #[serde(flatten)]
    pub scope: Scope,
}

/// To which requests a fault happens, and how often.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// An id of the contract, a method, or a method and a path of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// A username.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How many times it happens. Without it, for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How many requests are let through first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// How likely it is, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}

/// It isn’t a fault. The text says why.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAFault(String);

impl NotAFault {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// As in a header: `cut`, `latency=500; jitter=100`, `status=503; probability=0.5`. The value of the first is the one that
/// matters most.
impl FromStr for Wanted {
    type Err = NotAFault;

    fn from_str(text: &str) -> Result<Self, NotAFault> {
        let mut items = text.split(';').map(|item| {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            (name.trim(), value.trim())
        });
        let (fault, first) = items.next().unwrap_or_default();
        let mut wanted = Self {
            fault: fault.to_owned(),
            ..Self::default()
        };
        if !first.is_empty() {
            let kind = kind(fault)?;
            let name = match kind.defaults() {
                Parameters {
                    status: Some(_), ..
                } => "status",
                Parameters { how: Some(_), .. } => "how",
                _ => "ms",
            };
            wanted.set(name, first)?;
        }
        for (name, value) in items {
            wanted.set(name, value)?;
        }
        Ok(wanted)
    }
}

impl Wanted {
    fn set(&mut self, name: &str, value: &str) -> Result<(), NotAFault> {
        fn parsed<T: FromStr>(name: &str, value: &str) -> Result<Option<T>, NotAFault> {
            let parsed = value.parse().map(Some);
            parsed.map_err(|_| NotAFault(format!("{name} can’t be “{value}”.")))
        }
        match name {
            "ms" => self.ms = parsed(name, value)?,
            "jitter" => self.jitter = parsed(name, value)?,
            "status" => self.status = parsed(name, value)?,
            "bytes" => self.bytes = parsed(name, value)?,
            "how" => {
                self.how = match value {
                    "fin" => Some(How::Fin),
                    "rst" => Some(How::Rst),
                    _ => return Err(NotAFault(format!("how can’t be “{value}”."))),
                };
            }
            "probability" => self.scope.probability = parsed(name, value)?,
            _ => return Err(NotAFault(format!("A fault in a header has no {name}."))),
        }
        Ok(())
    }

    /// Whether it says what it is made of.
    pub(super) fn has_parameters(&self) -> bool {
        self.ms.or(self.jitter).is_some()
            || self.status.is_some()
            || self.bytes.is_some()
            || self.how.is_some()
    }

    /// The fault of this kind, with everything that it is made of.
    pub(super) fn rule(&self) -> Result<Rule, NotAFault> {
        let kind = kind(&self.fault)?;
        let defaults = kind.defaults();
        let foreign = [
            ("ms", self.ms.is_some() && defaults.ms.is_none()),
            ("jitter", self.jitter.is_some() && defaults.jitter.is_none()),
            ("status", self.status.is_some() && defaults.status.is_none()),
            ("bytes", self.bytes.is_some() && defaults.bytes.is_none()),
            ("how", self.how.is_some() && defaults.how.is_none()),
        ];
        if let Some((name, _)) = foreign.iter().find(|(_, is_foreign)| *is_foreign) {
            return Err(NotAFault(format!("{kind} has no {name}.")));
        }
        let parameters = Parameters {
            ms: self.ms.or(defaults.ms),
            jitter: self.jitter.or(defaults.jitter),
            status: self.status.or(defaults.status),
            bytes: self.bytes.or(defaults.bytes),
            how: self.how.or(defaults.how),
        };
        let times = if kind == Kind::Clock {
            -LONGEST * 6 * 24 * 366..=LONGEST * 6 * 24 * 366
        } else {
            0..=LONGEST
        };
        let is_time = |ms: Option<i64>| ms.is_none_or(|ms| times.contains(&ms));
        if !is_time(parameters.ms) || !is_time(parameters.jitter) {
            return Err(NotAFault::because(
                "A time is from 0 to 600000 milliseconds.",
            ));
        }
        if parameters.bytes == Some(0) {
            return Err(NotAFault::because("At least one byte comes at a time."));
        }
        if let Some(status) = parameters.status
            && !kind.statuses().contains(&status)
        {
            let statuses = kind.statuses().iter().map(u16::to_string);
            let statuses = statuses.collect::<Vec<_>>().join(", ");
            return Err(NotAFault(format!("{kind} has one of {statuses}.")));
        }
        self.scope.check(kind)?;
        Ok(Rule {
            kind,
            parameters,
            scope: self.scope.clone(),
            seen: 0,
            applied: 0,
            dice: Dice::default(),
        })
    }
}

fn kind(name: &str) -> Result<Kind, NotAFault> {
    serde_json::from_value(name.into())
        .map_err(|_| NotAFault(format!("There is no fault “{name}”.")))
}

impl Scope {
    fn check(&self, kind: Kind) -> Result<(), NotAFault> {
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err(NotAFault::because("A probability is from 0 to 1."));
        }
        let has_when = self.times.is_some() || self.after.is_some() || self.probability.is_some();
        let has_where = self.operation.is_some() || self.transport.is_some();
        if kind.is_of_its_own() && (has_when || has_where) {
            return Err(NotAFault(format!(
                "{kind} goes on until it is deleted, whatever is requested."
            )));
        }
        if kind.is_of_its_own() && (kind == Kind::Clock) == self.user.is_some() {
            let needs = if kind == Kind::Clock {
                "is everybody’s"
            } else {
                "needs a user"
            };
            return Err(NotAFault(format!("{kind} {needs}.")));
        }
        Ok(())
    }

    /// What `narrower` says, and else this.
    pub(super) fn narrowed(self, narrower: &Self) -> Self {
        let narrower = narrower.clone();
        Self {
            operation: narrower.operation.or(self.operation),
            user: narrower.user.or(self.user),
            transport: narrower.transport.or(self.transport),
            times: narrower.times.or(self.times),
            after: narrower.after.or(self.after),
            probability: narrower.probability.or(self.probability),
        }
    }

    fn matches(&self, target: &Target) -> bool {
        let is_operation = |operation: &String| {
            operation == target.id
                || operation == target.method
                || operation.split_once(' ') == Some((target.method, target.path))
        };
        let is_user = |name: &String| {
            let user = target.user.as_ref();
            user.is_some_and(|user| user.eq_ignore_ascii_case(name))
        };
        self.operation.as_ref().is_none_or(is_operation)
            && self.user.as_ref().is_none_or(is_user)
            && (self.transport.is_none() || self.transport == target.transport)
    }
}

/// A request, as far as it matters to faults.
#[derive(Clone, Debug)]
pub struct Target {
    /// The id in the contract.
    pub id: &'static str,
    pub method: &'static str,
    /// With `{name}` for each parameter.
    pub path: &'static str,
    /// Whose session it has.
    pub user: Option<String>,
    /// None if it doesn’t ask for events.
    pub transport: Option<Transport>,
    /// Whether the client has a place in the feed already.
    pub has_cursor: bool,
}

/// A fault that is in force.
#[derive(Debug, Serialize)]
pub(super) struct Rule {
    #[serde(rename = "fault")]
    pub kind: Kind,
    #[serde(flatten)]
    pub parameters: Parameters,
    #[serde(flatten)]
    pub scope: Scope,
    /// How many requests it could have happened to.
    pub seen: u64,
    /// To how many of them it did.
    pub applied: u64,
    #[serde(skip)]
    pub dice: Dice,
}

impl Rule {
    pub fn matches(&self, target: &Target) -> bool {
        let is_possible = match self.kind {
            Kind::Reset => target.has_cursor,
            Kind::EndSession => target.user.is_some(),
            Kind::Refuse => {
                target.transport.is_some()
                    && (self.scope.transport.is_some() || target.transport != Some(Transport::Poll))
            }
            kind if kind.is_of_its_own() => false,
            kind => !kind.is_of_streams() || target.transport.is_some(),
        };
        is_possible && self.scope.matches(target)
    }

    /// Whether connections may still end by it.
    pub fn may_end_connections(&self) -> bool {
        self.kind.ends_connections() && !self.is_spent()
    }

    /// Whether it has happened as often as it was to.
    fn is_spent(&self) -> bool {
        self.scope.times.is_some_and(|times| self.applied >= times)
    }

    /// Whether it happens this time, to something that it matches.
    pub fn happens(&mut self) -> bool {
        self.seen += 1;
        let is_due = self.seen > self.scope.after.unwrap_or(0) && !self.is_spent();
        let happens = is_due && self.scope.probability.is_none_or(|p| self.dice.roll() < p);
        self.applied += u64::from(happens);
        happens
    }

    /// What exactly happens.
    pub fn act(&mut self) -> Act {
        let Parameters {
            ms,
            jitter,
            status,
            bytes,
            how,
        } = self.parameters;
        let jitter = Duration::from_millis(jitter.unwrap_or(0).unsigned_abs());
        let jitter = if jitter.is_zero() {
            jitter
        } else {
            jitter.mul_f64(self.dice.roll())
        };
        Act {
            kind: self.kind,
            time: Duration::from_millis(ms.unwrap_or(0).unsigned_abs()) + jitter,
            status: status.unwrap_or_default(),
            bytes: bytes.unwrap_or(1),
            how: how.unwrap_or(How::Fin),
        }
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub kind: Kind,
    /// How long, or after how long.
    pub time: Duration,
    pub status: u16,
    pub bytes: usize,
    pub how: How,
}

/// Chance, of each rule its own: what happens by one doesn’t change what happens by another.
#[derive(Debug, Default)]
pub(super) struct Dice(Seeded);

impl Dice {
    pub fn of(rng: u64, rule: u64) -> Self {
        // As far apart as the odd multiples of 2⁶⁴ divided by the golden ratio are.
        let seed = rng.wrapping_add(rule.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self(seed.into())
    }

    /// From 0 up to, but not, 1.
    fn roll(&mut self) -> f64 {
        f64::from(u32::from_le_bytes(self.0.draw())) / (f64::from(u32::MAX) + 1.0)
    }
}
