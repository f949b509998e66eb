//! What the server stores, for administrators.

use crate::{
    contract::operations::storage::{self as contract, Storage},
    http::{
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    metrics::FileStats,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    let administrator = Permission::Administrator;
    vec![Route::get("/api/admin/storage", administrator, show).operation(contract::show())]
}

async fn show(request: Request) -> HandlerResult {
    let (store, settings) = (&request.app.store, &request.app.settings);
    let FileStats { files, bytes, .. } = store.file_stats().await?;
    let backups = match &settings.backups {
        Some(folder) => Some(store.backups(folder.clone()).await?),
        None => None,
    };
    Ok(ok(&Storage {
        files,
        bytes,
        limit: settings.files.total,
        user_limit: settings.files.user,
        free_bytes: store.free_bytes(),
        sent: store.sent_files(request.user()?.id).await?,
        backups,
    }))
}
