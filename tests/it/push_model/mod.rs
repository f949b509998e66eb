//! Random people, levels, blocks, quiet hours, attentive devices, disabled accounts, reading, restarts and kills: exactly
//! those are told who should be, by ntfy and in their browsers, of each message at most once. A simple model says who should.
//!
//! In a round, messages are sent. Either the server looks at each at once, so that what was set before counts; or it waits,
//! people read and delete, and after a restart it looks at all of it, so that what holds in the end counts. A message for
//! somebody else ends the round: once that is told, everything before it has been looked at.
//!
//! The real program is killed in a round, with its real wait: before it has looked, or as it tells somebody. What it had on
//! its way may have arrived, so it isn’t sent again (`followers::push`). At most once means: nothing arrives twice, however
//! often the server is killed, and of what should arrive each kill loses one notification for each target at most.

mod host;
mod world;

use std::time::Duration;

use proptest::{collection::vec, option, prelude::*};
use tokio::runtime::Runtime;

use self::world::World;
use crate::support::schedules;

const PEOPLE: [&str; 4] = ["john", "jane", "alice", "bob"];
/// The hall is so large that people are told only of what calls them, unless they choose otherwise.
const IN_HALL: usize = 11;
/// The conversations: who is in them, and whether everybody is told of everything there.
const CONVERSATIONS: [(&[usize], bool); 4] = [
    (&[0, 1], true),
    (&[0, 1, 2], true),
    (&[0, 1, 2, 3], true),
    (&[0, 1, 2, 3], false),
];
/// Schedules that are tried, where `PROPTEST_CASES` doesn’t say otherwise: with restarts, and with kills.
const CASES: u32 = 12;
const DEADLY_CASES: u32 = 4;
/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Level {
    All,
    Mentions,
    None,
}

/// Whom a message names.
#[derive(Clone, Copy, Debug)]
enum Named {
    Nobody,
    One(usize),
    Everybody,
}

#[derive(Clone, Debug)]
struct Sending {
    by: usize,
    to: usize,
    names: Named,
}

#[derive(Clone, Debug)]
enum Step {
    Choose {
        who: usize,
        conversation: usize,
        level: Option<Level>,
    },
    Block {
        who: usize,
        whom: usize,
        on: bool,
    },
    Attend {
        who: usize,
        on: bool,
    },
    /// None ends them; otherwise it is quiet now, or some other time.
    Quiet {
        who: usize,
        now: Option<bool>,
    },
    Target {
        who: usize,
        target: Target,
        on: bool,
    },
    /// An administrator disables an account, or enables it again.
    Disable {
        who: usize,
        on: bool,
    },
    /// What the server looks at, at once.
    Live(Vec<Sending>),
    /// What it looks at in the end, after these have read what was there, and some messages, by their order, were deleted.
    Held {
        sent: Vec<Sending>,
        read: Vec<(usize, usize)>,
        deleted: Vec<usize>,
    },
}

/// Where somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Relay,
    Browser,
}

/// When the server is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// As soon as the last message is answered.
    AtOnce,
    /// So long after that, in milliseconds.
    After(u64),
    /// Once so many have arrived.
    Arrived(usize),
}

/// What is set, then what is sent, then a kill, and what is set as the server looks at the rest.
#[derive(Clone, Debug)]
struct Life {
    before: Vec<Step>,
    sent: Vec<Sending>,
    kill: Kill,
    after: Vec<Step>,
}

fn person() -> impl Strategy<Value = usize> {
    0..PEOPLE.len()
}

fn conversation() -> impl Strategy<Value = usize> {
    0..CONVERSATIONS.len()
}

fn sendings(most: usize) -> impl Strategy<Value = Vec<Sending>> {
    let names = prop_oneof![
        2 => Just(Named::Nobody),
        2 => person().prop_map(Named::One),
        1 => Just(Named::Everybody),
    ];
    let sending =
        (person(), conversation(), names).prop_map(|(by, to, names)| Sending { by, to, names });
    vec(sending, 1..most)
}

fn setting() -> impl Strategy<Value = Step> {
    let level = prop_oneof![Just(Level::All), Just(Level::Mentions), Just(Level::None)];
    let target = prop_oneof![Just(Target::Relay), Just(Target::Browser)];
    let mostly = || prop::bool::weighted(0.7);
    prop_oneof![
        2 => (person(), conversation(), option::of(level))
            .prop_map(|(who, conversation, level)| Step::Choose { who, conversation, level }),
        1 => (person(), person(), any::<bool>()).prop_map(|(who, whom, on)| Step::Block { who, whom, on }),
        2 => (person(), any::<bool>()).prop_map(|(who, on)| Step::Attend { who, on }),
        1 => (person(), option::of(any::<bool>())).prop_map(|(who, now)| Step::Quiet { who, now }),
        2 => (person(), target, mostly()).prop_map(|(who, target, on)| Step::Target { who, target, on }),
        1 => (1..PEOPLE.len(), any::<bool>()).prop_map(|(who, on)| Step::Disable { who, on }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        9 => setting(),
        4 => sendings(8).prop_map(Step::Live),
        3 => (sendings(8), vec((person(), conversation()), 0..4), vec(0..8_usize, 0..3))
            .prop_map(|(sent, read, deleted)| Step::Held { sent, read, deleted }),
    ];
    vec(step, 4..24)
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let kill = prop_oneof![
        1 => Just(Kill::AtOnce),
        2 => (0..4_000_u64).prop_map(Kill::After),
        4 => (1..8_usize).prop_map(Kill::Arrived),
    ];
    let life = (
        vec(setting(), 0..6),
        sendings(24),
        kill,
        vec(setting(), 0..4),
    );
    let life = life.prop_map(|(before, sent, kill, after)| Life {
        before,
        sent,
        kill,
        after,
    });
    vec(life, 2..4)
}

proptest! {
    #![proptest_config(schedules(CASES))]

    #[test]
    fn exactly_those_are_told_who_should_be_and_nobody_twice(steps in steps()) {
        Runtime::new().expect("a runtime").block_on(async {
            let mut world = World::start(false).await;
            for step in &steps {
                world.take(step).await;
            }
            world.check().await;
        });
    }
}

proptest! {
    #![proptest_config(schedules(DEADLY_CASES))]

    #[test]
    fn killed_at_any_time_it_tells_those_too_and_nobody_twice(lives in lives()) {
        Runtime::new().expect("a runtime").block_on(async {
            let mut world = World::start(true).await;
            for life in &lives {
                world.live(life).await;
            }
            world.check().await;
        });
    }
}
