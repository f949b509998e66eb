//! The index of messages (`search` in schema.sql): what it has of a message, and how it keeps in step with the messages.
//!
//! A follower fills it. Its position and the index move in one transaction, so that it is always known which messages are
//! in it: those up to the position that say something. An edit or a deletion of such a message changes the index in its
//! own transaction. The others are left to the follower, which finds them as they are then.

use std::collections::BTreeSet;

use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::{
    error::Result,
    model::{EventId, Message, MessageId, Timestamp, UserId},
    search::{Has, VERSION, tokens},
    store::{context::Transaction, handle::Store, messages, positions},
};

/// All tables that the index consists of. All of them can be built anew from the messages.
pub const TABLES: &[&str] = &["search", "search_data", "search_idx", "search_config"];
/// What the index is set to; see schema.sql.
const SETTING: &str = "INSERT INTO search (search, rank) VALUES ('secure-delete', 1)";
/// The names of its positions, by whichever rules.
const POSITIONS: &str = "search.*";
/// The most messages that one job of the follower indexes, and the bytes of text after which it ends: about a
/// millisecond's work.
const MESSAGES_A_JOB: u32 = 200;
const TEXT_A_JOB: usize = 16 * 1024;
/// How many numbers of the sequence are in a block, as a power of two. A search that would take too long goes through the
/// index by blocks.
pub(super) const BLOCK_BITS: u32 = 14;
/// What was sent before this year counts as sent in it: there was no Tincan yet.
pub(super) const FIRST_YEAR: i32 = 2020;

impl Store {
    /// Indexes the next messages. Returns how far the index goes now.
    pub async fn index_messages(&self) -> Result<EventId> {
        self.write_when_idle(|tx| advance(tx)).await
    }

    /// Builds the index anew, because it is damaged. It is empty at first.
    pub(in crate::store) async fn rebuild_index(&self) -> Result<()> {
        self.write_when_idle(|tx| {
            tracing::error!("the search index is damaged; it is built anew");
            Ok(recreate(tx.connection)?)
        })
        .await
    }
}

/// What the index has of a message.
struct Document {
    body: String,
    facts: String,
}

impl Document {
    fn of(message: &Message) -> Self {
        Self {
            body: body(&message.content),
            facts: facts(message),
        }
    }
}

fn body(content: &str) -> String {
    let mut body = String::with_capacity(content.len());
    for token in tokens(content) {
        if !body.is_empty() {
            body.push(' ');
        }
        body.push_str(&token.text);
    }
    body
}

/// What a message is found by besides its text. These words are in a column of their own, so no text has them.
fn facts(message: &Message) -> String {
    let mut facts = vec![
        in_conversation(message.conversation_id.0),
        in_block(message.id),
    ];
    facts.extend(message.author.as_ref().map(|author| by(author.id)));
    let (year, month) = date(message.created_at);
    facts.extend([in_year(year), in_month(year, month)]);
    let kinds = message.attachments.iter().map(|file| file.kind.as_str());
    let what: BTreeSet<_> = what_is_in(&message.content, kinds).map(has).collect();
    facts.extend(what);
    facts.join(" ")
}

pub(super) fn in_conversation(id: i64) -> String {
    format!("c{id}")
}

pub(super) fn in_block(id: MessageId) -> String {
    format!("b{}", id.0 >> BLOCK_BITS)
}

pub(super) fn by(author: UserId) -> String {
    format!("a{author}")
}

pub(super) fn in_year(year: i32) -> String {
    format!("y{year}")
}

pub(super) fn in_month(year: i32, month: i32) -> String {
    format!("m{year}x{month}")
}

pub(super) fn has(what: Has) -> String {
    format!("h{}", what.as_str())
}

/// The year and the month of a moment, by UTC.
pub(super) fn date(moment: Timestamp) -> (i32, i32) {
    let text = moment.to_string();
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok());
    match (part(0, 4), part(5, 7)) {
        (Some(year), Some(month)) if year >= FIRST_YEAR => (year, month),
        _ => (FIRST_YEAR, 1),
    }
}

