//! The main path as it is told to who listens: the roles, names and states of Chromium’s accessibility tree, which is what it gives
//! to a screen reader, in their order. The words that are expected here were written first, by what somebody needs to hear.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Options, Reader, Session, Stage};

/// A node of the tree, as far as it is told (Chrome DevTools protocol, `Accessibility.AXNode`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    #[serde(rename = "nodeId")]
    id: String,
    ignored: bool,
    #[serde(default)]
    role: Content,
    #[serde(default)]
    name: Content,
    #[serde(default)]
    description: Content,
    #[serde(default)]
    properties: Vec<Property>,
    #[serde(default)]
    child_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Content {
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Deserialize)]
struct Property {
    name: String,
    value: Content,
}

impl Node {
    fn role(&self) -> &str {
        self.role.value.as_str().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.value.as_str().unwrap_or_default()
    }

    /// What is told after its name.
    fn states(&self) -> String {
        let states = self.properties.iter().filter_map(|property| {
            let value = &property.value.value;
            match (property.name.as_str(), value.as_str(), value.as_bool()) {
                ("focused", _, Some(true)) if self.role() != "RootWebArea" => Some("focused"),
                ("required", _, Some(true)) => Some("required"),
                ("multiline", _, Some(true)) => Some("several lines"),
                ("pressed", Some("true"), _) => Some("pressed"),
                ("hasPopup", Some("menu"), _) => Some("opens a menu"),
                ("live", Some("polite"), _) => Some("tells what is new"),
                _ => None,
            }
        });
        let states: Vec<_> = states.map(|state| format!(", {state}")).collect();
        states.concat()
    }
}

/// What is told of a page, line by line, as by a screen reader that reads on.
struct Telling {
    nodes: BTreeMap<String, Node>,
    lines: Vec<String>,
    /// How the times that occur are written.
    times: BTreeSet<String>,
}

impl Telling {
    fn of(nodes: Vec<Node>) -> Vec<String> {
        let root = nodes.first().expect("a page").id.clone();
        let nodes = nodes
            .into_iter()
            .map(|node| (node.id.clone(), node))
            .collect();
        let mut telling = Self {
            nodes,
            lines: vec![String::new()],
            times: BTreeSet::new(),
        };
        telling.tell(&root);
        let Self { lines, times, .. } = telling;
        let tidy = |line: String| {
            let line = times
                .iter()
                .fold(line, |line, time| line.replace(time, "<time>"));
            line.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .replace(" :", ":")
                .replace(" .", ".")
                .replace(" ,", ",")
        };
        let lines = lines.into_iter().map(tidy);
        lines.filter(|line| !line.is_empty()).collect()
    }

    fn tell(&mut self, id: &str) {
        let Some(node) = self.nodes.get(id) else {
            return;
        };
        let (role, name) = (node.role().to_owned(), node.name().to_owned());
        let description = node.description.value.as_str().unwrap_or_default();
        let description = description.to_owned();
        let told = format!("{role} {name}{}", node.states());
        let children = node.child_ids.clone();
        match role.as_str() {
            _ if node.ignored => self.tell_all(&children),
            "StaticText" => {
                let line = self.lines.last_mut().expect("a line");
                line.push(' ');
                line.push_str(&name);
            }
            "InlineTextBox" | "ListMarker" => {}
            // Their names say what is in them.
            "heading" | "link" | "button" | "textbox" | "searchbox" => {
                self.note_times(&children);
                self.line(&told);
                self.line("");
            }
            "RootWebArea" | "main" | "navigation" | "region" | "search" | "log" | "list" => {
                self.line(&told);
                self.line("");
                self.tell_all(&children);
                self.line("");
            }
            "listitem" | "paragraph" | "form" | "status" => {
                self.line("");
                self.tell_all(&children);
                self.line("");
            }
            "time" => {
                self.note_times(&[id.to_owned()]);
                self.tell_all(&children);
            }
            _ => {
                // What has no name of its own is told by its description, before all that is in it.
                let line = self.lines.last_mut().expect("a line");
                line.push(' ');
                line.push_str(&description);
                self.tell_all(&children);
            }
        }
    }

    fn tell_all(&mut self, children: &[String]) {
        for child in children {
            self.tell(child);
        }
    }

    fn line(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    fn note_times(&mut self, ids: &[String]) {
        for id in ids {
            let Some(node) = self.nodes.get(id) else {
                continue;
            };
            let children = node.child_ids.clone();
            if node.role() == "time" {
                let texts = children.iter().filter_map(|child| self.nodes.get(child));
                self.times.extend(texts.map(|text| text.name().to_owned()));
            } else {
                self.note_times(&children);
            }
        }
    }
}

/// All that is told of the page now.
async fn told(person: &Session) -> Vec<String> {
    let tree = person.cdp("Accessibility.getFullAXTree", json!({})).await;
    let nodes = serde_json::from_value(tree["nodes"].clone()).expect("nodes");
    Telling::of(nodes)
}

/// Waits until these lines, in this order and with nothing between them, are in what is told.
async fn hears(person: &Session, lines: &[&str]) {
    person
        .until("these words", async || {
            let told = told(person).await;
            let is_there = told.windows(lines.len()).any(|part| part == lines);
            is_there
                .then_some(())
                .ok_or_else(|| format!("{lines:#?}\nisn't in\n{told:#?}"))
        })
        .await;
}

/// Notes what a screen reader says unasked: what comes into a part that tells what is new.
const LISTEN: &str = "void (window.said = [], new MutationObserver((changes) => {
    const words = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return node.data;
        if (node.nodeType !== Node.ELEMENT_NODE || node.matches('[aria-live=off], [aria-hidden=true]')) return '';
        return getComputedStyle(node).display === 'none' ? '' : [...node.childNodes].map(words).join('');
    };
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        const region = node.parentElement?.closest('[aria-live], [role=log], [role=status], [role=alert]');
        if (region && region.ariaLive !== 'off') window.said.push(words(node).replace(/\\s+/g, ' ').trim());
    }
}).observe(document.body, { childList: true, subtree: true }))";

