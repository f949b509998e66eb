//! One room with many people: how many deliveries a second it has, over either kind of stream,
//! beside a loop that does nothing but write the same bytes to as many sockets; and what a thousand
//! long polls and two hundred likes at once take.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until, timeout},
};

use crate::{
    audience::{Audience, speak},
    client::{Connection, Request, find},
    database::{self, Person},
    delivery::send_request,
    follow::{Stream, Transport},
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
    streams::PATIENCE,
    trip::CONTENT,
};

/// Messages at once, for more than any channel holds.
const BURST: usize = 100;
/// Bytes of an event of the server's, without its end.
const EVENT: usize = 390;
const POLLS: usize = 1_000;
const LIKES: usize = 200;
/// So that the server's answers to all polls are out before the next round.
const REST: Duration = Duration::from_millis(300);

/// # Errors
/// Where anything doesn't answer as it should, or somebody misses a message.
pub async fn measure(run: &Run) -> Result<Section> {
    let mut section = Section::new("One room");
    for people in [run.streams / 10, run.streams] {
        for transport in [Transport::Events, Transport::WebSocket] {
            let (own, bare) = fan_out(run, people, transport, Some(BURST)).await?;
            let what = |what| format!("{what}, {} by {transport}", number(people as f64));
            section.add(
                Figure::new(what("deliveries"), "/s", own.per_second)?
                    .goal_of_ratio(Goal::AtLeast(0.75))
                    .beside("bare loop", &bare.per_second),
            );
            section.add(
                Figure::new(what("processor"), "µs each", own.micros)?
                    .beside("bare loop", &bare.micros),
            );
            section.add(
                Figure::new(what("100 at once"), "s", own.burst)?.beside("bare loop", &bare.burst),
            );
        }
    }
    let Polls { millis, threads } = polls(run).await?;
    section.add(Figure::new(
        format!("{} long polls answered", number(POLLS as f64)),
        "ms",
        millis,
    )?);
    section.add(Figure::new("threads while they wait", "", threads)?);
    section.add(Figure::new(
        format!("{LIKES} likes at once"),
        "ms",
        likes(run).await?,
    )?);
    section.note(format!(
        "deliveries: a message counts for each stream that has it, with {} messages under way at a time; 100 at once: \
         until everybody has all of them. bare loop: a process that takes the same requests, keeps nothing, and writes as \
         many bytes to as many sockets one after the other. The streams' reader is one thread, and shares the cores. \
         likes: until each is answered and a stream has told of all.",
        run.in_flight
    ));
    Ok(section)
}

/// The rounds of one size and transport.
#[derive(Default)]
pub struct Rounds {
    per_second: Vec<f64>,
    /// Processor time of one delivery.
    pub micros: Vec<f64>,
    burst: Vec<f64>,
}

/// The server's rounds of a room with `count` receivers, and those of the bare loop after them; each
/// ends with a burst where there is to be one.
///
/// # Errors
/// Where anything doesn't answer as it should, or somebody misses a message.
pub async fn fan_out(
    run: &Run,
    count: usize,
    transport: Transport,
    burst: Option<usize>,
) -> Result<(Rounds, Rounds)> {
    let database = run.folder.join(format!("room-{count}-{transport}.db"));
    let Room {
        tincan,
        bare,
        send,
        others,
    } = Room::open(&database, count).await?;

    let (mut own, mut ceiling) = (Rounds::default(), Rounds::default());
    for (process, rounds, transport) in [
        (&tincan, &mut own, transport),
        // Which bytes it writes makes no difference to it.
        (&bare, &mut ceiling, Transport::Events),
    ] {
        run.say(format!("a room of {count} by {transport}"));
        let audience = Audience::gather(process.address, &others, transport).await?;
        for round in 0..run.rounds.min(3) {
            run.say(format!(
                "a room of {count} by {transport}, round {}",
                round + 1
            ));
            let spoken = speak(process, &send, &audience, run.duration, run.in_flight).await?;
            rounds.per_second.push(spoken.per_second());
            rounds.micros.push(spoken.micros());
            if let Some(burst) = burst {
                let spoken = speak(process, &send, &audience, Duration::ZERO, burst).await?;
                rounds.burst.push(spoken.elapsed.as_secs_f64());
            }
        }
    }
    Ok((own, ceiling))
}

/// A room that somebody speaks to, at the server; and beside it the bare loop for what they send.
pub struct Room {
    pub tincan: Process,
    pub bare: Process,
    pub send: Request,
    /// Who listens.
    pub others: Vec<Person>,
}

impl Room {
    /// One with `count` who listen.
    ///
    /// # Errors
    /// Where it can't be made.
    pub async fn open(database: &Path, count: usize) -> Result<Self> {
        let (mut others, room) = room(database, 1 + count).await?;
        let sender = others.pop().context("nobody is there")?;
        let tincan = Process::tincan(database)?;
        let send = send_request(tincan.address, &sender.token, room);
        let bare = Process::fan(send.bytes().len(), EVENT)?;
        Ok(Self {
            tincan,
            bare,
            send,
            others,
        })
    }
}

