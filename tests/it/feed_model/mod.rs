//! Random schedules of what people, their streams and the server can do, and what must be true of
//! every one: each stream saw, over its life and over either transport, exactly what the database says that its user may see.

use std::{collections::BTreeMap, env};

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    support::{Client, Event, Server, Stream, at_once, dev, messages},
    witness::{Witness, settled},
};

const PEOPLE: [&str; 4] = ["john", "jane", "alice", "bob"];
/// Each person's sessions.
const DEVICES: usize = 2;
/// Schedules that are tried, where `PROPTEST_CASES` doesn't say otherwise.
const CASES: u32 = 48;

#[derive(Clone, Copy, Debug)]
struct Device {
    person: usize,
    session: usize,
}

/// What happens next. Streams are named by their order of opening, modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Start {
        by: Device,
        with: usize,
    },
    Send {
        by: Device,
        to: usize,
        client_id: Option<u8>,
        content: u8,
    },
    /// Messages at the same time: they share commits, and are too many for a narrow channel.
    Burst {
        by: Device,
        to: usize,
        count: usize,
    },
    Read {
        by: Device,
        of: usize,
        up_to: Option<i64>,
    },
    Follow {
        by: Device,
    },
    Leave {
        stream: usize,
    },
    Return {
        stream: usize,
    },
    Take {
        stream: usize,
        count: usize,
    },
    /// Goes on by long poll.
    Poll {
        stream: usize,
    },
    SignOut {
        device: Device,
    },
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let device =
        || (0..PEOPLE.len(), 0..DEVICES).prop_map(|(person, session)| Device { person, session });
    // Somebody and somebody else.
    let pair = move || {
        (device(), 1..PEOPLE.len()).prop_map(|(by, step)| (by, (by.person + step) % PEOPLE.len()))
    };
    let stream = || 0..8_usize;
    let step = prop_oneof![
        2 => pair().prop_map(|(by, with)| Step::Start { by, with }),
        // Few client ids and contents, so that they repeat.
        8 => (pair(), option::of(0..3_u8), 0..2_u8)
            .prop_map(|((by, to), client_id, content)| Step::Send { by, to, client_id, content }),
        2 => (pair(), 3..12_usize).prop_map(|((by, to), count)| Step::Burst { by, to, count }),
        3 => (pair(), option::of(0..20_i64)).prop_map(|((by, of), up_to)| Step::Read { by, of, up_to }),
        4 => device().prop_map(|by| Step::Follow { by }),
        2 => stream().prop_map(|stream| Step::Leave { stream }),
        3 => stream().prop_map(|stream| Step::Return { stream }),
        5 => (stream(), 1..10_usize).prop_map(|(stream, count)| Step::Take { stream, count }),
        3 => stream().prop_map(|stream| Step::Poll { stream }),
        1 => device().prop_map(|device| Step::SignOut { device }),
        1 => Just(Step::Restart),
    ];
    vec(step, 20..60)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES),
        max_shrink_time: 120_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_stream_sees_what_the_database_says(bus_capacity in prop_oneof![Just(2), Just(32)], steps in steps()) {
        Runtime::new().expect("a runtime").block_on(async {
            let mut world = World::start(bus_capacity).await;
            for step in &steps {
                world.take_step(step).await;
            }
            world.check().await;
        });
    }
}

struct World {
    server: Server,
    /// By person and session.
    people: Vec<Vec<Client>>,
    followers: Vec<Follower>,
    /// What the first message of each author and client id was.
    named: BTreeMap<(usize, u8), Value>,
    /// How many messages were answered as new.
    sent: usize,
}

impl World {
    async fn start(bus_capacity: usize) -> Self {
        let server = Server::start(tincan::server::Config {
            bus_capacity,
            ..dev()
        })
        .await;
        let mut people = Vec::new();
        for name in PEOPLE {
            let first = match name {
                "john" | "jane" => server.sign_in(name).await,
                _ => server.sign_up(name).await,
            };
            people.push(vec![first.another_device().await, first]);
        }
        Self {
            server,
            people,
            followers: Vec::new(),
            named: BTreeMap::new(),
            sent: 0,
        }
    }

    fn client(&self, device: Device) -> &Client {
        &self.people[device.person][device.session]
    }

    fn witness(&self) -> Witness {
        Witness::of(self.server.database())
    }

    fn follower(&mut self, stream: usize) -> Option<&mut Follower> {
        let count = self.followers.len();
        self.followers.get_mut(stream.checked_rem(count)?)
    }

