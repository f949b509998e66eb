//! What a family feels, or a club: a room of a few people who all follow it, first as they talk to each other, then as fast
//! as the server lets them. Beside that, what the server takes for it.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep_until, timeout},
};

use crate::{
    client::{Connection, Request},
    database::Person,
    delivery::send_request,
    follow::{Stream, Transport},
    load::Latencies,
    process::Process,
    report::{Figure, Section},
    rooms::room,
    run::Run,
    streams::PATIENCE,
    trip::Numbers,
};

const SIZES: [usize; 3] = [4, 20, 100];
/// From one message to the next while they just talk.
const PACE: Duration = Duration::from_millis(500);

/// The rounds of one size.
#[derive(Default)]
struct Rounds {
    started: Vec<f64>,
    resident: Vec<f64>,
    talk: Phase,
    rush: Phase,
}

/// The rounds of one of the two ways to send.
#[derive(Default)]
struct Phase {
    per_second: Vec<f64>,
    /// p50 and p99 of an answer, and of the way to a stream.
    answers: [Vec<f64>; 2],
    deliveries: [Vec<f64>; 2],
    processor: Vec<f64>,
    written: Vec<f64>,
    syncs: Vec<f64>,
}

/// # Errors
/// Where anything doesn't answer as it should, or somebody misses a message.
pub async fn measure(run: &Run) -> Result<Section> {
    let mut section = Section::new("A family");
    for count in SIZES {
        let database = run.folder.join(format!("family-{count}.db"));
        let (people, room) = room(&database, count).await?;
        let mut rounds = Rounds::default();
        let mut next = 1;
        // A process that has been busy keeps some of the memory for it, so each round has a new one.
        for round in 0..run.rounds.min(3) {
            run.say(format!("a family of {count}, round {}", round + 1));
            let (process, started) = start(&database).await?;
            rounds.started.push(started.as_secs_f64() * 1e3);
            process.settle().await?;
            let mut family = Family::gather(&process, &people, room, next).await?;
            let talk = family.talk(&process, 3 * run.duration).await?;
            rounds.talk.push(talk);
            let rush = family.rush(&process, run.duration).await?;
            rounds.rush.push(rush);
            rounds.resident.push(process.resident_kib()? / 1024.0);
            next = family.board.lock().next();
        }
        rounds.report(count, &mut section)?;
    }
    section.note(format!(
        "A room of so many, each with an event stream; nobody shows what they do. talk: a \
         message every {PACE:?}, by turns; of so few, p99 is the slowest. rush: everybody sends the next message as soon as \
         the last is answered; messages a second are those that everybody had by the end. answer: from before the request \
         until its answer has come. to a stream: from before the request until a stream has the message. start: from \
         the process until /healthz has answered. memory: what the process holds (RSS) at the end."
    ));
    Ok(section)
}

/// Starts a server, and says how long it took until it was healthy.
async fn start(database: &Path) -> Result<(Process, Duration)> {
    let start = Instant::now();
    let process = Process::tincan(database)?;
    let mut connection = Connection::open(process.address).await?;
    let request = Request::get(process.address, "/healthz", "", "");
    let status = connection.exchange(request.bytes()).await?.status;
    ensure!(status == 200, "/healthz was answered with {status}");
    Ok((process, start.elapsed()))
}

impl Rounds {
    fn report(self, count: usize, section: &mut Section) -> Result<()> {
        let people = |what: &str| format!("{what}, {count} people");
        for (name, phase) in [("talk", self.talk), ("rush", self.rush)] {
            let what = |what: &str| people(&format!("{name}: {what}"));
            section.add(Figure::new(what("messages"), "1/s", phase.per_second)?);
            for (way, rounds) in [("answer", phase.answers), ("to a stream", phase.deliveries)] {
                for (percentile, rounds) in ["p50", "p99"].into_iter().zip(rounds) {
                    section.add(Figure::new(
                        what(&format!("{way}, {percentile}")),
                        "ms",
                        rounds,
                    )?);
                }
            }
            section.add(Figure::new(
                what("processor"),
                "% of a core",
                phase.processor,
            )?);
            section.add(Figure::new(what("written"), "bytes each", phase.written)?);
            // Where nothing bounds the server, nothing counts them.
            if !phase.syncs.is_empty() {
                section.add(Figure::new(what("syncs"), "each", phase.syncs)?);
            }
        }
        section.add(Figure::new(people("memory"), "MiB", self.resident)?);
        section.add(Figure::new(people("start"), "ms", self.started)?);
        Ok(())
    }
}

impl Phase {
    fn push(&mut self, said: Said) {
        let count = said.answers.len() as f64;
        let seconds = said.elapsed.as_secs_f64();
        self.per_second.push(count / seconds);
        let taken = [
            (&mut self.answers, Latencies::new(said.answers)),
            (&mut self.deliveries, Latencies::new(said.deliveries)),
        ];
        for (rounds, latencies) in taken {
            for (rounds, percent) in rounds.iter_mut().zip([50, 99]) {
                rounds.push(latencies.percentile(percent));
            }
        }
        let processor = said.processor.as_secs_f64() / seconds;
        self.processor.push(processor * 100.0);
        self.written.push(said.written as f64 / count);
        let syncs = said.syncs.map(|syncs| syncs as f64 / count);
        self.syncs.extend(syncs);
    }
}

/// What was said in a while, and what it took.
struct Said {
    answers: Vec<Duration>,
    deliveries: Vec<Duration>,
    elapsed: Duration,
    processor: Duration,
    written: u64,
    syncs: Option<u64>,
}

/// When each message was sent, and how long it took to each of the streams.
struct Board {
    first: u64,
    sent: Vec<Instant>,
    came: Vec<Duration>,
}

