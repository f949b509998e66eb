//! The server with its people and their streams, what each step does, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    Device, EMOJI, PEOPLE, Step, ToMessage,
    follower::{Follower, Transport},
    inbox::Inbox,
    stays::Stays,
};
use crate::{
    support::{Answer, Client, Server, at_once, dev, messages},
    witness::{Witness, id_at, place, settle},
};

pub struct World {
    server: Server,
    /// By person and session.
    pub people: Vec<Vec<Client>>,
    pub stays: Stays,
    followers: Vec<Follower>,
    /// Devices that were off all the time, one of each person.
    asleep: Vec<Follower>,
    /// What the first message of each author and client id was.
    named: BTreeMap<(usize, u8), Named>,
    /// Read marks of which others were not to know when they were set, and never since.
    hushed: BTreeSet<i64>,
    /// Read marks of which others were not to know at one time or another: it depends on when they
    /// looked.
    either: BTreeSet<i64>,
}

struct Named {
    id: String,
    conversation: String,
    content: String,
}

/// What must come of a request.
#[derive(Debug)]
pub enum Outcome {
    Done,
    /// It was so already.
    Same,
    Refused(u16, &'static str),
}

pub const UNSEEN: Outcome = Outcome::Refused(404, "not_found");
pub const NOT_YOURS: Outcome = Outcome::Refused(403, "not_yours");
pub const NOT_A_ROOM: Outcome = Outcome::Refused(409, "not_a_room");

impl World {
    /// Two rooms; where they are crowded, it takes one or two more in the other to keep read marks to
    /// oneself.
    pub async fn start(bus_capacity: usize, is_crowded: bool) -> Self {
        let server = Server::start(tincan::server::Config {
            bus_capacity,
            ..dev()
        })
        .await;
        let (mut people, mut asleep) = (Vec::new(), Vec::new());
        for (person, name) in PEOPLE.into_iter().enumerate() {
            let first = match name {
                "john" | "jane" => server.sign_in(name).await,
                _ => server.sign_up(name).await,
            };
            let device = Device { person, session: 0 };
            let devices = vec![first.another_device().await, first];
            asleep.push(Follower::start(device, &devices[0], Transport::Poll).await);
            people.push(devices);
        }
        let mut world = Self {
            server,
            people,
            stays: Stays::default(),
            followers: Vec::new(),
            asleep,
            named: BTreeMap::new(),
            hushed: BTreeSet::new(),
            either: BTreeSet::new(),
        };
        let crowd = if is_crowded {
            world.fill().await
        } else {
            Vec::new()
        };
        for (person, open) in [(0, false), (1, true)] {
            let by = Device { person, session: 0 };
            let with = [true, true, false, false];
            world.create(by, with, open, &crowd).await;
        }
        world
    }

    pub fn client(&self, device: Device) -> &Client {
        &self.people[device.person][device.session]
    }

    pub fn witness(&self) -> Witness {
        Witness::of(self.server.database())
    }

    pub fn nobody(&self) -> Client {
        self.server.nobody()
    }

    /// All conversations: their ids, and whether they are rooms.
    fn conversations(&self) -> Vec<(String, bool)> {
        let query = "SELECT id, kind = 'room' FROM conversations ORDER BY kind DESC, id";
        self.witness()
            .rows(query, [], |row| Ok((id_at(row, 0)?, row.get(1)?)))
    }

    pub fn conversation(&self, which: usize) -> Option<(String, bool)> {
        let all = self.conversations();
        all.get(which.checked_rem(all.len())?).cloned()
    }

    fn follower(&mut self, stream: usize) -> Option<&mut Follower> {
        let count = self.followers.len();
        self.followers.get_mut(stream.checked_rem(count)?)
    }

    /// The body of an answer of which this must have come: a change, or none.
    #[track_caller]
    pub fn expect(&self, answer: Answer, outcome: &Outcome, status: u16, before: i64) -> Value {
        let has_changed = self.witness().last() > before;
        assert_eq!(has_changed, matches!(outcome, Outcome::Done), "{answer:?}");
        match *outcome {
            Outcome::Done | Outcome::Same => answer.expect(status),
            Outcome::Refused(status, code) => answer.refused(status, code),
        }
    }

