//! Pictures of users and rooms.

use crate::{
    contract::operations::pictures as contract,
    http::{
        reply::{HandlerResult, ok, picture},
        request::Request,
        route::Route,
    },
    model::{ConversationId, PICTURE_BYTES, Permission, UserId, chosen_picture},
    store::Picture,
};

pub fn routes() -> Vec<Route> {
    let (read, person) = (Permission::Read, Permission::Person);
    let (own, of_room) = ("/api/auth_user/avatar", "/api/conversations/{id}/avatar");
    vec![
        Route::put(own, person, set_own).operation(contract::set_own()),
        Route::delete(own, person, delete_own).operation(contract::delete_own()),
        Route::get("/api/users/{id}/avatar", read, of_user).operation(contract::of_user()),
        // As for a room's name.
        Route::put(of_room, person, set_of_room).operation(contract::set_of_room()),
        Route::delete(of_room, person, delete_of_room).operation(contract::delete_of_room()),
        Route::get(of_room, read, self::of_room).operation(contract::of_room()),
    ]
}

/// The picture in the body of a request.
async fn chosen(request: &mut Request) -> HandlerResult<Picture> {
    let bytes = request.file(PICTURE_BYTES).await?;
    let kind = chosen_picture(&bytes)?.to_owned();
    Ok(Picture { kind, bytes })
}

async fn set_own(mut request: Request) -> HandlerResult {
    let picture = chosen(&mut request).await?;
    let user = request.user()?.id;
    Ok(ok(&request.app.store.choose_picture(user, picture).await?))
}

async fn delete_own(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.delete_picture(user).await?))
}

async fn of_user(request: Request, user: UserId) -> HandlerResult {
    picture(request.app.store.picture(user).await?)
}

async fn set_of_room(mut request: Request, room: ConversationId) -> HandlerResult {
    let picture = chosen(&mut request).await?;
    change(&request, room, Some(picture)).await
}

async fn delete_of_room(request: Request, room: ConversationId) -> HandlerResult {
    change(&request, room, None).await
}

async fn change(
    request: &Request,
    room: ConversationId,
    picture: Option<Picture>,
) -> HandlerResult {
    let (store, user) = (&request.app.store, request.user()?.clone());
    let (room, member) = store.set_room_picture(user, room, picture).await?;
    Ok(ok(&room.view(&member)))
}

async fn of_room(request: Request, room: ConversationId) -> HandlerResult {
    let user = request.user()?.id;
    picture(request.app.store.room_picture(user, room).await?)
}
