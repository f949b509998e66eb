//! People who answer, so that whoever builds a front end has somebody to talk to. They are accounts like any others, and use the
//! public API alone. Until somebody writes to them, they only listen.
//!
//! Here they hear what is written to them. What they do then is in a file for each kind: `answering`, `changing`, `quiet` and
//! `director`. When they do it counts from the message, and what they say depends on it, so both are the same in every run.

mod answering;
mod changing;
mod director;
mod quiet;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use futures_util::future::try_join_all;
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::{sync::watch, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    agenda::{Agenda, Plan},
    client::{AGAIN, Account, Loopback, Reply, WAIT},
};
use crate::{
    error::Result,
    model::{Actor, Timestamp, UsernameKey, clock::Clock},
    store::{Authentication, Store},
};

/// The most messages that are looked at in a conversation that was written to while nobody listened.
const UNHEARD: u64 = 25;

/// Defines [`Person`], with the name of each and what others may expect of them.
macro_rules! people {
    ($($person:ident = $name:literal: $about:literal,)+) => {
        /// Somebody who answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Person {
            $(#[doc = $about] $person,)+
        }

        impl Person {
            pub const ALL: &'static [Self] = &[$(Self::$person),+];

            /// The username.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$person => $name,)+
                }
            }

            /// What they do.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$person => $about,)+
                }
            }
        }
    };
}

people! {
    Echo = "echo": "Says the same a second later",
    Slow = "slow": "Types for ten seconds before answering",
    Chatty = "chatty": "Answers, and goes on talking",
    Editor = "editor": "Answers, and corrects it twice",
    Regret = "regret": "Answers, and deletes it",
    Reactor = "reactor": "Reacts, and changes their mind",
    Ghost = "ghost": "Types, and never sends anything",
    Burst = "burst": "Sends eight messages within a second",
    Lurker = "lurker": "Only reads",
    Flapper = "flapper": "Goes offline and comes back, twice",
    Director = "director": "Does what you tell them; begin with “help”",
}

/// All of them.
pub struct People(Vec<Arc<Someone>>);

/// One of them, who is signed in.
struct Someone {
    person: Person,
    account: Account,
    agenda: Arc<Agenda>,
    rng: u64,
    /// The newest message that they have heard.
    heard: AtomicI64,
    /// Until when they are offline.
    away: Mutex<Option<Timestamp>>,
    /// How often they were asked to look for what is new, and for which of those they have done it.
    asked: watch::Sender<u64>,
    looked: watch::Sender<u64>,
}

#[derive(Serialize)]
pub struct Profile {
    username: &'static str,
    about: &'static str,
}

impl People {
    pub fn new(loopback: &Loopback, agenda: &Arc<Agenda>, rng: u64) -> Self {
        let someone = |&person: &Person| {
            Arc::new(Someone {
                person,
                account: loopback.account(person.name()),
                agenda: Arc::clone(agenda),
                rng,
                heard: AtomicI64::new(0),
                away: Mutex::default(),
                asked: watch::Sender::new(0),
                looked: watch::Sender::new(0),
            })
        };
        Self(Person::ALL.iter().map(someone).collect())
    }

    /// Signs everybody in to a new database. That is done before anything else happens in it, so that the tokens that others
    /// get don’t depend on when these get theirs.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn sign_in(&self, store: &Store) -> Result<()> {
        // The writer takes them in this order, and commits them together.
        let signing_in = self.0.iter().map(|someone| {
            let name = Authentication::Name(UsernameKey::new(someone.person.name()));
            store.sign_in(name, None, Actor::command_line())
        });
        let signed_in = try_join_all(signing_in).await?;
        for (someone, signed_in) in self.0.iter().zip(signed_in) {
            someone.account.signed_in(signed_in.token);
        }
        Ok(())
    }

    /// Who they are, and what they do.
    #[must_use]
    pub fn profiles(&self) -> Vec<Profile> {
        let profile = |someone: &Arc<Someone>| Profile {
            username: someone.person.name(),
            about: someone.person.about(),
        };
        self.0.iter().map(profile).collect()
    }

    /// Lets them live until the server stops.
    pub fn live(&self, stopping: &CancellationToken) {
        for someone in &self.0 {
            let (someone, stopping) = (Arc::clone(someone), stopping.clone());
            tokio::spawn(async move { stopping.run_until_cancelled(someone.live()).await });
        }
    }

    /// Waits until they have heard everything that was written so far. What they do about it is on the agenda then.
    pub async fn hear_everything(&self) {
        let mut hearing = JoinSet::new();
        for someone in &self.0 {
            let someone = Arc::clone(someone);
            hearing.spawn(async move {
                let mut looked = someone.looked.subscribe();
                let mut wanted = 0;
                someone.asked.send_modify(|asked| {
                    *asked += 1;
                    wanted = *asked;
                });
                // The sender lives as long as they do.
                let _ = looked.wait_for(|&looked| looked >= wanted).await;
            });
        }
        hearing.join_all().await;
    }
}