    pub async fn take_step(&mut self, step: &Step) {
        match *step {
            Step::Start { by, with } => drop(self.talk(by, with).await),
            Step::Create { by, with, open } => self.create(by, with, open, &[]).await,
            Step::InRoom { by, room, what } => self.in_room(by, room, what).await,
            Step::Send {
                by,
                to,
                client_id,
                content,
            } => self.send(by, to, client_id, &content.to_string()).await,
            Step::Burst { by, to, count } => self.burst(by, to, count).await,
            Step::Read { by, of, up_to } => self.read(by, of, up_to).await,
            Step::ToMessage { by, message, what } => self.to_message(by, message, what).await,
            Step::Show { by, shows } => {
                let wanted = json!({ "showsActivity": shows });
                let changed = self.client(by).patch("/api/settings", wanted.clone()).await;
                assert_eq!(changed.expect(200), wanted);
            }
            Step::Look { by, at } => {
                if let Some((id, _)) = self.conversation(at) {
                    self.look(by.person, &id).await;
                }
            }
            Step::Follow { by, transport } => {
                let follower = Follower::start(by, self.client(by), transport).await;
                self.followers.push(follower);
            }
            Step::Leave { stream } => {
                if let Some(follower) = self.follower(stream) {
                    follower.leave();
                }
            }
            Step::Return { stream, transport } => {
                let witness = self.witness();
                if let Some(follower) = self.follower(stream) {
                    follower.come_back(transport, &witness).await;
                }
            }
            Step::Take { stream, count } => {
                let (witness, either) = (self.witness(), self.either.clone());
                if let Some(follower) = self.follower(stream) {
                    follower.take(&witness, count, &either).await;
                }
            }
            Step::SignOut { device } => self.sign_out(device).await,
            Step::Restart => {
                self.server.stop().await;
                let mut rests = Vec::new();
                for follower in &mut self.followers {
                    rests.push(follower.rest().await);
                }
                self.server.resume().await;
                for (follower, rest) in self.followers.iter_mut().zip(rests) {
                    follower.note(rest).await;
                    follower.leave();
                }
            }
        }
        self.note_reads();
    }

    /// The direct conversation with somebody.
    async fn talk(&mut self, by: Device, with: usize) -> String {
        let (client, before) = (self.client(by), self.witness().last());
        let conversation = client.talk_to(PEOPLE[with]).await;
        let is_new = !self.stays.knows(&conversation);
        assert_eq!(is_new, self.witness().last() > before);
        if is_new {
            for user in [client.id.clone(), self.people[with][0].id.clone()] {
                self.stays.enter(&conversation, &user, 0, true);
            }
        }
        conversation
    }

    async fn send(&mut self, by: Device, to: usize, client_id: Option<u8>, content: &str) {
        let Some((conversation, _)) = self.conversation(to) else {
            return;
        };
        let (client, witness) = (self.client(by), self.witness());
        let before = witness.last();
        let mut draft = json!({ "content": content });
        if let Some(client_id) = client_id {
            draft["clientId"] = client_id.to_string().into();
        }
        let name = client_id.map(|client_id| (by.person, client_id));
        let first = name.and_then(|name| self.named.get(&name));
        let outcome = match first {
            _ if !self.stays.is_in(&conversation, &client.id) => UNSEEN,
            None => Outcome::Done,
            Some(first) if first.conversation != conversation => {
                Outcome::Refused(409, "client_id_reused")
            }
            Some(first) if first.content == content || has_changed(&witness, &first.id) => {
                Outcome::Same
            }
            Some(_) => Outcome::Refused(409, "client_id_reused"),
        };
        let status = if first.is_some() { 200 } else { 201 };
        let answer = client.post(&messages(&conversation), draft).await;
        let message = self.expect(answer, &outcome, status, before);
        match (outcome, first) {
            (Outcome::Refused(..), _) => {}
            (_, Some(first)) => {
                assert_eq!(message["id"], first.id);
                self.expect_message(client, &first.id, &message);
            }
            (_, None) => {
                let id = message["id"].as_str().expect("an id").to_owned();
                assert_eq!(message["content"], content);
                self.expect_message(client, &id, &message);
                if let Some(name) = name {
                    let content = content.to_owned();
                    let named = Named {
                        id,
                        conversation,
                        content,
                    };
                    self.named.insert(name, named);
                }
            }
        }
    }

