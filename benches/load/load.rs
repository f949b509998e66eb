//! Closed-loop load: so many connections, each with one request under way at any time.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    client::{Connection, Request},
    process::Process,
};

/// Before anything counts: connections, caches and the disk's own queue get going.
pub const WARM_UP: Duration = Duration::from_millis(300);
/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one connection does.
pub struct Worker {
    pub request: Request,
    /// The number of each next request.
    pub number: Box<dyn FnMut() -> u64 + Send>,
    pub status: u16,
}

/// What came of it.
pub struct Outcome {
    pub per_second: f64,
    pub latencies: Latencies,
    /// Of the server, for each request.
    pub processor_micros: f64,
    /// By the server, for each request.
    pub written_bytes: f64,
}

/// How long things took, in order.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn new(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self(latencies)
    }

    /// The least that `percent` of them don't exceed, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        let latency = self.0.get(rank - 1).or(self.0.last());
        latency.copied().unwrap_or_default().as_secs_f64() * 1e3
    }
}

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const DONE: u8 = 2;

/// Lets `workers` ask for `duration`, each on a connection of its own.
///
/// # Errors
/// Where an answer isn't the expected one.
pub async fn run(process: &Process, workers: Vec<Worker>, duration: Duration) -> Result<Outcome> {
    let phase = Arc::new(AtomicU8::new(WARMING));
    let mut tasks = JoinSet::new();
    for worker in workers {
        tasks.spawn(work(process.address, worker, Arc::clone(&phase)));
    }
    sleep(WARM_UP).await;
    let before = process.processor_time()?;
    let written_before = process.written_bytes()?;
    let start = Instant::now();
    phase.store(MEASURING, Ordering::Relaxed);
    sleep(duration).await;
    let processor = process.processor_time()?.saturating_sub(before);
    let written = process.written_bytes()? - written_before;
    let elapsed = start.elapsed();
    phase.store(DONE, Ordering::Relaxed);

    let mut latencies = Vec::new();
    let all = async {
        while let Some(done) = tasks.join_next().await {
            latencies.extend(done??);
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, all)
        .await
        .context("the server does not answer")??;
    ensure!(
        !latencies.is_empty(),
        "no request was answered in {duration:?}"
    );
    let count = latencies.len() as f64;
    Ok(Outcome {
        per_second: count / elapsed.as_secs_f64(),
        latencies: Latencies::new(latencies),
        processor_micros: processor.as_secs_f64() * 1e6 / count,
        written_bytes: written as f64 / count,
    })
}

/// How long each answer took that came while it counted.
async fn work(address: SocketAddr, worker: Worker, phase: Arc<AtomicU8>) -> Result<Vec<Duration>> {
    let Worker {
        mut request,
        mut number,
        status,
    } = worker;
    let mut connection = Connection::open(address).await?;
    let mut latencies = Vec::new();
    loop {
        request.set(number());
        let start = Instant::now();
        let answer = connection.exchange(request.bytes()).await?;
        let latency = start.elapsed();
        ensure!(
            answer.status == status,
            "{} instead of {status}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        match phase.load(Ordering::Relaxed) {
            WARMING => {}
            MEASURING => latencies.push(latency),
            _ => return Ok(latencies),
        }
    }
}
