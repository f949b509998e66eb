//! Finding people, starting conversations, listing them, marking them read, and typing in them. The
//! messages in one are `messages`; what only rooms have is `rooms`.

use std::sync::Arc;

use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, http::StatusCode, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{Query, body, caller, only, query, with},
    messages,
    reply::{Answer, json, no_content, ok, see_other},
    rooms,
};
use crate::{
    error::{Error, Result},
    model::{ConversationId, room_name},
    store::{NewRoom, Started},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let list = warp::path::end()
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .and(query())
        .then(list);
    let start = warp::path::end()
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(start);
    let all = list
        .or(start)
        .or(warp::path::end().and(only("GET, HEAD, POST")));

    let show = warp::path!(ConversationId)
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(show);
    let one = show.or(rooms::change(app)).or(warp::path!(ConversationId)
        .and(only("GET, HEAD, PATCH"))
        .map(|_, refusal| refusal));

    let other = warp::path!(ConversationId / "other_participant");
    let other_participant = other
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .then(other_participant);
    let other_participant =
        other_participant.or(other.and(only("GET, HEAD")).map(|_, refusal| refusal));

    let read = warp::path!(ConversationId / "read_messages");
    let mark_read = read
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(mark_read);
    let mark_read = mark_read.or(read.and(only("POST")).map(|_, refusal| refusal));

    let typing = warp::path!(ConversationId / "typing");
    let type_in = typing
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .then(type_in);
    let type_in = type_in.or(typing.and(only("POST")).map(|_, refusal| refusal));

    let conversations = messages::of_conversation(app)
        .or(mark_read)
        .or(type_in)
        .or(one)
        .or(rooms::participants(app))
        .or(other_participant)
        .or(all);
    let conversations =
        warp::path("conversations").and(conversations.map(Reply::into_response).boxed());

    let search = warp::path!("usernames")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .and(query())
        .then(search);
    let search = search.or(warp::path!("usernames").and(only("GET, HEAD")));

    conversations.or(search).map(Reply::into_response).boxed()
}

async fn search(app: Arc<App>, caller: Caller, query: Query) -> Answer {
    let session = caller.reader(&app).await?;
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

async fn list(app: Arc<App>, caller: Caller, query: Query) -> Answer {
    let session = caller.reader(&app).await?;
    let before = query.id("before", "Conversation")?;
    let page = app.store.conversations(session.user.id, before).await?;
    Ok(ok(&page
        .iter()
        .map(|(conversation, member)| conversation.view(member))
        .collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct NewConversation {
    username: Option<String>,
    name: Option<String>,
    #[serde(default)]
    usernames: Vec<String>,
    #[serde(default)]
    open: bool,
}

async fn start(app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, new): (_, NewConversation) = caller.sent(&app, Permission::Send, body).await?;
    if let Some(name) = new.name {
        let room = NewRoom {
            name: room_name(&name)?,
            usernames: new.usernames,
            open: new.open,
        };
        let (room, member) = app.store.create_room(session.user.clone(), room).await?;
        return Ok(json(StatusCode::CREATED, &room.view(&member)));
    }
    let username = new.username.filter(|username| !username.trim().is_empty());
    let username = username.ok_or_else(|| Error::invalid("username", "Username required"))?;
    match app.store.start_direct(session.user.id, username).await? {
        Started::Created(created) => {
            let (conversation, member) = *created;
            Ok(json(StatusCode::CREATED, &conversation.view(&member)))
        }
        Started::Existing(id) => see_other(&format!("/api/conversations/{id}")),
    }
}

async fn show(id: ConversationId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.reader(&app).await?;
    let (conversation, member) = app.store.conversation(session.user.id, id).await?;
    Ok(ok(&conversation.view(&member)))
}

async fn other_participant(id: ConversationId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.reader(&app).await?;
    Ok(ok(&app
        .store
        .other_participant(session.user.id, id)
        .await?))
}

/// Up to which message somebody has read; without a number, all of them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadMark {
    pub up_to: Option<i64>,
}

impl ReadMark {
    /// The number, checked.
    ///
    /// # Errors
    /// [`Error::Invalid`] where no message can have it.
    pub fn number(self) -> Result<Option<i64>> {
        if self.up_to.is_some_and(|number| number < 0) {
            return Err(Error::invalid("upTo", "A message's number is not negative"));
        }
        Ok(self.up_to)
    }
}

async fn mark_read(id: ConversationId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, mark): (_, ReadMark) =
        caller.sent_or_default(&app, Permission::Send, body).await?;
    app.store
        .mark_read(session.user.id, id, mark.number()?)
        .await?;
    Ok(no_content())
}

async fn type_in(id: ConversationId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.sender(&app).await?;
    app.presence.send_typing(&session, id).await?;
    Ok(no_content())
}
