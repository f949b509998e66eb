//! What people are shown when they ask.

use serde_json::Value;

use super::world::World;
use crate::{
    support::Client,
    witness::{id_at, settle},
};

impl World {
    /// What somebody is shown of a conversation.
    pub async fn look(&self, person: usize, id: &str) {
        let (client, witness) = (&self.people[person][0], self.witness());
        let path = format!("/api/conversations/{id}");
        let paths = [
            String::new(),
            "/messages?limit=100".into(),
            "/messages?order=top&limit=100".into(),
            "/participants".into(),
        ];
        self.open_files(person, id).await;
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
        for message in history.as_array().expect("a list") {
            let message_id = text(&message["id"]);
            let is_meant = self.stays.was_meant_for(id, &client.id, message_id);
            assert!(is_meant, "{} is shown {message}", client.id);
        }
        kept.reverse();
        // From anywhere behind the floor, it begins at the floor.
        let early = format!("{path}/messages?limit=100&after=1");
        assert_eq!(client.get(&early).await.expect(200), history);
        let newest = |messages: &[Value]| Value::from(&messages[..messages.len().min(100)]);
        assert_eq!(history, newest(&kept));
        // The newest first among equals, as the sort is stable.
        let reactions = |message: &Value| -> u64 {
            let reactions = message["reactions"].as_array().expect("a list").iter();
            let counts = reactions.map(|reaction| reaction["count"].as_u64().expect("a number"));
            counts.sum()
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
    pub async fn look_around(&self, client: &Client) {
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
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
