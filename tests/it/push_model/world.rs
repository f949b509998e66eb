//! A server, the people at it, and the model of what they should be told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    CONVERSATIONS, IN_HALL, Kill, Level, Life, NEVER, Named, PEOPLE, Sending, Step, Target,
    host::Host,
};
use crate::{
    push_told::{PATH, attend, topic, turn_on},
    relay::RelayServer,
    support::{
        Client, messages,
        push_service::{Browser, PushService},
        text, until,
    },
};

/// Somebody is told of a text, somewhere.
type Telling = (usize, Target, String);
/// What must be told, by who, where and of which conversation.
type Due = BTreeMap<(usize, Target, usize), String>;

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
    targets: BTreeSet<Target>,
    is_disabled: bool,
    /// How far they have read, by conversation.
    read: BTreeMap<usize, i64>,
}

pub struct World {
    host: Host,
    relay: RelayServer,
    service: PushService,
    /// What has arrived at the push service: the browser’s endpoint, and the text.
    pushed: Vec<(String, String)>,
    clients: Vec<Client>,
    /// The same people, on a device whose browser is told.
    phones: Vec<Client>,
    browsers: Vec<Browser>,
    ids: Vec<String>,
    people: Vec<Person>,
    /// Somebody else, who ends each round.
    fence: Client,
    fence_conversation: String,
    rounds: usize,
    sent: usize,
    /// Whom each topic is of; those of before, too.
    topics: BTreeMap<String, usize>,
    /// Who may be told of what.
    may: BTreeSet<Telling>,
}

impl World {
    /// With a server that can be killed, or with one that is quick.
    pub async fn start(is_deadly: bool) -> Self {
        let (relay, service) = (RelayServer::start().await, PushService::start().await);
        let host = if is_deadly {
            Host::program(&relay)
        } else {
            Host::here(&relay).await
        };
        let mut clients = Vec::new();
        // Those two are there in dev mode.
        for name in &PEOPLE[..2] {
            clients.push(host.nobody().sign_in(name).await);
        }
        for name in &PEOPLE[2..] {
            clients.push(host.nobody().sign_up(name).await);
        }
        let mut hall: Vec<String> = PEOPLE[1..].iter().map(ToString::to_string).collect();
        for number in PEOPLE.len()..IN_HALL {
            let guest = host.nobody().sign_up(&format!("guest-{number}")).await;
            hall.push(guest.username);
        }
        let hall: Vec<_> = hall.iter().map(String::as_str).collect();
        let john = &clients[0];
        let ids = vec![
            john.talk_to("jane").await,
            john.make_room("Kitchen", &PEOPLE[1..3], false).await,
            john.make_room("House", &PEOPLE[1..], false).await,
            john.make_room("Hall", &hall, false).await,
        ];
        let fence = host.nobody().sign_up("fay").await;
        let fence_conversation = john.talk_to("fay").await;
        turn_on(&fence, json!({})).await;
        let mut phones = Vec::new();
        for client in &clients {
            phones.push(client.another_device().await);
        }
        let mut world = Self {
            host,
            relay,
            browsers: PEOPLE.map(|_| service.browser()).into(),
            service,
            pushed: Vec::new(),
            people: PEOPLE.map(|_| Person::default()).into(),
            clients,
            phones,
            ids,
            fence,
            fence_conversation,
            rounds: 0,
            sent: 0,
            topics: BTreeMap::new(),
            may: BTreeSet::new(),
        };
        for who in 0..PEOPLE.len() {
            world.set_target(who, Target::Relay, true).await;
            world.set_target(who, Target::Browser, who % 2 == 0).await;
        }
        world
    }

