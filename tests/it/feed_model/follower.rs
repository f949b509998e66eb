//! One client's stream over its life, which spans many connections and any transport.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Device,
    connection::{Connection, Transport},
    inbox::Inbox,
};
use crate::{
    support::{Client, Event, soon},
    witness::{Witness, conversation_of, place, standing},
};

pub struct Follower {
    pub device: Device,
    pub client: Client,
    /// Where its life began.
    start: String,
    cursor: String,
    seen: Vec<Event>,
    /// What it loaded when its life began, and all that it has heard since.
    inbox: Inbox,
    connection: Option<Connection>,
    /// Where the sequence ended when it came back, until it is told that it has caught up.
    behind: Option<i64>,
}

impl Follower {
    pub async fn start(device: Device, client: &Client, transport: Transport) -> Self {
        let (connection, start) = Connection::open(transport, client, None)
            .await
            .expect("a feed");
        Self {
            device,
            client: client.clone(),
            cursor: start.clone(),
            start,
            seen: Vec::new(),
            inbox: Inbox::load(client).await,
            connection: Some(connection),
            behind: None,
        }
    }

    pub fn leave(&mut self) {
        self.connection = None;
        self.behind = None;
    }

    pub async fn come_back(&mut self, transport: Transport, witness: &Witness) {
        let opened = Connection::open(transport, &self.client, Some(&self.cursor)).await;
        let (connection, cursor) = opened.expect("a feed");
        assert_eq!(cursor, self.cursor);
        // A poll that has nothing to tell says so by being empty.
        self.behind = (!connection.is_poll()).then(|| witness.last());
        self.connection = Some(connection);
    }

    /// Takes that many events, as far as there should be so many; or one answer's worth. Whether it
    /// is told of the read marks at `either` is open.
    pub async fn take(&mut self, witness: &Witness, count: usize, either: &BTreeSet<i64>) {
        match &self.connection {
            None => {}
            Some(Connection::Poll) => drop(self.poll().await),
            Some(_) => {
                let coming = witness.events(&self.client.id, &self.cursor);
                let is_sure =
                    |event: &&Event| event.name != "read" || !either.contains(&place(&event.id));
                let coming = coming.iter().filter(is_sure).count();
                let coming = coming + usize::from(self.behind.is_some());
                for _ in 0..count.min(coming) {
                    self.take_one().await;
                }
            }
        }
    }

    /// Takes all up to this message, which is the last thing that there is.
    pub async fn take_all(&mut self, last: &Value, witness: &Witness) {
        if self.connection.is_none() {
            self.come_back(Transport::Events, witness).await;
        }
        let is_last = |event: &Event| event.data["id"] == last["id"];
        while self.behind.is_some() || !self.seen.last().is_some_and(is_last) {
            if self.connection.as_ref().is_some_and(Connection::is_poll) {
                assert!(self.poll().await, "the last message is told");
            } else {
                self.take_one().await;
            }
        }
    }

    /// What still comes over a connection that the server ends. It is to be noted once the server
    /// can be asked again.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(mut connection) = self.connection.take() {
            while let Some(event) = soon("an event", connection.next()).await {
                events.push(event);
            }
        }
        events
    }

    async fn take_one(&mut self) {
        let connection = self.connection.as_mut().expect("a connection");
        let event = soon("an event", connection.next()).await;
        let event = event.expect("the stream goes on");
        self.note([event]).await;
    }

    /// Tells whether there was anything.
    async fn poll(&mut self) -> bool {
        let (events, cursor) = self.client.poll(&self.cursor, 0).await;
        let any = !events.is_empty();
        self.note(events).await;
        assert!(place(&cursor) >= place(&self.cursor), "{cursor}");
        self.cursor = cursor;
        any
    }

    pub async fn note(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let (before, at) = (place(&self.cursor), place(&event.id));
            self.cursor.clone_from(&event.id);
            if event.name == "caught_up" {
                let behind = self.behind.take().expect("caught_up once at most");
                assert!(at >= behind.max(before), "{event:?} before {behind}");
            } else {
                assert!(at > before, "{event:?} after {before}");
                self.inbox.apply(&event, &self.client).await;
                self.seen.push(event);
            }
        }
    }

    pub fn seen(&self) -> &[Event] {
        &self.seen
    }

    /// Fails the test where it was told anything else than it should, or it didn't suffice to have
    /// what is now.
    pub async fn check(&mut self, witness: &Witness, either: &BTreeSet<i64>, now: &Inbox) {
        witness.expect_told(&self.client.id, &self.start, &self.seen, either);
        assert_eq!(&self.inbox.with_messages(), now);
        // What an event says is the state behind it: twice is once. Of what they left nothing is
        // told again.
        let standing = standing(&self.seen);
        let left = |event: &Event| {
            let conversation = conversation_of(event);
            standing.iter().any(|left| {
                left.data["removed"] == true
                    && conversation_of(left) == conversation
                    && place(&left.id) >= place(&event.id)
            })
        };
        for event in self.seen.iter().filter(|event| !left(event)) {
            self.inbox.apply(event, &self.client).await;
        }
        assert_eq!(&self.inbox.with_messages(), now);
    }
}
