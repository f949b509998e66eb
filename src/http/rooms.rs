//! Rooms: which there are, who is in one, and what its owner changes.

use std::sync::Arc;

use serde::Deserialize;
use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

use super::{
    App,
    body::Body,
    caller::{Caller, Permission},
    filters::{Query, body, caller, only, query, with},
    reply::{Answer, no_content, ok},
};
use crate::{
    error::{Error, Result},
    model::{ConversationId, Participant, UserId, room_name},
    store::RoomChange,
};

/// The rooms that one can join.
pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let rooms = warp::path!("rooms")
        .and(warp::get())
        .and(with(app))
        .and(caller())
        .and(query())
        .then(open_rooms);
    rooms
        .or(warp::path!("rooms").and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}

/// A conversation's own path, below `/api/conversations`.
pub fn change(app: &Arc<App>) -> BoxedFilter<(Answer,)> {
    warp::path!(ConversationId)
        .and(warp::patch())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(alter)
        .boxed()
}

/// Who is in a conversation, below `/api/conversations`.
pub fn participants(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let all = warp::path!(ConversationId / "participants");
    let list = all.and(warp::get()).and(with(app)).and(caller()).then(list);
    let come_in = all
        .and(warp::post())
        .and(with(app))
        .and(caller())
        .and(body())
        .then(come_in);
    let all = list
        .or(come_in)
        .or(all.and(only("GET, HEAD, POST")).map(|_, refusal| refusal));

    let one = warp::path!(ConversationId / "participants" / Who);
    let take_out = one
        .and(warp::delete())
        .and(with(app))
        .and(caller())
        .then(take_out);
    let one = take_out.or(one.and(only("DELETE")).map(|_, _, refusal| refusal));

    all.or(one).map(Reply::into_response).boxed()
}

/// Somebody, as a path names them.
enum Who {
    Me,
    User(UserId),
}

impl std::str::FromStr for Who {
    type Err = crate::model::NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::User),
        }
    }
}

async fn open_rooms(app: Arc<App>, caller: Caller, query: Query) -> Answer {
    let session = caller.reader(&app).await?;
    let before = query.id("before", "Conversation")?;
    let rooms = app.store.open_rooms(session.user.id, before).await?;
    Ok(ok(&rooms
        .iter()
        .map(|room| room.view_from_outside(session.user.id))
        .collect::<Vec<_>>()))
}

#[derive(Deserialize)]
struct Alteration {
    name: Option<String>,
    open: Option<bool>,
    owner: Option<String>,
}

async fn alter(id: ConversationId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, wanted): (_, Alteration) = caller.sent(&app, Permission::Send, body).await?;
    let owner = wanted.owner.map(|owner| owner.parse()).transpose();
    let change = RoomChange {
        name: wanted.name.as_deref().map(room_name).transpose()?,
        open: wanted.open,
        owner: owner.map_err(|_| Error::invalid("owner", "There is no such user"))?,
    };
    let (room, member) = app
        .store
        .change_room(session.user.clone(), id, change)
        .await?;
    Ok(ok(&room.view(&member)))
}

async fn list(id: ConversationId, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.reader(&app).await?;
    Ok(ok(&people(&app, session.user.id, id).await?))
}

/// Who is in a conversation, as somebody in it may know.
pub async fn people(app: &App, caller: UserId, id: ConversationId) -> Result<Vec<Participant>> {
    let presence = Arc::clone(&app.presence);
    let is_online = move |user| presence.is_online(user);
    app.store.participants(caller, id, is_online).await
}

#[derive(Default, Deserialize)]
struct Newcomer {
    username: Option<String>,
}

async fn come_in(id: ConversationId, app: Arc<App>, caller: Caller, body: Body) -> Answer {
    let (session, newcomer): (_, Newcomer) =
        caller.sent_or_default(&app, Permission::Send, body).await?;
    let user = session.user.clone();
    match newcomer.username {
        None => app.store.join(user, id).await?,
        Some(username) => app.store.add(user, id, username).await?,
    }
    Ok(no_content())
}

async fn take_out(id: ConversationId, who: Who, app: Arc<App>, caller: Caller) -> Answer {
    let session = caller.sender(&app).await?;
    let user = match who {
        Who::Me => session.user.id,
        Who::User(id) => id,
    };
    app.store.remove(session.user.clone(), id, user).await?;
    Ok(no_content())
}