    async fn burst(&self, by: Device, to: usize, count: usize) {
        let client = self.client(by);
        let conversation = self.conversation(to).map(|(id, _)| id);
        let Some(conversation) = conversation.filter(|id| self.stays.is_in(id, &client.id)) else {
            return;
        };
        let send = |number: usize| {
            let (client, conversation) = (client.clone(), conversation.clone());
            async move { client.say(&conversation, &number.to_string()).await }
        };
        at_once((0..count).map(send)).await;
    }

    async fn read(&mut self, by: Device, of: usize, up_to: Option<i64>) {
        let Some((conversation, _)) = self.conversation(of) else {
            return;
        };
        let (client, witness) = (self.client(by), self.witness());
        let mark = |witness: &Witness| {
            let query = "SELECT last_read_number FROM participants WHERE conversation_id = ?1 AND user_id = ?2";
            let marks: Vec<i64> =
                witness.rows(query, (&conversation, &client.id), |row| row.get(0));
            marks.first().copied()
        };
        let newest = format!(
            "SELECT ifnull(max(number), 0) FROM messages WHERE conversation_id = {conversation}"
        );
        let newest = witness.number(&newest);
        let wanted = up_to.unwrap_or(newest).min(newest);
        let known = mark(&witness);
        let outcome = match known {
            None => UNSEEN,
            Some(known) if known >= wanted => Outcome::Same,
            Some(_) => Outcome::Done,
        };
        let path = format!("/api/conversations/{conversation}/read_messages");
        let body = up_to.map_or(json!({}), |up_to| json!({ "upTo": up_to }));
        let before = witness.last();
        let answer = client.post(&path, body).await;
        self.expect(answer, &outcome, 204, before);
        assert_eq!(mark(&witness), known.map(|known| known.max(wanted)));
        if matches!(outcome, Outcome::Done) {
            self.hushed.insert(witness.last());
        }
    }

    /// Remembers of which read marks others aren't to know now, and which they may know after all.
    fn note_reads(&mut self) {
        let witness = self.witness();
        let hidden = witness.hidden_reads();
        let query = "SELECT read_id FROM participants WHERE read_id IS NOT NULL";
        let kept: Vec<i64> = witness.rows(query, [], |row| row.get(0));
        self.hushed
            .retain(|id| hidden.contains(id) || !kept.contains(id));
        self.either.extend(hidden);
    }

    async fn to_message(&self, by: Option<Device>, which: usize, what: ToMessage) {
        let witness = self.witness();
        let query =
            "SELECT id, conversation_id, CAST(author_id AS TEXT), content, deleted_at IS NOT NULL,
                 system IS NOT NULL FROM messages ORDER BY id DESC LIMIT 10";
        let found = witness.rows(query, [], |row| {
            Ok(Touched {
                id: id_at(row, 0)?,
                conversation: id_at(row, 1)?,
                author: row.get(2)?,
                content: row.get(3)?,
                is_deleted: row.get(4)?,
                is_of_system: row.get(5)?,
            })
        });
        let Some(message) = found.get(which) else {
            return;
        };
        let concerned = match what {
            ToMessage::Unreact(emoji) => reacted(&witness, message, emoji).first().cloned(),
            _ => message.author.clone(),
        };
        let is_concerned = |devices: &&Vec<Client>| Some(&devices[0].id) == concerned.as_ref();
        let client = match by {
            Some(by) => self.client(by),
            None => match self.people.iter().find(is_concerned) {
                Some(devices) => &devices[0],
                None => return,
            },
        };
        let outcome = self.outcome(client, message, what, &witness);
        let before = witness.last();
        let path = format!("/api/messages/{}", message.id);
        let reaction = |emoji: usize| format!("{path}/reactions/{}", EMOJI[emoji]);
        let answer = match what {
            ToMessage::Edit(content) => {
                let content = json!({ "content": content.to_string() });
                client.patch(&path, content).await
            }
            ToMessage::Delete => client.delete(&path).await,
            ToMessage::React(emoji) => client.put(&reaction(emoji)).await,
            ToMessage::Unreact(emoji) => client.delete(&reaction(emoji)).await,
        };
        let status = if matches!(what, ToMessage::Delete) {
            204
        } else {
            200
        };
        let body = self.expect(answer, &outcome, status, before);
        if status == 200 && !matches!(outcome, Outcome::Refused(..)) {
            self.expect_message(client, &message.id, &body);
        }
    }

