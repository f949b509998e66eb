//! What the server takes: memory, time to start, room on the disk.

use std::{fs, time::Duration};

use anyhow::Result;
use tokio::time::sleep;

use crate::{
    database,
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
    streams::Idle,
};

const STARTS: usize = 11;
/// After the last stream was greeted, until all of its memory has been given back that will be.
const REST: Duration = Duration::from_secs(2);
const MEBI: f64 = 1024.0 * 1024.0;
/// The MiB that a server may hold with so many.
const TEN_THOUSAND_STREAMS: f64 = 60.0;

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    let database = run.folder.join("footprint.db");
    database::create(&database).await?;
    let people = database::fill(&database, |connection| {
        database::people(connection, run.streams)
    })?;

    let (mut starts, mut bare_starts) = (Vec::new(), Vec::new());
    for start in 0..STARTS {
        run.say(format!("start {}", start + 1));
        starts.push(millis(Process::tincan(&database)?.started_in));
        bare_starts.push(millis(Process::ready()?.started_in));
    }

    let mut idle = Vec::new();
    let [mut each, mut all, mut bare_each, mut bare_all]: [Vec<f64>; 4] = Default::default();
    // A process that has had streams keeps some of their memory, so each round has a new one.
    for round in 0..run.rounds.min(3) {
        run.say(format!("{} idle streams, round {}", run.streams, round + 1));
        let server = Process::tincan(&database)?;
        let growth = Growth::of(&server, &people).await?;
        idle.push(growth.before / 1024.0);
        each.push(growth.each);
        all.push(growth.after / 1024.0);
        drop(server);
        let tree = Process::tree(&run.folder.join("footprint-empty.db"), 0, 0)?;
        let growth = Growth::of(&tree, &people).await?;
        bare_each.push(growth.each);
        bare_all.push(growth.after / 1024.0);
    }

    let binary = fs::metadata(env!("CARGO_BIN_EXE_tincan"))?.len();
    let streams = number(run.streams as f64);
    let mut section = Section::new("Footprint");
    section.add(
        Figure::new(format!("memory, each of {streams} streams"), "KiB", each)?
            .goal(Goal::AtMost(6.0))
            .beside("bare stream", &bare_each),
    );
    let mut all = Figure::new(format!("memory with {streams} streams"), "MiB", all)?;
    if run.streams == 10_000 {
        all = all.goal(Goal::AtMost(TEN_THOUSAND_STREAMS));
    }
    section.add(all.beside("bare streams", &bare_all));
    section.add(Figure::new("memory at rest", "MiB", idle)?.goal(Goal::AtMost(15.0)));
    section.add(
        Figure::new(format!("start, {streams} accounts"), "ms", starts)?
            .goal(Goal::AtMost(50.0))
            .beside("bare process", &bare_starts),
    );
    section.add(Figure::new("binary", "MiB", vec![binary as f64 / MEBI])?.goal(Goal::AtMost(10.0)));
    section.note(
        "Memory is what the process holds (RSS), without the kernel's socket buffers; the goal of 10,000 streams is 60 MiB. \
         bare stream: the same accept loop and routes, an event and then nothing. bare process: one that only says that \
         it is ready.",
    );
    Ok(section)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How a process's memory grows with streams, in KiB.
struct Growth {
    before: f64,
    after: f64,
    each: f64,
}

impl Growth {
    async fn of(process: &Process, people: &[database::Person]) -> Result<Self> {
        process.settle().await?;
        let before = process.resident_kib()?;
        let mut streams = Idle::open(process.address, people, Duration::ZERO).await?;
        sleep(REST).await;
        let after = process.resident_kib()?;
        streams.check()?;
        Ok(Self {
            before,
            after,
            each: (after - before) / people.len() as f64,
        })
    }
}
