//! Puppets: any account does what a test or a developer says, through the public API, as if somebody sat in front of it.

use std::{collections::HashMap, sync::Arc};

use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::{
    client::{AGAIN, Account, Loopback, Reply, WAIT},
    people::{message_path, reaction_path},
};

/// The reaction, if none is named.
const THUMB: &str = "👍";

/// What somebody is to do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Act {
    /// The username of who does it.
    #[serde(rename = "as")]
    pub who: String,
    /// The id of a conversation, the name of a room, or the username of the other person.
    #[serde(rename = "in")]
    place: Option<String>,
    #[serde(rename = "do")]
    deed: Deed,
    /// What is said, or the emoji of a reaction.
    text: Option<String>,
    /// The id of the message that it is about. Without one, it is the newest: to edit and delete, of their own.
    message: Option<String>,
    /// In how many milliseconds, by the lab’s clock.
    #[serde(default)]
    pub after_ms: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    Send,
    Type,
    Read,
    Edit,
    Delete,
    React,
    Join,
    Leave,
    Online,
    Offline,
}

/// The accounts that have been used so.
pub struct Puppets {
    loopback: Loopback,
    accounts: Mutex<HashMap<String, Arc<Account>>>,
    /// What keeps somebody online.
    online: Mutex<HashMap<String, AbortOnDropHandle<()>>>,
}

/// What came of it: the answer of the API, or what it would have said.
type Outcome = anyhow::Result<Reply>;

fn refused(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply {
        status,
        body: json!({ "code": code, "message": message }),
        located: None,
    }
}

fn missing(field: &str) -> Reply {
    let message = format!("This needs “{field}”.");
    refused(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &message)
}

/// Goes on with the first, or returns the second.
macro_rules! or_return {
    ($found:expr) => {
        match $found {
            Ok(found) => found,
            Err(reply) => return Ok(reply),
        }
    };
}

impl Puppets {
    #[must_use]
    pub fn new(loopback: Loopback) -> Self {
        Self {
            loopback,
            accounts: Mutex::default(),
            online: Mutex::default(),
        }
    }

    /// Does it now, whatever `after_ms` says.
    ///
    /// # Errors
    /// If the server doesn’t answer.
    pub async fn perform(&self, act: &Act) -> Outcome {
        let account = self.account(&act.who);
        match act.deed {
            Deed::Online => return self.come_online(account).await,
            Deed::Offline => {
                self.online.lock().remove(&act.who);
                return Ok(nothing());
            }
            _ => {}
        }
        if let (Some(message), Deed::Edit | Deed::Delete | Deed::React) = (&act.message, act.deed) {
            return about(&account, act, message).await;
        }
        let place = or_return!(act.place.as_deref().ok_or_else(|| missing("in")));
        let id = or_return!(conversation(&account, place, act.deed).await?);
        let path = |what: &str| format!("/api/conversations/{id}/{what}");
        match act.deed {
            Deed::Send => {
                let text = or_return!(act.text.as_deref().ok_or_else(|| missing("text")));
                account
                    .post(&path("messages"), json!({ "content": text }))
                    .await
            }
            Deed::Type => account.post(&path("typing"), json!({})).await,
            Deed::Read => account.post(&path("read_messages"), json!({})).await,
            Deed::Join => account.post(&path("participants"), json!({})).await,
            Deed::Leave => {
                account
                    .call(Method::DELETE, &path("participants/me"), None)
                    .await
            }
            _ => {
                let message = or_return!(newest(&account, &path("messages"), act.deed).await?);
                about(&account, act, &message).await
            }
        }
    }

    /// Nobody is online any more.
    pub fn rest(&self) {
        self.online.lock().clear();
    }

    fn account(&self, username: &str) -> Arc<Account> {
        let mut accounts = self.accounts.lock();
        let account = accounts
            .entry(username.to_owned())
            .or_insert_with(|| Arc::new(self.loopback.account(username)));
        Arc::clone(account)
    }