/// What somebody hears who comes to sign in.
const SIGN_IN: [&str; 10] = [
    "RootWebArea Sign in – Tincan",
    "main",
    "heading Tincan, focused",
    "Development mode: no passwords. Who are you?",
    "button Sign in as john",
    "button Sign in as jane",
    "Someone else",
    "textbox Someone else, required",
    "button Sign in",
    "button Create account",
];

/// Beside the list. What a row shows by signs is told, too.
const LIST: [&str; 13] = [
    "navigation Conversations",
    "heading Tincan",
    "link Saved messages",
    "button New room",
    "search",
    "searchbox Search messages, people and settings",
    "list Conversations",
    "link jane <time> Are you at home? 1 unread Online, Pinned, Notifications: Nothing",
    "john",
    "link Settings",
    "region Conversation",
    "heading Choose a conversation, or start a new one.",
    "Search for people and rooms by name.",
];

/// In a conversation. The focus is where one writes.
const CONVERSATION: [&str; 15] = [
    "region Conversation",
    "heading jane",
    "Online",
    "button Search in this conversation",
    "button Profile",
    "button Notifications: Nothing, opens a menu",
    "log Messages with jane, tells what is new",
    "This is the start of your conversation with jane.",
    "list",
    "Today",
    "New jane: Are you at home?, <time>",
    "textbox Message to jane, focused, several lines",
    "button Insert emoji",
    "button Attach, opens a menu",
    "button Record a voice message",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_main_path_is_told_in_words() {
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let (client, jane) = (stage.client("john").await, stage.client("jane").await);
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Are you at home?").await;
    let settings = format!("/api/conversations/{conversation}/settings");
    let signs = json!({ "pinned": true, "notificationLevel": "none" });
    client.patch(&settings, signs).await.expect(200);
    let john = stage.session(Options::desktop()).await;
    // The page would offer notifications, and say so.
    let refused = json!({ "permission": { "name": "notifications" }, "setting": "denied" });
    john.cdp("Browser.setPermission", refused).await;

    // Signing in.
    john.open("/").await;
    hears(&john, &SIGN_IN).await;
    john.click("button", "Sign in as john").await;

    // Choosing a conversation.
    john.sees("button", "New room").await;
    let _online = jane.follow(None).await;
    hears(&john, &LIST).await;
    john.click("link", "/^jane/").await;

    // Reading.
    hears(&john, &CONVERSATION).await;

    // Writing, and hearing what is sent and what comes in, once each and without a time.
    john.eval::<Value>(LISTEN).await;
    john.write("Yes, come in").await;
    hears(
        &john,
        &[
            "textbox Message to jane, focused, several lines",
            "button Send",
            "button Insert emoji",
        ],
    )
    .await;
    john.press("Enter").await;
    hears(
        &john,
        &[
            "jane: Are you at home?, <time>",
            "You: Yes, come in, <time> Sent",
        ],
    )
    .await;
    jane.say(&conversation, "I am at the door").await;
    hears(
        &john,
        &[
            "jane: I am at the door, <time>",
            "textbox Message to jane, focused, several lines",
        ],
    )
    .await;
    assert_eq!(
        john.eval::<Vec<String>>("window.said.filter(Boolean)")
            .await,
        ["You: Yes, come in", "jane: I am at the door"]
    );
    john.assert_console_clean(&[]).await;
}

/// The same path by keys, as Orca says it. It follows a browser only as fast as the machine lets both, so this runs on demand.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs on demand"]
async fn orca_says_the_main_path() {
    let Some(reader) = Reader::start().await else {
        return;
    };
    let Some(stage) = Stage::set(1).await else {
        return;
    };
    let jane = stage.client("jane").await;
    let conversation = jane.talk_to("john").await;
    jane.say(&conversation, "Are you at home?").await;
    let john = stage.session(Options::desktop().heard_by(&reader)).await;
    john.open("/").await;
    reader.says("heading level 1").await;
    reader.says("Development mode: no passwords.").await;
    john.press("Tab").await;
    reader.says("Sign in as john push button.").await;
    john.press("Enter").await;
    john.sees("button", "New room").await;

    let row = "document.querySelector('conversation-list a').focus()";
    john.eval::<Value>(&format!("void {row}")).await;
    let said = reader.says("link.").await;
    assert!(
        said.starts_with("jane ") && said.ends_with(" Are you at home? 1 unread link."),
        "{said}"
    );
    john.press("Enter").await;
    reader.says("region Conversation").await;
    reader.says("Message to jane entry").await;
    john.sees("button", "Insert emoji").await;
    // What comes by opening it is no news.
    let is_told = "!document.querySelector('[role=log]').hasAttribute('aria-live')";
    john.wait("an end of the quiet", is_told).await;

    john.write("Yes, come in").await;
    john.press("Enter").await;
    let said = reader.says("You: Yes, come in").await;
    assert!(said.starts_with("You: "), "{said}");
    jane.say(&conversation, "I am at the door").await;
    let said = reader.says("I am at the door").await;
    assert!(said.starts_with("jane: I am at the door"), "{said}");
    let history = reader.said();
    let history = history.iter().filter(|said| said.starts_with("jane: Are"));
    assert_eq!(history.count(), 0, "history isn't said as news");
}
