//! Faults on demand: which are in force, and what they do to a request or to an open stream. How a request meets them is in
//! `http::lab::door`, and what happens to its bytes is in `wire`.

mod kind;
mod presets;
mod rule;
mod wire;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::time::{Instant, sleep};

pub use self::{
    kind::{How, Kind},
    presets::PRESETS,
    rule::{Act, NotAFault, Scope, Target, Transport, Wanted},
    wire::Wire,
};

use self::{
    kind::Parameters,
    presets::preset,
    rule::{Dice, Rule},
};
use crate::model::clock::Clock;

/// The faults of a lab.
pub struct Faults {
    rng: u64,
    /// Those with which the lab was started, by the names of their presets.
    at_start: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The number of the last one.
    last: u64,
    rules: BTreeMap<u64, Rule>,
    /// How many requests asked for a fault themselves.
    by_header: u64,
    streams: Vec<Stream>,
    /// The connections that wait for a further request.
    kept: Vec<Arc<Wire>>,
    /// When something goes on by itself, by the number of its rule: the next time, and how often it has.
    beats: BTreeMap<u64, (Instant, u64)>,
    /// Who seemed to come and go, and doesn’t any more.
    settled: Vec<String>,
}

/// A stream that is open.
struct Stream {
    wire: Arc<Wire>,
    target: Target,
    token: Option<String>,
    /// The rule that changed how its bytes pass.
    by: Option<u64>,
}

/// A fault that is in force, with what it has done.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: u64,
    #[serde(flatten)]
    rule: serde_json::Value,
}

/// All of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    pub faults: Vec<Shown>,
    /// How many requests asked for a fault themselves.
    pub by_header: u64,
}

/// What comes of a fault that was added.
pub struct Added {
    pub faults: Vec<Shown>,
    /// The tokens of the sessions that end, and after how long.
    pub ended: Vec<(String, Duration)>,
    /// The connections that end because they had requests before.
    pub retired: Vec<Arc<Wire>>,
}

/// Something that goes on by itself.
pub struct Beat {
    pub kind: Kind,
    pub user: String,
    /// How often it has happened before. None if it is over, so that everything is to be as it really is.
    pub before: Option<u64>,
}

/// How a request fares.
#[derive(Default)]
pub struct Plan {
    pub acts: Vec<Act>,
    /// The rule that changes how its bytes pass.
    by: Option<u64>,
}

impl Faults {
    /// Those of the presets with these names.
    #[must_use]
    pub fn new(rng: u64, at_start: &[String]) -> Self {
        let faults = Self {
            rng,
            at_start: at_start.to_vec(),
            state: Mutex::default(),
        };
        faults.start();
        faults
    }

    fn start(&self) {
        for name in &self.at_start {
            let preset = Wanted {
                fault: name.clone(),
                ..Wanted::default()
            };
            if let Err(error) = self.add(&preset) {
                tracing::error!(%error, "this isn’t a preset");
            }
        }
    }

    /// Puts faults into force, for open streams as well.
    ///
    /// # Errors
    /// If it isn’t one. Then nothing is in force.
    pub fn add(&self, wanted: &Wanted) -> Result<Added, NotAFault> {
        let rules = rules(wanted)?;
        let mut state = self.state.lock();
        let mut added = Added {
            faults: Vec::new(),
            ended: Vec::new(),
            retired: Vec::new(),
        };
        for mut rule in rules {
            state.last += 1;
            let id = state.last;
            rule.dice = Dice::of(self.rng, id);
            if rule.kind == Kind::Clock {
                Clock::of_lab().shift(rule.parameters.ms.unwrap_or(0));
            } else if rule.kind.is_of_its_own() {
                state.beats.insert(id, (Instant::now(), 0));
            }
            if rule.may_end_connections() {
                added.retired.append(&mut state.kept);
            }
            if rule.kind.is_of_streams() || rule.kind == Kind::EndSession {
                state.streams.retain(|stream| !stream.wire.is_gone());
                for stream in &mut state.streams {
                    added.ended.extend(stream.meet(id, &mut rule));
                }
            }
            added.faults.push(shown(id, &rule));
            state.rules.insert(id, rule);
        }
        for wire in &added.retired {
            wire.retire();
        }
        Ok(added)
    }

