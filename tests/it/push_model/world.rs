//! A server, the people at it, and the model of what they should be told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tincan::{http::ServerSettings, model::RelayKind, push::Relay, server::Config};

use super::{CONVERSATIONS, IN_HALL, Level, NEVER, Named, PEOPLE, Sending, Step};
use crate::{
    push_told::{PATH, attend, topic, turn_on},
    relay::RelayServer,
    support::{Client, Server, dev, messages, text, until},
};

/// A message that was sent, and who is called by it.
struct Message {
    id: String,
    text: String,
    by: usize,
    to: usize,
    number: i64,
    calls: BTreeSet<usize>,
}

/// What somebody has set.
#[derive(Default)]
struct Person {
    levels: BTreeMap<usize, Level>,
    blocks: BTreeSet<usize>,
    is_attentive: bool,
    is_quiet: bool,
    has_relay: bool,
    /// How far they have read, by conversation.
    read: BTreeMap<usize, i64>,
}

pub struct World {
    server: Server,
    relay: RelayServer,
    clients: Vec<Client>,
    ids: Vec<String>,
    people: Vec<Person>,
    /// Somebody else, who ends each round.
    fence: Client,
    fence_conversation: String,
    rounds: usize,
    sent: usize,
    /// Whom each topic is of; those of before, too.
    topics: BTreeMap<String, usize>,
    /// Who may be told of what: person and text.
    may: BTreeSet<(usize, String)>,
}

impl World {
    pub async fn start() -> Self {
        let relay = RelayServer::start().await;
        let url = relay.url().parse().expect("a URL");
        let through = Relay::new(RelayKind::Ntfy, url, None, None, Vec::new()).expect("no TLS");
        let server = Server::start(Config {
            push_delay: Duration::ZERO,
            settings: ServerSettings {
                relay: Some(Arc::new(through)),
                unlimited: true,
                ..dev().settings
            },
            ..dev()
        })
        .await;
        let mut clients = vec![server.sign_in("john").await, server.sign_in("jane").await];
        for name in &PEOPLE[2..] {
            clients.push(server.sign_up(name).await);
        }
        let mut hall: Vec<String> = PEOPLE[1..].iter().map(ToString::to_string).collect();
        for number in PEOPLE.len()..IN_HALL {
            hall.push(server.sign_up(&format!("guest-{number}")).await.username);
        }
        let hall: Vec<_> = hall.iter().map(String::as_str).collect();
        let john = &clients[0];
        let ids = vec![
            john.talk_to("jane").await,
            john.make_room("Kitchen", &PEOPLE[1..3], false).await,
            john.make_room("House", &PEOPLE[1..], false).await,
            john.make_room("Hall", &hall, false).await,
        ];
        let fence = server.sign_up("fay").await;
        let fence_conversation = john.talk_to("fay").await;
        turn_on(&fence, json!({})).await;
        let mut world = Self {
            server,
            relay,
            people: PEOPLE.map(|_| Person::default()).into(),
            clients,
            ids,
            fence,
            fence_conversation,
            rounds: 0,
            sent: 0,
            topics: BTreeMap::new(),
            may: BTreeSet::new(),
        };
        for who in 0..PEOPLE.len() {
            world.set_relay(who, true).await;
        }
        world
    }

    pub async fn take(&mut self, step: &Step) {
        match step {
            Step::Choose {
                who,
                conversation,
                level,
            } => self.choose(*who, *conversation, *level).await,
            Step::Block { who, whom, on } => self.block(*who, *whom, *on).await,
            Step::Attend { who, on } => {
                attend(&self.clients[*who], *on).await;
                self.people[*who].is_attentive = *on;
            }
            Step::Quiet { who, now } => {
                let quiet = now.map_or(Value::Null, quiet_hours);
                let set = self.clients[*who].patch("/api/settings", json!({ "quiet": quiet }));
                set.await.expect(200);
                self.people[*who].is_quiet = *now == Some(true);
            }
            Step::Relay { who, on } => self.set_relay(*who, *on).await,
            Step::Live(sendings) => {
                let mut sent = Vec::new();
                for sending in sendings {
                    sent.extend(self.send(sending).await);
                    // Its author has read what was before it, and may have been told of that already.
                    self.permit(sent.last());
                }
                self.settle(&sent).await;
            }
            Step::Held {
                sent,
                read,
                deleted,
            } => self.hold(sent, read, deleted).await,
        }
    }

