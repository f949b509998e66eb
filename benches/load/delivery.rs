//! Delivery: from a sender's request to the receiver's stream, and what a message costs the
//! processor, with one receiver among more and more idle streams.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, sleep_until, timeout},
};

use crate::{
    client::{Connection, Request, Transport, find},
    database,
    load::Latencies,
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
    sends,
    streams::Idle,
};

/// What stands before a message's number, in requests and events alike, and its digits.
pub const CONTENT: &str = r#""content":""#;
pub const NUMBER: usize = 12;

/// Messages a second.
const RATE: u32 = 500;
/// Connections that send by turns: enough that each has its answer before it is its turn again,
/// however long the disk takes.
const SENDERS: usize = 64;
/// Messages before anything counts.
const WARM_UP: usize = 150;
/// Bytes of an event of the server's, without its end.
const EVENT: usize = 340;
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a receiver, and so many idle streams beside.
struct Crowd {
    count: usize,
    process: Process,
    idle: Idle,
    ends: Ends,
}

/// Who sends and who receives.
struct Ends {
    send: Request,
    follow: Request,
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
    let relay_database = run.folder.join("delivery-relay.db");
    database::create(&relay_database).await?;
    database::fill(&relay_database, |connection| {
        let people = database::people(connection, 2)?;
        database::pair(connection, &people[0], &people[1])
    })?;
    let length = crowds[0].ends.send.bytes().len();
    let relay = Process::relay(&relay_database, length, EVENT)?;

