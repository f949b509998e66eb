//! Finding people, starting and listing conversations, marking them as read, and typing. Messages are in `messages`;
//! what only rooms have is in `rooms`.

use warp::http::StatusCode;

use crate::{
    contract::operations::conversations::{self as contract, ReadMark, StartConversation},
    error::{Error, Result},
    http::{
        reply::{HandlerResult, json, no_content, ok, see_other},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission, room_name},
    store::{NewRoom, Started},
};

pub fn routes() -> Vec<Route> {
    let (read, send) = (Permission::Read, Permission::Send);
    vec![
        Route::get("/api/usernames", read, search).operation(contract::search()),
        Route::get("/api/conversations", read, list).operation(contract::list()),
        Route::post("/api/conversations", send, start).operation(contract::start()),
        Route::get("/api/conversations/{id}", read, show).operation(contract::show()),
        Route::get(
            "/api/conversations/{id}/other_participant",
            read,
            other_participant,
        )
        .operation(contract::other_participant()),
        Route::post("/api/conversations/{id}/read_messages", send, mark_read)
            .operation(contract::mark_read()),
        Route::post("/api/conversations/{id}/typing", send, type_in)
            .operation(contract::send_typing()),
    ]
}

async fn search(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let prefix = request
        .query
        .get("search")
        .map(str::trim)
        .filter(|prefix| !prefix.is_empty());
    let prefix = prefix.ok_or_else(|| Error::invalid("search", "Say how the username starts"))?;
    Ok(ok(&request
        .app
        .store
        .search_usernames(user, prefix)
        .await?))
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let before = request.query.id("before", "conversation")?;
    let page = request.app.store.conversations(user, before).await?;
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
    let username = username.ok_or_else(|| Error::invalid("username", "Username required"))?;
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
            return Err(Error::invalid("upTo", "A message’s number is not negative"));
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