    async fn choose(&mut self, who: usize, conversation: usize, level: Option<Level>) {
        if !CONVERSATIONS[conversation].0.contains(&who) {
            return;
        }
        let word = level.map(|level| match level {
            Level::All => "all",
            Level::Mentions => "mentions",
            Level::None => "none",
        });
        let path = format!("/api/conversations/{}/settings", self.ids[conversation]);
        let set = self.clients[who].patch(&path, json!({ "notificationLevel": word }));
        set.await.expect(200);
        match level {
            Some(level) => self.people[who].levels.insert(conversation, level),
            None => self.people[who].levels.remove(&conversation),
        };
    }

    async fn block(&mut self, who: usize, whom: usize, on: bool) {
        if who == whom {
            return;
        }
        let path = format!("/api/users/{}/block", self.clients[whom].id);
        if on {
            self.clients[who].put(&path).await.expect(204);
            self.people[who].blocks.insert(whom);
        } else {
            self.clients[who].delete(&path).await.expect(204);
            self.people[who].blocks.remove(&whom);
        }
    }

    async fn set_relay(&mut self, who: usize, on: bool) {
        if on {
            let topic = topic(&self.clients[who]).await;
            self.topics.insert(topic, who);
        } else {
            self.clients[who].delete(PATH).await.expect(204);
        }
        self.people[who].has_relay = on;
    }

    /// None where it is refused, or who would send it isn’t there.
    async fn send(&mut self, sending: &Sending) -> Option<Message> {
        let Sending { by, to, names } = *sending;
        let (members, _) = CONVERSATIONS[to];
        if !members.contains(&by) {
            return None;
        }
        let mut calls = BTreeSet::new();
        let text = format!("m{}", self.sent);
        let content = match names {
            Named::One(whom) if members.contains(&whom) => {
                calls.insert(whom);
                format!("@{} {text}", PEOPLE[whom])
            }
            // Only a room has everybody.
            Named::Everybody if to > 0 => {
                calls.extend(members);
                format!("@all {text}")
            }
            _ => text.clone(),
        };
        self.sent += 1;
        let path = messages(&self.ids[to]);
        let sent = self.clients[by]
            .post(&path, json!({ "content": content }))
            .await;
        let is_closed =
            to == 0 && (self.people[0].blocks.contains(&1) || self.people[1].blocks.contains(&0));
        if is_closed {
            assert_ne!(sent.status, 201);
            return None;
        }
        let sent = sent.expect(201);
        let number = sent["number"].as_i64().expect("a number");
        self.people[by].read.insert(to, number);
        Some(Message {
            id: crate::support::text(&sent["id"]).to_owned(),
            text,
            by,
            to,
            number,
            calls,
        })
    }

    /// Whether somebody should be told of a message, as things are.
    fn is_wanted(&self, message: &Message, who: usize) -> bool {
        let (members, is_told_all) = CONVERSATIONS[message.to];
        let person = &self.people[who];
        let usual = if is_told_all {
            Level::All
        } else {
            Level::Mentions
        };
        let level = person.levels.get(&message.to).copied().unwrap_or(usual);
        members.contains(&who)
            && who != message.by
            && person.has_relay
            && !person.is_attentive
            && !person.is_quiet
            && !person.blocks.contains(&message.by)
            && person.read.get(&message.to).copied().unwrap_or(0) < message.number
            && match level {
                Level::All => true,
                Level::Mentions => message.calls.contains(&who),
                Level::None => false,
            }
    }

