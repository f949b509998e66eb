//! Databases to begin with. The schema is the program's own work; people, their sessions and their
//! conversations are put in directly, as ten thousand sign-ups would take longer than the rest.

use std::path::Path;

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tincan::{
    bus::{Bus, Capacity},
    metrics::Metrics,
    model::Timestamp,
    store::{Purpose, Store},
};

/// The text of a message: as long as what people write.
pub fn content() -> String {
    "See you at eight, then; I'll bring the map and the other shoes.".to_owned()
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Person {
    pub id: i64,
    pub token: String,
}

/// An empty database of the present schema at `path`.
///
/// # Errors
/// Where the program can't make one there.
pub async fn create(path: &Path) -> Result<()> {
    let (bus, metrics) = (Bus::new(Capacity::default()), Metrics::new());
    Store::open(path, Some(Purpose::Development), &bus, &metrics)?
        .close()
        .await;
    Ok(())
}

/// Lets `fill` put rows into the database at `path`, in one transaction.
///
/// # Errors
/// Those of SQLite.
pub fn fill<T>(path: &Path, fill: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    let filled = fill(&transaction)?;
    transaction.commit()?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection
        .close()
        .map_err(|(_, error)| error)
        .context("can't close the database")?;
    Ok(filled)
}

/// Adds `count` people, each with a session.
///
/// # Errors
/// Those of SQLite.
pub fn people(connection: &Connection, count: usize) -> Result<Vec<Person>> {
    let now = Timestamp::now().0;
    let mut users = connection
        .prepare("INSERT INTO users (username, username_key, created_at) VALUES (?1, ?1, ?2)")?;
    let mut sessions = connection.prepare(
        "INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at)
         VALUES (?1, ?2, 'load', ?3, ?3)",
    )?;
    let person = |number| {
        let id = users.insert((format!("load{number}"), now))?;
        // As long as a real one.
        let token = format!("{id:064x}");
        let hash: [u8; 32] = Sha256::digest(&token).into();
        sessions.execute((id, hash, now))?;
        Ok(Person { id, token })
    };
    (0..count).map(person).collect()
}

/// Starts the direct conversation of two people, in the order of their ids.
///
/// # Errors
/// Those of SQLite.
pub fn pair(connection: &Connection, low: &Person, high: &Person) -> Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO conversations (kind, low_user, high_user, created_at)
             VALUES ('direct', ?1, ?2, ?3)",
        )?
        .insert((low.id, high.id, Timestamp::now().0))?;
    for person in [low, high] {
        connection
            .prepare_cached(
                "INSERT INTO participants (conversation_id, user_id, role, since_id, last_read_number)
                 VALUES (?1, ?2, 'member', 0, 0)",
            )?
            .execute((id, person.id))?;
    }
    Ok(id)
}

/// Makes a room of all these people, whose owner is the first. None of them shows what they do: in a
/// small room, messages wouldn't be all that its streams tell of.
///
/// # Errors
/// Those of SQLite.
pub fn room(connection: &Connection, people: &[Person]) -> Result<i64> {
    let id = connection
        .prepare_cached(
            "INSERT INTO conversations (kind, name, open, created_at, participant_count)
             VALUES ('room', 'Hall', 1, ?1, ?2)",
        )?
        .insert((Timestamp::now().0, i64::try_from(people.len())?))?;
    for (index, person) in people.iter().enumerate() {
        connection
            .prepare_cached(
                "INSERT INTO participants (conversation_id, user_id, role, since_id, last_read_number)
                 VALUES (?1, ?2, ?3, 0, 0)",
            )?
            .execute((id, person.id, if index == 0 { "owner" } else { "member" }))?;
        connection
            .prepare_cached("UPDATE users SET shows_activity = 0 WHERE id = ?1")?
            .execute([person.id])?;
    }
    Ok(id)
}

/// Adds `count` messages to conversations of `people` with each other, nine of ten to the first of
/// them, which is given back: what one reads there must not depend on how much there is.
///
/// # Errors
/// Those of SQLite.
pub fn history(
    connection: &Connection,
    people: &[Person],
    count: usize,
    progress: &ProgressBar,
) -> Result<i64> {
    let mut conversations = Vec::new();
    for two in people.chunks_exact(2) {
        conversations.push((
            pair(connection, &two[0], &two[1])?,
            [two[0].id, two[1].id],
            0,
        ));
    }
    let mut insert = connection.prepare(
        "INSERT INTO messages (id, conversation_id, number, author_id, client_id, content, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let now = Timestamp::now().0;
    for id in 1..=count {
        let others = conversations.len() - 1;
        let which = if id % 10 == 0 {
            1 + id / 10 % others
        } else {
            0
        };
        let (conversation, authors, number) = &mut conversations[which];
        *number += 1;
        let author = authors[usize::from(id % 3 == 0)];
        let content = format!("Message {id}, which is about as long as what people write.");
        let id = i64::try_from(id)?;
        insert.execute((
            id,
            *conversation,
            *number,
            author,
            format!("c{id}"),
            content,
            now,
        ))?;
        if id % 1_000 == 0 {
            progress.inc(1_000);
        }
    }
    for (conversation, _, number) in &conversations {
        connection.execute(
            "UPDATE participants SET last_read_number = ?2 WHERE conversation_id = ?1",
            (conversation, number),
        )?;
    }
    connection.execute("UPDATE sequence SET last_id = ?1", [i64::try_from(count)?])?;
    Ok(conversations[0].0)
}