    async fn take_step(&mut self, step: &Step) {
        match *step {
            Step::Start { by, with } => drop(self.client(by).talk_to(PEOPLE[with]).await),
            Step::Send {
                by,
                to,
                client_id,
                content,
            } => self.send(by, to, client_id, content).await,
            Step::Burst { by, to, count } => {
                let conversation = self.client(by).talk_to(PEOPLE[to]).await;
                let send = |number: usize| {
                    let (client, conversation) = (self.client(by).clone(), conversation.clone());
                    async move { client.say(&conversation, &number.to_string()).await }
                };
                at_once((0..count).map(send)).await;
                self.sent += count;
            }
            Step::Read { by, of, up_to } => {
                let client = self.client(by);
                let conversation = client.talk_to(PEOPLE[of]).await;
                let path = format!("/api/conversations/{conversation}/read_messages");
                let body = up_to.map_or(json!({}), |up_to| json!({ "upTo": up_to }));
                client.post(&path, body).await.expect(204);
            }
            Step::Follow { by } => {
                let follower = Follower::start(by, self.client(by)).await;
                self.followers.push(follower);
            }
            Step::Leave { stream } => {
                if let Some(follower) = self.follower(stream) {
                    follower.stream = None;
                }
            }
            Step::Return { stream } => {
                let (people, witness) = (self.people.clone(), self.witness());
                if let Some(follower) = self.follower(stream) {
                    let Device { person, session } = follower.device;
                    follower.come_back(&people[person][session], &witness).await;
                }
            }
            Step::Take { stream, count } => {
                let witness = self.witness();
                if let Some(follower) = self.follower(stream) {
                    follower.take(&witness, count).await;
                }
            }
            Step::Poll { stream } => {
                let people = self.people.clone();
                if let Some(follower) = self.follower(stream) {
                    let Device { person, session } = follower.device;
                    follower.poll(&people[person][session]).await;
                }
            }
            Step::SignOut { device } => self.sign_out(device).await,
            Step::Restart => {
                self.server.stop().await;
                for follower in &mut self.followers {
                    follower.take_rest().await;
                }
                self.server.resume().await;
            }
        }
    }

    async fn send(&mut self, by: Device, to: usize, client_id: Option<u8>, content: u8) {
        let client = self.client(by);
        let conversation = client.talk_to(PEOPLE[to]).await;
        let content = content.to_string();
        let mut draft = json!({ "content": content });
        if let Some(client_id) = client_id {
            draft["clientId"] = client_id.to_string().into();
        }
        let answer = client.post(&messages(&conversation), draft).await;
        let name = client_id.map(|client_id| (by.person, client_id));
        match name.and_then(|name| self.named.get(&name)) {
            None => {
                let message = answer.expect(201);
                assert_eq!(message["content"], content);
                self.sent += 1;
                if let Some(name) = name {
                    self.named.insert(name, message);
                }
            }
            Some(first)
                if first["conversationId"] == conversation && first["content"] == content =>
            {
                assert_eq!(&answer.expect(200), first);
            }
            Some(_) => drop(answer.refused(409, "client_id_reused")),
        }
    }

    /// Ends a session, and signs in anew in its place.
    async fn sign_out(&mut self, device: Device) {
        let client = self.client(device).clone();
        client.post("/api/logout", json!({})).await.expect(204);
        for follower in &mut self.followers {
            if (follower.device.person, follower.device.session) == (device.person, device.session)
            {
                follower.take_rest().await;
            }
        }
        client
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
        self.people[device.person][device.session] = client.another_device().await;
    }

    async fn check(mut self) {
        let witness = self.witness();
        witness.expect_dense_numbers();
        assert_eq!(witness.messages().len(), self.sent);
        for follower in &mut self.followers {
            let client = &self.people[follower.device.person][follower.device.session];
            follower.come_back(client, &witness).await;
            follower.take(&witness, usize::MAX).await;
            follower.check(client, &witness).await;
        }
        self.server.stop().await;
    }
}

/// One client's stream over its life, which spans many connections.
struct Follower {
    device: Device,
    user: String,
    /// Where its life began.
    start: String,
    /// What the REST calls told then.
    loaded: Inbox,
    cursor: String,
    seen: Vec<Event>,
    stream: Option<Stream>,
    /// Where the sequence ended when it came back, until it is told that it has caught up.
    behind: Option<i64>,
}

impl Follower {
    async fn start(device: Device, client: &Client) -> Self {
        let mut stream = client.open_stream(None).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!(hello.name, "hello");
        Self {
            device,
            user: client.id.clone(),
            start: hello.id.clone(),
            loaded: Inbox::load(client).await,
            cursor: hello.id,
            seen: Vec::new(),
            stream: Some(stream),
            behind: None,
        }
    }

    async fn come_back(&mut self, client: &Client, witness: &Witness) {
        let mut stream = client.open_stream(Some(&self.cursor)).await;
        let hello = stream.next().await.expect("a first event");
        assert_eq!((hello.name.as_str(), &hello.id), ("hello", &self.cursor));
        self.stream = Some(stream);
        self.behind = Some(place(&witness.end()));
    }

