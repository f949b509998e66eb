//! What the database itself says, read with SQL of the tests' own and none of the server's code.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use rusqlite::{Connection, OpenFlags, Params, Row};
use serde_json::{Value, json};

use crate::Event;

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

/// Up to so many people see of each other what each has read.
const FEW: i64 = 50;

const MESSAGE: &str = "SELECT m.id, m.conversation_id, m.number, m.changed_id,
        CASE m.system
            WHEN 'created' THEN s.username || ' created this room'
            WHEN 'joined' THEN s.username || ' joined'
            WHEN 'left' THEN s.username || ' left'
            WHEN 'added' THEN d.username || ' added ' || s.username
            WHEN 'removed' THEN
                iif(m.content = 'followed', s.username || ' left with ' || d.username, d.username || ' removed ' || s.username)
            WHEN 'renamed' THEN s.username || ' renamed the room to ' || m.content
            WHEN 'opened' THEN s.username || ' opened the room to everyone'
            WHEN 'closed' THEN s.username || ' made the room private'
            WHEN 'pictureChanged' THEN s.username || ' changed the room’s picture'
            WHEN 'pictureRemoved' THEN s.username || ' removed the room’s picture'
            WHEN 'owner' THEN coalesce(d.username || ' made ' || s.username || ' the owner', s.username || ' is now the owner')
            ELSE m.content
        END,
        m.created_at, m.edited_at, m.deleted_at, m.author_id, a.username, m.client_id, m.system, m.subject_id, s.username,
        p.since_id, m.actor_id, d.username, m.content
    FROM participants p
    JOIN messages m ON m.conversation_id = p.conversation_id AND m.id > p.history_id
    LEFT JOIN users a ON a.id = m.author_id
    LEFT JOIN users s ON s.id = m.subject_id
    LEFT JOIN users d ON d.id = m.actor_id
    WHERE p.user_id = ?1";

const CONVERSATION: &str =
    "SELECT c.id, c.kind, c.name, c.open, max(c.changed_id, ifnull(p.settings_id, 0)), p.role, o.id, o.username,
        (SELECT count(*) FROM participants x WHERE x.conversation_id = c.id), p.pinned_at IS NOT NULL, c.avatar_url
    FROM participants p
    JOIN conversations c ON c.id = p.conversation_id
    LEFT JOIN users o ON o.id = c.low_user + c.high_user - p.user_id
    WHERE p.user_id = ?1";

impl Witness {
    pub fn of(database: &Path) -> Self {
        let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("a database");
        let epoch = connection
            .query_row("SELECT epoch FROM sequence", [], |row| row.get(0))
            .expect("a sequence");
        Self { connection, epoch }
    }

    /// What a query gives.
    pub fn rows<T>(
        &self,
        query: &str,
        values: impl Params,
        row: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let mut statement = self.connection.prepare_cached(query).expect("a statement");
        let rows = statement.query_map(values, row).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// The only value that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        self.connection
            .query_row(query, [], |row| row.get(0))
            .expect("a number")
    }

    /// The place where the sequence ends.
    pub fn last(&self) -> i64 {
        self.number("SELECT last_id FROM sequence_end")
    }

