//! For who sees, hears or moves otherwise: the main screens with the colours of the system, enlarged, with wide letters, without
//! motion and on paper, and the words in which a screen reader tells them.
//!
//! Few tests, each of which goes through many screens: a browser that starts costs more than a screen.

mod hearing;
mod sight;

use serde_json::{Value, json};

use crate::{
    api::{Client, messages},
    support::{Options, Session, Stage},
};

/// More lines than are shown at once of a message.
const LINES: usize = 40;

/// John’s server, with something of everything that is common.
struct Home {
    // In this order: the browser ends before the server.
    person: Session,
    client: Client,
    /// With jane.
    conversation: String,
    room: String,
    stage: Stage,
}

impl Home {
    /// Somebody in front of it who hasn't signed in. None where the test has to be skipped.
    async fn set(options: Options) -> Option<Self> {
        let stage = Stage::set(1).await?;
        let (john, jane) = (stage.client("john").await, stage.client("jane").await);
        let (mary, victor) = (stage.client("mary").await, stage.client("victor").await);
        let conversation = jane.talk_to("john").await;
        let path = messages(&conversation);
        let cat = jane.say(&conversation, "Did you feed the cat?").await;
        let answer = json!({ "content": "Twice. She has talent", "replyTo": cat["id"] });
        john.post(&path, answer).await.expect(201);
        let cat = cat["id"].as_str().expect("an id");
        let liked = format!("/api/messages/{cat}/reactions/👍");
        john.put(&liked).await.expect(200);
        let lines: Vec<_> = (0..LINES).map(|line| format!("Line {line}")).collect();
        for (author, text) in [
            (&jane, "See https://example.org/maps"),
            (&jane, &lines.join("\n")),
            (&john, "- tent\n- `stove`\n\n> soup"),
        ] {
            author.say(&conversation, text).await;
        }
        let read = format!("/api/conversations/{conversation}/read_messages");
        john.post(&read, json!({})).await.expect(204);

        let room = john.make_room("The lake", &["jane", "mary"], false).await;
        mary.say(&room, "Who brings the tent?").await;
        john.say(&room, "I do").await;
        let with_victor = victor.talk_to("john").await;
        victor.say(&with_victor, "Are you coming on Friday?").await;
        Some(Self {
            person: stage.session(options).await,
            client: john,
            conversation,
            room,
            stage,
        })
    }

    async fn take_token(&self) {
        let token = self.client.token.as_deref().expect("a token");
        self.person.take_token(token).await;
    }

    /// Opens the conversation with jane, and waits for all that belongs to it.
    async fn open_conversation(&self) {
        let path = format!("/conversations/{}", self.conversation);
        self.person.open(&path).await;
        self.person.sees("button", "Insert emoji").await;
        self.person
            .wait(
                "what messages have beside words",
                "['.quoted', '.chip', '.text ul'].every((part) => document.querySelector(`[role=log] ${part}`))",
            )
            .await;
    }

    /// Goes through the main screens, and does something on each.
    async fn on_each_screen(&self, mut look: impl AsyncFnMut(&str)) {
        let person = &self.person;
        person.open("/").await;
        person.sees("button", "Create account").await;
        look("sign-in").await;

        self.take_token().await;
        person.open("/").await;
        person.sees("button", "New room").await;
        person.sees("link", "/victor.*1 unread/").await;
        look("list").await;
        person.fill("searchbox", "/^Search/", "ma").await;
        person.sees("button", "mary").await;
        look("search").await;

        self.open_conversation().await;
        look("conversation").await;
        person
            .eval::<Value>("void document.querySelector('[role=log]').focus()")
            .await;
        // To the last message, which ends in a list, and into its menu.
        person.press("Enter").await;
        person.press("Enter").await;
        person.sees("menuitem", "Reply").await;
        look("message-menu").await;

        person.open(&format!("/conversations/{}", self.room)).await;
        person.sees_message("I do").await;
        person.click("button", "Room details").await;
        person.sees("button", "/^mary/").await;
        look("room-details").await;

        person.open("/settings").await;
        person.reads("This device").await;
        person.reads("No tokens yet.").await;
        person.reads("Quiet hours").await;
        look("settings").await;
        person.click("button", "Show").await;
        person.sees("dialog", "Keyboard shortcuts").await;
        look("keys").await;

        person.open("/").await;
        person.click("button", "New room").await;
        person.sees("textbox", "Find people to add").await;
        look("new-room").await;
    }
}

/// What somebody has asked their system for, which pages are told.
async fn ask_for(person: &Session, features: &[(&str, &str)]) {
    let features: Vec<_> = features
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let features = json!({ "features": features });
    person.cdp("Emulation.setEmulatedMedia", features).await;
}
