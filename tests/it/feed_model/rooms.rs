//! What people do in rooms, and what must come of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Device, InRoom, PEOPLE,
    world::{FORBIDDEN, NOT_A_ROOM, Outcome, UNSEEN, World},
};
use crate::{
    support::{Client, answer, at_once, png},
    witness::{Witness, id_at},
};

/// With two people one too many to see each other's read marks.
const CROWD: usize = 49;

impl World {
    /// Usernames and ids of those who only fill rooms.
    pub async fn fill(&self) -> Vec<(String, String)> {
        let nobody = self.nobody();
        let sign_up = |number: usize| {
            let nobody = nobody.clone();
            async move { nobody.sign_up(&format!("crowd{number}")).await }
        };
        let crowd = at_once((0..CROWD).map(sign_up)).await;
        crowd
            .into_iter()
            .map(|one| (one.username, one.id))
            .collect()
    }

    pub async fn create(
        &mut self,
        by: Device,
        with: [bool; 4],
        open: bool,
        crowd: &[(String, String)],
    ) {
        let people = self.people.iter().zip(with).filter(|&(_, with)| with);
        let mut all: Vec<_> = people
            .map(|(devices, _)| (devices[0].username.clone(), devices[0].id.clone()))
            .collect();
        all.extend(crowd.iter().cloned());
        let (client, before) = (self.client(by).clone(), self.witness().last());
        let usernames: Vec<_> = all.iter().map(|(username, _)| username).collect();
        let room = json!({ "name": " Room ", "usernames": usernames, "open": open });
        let answer = client.post("/api/conversations", room).await;
        let room = self.expect(answer, &Outcome::Done, 201, before);
        assert_eq!(
            (&room["name"], &room["role"]),
            (&json!("Room"), &json!("owner"))
        );
        let id = room["id"].as_str().expect("an id");
        all.push((client.username, client.id));
        all.sort();
        all.dedup();
        for (_, user) in all {
            self.stays.begin(id, &user, before);
        }
        self.stays.turn(id, 0, open);
        self.stays.expect_kept(&self.witness());
    }

    pub async fn in_room(&mut self, by: Option<Device>, room: usize, what: InRoom) {
        let Some((room, is_room)) = self.conversation(room) else {
            return;
        };
        let witness = self.witness();
        let owner = owner(&witness, &room);
        let is_owner = |devices: &&Vec<Client>| Some(&devices[0].id) == owner.as_ref();
        let client = match by {
            Some(by) => self.client(by).clone(),
            None => match self.people.iter().find(is_owner) {
                Some(devices) => devices[0].clone(),
                None => return,
            },
        };
        let (outcome, before) = (self.come_of(&client, &room, is_room, what), witness.last());
        let was = witness.conversation(&client.id, &room);

        let path = format!("/api/conversations/{room}");
        let participants = format!("{path}/participants");
        let id = |person: usize| self.people[person][0].id.clone();
        let (answer, status) = match what {
            InRoom::Join => (client.post(&participants, json!({})).await, 204),
            InRoom::Add(whom) => {
                let whom = json!({ "username": self.name(whom) });
                (client.post(&participants, whom).await, 204)
            }
            InRoom::Leave => (client.delete(&format!("{participants}/me")).await, 204),
            InRoom::Remove(whom) => {
                let path = format!("{participants}/{}", id(whom));
                (client.delete(&path).await, 204)
            }
            InRoom::Alter { name, open, owner } => {
                let (name, owner) = (name.map(|name| name.to_string()), owner.map(id));
                let wanted = json!({ "name": name, "open": open, "owner": owner });
                (client.patch(&path, wanted).await, 200)
            }
            InRoom::Picture(None) => (client.delete(&format!("{path}/avatar")).await, 200),
            InRoom::Picture(Some(side)) => {
                let request = client.request(Method::PUT, &format!("{path}/avatar"));
                (answer(request.body(picture(side))).await, 200)
            }
        };
        let body = self.expect(answer, &outcome, status, before);
        if !matches!(outcome, Outcome::Done) {
            return;
        }
        let witness = self.witness();
        match what {
            InRoom::Join => self.stays.enter(&room, &client.id, before),
            InRoom::Add(whom) => self.stays.enter(&room, &id(whom), before),
            InRoom::Leave | InRoom::Remove(_) => {
                let gone = match what {
                    InRoom::Remove(whom) => id(whom),
                    _ => client.id,
                };
                self.stays.leave(&room, &gone, before);
                let heirs = self.stays.longest(&room);
                if owner == Some(gone) && !heirs.is_empty() {
                    let heir = self::owner(&witness, &room).expect("an owner");
                    assert!(heirs.contains(heir.as_str()), "{heir} of {heirs:?}");
                }
            }
            InRoom::Alter { name, open, owner } => {
                assert!(name.is_none_or(|name| is_called(&body, name)));
                assert!(open.is_none_or(|open| body["open"] == open));
                let was = was.expect("a room");
                if let Some(open) = open.filter(|open| was["open"] != *open) {
                    // A new name comes first: the room’s change, and the message about it.
                    let renamed = name.is_some_and(|name| !is_called(&was, name));
                    let from = before + if renamed { 2 } else { 0 };
                    self.stays.turn(&room, from, open);
                }
                let now = self::owner(&witness, &room);
                assert!(owner.is_none_or(|owner| now == Some(id(owner))));
                let role = if now == Some(client.id) {
                    "owner"
                } else {
                    "member"
                };
                assert_eq!(body["role"], role);
            }
            InRoom::Picture(side) => {
                assert!(is_pictured(&witness, &room, side));
                assert_eq!(body["avatarURL"].is_string(), side.is_some());
            }
        }
        self.stays.expect_kept(&witness);
        witness.expect_agreement();
    }

