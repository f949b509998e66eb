//! Rooms: listing open ones, updating them, and their participants.

use std::{str::FromStr, sync::Arc};

use warp::http::StatusCode;

use crate::{
    contract::operations::rooms::{self as contract, AddParticipant, Asked, UpdateRoom},
    error::{Error, Result},
    http::{
        App,
        reply::{HandlerResult, json, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{ConversationId, NotAnId, Participant, Permission, Rate, UserId, room_name},
    store::{Added, RoomUpdate},
};

pub fn routes() -> Vec<Route> {
    let (read, send, person) = (Permission::Read, Permission::Send, Permission::Person);
    let (participants, participant) = (
        "/api/conversations/{id}/participants",
        "/api/conversations/{id}/participants/{userId}",
    );
    vec![
        // Anybody may read it.
        Route::get("/api/rooms", read, list_open)
            .operation(contract::list_open())
            .compressed(),
        // Programs take part in rooms, and people administer them.
        Route::patch("/api/conversations/{id}", person, update).operation(contract::change()),
        // Who is in a conversation may read who else is.
        Route::get(participants, read, list_participants)
            .operation(contract::participants())
            .compressed(),
        Route::post(participants, send, add)
            .rate(Rate::Add)
            .operation(contract::add_participant()),
        Route::delete(participant, send, remove)
            .rate(Rate::Add)
            .operation(contract::remove_participant()),
    ]
}

/// A user in a path: an id, or `me`.
enum Who {
    Me,
    User(UserId),
}

impl FromStr for Who {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            id => id.parse().map(Self::User),
        }
    }
}

async fn list_open(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let before = request.query.id("before", "conversation")?;
    let rooms = request.app.store.open_rooms(user, before).await?;
    Ok(ok(&rooms
        .iter()
        .map(|room| room.view_from_outside(user))
        .collect::<Vec<_>>()))
}

async fn update(mut request: Request, id: ConversationId) -> HandlerResult {
    let update: UpdateRoom = request.json().await?;
    let owner = update.owner.map(|owner| owner.parse()).transpose();
    let change = RoomUpdate {
        name: update.name.as_deref().map(room_name).transpose()?,
        open: update.open,
        owner: owner.map_err(|_| Error::invalid("owner", "User not found."))?,
    };
    let (store, user) = (&request.app.store, request.user()?.clone());
    let (room, member) = store.update_room(user, id, change).await?;
    Ok(ok(&room.view(&member)))
}

async fn list_participants(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&participants(&request.app, user, id).await?))
}

/// Lists the participants of a conversation.
pub async fn participants(
    app: &App,
    caller: UserId,
    id: ConversationId,
) -> Result<Vec<Participant>> {
    let presence = Arc::clone(&app.presence);
    let is_online = move |user| presence.is_online(user);
    app.store.participants(caller, id, is_online).await
}

async fn add(mut request: Request, id: ConversationId) -> HandlerResult {
    let AddParticipant { username } = request.json_or_default().await?;
    let (store, user) = (&request.app.store, request.user()?.clone());
    let Some(username) = username else {
        store.join_room(user, id).await?;
        return Ok(no_content());
    };
    Ok(match store.add_participant(user, id, username).await? {
        Added::Joined => no_content(),
        Added::Asked => json(StatusCode::ACCEPTED, &Asked { asked: true }),
    })
}

async fn remove(request: Request, id: ConversationId, who: Who) -> HandlerResult {
    let caller = request.user()?.clone();
    let user = match who {
        Who::Me => caller.id,
        Who::User(id) => id,
    };
    if user != caller.id {
        request.session()?.require_person()?;
    }
    request
        .app
        .store
        .remove_participant(caller, id, user)
        .await?;
    Ok(no_content())
}