    pub fn list(&self) -> List {
        let state = self.state.lock();
        List {
            faults: state
                .rules
                .iter()
                .map(|(id, rule)| shown(*id, rule))
                .collect(),
            by_header: state.by_header,
        }
    }

    /// Ends one. Returns whether it was there. What it held passes, and what it stalled is cut.
    pub fn remove(&self, id: u64) -> bool {
        self.state.lock().remove(id)
    }

    /// Ends all.
    pub fn clear(&self) {
        let mut state = self.state.lock();
        while let Some((&id, _)) = state.rules.first_key_value() {
            state.remove(id);
        }
    }

    /// Makes everything as it was when the lab started.
    pub fn restart(&self) {
        self.clear();
        let mut state = self.state.lock();
        (state.last, state.by_header) = (0, 0);
        drop(state);
        self.start();
    }

    /// What happens to a request, which may ask for a fault itself.
    ///
    /// # Errors
    /// If it asks for something else.
    pub fn plan(&self, target: &Target, own: Option<&Wanted>) -> Result<Plan, NotAFault> {
        let mut plan = Plan::default();
        let mut state = self.state.lock();
        if let Some(own) = own {
            let rules = rules(own)?;
            if rules.iter().any(|rule| rule.kind.is_of_its_own()) {
                return Err(NotAFault::because("It doesn’t happen to a request."));
            }
            state.by_header += 1;
            // Numbers that no other rule has.
            let number = u64::MAX - state.by_header;
            for mut rule in rules {
                rule.dice = Dice::of(self.rng, number);
                plan.meet(None, &mut rule, target);
            }
        }
        for (id, rule) in &mut state.rules {
            plan.meet(Some(*id), rule, target);
        }
        Ok(plan)
    }

    /// A stream is being opened.
    pub fn opened(&self, wire: &Arc<Wire>, target: Target, token: Option<String>, plan: &Plan) {
        let mut state = self.state.lock();
        state.streams.retain(|stream| !stream.wire.is_gone());
        state.streams.push(Stream {
            wire: Arc::clone(wire),
            // From now on, it has one.
            target: Target {
                has_cursor: true,
                ..target
            },
            token,
            by: plan.by,
        });
    }

    /// A long poll has its answer. If that is held, it is still there.
    pub fn closed(&self, wire: &Arc<Wire>) {
        let mut state = self.state.lock();
        let streams = &mut state.streams;
        streams.retain(|stream| stream.by.is_some() || !Arc::ptr_eq(&stream.wire, wire));
    }

    /// A connection has a request.
    pub fn begins(&self, wire: &Arc<Wire>) {
        let kept = &mut self.state.lock().kept;
        kept.retain(|kept| !kept.is_gone() && !Arc::ptr_eq(kept, wire));
    }

    /// Whether a connection stays open after an answer. It does as long as no fault that ends connections is in force, and
    /// only until one is: on a connection that was used before and breaks, browsers repeat even a POST by themselves, so
    /// that the fault would go unnoticed.
    pub fn keeps(&self, wire: &Arc<Wire>) -> bool {
        let mut state = self.state.lock();
        let State {
            rules,
            streams,
            kept,
            ..
        } = &mut *state;
        let is_wanted = wire.is_untouched()
            && !rules.values().any(Rule::may_end_connections)
            && !streams.iter().any(|stream| Arc::ptr_eq(&stream.wire, wire));
        if is_wanted {
            kept.push(Arc::clone(wire));
        }
        is_wanted
    }

    /// The open streams of somebody, with how many bytes each was sent.
    pub fn streams_of(&self, user: &str) -> Vec<(Arc<Wire>, u64)> {
        let state = self.state.lock();
        let live = state
            .streams
            .iter()
            .filter(|stream| !stream.wire.is_gone() && stream.target.user.as_deref() == Some(user));
        live.map(|stream| (Arc::clone(&stream.wire), stream.wire.sent()))
            .collect()
    }