    pub async fn take(&mut self, step: &Step) {
        match step {
            // Nobody else does what is left of these then.
            Step::Choose { who, .. }
            | Step::Block { who, .. }
            | Step::Attend { who, .. }
            | Step::Quiet { who, .. }
            | Step::Target { who, .. }
                if self.people[*who].is_disabled => {}
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
            Step::Target { who, target, on } => self.set_target(*who, *target, *on).await,
            Step::Disable { who, on } => self.disable(*who, *on).await,
            Step::Live(sendings) => {
                let mut sent = Vec::new();
                for sending in sendings {
                    sent.extend(self.send(sending).await);
                    // Its author has read what was before it, and may have been told of that already.
                    self.permit(sent.last());
                }
                self.settle(&self.due(&sent), 0).await;
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

    async fn set_target(&mut self, who: usize, target: Target, on: bool) {
        let (client, phone) = (&self.clients[who], &self.phones[who]);
        match (target, on) {
            (Target::Relay, true) => {
                self.topics.insert(topic(client).await, who);
            }
            (Target::Relay, false) => {
                client.delete(PATH).await.expect(204);
            }
            (Target::Browser, true) => {
                phone.subscribe(&self.browsers[who]).await;
            }
            (Target::Browser, false) => {
                for one in phone.subscriptions().await {
                    let path = format!("/api/push/subscriptions/{}", text(&one["id"]));
                    phone.delete(&path).await.expect(204);
                }
            }
        }
        let targets = &mut self.people[who].targets;
        if on {
            targets.insert(target);
        } else {
            targets.remove(&target);
        }
    }

    /// Their sessions end, and with them whose browser is told. The relay stays.
    async fn disable(&mut self, who: usize, on: bool) {
        if self.people[who].is_disabled == on {
            return;
        }
        let path = format!("/api/admin/users/{}", self.clients[who].id);
        let set = self.clients[0].patch(&path, json!({ "disabled": on }));
        set.await.expect(200);
        let person = &mut self.people[who];
        person.is_disabled = on;
        if on {
            person.is_attentive = false;
            person.targets.remove(&Target::Browser);
        } else {
            for devices in [&mut self.clients, &mut self.phones] {
                devices[who] = self.host.nobody().sign_in(PEOPLE[who]).await;
            }
        }
    }

    /// None where it is refused, or who would send it isn’t there.
    async fn send(&mut self, sending: &Sending) -> Option<Message> {
        let Sending { by, to, names } = *sending;
        let (members, _) = CONVERSATIONS[to];
        if !members.contains(&by) || self.people[by].is_disabled {
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
        let is_closed = to == 0
            && (self.people[0].blocks.contains(&1)
                || self.people[1].blocks.contains(&0)
                || self.people[1].is_disabled);
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

    /// Whether somebody should be told of a message, as things are, unless they see it anyway.
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
            && !person.is_disabled
            && !person.is_quiet
            && !person.blocks.contains(&message.by)
            && person.read.get(&message.to).copied().unwrap_or(0) < message.number
            && match level {
                Level::All => true,
                Level::Mentions => message.calls.contains(&who),
                Level::None => false,
            }
    }

    /// Who should be told of it where, as things are. After a kill, nobody is known to be `attentive` any more.
    fn wanted(&self, message: &Message, attentive: bool) -> BTreeSet<Telling> {
        let people = 0..PEOPLE.len();
        people
            .filter(|&who| self.is_wanted(message, who))
            .filter(|&who| !(attentive && self.people[who].is_attentive))
            .flat_map(|who| self.people[who].targets.iter().map(move |&it| (who, it)))
            .map(|(who, target)| (who, target, message.text.clone()))
            .collect()
    }

    fn permit(&mut self, message: Option<&Message>) {
        if let Some(message) = message {
            let wanted = self.wanted(message, true);
            self.may.extend(wanted);
        }
    }

    /// Of each conversation, the newest of what each target should be told.
    fn due(&self, sent: &[Message]) -> Due {
        let mut due = Due::new();
        for message in sent {
            for (who, target, text) in self.wanted(message, true) {
                due.insert((who, target, message.to), text);
            }
        }
        due
    }

    /// Sends, kills the server, and begins anew.
    pub async fn live(&mut self, life: &Life) {
        for step in &life.before {
            self.take(step).await;
        }
        let mut sent = Vec::new();
        for sending in &life.sent {
            sent.extend(self.send(sending).await);
            self.permit_all(&sent);
        }
        let mut due = self.due(&sent);
        self.kill(life.kill, due.len()).await;
        for step in &life.after {
            self.take(step).await;
            self.permit_all(&sent);
            // What isn’t wanted for a moment is told, or not, as the server comes to it.
            let now = self.due(&sent);
            due.retain(|place, text| now.get(place) == Some(text));
        }
        self.settle(&due, 1).await;
    }

    /// Whoever is attentive may be told after the kill.
    fn permit_all(&mut self, sent: &[Message]) {
        for message in sent {
            let wanted = self.wanted(message, false);
            self.may.extend(wanted);
        }
    }

    /// `due` is how many are to arrive.
    async fn kill(&mut self, kill: Kill, due: usize) {
        match kill {
            Kill::AtOnce => {}
            Kill::After(millis) => sleep(Duration::from_millis(millis)).await,
            Kill::Arrived(count) => {
                let count = self.heard().await.len() + count.min(due);
                let look = async || (self.heard().await.len() >= count).then_some(());
                until("something to arrive", look).await;
            }
        }
        self.host.kill();
        let address = self.host.address();
        let all = self.clients.iter_mut().chain(&mut self.phones);
        for client in all.chain([&mut self.fence]) {
            *client = client.at(address);
        }
        self.nobody_is_attentive();
    }

    async fn hold(&mut self, sendings: &[Sending], read: &[(usize, usize)], deleted: &[usize]) {
        self.restart(NEVER).await;
        let mut sent = Vec::new();
        for sending in sendings {
            sent.extend(self.send(sending).await);
        }
        for &(who, conversation) in read {
            if CONVERSATIONS[conversation].0.contains(&who) && !self.people[who].is_disabled {
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
        self.settle(&self.due(&sent), 0).await;
        // What was read is read; what comes isn’t.
        for person in &mut self.people {
            person.read.retain(|_, number| *number < i64::MAX);
        }
    }

    async fn restart(&mut self, delay: Duration) {
        self.host.restart(delay).await;
        self.nobody_is_attentive();
    }

    /// Until they say so.
    fn nobody_is_attentive(&mut self) {
        for person in &mut self.people {
            person.is_attentive = false;
        }
    }

    /// Waits until the server has looked at everything, and has told what is due, except for so many at each target.
    async fn settle(&mut self, due: &Due, lost: usize) {
        self.rounds += 1;
        let end = format!("end{}", self.rounds);
        self.clients[0].say(&self.fence_conversation, &end).await;
        until("the end of a round", async || {
            let heard = self.heard().await;
            let is_told = |who, target, text: &String| heard.contains(&(who, target, text.clone()));
            let mut missing = BTreeMap::<_, usize>::new();
            for (&(who, target, _), text) in due {
                if !is_told(Some(who), target, text) {
                    *missing.entry((who, target)).or_default() += 1;
                }
            }
            let is_over = is_told(None, Target::Relay, &end);
            (is_over && missing.values().all(|count| *count <= lost)).then_some(())
        })
        .await;
    }

    /// Who was told of what, and where: nobody of the people, where it is for the fence.
    async fn heard(&mut self) -> Vec<(Option<usize>, Target, String)> {
        let last = |text: &str| text.rsplit(' ').next().expect("a word").to_owned();
        while let Some(push) = self.service.arrived().await {
            let text = last(text(&push.body["notification"]["body"]));
            self.pushed.push((push.endpoint, text));
        }
        let through_relay = self.relay.told().into_iter().map(|told| {
            let who = self.topics.get(text(&told.body["topic"])).copied();
            (who, Target::Relay, last(text(&told.body["message"])))
        });
        let in_browsers = self.pushed.iter().map(|(endpoint, text)| {
            let who = self.browsers.iter().position(|it| it.endpoint == *endpoint);
            (who, Target::Browser, text.clone())
        });
        through_relay.chain(in_browsers).collect()
    }

    /// Nobody was told of anything else, and nobody twice.
    pub async fn check(mut self) {
        self.host.stop().await;
        let heard = self.heard().await;
        let mut once = BTreeSet::new();
        for (who, target, message) in heard {
            let Some(who) = who else { continue };
            let said = format!("{} was told of {message} by {target:?}", PEOPLE[who]);
            let telling = (who, target, message);
            assert!(self.may.contains(&telling), "{said}");
            assert!(once.insert(telling), "{said} twice");
        }
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
