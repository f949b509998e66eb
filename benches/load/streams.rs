//! Many idle streams, each of somebody else.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tincan::feed;
use tokio::{
    task::JoinSet,
    time::{sleep_until, timeout},
};

use crate::{
    client::Connection,
    database::Person,
    follow::{Stream, Transport},
};

/// How often the server shows each stream that it is alive. Streams that are opened evenly over so
/// long are shown so evenly, too, and any while is like any other.
pub const HEARTBEAT: Duration = Duration::from_secs(feed::HEARTBEAT);
/// Connections that are made at the same time.
const OPENERS: usize = 32;
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Streams that are open; they end with it.
pub struct Idle {
    streams: JoinSet<()>,
}

/// Opens a stream for each of `people`, one each `pace`, and waits for each one's greeting.
///
/// # Errors
/// Where one of them can't be opened.
pub async fn open(
    address: SocketAddr,
    people: &[Person],
    transport: Transport,
    pace: Duration,
) -> Result<Vec<Stream>> {
    let start = Instant::now();
    let mut openers = JoinSet::new();
    for first in 0..OPENERS {
        let due = (0_u32..).zip(people).skip(first).step_by(OPENERS);
        let due: Vec<_> = due
            .map(|(index, person)| (pace * index, person.token.clone()))
            .collect();
        openers.spawn(async move {
            let mut streams = Vec::with_capacity(due.len());
            for (after, token) in due {
                sleep_until((start + after).into()).await;
                let connection = Connection::open(address).await?;
                let request = transport.request(address, &token);
                streams.push(Stream::open(connection, &request, transport).await?);
            }
            anyhow::Ok(streams)
        });
    }
    let mut streams = Vec::with_capacity(people.len());
    let all = async {
        while let Some(opened) = openers.join_next().await {
            streams.extend(opened??);
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, all)
        .await
        .context("the server does not greet all streams")??;
    Ok(streams)
}

impl Idle {
    /// Opens a stream for each of `people`, one each `pace`, and waits for each one's greeting.
    ///
    /// # Errors
    /// Where one of them can't be opened.
    pub async fn open(address: SocketAddr, people: &[Person], pace: Duration) -> Result<Self> {
        let mut streams = JoinSet::new();
        for stream in open(address, people, Transport::Events, pace).await? {
            streams.spawn(stream.idle());
        }
        Ok(Self { streams })
    }

    /// Makes sure that none of them has ended.
    ///
    /// # Errors
    /// Where one has.
    pub fn check(&mut self) -> Result<()> {
        ensure!(
            self.streams.try_join_next().is_none(),
            "the server has ended an idle stream"
        );
        Ok(())
    }
}
