//! Requests to join a room, for people who want to be asked before they are added.

use crate::{
    contract::operations::room_requests as contract,
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{ConversationId, Permission},
};

pub fn routes() -> Vec<Route> {
    let person = Permission::Person;
    let request = "/api/room_requests/{id}";
    vec![
        Route::get("/api/room_requests", person, list).operation(contract::list()),
        Route::post(request, person, accept).operation(contract::accept()),
        Route::delete(request, person, decline).operation(contract::decline()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.room_requests(user).await?))
}

async fn accept(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.clone();
    let (room, member) = request.app.store.accept_room_request(user, id).await?;
    Ok(ok(&room.view(&member)))
}

async fn decline(request: Request, id: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.decline_room_request(user, id).await?;
    Ok(no_content())
}
