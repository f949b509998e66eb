//! What people were promised by the answers they got, to be held against the database.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use crate::{
    support::text,
    witness::{Witness, id_at},
};

/// A message that was answered for.
pub struct Said {
    pub id: String,
    pub conversation: String,
    pub client_id: String,
    number: i64,
    /// What it says now; none where that isn't sure.
    pub content: Option<String>,
    pub is_deleted: bool,
}

/// One person's promises.
#[derive(Default)]
pub struct Ledger {
    pub said: Vec<Said>,
    /// Client ids of messages that were refused, after they had been sent once at least without an answer:
    /// they may be there.
    maybe: HashSet<String>,
    /// Whether one reacts so to a message, as it was answered last.
    reactions: BTreeMap<(String, String), bool>,
    /// The greatest id of a message so far.
    newest: i64,
}

impl Ledger {
    /// Notes messages whose order among themselves was open.
    pub fn sent_at_once(&mut self, messages: &[Value]) {
        let before = self.newest;
        for message in messages {
            self.newest = before;
            self.sent(message);
        }
        let ids = self.said.iter().rev().take(messages.len());
        self.newest = ids.map(|said| number(&said.id)).max().unwrap_or(before);
    }

    /// Notes a message that was answered for after all others.
    pub fn sent(&mut self, message: &Value) {
        let id = text(&message["id"]).to_owned();
        assert!(number(&id) > self.newest, "{message} after {}", self.newest);
        self.newest = number(&id);
        assert_eq!(message["mine"], true, "{message}");
        self.said.push(Said {
            id,
            conversation: text(&message["conversationId"]).to_owned(),
            client_id: text(&message["clientId"]).to_owned(),
            number: message["number"].as_i64().expect("a number"),
            content: Some(text(&message["content"]).to_owned()),
            is_deleted: false,
        });
    }

    pub fn refused(&mut self, client_id: String) {
        self.maybe.insert(client_id);
    }

    pub fn reacted(&mut self, message: &str, emoji: &str, has: bool) {
        let to = (message.to_owned(), emoji.to_owned());
        self.reactions.insert(to, has);
    }

    /// Fails where the database doesn't have what the user was promised, or has more.
    pub fn expect_kept(&self, user: &str, witness: &Witness) {
        let query = "SELECT client_id, id, conversation_id, number, content, deleted_at IS NOT NULL
             FROM messages WHERE author_id = ?1 AND client_id IS NOT NULL";
        let rows = witness.rows(query, [user], |row| {
            let place = (id_at(row, 1)?, id_at(row, 2)?, row.get::<_, i64>(3)?);
            Ok((
                row.get::<_, String>(0)?,
                (place, row.get::<_, String>(4)?, row.get::<_, bool>(5)?),
            ))
        });
        let count = rows.len();
        let kept: HashMap<_, _> = rows.into_iter().collect();
        assert_eq!(kept.len(), count, "a message of {user} is there twice");
        let mut known: HashSet<_> = self.maybe.iter().collect();
        for said in &self.said {
            known.insert(&said.client_id);
            let Some((place, content, is_deleted)) = kept.get(&said.client_id) else {
                panic!(
                    "message {} of {user} was answered for, and is not there",
                    said.id
                );
            };
            let promised = (said.id.clone(), said.conversation.clone(), said.number);
            assert_eq!(place, &promised, "{}", said.client_id);
            assert!(
                *is_deleted || !said.is_deleted,
                "message {} was deleted",
                said.id
            );
            if let Some(expected) = said.content.as_ref().filter(|_| !is_deleted) {
                assert_eq!(content, expected, "message {}", said.id);
            }
        }
        let strange: Vec<_> = kept.keys().filter(|id| !known.contains(id)).collect();
        assert!(strange.is_empty(), "nobody sent {strange:?}");

        let query = "SELECT r.message_id, r.emoji FROM reactions r WHERE r.user_id = ?1";
        let there: HashSet<(String, String)> = witness
            .rows(query, [user], |row| Ok((id_at(row, 0)?, row.get(1)?)))
            .into_iter()
            .collect();
        let query = "SELECT id FROM messages WHERE deleted_at IS NOT NULL";
        let deleted: HashSet<String> = witness
            .rows(query, [], |row| id_at(row, 0))
            .into_iter()
            .collect();
        for (reaction, has) in &self.reactions {
            let is_there = there.contains(reaction);
            assert!(
                is_there == *has || deleted.contains(&reaction.0),
                "{user} {reaction:?}: {has}"
            );
        }
    }
}

fn number(id: &str) -> i64 {
    id.parse().expect("an id")
}
