//! Searches of a million messages in many conversations: what one costs, beside what SQLite takes for the same words.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use rusqlite::Connection;
use rustix::time::{ClockId, clock_gettime};
use tincan::model::Timestamp;
use tokio::time::sleep;

use crate::{
    client::Request,
    database::{self, Person},
    load::{self, Worker},
    process::Process,
    report::{Figure, Goal, Section, number},
    run::Run,
};

/// Rooms, all of which one person is in. Each further room has less to say.
const ROOMS: usize = 500;
/// Different words, each used less often than the one before (Zipf’s law), and different characters of Chinese.
const WORDS: usize = 30_000;
const CHARACTERS: usize = 2_000;
/// Words of a message.
const LENGTH: usize = 9;
/// Searches at a time.
const CONNECTIONS: usize = 2;
/// A processor’s time for a search, in milliseconds, at most.
const MOST: f64 = 20.0;

/// A kind of search.
struct Kind {
    name: &'static str,
    query: String,
    /// The same, as FTS5 is asked for it.
    expression: String,
    /// Who asks: somebody who is in all rooms, or in a quiet one.
    quiet: bool,
}

/// # Errors
/// Where anything doesn't answer as it should.
pub async fn measure(run: &Run) -> Result<Section> {
    let database = run.folder.join("search.db");
    database::create(&database).await?;
    let [everywhere, quiet] = run.progress.suspend(|| fill(&database, run.messages))?;
    let process = Process::tincan(&database)?;
    run.say("search, indexing".to_owned());
    let indexing = indexed(&database).await?;
    process.settle().await?;

    let kinds = kinds();
    let mut section = Section::new("Searches");
    for kind in &kinds {
        run.say(format!("search, {}", kind.name));
        let person = if kind.quiet { &quiet } else { &everywhere };
        let (mut own, mut sqlite) = (Vec::new(), Vec::new());
        for _ in 0..run.rounds {
            let workers = (0..CONNECTIONS).map(|_| worker(&process, person, &kind.query));
            let done = load::run(&process, workers.collect(), run.duration).await?;
            own.push(done.processor_micros / 1e3);
            sqlite.push(bare(&database, &kind.expression)?);
        }
        let figure = Figure::new(format!("processor, {}", kind.name), "ms each", own)?;
        section.add(figure.goal(Goal::AtMost(MOST)).beside("SQLite", &sqlite));
    }
    let micros = indexing.as_secs_f64() * 1e6 / run.messages as f64;
    section.add(Figure::new("indexing a message", "µs", vec![micros])?);
    section.note(format!(
        "{} messages of {LENGTH} words, every tenth in Chinese, in {ROOMS} rooms; the 20 newest that match, for somebody who \
         is in all rooms. “Quiet” is the same frequent word for somebody who is in one of the quietest. SQLite: the same words \
         in the same index and the texts of the messages, without looking at who may see them. Indexing is the time from \
         the start of a server on a database without an index until it is there, with a commit for every 200 messages.",
        number(run.messages as f64)
    ));
    Ok(section)
}

fn kinds() -> Vec<Kind> {
    let kind = |name, query: &str, expression: String| Kind {
        name,
        query: query.to_owned(),
        expression,
        quiet: false,
    };
    let exact = |words: &str| format!("body : \"{words}\"");
    let (frequent, next, rare) = (word(0), word(1), word(WORDS - 1));
    let (one, two) = (character(3), character(5));
    let chinese = format!("{one}{two}");
    let never = format!("\"{frequent} {frequent} {frequent} {frequent}\"");
    vec![
        kind(
            "frequent word",
            &format!("\"{frequent}\""),
            exact(&frequent),
        ),
        kind("rare word", &format!("\"{rare}\""), exact(&rare)),
        kind(
            "two frequent words",
            &format!("\"{frequent}\" \"{next}\""),
            format!("{} AND {}", exact(&frequent), exact(&next)),
        ),
        kind(
            "beginning of two letters",
            &frequent[..2],
            format!("{} *", exact(&frequent[..2])),
        ),
        kind(
            "beginning of three letters",
            &frequent[..3],
            format!("{} *", exact(&frequent[..3])),
        ),
        kind("Chinese", &chinese, exact(&format!("{one} {two}"))),
        kind("unlikely phrase", &never, exact(never.trim_matches('"'))),
        Kind {
            quiet: true,
            ..kind(
                "frequent word, quiet",
                &format!("\"{frequent}\""),
                exact(&frequent),
            )
        },
    ]
}

/// The word of this rank: the more frequent, the shorter.
fn word(rank: usize) -> String {
    const CONSONANTS: &[u8] = b"tnsrhldcmfpgwybvk";
    const VOWELS: &[u8] = b"eaoiu";
    let (mut rest, mut word) = (rank, String::new());
    loop {
        word.push(CONSONANTS[rest % CONSONANTS.len()].into());
        rest /= CONSONANTS.len();
        word.push(VOWELS[rest % VOWELS.len()].into());
        rest /= VOWELS.len();
        if rest == 0 {
            word.push('n');
            return word;
        }
    }
}

