//! A person: their devices, what they were promised, and how they send messages.

use std::{rc::Rc, time::Duration};

use fastrand::Rng;
use futures_util::SinkExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    device::Quiet,
    ledger::Ledger,
    line::{Line, pause},
    support::{Answer, Socket, messages, text},
    tally::{Tally, count},
};

/// The longest that somebody thinks before they do something.
const THOUGHT: Duration = Duration::from_millis(500);
/// Messages at once, at most.
const BATCH: usize = 5;

pub struct Person {
    pub name: String,
    pub id: String,
    pub lines: Vec<Line>,
    pub rng: Rng,
    pub ledger: Ledger,
    pub tally: Rc<Tally>,
    /// Everybody's names.
    pub names: Rc<Vec<String>>,
    /// A room in which everybody stays.
    pub hall: String,
    /// As they were listed the last time.
    pub conversations: Vec<Value>,
    drafts: u64,
}

impl Person {
    pub fn new(
        lines: Vec<Line>,
        rng: Rng,
        tally: &Rc<Tally>,
        names: &Rc<Vec<String>>,
        hall: &str,
    ) -> Self {
        let client = lines[0].client();
        Self {
            name: client.username,
            id: client.id,
            lines,
            rng,
            ledger: Ledger::default(),
            tally: Rc::clone(tally),
            names: Rc::clone(names),
            hall: hall.to_owned(),
            conversations: Vec::new(),
            drafts: 0,
        }
    }

    /// Does one thing after the other until it is to be quiet.
    pub async fn live(mut self, quiet: Quiet) -> Self {
        while quiet.borrow().is_none() {
            self.act().await;
            count(&self.tally.deeds);
            pause(&mut self.rng, THOUGHT).await;
        }
        self
    }

    /// One of their devices.
    pub fn line(&mut self) -> Line {
        let which = self.rng.usize(..self.lines.len());
        self.lines[which].clone()
    }

    /// The id of a conversation that they were in when they looked the last time.
    pub fn somewhere(&mut self) -> String {
        let which = self.rng.usize(..=self.conversations.len());
        let listed = self.conversations.get(which);
        listed.map_or_else(|| self.hall.clone(), |one| text(&one["id"]).to_owned())
    }

