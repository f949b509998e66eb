//! What people do with messages, and what must come of it.

use serde_json::{Value, json};

use super::{
    Device, EMOJI, ToMessage,
    world::{FORBIDDEN, Outcome, UNSEEN, World},
};
use crate::{
    support::{Client, at_once, messages},
    witness::{Witness, id_at},
};

/// What is in every file.
const FILE: &[u8] = b"a list of things to buy";

/// A message that was sent with a client id.
pub struct Named {
    id: String,
    conversation: String,
    content: String,
    /// The ids of its attachments.
    files: Vec<String>,
}

/// A message that something is done with.
struct Touched {
    id: String,
    conversation: String,
    author: Option<String>,
    content: String,
    is_deleted: bool,
    is_of_system: bool,
}

impl World {
    pub async fn send(
        &mut self,
        by: Device,
        to: usize,
        client_id: Option<u8>,
        content: &str,
        files: usize,
    ) {
        let Some((conversation, _)) = self.conversation(to) else {
            return;
        };
        let (client, witness) = (self.client(by), self.witness());
        let before = witness.last();
        let name = client_id.map(|client_id| (by.person, client_id));
        let first = name.and_then(|name| self.named.get(&name));
        let files = match first {
            // As a client that hasn't heard the answer.
            Some(first) if first.files.len() == files => first.files.clone(),
            _ => upload(client, files).await,
        };
        let mut draft = json!({ "content": content, "attachments": files });
        if let Some(client_id) = client_id {
            draft["clientId"] = client_id.to_string().into();
        }
        let outcome = match first {
            _ if !self.stays.is_in(&conversation, &client.id) => UNSEEN,
            None => Outcome::Done,
            Some(first) if first.conversation != conversation => {
                Outcome::Refused(409, "client_id_reused")
            }
            Some(first)
                if (&*first.content, &first.files) == (content, &files)
                    || has_changed(&witness, &first.id) =>
            {
                Outcome::Same
            }
            Some(_) => Outcome::Refused(409, "client_id_reused"),
        };
        let status = if first.is_some() { 200 } else { 201 };
        let answer = client.post(&messages(&conversation), draft).await;
        let message = self.expect(answer, &outcome, status, before);
        if !matches!(outcome, Outcome::Done) {
            // Those that were attached before aren't uploads any more.
            for id in &files {
                client.delete(&format!("/api/uploads/{id}")).await;
            }
        }
        match (outcome, first) {
            (Outcome::Refused(..), _) => {}
            (_, Some(first)) => {
                assert_eq!(message["id"], first.id);
                self.expect_message(client, &first.id, &message);
            }
            (_, None) => {
                let id = message["id"].as_str().expect("an id").to_owned();
                assert_eq!(message["content"], content);
                let attached = message["attachments"].as_array().map_or(0, Vec::len);
                assert_eq!(attached, files.len());
                self.expect_message(client, &id, &message);
                if let Some(name) = name {
                    let content = content.to_owned();
                    let named = Named {
                        id,
                        conversation,
                        content,
                        files,
                    };
                    self.named.insert(name, named);
                }
            }
        }
    }

    /// Whoever sees a message reads its files, and nobody else does.
    pub async fn open_files(&self, person: usize, conversation: &str) {
        let client = &self.people[person][0];
        let query = "SELECT id, message_id FROM attachments WHERE conversation_id = ?1";
        let files = self.witness().rows(query, [conversation], |row| {
            Ok((id_at(row, 0)?, id_at(row, 1)?))
        });
        for (file, message) in files {
            let path = format!("/api/files/{file}");
            if self.stays.shows(conversation, &client.id, &message) {
                let read = client.download(&path, &[]).await;
                assert_eq!((read.status.as_u16(), read.bytes.as_slice()), (200, FILE));
            } else {
                client.get(&path).await.refused(404, "not_found");
            }
        }
    }

    pub async fn burst(&self, by: Device, to: usize, count: usize) {
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

    pub async fn to_message(&self, by: Option<Device>, which: usize, what: ToMessage) {
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

    /// Somebody who sees a conversation's first message reacts to it, and nobody else can.
    pub async fn touch_first(&self, conversation: &str) {
        let query =
            "SELECT id FROM messages WHERE conversation_id = ?1 AND deleted_at IS NULL LIMIT 1";
        let first = self
            .witness()
            .rows(query, [conversation], |row| id_at(row, 0));
        let Some(first) = first.first() else {
            return;
        };
        let path = format!("/api/messages/{first}");
        let reaction = format!("{path}/reactions/{}", EMOJI[0]);
        for devices in &self.people {
            let client = &devices[0];
            if self.stays.shows(conversation, &client.id, first) {
                client.put(&reaction).await.expect(200);
                client.delete(&reaction).await.expect(200);
            } else {
                client.put(&reaction).await.refused(404, "not_found");
                client.delete(&reaction).await.refused(404, "not_found");
                client.delete(&path).await.refused(404, "not_found");
                let content = json!({ "content": "unseen" });
                client.patch(&path, content).await.refused(404, "not_found");
            }
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
            ToMessage::Edit(_) if !is_author => FORBIDDEN,
            ToMessage::Edit(_) | ToMessage::React(_) if message.is_deleted => UNSEEN,
            ToMessage::Edit(content) => same(message.content == content.to_string()),
            ToMessage::Delete => {
                let role = witness.role(&message.conversation, &client.id);
                let is_owner = role.as_deref() == Some("owner") && !message.is_of_system;
                if is_author || is_owner {
                    same(message.is_deleted)
                } else {
                    FORBIDDEN
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
}

/// Uploads so many files, all of which are kept once.
async fn upload(client: &Client, count: usize) -> Vec<String> {
    let mut ids = Vec::with_capacity(count);
    for number in 0..count {
        ids.push(client.upload(&format!("{number}.txt"), FILE).await);
    }
    ids
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
