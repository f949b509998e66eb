//! Pages of a conversation's history, of a million messages and of ten thousand: a page must cost
//! the same.

use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    client::{Connection, Request},
    database::{self, Person},
    load::{self, Worker},
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
};

const CONNECTIONS: usize = 16;
/// Messages of the small history.
const FEW: usize = 10_000;
/// Two for each conversation; the first conversation is the large one.
const PEOPLE: usize = 40;
/// Messages of a page.
const PAGE: usize = 25;

/// A server with a history.
pub struct Past {
    pub process: Process,
    people: Vec<Person>,
    conversation: i64,
    count: usize,
}

#[derive(Default)]
struct Rounds {
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    micros: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    let few = Past::make(run, FEW).await?;
    let many = Past::make(run, run.messages).await?;
    let length = many.page_length().await?;
    let empty = Process::tree(&run.folder.join("history-empty.db"), length, 0)?;

    let measured = [
        (&many, &many.process, Where::Newest),
        (&many, &many.process, Where::Anywhere),
        (&few, &few.process, Where::Newest),
        (&few, &few.process, Where::Anywhere),
        (&many, &empty, Where::Newest),
    ];
    let mut all: [Rounds; 5] = Default::default();
    for round in 0..run.rounds {
        run.say(format!("history, round {}", round + 1));
        for ((past, process, place), rounds) in measured.iter().zip(&mut all) {
            let done = past.read(process, *place, run.duration).await?;
            rounds.per_second.push(done.per_second);
            rounds.p50.push(done.latencies.percentile(50));
            rounds.p99.push(done.latencies.percentile(99));
            rounds.micros.push(done.processor_micros);
        }
    }
    report(&many, all)
}

fn report(many: &Past, all: [Rounds; 5]) -> Result<Section> {
    let [newest, anywhere, few_newest, few_anywhere, empty] = all;
    let mut section = Section::new("History, 25 messages a page");
    for (place, of_many, of_few) in [
        ("newest", newest, few_newest),
        ("anywhere", anywhere, few_anywhere),
    ] {
        let pages = Figure::new(format!("pages, {place}"), "1/s", of_many.per_second)?;
        section.add(
            pages
                .goal(Goal::AtLeast(8_000.0))
                .beside("empty GET", &empty.per_second)
                .beside("10,000 messages", &of_few.per_second),
        );
        for (name, unit, own, empty, few) in [
            ("p50", "ms", of_many.p50, &empty.p50, of_few.p50),
            ("p99", "ms", of_many.p99, &empty.p99, of_few.p99),
            (
                "processor",
                "µs each",
                of_many.micros,
                &empty.micros,
                of_few.micros,
            ),
        ] {
            let figure = Figure::new(format!("{name}, {place}"), unit, own)?;
            section.add(
                figure
                    .beside("empty GET", empty)
                    .beside("10,000 messages", &few),
            );
        }
    }
    let start = many.process.started_in.as_secs_f64() * 1e3;
    section.add(Figure::new("start", "ms", vec![start])?.goal(Goal::AtMost(50.0)));
    section.note(format!(
        "{} messages, nine of ten of them in the conversation that is read, at {CONNECTIONS} connections. empty GET: the \
         same requests to the same accept loop and routes, answered at once with as many bytes. 10,000 messages: the same \
         with so many; a page should cost the same.",
        number(many.count as f64)
    ));
    Ok(section)
}

/// Which page is read.
#[derive(Clone, Copy)]
pub enum Where {
    Newest,
    Anywhere,
}

impl Past {
    /// Starts a server with `count` messages.
    ///
    /// # Errors
    /// Where it doesn't start.
    pub async fn make(run: &Run, count: usize) -> Result<Self> {
        let database = run.folder.join(format!("history-{count}.db"));
        database::create(&database).await?;
        let (people, conversation) = run.progress.suspend(|| {
            let progress = ProgressBar::new(count as u64).with_style(ProgressStyle::with_template(
                "{bar:40} {human_pos} of {human_len} messages",
            )?);
            let made = database::fill(&database, |connection| {
                let people = database::people(connection, PEOPLE)?;
                let conversation = database::history(connection, &people, count, &progress)?;
                Ok((people, conversation))
            });
            progress.finish_and_clear();
            made
        })?;
        let process = Process::tincan(&database)?;
        process.settle().await?;
        Ok(Self {
            process,
            people,
            conversation,
            count,
        })
    }

    /// Has `process` asked for pages of this history for `duration`.
    ///
    /// # Errors
    /// Where an answer isn't a page.
    pub async fn read(
        &self,
        process: &Process,
        place: Where,
        duration: Duration,
    ) -> Result<load::Outcome> {
        let workers = (0..CONNECTIONS)
            .map(|index| self.worker(process, place, index))
            .collect();
        load::run(process, workers, duration).await
    }

    fn worker(&self, process: &Process, place: Where, index: usize) -> Worker {
        // As many digits as leave room for any first digit but 0, which no id begins with.
        let digits = self.count.ilog10();
        let least = 10_u64.pow(digits - 1);
        let query = match place {
            Where::Newest => String::new(),
            Where::Anywhere => format!("?before={}", "@".repeat(digits as usize)),
        };
        // SplitMix64: any spread will do, and the same in each round.
        let mut seed = index as u64;
        let number = move || {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            least + (mixed ^ (mixed >> 27)) % (9 * least)
        };
        Worker {
            request: self.request(process, index, &query),
            number: Box::new(number),
            status: 200,
        }
    }

    fn request(&self, process: &Process, index: usize, query: &str) -> Request {
        let path = format!("/api/conversations/{}/messages{query}", self.conversation);
        Request::get(process.address, &path, &self.people[index % 2].token, "")
    }

    /// How long a page is, which must be a full one.
    ///
    /// # Errors
    /// Where it isn't.
    pub async fn page_length(&self) -> Result<usize> {
        let mut connection = Connection::open(self.process.address).await?;
        let request = self.request(&self.process, 0, "");
        let page = connection.exchange(request.bytes()).await?.body;
        let messages: Vec<serde_json::Value> = serde_json::from_slice(page)?;
        anyhow::ensure!(
            messages.len() == PAGE,
            "a page has {} messages",
            messages.len()
        );
        Ok(page.len())
    }
}
