//! Whatever people do: what comes next is drawn from here.

use reqwest::{
    Method,
    header::{CONTENT_TYPE, COOKIE},
};
use serde_json::{Value, json};

use crate::{
    hostile,
    person::Person,
    support::{Client, messages, participant, participants, text},
    tally::count,
};

const EMOJI: [&str; 4] = ["👍", "❤️", "😂", "🎉"];
/// Pages of histories are so long at most.
const PAGE: usize = 30;
/// Messages of one's own that somebody still changes.
const RECENT: usize = 20;

impl Person {
    pub async fn act(&mut self) {
        match self.rng.u8(..100) {
            0..30 => self.say().await,
            30..36 => self.say_at_once().await,
            36..42 => self.say_over_socket().await,
            42..49 => self.read().await,
            49..53 => self.type_in().await,
            53..59 => self.look_back().await,
            59..64 => self.edit().await,
            64..67 => self.delete().await,
            67..75 => self.react().await,
            75..77 => self.meet().await,
            77..83 => self.be_in_rooms().await,
            83 => self.show_activity().await,
            84 => {
                let line = self.line();
                line.sign_anew().await;
            }
            85 => self.use_token().await,
            86..89 => self.look_around().await,
            89..91 => self.write_plainly().await,
            91..94 => self.list().await,
            _ => {
                let (line, conversation) = (self.line(), self.somewhere());
                hostile::try_something(&line, &conversation, &mut self.rng).await;
                count(&self.tally.hostile);
            }
        }
    }

    /// Anybody but themselves.
    fn somebody(&mut self) -> String {
        let names = self.names.clone();
        let others: Vec<_> = names.iter().filter(|name| **name != self.name).collect();
        others[self.rng.usize(..others.len())].clone()
    }

    async fn list(&mut self) {
        let listed = self
            .ask(Method::GET, "/api/conversations", None, &[200])
            .await;
        let listed = listed.body.as_array().expect("a list");
        self.conversations.clone_from(listed);
    }

    async fn read(&mut self) {
        let path = format!("/api/conversations/{}/read_messages", self.somewhere());
        let up_to = self.rng.u8(..);
        let body = if self.rng.bool() {
            json!({})
        } else {
            json!({ "upTo": up_to })
        };
        self.ask(Method::POST, &path, Some(body), &[204, 404]).await;
    }

    async fn type_in(&mut self) {
        let path = format!("/api/conversations/{}/typing", self.somewhere());
        self.ask(Method::POST, &path, None, &[204, 404]).await;
    }

    /// Some messages of a conversation, and its id.
    async fn page(&mut self) -> (String, Vec<Value>) {
        let conversation = self.somewhere();
        let limit = self.rng.usize(1..=PAGE);
        let order = ["", "&order=top"][self.rng.usize(..2)];
        let path = format!("{}?limit={limit}{order}", messages(&conversation));
        let page = self.ask(Method::GET, &path, None, &[200, 404]).await;
        let page = page.body.as_array().cloned().unwrap_or_default();
        assert!(page.len() <= limit);
        (conversation, page)
    }

    async fn look_back(&mut self) {
        let (conversation, page) = self.page().await;
        for message in &page {
            assert_eq!(message["conversationId"], conversation, "{message}");
        }
        let Some(last) = page.last() else { return };
        let path = format!("{}?before={}", messages(&conversation), text(&last["id"]));
        self.ask(Method::GET, &path, None, &[200, 404]).await;
    }

    /// Which of what they said is next to be changed, by its place.
    fn own(&mut self) -> Option<usize> {
        let count = self.ledger.said.len();
        let recent = count.min(RECENT);
        (recent > 0).then(|| count - 1 - self.rng.usize(..recent))
    }

    async fn edit(&mut self) {
        let Some(which) = self.own() else { return };
        let path = format!("/api/messages/{}", self.ledger.said[which].id);
        let content = format!("edited to {}", self.rng.u32(..));
        let body = json!({ "content": content });
        let answer = self
            .ask(Method::PATCH, &path, Some(body), &[200, 404])
            .await;
        let said = &mut self.ledger.said[which];
        if answer.status == 200 {
            assert!(!said.is_deleted, "{answer:?}");
            assert_eq!(answer.body["content"], content);
            said.content = Some(content);
        } else {
            // They have left, or somebody has deleted it; an unanswered try may have been before that.
            said.content = None;
        }
    }

    async fn delete(&mut self) {
        let Some(which) = self.own() else { return };
        let path = format!("/api/messages/{}", self.ledger.said[which].id);
        let answer = self.ask(Method::DELETE, &path, None, &[204, 404]).await;
        let said = &mut self.ledger.said[which];
        said.is_deleted |= answer.status == 204;
    }

    async fn react(&mut self) {
        let (_, page) = self.page().await;
        let Some(message) = self.rng.choice(&page) else {
            return;
        };
        let (id, emoji) = (text(&message["id"]), EMOJI[self.rng.usize(..EMOJI.len())]);
        let path = format!("/api/messages/{id}/reactions/{emoji}");
        let has = self.rng.u8(..3) > 0;
        let method = if has { Method::PUT } else { Method::DELETE };
        let is_done = self.ask(method, &path, None, &[200, 404, 422]).await.status == 200;
        if is_done {
            self.ledger.reacted(id, emoji, has);
        }
    }

    async fn meet(&mut self) {
        let body = json!({ "username": self.somebody() });
        let met = self
            .ask(Method::POST, "/api/conversations", Some(body), &[201, 303])
            .await;
        if met.status == 201 {
            self.conversations.push(met.body);
        }
    }