    /// Where the sequence ends.
    pub fn end(&self) -> String {
        self.cursor(self.last())
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
        let query = "SELECT id, conversation_id, number, client_id FROM messages ORDER BY id";
        self.rows(query, [], |row| {
            Ok(Kept {
                id: id_at(row, 0)?,
                conversation: id_at(row, 1)?,
                number: row.get(2)?,
                client_id: row.get(3)?,
            })
        })
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

    /// Fails the test where what is kept twice, to be found quickly, doesn't agree with itself.
    pub fn expect_agreement(&self) {
        self.expect_dense_numbers();
        self.expect_files_agree();
        let counts = [
            // Places in the sequence that two things have.
            "SELECT count(*) - count(DISTINCT id) FROM (
                 SELECT id FROM messages UNION ALL SELECT changed_id FROM messages WHERE changed_id IS NOT NULL
                 UNION ALL SELECT changed_id FROM conversations UNION ALL SELECT left_id FROM departures
                 UNION ALL SELECT read_id FROM participants WHERE read_id IS NOT NULL
                 UNION ALL SELECT settings_id FROM participants WHERE settings_id IS NOT NULL
                 UNION ALL SELECT changed_id FROM users WHERE changed_id IS NOT NULL
                 UNION ALL SELECT changed_id FROM blocks UNION ALL SELECT changed_id FROM room_requests
                 UNION ALL SELECT changed_id FROM saved_messages UNION ALL SELECT changed_id FROM drafts)",
            "SELECT count(*) FROM conversations c
             WHERE participant_count <> (SELECT count(*) FROM participants WHERE conversation_id = c.id)",
            "SELECT count(*) FROM conversations c WHERE kind = 'room' AND participant_count > 0
             AND 1 <> (SELECT count(*) FROM participants WHERE conversation_id = c.id AND role = 'owner')",
            "SELECT count(*) FROM messages m
             WHERE reaction_count <> (SELECT count(*) FROM reactions WHERE message_id = m.id)",
            "SELECT (SELECT count(*) FROM reaction_counts) - (SELECT count(*) FROM (
                 SELECT 1 FROM reactions r JOIN reaction_counts c USING (message_id, emoji)
                 GROUP BY message_id, emoji HAVING count(*) = c.count))",
            "SELECT (SELECT coalesce(sum(count), 0) FROM reaction_counts) - (SELECT count(*) FROM reactions)",
            "SELECT count(*) FROM messages
             WHERE deleted_at IS NOT NULL AND (content <> '' OR reaction_count > 0)",
            "SELECT count(*) FROM participants p WHERE last_read_number >
             (SELECT ifnull(max(number), 0) FROM messages WHERE conversation_id = p.conversation_id)",
        ];
        for wrong in counts {
            assert_eq!(self.number(wrong), 0, "{wrong}");
        }
    }

    /// What the user may see of a conversation's messages, the oldest first.
    pub fn history(&self, user: &str, conversation: &str) -> Vec<Value> {
        let query = format!("{MESSAGE} AND m.conversation_id = ?2 ORDER BY m.id");
        self.rows(&query, (user, conversation), |row| {
            self.message_at(row, user)
        })
    }

    /// The message as the user should see it; none where they may not.
    pub fn message(&self, user: &str, id: &str) -> Option<Value> {
        let query = format!("{MESSAGE} AND m.id = ?2");
        self.rows(&query, (user, id), |row| self.message_at(row, user))
            .pop()
    }

    /// The conversation as the user should see it, [`settled`]; none where they aren't in it.
    pub fn conversation(&self, user: &str, id: &str) -> Option<Value> {
        let query = format!("{CONVERSATION} AND c.id = ?2");
        self.rows(&query, (user, id), conversation_at).pop()
    }

    /// What somebody is in a room, or would be; none where they aren't in it.
    pub fn role(&self, conversation: &str, user: &str) -> Option<String> {
        let query = "SELECT role FROM participants WHERE conversation_id = ?1 AND user_id = ?2";
        self.rows(query, (conversation, user), |row| row.get(0))
            .pop()
    }

    /// Who is in a conversation by name, as the user should see them: id, role and read mark.
    pub fn participants(&self, user: &str, id: &str) -> Vec<(String, String, Option<i64>)> {
        let query = "SELECT p.user_id, p.role, p.last_read_number, u.shows_activity AND ?2 >=
                 (SELECT count(*) FROM participants x WHERE x.conversation_id = p.conversation_id)
             FROM participants p JOIN users u ON u.id = p.user_id
             WHERE p.conversation_id = ?1 ORDER BY u.username_key";
        self.rows(query, (id, FEW), |row| {
            let who = id_at(row, 0)?;
            let is_shown = who == user || row.get(3)?;
            let mark = Some(row.get(2)?).filter(|_| is_shown);
            Ok((who, row.get(1)?, mark))
        })
    }

    /// Everything that a stream should tell the user behind the cursor, in order, as it is now, and
    /// conversations [`settled`].
    pub fn events(&self, user: &str, after: &str) -> Vec<Event> {
        let (epoch, after) = after.split_once('-').expect("a cursor");
        assert_eq!(epoch, format!("{:x}", self.epoch));
        let of = (number(user), number(after));
        let mut told = Vec::new();
        let mut tell = |id: i64, name: &str, data: Value| told.push((id, name.to_owned(), data));

        let query = format!("{MESSAGE} AND max(m.id, ifnull(m.changed_id, 0)) > ?2");
        let messages = self.rows(&query, of, |row| {
            let from = row.get::<_, i64>(14)?.max(of.1);
            let (sent, changed): (i64, Option<i64>) = (row.get(0)?, row.get(3)?);
            Ok((
                Some(sent).filter(|&id| id > from),
                changed.filter(|&id| id > from),
                self.message_at(row, user)?,
            ))
        });
        for (sent, changed, message) in messages {
            let name = if message["mine"] == true {
                "sent"
            } else {
                "message"
            };
            if let Some(id) = sent {
                tell(id, name, message.clone());
            }
            if let Some(id) = changed {
                tell(id, "update", message);
            }
        }

        let query = format!(
            "{CONVERSATION} AND max(c.changed_id, ifnull(p.settings_id, 0)) > max(?2, p.since_id)"
        );
        for conversation in self.rows(&query, of, conversation_at) {
            tell(version(&conversation), "conversation", conversation);
        }

        let read = "SELECT r.read_id, r.conversation_id, r.user_id, r.last_read_number
             FROM participants p
             JOIN participants r ON r.conversation_id = p.conversation_id AND r.read_id > max(?2, p.since_id)
             WHERE p.user_id = ?1";
        let read = self.rows(read, of, |row| {
            let data = json!({
                "conversationId": id_at(row, 1)?, "userId": id_at(row, 2)?, "upTo": row.get::<_, i64>(3)?,
            });
            Ok((row.get(0)?, data))
        });
        let hidden = self.hidden_reads();
        for (id, data) in read {
            if data["userId"] == user || !hidden.contains(&id) {
                tell(id, "read", data);
            }
        }

        let left =
            "SELECT left_id, conversation_id FROM departures WHERE user_id = ?1 AND left_id > ?2";
        for (id, conversation) in self.rows(left, of, |row| Ok((row.get(0)?, id_at(row, 1)?))) {
            tell(
                id,
                "conversation",
                json!({ "id": conversation, "removed": true }),
            );
        }

        told.sort_by_key(|&(id, ..)| id);
        let told = told.into_iter().map(|(id, name, data)| Event {
            id: self.cursor(id),
            name,
            data,
        });
        told.collect()
    }

    /// The places of the read marks that others aren't to know now.
    pub fn hidden_reads(&self) -> BTreeSet<i64> {
        let query = "SELECT r.read_id FROM participants r JOIN users u ON u.id = r.user_id
             WHERE r.read_id IS NOT NULL AND (u.shows_activity = 0 OR ?1 <
                 (SELECT count(*) FROM participants x WHERE x.conversation_id = r.conversation_id))";
        self.rows(query, [FEW], |row| row.get(0))
            .into_iter()
            .collect()
    }

    /// Fails the test where a stream of the user that began behind the cursor and has told all that
    /// this has told anything else than it should. Whether it told the read marks at `either`
    /// depended on when.
    pub fn expect_told(&self, user: &str, after: &str, seen: &[Event], either: &BTreeSet<i64>) {
        let is_sure = |event: &Event| {
            event.name != "read"
                || event.data["userId"] == user
                || self
                    .read_place(event)
                    .is_some_and(|id| !either.contains(&id))
        };
        let seen: Vec<_> = standing(seen).into_iter().filter(is_sure).collect();
        let expected: Vec<_> = self
            .events(user, after)
            .into_iter()
            .filter(is_sure)
            .collect();
        let names = |events: &[Event]| -> Vec<(String, String)> {
            let names = events
                .iter()
                .map(|event| (event.id.clone(), event.name.clone()));
            names.collect()
        };
        assert_eq!(names(&seen), names(&expected), "{seen:?}\n{expected:?}");
        for (seen, expected) in seen.into_iter().zip(expected) {
            self.expect_same(seen, expected);
        }
    }

    /// Where the reader's present mark stands; none where they have left since, or haven't read.
    fn read_place(&self, read: &Event) -> Option<i64> {
        let text = |name: &str| read.data[name].as_str().expect("an id");
        let query = "SELECT read_id FROM participants WHERE conversation_id = ?1 AND user_id = ?2";
        let of = (text("conversationId"), text("userId"));
        self.rows(query, of, |row| row.get(0)).pop().flatten()
    }

    /// Fails the test where the two differ in anything that didn't change after it was told.
    fn expect_same(&self, seen: Event, mut expected: Event) {
        let mut seen = settled(seen);
        if seen.name == "read" && seen.data["upTo"] != expected.data["upTo"] {
            // Who says something, or does something that the system tells of, has read all before.
            let query = "SELECT 1 FROM messages WHERE conversation_id = ?1 AND id > ?2
                 AND (author_id = ?3 OR author_id IS NULL)";
            let text = |name: &str| seen.data[name].as_str().expect("an id");
            let of = (text("conversationId"), place(&seen.id), text("userId"));
            assert!(
                !self.rows(query, of, |_| Ok(())).is_empty(),
                "{seen:?} {expected:?}"
            );
            assert!(
                seen.data["upTo"].as_i64() < expected.data["upTo"].as_i64(),
                "{seen:?}"
            );
            expected.data["upTo"] = seen.data["upTo"].clone();
        }
        let is_message = ["message", "sent", "update"].contains(&seen.name.as_str());
        if is_message && version(&seen.data) < version(&expected.data) {
            let is_deleted = !expected.data["deletedAt"].is_null();
            for moving in ["version", "content", "editedAt", "deletedAt", "reactions"] {
                expected.data[moving] = seen.data[moving].take();
                seen.data[moving] = expected.data[moving].clone();
            }
            if is_deleted {
                seen.data
                    .as_object_mut()
                    .expect("an object")
                    .remove("attachments");
            }
        }
        assert_eq!(seen, expected);
    }

    fn message_at(&self, row: &Row<'_>, caller: &str) -> rusqlite::Result<Value> {
        let time = |index| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(index)?.map(time));
        let author = user_at(row, 8)?;
        let mine = author["id"] == caller;
        let changed: Option<i64> = row.get(3)?;
        let mut message = json!({
            "id": id_at(row, 0)?, "conversationId": id_at(row, 1)?, "number": row.get::<_, i64>(2)?,
            "version": changed.unwrap_or(row.get(0)?).to_string(), "content": row.get::<_, String>(4)?,
            "createdAt": time(5)?, "editedAt": time(6)?, "deletedAt": time(7)?, "mine": mine, "author": author,
            "reactions": self.reactions(row.get(0)?, caller),
        });
        if let Some(client_id) = row.get::<_, Option<String>>(10)?.filter(|_| mine) {
            message["clientId"] = client_id.into();
        }
        let attachments = self.attachments(row.get(0)?);
        if !attachments.is_empty() {
            message["attachments"] = attachments.into();
        }
        if let Some(system) = row.get::<_, Option<String>>(11)? {
            message["system"] = system.into();
            message["subject"] = user_at(row, 12)?;
            let actor = user_at(row, 15)?;
            if !actor.is_null() {
                message["actor"] = actor;
            }
            let data: String = row.get(17)?;
            match message["system"].as_str() {
                Some("renamed") => message["roomName"] = data.into(),
                Some("removed") if data == "followed" => message["followed"] = true.into(),
                _ => {}
            }
        }
        Ok(message)
    }

    /// The first five of each are named.
    fn reactions(&self, message: i64, caller: &str) -> Vec<Value> {
        let query =
            "SELECT emoji, user_id FROM reactions WHERE message_id = ?1 ORDER BY reacted_id";
        let mut reactions: Vec<(String, Vec<String>)> = Vec::new();
        for (emoji, user) in self.rows(query, [message], |row| Ok((row.get(0)?, id_at(row, 1)?))) {
            match reactions.iter_mut().find(|(known, _)| *known == emoji) {
                Some((_, users)) => users.push(user),
                None => reactions.push((emoji, vec![user])),
            }
        }
        let reactions = reactions.into_iter();
        reactions
            .map(|(emoji, users)| {
                let (count, mine) = (users.len(), users.iter().any(|user| user == caller));
                let first: Vec<_> = users.into_iter().take(5).collect();
                json!({ "emoji": emoji, "count": count, "mine": mine, "users": first })
            })
            .collect()
    }
}

