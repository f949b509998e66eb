//! Finding people, starting conversations, listing them, and marking them read. The messages in one
//! are `messages`.

use std::sync::Arc;

use serde::Deserialize;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{HeaderValue, StatusCode, header::LOCATION},
    reply::Response,
};

use super::{
    App,
    asker::Asker,
    body::Body,
    filters::{Query, asker, body, only, query, with},
    messages,
    reply::{Answer, json, no_content, ok},
};
use crate::{error::Error, model::ConversationId, store::Started};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path::end()
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .and(query())
        .then(list);
    let start = warp::path::end()
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(start);
    let all = list
        .or(start)
        .or(warp::path::end().and(only("GET, HEAD, POST")));

    let show = warp::path!(ConversationId)
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(show);
    let one = show.or(warp::path!(ConversationId)
        .and(only("GET, HEAD"))
        .map(|_, refusal| refusal));

    let other = warp::path!(ConversationId / "other_participant");
    let other_participant = other
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .then(other_participant);
    let other_participant =
        other_participant.or(other.and(only("GET, HEAD")).map(|_, refusal| refusal));

    let read = warp::path!(ConversationId / "read_messages");
    let mark_read = read
        .and(warp::post())
        .and(with(app))
        .and(asker())
        .and(body())
        .then(mark_read);
    let mark_read = mark_read.or(read.and(only("POST")).map(|_, refusal| refusal));

    let conversations = messages::routes(app)
        .or(mark_read)
        .or(one)
        .or(other_participant)
        .or(all);
    let conversations =
        warp::path("conversations").and(conversations.map(Reply::into_response).boxed());

    let search = warp::path!("usernames")
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .and(query())
        .then(search);
    let search = search.or(warp::path!("usernames").and(only("GET, HEAD")));

    conversations.or(search).map(Reply::into_response).boxed()
}

async fn search(app: Arc<App>, asker: Asker, query: Query) -> Answer {
    let session = asker.session(&app).await?;
    let prefix = query
        .get("search")
        .map(str::trim)
        .filter(|prefix| !prefix.is_empty());
    let prefix = prefix.ok_or_else(|| Error::invalid("search", "Say how the username starts"))?;
    Ok(ok(&app
        .store
        .search_usernames(session.user.id, prefix)
        .await?))
}

async fn list(app: Arc<App>, asker: Asker, query: Query) -> Answer {
    let session = asker.session(&app).await?;
    let before = query
        .get("before")
        .map(str::parse)
        .transpose()
        .map_err(|_| Error::NotFound("Conversation"))?;
    Ok(ok(&app
        .store
        .conversations(session.user.id, before)
        .await?))
}

#[derive(Deserialize)]
struct NewConversation {
    username: Option<String>,
}

async fn start(app: Arc<App>, asker: Asker, body: Body) -> Answer {
    let session = asker.session(&app).await?;
    let username = body
        .json::<NewConversation>(asker.headers())
        .await?
        .username;
    let username = username.filter(|username| !username.trim().is_empty());
    let username = username.ok_or_else(|| Error::invalid("username", "Username required"))?;
    match app.store.start_direct(session.user.id, username).await? {
        Started::Created(conversation) => Ok(json(StatusCode::CREATED, &conversation)),
        Started::Existing(id) => {
            let location = HeaderValue::try_from(format!("/api/conversations/{id}"))
                .map_err(|_| Error::Internal)?;
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(LOCATION, location);
            Ok(response)
        }
    }
}

async fn show(id: ConversationId, app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session(&app).await?;
    Ok(ok(&app.store.conversation(session.user.id, id).await?))
}

async fn other_participant(id: ConversationId, app: Arc<App>, asker: Asker) -> Answer {
    let session = asker.session(&app).await?;
    Ok(ok(&app
        .store
        .other_participant(session.user.id, id)
        .await?))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadMark {
    up_to: Option<i64>,
}

async fn mark_read(id: ConversationId, app: Arc<App>, asker: Asker, body: Body) -> Answer {
    let session = asker.session(&app).await?;
    let up_to = body
        .json_or_default::<ReadMark>(asker.headers())
        .await?
        .up_to;
    if up_to.is_some_and(|number| number < 0) {
        return Err(Error::invalid("upTo", "A message's number is not negative").into());
    }
    app.store.mark_read(session.user.id, id, up_to).await?;
    Ok(no_content())
}
