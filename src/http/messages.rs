//! Messages: sending one, reading a conversation's history, and changing or reacting to one.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{Query, body, caller, only, query, with},
    reply::{Answer, json, no_content, ok},
};
use crate::{
    error::{Error, Result},
    model::{self, ConversationId, Emoji, Message, MessageId, User, UserId},
    store::{NewMessage, Page, Sent},
};

const DEFAULT_PAGE: u32 = 25;
const LARGEST_PAGE: u32 = 100;

/// The messages of a conversation, below `/api/conversations`.
pub fn of_conversation(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let messages = warp::path!(ConversationId / "messages");
    let send = messages
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(send);
    let history = messages
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .and(query())
        .then(history);
    let other = messages
        .and(only("GET, HEAD, POST"))
        .map(|_, refusal| refusal);
    send.or(history).or(other).map(Reply::into_response).boxed()
}

/// A message by itself.
pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let one = warp::path!("messages" / MessageId);
    let edit = one
        .and(warp::patch())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(edit);
    let delete = one
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(delete);
    let one = edit
        .or(delete)
        .or(one.and(only("PATCH, DELETE")).map(|_, refusal| refusal));

    let reaction = warp::path!("messages" / MessageId / "reactions" / String);
    let react = reaction
        .and(warp::put())
        .and(with(app))
        .and(caller())
        .then(react);
    let unreact = reaction
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(unreact);
    let other = reaction
        .and(only("PUT, DELETE"))
        .map(|_, _, refusal| refusal);

    one.or(react)
        .or(unreact)
        .or(other)
        .map(Reply::into_response)
        .boxed()
}

/// A message as its author's client has sent it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    pub content: Option<String>,
    pub client_id: Option<String>,
}

impl Draft {
    /// The message that it is to become.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it doesn't keep the rules.
    pub fn to(self, conversation_id: ConversationId, author: User) -> Result<NewMessage> {
        Ok(NewMessage {
            conversation_id,
            author,
            content: model::message_content(self.content.as_deref().unwrap_or_default())?
                .to_owned(),
            client_id: self.client_id.map(model::client_id).transpose()?,
        })
    }
}

async fn send(
    conversation_id: ConversationId,
    app: Arc<App>,
    caller: Caller,
    body: Body,
) -> Answer {
    let (session, draft): (_, Draft) = caller.sent(&app, Permission::Send, body).await?;
    let draft = draft.to(conversation_id, session.user.clone())?;
    let Sent { message, is_new } = app.store.send(draft).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(json(status, &message.view(session.user.id)))
}

async fn history(
    conversation: ConversationId,
    app: Arc<App>,
    caller: Caller,
    query: Query,
) -> Answer {
    let session = caller.reader(&app).await?;
    let caller = session.user.id;
    match query.get("order") {
        None => {}
        Some("top") => {
            let messages = app.store.top(caller, conversation, limit(&query)?).await?;
            return Ok(list(&messages, caller));
        }
        Some(_) => return Err(Error::invalid("order", "The only other order is top").into()),
    }
    let page = Page {
        before: query.id("before", "Message")?,
        after: query.id("after", "Message")?,
        limit: limit(&query)?,
    };
    let messages = app.store.history(caller, conversation, page).await?;
    Ok(list(&messages, caller))
}

fn list(messages: &[Message], caller: UserId) -> Response {
    let views: Vec<_> = messages
        .iter()
        .map(|message| message.view(caller))
        .collect();
    ok(&views)
}

#[derive(Deserialize)]
struct NewContent {
    content: Option<String>,
}

async fn edit(id: MessageId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, new): (_, NewContent) = caller.sent(&app, Permission::Send, body).await?;
    let content = model::message_content(new.content.as_deref().unwrap_or_default())?.to_owned();
    let message = app.store.edit(session.user.id, id, content).await?;
    Ok(ok(&message.view(session.user.id)))
}

async fn delete(id: MessageId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.sender(&app).await?;
    app.store.delete(session.user.id, id).await?;
    Ok(no_content())
}

async fn react(id: MessageId, emoji: String, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.sender(&app).await?;
    let emoji = emoji_of(&emoji)?;
    let message = app.store.react(session.user.id, id, emoji).await?;
    Ok(ok(&message.view(session.user.id)))
}

async fn unreact(id: MessageId, emoji: String, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.sender(&app).await?;
    let emoji = emoji_of(&emoji)?;
    let message = app.store.unreact(session.user.id, id, emoji).await?;
    Ok(ok(&message.view(session.user.id)))
}

/// An emoji out of a path, where it stands percent-encoded. What isn't UTF-8 is none.
fn emoji_of(segment: &str) -> Answer<Emoji> {
    Ok(Emoji::new(
        &percent_decode_str(segment).decode_utf8_lossy(),
    )?)
}

fn limit(query: &Query) -> Answer<u32> {
    let Some(text) = query.get("limit") else {
        return Ok(DEFAULT_PAGE);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    Ok(limit.ok_or_else(|| Error::invalid("limit", format!("limit is 1 to {LARGEST_PAGE}")))?)
}