    /// A request from one of their devices, whose answer must be one of these.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
        statuses: &[u16],
    ) -> Answer {
        let line = self.line();
        let answer = line.request(method.clone(), path, body.as_ref()).await;
        let is_right = statuses.contains(&answer.status.as_u16());
        assert!(
            is_right,
            "{method} {path} {body:?} by {}: {answer:?}",
            self.name
        );
        answer
    }

    /// Something new to say, as a client id and a text.
    fn draft(&mut self) -> Value {
        self.drafts += 1;
        let words = [
            "hi",
            "and then?",
            "👍 yes",
            "שלום",
            "a\nb",
            "<b>not bold</b>",
        ];
        let word = words[self.rng.usize(..words.len())];
        let long = "… ".repeat(self.rng.usize(..60));
        let content = format!("{word} {long}{}", self.drafts);
        json!({ "content": content, "clientId": format!("{}-{}", self.name, self.drafts) })
    }

    pub async fn say(&mut self) {
        let (line, conversation, draft) = (self.line(), self.somewhere(), self.draft());
        if let Some(message) = self.send(&line, &conversation, &draft, false).await {
            self.ledger.sent(&message);
        }
    }

    /// Sends it until it is answered, by the same client id; none where they aren't there any more. It
    /// may have been sent `before`.
    async fn send(
        &mut self,
        line: &Line,
        conversation: &str,
        draft: &Value,
        before: bool,
    ) -> Option<Value> {
        let (answer, again) = send(line, conversation, draft).await;
        let answer = (answer, again || before);
        let message = self.taken(conversation, draft, answer)?;
        count(&self.tally.sends);
        Some(message)
    }

    /// The message that a draft has become, by the answer to it and whether it was sent again.
    fn taken(
        &mut self,
        conversation: &str,
        draft: &Value,
        (answer, again): (Answer, bool),
    ) -> Option<Value> {
        match answer.status {
            StatusCode::CREATED => {}
            StatusCode::OK => assert!(again, "{answer:?} was never sent before"),
            StatusCode::NOT_FOUND => {
                assert_ne!(
                    conversation, self.hall,
                    "nobody leaves the hall: {answer:?}"
                );
                if again {
                    self.ledger.refused(text(&draft["clientId"]).to_owned());
                }
                return None;
            }
            _ => panic!("{draft} in {conversation} by {}: {answer:?}", self.name),
        }
        let message = answer.body;
        assert_eq!(message["clientId"], draft["clientId"]);
        assert_eq!(message["conversationId"], conversation);
        Some(message)
    }

    /// Messages that are all under way at the same time.
    pub async fn say_at_once(&mut self) {
        let (line, conversation) = (self.line(), self.somewhere());
        let drafts: Vec<_> = (0..self.rng.usize(2..=BATCH))
            .map(|_| self.draft())
            .collect();
        let mut sending = Vec::new();
        for draft in &drafts {
            let (line, conversation, draft) = (line.clone(), conversation.clone(), draft.clone());
            sending.push(tokio::task::spawn_local(async move {
                send(&line, &conversation, &draft).await
            }));
        }
        let mut taken = Vec::new();
        for (draft, sent) in drafts.iter().zip(sending) {
            let answer = sent.await.expect("no panic");
            taken.extend(self.taken(&conversation, draft, answer));
        }
        self.tally
            .sends
            .set(self.tally.sends.get() + taken.len() as u64);
        self.ledger.sent_at_once(&taken);
    }

    /// Messages over a WebSocket, without waiting for the answers; whichever the connection doesn't
    /// answer for are sent again by HTTP, in their order.
    pub async fn say_over_socket(&mut self) {
        let (line, conversation) = (self.line(), self.somewhere());
        let drafts: Vec<_> = (0..self.rng.usize(2..=BATCH))
            .map(|_| self.draft())
            .collect();
        let mut answered = 0;
        if let Ok(mut socket) = Socket::try_open(line.address(), &line.client(), "", None).await {
            let read = json!({ "op": "read", "conversationId": conversation });
            let typing = json!({ "op": "typing", "conversationId": conversation });
            let sends = drafts.iter().map(|draft| {
                let mut op = draft.clone();
                op["op"] = "send".into();
                op["conversationId"] = conversation.clone().into();
                op
            });
            let mut is_open = true;
            for op in [typing, read].into_iter().chain(sends) {
                let frame = Message::text(op.to_string());
                is_open = is_open && socket.0.send(frame).await.is_ok();
            }
            if is_open {
                answered = self.hear_answers(&mut socket, &conversation, &drafts).await;
            }
        }
        for draft in &drafts[answered..] {
            if let Some(message) = self.send(&line, &conversation, draft, true).await {
                self.ledger.sent(&message);
            }
        }
    }

    /// Takes the answers to these drafts as they come, and gives back how many there were.
    async fn hear_answers(
        &mut self,
        socket: &mut Socket,
        conversation: &str,
        drafts: &[Value],
    ) -> usize {
        for (answered, draft) in drafts.iter().enumerate() {
            let answer = loop {
                let Some(frame) = socket.heard().await else {
                    return answered;
                };
                let is_answer = frame["event"] == "ack" || frame["event"] == "error";
                if is_answer && frame["data"]["clientId"].is_string() {
                    break frame;
                }
            };
            let data = &answer["data"];
            assert_eq!(data["clientId"], draft["clientId"], "{answer}");
            if answer["event"] == "ack" {
                assert_eq!(data["conversationId"], conversation, "{answer}");
                self.ledger.sent(data);
                count(&self.tally.sends);
            } else if data["code"] == "busy" || data["code"] == "stopping" {
                return answered;
            } else {
                assert_eq!(data["code"], "not_found", "{answer}");
                assert_ne!(conversation, self.hall, "nobody leaves the hall: {answer}");
            }
        }
        drafts.len()
    }
}

/// Sends a draft until it is answered; and whether it was sent more than once.
async fn send(line: &Line, conversation: &str, draft: &Value) -> (Answer, bool) {
    let path = messages(conversation);
    line.ask(|client| client.request(Method::POST, &path).json(draft))
        .await
}
