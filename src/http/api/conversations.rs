//! Starting and listing conversations, marking them as read, and typing. Messages are in `messages`;
//! what only rooms have is in `rooms`.

use warp::http::StatusCode;

use crate::{
    contract::operations::conversations::{
        self as contract, ReadMark, StartConversation, UpdateConversationSettings,
    },
    error::{Error, Result},
    http::{
        reply::{HandlerResult, json, no_content, ok, see_other},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission, Rate, room_name},
    store::{Listed, NewRoom, SettingsUpdate, Started},
};

pub fn routes() -> Vec<Route> {
    let (read, send) = (Permission::Read, Permission::Send);
    vec![
        Route::get("/api/conversations", read, list).operation(contract::list()),
        Route::post("/api/conversations", send, start)
            .rate(Rate::Room)
            .operation(contract::start()),
        Route::get("/api/conversations/{id}", read, show).operation(contract::show()),
        Route::patch("/api/conversations/{id}/settings", send, update_settings)
            .operation(contract::update_settings()),
        Route::get(
            "/api/conversations/{id}/other_participant",
            read,
            other_participant,
        )
        .operation(contract::other_participant()),
        Route::post("/api/conversations/{id}/read_messages", send, mark_read)
            .operation(contract::mark_read()),
        Route::post("/api/conversations/{id}/typing", send, type_in)
            .rate(Rate::Typing)
            .operation(contract::send_typing()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let before = request.query.id("before", "conversation")?;
    let listed = match request.query.get("only") {
        None => Listed::All,
        Some("pinned") => Listed::Pinned,
        Some("archived") => Listed::Archived,
        Some(_) => {
            return Err(Error::invalid("only", "only must be “pinned” or “archived”.").into());
        }
    };
    let store = &request.app.store;
    let page = store.conversations(user, before, listed).await?;
    Ok(ok(&page
        .iter()
        .map(|(conversation, member)| conversation.view(member))
        .collect::<Vec<_>>()))
}

async fn start(mut request: Request) -> HandlerResult {
    let new: StartConversation = request.json().await?;
    let (store, user) = (&request.app.store, request.user()?);
    if let Some(name) = new.name {
        let room = NewRoom {
            name: room_name(&name)?,
            usernames: new.usernames,
            open: new.open,
        };
        let (room, member) = store.create_room(user.clone(), room).await?;
        return Ok(json(StatusCode::CREATED, &room.view(&member)));
    }
    let username = new.username.filter(|username| !username.trim().is_empty());
    let username = username.ok_or_else(|| Error::invalid("username", "Enter a username."))?;
    match store.start_direct(user.id, username).await? {
        Started::Created(created) => {
            let (conversation, member) = *created;
            Ok(json(StatusCode::CREATED, &conversation.view(&member)))
        }
        Started::Existing(id) => see_other(&format!("/api/conversations/{id}")),
    }
}

async fn show(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    let (conversation, member) = request.app.store.conversation(user, id).await?;
    Ok(ok(&conversation.view(&member)))
}

async fn update_settings(mut request: Request, id: ConversationId) -> HandlerResult {
    let UpdateConversationSettings {
        pinned,
        archived,
        hidden,
        marked_unread,
        notification_level,
    } = request.json().await?;
    let update = SettingsUpdate {
        pinned,
        archived,
        hidden,
        marked_unread,
        notification_level,
    };
    let (store, user) = (&request.app.store, request.user()?.id);
    let (conversation, member) = store.update_conversation_settings(user, id, update).await?;
    Ok(ok(&conversation.view(&member)))
}

async fn other_participant(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.other_participant(user, id).await?))
}

impl ReadMark {
    /// Checks the number.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no message can have this number.
    pub fn number(self) -> Result<Option<i64>> {
        if self.up_to.is_some_and(|number| number < 0) {
            return Err(Error::invalid("upTo", "upTo can’t be negative."));
        }
        Ok(self.up_to)
    }
}

async fn mark_read(mut request: Request, id: ConversationId) -> HandlerResult {
    let mark: ReadMark = request.json_or_default().await?;
    let user = request.user()?.id;
    let store = &request.app.store;
    store.mark_read(user, id, mark.number()?).await?;
    Ok(no_content())
}

async fn type_in(request: Request, id: ConversationId) -> HandlerResult {
    request
        .app
        .presence
        .send_typing(request.session()?, id)
        .await?;
    Ok(no_content())
}