    /// Follows as somebody until they are to be offline.
    async fn come_online(&self, account: Arc<Account>) -> Outcome {
        let beginning = account.get("/api/messages").await?;
        if !beginning.status.is_success() {
            return Ok(beginning);
        }
        let who = account.username.clone();
        let following = AbortOnDropHandle::new(tokio::spawn(follow(account, beginning)));
        self.online.lock().insert(who, following);
        Ok(nothing())
    }
}

fn nothing() -> Reply {
    Reply {
        status: StatusCode::NO_CONTENT,
        body: Value::Null,
        located: None,
    }
}

async fn follow(account: Arc<Account>, beginning: Reply) {
    let mut last = Some(beginning);
    loop {
        let cursor = last.as_ref().and_then(|reply| reply.text("cursor"));
        let polled = match cursor {
            Some(cursor) => account.poll(cursor, WAIT).await,
            None => account.get("/api/messages").await,
        };
        last = polled.ok().filter(|reply| reply.status.is_success());
        if last.is_none() {
            sleep(AGAIN).await;
        }
    }
}

/// Changes a message, or reacts to it.
async fn about(account: &Account, act: &Act, message: &str) -> Outcome {
    let reply = match act.deed {
        Deed::Edit => {
            let text = or_return!(act.text.as_deref().ok_or_else(|| missing("text")));
            let content = json!({ "content": text });
            account
                .call(Method::PATCH, &message_path(message), Some(content))
                .await?
        }
        Deed::Delete => {
            account
                .call(Method::DELETE, &message_path(message), None)
                .await?
        }
        _ => {
            let path = reaction_path(message, act.text.as_deref().unwrap_or(THUMB));
            account.call(Method::PUT, &path, None).await?
        }
    };
    Ok(Reply {
        located: Some(message.to_owned()),
        ..reply
    })
}

/// The id of the newest message: of anybody’s to react, and else of their own.
async fn newest(
    account: &Account,
    messages: &str,
    deed: Deed,
) -> anyhow::Result<Result<String, Reply>> {
    let found = account.get(&format!("{messages}?limit=100")).await?;
    if !found.status.is_success() {
        return Ok(Err(found));
    }
    let mut messages = found.body.as_array().into_iter().flatten();
    let is_meant = |message: &&Value| {
        message["author"].is_object()
            && message["deletedAt"].is_null()
            && (matches!(deed, Deed::React) || message["mine"] == true)
    };
    let id = messages
        .find(is_meant)
        .and_then(|message| message["id"].as_str());
    let id = id.map(str::to_owned);
    Ok(id.ok_or_else(|| {
        refused(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such message.",
        )
    }))
}

/// The id of a conversation that is named by its id, its room’s name, or the other person’s name. With somebody who exists, there
/// is one from now on.
async fn conversation(
    account: &Account,
    place: &str,
    deed: Deed,
) -> anyhow::Result<Result<String, Reply>> {
    if place.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Ok(place.to_owned()));
    }
    let list = match deed {
        Deed::Join => "/api/rooms",
        _ => "/api/conversations",
    };
    let mut before = None;
    loop {
        let path = match &before {
            Some(before) => format!("{list}?before={before}"),
            None => list.to_owned(),
        };
        let page = account.get(&path).await?;
        if !page.status.is_success() {
            return Ok(Err(page));
        }
        let page = page.body.as_array().cloned().unwrap_or_default();
        let is_meant = |conversation: &&Value| {
            conversation["name"] == *place || conversation["otherParticipant"]["username"] == *place
        };
        let id = |conversation: &Value| conversation["id"].as_str().map(str::to_owned);
        if let Some(found) = page.iter().find(is_meant).and_then(id) {
            return Ok(Ok(found));
        }
        before = page.last().and_then(id);
        if before.is_none() {
            break;
        }
    }
    if matches!(deed, Deed::Join) {
        let message = "There is no open room of this name that they could join.";
        return Ok(Err(refused(StatusCode::NOT_FOUND, "not_found", message)));
    }
    let started = account.post("/api/conversations", json!({ "username": place }));
    let started = started.await?;
    Ok(started.id().ok_or(started))
}
