//! What the database itself says, read with SQL of the tests' own and none of the server's code.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use rusqlite::{Connection, OpenFlags, Row};
use serde_json::{Value, json};

use crate::support::Event;

/// A look into a server's database, while that server runs.
pub struct Witness {
    connection: Connection,
    epoch: i64,
}

/// A message as it is kept.
#[derive(Debug, PartialEq)]
pub struct Kept {
    pub id: String,
    pub conversation: String,
    pub number: i64,
    pub client_id: Option<String>,
}

impl Witness {
    pub fn of(database: &Path) -> Self {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("a database");
        let epoch = connection
            .query_row("SELECT epoch FROM clock", [], |row| row.get(0))
            .expect("a clock");
        Self { connection, epoch }
    }

    /// The only value that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        self.connection
            .query_row(query, [], |row| row.get(0))
            .expect("a number")
    }

    /// Where the sequence ends.
    pub fn end(&self) -> String {
        self.cursor(self.number("SELECT last_id FROM clock"))
    }

    pub fn cursor(&self, id: i64) -> String {
        format!("{:x}-{id}", self.epoch)
    }

    /// Whether SQLite finds the file whole.
    pub fn finds_the_file_whole(&self) -> bool {
        let verdict: String = self
            .connection
            .query_row("PRAGMA quick_check", [], |row| row.get(0))
            .expect("a verdict");
        verdict == "ok"
    }

    /// All messages, in the order of their ids.
    pub fn messages(&self) -> Vec<Kept> {
        let mut statement = self
            .connection
            .prepare("SELECT id, conversation_id, number, client_id FROM messages ORDER BY id")
            .expect("a statement");
        let messages = statement
            .query_map([], |row| {
                Ok(Kept {
                    id: row.get::<_, i64>(0)?.to_string(),
                    conversation: row.get::<_, i64>(1)?.to_string(),
                    number: row.get(2)?,
                    client_id: row.get(3)?,
                })
            })
            .expect("messages");
        messages
            .map(|message| message.expect("a message"))
            .collect()
    }

    /// Fails the test where a conversation's numbers aren't 1, 2, 3 … in the order of the ids.
    pub fn expect_dense_numbers(&self) {
        let mut numbers = HashMap::new();
        for message in self.messages() {
            let last = numbers.entry(message.conversation).or_insert(0);
            assert_eq!(message.number, *last + 1, "message {}", message.id);
            *last = message.number;
        }
    }

    /// Every event that the user may see behind the cursor, as a stream should tell it, up to
    /// [`settled`].
    pub fn events(&self, user: &str, after: &str) -> Vec<Event> {
        let (epoch, after) = after.split_once('-').expect("a cursor");
        assert_eq!(epoch, format!("{:x}", self.epoch));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT happened.*, author.username, other.id, other.username
                 FROM (SELECT id, 'message' AS kind, conversation_id, number, author_id AS user_id, client_id, content,
                              created_at FROM messages
                       UNION ALL
                       SELECT id, kind, conversation_id, number, user_id, NULL, NULL, NULL FROM events) happened
                 LEFT JOIN users author ON author.id = happened.user_id
                 JOIN participants them ON them.conversation_id = happened.conversation_id AND them.user_id <> ?1
                 JOIN users other ON other.id = them.user_id
                 WHERE happened.id > ?2
                   AND EXISTS (SELECT 1 FROM participants me
                               WHERE me.conversation_id = happened.conversation_id AND me.user_id = ?1)
                 ORDER BY happened.id",
            )
            .expect("a statement");
        let events = statement
            .query_map((id_of(user), id_of(after)), |row| self.event_at(row, user))
            .expect("events");
        events.map(|event| event.expect("an event")).collect()
    }

    fn event_at(&self, row: &Row<'_>, asker: &str) -> rusqlite::Result<Event> {
        let text = |index| row.get::<_, i64>(index).map(|id| id.to_string());
        let (id, conversation) = (text(0)?, text(2)?);
        let kind: String = row.get(1)?;
        let (name, data) = match kind.as_str() {
            "message" => {
                let author = text(4)?;
                let mine = author == asker;
                let mut data = json!({
                    "id": id, "conversationId": conversation, "number": row.get::<_, i64>(3)?,
                    "content": row.get::<_, String>(6)?, "createdAt": time(row.get(7)?), "mine": mine,
                    "author": user(author, row.get(8)?), "editedAt": null, "deletedAt": null, "reactions": [],
                });
                if let Some(client_id) = row.get::<_, Option<String>>(5)?.filter(|_| mine) {
                    data["clientId"] = client_id.into();
                }
                (if mine { "sent" } else { "message" }, data)
            }
            "read" => (
                "read",
                json!({ "conversationId": conversation, "userId": text(4)?, "upTo": row.get::<_, i64>(3)? }),
            ),
            _ => (
                "conversation",
                json!({
                    "id": conversation, "kind": "direct", "name": null, "participantCount": 2, "open": false,
                    "otherParticipant": user(text(9)?, row.get(10)?),
                }),
            ),
        };
        Ok(Event {
            id: self.cursor(row.get(0)?),
            name: name.to_owned(),
            data,
        })
    }
}

/// The event without what a replay tells as it is now and not as it was then: a conversation's
/// newest message and read mark.
pub fn settled(mut event: Event) -> Event {
    if event.name == "conversation" {
        let conversation = event.data.as_object_mut().expect("an object");
        for moving in [
            "lastMessage",
            "lastReadNumber",
            "unreadCount",
            "hasUnreadMessages",
        ] {
            let had = conversation.remove(moving);
            assert!(had.is_some(), "a conversation without {moving}");
        }
    }
    event
}

fn id_of(text: &str) -> i64 {
    text.parse().expect("an id")
}

fn user(id: String, username: String) -> Value {
    json!({ "id": id, "username": username, "avatarURL": null })
}

fn time(millis: i64) -> String {
    let since_epoch = Duration::from_millis(millis.try_into().expect("after 1970"));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string()
}
