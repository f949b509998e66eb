//! Saving messages for oneself.

use crate::{
    contract::operations::saved as contract,
    http::{
        reply::{HandlerResult, no_content, ok},
        request::Request,
        route::Route,
    },
    model::{MessageId, Permission},
};

pub fn routes() -> Vec<Route> {
    let saved = "/api/messages/{id}/saved";
    vec![
        Route::get("/api/saved", Permission::Read, list).operation(contract::list()),
        Route::put(saved, Permission::Person, save).operation(contract::save()),
        Route::delete(saved, Permission::Person, unsave).operation(contract::unsave()),
    ]
}

async fn list(request: Request) -> HandlerResult {
    let user = request.user()?.id;
    let before = request.query.id("before", "message")?;
    let page = request.app.store.saved(user, before).await?;
    let views: Vec<_> = page.iter().map(|saved| saved.view(user)).collect();
    Ok(ok(&views))
}

async fn save(request: Request, id: MessageId) -> HandlerResult {
    let user = request.user()?.id;
    Ok(ok(&request.app.store.save(user, id).await?))
}

async fn unsave(request: Request, id: MessageId) -> HandlerResult {
    let user = request.user()?.id;
    request.app.store.unsave(user, id).await?;
    Ok(no_content())
}