impl Someone {
    /// Hears what is written to them, in one database after another.
    async fn live(self: Arc<Self>) {
        loop {
            let present = self.agenda.present();
            *self.away.lock() = None;
            self.heard.store(0, Ordering::Relaxed);
            present.run_until_cancelled(self.listen()).await;
        }
    }

    /// Hears what is written to them, for ever.
    async fn listen(self: &Arc<Self>) {
        let mut asked = self.asked.subscribe();
        let mut cursor = None;
        loop {
            let now_asked = *asked.borrow_and_update();
            let away = *self.away.lock();
            if let Some(until) = away {
                self.looked.send_replace(now_asked);
                tokio::select! {
                    _ = asked.changed() => {}
                    () = Clock::of_lab().until(until) => *self.away.lock() = None,
                }
                continue;
            }
            let listened = async {
                while self.poll(&mut cursor, 0).await? {}
                self.looked.send_replace(now_asked);
                tokio::select! {
                    _ = asked.changed() => {}
                    polled = self.poll(&mut cursor, WAIT) => { polled?; }
                }
                anyhow::Ok(())
            };
            if let Err(error) = listened.await {
                tracing::debug!(person = self.person.name(), %error, "can’t listen");
                sleep(AGAIN).await;
            }
        }
    }

    /// Hears what has happened since `cursor`, or waits so many seconds for something. Returns whether there may be more.
    async fn poll(
        self: &Arc<Self>,
        cursor: &mut Option<String>,
        wait: u32,
    ) -> anyhow::Result<bool> {
        let Some(after) = cursor else {
            let beginning = self.account.get("/api/messages").await?.done()?;
            let beginning = beginning.text("cursor").context("no cursor")?.to_owned();
            self.hear_unread().await?;
            *cursor = Some(beginning);
            return Ok(true);
        };
        let polled = self.account.poll(after, wait).await?;
        if polled.status == StatusCode::GONE {
            *cursor = None;
            return Ok(true);
        }
        let mut polled = polled.done()?;
        let events = polled.body["events"].take();
        let events = events.as_array().context("no events")?;
        let messages = events.iter().filter(|event| event["event"] == "message");
        for message in messages {
            self.hear(&message["data"]);
        }
        *cursor = polled.text("cursor").map(str::to_owned);
        Ok(!events.is_empty())
    }

    /// Hears what was written while they weren’t listening.
    async fn hear_unread(self: &Arc<Self>) -> anyhow::Result<()> {
        let conversations = self.account.get("/api/conversations").await?.done()?;
        for conversation in conversations.body.as_array().context("no list")? {
            let unread = conversation["unreadCount"].as_u64().unwrap_or_default();
            if unread == 0 {
                continue;
            }
            let (id, limit) = (
                conversation["id"].as_str().context("no id")?,
                unread.min(UNHEARD),
            );
            let path = format!("/api/conversations/{id}/messages?limit={limit}");
            let messages = self.account.get(&path).await?.done()?;
            for message in messages.body.as_array().context("no list")?.iter().rev() {
                self.hear(message);
            }
        }
        Ok(())
    }

    /// Does something about a message, unless it is from one of them: two who answer each other would never end.
    fn hear(self: &Arc<Self>, message: &Value) {
        let Some(heard) = Heard::of(message) else {
            return;
        };
        if self.heard.fetch_max(heard.number, Ordering::Relaxed) >= heard.number {
            return;
        }
        let someone = Arc::clone(self);
        self.agenda.spawn(|plan| async move {
            let person = someone.person;
            let turn = Turn {
                someone,
                heard,
                plan,
            };
            if let Err(error) = turn.take().await {
                tracing::debug!(person = person.name(), %error, "can’t answer");
            }
        });
    }
}