    // A message of a few hundred a second leaves the processor's clock little to count.
    let duration = 3 * run.duration;
    let mut next = 1;
    let mut bare = Rounds::default();
    let mut all: [Rounds; 3] = Default::default();
    for round in 0..run.rounds.min(3) {
        run.say(format!("delivery, round {}", round + 1));
        let ends = &crowds[0].ends;
        bare.push(deliver(&relay, ends, duration, &mut next).await?);
        for (crowd, rounds) in crowds.iter_mut().zip(&mut all) {
            run.say(format!(
                "delivery, {} idle streams, round {}",
                crowd.count,
                round + 1
            ));
            let before = crowd.process.processor_time()?;
            sleep(duration).await;
            let resting = crowd.process.processor_time()?.saturating_sub(before);
            let resting = resting.as_secs_f64() / duration.as_secs_f64();
            rounds.resting.push(resting * 100.0);
            let mut delivered = deliver(&crowd.process, &crowd.ends, duration, &mut next).await?;
            // What the server does for its streams by themselves is shown apart.
            delivered.processor_micros -= resting * 1e6 / f64::from(RATE);
            rounds.push(delivered);
            crowd.idle.check()?;
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

impl Crowd {
    async fn gather(run: &Run, count: usize) -> Result<Self> {
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
}

/// What sends a message with a number to a conversation.
pub fn send_request(address: SocketAddr, token: &str, conversation: i64) -> Request {
    let number = "@".repeat(NUMBER);
    let json = format!(
        r#"{{{CONTENT}{number} {}","clientId":"{number}"}}"#,
        sends::content()
    );
    let path = format!("/api/conversations/{conversation}/messages");
    Request::post(address, &path, token, &json)
}

/// What came of one measurement.
struct Delivered {
    latencies: Latencies,
    processor_micros: f64,
    per_second: f64,
}

/// When each message was sent, and when it came.
struct Board {
    start: Instant,
    first: u64,
    times: Vec<[AtomicU64; 2]>,
    missing: AtomicUsize,
    all_came: Notify,
}

const SENT: usize = 0;
const CAME: usize = 1;

impl Board {
    fn note(&self, index: usize, what: usize) {
        let now = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        // The first counts; a double would be a defect, and is none of this tool's business.
        if let Some(times) = self.times.get(index)
            && times[what]
                .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            && what == CAME
            && self.missing.fetch_sub(1, Ordering::Relaxed) == 1
        {
            self.all_came.notify_one();
        }
    }

    fn latency(&self, index: usize) -> Duration {
        let [sent, came] = &self.times[index];
        let (sent, came) = (sent.load(Ordering::Relaxed), came.load(Ordering::Relaxed));
        Duration::from_nanos(came.saturating_sub(sent))
    }
}

/// Sends for `duration`, evenly, and waits for the last to arrive.
async fn deliver(
    process: &Process,
    ends: &Ends,
    duration: Duration,
    next: &mut u64,
) -> Result<Delivered> {
    let counted = usize::try_from(duration.as_millis())? * RATE as usize / 1_000;
    let count = WARM_UP + counted;
    let first = *next;
    *next += count as u64;

    let stream = Connection::open(process.address).await?;
    let stream = stream.follow(&ends.follow, Transport::Events).await?;
    let board = Arc::new(Board {
        start: Instant::now(),
        first,
        times: (0..count).map(|_| Default::default()).collect(),
        missing: AtomicUsize::new(count),
        all_came: Notify::new(),
    });
    let mut receiver = JoinSet::new();
    let seen = Arc::clone(&board);
    receiver.spawn(async move {
        let mut numbers = Numbers::default();
        let note = |number: u64| {
            if let Some(index) = number.checked_sub(seen.first) {
                seen.note(usize::try_from(index).unwrap_or(usize::MAX), CAME);
            }
        };
        stream.each(|bytes| numbers.take(bytes, note)).await
    });

    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let connection = Connection::open(process.address).await?;
        senders.spawn(send(
            connection,
            ends.send.clone(),
            Arc::clone(&board),
            sender,
        ));
    }
    sleep_until((board.start + due(WARM_UP)).into()).await;
    let (before, start) = (process.processor_time()?, Instant::now());
    let all = async {
        while let Some(sent) = senders.join_next().await {
            sent??;
        }
        board.all_came.notified().await;
        anyhow::Ok(())
    };
    let missing = || {
        format!(
            "{} messages did not arrive",
            board.missing.load(Ordering::Relaxed)
        )
    };
    timeout(duration + PATIENCE, all)
        .await
        .with_context(missing)??;
    let processor = process.processor_time()?.saturating_sub(before);
    Ok(Delivered {
        latencies: Latencies::new((WARM_UP..count).map(|index| board.latency(index)).collect()),
        processor_micros: processor.as_secs_f64() * 1e6 / counted as f64,
        per_second: counted as f64 / start.elapsed().as_secs_f64(),
    })
}

/// When a message is due, from the start.
fn due(index: usize) -> Duration {
    Duration::from_secs(1) * u32::try_from(index).unwrap_or(0) / RATE
}

/// Sends every so many'th message at its time.
async fn send(
    mut connection: Connection,
    mut request: Request,
    board: Arc<Board>,
    sender: usize,
) -> Result<()> {
    for index in (sender..board.times.len()).step_by(SENDERS) {
        request.set(board.first + index as u64);
        sleep_until((board.start + due(index)).into()).await;
        board.note(index, SENT);
        let status = connection.exchange(request.bytes()).await?.status;
        ensure!(status == 201, "a message was answered with {status}");
    }
    Ok(())
}

/// Finds the messages' numbers in a stream that is cut anywhere.
#[derive(Default)]
struct Numbers {
    rest: Vec<u8>,
}

impl Numbers {
    fn take(&mut self, bytes: &[u8], mut each: impl FnMut(u64)) {
        self.rest.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(found) = find(&self.rest[from..], CONTENT.as_bytes()) {
            let start = from + found + CONTENT.len();
            let Some(digits) = self.rest.get(start..start + NUMBER) else {
                from += found;
                break;
            };
            if let Some(number) = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| digits.parse().ok())
            {
                each(number);
            }
            from = start + NUMBER;
        }
        // What may be the beginning of one stays.
        let kept = CONTENT.len() + NUMBER;
        self.rest
            .drain(..from.max(self.rest.len().saturating_sub(kept)));
    }
}