    fn come_of(&self, client: &Client, room: &str, is_room: bool, what: InRoom) -> Outcome {
        let witness = self.witness();
        let role = |user: &str| witness.role(room, user);
        let id = |person: usize| self.people[person][0].id.as_str();
        let own = role(&client.id);
        let is_owner = own.as_deref() == Some("owner");
        let done = |is_new: bool| if is_new { Outcome::Done } else { Outcome::Same };
        match what {
            InRoom::Join if own.is_some() => Outcome::Same,
            InRoom::Join if is_open(&witness, room) => Outcome::Done,
            _ if own.is_none() => UNSEEN,
            _ if !is_room => NOT_A_ROOM,
            InRoom::Add(whom) if whom == PEOPLE.len() => UNSEEN,
            InRoom::Add(whom) => done(role(id(whom)).is_none()),
            InRoom::Remove(whom) if id(whom) == client.id => Outcome::Done,
            InRoom::Join | InRoom::Leave => Outcome::Done,
            _ if !is_owner => FORBIDDEN,
            InRoom::Remove(whom)
            | InRoom::Alter {
                owner: Some(whom), ..
            } if role(id(whom)).is_none() => UNSEEN,
            InRoom::Remove(_) => Outcome::Done,
            InRoom::Alter { name, open, owner } => {
                let present = witness.conversation(&client.id, room).expect("a room");
                let is_renamed = name.is_some_and(|name| !is_called(&present, name));
                let is_opened = open.is_some_and(|open| present["open"] != open);
                let is_handed_over = owner.is_some_and(|owner| id(owner) != client.id);
                done(is_renamed || is_opened || is_handed_over)
            }
            InRoom::Picture(side) => done(!is_pictured(&witness, room, side)),
        }
    }

    fn name(&self, person: usize) -> &str {
        let person = self.people.get(person);
        person.map_or("nobody", |person| &person[0].username)
    }
}

fn picture(side: u8) -> Vec<u8> {
    png(side.into(), side.into())
}

fn is_pictured(witness: &Witness, room: &str, side: Option<u8>) -> bool {
    let kept = "SELECT picture FROM room_pictures WHERE conversation_id = ?1";
    let kept: Vec<Vec<u8>> = witness.rows(kept, [room], |row| row.get(0));
    kept.into_iter().eq(side.map(picture))
}

fn is_called(room: &Value, name: u8) -> bool {
    room["name"].as_str() == Some(&name.to_string())
}

fn is_open(witness: &Witness, room: &str) -> bool {
    witness.number(&format!("SELECT open FROM conversations WHERE id = {room}")) == 1
}

fn owner(witness: &Witness, room: &str) -> Option<String> {
    let query = "SELECT user_id FROM participants WHERE conversation_id = ?1 AND role = 'owner'";
    witness.rows(query, [room], |row| id_at(row, 0)).pop()
}
