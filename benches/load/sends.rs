//! Durable sends: how many a second, how long each takes, what it costs the processor and the disk;
//! beside the same requests to a route that does nothing, and the same statements without a server.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::Result;

use crate::{
    client::{Connection, Request},
    database::{self, Person},
    load::{self, Worker},
    process::Process,
    report::{Figure, Goal, Section},
    run::Run,
    sqlite::Bare,
};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// The most bytes that a send may write, by connections: what a card in a small computer wears out from.
const MOST_WRITTEN: [(usize, f64); 2] = [(1, 13_000.0), (64, 3_000.0)];

/// Somebody with a conversation of their own.
pub struct Author {
    pub person: Person,
    pub conversation: i64,
}

impl Author {
    /// Puts `count` of them into the database at `path`.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn create(path: &Path, count: usize) -> Result<Vec<Self>> {
        database::fill(path, |connection| {
            let people = database::people(connection, 2 * count)?;
            let author = |two: &[Person]| {
                Ok(Self {
                    person: two[0].clone(),
                    conversation: database::pair(connection, &two[0], &two[1])?,
                })
            };
            people.chunks_exact(2).map(author).collect()
        })
    }

    /// Sends messages, each with a number that `numbers` hasn't given yet.
    pub fn worker(&self, address: SocketAddr, numbers: &Arc<AtomicU64>) -> Worker {
        let numbers = Arc::clone(numbers);
        Worker {
            request: self.request(address),
            number: Box::new(move || numbers.fetch_add(1, Ordering::Relaxed)),
            status: 201,
        }
    }

    fn request(&self, address: SocketAddr) -> Request {
        let Self {
            person,
            conversation,
        } = self;
        let json = format!(
            r#"{{"content":"{}","clientId":"@@@@@@@@@@@@"}}"#,
            database::content()
        );
        let path = format!("/api/conversations/{conversation}/messages");
        Request::post(address, &path, &person.token, &json)
    }
}

/// What was measured at one number of connections: rounds of the server, the empty route and bare
/// SQLite.
#[derive(Default)]
struct Rounds {
    per_second: [Vec<f64>; 3],
    p50: [Vec<f64>; 3],
    p99: [Vec<f64>; 3],
    micros: [Vec<f64>; 3],
    /// Of the server and bare SQLite: the empty route writes nothing.
    written: [Vec<f64>; 2],
}

impl Rounds {
    fn push(&mut self, which: usize, per_second: f64, latencies: &load::Latencies, micros: f64) {
        self.per_second[which].push(per_second);
        self.p50[which].push(latencies.percentile(50));
        self.p99[which].push(latencies.percentile(99));
        self.micros[which].push(micros);
    }
}

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    let most = CONNECTIONS.into_iter().max().unwrap_or(1);
    let database = run.folder.join("sends.db");
    database::create(&database).await?;
    let authors = Author::create(&database, most)?;
    let bare_database = run.folder.join("sends-bare.db");
    std::fs::copy(&database, &bare_database)?;
    let mut bare = Bare::open(&bare_database)?;
    let pairs: Vec<_> = authors
        .iter()
        .map(|author| (author.conversation, author.person.id))
        .collect();

    let server = Process::tincan(&database)?;
    let numbers = Arc::new(AtomicU64::new(1));
    let length = answer_length(&server, &authors[0], &numbers).await?;
    let empty_database = run.folder.join("sends-empty.db");
    let empty = Process::tree(&empty_database, 0, length)?;

    let mut all: [Rounds; CONNECTIONS.len()] = Default::default();
    for round in 0..run.rounds {
        for (rounds, connections) in all.iter_mut().zip(CONNECTIONS) {
            run.say(format!(
                "sends, {connections} connections, round {}",
                round + 1
            ));
            for (which, process) in [&server, &empty].into_iter().enumerate() {
                let workers = authors[..connections]
                    .iter()
                    .map(|author| author.worker(process.address, &numbers))
                    .collect();
                let done = load::run(process, workers, run.duration).await?;
                rounds.push(
                    which,
                    done.per_second,
                    &done.latencies,
                    done.processor_micros,
                );
                if which == 0 {
                    rounds.written[0].push(done.written_bytes);
                }
            }
            let done = bare.run_for(&pairs[..connections], run.duration)?;
            rounds.push(2, done.per_second, &done.latencies, done.processor_micros);
            rounds.written[1].push(done.written_bytes);
        }
    }

    let mut section = Section::new("Durable sends");
    for (rounds, connections) in all.into_iter().zip(CONNECTIONS) {
        let what = |what: &str| format!("{what}, {connections} conn.");
        let Rounds {
            per_second,
            p50,
            p99,
            micros,
            written: [written, bare_written],
        } = rounds;
        for (name, unit, [own, empty, bare]) in [
            (what("sends"), "1/s", per_second),
            (what("p50"), "ms", p50),
            (what("p99"), "ms", p99),
            (what("processor"), "µs each", micros),
        ] {
            let figure = Figure::new(name, unit, own)?
                .beside("empty POST", &empty)
                .beside("bare SQLite", &bare);
            section.add(figure);
        }
        let mut written = Figure::new(what("written"), "bytes each", written)?
            .beside("bare SQLite", &bare_written);
        if let Some((_, most)) = MOST_WRITTEN.iter().find(|(of, _)| *of == connections) {
            written = written.goal(Goal::AtMost(*most));
        }
        section.add(written);
    }
    section.note(
        "empty POST: the same requests to the same accept loop and routes, answered at once with as many bytes. \
         bare SQLite: the same statements in this process, one commit for as many messages as there are connections; \
         its times are a commit's. written: pages that the kernel had to write for the process, the log and its \
         checkpoints.",
    );
    Ok(section)
}

/// How long the server's answer to a send is.
async fn answer_length(server: &Process, author: &Author, numbers: &AtomicU64) -> Result<usize> {
    let mut request = author.request(server.address);
    request.set(numbers.fetch_add(1, Ordering::Relaxed));
    let mut connection = Connection::open(server.address).await?;
    Ok(connection.exchange(request.bytes()).await?.body.len())
}
