//! One client's stream over its life, which spans many connections and any transport.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Device, inbox::Inbox};
use crate::{
    support::{Client, Event, Stream},
    witness::{Witness, conversation_of, place, standing},
};

/// How a client asks for its feed.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    Events,
    Poll,
}

/// A client's connection; between two polls there is none.
enum Connection {
    Events(Stream),
    Poll,
}

impl Connection {
    /// Connects, from `cursor` on or from now on; gives back where the feed begins.
    async fn open(transport: Transport, client: &Client, cursor: Option<&str>) -> (Self, String) {
        match (transport, cursor) {
            (Transport::Events, _) => {
                let mut stream = client.open_stream(cursor).await;
                let hello = stream.next().await.expect("a first event");
                assert_eq!(hello.name, "hello");
                (Self::Events(stream), hello.id)
            }
            (Transport::Poll, None) => (Self::Poll, client.cursor().await),
            (Transport::Poll, Some(cursor)) => (Self::Poll, cursor.to_owned()),
        }
    }

    /// Whether the client is told when it has caught up; otherwise an answer without events says so.
    fn announces(&self) -> bool {
        matches!(self, Self::Events(_))
    }
}

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
        let (connection, start) = Connection::open(transport, client, None).await;
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
        let (connection, cursor) =
            Connection::open(transport, &self.client, Some(&self.cursor)).await;
        assert_eq!(cursor, self.cursor);
        self.behind = connection.announces().then(|| witness.last());
        self.connection = Some(connection);
    }

    /// Takes that many events, as far as there should be so many; or one answer's worth. Whether it
    /// is told of the read marks at `either` is open.
    pub async fn take(&mut self, witness: &Witness, count: usize, either: &BTreeSet<i64>) {
        match self.connection.take() {
            None => return,
            Some(Connection::Events(mut stream)) => {
                let coming = witness.events(&self.client.id, &self.cursor);
                let is_sure =
                    |event: &&Event| event.name != "read" || !either.contains(&place(&event.id));
                let coming = coming.iter().filter(is_sure).count();
                let coming = coming + usize::from(self.behind.is_some());
                let events = stream.take(count.min(coming)).await;
                self.connection = Some(Connection::Events(stream));
                self.note(events).await;
            }
            Some(Connection::Poll) => {
                self.connection = Some(Connection::Poll);
                self.poll().await;
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
            match self.connection.take().expect("a connection") {
                Connection::Events(mut stream) => {
                    let event = stream.next().await.expect("the stream goes on");
                    self.connection = Some(Connection::Events(stream));
                    self.note([event]).await;
                }
                Connection::Poll => {
                    self.connection = Some(Connection::Poll);
                    assert!(self.poll().await, "the last message is told");
                }
            }
        }
    }

    /// What still comes over a connection that the server ends. It is to be noted once the server
    /// can be asked again.
    pub async fn rest(&mut self) -> Vec<Event> {
        match self.connection.take() {
            Some(Connection::Events(mut stream)) => stream.rest().await,
            Some(Connection::Poll) | None => Vec::new(),
        }
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
