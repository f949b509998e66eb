//! Killing the real server under load, again and again, on one database.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    support::{Binary, Client, Event, Stream, messages},
    witness::Witness,
};

const ROUNDS: usize = 20;
const WRITERS: usize = 16;

/// How many answers there are before the server is killed; in some rounds so many that a checkpoint
/// is due.
fn answers_before_the_kill(round: usize) -> usize {
    if round % 5 == 4 {
        480 + 2 * round
    } else {
        1 + round * 13 % 60
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_every_kill_and_streams_go_on_without_hole_or_double() {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("tincan.db");
    let mut binary = Binary::start(&database);
    let people = [
        binary.nobody().sign_in("john").await,
        binary.nobody().sign_in("jane").await,
    ];
    let conversation = people[0].talk_to("jane").await;
    let start = Witness::of(&database).end();
    let mut followers = people.clone().map(|who| Follower::new(who, &start));
    let mut answered = HashMap::new();

    for round in 0..ROUNDS {
        let address = binary.address();
        for follower in &mut followers {
            follower.come_back(address).await;
        }
        let [one, other] = followers;
        let reading = tokio::spawn(async { tokio::join!(one.read_on(), other.read_on()) });
        let (answers, mut answer) = mpsc::unbounded_channel();
        let writing: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let author = people[writer % 2].at(address);
                let prefix = format!("{round}-{writer}");
                tokio::spawn(write(author, conversation.clone(), prefix, answers.clone()))
            })
            .collect();
        drop(answers);
        for _ in 0..answers_before_the_kill(round) {
            let (client_id, message) = answer.recv().await.expect("writers go on");
            answered.insert(client_id, message);
        }
        binary.kill();
        while let Some((client_id, message)) = answer.recv().await {
            answered.insert(client_id, message);
        }
        let (one, other) = reading.await.expect("no panic");
        followers = [one, other];

        binary = Binary::start(&database);
        let witness = Witness::of(&database);
        assert!(witness.finds_the_file_whole());
        for (writer, unanswered) in writing.into_iter().enumerate() {
            let client_id = unanswered.await.expect("no panic");
            let author = people[writer % 2].at(binary.address());
            let draft = draft(&client_id);
            let first = author.post(&messages(&conversation), draft.clone()).await;
            let message = if first.status == 200 {
                first.expect(200)
            } else {
                first.expect(201)
            };
            let again = author
                .post(&messages(&conversation), draft)
                .await
                .expect(200);
            assert_eq!(again, message);
            answered.insert(client_id, message);
        }
        expect_exactly(&answered, &witness);
        for follower in &mut followers {
            follower.come_back(binary.address()).await;
            follower.check(&witness).await;
        }
    }
}

fn draft(client_id: &str) -> Value {
    json!({ "content": format!("message {client_id}"), "clientId": client_id })
}

/// Sends message after message and tells of each that is answered, until one isn't; gives back its
/// client id.
async fn write(
    author: Client,
    conversation: String,
    prefix: String,
    answers: mpsc::UnboundedSender<(String, Value)>,
) -> String {
    for count in 0.. {
        let client_id = format!("{prefix}-{count}");
        let request = author.request(Method::POST, &messages(&conversation));
        let Ok(response) = request.json(&draft(&client_id)).send().await else {
            return client_id;
        };
        assert_eq!(response.status(), 201);
        let Ok(text) = response.text().await else {
            return client_id;
        };
        let message = serde_json::from_str(&text).expect("JSON");
        answers
            .send((client_id, message))
            .expect("somebody counts them");
    }
    unreachable!("the server is killed before")
}

/// The database holds these messages, each once, and no others.
fn expect_exactly(answered: &HashMap<String, Value>, witness: &Witness) {
    witness.expect_dense_numbers();
    let kept = witness.messages();
    assert_eq!(kept.len(), answered.len());
    for message in kept {
        let client_id = message.client_id.expect("a client id");
        let answer = &answered[&client_id];
        assert_eq!(
            (&answer["id"], &answer["number"]),
            (&json!(message.id), &json!(message.number)),
            "{client_id}"
        );
    }
}

/// Somebody's stream, across the server's lives.
struct Follower {
    who: Client,
    /// Up to here everything has been checked.
    checked: String,
    cursor: String,
    seen: Vec<Event>,
    stream: Option<Stream>,
}

impl Follower {
    fn new(who: Client, cursor: &str) -> Self {
        Self {
            who,
            checked: cursor.to_owned(),
            cursor: cursor.to_owned(),
            seen: Vec::new(),
            stream: None,
        }
    }

    async fn come_back(&mut self, address: SocketAddr) {
        let stream = self.who.at(address).follow(Some(&self.cursor)).await;
        self.stream = Some(stream);
    }

    /// Reads until the stream ends, with the server that it is from.
    async fn read_on(mut self) -> Self {
        while self.read().await.is_some() {}
        self
    }

    /// Reads what was missed, and checks what was seen since the last time.
    async fn check(&mut self, witness: &Witness) {
        while self.read().await.expect("the stream goes on") != "caught_up" {}
        let seen: Vec<_> = self.seen.drain(..).collect();
        witness.expect_told(&self.who.id, &self.checked, &seen, &BTreeSet::new());
        self.checked.clone_from(&self.cursor);
    }

    /// The name of the next event; none when the stream has ended.
    async fn read(&mut self) -> Option<String> {
        let event = self.stream.as_mut()?.next().await?;
        self.cursor.clone_from(&event.id);
        let name = event.name.clone();
        if name != "caught_up" {
            self.seen.push(event);
        }
        Some(name)
    }
}