    fn outcome(
        &self,
        client: &Client,
        message: &Touched,
        what: ToMessage,
        witness: &Witness,
    ) -> Outcome {
        if !self
            .stays
            .shows(&message.conversation, &client.id, &message.id)
        {
            return UNSEEN;
        }
        let is_author = message.author.as_ref() == Some(&client.id);
        let has = |emoji| reacted(witness, message, emoji).contains(&client.id);
        let same = |is_same: bool| {
            if is_same {
                Outcome::Same
            } else {
                Outcome::Done
            }
        };
        match what {
            ToMessage::Edit(_) if !is_author => NOT_YOURS,
            ToMessage::Edit(_) | ToMessage::React(_) if message.is_deleted => UNSEEN,
            ToMessage::Edit(content) => same(message.content == content.to_string()),
            ToMessage::Delete => {
                let role = witness.role(&message.conversation, &client.id);
                let is_owner = role.as_deref() == Some("owner") && !message.is_of_system;
                if is_author || is_owner {
                    same(message.is_deleted)
                } else {
                    NOT_YOURS
                }
            }
            ToMessage::React(emoji) => same(has(emoji)),
            ToMessage::Unreact(emoji) => same(!has(emoji)),
        }
    }

    #[track_caller]
    fn expect_message(&self, client: &Client, id: &str, told: &Value) {
        let kept = self.witness().message(&client.id, id);
        // One's own of an earlier stay can be sent again, but isn't seen any more.
        assert!(kept.is_none_or(|kept| kept == *told), "{told}");
    }

    /// What somebody is shown of a conversation.
    async fn look(&self, person: usize, id: &str) {
        let (client, witness) = (&self.people[person][0], self.witness());
        let path = format!("/api/conversations/{id}");
        let paths = [
            String::new(),
            "/messages?limit=100".into(),
            "/messages?order=top&limit=100".into(),
            "/participants".into(),
        ];
        let mut shown = Vec::new();
        for part in paths {
            let answer = client.get(&format!("{path}{part}")).await;
            if self.stays.is_in(id, &client.id) {
                shown.push(answer.expect(200));
            } else {
                answer.refused(404, "not_found");
            }
        }
        let Ok([mut conversation, history, top, participants]) = <[Value; 4]>::try_from(shown)
        else {
            return;
        };
        settle(&mut conversation);
        assert_eq!(Some(conversation), witness.conversation(&client.id, id));

        let mut kept = witness.history(&client.id, id);
        assert!(
            kept.iter()
                .all(|message| self.stays.shows(id, &client.id, text(&message["id"])))
        );
        kept.reverse();
        let newest = |messages: &[Value]| Value::from(&messages[..messages.len().min(100)]);
        assert_eq!(history, newest(&kept));
        // The newest first among equals, as the sort is stable.
        let reactions = |message: &Value| -> usize {
            let reactions = message["reactions"].as_array().expect("a list").iter();
            reactions
                .map(|reaction| reaction["users"].as_array().map_or(0, Vec::len))
                .sum()
        };
        kept.sort_by_key(|message| std::cmp::Reverse(reactions(message)));
        assert_eq!(top, newest(&kept));

        let participants = participants.as_array().expect("a list").iter();
        let told: Vec<_> = participants
            .map(|one| (&one["user"]["id"], &one["role"], &one["lastReadNumber"]))
            .map(|(id, role, mark)| (text(id).to_owned(), text(role).to_owned(), mark.as_i64()))
            .collect();
        assert_eq!(told, witness.participants(&client.id, id));
    }

