//! People who write as fast as they are answered, until the server is gone, and what it had answered
//! by then, to be held against its database.

use std::{collections::HashMap, net::SocketAddr};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{Binary, Client, PATIENCE, messages, witness::Witness};

const WRITERS: usize = 16;

/// How many answers are enough before a server is killed; in some rounds so many that a checkpoint
/// is due.
pub fn enough_in(round: usize) -> usize {
    if round % 5 == 4 {
        480 + 2 * round
    } else {
        1 + round * 13 % 60
    }
}

pub struct Writers {
    people: [Client; 2],
    conversation: String,
    /// What was answered, by client id.
    answered: HashMap<String, Value>,
    rounds: usize,
}

/// A message that was sent and not taken.
pub struct Left {
    author: usize,
    client_id: String,
    /// How it was refused, where it was answered at all.
    pub refusal: Option<StatusCode>,
}

impl Writers {
    pub fn new(people: &[Client; 2], conversation: &str) -> Self {
        Self {
            people: people.clone(),
            conversation: conversation.to_owned(),
            answered: HashMap::new(),
            rounds: 0,
        }
    }

    /// Writes to the server until there are enough answers, and then kills it.
    pub async fn write_until_killed(&mut self, server: Binary, enough: usize) -> Vec<Left> {
        let address = server.address();
        let mut server = Some(server);
        let kill = |answers| {
            if answers == enough {
                server.take().expect("it runs").kill();
            }
        };
        self.write(address, kill).await
    }

    /// Writes until nobody's messages are taken any more, tells of each answer how many there were,
    /// and gives back what wasn't taken.
    pub async fn write(
        &mut self,
        address: SocketAddr,
        mut on_answer: impl FnMut(usize),
    ) -> Vec<Left> {
        let (answers, mut answer) = mpsc::unbounded_channel();
        let writing: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let author = writer % self.people.len();
                let prefix = format!("{}-{writer}", self.rounds);
                let conversation = self.conversation.clone();
                let client = self.people[author].at(address);
                tokio::spawn(write(client, author, conversation, prefix, answers.clone()))
            })
            .collect();
        drop(answers);
        self.rounds += 1;
        let mut count = 0;
        while let Some((client_id, message)) = answer.recv().await {
            self.answered.insert(client_id, message);
            count += 1;
            on_answer(count);
        }
        let mut left = Vec::new();
        for one in writing {
            left.push(one.await.expect("no panic"));
        }
        left
    }

    /// Sends what wasn't taken once more, as clients do, and checks that this says it once.
    pub async fn settle(&mut self, address: SocketAddr, left: Vec<Left>) {
        let path = messages(&self.conversation);
        for Left {
            author, client_id, ..
        } in left
        {
            let author = self.people[author].at(address);
            let first = author.post(&path, draft(&client_id)).await;
            let is_known = first.status == StatusCode::OK;
            let message = first.expect(if is_known { 200 } else { 201 });
            let again = author.post(&path, draft(&client_id)).await.expect(200);
            assert_eq!(again, message);
            self.answered.insert(client_id, message);
        }
    }

    /// Of their conversation the database holds what was answered, each once and in order, and nothing else.
    pub fn expect_exactly(&self, witness: &Witness) {
        witness.expect_dense_numbers();
        let mut kept = witness.messages();
        kept.retain(|message| message.conversation == self.conversation);
        assert_eq!(kept.len(), self.answered.len());
        for message in kept {
            let client_id = message.client_id.expect("a client id");
            let answer = &self.answered[&client_id];
            assert_eq!(
                (&answer["id"], &answer["number"]),
                (&json!(message.id), &json!(message.number)),
                "{client_id}"
            );
        }
    }
}

fn draft(client_id: &str) -> Value {
    json!({ "content": format!("message {client_id}"), "clientId": client_id })
}

/// Sends message after message and tells of each that is answered, until one isn't taken.
async fn write(
    client: Client,
    author: usize,
    conversation: String,
    prefix: String,
    answers: mpsc::UnboundedSender<(String, Value)>,
) -> Left {
    for count in 0.. {
        let client_id = format!("{prefix}-{count}");
        let request = client.request(Method::POST, &messages(&conversation));
        let left = |refusal| Left {
            author,
            client_id: client_id.clone(),
            refusal,
        };
        // A client has been seen to wait for ever for a server that was killed, without a connection to it.
        let sending = request.json(&draft(&client_id)).timeout(PATIENCE).send();
        let Ok(response) = sending.await else {
            return left(None);
        };
        let status = response.status();
        let Ok(text) = response.text().await else {
            return left(None);
        };
        if status != StatusCode::CREATED {
            return left(Some(status));
        }
        let message = serde_json::from_str(&text).expect("JSON");
        answers
            .send((client_id, message))
            .expect("somebody counts them");
    }
    unreachable!("the server ends before")
}
