//! Delivery: from a sender's request to the receiver's stream, and what a message costs the
//! processor, with one receiver among more and more idle streams.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use tokio::time::sleep;

use crate::{
    client::Request,
    database,
    follow::Transport,
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
    streams::Idle,
    trip::{self, CONTENT, Delivered, Ends, NUMBER, RATE, SENDERS},
};

/// Bytes of an event of the server's, without its end.
const EVENT: usize = 340;

/// A server with a receiver, and so many idle streams beside.
pub struct Crowd {
    pub count: usize,
    process: Process,
    idle: Idle,
    pub ends: Ends,
}

#[derive(Default)]
struct Rounds {
    p50: Vec<f64>,
    p99: Vec<f64>,
    micros: Vec<f64>,
    /// Processor time in percent of one core, while nothing is sent.
    resting: Vec<f64>,
    per_second: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should, or a message doesn't arrive.
pub async fn measure(run: &Run) -> Result<Section> {
    let mut crowds = Vec::new();
    for part in [100, 10, 1] {
        crowds.push(Crowd::gather(run, run.streams / part).await?);
    }
    let relay = relay(run, &crowds[0].ends).await?;

    let duration = duration(run);
    let mut next = 1;
    let mut bare = Rounds::default();
    let mut all: [Rounds; 3] = Default::default();
    for round in 0..run.rounds.min(3) {
        run.say(format!("delivery, round {}", round + 1));
        bare.push(trip::deliver(&relay, &crowds[0].ends, duration, &mut next).await?);
        for (crowd, rounds) in crowds.iter_mut().zip(&mut all) {
            run.say(format!(
                "delivery, {} idle streams, round {}",
                crowd.count,
                round + 1
            ));
            let (resting, delivered) = crowd.deliver(duration, &mut next).await?;
            rounds.resting.push(resting * 100.0);
            rounds.push(delivered);
        }
    }
    report(&crowds, all, &bare)
}

impl Rounds {
    fn push(&mut self, delivered: Delivered) {
        self.p50.push(delivered.latencies.percentile(50));
        self.p99.push(delivered.latencies.percentile(99));
        self.micros.push(delivered.processor_micros);
        self.per_second.push(delivered.per_second);
    }
}

fn report(crowds: &[Crowd], all: [Rounds; 3], bare: &Rounds) -> Result<Section> {
    let mut section = Section::new("Delivery, 500 messages a second");
    let few = all[0].micros.clone();
    let rates = all
        .iter()
        .chain([bare])
        .flat_map(|rounds| &rounds.per_second);
    let slowest = rates.copied().fold(f64::from(RATE), f64::min);
    for (crowd, rounds) in crowds.iter().zip(all) {
        let what = |what: &str| format!("{what}, {} idle", number(crowd.count as f64));
        let Rounds {
            p50,
            p99,
            micros,
            resting,
            ..
        } = rounds;
        let p99 = Figure::new(what("p99"), "ms", p99)?.goal(Goal::AtMost(5.0));
        let mut micros = Figure::new(what("processor"), "µs each", micros)?;
        micros = micros.beside("bare relay", &bare.micros);
        if crowd.count != crowds[0].count {
            micros = micros
                .goal_of_ratio(Goal::AtMost(1.5))
                .beside("fewest streams", &few);
        }
        section.add(Figure::new(what("p50"), "ms", p50)?.beside("bare relay", &bare.p50));
        section.add(p99.beside("bare relay", &bare.p99));
        section.add(micros);
        section.add(Figure::new(what("heartbeats"), "% of a core", resting)?);
    }
    section.note(format!(
        "From before the request is written until the receiver's socket has given the event. bare relay: a process that \
         takes {RATE} such requests a second off {SENDERS} sockets, commits those that wait at once, and writes the event \
         to the receiver. Processor time is without that of the heartbeats, which is shown apart."
    ));
    if slowest < f64::from(RATE) * 0.95 {
        section.note(format!(
            "The rate was not kept: {slowest:.0} messages a second at the slowest."
        ));
    }
    Ok(section)
}

/// How long one measurement of a round takes.
pub fn duration(run: &Run) -> Duration {
    // A few hundred messages a second leave the processor's clock little to count.
    3 * run.duration
}

/// A process that relays between such ends.
///
/// # Errors
/// Where it doesn't start.
pub async fn relay(run: &Run, ends: &Ends) -> Result<Process> {
    let database = run.folder.join("delivery-relay.db");
    database::create(&database).await?;
    database::fill(&database, |connection| {
        let people = database::people(connection, 2)?;
        database::pair(connection, &people[0], &people[1])
    })?;
    Process::relay(&database, ends.send.bytes().len(), EVENT)
}

impl Crowd {
    /// Starts a server with `count` idle streams.
    ///
    /// # Errors
    /// Where one of them can't be opened.
    pub async fn gather(run: &Run, count: usize) -> Result<Self> {
        run.say(format!("opening {count} streams"));
        let database = run.folder.join(format!("delivery-{count}.db"));
        database::create(&database).await?;
        let (people, conversation) = database::fill(&database, |connection| {
            let people = database::people(connection, 2 + count)?;
            let conversation = database::pair(connection, &people[0], &people[1])?;
            Ok((people, conversation))
        })?;
        let process = Process::tincan(&database)?;
        let address = process.address;
        Ok(Self {
            count,
            idle: Idle::open(address, &people[2..], run.pace).await?,
            process,
            ends: Ends {
                send: send_request(address, &people[0].token, conversation),
                follow: Transport::Events.request(address, &people[1].token),
            },
        })
    }

    /// Lets the server rest for `duration`, then sends for as long. Gives what it took of a core
    /// while it rested, and what came of the messages, without that.
    ///
    /// # Errors
    /// Where a message doesn't arrive, or an idle stream ends.
    pub async fn deliver(
        &mut self,
        duration: Duration,
        next: &mut u64,
    ) -> Result<(f64, Delivered)> {
        let before = self.process.processor_time()?;
        sleep(duration).await;
        let resting = self.process.processor_time()?.saturating_sub(before);
        let resting = resting.as_secs_f64() / duration.as_secs_f64();
        let mut delivered = trip::deliver(&self.process, &self.ends, duration, next).await?;
        // What the server does for its streams by themselves is shown apart.
        delivered.processor_micros -= resting * 1e6 / f64::from(RATE);
        self.idle.check()?;
        Ok((resting, delivered))
    }
}

/// What sends a message with a number to a conversation.
pub fn send_request(address: SocketAddr, token: &str, conversation: i64) -> Request {
    let number = "@".repeat(NUMBER);
    let json = format!(
        r#"{{{CONTENT}{number} {}","clientId":"{number}"}}"#,
        database::content()
    );
    let path = format!("/api/conversations/{conversation}/messages");
    Request::post(address, &path, token, &json)
}
