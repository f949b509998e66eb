//! What administrators set for everybody.

use crate::{
    contract::operations::admin_settings::{self as contract, UpdateAdminSettings},
    error::Error,
    http::{
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::Permission,
    store::AdminSettingsUpdate,
};

pub fn routes() -> Vec<Route> {
    let (path, administrator) = ("/api/admin/settings", Permission::Administrator);
    vec![
        Route::get(path, administrator, show).operation(contract::show()),
        Route::patch(path, administrator, update).operation(contract::update()),
    ]
}

async fn show(request: Request) -> HandlerResult {
    Ok(ok(&request.app.store.admin_settings().await?))
}

async fn update(mut request: Request) -> HandlerResult {
    let UpdateAdminSettings {
        members_may_invite,
        default_room_id,
    } = request.json().await?;
    let room = |id: String| {
        id.parse()
            .map_err(|_| Error::invalid("defaultRoomId", "Room not found."))
    };
    let update = AdminSettingsUpdate {
        members_may_invite,
        default_room: default_room_id
            .map(|id| id.map(room).transpose())
            .transpose()?,
    };
    let (store, user) = (&request.app.store, request.user()?.id);
    Ok(ok(&store.update_admin_settings(user, update).await?))
}
