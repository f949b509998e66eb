//! Everybody in a room who follows it, and whoever speaks to them.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, stream::FuturesUnordered};
use parking_lot::Mutex;
use tokio::{sync::Notify, task::JoinSet, time::timeout};

use crate::{
    client::{Connection, Request},
    database::Person,
    follow::Transport,
    load::Latencies,
    process::Process,
    streams::{self, PATIENCE},
};

/// Everybody who follows, and how many messages each has had.
pub struct Audience {
    heard: Arc<Heard>,
    streams: JoinSet<Result<()>>,
}

struct Heard {
    each: Vec<AtomicUsize>,
    /// When each message was sent, and how long they took since that was last asked for.
    times: Mutex<Times>,
    total: AtomicUsize,
    /// Told whenever `total` passes a multiple of the number of streams.
    grew: Notify,
}

#[derive(Default)]
struct Times {
    sent: Vec<Instant>,
    taken: Vec<Duration>,
}

impl Heard {
    fn note(&self, index: usize, messages: usize) {
        let had = self.each[index].fetch_add(messages, Ordering::Relaxed);
        let Times { sent, taken } = &mut *self.times.lock();
        // Each stream has them in order.
        taken.extend(sent.iter().skip(had).take(messages).map(Instant::elapsed));
        let before = self.total.fetch_add(messages, Ordering::Relaxed);
        let count = self.each.len();
        if before / count != (before + messages) / count {
            self.grew.notify_one();
        }
    }

    fn total(&self) -> usize {
        self.total.load(Ordering::Relaxed)
    }
}

impl Audience {
    /// Opens a stream for each of `people`.
    ///
    /// # Errors
    /// Where one of them can't be opened.
    pub async fn gather(
        address: SocketAddr,
        people: &[Person],
        transport: Transport,
    ) -> Result<Self> {
        let heard = Arc::new(Heard {
            each: people.iter().map(|_| AtomicUsize::new(0)).collect(),
            times: Mutex::default(),
            total: AtomicUsize::new(0),
            grew: Notify::new(),
        });
        let mut streams = JoinSet::new();
        for (index, stream) in streams::open(address, people, transport, Duration::ZERO)
            .await?
            .into_iter()
            .enumerate()
        {
            let heard = Arc::clone(&heard);
            streams.spawn(stream.count(move |messages| heard.note(index, messages)));
        }
        Ok(Self { heard, streams })
    }
}

/// What was said, and how long it took until everybody had it.
pub struct Spoken {
    /// A message counts for each stream that has it.
    deliveries: f64,
    pub elapsed: Duration,
    /// Processor time of the process.
    processor: Duration,
    /// From before a request until a stream has its message.
    pub latencies: Latencies,
}

impl Spoken {
    /// Deliveries a second.
    pub fn per_second(&self) -> f64 {
        self.deliveries / self.elapsed.as_secs_f64()
    }

    /// Processor time of one delivery, in µs.
    pub fn micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.deliveries
    }
}

/// Sends messages for `duration`, and `window` at least, no more than `window` of which are under
/// way, over as many connections; then waits until everybody has all of them.
///
/// # Errors
/// Where a message isn't taken, or somebody misses one.
pub async fn speak(
    process: &Process,
    request: &Request,
    audience: &Audience,
    duration: Duration,
    window: usize,
) -> Result<Spoken> {
    static NUMBERS: AtomicUsize = AtomicUsize::new(1);

    let Audience { heard, streams } = audience;
    let people = heard.each.len();
    let before: Vec<_> = heard
        .each
        .iter()
        .map(|each| each.load(Ordering::Relaxed))
        .collect();
    let base = heard.total();
    let mut idle = Vec::with_capacity(window);
    for _ in 0..window {
        idle.push(Connection::open(process.address).await?);
    }
    let processor_before = process.processor_time()?;
    let start = Instant::now();
    let mut messages = 0;
    let speaking = async {
        let mut answers = FuturesUnordered::new();
        loop {
            let delivered = heard.total() - base;
            let goes_on = start.elapsed() < duration || messages < window;
            if goes_on
                && messages * people < delivered + window * people
                && let Some(mut connection) = idle.pop()
            {
                let mut request = request.clone();
                request.set(NUMBERS.fetch_add(1, Ordering::Relaxed) as u64);
                // Streams may have messages in another order that are under way at the same time.
                heard.times.lock().sent.push(Instant::now());
                messages += 1;
                answers.push(async move {
                    let status = connection.exchange(request.bytes()).await?.status;
                    ensure!(status == 201, "a message was answered with {status}");
                    Ok(connection)
                });
                continue;
            }
            if !goes_on && answers.is_empty() && delivered == messages * people {
                return anyhow::Ok(());
            }
            tokio::select! {
                Some(answered) = answers.next() => idle.push(answered?),
                () = heard.grew.notified() => {}
            }
        }
    };
    timeout(duration + PATIENCE, speaking)
        .await
        .with_context(|| {
            format!(
                "{} deliveries are missing",
                people * messages - (heard.total() - base)
            )
        })??;
    let elapsed = start.elapsed();
    let processor = process.processor_time()?;
    for (each, before) in heard.each.iter().zip(before) {
        let had = each.load(Ordering::Relaxed) - before;
        ensure!(had == messages, "a stream had {had} messages of {messages}");
    }
    ensure!(streams.len() == people, "a stream has ended");
    let latencies = Latencies::new(std::mem::take(&mut heard.times.lock().taken));
    Ok(Spoken {
        deliveries: (messages * people) as f64,
        elapsed,
        processor: processor.saturating_sub(processor_before),
        latencies,
    })
}