/// The event without what a replay tells as it is now and not as it was then: a conversation's
/// newest message and read mark.
fn settled(mut event: Event) -> Event {
    if event.name == "conversation" && event.data["removed"] != true {
        settle(&mut event.data);
    }
    event
}

/// Takes out of a conversation what messages and read marks change without its version.
pub fn settle(conversation: &mut Value) {
    let fields = conversation.as_object_mut().expect("an object");
    for moving in [
        "lastMessage",
        "lastReadNumber",
        "unreadCount",
        "hasUnreadMessages",
        "archived",
        "hidden",
        "markedUnread",
        "mentionCount",
        "notificationLevel",
        "notificationLevelChosen",
    ] {
        let had = fields.remove(moving);
        assert!(had.is_some(), "a conversation without {moving}");
    }
}

/// The events that none of the later ones made void: an update of the same message, a change of the
/// same conversation, the same reader's mark, and for everything in a conversation that one left it.
pub fn standing(seen: &[Event]) -> Vec<Event> {
    let (mut left, mut later) = (HashSet::new(), HashSet::new());
    let mut standing = Vec::new();
    for event in seen.iter().rev() {
        let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
        let conversation = conversation_of(event);
        if left.contains(&conversation) {
            continue;
        }
        let is_last = match event.name.as_str() {
            "conversation" if event.data["removed"] == true => left.insert(conversation),
            "conversation" | "update" => later.insert((event.name.clone(), text("id"))),
            "read" => later.insert((conversation, text("userId"))),
            _ => true,
        };
        if is_last {
            standing.push(event.clone());
        }
    }
    standing.reverse();
    standing
}

