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
struct Rounds {
    per_second: Vec<f64>,
    /// Processor time of one delivery.
    micros: Vec<f64>,
    p99: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should, or somebody misses a message.
pub async fn measure(run: &Run) -> Result<Section> {
    let count = run.streams / 10;
    let database = run.folder.join("backlog.db");
    let Room {
        tincan,
        bare,
        send,
        others,
    } = Room::open(&database, count).await?;
    let mut all: [(Rounds, Rounds); UNDER_WAY.len()] = Default::default();
    let audience = Audience::gather(tincan.address, &others, Transport::Events).await?;
    let its_audience = Audience::gather(bare.address, &others, Transport::Events).await?;
    for round in 0..run.rounds.min(3) {
        for (&window, (own, ceiling)) in UNDER_WAY.iter().zip(&mut all) {
            run.say(format!("{window} messages under way, round {}", round + 1));
            for (process, audience, rounds) in
                [(&tincan, &audience, own), (&bare, &its_audience, ceiling)]
            {
                let spoken = speak(process, &send, audience, run.duration, window).await?;
                rounds.per_second.push(spoken.per_second());
                rounds.micros.push(spoken.micros());
                rounds.p99.push(spoken.latencies.percentile(99));
            }
        }
    }
    let mut section = Section::new("A room under a backlog");
    for (window, (own, ceiling)) in UNDER_WAY.into_iter().zip(all) {
        let name = |what| format!("{what}, {window} under way");
        section.add(
            Figure::new(name("deliveries"), "/s", own.per_second)?
                .beside("bare loop", &ceiling.per_second),
        );
        section.add(
            Figure::new(name("processor"), "µs each", own.micros)?
                .goal(Goal::AtMost(2.7))
                .beside("bare loop", &ceiling.micros),
        );
        section.add(
            Figure::new(name("to a stream, p99"), "ms", own.p99)?.beside("bare loop", &ceiling.p99),
        );
    }
    section.note(format!(
        "a room of {} by server-sent events. under way: sent, and not yet with everybody. p99: from before the request \
         until a stream has the message.",
        number(count as f64)
    ));
    Ok(section)
}