impl Board {
    /// The number of the next message.
    fn next(&self) -> u64 {
        self.first + self.sent.len() as u64
    }

    fn send(&mut self) -> u64 {
        let number = self.next();
        self.sent.push(Instant::now());
        number
    }

    fn note(&mut self, number: u64) {
        let index = number.checked_sub(self.first).map(usize::try_from);
        if let Some(Ok(index)) = index
            && let Some(sent) = self.sent.get(index)
        {
            self.came.push(sent.elapsed());
        }
    }
}

/// People who follow the room that they talk in.
struct Family {
    board: Arc<Mutex<Board>>,
    came: Arc<Notify>,
    members: Vec<Member>,
    streams: JoinSet<Result<()>>,
}

/// Somebody who can send. Their connections are made when they are needed: the server ends those that nobody uses.
struct Member {
    request: Request,
}

impl Member {
    /// Sends the next message, and says how long it took until it was answered.
    async fn send(
        &mut self,
        connection: &mut Connection,
        board: &Mutex<Board>,
    ) -> Result<Duration> {
        let start = Instant::now();
        self.request.set(board.lock().send());
        let answer = connection.exchange(self.request.bytes()).await?;
        ensure!(
            answer.status == 201,
            "a message was answered with {}",
            answer.status
        );
        Ok(start.elapsed())
    }
}

impl Family {
    /// Opens everybody's stream. The first message has this number.
    async fn gather(process: &Process, people: &[Person], room: i64, first: u64) -> Result<Self> {
        let address: SocketAddr = process.address;
        let mut family = Self {
            board: Arc::new(Mutex::new(Board {
                first,
                sent: Vec::new(),
                came: Vec::new(),
            })),
            came: Arc::new(Notify::new()),
            members: Vec::new(),
            streams: JoinSet::new(),
        };
        for person in people {
            let follow = Transport::Events.request(address, &person.token);
            let connection = Connection::open(address).await?;
            let stream = Stream::open(connection, &follow, Transport::Events).await?;
            let (board, came) = (Arc::clone(&family.board), Arc::clone(&family.came));
            family.streams.spawn(async move {
                let mut numbers = Numbers::default();
                let note = |bytes: &[u8]| {
                    numbers.take(bytes, |number| board.lock().note(number));
                    came.notify_one();
                };
                stream.each(note).await
            });
            family.members.push(Member {
                request: send_request(address, &person.token, room),
            });
        }
        Ok(family)
    }

    /// One after the other says something for `duration`, at an even pace.
    async fn talk(&mut self, process: &Process, duration: Duration) -> Result<Said> {
        let board = Arc::clone(&self.board);
        let members = &mut self.members;
        let start = Instant::now();
        let mut said = Said::begin(process)?;
        let (count, mut due) = (members.len(), start);
        for index in (0..count).cycle() {
            let mut connection = Connection::open(process.address).await?;
            let answer = members[index].send(&mut connection, &board).await?;
            said.answers.push(answer);
            due += PACE;
            if due.duration_since(start) >= duration {
                break;
            }
            sleep_until(due.into()).await;
        }
        sleep_until(due.into()).await;
        self.hear(process, said, start).await
    }

    /// Everybody says one thing after the other for `duration`.
    async fn rush(&mut self, process: &Process, duration: Duration) -> Result<Said> {
        let mut senders = Vec::with_capacity(self.members.len());
        for member in self.members.drain(..) {
            senders.push((member, Connection::open(process.address).await?));
        }
        let start = Instant::now();
        let mut said = Said::begin(process)?;
        let mut sending = JoinSet::new();
        for (mut member, mut connection) in senders {
            let board = Arc::clone(&self.board);
            sending.spawn(async move {
                let mut answers = Vec::new();
                while start.elapsed() < duration {
                    answers.push(member.send(&mut connection, &board).await?);
                }
                anyhow::Ok((member, answers))
            });
        }
        let all = async {
            while let Some(sent) = sending.join_next().await {
                let (member, answers) = sent??;
                self.members.push(member);
                said.answers.extend(answers);
            }
            anyhow::Ok(())
        };
        timeout(duration + PATIENCE, all)
            .await
            .context("the server does not answer")??;
        self.hear(process, said, start).await
    }

    /// Waits until everybody has everything that was said since `start`.
    async fn hear(&mut self, process: &Process, mut said: Said, start: Instant) -> Result<Said> {
        let deliveries = said.answers.len() * self.streams.len();
        let all = async {
            while self.board.lock().came.len() < deliveries {
                self.came.notified().await;
            }
        };
        timeout(PATIENCE, all)
            .await
            .context("somebody misses a message")?;
        said.end(process, start)?;
        ensure!(
            self.streams.try_join_next().is_none(),
            "the server has ended a stream"
        );
        said.deliveries = std::mem::take(&mut self.board.lock().came);
        ensure!(said.deliveries.len() == deliveries, "a message came twice");
        Ok(said)
    }
}

impl Said {
    /// Nothing yet; what the process has taken until now.
    fn begin(process: &Process) -> Result<Self> {
        Ok(Self {
            answers: Vec::new(),
            deliveries: Vec::new(),
            elapsed: Duration::ZERO,
            processor: process.processor_time()?,
            written: process.written_bytes()?,
            syncs: process.synced()?,
        })
    }

    /// What it has taken since.
    fn end(&mut self, process: &Process, start: Instant) -> Result<()> {
        self.elapsed = start.elapsed();
        self.processor = process.processor_time()?.saturating_sub(self.processor);
        self.written = process.written_bytes()? - self.written;
        self.syncs = process
            .synced()?
            .zip(self.syncs)
            .map(|(now, then)| now - then);
        Ok(())
    }
}
