//! Messages' trips, from a sender's request to the receiver's stream, at an even rate.

use std::{
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
    time::{sleep_until, timeout},
};

use crate::{
    client::{Connection, Request, find},
    follow::{Stream, Transport},
    load::Latencies,
    process::Process,
};

/// What stands before a message's number, in requests and events alike, and its digits.
pub const CONTENT: &str = r#""content":""#;
pub const NUMBER: usize = 12;

/// Messages a second.
pub const RATE: u32 = 500;
/// Connections that send by turns: enough that each has its answer before it is its turn again,
/// however long the disk takes.
pub const SENDERS: usize = 64;
/// Messages before anything counts.
const WARM_UP: usize = 150;
const PATIENCE: Duration = Duration::from_secs(30);

/// Who sends and who receives.
pub struct Ends {
    pub send: Request,
    pub follow: Request,
}

/// What came of one measurement.
pub struct Delivered {
    pub latencies: Latencies,
    pub processor_micros: f64,
    pub per_second: f64,
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

/// Sends for `duration`, evenly, and waits for the last to arrive. `next` is the number of the next
/// message, which no other may have had.
///
/// # Errors
/// Where a message isn't taken, or doesn't arrive.
pub async fn deliver(
    process: &Process,
    ends: &Ends,
    duration: Duration,
    next: &mut u64,
) -> Result<Delivered> {
    let counted = usize::try_from(duration.as_millis())? * RATE as usize / 1_000;
    let count = WARM_UP + counted;
    let first = *next;
    *next += count as u64;

    let connection = Connection::open(process.address).await?;
    let stream = Stream::open(connection, &ends.follow, Transport::Events).await?;
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
pub struct Numbers {
    rest: Vec<u8>,
}

impl Numbers {
    /// Hands each number that has come whole to `each`.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(u64)) {
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