    /// What somebody is shown of the rooms that they can join.
    async fn look_around(&self, client: &Client) {
        let rooms = client.get("/api/rooms").await.expect(200);
        let rooms = rooms.as_array().expect("a list").iter();
        let told: Vec<_> = rooms
            .map(|room| {
                assert_eq!(
                    (&room["role"], &room["lastMessage"]),
                    (&Value::Null, &Value::Null)
                );
                text(&room["id"]).to_owned()
            })
            .collect();
        let query = "SELECT id FROM conversations WHERE open = 1 ORDER BY id DESC";
        let mut open = self.witness().rows(query, [], |row| id_at(row, 0));
        open.retain(|id| !self.stays.is_in(id, &client.id));
        assert_eq!(told, open);
    }

    /// Ends a session, and signs in anew in its place.
    async fn sign_out(&mut self, device: Device) {
        let client = self.client(device).clone();
        client.post("/api/logout", json!({})).await.expect(204);
        let anew = client.another_device().await;
        for follower in self.followers.iter_mut().chain(&mut self.asleep) {
            if follower.device == device {
                let rest = follower.rest().await;
                follower.client = anew.clone();
                follower.note(rest).await;
                follower.leave();
            }
        }
        client
            .get("/api/auth_user")
            .await
            .refused(401, "unauthorized");
        self.people[device.person][device.session] = anew;
    }

    pub async fn check(mut self) {
        // Something that is told to everybody last, so that streams have all when they have this.
        let mut last = Vec::new();
        for [one, other] in [[0, 1], [2, 3]] {
            let by = Device {
                person: one,
                session: 0,
            };
            let conversation = self.talk(by, other).await;
            let message = self.client(by).say(&conversation, "last").await;
            last.extend([message.clone(), message]);
        }
        let witness = self.witness();
        witness.expect_agreement();
        self.stays.expect_kept(&witness);
        let mut inboxes = Vec::new();
        for (person, devices) in self.people.iter().enumerate() {
            for (conversation, _) in self.conversations() {
                self.look(person, &conversation).await;
            }
            self.look_around(&devices[0]).await;
            inboxes.push(Inbox::load(&devices[0]).await);
        }
        for follower in &mut self.asleep {
            follower.leave();
        }
        for follower in self.followers.iter_mut().chain(&mut self.asleep) {
            let person = follower.device.person;
            follower.take_all(&last[person], &witness).await;
            for event in follower.seen() {
                self.stays.expect_allowed(&follower.client.id, event);
                let is_of_others =
                    event.name == "read" && event.data["userId"] != follower.client.id;
                let is_hushed = self.hushed.contains(&place(&event.id));
                assert!(!(is_of_others && is_hushed), "{event:?}");
            }
            let now = &inboxes[person];
            follower.check(&witness, &self.either, now).await;
        }
        self.server.stop().await;
    }
}

struct Touched {
    id: String,
    conversation: String,
    author: Option<String>,
    content: String,
    is_deleted: bool,
    is_of_system: bool,
}

/// Who has reacted to a message so.
fn reacted(witness: &Witness, message: &Touched, emoji: usize) -> Vec<String> {
    let query = "SELECT user_id FROM reactions WHERE message_id = ?1 AND emoji = ?2";
    witness.rows(query, (&message.id, EMOJI[emoji]), |row| id_at(row, 0))
}

/// Whether a message was edited or deleted.
fn has_changed(witness: &Witness, id: &str) -> bool {
    let query = format!(
        "SELECT count(*) FROM messages WHERE id = {id} AND (edited_at IS NOT NULL OR deleted_at IS NOT NULL)"
    );
    witness.number(&query) > 0
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
