//! The messages of a conversation: sending one, and reading its history.

use std::sync::Arc;

use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    asker::Asker,
    body::Body,
    filters::{Query, asker, body, only, query, with},
    reply::{Answer, json, ok},
};
use crate::{
    error::Error,
    model::{self, ConversationId, MessageId},
    store::{NewMessage, Page, Sent},
};

const DEFAULT_PAGE: u32 = 25;
const LARGEST_PAGE: u32 = 100;

/// The routes below `/api/conversations`.
pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let messages = warp::path!(ConversationId / "messages");
    let send = messages
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(send);
    let history = messages
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .and(query())
        .then(history);
    let other = messages
        .and(only("GET, HEAD, POST"))
        .map(|_, refusal| refusal);
    send.or(history).or(other).map(Reply::into_response).boxed()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Draft {
    content: Option<String>,
    client_id: Option<String>,
}

async fn send(conversation_id: ConversationId, app: Arc<App>, asker: Asker, body: Body) -> Answer {
    let session = asker.session(&app).await?;
    let draft: Draft = body.json(asker.headers()).await?;
    let content = model::message_content(draft.content.as_deref().unwrap_or_default())?.to_owned();
    let client_id = draft.client_id.map(model::client_id).transpose()?;
    let author = session.user.clone();
    let Sent { message, is_new } = app
        .store
        .send(NewMessage {
            conversation_id,
            author,
            content,
            client_id,
        })
        .await?;
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
    asker: Asker,
    query: Query,
) -> Answer {
    let session = asker.session(&app).await?;
    let asker = session.user.id;
    let page = Page {
        before: id(&query, "before")?,
        after: id(&query, "after")?,
        limit: limit(&query)?,
    };
    let messages = app.store.history(asker, conversation, page).await?;
    Ok(ok(&messages
        .iter()
        .map(|message| message.view(asker))
        .collect::<Vec<_>>()))
}

fn id(query: &Query, name: &str) -> Answer<Option<MessageId>> {
    Ok(query
        .get(name)
        .map(str::parse)
        .transpose()
        .map_err(|_| Error::NotFound("Message"))?)
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
