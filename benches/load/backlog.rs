//! One room under a backlog: what a delivery costs, and how long a message takes to everybody, with more and more
//! messages under way at a time.

use anyhow::Result;

use crate::{
    audience::{Audience, speak},
    follow::Transport,
    report::{Figure, Goal, Section, number},
    rooms::Room,
    run::Run,
};

/// How many messages are under way.
const UNDER_WAY: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

#[derive(Default)]
pub struct Rounds {
    per_second: Vec<f64>,
    /// Processor time of one delivery.
    pub micros: Vec<f64>,
    p99: Vec<f64>,
}

/// What is measured with so many messages under way: the server, and the bare loop.
pub struct Backlog {
    pub under_way: usize,
    pub own: Rounds,
    pub bare: Rounds,
}

/// How many have a stream in the room.
pub fn people(run: &Run) -> usize {
    run.streams / 10
}

/// # Errors
/// Where anything doesn't answer as it should, or somebody misses a message.
pub async fn grow(run: &Run) -> Result<Vec<Backlog>> {
    let database = run.folder.join("backlog.db");
    let Room {
        tincan,
        bare,
        send,
        others,
    } = Room::open(&database, people(run)).await?;
    let mut backlogs: Vec<_> = UNDER_WAY
        .into_iter()
        .map(|under_way| Backlog {
            under_way,
            own: Rounds::default(),
            bare: Rounds::default(),
        })
        .collect();
    let audience = Audience::gather(tincan.address, &others, Transport::Events).await?;
    let its_audience = Audience::gather(bare.address, &others, Transport::Events).await?;
    for round in 0..run.rounds.min(3) {
        for backlog in &mut backlogs {
            let under_way = backlog.under_way;
            run.say(format!(
                "{under_way} messages under way, round {}",
                round + 1
            ));
            for (process, audience, rounds) in [
                (&tincan, &audience, &mut backlog.own),
                (&bare, &its_audience, &mut backlog.bare),
            ] {
                let spoken = speak(process, &send, audience, run.duration, under_way).await?;
                rounds.per_second.push(spoken.per_second());
                rounds.micros.push(spoken.micros());
                rounds.p99.push(spoken.latencies.percentile(99));
            }
        }
    }
    Ok(backlogs)
}

/// # Errors
/// As of [`grow`].
pub async fn measure(run: &Run) -> Result<Section> {
    let mut section = Section::new("A room under a backlog");
    for Backlog {
        under_way,
        own,
        bare,
    } in grow(run).await?
    {
        let name = |what| format!("{what}, {under_way} under way");
        section.add(
            Figure::new(name("deliveries"), "/s", own.per_second)?
                .goal_of_ratio(Goal::AtLeast(0.75))
                .beside("bare loop", &bare.per_second),
        );
        section.add(
            Figure::new(name("processor"), "µs each", own.micros)?
                .goal(Goal::AtMost(2.7))
                .beside("bare loop", &bare.micros),
        );
        section.add(
            Figure::new(name("to a stream, p99"), "ms", own.p99)?.beside("bare loop", &bare.p99),
        );
    }
    section.note(format!(
        "a room of {} by server-sent events. under way: sent, and not yet with everybody. p99: from before the request \
         until a stream has the message.",
        number(people(run) as f64)
    ));
    Ok(section)
}