    fn wanted(&self, message: &Message) -> Vec<usize> {
        (0..PEOPLE.len())
            .filter(|who| self.is_wanted(message, *who))
            .collect()
    }

    fn permit(&mut self, message: Option<&Message>) {
        if let Some(message) = message {
            let told = self.wanted(message).into_iter();
            self.may.extend(told.map(|who| (who, message.text.clone())));
        }
    }

    async fn hold(&mut self, sendings: &[Sending], read: &[(usize, usize)], deleted: &[usize]) {
        self.restart(NEVER).await;
        let mut sent = Vec::new();
        for sending in sendings {
            sent.extend(self.send(sending).await);
        }
        for &(who, conversation) in read {
            if CONVERSATIONS[conversation].0.contains(&who) {
                let path = format!(
                    "/api/conversations/{}/read_messages",
                    self.ids[conversation]
                );
                self.clients[who].post(&path, json!({})).await.expect(204);
                self.people[who].read.insert(conversation, i64::MAX);
            }
        }
        for &index in deleted {
            if index < sent.len() {
                let gone: Message = sent.remove(index);
                let path = format!("/api/messages/{}", gone.id);
                self.clients[gone.by].delete(&path).await.expect(204);
            }
        }
        self.restart(Duration::ZERO).await;
        for message in &sent {
            self.permit(Some(message));
        }
        self.settle(&sent).await;
        // What was read is read; what comes isn’t.
        for person in &mut self.people {
            person.read.retain(|_, number| *number < i64::MAX);
        }
    }

    /// Nobody is attentive then, until they say so.
    async fn restart(&mut self, delay: Duration) {
        self.server.configure(|config| config.push_delay = delay);
        self.server.restart().await;
        for person in &mut self.people {
            person.is_attentive = false;
        }
    }

    /// Waits until the server has looked at everything, and has told what it should: of each conversation the newest.
    async fn settle(&mut self, sent: &[Message]) {
        self.rounds += 1;
        let end = format!("end{}", self.rounds);
        self.clients[0].say(&self.fence_conversation, &end).await;
        let mut must = BTreeMap::new();
        for message in sent {
            for who in self.wanted(message) {
                must.insert((who, message.to), message.text.clone());
            }
        }
        until("the end of a round", async || {
            let heard = self.heard();
            let is_told = |((who, _), text): (&(usize, usize), &String)| {
                heard.contains(&(Some(*who), text.clone()))
            };
            let is_over = heard.contains(&(None, end.clone())) && must.iter().all(is_told);
            is_over.then_some(())
        })
        .await;
    }

    /// Who was told of what, in order: nobody of the people, where it is for the fence.
    fn heard(&self) -> Vec<(Option<usize>, String)> {
        let told = self.relay.told().into_iter();
        told.map(|told| {
            let topic = text(&told.body["topic"]);
            let words = text(&told.body["message"]).rsplit(' ');
            let last = words.into_iter().next().expect("a word").to_owned();
            (self.topics.get(topic).copied(), last)
        })
        .collect()
    }

    /// Nobody was told of anything else, and nobody twice.
    pub async fn check(mut self) {
        self.server.stop().await;
        let mut once = BTreeSet::new();
        for (who, message) in self.heard() {
            let Some(who) = who else { continue };
            let told = (who, message);
            assert!(
                self.may.contains(&told),
                "{} was told of {}",
                PEOPLE[told.0],
                told.1
            );
            assert!(
                once.insert(told.clone()),
                "{} was told twice of {}",
                PEOPLE[told.0],
                told.1
            );
        }
        drop(self.fence);
    }
}

/// Quiet hours that it is in, or far from, for as long as the test takes.
fn quiet_hours(now: bool) -> Value {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let hour = seconds.as_secs() / 3_600 % 24;
    let (from, to) = if now {
        (hour + 20, hour + 4)
    } else {
        (hour + 8, hour + 16)
    };
    let time = |hour: u64| format!("{:02}:00", hour % 24);
    json!({ "from": time(from), "to": time(to), "zone": "UTC" })
}
