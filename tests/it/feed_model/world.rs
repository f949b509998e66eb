//! The server with its people and their streams, what each step does, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tincan::bus::Capacity;

use super::{
    Device, InRoom, PEOPLE, Step, connection::Transport, follower::Follower, inbox::Inbox,
    messages::Named, stays::Stays,
};
use crate::{
    support::{Answer, Client, Server, dev},
    witness::{Witness, id_at, place},
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
    pub named: BTreeMap<(usize, u8), Named>,
    /// Read marks of which others were not to know when they were set, and never since.
    hushed: BTreeSet<i64>,
    /// Read marks of which others were not to know at one time or another: it depends on when they
    /// looked.
    either: BTreeSet<i64>,
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
pub const FORBIDDEN: Outcome = Outcome::Refused(403, "not_yours");
pub const NOT_A_ROOM: Outcome = Outcome::Refused(409, "not_a_room");

impl World {
    /// Two rooms; where they are crowded, there is one too many in each to see each other's read marks.
    pub async fn start(bus: Capacity, is_crowded: bool) -> Self {
        let server = Server::start(tincan::server::Config { bus, ..dev() }).await;
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
                files,
            } => {
                let content = content.to_string();
                self.send(by, to, client_id, &content, files).await;
            }
            Step::Burst { by, to, count } => self.burst(by, to, count).await,
            Step::Read { by, of, up_to } => self.read(by, of, up_to).await,
            Step::Pin { by, of, pinned } => self.pin(by, of, pinned).await,
            Step::ToMessage { by, message, what } => self.to_message(by, message, what).await,
            Step::Show { by, shows } => {
                let wanted = json!({ "showsActivity": shows });
                let changed = self.client(by).patch("/api/settings", wanted).await;
                assert_eq!(changed.expect(200)["showsActivity"], shows);
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
                let rests = async {
                    let mut rests = Vec::new();
                    for follower in &mut self.followers {
                        rests.push(follower.rest().await);
                    }
                    rests
                };
                let ((), rests) = tokio::join!(self.server.stop(), rests);
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
                self.stays.begin(&conversation, &user, 0);
            }
        }
        conversation
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
            self.note_reads();
        }
    }

    async fn pin(&self, by: Device, of: usize, pinned: bool) {
        let Some((conversation, _)) = self.conversation(of) else {
            return;
        };
        let (client, witness) = (self.client(by), self.witness());
        let known = witness.conversation(&client.id, &conversation);
        let outcome = match known {
            None => UNSEEN,
            Some(known) if known["pinned"] == pinned => Outcome::Same,
            Some(_) => Outcome::Done,
        };
        let path = format!("/api/conversations/{conversation}/settings");
        let before = witness.last();
        let answer = client.patch(&path, json!({ "pinned": pinned })).await;
        self.expect(answer, &outcome, 200, before);
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

    /// In front of everybody, something is done in every conversation of which not everybody is to
    /// know.
    pub async fn stir(&mut self, reader: Device, owner: usize) {
        for person in 0..PEOPLE.len() {
            let device = Device { person, session: 1 };
            let follower = Follower::start(device, self.client(device), Transport::Events).await;
            self.followers.push(follower);
        }
        for (which, (conversation, _)) in self.conversations().into_iter().enumerate() {
            let alteration = InRoom::Alter {
                name: Some(2),
                open: None,
                owner: Some(owner),
            };
            self.in_room(None, which, alteration).await;
            self.read(reader, which, None).await;
            self.touch_first(&conversation).await;
        }
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
            let inbox = Inbox::load(&devices[0]).await;
            inbox.expect_kept(&devices[0].id, &witness);
            inboxes.push(inbox);
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
            follower.leave();
        }
        self.server.stop().await;
    }
}
