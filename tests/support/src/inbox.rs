//! What a client holds of its conversations and their messages.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    Answer, Client, Event, messages,
    witness::{Witness, conversation_of, settle, version},
};

/// Messages in one page of a history.
const PAGE: usize = 100;

/// Whoever can be asked for what an inbox holds.
pub trait Source {
    /// Whose inbox it is.
    fn user(&self) -> &str;
    fn look(&self, path: &str) -> impl Future<Output = Answer>;
}

impl Source for Client {
    fn user(&self) -> &str {
        &self.id
    }

    async fn look(&self, path: &str) -> Answer {
        self.get(path).await
    }
}

/// By the ids of the conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inbox(BTreeMap<String, Held>);

#[derive(Clone, Debug, PartialEq)]
struct Held {
    /// Without what messages and read marks change.
    conversation: Value,
    last_read: i64,
    /// By their numbers.
    messages: BTreeMap<i64, Value>,
}

impl Inbox {
    /// Everything, as the REST calls tell it while nothing happens.
    pub async fn load(source: &impl Source) -> Self {
        let mut inbox = Self::default();
        let mut newest = i64::MAX;
        let mut path = "/api/conversations".to_owned();
        loop {
            let page = source.look(&path).await.expect(200);
            for conversation in page.as_array().expect("a list") {
                let last = id_of(&conversation["lastMessage"]["id"]);
                assert!(last < newest, "{page}");
                newest = last;
                let id = text(&conversation["id"]);
                path = format!("/api/conversations?before={id}");
                let held = Held::load(source, conversation).await;
                let held = held.expect("the conversation is still there");
                held.expect_agreement(conversation);
                assert!(inbox.0.insert(id, held).is_none(), "{page}");
            }
            if page == Value::Array(Vec::new()) {
                return inbox;
            }
        }
    }

    /// Takes in an event, and loads the conversation that it is about where that isn't held.
    pub async fn apply(&mut self, event: &Event, source: &impl Source) {
        let (id, data) = (conversation_of(event), &event.data);
        if data["removed"] == true {
            self.0.remove(&id);
            return;
        }
        let Some(held) = self.0.get_mut(&id) else {
            let loaded = source.look(&format!("/api/conversations/{id}")).await;
            // Otherwise it will be told that they have left.
            if loaded.status == 200
                && let Some(held) = Held::load(source, &loaded.body).await
            {
                self.0.insert(id, held);
            }
            return;
        };
        match event.name.as_str() {
            "conversation" => held.learn(data),
            "message" | "update" => held.hear(data),
            "sent" => {
                held.hear(data);
                held.read_up_to(number(data));
            }
            "read" if data["userId"] == source.user() => {
                held.read_up_to(data["upTo"].as_i64().expect("a number"));
            }
            "read" => {}
            other => panic!("an event that nobody knows: {other}"),
        }
    }

    /// Fails the test where it isn't what the database has for the user.
    pub fn expect_kept(&self, user: &str, witness: &Witness) {
        for (id, held) in &self.0 {
            let messages: Vec<_> = held.messages.values().cloned().collect();
            assert_eq!(messages, witness.history(user, id));
            assert_eq!(
                Some(&held.conversation),
                witness.conversation(user, id).as_ref()
            );
        }
    }

    /// Without the conversations that aren't listed yet.
    pub fn with_messages(&self) -> Self {
        let mut inbox = self.clone();
        inbox.0.retain(|_, held| !held.messages.is_empty());
        inbox
    }
}

impl Held {
    /// The conversation with its whole history; none where they have left it meanwhile.
    async fn load(source: &impl Source, conversation: &Value) -> Option<Self> {
        let mut settled = conversation.clone();
        settle(&mut settled);
        let mut held = Self {
            last_read: conversation["lastReadNumber"].as_i64().expect("a number"),
            messages: BTreeMap::new(),
            conversation: settled,
        };
        let path = messages(&text(&conversation["id"]));
        let mut query = format!("?limit={PAGE}");
        loop {
            let page = source.look(&format!("{path}{query}")).await;
            if page.status == 404 {
                return None;
            }
            let page = page.expect(200);
            let page = page.as_array().expect("a list");
            for message in page {
                held.hear(message);
                query = format!("?limit={PAGE}&before={}", text(&message["id"]));
            }
            if page.len() < PAGE {
                return Some(held);
            }
        }
    }

    /// Fails the test where the figures of the conversation that it was loaded for aren't those of its
    /// messages.
    fn expect_agreement(&self, conversation: &Value) {
        let newest = self.messages.values().next_back();
        assert_eq!(&conversation["lastMessage"], newest.unwrap_or(&Value::Null));
        let unread = (newest.map_or(0, number) - self.last_read).max(0);
        assert_eq!(conversation["unreadCount"], unread);
        assert_eq!(conversation["hasUnreadMessages"], unread > 0);
    }

    /// Takes over what the conversation is, unless it is older than what is known.
    fn learn(&mut self, conversation: &Value) {
        let mut settled = conversation.clone();
        settle(&mut settled);
        if version(&settled) >= version(&self.conversation) {
            self.conversation = settled;
        }
        if conversation["lastMessage"] != Value::Null {
            self.hear(&conversation["lastMessage"]);
        }
        self.read_up_to(conversation["lastReadNumber"].as_i64().expect("a number"));
    }

    /// Takes in a message, unless it is older than what is known of it.
    fn hear(&mut self, message: &Value) {
        let known = self.messages.get(&number(message));
        if known.is_none_or(|known| version(message) >= version(known)) {
            self.messages.insert(number(message), message.clone());
        }
    }

    fn read_up_to(&mut self, number: i64) {
        self.last_read = self.last_read.max(number);
    }
}

fn number(message: &Value) -> i64 {
    message["number"].as_i64().expect("a number")
}

fn id_of(id: &Value) -> i64 {
    text(id).parse().expect("an id")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