    /// What is due of all that goes on by itself.
    pub fn beats(&self) -> Vec<Beat> {
        let mut state = self.state.lock();
        let State {
            rules,
            beats,
            settled,
            ..
        } = &mut *state;
        let now = Instant::now();
        let settled = settled.drain(..).map(|user| Beat {
            kind: Kind::PresenceFlaps,
            user,
            before: None,
        });
        let mut due: Vec<_> = settled.collect();
        for (id, (next, before)) in beats {
            let Some(rule) = rules.get_mut(id).filter(|_| *next <= now) else {
                continue;
            };
            let user = rule.scope.user.clone();
            due.extend(user.map(|user| Beat {
                kind: rule.kind,
                user,
                before: Some(*before),
            }));
            rule.applied += 1;
            *next = now + rule.act().time;
            *before += 1;
        }
        due
    }
}

impl State {
    fn remove(&mut self, id: u64) -> bool {
        let Some(rule) = self.rules.remove(&id) else {
            return false;
        };
        self.beats.remove(&id);
        if let (Kind::Clock, Parameters { ms: Some(ms), .. }) = (rule.kind, rule.parameters) {
            Clock::of_lab().shift(-ms);
        }
        if rule.kind == Kind::PresenceFlaps {
            self.settled.extend(rule.scope.user);
        }
        for stream in &mut self.streams {
            if stream.by.take_if(|by| *by == id).is_some() {
                stream.wire.release();
            }
        }
        true
    }
}

impl Stream {
    /// Lets it meet a new rule. Gives back the token of its session, if that ends.
    fn meet(&mut self, id: u64, rule: &mut Rule) -> Option<(String, Duration)> {
        if rule.kind == Kind::Refuse || !rule.matches(&self.target) {
            return None;
        }
        if rule.kind == Kind::Reset {
            // It happens when the client comes again.
            self.wire.cut(How::Fin);
            return None;
        }
        if !rule.happens() {
            return None;
        }
        let act = rule.act();
        let wait = sleep(act.time);
        match act.kind {
            Kind::Cut => self.wire.later(wait, move |wire| wire.cut(act.how)),
            Kind::Stall => {
                self.by = Some(id);
                if act.time.is_zero() {
                    self.wire.stall();
                } else {
                    self.wire.later(wait, Wire::stall);
                }
            }
            Kind::Hold => {
                self.by = Some(id);
                self.wire.hold(act.time);
            }
            Kind::EndSession => return Some((self.token.clone()?, act.time)),
            _ => {}
        }
        told(act.kind, &self.target);
        None
    }
}

impl Plan {
    fn meet(&mut self, id: Option<u64>, rule: &mut Rule, target: &Target) {
        let is_over = self.acts.last().is_some_and(|act| act.kind.is_last());
        if is_over || !rule.matches(target) || !rule.happens() {
            return;
        }
        if matches!(rule.kind, Kind::Stall | Kind::Hold) {
            self.by = id;
        }
        told(rule.kind, target);
        self.acts.push(rule.act());
    }
}

/// A fault, or those of a preset.
fn rules(wanted: &Wanted) -> Result<Vec<Rule>, NotAFault> {
    let Some(faults) = preset(&wanted.fault) else {
        return Ok(vec![wanted.rule()?]);
    };
    if wanted.has_parameters() {
        return Err(NotAFault::because(
            "A preset is as it is. It can be kept to an operation, a user or a transport.",
        ));
    }
    let faults = faults.into_iter().map(|fault| {
        let scope = fault.scope.clone().narrowed(&wanted.scope);
        Wanted { scope, ..fault }.rule()
    });
    faults.collect()
}

fn shown(id: u64, rule: &Rule) -> Shown {
    // It has nothing that can’t be JSON.
    let rule = serde_json::to_value(rule).unwrap_or_default();
    Shown { id, rule }
}

/// Notes what happens.
fn told(kind: Kind, target: &Target) {
    let Target {
        id, user, method, ..
    } = target;
    let user = user.as_deref().unwrap_or_default();
    tracing::info!(fault = %kind, operation = id, method, user, "a fault");
}