/// A message that somebody else wrote.
struct Heard {
    id: String,
    number: i64,
    conversation: String,
    author: String,
    content: String,
    at: Timestamp,
}

impl Heard {
    /// None for their own messages and what isn’t anybody’s.
    fn of(message: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = text(&message["id"])?;
        let author = text(&message["author"]["username"])?;
        let is_somebody = Person::ALL.iter().all(|person| person.name() != author);
        is_somebody.then_some(())?;
        Some(Self {
            number: id.parse().ok()?,
            id,
            conversation: text(&message["conversationId"])?,
            author,
            content: text(&message["content"])?,
            at: Timestamp::parse(message["createdAt"].as_str()?)?,
        })
    }
}

/// What somebody does about a message.
struct Turn {
    someone: Arc<Someone>,
    heard: Heard,
    plan: Plan,
}

impl Turn {
    async fn take(&self) -> anyhow::Result<()> {
        match self.someone.person {
            Person::Echo => answering::echo(self).await,
            Person::Slow => answering::slow(self).await,
            Person::Chatty => answering::chatty(self).await,
            Person::Burst => answering::burst(self).await,
            Person::Editor => changing::editor(self).await,
            Person::Regret => changing::regret(self).await,
            Person::Reactor => changing::reactor(self).await,
            Person::Ghost => quiet::ghost(self).await,
            Person::Lurker => quiet::lurker(self).await,
            Person::Flapper => quiet::flapper(self).await,
            Person::Director => director::obey(self).await,
        }
    }

    /// Waits until so many milliseconds after the message.
    async fn at(&self, millis: u64) {
        let time = self.heard.at.after(Duration::from_millis(millis));
        self.plan.until(time).await;
    }

    /// One of these, which only depends on the seed, the person and the message.
    fn pick<'a>(&self, from: &[&'a str]) -> &'a str {
        let mut hash = Sha256::new();
        hash.update(self.someone.rng.to_le_bytes());
        hash.update(self.someone.person.name());
        hash.update(self.heard.number.to_le_bytes());
        let drawn: [u8; 32] = hash.finalize().into();
        from[usize::from(drawn[0]) % from.len()]
    }

    async fn read(&self) -> anyhow::Result<()> {
        self.in_conversation("read_messages", json!({})).await?;
        Ok(())
    }

    async fn type_in(&self) -> anyhow::Result<()> {
        self.in_conversation("typing", json!({})).await?;
        Ok(())
    }

    /// Sends a message. Returns its id.
    async fn say(&self, content: &str) -> anyhow::Result<String> {
        let said = self.in_conversation("messages", json!({ "content": content }));
        said.await?.id().context("a message without an id")
    }

    async fn edit(&self, message: &str, content: &str) -> anyhow::Result<()> {
        let (path, body) = (message_path(message), json!({ "content": content }));
        self.call(Method::PATCH, &path, Some(body)).await?;
        Ok(())
    }

    async fn delete(&self, message: &str) -> anyhow::Result<()> {
        self.call(Method::DELETE, &message_path(message), None)
            .await?;
        Ok(())
    }

    /// Reacts to what was heard, or takes it back.
    async fn react(&self, method: Method, emoji: &str) -> anyhow::Result<()> {
        let path = reaction_path(&self.heard.id, emoji);
        self.call(method, &path, None).await?;
        Ok(())
    }

    /// Is offline until so many milliseconds after the message.
    fn leave_until(&self, millis: u64) {
        let until = self.heard.at.after(Duration::from_millis(millis));
        *self.someone.away.lock() = Some(until);
        self.someone.asked.send_modify(|_| {});
    }

    async fn in_conversation(&self, what: &str, body: Value) -> anyhow::Result<Reply> {
        self.call(Method::POST, &self.path(what), Some(body)).await
    }

    /// Of something in the conversation.
    fn path(&self, what: &str) -> String {
        format!("/api/conversations/{}/{what}", self.heard.conversation)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Reply> {
        self.someone.account.call(method, path, body).await?.done()
    }
}

pub(super) fn message_path(id: &str) -> String {
    format!("/api/messages/{id}")
}

pub(super) fn reaction_path(id: &str, emoji: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let emoji = utf8_percent_encode(emoji, NON_ALPHANUMERIC);
    format!("/api/messages/{id}/reactions/{emoji}")
}
