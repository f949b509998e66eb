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
        Route::patch(path, administrator, update)
            .operation(contract::update())
            .proven(),
    ]
}

async fn show(request: Request) -> HandlerResult {
    Ok(ok(&request.app.store.admin_settings().await?))
}

async fn update(mut request: Request) -> HandlerResult {
    let UpdateAdminSettings {
        members_may_invite,
        default_room_id,
        admins_need_second_factor,
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
        admins_need_second_factor,
    };
    let (store, user) = (&request.app.store, request.user()?.id);
    let updated = store.update_admin_settings(user, update, request.actor());
    Ok(ok(&updated.await?))
}
