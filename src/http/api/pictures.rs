//! Pictures of users.

use crate::{
    contract::operations::pictures as contract,
    http::{
        reply::{HandlerResult, ok, picture},
        request::Request,
        route::Route,
    },
    model::{PICTURE_BYTES, Permission, UserId, chosen_picture},
    store::Picture,
};

pub fn routes() -> Vec<Route> {
    let (own, person) = ("/api/auth_user/avatar", Permission::Person);
    vec![
        Route::put(own, person, set_own).operation(contract::set_own()),
        Route::delete(own, person, delete_own).operation(contract::delete_own()),
        Route::get("/api/users/{id}/avatar", Permission::Read, of_user)
            .operation(contract::of_user()),
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