/// The id of the conversation that an event is about.
pub fn conversation_of(event: &Event) -> String {
    let id = match event.name.as_str() {
        "conversation" => &event.data["id"],
        _ => &event.data["conversationId"],
    };
    id.as_str().expect("an id").to_owned()
}

/// The place in the sequence that a cursor names.
pub fn place(cursor: &str) -> i64 {
    let (_, id) = cursor.split_once('-').expect("a cursor");
    number(id)
}

/// The version of a message or a conversation.
pub fn version(of: &Value) -> i64 {
    number(of["version"].as_str().expect("a version"))
}

fn number(id: &str) -> i64 {
    id.parse().expect("an id")
}

fn conversation_at(row: &Row<'_>) -> rusqlite::Result<Value> {
    let kind: String = row.get(1)?;
    let role: String = row.get(5)?;
    Ok(json!({
        "id": id_at(row, 0)?, "kind": kind, "name": row.get::<_, Option<String>>(2)?, "open": row.get::<_, bool>(3)?,
        "version": id_at(row, 4)?, "role": (kind == "room").then_some(role), "otherParticipant": user_at(row, 6)?,
        "participantCount": row.get::<_, i64>(8)?, "pinned": row.get::<_, bool>(9)?,
        "avatarURL": row.get::<_, Option<String>>(10)?,
    }))
}

/// Reads the id and the name of somebody; null where there is nobody.
fn user_at(row: &Row<'_>, first: usize) -> rusqlite::Result<Value> {
    let (id, username): (Option<i64>, Option<String>) = (row.get(first)?, row.get(first + 1)?);
    Ok(id.map_or(
        Value::Null,
        |id| json!({ "id": id.to_string(), "username": username, "avatarURL": null }),
    ))
}

/// Reads an id as it travels.
pub fn id_at(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    row.get::<_, i64>(column).map(|id| id.to_string())
}

fn time(millis: i64) -> String {
    let since_epoch = Duration::from_millis(millis.try_into().expect("after 1970"));
    humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).to_string()
}