    async fn be_in_rooms(&mut self) {
        let is_room = |one: &&Value| one["kind"] == "room" && one["id"] != self.hall;
        let rooms: Vec<_> = self.conversations.iter().filter(is_room).cloned().collect();
        let room = self
            .rng
            .choice(&rooms)
            .map(|room| text(&room["id"]).to_owned());
        let Some(room) = room.filter(|_| self.rng.u8(..8) > 0) else {
            return self.join_or_make().await;
        };
        let somebody = self.somebody();
        match self.rng.u8(..6) {
            0 => {
                let path = participant(&room, "me");
                self.ask(Method::DELETE, &path, None, &[204, 404]).await;
            }
            1 | 2 => {
                let body = json!({ "username": somebody });
                let path = participants(&room);
                // At this pace, what one may add in a day is used up within hours.
                self.ask(Method::POST, &path, Some(body), &[204, 403, 404, 429])
                    .await;
            }
            3 => {
                let body = json!({ "name": format!("Room {}", self.rng.u16(..)), "open": self.rng.bool() });
                let path = format!("/api/conversations/{room}");
                self.ask(Method::PATCH, &path, Some(body), &[200, 403, 404])
                    .await;
            }
            kind => {
                let everybody = self
                    .ask(Method::GET, &participants(&room), None, &[200, 404])
                    .await;
                let everybody = everybody.body.as_array().cloned().unwrap_or_default();
                let Some(one) = self.rng.choice(&everybody) else {
                    return;
                };
                let user = text(&one["user"]["id"]);
                if kind == 4 {
                    let path = participant(&room, user);
                    self.ask(Method::DELETE, &path, None, &[204, 403, 404])
                        .await;
                } else {
                    let path = format!("/api/conversations/{room}");
                    let body = json!({ "owner": user });
                    self.ask(Method::PATCH, &path, Some(body), &[200, 403, 404])
                        .await;
                }
            }
        }
    }

    async fn join_or_make(&mut self) {
        let open = self.ask(Method::GET, "/api/rooms", None, &[200]).await;
        let open = open.body.as_array().expect("a list").clone();
        if let Some(room) = self.rng.choice(&open).filter(|_| self.rng.u8(..4) > 0) {
            let path = participants(text(&room["id"]));
            self.ask(Method::POST, &path, Some(json!({})), &[204, 404])
                .await;
            return;
        }
        let people = [self.somebody(), self.somebody()];
        let body = json!({
            "name": format!("Room {}", self.rng.u16(..)), "usernames": people, "open": self.rng.bool(),
        });
        let room = self
            .ask(Method::POST, "/api/conversations", Some(body), &[201, 429])
            .await;
        if room.status == 201 {
            self.conversations.push(room.body);
        }
    }

    async fn show_activity(&mut self) {
        let shows = self.rng.bool();
        let body = json!({ "showsActivity": shows });
        let changed = self
            .ask(Method::PATCH, "/api/settings", Some(body), &[200])
            .await;
        // Another device may have changed its mind already, as none of the person's does.
        assert_eq!(changed.body["showsActivity"], shows);
    }

    /// Makes a token for a program, which may read, and revokes it.
    async fn use_token(&mut self) {
        let line = self.line();
        let wish = json!({ "name": "a script", "scope": "read" });
        let made = line
            .request(Method::POST, "/api/tokens", Some(&wish))
            .await
            .expect(201);
        let token = text(&made["token"]).to_owned();
        let get = |path: &'static str| {
            let token = token.clone();
            move |client: &Client| {
                client
                    .nobody()
                    .request(Method::GET, path)
                    .bearer_auth(&token)
            }
        };
        let (read, _) = line.ask(get("/api/conversations")).await;
        read.expect(200);
        let path = format!("/api/tokens/{}", text(&made["id"]));
        let revoked = line.request(Method::DELETE, &path, None).await;
        assert!([204, 404].contains(&revoked.status.as_u16()), "{revoked:?}");
        let (refused, _) = line.ask(get("/api/auth_user")).await;
        refused.expect(401);
    }

    async fn look_around(&mut self) {
        let paths = [
            "/api/usernames?search=pe",
            "/api/sessions",
            "/api/config",
            "/api/settings",
            "/healthz",
            "/metrics",
            "/api/openapi.json",
            "/",
            "/plain",
        ];
        let path = paths[self.rng.usize(..paths.len())];
        self.ask(Method::GET, path, None, &[200, 303]).await;
        let path = format!("/api/conversations/{}", self.somewhere());
        self.ask(Method::GET, &path, None, &[200, 404]).await;
    }

    /// Writes by the page without scripts, whose form says by itself what makes it one message.
    async fn write_plainly(&mut self) {
        let (line, conversation) = (self.line(), self.somewhere());
        let path = format!("/plain/conversations/{conversation}");
        let with_cookie = |client: &Client, method: Method| {
            let cookie = format!("tincan={}", client.token.as_deref().unwrap_or_default());
            client
                .nobody()
                .request(method, &path)
                .header(COOKIE, cookie)
        };
        let (page, _) = line.ask(|client| with_cookie(client, Method::GET)).await;
        if page.status == 404 {
            return;
        }
        let page = page.expect(200);
        let value = |name: &str| {
            let (_, rest) = text(&page).split_once(&format!("name=\"{name}\" value=\""))?;
            rest.split('"').next()
        };
        let client_id = value("clientId").expect("a client id").to_owned();
        let fields = [
            ("token", value("token").expect("a token")),
            ("clientId", &client_id),
            ("content", "plainly"),
        ];
        let body = serde_urlencoded::to_string(fields).expect("fields");
        let form = |client: &Client| {
            let request = with_cookie(client, Method::POST);
            request
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.clone())
        };
        let (sent, _) = line.ask(form).await;
        assert!([303, 404].contains(&sent.status.as_u16()), "{sent:?}");
        // It doesn't say which message it has become.
        self.ledger.refused(client_id);
    }
}