    /// Takes that many events, as far as there should be so many.
    async fn take(&mut self, witness: &Witness, count: usize) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let coming = witness.events(&self.user, &self.cursor).len();
        let coming = coming + usize::from(self.behind.is_some());
        for event in stream.take(count.min(coming)).await {
            self.note(event);
        }
        self.stream = Some(stream);
    }

    /// Takes one answer's worth over another transport.
    async fn poll(&mut self, client: &Client) {
        self.stream = None;
        self.behind = None;
        let (events, cursor) = client.poll(&self.cursor, 0).await;
        self.seen.extend(events);
        self.cursor = cursor;
    }

    /// Takes what still comes from a stream that the server ends.
    async fn take_rest(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            for event in stream.rest().await {
                self.note(event);
            }
        }
    }

    fn note(&mut self, event: Event) {
        self.cursor.clone_from(&event.id);
        if event.name == "caught_up" {
            let behind = self.behind.take().expect("caught_up once at most");
            assert!(place(&event.id) >= behind, "{event:?} before {behind}");
        } else {
            self.seen.push(event);
        }
    }

    async fn check(&self, client: &Client, witness: &Witness) {
        assert_eq!(self.behind, None, "it has caught up");
        let seen: Vec<_> = self.seen.iter().cloned().map(settled).collect();
        assert_eq!(seen, witness.events(&self.user, &self.start));

        let mut inbox = self.loaded.clone();
        for event in &self.seen {
            inbox.apply(event, &self.user);
        }
        let listed = Inbox::load(client).await;
        assert_eq!(inbox.with_messages(), listed);
        // What an event says is the state behind it: twice is once.
        for event in &self.seen {
            inbox.apply(event, &self.user);
        }
        assert_eq!(inbox.with_messages(), listed);
    }
}

/// The place in the sequence that a cursor names.
fn place(cursor: &str) -> i64 {
    let (_, id) = cursor.split_once('-').expect("a cursor");
    id.parse().expect("an id")
}

/// A client's list of conversations: for each the newest message and the read mark.
#[derive(Clone, Debug, Default, PartialEq)]
struct Inbox(BTreeMap<String, Listed>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Listed {
    last_message: Value,
    last_read: i64,
}

impl Inbox {
    /// As `GET /api/conversations` tells it, whose figures must agree with one another.
    async fn load(client: &Client) -> Self {
        let list = client.get("/api/conversations").await.expect(200);
        let list = list.as_array().expect("a list");
        let newest = |conversation: &Value| id_of(&conversation["lastMessage"]["id"]);
        assert!(
            list.is_sorted_by(|one, next| newest(one) > newest(next)),
            "{list:?}"
        );
        let mut inbox = Self::default();
        for conversation in list {
            let listed = inbox.0.entry(text(&conversation["id"])).or_default();
            listed.learn(conversation);
            let unread = number(&listed.last_message) - listed.last_read;
            assert_eq!(conversation["unreadCount"], unread);
            assert_eq!(conversation["hasUnreadMessages"], unread > 0);
        }
        assert_eq!(inbox.0.len(), list.len());
        inbox
    }

    /// As a client does that has only this event.
    fn apply(&mut self, event: &Event, me: &str) {
        let data = &event.data;
        let id = match event.name.as_str() {
            "conversation" => &data["id"],
            _ => &data["conversationId"],
        };
        let conversation = self.0.entry(text(id)).or_default();
        match event.name.as_str() {
            "conversation" => conversation.learn(data),
            "message" => conversation.hear(data),
            "sent" => {
                conversation.hear(data);
                conversation.read_up_to(number(data));
            }
            "read" if data["userId"] != me => {}
            "read" => conversation.read_up_to(data["upTo"].as_i64().expect("a number")),
            other => panic!("an event that nobody knows: {other}"),
        }
    }

    /// Without the conversations that aren't listed yet.
    fn with_messages(&self) -> Self {
        let mut inbox = self.clone();
        inbox
            .0
            .retain(|_, listed| listed.last_message != Value::Null);
        inbox
    }
}

impl Listed {
    fn learn(&mut self, conversation: &Value) {
        self.hear(&conversation["lastMessage"]);
        self.read_up_to(conversation["lastReadNumber"].as_i64().expect("a number"));
    }

    fn hear(&mut self, message: &Value) {
        if number(message) > number(&self.last_message) {
            self.last_message = message.clone();
        }
    }

    fn read_up_to(&mut self, number: i64) {
        self.last_read = self.last_read.max(number);
    }
}

/// The number of a message, 0 where there is none.
fn number(message: &Value) -> i64 {
    message["number"].as_i64().unwrap_or(0)
}

fn id_of(id: &Value) -> i64 {
    text(id).parse().expect("an id")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