/// A database with so many people in one room.
///
/// # Errors
/// Where it can't be made.
pub async fn room(database: &Path, count: usize) -> Result<(Vec<Person>, i64)> {
    database::create(database).await?;
    database::fill(database, |connection| {
        let people = database::people(connection, count)?;
        let room = database::room(connection, &people)?;
        Ok((people, room))
    })
}

struct Polls {
    millis: Vec<f64>,
    threads: Vec<f64>,
}

/// A thousand long polls that wait, and the one message that answers them all.
async fn polls(run: &Run) -> Result<Polls> {
    let database = run.folder.join("room-polls.db");
    let (people, room) = room(&database, 1 + POLLS).await?;
    let process = Process::tincan(&database)?;
    let address = process.address;
    let mut send = send_request(address, &people[0].token, room);
    let mut waiting = Vec::with_capacity(POLLS);
    for person in &people[1..] {
        waiting.push((Connection::open(address).await?, person.token.clone()));
    }
    let (mut millis, mut threads) = (Vec::new(), Vec::new());
    for round in 0..run.rounds.min(3) {
        run.say(format!("{POLLS} long polls, round {}", round + 1));
        let mut sender = Connection::open(address).await?;
        let present = Request::get(
            address,
            "/api/messages",
            &people[0].token,
            "Accept: application/json\r\n",
        );
        let cursor = cursor_of(sender.exchange(present.bytes()).await?.body)?;
        let mut polls = JoinSet::new();
        for (mut connection, token) in waiting.drain(..) {
            let path = format!("/api/messages?after={cursor}&wait=30");
            let request = Request::get(address, &path, &token, "Accept: application/json\r\n");
            polls.spawn(async move {
                let answer = connection.exchange(request.bytes()).await?;
                let has_it = find(answer.body, CONTENT.as_bytes()).is_some();
                ensure!(
                    answer.status == 200 && has_it,
                    "a long poll had nothing to tell"
                );
                Ok((connection, token))
            });
        }
        process.settle().await?;
        threads.push(process.threads()?);
        let start = Instant::now();
        send.set(round as u64 + 1);
        ensure!(
            sender.exchange(send.bytes()).await?.status == 201,
            "the message was refused"
        );
        while let Some(answered) = polls.join_next().await {
            waiting.push(answered??);
        }
        millis.push(start.elapsed().as_secs_f64() * 1e3);
        sleep(REST).await;
    }
    Ok(Polls { millis, threads })
}

fn cursor_of(body: &[u8]) -> Result<String> {
    let answer: serde_json::Value = serde_json::from_slice(body)?;
    Ok(answer["cursor"]
        .as_str()
        .context("an answer without a cursor")?
        .to_owned())
}

/// How long it takes until two hundred people who like a message at the same moment are all counted.
async fn likes(run: &Run) -> Result<Vec<f64>> {
    let database = run.folder.join("room-likes.db");
    let (people, room) = room(&database, 1 + LIKES).await?;
    let process = Process::tincan(&database)?;
    let address = process.address;
    let mut connections = Vec::with_capacity(LIKES);
    for person in &people[1..] {
        connections.push((Connection::open(address).await?, person.token.clone()));
    }
    let mut millis = Vec::new();
    for round in 0..run.rounds.min(3) {
        run.say(format!("{LIKES} likes, round {}", round + 1));
        let mut send = send_request(address, &people[0].token, room);
        send.set(round as u64 + 1);
        let mut sender = Connection::open(address).await?;
        let message: serde_json::Value =
            serde_json::from_slice(sender.exchange(send.bytes()).await?.body)?;
        let id = message["id"]
            .as_str()
            .context("a message without an id")?
            .to_owned();

        let connection = Connection::open(address).await?;
        let follow = Transport::Events.request(address, &people[0].token);
        let mut stream = Stream::open(connection, &follow, Transport::Events).await?;
        let start = Instant::now();
        let mut likes = JoinSet::new();
        for (mut connection, token) in connections.drain(..) {
            let path = format!("/api/messages/{id}/reactions/%F0%9F%91%8D");
            let request = Request::put(address, &path, &token);
            likes.spawn(async move {
                let status = connection.exchange(request.bytes()).await?.status;
                ensure!(status == 200, "a like was answered with {status}");
                Ok((connection, token))
            });
        }
        while let Some(liked) = likes.join_next().await {
            connections.push(liked??);
        }
        // The last state counts all of them, in whichever order they came.
        let count = format!("\"count\":{LIKES},");
        let has_all = |event: &[u8]| find(event, count.as_bytes()).is_some();
        let all = stream.until(|event| find(event, b"event:update").is_some() && has_all(event));
        let all = timeout(PATIENCE, all);
        all.await.context("a stream has not heard of all likes")??;
        millis.push(start.elapsed().as_secs_f64() * 1e3);
        sleep_until((Instant::now() + REST).into()).await;
    }
    Ok(millis)
}