/// What operators may ask for: links in the text, and files by their media types.
pub(super) fn what_is_in<'a>(
    content: &str,
    kinds: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = Has> {
    let link = has_link(content).then_some(Has::Link);
    let files = kinds.map(|kind| match kind.split('/').next() {
        Some("image") => Has::Picture,
        Some("video") => Has::Video,
        Some("audio") => Has::Voice,
        _ => Has::File,
    });
    link.into_iter().chain(files)
}

fn has_link(content: &str) -> bool {
    let mut behind = content.split("://");
    let mut before = behind.next().unwrap_or_default();
    behind.any(|rest| {
        let ends = |scheme: &str| {
            let from = before.len().saturating_sub(scheme.len());
            before
                .get(from..)
                .is_some_and(|end| end.eq_ignore_ascii_case(scheme))
        };
        let is_link =
            (ends("http") || ends("https")) && rest.starts_with(|c: char| !c.is_whitespace());
        before = rest;
        is_link
    })
}

/// How far the index goes. None if there is none by the present rules.
pub(super) fn position(connection: &Connection) -> rusqlite::Result<Option<EventId>> {
    positions::find(connection, VERSION)
}

fn advance(tx: &Transaction<'_>) -> Result<EventId> {
    let connection = tx.connection;
    let from = position(connection)?;
    if from.is_none() {
        // What is there may be of other rules.
        connection.execute("INSERT INTO search (search) VALUES ('delete-all')", [])?;
        positions::forget(connection, POSITIONS)?;
    }
    let from = from.unwrap_or(EventId(0));
    let found = messages::following(connection, from, MESSAGES_A_JOB)?;
    let mut text = 0;
    let part = found.iter().position(|message| {
        text += message.content.len();
        text > TEXT_A_JOB
    });
    let part = &found[..part.map_or(found.len(), |last| last + 1)];
    let through = match part.last() {
        Some(last) if part.len() < found.len() || found.len() == MESSAGES_A_JOB as usize => last.id,
        _ => EventId(tx.upcoming_id().0 - 1),
    };
    let is_new = attempt(connection, || {
        part.iter()
            .try_for_each(|message| insert(connection, message.id, &Document::of(message)))
    })?;
    if is_new {
        return Ok(EventId(0));
    }
    positions::set(connection, VERSION, through)?;
    Ok(through)
}

/// Replaces the text of a message in the index, if it is there, before the message itself changes.
pub fn replace(tx: &Transaction<'_>, old: &Message, content: &str) -> Result<()> {
    let new = Message {
        content: content.to_owned(),
        ..old.clone()
    };
    change(tx.connection, old, Some(&new))
}

/// Removes a message from the index, if it is there, before the message itself is deleted.
pub fn remove(tx: &Transaction<'_>, old: &Message) -> Result<()> {
    change(tx.connection, old, None)
}

fn change(connection: &Connection, old: &Message, new: Option<&Message>) -> Result<()> {
    let is_indexed = position(connection)?.is_some_and(|through| old.id <= through);
    if !is_indexed || old.system.is_some() || old.deleted_at.is_some() {
        return Ok(());
    }
    let before = Document::of(old);
    attempt(connection, || {
        delete(connection, old.id, &before)?;
        if let Some(new) = new {
            insert(connection, new.id, &Document::of(new))?;
        }
        forget_words(connection, &before)
    })
    .map(drop)
}

fn insert(connection: &Connection, id: MessageId, document: &Document) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO search (rowid, body, facts) VALUES (?1, ?2, ?3)")?
        .execute((id.0, &document.body, &document.facts))
        .map(drop)
}

/// Deletes what was inserted, which must be exactly this.
fn delete(connection: &Connection, id: MessageId, document: &Document) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO search (search, rowid, body, facts) VALUES ('delete', ?1, ?2, ?3)",
        )?
        .execute((id.0, &document.body, &document.facts))
        .map(drop)
}