fn character(rank: usize) -> char {
    u32::try_from(rank)
        .ok()
        .and_then(|rank| char::from_u32(0x4e00 + rank))
        .unwrap_or('一')
}

/// A rank up to `count`, each as likely as Zipf’s law has it.
fn ranked(random: &mut fastrand::Rng, count: usize) -> usize {
    let rank = (count as f64).powf(random.f64());
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is neither negative nor large"
    )]
    let rank = rank as usize;
    (rank - 1).min(count - 1)
}

/// Puts the messages into the rooms. Returns somebody who is in all of them, and somebody who is in a quiet one.
fn fill(database: &Path, count: usize) -> Result<[Person; 2]> {
    let progress = ProgressBar::new(count as u64).with_style(ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} messages",
    )?);
    database::fill(database, |connection| {
        let people = database::people(connection, 3)?;
        let [everywhere, other, quiet] = &people[..] else {
            anyhow::bail!("three people");
        };
        let mut rooms = Vec::new();
        for rank in 0..ROOMS {
            let is_quiet = rank == ROOMS - 1;
            let third = is_quiet.then(|| quiet.clone());
            let members: Vec<_> = [everywhere.clone(), other.clone()]
                .into_iter()
                .chain(third)
                .collect();
            rooms.push((database::room(connection, &members)?, 0));
        }
        let mut insert = connection.prepare(
            "INSERT INTO messages (id, conversation_id, number, author_id, content, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        let mut random = fastrand::Rng::with_seed(7);
        let now = Timestamp::now().0;
        for id in 1..=count {
            let (room, number) = &mut rooms[ranked(&mut random, ROOMS)];
            *number += 1;
            let content: String = if id % 10 == 0 {
                (0..LENGTH)
                    .map(|_| character(ranked(&mut random, CHARACTERS)))
                    .collect()
            } else {
                let words = (0..LENGTH).map(|_| word(ranked(&mut random, WORDS)));
                words.collect::<Vec<_>>().join(" ")
            };
            let author = if id % 3 == 0 { other.id } else { everywhere.id };
            insert.execute((i64::try_from(id)?, *room, *number, author, content, now))?;
            if id % 1_000 == 0 {
                progress.inc(1_000);
            }
        }
        connection.execute("UPDATE sequence SET last_id = ?1", [i64::try_from(count)?])?;
        progress.finish_and_clear();
        Ok([everywhere.clone(), quiet.clone()])
    })
}

/// Waits for the index. Returns how long it has taken.
async fn indexed(database: &Path) -> Result<Duration> {
    const LONGEST: Duration = Duration::from_mins(10);
    let begun = std::time::Instant::now();
    let connection = Connection::open(database)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    loop {
        let behind: i64 = connection.query_row(
            "SELECT last_id - (SELECT coalesce(max(through_id), 0) FROM followers WHERE name GLOB 'search.*')
             FROM sequence_end",
            [],
            |row| row.get(0),
        )?;
        if behind <= 0 {
            return Ok(begun.elapsed());
        }
        ensure!(
            begun.elapsed() < LONGEST,
            "{behind} messages aren't indexed"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

fn worker(process: &Process, person: &Person, query: &str) -> Worker {
    let query = [("q", query), ("limit", "20")];
    let query = serde_urlencoded::to_string(query).unwrap_or_default();
    Worker {
        request: Request::get(
            process.address,
            &format!("/api/search?{query}"),
            &person.token,
            "",
        ),
        number: Box::new(|| 0),
        status: 200,
    }
}

/// The milliseconds of a processor that SQLite takes to find the newest messages.
fn bare(database: &Path, expression: &str) -> Result<f64> {
    const TIMES: u32 = 5;
    let connection = Connection::open(database)?;
    let mut statement = connection.prepare(
        "SELECT m.id, m.content FROM search s CROSS JOIN messages m ON m.id = s.rowid
         WHERE s.search MATCH ?1 ORDER BY s.rowid DESC LIMIT 21",
    )?;
    let mut find = || -> Result<()> {
        let mut rows = statement.query([expression])?;
        while let Some(row) = rows.next()? {
            let _: &str = row.get_ref(1)?.as_str()?;
        }
        Ok(())
    };
    find()?;
    let begun = own_time()?;
    for _ in 0..TIMES {
        find()?;
    }
    Ok(own_time()?.saturating_sub(begun).as_secs_f64() * 1e3 / f64::from(TIMES))
}

/// What this thread has taken of a processor.
fn own_time() -> Result<Duration> {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Ok(Duration::new(
        seconds.context("a time")?,
        nanos.context("a time")?,
    ))
}