/// Removes the last traces of deleted words. For each page of each segment, FTS5 keeps the beginning of the page's first
/// word in `search_idx`, at least as much of it as tells it from the word before it. When the word itself is deleted, that
/// stays, and may be all of it. Any other text is as good that sorts behind the last word of the page before, and not behind
/// the page's first word now. The next word in the index is one: there is none in between.
fn forget_words(connection: &Connection, deleted: &Document) -> rusqlite::Result<()> {
    let mut following = connection.prepare_cached(
        "SELECT CAST(term AS BLOB) FROM search_words WHERE term >= CAST(?1 AS TEXT) LIMIT 1",
    )?;
    let mut following = |beginning: &[u8]| {
        let word = following.query_row([beginning], |row| row.get::<_, Vec<u8>>(0));
        word.optional()
    };
    // Asking for words has FTS5 write what it still has to write.
    following(b"")?;
    let mut next_segment =
        connection.prepare_cached("SELECT min(segid) FROM search_idx WHERE segid > ?1")?;
    let mut covering = connection.prepare_cached(
        "SELECT term FROM search_idx WHERE segid = ?1 AND term <= ?2 ORDER BY term DESC LIMIT 1",
    )?;
    let mut rename = connection.prepare_cached(
        "UPDATE OR IGNORE search_idx SET term = ?3 WHERE segid = ?1 AND term = ?2",
    )?;
    // A single character is no word that anybody could want to be forgotten.
    let words = deleted.body.split(' ');
    let words: BTreeSet<_> = words.filter(|word| word.chars().nth(1).is_some()).collect();
    let mut segment = 0;
    while let Some(id) = next_segment.query_row([segment], |row| row.get::<_, Option<i64>>(0))? {
        segment = id;
        for word in &words {
            let word = in_main_index(word.as_bytes());
            let key = covering.query_row((segment, &word), |row| row.get::<_, Vec<u8>>(0));
            let Some(key) = key
                .optional()?
                .filter(|key| key.len() > 1 && word.starts_with(key.as_slice()))
            else {
                continue;
            };
            if let Some(next) = following(&key[1..])?
                && !next.starts_with(&key[1..])
            {
                rename.execute((segment, &key, in_main_index(&next)))?;
            }
        }
    }
    Ok(())
}

/// A word as `search_idx` has it, where a byte in front tells which index it is of.
fn in_main_index(word: &[u8]) -> Vec<u8> {
    [b"0", word].concat()
}

/// Changes the index. If it turns out to be damaged, takes the change back, and replaces the index by an empty one. Returns
/// whether it did. FTS5 writes some of a change only when the savepoint ends, so damage may show there.
fn attempt(connection: &Connection, change: impl FnOnce() -> rusqlite::Result<()>) -> Result<bool> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
    run("SAVEPOINT search_index")?;
    match change().and_then(|()| run("RELEASE search_index")) {
        Err(error) if is_damage(&error) => {
            tracing::error!(%error, "the search index is damaged; it is built anew");
            run("ROLLBACK TO search_index")?;
            run("RELEASE search_index")?;
            recreate(connection)?;
            Ok(true)
        }
        done => Ok(done.map(|()| false)?),
    }
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

/// Replaces the index by an empty one.
fn recreate(connection: &Connection) -> rusqlite::Result<()> {
    let definition = definition(connection)?;
    connection.execute_batch("DROP TABLE search")?;
    create(connection, &definition)
}

fn definition(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row(
        "SELECT sql FROM sqlite_schema WHERE name = 'search'",
        [],
        |row| row.get(0),
    )
}

fn create(connection: &Connection, definition: &str) -> rusqlite::Result<()> {
    connection.execute_batch(definition)?;
    connection.execute_batch(SETTING)?;
    positions::forget(connection, POSITIONS)
}

/// Replaces a damaged index by an empty one, before the database is used. It may be too damaged to be dropped. So it is
/// forgotten, and the database without it written anew.
pub fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    let definition = definition(connection)?;
    let names = TABLES.iter().map(|table| format!("'{table}'"));
    let names = names.collect::<Vec<_>>().join(", ");
    connection.pragma_update(None, "writable_schema", true)?;
    let forgotten = connection.execute(
        &format!("DELETE FROM sqlite_schema WHERE name IN ({names})"),
        [],
    );
    connection.execute_batch("PRAGMA writable_schema = RESET")?;
    forgotten?;
    connection.execute_batch("VACUUM")?;
    let transaction = connection.unchecked_transaction()?;
    create(&transaction, &definition)?;
    transaction.commit()
}
